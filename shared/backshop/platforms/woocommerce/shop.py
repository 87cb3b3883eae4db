"""One WooCommerce shop, opened."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backshop.commerce import Platform, Store
from backshop.platforms.api import Deadline
from backshop.platforms.ports import Credentials, Reader, ShopFacts
from backshop.platforms.woocommerce import subscribing
from backshop.platforms.woocommerce.api import WooCommerceApi
from backshop.platforms.woocommerce.discounts import WooCommerceDiscounts
from backshop.platforms.woocommerce.orders import WooCommerceOrders

if TYPE_CHECKING:
    from backshop.platforms.reading import ReadContext


class WooCommerceShop:
    platform = Platform.WOOCOMMERCE

    def __init__(self, credentials: Credentials, deadline: Deadline) -> None:
        self.api = WooCommerceApi(credentials, deadline)
        self.orders = WooCommerceOrders(self.api)
        self.discounts = WooCommerceDiscounts(self.api)
        self.delivery_stages = None

    def facts(self) -> ShopFacts:
        facts = subscribing.facts(self.api)
        return facts._replace(problems=subscribing.hindrances(self.api))

    def unreadable(self) -> tuple[str, ...]:
        return tuple(subscribing.unreadable(self.api))

    def subscribe(self, address: str, secret: str, is_new_secret: bool) -> list[str]:
        return subscribing.subscribe(self.api, address, secret, is_new_secret=is_new_secret)

    def reader(self, store: Store, resource: str, context: ReadContext) -> Reader:
        from backshop.platforms.woocommerce import reading

        return reading.reader(self.api, store, resource, context)

    def close(self) -> None:
        self.api.close()
