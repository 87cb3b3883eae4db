"""Every kind of bad upload gets its reason, most before a pixel is decoded; every good kind is
read."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms, ImageFilter
from vision import decoding, pictures, render
from vision.pictures import Refused

from bench.try_on import figures

HERE = Path(__file__).parent


def saved(image: Image.Image, kind: str, **options) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def code_of(data: bytes) -> str:
    with pytest.raises(Refused) as refused:
        render.sit(data)
    assert refused.value.reason.endswith(".")
    return refused.value.code


def png_header(width: int, height: int, depth: int = 8) -> bytes:
    """A PNG that claims a size and holds next to nothing."""
    head = struct.pack(">IIBBBBB", width, height, depth, 2, 0, 0, 0)

    def chunk(kind: bytes, content: bytes) -> bytes:
        check = zlib.crc32(kind + content)
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", check)

    body = chunk(b"IDAT", zlib.compress(b"\0" * 1000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + body + chunk(b"IEND", b"")


@pytest.fixture(scope="module")
def face() -> Image.Image:
    return figures.astronaut()


def plain(width: int, height: int) -> Image.Image:
    return Image.new("RGB", (width, height), (120, 90, 80))


@pytest.mark.parametrize(
    "data, code",
    [
        (b"", "not_an_image"),
        (b"<html></html>", "not_an_image"),
        (b"%PDF-1.7" + bytes(100), "not_an_image"),
        (saved(plain(200, 200), "BMP"), "not_an_image"),
        (saved(plain(200, 200), "TIFF"), "not_an_image"),
        (saved(plain(200, 200), "GIF"), "not_an_image"),
        (b"\xff\xd8\xff" + bytes(25_000_000), "too_large"),
        (saved(plain(159, 400), "PNG"), "too_small"),
        (saved(plain(2000, 499), "PNG"), "too_long"),
        (png_header(10_000, 6_001), "too_many_pixels"),
        (png_header(60_000, 60_000), "too_many_pixels"),
        (png_header(400, 400, depth=16), "sixteen_bit"),
        (saved(Image.fromarray(np.zeros((200, 200), np.uint16)), "PNG"), "sixteen_bit"),
        (saved(Image.new("CMYK", (300, 300)), "JPEG"), "cmyk"),
        (saved(Image.new("L", (300, 300), 90), "JPEG"), "colourless"),
        (saved(plain(300, 300), "WEBP", save_all=True, append_images=[plain(300, 301).crop((0, 0, 300, 300)).filter(ImageFilter.CONTOUR)]), "animated"),
        (saved(plain(300, 300), "PNG", save_all=True, append_images=[Image.new("RGB", (300, 300))]), "animated"),
        (b"\0\0\0\x18ftyphevc" + bytes(100), "animated"),
        (b"\0\0\0\x18ftypheic" + bytes(100), "damaged"),
        (png_header(400, 400), "damaged"),
        (saved(plain(600, 600), "JPEG"), "no_face"),
    ],
)  # fmt: skip
def test_bad_uploads_have_their_reason(data, code):
    assert code_of(data) == code


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_what_breaks_off_is_damaged(face, kind):
    whole = saved(face, kind)
    for share in (0.2, 0.6, 0.9):
        assert code_of(whole[: int(len(whole) * share)]) == "damaged"


def test_a_bomb_is_refused_before_it_is_unpacked(monkeypatch):
    """In a tenth of what its pixels would need."""
    monkeypatch.setattr(decoding, "MEMORY", 20_000_000)
    assert code_of(png_header(60_000, 60_000)) == "too_many_pixels"
    assert code_of(b"\xff\xd8\xff" + bytes(25_000_000)) == "too_large"


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_common_kinds_are_read(face, kind):
    scene, notes = render.sit(saved(face, kind))
    assert scene.pixels.shape == (512, 512, 3)
    assert notes == []


def test_transparency_and_palettes_become_rgb(face):
    for image in (face.convert("RGBA"), face.quantize(256)):
        assert pictures.opened(saved(image, "PNG")).mode == "RGB"


@pytest.mark.parametrize("name", ["astronaut.heic", "astronaut_turned.heic"])
def test_photos_of_iphones_are_read_upright(name):
    scene, _ = render.sit((HERE / name).read_bytes())
    assert scene.pixels.shape == (300, 280, 3)
    assert abs(scene.face.roll) < 15


def test_large_photos_are_reduced_and_cost_little(monkeypatch):
    """A JPEG is decoded at a quarter of its size, in less than its pixels would need."""
    photo = figures.astronaut().resize((4032, 3024))
    data = figures.as_jpeg(photo, 90)
    with monkeypatch.context() as patch:
        patch.setattr(decoding, "MEMORY", 30_000_000)
        assert pictures.opened(data).size == (1008, 756)
    assert pictures.opened(figures.as_png(photo)).size == (1024, 768)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientations_give_the_same_geometry(face, orientation):
    assert figures.orientation_error(face, orientation) < 0.01


def test_colours_of_a_profile_come_out_as_srgb(face):
    lab = ImageCms.createProfile("LAB")
    wide = swapped_profile()
    data = saved(face, "PNG", icc_profile=wide)
    turned = np.asarray(pictures.opened(data)).astype(int)
    assert np.abs(turned - np.asarray(face)[..., ::-1]).mean() < 6
    for unusable in (b"not a profile", ImageCms.ImageCmsProfile(lab).tobytes()):
        kept = pictures.opened(saved(face, "PNG", icc_profile=unusable))
        assert np.array_equal(np.asarray(kept), np.asarray(face))


def swapped_profile() -> bytes:
    """sRGB with red and blue exchanged: the tags of their primaries change places."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    profile = bytearray(
        bytes(profile).replace(b"sRGB", b"swap").replace(b"s\0R\0G\0B", b"s\0w\0a\0p")
    )
    for a, b in ((b"rXYZ", b"bXYZ"),):
        first, second = profile.index(a), profile.index(b)
        profile[first : first + 4], profile[second : second + 4] = b, a
    return bytes(profile)


