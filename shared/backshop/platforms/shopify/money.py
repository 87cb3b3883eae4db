"""What an order of Shopify cost, and what of it was given back.

Webhooks tell sums that edits have changed in some orders and not in others; the rules below follow
cases of public reports (tests/cases) and the REST reference of Order and Refund.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Literal, NamedTuple

from backshop.commerce import decimals
from backshop.platforms.shopify import payloads

PAID = frozenset({"paid", "partially_refunded", "refunded"})
RefundState = Literal["pending", "settled", "failed"]
_ZERO = Decimal(0)
_CENT = Decimal("0.02")
"""Sums of rounded lines may be off by so much a line."""


class GivenBack(NamedTuple):
    """`is_told`: whether the payload tells of the transactions, without which the sum of the parts
    stands in for them."""

    amount: Decimal
    state: RefundState
    is_told: bool


def rounded(amount: Decimal, currency: str) -> Decimal:
    """Spelled with the currency's decimals: webhooks write 9.90 where GraphQL writes 9.9."""
    return round(amount, decimals(currency))


def tax_of(taxes: list[payloads.TaxPayload]) -> Decimal:
    return sum((each.price for each in taxes), _ZERO)


def rate_of(taxes: list[payloads.TaxPayload]) -> Decimal:
    return sum((each.rate for each in taxes if each.rate is not None), _ZERO)


def off(line: payloads.LinePayload | payloads.ShippingLinePayload) -> Decimal:
    """Taken off a line by discounts, with tax where prices include it."""
    return sum((each.amount for each in line.discount_allocations), _ZERO)


def charged_shipping(order: payloads.OrderPayload) -> list[payloads.ShippingLinePayload]:
    """Shipping lines without those that an edit took off."""
    return [each for each in order.shipping_lines or () if not each.is_removed]


def net_share(order: payloads.OrderPayload) -> Decimal | None:
    """The part of a line's price that is no tax, one for all lines; None where each line's own tax
    lines tell it (or prices are without tax).

    Where an app writes the whole order's tax into one line, or no rate, the lines' own taxes say
    nothing of the lines (frappe/ecommerce_integrations#398): the order's sums do.
    """
    lines = order.line_items or []
    if not order.taxes_included or all(_is_own_tax(each) for each in lines):
        return None
    gross = sum((each.price * each.quantity - off(each) for each in lines), _ZERO)
    tax = order.total_tax - sum((tax_of(e.tax_lines) for e in charged_shipping(order)), _ZERO)
    return (gross - tax) / gross if gross > 0 and _ZERO <= tax < gross else None


def _is_own_tax(line: payloads.LinePayload) -> bool:
    """Whether the tax of a line with prices that include it is that of its own price and rate."""
    tax, rate = tax_of(line.tax_lines), rate_of(line.tax_lines)
    gross = line.price * line.quantity - off(line)
    if not tax:
        return True
    expected = gross - gross / (1 + rate) if rate > 0 else _ZERO
    return abs(tax - expected) <= _CENT * max(1, abs(int(line.quantity)))


def asked(order: payloads.OrderPayload) -> Decimal:
    """What the shopper was asked to pay, so that less what was given back it is what was kept.

    Goods that were taken off an order, and for which no money went back, were never paid, unless
    the shop still owes for them (`total_outstanding` below zero). In some edited orders
    `total_price` fell already when goods went (seen by its lines adding up to more): it is not
    lowered again, and what was given back for those goods is part of what had been paid.
    """
    refunds = order.refunds or []
    with_money = sum((_goods(each) for each in refunds if _money(each) > 0), _ZERO)
    unpaid = sum((_goods(each) for each in refunds if _is_mere_removal(each)), _ZERO)
    fallen = _fallen(order, with_money + unpaid)
    if fallen:
        return order.total_price + min(fallen, with_money)
    owed = max(_ZERO, -(order.total_outstanding or _ZERO))
    return order.total_price - max(_ZERO, unpaid - owed)


def _fallen(order: payloads.OrderPayload, goods: Decimal) -> Decimal:
    """By how much `total_price` fell below the sum of all lines that were ever in the order, as far
    as that is what the goods that went cost."""
    lines = order.line_items or []
    if goods <= 0 or not lines:
        return _ZERO
    parts = [each.price * each.quantity - off(each) for each in lines]
    parts += [each.price - off(each) for each in charged_shipping(order)]
    whole = sum(parts, _ZERO) + (_ZERO if order.taxes_included else order.total_tax)
    missing = whole - order.total_price
    return goods if abs(missing - goods) <= _CENT * len(parts) else _ZERO


def _goods(refund: payloads.RefundPayload) -> Decimal:
    return sum((each.subtotal + each.total_tax for each in refund.refund_line_items), _ZERO)


def _money(refund: payloads.RefundPayload) -> Decimal:
    paid = [each for each in refund.transactions or [] if each.kind.lower() == "refund"]
    return sum((each.amount for each in paid if _state_of(each) == "success"), _ZERO)


def _is_mere_removal(refund: payloads.RefundPayload) -> bool:
    return refund.transactions is not None and not any(
        each.kind.lower() == "refund" for each in refund.transactions
    )


def given_back(refund: payloads.RefundPayload, currency: str, parts: Decimal) -> GivenBack:
    """The sum of the transactions and how far they are.

    The refund's own parts stand in where transactions are in the shopper's currency or not told:
    `parts` (goods, shipping and their taxes) less its adjustments, which are negative where more
    goes back (a goodwill refund) and positive where less does (a restocking fee). A refund with an
    empty list of transactions gave no money back.
    """
    adjusted = parts - sum(
        (
            each.amount + each.tax_amount
            for each in refund.order_adjustments
            if each.kind != "shipping_refund"
        ),
        _ZERO,
    )
    if refund.transactions is None:
        return GivenBack(adjusted, "settled", is_told=False)
    paid = [each for each in refund.transactions if each.kind.lower() == "refund"]
    states = {_state_of(each) for each in paid}
    state: RefundState = "settled"
    if states & {"pending", "awaiting_response", "unknown"}:
        state = "pending"
    elif states and "success" not in states:
        state = "failed"
    meant = [each for each in paid if _state_of(each) not in ("failure", "error")]
    if any(each.currency not in (None, currency) for each in meant):
        return GivenBack(adjusted, state, is_told=True)
    return GivenBack(sum((each.amount for each in meant), _ZERO), state, is_told=True)


def _state_of(transaction: payloads.TransactionPayload) -> str:
    return (transaction.status or "success").lower()


def currency_of(refund: payloads.RefundPayload) -> str | None:
    """The shop's currency as the refund itself names it: its transactions may be in the
    shopper's."""
    sets = [each.amount_set for each in refund.order_adjustments]
    sets += [each.subtotal_set for each in refund.refund_line_items]
    sets += [each.subtotal_amount_set for each in refund.refund_shipping_lines]
    named = (each.shop_money.currency_code for each in sets if each)
    return next((each for each in named if each), None)
