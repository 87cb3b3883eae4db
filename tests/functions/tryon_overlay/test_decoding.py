"""Whatever a photo does to what decodes it, it does to a child with limits: the photo is damaged,
and the next one is decoded as before."""

from __future__ import annotations

import ctypes
import io
import os
import random
import resource
import subprocess
import sys
import zlib
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import psutil
import pytest
from PIL import Image, ImageFont
from vision import decoding, garment, pictures
from vision.pictures import Refused

HERE = Path(__file__).parent


def small(kind: str, size: tuple[int, int] = (200, 240), **options: object) -> bytes:
    file = io.BytesIO()
    image = Image.effect_noise(size, 60).convert("RGB")
    image.save(file, kind, **options)
    return file.getvalue()


def came_of(data: bytes) -> str:
    """`opened`, or the code of the refusal; the parent is there to say it."""
    try:
        return "opened" if pictures.opened(data).size else ""
    except Refused as refused:
        return refused.code


def many_scans(number: int) -> bytes:
    """A progressive JPEG whose last scan comes so many times more."""
    data = small("JPEG", progressive=True)
    last = data.rindex(b"\xff\xda")
    return data[:last] + data[last:-2] * number + data[-2:]


def crash(_data: bytes, _kind: str) -> Image.Image:
    ctypes.string_at(0)
    raise AssertionError("reading address 0 should have ended this process")


def work_for_ever(_data: bytes, _kind: str) -> Image.Image:
    while True:
        pass


def fill_memory(_data: bytes, _kind: str) -> Image.Image:
    taken = []
    while True:
        taken.append(bytearray(10_000_000))


def stop_half_way(_data: bytes, _kind: str) -> Image.Image:
    image = Image.new("RGB", (900, 900))
    crop = image.crop
    setattr(image, "crop", lambda area: crop(area) if area[1] < 450 else os._exit(0))  # noqa: B010
    return image


@pytest.mark.parametrize("does", [crash, work_for_ever, fill_memory, stop_half_way])
def test_its_death_is_damaged(does: Callable[..., Image.Image], monkeypatch) -> None:
    photo = small("JPEG")
    with monkeypatch.context() as patch:
        patch.setattr(pictures, "_read", does)
        patch.setattr(decoding, "SECONDS", 1)
        patch.setattr(decoding, "MEMORY", 200_000_000)
        assert came_of(photo) == "damaged"
    assert came_of(photo) == "opened"


def lettered(font: bytes) -> str:
    """What comes of a shirt's number in this font, as `came_of` says it."""
    shirt = Image.new("RGBA", (200, 240), (20, 60, 120, 255))
    number = garment.Lettering("17", (0.2, 0.2, 0.6, 0.3), "#ffffff", "#000000", font)
    try:
        return "drawn" if garment.lettered(shirt, [number], []).getbbox() else ""
    except Refused as refused:
        return refused.code


def own_font() -> bytes:
    """Pillow's."""
    font = ImageFont.load_default(20)
    assert isinstance(font, ImageFont.FreeTypeFont)
    return bytes(font.font_bytes)


def test_a_font_s_death_is_a_bad_asset(monkeypatch) -> None:
    """FreeType is C, and fonts bring programs of their own."""
    font = own_font()
    for does in (crash, work_for_ever, fill_memory):
        with monkeypatch.context() as patch:
            patch.setattr(ImageFont, "truetype", does)
            patch.setattr(decoding, "SECONDS", 1)
            patch.setattr(decoding, "MEMORY", 200_000_000)
            assert lettered(font) == "bad_asset"
    assert lettered(font) == "drawn"
    assert (
        lettered(b"") == lettered(b"\0\1\0\0" + bytes(400)) == lettered(small("PNG")) == "bad_asset"
    )


