"""One selfie made ready for looks: the part around the head, in linear light, with its masks.

What several looks need is worked out once, when first asked for. Lengths are millimetres of the
head; `Face.scale` makes them pixels. Smooth fields are kept on a coarse grid and enlarged.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from . import fields, mesh
from .colors import LUMA, STEPS, Bytes, Floats, to_linear
from .face import Face, Points

if TYPE_CHECKING:
    from .body import Body

_DARK = np.float32(2e-3)  # added before logarithms: about seven sRGB codes
_COARSE = 0.8  # pixels a millimetre on the coarse grid
_BLOWN = 0.97  # linear light from which a channel is lost
_USUAL_RED = 0.45  # logarithm of red over green that the reddest skin of a face has in white light
_WINDOW = (
    30,
    80,
    30,
    60,
)  # how far the window reaches beyond the landmarks: left, top, right, bottom
_LIP_NEAR = 2.5  # millimetres around a point of the lips whose mean is its own
_LIP_FORM = 0.5  # how much of the lips' broad shading is kept, as a power
_BROW_EDGE = 2.5  # how far the hairs of a brow reach beyond its outline
_HAIR_FROM = 0.7  # share of the light of the skin around a black brow below which there is hair
_EAR, _EAR_SIZE = (76.0, 27.0, 84.0), (14.0, 38.0)  # middle and half axes of an ear in the head
_NECK = 48  # how softly a foundation runs out below the jaw
_HAIRLINE = 28  # how far above the outline of the landmarks a forehead mostly reaches
_LITTLE = 0.045  # of a chance that a mask leaves out
_HIGHEST, _TEMPLE = 52, 5  # how far it may where it is plainly skin, upwards and to the sides


_BARE = {
    "right_cheek": mesh.RIGHT_CHEEK,
    "left_cheek": mesh.LEFT_CHEEK,
    "forehead": mesh.FOREHEAD,
    "nose": mesh.NOSE,
    "mouth": mesh.LIPS_OUTER,
}  # fields of skin (and lips), red rather than green in every tone


@dataclass(frozen=True, eq=False)
class Skin:
    """How this face's bare skin looks in this light.

    `color` is its middle in linear RGB. Logarithms of its luminance lie around a plane over the
    head (`level` times 1, x / 60, y / 60), those of its chroma (R/G, B/G) around `chroma`; `spread`
    and
    `chroma_spread` are standard deviations.
    """

    color: NDArray[np.float64]
    level: NDArray[np.float64]
    spread: float
    chroma: NDArray[np.float64]
    chroma_spread: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Evened:
    """The part of the window under a foundation: light to be scaled and added up, already times its
    mask, in the steps of `colors.of_steps`. Each is (height, 3 * width), a pixel's channels side by
    side."""

    area: fields.Area
    left: Floats
    """Where the mask covers less than all, what stays of the light; and what is shiny."""
    bare: Floats
    """Without shine, and evened."""
    level: Floats
    """The luminance of that."""


@dataclass(frozen=True, eq=False)
class LipForm:
    """What lipsticks of every colour keep of the lips, in the part of the window that lips take
    up."""

    area: fields.Area
    shine: Floats
    relief: Floats
    """Times the light of lips of one colour."""


class Scene:
    """The window around the face (`top`, `left`, `height`, `width`) and everything seen in it."""

    def __init__(self, pixels: Bytes, face: Face) -> None:
        self.pixels, self.face = pixels, face
        self._evened: tuple[float, tuple[fields.Area, Floats, Floats]] | None = None
        self._shiny: dict[float, Floats] = {}
        self._patches: dict[tuple[int, ...], tuple[Floats, fields.Area]] = {}
        around = np.array(_WINDOW) * face.scale
        low = np.floor(face.points[:, :2].min(axis=0) - around[:2]).astype(int)
        high = np.ceil(face.points[:, :2].max(axis=0) + around[2:]).astype(int)
        size = (pixels.shape[1], pixels.shape[0])
        (self.left, self.top), (right, bottom) = np.clip(low, 0, size), np.clip(high, 0, size)
        self.shape = (int(bottom - self.top), int(right - self.left))
        self.points: Points = face.points[:, :2] - (self.left, self.top)
        self.factor = max(1, round(face.scale / _COARSE))

    @cached_property
    def body(self) -> Body:
        """The person, for what is worn."""
        from .body import Body  # its networks are loaded where something is worn only

        return Body(self)

    def mm(self, length: float) -> float:
        """Pixels of a length on the head."""
        return length * self.face.scale

    def coarse_mm(self, length: float) -> float:
        """Pixels of the coarse grid of a length on the head."""
        return length * self.face.scale / self.factor

    @cached_property
    def window(self) -> Bytes:
        """The pixels of the window."""
        height, width = self.shape
        return np.ascontiguousarray(
            self.pixels[self.top : self.top + height, self.left : self.left + width]
        )

    @cached_property
    def planes(self) -> Floats:
        """The window in linear light, (3, height, width): planes are quicker to work on."""
        return to_linear(np.ascontiguousarray(np.moveaxis(self.window, 2, 0)))

    @cached_property
    def guide(self) -> Floats:
        """Brightness of the window as the eye sees it, 0 to 1: what masks follow, without the
        finest noise."""
        grey = Image.fromarray(self.window).convert("L").filter(ImageFilter.BoxBlur(1))
        return np.asarray(grey, dtype=np.float32) / 255

    @cached_property
    def coarse(self) -> Floats:
        """The window in linear light on the coarse grid."""
        return to_linear(fields.reduced(self.window, self.factor))

    @cached_property
    def brightest(self) -> float:
        """The luminance that three pixels of a hundred of the window reach."""
        return float(fields.quantile(self.coarse @ LUMA, 0.97))

    @cached_property
    def frame(self) -> tuple[Floats, Floats]:
        """Head coordinates of the coarse grid, seen flat: x along the eyes and y down, from
        between them."""
        rows, columns = self.coarse.shape[:2]
        y, x = np.mgrid[:rows, :columns].astype(np.float32)
        return self.to_head((x + 0.5) * self.factor, (y + 0.5) * self.factor)

    def to_head(self, x: Floats, y: Floats) -> tuple[Floats, Floats]:
        """Head coordinates, seen flat, of points of the window."""
        turn = np.radians(self.face.roll)
        cos, sin = np.float32(np.cos(turn)), np.float32(np.sin(turn))
        origin = self.points[168]
        x, y = (x - origin[0]) / self.face.scale, (y - origin[1]) / self.face.scale
        return (cos * x + sin * y).astype(np.float32), (cos * y - sin * x).astype(np.float32)

    def outline(self, indices: tuple[int, ...]) -> Points:
        """The landmarks' points in the window."""
        return self.points[list(indices)]

    def patch(self, *groups: tuple[int, ...]) -> Floats:
        """Mask on the coarse grid of the insides of landmark outlines."""
        shape = self.coarse.shape[:2]
        field = np.zeros(shape, dtype=np.float32)
        for group in groups:
            if group not in self._patches:
                self._patches[group] = fields.drawn_part(self.outline(group) / self.factor, shape)
            part, area = self._patches[group]
            np.maximum(field[area], part, out=field[area])
        return field

    def fine(self, field: Floats, area: fields.Area | None = None) -> Floats:
        """A coarse field, or planes of it, at the resolution of the window, or of a part of it."""
        whole = (slice(0, self.shape[0]), slice(0, self.shape[1]))
        return fields.enlarged(field, self.factor, area or whole)

    def around(self, coarse: NDArray[np.bool_]) -> fields.Area:
        """The part of the window that a coarse mask, made fine, reaches."""
        rows, columns = (
            slice(
                max(0, part.start - 1) * self.factor,
                min((part.stop + 1) * self.factor, whole) if part.stop else 0,
            )
            for part, whole in zip(fields.bounds(coarse), self.shape, strict=True)
        )
        return rows, columns

    @cached_property
    def logs(self) -> tuple[Floats, Floats]:
        """Logarithms on the coarse grid: of luminance, and of R/G and B/G."""
        light = np.log(self.coarse + _DARK)
        chroma = light[..., (0, 2)] - light[..., 1:2]
        return np.log(self.coarse @ LUMA + _DARK), chroma

    @cached_property
    def steady_logs(self) -> tuple[Floats, Floats]:
        """`logs` without what a JPEG's blocks and a sensor's noise add; both blur colour most."""
        luminance, chroma = self.logs
        return (
            fields.blurred(luminance, max(self.coarse_mm(1.8), 3.5 / self.factor)),
            fields.blurred(chroma, max(self.coarse_mm(4), 8 / self.factor)),
        )

    @cached_property
    def skin(self) -> Skin:
        """Bare skin's look, read from cheeks, forehead, nose and chin."""
        bare = (
            self.patch(mesh.RIGHT_CHEEK, mesh.LEFT_CHEEK, mesh.FOREHEAD, mesh.NOSE, mesh.CHIN) > 0.5
        )
        luminance, chroma = (field[bare] for field in self.steady_logs)
        x, y = (field[bare] / 60 for field in self.frame)
        basis = np.stack([np.ones_like(x), x, y], axis=1)
        kept = np.ones(len(x), dtype=bool)
        for _ in range(3):
            level = np.linalg.lstsq(basis[kept], luminance[kept], rcond=None)[0]
            middle = fields.median(chroma[kept], axis=0)
            off = luminance - basis @ level
            spread = 1.48 * float(fields.median(np.abs(off[kept] - fields.median(off[kept]))))
            chroma_spread = 1.48 * fields.median(np.abs(chroma[kept] - middle), axis=0)
            far = (np.abs(chroma - middle) / np.maximum(chroma_spread, 0.03)).max(axis=1)
            kept = (np.abs(off) < 2.5 * max(spread, 0.1)) & (far < 2.5)
        color = fields.median(self.coarse[bare][kept], axis=0).astype(np.float64)
        return Skin(color, level, spread, middle, chroma_spread)

    @cached_property
    def cheeks(self) -> NDArray[np.float64]:
        """Linear RGB of the middle of both cheeks."""
        bare = self.patch(mesh.RIGHT_CHEEK, mesh.LEFT_CHEEK) > 0.5
        return (
            fields.median(self.coarse[bare], axis=0).astype(np.float64)
            if bare.any()
            else self.skin.color
        )

    @cached_property
    def offset(self) -> Floats:
        """How much brighter the coarse pixels are than skin would be there, in logarithms."""
        return self.steady_logs[0] - self.falling

    @cached_property
    def falling(self) -> Floats:
        """The logarithm of skin's luminance on the coarse grid, as light falls on the face."""
        x, y = self.frame
        level = self.skin.level
        plane = level[1] * np.clip(x / 60, -0.8, 0.8) + level[2] * np.clip(y / 60, -1, 1.5)
        return (level[0] + plane).astype(np.float32)

    def skin_odds(self, darker: float, brighter: float, tint_limit: float, shiny: bool) -> Floats:
        """Logarithm of how much likelier each coarse pixel is under skin's colours than under
        others.

        `darker` and `brighter` are tolerances against the skin around it, in logarithms,
        `tint_limit` bounds that for chroma; `shiny` takes bright white for a highlight.
        """
        off, skin = self.offset, self.skin
        red, blue = self.tint
        far = np.where(off < 0, off / np.float32(darker), off / np.float32(brighter)) ** 2
        if shiny:
            # A highlight mixes white into the skin's colour: what lies on the way there is no
            # distance.
            white = -skin.chroma.astype(np.float32)
            # As much white as its brightness explains (lower down it is rather a beard), and as
            # much
            # less of it as skin loses where nothing shines.
            most = (1 - np.exp(-np.clip(off, 0, 2) - 0.35)) * np.clip(
                (60 - self.frame[1]) / 15, 0, 1
            )
            size = max(float(white @ white), 1e-3)
            least = -np.clip(2 * float(np.linalg.norm(skin.chroma_spread)) / size**0.5, 0.2, 0.8)
            # Shade that other skin lights is more saturated still.
            least = np.float32(least) * (1 + np.clip(-2 * off, 0, 1))
            along = np.clip((red * white[0] + blue * white[1]) / np.float32(size), least, most)
            red, blue = red - along * white[0], blue - along * white[1]
        limits = np.clip(2.5 * skin.chroma_spread, 0.12, tint_limit).astype(np.float32)
        far += (red / limits[0]) ** 2 + (blue / limits[1]) ** 2
        return np.clip(3 - far / 2, -6, 3)

    @cached_property
    def tint(self) -> Floats:
        """How far the chroma of the coarse pixels is from skin's: planes of R/G and B/G."""
        off = self.steady_logs[1] - self.skin.chroma.astype(np.float32)
        return np.ascontiguousarray(np.moveaxis(off, 2, 0))

    @cached_property
    def face_fields(self) -> tuple[Floats, Floats]:
        """Coarse masks of the landmarks' outline, and of it with the forehead up to the
        hairline."""
        oval = self.outline(mesh.OVAL)
        _, down = self.to_head(oval[:, 0], oval[:, 1])
        raised = np.clip(-(down + 5) / 40, 0, 1)[:, None] * self.mm(_HAIRLINE) * self.up
        shape = self.coarse.shape[:2]
        outlines = [oval, oval + raised]
        inner, outer = (fields.drawn([each / self.factor], shape) for each in outlines)
        return fields.blurred(inner, self.coarse_mm(3)), fields.blurred(outer, self.coarse_mm(4))

    @cached_property
    def _highest_forehead(self) -> Floats:
        """Coarse mask of the face with as much above and beside it as a bare forehead may take."""
        oval = self.outline(mesh.OVAL)
        across, down = self.to_head(oval[:, 0], oval[:, 1])
        share = np.clip(-(down + 5) / 40, 0, 1)[:, None]
        right = np.array([-self.up[1], self.up[0]])
        beside = np.sign(across)[:, None] * self.mm(_TEMPLE) * right
        raised = oval + share * (self.mm(_HIGHEST) * self.up + beside)
        drawn = fields.drawn([raised / self.factor], self.coarse.shape[:2])
        return fields.blurred(drawn, self.coarse_mm(5))

    @property
    def up(self) -> Points:
        """One pixel towards the crown of the head."""
        turn = np.radians(self.face.roll)
        return np.array([np.sin(turn), -np.cos(turn)])

    def drawn(self, *groups: tuple[int, ...], soft: float = 0) -> Floats:
        """Mask of the window of the insides of landmark outlines, rounded, edges blurred by
        `soft` mm."""
        outlines = [fields.rounded(self.outline(group)) for group in groups]
        return fields.drawn(outlines, self.shape, self.mm(soft))

    @cached_property
    def lips(self) -> Floats:
        """Mask of the window of both lips, without what an open mouth shows."""
        return self.drawn(mesh.LIPS_OUTER, soft=0.35) * (1 - self.drawn(mesh.LIPS_INNER, soft=0.35))

    @cached_property
    def lips_inside(self) -> Floats:
        """`lips` without a millimetre at their edges."""
        outer = np.clip(2 * self.drawn(mesh.LIPS_OUTER, soft=0.8) - 1, 0, 1)
        return outer * np.clip(1 - 2 * self.drawn(mesh.LIPS_INNER, soft=0.6), 0, 1)

    @cached_property
    def lip_form(self) -> LipForm | None:
        """Shine and relief of the lips; None where none are in the window."""
        if float(self.lips.sum()) < 1:
            return None
        box = fields.bounds(self.lips)
        mask, light = self.lips[box], self.planes[:, *box]
        near = self.mm(_LIP_NEAR)
        level, white = np.tensordot(LUMA, light, 1), light.min(axis=0)
        above = white - fields.blurred_within(white, mask, near)
        most = np.minimum(level - fields.blurred_within(level, mask, near), 1.5 * above)
        # At the edge it is rather the skin beside the lips that is brighter than they are.
        shine = np.clip(most, 0, None) * self.lips_inside[box]
        body = level - shine
        broad = fields.blurred_within(body, mask, near)
        middle = float((broad * mask).sum() / mask.sum())
        fine = np.clip(body / (broad + 1e-4), 0.1, 1.5) ** 0.75
        relief = np.minimum(fine * ((broad + 1e-4) / middle) ** _LIP_FORM, 1.6)
        return LipForm(box, shine, relief)

    @cached_property
    def features(self) -> Floats:
        """Mask of eyes, mouth and the hair of the brows at the window's resolution, softly
        edged."""
        rest = self.drawn(mesh.RIGHT_EYE, mesh.LEFT_EYE, mesh.LIPS_OUTER, soft=0.5)
        return np.maximum(self.brow_hair, rest, out=rest)

    @cached_property
    def brow_hair(self) -> Floats:
        """How much of each pixel's light comes from hairs of the brows rather than from skin.

        Hairs are darker than the skin around the brow, which is light between and beside them, or
        grey and brighter. A pixel of which they cover a part still has most of its light from skin.
        """
        hair = np.zeros(self.shape, dtype=np.float32)
        for outline in (mesh.RIGHT_BROW, mesh.LEFT_BROW):
            part, area = fields.drawn_part(
                self._widened(outline, _BROW_EDGE), self.shape, self.mm(1.2)
            )
            inside = part > 0.5
            if not inside.any():
                continue
            light = self.planes[:, *area]
            around = self.fine(self._around_brows, area)
            share = np.tensordot(LUMA, light, 1) / (around + np.float32(1e-3))
            darkest = max(float(fields.quantile(share[inside], 0.08)), 0.03)
            if darkest < 0.8:
                lightest = _HAIR_FROM + 0.15 * darkest
                cover = np.clip((lightest - share) / (lightest - darkest), 0, 1)
                dark = cover * darkest / np.maximum(share, darkest)
                # A thick brow shows hair alone where it is darkest.
                dark = np.maximum(dark, np.clip(2 * cover - 1, 0, 1))
                np.maximum(hair[area], part * dark, out=hair[area])
            warm = np.log((light[0] + _DARK) / (light[2] + _DARK))
            warmth = float(self.skin.chroma[0] - self.skin.chroma[1])
            grey = np.clip(1.5 - 3 * warm / max(warmth, 0.2), 0, 1) * np.clip(4 * share - 4, 0, 1)
            np.maximum(hair[area], part * grey, out=hair[area])
        return hair

    def _widened(self, indices: tuple[int, ...], by: float) -> Points:
        """A rounded outline, grown by so many millimetres from its middle line."""
        outline = fields.rounded(self.outline(indices))
        middle = outline.mean(axis=0)
        along = np.array([-self.up[1], self.up[0]])
        off = outline - middle
        grown = off + self.mm(by) * np.sign(off @ self.up)[:, None] * self.up
        return middle + grown + self.mm(by) * np.sign(off @ along)[:, None] * along / 2

    @cached_property
    def _brow_fields(self) -> tuple[Floats, Floats]:
        """Coarse masks of the brows with a margin, and of all else of the face."""
        outlines = [
            self._widened(each, _BROW_EDGE) / self.factor
            for each in (mesh.RIGHT_BROW, mesh.LEFT_BROW)
        ]
        brows = fields.blurred(fields.drawn(outlines, self.coarse.shape[:2]), self.coarse_mm(1))
        eyes = fields.blurred(self.patch(mesh.RIGHT_EYE, mesh.LEFT_EYE), self.coarse_mm(1.5))
        return brows, (1 - brows) * np.clip(1 - 2 * eyes, 0, 1)

    @cached_property
    def _around_brows(self) -> Floats:
        """Luminance on the coarse grid of the skin that lies around the brows, carried on below
        them."""
        _, beside = self._brow_fields
        likely = (
            np.clip(self.offset + 1.2, 0, 0.6) / 0.6
        )  # neither hair of the head nor deep shadow
        return fields.blurred_within(self.coarse @ LUMA, beside * likely, self.coarse_mm(5))

    @cached_property
    def skin_mask(self) -> Floats:
        """How much of each pixel of the window is bare skin of the face."""
        inner, outer = self.face_fields
        darker = float(np.clip(2 * self.skin.spread, 0.45, 0.9))
        highest = np.maximum(self._highest_forehead, outer)
        beyond = highest - outer
        odds = 5 * outer + 3.75 * beyond + 4 * inner - 6
        plain = self.skin_odds(darker, 1.0, 0.3, shiny=False)
        shining = self.skin_odds(darker, 1.0, 0.3, shiny=True)
        # A cloth on the forehead is as white as a highlight.
        odds += np.where(beyond > 0.4, np.minimum(plain + 1, shining), shining)
        _, down = self.frame
        above_brows = np.clip((-12 - down) / 10, 0, 1)
        odds -= 2 * above_brows * np.clip(self.roughness - 2.5 + beyond, 0, 3)
        chance = self._without_brows(1 / (1 + np.exp(-odds)))
        chance = self._reached(chance)
        return self._followed(np.minimum(chance, highest)) * (1 - self.features)

    def _without_brows(self, chance: Floats) -> Floats:
        """Below the hairs of a brow lies skin as likely as around it, and the sockets below it are
        skin however deep their shade, unless they are colder than skin, as a pair of glasses is."""
        brows, beside = self._brow_fields
        x, y = self.frame
        _, chroma = self.steady_logs
        warmth = (chroma[..., 0] - chroma[..., 1]) - (self.skin.chroma[0] - self.skin.chroma[1])
        sockets = np.clip((50 - np.abs(x)) / 8, 0, 1) * np.clip((y + 34) / 8, 0, 1)
        sockets *= np.clip((14 - y) / 6, 0, 1) * np.clip((warmth + 0.25) / 0.2, 0, 1)
        chance = np.maximum(chance, np.float32(0.97) * sockets.astype(np.float32))
        filled = fields.blurred_within(chance, beside, self.coarse_mm(4))
        return chance + brows * (np.maximum(filled, chance) - chance)

    @cached_property
    def roughness(self) -> Floats:
        """How much fine detail the coarse pixels of the head hold, in multiples of bare skin's:
        hair has more."""
        area = self.around(np.maximum(self._highest_forehead, self.face_fields[1]) > 1e-3)
        guide = self.guide[area]
        fine = np.zeros(self.shape, dtype=np.float32)
        fine[area] = np.abs(guide - fields.softened(guide, self.mm(1.0))) / (guide + 0.05)
        coarse = fields.blurred(
            np.asarray(Image.fromarray(fine).reduce(self.factor)), self.coarse_mm(1.5)
        )
        bare = self.patch(mesh.RIGHT_CHEEK, mesh.LEFT_CHEEK, mesh.FOREHEAD) > 0.5
        return coarse / max(float(fields.median(coarse[bare])) if bare.any() else 0.0, 0.008)

    def _reached(self, chance: Floats) -> Floats:
        """A forehead goes on upwards as far as it is skin without a break: no higher than a
        hairline or the edge of a cloth lets through."""
        if abs(self.face.roll) > 40:
            return chance
        _, down = self.frame
        start = int(np.argmin(np.abs(down[:, down.shape[1] // 2] + 25)))
        reached = np.pad(chance, ((0, 0), (1, 1)))
        for row in range(start - 1, -1, -1):
            below, here = reached[row + 1], reached[row, 1:-1]
            from_below = np.maximum(np.maximum(below[:-2], below[2:]), below[1:-1])
            np.minimum(here, from_below, out=here)
        return reached[:, 1:-1]

    @cached_property
    def fading_mask(self) -> Floats:
        """`skin_mask` that goes on over the ears and runs out down the neck, as a foundation is
        blended."""
        inner, _ = self.face_fields
        across, down = self.frame
        below = np.clip((down - 10) / 20, 0, 1) * np.clip((74 - np.abs(across)) / 12, 0, 1)
        neck = np.clip(2.6 * fields.blurred(inner, self.coarse_mm(_NECK)), 0, 1) ** 1.5 * below
        # What chin and jaw shade is lit by other skin.
        shaded = self.skin_odds(1.5, 0.5, 0.3, shiny=True)
        odds = self.skin_odds(1.1, 0.5, 0.3, shiny=False)
        # Beside the face there may be a wall as pale as skin in much light; an ear is in less.
        beside = odds - np.clip(8 * (self.offset - 0.2), 0, 5)
        chance = np.maximum(
            neck / (1 + np.exp(-2 * shaded)), self.ears / (1 + np.exp(-2.5 * (beside - 0.2)))
        )
        mask = self._followed(chance)
        area = fields.bounds(mask)
        # Finer than that grid: a wall behind an ear may be as bright, but it is hardly as warm.
        warm = (self.planes[0][area] + _DARK) / (self.planes[2][area] + _DARK)
        usual = max(float(np.exp(self.skin.chroma[0] - self.skin.chroma[1])) - 1, 0.2)
        dim = np.clip((warm - 1) / np.float32(0.25 * usual) - 1, 0, 1)
        mask[area] *= dim * (1 - self.features[area])
        return np.maximum(self.skin_mask, mask, out=mask)

    @cached_property
    def ears(self) -> Floats:
        """Coarse mask of where ears may show: beside the face, in the pose of the head."""
        angle = np.linspace(0, 2 * np.pi, 24, endpoint=False)
        oval = np.stack([np.cos(angle), np.sin(angle)], axis=1) * _EAR_SIZE
        outlines = []
        for side in (-1, 1):
            middle = np.array(_EAR) * (side, 1, 1)
            points = np.column_stack([middle[:2] + oval, np.full(len(oval), middle[2])])
            outlines.append(self.seen(points) / self.factor)
        return fields.blurred(fields.drawn(outlines, self.coarse.shape[:2]), self.coarse_mm(2))

    def seen(self, head: Points) -> Points:
        """Where points of the head (`mesh.HEAD`'s millimetres) fall in the window, seen from
        afar."""
        turned = head @ self.face.rotation.T
        return self.face.origin[:2] + self.face.scale * turned[:, :2] - (self.left, self.top)

    def _followed(self, chance: Floats) -> Floats:
        """A coarse mask at the window's resolution, its edges drawn by the picture's own."""
        guide = (self.coarse @ LUMA) ** np.float32(1 / 2.2)
        slope, offset = fields.guided(chance.astype(np.float32), guide, self.coarse_mm(2.5), 6e-4)
        mask = np.zeros(self.shape, dtype=np.float32)
        # Wherever the guide, which is 0 to 1, could lift it over what is taken off.
        area = self.around(np.maximum(offset, offset + slope) > _LITTLE)
        part = self.fine(slope, area)
        part *= self.guide[area]
        part += self.fine(offset, area)
        part *= np.float32(1.1)
        part -= np.float32(0.05)
        np.clip(part, 0, 1, out=mask[area])
        return mask

    @cached_property
    def covered(self) -> bool:
        """Whether something that is no skin lies over the eyes, the nose or the mouth.

        Skin and lips are redder than what covers them, as red as the light allows; what is blown
        out has lost its colour and tells nothing.
        """
        _, chroma = self.logs
        blown = self.coarse.max(axis=-1) > _BLOWN
        red = {}
        for name, outline in _BARE.items():
            patch = self.patch(outline) > 0.5
            if (patch & ~blown).sum() > 0.3 * patch.sum() > 0:
                red[name] = float(fields.median(chroma[..., 0][patch & ~blown]))
        most = max(red.values(), default=0.0)
        limit = min(0.15 + min(0.0, most - _USUAL_RED), most - 0.2)
        if any(red.get(name, most) < limit for name in ("nose", "mouth")):
            return True
        x, y = self.frame
        around_eyes = (np.abs(x) < 48) & (y > -10) & (y < 26) & (self.face_fields[0] > 0.9)
        around_eyes &= np.asarray(Image.fromarray(self.features).reduce(self.factor)) < 0.5
        bare = (self.skin_odds(0.9, 1.2, 0.4, shiny=True) > 0) | blown
        return bool(around_eyes.any()) and float(bare[around_eyes].mean()) < 0.4

    @cached_property
    def sharpness(self) -> float:
        """Fine detail of eyes and brows as a share of their contrast: below a twentieth it is
        blurred."""
        eyes = self.drawn(mesh.RIGHT_EYE, mesh.LEFT_EYE, mesh.RIGHT_BROW, mesh.LEFT_BROW, soft=1.0)
        box = fields.bounds(eyes)
        grey = np.asarray(Image.fromarray(self.window[box]).convert("L"), dtype=np.float32) / 255
        inside = eyes[box] > 0.3
        if not inside.any():
            return 1.0
        fine = np.abs(grey - fields.softened(grey, max(1.0, self.mm(0.8))))[inside]
        return float(fine.mean() / max(float(grey[inside].std()), 1e-3))

    def shading(self, indices: tuple[int, ...]) -> float:
        """How much more light falls on a part of the face than on its middle."""
        x, y = self.to_head(*self.outline(indices).mean(axis=0))
        _, across, down = self.skin.level
        return float(np.exp(np.clip(across * x / 60 + down * (y - 30) / 60, -1, 0.5)))

    def strokes(self, strokes: tuple[tuple[int, int, float], ...], runs_out: float = 0) -> Floats:
        """Coarse mask of soft strokes between landmarks, on skin only; the width is a deviation
        in mm. They are thinner by the share `runs_out` where they begin."""
        rows, columns = self.coarse.shape[:2]
        y, x = np.mgrid[:rows, :columns].astype(np.float32) + np.float32(0.5)
        field = np.zeros((rows, columns), dtype=np.float32)
        for start, end, width in strokes:
            a, b = (self.points[index] / self.factor for index in (start, end))
            way = b - a
            along = np.clip(((x - a[0]) * way[0] + (y - a[1]) * way[1]) / max(way @ way, 1), 0, 1)
            far = (x - a[0] - along * way[0]) ** 2 + (y - a[1] - along * way[1]) ** 2
            reach = self.coarse_mm(width)
            # No smaller than can be seen, for the reason that `fields.blurred` has.
            stroke = np.exp(-np.minimum(far / (2 * reach**2), 14))
            np.maximum(field, stroke * (1 - runs_out * (1 - along)), out=field)
        return field * self.coarse_skin

    @cached_property
    def coarse_skin(self) -> Floats:
        """`skin_mask` on the coarse grid."""
        return np.asarray(Image.fromarray(self.skin_mask).reduce(self.factor))

    @cached_property
    def gloss(self) -> Floats:
        """Light mirrored by the skin's surface, on the coarse grid, as an amount of white.

        The part of each pixel that is white rather than skin-coloured (dichromatic model), as far
        as the pixel is also brighter than the skin around it.
        """
        mask = self.coarse_skin
        color = self.skin.color / (self.skin.color @ LUMA)
        basis = np.linalg.pinv(np.stack([color, np.ones(3)], axis=1)).astype(np.float32)
        white = self.coarse @ basis[1]
        luminance = self.coarse @ LUMA
        # The side that light comes from is brighter, and does not shine for that.
        falling = np.exp(self.falling)
        around = falling * fields.blurred_within(luminance / falling, mask, self.coarse_mm(16))
        above = luminance - np.float32(0.85) * around
        gloss = np.clip(np.minimum(white, above), 0, None) * mask
        return fields.blurred(gloss, self.coarse_mm(2.5))

    @cached_property
    def fine_gloss(self) -> Floats:
        """`gloss` at the window's resolution."""
        return self.fine(self.gloss)

    def evened(self, coverage: float, shine: float) -> Evened:
        """What foundations that cover so much and keep so much shine, in whatever shade, have in
        common."""
        if self._evened is None or self._evened[0] != coverage:
            self._evened, self._shiny = (coverage, self._covered_skin(coverage)), {}
        area, bare, level = self._evened[1]
        if shine not in self._shiny:
            self._shiny[shine] = self._uncovered(area, shine)
        return Evened(area, self._shiny[shine], bare, level)

    def _covered_skin(self, coverage: float) -> tuple[fields.Area, Floats, Floats]:
        """Where a foundation goes, and `bare` and `level` of `Evened` there."""
        area = fields.bounds(self.fading_mask)
        bare = self.planes[:, *area] - self.fine_gloss[area]
        np.maximum(bare, 0, out=bare)
        evening = self.fine(self.unevenness, area)
        evening *= np.float32(-coverage)
        evening += 1
        bare *= evening
        bare *= self.fading_mask[area] * np.float32(STEPS)
        return area, _interleaved(bare), np.repeat(np.tensordot(LUMA, bare, 1), 3, axis=1)

    def _uncovered(self, area: fields.Area, shine: float) -> Floats:
        """`left` of `Evened`."""
        mask = self.fading_mask[area]
        left = self.planes[:, *area] * (1 - mask)
        left += self.fine_gloss[area] * mask * np.float32(shine)
        left *= np.float32(STEPS)
        left += np.float32(0.5)
        return _interleaved(left)

    @cached_property
    def unevenness(self) -> Floats:
        """Blotches of the skin on the coarse grid, planes first: how much they add to each channel,
        as a share. Chroma counts four fifths, luminance a quarter: shades of relief are to stay."""
        mask = self.coarse_skin
        # Shine set apart: evened with it, the skin around would turn grey.
        light = np.log(np.maximum(self.coarse - self.gloss[..., None], 0.25 * self.coarse) + _DARK)
        luminance, chroma = light @ LUMA, light[..., (0, 2)] - light[..., 1:2]
        both = np.concatenate([luminance[..., None], chroma], axis=-1)
        near = fields.blurred_within(both, mask, self.coarse_mm(2.5))
        wide = fields.blurred_within(both, mask, self.coarse_mm(16))
        level, red, blue = np.moveaxis((near - wide) * mask[..., None], 2, 0)
        # Chroma moves red and blue against green; what that adds to luminance is taken back.
        base = 0.25 * level - 0.8 * (LUMA[0] * red + LUMA[2] * blue)
        planes = np.clip(np.stack([base + 0.8 * red, base, base + 0.8 * blue]), -0.5, 0.5)
        return planes.astype(np.float32)


def _interleaved(planes: Floats) -> Floats:
    """Planes as pixels are stored: (height, 3 * width)."""
    return np.ascontiguousarray(np.moveaxis(planes, 0, 2)).reshape(planes.shape[1], -1)
