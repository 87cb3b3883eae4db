"""What is no bare face to sell to: hits where something was drawn on portraits, and no false alarm
where nothing was."""

from __future__ import annotations

import pytest
from PIL import Image
from skimage import data
from vision import render

from bench.try_on import figures, gallery, spoilt


def refused(image: Image.Image) -> str | None:
    try:
        render.sit(figures.as_png(image))
    except render.Refused as said:
        return said.code
    return None


@pytest.fixture(scope="module")
def portrait() -> Image.Image:
    path = figures.FACES / "f4.jpg"
    if not path.exists():
        pytest.skip(figures.NO_FACES)
    return Image.open(path).convert("RGB")


@pytest.mark.parametrize("name", spoilt.MASKS | spoilt.TINTED)
def test_what_covers_a_face_is_said_to(portrait, name):
    assert refused(spoilt.EVERY[name](portrait)) == "covered"


def test_a_mouth_whose_colour_a_coarse_jpeg_lost_is_not_covered():
    dark = figures.relight(figures.astronaut(), -1.3)
    render.sit(figures.as_jpeg(dark, 30))


@pytest.mark.parametrize("name", ["marble statue", "sandstone statue", "bronze statue"])
def test_statues_are_no_persons(name):
    assert refused(spoilt.EVERY[name](figures.astronaut())) == "no_person"


@pytest.mark.parametrize("skin", [(240, 200, 170), (140, 90, 60)])
def test_drawn_faces_are_no_persons(skin):
    assert refused(spoilt.drawn_face(skin)) == "no_person"


def test_a_cat_is_no_face():
    assert refused(Image.fromarray(data.chelsea())) == "no_face"


@pytest.mark.parametrize("stops", [-2, 0, 1])
def test_a_bare_face_is_taken_in_little_light_and_in_much(stops):
    assert refused(figures.relight(figures.astronaut(), stops)) is None


def test_glasses_are_tried_on_a_face_that_wears_none(portrait):
    from backshop.connect.try_on import looks

    look = looks.look_of({"try_on": gallery.LOOKS["glasses"]})
    assert look is not None
    worn, _ = render.sit(figures.as_png(spoilt.GLASSES["horn-rimmed glasses"](portrait)))
    with pytest.raises(render.Refused) as said:
        render.draw(worn, look, render.Setting(), gallery.assets())
    assert said.value.code == "glasses_worn"
    bare, _ = render.sit(figures.as_png(portrait))
    assert (render.draw(bare, look, render.Setting(), gallery.assets()) != bare.pixels).any()


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_most_coverings_are_seen_and_no_bare_face_is_refused():
    if not figures.FACES.is_dir():
        pytest.skip(figures.NO_FACES)
    assert spoilt.said("bare faces") == {"faces": 25}
    for name in spoilt.MASKS | spoilt.TINTED:
        found = spoilt.said(name, every=2)
        assert found["covered"] >= 0.8 * found["faces"], name
    for name in spoilt.NO_PERSON:
        found = spoilt.said(name, every=2)
        assert found["no_person"] >= 0.8 * found["faces"], name
    for name in ("horn-rimmed glasses", "thin black glasses"):
        found = spoilt.said(name, every=2)
        assert found["glasses_worn"] >= 0.5 * found["faces"], name
        assert found["covered"] <= 2, name
