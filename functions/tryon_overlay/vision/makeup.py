"""Make-up drawn on a scene: each look is a change of the window's light within a mask."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from . import fields, mesh
from .colors import LUMA, Bytes, Floats, to_srgb
from .fields import Area
from .scene import Scene

Change = Callable[[Area, Floats], Floats]

_STRIP = 48  # rows worked on at a time: the pieces stay in the processor's cache
WHITE_FILM = np.array([0.86, 0.90, 0.96])  # what zinc oxide or titanium dioxide scatters back
_SCALED = 1.6  # times the light that skin gives back
LIP_GLOSS = {"matte": 0.25, "natural": 1.0, "dewy": 1.5}  # how much of their shine lips keep
GLOSS = {"matte": 0.35, "natural": 0.95, "dewy": 1.35}  # and skin


def composed(scene: Scene, change: Change, mask: Floats) -> Bytes:
    """The whole picture with the window changed where the mask is; elsewhere bit for bit the same.

    `change` gets a part of the window and its linear light, planes first, and returns the new light.
    """
    picture = scene.pixels.copy()
    height, width = scene.shape
    window = picture[scene.top : scene.top + height, scene.left : scene.left + width]
    rows, columns = fields.bounds(mask)
    for start in range(rows.start, rows.stop, _STRIP):
        area = (slice(start, min(start + _STRIP, rows.stop)), columns)
        light = scene.planes[:, *area]
        changed = change(area, light)
        changed -= light
        changed *= mask[area]
        changed += light
        window[area] = np.moveaxis(to_srgb(changed), 0, 2)
    return picture


@dataclass(frozen=True, eq=False)
class Foundation:
    """`ratio` is the light that covered skin gives back over what bare skin does, per channel."""

    ratio: NDArray[np.float64]
    coverage: float
    finish: str


def foundation(scene: Scene, look: Foundation) -> Bytes:
    """Skin in another shade: its blotches evened, its diffuse light changed, its shine kept apart.

    Channels are scaled up to `_SCALED`. What they gain beyond that is added in proportion to the
    brightness of the skin, which has all of its relief: scaled, the little blue of a dark skin would
    show every highlight's edge in violet.
    """
    skin = scene.skin.color
    scaled = _column(np.minimum(look.ratio, _SCALED))
    gained = _column(np.maximum(look.ratio - _SCALED, 0) * skin / (skin @ LUMA))
    coverage, kept = np.float32(look.coverage), np.float32(GLOSS[look.finish])

    def change(area: Area, light: Floats) -> Floats:
        shine = scene.fine_gloss[area]
        covered = light - shine
        np.maximum(covered, 0, out=covered)
        evened = scene.unevenness[:, *area] * -coverage
        evened += 1
        covered *= evened
        level = np.tensordot(LUMA, covered, 1)
        covered *= scaled
        covered += level * gained
        covered += shine * kept
        return covered

    return composed(scene, change, scene.fading_mask)


@dataclass(frozen=True, eq=False)
class Color:
    """`light` is the linear RGB of the product in this picture's light."""

    light: NDArray[np.float64]
    coverage: float
    finish: str = "natural"


def lips(scene: Scene, look: Color) -> Bytes:
    """Lips in the product's colour: their own relief stays, their shine as the finish says."""
    mask = scene.lips
    total = float(mask.sum())
    if total < 1:
        return scene.pixels.copy()
    box = fields.bounds(mask)
    luminance = np.tensordot(LUMA, scene.planes[:, *box], 1)
    middle = float((luminance * mask[box]).sum()) / total
    cap = np.float32(middle * 1.25)
    color = _column(look.light * scene.shading(mesh.LIPS_OUTER))
    part, kept = np.float32(look.coverage), np.float32(LIP_GLOSS[look.finish])

    def change(_: Area, light: Floats) -> Floats:
        level = np.tensordot(LUMA, light, 1)
        shine = np.maximum(level - cap, 0)
        relief = (np.minimum(level, cap) / np.float32(middle)) ** np.float32(0.85)
        painted = relief * (color * part)
        painted += (light - shine) * (1 - part)
        painted += shine * kept
        return painted

    return composed(scene, change, mask)


def tinted(scene: Scene, look: Color, strokes: tuple[tuple[int, int, float], ...]) -> Bytes:
    """Blush and contour: skin's light scaled towards the product's, thinning out at the edges.

    Brightness may rise by a tenth at most: a blush is seen by its hue, also on dark skin.
    """
    brighter = float(look.light @ LUMA / (scene.skin.color @ LUMA))
    ratio = _column(look.light / scene.skin.color / max(1.0, brighter / 1.1))
    mask = scene.fine(scene.strokes(strokes) * np.float32(look.coverage))

    def change(area: Area, light: Floats) -> Floats:
        shine = scene.fine_gloss[area]
        return np.maximum(light - shine, 0) * ratio + shine

    return composed(scene, change, mask)


def highlighter(scene: Scene, look: Color) -> Bytes:
    """A sheen where light falls: added light, in proportion to how light the skin is, never past white."""
    level = np.sqrt(float(scene.skin.color @ LUMA) * float(look.light @ LUMA))
    sheen = _column(look.light / max(float(look.light @ LUMA), 1e-3) * level * 0.45)
    lit = fields.blurred(scene.coarse @ LUMA, scene.coarse_mm(3)) / (scene.skin.color @ LUMA)
    strength = np.clip(scene.strokes(mesh.HIGHLIGHTS) * lit * look.coverage, 0, 1)
    mask = scene.fine(strength.astype(np.float32))
    return composed(scene, lambda _, light: light + sheen * (1 - light), mask)


def concealer(scene: Scene, look: Color) -> Bytes:
    """Under the eyes the skin's slow changes are brought to the product's colour; its texture stays."""
    coarse = scene.coarse_skin
    local = fields.blurred_within(scene.coarse, coarse, scene.coarse_mm(2.5))
    wanted = np.clip(look.light.astype(np.float32) / np.maximum(local, 1e-3), 0.6, 1.9)
    area = fields.blurred(scene.patch(*mesh.UNDER_EYES), scene.coarse_mm(2.2)) * coarse
    gains = 1 + (np.moveaxis(wanted, 2, 0) - 1) * area * np.float32(look.coverage)
    fine = _fine(scene, gains.astype(np.float32))
    return composed(scene, lambda part, light: light * fine[:, *part], scene.skin_mask)


def _fine(scene: Scene, planes: Floats) -> Floats:
    """Coarse planes at the window's resolution."""
    return np.stack([scene.fine(plane) for plane in planes])


def _column(color: NDArray[np.floating]) -> Floats:
    """A colour to be multiplied with planes."""
    return np.asarray(color, dtype=np.float32).reshape(3, 1, 1)
