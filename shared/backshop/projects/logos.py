"""Logos as they are taken and printed: PNG and JPEG, read as far as their frame goes, never decoded
before it is known what that would cost.

Half a megabyte of PNG may hold 30,000 × 30,000 pixels, a JPEG thousands of scans of the same ones,
and a PNG's texts and profiles unpack to anything: those are left out, for none of them is shown.

Source: https://www.w3.org/TR/png-3/ (5 Datastream structure), ITU-T T.81 (annex B)
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from struct import unpack_from
from typing import NamedTuple
from uuid import UUID

MOST_BYTES = 500_000
MOST_PIXELS = 4_000_000
MOST_SCANS = 32
"""Of a progressive JPEG; encoders make about ten."""
SAYS = (
    "Send the logo as a PNG or JPEG of 500 kB and 4 megapixels (2,000 × 2,000) at most, in base64."
)
KINDS = ("png", "jpg")
_PNG = b"\x89PNG\r\n\x1a\n"
_SHOWN = (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND")
_JPEG = b"\xff\xd8\xff"
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""Markers that tell a picture's size (SOF); the others between them are tables."""
_SCAN, _END = 0xDA, 0xD9
_NEXT_MARKER = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")
"""After any number of fill bytes, of which the last is its own: a pattern for them all would begin
anew at each."""


class NotALogo(ValueError):
    """Bytes that are no PNG or JPEG, or one that is larger than logos are."""


class Logo(NamedTuple):
    kind: str
    """One of KINDS."""
    content: bytes


def key(store_id: UUID, kind: str) -> str:
    """Where a store's logo of this kind lies in the data bucket."""
    return f"logos/{store_id}.{kind}"


def kind_of(kept: str | None) -> str | None:
    """The kind of the logo that was kept at this key, which tells that there is one and how it
    ends, and nothing of whose it is; None where there is none."""
    kind = (kept or "").rpartition(".")[2]
    return kind if kind in KINDS else None


def read(picture: bytes) -> Logo:
    """What may be printed of a picture. Raises NotALogo."""
    if len(picture) <= MOST_BYTES:
        if picture.startswith(_PNG):
            return Logo("png", _plain_png(picture))
        if picture.startswith(_JPEG):
            _check_jpeg(picture)
            return Logo("jpg", picture)
    raise NotALogo(SAYS)


def _plain_png(picture: bytes) -> bytes:
    """The chunks that are shown alone."""
    chunks = [(kind, chunk) for kind, chunk in _chunks(picture) if kind in _SHOWN]
    kinds = [kind for kind, _ in chunks]
    if kinds[:1] != [b"IHDR"] or kinds.count(b"IHDR") != 1 or b"IDAT" not in kinds:
        raise NotALogo(SAYS)
    header = chunks[0][1]
    if len(header) != 25:
        raise NotALogo(SAYS)
    _check_size(*unpack_from(">II", header, 8))
    return _PNG + b"".join(chunk for _, chunk in chunks)


def _chunks(picture: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Kind and bytes of each whole chunk, to the end of the picture."""
    at = len(_PNG)
    while at + 12 <= len(picture):
        length, kind = unpack_from(">I4s", picture, at)
        end = at + 12 + length
        if end > len(picture):
            return
        yield kind, picture[at:end]
        if kind == b"IEND":
            return
        at = end


def _check_jpeg(picture: bytes) -> None:
    scans, sizes = 0, []
    for marker, at in _segments(picture):
        if marker in _FRAMES and at + 9 <= len(picture):
            height, width = unpack_from(">HH", picture, at + 5)
            sizes.append((width, height))
        scans += marker == _SCAN
    if len(sizes) != 1 or not 1 <= scans <= MOST_SCANS:
        raise NotALogo(SAYS)
    _check_size(*sizes[0])


def _segments(picture: bytes) -> Iterator[tuple[int, int]]:
    """Marker and place of each segment; what is coded in between is skipped."""
    at = 2
    while found := _NEXT_MARKER.search(picture, at):
        marker, place = found[0][-1], found.end() - 2
        if marker == _END:
            return
        yield marker, place
        if found.end() + 2 > len(picture):
            return
        (length,) = unpack_from(">H", picture, found.end())
        at = found.end() + max(length, 2)


def _check_size(width: int, height: int) -> None:
    if not width or not height or width * height > MOST_PIXELS:
        raise NotALogo(SAYS)
