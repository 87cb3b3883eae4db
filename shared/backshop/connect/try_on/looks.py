"""What a product's `metadata.try_on` says of how it is worn, and what comes of drawing it.

docs/try-on.md explains the looks with examples. Drawing reads them by msgspec, because a shopper
waits for all that it loads, and loading pydantic takes longer than drawing a picture. The routes
read the same classes by pydantic: each limit is said to both.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, is_dataclass
from enum import StrEnum
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta


class Limit:
    """What `Meta` says to msgspec, as pydantic's schemas say it."""

    def __init__(self, description: str = "", **rules: Any) -> None:
        self._description, self._rules = description, rules

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> Any:
        return handler(source) | self._rules

    def __get_pydantic_json_schema__(self, schema: Any, handler: Any) -> Any:
        described = {"description": self._description} if self._description else {}
        return handler(schema) | described


_HEX = r"^#[0-9a-fA-F]{6}$"
_NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$"
_Lightness = Annotated[float, Meta(ge=0, le=100), Limit(ge=0, le=100)]
_Opponent = Annotated[float, Meta(ge=-128, le=128), Limit(ge=-128, le=128)]

Hex = Annotated[str, Meta(pattern=_HEX), Limit(pattern=_HEX)]
Lab = Annotated[
    tuple[_Lightness, _Opponent, _Opponent],
    Limit("CIELAB under D65"),
]
Color = Hex | Lab
Share = Annotated[float, Meta(ge=0, le=1), Limit(ge=0, le=1)]
Some = Annotated[float, Meta(gt=0, le=1), Limit(gt=0, le=1)]
Asset = Annotated[str, Meta(pattern=_NAME), Limit(pattern=_NAME)]
"""The name of a file below `assets/<store id>/` in the try-on bucket."""


class _Look:
    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012 — pydantic reads a plain dict


class Finish(StrEnum):
    MATTE = "matte"
    NATURAL = "natural"
    DEWY = "dewy"


@dataclass(frozen=True)
class Foundation(_Look):
    """Foundation or sunscreen on the whole face. `shade` is its colour on skin; without one it is
    clear and only its `white_cast` shows (0 none, 1 a thick mineral film). Relative shades change
    the skin by as much as they differ from the shopper's own, absolute ones are shown as they are.
    """

    kind: Literal["foundation"]
    shade: Color | None = None
    coverage: Share = 0.6
    finish: Finish = Finish.NATURAL
    white_cast: Share = 0
    relative: bool = True

    def __post_init__(self) -> None:
        if self.shade is None and self.white_cast == 0:
            raise ValueError("give a shade, a white_cast, or both")


@dataclass(frozen=True)
class Lip(_Look):
    kind: Literal["lip"]
    color: Color
    coverage: Share = 0.8
    finish: Finish = Finish.NATURAL


@dataclass(frozen=True)
class Cheek(_Look):
    """Blush, highlighter and contour: a colour laid on where each belongs."""

    kind: Literal["blush", "highlighter", "contour"]
    color: Color
    coverage: Share = 0.4


@dataclass(frozen=True)
class Concealer(_Look):
    """Under the eyes; relative like a foundation."""

    kind: Literal["concealer"]
    shade: Color
    coverage: Share = 0.7
    relative: bool = True


@dataclass(frozen=True)
class Eyewear(_Look):
    """A front view, cut out. `bridge`: at what fraction of its height it sits on the nose."""

    kind: Literal["eyewear"]
    image: Asset
    width_mm: Annotated[float, Meta(ge=90, le=200), Limit(ge=90, le=200)]
    bridge: Share = 0.35


@dataclass(frozen=True)
class Headwear(_Look):
    """A front view, cut out. `band`: the fraction of its height that sits above the brows."""

    kind: Literal["headwear"]
    image: Asset
    width_mm: Annotated[float, Meta(ge=120, le=600), Limit(ge=120, le=600)]
    band: Share = 0.95


@dataclass(frozen=True)
class Earrings(_Look):
    """The one of the left ear, cut out; `hook` is the point that hangs from the lobe."""

    kind: Literal["earrings"]
    image: Asset
    height_mm: Annotated[float, Meta(ge=3, le=150), Limit(ge=3, le=150)]
    hook: tuple[Share, Share] = (0.5, 0.03)


