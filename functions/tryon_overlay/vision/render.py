"""From the bytes of a selfie to a picture of each product on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from . import checks, face, makeup, memory, mesh, pictures
from .colors import LUMA, Bytes, linear_of, linear_of_hex
from .pictures import Refused
from .scene import Scene

if TYPE_CHECKING:
    from backshop.connect.try_on import looks

Rgb = NDArray[np.float64]

_PUPILS_PX = 32  # distance of the pupils below which nothing can be placed
_YAW, _PITCH = 45, 40  # degrees
_OUTSIDE = 0.15  # share of the landmarks that may lie outside the picture
_DARK = 0.012  # luminance of skin
_BLURRED = 0.0045  # `Scene.sharpness` of a face that nobody would know
_COLOURLESS = 0.05  # logarithm of red over green
_FILM = 0.35  # share of light that a thick mineral film scatters back
_RATIOS = (0.05, 6.0)
_DOUBT = 1.2  # of the cold tint of a guessed shade, as a power, at none of the light
_RUNS_OUT = {"blush": 0.0, "contour": 0.5}  # of strokes, where they begin
LIGHT_UNKNOWN = (
    "The light of the photo is not known: choose the shade that is yours to see others as they are."
)
SEVERAL = "There are several faces in the photo; the largest is shown."

memory.keep()


@dataclass(frozen=True, eq=False)
class Setting:
    """What a look depends on besides the selfie: the shopper's own shade (linear RGB in neutral
    light, None where it is not known), whether that is only the catalogue's nearest, and what is
    printed on a shirt."""

    own: Rgb | None = None
    name: str = ""
    number: str = ""
    is_guessed: bool = False


def sit(data: bytes) -> tuple[Scene, list[str]]:
    """The scene of a selfie and what to tell the shopper about it; raises `Refused`."""
    picture = pictures.opened(data)
    found = face.find(picture)
    if found is None and face.small(picture):
        raise _too_small()
    if found is None:
        raise Refused(
            "no_face", "No face was found. Look at the camera, uncovered and in good light."
        )
    if 63 * found.scale < _PUPILS_PX:
        raise _too_small()
    outside = (found.points[:, :2] < 0) | (found.points[:, :2] > picture.size)
    if outside.any(axis=1).mean() > _OUTSIDE:
        raise Refused("cut_off", "A part of the face is outside the photo. Step back a little.")
    if abs(found.yaw) > _YAW or abs(found.pitch) > _PITCH:
        raise Refused("turned", "The face is turned too far. Look straight at the camera.")
    scene = Scene(pictures.pixels_of(picture), found)
    _check_skin(scene)
    if face.hand_before(picture, found):
        raise _covered()
    return scene, [SEVERAL] if found.others else []


def draw(scene: Scene, look: looks.Look, setting: Setting, assets: Mapping[str, bytes]) -> Bytes:
    """The picture with one product on; `assets` are the files that the look names. Raises
    `Refused`."""
    if look.kind == "foundation":
        ratio = _foundation_ratio(scene, look, setting)
        return makeup.foundation(scene, makeup.Foundation(ratio, look.coverage, look.finish))
    if look.kind == "lip":
        color = makeup.Color(
            linear_of_color(look.color) * light(scene, setting), look.coverage, look.finish
        )
        return makeup.lips(scene, color)
    if look.kind == "concealer":
        return makeup.concealer(
            scene, makeup.Color(_concealed(scene, look, setting), look.coverage)
        )
    if look.kind in ("blush", "highlighter", "contour"):
        color = makeup.Color(linear_of_color(look.color) * light(scene, setting), look.coverage)
        if look.kind == "highlighter":
            return makeup.highlighter(scene, color)
        strokes = mesh.BLUSH if look.kind == "blush" else mesh.CONTOURS
        brightest = makeup.BRIGHTEST[look.kind]
        seen = makeup.light_skin_difference(linear_of_color(look.color), look.coverage, brightest)
        return makeup.tinted(
            scene, color, strokes, makeup.Tint(brightest, seen, _RUNS_OUT[look.kind])
        )
    return _dressed(scene, look, setting, assets)


def light(scene: Scene, setting: Setting) -> Rgb:
    """How strong the light on the face is: what a white surface there would give back.

    Known where the shopper's own shade is; else as strong as the brightest parts of the photo tell.
    It is taken for neutral: skin is no grey card, and a wrong tint shows more than a missing one.
    """
    if setting.own is not None:
        strength = float(scene.skin.color @ LUMA) / max(float(setting.own @ LUMA), 1e-3)
    else:
        strength = scene.brightest / 0.6
    return np.full(3, np.clip(strength, 0.3, 1.3 if setting.own is not None else 1.0))


def _check_skin(scene: Scene) -> None:
    """Raises `Refused` where too little can be seen of the face's skin."""
    if scene.covered:
        raise _covered()
    if scene.sharpness < _BLURRED:
        raise Refused("blurred", "The photo is blurred. Hold still, and wipe the lens.")
    if float(scene.skin.color @ LUMA) < _DARK:
        raise Refused("dark", "The photo is too dark. Take it in more light.")
    if float(np.abs(scene.skin.chroma).max()) < _COLOURLESS:
        raise Refused("colourless", "The photo is black and white. Send one in colour.")
    if checks.is_drawn(scene) or checks.of_one_color(scene):
        raise Refused(
            "no_person", "This is no plain photo of a person. Send a selfie, unfiltered, in colour."
        )
    if checks.lenses_dark(scene) or checks.mouth_covered(scene):
        raise _covered()


