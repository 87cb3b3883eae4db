"""Shirts on bodies that wear something else."""

from __future__ import annotations

import numpy as np
import pytest
from backshop.connect.try_on import models
from vision import garment, render

from bench.try_on import figures, gallery, samples


def test_a_fold_is_told_from_another_cloth():
    folds = 1 + 0.2 * np.sin(np.arange(64) / 2)
    light = np.outer(np.where(np.arange(64) < 32, 0.02, 0.3), folds).astype(np.float32)
    mean = garment._of_its_kind(light, np.ones_like(light), 12.0)
    for rows, usual in ((slice(0, 32), 0.02), (slice(32, 64), 0.3)):
        assert mean[rows].max() < 1.25 * usual
        assert mean[rows].min() > 0.75 * usual


@pytest.mark.parametrize("column", [20, 150, 300, 450, 700, 880])
def test_own_clothes_above_a_shirt_take_the_colour_of_what_is_below_them(column):
    shirt = garment._closed(samples.shirt())
    cut = garment._Cut.of(shirt, (0.5, 0.13))
    across, down = cut.inside(*np.array([[[column]], [[-200.0]]], dtype=np.float32))
    assert abs(float(across[0, 0]) - column) < 0.05 * shirt.width
    assert shirt.getpixel((int(across[0, 0]), int(down[0, 0])))[3] > 128


@pytest.mark.parametrize(
    "name, at, dressed",
    [
        ("m6", (322, 675), True),  # an own collar
        ("m5", (270, 640), True),  # a raised shoulder
        ("m11", (740, 500), False),  # a headscarf
        ("m7", (320, 820), False),  # a neck in the light of own clothes
    ],
)
def test_own_collars_take_a_shirts_colour_and_scarves_and_necks_do_not(name, at, dressed):
    path = figures.FACES / f"{name}.jpg"
    if not path.exists():
        pytest.skip(figures.NO_FACES)
    scene, _ = render.sit(path.read_bytes())
    look = models.look_of({"try_on": gallery.LOOKS["shirt"]})
    assert look is not None
    after = render.draw(scene, look, render.Setting(), gallery.assets())
    x, y = at
    red, _, blue = np.median(after[y - 6 : y + 6, x - 6 : x + 6].reshape(-1, 3), axis=0)
    assert (blue > 2 * red) == dressed
