"""What a product's `metadata.try_on` says of how it is worn, and sessions as the API shows them.

docs/try-on.md explains the looks with examples.
"""

from __future__ import annotations

from enum import StrEnum
from functools import cache
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, field_validator, model_validator

from backshop.times import Time

MAX_SKUS = 20

Hex = Annotated[str, Field(pattern=r"^#[0-9a-fA-F]{6}$")]
Lab = Annotated[
    tuple[
        Annotated[float, Field(ge=0, le=100)],
        Annotated[float, Field(ge=-128, le=128)],
        Annotated[float, Field(ge=-128, le=128)],
    ],
    Field(description="CIELAB under D65"),
]
Color = Hex | Lab
Share = Annotated[float, Field(ge=0, le=1)]
Millimetres = Annotated[float, Field(ge=5, le=1500)]
Asset = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$")]
"""The name of a file below `assets/<store id>/` in the try-on bucket."""
Sku = Annotated[str, Field(min_length=1, max_length=100)]


class _Model(BaseModel):
    """Built when it is first used: who draws needs a few of these, and the shopper waits."""

    model_config = ConfigDict(defer_build=True)


class _Look(_Model):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Finish(StrEnum):
    MATTE = "matte"
    NATURAL = "natural"
    DEWY = "dewy"


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

    @model_validator(mode="after")
    def _something(self) -> Foundation:
        if self.shade is None and self.white_cast == 0:
            raise ValueError("give a shade, a white_cast, or both")
        return self


class Lip(_Look):
    kind: Literal["lip"]
    color: Color
    coverage: Share = 0.8
    finish: Finish = Finish.NATURAL


class Cheek(_Look):
    """Blush, highlighter and contour: a colour laid on where each belongs."""

    kind: Literal["blush", "highlighter", "contour"]
    color: Color
    coverage: Share = 0.4


class Concealer(_Look):
    """Under the eyes; relative like a foundation."""

    kind: Literal["concealer"]
    shade: Color
    coverage: Share = 0.7
    relative: bool = True


class Eyewear(_Look):
    """A front view, cut out. `bridge`: at what fraction of its height it sits on the nose."""

    kind: Literal["eyewear"]
    image: Asset
    width_mm: Annotated[float, Field(ge=90, le=200)]
    bridge: Share = 0.35


class Headwear(_Look):
    """A front view, cut out. `band`: the fraction of its height that sits above the brows."""

    kind: Literal["headwear"]
    image: Asset
    width_mm: Annotated[float, Field(ge=120, le=600)]
    band: Share = 0.95


class Earrings(_Look):
    """The one of the left ear, cut out; `hook` is the point that hangs from the lobe."""

    kind: Literal["earrings"]
    image: Asset
    height_mm: Annotated[float, Field(ge=3, le=150)]
    hook: tuple[Share, Share] = (0.5, 0.03)


Box = tuple[Share, Share, Annotated[float, Field(gt=0, le=1)], Annotated[float, Field(gt=0, le=1)]]
"""Left, top, width and height as fractions of the template."""


class Lettering(_Look):
    """Where the shopper's name or number goes, in the club's font (TTF or OTF) and colours."""

    text: Literal["name", "number"]
    box: Box
    color: Hex
    outline: Hex | None = None
    font: Asset | None = None


class Patch(_Look):
    image: Asset
    box: Box


class Shirt(_Look):
    """A garment laid flat and cut out. The front is worn below the face, hung by `collar` (the
    front of its neckline); the back is shown alone. `width_mm` is that of the whole picture."""

    kind: Literal["shirt"]
    image: Asset
    side: Literal["front", "back"] = "front"
    width_mm: Annotated[float, Field(ge=300, le=1500)] = 860
    collar: tuple[Share, Share] = (0.5, 0.13)
    lettering: Annotated[tuple[Lettering, ...], Field(max_length=8)] = ()
    patches: Annotated[tuple[Patch, ...], Field(max_length=8)] = ()


