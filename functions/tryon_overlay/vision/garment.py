"""Shirts: a template with name, number and patches, shown alone or worn under the face of a selfie."""

import io
import re
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont

from . import wearables
from .colors import Bytes, Floats
from .pictures import WORKING_SIDE, Refused
from .scene import Scene

_COLLAR = (0.0, 160.0, 62.0)  # where the front of a collar lies below the head, millimetres
_BACKGROUND = (244, 243, 241)
_FINE = 2  # lettering is drawn this many times larger

Box = tuple[float, float, float, float]  # left, top, width and height, as fractions of the template


@dataclass(frozen=True)
class Lettering:
    """One line of text on the template, in the club's font (None: Pillow's own) and colours."""

    text: str
    box: Box
    color: str
    outline: str | None = None
    font: bytes | None = None


@dataclass(frozen=True, eq=False)
class Patch:
    """A badge on the template."""

    image: Image.Image
    box: Box


def lettered(
    template: Image.Image, letterings: list[Lettering], patches: list[Patch]
) -> Image.Image:
    """The template with text and badges on its cloth: they take its folds and end where it ends."""
    print_ = Image.new("RGBA", template.size)
    for lettering in letterings:
        print_.alpha_composite(
            *_placed(_text(lettering, template.size), lettering.box, template.size)
        )
    for patch in patches:
        print_.alpha_composite(*_placed(patch.image, patch.box, template.size))
    folds = _folds(template)
    red, green, blue, alpha = print_.split()
    shaded = [ImageChops.multiply(channel, folds) for channel in (red, green, blue)]
    alpha = ImageChops.multiply(alpha, template.getchannel("A"))
    return Image.alpha_composite(template, Image.merge("RGBA", (*shaded, alpha)))


def flat(shirt: Image.Image) -> Bytes:
    """The shirt alone on a plain ground."""
    scale = min(1.0, WORKING_SIDE / max(shirt.size))
    size = (round(shirt.width * scale), round(shirt.height * scale))
    ground = Image.new("RGBA", size, (*_BACKGROUND, 255))
    ground.alpha_composite(shirt.convert("RGBa").resize(size, Image.Resampling.BOX).convert("RGBA"))
    return np.asarray(ground.convert("RGB"))


def worn(
    scene: Scene, shirt: Image.Image, width: float, collar: tuple[float, float], light: Floats
) -> Bytes:
    """The shirt on the body below the face: `width` mm wide, hung by the front of its collar.

    A body stays upright when the head turns, so the shirt does too; `collar` is a point of the picture
    in fractions. Face and chin stay in front.
    """
    return wearables.hung(scene, shirt, width, collar, _COLLAR, light)


def checked_font(data: bytes) -> bytes:
    """The bytes of a TrueType or OpenType font; raises `Refused` for others."""
    try:
        ImageFont.truetype(io.BytesIO(data), 20).getbbox("A1")
    except (OSError, ValueError) as error:
        raise Refused("bad_asset", "The product's font cannot be read: use TTF or OTF.") from error
    return data


def clean(text: str) -> str:
    """Text as a shirt carries it: capitals, single spaces, at most 16 characters."""
    return re.sub(r"\s+", " ", text).strip().upper()[:16]


def _text(lettering: Lettering, template: tuple[int, int]) -> Image.Image:
    """The text as tall and wide as its box allows, without distortion."""
    size = [max(1, round(lettering.box[2 + axis] * template[axis]) * _FINE) for axis in (0, 1)]
    edge = round(size[1] * 0.05) if lettering.outline else 0
    probe = _font(lettering.font, 100)
    left, top, right, bottom = probe.getbbox(lettering.text)
    fit = 100 * min(
        (size[0] - 2 * edge) / max(1, right - left), (size[1] - 2 * edge) / max(1, bottom - top)
    )
    font = _font(lettering.font, max(4, fit))
    image = Image.new("RGBA", tuple(size))
    pen = ImageDraw.Draw(image)
    left, top, right, bottom = font.getbbox(lettering.text)
    at = ((size[0] - left - right) / 2, (size[1] - top - bottom) / 2)
    pen.text(at, lettering.text, fill=lettering.color, font=font, stroke_width=edge,
             stroke_fill=lettering.outline)  # fmt: skip
    return image.reduce(_FINE)


def _font(data: bytes | None, size: float) -> ImageFont.FreeTypeFont:
    font = (
        ImageFont.load_default(size) if data is None else ImageFont.truetype(io.BytesIO(data), size)
    )
    if not isinstance(font, ImageFont.FreeTypeFont):
        raise RuntimeError("Pillow was built without FreeType.")
    return font


def _placed(
    image: Image.Image, box: Box, template: tuple[int, int]
) -> tuple[Image.Image, tuple[int, int]]:
    """An image fitted into its box, and where it goes."""
    width, height = (max(1, round(box[2 + axis] * template[axis])) for axis in (0, 1))
    scale = min(width / image.width, height / image.height)
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    if size != image.size:
        image = image.convert("RGBa").resize(size, Image.Resampling.BICUBIC).convert("RGBA")
    left = round(box[0] * template[0] + (width - size[0]) / 2)
    top = round(box[1] * template[1] + (height - size[1]) / 2)
    return image, (max(0, left), max(0, top))


def _folds(template: Image.Image) -> Image.Image:
    """The shading of the cloth, without its printed pattern: its brightness over that around it."""
    grey = template.convert("RGB").convert("L")
    smooth = grey.filter(ImageFilter.GaussianBlur(template.width / 180))
    around = grey.filter(ImageFilter.GaussianBlur(template.width / 12))
    ratio = np.asarray(smooth, dtype=np.float32) / np.maximum(
        np.asarray(around, dtype=np.float32), 1
    )
    return Image.fromarray(np.clip(238 * np.clip(ratio, 0.7, 1.07), 0, 255).astype(np.uint8))
