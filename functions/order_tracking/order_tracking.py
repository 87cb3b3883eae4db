"""Routes of the shopper, who has proved a phone: their orders, and whether they want SMS about one.

Reading goes through the shopper's own login, whose policies show the orders given with that phone
and nothing else; another phone's order is answered like one that does not exist.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from backshop import db, phone_check, shopper_profile
from backshop.commerce import Model
from backshop.connect.requests.models import NewAddress
from backshop.errors import Conflict, NotFound
from backshop.kits.arrival import repository as arrival
from backshop.kits.shoppers.models import ProfileChange
from backshop.kits.tracking import repository as tracking
from backshop.kits.tracking import rules
from backshop.kits.tracking.models import ListedOrder, OrderPosition, TrackedOrder
from backshop.shopper_profile import Profile
from backshop.stores import repository as stores
from backshop.web import http, idempotency, paging, routes
from pydantic import BaseModel

app = routes.app("Order tracking")
handler = routes.handler(app)


class Agreement(Model):
    agreed: bool


class SmsAgreement(BaseModel):
    """Whether an SMS comes at each later stage of the order."""

    order_code: str
    agreed: bool


class WantedAddress(BaseModel):
    """Where an order is to go, once the shop has agreed."""

    order_code: str
    address: dict[str, Any]


LISTED = {
    "order_code": "KITS-1001",
    "placed_at": "2026-11-20T03:19:21Z",
    "is_cancelled": False,
    "total_with_tax": "5000.00",
    "currency": "LKR",
    "stage": "SOURCING",
    "items": 2,
    "first_item": "Shirt",
}
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
    "courier": "Island Parcels",
    "tracking_number": None,
    "sms_updates": False,
    "outlook": {
        "arrival": {"first": "2026-12-09", "last": "2026-12-13"},
        "usual_by": "2026-12-04",
        "is_late": False,
    },
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


ADDRESS = {
    "name": "Nimal Perera",
    "line1": "12 Temple Road",
    "city": "Kandy",
    "postal_code": "20000",
    "country_code": "LK",
}
PROFILE = {
    "phone": "94770000012",
    "name": "Nimal Perera",
    "news": False,
    "news_told_at": "2026-11-20T03:19:21Z",
    "orders": [
        {
            "order_code": "KITS-1001",
            "placed_at": "2026-11-20T03:19:21Z",
            "address": ADDRESS,
            "can_change": True,
            "wanted": None,
        }
    ],
}


@routes.route(
    app,
    "GET /orders",
    scope="token",
    example={"items": [LISTED], "next_cursor": None},
)
def index(
    cursor: paging.Cursor = None, limit: paging.Limit = paging.LIMIT
) -> paging.Page[ListedOrder]:
    """The orders that were given with the shopper's phone, newest first."""
    shopper, after = _shopper(), paging.position(cursor, OrderPosition)
    with db.shopper(shopper.store_id, shopper.phone) as tx:
        rows = tracking.shoppers_orders(tx, after, limit + 1)
    orders = [ListedOrder.model_validate(row) for row in rows]
    return paging.page(
        orders,
        limit,
        lambda last: OrderPosition(placed_at=last.placed_at, order_code=last.order_code),
    )


@routes.route(app, "GET /orders/<code>", scope="token", example=ORDER)
def show(code: str) -> TrackedOrder:
    """Stage, the five steps with their times, items, courier, and when the order will come."""
    shopper, now = _shopper(), datetime.now(UTC)
    with db.shopper(shopper.store_id, shopper.phone) as tx:
        order = tracking.shoppers_order(tx, code)
    if order is None:
        raise _unknown()
    with db.transaction(store_id=shopper.store_id) as tx:
        walks, zone = arrival.latest_walks(tx), stores.time_zone(tx)
    return rules.tracked(order, walks, now, zone)


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


@routes.route(app, "GET /profile", scope="token", example=PROFILE)
def show_profile() -> Profile:
    """Who has this phone, whether they want news, and where their latest orders go."""
    return shopper_profile.profile(_shopper())


@routes.route(
    app,
    "PUT /profile",
    scope="token",
    body_example={"name": "Nimal Perera", "news": False},
    example=PROFILE,
)
def change_profile(body: ProfileChange) -> Profile:
    """Say who one is, and whether news by SMS are wanted: that word outweighs the shop's."""
    return shopper_profile.change(_shopper(), body, datetime.now(UTC))


@routes.route(
    app,
    "POST /orders/<code>/address",
    scope="token",
    status=202,
    problems=[Conflict],
    body_example=ADDRESS,
    example={"order_code": "KITS-1001", "address": ADDRESS},
)
def change_address(code: str, body: NewAddress, key: idempotency.Key = None) -> WantedAddress:
    """Ask the shop to send this order elsewhere, until the courier has it."""
    made = shopper_profile.change_address(_shopper(), code, body, key)
    return WantedAddress(order_code=code, address=made.new_address)


def _shopper() -> phone_check.Shopper:
    """Who calls, by the token of POST /otp/verify. Raises Unauthorized."""
    return phone_check.shopper(http.bearer(app.current_event.raw_event), datetime.now(UTC))


def _unknown() -> NotFound:
    return NotFound("There is no order with this code that was placed with your phone.")