Look = Annotated[
    Foundation | Lip | Cheek | Concealer | Eyewear | Headwear | Earrings | Shirt,
    Field(discriminator="kind"),
]


@cache
def _looks() -> TypeAdapter[Look]:
    return TypeAdapter(Look)


def look_of(metadata: dict[str, Any] | None) -> Look | None:
    """The look in a product's metadata; None where it has none. Raises ValueError (pydantic's)
    where it does not fit the schema."""
    raw = (metadata or {}).get("try_on")
    return None if raw is None else _looks().validate_python(raw, strict=False)


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


class ProductLook(_Model):
    """PUT /try-on/looks: how a product is tried on; null takes that away."""

    model_config = ConfigDict(extra="forbid")

    sku: Sku
    look: Look | None


class NewAsset(_Model):
    """POST /try-on/assets: a file that looks name."""

    model_config = ConfigDict(extra="forbid")

    name: Asset
    content_type: Literal["image/png", "font/ttf", "font/otf"]


class Worn(_Model):
    """What the shopper has printed on a shirt."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    name: Annotated[str, Field(max_length=16, pattern=r"^[\w .'’-]*$")] = ""
    number: Annotated[str, Field(pattern=r"^[0-9]{0,2}$")] = ""


class NewSession(_Model):
    """POST /try-on/sessions. `consent` says that the shopper agreed to the selfie being used."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    skus: Annotated[list[Sku], Field(min_length=1, max_length=MAX_SKUS)]
    consent: Literal[True]
    consent_version: Annotated[str, Field(min_length=1, max_length=40)] | None = None
    """Which text the shopper agreed to, as the page that showed it names it."""
    customer_id: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    content_type: Literal["image/jpeg", "image/png", "image/webp", "image/heic", "image/heif"] = (
        "image/jpeg"
    )
    own_shade: Sku | None = None
    """The foundation that the shopper confirmed as theirs; relative shades start from it."""
    lettering: Worn = Worn()

    @field_validator("skus")
    @classmethod
    def _distinct(cls, skus: list[str]) -> list[str]:
        if len(set(skus)) < len(skus):
            raise ValueError("name each SKU once")
        return skus


class Result(_Model):
    """What came of one SKU, as `try_on_session.results` keeps it."""

    status: Literal["complete", "failed"]
    code: str | None = None
    reason: str | None = None


class NearShade(_Model):
    """A shade of the catalogue near the shopper's skin; `delta_e` is CIEDE2000."""

    sku: str
    title: str
    delta_e: float


class Reading(_Model):
    """Skin tone as far as a photo tells it: each value with the range that 95 of 100 selfies keep.

    `ita` is in degrees, `monk` a tone of the Monk scale. `shades` are for the shopper to confirm.
    """

    ita: float
    ita_range: tuple[float, float]
    monk: int
    monk_range: tuple[int, int]
    warnings: list[str]
    shades: list[NearShade]


class ShownResult(Result):
    """A result with the link to its picture, which lives for some minutes."""

    sku: str
    url: str | None = None


class Session(_Model):
    """GET /try-on/sessions/{id}."""

    session_id: UUID
    status: SessionStatus
    reason: str | None
    selfie_url: str | None
    results: list[ShownResult]
    reading: Reading | None
    notes: list[str]
    created_at: Time


class Upload(_Model):
    """A form to POST the file with: `fields` first, then the file as `file`."""

    url: str
    fields: dict[str, str]
    max_bytes: int
    expires_in: int = Field(description="Seconds.")


class SessionBegun(_Model):
    """The answer of POST /try-on/sessions. `capability` shows and erases the session and is shown
    this once."""

    session_id: UUID
    status: SessionStatus
    capability: str
    upload: Upload
    results: list[ShownResult] = Field(description="Of SKUs that cannot be tried on.")


class PublishableToken(_Model):
    """A token for the store's own pages: it begins sessions and does nothing else."""

    token: str
    expires_in: int = Field(description="Seconds.")


class AssetUpload(_Model):
    name: str
    upload: Upload
