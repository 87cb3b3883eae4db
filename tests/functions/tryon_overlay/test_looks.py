"""Each look changes what it should, and nothing else."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from backshop.connect.try_on import looks
from vision import colors, makeup, pictures, render, wearables
from vision.scene import Scene

from bench.try_on import figures, gallery

Box = tuple[int, int, int, int]  # left, top, right, bottom

# Where on the astronaut each look may change pixels, read off the picture by eye.
PLACES: dict[str, Box] = {
    "foundation": (150, 40, 300, 230),
    "lip": (200, 132, 256, 168),
    "blush": (165, 80, 285, 165),
    "contour": (160, 45, 290, 180),
    "highlighter": (170, 70, 280, 150),
    "concealer": (175, 95, 275, 135),
    "eyewear": (160, 75, 290, 145),
    "headwear": (140, 0, 320, 110),
    "earrings": (150, 100, 300, 190),
}


@pytest.fixture(scope="module")
def scene() -> Scene:
    return render.sit(figures.as_png(figures.astronaut()))[0]


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    return gallery.assets()


def drawn(scene, files, setting=None, **said):
    look = looks.look_of({"try_on": said})
    assert look is not None
    return render.draw(scene, look, setting or render.Setting(), files)


LOOKS: dict[str, dict[str, Any]] = {
    "foundation": {"shade": "#8d5a3c", "finish": "dewy"},
    "lip": {"color": "#a8142a"},
    "blush": {"color": "#d8556a"},
    "contour": {"color": "#6b4436"},
    "highlighter": {"color": "#f6dcc0", "coverage": 0.8},
    "concealer": {"shade": "#f0c8a0"},
    "eyewear": {"image": "glasses.png", "width_mm": 140},
    "headwear": {"image": "beanie.png", "width_mm": 170},
    "earrings": {"image": "drops.png", "height_mm": 30},
}


@pytest.mark.parametrize("kind", LOOKS)
def test_a_look_changes_its_place_and_not_one_byte_elsewhere(scene, files, kind):
    after = drawn(scene, files, kind=kind, **LOOKS[kind])
    changed = (after != scene.pixels).any(axis=2)
    assert changed.sum() > 100
    left, top, right, bottom = PLACES[kind]
    outside = changed.copy()
    outside[top:bottom, left:right] = False
    assert outside.sum() == 0


def test_eyes_brows_and_hair_keep_their_colour_under_foundation(scene, files):
    after = drawn(scene, files, kind="foundation", shade="#8d5a3c", coverage=1, relative=False)
    change = np.abs(after.astype(int) - scene.pixels).max(axis=2)
    for name, (x, y) in {
        "eye": (203, 101),
        "hair": (240, 40),
        "wall": (400, 60),
    }.items():
        assert change[y - 2 : y + 2, x - 3 : x + 3].max() <= 12, name
    for name, (x, y) in {
        "right cheek": (195, 130),
        "left cheek": (255, 128),
        "chin": (223, 172),
    }.items():
        assert np.median(change[y - 3 : y + 3, x - 3 : x + 3]) > 40, name


def skin(pixels, scene):
    mask = np.zeros(pixels.shape[:2], dtype=bool)
    height, width = scene.shape
    mask[scene.top : scene.top + height, scene.left : scene.left + width] = scene.skin_mask > 0.9
    return colors.lab_of(np.median(colors.to_linear(pixels)[mask], axis=0))


def test_coverage_mixes_and_absolute_shades_are_met(scene, files):
    wanted = colors.lab_of(colors.linear_of_hex("#b07f5f"))
    said = {"kind": "foundation", "shade": "#b07f5f", "relative": False}
    full = skin(drawn(scene, files, coverage=1, **said), scene)
    half = skin(drawn(scene, files, coverage=0.5, **said), scene)
    assert colors.ciede2000(full, wanted) < 4
    bare = skin(scene.pixels, scene)
    assert full[0] < half[0] < bare[0]


def test_a_relative_shade_equal_to_the_shoppers_own_changes_little(scene, files):
    own = render.Setting(colors.linear_of_hex("#8d5a3c"))
    said = {"kind": "foundation", "shade": "#8d5a3c"}
    same = skin(drawn(scene, files, own, **said), scene)
    assert colors.ciede2000(same, skin(scene.pixels, scene)) < 2
    unknown = skin(drawn(scene, files, **said, relative=False), scene)
    assert unknown[0] < same[0] - 15


def test_a_far_deeper_shade_than_a_guessed_one_does_not_turn_grey(scene, files):
    own = colors.linear_of_hex("#8d5a3c")  # more saturated than the astronaut

    def chroma(shade, is_guessed):
        setting = render.Setting(own, is_guessed=is_guessed)
        after = drawn(scene, files, setting, kind="foundation", shade=shade, coverage=1)
        return float(np.hypot(*skin(after, scene)[1:]))

    assert chroma("#4a2c1e", True) > chroma("#4a2c1e", False) + 3
    assert chroma("#8d5a3c", True) == pytest.approx(chroma("#8d5a3c", False), abs=0.2)


@pytest.mark.parametrize("lab", [(80, 16, 24), (58, 22, 22), (23, 18, 23)])
def test_contour_darkens_any_skin_without_greying_it(lab):
    skin, product = colors.linear_of(np.array(lab)), colors.linear_of_hex("#6b4436")
    made = makeup.tinting(skin, makeup.Color(product, 0.5), makeup.Tint(0.8, 12.0))
    after = colors.lab_of(skin * made)
    assert after[0] < lab[0] - 8
    # Chroma over lightness: shade on skin is more saturated than the skin in light.
    saturation = np.hypot(*after[1:]) / after[0], np.hypot(*lab[1:]) / lab[0]
    assert saturation[0] > 1.15 * saturation[1]


def test_matte_takes_shine_away_and_dewy_adds_it(scene, files):
    def shine(finish):
        after = drawn(scene, files, kind="foundation", white_cast=0.01, finish=finish)
        height, width = scene.shape
        window = after[scene.top : scene.top + height, scene.left : scene.left + width]
        shiny = (scene.fine_gloss > 0.05) & (scene.skin_mask > 0.9)
        return float(colors.to_linear(window)[shiny].mean())

    assert shine("matte") < shine("natural") < shine("dewy")


def test_mineral_filters_show_more_on_dark_skin(scene, files):
    def whitened(own):
        setting = render.Setting(colors.linear_of_hex(own))
        after = drawn(scene, files, setting, kind="foundation", white_cast=0.5)
        return colors.ciede2000(skin(after, scene), skin(scene.pixels, scene))

    assert whitened("#5a3a28") > 2 * whitened("#e8c4a8")


@pytest.mark.parametrize(("gives_back", "least", "most"), [(0.7, 0.98, 1), (0.4, 0.6, 0.8)])
def test_lips_follow_a_foundation_beyond_one_shade_and_less_than_skin(
    scene, gives_back, least, most
):
    after = makeup.foundation(scene, makeup.Foundation(np.full(3, gives_back), 1.0, "natural"))
    height, width = scene.shape
    window = after[scene.top : scene.top + height, scene.left : scene.left + width]
    inside = scene.lips > 0.9
    kept = colors.to_linear(window)[inside].mean() / colors.to_linear(scene.window)[inside].mean()
    assert least <= kept <= most


def test_teeth_stay_white_under_lipstick(scene, files):
    after = drawn(scene, files, kind="lip", color="#5a1230", coverage=1)
    teeth = (slice(146, 149), slice(222, 234))
    assert np.abs(after[teeth].astype(int) - scene.pixels[teeth]).mean() < 12


def test_glasses_follow_the_roll_of_the_head(files):
    def slope(angle):
        image = figures.astronaut().rotate(-angle, center=(224, 120), fillcolor=(120, 120, 120))
        scene, _ = render.sit(figures.as_png(image))
        after = drawn(scene, files, kind="eyewear", image="glasses.png", width_mm=140)
        rows, columns = np.nonzero(np.abs(after.astype(int) - scene.pixels).max(axis=2) > 60)
        return np.degrees(np.arctan(np.polyfit(columns, rows, 1)[0]))

    assert slope(15) - slope(0) == pytest.approx(15, abs=3)


def test_hidden_ears_are_said(files):
    path = figures.FACES / "f2.jpg"
    if not path.exists():
        pytest.skip(figures.NO_FACES)
    scene, _ = render.sit(path.read_bytes())
    with pytest.raises(pictures.Refused) as refused:
        drawn(scene, files, kind="earrings", image="drops.png", height_mm=30)
    assert refused.value.code == "ears_hidden"


@pytest.mark.parametrize(
    "name, sides",
    [
        ("m6", {1, -1}),  # one is so narrow that its lobe is told by the other's place
        ("f10", {1, -1}),  # dark ears before a dark door, in rings
        ("f8", {1}),  # an ear before a seat of its colour; the other is turned away
        ("f9", set()),  # a headscarf
    ],
)
def test_lobes_are_found_where_ears_show(name, sides):
    path = figures.FACES / f"{name}.jpg"
    if not path.exists():
        pytest.skip(figures.NO_FACES)
    scene, _ = render.sit(path.read_bytes())
    assert set(wearables.lobes(scene)) == sides


def test_one_lobe_tells_the_other_s_place_only_where_an_ear_shows(scene, monkeypatch):
    both = wearables.lobes(scene)
    assert set(both) == {1, -1}
    seen = {side: skin for side in both if (skin := wearables._ear_skin(scene, side)) is not None}
    least = min(seen, key=lambda side: wearables._lowest(seen[side]) or (0.0, 0.0))
    thin = seen[least].copy()
    thin[:, 1::2] = False  # no lobe is found in stripes, but they are an ear's
    for other, sides in ((thin, 2), (np.zeros_like(thin), 1)):
        ears = {least: other, -least: seen[-least]}
        monkeypatch.setattr(wearables, "_ear_skin", lambda _scene, side, ears=ears: ears[side])
        found = wearables.lobes(scene)
        assert len(found) == sides
        assert all(np.linalg.norm(found[side] - both[side]) < scene.mm(6) for side in found)


def test_a_shirt_carries_name_and_number_on_its_cloth(scene, files):
    def back(name, number):
        setting = render.Setting(None, name, number)
        return drawn(scene, files, setting, **gallery.LOOKS["shirt, back"]).astype(int)

    plain, printed = back("", ""), back("Perera", "10")
    rows, columns = np.nonzero(np.abs(printed - plain).max(axis=2) > 60)
    height, width = plain.shape[:2]
    assert 0.15 * height < rows.min() < rows.max() < 0.65 * height
    assert 0.24 * width < columns.min() < columns.max() < 0.76 * width
    assert len(rows) > 0.03 * height * width


def test_a_front_is_worn_below_the_face(scene, files):
    after = drawn(scene, files, render.Setting(None, "", "7"), **gallery.LOOKS["shirt"])
    changed = (after != scene.pixels).any(axis=2)
    assert not changed[60:165, 190:270].any(), "the face stays in front"
    assert changed[300:420, 115:290].mean() > 0.9


def test_a_short_sleeve_ends_around_its_arm(scene, files):
    after = drawn(scene, files, **gallery.LOOKS["shirt"])
    changed = np.abs(after.astype(int) - scene.pixels).max(axis=2) > 24
    assert changed[290:320, 50:100].mean() > 0.9, "the upper arm"
    assert not changed[350:500, 30:98].any(), "the arm below it"
