"""Smooth fields over a picture: outlines drawn as masks, blurs, and changes of resolution.

A field is float32, (height, width) or (height, width, channels); masks run from 0 to 1.
"""

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from .colors import Bytes, Floats

Area = tuple[slice, slice]  # rows and columns

_FINE = 4  # sub-pixels a side when an outline is drawn
_TINY = 1e-9  # of a pixel's own weight
_BAND = 32  # pixels of a line blurred at once: what is far from all of them is not even multiplied


def rounded(outline: NDArray[np.floating]) -> NDArray[np.floating]:
    """A closed outline with three more points on each side, on the Catmull-Rom curve through it."""
    before, after = np.roll(outline, 1, axis=0), np.roll(outline, -1, axis=0)
    beyond = np.roll(outline, -2, axis=0)
    t = np.arange(4)[:, None, None] / 4
    curve = outline + t / 2 * (
        after
        - before
        + t
        * (
            2 * before
            - 5 * outline
            + 4 * after
            - beyond
            + t * (3 * (outline - after) + beyond - before)
        )
    )
    return np.swapaxes(curve, 0, 1).reshape(-1, 2)


def drawn(
    outlines: Sequence[NDArray[np.floating]], shape: tuple[int, int], softness: float = 0
) -> Floats:
    """Mask of the polygons' insides; points are (x, y) in pixels, whose centers lie at halves.

    Edges are antialiased, or blurred with the standard deviation `softness` (pixels).
    """
    field = np.zeros(shape, dtype=np.float32)
    for outline in outlines:
        part, area = drawn_part(outline, shape, softness)
        np.maximum(field[area], part, out=field[area])
    return field


def drawn_part(
    outline: NDArray[np.floating], shape: tuple[int, int], softness: float = 0
) -> tuple[Floats, Area]:
    """`drawn` for one polygon, but only the rectangle that it touches, and which it is."""
    size, margin = (shape[1], shape[0]), 1 + 3 * softness
    low = np.clip(np.floor(outline.min(axis=0) - margin), 0, size).astype(int)
    high = np.clip(np.ceil(outline.max(axis=0) + margin), 0, size).astype(int)
    high = np.maximum(high, low)
    area = (slice(int(low[1]), int(high[1])), slice(int(low[0]), int(high[0])))
    if (high == low).any():
        return np.zeros((high[1] - low[1], high[0] - low[0]), dtype=np.float32), area
    fine = 1 if softness > 2 else _FINE
    canvas = Image.new("L", tuple(((high - low) * fine).tolist()))
    corners = ((outline - low) * fine - 0.5).ravel().tolist()
    ImageDraw.Draw(canvas).polygon(corners, fill=255)
    part = canvas.reduce(fine) if fine > 1 else canvas
    if softness:
        part = part.filter(ImageFilter.GaussianBlur(softness))
    return np.asarray(part, dtype=np.float32) / 255, area


def blurred(field: Floats, radius: float) -> Floats:
    """Gaussian blur with that standard deviation in pixels; beyond the edges nothing is added.

    As products of matrices: for the few ten thousand pixels of a coarse grid the fastest way.
    """
    if radius < 0.3:
        return field
    if field.ndim == 3:
        return np.stack([blurred(plane, radius) for plane in np.moveaxis(field, 2, 0)], axis=2)
    field, radius = np.ascontiguousarray(field), round(float(radius), 2)
    down, made = np.empty_like(field), np.empty_like(field)
    for rows, near, weights in _bands(len(field), radius):
        np.matmul(weights, field[near], out=down[rows])
    for columns, near, weights in _bands(field.shape[1], radius):
        np.matmul(down[:, near], weights.T, out=made[:, columns])
    return made


@lru_cache(maxsize=64)
def _bands(side: int, radius: float) -> list[tuple[slice, slice, Floats]]:
    """Some pixels of a line after the others, those that they take from, and how much of each."""
    # What no sum of floats can show is none: by the tiniest numbers a processor multiplies a
    # hundred times slower than by others.
    near = np.exp(-(np.arange(side) ** 2) / (2 * radius**2))
    near[near < _TINY] = 0
    reach = np.count_nonzero(near)
    line = np.concatenate([near[:0:-1], near])
    weights = np.lib.stride_tricks.sliding_window_view(line, side)[::-1]
    weights = (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)
    bands = []
    for start in range(0, side, _BAND):
        some = slice(start, min(start + _BAND, side))
        others = slice(max(0, some.start - reach), min(side, some.stop + reach))
        bands.append((some, others, weights[some, others].copy()))
    return bands


