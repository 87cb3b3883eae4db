"""Shopify: signed webhooks in the form of its REST API, reading through GraphQL Admin."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from backshop.platforms import ports
    from backshop.platforms.api import Deadline


class ShopifyAdapter:
    resources = ("collections", "products", "customers", "discounts", "orders")

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
