"""Make-up drawn on a scene: each look is a change of the window's light within a mask."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from . import fields, mesh
from .colors import LUMA, Bytes, Floats, ciede2000, lab_of, linear_of, of_steps, to_linear, to_srgb
from .fields import Area
from .scene import Scene

Change = Callable[[Area, Floats], Floats]

_STRIP = 48  # rows worked on at a time: the pieces stay in the processor's cache
WHITE_FILM = np.array([0.86, 0.90, 0.96])  # what zinc oxide or titanium dioxide scatters back
_ONE_SHADE = 0.65  # of the light of bare skin: what one of six shades from light to deep gives back
_LIPS_FOLLOW, _LIPS_MOST = 2.0, 0.7  # how far lips follow a deeper one, as a power
_SCALED = 1.6  # times the light that skin gives back
_LIGHT_SKIN = linear_of(np.array([74.0, 11.0, 19.0]))
_AS_VISIBLE = 0.95  # of the difference on light skin
_STRONGEST = 5.0  # power of a product's hue over the skin's
_POWERS = 1000  # tried from there down
_THICKEST, _BROWN = 0.9, 0.3  # of a film that darkens skin, and how much of its hue it has
_LEAST = 1e-3  # of a change that may be seen
_SHEEN = 0.65  # of the light of skin and product that a highlighter adds where it is thickest
BRIGHTEST = {"blush": 1.1, "contour": 0.8}  # times the light of bare skin that a tint may give back
LIP_GLOSS = {"matte": 0.25, "natural": 1.0, "dewy": 1.5}  # how much of their shine lips keep
GLOSS = {"matte": 0.25, "natural": 0.95, "dewy": 1.35}  # and skin


def composed(scene: Scene, change: Change, mask: Floats, area: Area) -> Bytes:
    """The whole picture with an area of the window changed where its mask is; elsewhere bit for bit
    the same.

    `change` gets a part of the area and its linear light, planes first, and returns the new light.
    """
    picture = scene.pixels.copy()
    window, planes = _window(scene, picture)[area], scene.planes[:, *area]
    rows, columns = fields.bounds(mask)
    for start in range(rows.start, rows.stop, _STRIP):
        part = (slice(start, min(start + _STRIP, rows.stop)), columns)
        light = planes[:, *part]
        changed = change(part, light)
        changed -= light
        changed *= mask[part]
        changed += light
        window[part] = np.moveaxis(to_srgb(changed), 0, 2)
    return picture


def _window(scene: Scene, picture: Bytes) -> Bytes:
    """The part of a picture that is the scene's window."""
    height, width = scene.shape
    return picture[scene.top : scene.top + height, scene.left : scene.left + width]


@dataclass(frozen=True, eq=False)
class Foundation:
    """`ratio` is the light that covered skin gives back over what bare skin does, per channel."""

    ratio: NDArray[np.float64]
    coverage: float
    finish: str


def foundation(scene: Scene, look: Foundation) -> Bytes:
    """Skin in another shade: its blotches evened, its diffuse light changed, its shine kept apart.

    Channels are scaled up to `_SCALED`. What they gain beyond that is added in proportion to the
    brightness of the skin, which has all of its relief: scaled, the little blue of a dark skin
    would show every highlight's edge in violet.
    """
    skin = scene.skin.color
    evened = scene.evened(look.coverage, GLOSS[look.finish])
    columns = evened.bare.shape[1] // 3
    scaled = np.tile(np.minimum(look.ratio, _SCALED).astype(np.float32), columns)
    gained = np.maximum(look.ratio - _SCALED, 0) * skin / (skin @ LUMA)
    gained = np.tile(gained.astype(np.float32), columns)
    picture = scene.pixels.copy()
    window = _window(scene, picture)[evened.area]
    made = np.empty((_STRIP, 3 * columns), dtype=np.uint8)
    for start in range(0, len(window), _STRIP):
        strip = slice(start, min(start + _STRIP, len(window)))
        light = evened.bare[strip] * scaled
        light += evened.left[strip]
        if gained.any():
            light += evened.level[strip] * gained
        of_steps(light, made[: len(light)])
        window[strip] = made[: len(light)].reshape(-1, columns, 3)
    ratio = lips_under(look.ratio, skin)
    if (ratio != 1).any():
        box = fields.bounds(scene.lips)
        lips, mask = _window(scene, picture)[box], scene.lips[box][..., None]
        lips[:] = to_srgb(to_linear(lips) * (1 + (ratio.astype(np.float32) - 1) * mask))
    return picture


def lips_under(ratio: NDArray[np.float64], skin: NDArray[np.float64]) -> NDArray[np.float64]:
    """What bare lips give back under a foundation over what they do else. Beside skin that is more
    than a shade deeper they would look painted in a pale colour."""
    deeper = float((ratio * skin) @ LUMA) / float(skin @ LUMA)
    return ratio ** min(max(_LIPS_FOLLOW * (_ONE_SHADE - deeper), 0.0), _LIPS_MOST)


@dataclass(frozen=True, eq=False)
class Color:
    """`light` is the linear RGB of the product in this picture's light."""

    light: NDArray[np.float64]
    coverage: float
    finish: str = "natural"


