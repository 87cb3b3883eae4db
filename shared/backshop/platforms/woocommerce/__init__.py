"""WooCommerce: signed webhooks and the REST API v3, which share one form."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from backshop.platforms import ports
    from backshop.platforms.api import Deadline


class WooCommerceAdapter:
    resources = ("categories", "products", "customers", "coupons", "orders", "refunds")

    @property
    def signatures(self) -> ports.Signatures:
        from backshop.platforms.woocommerce import signature

        return signature

    @property
    def webhooks(self) -> ports.Webhooks:
        from backshop.platforms.woocommerce import webhook

        return webhook

    @property
    def translator(self) -> ports.Translator:
        from backshop.platforms.woocommerce import translate

        return translate

    @property
    def open(self) -> Callable[[ports.Credentials, Deadline], ports.Shop]:
        from backshop.platforms.woocommerce.shop import WooCommerceShop

        return WooCommerceShop


ADAPTER = WooCommerceAdapter()
