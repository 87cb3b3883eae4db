"""Vendure: signed events of the plugin in integrations/vendure, and the Admin API."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from backshop.platforms import ports
    from backshop.platforms.api import Deadline


class VendureAdapter:
    resources = ("collections", "products", "customers", "promotions", "orders")

    @property
    def signatures(self) -> ports.Signatures:
        from backshop.platforms.vendure import signature

        return signature

    @property
    def webhooks(self) -> ports.Webhooks:
        from backshop.platforms.vendure import webhook

        return webhook

    @property
    def translator(self) -> ports.Translator:
        from backshop.platforms.vendure import translate

        return translate

    @property
    def open(self) -> Callable[[ports.Credentials, Deadline], ports.Shop]:
        from backshop.platforms.vendure.shop import VendureShop

        return VendureShop


ADAPTER = VendureAdapter()
