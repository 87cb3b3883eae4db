"""The words of a notice. Pure."""

from __future__ import annotations

from backshop.kits.deliveries.models import Delivery, Stage


def delivery_text(order_code: str, delivery: Delivery, carrier: str | None) -> str:
    """The SMS that tells a shopper how far their order is."""
    words = {
        Stage.ORDER_CONFIRMED: "is confirmed",
        Stage.SOURCING: "is being sourced from our supplier",
        Stage.ARRIVED: "has arrived at our warehouse",
        Stage.DISPATCHED: "is on its way"
        + (f" with {carrier}" if carrier else "")
        + (f", tracking number {delivery.tracking_number}" if delivery.tracking_number else ""),
        Stage.DELIVERED: "has been delivered",
    }
    return f"Your order {order_code} {words[delivery.stage]}."
