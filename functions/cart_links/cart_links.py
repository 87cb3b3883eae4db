"""The link in a customer's message, and the button of our pages: both lead to the cart with their
match, and the button counts as a click."""

from __future__ import annotations

import binascii
from base64 import urlsafe_b64decode
from collections.abc import Callable
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

from aws_lambda_powertools.event_handler import Response
from backshop import db
from backshop.db import Tx
from backshop.errors import NotFound
from backshop.shade.carts import repository as carts
from backshop.shade.carts import rules
from backshop.shade.carts.models import Click
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
    """Go to the cart, with the discount while it can be used.

    Nothing is counted: mail scanners follow every link. It only ever leads to the shop's own host.
    """
    return _lead(_read(id), 302, carts.cart)


@routes.route(app, "POST /c/<id>", scope="anyone", status=303)
def click(id: str) -> Response[None]:
    """Count a click and go to the cart: what a button of our pages does when it is pressed."""
    return _lead(_read(id), 303, carts.note_click)


def _lead(
    link: CartLink, status: int, find: Callable[[Tx, UUID, datetime], Click | None]
) -> Response[None]:
    at = datetime.now(UTC)
    with db.transaction(store_id=link.store_id) as tx:
        shop = stores.load(tx)
        found = find(tx, link.recommendation_id, at)
        url = (found and found.cart_url) or ""
        if shop is None or found is None or not rules.leads_to(url, shop.url):
            raise _unknown()
        discount = discounts.discount(tx, found.discount_id) if found.discount_id else None
    if discount is None or not discount.is_usable(at):
        url = rules.without_code(url)
    return Response(status, headers={"Location": url, "Cache-Control": "no-store"})


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