def lips(scene: Scene, look: Color) -> Bytes:
    """Lips in the product's colour: fine relief stays, shine as the finish says.

    Shine is white light above the mean of the lip near it. What is broader than that is how lips
    are coloured and lit: a pale lower lip under a dark one is evened by as much as a lipstick
    covers.
    """
    form = scene.lip_form
    if form is None:
        return scene.pixels.copy()
    color = _column(look.light * scene.shading(mesh.LIPS_OUTER))
    kept, part = np.float32(LIP_GLOSS[look.finish]), np.float32(look.coverage)

    def change(here: Area, light: Floats) -> Floats:
        painted = form.relief[here] * (color * part)
        painted += (light - form.shine[here]) * (1 - part)
        painted += form.shine[here] * kept
        return painted.astype(np.float32)

    return composed(scene, change, scene.lips[form.area], form.area)


@dataclass(frozen=True)
class Tint:
    """How much brighter a tint may make skin, the difference it makes at its full coverage, and how
    far its strokes run out where they begin."""

    brightest: float
    difference: float
    runs_out: float = 0.0


def tinted(
    scene: Scene, look: Color, strokes: tuple[tuple[int, int, float], ...], tint: Tint
) -> Bytes:
    """Blush and contour: skin's light scaled towards the product's, thinning out at the edges.

    Seen as well on every skin: the colour is laid on as strongly as it takes to make the difference
    (CIEDE2000) that the product makes on a light skin.
    """
    ratio = _column(tinting(scene.cheeks, look, tint))
    mask, area = _seen(scene, scene.strokes(strokes, tint.runs_out))
    gloss = scene.fine_gloss[area]

    def change(part: Area, light: Floats) -> Floats:
        shine = gloss[part]
        return np.maximum(light - shine, 0) * ratio + shine

    return composed(scene, change, mask, area)


def light_skin_difference(color: NDArray[np.float64], coverage: float, brightest: float) -> float:
    """CIEDE2000 between a light skin and the same with a product of that colour (white light)."""
    ratio = _toned(_LIGHT_SKIN, color, brightest)
    return float(_difference(_LIGHT_SKIN, 1 + coverage * (ratio - 1)))


def tinting(skin: NDArray[np.float64], look: Color, tint: Tint) -> NDArray[np.float64]:
    """What tinted skin gives back over bare skin where a stroke is thickest: the product's hue to
    the power that is seen as much."""
    powers = np.linspace(0.2, _STRONGEST, _POWERS)[:, None]
    if tint.brightest > 1:
        # No channel grows past what the skin's relief bears.
        once = np.minimum(_toned(skin, look.light, tint.brightest) ** powers, 2.2)
        tried = 1 + look.coverage * (once - 1)
    else:
        tried = np.minimum(_film(look.light) ** np.minimum(powers, _THICKEST), 1.0)
    enough = np.flatnonzero(_difference(skin, tried) >= _AS_VISIBLE * tint.difference)
    return tried[enough[0] if len(enough) else -1]


def _film(color: NDArray[np.float64]) -> NDArray[np.float64]:
    """What a thin film of a product that darkens lets through. Shade on skin is no greyer than the
    skin in light: it takes on some of the product's brown."""
    return np.exp(-1) * (color / float(color @ LUMA)) ** _BROWN


def _toned(
    skin: NDArray[np.float64], color: NDArray[np.float64], brightest: float
) -> NDArray[np.float64]:
    brighter = float(color @ LUMA) / float(skin @ LUMA)
    return color / skin / max(1.0, brighter / brightest)


def _difference(skin: NDArray[np.float64], ratio: NDArray[np.float64]) -> NDArray[np.float64]:
    return ciede2000(lab_of(skin), lab_of(np.clip(skin * ratio, 0, 1)))


def highlighter(scene: Scene, look: Color) -> Bytes:
    """A sheen where light falls: added light, in proportion to how light the skin is, never past
    white."""
    level = np.sqrt(float(scene.skin.color @ LUMA) * float(look.light @ LUMA))
    sheen = _column(look.light / max(float(look.light @ LUMA), 1e-3) * level * _SHEEN)
    lit = fields.blurred(scene.coarse @ LUMA, scene.coarse_mm(3)) / (scene.skin.color @ LUMA)
    strength = np.clip(scene.strokes(mesh.HIGHLIGHTS) * lit * look.coverage, 0, 1)
    mask, area = _seen(scene, strength.astype(np.float32))
    return composed(scene, lambda _, light: light + sheen * (1 - light), mask, area)


def concealer(scene: Scene, look: Color) -> Bytes:
    """Under the eyes the skin's slow changes are brought to the product's colour; its texture
    stays."""
    coarse = scene.coarse_skin
    local = fields.blurred_within(scene.coarse, coarse, scene.coarse_mm(2.5))
    wanted = np.clip(look.light.astype(np.float32) / np.maximum(local, 1e-3), 0.6, 1.9)
    share = fields.blurred(scene.patch(*mesh.UNDER_EYES), scene.coarse_mm(2.2)) * coarse
    gains = 1 + (np.moveaxis(wanted, 2, 0) - 1) * share * np.float32(look.coverage)
    area = scene.around(share > _LEAST)
    mask = scene.skin_mask[area] * (scene.fine(share, area) > _LEAST)
    gains = scene.fine(gains.astype(np.float32), area)
    return composed(scene, lambda part, light: light * gains[:, *part], mask, area)


def _seen(scene: Scene, coarse: Floats) -> tuple[Floats, Area]:
    """A coarse mask made fine where any of it is seen: the less of a picture changes, the sooner it
    is drawn and encoded."""
    area = scene.around(coarse > _LEAST)
    mask = scene.fine(coarse, area)
    return np.where(mask > _LEAST, mask, 0), area


def _column(color: NDArray[np.floating]) -> Floats:
    """A colour to be multiplied with planes."""
    return np.asarray(color, dtype=np.float32).reshape(3, 1, 1)
