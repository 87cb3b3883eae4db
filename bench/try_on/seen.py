"""What the eye sees first in a try-on, as numbers of one face each: halos around brows, milky lips,
ashy skin, a blush that does not show.

Each figure looks at pixels that it chooses by itself from the selfie, not by the masks that drew.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from bench.try_on import figures

TWO_DEEPER = (0.45, 0.38, 0.33)
"""Two shades deeper, as the light it gives back over that of the present one."""
PLUM, BLUSH = "#5a1230", "#d8556a"
BLUSH_COVERAGE = 0.35

LOBES = {
    "f0": {-1: (336, 427), 1: (623, 433)}, "f4": {1: (662, 412)}, "f8": {1: (690, 447)},
    "f10": {-1: (322, 455), 1: (685, 438)}, "f6": {-1: (332, 450)},
    "f7": {-1: (354, 437), 1: (672, 499)},
    "m0": {-1: (366, 513), 1: (757, 514)}, "m1": {-1: (289, 486), 1: (611, 485)},
    "m10": {-1: (350, 514), 1: (734, 499)}, "m11": {-1: (382, 461), 1: (685, 453)},
    "m2": {-1: (382, 318), 1: (629, 308)}, "m3": {-1: (304, 463), 1: (689, 482)},
    "m4": {1: (614, 441)}, "m5": {-1: (296, 539), 1: (689, 516)},
    "m6": {-1: (362, 582), 1: (679, 585)}, "m7": {-1: (247, 557), 1: (790, 553)},
    "m8": {-1: (279, 442), 1: (632, 455)}, "m9": {-1: (423, 266), 1: (617, 265)},
    "astronaut": {-1: (181, 131), 1: (269, 136)},
}  # fmt: skip
"""The lowest point of each lobe that shows, marked by hand in pixels of the portrait: 1 is the
person's left, -1 their right."""

Mask = NDArray[np.bool_]
Floats = NDArray[Any]


def all_of(image: Image.Image) -> dict[str, float]:
    """Every figure of one face."""
    from vision import render

    scene, _ = render.sit(figures.as_png(image))
    return brows(scene) | lips(scene) | shine(scene) | {"blush": blush(scene)}


def brows(scene: Any) -> dict[str, float]:
    """`brows`: the share of a deeper shade that skin around the brows reaches, of what cheeks and
    forehead do; `pale`: the share of that skin which reaches less than half.

    Skin is what is nearly as bright as the middle of what lies around the brow.
    """
    from vision import makeup, mesh

    after = makeup.foundation(scene, makeup.Foundation(np.array(TWO_DEEPER), 1.0, "natural"))
    before = _light(scene.pixels)
    change = np.log((_brightness(_light(after)) + 1e-4) / (_brightness(before) + 1e-4))
    shape, reached = scene.pixels.shape[:2], []
    eyes = _grown(_inside(scene, shape, mesh.RIGHT_EYE, mesh.LEFT_EYE), scene.mm(3))
    face = _inside(scene, shape, mesh.OVAL)
    bare = _inside(scene, shape, mesh.RIGHT_CHEEK, mesh.LEFT_CHEEK, mesh.FOREHEAD)
    met = float(np.median(change[bare]))
    for outline in (mesh.RIGHT_BROW, mesh.LEFT_BROW):
        near = _grown(_inside(scene, shape, outline), scene.mm(5)) & ~eyes & face
        level = _brightness(before)
        middle = np.quantile(level[near], 0.6)
        skin = near & (level > 0.8 * middle) & (level < 1.3 * middle)
        reached.append(np.clip(change[skin] / met, 0, 1.2))
    every = np.concatenate(reached)
    return {"brows": float(every.mean()), "pale": float((every < 0.5).mean())}


def lips(scene: Any) -> dict[str, float]:
    """`milky`: the share of the lips, apart from what shines in the selfie, whose chroma under a
    dark glossy lipstick is under half of what most of them have; `lip_shine`: how much of the
    selfie's
    highlights is there under it."""
    from vision import colors, makeup, mesh

    look = makeup.Color(colors.linear_of_hex(PLUM), 0.9, "dewy")
    after = makeup.lips(scene, look)
    shape = scene.pixels.shape[:2]
    inside = _shrunk(_inside(scene, shape, mesh.LIPS_OUTER), scene.mm(1.2))
    inside &= ~_grown(_inside(scene, shape, mesh.LIPS_INNER), scene.mm(1.2))
    if inside.sum() < 30:
        inside = _inside(scene, shape, mesh.LIPS_OUTER)
    before, made = _light(scene.pixels), _light(after)
    shining = _highlights(before, inside, scene.mm(2.5))
    lab = colors.lab_of(made)
    chroma = np.hypot(lab[..., 1], lab[..., 2])
    dull = inside & (shining < 0.15 * _brightness(before))
    milky = float((chroma[dull] < 0.5 * np.median(chroma[dull])).mean())
    kept = _highlights(made, inside, scene.mm(2.5))
    return {
        "milky": milky,
        "lip_shine": float(kept[inside].sum() / max(shining[inside].sum(), 1e-6)),
    }


