"""Shirts on bodies that wear something else."""

from __future__ import annotations

import numpy as np
import pytest
from backshop.connect.try_on import looks
from PIL import Image
from vision import garment, render, scarf
from vision.body import _Part

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
        ("m4", (640, 615), True),  # a black collar
        ("m5", (294, 638), True),  # an own collar beside the jaw
        ("f1", (115, 760), True),  # pale lace beside hair
        ("f1", (183, 914), False),  # the ends of long hair
        ("m2", (265, 836), True),  # the inner side of an upper arm, which a sleeve covers
        ("m2", (525, 995), False),  # a crossed forearm
    ],
)
def test_a_shirt_lies_over_own_cloth_and_under_hair_skin_and_scarves(name, at, dressed):
    path = figures.FACES / f"{name}.jpg"
    if not path.exists():
        pytest.skip(figures.NO_FACES)
    scene, _ = render.sit(path.read_bytes())
    look = looks.look_of({"try_on": gallery.LOOKS["shirt"]})
    assert look is not None
    after = render.draw(scene, look, render.Setting(), gallery.assets())
    x, y = at
    red, _, blue = np.median(after[y - 6 : y + 6, x - 6 : x + 6].reshape(-1, 3), axis=0)
    assert (blue > 2 * red) == dressed


def test_a_sleeve_hangs_lower_in_the_middle_of_its_arm_and_darkens_what_is_below_it():
    along, off = np.mgrid[0:200, -50:51].astype(np.float32)
    arms = garment._Arms(*np.zeros((3, *along.shape), dtype=np.float32))
    arms.add(along, 100.0, np.abs(off), np.full_like(along, 50), np.ones_like(along))
    ends = (arms.below > 0.5).argmax(axis=0)
    assert ends[50] == ends.max() > ends[0] + 5
    assert (ends == ends[::-1]).all()
    assert (arms.sleeves * arms.below < 0.26).all()
    below = arms.shadow[ends[50] : ends[50] + 12, 50]
    assert below.max() > 0.2
    assert arms.shadow[ends[50] + 20, 50] == 0


@pytest.mark.parametrize(
    "name, worn", [("f9", True), ("m11", False), ("f3", False), ("astronaut", False)]
)
def test_a_scarf_is_wound_around_a_neck_that_it_hides(name, worn):
    path = figures.FACES / f"{name}.jpg"
    if name != "astronaut" and not path.exists():
        pytest.skip(figures.NO_FACES)
    data = figures.as_png(figures.astronaut()) if name == "astronaut" else path.read_bytes()
    scene, _ = render.sit(data)
    assert (scarf.wound(scene) is not None) == worn


@pytest.mark.parametrize(("is_hand", "shows"), [(False, True), (True, False)])
def test_dark_cloth_is_a_sleeve_where_a_forearm_is_and_no_hand(is_hand, shows):
    pixels = np.array(figures.astronaut())
    pixels[300:] = 30
    scene, _ = render.sit(figures.as_png(Image.fromarray(pixels)))
    body = scene.body
    body.__dict__["figure"] = np.ones(body.shape, dtype=np.float32)
    body.__dict__["_forearms"] = [_Part(np.array([150, 420]), np.array([300, 420]), is_hand)]
    assert (body.arms[420, 225] > 0.9) == shows
