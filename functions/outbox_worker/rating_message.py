"""Rows that ask how well a recommended shade does: {"recommendation_id"} of a
`shade.rating_requests`."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import urlencode
from uuid import UUID

import messages
from backshop import db, outbox
from backshop.shade.rating_requests import repository as ratings
from backshop.stores import repository as stores
from backshop.web.pages import mails


def find(_row: outbox.Row) -> outbox.Answer | None:
    """Nobody can be asked; `do` knows whether it was handed over."""
    return None


def do(row: outbox.Row) -> outbox.Answer:
    id = _id(row)
    with db.transaction(store_id=row.store_id) as tx:
        request = ratings.request(tx, id)
        shop = stores.load(tx)
    if request is None or shop is None or not request.is_live:
        return {"skipped": "it is rated already, was given back, or no mail is wanted"}
    to = messages.recipient(request.channel, request, shop)

    def remember(status: str | None) -> None:
        with db.transaction(store_id=row.store_id) as tx:
            ratings.set_request(tx, id, status or "pending")

    at, brand = datetime.now(UTC), mails.brand_of(shop)
    token = messages.survey_token(shop, request.kit_order_id, at)
    message = mails.write(
        "rating",
        brand,
        f"{messages.pages_of(brand)}/survey/rating?{urlencode({'token': token})}",
        name=request.first_name,
        shade=request.shade,
        stop_url=messages.stop_url(shop, brand, request.customer_id, at),
    )
    return {"reference": messages.send_once(message, to, request.status, remember)}


def done(tx: db.Tx, row: outbox.Row, answer: outbox.Answer) -> None:
    sent = "reference" in answer
    ratings.set_request(
        tx, _id(row), "sent" if sent else "failed", datetime.now(UTC) if sent else None
    )


def failed(tx: db.Tx, row: outbox.Row, _answer: outbox.Answer) -> None:
    ratings.set_request(tx, _id(row), "failed")


def _id(row: outbox.Row) -> UUID:
    return UUID(row.payload["recommendation_id"])


action = outbox.Action(find=find, do=do, done=done, failed=failed)
