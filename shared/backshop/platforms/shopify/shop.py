"""One Shopify shop, opened."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backshop.commerce import Platform, Store
from backshop.platforms.api import Deadline
from backshop.platforms.ports import Credentials, Reader, ShopFacts
from backshop.platforms.shopify import subscribing
from backshop.platforms.shopify.api import ShopifyApi
from backshop.platforms.shopify.discounts import ShopifyDiscounts
from backshop.platforms.shopify.orders import ShopifyOrders

if TYPE_CHECKING:
    from backshop.platforms.reading import ReadContext


class ShopifyShop:
    platform = Platform.SHOPIFY

    def __init__(self, credentials: Credentials, deadline: Deadline) -> None:
        self.api = ShopifyApi(credentials, deadline)
        self._settings = credentials.settings
        self.orders = ShopifyOrders(self.api)
        self.discounts = ShopifyDiscounts(self.api)
        self.delivery_stages = None

    def facts(self) -> ShopFacts:
        return subscribing.facts(self.api)

    def unreadable(self) -> tuple[str, ...]:
        return ()

    def subscribe(self, address: str, _secret: str, _is_new_secret: bool) -> list[str]:
        return subscribing.subscribe(self.api, address, self._settings)

    def reader(self, store: Store, resource: str, context: ReadContext) -> Reader:
        from backshop.platforms.shopify import reading

        return reading.reader(self.api, store, resource, context)

    def close(self) -> None:
        self.api.close()
