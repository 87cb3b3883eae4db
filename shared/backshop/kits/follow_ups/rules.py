"""The words of a notice. Pure."""

from __future__ import annotations

from backshop.kits.deliveries.models import Delivery, Stage
from backshop.kits.deliveries.rules import CARRIER


def delivery_text(order_code: str, delivery: Delivery) -> str:
    """The SMS that tells a shopper how far their order is."""
    words = {
        Stage.ORDER_CONFIRMED: "is confirmed",
        Stage.SOURCING: "is being sourced from our supplier",
        Stage.ARRIVED: "has arrived at our warehouse",
        Stage.DISPATCHED: f"is on its way with {CARRIER}"
        + (f", tracking number {delivery.tracking_number}" if delivery.tracking_number else ""),
        Stage.DELIVERED: "has been delivered",
    }
    return f"Your order {order_code} {words[delivery.stage]}."
