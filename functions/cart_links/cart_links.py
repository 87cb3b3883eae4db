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
from backshop.web import routes

app = routes.app("Cart links")
handler = routes.handler(app)


class CartLink(NamedTuple):
    """What a link stands for: store and recommendation, both random, in base64url."""

    store_id: UUID
    recommendation_id: UUID


@routes.route(app, "GET /c/<id>", scope="anyone", status=302)
def follow(id: str) -> Response[None]:
    """Note the click and go to the cart, with the discount while it can be used.

    The link only ever leads to the shop's own host.
    """
    link = _read(id)
    at = datetime.now(UTC)
    with db.transaction(store_id=link.store_id) as tx:
        shop = stores.load(tx)
        click = carts.note_click(tx, link.recommendation_id, at)
        url = (click and click.cart_url) or ""
        if shop is None or click is None or not rules.leads_to(url, shop.url):
            raise _unknown()
        discount = discounts.discount(tx, click.discount_id) if click.discount_id else None
    if discount is None or not discount.is_usable(at):
        url = rules.without_code(url)
    return Response(302, headers={"Location": url, "Cache-Control": "no-store"})


def _read(text: str) -> CartLink:
    try:
        content = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        raise _unknown() from None
    if len(content) != 32:
        raise _unknown()
    return CartLink(UUID(bytes=content[:16]), UUID(bytes=content[16:]))


def _unknown() -> NotFound:
    return NotFound("This link leads nowhere any more; use the shop's own pages.")
