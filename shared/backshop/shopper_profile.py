"""What a shopper who proved a phone reads and changes of themselves: name, news by SMS, and where
their orders go. Routes and pages share it.

Only orders that were given with the phone count. A customer's account is not shown: whoever checks
out with somebody's e-mail address can put their own phone there.
"""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, Field

from backshop import db, outbox
from backshop.commerce import Time
from backshop.connect.requests import repository as requests
from backshop.connect.requests import rules as request_rules
from backshop.connect.requests.models import AddressUpdateRequest, NewAddress
from backshop.errors import Conflict, NotFound
from backshop.kits.deliveries.rules import shows_tracking
from backshop.kits.shoppers import repository as shoppers
from backshop.kits.shoppers.models import FollowedOrder, ProfileChange
from backshop.kits.tracking import repository as tracking
from backshop.phone_check import Shopper
from backshop.web import idempotency

MOST_ORDERS = 20


class OrderAddress(BaseModel):
    """Where an order goes, or went."""

    order_code: str
    placed_at: Time
    address: dict[str, str | None] = Field(
        description="As the shop has it; empty where it tells none."
    )
    can_change: bool = Field(description="Until the courier has it.")
    wanted: dict[str, str | None] | None = Field(
        description="An address that was asked for, and that the shop does not have yet."
    )


class Profile(BaseModel):
    """A shopper, by their phone."""

    phone: str
    name: str | None
    news: bool | None = Field(description="News by SMS; null before the shopper said anything.")
    news_told_at: Time | None
    orders: list[OrderAddress] = Field(description="The latest, newest first.")


def profile(shopper: Shopper) -> Profile:
    """What is known of a shopper."""
    with db.shopper(shopper.store_id, shopper.phone) as tx:
        orders = tracking.latest_orders(tx, MOST_ORDERS)
    with db.transaction(store_id=shopper.store_id) as tx:
        details = shoppers.said_by(tx, shopper.phone)
        addresses = requests.addresses_of(tx, [each.order_id for each in orders])
    listed = [_order_address(each, *addresses.get(each.order_id, ({}, None))) for each in orders]
    named = next((each.address.get("name") for each in listed if each.address.get("name")), None)
    return Profile(
        phone=shopper.phone,
        name=details.name or named,
        news=details.news,
        news_told_at=details.news_told_at,
        orders=listed,
    )


def _order_address(
    order: FollowedOrder, address: dict[str, str | None], wanted: dict[str, str | None] | None
) -> OrderAddress:
    return OrderAddress(
        order_code=order.order_code,
        placed_at=order.placed_at,
        address=address,
        can_change=not order.is_cancelled and not shows_tracking(order.stage),
        wanted=wanted,
    )


def change(shopper: Shopper, changes: ProfileChange, at: datetime) -> Profile:
    """Keep what the shopper says, and show what is known then."""
    with db.transaction(store_id=shopper.store_id) as tx:
        shoppers.save(tx, shopper.phone, changes, at)
    return profile(shopper)


def change_address(
    shopper: Shopper, code: str, wanted: NewAddress, key: str | None
) -> AddressUpdateRequest:
    """Ask the shop to send an order of the shopper's elsewhere. The same key again asks once.

    Raises NotFound, Conflict once the courier has it, Unprocessable where it cannot be delivered.
    """
    address = request_rules.checked_address(wanted)
    with db.shopper(shopper.store_id, shopper.phone) as tx:
        orders = {each.order_code: each for each in tracking.latest_orders(tx, 10_000)}
    if code not in orders:
        raise NotFound("There is no order with this code that was placed with your phone.")
    followed = orders[code]
    if shows_tracking(followed.stage):
        raise Conflict("The courier has this order already; ask the shop.", slug="fulfilled")
    with db.transaction(store_id=shopper.store_id) as tx:
        order = requests.lock_order(tx, followed.order_id)
        if order is None:
            raise NotFound("This order is not at the shop any more; ask the shop.")
        known = requests.address_by_key(tx, order.order_id, key) if key else None
        if known:
            if known.new_address != address.model_dump():
                raise idempotency.reused()
            return known
        request_rules.may_change_address(order)
        made = requests.add_address(tx, order, address, key, "shopper")
        row = outbox.put(tx, "address", f"order:{order.order_id}", {"request_id": str(made.id)})
        requests.set_outbox_row(tx, "address_update_request", made.id, row.id)
    outbox.announce([row])
    return made
