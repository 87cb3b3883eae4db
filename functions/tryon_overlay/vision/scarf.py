"""Scarves and headcloths: what of them hangs beside what is worn, or lies before it."""

import numpy as np
from numpy.typing import NDArray

from . import fields, mesh
from .colors import Floats, to_linear
from .scene import Scene

_HANGING = 0.3  # share of what is beside the cheeks that is cloth where a cloth hangs there
_WOUND = 0.9  # of what is just below the chin where one is wound around the neck
_BESIDE = 0.6  # of what is just beside the jaw then
_ALIKE, _DARK = 0.5, 0.04  # logarithm of light by which the parts of one cloth differ at most
_BELOW, _ASIDE = 45.0, 80.0  # millimetres that it reaches below the chin and beside the cheeks

Mask = NDArray[np.bool_]


def hangs(scene: Scene) -> bool:
    """Whether cloth is seen beside the cheeks, where no shoulder reaches."""
    across, down = _from_eyes(scene)
    beside = (np.abs(across) > 65) & (np.abs(across) < 115) & (down > 0) & (down < 55)
    return bool(beside.any()) and float(scene.body.clothes[beside].mean()) > _HANGING


def wound(scene: Scene) -> Floats | None:
    """Where a cloth is wound around head and neck, as far down as a shirt is worn under it, and the
    head in it; None where there is none."""
    body = scene.body
    cloth = body.figure * (1 - np.clip(1.5 * body.shaded_skin, 0, 1))
    parts = _around_jaw(scene)
    shares = [float(cloth[part].mean()) if part.any() else 0.0 for part in parts]
    if shares[1] < _WOUND or min(shares) < _BESIDE:
        return None
    if not _alike(scene, [part & (cloth > 0.9) for part in parts]):
        return None
    return fields.drawn([_grown(scene, _BELOW, _ASIDE)], body.shape, scene.mm(0.7))


def _around_jaw(scene: Scene) -> tuple[Mask, Mask, Mask]:
    """What lies close to the face's outline at the right of the jaw, below the chin, and at the
    left."""
    shape = scene.body.shape
    inner, outer = (
        fields.drawn([_grown(scene, by, by)], shape, scene.mm(0.5)) > 0.5 for by in (8.0, 22.0)
    )
    ring = outer & ~inner
    across, down = _from_eyes(scene)
    chin_x, chin_y = (scene.face.points[152, :2] - scene.face.origin[:2]) / scene.face.scale
    jaw = ring & (down > 20) & (down < chin_y - 25)
    chin = ring & (np.abs(across - chin_x) < 35) & (down > chin_y)
    return jaw & (across < chin_x), chin, jaw & (across > chin_x)


def _alike(scene: Scene, parts: list[Mask]) -> bool:
    """Whether the parts are of one cloth."""
    colors = [fields.median(to_linear(scene.pixels[part]), axis=0) for part in parts]
    return bool(np.ptp(np.log(np.stack(colors) + _DARK), axis=0).max() < _ALIKE)


def _grown(scene: Scene, down: float, aside: float) -> NDArray[np.float64]:
    """The face's outline, farther out by so many millimetres."""
    outline = scene.face.points[list(mesh.OVAL), :2]
    way = outline - outline.mean(axis=0)
    way /= np.linalg.norm(way, axis=1, keepdims=True)
    by = down + (aside - down) * np.abs(way[:, :1])
    return np.asarray(outline + way * by * scene.face.scale)


def _from_eyes(scene: Scene) -> tuple[Floats, Floats]:
    """How many millimetres each pixel is right of the middle of the eyes, and below it."""
    shape = scene.pixels.shape[:2]
    x, y = np.arange(shape[1], dtype=np.float32), np.arange(shape[0], dtype=np.float32)
    across = np.broadcast_to((x - np.float32(scene.face.origin[0])) / scene.face.scale, shape)
    down = np.broadcast_to(
        (y - np.float32(scene.face.origin[1]))[:, None] / scene.face.scale, shape
    )
    return across, down
