"""What a store says of how its numbers are to be made."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
WEEKDAYS: tuple[str, ...] = (
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
)
Status = Annotated[
    str, StringConstraints(strip_whitespace=True, to_lower=True, min_length=1, max_length=50)
]


class InsightsSettings(BaseModel):
    """The part `insights` of a store's settings. `statuses` are the platform's own words for orders
    that count (left out: the platform's default); `orders_dated` says whether an order belongs to
    the day it was placed or paid, and one that is not paid then to none."""

    model_config = ConfigDict(extra="forbid")

    statuses: Annotated[tuple[Status, ...], Field(min_length=1, max_length=30)] | None = None
    orders_dated: Literal["placed", "paid"] = "placed"
    week_starts_on: Weekday = "monday"
    low_stock_threshold: int = Field(default=5, ge=0, le=1_000_000)


class Reckoning(BaseModel):
    """What rows mean: the settings on which stored sums depend, and nothing else."""

    model_config = ConfigDict(frozen=True)

    time_zone: str = "UTC"
    statuses: tuple[str, ...] | None = None
    orders_dated: Literal["placed", "paid"] = "placed"


class Books(BaseModel):
    """How a store keeps its numbers: what `reckon` means, its currency, its week."""

    model_config = ConfigDict(frozen=True)

    reckoning: Reckoning
    platform: str | None
    currency: str
    week_start: int = 0
    low_stock_threshold: int = 5

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.reckoning.time_zone)


def books(settings: dict[str, Any], platform: str | None) -> Books:
    """The books of a store with these settings; what is not said, or not understood, has its
    default, so that a bad setting never keeps a store from its numbers."""
    own = settings.get("insights")
    values = {
        name: settings[name]
        for name in ("week_starts_on", "low_stock_threshold")
        if settings.get(name) is not None
    } | (own if isinstance(own, dict) else {})
    read = _understood(values)
    statuses = tuple(sorted(set(read.statuses))) if read.statuses else None
    return Books(
        reckoning=Reckoning(
            time_zone=_known_zone(settings.get("time_zone")),
            statuses=statuses,
            orders_dated=read.orders_dated,
        ),
        platform=platform,
        currency=settings.get("currency") or "USD",
        week_start=WEEKDAYS.index(read.week_starts_on),
        low_stock_threshold=read.low_stock_threshold,
    )


def _understood(values: dict[str, Any]) -> InsightsSettings:
    kept = {}
    for name in values.keys() & InsightsSettings.model_fields.keys():
        value = (
            values[name].lower()
            if name == "week_starts_on" and isinstance(values[name], str)
            else values[name]
        )
        try:
            InsightsSettings.model_validate({name: value})
        except ValueError:
            continue
        kept[name] = value
    return InsightsSettings.model_validate(kept)


def _known_zone(name: object) -> str:
    try:
        return ZoneInfo(str(name)).key if name else "UTC"
    except (ValueError, OSError, LookupError):
        return "UTC"