def _too_small() -> Refused:
    return Refused("face_too_small", "The face is too small. Come closer to the camera.")


def _covered() -> Refused:
    return Refused(
        "covered",
        "A part of the face is covered. Take off mask or sunglasses, hands off the face.",
    )


def _foundation_ratio(scene: Scene, look: looks.Foundation, setting: Setting) -> Rgb:
    """What covered skin gives back over bare skin. A film of minerals adds its own white to
    both."""
    lit = light(scene, setting)
    bare = scene.skin.color
    own = setting.own if look.relative and setting.own is not None else bare / lit
    shade = own if look.shade is None else linear_of_color(look.shade)
    film = _FILM * look.white_cast
    covered = (1 - look.coverage) * own + look.coverage * shade
    ratio = ((1 - film) * covered + film * makeup.WHITE_FILM) / own
    if setting.is_guessed and look.relative:
        ratio = ratio / _doubted(bare / own, ratio)
    return np.clip(ratio, *_RATIOS)


def _doubted(tint: Rgb, ratio: Rgb) -> Rgb:
    """What of a tint (the photo's skin over the shade that it is taken for) is rather a wrong guess
    than cold light. A light skin in little light is paler in colour than the dark one it is taken
    for, and a far deeper shade would turn grey by as much."""
    tint = tint / float(tint @ LUMA)
    cold = np.array([min(tint[0], 1.0), 1.0, max(tint[2], 1.0)])
    deeper = float(np.clip(1 - ratio @ LUMA, 0, 1))
    return np.asarray(cold ** (_DOUBT * deeper))


def _concealed(scene: Scene, look: looks.Concealer, setting: Setting) -> Rgb:
    shade = linear_of_color(look.shade)
    if look.relative and setting.own is not None:
        return scene.skin.color * np.clip(shade / setting.own, *_RATIOS)
    return shade * light(scene, setting)


def _dressed(
    scene: Scene,
    look: looks.Eyewear | looks.Headwear | looks.Earrings | looks.Shirt,
    setting: Setting,
    assets: Mapping[str, bytes],
) -> Bytes:
    from . import garment, wearables  # not every session needs them

    image = pictures.layer(assets[look.image])
    lit = light(scene, setting).astype(np.float32)
    if look.kind == "eyewear":
        if checks.glasses_worn(scene):
            raise Refused("glasses_worn", "Take off your own glasses to try on others.")
        return wearables.eyewear(scene, image, look.width_mm, look.bridge, lit)
    if look.kind == "headwear":
        return wearables.headwear(scene, image, look.width_mm, look.band, lit)
    if look.kind == "earrings":
        worn = wearables.earrings(scene, image, look.height_mm, look.hook, lit)
        if worn is None:
            raise Refused(
                "ears_hidden", "No ear lobe can be seen. Hold hair back, or look straight."
            )
        return worn
    texts = {"name": garment.clean(setting.name), "number": setting.number}
    letterings = [
        garment.Lettering(
            texts[each.text],
            each.box,
            each.color,
            each.outline,
            assets[each.font] if each.font else None,
        )
        for each in look.lettering
        if texts[each.text]
    ]
    patches = [garment.Patch(pictures.layer(assets[each.image]), each.box) for each in look.patches]
    shirt = garment.lettered(image, letterings, patches)
    if look.side == "back":
        return garment.flat(shirt)
    return garment.worn(scene, shirt, look.width_mm, look.collar, lit)


def linear_of_color(color: looks.Color) -> Rgb:
    """Linear RGB of a shade as a product gives it."""
    if isinstance(color, str):
        return linear_of_hex(color)
    return np.clip(linear_of(np.array(color)), 1e-4, 1)
