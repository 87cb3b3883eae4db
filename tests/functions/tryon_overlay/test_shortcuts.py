"""What is worked out once a picture, in parts or in whole numbers is what the plain formulas give:
at most four codes of 255 off, in no more than five of 100,000 values."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from vision import colors, fields, makeup, mesh, render
from vision.scene import Scene

from bench.try_on import figures

OFF, SHARE = 4, 5e-5
LARGE = Path("/sys/kernel/mm/transparent_hugepage/enabled")


@pytest.fixture(scope="module")
def scene() -> Scene:
    return render.sit(figures.as_png(figures.astronaut().resize((900, 900))))[0]


def test_a_blur_leaves_no_numbers_too_small_to_be_quick():
    field = np.zeros((64, 200), dtype=np.float32)
    field[10, 3] = 1
    for radius in (0.7, 2.0, 9.0):
        made = fields.blurred(field, radius)
        assert not ((made > 0) & (made < np.finfo(np.float32).tiny * 1e6)).any()
        assert made.sum() == pytest.approx(1, abs=0.5), "but all of the light, save at edges"


@pytest.mark.parametrize("radius", [0.5, 2.0, 9.0, 40.0])
@pytest.mark.parametrize("shape", [(1, 40), (33, 70), (129, 31), (40, 65, 2)])
def test_a_blur_is_a_gaussian_s_mean_of_all_that_there_is(radius, shape):
    field = np.random.default_rng(3).random(shape, dtype=np.float32)
    made = field.astype(np.float64)
    for axis, side in enumerate(shape[:2]):
        far = np.subtract.outer(np.arange(side), np.arange(side))
        weights = np.exp(-(far**2) / (2 * radius**2))
        weights /= weights.sum(axis=1, keepdims=True)
        made = np.moveaxis(np.tensordot(weights, made, (1, axis)), 0, axis)
    assert fields.blurred(field, radius).shape == shape
    assert np.abs(fields.blurred(field, radius) - made).max() < 1e-6


FAULTS = """
import resource, sys, threading
sys.path.insert(0, sys.argv[1])
import numpy as np
from PIL import Image
from vision import decoding, memory
if sys.argv[2] == "kept":
    memory.keep()
def work():
    return sum(float(np.ones(1_300_000, dtype=np.float32)[-1] + other[-1]) for other in
               [np.ones(1_300_000, dtype=np.float32) for _ in range(6)])
def faults(*works):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for each in works:
        each()
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
def beside():
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
picture = Image.new("RGB", (1000, 1000))
def decode():
    return decoding.apart(lambda _: picture, ValueError, b"")
print(faults(beside), faults(work, work, work, work))
decode()
print(faults(work))
"""


def faults(how: str) -> list[int]:
    """Of a first thread's work, of the same again and again, and after a picture was decoded."""
    folder = str(figures.ROOT / "functions" / "tryon_overlay")
    command = [sys.executable, "-c", FAULTS, folder, how]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return [int(number) for number in done.stdout.split()]


@pytest.mark.skipif(sys.platform != "linux", reason="mallopt is glibc's")
def test_memory_that_is_free_again_is_not_asked_of_the_system_anew():
    assert faults("kept")[1] < 0.1 * faults("left")[1]


@pytest.mark.skipif(not LARGE.exists() or "[never]" in LARGE.read_text(), reason="no large pages")
def test_memory_comes_in_large_pages_and_stays_so_while_a_child_decodes():
    left, kept = faults("left"), faults("kept")
    assert kept[0] < 0.2 * left[0]
    assert kept[2] < 0.1 * left[2]


def whole(field, scene):
    """A coarse field at the window's resolution, by linear interpolation in double precision."""
    if scene.factor == 1:
        return field.astype(np.float64)
    for axis, side in ((-2, scene.shape[0]), (-1, scene.shape[1])):
        last = field.shape[axis] - 1
        at = np.clip((np.arange(side) + 0.5) / scene.factor - 0.5, 0, last)
        low = np.minimum(at.astype(int), max(last - 1, 0))
        share = (at - low)[:, None] if axis == -2 else at - low
        before, after = field.take(low, axis), field.take(np.minimum(low + 1, last), axis)
        field = before.astype(np.float64) * (1 - share) + after * share
    return field


def srgb(linear):
    light = np.clip(np.asarray(linear, dtype=np.float64), 0, 1)
    return 255 * np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)


def is_near(drawn, light, mask, scene, twice=0):
    """Whether the window was drawn as that light, planes first, where the mask is; it was rounded a
    second time where `twice` is."""
    rows, columns = (
        slice(scene.top, scene.top + scene.shape[0]),
        slice(scene.left, scene.left + scene.shape[1]),
    )
    wanted = np.where(mask[..., None] > 0, srgb(np.moveaxis(light, 0, 2)), scene.window)
    off = np.abs(drawn[rows, columns] - wanted) / np.where(twice, 2, 1)
    return off.max() <= OFF + 0.5 and (off > 0.75).mean() <= SHARE


@pytest.mark.parametrize("factor", [1, 2, 3, 5])
@pytest.mark.parametrize("planes", [(), (3,)])
def test_a_part_is_enlarged_as_the_whole_is(factor, planes):
    field = np.random.default_rng(1).random((*planes, 23, 31), dtype=np.float32)
    shape = (23 * factor - 1, 31 * factor) if factor > 1 else (23, 31)
    every = fields.enlarged(field, factor, (slice(0, shape[0]), slice(0, shape[1])))
    assert every.shape[-2:] == shape
    for rows, columns in (
        ((0, 7), (0, shape[1])),
        ((5, 6), (9, 30)),
        ((11, shape[0]), (20, shape[1])),
    ):
        area = (slice(*rows), slice(*columns))
        assert (fields.enlarged(field, factor, area) == every[..., *area]).all()


