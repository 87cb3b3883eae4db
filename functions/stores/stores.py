"""Routes of stores without a shop platform, such as a tile shop that only quotes projects."""

from __future__ import annotations

import base64
import binascii
from typing import Annotated, Any
from uuid import UUID, uuid4

from annotated_types import Len
from backshop import db
from backshop.aws import config, objects
from backshop.commerce import Model
from backshop.connect.models import Currency, Name, Origins, Zone
from backshop.errors import NotFound, Unprocessable
from backshop.insights import repository as insights
from backshop.projects import logos
from backshop.projects.settings import Days, DiscountLimits, ShopSettings, TaxRates
from backshop.stores import repository as stores
from backshop.web import callers, idempotency, keys, routes
from pydantic import BaseModel, Field

app = routes.app("Stores")
handler = routes.handler(app)

QUOTING = (
    "tax_rates",
    "discount_limits",
    "quote_days",
    "follow_up_days",
    "email",
    "phone",
    "address",
    "terms",
)
"""What of a store's settings is about its quotes."""

Address = Annotated[str, Field(max_length=255, pattern=r"^[^@\s]{1,64}@[^@\s.]+(\.[^@\s.]+)+$")]
Phone = Annotated[str, Field(max_length=40, pattern=r"^[0-9+()./ x#-]{3,40}$")]
PostalAddress = Annotated[str, Len(0, 500)]
Terms = Annotated[str, Len(0, 20_000)]
Logo = Annotated[str, Len(1, logos.MOST_BYTES * 4 // 3 + 4)]


class StoreFields(Model):
    time_zone: Zone = "UTC"
    currency: Currency = "USD"
    allowed_origins: Origins = Field(default=[])
    tax_rates: TaxRates = TaxRates()
    discount_limits: DiscountLimits = DiscountLimits()
    quote_days: Days = Field(default=30, description="How long a quote is valid.")
    follow_up_days: Days = Field(
        default=3, description="After which a quote that nobody answered is followed up."
    )
    email: Address | None = Field(
        default=None, description="Quotes are sent from it, and copies to it: SES has to know it."
    )
    phone: Phone | None = None
    address: PostalAddress | None = Field(default=None, description="Printed on every quote.")
    terms: Terms | None = Field(default=None, description="Printed on every quote.")
    logo: Logo | None = Field(
        default=None,
        description="A PNG or JPEG of 500 kB and 4 megapixels at most, in base64; printed on quotes.",
    )


class NewStore(StoreFields):
    name: Name


class StoreChange(Model):
    """Only what is given changes."""

    name: Name | None = None
    time_zone: Zone | None = None
    currency: Currency | None = None
    allowed_origins: Origins | None = None
    tax_rates: TaxRates | None = None
    discount_limits: DiscountLimits | None = None
    quote_days: Days | None = None
    follow_up_days: Days | None = None
    email: Address | None = None
    phone: Phone | None = None
    address: PostalAddress | None = None
    terms: Terms | None = None
    logo: Logo | None = None
    new_store_key: bool = Field(
        default=False, description="Make a new key; the old one stops working within a minute."
    )


class Store(BaseModel):
    id: UUID
    name: str
    time_zone: str
    currency: str
    allowed_origins: list[str]
    tax_rates: TaxRates
    discount_limits: DiscountLimits
    quote_days: int
    follow_up_days: int
    email: str | None
    phone: str | None
    address: str | None
    terms: str | None
    has_logo: bool


class StoreOnce(Store):
    store_key: str | None = Field(description="Shown once, when it is made.")


SHOWN = {
    "id": "0b7c3f4e-5a51-4d8e-9d3e-2f6a1c0e9b11",
    "name": "Tile & Stone",
    "time_zone": "America/Chicago",
    "currency": "USD",
    "allowed_origins": ["https://tiles.example.com"],
    "tax_rates": {"material": "0.0825", "labour": "0", "delivery": "0"},
    "discount_limits": {"associate": "0.1", "manager": "0.3"},
    "quote_days": 30,
    "follow_up_days": 3,
    "email": "quotes@example.com",
    "phone": "+1 555 0199",
    "address": "400 Market Street\nSpringfield, IL 62701",
    "terms": "Special orders are not returnable.",
    "has_logo": False,
}

NEW = {key: SHOWN[key] for key in ("name", "time_zone", "currency", "tax_rates", "email", "terms")}


@routes.route(
    app,
    "POST /stores",
    scope="staff",
    status=201,
    body_example=NEW,
    example=SHOWN | {"store_key": "bs_store_…"},
)
def create(body: NewStore, key: idempotency.Key = None) -> StoreOnce:
    """Make a store without a shop platform, with a store key of its own."""
    event = app.current_event.raw_event
    id = idempotency.derived_id(event, key) if key else uuid4()
    store_key, key_hash = keys.make("store", id)
    settings = _settings(id, body)
    try:
        with db.transaction(store_id=id) as tx:
            claim = idempotency.claim(tx, event, key)
            stores.add(tx, None, None, settings)
            insights.add_store(tx, f"urn:uuid:{id}", key_hash, settings)
            store = StoreOnce(**_shown(id, settings), store_key=store_key)
            return claim.keep(store, secret=["store_key"])
    except db.UniqueViolation:
        raise idempotency.reused() from None


@routes.route(app, "GET /stores/<id>", scope="store", example=SHOWN)
def show(id: UUID) -> Store:
    """A store without a shop platform."""
    with db.transaction(store_id=_own(id)) as tx:
        return Store(**_shown(id, _stored(tx)))


@routes.route(
    app,
    "PATCH /stores/<id>",
    scope="staff",
    body_example={"terms": "Special orders are not returnable."},
    example=SHOWN | {"store_key": None},
)
def change(id: UUID, body: StoreChange) -> StoreOnce:
    """Change what is given."""
    store_key = None
    with db.transaction(store_id=_own(id)) as tx:
        before = _stored(tx)
        settings = _settings(id, body)
        if "projects" in settings:
            settings["projects"] = (before.get("projects") or {}) | settings["projects"]
        stores.change(tx, None, settings)
        if body.new_store_key:
            store_key, key_hash = keys.make("store", id)
            insights.change_key(tx, key_hash)
        return StoreOnce(**_shown(id, before | settings), store_key=store_key)


def _own(id: UUID) -> UUID:
    return callers.own_store(app.current_event.raw_event, id)


def _stored(tx: db.Tx) -> dict[str, Any]:
    settings = stores.settings_without_platform(tx)
    if settings is None:
        raise NotFound("There is no such store without a platform; GET /connectors lists shops.")
    return settings


def _settings(id: UUID, body: NewStore | StoreChange) -> dict[str, Any]:
    """What was said, as settings; the logo goes to the bucket. Raises Unprocessable."""
    settings = body.model_dump(mode="json", exclude_none=True, exclude={"new_store_key", "logo"})
    quoting: dict[str, Any] = {name: settings.pop(name) for name in QUOTING if name in settings}
    if body.logo is not None:
        quoting["logo_key"] = _kept(id, body.logo)
    return settings | ({"projects": quoting} if quoting else {})


def _kept(id: UUID, logo: str) -> str:
    """Where the logo lies from now on. Raises Unprocessable."""
    try:
        taken = logos.read(base64.b64decode(logo, validate=True))
    except (binascii.Error, ValueError):
        raise Unprocessable(logos.SAYS, slug="bad-logo") from None
    key = logos.key(id, taken.kind)
    objects.put(config.value("DATA_BUCKET"), key, taken.content)
    return key


def _shown(id: UUID, settings: dict[str, Any]) -> dict[str, Any]:
    quoting = ShopSettings.model_validate(settings.get("projects") or {})
    return {
        "id": id,
        "name": settings.get("name") or "",
        "time_zone": settings.get("time_zone") or "UTC",
        "currency": settings.get("currency") or "USD",
        "allowed_origins": settings.get("allowed_origins") or [],
        **{name: getattr(quoting, name) for name in QUOTING},
        "has_logo": quoting.logo_key is not None,
    }
