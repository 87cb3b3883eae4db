"""Of an uploaded photo the picture is kept, and nothing that its camera told beside it."""

from __future__ import annotations

import io
from typing import Any

import pytest
from backshop.shade.training import photos
from PIL import Image, ImageCms, ImageOps

PLACE = b"6.9271 N 79.8612 E"
ORIENTATION, DESCRIPTION, GPS, LATITUDE_REF = 0x0112, 0x010E, 0x8825, 1


def taken(kind: str, orientation: int = 1, **more: Any) -> bytes:
    """A photo as a phone writes it: two colours, turned, and where it was taken."""
    image = Image.new("RGB", (40, 30), "#c68642")
    image.paste("#203040", (0, 0, 20, 15))
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    exif[DESCRIPTION] = PLACE.decode()
    exif.get_ifd(GPS)[LATITUDE_REF] = "N"
    file = io.BytesIO()
    image.save(file, kind, exif=exif, **more)
    return file.getvalue()


def opened(content: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(content))
    image.load()
    return image


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("options", [{}, {"progressive": True, "lossless": True}])
def test_the_picture_stays_and_where_it_was_taken_does_not(kind: str, options: Any) -> None:
    content = taken(kind, **options)
    assert PLACE in content
    kept = photos.photo(content)
    assert kept is not None
    assert kept.content_type == f"image/{kind.lower()}"
    assert PLACE not in kept.content
    assert not opened(kept.content).getexif().get_ifd(GPS)
    assert opened(kept.content).tobytes() == opened(content).tobytes()


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photo_stays_turned_as_it_was(orientation: int) -> None:
    content = taken("JPEG", orientation)
    kept = photos.photo(content)
    assert kept is not None
    assert opened(kept.content).getexif().get(ORIENTATION, 1) == orientation
    turned = ImageOps.exif_transpose(opened(content))
    assert ImageOps.exif_transpose(opened(kept.content)).tobytes() == turned.tobytes()


def test_colours_stay_what_they_are() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for kind in ("JPEG", "PNG", "WEBP"):
        kept = photos.photo(taken(kind, icc_profile=profile))
        assert kept is not None
        assert opened(kept.content).info["icc_profile"] == profile


def test_what_follows_the_picture_goes() -> None:
    """Phones append a second picture or a film, with places of their own."""
    for kind in ("JPEG", "PNG", "WEBP"):
        kept = photos.photo(taken(kind) + taken("JPEG"))
        assert kept is not None
        assert PLACE not in kept.content


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_picture_that_is_cut_off_anywhere_is_none(kind: str) -> None:
    content = taken(kind)
    for length in range(len(content) - 1):
        assert photos.photo(content[:length]) is None, length


@pytest.mark.parametrize(
    "content",
    [b"", b"\xff\xd8", b"\xff\xd8\xff\xe1\x00\x00", b"GIF89a", b"<svg/>", b"%PDF-1.7", bytes(5000)],
)
def test_anything_else_is_none(content: bytes) -> None:
    assert photos.photo(content) is None


@pytest.mark.timeout(60)
def test_fill_bytes_are_read_once_each() -> None:
    """A marker may follow any number of them: begun anew at each, 4 MB would take hours."""
    assert photos.photo(b"\xff\xd8" + b"\xff" * photos.BYTES) is None
    begins, rest = taken("JPEG")[:2], taken("JPEG")[2:]
    kept = photos.photo(begins + b"\xff" * 1_000_000 + rest)
    assert kept is not None
    assert PLACE not in kept.content
    assert opened(kept.content).tobytes() == opened(taken("JPEG")).tobytes()


@pytest.mark.timeout(60)
@pytest.mark.parametrize("order", ["big", "little"])
def test_directories_that_tell_of_entries_they_have_not_are_read_to_their_end(order: Any) -> None:
    """A segment of 20 bytes that tells of 65,535 entries took 45 ms, and 4 MB hold 200,000."""
    mark = {"big": b"MM\0\x2a", "little": b"II\x2a\0"}[order]
    tiff = mark + (8).to_bytes(4, order) + b"\xff\xff"
    body = b"Exif\0\0" + tiff
    segment = b"\xff\xe1" + (len(body) + 2).to_bytes(2) + body
    begins, rest = taken("JPEG")[:2], taken("JPEG")[2:]
    kept = photos.photo(begins + segment * (photos.BYTES // len(segment)) + rest)
    assert kept is not None
    assert opened(kept.content).tobytes() == opened(taken("JPEG")).tobytes()


def test_odd_exif_is_no_turn() -> None:
    whole = taken("JPEG", 6)
    at = whole.index(b"Exif\0\0") + 6
    for place in range(at, at + 40):
        for value in (0, 255):
            odd = whole[:place] + bytes([value]) + whole[place + 1 :]
            kept = photos.photo(odd)
            assert kept is not None
            assert PLACE not in kept.content
