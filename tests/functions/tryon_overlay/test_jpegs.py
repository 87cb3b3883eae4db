"""Pictures that are mostly the same: coded in parts, they decode as if each were coded whole."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image
from vision import jpegs, pictures

WHOLE = (slice(None), slice(None))
CHANGES = {
    "nothing": (slice(0), slice(0)),
    "one pixel": (slice(40, 41), slice(33, 34)),
    "a face": (slice(9, 61), slice(20, 77)),
    "a line across": (slice(30, 32), slice(None)),
    "the last pixel": (slice(-1, None), slice(-1, None)),
    "everything": WHOLE,
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("shape", [(64, 128), (71, 101), (1024, 767), (90, 1024)])
def test_it_decodes_to_the_very_same_pixels(shape, change):
    first = np.random.default_rng(3).integers(0, 256, (*shape, 3), dtype=np.uint8)
    picture = first.copy()
    picture[CHANGES[change]] ^= 0x5A
    coded = jpegs.Encoder(first).encoded(picture)
    assert (decoded(coded) == decoded(pictures.encoded(picture))).all()


def test_what_is_not_changed_is_not_coded_again(monkeypatch):
    first = np.random.default_rng(3).integers(0, 256, (512, 768, 3), dtype=np.uint8)
    encoder, picture = jpegs.Encoder(first), first.copy()
    picture[100:200, 300:400] = 0
    coded, encode = [], pictures.encoded

    def counted(pixels, *run):
        coded.append(pixels.size)
        return encode(pixels, *run)

    monkeypatch.setattr(pictures, "encoded", counted)
    encoder.encoded(picture)
    assert sum(coded) < 0.1 * first.size


def test_a_picture_of_another_size_is_coded_whole():
    encoder = jpegs.Encoder(np.zeros((80, 80, 3), dtype=np.uint8))
    assert decoded(encoder.encoded(np.full((64, 48, 3), 200, dtype=np.uint8))).shape == (64, 48, 3)


def decoded(data: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(data)))
