"""Reads the colour of skin from a scene, says how sure that is, and which shades come near it.

A photo does not tell a dark skin in much light from a light skin in little: one stop of exposure
moves ITA by about 28 degrees. So every reading is a range, and a shade is for the shopper to
confirm.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from . import fields, mesh
from .colors import LUMA, ciede2000, lab_of, linear_of, linear_of_hex, to_linear
from .scene import Scene

Lab = NDArray[np.float64]

# The ten tones of the Monk scale, lightest first (Google, 2022).
MONK = ("#f6ede4", "#f3e7db", "#f7ead0", "#eadaba", "#d7bd96",
        "#a07e56", "#825c43", "#604134", "#3a312a", "#292420")  # fmt: skip
_STOPS = (
    1.0  # exposures of selfies: 95 in 100 lie within this of a good one (half a stop deviation)
)
_DEVIATION = 0.5  # stops: the standard deviation of exposures
_BLOWN = 0.94  # linear light from which a channel may have been clipped
_STOPS_DOUBTFUL = 1.5  # with glare, a cast or uneven light
_PATCHES = {
    "right_cheek": mesh.RIGHT_CHEEK,
    "left_cheek": mesh.LEFT_CHEEK,
    "forehead": mesh.FOREHEAD,
}
_GLARE = 0.25  # share of shiny or blown-out skin that spoils a reading
_UNEVEN = 16.0  # L* between the cheeks
_HUES = (22.0, 80.0)  # degrees of CIELAB hue that skin has under neutral light
_WARM, _COLD = 43.0, 0.215  # chroma that skin has at most, and at least as a share of L*
_DIM = 0.3  # luminance of the brightest hundredth of a photo in too little light
_BLURRED = 0.05  # `Scene.sharpness`

WARNINGS = {
    "glare": "Light is mirrored on the skin: turn away from the lamp or the flash.",
    "colour_cast": "The light is coloured: daylight shows skin as it is.",
    "uneven_light": "One side of the face is much darker: face the light.",
    "dark": "The photo is dark: more light shows the shade better.",
    "blurred": "The photo is blurred: hold still, and wipe the lens.",
}


@dataclass(frozen=True, eq=False)
class Reading:
    """Skin colour: CIELAB under the photo's own light, as measured and as it may be.

    `ita` (degrees; above 55 very light, below -30 dark) and `monk` (1 to 10) are given with the
    range that holds 95 of 100 selfies; `patches` are the readings it is the middle of.
    """

    lab: Lab
    ita: float
    ita_range: tuple[float, float]
    monk: int
    monk_range: tuple[int, int]
    patches: dict[str, Lab]
    warnings: tuple[str, ...]


def read(scene: Scene) -> Reading:
    """The reading of a face; needs cheeks and forehead at least partly bare."""
    colors, shiny = {}, []
    for name, outline in _PATCHES.items():
        bare = (scene.patch(outline) > 0.5) & (scene.coarse_skin > 0.5)
        if bare.sum() < 12:
            continue
        pixels = scene.coarse[bare]
        glaring = (scene.gloss[bare] > 0.35 * pixels.mean(axis=1)) | (pixels.min(axis=1) > 0.8)
        shiny.append(float(glaring.mean()))
        kept = pixels[~glaring] if glaring.mean() < 0.7 else pixels
        colors[name] = fields.median(kept, axis=0).astype(np.float64)
    if not colors:
        colors["face"] = scene.skin.color
    middle = fields.median(np.array(list(colors.values())), axis=0)
    patches = {name: lab_of(color) for name, color in colors.items()}
    warnings = _warnings(scene, patches, lab_of(middle), float(np.mean(shiny)) if shiny else 0.0)
    stops = _STOPS_DOUBTFUL if set(warnings) - {"dark", "blurred"} else _STOPS
    lighter, darker = (lab_of(np.clip(middle * 2**by, 0, 1)) for by in (stops, -stops))
    itas = [ita(each) for each in patches.values()]
    return Reading(
        lab_of(middle),
        ita(lab_of(middle)),
        (min(ita(darker), *itas), max(ita(lighter), *itas)),
        monk(lab_of(middle)),
        (
            min(monk(lighter), *map(monk, patches.values())),
            max(monk(darker), *map(monk, patches.values())),
        ),
        patches,
        warnings,
    )


def ita(lab: Lab) -> float:
    """Individual typology angle in degrees (Chardon 1991)."""
    return math.degrees(math.atan2(float(lab[0]) - 50, float(lab[2])))


def monk(lab: Lab) -> int:
    """The nearest tone of the Monk scale, 1 (lightest) to 10."""
    return int(np.argmin(ciede2000(lab, _MONK_LAB))) + 1


def neighbours(lab: Lab, shades: Sequence[tuple[str, Lab]]) -> list[tuple[str, float]]:
    """Three shades that the skin may have, from light to dark: the nearest were the photo exposed
    well, were it half a stop over and were it half a stop under; with their CIEDE2000 from what was
    measured.

    Half a stop is what exposures of selfies deviate by; the three nearest to the measured colour
    alone would all be wrong then.
    """
    if not shades:
        return []
    labs = np.array([shade for _, shade in shades], dtype=np.float64)
    chosen: list[int] = []
    for stops in (0.0, _DEVIATION, -_DEVIATION):
        order = np.argsort(_far_if_exposed(lab, labs, stops), kind="stable")
        chosen += [int(each) for each in order if each not in chosen][:1]
    far = ciede2000(lab, labs)
    return [(shades[i][0], float(far[i])) for i in sorted(chosen, key=lambda i: -labs[i, 0])]


def _far_if_exposed(lab: Lab, labs: Lab, stops: float) -> NDArray[np.float64]:
    """CIEDE2000 between a measured colour and shades if the photo had so many stops too much
    light."""
    light = linear_of(lab)
    if stops > 0 and light.max() > _BLOWN:  # the brightest channel is lost: shades are lit instead
        return ciede2000(lab, lab_of(np.clip(linear_of(labs) * 2**stops, 0, 1)))
    return ciede2000(lab_of(np.clip(light / 2**stops, 0, 1)), labs)


def _warnings(scene: Scene, patches: dict[str, Lab], lab: Lab, shiny: float) -> tuple[str, ...]:
    cheeks = [patches[name][0] for name in ("right_cheek", "left_cheek") if name in patches]
    sampled = to_linear(np.ascontiguousarray(scene.pixels[::8, ::8])) @ LUMA
    said = {
        "glare": shiny > _GLARE,
        "colour_cast": _coloured(lab),
        "uneven_light": len(cheeks) == 2 and abs(cheeks[0] - cheeks[1]) > _UNEVEN,
        "dark": lab[0] < 22 or float(fields.quantile(sampled, 0.99)) < _DIM,
        "blurred": scene.sharpness < _BLURRED,
    }
    return tuple(code for code, holds in said.items() if holds)


def _coloured(lab: Lab) -> bool:
    """Whether skin has a colour that it has in no white light."""
    chroma = math.hypot(lab[1], lab[2])
    hue = math.degrees(math.atan2(lab[2], lab[1])) % 360
    blown = float(linear_of(lab).max()) > _BLOWN  # pale and yellow for that
    strange = chroma > 4 and not _HUES[0] <= hue <= _HUES[1]
    return chroma > _WARM or (not blown and (strange or chroma < _COLD * lab[0]))


_MONK_LAB = lab_of(np.array([linear_of_hex(code) for code in MONK]))