def test_light_becomes_the_nearest_code():
    light = np.random.default_rng(2).uniform(-0.2, 1.2, 200_000).astype(np.float32)
    off = np.abs(colors.to_srgb(light) - srgb(light))
    assert off.max() < 0.6, "in darkest shades a step of the table is a tenth of a code"
    assert (colors.to_srgb(light.reshape(100, 20, 100)).ravel() == colors.to_srgb(light)).all()


def test_a_mask_is_drawn_where_it_may_be_and_is_nothing_elsewhere(scene):
    guide = (scene.coarse @ colors.LUMA) ** np.float32(1 / 2.2)
    chance = scene.patch(mesh.OVAL)
    slope, offset = fields.guided(chance, guide, scene.coarse_mm(2.5), 6e-4)
    plain = np.clip((whole(slope, scene) * scene.guide + whole(offset, scene)) * 1.1 - 0.05, 0, 1)
    assert np.abs(scene._followed(chance) - plain).max() < 1e-4


@pytest.mark.parametrize("finish", ["matte", "natural", "dewy"])
@pytest.mark.parametrize("ratio", [(0.45, 0.38, 0.33), (1.1, 1.4, 2.6)])
@pytest.mark.parametrize("coverage", [0.6, 1.0])
def test_a_foundation_is_that_of_its_formula(scene, finish, ratio, coverage):
    drawn = makeup.foundation(scene, makeup.Foundation(np.array(ratio), coverage, finish))
    mask, gloss = scene.fading_mask.astype(np.float64), whole(scene.gloss, scene)
    bare = np.maximum(scene.planes - gloss, 0) * (1 - coverage * whole(scene.unevenness, scene))
    skin = scene.skin.color
    gained = np.maximum(np.array(ratio) - 1.6, 0) * skin / (skin @ colors.LUMA)
    covered = bare * np.minimum(ratio, 1.6)[:, None, None] + makeup.GLOSS[finish] * gloss
    covered += np.tensordot(colors.LUMA, bare, 1) * gained[:, None, None]
    lips = makeup.lips_under(np.array(ratio), skin)[:, None, None]
    assert (lips == 1).all() == (ratio[0] > 1), "they follow a much deeper one"
    light = (scene.planes * (1 - mask) + covered * mask) * (1 + (lips - 1) * scene.lips)
    painted = scene.lips * (lips != 1).any()
    assert is_near(drawn, light, np.maximum(mask, painted), scene, painted[..., None] > 0)


@pytest.mark.parametrize("kind", ["blush", "contour"])
def test_a_tint_is_that_of_its_formula(scene, kind):
    strokes = mesh.BLUSH if kind == "blush" else mesh.CONTOURS
    color = makeup.Color(colors.linear_of_hex("#d8556a"), 0.5)
    tint = makeup.Tint(makeup.BRIGHTEST[kind], 8.0, 0.5)
    drawn = makeup.tinted(scene, color, strokes, tint)
    ratio = makeup.tinting(scene.cheeks, color, tint)[:, None, None]
    mask, gloss = whole(scene.strokes(strokes, 0.5), scene), whole(scene.gloss, scene)
    mask = np.where(mask > 1e-3, mask, 0)
    tinted = np.maximum(scene.planes - gloss, 0) * ratio + gloss
    assert is_near(drawn, scene.planes * (1 - mask) + tinted * mask, mask, scene)


LOADED = """
import sys
sys.path[:0] = sys.argv[2:]
import tryon_overlay
from backshop.connect.try_on import looks
from vision import pictures, render, tone
scene, _ = render.sit(open(sys.argv[1], "rb").read())
tone.read(scene)
spec = {"kind": "foundation", "shade": "#c68f6a", "coverage": 0.8, "finish": "matte"}
pictures.encoded(render.draw(scene, looks.look_of({"try_on": spec}), render.Setting(), {}))
print([name for name in ("pydantic", "numpy.ma", "botocore.session") if name in sys.modules])
"""


def test_the_first_picture_loads_no_more_than_it_needs(tmp_path):
    (tmp_path / "selfie.png").write_bytes(figures.as_png(figures.astronaut()))
    folders = ("functions/tryon_overlay", "layers/vision", "shared")
    command = [sys.executable, "-c", LOADED, str(tmp_path / "selfie.png")]
    command += [str(figures.ROOT / folder) for folder in folders]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@pytest.mark.parametrize("kind", [np.float32, np.float64, np.uint8])
@pytest.mark.parametrize("shape", [(1, 3), (2, 3), (5, 2), (6, 3), (101, 2)])
def test_medians_and_quantiles_are_those_of_numpy(kind, shape):
    values = (np.random.default_rng(7).random(shape) * 255).astype(kind)
    for axis in (None, 0, 1):
        assert np.array_equal(fields.median(values, axis), np.median(values, axis=axis))
        for share in (0.08, 0.1, 0.97):
            want = np.quantile(values, share, axis=axis)
            assert fields.quantile(values, share, axis) == pytest.approx(want, rel=1e-5)
    assert np.isnan(fields.median(values[:0], 0)).all()
