"""Rows that bring a discount to the shop: {"discount_id"} of a `shade.discounts`.

The customer gets the code when the row is done, never before.
"""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import connected_shop
from backshop import db, outbox
from backshop.commerce import in_currency
from backshop.platforms.discounts import NewDiscount
from backshop.platforms.errors import PermanentDecline, TransientOutage
from backshop.platforms.ports import Discounts, Shop
from backshop.shade.carts import repository as carts
from backshop.shade.discounts import repository as discounts
from backshop.shade.discounts.models import Discount


def find(row: outbox.Row) -> outbox.Answer | None:
    """The discount with our mark, if an earlier attempt made it."""
    _, new_discount = read(row)
    with connected_shop.opened(row.store_id) as shop:
        id = discounts_of(shop).find(new_discount)
    return {"external_id": id} if id else None


def do(row: outbox.Row) -> outbox.Answer:
    discount, new_discount = read(row)
    if discount.status not in ("pending", "failed"):
        if (row.response or {}).get("in_doubt"):
            raise TransientOutage("it may still be made", outbox.DOUBT.total_seconds())
        return {"skipped": f"the discount is {discount.status}"}
    if discount.expires_at <= datetime.now(UTC):
        raise PermanentDecline({"error": "it ended before the shop could be told"})
    with connected_shop.opened(row.store_id) as shop:
        return {"external_id": _create(discounts_of(shop), new_discount)}


def _create(discounts_there: Discounts, new_discount: NewDiscount) -> str:
    """Where a slow shop did what an earlier attempt asked for in between, it refuses the code as
    taken: it is ours."""
    try:
        return discounts_there.create(new_discount)
    except PermanentDecline:
        made = discounts_there.find(new_discount)
        if made is None:
            raise
        return made


def done(tx: db.Tx, row: outbox.Row, answer: outbox.Answer) -> None:
    """The shop has it: so may the customer, who is told next; the key's rows follow at once. A
    failed one that came too late, because its customer has another by now, is ended again."""
    if "external_id" not in answer:
        return
    id = _id(row)
    if discounts.activate(tx, id, answer["external_id"], datetime.now(UTC)):
        if carts.click_url(tx, id):
            outbox.put(tx, "discount_message", row.key, row.payload)
    elif (discount := discounts.discount(tx, id)) and discount.status == "revoking":
        outbox.put(tx, "discount_end", row.key, row.payload)


def failed(tx: db.Tx, row: outbox.Row, _answer: outbox.Answer) -> None:
    discounts.set_status(tx, _id(row), "failed", only=("pending",))


def read(row: outbox.Row) -> tuple[Discount, NewDiscount]:
    """The discount, and what the platform has to know of it."""
    with db.transaction(store_id=row.store_id) as tx:
        discount = discounts.discount(tx, _id(row))
        holder = discounts.holder(tx, _id(row))
    if discount is None:
        raise PermanentDecline({"error": "the discount is gone"})
    new_discount = NewDiscount(
        mark=str(discount.id),
        code=discount.discount_code,
        amount=in_currency(discount.amount, discount.currency),
        currency=discount.currency,
        starts_at=discount.created_at,
        ends_at=discount.expires_at,
        customer_id=holder.shopify_customer_id if holder else None,
        email=holder.email if holder else None,
    )
    return discount, new_discount


def discounts_of(shop: Shop) -> Discounts:
    """The platform's way with discounts. Raises `PermanentDecline` where it has none."""
    if shop.discounts is None:
        raise PermanentDecline({"error": f"discounts are not made at {shop.platform}"})
    return shop.discounts


def _id(row: outbox.Row) -> UUID:
    return UUID(row.payload["discount_id"])


action = outbox.Action(find=find, do=do, done=done, failed=failed)
