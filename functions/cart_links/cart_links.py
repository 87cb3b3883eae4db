"""The link in a customer's message: notes the click and leads to the cart with their match."""

from __future__ import annotations

import binascii
from base64 import urlsafe_b64decode
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

from aws_lambda_powertools.event_handler import Response
from backshop import db
from backshop.errors import NotFound
from backshop.shade.carts import repository as carts
from backshop.shade.carts import rules
from backshop.shade.discounts import repository as discounts
from backshop.stores import repository as stores
from backshop.web import old as http

app = http.app()
handler = http.handler(app)


class Name(NamedTuple):
    """What a link names: store and recommendation, both random, in base64url."""

    store_id: UUID
    recommendation_id: UUID


@app.get("/c/<id>")
def follow(id: str) -> Response[str]:
    """To the cart, with the discount while it can be used; only ever to the shop's own host."""
    name = _read(id)
    at = datetime.now(UTC)
    with db.transaction(store_id=name.store_id) as tx:
        shop = stores.load(tx)
        clicked = carts.note_click(tx, name.recommendation_id, at)
        url: str = clicked["cart_url"] or "" if clicked else ""
        if shop is None or clicked is None or not rules.leads_to(url, shop.url):
            raise _unknown()
        discount = (
            discounts.discount(tx, clicked["discount_id"]) if clicked["discount_id"] else None
        )
    if discount is None or not discount.is_usable(at):
        url = rules.without_code(url)
    return http.reply(302, headers={"Location": url, "Cache-Control": "no-store"})


def _read(text: str) -> Name:
    try:
        named = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        raise _unknown() from None
    if len(named) != 32:
        raise _unknown()
    return Name(UUID(bytes=named[:16]), UUID(bytes=named[16:]))


def _unknown() -> NotFound:
    return NotFound("This link leads nowhere any more; use the shop's own pages.")
