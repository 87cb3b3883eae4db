"""Sessions, looks and files of the try-on as its routes take and show them."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, field_validator

from backshop.connect.try_on.looks import Asset, Look, Reading, SessionStatus
from backshop.times import Time

MAX_SKUS = 20

Sku = Annotated[str, Field(min_length=1, max_length=100)]


class _Model(BaseModel):
    """Built when it is first used."""

    model_config = ConfigDict(defer_build=True)


class ProductLook(_Model):
    """PUT /try-on/looks: how a product is tried on; null takes that away."""

    model_config = ConfigDict(extra="forbid")

    sku: Sku
    look: Annotated[Look, Field(discriminator="kind")] | None


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


class ShownResult(_Model):
    """A result with the link to its picture, which lives for some minutes."""

    status: Literal["complete", "failed"]
    code: str | None = None
    reason: str | None = None
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
