"""Rows that bring a customer their code: {"discount_id"} of a `shade.discounts` that is active."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import messages
from backshop import db, outbox
from backshop.shade.carts import repository as carts
from backshop.shade.discounts import repository as discounts
from backshop.stores import repository as stores
from backshop.web.pages import mails


def find(_row: outbox.Row) -> outbox.Answer | None:
    """Nobody can be asked; `do` knows whether it was handed over."""
    return None


def do(row: outbox.Row) -> outbox.Answer:
    id = _id(row)
    with db.transaction(store_id=row.store_id) as tx:
        discount, holder = discounts.discount(tx, id), discounts.holder(tx, id)
        link, state = carts.click_url(tx, id), discounts.message_state(tx, id)
        shop = stores.load(tx)
    if discount is None or holder is None or shop is None or link is None:
        return {"skipped": "the discount or its customer is gone"}
    if not discount.is_usable(datetime.now(UTC)):
        return {"skipped": "the discount is over"}

    def remember(state: str | None) -> None:
        with db.transaction(store_id=row.store_id) as tx:
            discounts.set_message_state(tx, id, state)

    settings = messages.settings_of(shop)
    message = mails.write(
        "discount",
        mails.brand_of(shop),
        link,
        name=holder.first_name,
        code=discount.discount_code,
        amount=(discount.amount, discount.currency),
        until=discount.expires_at,
    )
    to = messages.recipient(settings.channel, holder, shop)
    return {"reference": messages.send_once(message, to, state, remember)}


def done(tx: db.Tx, row: outbox.Row, answer: outbox.Answer) -> None:
    if "reference" in answer:
        discounts.set_message_state(tx, _id(row), "sent")


def failed(tx: db.Tx, row: outbox.Row, _answer: outbox.Answer) -> None:
    discounts.set_message_state(tx, _id(row), "failed")


def _id(row: outbox.Row) -> UUID:
    return UUID(row.payload["discount_id"])


action = outbox.Action(find=find, do=do, done=done, failed=failed)