Box = tuple[Share, Share, Some, Some]
"""Left, top, width and height as fractions of the template."""


@dataclass(frozen=True)
class Lettering(_Look):
    """Where the shopper's name or number goes, in the club's font (TTF or OTF) and colours."""

    text: Literal["name", "number"]
    box: Box
    color: Hex
    outline: Hex | None = None
    font: Asset | None = None


@dataclass(frozen=True)
class Patch(_Look):
    image: Asset
    box: Box


@dataclass(frozen=True)
class Shirt(_Look):
    """A garment laid flat and cut out. The front is worn below the face, hung by `collar` (the
    front of its neckline); the back is shown alone. `width_mm` is that of the whole picture."""

    kind: Literal["shirt"]
    image: Asset
    side: Literal["front", "back"] = "front"
    width_mm: Annotated[float, Meta(ge=300, le=1500), Limit(ge=300, le=1500)] = 860
    collar: tuple[Share, Share] = (0.5, 0.13)
    lettering: Annotated[tuple[Lettering, ...], Meta(max_length=8), Limit(max_length=8)] = ()
    patches: Annotated[tuple[Patch, ...], Meta(max_length=8), Limit(max_length=8)] = ()


Look = Foundation | Lip | Cheek | Concealer | Eyewear | Headwear | Earrings | Shirt

_KINDS: dict[str, type[Look]] = {
    "foundation": Foundation,
    "lip": Lip,
    "blush": Cheek,
    "highlighter": Cheek,
    "contour": Cheek,
    "concealer": Concealer,
    "eyewear": Eyewear,
    "headwear": Headwear,
    "earrings": Earrings,
    "shirt": Shirt,
}


def look_of(metadata: dict[str, Any] | None) -> Look | None:
    """The look in a product's metadata; None where it has none. Raises ValueError where it does not
    fit the schema."""
    raw = (metadata or {}).get("try_on")
    if raw is None:
        return None
    kind = _KINDS.get(str(raw.get("kind"))) if isinstance(raw, dict) else None
    if kind is None:
        raise ValueError("there is no such look")
    try:
        look = msgspec.convert(raw, kind, strict=False)
    except msgspec.ValidationError as wrong:
        raise ValueError(str(wrong)) from None
    if _says_more(raw, look):
        raise ValueError("a look has names of its own only")
    return look


def _says_more(raw: Any, read: Any) -> bool:
    """Whether there are names that what was read of them does not know."""
    if isinstance(read, tuple):
        return any(map(_says_more, raw, read))
    if not is_dataclass(read):
        return False
    names = {each.name for each in fields(read)}
    return any(name not in names or _says_more(raw[name], getattr(read, name)) for name in raw)


def assets_of(look: Look) -> set[str]:
    """The files that drawing a look needs."""
    if isinstance(look, Eyewear | Headwear | Earrings):
        return {look.image}
    if isinstance(look, Shirt):
        fonts = {each.font for each in look.lettering if each.font}
        return {look.image, *fonts, *(patch.image for patch in look.patches)}
    return set()


class SessionStatus(StrEnum):
    CREATED = "created"
    IN_PROGRESS = "in_progress"
    COMPLETE = "complete"
    FAILED = "failed"


@dataclass(frozen=True)
class Result:
    """What came of one SKU, as `try_on_session.results` keeps it."""

    status: Literal["complete", "failed"]
    code: str | None = None
    reason: str | None = None


@dataclass(frozen=True)
class NearShade:
    """A shade of the catalogue near the shopper's skin; `delta_e` is CIEDE2000."""

    sku: str
    title: str
    delta_e: float


@dataclass(frozen=True)
class Reading:
    """Skin tone as far as a photo tells it: each value with the range that 95 of 100 selfies keep.

    `ita` is in degrees, `monk` a tone of the Monk scale. `shades` are for the shopper to confirm.
    """

    ita: float
    ita_range: tuple[float, float]
    monk: int
    monk_range: tuple[int, int]
    warnings: list[str]
    shades: list[NearShade]