def shine(scene: Any) -> dict[str, float]:
    """`skin_shine`: how much of the skin's highlights a natural foundation of the own shade keeps;
    `ash`: the chroma of shiny skin under a matte one over that in the selfie."""
    from vision import colors, makeup, mesh

    own = np.ones(3)
    shape = scene.pixels.shape[:2]
    skin = _inside(scene, shape, mesh.RIGHT_CHEEK, mesh.LEFT_CHEEK, mesh.FOREHEAD, mesh.NOSE)
    before = _light(scene.pixels)
    natural = _light(makeup.foundation(scene, makeup.Foundation(own, 0.8, "natural")))
    matte = _light(makeup.foundation(scene, makeup.Foundation(own, 0.8, "matte")))
    was = _highlights(before, skin, scene.mm(8))
    shiny = skin & (was > np.quantile(was[skin], 0.9))

    def chroma(light: Floats) -> float:
        lab = colors.lab_of(np.median(light[shiny], axis=0))
        return float(np.hypot(lab[1], lab[2]))

    kept = _highlights(natural, skin, scene.mm(8))[skin].sum() / max(was[skin].sum(), 1e-6)
    return {"skin_shine": float(kept), "ash": chroma(matte) / chroma(before)}


def shirt_over() -> dict[str, float]:
    """The share of the chins and of the hair of all faces over which a shirt is drawn.

    A chin is the lower half of the landmarks' outline, hair what the hair segmenter is sure of.
    """
    from backshop.connect.try_on import looks
    from vision import face, mesh, render

    from bench.try_on import gallery

    files, shares = gallery.assets(), {"chin": 0.0, "hair": 0.0}
    look = looks.look_of({"try_on": gallery.LOOKS["shirt"]})
    assert look is not None
    over = {"chin": [0, 0], "hair": [0, 0]}
    for _, image in figures.originals():
        scene, _ = render.sit(figures.as_png(image))
        after = render.draw(scene, look, render.Setting(), files)
        changed = np.abs(after.astype(int) - scene.pixels).max(axis=2) > 24
        shape = scene.pixels.shape[:2]
        chin = _inside(scene, shape, mesh.OVAL)
        chin[: round(scene.face.points[4, 1])] = False
        places = {"chin": chin}
        if face.has("hair_segmenter"):
            places["hair"] = scene.body.hair > 0.9
        for name, place in places.items():
            over[name][0] += int((changed & place).sum())
            over[name][1] += int(place.sum())
    return shares | {name: part / whole for name, (part, whole) in over.items() if whole}


Outline = tuple[tuple[int, int], ...]

BARE: dict[str, Outline] = {
    "m2": ((330, 905), (510, 930), (700, 935), (790, 945), (790, 1022), (300, 1022), (300, 950))
}
"""Crossed arms, marked by hand, over which no shirt is drawn."""
HANDS: dict[str, Outline] = {
    "m2": ((288, 898), (315, 873), (340, 870), (340, 930), (320, 915), (290, 912)),
    "m9": ((300, 925), (380, 905), (400, 930), (395, 985), (330, 990)),
}
"""Hands, marked by hand, over which neither a shirt nor a sleeve is drawn."""
SCARVES: dict[str, Outline] = {
    "f9": ((175, 420), (290, 420), (340, 560), (430, 680), (560, 720), (720, 640), (740, 500),
           (790, 610), (700, 740), (560, 775), (400, 760), (260, 700), (185, 590)),
}  # fmt: skip
"""Headscarves around a neck, marked by hand, over which none is."""
COLLARS: dict[str, Outline] = {
    "m5": ((302, 610), (322, 602), (330, 640), (338, 680), (333, 684), (309, 642)),
    "m6": ((366, 640), (374, 630), (398, 690), (409, 735), (400, 730), (375, 680)),
    "m10": ((416, 642), (427, 680), (429, 698), (412, 682), (402, 676), (409, 652)),
}
"""Own collars beside jaws, marked by hand, over which one is."""
SHOULDERS: dict[str, Outline] = {
    "m4": ((195, 565), (330, 560), (330, 640), (215, 650), (180, 640), (180, 590))
}
"""A dark shoulder before a dark seat, marked by hand, over which one is."""


