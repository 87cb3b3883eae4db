"""Rows that end a discount at the shop: {"discount_id"} of a `shade.discounts` that is
`revoking`."""

from __future__ import annotations

from uuid import UUID

import connected_shop
import discount
from backshop import db, outbox
from backshop.shade.discounts import repository as discounts


def find(_row: outbox.Row) -> outbox.Answer | None:
    """Nothing to ask: ending it twice changes nothing."""
    return None


def do(row: outbox.Row) -> outbox.Answer:
    _, new_discount = discount.read(row)
    with connected_shop.opened(row.store_id) as shop:
        discount.discounts_of(shop).end(new_discount)
    return {"ended": True}


def done(tx: db.Tx, row: outbox.Row, _answer: outbox.Answer) -> None:
    discounts.set_status(tx, UUID(row.payload["discount_id"]), "revoked", only=("revoking",))


action = outbox.Action(find=find, do=do, done=done)
