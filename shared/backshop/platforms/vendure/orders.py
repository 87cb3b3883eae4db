"""Refunds and address changes at Vendure: neither is idempotent, and both take several steps, each
of which may be the last that got through. So each attempt looks where the last one ended."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from decimal import Decimal

from backshop.commerce import Address
from backshop.platforms.api import Later
from backshop.platforms.orders import (
    Declined,
    Graphql,
    Json,
    Refunded,
    RefundOrder,
    check_left,
    check_quantities,
    part,
    same,
    write,
)
from backshop.platforms.payload import decimals
from backshop.platforms.vendure.translate import money

FAILED = "Failed"
PENDING = "Pending"
SETTLED = "Settled"
MODIFYING = "Modifying"
NOT_SENT = {"PaymentAuthorized", "PaymentSettled"}
"""States of an order that can be modified and nothing of which has been sent."""


def find_refund(api: Graphql, asked: RefundOrder) -> Refunded | None:
    """The refund that an earlier attempt made, settled by now; None where it made none, or only
    that of a first payment while more is to be given back through others."""
    order = _order(api, "order_refunds", asked.order_id)
    made = _marked(order, asked)
    if not made:
        return None
    several = len(order["payments"]) > 1
    if several and sum(refund["total"] for refund in made) < _amount(order, asked):
        return None
    return _settled(api, made, asked)


def make_refund(api: Graphql, asked: RefundOrder) -> Refunded:
    """Refund through the order's payments, one after the other as far as each reaches, and settle.

    Raises Declined where less is left of them.
    """
    order = _order(api, "order_refunds", asked.order_id)
    made = _marked(order, asked)
    open_amount = _amount(order, asked) - sum(refund["total"] for refund in made)
    payments = [(payment, _left(payment)) for payment in order["payments"]]
    left = sum(rest for _, rest in payments)
    check_left(money(open_amount, asked.currency), money(left, asked.currency))
    lines = [] if made else asked.lines
    for payment, rest in payments:
        taken = min(rest, open_amount)
        if taken > 0:
            made.append(_create(api, asked, payment["id"], taken, lines))
            open_amount -= taken
            lines = []
    return _settled(api, made, asked)


def _create(
    api: Graphql, asked: RefundOrder, payment: str, amount: int, lines: Sequence[tuple[str, int]]
) -> Json:
    given = {
        "paymentId": payment,
        "amount": amount,
        "reason": asked.note,
        "shipping": 0,
        "adjustment": 0,
        "lines": [{"orderLineId": line_id, "quantity": quantity} for line_id, quantity in lines],
    }
    answer: Json = write(api, "refund_order", {"input": given})["refundOrder"]
    if answer["__typename"] != "Refund":
        raise Declined(answer)
    if answer["state"] == FAILED:
        raise Declined({"error": "the payment provider refused the refund", "refund": answer})
    return answer


def _settled(api: Graphql, made: Sequence[Json], asked: RefundOrder) -> Refunded:
    done = [
        refund if refund["state"] == SETTLED else _settle(api, refund, asked) for refund in made
    ]
    total = money(sum(refund["total"] for refund in done), asked.currency)
    return Refunded(done[0]["id"], total, {"refunds": done})


def _settle(api: Graphql, refund: Json, asked: RefundOrder) -> Json:
    given = {"id": refund["id"], "transactionId": f"backshop {asked.mark}"}
    answer: Json = write(api, "settle_refund", {"input": given})["settleRefund"]
    if answer["__typename"] == "Refund":
        return refund | answer
    if answer.get("fromState") == SETTLED:
        return refund | {"state": SETTLED}
    raise Declined(answer)


def _marked(order: Json, asked: RefundOrder) -> list[Json]:
    """What went back under this request's mark; a failed one went nowhere."""
    mark = f"[{asked.mark}]"
    return [refund for refund in _refunds(order) if mark in (refund["reason"] or "")]


