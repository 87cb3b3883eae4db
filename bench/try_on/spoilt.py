"""Portraits on which something is drawn that a try-on must see: masks, glasses, paint, stone.

Each is made from a portrait, so that what is new in it is known.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from bench.try_on import figures

Maker = Callable[[Image.Image], Image.Image]

_MASK = (123, 117, 118, 101, 36, 203, 98, 195, 327, 423, 266, 330, 347, 346, 352, 361, 288, 397, 365,
         379, 378, 400, 377, 152, 148, 176, 149, 150, 136, 172, 58, 132)  # fmt: skip


def masked(image: Image.Image, color: tuple[int, int, int] | None) -> Image.Image:
    """A cloth mask from the bridge of the nose to the chin, in that colour, or in that of the
    face's skin (None), in the light and the relief of the face below."""
    from vision import colors, fields

    scene = _scene(image)
    light = colors.to_linear(scene.pixels)
    skin = scene.skin.color
    cloth = skin if color is None else colors.to_linear(np.array(color, dtype=np.uint8))
    luma = light @ colors.LUMA
    broad = fields.blurred(luma, scene.mm(9)) / float(skin @ colors.LUMA)
    pleats = 1 + 0.06 * np.sin(np.arange(len(luma)) / scene.mm(3.2))[:, None]
    made = cloth * (np.clip(broad, 0.3, 1.6) * pleats)[..., None]
    points = scene.face.points[list(_MASK), :2]
    share = fields.drawn([points], luma.shape, scene.mm(0.6))[..., None]
    return Image.fromarray(colors.to_srgb((light + (made - light) * share).astype(np.float32)))


def _scene(image: Image.Image) -> Any:
    from vision import face, pictures, scene

    picture = pictures.opened(figures.as_png(image))
    found = face.find(picture)
    assert found is not None
    return scene.Scene(pictures.pixels_of(picture), found)


def with_glasses(image: Image.Image, frame: Image.Image) -> Image.Image:
    """Glasses 140 mm wide on the face."""
    from vision import render, wearables

    scene = _scene(image)
    light = render.light(scene, render.Setting()).astype(np.float32)
    return Image.fromarray(wearables.eyewear(scene, frame, 140, 0.35, light))


def frame(color: tuple[int, int, int], rim: int, tint: float = 0.0) -> Image.Image:
    """Round glasses with rims so many sixths of a millimetre wide, and lenses that keep back
    `tint` of the light."""
    image = Image.new("RGBA", (840, 300), (*color, 0))
    pen = ImageDraw.Draw(image)
    for left in (60, 480):
        lens = (left, 40, left + 300, 270)
        pen.rounded_rectangle(lens, 100, fill=(18, 18, 20, round(255 * tint)))
        pen.rounded_rectangle(lens, 100, outline=(*color, 255), width=rim)
    pen.arc((350, 70, 490, 190), 190, 350, fill=(*color, 255), width=rim)
    for left in (0, 780):
        pen.rectangle((left, 95, left + 60, 95 + rim), fill=(*color, 255))
    return image


def stone(image: Image.Image, color: tuple[int, int, int]) -> Image.Image:
    """The picture in shades of one colour, as of a statue."""
    grey = image.convert("L")
    tones = [grey.point(lambda v, c=c: min(255, v * c // 170)) for c in color]
    return Image.merge("RGB", tones)


def cartoon(image: Image.Image) -> Image.Image:
    """Flat fields of few colours between dark lines, as drawn."""
    flat = image.filter(ImageFilter.ModeFilter(9)).filter(ImageFilter.MedianFilter(7))
    flat = flat.quantize(12, dither=Image.Dither.NONE).convert("RGB")
    lines = image.convert("L").filter(ImageFilter.GaussianBlur(2)).filter(ImageFilter.FIND_EDGES)
    flat.paste((25, 20, 25), mask=lines.point(lambda v: 255 if v > 18 else 0))
    return flat


def drawn_face(skin: tuple[int, int, int]) -> Image.Image:
    """A face of plain shapes."""
    image = Image.new("RGB", (512, 512), (150, 190, 230))
    pen = ImageDraw.Draw(image)
    pen.ellipse((110, 60, 402, 300), fill=(60, 40, 30))
    pen.ellipse((130, 90, 382, 440), fill=skin)
    dark = tuple(v // 3 for v in skin)
    for left in (180, 280):
        pen.ellipse((left, 210, left + 56, 244), fill="white", outline=dark, width=3)
        pen.ellipse((left + 18, 213, left + 40, 241), fill=(70, 45, 30))
        pen.arc((left - 6, 180, left + 62, 230), 200, 340, fill=dark, width=8)
    pen.line((256, 240, 240, 310, 262, 314), fill=dark, width=4, joint="curve")
    pen.chord((206, 335, 306, 395), 10, 170, fill=(190, 60, 70), outline=dark, width=3)
    return image


MASKS: dict[str, Maker] = {
    "skin-coloured mask": partial(masked, color=None),
    "beige mask": partial(masked, color=(214, 184, 152)),
    "blue mask": partial(masked, color=(120, 170, 200)),
    "white mask": partial(masked, color=(236, 236, 232)),
    "black mask": partial(masked, color=(28, 28, 30)),
}
TINTED: dict[str, Maker] = {
    "glasses tinted by 70 %": lambda image: with_glasses(image, frame((30, 22, 18), 14, 0.7)),
    "sunglasses": lambda image: with_glasses(image, frame((20, 20, 20), 16, 0.93)),
}
GLASSES: dict[str, Maker] = {
    "horn-rimmed glasses": lambda image: with_glasses(image, frame((50, 34, 26), 20)),
    "thin black glasses": lambda image: with_glasses(image, frame((25, 25, 28), 8)),
    "gold glasses": lambda image: with_glasses(image, frame((170, 130, 60), 8)),
}
NO_PERSON: dict[str, Maker] = {
    "marble statue": lambda image: stone(image, (205, 202, 196)),
    "sandstone statue": lambda image: stone(image, (214, 188, 152)),
    "bronze statue": lambda image: stone(image, (150, 112, 74)),
    "cartoon": cartoon,
}

EVERY: dict[str, Maker] = MASKS | TINTED | GLASSES | NO_PERSON


def said(name: str, every: int = 1) -> Counter[str]:
    """How many of the faces, spoilt so, are refused with each code; `glasses_worn` counts those
    whom new glasses would be refused."""
    from vision import checks, render

    counted: Counter[str] = Counter()
    for _, image in list(figures.originals())[::every]:
        counted["faces"] += 1
        try:
            scene, _ = render.sit(figures.as_png(EVERY[name](image) if name in EVERY else image))
        except render.Refused as refused:
            counted[refused.code] += 1
        else:
            counted["glasses_worn"] += checks.glasses_worn(scene)
    return +counted
