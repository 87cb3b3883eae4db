"""A local Vendure 3.7 with backshop's plugin: Admin API, login, and the plugin's events.

    with vendure.running(orders=100, places="sri-lanka", catalogue="kits") as shop: …

Queries run against Vendure's own schema, extended by the plugin's fields. `shop.credentials` has
`username`, `password` and `api_key` (the value of a `vendure-api-key` header).
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

from shops.running import RunningShop
from shops.running import running as _running
from shops.shop import Ids, Rules, Shop, Stage

STATUS: dict[Stage, str] = {
    "cart": "AddingItems",
    "pending": "ArrangingPayment",
    "on_hold": "PaymentAuthorized",
    "paid": "PaymentSettled",
    "shipped": "Shipped",
    "delivered": "Delivered",
    "cancelled": "Cancelled",
    "refunded": "Delivered",
    "failed": "ArrangingPayment",
}
ACTIVE = frozenset({"AddingItems", "ArrangingPayment"})
"""Carts: nobody has placed these orders."""
UNMOVED = frozenset(
    {"pay", "ship", "deliver", "status", "refund", "address", "transition", "settle"}
)
"""What does not move an order's `updatedAt`; `integrations/vendure/test/server.test.ts` measures it
on a real server. Custom fields, a draft's lines and cancelling do."""


def running(**options: Any) -> AbstractContextManager[RunningShop]:
    """A server in its own process; options as in `python -m shops vendure -h`."""
    return _running("vendure", **options)


def new_shop(*, currency: str, seed: int, name: str = "Shop") -> Shop:
    rules = Rules(
        status=STATUS,
        unmoved=UNMOVED,
        guests_are_customers=True,
        random_codes=True,
        rounds_units=True,
        cancel_empties=True,
        address_moves_customer=False,
        variant_moves_product=False,
    )
    return Shop(rules, Ids(), currency=currency, seed=seed, name=name)