def _refunds(order: Json) -> list[Json]:
    return [
        refund
        for payment in order["payments"]
        for refund in payment["refunds"]
        if refund["state"] != FAILED
    ]


def _left(payment: Json) -> int:
    if payment["state"] != SETTLED:
        return 0
    back = sum(each["total"] for each in payment["refunds"] if each["state"] != FAILED)
    left: int = payment["amount"] - back
    return left


def _amount(order: Json, asked: RefundOrder) -> int:
    """What is to be given back in minor units: of lines by the prices that the order has now."""
    digits = decimals(asked.currency)
    if not asked.lines:
        return int(asked.amount.scaleb(digits))
    held = {line["id"]: line for line in order["lines"]}
    before: Counter[str] = Counter()
    mark = f"[{asked.mark}]"
    for refund in _refunds(order):
        if mark not in (refund["reason"] or ""):
            before.update({line["orderLineId"]: line["quantity"] for line in refund["lines"]})
    check_quantities(asked, {id: line["quantity"] for id, line in held.items()}, before)
    costs = (
        part(
            money(held[line_id]["proratedLinePriceWithTax"], asked.currency),
            held[line_id]["quantity"],
            before[line_id],
            quantity,
            asked.currency,
        )
        for line_id, quantity in asked.lines
    )
    return int(sum(costs, Decimal(0)).scaleb(digits))


def find_address(
    api: Graphql, order_id: str, address: Address, state_before: str | None
) -> Json | None:
    """What there is to say where the order has this address already, and is back in its state."""
    order = _order(api, "order_address", order_id)
    if not same(order["shippingAddress"], _fields(address)):
        return None
    if order["state"] == MODIFYING and state_before:
        order = _transition(api, order, state_before)
    return None if order["state"] == MODIFYING else _told(order)


def change_address(
    api: Graphql,
    order_id: str,
    address: Address,
    state_before: str | None,
    keep_state: Callable[[str], None],
) -> Json:
    """Into Modifying, change, and back. `keep_state` is called before the first step with the
    state to come back to; `state_before` is what was kept by an attempt that did not come back.

    Raises Declined once the order is on its way, Later where somebody else is modifying it.
    """
    order = _order(api, "order_address", order_id)
    if order["state"] == MODIFYING:
        if state_before is None:
            raise Later("somebody is modifying the order in Vendure at this moment")
        back = state_before
    else:
        back = order["state"]
        if back not in NOT_SENT:
            raise Declined({"error": f"the order is in the state {back} at the shop"})
        keep_state(back)
        _transition(api, order, MODIFYING)
    given = {"dryRun": False, "orderId": order_id, "updateShippingAddress": _fields(address)}
    answer = write(api, "order_address_update", {"input": given})["modifyOrder"]
    if answer["__typename"] != "Order":
        _transition(api, order, back)
        raise Declined(answer)
    return _told(_transition(api, answer, back))


def _transition(api: Graphql, order: Json, state: str) -> Json:
    variables = {"id": order["id"], "state": state}
    answer: Json = write(api, "order_transition", variables)["transitionOrderToState"]
    if answer["__typename"] == "Order":
        return order | {"state": answer["state"]}
    if answer.get("fromState") == state:
        return order | {"state": state}
    raise Declined(answer)


def _told(order: Json) -> Json:
    return {key: order[key] for key in ("id", "code", "state")}


def _fields(address: Address) -> Json:
    return {
        "fullName": address.name or "",
        "company": address.company or "",
        "streetLine1": address.line1 or "",
        "streetLine2": address.line2 or "",
        "city": address.city or "",
        "province": address.province_code or address.province or "",
        "postalCode": address.postal_code or "",
        "countryCode": address.country_code,
        "phoneNumber": address.phone or "",
    }


def _order(api: Graphql, operation: str, order_id: str) -> Json:
    answer = api.insist(operation, {"id": order_id})
    if answer["order"] is None:
        raise Declined({"error": "the shop has no such order any more"})
    found: Json = answer["order"]
    return found
