"""Logos are measured before they are decoded, and what unpacks unseen is left out."""

from __future__ import annotations

import zlib
from functools import cache
from io import BytesIO
from random import Random
from struct import pack
from typing import Any

import pytest
from backshop.projects import logos
from backshop.projects.quotes import paper
from PIL import Image

from tests.backshop.projects import big_project


def encoded(kind: str, width: int = 60, height: int = 40, **how: Any) -> bytes:
    file = BytesIO()
    Image.new("RGB", (width, height), "teal").save(file, kind, **how)
    return file.getvalue()


def chunk(kind: bytes, content: bytes) -> bytes:
    return pack(">I", len(content)) + kind + content + pack(">I", zlib.crc32(kind + content))


def png(width: int, height: int, *more: bytes) -> bytes:
    header = chunk(b"IHDR", pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    rows = zlib.compress(b"\x00" * min((width + 1) * height, 8_000_000))
    return (
        b"\x89PNG\r\n\x1a\n" + header + b"".join(more) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    )


def jpeg_of(width: int, height: int) -> bytes:
    made = bytearray(encoded("JPEG"))
    at = made.index(b"\xff\xc0")
    made[at + 5 : at + 9] = pack(">HH", height, width)
    return bytes(made)


def many_scans(number: int) -> bytes:
    made = encoded("JPEG", progressive=True)
    scan = made[made.rindex(b"\xff\xda") : -2]
    return made[:-2] + scan * number + made[-2:]


GOOD = {
    "png": encoded("PNG"),
    "jpeg": encoded("JPEG"),
    "progressive": encoded("JPEG", progressive=True),
    "restarts": encoded("JPEG", restart_marker_blocks=1),
    "exactly four megapixels": png(2000, 2000),
}
BAD = {
    "nothing": b"",
    "a start": b"\x89PNG\r\n\x1a\n",
    "a GIF": encoded("GIF"),
    "an SVG": b"<svg xmlns='http://www.w3.org/2000/svg'/>",
    "a PNG too large": png(2000, 2001),
    "a PNG of 900 megapixels": png(30_000, 30_000),
    "a PNG without a side": png(0, 10),
    "two headers": png(10, 10, chunk(b"IHDR", pack(">IIBBBBB", 30_000, 30_000, 8, 0, 0, 0, 0))),
    "a JPEG too large": jpeg_of(65_500, 65_500),
    "a JPEG that tells its height later": jpeg_of(10, 0),
    "a JPEG of many scans": many_scans(1_000),
    "a JPEG of two frames": encoded("JPEG")[:-2] + jpeg_of(65_500, 65_500)[2:],
    "fill bytes, of which a marker may follow any number": b"\xff\xd8" + b"\xff" * 499_000,
    "too many bytes": encoded("PNG") + bytes(500_000),
}


@pytest.mark.parametrize("name", GOOD)
def test_a_logo_is_taken_and_printed(name: str) -> None:
    taken = logos.read(GOOD[name])
    with Image.open(BytesIO(taken.content)) as shown, Image.open(BytesIO(GOOD[name])) as sent:
        assert shown.tobytes() == sent.tobytes()
    assert is_printed(GOOD[name])


@pytest.mark.timeout(60)
@pytest.mark.parametrize("name", BAD)
def test_what_would_cost_much_is_neither_taken_nor_printed(name: str) -> None:
    with pytest.raises(logos.NotALogo, match="4 megapixels"):
        logos.read(BAD[name])
    assert not is_printed(BAD[name])


def test_profiles_and_texts_are_left_out() -> None:
    packed = zlib.compress(bytes(50_000_000))
    made = png(10, 10, chunk(b"iCCP", b"x\0\0" + packed), chunk(b"zTXt", b"x\0\0" + packed))
    assert len(made) > 90_000
    assert len(logos.read(made).content) < 100


def test_no_mutation_gets_a_larger_picture_through() -> None:
    """20,000 pictures with a few bytes changed: taken or refused, and what is taken is small."""
    random = Random(7)
    taken = 0
    for _ in range(20_000):
        made = bytearray(random.choice(list(GOOD.values())[:4]))
        for _ in range(random.randint(1, 4)):
            made[random.randrange(len(made))] = random.randrange(256)
        try:
            logo = logos.read(bytes(made))
        except logos.NotALogo:
            continue
        taken += 1
        try:
            with Image.open(BytesIO(logo.content)) as shown:
                assert shown.width * shown.height <= logos.MOST_PIXELS
        except (OSError, SyntaxError, ValueError):
            continue
    assert taken > 5_000


def is_printed(logo: bytes) -> bool:
    """Whether the PDF is another one than without it."""
    return printed(logo) != printed(None)


@cache
def printed(logo: bytes | None) -> bytes:
    return paper.pdf(big_project.quote(), big_project.SHOP, logo, is_draft=False)
