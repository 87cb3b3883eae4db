"""A store's one colour, made fit to be read: WCAG's contrast, reckoned."""

from __future__ import annotations

LIGHT, DARK = "#f4f6f8", "#191f25"
"""The page in the light and the card in the dark: what is easy to read on the one is so on the
lighter card, and on the other on the darker page."""
TEXT = 4.5


def contrast(one: str, other: str) -> float:
    """WCAG 2.2's contrast ratio of two colours `#rrggbb`, from 1 to 21."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def on(colour: str) -> str:
    """Black or white, whichever is easier to read on the colour."""
    return max(("#000000", "#ffffff"), key=lambda each: contrast(colour, each))


def readable(colour: str, ground: str) -> str:
    """The colour, mixed with black or white until it is easy to read on the ground."""
    towards = on(ground)
    mixes = (_mix(colour, towards, share / 40) for share in range(41))
    return next(each for each in mixes if contrast(each, ground) >= TEXT)


def sheet(colour: str) -> str:
    """The stylesheet that brings the colour to a page."""
    return (
        f":root{{--brand:{colour};--on-brand:{on(colour)};"
        f"--brand-text:{readable(colour, LIGHT)}}}\n"
        "@media(prefers-color-scheme:dark){:root{"
        f"--brand-text:{readable(colour, DARK)}}}}}\n"
    )


def _mix(colour: str, other: str, share: float) -> str:
    pairs = zip(_channels(colour), _channels(other), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def _channels(colour: str) -> list[int]:
    return [int(colour[at : at + 2], 16) for at in (1, 3, 5)]


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(each / 255) for each in _channels(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    """sRGB to linear light, as WCAG 2.2 defines relative luminance."""
    return channel / 12.92 if channel <= 0.04045 else float(((channel + 0.055) / 1.055) ** 2.4)
