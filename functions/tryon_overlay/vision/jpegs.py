"""JPEGs of pictures that are mostly the same: what a look leaves as it is, is coded once.

A JPEG codes blocks of 8 x 8 pixels one after the other, and what stands behind a restart marker
says nothing of what stands before it (ITU-T T.81, F.1.1.5.1). With such markers after every few
blocks, a run of blocks fits into any file of the same size and tables.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from . import pictures
from .colors import Bytes

_RUN = 8  # blocks between two markers
_BLOCK = 8  # pixels a side
_RESTART = re.compile(rb"\xff[\xd0-\xd7]")
_MARKERS = [bytes((0xFF, 0xD0 + turn)) for turn in range(8)]
_END = b"\xff\xd9"

Blocks = NDArray[
    np.uint64
]  # (rows of blocks, 8, columns of blocks, 3): a row of a block is 24 bytes


def encoder(pixels: Bytes, number: int) -> Callable[[Bytes], bytes]:
    """What encodes so many pictures that are mostly like this one."""
    return Encoder(pixels).encoded if number > 1 else pictures.encoded


class Encoder:
    """Encodes pictures of one size, the sooner the less they differ from the first."""

    def __init__(self, pixels: Bytes) -> None:
        self._shape = pixels.shape
        self._blocks = _blocks(pixels)
        self._head, self._runs = _parts(pictures.encoded(pixels, _RUN))

    def encoded(self, pixels: Bytes) -> bytes:
        """The same picture as `pictures.encoded` makes, to the last bit of what is decoded."""
        if pixels.shape != self._shape:
            return pictures.encoded(pixels)
        blocks = _blocks(pixels)
        changed = (blocks != self._blocks).any(axis=1).reshape(-1, 3).any(axis=1)
        places = np.unique(np.flatnonzero(changed) // _RUN)
        if len(places) and (places[-1] + 1) * _RUN > len(changed):  # the last run is a short one
            return pictures.encoded(pixels)
        runs = list(self._runs)
        for place, run in zip(places, _coded(blocks, places), strict=True):
            runs[place] = run
        coded = [part for turn, run in enumerate(runs) for part in (_MARKERS[turn % 8 - 1], run)]
        return b"".join((self._head, *coded[1:], _END))


def _blocks(pixels: Bytes) -> Blocks:
    """The blocks of a picture, whose last row and column go on where they are incomplete."""
    height, width = pixels.shape[:2]
    down, across = -height % _BLOCK, -width % _BLOCK
    if down or across:
        pixels = np.pad(pixels, ((0, down), (0, across), (0, 0)), mode="edge")
    rows, columns = pixels.shape[0] // _BLOCK, pixels.shape[1] // _BLOCK
    lines = np.ascontiguousarray(pixels).reshape(len(pixels), -1)
    return lines.view(np.uint64).reshape(rows, _BLOCK, columns, 3)


def _coded(blocks: Blocks, places: NDArray[np.intp]) -> list[bytes]:
    """The runs of blocks at those places, coded as the rows of a picture of their own."""
    if not len(places):
        return []
    row, column = np.divmod(places[:, None] * _RUN + np.arange(_RUN), blocks.shape[2])
    laid = np.ascontiguousarray(np.swapaxes(blocks[row, :, column], 1, 2))
    return _parts(pictures.encoded(laid.view(np.uint8).reshape(-1, _RUN * _BLOCK, 3), _RUN))[1]


def _parts(file: bytes) -> tuple[bytes, list[bytes]]:
    """Everything up to what is coded, and that, parted at its restart markers."""
    scan = file.index(b"\xff\xda") + 2
    begins = scan + int.from_bytes(file[scan : scan + 2], "big")
    return file[:begins], _RESTART.split(file[begins : -len(_END)])
