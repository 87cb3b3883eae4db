"""Shirts: a template with name, number and patches, shown alone or worn under the face of a
selfie."""

from __future__ import annotations

import io
import math
import re
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont

from . import fields, scarf, wearables
from .colors import LUMA, Bytes, Floats, to_linear
from .face import Points
from .pictures import WORKING_SIDE, Refused, apart
from .scene import Scene

_TIP_OUT, _TIP_UP = 0.13, 0.16  # tips of a shirt's shoulders beyond the joints, in shoulder widths
_BELOW_CHIN = 16.0  # millimetres from the chin to the front of a collar, at least
_WIDER, _HIGHER = 0.3, 0.6
"""How far own clothes beside and above a shirt are coloured like it, in widths of the trunk."""
_NECK, _EARS = 78.0, 68.0  # how far beside its axis a neck reaches, and ears below the eyes
_HEM = 0.04  # how broad the edge of a collar is at most, in widths of the template
_DISTANCE = 900.0  # millimetres to the camera, as in wearables
_FOLDS = 0.8  # how much of the folds of the own clothes is taken over, as a power
_ANOTHER = 0.6  # logarithm of light by which another cloth differs
_LONG_SLEEVE = 330.0  # millimetres from which a sleeve goes down to the wrist
_SHORT = 0.8  # of the upper arm that a short sleeve covers at most
_ARM = 140.0  # millimetres beside its middle in which an arm and its own sleeve lie
_INNER = 85.0  # on which the inner side of one does
_CURVE = 13.0  # by which the end of a sleeve hangs lower in its middle than at its sides
_CAST = 0.4  # light that a sleeve takes from what is just below it
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
    """The shirt on the body below the face, hung on the shoulders and turned with them.

    It is as wide as they are, up to `width` mm; `collar` is the front of its collar in fractions of
    the picture. It lies under face, hair and hands, follows the upper arms, ends where the person
    does,
    and takes the light of the picture and the folds of what they wear.
    """
    shirt = _closed(shirt)
    cut = _Cut.of(shirt, collar)
    hung = _Hung.on(scene, cut, width)
    area = hung.area(scene.pixels.shape[:2])
    y, x = np.mgrid[area].astype(np.float32) + np.float32(0.5)
    u, v = hung.traced(x, y)
    arms = hung.upper_arms(scene, area, x, y)
    hidden = _hidden(scene, area, arms.sleeves)
    layer = _over_own(scene, shirt, hung, area, (u, v), arms.sleeves)
    layer *= (np.clip(1.6 * scene.body.figure[area] - 0.15, 0, 1) * (1 - hidden))[..., None]
    layer *= (1 - arms.below)[..., None]
    layer[..., :3] *= _shade(scene, area, scene.body.clothes[area], hidden)[..., None]
    layer[..., :3] *= wearables.side_light(
        scene, (x - scene.face.origin[0]) / (2 * scene.face.scale)
    )[..., None]
    layer[..., 3] += arms.shadow * scene.body.figure[area] * (1 - layer[..., 3])
    return wearables.laid(scene, [(layer, area)], light, drop=0.5)


def _hidden(scene: Scene, area: fields.Area, sleeves: Floats) -> Floats:
    """Where something lies before a shirt: hair, a scarf, the face, or forearms beyond sleeves."""
    body = scene.body
    arms = np.maximum(body.arms[area], body.hands[area]) * (1 - sleeves)
    hidden = np.clip(2 * np.maximum(np.maximum(body.hair[area], body.face[area]), arms) - 0.6, 0, 1)
    wound = scarf.wound(scene)
    return hidden if wound is None else np.maximum(hidden, wound[area])


