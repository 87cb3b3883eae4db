"""What is in the cart, and where a click leads."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID


class CartItem(NamedTuple):
    """Something in the cart, by name and Shopify's variant."""

    name: str
    variant_id: int
    quantity: int = 1


class Click(NamedTuple):
    """Where a click leads, and the discount that the cart carries."""

    cart_url: str | None
    discount_id: UUID | None
