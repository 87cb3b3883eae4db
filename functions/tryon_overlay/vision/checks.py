"""What a photo shows instead of a bare face: what covers it, what is worn on it, and what is no
person.

Each is judged by what a face has and its covering has not: lips are of another colour than skin and
part in a dark line, colours of skin do not follow from its brightness alone, skin is nowhere flat.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from . import fields, mesh
from .colors import LUMA, Floats
from .scene import Scene

_DARK = np.float32(2e-3)  # as in `scene`: added before logarithms
_LIP_COLOR = 0.05  # logarithm of red over green by which lips differ from the skin around them
_MOUTH_LINE, _NOSTRILS = -1.0, -1.6  # logarithms of how dark their darkest tenth is
_SHARP = 0.09  # `Scene.sharpness` of eyes as a phone sees them
_LENS = -0.62  # logarithm of the light below the eyes over that on forehead or chin
_BRIDGE = -0.33  # logarithm of the light on a bar over the bridge of the nose over that beside it
_ONE_COLOR = 0.047  # deviation of chroma from what brightness alone tells
_FLAT = 0.85  # share of neighbours on the skin of a drawing that have the very same brightness


def mouth_covered(scene: Scene) -> bool:
    """Whether a cloth in the colour of skin lies over nose and mouth. A blurred photo does not
    tell."""
    if scene.sharpness < _SHARP:
        return False
    outer = scene.drawn(mesh.LIPS_OUTER)
    area = _around(fields.bounds(outer), round(scene.mm(6)), scene.shape)
    light = scene.planes[:, *area] + _DARK
    red, level = np.log(light[0] / light[1]), np.log(np.tensordot(LUMA, light, 1))
    lips = scene.lips[area] > 0.6
    beside = _ring(outer[area], scene.mm(1.5), scene.mm(5))
    line = scene.drawn(mesh.LIPS_INNER, soft=1.0)[area] > 0.25
    if not (lips.any() and beside.any() and line.any()):
        return False
    tinted = abs(float(fields.median(red[lips]) - fields.median(red[beside]))) > _LIP_COLOR
    parted = float(fields.quantile(level[line], 0.1) - fields.median(level[lips])) < _MOUTH_LINE
    return not (tinted or parted or _nostrils(scene) < _NOSTRILS)


def _nostrils(scene: Scene) -> float:
    """How dark the nostrils are, as a logarithm of their light over that of the nose."""
    holes, nose = (scene.drawn(*each) > 0.5 for each in (mesh.NOSTRILS, (mesh.NOSE,)))
    if not (holes.any() and nose.any()):
        return 0.0
    area = fields.bounds(holes | nose)
    level = np.log(np.tensordot(LUMA, scene.planes[:, *area], 1) + _DARK)
    return float(fields.quantile(level[holes[area]], 0.08) - fields.median(level[nose[area]]))


def lenses_dark(scene: Scene) -> bool:
    """Whether glasses are worn that keep back more than half of the light below both eyes."""
    bare = max(_level(scene, mesh.FOREHEAD), _level(scene, mesh.CHIN))
    below = max(_level(scene, each) for each in mesh.UNDER_EYES)
    return below - bare < _LENS and glasses_worn(scene)


def _level(scene: Scene, outline: tuple[int, ...]) -> float:
    """The logarithm of the middle of an outline's light."""
    inside = scene.patch(outline) > 0.5
    return float(fields.median(scene.logs[0][inside])) if inside.any() else 0.0


def glasses_worn(scene: Scene) -> bool:
    """Whether a bar lies over the bridge of the nose."""
    across, down = scene.frame
    near = (np.abs(across) < 8) & (np.abs(down) < 20)
    rows, columns = (np.flatnonzero(near.any(axis=axis)) for axis in (1, 0))
    if not len(rows):
        return False
    factor = scene.factor
    area = (
        slice(rows[0] * factor, (rows[-1] + 1) * factor),
        slice(columns[0] * factor, (columns[-1] + 1) * factor),
    )
    level = np.log(fields.softened(scene.guide[area], scene.mm(0.5)) + 0.05)
    step = max(1, round(scene.mm(1.2)))
    bar = np.zeros_like(level)
    bar[step:-step] = 2 * level[step:-step] - level[2 * step :] - level[: -2 * step]
    x, y = scene.to_head(
        *np.meshgrid(
            np.arange(area[1].start, area[1].start + level.shape[1], dtype=np.float32),
            np.arange(area[0].start, area[0].start + level.shape[0], dtype=np.float32),
        )
    )
    middle = np.abs(x) < 5
    lines = [middle & (np.abs(y - at) < 1) for at in range(-11, 16)]
    return min((float(bar[line].mean()) for line in lines if line.any()), default=0.0) < _BRIDGE


def of_one_color(scene: Scene) -> bool:
    """Whether the face is a statue's, or its photo toned: its colour follows from its
    brightness."""
    face = scene.patch(
        mesh.RIGHT_CHEEK, mesh.LEFT_CHEEK, mesh.FOREHEAD, mesh.NOSE, mesh.CHIN, mesh.LIPS_OUTER,
        mesh.RIGHT_EYE, mesh.LEFT_EYE,
    ) > 0.5  # fmt: skip
    luminance, chroma = (field[face] for field in scene.steady_logs)
    basis = np.stack([np.ones_like(luminance), luminance, luminance**2], axis=1)
    told = basis @ np.linalg.lstsq(basis, chroma, rcond=None)[0]
    return float((chroma - told).std(axis=0).max()) < _ONE_COLOR


def is_drawn(scene: Scene) -> bool:
    """Whether the face is drawn: fields of one colour, where skin and its noise vary."""
    bare = scene.drawn(mesh.RIGHT_CHEEK, mesh.LEFT_CHEEK, mesh.FOREHEAD) > 0.5
    area = fields.bounds(bare)
    grey = np.asarray(Image.fromarray(scene.window[area]).convert("L"))
    bare = bare[area] & (grey > 24) & (grey < 245)
    pairs = bare[:, 1:] & bare[:, :-1]
    if not pairs.any():
        return False
    return float((grey[:, 1:] == grey[:, :-1])[pairs].mean()) > _FLAT


def _ring(mask: Floats, near: float, far: float) -> NDArray[np.bool_]:
    """What lies beside a mask, from `near` to about `far` pixels."""
    return np.asarray(
        (fields.softened(mask, far / 2) > 0.05) & (fields.softened(mask, near / 2) < 0.05)
    )


def _around(area: fields.Area, by: int, shape: tuple[int, int]) -> fields.Area:
    return tuple(
        slice(max(0, part.start - by), min(whole, part.stop + by))
        for part, whole in zip(area, shape, strict=True)
    )
