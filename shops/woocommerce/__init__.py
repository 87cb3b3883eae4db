"""A local WooCommerce 11: REST API v3 and webhooks, as recorded.

    with woocommerce.running(orders=100, time_zone="Asia/Tokyo") as shop: …

`shop.credentials` has `api_key` and `secret`, the consumer key and secret.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

from shops.running import RunningShop
from shops.running import running as _running
from shops.shop import Ids, Rules, Shop, Stage

STATUS: dict[Stage, str] = {
    "cart": "checkout-draft",
    "pending": "pending",
    "on_hold": "on-hold",
    "paid": "processing",
    "shipped": "completed",
    "delivered": "completed",
    "cancelled": "cancelled",
    "refunded": "refunded",
    "failed": "failed",
}
POSTS = ("post", "product", "variant", "order", "coupon", "refund")
"""All of these are posts, numbered together."""


def running(**options: Any) -> AbstractContextManager[RunningShop]:
    """A server in its own process; options as in `python -m shops woocommerce -h`."""
    return _running("woocommerce", **options)


def new_shop(*, currency: str, seed: int, name: str = "Shop") -> Shop:
    """A shop with WooCommerce's rules and its first user, an administrator."""
    rules = Rules(status=STATUS, per_item_discount=True, product_is_variant=True)
    shop = Shop(rules, Ids((POSTS,)), currency=currency, seed=seed, name=name)
    shop.ids.skip_to("post", 10)
    shop.add_customer(email="admin@example.com", role="administrator")
    return shop
