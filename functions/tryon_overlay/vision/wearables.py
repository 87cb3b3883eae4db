"""Glasses, hats and earrings: transparent pictures laid on surfaces around the head.

Each product is a front view of known width. It becomes a surface in head coordinates (`mesh.HEAD`,
millimetres), every pixel of the selfie near it is traced back to that surface, and what lies behind
the face is left out.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from . import fields
from .colors import Bytes, Floats, to_linear, to_srgb
from .face import Points
from .fields import Area
from .scene import Scene

# The head's mean shape is what pictures show, so the usual perspective is in it already. What lies
# off it, further back, shrinks as if the camera were this many millimetres away.
_DISTANCE = 900.0
_FRAME_AT = (0.0, 3.0, -8.0)  # where the bridge of a pair of glasses sits
_FRAME_BEND = 9.0  # how far the ends of a frame bend back
_FRAME_TILT = 0.12  # how far a frame's lower edge leans in, per millimetre down
_EAR_TOP = (76.0, 2.0, 88.0)  # where an arm of the glasses ends
_LOBE = (77.0, 63.0, 86.0)
_EAR_HIDDEN = 13.0  # degrees of yaw from which a cheek hides the far ear
_EAR_ALIKE = 5.0  # degrees of yaw up to which both lobes show at mirrored places
_APART = 12.0  # how far they may lie from there where both are seen
_SHOWN = 3.0  # square millimetres of an ear above its lobe by which it is seen
_LOBE_OFF = 15.0  # how far a lobe may lie from there to be believed
_CELL = 0.4  # mm that an ear is looked at by
_NEAR, _ABOVE, _EAR_CELLS = 24.0, 30.0, (105, 140)  # what is looked at around the expected lobe
_GAP = 0.8  # half as wide as what breaks no ear
_PIERCED = 3.0  # how far above its lowest point a lobe is pierced
_HEAD_AXIS = 88.0  # from between the eyes back to the axis of the skull
_BAND = -36.0  # the height at which a hat's edge sits
_FALL, _FALLS = 0.9, 75.0  # how steeply hair falls beside a hat, and how far down at most
_STRAY = 5.0  # how far hair strays beyond the outline of a person
_HAT_TILT = 0.22  # how far that edge goes down towards the back, per millimetre

Surface = Callable[[NDArray[np.floating], NDArray[np.floating]], NDArray[np.floating]]
Layer = tuple[Floats, Area]  # premultiplied linear RGBA, and the part of the picture it covers


@dataclass(frozen=True, eq=False)
class Camera:
    """Where head coordinates fall in the picture."""

    rotation: Points
    origin: Points
    scale: float

    def seen(self, points: Points) -> Points:
        """Pixels (x, y) of head points in the last axis."""
        turned = points @ self.rotation.T
        near = _DISTANCE / (_DISTANCE + turned[..., 2:])
        return self.origin + self.scale * turned[..., :2] * near

    def traced(self, area: Area, surface: Surface) -> tuple[Floats, Floats, Floats]:
        """Head coordinates of the points of a surface z = surface(x, y) that the pixels show."""
        y, x = np.mgrid[area].astype(np.float32) + np.float32(0.5)
        p, q = (x - self.origin[0]) / self.scale, (y - self.origin[1]) / self.scale
        r, d = self.rotation, _DISTANCE
        a, b = d * r[0, 0] - p * r[2, 0], d * r[0, 1] - p * r[2, 1]
        c, e = d * r[1, 0] - q * r[2, 0], d * r[1, 1] - q * r[2, 1]
        determinant = a * e - b * c
        z = np.zeros_like(p)
        for _ in range(4):
            u = p * (d + r[2, 2] * z) - d * r[0, 2] * z
            v = q * (d + r[2, 2] * z) - d * r[1, 2] * z
            hx, hy = (u * e - b * v) / determinant, (a * v - u * c) / determinant
            z = surface(hx, hy).astype(np.float32)
        return hx, hy, z

    def depth(self, x: Floats, y: Floats, z: Floats) -> Floats:
        """Millimetres behind the eyes."""
        return self.rotation[2, 0] * x + self.rotation[2, 1] * y + self.rotation[2, 2] * z


def eyewear(scene: Scene, image: Image.Image, width: float, bridge: float, light: Floats) -> Bytes:
    """Glasses `width` mm wide; `bridge` is the fraction of their height at which they sit on the
    nose."""
    camera = _camera(scene)
    height = width * image.height / image.width
    top = _FRAME_AT[1] - bridge * height

    def front(x: NDArray[np.floating], y: NDArray[np.floating]) -> NDArray[np.floating]:
        bend = _FRAME_BEND * (2 * x / width) ** 2
        return _FRAME_AT[2] + bend - _FRAME_TILT * (y - _FRAME_AT[1])

    area = _area(scene, camera, width, top, top + height, front)
    x, y, z = camera.traced(area, front)
    layer = sampled(image, x / width + 0.5, (y - top) / height, width * camera.scale)
    layer *= _before_face(scene, camera.depth(x, y, z), area, clear=8)[..., None]
    layer[..., :3] *= side_light(scene, x)[..., None]
    # Frames go over a fringe, but under what hangs beside the face.
    hung = np.clip(2 * _in_front(scene, area) - 1, 0, 1)
    layer *= 1 - (hung * np.clip((np.abs(x) - 62) / 5, 0, 1))[..., None]
    arms = _arms(scene, camera, image, width, top, front)
    return laid(scene, [*arms, (layer, area)], light, drop=2.2)


def headwear(scene: Scene, image: Image.Image, width: float, band: float, light: Floats) -> Bytes:
    """A hat `width` mm wide; the edge at the fraction `band` of its height sits above the brows.

    What hangs lower than that edge goes behind the face.
    """
    face = scene.face
    yaw = np.radians(face.yaw)
    radius = width / 2
    height = width * image.height / image.width
    top = _BAND - band * height
    # A round crown looks the same from every side: it is traced unturned, and its picture shifted.
    unturned = face.rotation @ _about_y(yaw)
    axis = np.array([0.0, 0.0, _HEAD_AXIS])
    camera = Camera(
        unturned,
        face.origin[:2] + face.scale * (face.rotation @ axis - unturned @ axis)[:2],
        face.scale,
    )

    def crown(x: NDArray[np.floating], _y: NDArray[np.floating]) -> NDArray[np.floating]:
        return _HEAD_AXIS - 0.9 * radius * np.sqrt(np.clip(1 - (x / radius) ** 2, 0, 1))

    area = _area(scene, camera, width, top, top + height + _HAT_TILT * radius, crown)
    x, y, z = camera.traced(area, crown)
    y = y - _HAT_TILT * (z - (_HEAD_AXIS - 0.9 * radius))
    around = np.clip(np.arcsin(np.clip(x / radius, -1, 1)) - 0.5 * yaw, -1.45, 1.45)
    across = np.where(np.abs(x) <= radius, np.sin(around) / 2 + 0.5, -1)
    layer = sampled(image, across, (y - top) / height, width * camera.scale)
    inner = _part(scene, scene.fine(scene.face_fields[0]), area)
    layer *= (1 - inner * np.clip((y - _BAND - 4) / 8, 0, 1))[..., None]
    layer[..., :3] *= side_light(scene, x)[..., None]
    return laid(scene, [(layer, area)], light, drop=5.0, behind=_pushed_aside(scene, radius))


def _pushed_aside(scene: Scene, radius: float) -> Layer:
    """What lies behind the hair, above the edge of a hat: it holds hair down, and none stands
    out. Beside the hat, whose half width is `radius` mm, hair falls away from its edge."""
    body, step = scene.body, 4
    pixels = scene.pixels
    y, x = np.mgrid[: pixels.shape[0], : pixels.shape[1]].astype(np.float32)
    right = np.array([-scene.up[1], scene.up[0]])
    x, y = x - np.float32(scene.face.origin[0]), y - np.float32(scene.face.origin[1])
    down = -(x * scene.up[0] + y * scene.up[1]) / scene.face.scale
    across = np.abs(x * right[0] + y * right[1]) / scene.face.scale
    edge = _BAND - 3 + np.clip(_FALL * (across - radius + 6), 0, _FALLS)
    above = np.clip((edge - down) / 6, 0, 1) * np.clip((170 - across) / 25, 0, 1)
    person = np.clip(1.6 * body.matte - 0.1, 0, 1)
    light = to_linear(fields.reduced(pixels, step))
    stray = scene.mm(_STRAY) / step
    wide = _widest(_reduced_field(person, step), max(1, round(stray)))
    seen = 1 - wide
    behind, weight = light * 0, np.zeros(light.shape[:2], dtype=np.float32)
    for reach in (2.0, 6.0, 18.0, 50.0):
        blur = scene.mm(reach) / step
        share = fields.blurred(seen**2, blur)
        found = fields.blurred(light * (seen**2)[..., None], blur) / (share + 1e-6)[..., None]
        new = np.clip(share / 0.05, 0, 1) * (1 - weight)
        behind, weight = behind + found * new[..., None], weight + new
    fine = [
        np.asarray(
            Image.fromarray(np.ascontiguousarray(plane, dtype=np.float32)).resize(
                (pixels.shape[1], pixels.shape[0]), Image.Resampling.BILINEAR
            )
        )
        for plane in (*np.moveaxis(behind, 2, 0), weight * fields.blurred(wide, stray / 2))
    ]
    cover = np.maximum(person, np.clip(1.3 * fine[3], 0, 1)) * above
    layer = np.stack([plane * cover for plane in fine[:3]] + [cover], axis=-1).astype(np.float32)
    return layer, (slice(0, pixels.shape[0]), slice(0, pixels.shape[1]))


def _reduced_field(field: Floats, step: int) -> Floats:
    return np.asarray(Image.fromarray(np.ascontiguousarray(field, dtype=np.float32)).reduce(step))


def _widest(mask: Floats, by: int) -> Floats:
    """A mask grown by so many pixels."""
    image = Image.fromarray(np.rint(mask * 255).astype(np.uint8))
    return np.asarray(image.filter(ImageFilter.MaxFilter(2 * by + 1)), dtype=np.float32) / 255


def earrings(
    scene: Scene, image: Image.Image, height: float, hook: tuple[float, float], light: Floats
) -> Bytes | None:
    """A pair `height` mm high, hung from the lobes by `hook` (fractions of the picture).

    The picture shows the one for the left ear, on the right of a selfie. None where hair or the
    turn of the head hides both lobes.
    """
    camera = _camera(scene)
    layers = []
    mirrored = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    for side, lowest in lobes(scene).items():
        picture = image if side > 0 else mirrored
        depth = float(camera.rotation[2] @ np.array([side * _LOBE[0], *_LOBE[1:]]))
        tall = height * camera.scale * _DISTANCE / (_DISTANCE + depth)
        size = np.array([tall * image.width / image.height, tall])
        hung = lowest + scene.mm(_PIERCED) * scene.up
        corner = hung - size * (hook if side > 0 else (1 - hook[0], hook[1]))
        area = _cut(scene, corner, corner + size)
        y, x = np.mgrid[area].astype(np.float32) + np.float32(0.5)
        layer = sampled(picture, (x - corner[0]) / size[0], (y - corner[1]) / size[1], size[0])
        whole = float(layer[..., 3].sum())
        layer *= _before_face(scene, np.full(x.shape, depth, np.float32), area, clear=4)[..., None]
        layer *= 1 - _in_front(scene, area)[..., None]
        if float(layer[..., 3].sum()) > 0.35 * whole:
            layers.append((layer, area))
    return laid(scene, layers, light, drop=1.5) if layers else None


def lobes(scene: Scene) -> dict[int, Points]:
    """The lowest skin of each ear (1 the person's left, -1 the right) beyond the face's outline, in
    pixels.

    An ear is missing that the head hides, or hair, or whose lowest skin lies too far from where
    lobes are. Where one lobe is found the other is where it mirrors it, if an ear shows there.
    """
    skins = {side: _ear_skin(scene, side) for side in (1, -1)}
    lows = _agreed({side: _believed(skin) for side, skin in skins.items()})
    found = {}
    for side, low in lows.items():
        other = lows[-side]
        if low is None and other is not None and abs(scene.face.yaw) < _EAR_ALIKE:
            low = other if _shows(skins[side], other) else None
        if low is not None:
            outwards = side * np.array([-scene.up[1], scene.up[0]])
            at = _expected(scene, side) + scene.mm(low[0]) * outwards - scene.mm(low[1]) * scene.up
            found[side] = np.asarray(at)
    return found


def _expected(scene: Scene, side: int) -> Points:
    """Where in the picture a lobe mostly is."""
    return _camera(scene).seen(np.array([side * _LOBE[0], *_LOBE[1:]]))


def _believed(skin: NDArray[np.bool_] | None) -> tuple[float, float] | None:
    """`_lowest`, unless it is too far from where lobes are."""
    low = None if skin is None else _lowest(skin)
    return None if low is None or np.hypot(*low) > _LOBE_OFF else low


def _agreed(lows: dict[int, tuple[float, float] | None]) -> dict[int, tuple[float, float] | None]:
    """None of two places that mirror each other badly: one of them is no lobe."""
    kept = [low for low in lows.values() if low is not None]
    apart = len(kept) == 2 and np.hypot(*np.subtract(*kept)) > _APART
    return dict.fromkeys(lows) if apart else lows


def _shows(skin: NDArray[np.bool_] | None, low: tuple[float, float]) -> bool:
    """Whether an ear's skin is seen just above its lowest point."""
    if skin is None:
        return False
    column, row = round((low[0] + _NEAR) / _CELL), round((low[1] + _ABOVE) / _CELL)
    beside, above = round(4 / _CELL), round(8 / _CELL)
    part = skin[max(row - above, 0) : row, max(column - beside, 0) : column + beside]
    return float(part.sum()) * _CELL**2 > _SHOWN


def _ear_skin(scene: Scene, side: int) -> NDArray[np.bool_] | None:
    """Where the skin of an ear shows beside the face, in cells of `_CELL` mm, upright and with the
    face on the left, from `_NEAR` before the expected lobe and `_ABOVE` above it; None where there
    is none."""
    yaw = scene.face.yaw
    if abs(yaw) > _EAR_HIDDEN and np.sign(yaw) == side:
        return None
    expected = _expected(scene, side)
    outwards = side * np.array([-scene.up[1], scene.up[0]])
    corner = expected - scene.mm(_NEAR) * outwards + scene.mm(_ABOVE) * scene.up
    across, down = scene.mm(_CELL) * outwards, scene.mm(-_CELL) * scene.up
    frame = tuple(np.column_stack([across, down, corner]).ravel())

    def upright(field: Floats | Bytes) -> NDArray[Any]:
        image = Image.fromarray(np.ascontiguousarray(field))
        cut = image.transform(_EAR_CELLS, Image.Transform.AFFINE, frame, Image.Resampling.BILINEAR)
        return np.asarray(cut)

    light = to_linear(upright(scene.pixels)) + np.float32(3e-3)
    logs = [fields.blurred(plane, 0.5 / _CELL) for plane in np.moveaxis(np.log(light), 2, 0)]
    level, chroma = logs[1], np.stack([logs[0], logs[2]]) - logs[1]
    body = scene.body
    matte, open_ = upright(body.around_ear(expected)), upright(body.hair) < 0.4
    open_ &= upright(body.face) < 0.5
    y, x = np.mgrid[: level.shape[0], : level.shape[1]] * _CELL
    seed = ((x - _NEAR) / 9) ** 2 + ((y - _ABOVE + 16) / 16) ** 2 < 1
    seed &= open_ & (matte > 0.5) & (upright(body.shaded_skin) > 0.2)
    if seed.sum() < (2 / _CELL) ** 2:
        return None
    usual, middle = fields.median(level[seed]), fields.median(chroma[:, seed], axis=1)
    far = _unlike(level - usual, chroma, middle)
    # Where the picture hardly tells a person from what is behind, the colour has to be the same.
    return np.asarray(open_ & (far < 3.2) & ((matte > 0.5) | ((matte > 0.4) & (far < 1))))


def _unlike(brighter: Floats, chroma: Floats, middle: Floats) -> Floats:
    """How far colours are from an ear's. Lobes are full of light: as far as one is brighter, white
    light may be mixed into its colour, if some of that is left."""
    own = middle[:, None, None]
    saturation = max(float(np.linalg.norm(middle)), 0.03)
    share = ((own - chroma) * own).sum(axis=0) / saturation**2
    left = (1 - share) * saturation
    white = np.clip(share, 0, 0.6) * (brighter > 0) * np.clip(10 * left - 2.5, 0, 1)
    off = brighter - np.clip(brighter, 0, 2 * white)
    return np.asarray((((chroma - (1 - white) * own) / 0.3) ** 2).sum(axis=0) + (off / 0.9) ** 2)


def _lowest(skin: NDArray[np.bool_]) -> tuple[float, float] | None:
    """Where the ear's unbroken skin ends at the bottom, in mm outwards of the expected lobe and
    below it.

    A lobe's lower edge runs across: more columns end at its height than at any other. Beside it the
    edges of ear and jaw run down, and columns that go on far into the neck do not count."""
    size = 2 * round(_GAP / _CELL) + 1
    widest, narrowest = ImageFilter.MaxFilter(size), ImageFilter.MinFilter(size)
    # Small gaps, as of a ring that is worn, break no ear, and what is as thin as one is none.
    image = Image.fromarray(skin.astype(np.uint8) * 255).filter(widest).filter(narrowest)
    whole = np.asarray(image.filter(narrowest).filter(widest)) > 0
    whole = whole[round((_ABOVE - 14) / _CELL) :]
    first = whole.argmax(axis=0)
    gone = ~whole & (np.arange(len(whole))[:, None] >= first)
    ends = gone.argmax(axis=0)
    counts = (first <= 10 / _CELL) & (ends - first > 4 / _CELL) & (ends < 34 / _CELL)
    counts &= whole.any(axis=0) & gone.any(axis=0)
    x, y = (np.flatnonzero(counts) + 0.5) * _CELL - _NEAR, ends[counts] * _CELL - 14
    tried = np.arange(-_LOBE_OFF, _LOBE_OFF, _CELL)
    beside = np.abs(y - tried[:, None]) < 1.2
    width = beside.sum(axis=1) * _CELL
    best = int((width * np.exp(-(tried**2) / 162)).argmax())
    if width[best] < 2:
        return None
    x, y = x[beside[best]], y[beside[best]]
    lowest = float(np.sort(y)[-round(1.2 / _CELL)])  # as low as a millimetre's width of columns
    return float(fields.median(x[y >= lowest - 0.6])), lowest


def _in_front(scene: Scene, area: Area) -> Floats:
    """Hair that lies before what is worn."""
    return scene.body.hair[area]


def _camera(scene: Scene) -> Camera:
    return Camera(scene.face.rotation, scene.face.origin[:2], scene.face.scale)


def _about_y(angle: float) -> NDArray[np.float64]:
    cos, sin = np.cos(angle), np.sin(angle)
    return np.array([[cos, 0, sin], [0, 1, 0], [-sin, 0, cos]])


def _area(
    scene: Scene, camera: Camera, width: float, top: float, bottom: float, surface: Surface
) -> Area:
    """The part of the picture that a surface covers."""
    x, y = np.meshgrid(np.linspace(-width / 2, width / 2, 9), np.linspace(top, bottom, 5))
    seen = camera.seen(np.stack([x, y, surface(x, y)], axis=-1).reshape(-1, 3))
    return _cut(scene, seen.min(axis=0), seen.max(axis=0))


def _cut(scene: Scene, low: Points, high: Points) -> Area:
    size = (scene.pixels.shape[1], scene.pixels.shape[0])
    left, top = np.clip(np.floor(low) - 1, 0, size).astype(int)
    right, bottom = np.clip(np.ceil(high) + 2, 0, size).astype(int)
    return slice(top, bottom), slice(left, right)


def _part(scene: Scene, field: Floats, area: Area) -> Floats:
    """A field of the window over a part of the picture; 0 where the window does not reach."""
    rows, columns = area
    part = np.zeros((rows.stop - rows.start, columns.stop - columns.start), dtype=np.float32)
    top, bottom = np.clip((rows.start, rows.stop), scene.top, scene.top + scene.shape[0])
    left, right = np.clip((columns.start, columns.stop), scene.left, scene.left + scene.shape[1])
    part[top - rows.start : bottom - rows.start, left - columns.start : right - columns.start] = (
        field[top - scene.top : bottom - scene.top, left - scene.left : right - scene.left]
    )
    return part


def sampled(image: Image.Image, across: Floats, down: Floats, width: float) -> Floats:
    """Premultiplied linear RGBA of an image at fractions of its sides; nothing outside.

    `width` is about how many pixels wide it will be: a larger image is averaged first.
    """
    if width < image.width:
        size = (max(2, round(width)), max(2, round(width * image.height / image.width)))
        image = image.convert("RGBa").resize(size, Image.Resampling.BOX).convert("RGBA")
    pixels = np.asarray(image)
    alpha = pixels[..., 3:].astype(np.float32) / 255
    texture = np.concatenate([to_linear(pixels[..., :3]) * alpha, alpha], axis=-1)
    texture = np.pad(texture, ((1, 2), (1, 2), (0, 0)))
    u = np.clip(across * image.width + 0.5, 0, image.width + 1)
    v = np.clip(down * image.height + 0.5, 0, image.height + 1)
    column, row = u.astype(np.intp), v.astype(np.intp)
    fx, fy = (u - column)[..., None].astype(np.float32), (v - row)[..., None].astype(np.float32)
    above = texture[row, column] * (1 - fx) + texture[row, column + 1] * fx
    below = texture[row + 1, column] * (1 - fx) + texture[row + 1, column + 1] * fx
    return above * (1 - fy) + below * fy


def _before_face(scene: Scene, depth: Floats, area: Area, clear: float) -> Floats:
    """1 where a surface at that depth lies before the face, 0 where `clear` mm or more behind
    it."""
    face, known = _relief(scene)
    behind = np.clip((depth - _part(scene, scene.fine(face), area) - clear) / 3, 0, 1)
    return 1 - behind * _part(scene, scene.fine(known), area)


def side_light(scene: Scene, across: Floats) -> Floats:
    """How the light on the face changes from one side to the other, softened: products turn
    less."""
    slope = float(np.clip(scene.skin.level[1], -1.5, 1.5))
    return np.exp(0.5 * slope * np.clip(across / 60, -1, 1)).astype(np.float32)


def _relief(scene: Scene) -> tuple[Floats, Floats]:
    """The face's depth in mm behind the eyes on the coarse grid, from its landmarks, and where
    it is known."""
    inner, _ = scene.face_fields
    depth, known = np.zeros_like(inner), np.zeros_like(inner)
    spots = np.floor(scene.points / scene.factor).astype(int)
    held = np.all((spots >= 0) & (spots < inner.shape[::-1]), axis=1)
    column, row = spots[held].T
    z = (scene.face.points[held, 2] - scene.face.origin[2]) / scene.face.scale
    np.add.at(depth, (row, column), z.astype(np.float32))
    np.add.at(known, (row, column), np.float32(1))
    share = fields.blurred(known, scene.coarse_mm(4))
    depth = fields.blurred(depth, scene.coarse_mm(4)) / np.maximum(share, 1e-6)
    return depth, (np.clip(inner * 2 - 1, 0, 1) * (share > 1e-5)).astype(np.float32)


def _arms(
    scene: Scene, camera: Camera, image: Image.Image, width: float, top: float, front: Surface
) -> list[Layer]:
    """The arms from the frame's ends to the ears, as far as the temples are bare."""
    pixels = np.asarray(image)
    layers = []
    for side, view in ((-1, pixels), (1, pixels[:, ::-1])):
        end = np.flatnonzero((view[..., 3] > 128).any(axis=0))
        if not len(end):
            continue
        edge = view[:, end[0] : end[0] + max(2, image.width // 40)]
        solid = edge[..., 3] > 128
        rows = np.flatnonzero(solid.any(axis=1))
        x = side * width * (0.5 - (end[0] + 1) / image.width)
        y = top + width / image.width * float(rows.mean())
        thick = float(np.clip(width / image.width * np.ptp(rows) / 2, 1.2, 2.5))
        hinge = np.array([x, y, float(front(np.float64(x), np.float64(y)))])
        ear = np.array([side * _EAR_TOP[0], *_EAR_TOP[1:]])
        up = np.array([0.0, thick, 0.0])
        quad = camera.seen(np.array([hinge - up, ear - up, ear + up, hinge + up]))
        # Only the side that the head turns to the camera shows its arm.
        if (quad[1, 0] - quad[0, 0]) * side <= 0:
            continue
        shape, area = fields.drawn_part(quad, scene.pixels.shape[:2])
        color = to_linear(fields.median(edge[solid][:, :3], axis=0).astype(np.uint8))
        shape *= _part(scene, _bareness(scene), area)
        layers.append((shape[..., None] * np.append(color, 1).astype(np.float32), area))
    return layers


def _bareness(scene: Scene) -> Floats:
    """How much the window's pixels look like bare skin, wherever they lie."""
    chance = 1 / (1 + np.exp(-2 * scene.skin_odds(0.9, 0.8, 0.3, shiny=True)))
    return scene.fine(fields.blurred(chance.astype(np.float32), scene.coarse_mm(1.5)))


def laid(
    scene: Scene, layers: list[Layer], light: Floats, drop: float, behind: Layer | None = None
) -> Bytes:
    """The picture with layers over it in its own light, and the shadow they cast `drop` mm lower.

    `behind` is laid first, as it is, and casts none.
    """
    picture = scene.pixels.copy()
    areas = [area for _, area in layers] + ([behind[1]] if behind else [])
    box = _bounds(areas, round(scene.mm(3 * drop)), picture.shape[:2])
    before = to_linear(picture[box])
    if behind:
        layer, area = behind
        part = before[_within(area, box)]
        part *= 1 - layer[..., 3:]
        part += layer[..., :3]
    cast = np.zeros(before.shape[:2], dtype=np.float32)
    for layer, area in layers:
        part = cast[_within(area, box)]
        np.maximum(part, layer[..., 3], out=part)
    shift = round(scene.mm(drop))
    shadow = np.zeros_like(cast)
    shadow[shift:] = cast[: len(cast) - shift]
    shadow = fields.softened(shadow, scene.mm(0.8 * drop)) * _part(scene, scene.skin_mask, box)
    # Where nothing is laid the light stays as it was, and so do the bytes made of it.
    after = before * (1 - np.float32(0.35) * shadow[..., None])
    for layer, area in layers:
        part = after[_within(area, box)]
        part *= 1 - layer[..., 3:]
        part += layer[..., :3] * light
    picture[box] = to_srgb(after)
    return picture


def _bounds(areas: list[Area], margin: int, shape: tuple[int, int]) -> Area:
    """The smallest part of the picture that holds all of them and a margin."""
    return tuple(
        slice(
            max(0, min(area[axis].start for area in areas) - margin),
            min(shape[axis], max(area[axis].stop for area in areas) + margin),
        )
        for axis in (0, 1)
    )


def _within(area: Area, box: Area) -> Area:
    """A part of the picture as a part of a box that holds it."""
    rows, columns = area
    return (
        slice(rows.start - box[0].start, rows.stop - box[0].start),
        slice(columns.start - box[1].start, columns.stop - box[1].start),
    )
