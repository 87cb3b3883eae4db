"""JPEGs of pictures that are mostly the same: what a look leaves as it is, is coded once.

A JPEG codes blocks of 8 x 8 pixels one after the other, and what stands behind a restart marker
says nothing of what stands before it (ITU-T T.81, F.1.1.5.1). With such markers after every few
blocks, a run of blocks fits into any file of the same size and tables.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from . import pictures
from .colors import Bytes

_RUN = 8  # blocks between two markers
_BLOCK = 8  # pixels a side
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
        self._shape, self._words = pixels.shape, _words(pixels)
        self._blocks = _blocks(pixels)
        self._head, self._scan = _parts(pictures.encoded(pixels, _RUN))
        self._runs = _runs(self._scan)

    def encoded(self, pixels: Bytes) -> bytes:
        """The same picture as `pictures.encoded` makes, to the last bit of what is decoded."""
        if pixels.shape != self._shape:
            return pictures.encoded(pixels)
        columns, number = -(-pixels.shape[1] // _BLOCK), -(-len(pixels) // _BLOCK)
        above, below = self._touched(pixels)
        if above == below:
            return self._joined([], [])
        rows = slice(above * _BLOCK, below * _BLOCK)
        blocks, before = _blocks(pixels[rows]), self._blocks[above:below]
        changed = (blocks != before).any(axis=1).reshape(-1, 3).any(axis=1)
        places = (above * columns + np.flatnonzero(changed)) // _RUN
        places = places[np.diff(places, prepend=-1) > 0]
        if len(places) and (places[-1] + 1) * _RUN > number * columns:  # the last run is short
            return pictures.encoded(pixels)
        first = places * _RUN - above * columns
        return self._joined(places.tolist(), _coded(blocks, first))

    def _touched(self, pixels: Bytes) -> tuple[int, int]:
        """The rows of blocks between which something changed, and one more on each side: a run may
        begin in the one and end in the other."""
        rows = np.flatnonzero((_words(pixels) != self._words).any(axis=1))
        if not len(rows):
            return 0, 0
        return max(0, int(rows[0]) // _BLOCK - 1), int(rows[-1]) // _BLOCK + 2

    def _joined(self, places: list[int], coded: list[bytes]) -> bytes:
        """The first picture's file with those runs instead of its own."""
        parts, kept = [self._head], 0
        for place, run in zip(places, coded, strict=True):
            begins, ends = self._runs[place]
            parts += (self._scan[kept:begins], run)
            kept = ends
        return b"".join((*parts, self._scan[kept:], _END))


def _words(pixels: Bytes) -> NDArray[np.unsignedinteger]:
    """The rows of a picture in as few numbers as hold them: the fewer, the sooner compared."""
    rows = np.ascontiguousarray(pixels).reshape(len(pixels), -1)
    return rows.view(f"u{math.gcd(rows.shape[1], 8)}")


def _blocks(pixels: Bytes) -> Blocks:
    """The blocks of a picture, whose last row and column go on where they are incomplete."""
    height, width = pixels.shape[:2]
    down, across = -height % _BLOCK, -width % _BLOCK
    if down or across:
        pixels = np.pad(pixels, ((0, down), (0, across), (0, 0)), mode="edge")
    rows, columns = pixels.shape[0] // _BLOCK, pixels.shape[1] // _BLOCK
    lines = np.ascontiguousarray(pixels).reshape(len(pixels), -1)
    return lines.view(np.uint64).reshape(rows, _BLOCK, columns, 3)


def _coded(blocks: Blocks, first: NDArray[np.intp]) -> list[bytes]:
    """The runs that begin with those blocks, coded as the rows of a picture of their own."""
    if not len(first):
        return []
    row, column = np.divmod(first[:, None] + np.arange(_RUN), blocks.shape[2])
    laid = np.ascontiguousarray(np.swapaxes(blocks[row, :, column], 1, 2))
    scan = _parts(pictures.encoded(laid.view(np.uint8).reshape(-1, _RUN * _BLOCK, 3), _RUN))[1]
    return [scan[begins:ends] for begins, ends in _runs(scan)]


def _parts(file: bytes) -> tuple[bytes, bytes]:
    """Everything up to what is coded, and that."""
    scan = file.index(b"\xff\xda") + 2
    begins = scan + int.from_bytes(file[scan : scan + 2], "big")
    return file[:begins], file[begins : -len(_END)]


def _runs(scan: bytes) -> list[tuple[int, int]]:
    """Where each run begins and ends between restart markers: FF D0 to FF D7."""
    codes = np.frombuffer(scan, dtype=np.uint8)
    markers = np.flatnonzero((codes[:-1] == 0xFF) & (codes[1:] & 0xF8 == 0xD0))
    begins, ends = (markers + 2).tolist(), markers.tolist()
    return list(zip([0, *begins], [*ends, len(scan)], strict=True))
