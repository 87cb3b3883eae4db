"""Rows that bring a discount to the shop: {"discount_id"} of a `shade.discounts`.

The customer gets the code when the row is done, never before.
"""

from __future__ import annotations

from datetime import UTC, datetime
from importlib import import_module
from types import ModuleType
from typing import Any
from uuid import UUID

import connected_shop
from backshop import db, outbox
from backshop.platforms.discounts import NewDiscount
from backshop.shade.carts import repository as carts
from backshop.shade.discounts import repository as discounts
from backshop.shade.discounts.models import Discount

MODULES = {
    "shopify": "backshop.platforms.shopify.discounts",
    "woocommerce": "backshop.platforms.woocommerce.coupons",
}


def ask(row: outbox.Row) -> outbox.Answer | None:
    """The discount with our mark, if an earlier attempt made it."""
    _, asked = read(row)
    with connected_shop.opened(row.store_id) as shop:
        id = platform(shop).find(shop.api, asked)
    return {"external_id": id} if id else None


def do(row: outbox.Row) -> outbox.Answer:
    found, asked = read(row)
    if found.status not in ("pending", "failed"):
        return {"skipped": f"the discount is {found.status}"}
    if found.expires_at <= datetime.now(UTC):
        raise outbox.Refused({"error": "it ended before the shop could be told"})
    with connected_shop.opened(row.store_id) as shop:
        return {"external_id": platform(shop).create(shop.api, asked)}


def done(tx: db.Tx, row: outbox.Row, answer: outbox.Answer) -> None:
    """The shop has it: so may the customer, who is told next; the key's rows follow at once. A
    failed one that came too late, because its customer has another by now, is ended again."""
    if "external_id" not in answer:
        return
    id = _id(row)
    if discounts.activate(tx, id, answer["external_id"], datetime.now(UTC)):
        if carts.click_url(tx, id):
            outbox.put(tx, "discount_message", row.key, row.payload)
    elif (found := discounts.discount(tx, id)) and found.status == "revoking":
        outbox.put(tx, "discount_end", row.key, row.payload)


def failed(tx: db.Tx, row: outbox.Row, answer: outbox.Answer) -> None:
    discounts.set_status(tx, _id(row), "failed", only=("pending",))


def read(row: outbox.Row) -> tuple[Discount, NewDiscount]:
    """The discount, and what the platform has to know of it."""
    with db.transaction(store_id=row.store_id) as tx:
        found = discounts.discount(tx, _id(row))
        holder = discounts.holder(tx, _id(row))
    if found is None:
        raise outbox.Refused({"error": "the discount is gone"})
    asked = NewDiscount(
        mark=str(found.id),
        code=found.discount_code,
        amount=found.amount,
        currency=found.currency,
        starts_at=found.created_at,
        ends_at=found.expires_at,
        customer_id=holder.shopify_customer_id if holder else None,
        email=holder.email if holder else None,
    )
    return found, asked


def platform(shop: connected_shop.Shop) -> ModuleType | Any:
    """The platform's way with discounts. Raises Refused where it has none."""
    if shop.platform not in MODULES:
        raise outbox.Refused({"error": f"discounts are not made at {shop.platform}"})
    return import_module(MODULES[shop.platform])


def _id(row: outbox.Row) -> UUID:
    return UUID(row.payload["discount_id"])


kind = outbox.Kind(ask=ask, do=do, done=done, failed=failed)