def test_mutated_fonts_are_drawn_or_refused() -> None:
    chance, whole = random.Random(5), own_font()
    for _ in range(200):
        odd = bytearray(whole)
        for place in chance.choices(range(min(4000, len(odd))), k=3):
            odd[place] = chance.randrange(256)
        assert lettered(bytes(odd)) in ("drawn", "bad_asset")


def test_a_child_that_hangs_is_ended(monkeypatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(pictures, "_read", lambda *_: os.read(os.pipe()[0], 1))
        patch.setattr(decoding, "_WAITS", 0.5)
        assert came_of(small("PNG")) == "damaged"


def test_nothing_is_left_behind() -> None:
    children = psutil.Process().children()
    before = len(os.listdir("/dev/fd"))
    for data in (small("JPEG"), small("JPEG")[:300], small("PNG", (60, 60))):
        came_of(data)
    assert len(os.listdir("/dev/fd")) == before
    assert psutil.Process().children() == children


def test_a_jpeg_of_thousands_of_scans_is_refused_unread(monkeypatch) -> None:
    assert came_of(many_scans(5)) == "opened"
    monkeypatch.setattr(decoding, "apart", None)
    assert came_of(many_scans(2_000)) == "damaged"


def test_a_webp_of_few_bytes_and_many_pixels_costs_what_its_pixels_do(monkeypatch) -> None:
    """60 megapixels of one colour are some hundred bytes."""
    file = io.BytesIO()
    Image.new("RGB", (7700, 7700), (9, 9, 9)).save(file, "WEBP", lossless=True, quality=0, method=0)
    assert len(file.getvalue()) < 20_000
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    monkeypatch.setattr(decoding, "MEMORY", 100_000_000)
    assert came_of(file.getvalue()) == "damaged"
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 60_000


MEASURED = """
import resource, sys
sys.path.insert(0, sys.argv[1])
from vision import pictures
with open(sys.argv[2], "rb") as file:
    made = pictures.opened(file.read())
print(max(made.size), resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""
"""The most that the decoding child ever had in memory, what it shares with its parent included."""
KILOBYTE = 1 if sys.platform == "linux" else 1024


def megabytes_for(data: bytes, folder: Path) -> float:
    """What a photo takes in a process of its own, as it would on a Lambda."""
    photo = folder / "photo"
    photo.write_bytes(data)
    function = Path(pictures.__file__).parents[1]
    command = [sys.executable, "-c", MEASURED, str(function), str(photo)]
    side, kilobytes = subprocess.run(
        command, check=True, capture_output=True, text=True
    ).stdout.split()
    assert int(side) == pictures.WORKING_SIDE
    return int(kilobytes) / KILOBYTE / 1000


def large(kind: str, mode: str = "RGB", **options: object) -> bytes:
    """49 megapixels of something like a photo; in squares where nothing may be lost of it."""
    resample = Image.Resampling.NEAREST if options.get("lossless") else Image.Resampling.BICUBIC
    image = Image.effect_noise((350, 350), 90).convert("RGB").resize((7000, 7000), resample)
    if mode == "RGBA":
        image.putalpha(255)
        image.paste((0, 0, 0, 0), (0, 0, 700, 7000))
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


LARGE: dict[str, Callable[[], bytes]] = {
    "WEBP": lambda: large("WEBP", method=0),
    "WEBP with alpha": lambda: large("WEBP", "RGBA", method=0),
    "lossless WEBP": lambda: large("WEBP", lossless=True, method=0, quality=0),
    "lossless WEBP with alpha": lambda: large("WEBP", "RGBA", lossless=True, method=0, quality=0),
    "progressive JPEG": lambda: large("JPEG", progressive=True),
    "progressive JPEG of full colour": lambda: large("JPEG", progressive=True, subsampling=0),
}


def test_a_large_webp_is_decoded_small(tmp_path) -> None:
    """No whole picture is ever in memory, as long as libwebp need not have it."""
    file = io.BytesIO()
    Image.new("RGB", (7000, 7000), (9, 99, 9)).save(file, "WEBP", quality=10, method=0)
    assert megabytes_for(file.getvalue(), tmp_path) < 200


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("kind", LARGE)
def test_49_megapixels_take_400_megabytes_at_most(kind: str, tmp_path) -> None:
    data = LARGE[kind]()
    taken = megabytes_for(data, tmp_path)
    print(f"{kind}: {len(data) / 1e6:.1f} MB of 49 megapixels take {taken:.0f} MB")
    assert taken < 400


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
@pytest.mark.parametrize("lossless", [False, True])
def test_a_webp_that_is_decoded_small_looks_the_same(mode: str, lossless: bool) -> None:
    """Beside all of its pixels made smaller by Pillow, transparency included."""
    image = (
        Image.effect_noise((160, 200), 90)
        .convert("RGB")
        .resize((2400, 3000), Image.Resampling.BICUBIC)
    )
    image.putalpha(Image.linear_gradient("L").resize(image.size))
    file = io.BytesIO()
    image.convert(mode).save(file, "WEBP", lossless=lossless, quality=90, method=0)
    made = pictures.opened(file.getvalue())
    whole = pictures._flattened(Image.open(io.BytesIO(file.getvalue())))
    wanted = whole.resize(made.size, Image.Resampling.LANCZOS, reducing_gap=2.0)
    apart = np.abs(np.asarray(made, dtype=float) - np.asarray(wanted, dtype=float))
    assert made.size == (819, 1024)
    assert apart.mean() < 1
    assert apart.max() < 24


KINDS = {
    "JPEG": lambda: small("JPEG"),
    "progressive JPEG": lambda: small("JPEG", progressive=True),
    "PNG": lambda: small("PNG"),
    "WEBP": lambda: small("WEBP"),
    "lossless WEBP": lambda: small("WEBP", lossless=True),
    "HEIC": (HERE / "astronaut.heic").read_bytes,
}


def mutated(data: bytes, chance: random.Random) -> bytes:
    """A few bytes changed, most of them in the first kilobyte, where structure is."""
    changed = bytearray(data)
    for _ in range(chance.choice((1, 1, 2, 8))):
        place = chance.randrange(min(len(changed), chance.choice((64, 1024, len(changed)))))
        changed[place] = chance.choice((0, 1, 0x7F, 0x80, 0xFF, chance.randrange(256)))
    if chance.random() < 0.1:
        del changed[chance.randrange(len(changed)) :]
    return _resigned(bytes(changed)) if data.startswith(b"\x89PNG") else bytes(changed)


def _resigned(png: bytes) -> bytes:
    """With right checksums: a decoder looks no further where one is wrong."""
    parts, place = [png[:8]], 8
    while place + 12 <= len(png):
        length = int.from_bytes(png[place : place + 4], "big")
        chunk = png[place + 4 : place + 8 + length]
        parts += [png[place : place + 4], chunk, zlib.crc32(chunk).to_bytes(4, "big")]
        place += 12 + length
    return b"".join(parts)


def fuzz(kind: str, number: int, seed: int) -> Counter[str]:
    data, chance = KINDS[kind](), random.Random(seed)
    return Counter(came_of(mutated(data, chance)) for _ in range(number))


@pytest.mark.parametrize("kind", KINDS)
def test_mutated_pictures_do_no_harm(kind: str) -> None:
    came = fuzz(kind, 40, seed=1)
    assert sum(came.values()) == 40
    assert came["opened"]
    assert sum(came.values()) > came["opened"], "nothing was mutated"


@pytest.mark.slow
@pytest.mark.timeout(3000)
@pytest.mark.parametrize("kind", KINDS)
def test_twenty_thousand_mutated_pictures_do_no_harm(kind: str) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    came = fuzz(kind, 20_000, seed=2)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    print(kind, dict(came), f"{grown} KB more")
    assert sum(came.values()) == 20_000
    assert grown < 50_000
