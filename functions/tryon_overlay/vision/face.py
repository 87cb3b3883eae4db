"""Finds the face of a picture: BlazeFace for where it is, FaceMesh V2 for its 478 points."""

import importlib.util
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray
from PIL import Image

from . import mesh

Points = NDArray[np.float64]
Tensor = NDArray[np.float32]

FOUND = 0.5  # the detector's score from which it is a face
CERTAIN = 0.95  # the score from which no other orientation is tried; heads on their side reach 0.93
CLOSE = 0.2  # orientations whose scores differ by less are told apart by their landmarks
PRESENT = (
    4.0  # the logit from which landmarks are a face's; of 25 portraits all reach 14, a cat 0.9
)
SURE = 14.0  # the logit from which they are one's the right way up; others stay below 13
_SIDE = 128  # of the detector's input
_GRIDS = ((16, 2), (8, 6))  # cells a side, anchors a cell: 16·16·2 + 8·8·6 = 896 boxes
_SHARES = (0.6, 0.3)  # sides of the parts in which small faces are looked for, one after the other
_PALM = 0.8  # the palm detector's score from which a hand is there
_PALM_SIDE, _PALM_AREA = 192, 2.2  # of its input, and what that shows, in sizes of the face
_PALM_GRIDS = ((24, 2), (12, 6))
_LIKELY, _SMALL = 0.6, 80  # score and size in pixels of a box that may be a small face
_EQUAL = 0.92  # faces of this share of the largest one's size count as equally large
_SHARED = 0.3  # boxes that overlap more than this are one face
_CROP = 256  # side of the landmark network's input
_MARGIN = 1.5  # side of that crop, in sizes of the face
_PASSES = 2  # crops that follow the landmarks of the one before, after the detector's


@dataclass(frozen=True, eq=False)
class Box:
    """One detected face, in pixels of the picture: its square and its right and left eye."""

    score: float
    center: Points
    size: float
    eyes: Points


@dataclass(frozen=True)
class Face:
    """478 landmarks in pixels of the picture; z has the same scale and grows away from the viewer.

    A head point X (`mesh.HEAD`, millimetres) lies at `origin` + `scale` · `rotation` · X; `others`
    counts the further faces in the picture.
    """

    points: Points
    score: float
    others: int
    rotation: Points
    scale: float
    origin: Points

    @property
    def yaw(self) -> float:
        """Degrees; positive turns the nose to the right of the picture."""
        return math.degrees(math.atan2(-self.rotation[0, 2], self.rotation[2, 2]))

    @property
    def pitch(self) -> float:
        """Degrees; positive looks down."""
        return math.degrees(math.asin(max(-1.0, min(1.0, -float(self.rotation[1, 2])))))

    @property
    def roll(self) -> float:
        """Degrees; positive turns the head clockwise in the picture."""
        return math.degrees(math.atan2(self.rotation[1, 0], self.rotation[0, 0]))


def find(picture: Image.Image) -> Face | None:
    """The largest face of an RGB picture, or None; of equals the leftmost, then the topmost."""
    for boxes in detect(picture):
        found = _best(picture, boxes)
        if found is not None:
            return found
    return None


def _best(picture: Image.Image, orientations: list[list[Box]]) -> Face | None:
    """The face in the orientation that its landmarks fit best; None where they fit none."""
    best: tuple[float, Points, int] | None = None
    for boxes in orientations:
        points, score = _first_look(picture, boxes)
        if best is None or score > best[0]:
            best = (score, points, len(boxes) - 1)
        if score > SURE:
            break
    if best is None:
        return None
    score, points, others = best
    for _ in range(_PASSES):
        points, score = landmarks(picture, *_around(points), both_ways=True)
    return Face(points, score, others, *pose(points)) if score > PRESENT else None


def detect(picture: Image.Image) -> Iterator[list[list[Box]]]:
    """All faces, as each orientation that may be the right one shows them: in the whole picture,
    and then, for small ones, in smaller and smaller parts of it."""
    yield _search(picture)
    for share in _SHARES:
        parts = [
            Box(box.score, box.center + corner, box.size, box.eyes + corner)
            for corner, part in _parts(picture, share)
            for boxes in _search(part)[:1]
            for box in boxes
        ]
        if parts:
            yield [_merged(parts)]


def small(picture: Image.Image) -> bool:
    """Whether there is what may be a face, but too small for landmarks."""
    every = (box for level in detect(picture) for boxes in level for box in boxes)
    return any(box.score > _LIKELY and box.size < _SMALL for box in every)


