"""WebP decoded in a smaller size, by the libwebp that Pillow brings along: it makes rows smaller as
it reads them. Pillow decodes whole frames, four times over: 49 megapixels are 800 MB there.

Source: libwebp 1.6, `src/webp/decode.h`. What its structures look like is fixed by the number that
`WebPInitDecoderConfigInternal` compares.
"""

from __future__ import annotations

import ctypes
from functools import cache

from PIL import Image

_ABI = 0x0210
_MODES = {"RGB": 0, "RGBA": 1}
"""The colorspace of decode.h by the mode of Pillow."""


class _Features(ctypes.Structure):
    _fields_ = (
        *((name, ctypes.c_int) for name in ("width", "height", "has_alpha", "has_animation")),
        ("format", ctypes.c_int),
        ("pad", ctypes.c_uint32 * 5),
    )


class _Pixels(ctypes.Structure):
    _fields_ = (("start", ctypes.c_void_p), ("stride", ctypes.c_int), ("size", ctypes.c_size_t))


class _Planes(ctypes.Structure):
    _fields_ = (
        ("starts", ctypes.c_void_p * 4),
        ("strides", ctypes.c_int * 4),
        ("sizes", ctypes.c_size_t * 4),
    )


class _Place(ctypes.Union):
    _fields_ = (("pixels", _Pixels), ("planes", _Planes))


class _Output(ctypes.Structure):
    _fields_ = (
        *((name, ctypes.c_int) for name in ("colorspace", "width", "height", "is_external")),
        ("place", _Place),
        ("pad", ctypes.c_uint32 * 4),
        ("private", ctypes.c_void_p),
    )


class _Options(ctypes.Structure):
    _fields_ = (
        *((name, ctypes.c_int) for name in ("bypass_filtering", "no_fancy_upsampling")),
        ("cropping", ctypes.c_int * 5),
        *((name, ctypes.c_int) for name in ("use_scaling", "scaled_width", "scaled_height")),
        ("others", ctypes.c_int * 4),
        ("pad", ctypes.c_uint32 * 5),
    )


class _Config(ctypes.Structure):
    _fields_ = (("input", _Features), ("output", _Output), ("options", _Options))


def decoded(data: bytes, size: tuple[int, int], mode: str) -> Image.Image:
    """The picture in that size; `mode` is RGB or RGBA. Raises OSError on what libwebp cannot
    read."""
    width, height = size
    stride = width * len(mode)
    pixels = ctypes.create_string_buffer(stride * height)
    config = _Config()
    if not _libwebp().WebPInitDecoderConfigInternal(ctypes.byref(config), _ABI):
        raise OSError("another libwebp")
    config.options.use_scaling = 1
    config.options.scaled_width, config.options.scaled_height = size
    config.output.colorspace, config.output.is_external = _MODES[mode], 1
    config.output.place.pixels = _Pixels(ctypes.addressof(pixels), stride, len(pixels))
    status = _libwebp().WebPDecode(data, ctypes.c_size_t(len(data)), ctypes.byref(config))
    if status != 0:
        raise OSError(f"libwebp ended with {status}")
    return Image.frombuffer(mode, size, pixels, "raw", mode, 0, 1)


@cache
def _libwebp() -> ctypes.CDLL:
    """The library that Pillow's own module is linked with."""
    from PIL import _webp

    return ctypes.CDLL(_webp.__file__)
