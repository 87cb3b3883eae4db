"""Colour arithmetic: sRGB, linear light, CIELAB (D65) and CIEDE2000."""

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Bytes = NDArray[np.uint8]

# IEC 61966-2-1, linear RGB to XYZ already divided by the D65 white point.
_TO_XYZ = np.array(
    [
        [0.4124564 / 0.95047, 0.3575761 / 0.95047, 0.1804375 / 0.95047],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339 / 1.08883, 0.1191920 / 1.08883, 0.9503041 / 1.08883],
    ]
)
_FROM_XYZ = np.linalg.inv(_TO_XYZ)
LUMA = _TO_XYZ[1].astype(np.float32)

_CODES = np.arange(256) / 255.0
_LINEAR = np.where(_CODES <= 0.04045, _CODES / 12.92, ((_CODES + 0.055) / 1.055) ** 2.4).astype(
    np.float32
)
# 14 bits tell every sRGB code apart, down to black (the smallest step is 0.0003).
STEPS = 1 << 14
_GRID = np.arange(STEPS + 1) / STEPS
_PIECE = 1 << 15
_SRGB = np.rint(
    255 * np.where(_GRID <= 0.0031308, 12.92 * _GRID, 1.055 * _GRID ** (1 / 2.4) - 0.055)
).astype(np.uint8)


def to_linear(pixels: Bytes) -> Floats:
    """sRGB bytes to linear light, 0 to 1."""
    linear = np.empty(pixels.shape, dtype=np.float32)
    codes, made = np.ascontiguousarray(pixels).reshape(-1), linear.reshape(-1)
    for piece in _pieces(len(codes)):
        _LINEAR.take(codes[piece], mode="clip", out=made[piece])
    return linear


def to_srgb(linear: Floats) -> Bytes:
    """Linear light to sRGB bytes; what lies outside 0 to 1 is clipped. Exact inverse of
    `to_linear`."""
    pixels = np.empty(linear.shape, dtype=np.uint8)
    light, made = np.ascontiguousarray(linear).reshape(-1), pixels.reshape(-1)
    for piece in _pieces(len(light)):
        steps = light[piece] * np.float32(STEPS)
        steps += np.float32(0.5)
        of_steps(steps, made[piece])
    return pixels


def of_steps(light: Floats, out: Bytes) -> None:
    """Write the sRGB bytes of linear light that is already `STEPS` times as large, and a half
    more."""
    # To whole numbers of 32 bits first: processors make five of them in the time of one of 64.
    _SRGB.take(light.astype(np.int32), mode="clip", out=out)


def _pieces(length: int) -> Iterator[slice]:
    """Parts of so many values that are looked up one after the other: numpy makes eight bytes of
    each index, and those of a whole picture would not stay in the processor's cache."""
    return (slice(start, start + _PIECE) for start in range(0, length, _PIECE))


def lab_of(linear: NDArray[np.floating]) -> NDArray[np.float64]:
    """CIELAB of linear RGB in the last axis (L* 0 to 100)."""
    xyz = np.asarray(linear, dtype=np.float64) @ _TO_XYZ.T
    f = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    return np.stack(
        [116 * f[..., 1] - 16, 500 * (f[..., 0] - f[..., 1]), 200 * (f[..., 1] - f[..., 2])],
        axis=-1,
    )


def linear_of(lab: NDArray[np.floating]) -> NDArray[np.float64]:
    """Linear RGB of CIELAB; out-of-gamut colours come out below 0 or above 1."""
    lab = np.asarray(lab, dtype=np.float64)
    y = (lab[..., 0] + 16) / 116
    f = np.stack([y + lab[..., 1] / 500, y, y - lab[..., 2] / 200], axis=-1)
    xyz = np.where(f > 6 / 29, f**3, (116 * f - 16) * 27 / 24389)
    return xyz @ _FROM_XYZ.T


def linear_of_hex(code: str) -> NDArray[np.float64]:
    """Linear RGB of `#rrggbb`."""
    pixels = np.frombuffer(bytes.fromhex(code.removeprefix("#")), dtype=np.uint8)
    return to_linear(pixels).astype(np.float64)


def hex_of(linear: NDArray[np.floating]) -> str:
    """`#rrggbb` of one linear RGB colour."""
    return "#" + to_srgb(np.asarray(linear, dtype=np.float32)).tobytes().hex()


def ciede2000(one: NDArray[np.floating], other: NDArray[np.floating]) -> NDArray[np.float64]:
    """Colour difference of CIELAB values in the last axis, broadcast (CIE 142-2001, kL = kC = kH
    = 1)."""
    l1, a1, b1 = np.moveaxis(np.asarray(one, dtype=np.float64), -1, 0)
    l2, a2, b2 = np.moveaxis(np.asarray(other, dtype=np.float64), -1, 0)
    c7 = ((np.hypot(a1, b1) + np.hypot(a2, b2)) / 2) ** 7
    stretch = 1 + 0.5 * (1 - np.sqrt(c7 / (c7 + 25.0**7)))
    a1, a2 = a1 * stretch, a2 * stretch
    c1, c2 = np.hypot(a1, b1), np.hypot(a2, b2)
    h1, h2 = np.arctan2(b1, a1) % (2 * np.pi), np.arctan2(b2, a2) % (2 * np.pi)
    colourless = c1 * c2 == 0
    turn = (h2 - h1 + np.pi) % (2 * np.pi) - np.pi
    turn = np.where(colourless, 0.0, turn)
    d_hue = 2 * np.sqrt(c1 * c2) * np.sin(turn / 2)
    mean_l, mean_c = (l1 + l2) / 2, (c1 + c2) / 2
    mean_h = np.where(colourless, h1 + h2, (h1 + turn / 2) % (2 * np.pi))
    t = (
        1
        - 0.17 * np.cos(mean_h - math.radians(30))
        + 0.24 * np.cos(2 * mean_h)
        + 0.32 * np.cos(3 * mean_h + math.radians(6))
        - 0.20 * np.cos(4 * mean_h - math.radians(63))
    )
    s_l = 1 + 0.015 * (mean_l - 50) ** 2 / np.sqrt(20 + (mean_l - 50) ** 2)
    s_c, s_h = 1 + 0.045 * mean_c, 1 + 0.015 * mean_c * t
    swirl = math.radians(30) * np.exp(-(((np.degrees(mean_h) - 275) / 25) ** 2))
    twist = -np.sin(2 * swirl) * 2 * np.sqrt(mean_c**7 / (mean_c**7 + 25.0**7))
    d_l, d_c, d_h = (l2 - l1) / s_l, (c2 - c1) / s_c, d_hue / s_h
    return np.sqrt(d_l**2 + d_c**2 + d_h**2 + twist * d_c * d_h)
