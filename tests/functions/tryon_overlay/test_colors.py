"""Colour arithmetic against scikit-image."""

import numpy as np
from skimage.color import deltaE_ciede2000, rgb2lab
from vision import colors


def test_every_code_survives_linear_light():
    codes = np.arange(256, dtype=np.uint8)
    assert np.array_equal(colors.to_srgb(colors.to_linear(codes)), codes)


def test_lab_is_that_of_the_standard_and_comes_back():
    pixels = np.random.default_rng(7).integers(0, 256, (2000, 3), dtype=np.uint8)
    linear = colors.to_linear(pixels)
    assert np.abs(colors.lab_of(linear) - rgb2lab(pixels)).max() < 0.01
    assert np.abs(colors.linear_of(colors.lab_of(linear)) - linear).max() < 1e-6


def test_ciede2000_is_that_of_the_standard():
    random = np.random.default_rng(7)
    one = random.uniform([0, -100, -100], [100, 100, 100], (20_000, 3))
    other = one + random.normal(0, 12, one.shape)
    one[:100, 1:] = 0  # greys have no hue
    assert np.abs(colors.ciede2000(one, other) - deltaE_ciede2000(one, other)).max() < 1e-9


def test_hex_is_read_and_written():
    assert colors.hex_of(colors.linear_of_hex("#c68642")) == "#c68642"
