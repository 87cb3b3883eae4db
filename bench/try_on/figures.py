"""What the try-on's pictures are held to, as numbers of one face each.

Used by the tests, which hold them to their limits, and by `make bench`, which prints them by band
of skin tone. `sys.path` must hold functions/tryon_overlay and the vision layer (`prepare`).
"""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

ROOT = Path(__file__).parents[2]
FACES = ROOT.parent / "shared" / "faces"
NO_FACES = "../shared/faces is not there (it is optional): this needs its portraits"
BANDS = (("light", 41.0), ("intermediate", 10.0), ("brown", -30.0), ("dark", -91.0))
"""By ITA from which on: the classes of Chardon, with its three light ones and two brown ones
joined."""
DEEPER, LIGHTER = (0.80, 0.76, 0.72), (1.10, 1.12, 1.15)
"""A neighbouring shade of a range, as the light it gives back over that of the present one."""
STOPS = (-1.3, -0.7, 0.0, 0.4)  # every face is also relit by these


def prepare() -> None:
    """Make the vision code and its models importable, as they are on a Lambda."""
    for folder in (ROOT / "functions" / "tryon_overlay", ROOT / "layers" / "vision"):
        if str(folder) not in sys.path:
            sys.path.insert(0, str(folder))


@dataclass(frozen=True)
class Portrait:
    """One picture, sRGB, and the band of the skin that it shows."""

    name: str
    image: Image.Image
    band: str


def portraits(stops: tuple[float, ...] = STOPS) -> Iterator[Portrait]:
    """The shared faces, where they are, and the astronaut, each relit."""
    from vision import pictures, render, tone

    for name, image in originals():
        for by in stops:
            relit = relight(image, by)
            try:
                scene, _ = render.sit(as_png(relit))
            except pictures.Refused:
                continue  # too dark to be used at all
            ita = tone.read(scene).ita
            band = next(band for band, least in BANDS if ita >= least)
            yield Portrait(f"{name}{by:+g}" if by else name, relit, band)


def originals() -> Iterator[tuple[str, Image.Image]]:
    """The shared faces, where they are, and the astronaut; one sentence says when they are not."""
    if not FACES.is_dir():
        print("../shared/faces is not there (it is optional): the astronaut alone", file=sys.stderr)
    for path in sorted(FACES.glob("*.jpg")):
        yield path.stem, Image.open(path).convert("RGB")
    yield "astronaut", astronaut()


def astronaut() -> Image.Image:
    """The NASA portrait inside scikit-image (public domain), 512 pixels."""
    from skimage import data

    return Image.fromarray(data.astronaut())


def relight(image: Image.Image, stops: float) -> Image.Image:
    """The picture as it would be with 2^stops times the light; what exceeds white is clipped."""
    from vision import colors

    if not stops:
        return image
    linear = colors.to_linear(np.asarray(image)) * np.float32(2**stops)
    return Image.fromarray(colors.to_srgb(linear))


def as_png(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "PNG", compress_level=1)
    return file.getvalue()


def as_jpeg(image: Image.Image, quality: int, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, "JPEG", quality=quality, **options)
    return file.getvalue()


Mask = NDArray[np.bool_]


def masks(data: bytes) -> tuple[Mask, Mask]:
    """Skin and lips of a picture as yes or no, at its own size."""
    from vision import render

    scene, _ = render.sit(data)
    whole = []
    for field in (scene.skin_mask, scene.lips):
        mask = np.zeros(scene.pixels.shape[:2], dtype=bool)
        height, width = scene.shape
        mask[scene.top : scene.top + height, scene.left : scene.left + width] = field > 0.5
        whole.append(mask)
    return whole[0], whole[1]


def iou(one: Mask, other: Mask) -> float:
    """Intersection over union."""
    return float((one & other).sum() / max(1, (one | other).sum()))


def mirror_iou(image: Image.Image) -> tuple[float, float]:
    """How well the masks of the mirrored picture are the mirrored masks: skin, lips."""
    one, other = masks(as_png(image)), masks(as_png(ImageOps.mirror(image)))
    return iou(one[0], other[0][:, ::-1]), iou(one[1], other[1][:, ::-1])


def jpeg_iou(image: Image.Image, quality: int = 30) -> tuple[float, float]:
    """How little a poor JPEG changes the masks: skin, lips."""
    one, other = masks(as_png(image)), masks(as_jpeg(image, quality))
    return iou(one[0], other[0]), iou(one[1], other[1])


