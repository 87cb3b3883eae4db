"""WooCommerce: signed webhooks and the REST API v3, which share one form."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING
from urllib.parse import urlencode

if TYPE_CHECKING:
    from backshop.platforms import ports
    from backshop.platforms.api import Deadline


class WooCommerceAdapter:
    resources = ("categories", "products", "customers", "coupons", "orders", "refunds")
    jobs_at_once = 1
    """Its host serves its shoppers with the same few workers."""
    makes_discounts = True

    def cart_link(
        self,
        shop_url: str,
        items: Sequence[tuple[str, int]],
        _marks: Mapping[str, str],
        code: str | None,
    ) -> str | None:
        """One product by the address that every version knows; several, or a code, by a checkout
        link, which WooCommerce has from 10.0 on. Neither brings marks back
        (developer.woocommerce.com/docs/best-practices/urls-and-routing/checkout-urls)."""
        if len(items) == 1 and not code:
            query_string = urlencode({"add-to-cart": items[0][0], "quantity": items[0][1]})
            return f"{shop_url.rstrip('/')}/?{query_string}"
        cart = ",".join(f"{variant}:{quantity}" for variant, quantity in items)
        query = {"products": cart} | ({"coupon": code} if code else {})
        return f"{shop_url.rstrip('/')}/checkout-link/?{urlencode(query, safe=':,')}"

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
