"""One Vendure shop, opened."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backshop.commerce import Platform, Store
from backshop.platforms.api import Deadline
from backshop.platforms.ports import Credentials, Reader, ShopFacts
from backshop.platforms.vendure import subscribing
from backshop.platforms.vendure.api import VendureApi
from backshop.platforms.vendure.delivery_stage import VendureDeliveryStages
from backshop.platforms.vendure.orders import VendureOrders

if TYPE_CHECKING:
    from backshop.platforms.reading import ReadContext


class VendureShop:
    platform = Platform.VENDURE

    def __init__(self, credentials: Credentials, deadline: Deadline) -> None:
        self.api = VendureApi(credentials, deadline)
        self.orders = VendureOrders(self.api)
        self.discounts = None
        self.delivery_stages = VendureDeliveryStages(self.api)

    def facts(self) -> ShopFacts:
        return subscribing.facts(self.api)

    def unreadable(self) -> tuple[str, ...]:
        return ()

    def subscribe(self, address: str, secret: str, is_new_secret: bool) -> list[str]:
        return subscribing.subscribe(self.api, address, secret, is_new_secret=is_new_secret)

    def reader(self, store: Store, resource: str, context: ReadContext) -> Reader:
        from backshop.platforms.vendure import reading

        settings = dict(store.settings) | {
            "money_precision": self.api.precision,
            "track_inventory": self.api.tracks_inventory,
        }
        completed_store = store.model_copy(update={"settings": settings})
        return reading.reader(self.api, completed_store, resource, context)

    def close(self) -> None:
        self.api.close()
