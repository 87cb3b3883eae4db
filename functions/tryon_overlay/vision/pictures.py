"""Bytes of an upload to pixels worth looking at, and pixels back to a JPEG."""

import io
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PIL import Image, features

from . import decoding, webp
from .colors import Bytes

MAX_BYTES = 25_000_000
MAX_PIXELS = 60_000_000
MAX_SCANS = 100  # of a progressive JPEG; cameras and programs write up to a dozen
_SCAN = b"\xff\xda"  # begins each; inside of one, 0xFF is followed by a zero or a restart
MIN_SIDE = 160
MAX_RATIO = 4
WORKING_SIDE = 1024  # the longer side that looks are drawn at: a phone's screen
_NEARLY = 0.94  # the share of it that is as good: a quarter of twelve megapixels' 4,000 pixels
_AMPLE = 2  # times the working side: what a filter needs that makes a picture smaller without loss
_QUALITY = 88

Image.preinit()  # here, not once more in every child

# Pillow's decoders raise all of these on damaged files.
_DAMAGED = (OSError, SyntaxError, ValueError, TypeError, IndexError, KeyError, EOFError, OverflowError,
            MemoryError, struct.error, zlib.error)  # fmt: skip


class Refused(Exception):
    """A picture that cannot be used: `code` for programs, `reason` a sentence for the shopper."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(code, reason)
        self.code, self.reason = code, reason


@dataclass(frozen=True)
class Kind:
    """A format by how its files begin."""

    name: str
    magic: bytes
    offset: int = 0


_KINDS = (
    Kind("JPEG", b"\xff\xd8\xff"),
    Kind("PNG", b"\x89PNG\r\n\x1a\n"),
    Kind("WEBP", b"WEBP", 8),
    *(Kind("HEIF", b"ftyp" + brand, 4) for brand in (b"heic", b"heix", b"heim", b"heis", b"mif1")),
    *(Kind("HEVC", b"ftyp" + brand, 4) for brand in (b"hevc", b"hevx", b"msf1")),
)


def opened(data: bytes) -> Image.Image:
    """An upright sRGB picture of at most `WORKING_SIDE` pixels; raises `Refused`. What is no photo
    by its first bytes, or too much, is refused before anything reads it."""
    if len(data) > MAX_BYTES:
        raise Refused("too_large", "The file is over 25 MB. Send a smaller photo.")
    kind = next((k.name for k in _KINDS if data[k.offset :].startswith(k.magic)), None)
    if kind is None:
        raise Refused(
            "not_an_image", "This is not a photo we can read. Send a JPEG, PNG, WebP or HEIC."
        )
    if kind == "HEVC":
        raise Refused("animated", "This is a burst or a live photo. Send one still photo.")
    if kind == "JPEG" and data.count(_SCAN) > MAX_SCANS:
        raise _damaged()
    return apart(lambda given: _read(given, kind), data, _damaged)


def apart(
    read: Callable[[bytes], Image.Image], data: bytes, damaged: Callable[[], Refused]
) -> Image.Image:
    """What a child makes of foreign bytes (decoding.py); raises `Refused`, as `read` does, and as
    damaged where it dies of them."""
    try:
        return decoding.apart(read, Refused, data)
    except decoding.Told as told:
        raise Refused(*told.args) from None
    except decoding.Died:
        raise damaged() from None


def _damaged() -> Refused:
    return Refused("damaged", "The photo is damaged or was not sent completely. Send it again.")


def _read(data: bytes, kind: str) -> Image.Image:
    try:
        if kind == "PNG":
            data = _without_texts(data)
        image = _heif(data) if kind == "HEIF" else Image.open(io.BytesIO(data), formats=(kind,))
        _check(image, data)
        return _reduced(image, data)
    except Image.DecompressionBombError as error:
        raise _too_many_pixels() from error
    except _DAMAGED as error:
        raise _damaged() from error


def encoded(pixels: Bytes, run: int = 0) -> bytes:
    """A baseline JPEG with full colour resolution, for the sake of lips; with a restart marker
    after every `run` blocks."""
    file = io.BytesIO()
    options = {"restart_marker_blocks": run} if run else {}
    Image.fromarray(pixels).save(file, "JPEG", quality=_QUALITY, subsampling=0, **options)
    return file.getvalue()


def layer(data: bytes) -> Image.Image:
    """A product's transparent PNG as RGBA; raises `Refused` where it is none, or has no
    transparency."""
    if not data.startswith(b"\x89PNG\r\n\x1a\n") or len(data) > MAX_BYTES:
        raise Refused("bad_asset", "The product's picture is not a PNG.")
    return apart(_read_layer, data, _damaged_layer)


def _damaged_layer() -> Refused:
    return Refused("bad_asset", "The product's picture is damaged.")


def _read_layer(data: bytes) -> Image.Image:
    try:
        image = Image.open(io.BytesIO(data), formats=("PNG",))
        if image.width * image.height > MAX_PIXELS // 4:
            raise Refused("bad_asset", "The product's picture is over 15 megapixels.")
        image.load()
        image = image.convert("RGBA")
    except _DAMAGED as error:
        raise _damaged_layer() from error
    if image.getchannel("A").getextrema()[0] == 255:
        raise Refused("bad_asset", "The product's picture has no transparent background.")
    return image


_TEXTS = {b"tEXt", b"zTXt", b"iTXt"}
_LONG = 1 << 20


def _without_texts(data: bytes) -> bytes:
    """A PNG without what only says something about it: Pillow takes one whose texts or profile
    unpack to more than a mebibyte for damaged (python-pillow/Pillow#8363). Without its profile a
    picture is sRGB."""
    kept, place = [data[:8]], 8
    while place < len(data):
        end = place + 12 + int.from_bytes(data[place : place + 4], "big")
        name, content = data[place + 4 : place + 8], data[place + 8 : end - 4]
        if name not in _TEXTS and not (name == b"iCCP" and _is_long(content)):
            kept.append(data[place:end])
        place = end
    return b"".join(kept)


def _is_long(profile: bytes) -> bool:
    """Behind the profile's name stand a zero, the method and the packed content."""
    packed = profile.partition(b"\0")[2][1:]
    try:
        return len(zlib.decompressobj().decompress(packed, _LONG + 1)) > _LONG
    except zlib.error:
        return False


def _heif(data: bytes) -> Image.Image:
    """The primary picture of an HEIC file, not decoded yet."""
    import pi_heif  # only for HEIC: 20 ms

    pi_heif.register_heif_opener(thumbnails=False)
    return Image.open(io.BytesIO(data), formats=("HEIF",))


def _check(image: Image.Image, data: bytes) -> None:
    """What the header tells: size, shape, depth, colours and frames."""
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise _too_many_pixels()
    if min(width, height) < MIN_SIDE:
        raise Refused("too_small", "The photo is under 160 pixels a side. Send a larger one.")
    if max(width, height) > MAX_RATIO * min(width, height):
        raise Refused(
            "too_long", "The photo is over four times as long as wide. Send a plain selfie."
        )
    if image.format != "MPO" and getattr(image, "is_animated", False) and image.format != "HEIF":
        raise Refused("animated", "The picture is animated. Send a still photo.")
    if image.mode == "CMYK":
        raise Refused("cmyk", "The photo is in print colours (CMYK). Send it in RGB.")
    if image.mode.startswith(("I", "F")) or (image.format == "PNG" and data[24] == 16):
        raise Refused("sixteen_bit", "The photo has 16 bits a channel. Send it with 8 bits.")
    if image.mode in ("1", "L", "LA", "La"):
        raise Refused("colourless", "The photo is black and white. Send one in colour.")


def _reduced(image: Image.Image, data: bytes) -> Image.Image:
    """Decoded, made smaller, turned upright and brought to sRGB, in the cheapest order."""
    decoded = _decoded(image, data)
    profile, orientation = image.info.get("icc_profile"), image.getexif().get(0x0112, 1)
    picture = _flattened(decoded)
    if max(picture.size) > WORKING_SIDE:
        size = _fitted(picture.size, WORKING_SIDE)
        picture = picture.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)
    return _turned(_to_srgb(picture, profile), orientation)


