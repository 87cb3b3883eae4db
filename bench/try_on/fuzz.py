"""Files as an attacker, a broken phone or a bad line would send them, made from one photo."""

from __future__ import annotations

import io
import random
from functools import cache

from PIL import Image, ImageOps

from bench.try_on import figures

KINDS = ("JPEG", "PNG", "WEBP")


def strange(random_: random.Random) -> bytes:
    """One more file; the same again for the same state of `random_`."""
    make = random_.choice(
        [_flipped, _cut, _spliced, _noise, _odd_shape, _odd_mode, _header, _flipped]
    )
    return make(random_)


@cache
def _photos() -> list[bytes]:
    """The astronaut, small and large, in each kind."""
    made = []
    for size in (512, 900):
        image = figures.astronaut().resize((size, size))
        for kind in KINDS:
            file = io.BytesIO()
            image.save(file, kind, quality=80)
            made.append(file.getvalue())
        made.append(figures.as_jpeg(image, 70, progressive=True))
    return made


def _flipped(random_: random.Random) -> bytes:
    data = bytearray(random_.choice(_photos()))
    for _ in range(random_.choice([1, 3, 20, 200])):
        data[random_.randrange(len(data))] = random_.randrange(256)
    return bytes(data)


def _cut(random_: random.Random) -> bytes:
    data = random_.choice(_photos())
    return data[: random_.randrange(len(data))]


def _spliced(random_: random.Random) -> bytes:
    one, other = random_.choice(_photos()), random_.choice(_photos())
    at = random_.randrange(len(one))
    return one[:at] + other[random_.randrange(len(other)) :]


def _noise(random_: random.Random) -> bytes:
    start = random_.choice(
        [b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF\x10\0\0\0WEBP", b"\0\0\0\x18ftypheic"]
    )
    return start + random_.randbytes(random_.randrange(5000))


def _odd_shape(random_: random.Random) -> bytes:
    width, height = (random_.choice([1, 40, 159, 160, 300, 641, 1500]) for _ in range(2))
    image = figures.astronaut().resize((width, height))
    if random_.random() < 0.5:
        image = ImageOps.invert(image).rotate(random_.randrange(360))
    return figures.as_jpeg(image, random_.randrange(1, 96))


def _odd_mode(random_: random.Random) -> bytes:
    mode = random_.choice(["1", "L", "LA", "P", "RGBA", "I;16", "CMYK"])
    image = figures.astronaut()
    image = image.convert("L").convert(mode) if mode in {"1", "LA", "I;16"} else image.convert(mode)
    file = io.BytesIO()
    image.save(file, "JPEG" if mode == "CMYK" else "PNG")
    return file.getvalue()


def _header(random_: random.Random) -> bytes:
    """Right where it counts, wrong in its first bytes: sizes, lengths, profiles, EXIF."""
    exif = Image.Exif()
    exif[0x0112] = random_.choice([0, 3, 6, 9, 65535])
    options = {"exif": exif, "icc_profile": random_.randbytes(random_.randrange(1, 400))}
    data = bytearray(figures.as_jpeg(figures.astronaut(), 80, **options))
    for _ in range(random_.randrange(6)):
        data[random_.randrange(2, 700)] = random_.randrange(256)
    return bytes(data)
