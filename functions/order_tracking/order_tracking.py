"""Routes of the shopper, who has proved a phone: their order, and whether they want SMS about it.

Reading goes through the shopper's own login, whose policies show the orders given with that phone
and nothing else; another phone's order is answered like one that does not exist.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

from backshop import db
from backshop.commerce import Model, Money, Time
from backshop.errors import NotFound
from backshop.kits.deliveries.models import Stage
from backshop.kits.deliveries.rules import CARRIER, shows_tracking
from backshop.kits.tracking import repository as tracking
from backshop.kits.tracking import rules
from backshop.kits.tracking.models import TrackedItem, TrackingStep
from backshop.web import http, routes, tokens
from pydantic import BaseModel, Field

app = routes.app("Order tracking")
handler = routes.handler(app)


class Shopper(NamedTuple):
    store_id: UUID
    phone: str


class TrackedOrder(BaseModel):
    """An order as its shopper sees it."""

    order_code: str
    placed_at: Time
    is_cancelled: bool
    total_with_tax: Money = Field(description="Major units of the currency.")
    currency: str
    stage: Stage
    steps: list[TrackingStep]
    courier: str
    tracking_number: str | None = Field(description="Once the courier has the parcel.")
    items: list[TrackedItem]


class Agreement(Model):
    agreed: bool


class SmsAgreement(BaseModel):
    """Whether an SMS comes at each later stage of the order."""

    order_code: str
    agreed: bool


ORDER = {
    "order_code": "KITS-1001",
    "placed_at": "2026-11-20T03:19:21Z",
    "is_cancelled": False,
    "total_with_tax": "5000.00",
    "currency": "LKR",
    "stage": "SOURCING",
    "steps": [
        {"stage": "ORDER_CONFIRMED", "done": True, "at": "2026-11-20T03:19:21Z"},
        {"stage": "SOURCING", "done": True, "at": "2026-11-21T05:00:00Z"},
        {"stage": "ARRIVED", "done": False, "at": None},
        {"stage": "DISPATCHED", "done": False, "at": None},
        {"stage": "DELIVERED", "done": False, "at": None},
    ],
    "courier": CARRIER,
    "tracking_number": None,
    "items": [
        {
            "product_name": "Shirt",
            "variant_name": "Shirt M",
            "quantity": 2,
            "unit_price_with_tax": "2500.00",
            "patch_enabled": True,
            "patch_type": "league",
            "print_name": "PERERA",
            "print_number": "10",
        }
    ],
}


@routes.route(app, "GET /orders/<code>", scope="token", example=ORDER)
def show(code: str) -> TrackedOrder:
    """Stage, the five steps with their times, items and courier of the shopper's order."""
    shopper = _shopper()
    with db.shopper(shopper.store_id, shopper.phone) as tx:
        order = tracking.shoppers_order(tx, code)
    if order is None:
        raise _unknown()
    stage = Stage(order["stage"] or Stage.ORDER_CONFIRMED)
    return TrackedOrder(
        order_code=order["order_code"],
        placed_at=order["order_date"],
        is_cancelled=order["is_cancelled"],
        total_with_tax=order["total_with_tax"],
        currency=order["currency"],
        stage=stage,
        steps=rules.steps(stage, order["events"]),
        courier=order["carrier"] or CARRIER,
        tracking_number=order["tracking_number"] if shows_tracking(stage) else None,
        items=[TrackedItem.model_validate(each) for each in order["items"]],
    )


@routes.route(
    app,
    "PUT /orders/<code>/sms",
    scope="token",
    example={"order_code": "KITS-1001", "agreed": True},
    body_example={"agreed": True},
)
def agree(code: str, body: Agreement) -> SmsAgreement:
    """Say whether an SMS is wanted at each later stage of this order."""
    shopper = _shopper()
    with db.transaction(store_id=shopper.store_id) as tx:
        if not tracking.agree_to_sms(tx, code, shopper.phone, body.agreed):
            raise _unknown()
    return SmsAgreement(order_code=code, agreed=body.agreed)


def _shopper() -> Shopper:
    """Who calls, by the token of POST /otp/verify. Raises Unauthorized."""
    token = http.bearer(app.current_event.raw_event)
    claims = tokens.read("shopper", token, at=datetime.now(UTC))
    return Shopper(UUID(claims["store_id"]), claims["phone"])


def _unknown() -> NotFound:
    return NotFound("There is no order with this code that was placed with your phone.")