def test_two_faces_are_said_and_the_larger_is_taken(face):
    head = face.crop((140, 20, 330, 260))
    both = Image.new("RGB", (700, 400), (200, 200, 200))
    both.paste(head, (40, 60))
    both.paste(head.resize((266, 336)), (390, 30))
    for image in (both, both.transpose(Image.Transpose.FLIP_LEFT_RIGHT)):
        scene, notes = render.sit(figures.as_png(image))
        assert notes == [render.SEVERAL]
        middle = scene.face.points[:, 0].mean()
        assert (middle > 350) == (image is both)


def test_of_two_equal_faces_the_left_one_is_taken(face):
    head = face.crop((140, 20, 330, 260))
    both = Image.new("RGB", (600, 320), (200, 200, 200))
    both.paste(head, (40, 40))
    both.paste(head, (340, 40))
    for _ in range(3):
        scene, _ = render.sit(figures.as_png(both))
        assert scene.face.points[:, 0].mean() < 300


def test_a_face_in_the_distance_is_too_small(face):
    far = Image.new("RGB", (512, 512), (200, 200, 200))
    far.paste(face.resize((330, 330)), (90, 90))
    assert code_of(figures.as_png(far)) == "face_too_small"


def test_a_dark_photo_is_refused_as_dark(face):
    assert code_of(figures.as_png(figures.relight(face, -9))) in {"dark", "no_face"}
    assert code_of(figures.as_png(figures.relight(face, -6))) == "dark"


def test_a_grey_photo_saved_in_colour_is_colourless(face):
    assert code_of(figures.as_png(face.convert("L").convert("RGB"))) == "colourless"


@pytest.mark.parametrize("color", [(110, 160, 200), (235, 238, 240), (25, 25, 28)])
def test_a_mask_covers_the_face(face, color):
    from PIL import ImageDraw

    scene, _ = render.sit(figures.as_png(face))
    outline = (234, 93, 132, 58, 172, 136, 150, 149, 176, 148, 152, 377, 400, 378, 379, 365, 397,
               288, 361, 323, 454, 346, 6, 117)  # fmt: skip
    masked = face.copy()
    points = [tuple(scene.face.points[index, :2]) for index in outline]
    ImageDraw.Draw(masked).polygon(points, fill=color)
    assert code_of(figures.as_png(masked)) == "covered"


def test_sunglasses_cover_the_eyes(face):
    from PIL import ImageDraw

    scene, _ = render.sit(figures.as_png(face))
    pen = ImageDraw.Draw(face := face.copy())
    for one, other in ((33, 133), (362, 263)):
        middle = scene.face.points[[one, other], :2].mean(axis=0)
        wide = np.linalg.norm(scene.face.points[one, :2] - scene.face.points[other, :2])
        reach = np.array([wide, 0.8 * wide])
        pen.ellipse([*(middle - reach), *(middle + reach)], fill=(12, 12, 14))
    assert code_of(figures.as_png(face)) == "covered"


def test_half_a_face_is_cut_off(face):
    assert code_of(figures.as_png(face.crop((225, 0, 512, 300)))) in {"cut_off", "no_face"}


def test_products_need_a_transparent_png(face):
    for data, reason in (
        (figures.as_png(face), "no transparent background"),
        (figures.as_jpeg(face, 90), "not a PNG"),
        (figures.as_png(face.convert("RGBA"))[:500], "damaged"),
    ):
        with pytest.raises(Refused, match=reason):
            pictures.layer(data)


@pytest.mark.parametrize("kind", ["tEXt", "zTXt", "iTXt", "iCCP"])
@pytest.mark.parametrize("place", ["before", "after"])
def test_what_a_png_says_about_itself_is_no_damage(kind, place):
    """Two megabytes of it, before the pixels or after them (python-pillow/Pillow#8363)."""
    said = (
        b"comment\0"
        + {
            "tEXt": b"x" * 2_000_000,
            "zTXt": b"\0" + zlib.compress(b"x" * 2_000_000),
            "iTXt": b"\1\0\0\0" + zlib.compress(b"x" * 2_000_000),
            "iCCP": b"\0" + zlib.compress(b"x" * 2_000_000),
        }[kind]
    )
    name = kind.encode()
    check = zlib.crc32(name + said)
    part = struct.pack(">I", len(said)) + name + said + struct.pack(">I", check)
    whole = saved(Image.new("RGB", (400, 400), (120, 90, 80)), "PNG")
    at = whole.index(b"IDAT" if place == "before" else b"IEND") - 4
    image = pictures.opened(whole[:at] + part + whole[at:])
    assert image.size == (400, 400)
    assert image.getpixel((200, 200)) == (120, 90, 80)
