"""`make gallery`: every look on every face of ../shared/faces, in gallery/, to be looked at.

One sheet a face at full size (`face-<name>.jpg`), and one a look over all faces
(`look-<name>.jpg`).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from bench.try_on import figures, samples

FOLDER = figures.ROOT / "gallery"
_TILE = 420  # height of a face on a look's sheet
_LABEL = 26

# Shades as a range would have them, light to deep, in CIELAB under D65.
SHADES = {
    "porcelain": (84, 6, 14),
    "sand": (74, 11, 21),
    "honey": (64, 14, 26),
    "caramel": (54, 16, 27),
    "chestnut": (43, 16, 23),
    "espresso": (32, 13, 15),
}
LOOKS: dict[str, dict[str, Any]] = {
    "own shade, matte": {"kind": "foundation", "shade": "own", "coverage": 0.9, "finish": "matte"},
    "own shade, dewy": {"kind": "foundation", "shade": "own", "coverage": 0.7, "finish": "dewy"},
    "one shade lighter": {"kind": "foundation", "shade": "lighter", "coverage": 0.8},
    "one shade deeper": {"kind": "foundation", "shade": "deeper", "coverage": 0.8},
    "two shades deeper": {"kind": "foundation", "shade": "far deeper", "coverage": 0.9},
    "mineral sunscreen": {"kind": "foundation", "white_cast": 0.6, "finish": "matte"},
    "red lips": {"kind": "lip", "color": "#a8142a"},
    "nude lips, matte": {"kind": "lip", "color": "#b9806a", "finish": "matte"},
    "plum lips, glossy": {"kind": "lip", "color": "#5a1230", "finish": "dewy"},
    "blush": {"kind": "blush", "color": "#d8556a", "coverage": 0.35},
    "highlighter": {"kind": "highlighter", "color": "#f6dcc0", "coverage": 0.7},
    "contour": {"kind": "contour", "color": "#6b4436", "coverage": 0.5},
    "concealer": {"kind": "concealer", "shade": "own", "coverage": 0.8},
    "glasses": {"kind": "eyewear", "image": "glasses.png", "width_mm": 140},
    "beanie": {"kind": "headwear", "image": "beanie.png", "width_mm": 170},
    "earrings": {"kind": "earrings", "image": "drops.png", "height_mm": 42},
    "shirt": {
        "kind": "shirt",
        "image": "shirt.png",
        "lettering": [
            {
                "text": "number",
                "box": [0.42, 0.3, 0.16, 0.14],
                "color": "#f2f2ea",
                "outline": "#101828",
            }
        ],
        "patches": [{"image": "patch.png", "box": [0.58, 0.2, 0.1, 0.1]}],
    },
    "shirt, back": {
        "kind": "shirt",
        "image": "back.png",
        "side": "back",
        "lettering": [
            {
                "text": "name",
                "box": [0.25, 0.17, 0.5, 0.1],
                "color": "#f2f2ea",
                "outline": "#101828",
            },
            {
                "text": "number",
                "box": [0.3, 0.3, 0.4, 0.33],
                "color": "#f2f2ea",
                "outline": "#101828",
            },
        ],
    },
}


def assets() -> dict[str, bytes]:
    """The drawn products by the names that the looks use."""
    made = {
        "glasses.png": samples.glasses(),
        "beanie.png": samples.beanie(),
        "drops.png": samples.drops(),
        "shirt.png": samples.shirt(),
        "back.png": samples.shirt(back=True),
        "patch.png": samples.patch(),
    }
    return {name: figures.as_png(image) for name, image in made.items()}


def worn(
    data: bytes, files: dict[str, bytes]
) -> Iterator[tuple[str, Image.Image, tuple[int, int, int, int]]]:
    """Each look's name and picture of one selfie, and where in it the head is."""
    from backshop.connect.try_on import looks
    from vision import colors, pictures, render, tone

    scene, _ = render.sit(data)
    height, width = scene.shape
    head = (scene.left, scene.top, scene.left + width, scene.top + height)
    reading = tone.read(scene).lab
    order = list(SHADES.values())
    own = int(np.argmin([colors.ciede2000(reading, np.array(shade)) for shade in order]))
    near = {
        "own": order[own],
        "lighter": order[max(0, own - 1)],
        "deeper": order[min(len(order) - 1, own + 1)],
        "far deeper": order[min(len(order) - 1, own + 2)],
    }
    setting = render.Setting(colors.linear_of(np.array(order[own])), "Perera", "10", True)
    yield "selfie", Image.fromarray(scene.pixels), head
    for name, spec in LOOKS.items():
        shade = near.get(spec.get("shade", ""))
        look = looks.look_of({"try_on": spec | ({"shade": shade} if shade else {})})
        assert look is not None
        try:
            yield name, Image.fromarray(render.draw(scene, look, setting, files)), head
        except pictures.Refused as refused:
            yield f"{name}: {refused.code}", Image.fromarray(scene.pixels), head


def labelled(image: Image.Image, text: str) -> Image.Image:
    """The picture with its name above it."""
    made = Image.new("RGB", (image.width, image.height + _LABEL), "white")
    made.paste(image, (0, _LABEL))
    ImageDraw.Draw(made).text((6, 4), text, fill="black", font=ImageFont.load_default(16))
    return made


def sheet(tiles: list[Image.Image], columns: int) -> Image.Image:
    """Tiles in rows, each cell as large as the largest."""
    width, height = max(each.width for each in tiles), max(each.height for each in tiles)
    made = Image.new("RGB", (columns * width, -(-len(tiles) // columns) * height), "white")
    for place, tile in enumerate(tiles):
        made.paste(tile, (place % columns * width, place // columns * height))
    return made


def main() -> None:
    figures.prepare()
    FOLDER.mkdir(exist_ok=True)
    files = assets()
    by_look: dict[str, list[Image.Image]] = {}
    for name, image in figures.originals():
        tiles = []
        for look, picture, head in worn(figures.as_png(image), files):
            whole = picture.size != image.size or look.startswith("shirt")
            shown = picture if whole else picture.crop(head)
            shown.thumbnail((head[2] - head[0], head[3] - head[1]) if whole else shown.size)
            tiles.append(labelled(shown, look))
            small = shown.copy()
            small.thumbnail((round(_TILE * 0.66), _TILE))
            by_look.setdefault(look.split(":")[0], []).append(labelled(small, f"{name}: {look}"))
        sheet(tiles, 6).save(FOLDER / f"face-{name}.jpg", quality=90)
    for look, tiles in by_look.items():
        slug = look.replace(",", "").replace(" ", "-")
        sheet(tiles, 7).save(FOLDER / f"look-{slug}.jpg", quality=90)
    print(f"{len(list(FOLDER.glob('*.jpg')))} sheets in {Path('gallery')}/")


if __name__ == "__main__":
    main()