def _over_own(
    scene: Scene,
    shirt: Image.Image,
    hung: _Hung,
    area: fields.Area,
    at: tuple[Floats, Floats],
    sleeves: Floats,
) -> Floats:
    """The template as the pixels show it, and its colours beside it on what the person wears
    there."""
    body, cut = scene.body, hung.cut
    u, v = at
    size = hung.scale * cut.size[0]
    layer = wearables.sampled(shirt, u / cut.size[0], v / cut.size[1], size)
    wide_u, wide_v = cut.inside(u, v)
    beside, above = (wide_u - u) / cut.body_width, (wide_v - v) / cut.body_width
    near = np.hypot(beside, above) < _WIDER
    near |= (np.hypot(beside / _WIDER, above / _HIGHER) < 1) & (body.around_hair[area] < 0.1)
    if scarf.hangs(scene):  # it hangs down to what is worn, which it is not a part of
        near &= above <= 0
    # No sleeve grows longer.
    near &= (v < cut.sleeve_end) | (np.abs(u - cut.shoulders[:, 0].mean()) < 0.55 * cut.body_width)
    # Within the neck own collars become the shirt's, but no shade of the neck does.
    open_neck = (np.abs(u - cut.collar[0]) < cut.neck) & (v < cut.collar[1])
    own = body.clothes[area]
    in_neck = np.maximum(body.collar[area], own * _off_neck(scene, hung, area))
    taken = np.where(open_neck, in_neck * near, np.maximum(own * near, sleeves))
    beyond = wearables.sampled(shirt, wide_u / cut.size[0], wide_v / cut.size[1], size)
    beyond /= np.maximum(beyond[..., 3:], 0.2)  # near the cut's corners its edge is in it
    return layer + beyond * (taken * (1 - layer[..., 3]))[..., None]


def _off_neck(scene: Scene, hung: _Hung, area: fields.Area) -> Floats:
    """1 where, below the ears, neither neck nor its shade is, nor hair: farther from its axis."""
    y, x = np.mgrid[area].astype(np.float32) + np.float32(0.5)
    jaw = scene.face.points[:, 0]
    off = np.minimum(
        np.abs(x - hung.middle[0]) - scene.mm(_NECK),
        np.maximum(jaw.min() - x, x - jaw.max()) - scene.mm(4),
    ) / scene.mm(8)
    below = (y - scene.face.origin[1] - scene.mm(_EARS)) / scene.mm(8)
    below = np.clip(below, 0, 1) * (scene.body.around_hair[area] < 0.1)
    return np.asarray(np.clip(off, 0, 1) * below, dtype=np.float32)


@dataclass(frozen=True, eq=False)
class _Cut:
    """Where the parts of a template lie, in its pixels."""

    size: tuple[int, int]
    collar: Points
    shoulders: Points
    """The right and the left tip, where sleeves begin."""
    neck: float
    """Half the width of the neck."""
    left: NDArray[np.float32]
    """Of each row the first and the last column that has cloth, and of each column the first
    row."""
    right: NDArray[np.float32]
    top: NDArray[np.float32]
    sleeve_end: float
    """The last row that is wider than the trunk."""

    @property
    def body_width(self) -> float:
        return float(self.shoulders[1, 0] - self.shoulders[0, 0])

    @classmethod
    def of(cls, shirt: Image.Image, collar: tuple[float, float]) -> _Cut:
        cloth = np.asarray(shirt.getchannel("A")) > 128
        height, width = cloth.shape
        middle = int(np.clip(collar[0] * width, 0, width - 1))
        some = cloth.any(axis=1)
        first = np.where(some, cloth.argmax(axis=1), middle).astype(np.float32)
        last = np.where(some, width - 1 - cloth[:, ::-1].argmax(axis=1), middle).astype(np.float32)
        rows = np.flatnonzero(some)
        # The trunk is read low, where sleeves have ended.
        low = rows[int(0.65 * len(rows)) : int(0.92 * len(rows)) + 1]
        edges = (float(fields.median(first[low])), float(fields.median(last[low])))
        top = np.where(cloth.any(axis=0), cloth.argmax(axis=0), height).astype(np.float32)
        tips = np.array([(edge, top[int(edge)]) for edge in edges])
        high = np.flatnonzero(top <= top.min() + 0.02 * height)
        neck = float(np.clip(np.ptp(high) / 2, 0.1 * width, 0.3 * width))
        wide = np.flatnonzero(last - first > 1.06 * (edges[1] - edges[0]))
        return cls(
            size=(width, height),
            collar=np.array([collar[0] * width, collar[1] * height]),
            shoulders=tips,
            neck=neck,
            left=first,
            right=last,
            top=top,
            sleeve_end=float(wide[-1]) if len(wide) else 0.0,
        )

    def inside(self, u: Floats, v: Floats) -> tuple[Floats, Floats]:
        """Points of the cloth for those beyond it: below those above it, and beside the others."""
        margin, below = np.float32(0.012 * self.size[0]), np.float32(_HEM * self.size[0])
        columns = np.flatnonzero(self.top < self.size[1])
        column = np.clip(u, columns[0], columns[-1]).astype(np.intp)
        down = np.maximum(v, self.top[column] + below)
        row = np.clip(down, 0, self.size[1] - 1).astype(np.intp)
        left = self.left[row] + margin
        return np.clip(u, left, np.maximum(self.right[row] - margin, left)), down


