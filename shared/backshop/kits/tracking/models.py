"""An order as its shopper sees it: its steps and items."""

from __future__ import annotations

from typing import TypedDict

from pydantic import BaseModel

from backshop.commerce import Money, Time
from backshop.kits.deliveries.models import Stage


class StageEvent(TypedDict):
    """A change of stage; `at` is ISO 8601."""

    stage: str
    at: str


class TrackingStep(BaseModel):
    """One of the five steps of an order."""

    stage: Stage
    done: bool
    at: Time | None


class TrackedItem(BaseModel):
    """A line of the order; the price in major units of the order's currency."""

    product_name: str | None
    variant_name: str | None
    quantity: int
    unit_price_with_tax: Money
    patch_enabled: bool
    patch_type: str | None
    print_name: str | None
    print_number: str | None
