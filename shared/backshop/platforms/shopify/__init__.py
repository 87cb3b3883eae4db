"""Shopify: signed webhooks in the form of its REST API, reading through GraphQL Admin."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

if TYPE_CHECKING:
    from backshop.platforms import ports
    from backshop.platforms.api import Deadline


class ShopifyAdapter:
    resources = ("collections", "products", "customers", "discounts", "orders")
    jobs_at_once = 2
    makes_discounts = True

    def cart_link(
        self,
        shop_url: str,
        items: Sequence[tuple[str, int]],
        marks: Mapping[str, str],
        code: str | None,
    ) -> str | None:
        """A permalink: `/cart/<variant>:<quantity>,…?discount=…&attributes[…]=…`
        (shopify.dev/docs/apps/build/checkout/create-cart-permalinks)."""
        cart = ",".join(f"{variant}:{quantity}" for variant, quantity in items)
        query = {"discount": code} if code else {}
        query |= {f"attributes[{name}]": value for name, value in marks.items()}
        query_string = f"?{urlencode(query, safe='[]')}" if query else ""
        parts = urlsplit(shop_url)
        return f"{parts.scheme}://{parts.netloc}/cart/{cart}{query_string}"

    @property
    def signatures(self) -> ports.Signatures:
        from backshop.platforms.shopify import signature

        return signature

    @property
    def webhooks(self) -> ports.Webhooks:
        from backshop.platforms.shopify import webhook

        return webhook

    @property
    def translator(self) -> ports.Translator:
        from backshop.platforms.shopify import translate

        return translate

    @property
    def open(self) -> Callable[[ports.Credentials, Deadline], ports.Shop]:
        from backshop.platforms.shopify.shop import ShopifyShop

        return ShopifyShop


ADAPTER = ShopifyAdapter()
