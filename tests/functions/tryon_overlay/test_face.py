"""Landmarks: every face, whichever way up, the same for a mirrored picture, with the head's
pose."""

import numpy as np
import pytest
from PIL import Image, ImageOps
from vision import face, mesh

from bench.try_on import figures


def eyes(found: face.Face) -> float:
    return float(np.linalg.norm(found.points[33, :2] - found.points[263, :2]))


def astronaut() -> face.Face:
    found = face.find(figures.astronaut())
    assert found is not None
    return found


def test_a_face_has_478_points_where_it_is():
    found = astronaut()
    assert found.points.shape == (478, 3)
    assert found.others == 0
    # Read off the picture by eye: the pupils, the tip of the nose, the corners of the mouth.
    seen = {468: (203, 102), 473: (248, 103), 4: (225, 127), 61: (204, 140), 291: (245, 142)}
    for index, place in seen.items():
        assert np.linalg.norm(found.points[index, :2] - place) < 5, index


def test_the_detector_has_its_896_anchors():
    anchors = face._anchors()
    assert anchors.shape == (896, 2)
    assert np.allclose(anchors[0], 0.5 / 16)
    assert np.allclose(anchors[-1], 7.5 / 8)


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_turned_pictures_show_the_same_face(turns):
    upright = astronaut()
    image = figures.astronaut().rotate(90 * turns, expand=True)
    found = face.find(image)
    assert found is not None
    back = found.points[:, :2]
    for _ in range(turns):
        back = np.stack([512 - back[:, 1], back[:, 0]], axis=1)
    assert np.linalg.norm(back - upright.points[:, :2], axis=1).mean() < 0.03 * eyes(upright)


def test_a_mirrored_picture_has_mirrored_landmarks():
    upright = astronaut()
    mirrored = face.find(ImageOps.mirror(figures.astronaut()))
    assert mirrored is not None
    back = mirrored.points[list(mesh.MIRRORED)]
    back[:, 0] = 512 - back[:, 0]
    assert np.linalg.norm((back - upright.points)[:, :2], axis=1).mean() < 0.01 * eyes(upright)
    assert mirrored.yaw == pytest.approx(-upright.yaw, abs=1)


@pytest.mark.parametrize("roll", [-20, 12])
def test_roll_is_read_in_degrees(roll):
    turned = figures.astronaut().rotate(-roll, center=(224, 120), fillcolor=(120, 120, 120))
    found = face.find(turned)
    assert found is not None
    assert found.roll == pytest.approx(astronaut().roll + roll, abs=2.5)


def test_the_pose_is_that_of_the_head_that_made_the_points():
    turn = np.radians(25)
    about_y = np.array(
        [[np.cos(turn), 0, -np.sin(turn)], [0, 1, 0], [np.sin(turn), 0, np.cos(turn)]]
    )
    points = np.zeros((478, 3))
    points[list(mesh.RIGID)] = 2.5 * mesh.HEAD @ about_y.T + [300, 200, 0]
    rotation, scale, origin = face.pose(points)
    assert np.allclose(rotation, about_y)
    assert scale == pytest.approx(2.5)
    assert np.allclose(origin, [300, 200, 0])
    assert face.Face(points, 1, 0, rotation, scale, origin).yaw == pytest.approx(25)


def test_no_face_is_none():
    assert face.find(Image.new("RGB", (600, 400), (90, 120, 90))) is None


def test_every_shared_portrait_shows_a_face():
    faces = sorted(figures.FACES.glob("*.jpg"))
    if not faces:
        pytest.skip(figures.NO_FACES)
    for path in faces:
        found = face.find(Image.open(path).convert("RGB"))
        assert found is not None, path.name
        assert found.others == 0, path.name
        assert abs(found.yaw) < 35, path.name


def test_a_small_face_in_a_large_picture_is_small_and_not_missing():
    from vision import render

    whole = Image.new("RGB", (1024, 1024), (128, 140, 120))
    whole.paste(figures.astronaut().resize((160, 160)), (700, 560))
    with pytest.raises(render.Refused) as refused:
        render.sit(figures.as_png(whole))
    assert refused.value.code == "face_too_small"


def test_a_hand_before_a_face_covers_it():
    path = figures.FACES / "m9.jpg"
    if not path.exists():
        pytest.skip("../shared/faces is not here: the hand is from there")
    hand = Image.open(path).convert("RGB").crop((249, 845, 455, 1051))
    picture = Image.open(figures.FACES / "f6.jpg").convert("RGB")
    found = face.find(picture)
    assert found is not None
    assert not face.hand_before(picture, found)
    side = int(120 * found.scale)
    middle = found.points[[4, 152], :2].mean(axis=0) - side / 2
    disc = Image.radial_gradient("L").resize((side, side)).point(lambda v: 255 if v < 150 else 0)
    picture.paste(hand.resize((side, side)), tuple(middle.astype(int).tolist()), disc)
    covered = face.find(picture)
    assert covered is not None
    assert face.hand_before(picture, covered)
