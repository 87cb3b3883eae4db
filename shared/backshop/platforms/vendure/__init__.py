"""Vendure: signed events of the plugin in integrations/vendure, and the Admin API."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from backshop.platforms import ports
    from backshop.platforms.api import Deadline


class VendureAdapter:
    resources = ("collections", "products", "customers", "promotions", "orders")
    jobs_at_once = 2
    makes_discounts = False

    def cart_link(
        self,
        _shop_url: str,
        _items: Sequence[tuple[str, int]],
        _marks: Mapping[str, str],
        _code: str | None,
    ) -> str | None:
        """None: each Vendure shop has a storefront of its own making."""
        return None

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