def hand_before(picture: Image.Image, face: Face) -> bool:
    """Whether a palm lies over a face."""
    low, high = face.points[:, :2].min(axis=0), face.points[:, :2].max(axis=0)
    side = _PALM_AREA * float((high - low).max())
    corner = (low + high - side) / 2
    step = side / _PALM_SIDE
    crop = picture.transform(
        (_PALM_SIDE, _PALM_SIDE),
        Image.Transform.AFFINE,
        (step, 0, corner[0], 0, step, corner[1]),
        Image.Resampling.BILINEAR,
    )
    regressors, scores = network("hand_detector")(_tensor(crop) / np.float32(255))
    chances = _sigmoid(scores.ravel())
    best = int(chances.argmax())
    anchor = _centers(_PALM_GRIDS)[best] * _PALM_SIDE
    middle = (regressors.reshape(-1, 18)[best, :2] + anchor) * step + corner
    return bool(chances[best] > _PALM and ((middle > low) & (middle < high)).all())


def _first_look(picture: Image.Image, boxes: list[Box]) -> tuple[Points, float]:
    """Landmarks and score of the largest face, from where the detector saw it."""
    largest = max(box.size for box in boxes)
    equals = [box for box in boxes if box.size > _EQUAL * largest]
    box = min(equals, key=lambda each: (round(each.center[0]), each.center[1]))
    right, left = box.eyes
    return landmarks(picture, box.center, _MARGIN * box.size, math.atan2(*(left - right)[::-1]))


def landmarks(
    picture: Image.Image, center: Points, size: float, angle: float, both_ways: bool = False
) -> tuple[Points, float]:
    """(478, 3) points in pixels, and the logit that they are a face's, from a square turned by
    `angle`.

    `both_ways` also reads the square mirrored and takes the mean: steadier, and the same for a
    mirrored selfie.
    """
    step = size / _CROP
    along = np.array([math.cos(angle), math.sin(angle)]) * step
    across = np.array([-along[1], along[0]])
    corner = center - (along + across) * _CROP / 2
    frame = np.stack([along, across, corner], axis=1)
    crop = picture.transform(
        (_CROP, _CROP), Image.Transform.AFFINE, frame.ravel().tolist(), Image.Resampling.BILINEAR
    )
    pixels = _tensor(crop) / np.float32(255)
    local, score = _read(pixels)
    if both_ways:
        mirrored, _ = _read(pixels[:, :, ::-1])
        mirrored[:, 0] = _CROP - mirrored[:, 0]
        local = (local + mirrored[list(mesh.MIRRORED)]) / 2
    flat = local[:, :2] @ frame[:, :2].T + corner
    return np.column_stack([flat, local[:, 2] * step]), score


def _read(pixels: Tensor) -> tuple[Points, float]:
    """The network's points in its input's pixels, and its logit."""
    points, presence, _ = network("face_landmarks_detector")(pixels)
    return points.reshape(-1, 3).astype(np.float64), float(presence.ravel()[0])


def pose(points: Points) -> tuple[Points, float, Points]:
    """Rotation (3, 3), scale and origin of the head: the similarity that fits best (Umeyama
    1991)."""
    seen = points[list(mesh.RIGID)]
    middle, head_middle = seen.mean(axis=0), mesh.HEAD.mean(axis=0)
    head = mesh.HEAD - head_middle
    u, stretch, v = np.linalg.svd((seen - middle).T @ head)
    signs = np.array([1.0, 1.0, np.sign(np.linalg.det(u @ v))])
    rotation = (u * signs) @ v
    scale = float((stretch * signs).sum() / (head**2).sum())
    return rotation, scale, middle - scale * rotation @ head_middle


def _around(points: Points) -> tuple[Points, float, float]:
    """The square of the second crop: center, size and angle, from landmarks."""
    right, left = points[list(mesh.EYE_CORNERS), :2]
    angle = math.atan2(*(left - right)[::-1])
    axes = np.array([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]])
    turned = points[:, :2] @ axes.T
    low, high = turned.min(axis=0), turned.max(axis=0)
    return axes.T @ ((low + high) / 2), _MARGIN * float((high - low).max()), angle