def softened(mask: Floats, radius: float) -> Floats:
    """A mask at the window's resolution blurred by a box, in 8 bits, twice."""
    image = Image.fromarray(np.rint(mask * 255).astype(np.uint8))
    for _ in range(2):
        image = image.filter(ImageFilter.BoxBlur(radius))
    return np.asarray(image, dtype=np.float32) / 255


def blurred_within(field: Floats, mask: Floats, radius: float) -> Floats:
    """Blur that takes only what the mask covers; where it covers nothing near, the masked mean."""
    weights = mask if field.ndim == 2 else mask[..., None]
    total = max(float(mask.sum()), 1e-6)
    mean = (field * weights).sum(axis=(0, 1)) / total
    share = blurred(mask, radius)
    share = share if field.ndim == 2 else share[..., None]
    pull = np.float32(1e-3)
    return (blurred(field * weights, radius) + pull * mean) / (share + pull)


def enlarged(field: Floats, factor: int, area: Area) -> Floats:
    """An area of pixels interpolated from a field, or planes of it, that was made on pixels
    `factor` times as large."""
    if factor == 1:
        return field[..., *area].copy()
    # One more on each side, which the outermost pixels lean on.
    around = [slice(max(0, each.start // factor - 1), -(-each.stop // factor) + 1) for each in area]
    # Columns first, while the rows are few: rows are written as they lie in memory.
    made = _stretched(_stretched(field[..., *around], factor, -1), factor, -2)
    begins = [each.start - whole.start * factor for each, whole in zip(area, around, strict=True)]
    rows, columns = (
        slice(begin, begin + each.stop - each.start)
        for begin, each in zip(begins, area, strict=True)
    )
    return made[..., rows, columns]


def _stretched(field: Floats, factor: int, axis: int) -> Floats:
    """An axis `factor` times as long, interpolated between its values; the outermost go on."""
    ends = [field.take([end], axis) for end in (0, -1)]
    edged = np.moveaxis(np.concatenate([ends[0], field, ends[1]], axis), axis, 0)
    shape, length = list(field.shape), field.shape[axis]
    shape[axis] *= factor
    made = np.empty(shape, dtype=np.float32)
    steps = edged[1:] - edged[:-1]
    for phase in range(factor):
        place = (phase + 0.5) / factor + 0.5
        first, share = int(place), np.float32(place % 1)
        target = np.moveaxis(made, axis, 0)[phase::factor]
        np.multiply(steps[first : first + length], share, out=target)
        target += edged[first : first + length]
    return made


def median(values: NDArray[Any], axis: int | None = None) -> Any:
    """The middle of finite numbers, of an even number of them the mean of both."""
    return quantile(values, 0.5, axis)


def quantile(values: NDArray[Any], share: float, axis: int | None = None) -> Any:
    """What that share of finite numbers does not exceed, interpolated between them; of none it is
    no number. numpy's own, as its `median` and `unique`, loads masked arrays first, which takes
    half as long as finding a face."""
    if axis is None:
        values, axis = values.reshape(-1), 0
    if not values.shape[axis]:
        return np.full(values.shape[:axis] + values.shape[axis + 1 :], np.nan)[()]
    place = share * (values.shape[axis] - 1)
    ends = math.floor(place), math.ceil(place)
    parted = np.partition(values, ends, axis)
    low, high = (parted.take(each, axis) for each in ends)
    return (1 - place % 1) * low + place % 1 * high


def bounds(mask: Floats | NDArray[np.bool_]) -> Area:
    """The rectangle outside which a mask is 0."""
    covers = mask != 0
    rows, columns = np.flatnonzero(covers.any(axis=1)), np.flatnonzero(covers.any(axis=0))
    if not len(rows):
        return slice(0, 0), slice(0, 0)
    return slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)


def reduced(pixels: Bytes, factor: int) -> Bytes:
    """Pixels averaged in squares; the last row and column may average less."""
    return np.asarray(Image.fromarray(pixels).reduce(factor))


def guided(mask: Floats, guide: Floats, reach: float, softness: float) -> tuple[Floats, Floats]:
    """Slope and offset fields with which the guide, at any resolution, redraws the mask (He 2015).

    `softness` is the variance of the guide below which an edge is not followed.
    """
    mean_guide, mean_mask = blurred(guide, reach), blurred(mask, reach)
    variance = blurred(guide * guide, reach) - mean_guide**2
    covariance = blurred(guide * mask, reach) - mean_guide * mean_mask
    slope = covariance / (np.maximum(variance, 0) + np.float32(softness))
    return blurred(slope, reach), blurred(mean_mask - slope * mean_guide, reach)
