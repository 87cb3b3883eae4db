"""An order as its shopper sees it: its steps, its items, and when it will come."""

from __future__ import annotations

from typing import TypedDict

from pydantic import BaseModel, Field

from backshop.commerce import Money, Time
from backshop.kits.arrival.models import Outlook
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


class ListedOrder(BaseModel):
    """An order in the list of a phone's orders."""

    order_code: str
    placed_at: Time
    is_cancelled: bool
    total_with_tax: Money = Field(description="Major units of the currency.")
    currency: str
    stage: Stage
    items: int = Field(description="Pieces, of all lines together.")
    first_item: str | None = Field(description="The name of a product in it.")


class TrackedOrder(BaseModel):
    """An order as its shopper sees it."""

    order_code: str
    placed_at: Time
    is_cancelled: bool
    total_with_tax: Money = Field(description="Major units of the currency.")
    currency: str
    stage: Stage
    steps: list[TrackingStep]
    courier: str | None = Field(description="Where the store names one.")
    tracking_number: str | None = Field(description="Once the courier has the parcel.")
    sms_updates: bool = Field(description="Whether an SMS comes at each later stage.")
    outlook: Outlook | None = Field(description="None once it has come or was cancelled.")
    items: list[TrackedItem]


class OrderPosition(BaseModel):
    """Where a page of a phone's orders ended."""

    placed_at: Time
    order_code: str