def _decoded(image: Image.Image, data: bytes) -> Image.Image:
    """Its pixels; of a large JPEG or WebP fewer of them, so that no whole one is ever in memory."""
    if image.format == "WEBP" and max(image.size) > _AMPLE * WORKING_SIDE:
        return webp.decoded(data, _fitted(image.size, _AMPLE * WORKING_SIDE), image.mode)
    if max(image.size) > WORKING_SIDE:
        # JPEG only: decoded at a half, a quarter or an eighth, a little below the working side too.
        image.draft("RGB", _fitted(image.size, _NEARLY * WORKING_SIDE))
    image.load()
    return image


def _fitted(size: tuple[int, int], longest: float) -> tuple[int, int]:
    """The size reduced to that longer side."""
    scale = longest / max(size)
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _flattened(image: Image.Image) -> Image.Image:
    """RGB; what is transparent becomes white."""
    if image.mode == "RGB":
        return image
    if image.mode in ("RGBA", "PA", "RGBa") or "transparency" in image.info:
        image = image.convert("RGBA")
        white = Image.new("RGBA", image.size, (255, 255, 255, 255))
        return Image.alpha_composite(white, image).convert("RGB")
    return image.convert("RGB")


_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def _turned(image: Image.Image, orientation: object) -> Image.Image:
    """Turned as the EXIF orientation says; an unknown one counts as upright."""
    turn = _TURNS.get(orientation) if isinstance(orientation, int) else None
    return image if turn is None else image.transpose(turn)


def _to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """From the colours of an embedded profile; an unusable profile counts as sRGB."""
    if not profile or b"sRGB" in profile[:4096] or not features.check("littlecms2"):
        return image
    from PIL import ImageCms  # only for photos that carry another profile

    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        turned = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"))
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return image
    return turned or image


def _too_many_pixels() -> Refused:
    return Refused("too_many_pixels", "The photo has over 60 megapixels. Send a smaller one.")


def pixels_of(image: Image.Image) -> Bytes:
    """(height, width, 3) bytes."""
    return np.asarray(image, dtype=np.uint8)
