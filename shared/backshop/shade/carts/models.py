"""Something in the cart."""

from __future__ import annotations

from typing import NamedTuple


class CartItem(NamedTuple):
    """Something in the cart, by name and Shopify's variant."""

    name: str
    variant_id: int
    quantity: int = 1