def _closed(shirt: Image.Image) -> Image.Image:
    """The template with the gaps between its sleeves and its trunk filled from beside them: how far
    arms are from a body the picture tells."""
    pixels = np.asarray(shirt).copy()
    cloth = pixels[..., 3] > 128
    columns = np.arange(cloth.shape[1])
    before = np.maximum.accumulate(np.where(cloth, columns, -1), axis=1)
    after = np.minimum.accumulate(np.where(cloth, columns, len(columns))[:, ::-1], axis=1)[:, ::-1]
    gap = ~cloth & (before >= 0) & (after < len(columns))
    row, column = np.nonzero(gap)
    left, right = before[row, column], after[row, column]
    pixels[row, column] = pixels[row, np.where(column - left < right - column, left, right)]
    pixels[row, column, 3] = 255
    # The neck is no gap: there the cloth begins below.
    neck = (np.cumsum(cloth, axis=0) == 0) & gap
    pixels[neck] = np.asarray(shirt)[neck]
    return Image.fromarray(pixels)


class _Arms(NamedTuple):
    """Upper arms in short sleeves."""

    sleeves: Floats
    below: Floats
    """Where arms go on beyond them."""
    shadow: Floats
    """How much light sleeves take from these."""

    def add(self, along: Floats, end: float, off: Floats, outside: Floats, bare: Floats) -> None:
        """An arm whose sleeve ends at `end`; all lengths are millimetres, `along` from the joint
        of its shoulder, `off` from its middle, `outside` from that joint to the side.

        A sleeve ends around its arm, and cameras look down on that: its end hangs in a curve.
        """
        end = end + _CURVE * (0.4 - np.clip(off / 60, 0, 1.4) ** 2)
        arm = np.clip(outside / 6, 0, 1) * np.clip((_ARM - off) / 15, 0, 1)
        # On its inner side an arm lies before the trunk, where there is skin.
        inner = np.clip((_INNER - off) / 8, 0, 1)
        beyond = np.clip((along - end) / 3, 0, 1)
        below = np.maximum(arm, inner * bare) * beyond
        upper = np.clip((along - 0.4 * end) / 8, 0, 1) * (1 - beyond)
        shadow = _CAST * below * np.clip(1 - (along - end) / 14, 0, 1)
        for field, more in zip(self, (np.maximum(arm, inner) * upper, below, shadow), strict=True):
            np.maximum(field, more, out=field)


