"""A local Shopify: GraphQL Admin API 2026-10, tokens, bulk operations and webhooks.

    with shopify.running(orders=100, catalogue="shades", places="nigeria") as shop: …

Queries are validated against and executed with Shopify's own schema; a field that this server does
not model is an error that says so, never a silent null. `shop.credentials` has `api_key` (a
permanent token), `client_id`, `client_secret` (which also signs webhooks) and `domain`.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

from shops.running import RunningShop
from shops.running import running as _running
from shops.shop import Ids, Rules, Shop, Stage

STATUS: dict[Stage, str] = {
    "cart": "open",
    "pending": "open",
    "on_hold": "open",
    "paid": "open",
    "shipped": "open",
    "delivered": "open",
    "cancelled": "cancelled",
    "refunded": "open",
    "failed": "open",
}
FIRST_ID = 5_000_000_000
"""Ids are wider than 32 bits, as Shopify's are. A payment and a refund are both transactions."""


def running(**options: Any) -> AbstractContextManager[RunningShop]:
    """A server in its own process; options as in `python -m shops shopify -h`."""
    return _running("shopify", **options)


def new_shop(*, currency: str, seed: int, name: str = "Local Shop") -> Shop:
    return Shop(
        Rules(status=STATUS),
        Ids((("payment", "refund"),), start=FIRST_ID + 1),
        currency=currency,
        seed=seed,
        name=name,
    )
