"""How Shopify refunds: what a line is worth, and what a request is refused for."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from shops.shop import Line, Order, RefundLine, Shop, share
from shops.shopify.ids import number

Json = dict[str, Any]


class RefundError(Exception):
    """A refusal that goes into `userErrors`."""

    def __init__(self, field: Sequence[str] | None, message: str, code: str | None = None) -> None:
        super().__init__(message)
        self.error = {"field": list(field) if field else None, "message": message, "code": code}


def to_minor(amount: Any) -> int:
    try:
        return int((Decimal(str(amount)) * 100).to_integral_value())
    except InvalidOperation:
        raise RefundError(None, f"{amount} is not a valid amount") from None


def refunded_quantity(order: Order, line: Line) -> int:
    return sum(
        part.quantity
        for refund in order.refunds
        for part in refund.lines
        if part.line_id == line.id
    )


def refund_lines(shop: Shop, order: Order, items: Sequence[Json]) -> list[RefundLine]:
    lines = {line.id: line for line in order.lines}
    parts = []
    for item in items:
        line = lines.get(number(item["lineItemId"], "LineItem"))
        if line is None:
            raise RefundError(["refundLineItems", "lineItemId"], "Line item does not exist")
        quantity = int(item["quantity"])
        if not 0 < quantity <= line.quantity - refunded_quantity(order, line):
            raise RefundError(
                ["refundLineItems", "quantity"],
                "Quantity cannot refund more items than were purchased",
            )
        amount = line.total * quantity // line.quantity
        tax = share(amount, order.tax_rate)
        parts.append(RefundLine(shop.ids.next("refund_line"), line.id, quantity, amount, tax))
    return parts


def refund_amount(order: Order, fields: Json) -> int:
    """The money a RefundInput gives back: the sum of its transactions."""
    amount = 0
    sale = order.payments[0] if order.payments else None
    for part in fields.get("transactions") or ():
        if part["kind"] != "REFUND":
            raise RefundError(["transactions", "kind"], "Kind must be REFUND")
        if sale is None or number(part.get("parentId") or "", "OrderTransaction") != sale.id:
            raise RefundError(["transactions", "parentId"], "Parent transaction is invalid")
        amount += to_minor(part["amount"])
    left = order.total - order.refunded
    if amount < 0 or (amount > left and not fields.get("allowOverRefunding")):
        raise RefundError(
            ["transactions"],
            f"Refund amount {amount / 100:.2f} is more than the amount left to refund "
            f"({left / 100:.2f})",
        )
    return amount