def orientation_error(image: Image.Image, orientation: int) -> float:
    """How far the landmarks of a picture stored turned lie from those of the same stored upright,
    as a share of the distance of the eyes: the mean over the points."""
    from vision import render

    exif = Image.Exif()
    exif[0x0112] = orientation
    undo = {2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180,
            4: Image.Transpose.FLIP_TOP_BOTTOM, 5: Image.Transpose.TRANSPOSE,
            6: Image.Transpose.ROTATE_90, 7: Image.Transpose.TRANSVERSE,
            8: Image.Transpose.ROTATE_270}  # fmt: skip
    stored = image.transpose(undo[orientation]) if orientation in undo else image
    turned, _ = render.sit(as_jpeg(stored, 95, exif=exif))
    upright, _ = render.sit(as_jpeg(image, 95))
    one, other = turned.face.points[:, :2], upright.face.points[:, :2]
    eyes = np.linalg.norm(other[33] - other[263])
    return float(np.linalg.norm(one - other, axis=1).mean() / eyes)


@dataclass(frozen=True)
class Covered:
    """What a foundation did to one face.

    `texture`: correlation of fine detail before and after; `miss`: CIEDE2000 between the shade
    asked for and the one met on skin that the correction was not fitted on; `sides`: how much left
    and
    right cheek differ already; `outside`: bytes changed outside the mask.
    """

    texture: float
    miss: float
    sides: float
    outside: int


def covered(data: bytes, shade: tuple[float, float, float], finish: str = "natural") -> Covered:
    """A full foundation that gives back `shade` times the light of the face's own skin, per
    channel."""
    from vision import colors, fields, makeup, mesh, render

    scene, _ = render.sit(data)
    ratio = np.array(shade)
    after = makeup.foundation(scene, makeup.Foundation(ratio, 1.0, finish))
    height, width = scene.shape
    window = after[scene.top : scene.top + height, scene.left : scene.left + width]
    changed = (after != scene.pixels).any(axis=-1)
    allowed = np.zeros_like(changed)
    allowed[scene.top : scene.top + height, scene.left : scene.left + width] = scene.fading_mask > 0
    inside = scene.skin_mask > 0.9
    detail = [_detail(pixels)[inside] for pixels in (scene.window, window)]
    before, met = colors.to_linear(scene.window), colors.to_linear(window)
    fitted = fields.drawn(
        [
            scene.outline(each)
            for each in (mesh.RIGHT_CHEEK, mesh.LEFT_CHEEK, mesh.FOREHEAD, mesh.NOSE, mesh.CHIN)
        ],
        scene.shape,
    )
    shiny = scene.fine(scene.gloss) > 0.05 * (before @ colors.LUMA)
    unseen = inside & (fitted == 0) & ~shiny
    # What was asked for, at the brightness that the unseen skin has.
    here = np.median(before[unseen], axis=0)
    wanted, got = here * ratio, np.median(met[unseen], axis=0)
    cheeks = [
        np.median(before[fields.drawn([scene.outline(each)], scene.shape) > 0.5], axis=0)
        for each in (mesh.RIGHT_CHEEK, mesh.LEFT_CHEEK)
    ]
    return Covered(
        texture=float(np.corrcoef(detail[0], detail[1])[0, 1]),
        miss=float(colors.ciede2000(colors.lab_of(wanted), colors.lab_of(got))),
        sides=float(colors.ciede2000(*(colors.lab_of(each) for each in cheeks))),
        outside=int((changed & ~allowed).sum()),
    )


def _detail(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Brightness less its own blur: pores, lines and hairs."""
    from vision import fields

    grey = pixels.astype(np.float32) @ np.array([0.299, 0.587, 0.114], dtype=np.float32)
    return grey - fields.blurred(grey, 4)


def all_of(image: Image.Image) -> dict[str, float]:
    """Every figure of one face: the worse of two neighbouring shades, one natural and one matte."""
    data = as_png(image)
    shades = [covered(data, DEEPER), covered(data, LIGHTER, "matte")]
    mirror, poor = mirror_iou(image), jpeg_iou(image)
    return {
        "texture": min(each.texture for each in shades),
        "miss": max(each.miss for each in shades),
        "sides": shades[0].sides,
        "outside": max(each.outside for each in shades),
        "mirror_skin": mirror[0],
        "mirror_lips": mirror[1],
        "jpeg_skin": poor[0],
        "jpeg_lips": poor[1],
    }