def _search(picture: Image.Image) -> list[list[Box]]:
    """Faces in each orientation that may be right, best first, in coordinates of the picture."""
    longest = max(picture.size)
    small = picture.resize(
        [max(1, round(side * _SIDE / longest)) for side in picture.size],
        Image.Resampling.BILINEAR,
        reducing_gap=2.0,
    )
    square = Image.new("RGB", (_SIDE, _SIDE))
    offset = np.array([(_SIDE - small.width) // 2, (_SIDE - small.height) // 2])
    square.paste(small, tuple(offset.tolist()))
    pixels = _tensor(square) / np.float32(127.5) - 1
    found = []
    for turns in range(4):
        boxes = _detect(pixels, turns)
        if boxes:
            found.append(boxes)
        if boxes and boxes[0].score >= CERTAIN:
            break
    found.sort(key=lambda boxes: -boxes[0].score)
    scale = longest / _SIDE
    return [
        [
            Box(
                each.score,
                (each.center - offset) * scale,
                each.size * scale,
                (each.eyes - offset) * scale,
            )
            for each in boxes
        ]
        for boxes in found
        if boxes[0].score > found[0][0].score - CLOSE
    ]


def _detect(pixels: Tensor, turns: int) -> list[Box]:
    """Faces of the square turned by quarter turns counter-clockwise, in its own pixels, best
    first."""
    regressors, scores = network("face_detector")(np.rot90(pixels, turns, axes=(1, 2)))
    chances = _sigmoid(scores.ravel())
    kept = np.flatnonzero(chances >= FOUND)
    values = regressors.reshape(-1, 8, 2)[kept].astype(np.float64)
    spots = values[:, (0, 2, 3)] + _anchors()[kept, None] * _SIDE
    for _ in range(turns):
        spots = np.stack([_SIDE - spots[..., 1], spots[..., 0]], axis=-1)
    sizes = values[:, 1].max(axis=1)
    return _merged(
        [
            Box(float(chance), spot[0], float(size), spot[1:])
            for chance, spot, size in zip(chances[kept], spots, sizes, strict=True)
        ]
    )


def _parts(picture: Image.Image, share: float) -> list[tuple[Points, Image.Image]]:
    """Overlapping parts of a picture, of that share of its sides, with where they begin."""
    width, height = (round(share * side) for side in picture.size)
    steps = math.ceil((1 - share) / (0.75 * share))
    across, down = (
        [round(n * rest / steps) for n in range(steps + 1)]
        for rest in (picture.width - width, picture.height - height)
    )
    corners = [(x, y) for y in down for x in across]
    if steps == 1:
        corners.append(((picture.width - width) // 2, (picture.height - height) // 2))
    return [
        (np.array(corner), picture.crop((*corner, corner[0] + width, corner[1] + height)))
        for corner in corners
    ]


def _merged(boxes: list[Box]) -> list[Box]:
    """One box a face: overlapping ones become their mean, weighted by score."""
    rest = sorted(boxes, key=lambda box: -box.score)
    faces = []
    while rest:
        same = [box for box in rest if _overlap(rest[0], box) > _SHARED]
        rest = [box for box in rest if box not in same]
        weights = np.array([box.score for box in same])
        weights /= weights.sum()
        faces.append(
            Box(
                same[0].score,
                np.tensordot(weights, [box.center for box in same], 1),
                float(weights @ [box.size for box in same]),
                np.tensordot(weights, [box.eyes for box in same], 1),
            )
        )
    return faces


def _overlap(one: Box, other: Box) -> float:
    """Intersection over union of two squares."""
    reach = (one.size + other.size) / 2
    sides = np.clip(
        np.minimum(reach - np.abs(one.center - other.center), min(one.size, other.size)), 0, None
    )
    shared = float(sides.prod())
    return shared / max(one.size**2 + other.size**2 - shared, 1e-9)


def _anchors() -> Points:
    """Centers of the detector's 896 boxes, 0 to 1, row by row."""
    return _centers(_GRIDS)


@cache
def _centers(grids: tuple[tuple[int, int], ...]) -> Points:
    """Centers of a detector's boxes, 0 to 1, row by row."""
    centers = []
    for cells, boxes in grids:
        line = (np.arange(cells) + 0.5) / cells
        grid = np.stack(np.meshgrid(line, line), axis=-1).reshape(-1, 2)
        centers.append(np.repeat(grid, boxes, axis=0))
    return np.concatenate(centers)


def _tensor(image: Image.Image) -> Tensor:
    return np.asarray(image, dtype=np.float32)[None]


def _sigmoid(logits: Tensor) -> Tensor:
    return 1 / (1 + np.exp(-np.clip(logits, -80, 80)))


@cache
def network(name: str) -> Callable[[Tensor], list[Tensor]]:
    """A loaded model as a function from its input to its outputs."""
    model = Interpreter(str(models() / f"{name}.tflite"), num_threads=1)
    model.allocate_tensors()
    entry = model.get_input_details()[0]["index"]
    exits = [output["index"] for output in model.get_output_details()]

    def run(tensor: Tensor) -> list[Tensor]:
        model.set_tensor(entry, np.ascontiguousarray(tensor))
        model.invoke()
        return [model.get_tensor(index) for index in exits]

    return run


def load() -> None:
    """Load the networks that every picture needs."""
    for name in ("face_detector", "face_landmarks_detector", "hand_detector"):
        network(name)


def has(name: str) -> bool:
    """Whether the layer holds an optional model."""
    return (models() / f"{name}.tflite").is_file()


@cache
def models() -> Path:
    """The folder of the .tflite files, a package without code that the vision layer installs."""
    spec = importlib.util.find_spec("face_models")
    if spec is None or not spec.submodule_search_locations:
        raise RuntimeError("The face models are missing: build the vision layer (make setup).")
    return Path(next(iter(spec.submodule_search_locations)))
