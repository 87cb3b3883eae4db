"""Connectors as the API takes and shows them; the columns' names of connect.md section 1."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from uuid import UUID

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PlainSerializer,
    SecretStr,
    model_validator,
)

from backshop.commerce import Platform, Time, is_zone
from backshop.contexts import Use

_HOST = re.compile(r"([\w-]+(\.[\w-]+)*|\[[0-9a-fA-F:.]+\])(:[1-9][0-9]{0,4})?")
_PATH = re.compile(r"[\w./~-]*")


def _shop_url(value: str) -> str:
    """`https://shop.example.com`, without path's end, query, fragment or login in it."""
    parts = urlsplit(value.strip())
    plain = parts.scheme in {"http", "https"} and _HOST.fullmatch(parts.netloc)
    if not plain or parts.query or parts.fragment or not _PATH.fullmatch(parts.path):
        raise ValueError("give the shop's address as https://host, without query or login")
    usual = ":443" if parts.scheme == "https" else ":80"
    host = parts.netloc.lower().removesuffix(usual)
    return f"{parts.scheme}://{host}{parts.path.rstrip('/')}"


def _origin(value: str) -> str:
    parts = urlsplit(value.strip())
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path not in {"", "/"}:
        raise ValueError("give an origin as https://host[:port]")
    return f"{parts.scheme}://{parts.netloc.lower()}"


def _zone(value: str) -> str:
    if not is_zone(value):
        raise ValueError("give an IANA time zone such as Europe/Berlin")
    return value


def _sorted(uses: frozenset[Use]) -> list[Use]:
    """An answer has one order, whatever the process's hashes are."""
    return sorted(uses)


ShopUrl = Annotated[str, Field(max_length=255), AfterValidator(_shop_url)]
Origin = Annotated[str, Field(max_length=255), AfterValidator(_origin)]
Origins = Annotated[list[Origin], Field(max_length=20)]
"""Where browsers may call from: the shop's own pages."""
Name = Annotated[str, Field(min_length=1, max_length=255)]
Zone = Annotated[str, AfterValidator(_zone)]
Secret = Annotated[SecretStr, Field(min_length=1, max_length=2000)]
Interval = Annotated[int, Field(ge=60, le=86_400)]
Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]


class StoreSettings(BaseModel):
    """What a store says of itself. Unknown keys are kept: later parts read their own."""

    model_config = ConfigDict(extra="allow")

    currency: Currency | None = None
    time_zone: Zone | None = None
    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")] | None = None
    """Where the store is at home (ISO 3166); left out, the country of its time zone."""
    uses: Annotated[frozenset[Use], PlainSerializer(_sorted, list[Use])] | None = None
    """What the store uses beyond what every store has; left out, what is usual at its platform."""
    channel: str | None = Field(default=None, max_length=255)
    """Vendure's channel token, where the server has several."""

    @model_validator(mode="after")
    def _not_beside(self) -> StoreSettings:
        """They are kept with the settings, so one given there would pass unchecked."""
        if beside := {"name", "allowed_origins"} & (self.model_extra or {}).keys():
            raise ValueError(
                f"give {' and '.join(sorted(beside))} beside the settings, not in them"
            )
        return self


class NewConnector(BaseModel):
    """POST /connectors. `sync_interval` is in seconds."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    platform: Platform
    store_url: ShopUrl
    api_key: Secret
    secret: Secret
    webhook_secret: Secret | None = None
    """Left out, Shopify's is `secret` (it signs with the app's secret); else one is made."""
    sync_interval: Interval = 300
    name: Name | None = None
    allowed_origins: Origins = []
    settings: StoreSettings = StoreSettings()


class ConnectorChange(BaseModel):
    """PATCH /connectors/{id}: only what is given changes. A new webhook secret is accepted beside
    the old one for a day, so that no delivery under way is refused."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    store_url: ShopUrl | None = None
    api_key: Secret | None = None
    secret: Secret | None = None
    webhook_secret: Secret | None = None
    sync_interval: Interval | None = None
    name: Name | None = None
    allowed_origins: Origins | None = None
    settings: StoreSettings | None = None
    plan: Literal["free", "starter", "pro", "agency"] | None = None
    """How much the store may ask of insights, from the next question on."""
    paused: bool | None = None
    """Read nothing at the shop and write nothing to it, until it is resumed; nothing is lost
    meanwhile."""
    new_store_key: bool = False
    """Make a new store key; the old one stops working within a minute."""

    @model_validator(mode="after")
    def _something(self) -> ConnectorChange:
        changes = self.model_fields_set
        if not changes:
            raise ValueError("name at least one field to change")
        for name in changes - {"new_store_key"}:
            if getattr(self, name) is None:
                raise ValueError(f"{name} cannot be null; leave it out to keep it")
        return self


class Connector(BaseModel):
    """A connector as it is shown: never its credentials."""

    id: UUID
    platform: Platform
    store_url: str
    sync_interval: int
    status: str
    shop_domain: str | None = None
    """The shop's name at its platform, as its deliveries give it; Shopify's *.myshopify.com."""
    erasure_asked_at: Time | None = None
    """When the platform asked to erase the shop though it was still connected here."""
    paused_at: Time | None = None
    """Since when nothing is read there or written to it."""
    name: str | None
    allowed_origins: list[str]
    settings: dict[str, Any]
    created_at: Time
    updated_at: Time
    webhook_path: str


class ConnectorOnce(Connector):
    """The answer that shows what is never shown again."""

    store_key: str | None = None
    webhook_secret: str | None = None
    """Only where it was made here; put it into the shop's webhook settings."""
    problems: list[str] = []
    """What the shop was just found to lack, with what to do about it."""


class ConnectorPosition(BaseModel):
    """Where a page of connectors ended: they are oldest first."""

    created_at: Time
    id: UUID


class DataRequest(BaseModel):
    """The answer to a customer's data request; `url` lives 15 minutes."""

    request_id: str
    requested_at: Time
    url: str


class Erased(BaseModel):
    """What disconnecting takes away."""

    what: list[str] = [
        "the shop's credentials",
        "the store key",
        "bodies of webhooks",
    ]
    webhook_bodies: int
    waiting: int = Field(description="Changes that still wait to be made at the shop; they fail.")


class Kept(BaseModel):
    """What stays and can be looked up as before."""

    orders: int
    customers: int
    products: int


class Disconnection(BaseModel):
    """What disconnecting a shop erases and keeps."""

    status: str
    erased: Erased
    kept: Kept
