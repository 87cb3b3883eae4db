"""What a process takes that has drawn before, as JSON: `python -m bench.try_on.warm PHOTO`.

One of its own, because numpy reads when it is imported how many threads multiply matrices: the
function has one, and where two wait for each other both take processor time.
"""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np
from PIL import Image

from bench.try_on import ROUNDS, figures, looks
from bench.try_on.cold import spent


def main() -> None:
    figures.prepare()
    print(json.dumps(_warm(Path(sys.argv[1]).read_bytes())))


def _warm(photo: bytes) -> dict[str, float]:
    from vision import jpegs, makeup, pictures, render

    scene, _ = render.sit(photo)
    # No more is kept of them: the child that decodes is a copy of all that is in memory.
    scenes = (render.sit(figures.as_png(image))[0] for _, image in figures.originals())
    largest = max(scenes, key=lambda each: each.shape[0] * each.shape[1])
    matte = makeup.Foundation(np.array([0.8, 0.78, 0.74]), 0.8, "matte")

    def twenty() -> None:
        fresh, _ = render.sit(photo)
        encode = jpegs.encoder(fresh.pixels, len(looks()))
        for look in looks():
            encode(render.draw(fresh, look, render.Setting(), {}))

    small = pictures.encoded(scene.pixels)

    def decoded_and_encoded(data: bytes) -> bytes:
        image = Image.open(io.BytesIO(data))
        image.draft("RGB", scene.pixels.shape[1::-1])
        return pictures.encoded(np.asarray(image))

    return {
        "floor": _cpu(lambda: decoded_and_encoded(photo)),
        "small": _cpu(lambda: decoded_and_encoded(small)),
        "look": _cpu(lambda: makeup.foundation(scene, matte)),
        "largest": _cpu(lambda: makeup.foundation(largest, matte)),
        "twenty": _cpu(twenty),
    }


def _cpu(run: Callable[[], object]) -> float:
    """Median CPU milliseconds of a call, warm."""
    run()
    taken = []
    for _ in range(ROUNDS):
        began = spent()
        run()
        taken.append(spent() - began)
    return median(taken)


if __name__ == "__main__":
    main()
