"""What a photo tells of skin: shades among the suggestions, warnings' hits and false alarms,
reasons.

Ground truth is the same portrait in good light; what is relit, tinted or blurred here is known to
be.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import numpy as np
from PIL import Image, ImageFilter

from bench.try_on import figures


def catalogue() -> list[tuple[str, np.ndarray]]:
    """Forty shades in CIELAB: ten depths, four undertones each; names are depth and undertone."""
    shades = []
    for depth in np.linspace(86, 30, 10):
        a = 6 + 10 * np.exp(-(((depth - 52) / 22) ** 2))
        b = 10 + 16 * np.exp(-(((depth - 60) / 25) ** 2))
        for number, (redder, yellower) in enumerate(((2, -3), (0, 0), (-1, 3), (-3, 5))):
            shades.append((f"{depth:.0f}-{number}", np.array([depth, a + redder, b + yellower])))
    return shades


def suggested(stops: float) -> dict[str, float]:
    """Over all faces relit by that: how often the right shade, and the right depth, is
    suggested."""
    from vision import colors, render, tone

    shades, right, depth = catalogue(), [], []
    labs = np.array([lab for _, lab in shades])
    for _, image in figures.originals():
        true = tone.read(render.sit(figures.as_png(image))[0]).lab
        wanted = shades[int(np.argmin(colors.ciede2000(true, labs)))][0]
        relit = tone.read(render.sit(figures.as_png(figures.relight(image, stops)))[0])
        names = [name for name, _ in tone.neighbours(relit.lab, shades)]
        right.append(wanted in names)
        depth.append(wanted.split("-")[0] in {name.split("-")[0] for name in names})
    return {"right": float(np.mean(right)), "depth": float(np.mean(depth))}


def tinted(image: Image.Image, by: tuple[float, float, float]) -> Image.Image:
    """The picture in a light of that colour (linear RGB over white light)."""
    from vision import colors

    linear = colors.to_linear(np.asarray(image)) * np.array(by, dtype=np.float32)
    return Image.fromarray(colors.to_srgb(linear.astype(np.float32)))


def blurred(image: Image.Image, radius: float) -> Image.Image:
    """Blurred by so many pixels of 512."""
    return image.filter(ImageFilter.GaussianBlur(radius * image.width / 512))


SPOILT: dict[str, Callable[[Image.Image], Image.Image]] = {
    "as it is": lambda image: image,
    "tungsten": lambda image: tinted(image, (1.25, 0.85, 0.45)),
    "blue light": lambda image: tinted(image, (0.7, 1.0, 1.5)),
    "two stops under": lambda image: figures.relight(image, -2),
    "one stop over": lambda image: figures.relight(image, 1),
    "blurred": lambda image: blurred(image, 4),
    "blurred heavily": lambda image: blurred(image, 9),
}


def said(spoilt: str) -> Counter[str]:
    """How many of all faces, spoilt so, get each warning, or are refused with each code."""
    from vision import render, tone

    counted: Counter[str] = Counter()
    for _, image in figures.originals():
        counted["faces"] += 1
        try:
            scene, _ = render.sit(figures.as_png(SPOILT[spoilt](image)))
        except render.Refused as refused:
            counted[f"refused: {refused.code}"] += 1
        else:
            counted.update(tone.read(scene).warnings)
    return counted
