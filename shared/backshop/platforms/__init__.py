"""The connected platforms behind one face: `load` gives a platform's adapter (`ports.Adapter`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backshop.platforms import shopify, vendure, woocommerce

if TYPE_CHECKING:
    from backshop.platforms.ports import Adapter

_ADAPTERS: dict[str, Adapter] = {
    "shopify": shopify.ADAPTER,
    "woocommerce": woocommerce.ADAPTER,
    "vendure": vendure.ADAPTER,
}
NAMES = tuple(_ADAPTERS)


def load(platform: str) -> Adapter:
    """The platform's adapter, which imports its parts when they are asked for."""
    if platform not in _ADAPTERS:
        raise ValueError(f"no such platform: {platform}; there are {', '.join(NAMES)}")
    return _ADAPTERS[platform]
