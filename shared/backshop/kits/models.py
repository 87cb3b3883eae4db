"""What Signature Kits talks about: delivery stages, supplier batches, phone checks."""

from __future__ import annotations

from datetime import timedelta
from enum import Enum, StrEnum
from typing import Annotated, NamedTuple, TypedDict

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from backshop.commerce import clean_input

Text = Annotated[str, BeforeValidator(clean_input), StringConstraints(strip_whitespace=True)]


class Stage(StrEnum):
    """The five steps of a delivery, in their order (kits.md, order_delivery_status)."""

    ORDER_CONFIRMED = "ORDER_CONFIRMED"
    SOURCING = "SOURCING"
    ARRIVED = "ARRIVED"
    DISPATCHED = "DISPATCHED"
    DELIVERED = "DELIVERED"


class BatchStatus(StrEnum):
    """The life of a supplier batch, in its order (kits.md, import_batches)."""

    COLLECTING = "collecting"
    ORDERED_FROM_SUPPLIER = "orderedFromSupplier"
    IN_TRANSIT = "inTransit"
    ARRIVED = "arrived"
    DISPATCHED = "dispatched"
    COMPLETED = "completed"


class Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


TrackingNumber = Annotated[
    Text, StringConstraints(min_length=1, max_length=100, pattern=r"^[\w./ -]+$")
]
Note = Annotated[Text, StringConstraints(min_length=1, max_length=500)]


class Delivery(NamedTuple):
    """Where an order is. `version` counts its changes: event number `version` made it so."""

    stage: Stage
    tracking_number: str | None = None
    version: int = 0


class DeliveryChange(Model):
    """What staff ask for. `version`, where it is given, is the one they saw."""

    stage: Stage
    tracking_number: TrackingNumber | None = None
    note: Note | None = None
    correct: bool = False
    version: int | None = Field(default=None, ge=0)


class Tracked(NamedTuple):
    """Stage and tracking number together, as a platform holds them."""

    stage: Stage | None
    tracking_number: str | None


class Event(TypedDict):
    """A change of stage as the shopper sees it; `at` is ISO 8601."""

    stage: str
    at: str


class Step(TypedDict):
    """One of the five steps of an order."""

    stage: Stage
    done: bool
    at: str | None


class Candidate(NamedTuple):
    """An order that is asked into a batch, as far as it is known."""

    vendure_order_id: str
    order_code: str
    is_cancelled: bool
    delivery_stage: str
    batch_number: str | None


class Incoming(Enum):
    """What to do about the stage that a platform reports."""

    IGNORE = "ignore"
    """It is what we have, our own echo, or what we knew before our change."""
    ADOPT = "adopt"
    """Somebody moved the order there."""
    REPAIR = "repair"
    """The platform lost our change or went back: it is to be told again."""


class OtpSettings(Model):
    """A store's own limits, from `settings.otp`; what it leaves out is as kits.md and docs/kits.md say."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    domain: str | None = Field(default=None, pattern=r"^[a-z0-9.-]+$")
    """The host name that the shopper's browser is on; without it that of the store's URL."""
    shop_name: str = Field(default="Signature Kits", max_length=40)
    countries: tuple[str, ...] = ("LK",)
    """ISO 3166 codes of the countries that codes are sent to; the shop's own first."""
    minutes: int = Field(default=5, ge=1, le=30)
    guesses: int = Field(default=5, ge=1, le=10)
    resend_seconds: int = Field(default=60, ge=0)
    phone_sends: int = Field(default=5, ge=1)
    """In ten minutes, to one phone."""
    address_sends: int = Field(default=30, ge=1)
    """In an hour, from one network address."""
    prefix_sends: int = Field(default=200, ge=1)
    """In a day, to numbers that differ in their last four digits only: SMS pumping runs through
    such blocks."""


class Limit(NamedTuple):
    """At most `most` takes in any `window`, and `gap` between two."""

    scope: str
    key: str
    most: int
    window: timedelta
    gap: timedelta = timedelta(0)
