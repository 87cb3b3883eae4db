"""Photos that come with ratings: which are taken, where they lie, how long, and what is kept of
them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

BYTES = 4_000_000
"""A form reaches a function as base64 in at most 6 MiB; the page's script makes photos smaller."""
CONSENT = "2026-11-29"
"""The version of what the shopper agrees to, kept with each photo."""
LASTS = timedelta(days=365)
LINK_LASTS = timedelta(minutes=15)

_PNG = b"\x89PNG\r\n\x1a\n"
_PNG_SHOWN = frozenset((b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"sBIT"))
"""Chunks beside the critical ones that say how a PNG looks."""
_WEBP_TOLD = frozenset((b"EXIF", b"XMP "))
_WEBP_FLAGS_TOLD = 0x08 | 0x04
_JPEG_MARKER = re.compile(rb"\xff([\x01-\xcf\xd8-\xfe])")
"""A marker that begins something: neither a stuffed byte nor a restart within a scan. Fill bytes
before it stay where they are: a pattern for them would begin anew at each."""
_SOI, _EOI = b"\xd8", b"\xd9"
_APP0, _APP1, _APP2, _APP14, _APP15 = b"\xe0", b"\xe1", b"\xe2", b"\xee", b"\xef"
_COM = b"\xfe"
_EXIF = b"Exif\0\0"
_ORIENTATION = 0x0112
_ENTRY = 12
"""Bytes of an entry of a directory."""


class Photo(NamedTuple):
    """A picture without what its camera told beside it: no place, no time, no device."""

    content: bytes
    content_type: str


def key(store_id: UUID, survey_id: UUID) -> str:
    """Where the photo of a survey's rating lies in the bucket; a later one takes its place."""
    return f"ratings/{store_id}/{survey_id}"


def photo(content: bytes) -> Photo | None:
    """What is kept of an uploaded JPEG, PNG or WebP; None for anything else, and for one that is
    cut off."""
    try:
        if content.startswith(b"\xff" + _SOI):
            return Photo(_jpeg(content), "image/jpeg")
        if content.startswith(_PNG):
            return Photo(_png(content), "image/png")
        if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
            return Photo(_webp(content), "image/webp")
    except ValueError:
        return None
    return None


def _jpeg(content: bytes) -> bytes:
    """Segments and scans to the end of the first picture; of Exif, how the picture is turned."""
    kept = [b"\xff" + _SOI]
    at = 2
    while (found := _JPEG_MARKER.search(content, at)) and found[1] != _EOI:
        kept.append(content[at : found.start()])
        at = found.end() + int.from_bytes(content[found.end() : found.end() + 2])
        if at < found.end() + 2:
            break
        kept.append(_segment(found[1], content[found.end() : at]))
    if found is None or found[1] != _EOI:
        raise ValueError("a picture that is cut off")
    return b"".join((*kept, content[at : found.start()], b"\xff" + _EOI))


def _segment(marker: bytes, body: bytes) -> bytes:
    if marker == _APP1 and body[2:8] == _EXIF:
        return _turned(_orientation(body[8:]))
    is_profile = marker == _APP2 and body[2:].startswith(b"ICC_PROFILE\0")
    is_metadata = _APP0 < marker <= _APP15 or marker == _COM
    if is_metadata and not is_profile and marker != _APP14:
        return b""
    return b"\xff" + marker + body


def _orientation(tiff: bytes) -> int:
    """How the picture is turned, of the first directory of its Exif; 1, upright, where that does
    not say. A directory may tell of more entries than it has: small ones that tell of 65,535 each
    would keep their reader for hours."""

    def number(at: int, size: int) -> int:
        return int.from_bytes(tiff[at : at + size], "little" if tiff[:2] == b"II" else "big")

    first = number(4, 4) + 2
    told = number(first - 2, 2)
    for at in range(first, min(first + told * _ENTRY, len(tiff)), _ENTRY):
        if number(at, 2) == _ORIENTATION:
            turned = number(at + 8, 2)
            return turned if 1 <= turned <= 8 else 1
    return 1


def _turned(orientation: int) -> bytes:
    """An Exif segment that says this alone."""
    if orientation == 1:
        return b""
    entry = _ORIENTATION.to_bytes(2) + b"\0\3\0\0\0\1" + orientation.to_bytes(2) + b"\0\0"
    body = _EXIF + b"MM\0\x2a\0\0\0\x08\0\1" + entry + b"\0\0\0\0"
    return b"\xff" + _APP1 + (len(body) + 2).to_bytes(2) + body


def _png(content: bytes) -> bytes:
    kept = [_PNG]
    at = len(_PNG)
    while at + 12 <= len(content):
        end = at + 12 + int.from_bytes(content[at : at + 4])
        name = content[at + 4 : at + 8]
        if end > len(content):
            break
        if name[:1].isupper() or name in _PNG_SHOWN:
            kept.append(content[at:end])
        if name == b"IEND":
            return b"".join(kept)
        at = end
    raise ValueError("a picture that is cut off")


def _webp(content: bytes) -> bytes:
    kept = [b"WEBP"]
    for name, body in _webp_chunks(content):
        if name in _WEBP_TOLD:
            continue
        shown = body
        if name == b"VP8X" and body:
            shown = bytes([body[0] & ~_WEBP_FLAGS_TOLD]) + body[1:]
        kept.append(name + len(shown).to_bytes(4, "little") + shown + b"\0" * (len(shown) % 2))
    all_kept = b"".join(kept)
    return b"RIFF" + len(all_kept).to_bytes(4, "little") + all_kept


def _webp_chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Name and body of each. Raises ValueError where the file is cut off."""
    at, end = 12, 8 + int.from_bytes(content[4:8], "little")
    if end > len(content):
        raise ValueError("a picture that is cut off")
    while at + 8 <= end:
        size = int.from_bytes(content[at + 4 : at + 8], "little")
        if at + 8 + size > end:
            raise ValueError("a picture that is cut off")
        yield content[at : at + 4], content[at + 8 : at + 8 + size]
        at += 8 + size + size % 2
