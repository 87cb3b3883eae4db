"""One cold process: `cold.py landmarks|first|handler|calls|twenty|peer PHOTO` prints what it
took, as JSON.

CPU milliseconds of the whole process, from the interpreter's start.
"""

import json
import resource
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
FOLDERS = ("functions/tryon_overlay", "layers/vision", "shared", ".")


def landmarks(photo: bytes) -> dict[str, Any]:
    from vision import face, pictures

    picture = pictures.opened(photo)
    found = face.find(picture)
    assert found is not None
    cold = spent()
    share = found.points[:, :2] / picture.size
    return {"cold": cold, "warm": timed(lambda: face.find(picture)), "points": share.tolist()}


def first(photo: bytes) -> dict[str, Any]:
    """From nothing to the bytes of one matte picture."""
    import numpy as np
    from vision import makeup, pictures, render

    scene, _ = render.sit(photo)
    look = makeup.Foundation(np.array([0.8, 0.78, 0.74]), 0.8, "matte")
    pictures.encoded(makeup.foundation(scene, look))
    return {"cold": spent()}


def handler(photo: bytes, keep: Callable[[bytes], object] = len) -> dict[str, Any]:
    """`first` with everything that the function imports, database and models, and a look read as a
    product has it."""
    import tryon_overlay
    from backshop.connect.try_on import looks
    from vision import pictures, render

    scene, _ = render.sit(photo)
    spec = {"kind": "foundation", "shade": "#c68f6a", "coverage": 0.8, "finish": "matte"}
    look = looks.look_of({"try_on": spec})
    assert look is not None
    keep(pictures.encoded(render.draw(scene, look, render.Setting(), {})))
    return {"cold": spent(), "name": tryon_overlay.__name__}


def calls(photo: bytes) -> dict[str, Any]:
    """`handler` with what it asks AWS: its login, the selfie, and to keep the picture."""
    from backshop.aws import config, objects

    config.secret("LOGIN")
    assert objects.get("bucket", "selfie") == photo
    return handler(photo, lambda made: objects.put("bucket", "picture", made, "image/jpeg"))


def twenty(photo: bytes) -> dict[str, Any]:
    from vision import jpegs, render

    from bench.try_on import looks

    scene, _ = render.sit(photo)
    encode = jpegs.encoder(scene.pixels, len(looks()))
    for look in looks():
        encode(render.draw(scene, look, render.Setting(), {}))
    return {"cold": spent()}


def peer(_: bytes) -> dict[str, Any]:
    """MediaPipe's own runtime with the same models."""
    import mediapipe
    from mediapipe.tasks import python
    from mediapipe.tasks.python import vision

    image = mediapipe.Image.create_from_file(sys.argv[2])
    task = str(ROOT / "bench/results/face_landmarker.task")
    options = vision.FaceLandmarkerOptions(
        base_options=python.BaseOptions(model_asset_path=task), num_faces=1
    )
    with vision.FaceLandmarker.create_from_options(options) as found:
        points = found.detect(image).face_landmarks[0]
        cold = spent()
        warm = timed(lambda: found.detect(image))
    return {"cold": cold, "warm": warm, "points": [(point.x, point.y) for point in points]}


def timed(run: Callable[[], object]) -> float:
    taken = []
    for _ in range(5):
        began = spent()
        run()
        taken.append(spent() - began)
    return sorted(taken)[2]


def spent() -> float:
    """CPU milliseconds of this process and of the children that have ended: photos are decoded in
    one."""
    both = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return 1000 * sum(each.ru_utime + each.ru_stime for each in both)


def peak_mb() -> float:
    """The most memory held since this program began; getrusage counts its parent's too."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def main() -> None:
    sys.path[:0] = [str(ROOT / folder) for folder in FOLDERS]
    sides = {
        "landmarks": landmarks,
        "first": first,
        "handler": handler,
        "calls": calls,
        "twenty": twenty,
        "peer": peer,
    }
    found = sides[sys.argv[1]](Path(sys.argv[2]).read_bytes())
    found["peak_mb"] = peak_mb()
    print(json.dumps(found))


if __name__ == "__main__":
    main()
