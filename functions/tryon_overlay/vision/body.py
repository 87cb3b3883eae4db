"""The person behind a face, for what is worn: their outline, their hair, shoulders and arms.

Each network is loaded when first asked for; make-up asks for none.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from . import face, fields, mesh
from .colors import LUMA, Floats, to_linear

if TYPE_CHECKING:
    from .scene import Scene

Points = NDArray[np.float64]

LEFT_SHOULDER, RIGHT_SHOULDER, LEFT_ELBOW, RIGHT_ELBOW = 11, 12, 13, 14
LEFT_ARM, RIGHT_ARM = (13, 15, 19), (14, 16, 20)  # elbow, wrist, first finger
_SEEN = 0.6  # the network's opinion from which a joint is in the picture and not hidden
_MATTE, _HAIR, _POSE = 256, 512, 256  # sides of the networks' inputs
_HEAD, _LONG = 460, 760  # millimetres of the squares in which hair is looked for
_BODY, _BELOW = (
    1500,
    520,
)  # of the square in which a body is, and how far its middle is below the eyes
_GREY = 0.2  # share of a chin as cold as cloth from which it has a grey beard
_TANNED = 1.2  # share of the saturation of a face's skin by which that of arms may be more
_WARM = 0.8  # logarithm of red over blue from which hair is told from cloth by it
_BETWEEN = 40  # millimetres between arms in which shade is theirs
_SHOULDER = 255  # millimetres of the squares in which shoulders are looked for
_EAR = 180  # of those in which ears are
_UNSURE = 0.05  # chance of a person from which a nearer look counts
_DOUBT, _BESIDE = 30, 90  # millimetres that doubt is broad, and in which one beside it counts, too
_STEP = 4  # pixels of the picture to one of the coarse fields here


class _Part(NamedTuple):
    """A part of an arm, from joint to joint."""

    start: Points
    end: Points
    is_hand: bool


class Body:
    """What a picture shows of the person whose face it is; fields are of the whole picture."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self.shape = scene.pixels.shape[:2]
        self._image = Image.fromarray(scene.pixels)

    @cached_property
    def matte(self) -> Floats:
        """How much of each pixel is of a person, their hair and clothes."""
        return self._followed(self._whole)

    @cached_property
    def _whole(self) -> Floats:
        """What the network takes for a person where it sees the whole picture."""
        small = self._image.resize((_MATTE, _MATTE), Image.Resampling.BILINEAR, reducing_gap=2.0)
        (chance,) = face.network("selfie_segmenter")(_tensor(small))
        return self._resized(chance[0, :, :, 0])

    @cached_property
    def figure(self) -> Floats:
        """`matte` with shoulders that were looked at from nearer, too: a dark one before something
        dark is missed from afar."""
        chance = self._whole.copy()
        # What is plainly nobody from afar, and not beside what may be somebody, stays so.
        open_ = np.maximum(np.clip(chance / _UNSURE, 0, 1), self._unsure)
        for middle in self.shoulders:
            area, part = self._nearer(middle, _SHOULDER)
            np.maximum(chance[area], part * open_[area], out=chance[area])
        return self._followed(chance)

    @cached_property
    def _unsure(self) -> Floats:
        """Where, and beside which, the network cannot tell from afar over some centimetres whether
        there is a person."""
        step = 2 * _STEP  # wide filters take their time
        small = np.asarray(Image.fromarray(self._whole).reduce(step))
        doubt = Image.fromarray(255 * ((small > _UNSURE) & (small < 1 - _UNSURE)).astype(np.uint8))
        size, beside = (
            2 * round(self._scene.mm(length) / step / 2) + 1 for length in (_DOUBT, _BESIDE)
        )
        near = doubt.filter(ImageFilter.MinFilter(size)).filter(ImageFilter.MaxFilter(beside))
        return self._resized(fields.blurred(np.asarray(near, dtype=np.float32) / 255, 1.5))

    def around_ear(self, middle: Points) -> Floats:
        """How much of each pixel is of a person where an ear was looked at from nearer."""
        area, part = self._nearer(middle, _EAR)
        matte = self.matte.copy()
        matte[area] = part
        return matte

    def _nearer(self, middle: Points, millimetres: float) -> tuple[fields.Area, Floats]:
        """What the network takes for a person in a square around a point, and that square."""
        side = round(min(millimetres * self._scene.face.scale, *self.shape))
        left, top = (
            int(np.clip(at - side / 2, 0, whole - side))
            for at, whole in zip(middle, self.shape[::-1], strict=True)
        )
        crop = self._image.resize(
            (_MATTE, _MATTE),
            Image.Resampling.BILINEAR,
            (left, top, left + side, top + side),
            reducing_gap=2.0,
        )
        (near,) = face.network("selfie_segmenter")(_tensor(crop))
        part = Image.fromarray(near[0, :, :, 0]).resize((side, side), Image.Resampling.BILINEAR)
        return (slice(top, top + side), slice(left, left + side)), np.asarray(part)

    @cached_property
    def hair(self) -> Floats:
        """How much of each pixel is hair of the head, or a cloth that covers it."""
        if face.has("hair_segmenter"):
            return self._followed(self._segmented_hair) * self._warm_as_hair
        return self._followed(self._hair_by_color())

    @cached_property
    def _warm_as_hair(self) -> Floats:
        """0 on the shoulders for what is much colder than warm hair: pale cloth among its ends."""
        scene = self._scene
        light = to_linear(fields.reduced(scene.pixels, _STEP)) + np.float32(4e-3)
        warmth = np.log(light[..., 0] / light[..., 2])
        y, x = np.mgrid[: light.shape[0], : light.shape[1]]
        head = (np.stack([x, y], axis=-1) * _STEP - scene.face.origin[:2]) / scene.face.scale
        sure = (self._small(self._segmented_hair) > 0.9) & (head[..., 1] < 60)
        usual = float(fields.median(warmth[sure])) if sure.any() else 0.0
        if usual < _WARM:
            return np.ones(self.shape, dtype=np.float32)
        cold = np.clip(2.5 - 5 * warmth / usual, 0, 1) * np.clip((head[..., 1] - 125) / 25, 0, 1)
        return self._resized(1 - fields.blurred(cold.astype(np.float32), 1.0))

    @cached_property
    def _segmented_hair(self) -> Floats:
        """Hair as its network sees it around the head, and farther down where it goes on below."""
        chance, hair = self._hair_within(_HEAD)
        if chance[-8:].max() < 0.5:
            return hair
        return np.maximum(hair, self._hair_within(_LONG)[1])

    def _hair_within(self, millimetres: float) -> tuple[Floats, Floats]:
        """The network's chances of hair in a square around the head, and what they are in the whole
        picture."""
        side, above = (each * self._scene.face.scale for each in (millimetres, 0.58 * _HEAD))
        low = self._scene.face.points[:, :2].mean(axis=0) - (side / 2, above)
        frame = (side / _HAIR, 0, low[0], 0, side / _HAIR, low[1])
        crop = self._image.transform(
            (_HAIR, _HAIR), Image.Transform.AFFINE, frame, Image.Resampling.BILINEAR
        )
        before = np.zeros((1, _HAIR, _HAIR, 1), dtype=np.float32)
        (logits,) = face.network("hair_segmenter")(np.concatenate([_tensor(crop), before], axis=-1))
        chance = 1 / (1 + np.exp(np.clip(logits[0, :, :, 0] - logits[0, :, :, 1], -30, 30)))
        back = (_HAIR / side, 0, -low[0] * _HAIR / side, 0, _HAIR / side, -low[1] * _HAIR / side)
        size = (self.shape[1], self.shape[0])
        whole = Image.fromarray(chance.astype(np.float32)).transform(
            size, Image.Transform.AFFINE, back, Image.Resampling.BILINEAR
        )
        return chance, np.asarray(whole)

    def _hair_by_color(self) -> Floats:
        """Of the person, what looks like that which is above the forehead, and is not the face."""
        scene = self._scene
        light = to_linear(fields.reduced(scene.pixels, _STEP))
        logs = np.log(light + np.float32(4e-3))
        features = np.concatenate(
            [(light @ LUMA)[..., None], logs[..., (0, 2)] - logs[..., 1:2]], axis=-1
        )
        features[..., 0] = np.log(features[..., 0] + np.float32(4e-3))
        y, x = np.mgrid[: light.shape[0], : light.shape[1]]
        head = (np.stack([x, y], axis=-1) * _STEP - scene.face.origin[:2]) / scene.face.scale
        matte = self._small(self.matte)
        above = (np.abs(head[..., 0]) < 50) & (head[..., 1] < -78) & (head[..., 1] > -115)
        above &= matte > 0.8
        if above.sum() < 20:
            return np.zeros(self.shape, dtype=np.float32)
        middle = fields.median(features[above], axis=0)
        spread = 1.5 * fields.median(np.abs(features[above] - middle), axis=0) + (0.35, 0.08, 0.08)
        far = (((features - middle) / spread) ** 2).sum(axis=-1)
        bare = ((features[..., 1:] - scene.skin.chroma) / 0.12) ** 2
        like = np.exp(-far / 8) * (1 - np.exp(-bare.sum(axis=-1) / 2) * (far > 2))
        like = like * (1 - np.clip(2.5 * self._small(self.skin) - 0.5, 0, 1))
        near = np.clip((190 - np.hypot(head[..., 0], head[..., 1] - 20)) / 30, 0, 1)
        # Shades of the neck are as dark as hair, and hair seldom lies before it.
        near = near * np.where(
            head[..., 1] > 95, np.clip((np.abs(head[..., 0]) - 45) / 15, 0, 1), 1
        )
        chance = fields.blurred((like * near * matte).astype(np.float32), 1.2)
        return self._resized(np.clip(2.2 * chance - 0.5, 0, 1))

    @cached_property
    def skin(self) -> Floats:
        """How much each pixel has the colour of the face's skin, in more and in less light."""
        return self._like_skin(0.9)

    @cached_property
    def clothes(self) -> Floats:
        """What the person wears: what is of them, and neither skin nor hair."""
        bare = np.maximum(np.maximum(self.skin, self.hair), self.face)
        return np.asarray(self.figure * np.clip(1.6 - 2.2 * bare, 0, 1), dtype=np.float32)

    @cached_property
    def shaded_skin(self) -> Floats:
        """`skin`, in the shade between arms and trunk and where it is tanned, too."""
        return self._like_skin(1.8, _TANNED)

    def _like_skin(self, darker: float, tanned: float = 0) -> Floats:
        """How much each pixel is like the face's skin; `darker` is the tolerance of its shade, as a
        logarithm, `tanned` by how much of its own saturation it may be more saturated."""
        scene = self._scene
        light = to_linear(fields.reduced(scene.pixels, _STEP))
        logs = np.log(light + np.float32(4e-3))
        chroma = (logs[..., (0, 2)] - logs[..., 1:2]) - scene.skin.chroma
        own = scene.skin.chroma
        more = np.clip(chroma @ own / (own @ own), 0, tanned)
        chroma = chroma - more[..., None] * own
        level = np.log(light @ LUMA + np.float32(4e-3)) - np.float32(scene.skin.level[0])
        far = ((chroma / (0.16, 0.26)) ** 2).sum(axis=-1)
        far += (level / np.where(level < 0, darker, 0.9)) ** 2
        return self._resized(np.exp(-far / 2).astype(np.float32))

    @cached_property
    def face(self) -> Floats:
        """The face with ears and beard, of the whole picture."""
        scene = self._scene
        outline = fields.rounded(scene.face.points[list(mesh.OVAL), :2])
        return fields.drawn([outline], self.shape, scene.mm(2))

    @cached_property
    def joints(self) -> tuple[Points, NDArray[np.float64]]:
        """Pixels of 33 joints (BlazePose's order), and how surely each is there to be seen."""
        found = self._scene.face
        side = _BODY * found.scale
        low = found.origin[:2] + np.array([0, _BELOW * found.scale]) - side / 2
        frame = (side / _POSE, 0, low[0], 0, side / _POSE, low[1])
        crop = self._image.transform(
            (_POSE, _POSE), Image.Transform.AFFINE, frame, Image.Resampling.BILINEAR
        )
        values = face.network("pose_landmarks_detector")(_tensor(crop))[0].reshape(-1, 5)[:33]
        seen = 1 / (1 + np.exp(-np.clip(values[:, 3], -30, 30).astype(np.float64)))
        return values[:, :2].astype(np.float64) * side / _POSE + low, seen

    @cached_property
    def shoulders(self) -> Points:
        """The joints of the right and the left shoulder; where they do not show, where they are
        mostly."""
        points, seen = self.joints
        found = self._scene.face
        width = np.linalg.norm(points[LEFT_SHOULDER] - points[RIGHT_SHOULDER]) / found.scale
        if seen[[LEFT_SHOULDER, RIGHT_SHOULDER]].min() > _SEEN and 180 < width < 480:
            return points[[RIGHT_SHOULDER, LEFT_SHOULDER]]
        return found.origin[:2] + found.scale * np.array([(-155.0, 190.0), (155.0, 190.0)])

    @cached_property
    def arms(self) -> Floats:
        """Forearms and hands that show, wherever they are: before the body, they hide what it
        wears."""
        reach = self._scene.mm(40)
        field = np.zeros(self.shape, dtype=np.float32)
        for start, end, is_hand in self._forearms:
            part, area = fields.drawn_part(_capsule(start, end, reach), self.shape, reach / 8)
            bare = np.clip(4 * fields.softened(self.shaded_skin[area], reach / 12) - 0.6, 0, 1)
            # A hand has no sleeve, and is seldom as long as where it may be.
            if is_hand or float(bare[part > 0.5].mean() if (part > 0.5).any() else 0) > 0.3:
                part = part * bare
            np.maximum(field[area], part, out=field[area])
        return field * self.figure

    @cached_property
    def hands(self) -> Floats:
        """Skin near forearms that has own clothes above it: fists, and arms that lie beside their
        joints."""
        cloth = self.figure * np.clip(
            1 - 2 * np.maximum(np.maximum(self.skin, self.hair), self.face), 0, 1
        )
        above = np.cumsum(self._small(cloth), axis=0) * np.float32(_STEP / self._scene.mm(1))
        bare = np.maximum(self.shaded_skin, self._lit_by_skin)
        below = bare * self._resized(np.clip((above - 25) / 15, 0, 1))
        reach = self._scene.mm(80)
        outlines = [_capsule(start, end, reach) for start, end, _ in self._forearms]
        # Arms that are crossed go on below the one that was found.
        near = np.maximum.accumulate(fields.drawn(outlines, self.shape, reach / 16), axis=0)
        found = near * np.clip(4 * fields.softened(below, reach / 24) - 1.6, 0, 1)
        return np.maximum(found, self._shade_between(found)) * self.figure

    @cached_property
    def _lit_by_skin(self) -> Floats:
        """Deep shade that is redder than the face, as between arms that light each other."""
        light = np.log(to_linear(fields.reduced(self._scene.pixels, _STEP)) + np.float32(4e-3))
        redder = (light[..., 0] - light[..., 1]) / self._scene.skin.chroma[0]
        level = light @ LUMA - np.float32(self._scene.skin.level[0])
        chance = np.clip(5 * redder - 5.5, 0, 1) * np.clip(-1.5 * level - 0.8, 0, 1)
        return self._resized(chance.astype(np.float32))

    def _shade_between(self, arms: Floats) -> Floats:
        """What lies between arms and is like skin, or too dark to show a colour."""
        size = 2 * round(self._scene.mm(_BETWEEN) / _STEP / 2) + 1
        small = Image.fromarray(np.rint(255 * self._small(arms)).astype(np.uint8))
        closed = small.filter(ImageFilter.MaxFilter(size)).filter(ImageFilter.MinFilter(size))
        light = to_linear(fields.reduced(self._scene.pixels, _STEP)) @ LUMA
        level = np.log(light + np.float32(4e-3)) - np.float32(self._scene.skin.level[0])
        theirs = np.clip((-0.6 - level) / 0.4, 0, 1)
        theirs = np.maximum(theirs, np.clip(4 * self._small(self.shaded_skin) - 1, 0, 1))
        return self._resized(np.asarray(closed, dtype=np.float32) / 255 * theirs)

    @cached_property
    def _forearms(self) -> list[_Part]:
        """From the elbows to the wrists and from there to the tips of the fingers, where they
        show."""
        points, seen = self.joints
        size = (self.shape[1], self.shape[0])
        inside = np.asarray(((points > 0) & (points < size)).all(axis=1))
        found = []
        for chain in (LEFT_ARM, RIGHT_ARM):
            if seen[list(chain[:2])].min() < _SEEN or not inside[list(chain[:2])].all():
                continue
            elbow, wrist, finger = points[list(chain)]
            tips = wrist + 2.2 * (finger - wrist)
            found += [_Part(elbow, wrist, False), _Part(wrist, tips, True)]
        return found

    @cached_property
    def collar(self) -> Floats:
        """Own clothes around the neck: colder than skin in any light, and not as dark as hair, or,
        where skin is so light that none of its shades is, black."""
        scene = self._scene
        light = np.log(to_linear(fields.reduced(scene.pixels, _STEP)) + np.float32(4e-3))
        cold = scene.skin.chroma[0] - (light[..., 0] - light[..., 1])
        y, x = np.mgrid[: light.shape[0], : light.shape[1]]
        head = (np.stack([x, y], axis=-1) * _STEP - scene.face.origin[:2]) / scene.face.scale
        chance = np.clip((cold - 0.35) / 0.12, 0, 1) * (head[..., 1] > 60)
        dark = scene.skin.level[0] - light @ LUMA
        darker = 2.0 * np.clip(10 * float(scene.skin.color @ LUMA) - 1.8, 0, 1)
        chance *= np.clip(4 - 2.5 * (dark - darker), 0, 1)
        chance *= np.clip(3 * self._small(self.figure) - 2, 0, 1)
        chin = (head[..., 1] > 60) & (self._small(self.face) > 0.9)
        bearded = bool(chin.any()) and float(chance[chin].mean()) > _GREY
        # What is broad and hardly darker than skin is neither shade nor hair, unless that is grey.
        broad = chance * np.clip(3 - 3.3 * dark, 0, 1)
        broad = fields.blurred(broad.astype(np.float32), scene.mm(5) / _STEP)
        pale = self._resized(np.clip(4 * broad - 1.2, 0, 1))
        # Its folds are as dark as hair may be, but cloth is all around them.
        around = fields.blurred(chance.astype(np.float32), scene.mm(5) / _STEP)
        chance = np.maximum(chance, np.clip(3 * around - 1.5, 0, 1))
        chance = np.clip(1.6 * self._followed(self._resized(chance)) - 0.2, 0, 1)
        kept = np.maximum(self._beard, self.around_hair)
        if not bearded:
            kept = np.maximum(kept * (1 - pale), np.maximum(self.face, self.hair))
        return chance * (1 - kept)

    @cached_property
    def _beard(self) -> Floats:
        """The face, and below the chin what may be a grey beard."""
        near = self._scene.mm(5) / _STEP
        face = self._small(self.face)
        down = round(self._scene.mm(14) / _STEP)
        lower = np.zeros_like(face)
        lower[down:] = face[: len(face) - down]
        return self._resized(np.clip(4 * fields.blurred(np.maximum(face, lower), near), 0, 1))

    @cached_property
    def around_hair(self) -> Floats:
        """Hair or a cloth over it, and what is within some centimetres of it."""
        near = fields.blurred(self._small(self.hair), self._scene.mm(20) / _STEP)
        return np.maximum(self._resized(np.clip(4 * near - 0.4, 0, 1)), self.hair)

    def elbow(self, left: bool) -> Points | None:
        """Where an elbow is, if the picture tells."""
        points, seen = self.joints
        index = LEFT_ELBOW if left else RIGHT_ELBOW
        return points[index] if seen[index] > 0.3 else None

    def _small(self, field: Floats) -> Floats:
        return np.asarray(Image.fromarray(field).reduce(_STEP))

    def _resized(self, field: Floats) -> Floats:
        size = (self.shape[1], self.shape[0])
        image = Image.fromarray(np.ascontiguousarray(field, dtype=np.float32))
        return np.asarray(image.resize(size, Image.Resampling.BILINEAR))

    def _followed(self, mask: Floats) -> Floats:
        """A mask whose edges are drawn by the picture's own."""
        grey = np.asarray(self._image.convert("L"), dtype=np.float32) / 255
        slope, offset = fields.guided(self._small(mask), self._small(grey), 1.6, 4e-4)
        return np.clip(self._resized(slope) * grey + self._resized(offset), 0, 1)


def _capsule(start: Points, end: Points, reach: float) -> Points:
    """The outline of all points within `reach` of a line."""
    along = (end - start) / max(float(np.linalg.norm(end - start)), 1e-6)
    turn = np.arctan2(along[1], along[0])
    half = np.linspace(-np.pi / 2, np.pi / 2, 9)
    ends = [
        center + reach * np.stack([np.cos(turn + by + half), np.sin(turn + by + half)], axis=1)
        for center, by in ((end, 0.0), (start, np.pi))
    ]
    return np.concatenate(ends)


def _tensor(image: Image.Image) -> Floats:
    return np.asarray(image, dtype=np.float32)[None] / np.float32(255)