def shirt_marks() -> dict[str, float]:
    """The share of the marked arms, hands and scarves that a shirt covers, and of the marked
    collars and shoulders that it leaves: the most of any face."""
    from backshop.connect.try_on import looks
    from vision import fields, render

    from bench.try_on import gallery

    look = looks.look_of({"try_on": gallery.LOOKS["shirt"]})
    assert look is not None
    files, faces = gallery.assets(), dict(figures.originals())
    marked_of = {
        "arms": BARE, "hands": HANDS, "scarves": SCARVES, "collars": COLLARS, "shoulders": SHOULDERS
    }  # fmt: skip
    worst = dict.fromkeys(marked_of, 0.0)
    for name in {face for marks in marked_of.values() for face in marks} & set(faces):
        scene, _ = render.sit(figures.as_png(faces[name]))
        after = render.draw(scene, look, render.Setting(), files)
        changed = np.abs(after.astype(int) - scene.pixels).max(axis=2) > 24
        scale = scene.pixels.shape[1] / faces[name].width
        for what, marks in marked_of.items():
            if name in marks:
                wrong = ~changed if what in ("collars", "shoulders") else changed
                marked = fields.drawn([np.array(marks[name]) * scale], wrong.shape) > 0.5
                worst[what] = max(worst[what], float(wrong[marked].mean()))
    return worst


def lobes() -> list[float | None]:
    """How many millimetres each marked lobe is missed by; None where it is said to be hidden."""
    from vision import render, wearables

    missed: list[float | None] = []
    for name, image in figures.originals():
        scene, _ = render.sit(figures.as_png(image))
        shown = wearables.lobes(scene)
        for side, mark in LOBES.get(name, {}).items():
            found = shown.get(side)
            at = np.array(mark) * scene.pixels.shape[1] / image.width
            off = None if found is None else np.linalg.norm(found - at) / scene.face.scale
            missed.append(None if off is None else float(off))
    return missed


def blush(scene: Any) -> float:
    """CIEDE2000 that a blush makes on a cheek where it is strongest: the mean of both."""
    from backshop.connect.try_on import looks
    from vision import colors, mesh, render

    spec = {"kind": "blush", "color": BLUSH, "coverage": BLUSH_COVERAGE}
    look = looks.look_of({"try_on": spec})
    assert look is not None
    after = render.draw(scene, look, render.Setting(), {})
    shape = scene.pixels.shape[:2]
    found = []
    for cheek in (mesh.RIGHT_CHEEK, mesh.LEFT_CHEEK):
        where = _inside(scene, shape, cheek)
        labs = [colors.lab_of(_light(pixels)[where]) for pixels in (scene.pixels, after)]
        found.append(float(np.quantile(colors.ciede2000(*labs), 0.9)))
    return float(np.mean(found))


def _light(pixels: NDArray[np.uint8]) -> Floats:
    from vision import colors

    return colors.to_linear(pixels)


def _brightness(light: Floats) -> Floats:
    from vision import colors

    return np.asarray(light @ colors.LUMA)


def _highlights(light: Floats, where: Mask, radius: float) -> Floats:
    """White light above the mean of its surroundings within the mask."""
    rows, columns = (np.flatnonzero(where.any(axis=axis)) for axis in (1, 0))
    box = (slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1))
    from vision import fields

    mask = where[box].astype(np.float32)
    white = light[box].min(axis=-1).astype(np.float32)
    found = np.zeros(where.shape, dtype=np.float32)
    above = white - fields.blurred_within(white, mask, radius)
    found[box] = np.clip(above, 0, None) * mask
    return found


def _inside(scene: Any, shape: tuple[int, int], *outlines: tuple[int, ...]) -> Mask:
    from vision import fields

    points = [scene.face.points[list(each), :2] for each in outlines]
    return np.asarray(fields.drawn(points, shape) > 0.5)


def _grown(mask: Mask, by: float) -> Mask:
    image = Image.fromarray(mask.astype(np.uint8) * 255)
    return np.asarray(image.filter(ImageFilter.MaxFilter(2 * max(1, round(by)) + 1))) > 0


def _shrunk(mask: Mask, by: float) -> Mask:
    return ~_grown(~mask, by)