@dataclass(frozen=True, eq=False)
class _Hung:
    """How a template lies on the picture: shoulders on shoulders, sleeves turned with the upper
    arms."""

    cut: _Cut
    middle: Points
    """Between the tips of the shoulders in the picture, and where that is on the template."""
    hook: Points
    scale: float
    tilt: float
    arms: tuple[float, float]
    """By how much a sleeve must turn (radians), right and left."""

    @classmethod
    def on(cls, scene: Scene, cut: _Cut, width: float) -> _Hung:
        shoulders = scene.body.shoulders
        across = shoulders[1] - shoulders[0]
        span = float(np.linalg.norm(across))
        tilt = float(np.arctan2(across[1], across[0]))
        up = np.array([np.sin(tilt), -np.cos(tilt)])
        wanted = span * (1 + 2 * _TIP_OUT)
        scale = wanted / cut.body_width
        most = width * scene.face.scale * _DISTANCE / (_DISTANCE + 60)
        scale = float(np.clip(scale, 0.8 * most / cut.size[0], 1.25 * most / cut.size[0]))
        middle = shoulders.mean(axis=0) + _TIP_UP * span * up
        hook = cut.shoulders.mean(axis=0)
        # Raised shoulders do not lift a collar over the chin.
        chin = float((scene.face.points[152, :2] - middle) @ -up) + scene.mm(_BELOW_CHIN)
        front = scale * float(cut.collar[1] - hook[1])
        middle = middle - up * np.clip(chin - front, 0, scene.mm(60))
        arms = []
        for side, left in ((-1, False), (1, True)):
            elbow = scene.body.elbow(left)
            sleeve = _sleeve(cut, side)
            if elbow is None or sleeve is None:
                arms.append(0.0)
                continue
            way = elbow - shoulders[1 if left else 0]
            seen = float(np.arctan2(way[1], way[0] * side)) - tilt * side
            arms.append(float(np.clip(side * (sleeve - seen), -1.0, 1.0)))
        return cls(cut, middle, hook, scale, tilt, (arms[0], arms[1]))

    def area(self, shape: tuple[int, int]) -> fields.Area:
        """The part of the picture that it may cover."""
        top = self.middle[1] - self.scale * (self.hook[1] + 0.2 * self.cut.size[1])
        return slice(int(np.clip(top, 0, shape[0] - 1)), shape[0]), slice(0, shape[1])

    def upper_arms(self, scene: Scene, area: fields.Area, x: Floats, y: Floats) -> _Arms:
        """Where short sleeves lie on upper arms, and where arms go on beyond them."""
        right, left = shoulders = scene.body.shoulders
        bare = fields.softened(scene.body.shaded_skin[area], scene.mm(4))
        bare = np.clip(4 * bare - 1.6, 0, 1)
        across = (left - right) / max(float(np.linalg.norm(left - right)), 1e-6)
        found = _Arms(*np.zeros((3, *x.shape), dtype=np.float32))
        for side, joint in zip((-1, 1), shoulders, strict=True):
            elbow, length = scene.body.elbow(side > 0), _sleeve_length(self.cut, side)
            if elbow is None or length is None or self.scale * length > scene.mm(_LONG_SLEEVE):
                continue
            way = (elbow - joint) / max(float(np.linalg.norm(elbow - joint)), 1e-6)
            dx, dy = x - np.float32(joint[0]), y - np.float32(joint[1])
            off = np.abs(dx * way[1] - dy * way[0]) / scene.mm(1)
            outside = side * (dx * across[0] + dy * across[1]) / scene.mm(1)
            end = min(self.scale * length, _SHORT * float(np.linalg.norm(elbow - joint)))
            along = (dx * way[0] + dy * way[1]) / scene.mm(1)
            found.add(along, end / scene.mm(1), off, outside, bare)
        return found

    def traced(self, x: Floats, y: Floats) -> tuple[Floats, Floats]:
        """Points of the template that the pixels show."""
        cos, sin = np.cos(self.tilt) / self.scale, np.sin(self.tilt) / self.scale
        x, y = x - self.middle[0], y - self.middle[1]
        u = (cos * x + sin * y + self.hook[0]).astype(np.float32)
        v = (cos * y - sin * x + self.hook[1]).astype(np.float32)
        for side, tip, turn in zip((-1, 1), self.cut.shoulders, self.arms, strict=True):
            out = np.clip(side * (u - tip[0]) / (0.06 * self.cut.body_width), 0, 1)
            a, b = u - np.float32(tip[0]), v - np.float32(tip[1])
            c, s = np.float32(np.cos(turn)), np.float32(np.sin(turn))
            u = u + out * (c * a - s * b - a)
            v = v + out * (s * a + c * b - b)
        return u.astype(np.float32), v.astype(np.float32)


def _sleeve(cut: _Cut, side: int) -> float | None:
    """The angle below the horizontal at which a sleeve is laid; None where there is none."""
    edge, start = cut.shoulders[0 if side < 0 else 1]
    ends = cut.left if side < 0 else cut.right
    row = int(np.argmax(side * ends))
    reach = side * (float(ends[row]) - edge)
    return None if reach < 0.06 * cut.body_width else float(np.arctan2(row - start, reach))


def _sleeve_length(cut: _Cut, side: int) -> float | None:
    """How far a sleeve goes from the tip of the shoulder, in pixels of the template."""
    edge, start = cut.shoulders[0 if side < 0 else 1]
    ends = cut.left if side < 0 else cut.right
    row = int(np.argmax(side * ends))
    reach = side * (float(ends[row]) - edge)
    return None if reach < 0.06 * cut.body_width else float(np.hypot(row - start, reach))


def _shade(scene: Scene, area: fields.Area, own: Floats, hidden: Floats) -> Floats:
    """Folds of the own clothes, the roundness of the body, and the shadow of head and hair."""
    step = 4
    grey = to_linear(np.ascontiguousarray(scene.pixels[area])) @ LUMA
    small = np.asarray(Image.fromarray(grey.astype(np.float32)).reduce(step))
    weight = np.clip(2 * np.asarray(Image.fromarray(own).reduce(step)) - 1, 0, 1)
    fine = fields.blurred_within(small, weight, max(1.0, scene.mm(2) / step))
    wide = _of_its_kind(fine, weight, scene.mm(28) / step)
    folds = np.clip((fine + 0.01) / (wide + 0.01), 0.7, 1.25) ** _FOLDS
    folds = 1 + (folds - 1) * fields.blurred(weight, scene.mm(3) / step)
    matte = np.asarray(Image.fromarray(np.ascontiguousarray(scene.body.figure[area])).reduce(step))
    round_off = 0.72 + 0.28 * np.clip(2 * fields.blurred(matte, scene.mm(14) / step) - 1, 0, 1)
    cast = np.asarray(Image.fromarray(np.ascontiguousarray(hidden)).reduce(step))
    down = round(scene.mm(9) / step)
    shifted = np.zeros_like(cast)
    shifted[down:] = cast[: len(cast) - down]
    shadow = 1 - 0.4 * fields.blurred(shifted, scene.mm(8) / step)
    whole = Image.fromarray((folds * round_off * shadow).astype(np.float32))
    return np.asarray(whole.resize((grey.shape[1], grey.shape[0]), Image.Resampling.BILINEAR))


def _of_its_kind(light: Floats, weight: Floats, radius: float) -> Floats:
    """The mean around each pixel of what is about as light: a fold is darker than the cloth that it
    is in, but another cloth, or bare skin, is no fold."""
    level = np.log(light + np.float32(0.01)) / np.float32(_ANOTHER)
    total, share = light * np.float32(1e-3), np.full_like(light, 1e-3)
    for kind in range(math.floor(level.min()), math.ceil(level.max()) + 1):
        like = np.clip(1 - np.abs(level - kind), 0, 1)
        total += like * fields.blurred(light * weight * like, radius)
        share += like * fields.blurred(weight * like, radius)
    return total / share


def clean(text: str) -> str:
    """Text as a shirt carries it: capitals, single spaces, at most 16 characters."""
    return re.sub(r"\s+", " ", text).strip().upper()[:16]


def _text(lettering: Lettering, template: tuple[int, int]) -> Image.Image:
    """The text on its box. A font is as foreign as a picture, and may be a program, too: it is read
    and drawn with apart. Raises `Refused` where it is no TrueType or OpenType font."""
    if lettering.font is None:
        return _drawn(lettering, template)
    return apart(lambda _font: _drawn(lettering, template), lettering.font, _bad_font)


def _bad_font() -> Refused:
    return Refused("bad_asset", "The product's font cannot be read: use TTF or OTF.")


def _drawn(lettering: Lettering, template: tuple[int, int]) -> Image.Image:
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
    try:
        font = (
            ImageFont.load_default(size)
            if data is None
            else ImageFont.truetype(io.BytesIO(data), size)
        )
    except (OSError, ValueError) as error:
        raise _bad_font() from error
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
