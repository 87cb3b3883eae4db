"""Refunds and address changes at Vendure: neither is idempotent, and both take several steps, each
of which may be the last that got through. So each attempt looks where the last one ended.

A refund of a payment method that gives nothing back by itself is Pending until somebody settles it,
which is done here. One that a payment provider is still at is Pending with the provider's
`transactionId`, is told as a `RefundStateTransitionError`, and only the provider may settle it.

Sources: `shops/recordings/vendure-3.7.3` (refusals are members of unions); `createRefund` and
`default-refund-process` of `@vendure/core` 3.7.3.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from backshop.commerce import Address, share
from backshop.platforms.errors import Permanent, PermanentDecline, TransientOutage
from backshop.platforms.orders import (
    AddressChange,
    Json,
    RefundOrder,
    RefundResult,
    check_left,
    check_quantities,
    refused,
    same,
    unpaid,
    write,
)
from backshop.platforms.vendure.api import VendureApi
from backshop.platforms.vendure.money import minor_units, money

FAILED = "Failed"
PENDING = "Pending"
SETTLED = "Settled"
MODIFYING = "Modifying"
NOT_SENT = {"PaymentAuthorized", "PaymentSettled"}
"""States of an order that can be modified and nothing of which has been sent."""


@dataclass(frozen=True, slots=True)
class VendureOrders:
    """Orders of one shop; see `ports.Orders`."""

    api: VendureApi

    def find_refund(self, request: RefundOrder) -> RefundResult | None:
        """The refund that an earlier attempt made, settled by now; None where it made none, or only
        that of a first payment while more is to be given back through others. Raises
        TransientOutage while a payment provider is at it, PermanentDecline where that refused."""
        order = _order(self.api, "order_refunds", request.order_id)
        made = _marked(order, request)
        if not made or not self._is_whole(made, order, request):
            _check_refused(order, request)
            return None
        again = [
            str(refund["id"])
            for payment in order["payments"]
            for refund in [each for each in payment["refunds"] if each in made][1:]
        ]
        return replace(_settled(self.api, made, request), others=tuple(again))

    def _is_whole(self, made: Sequence[Json], order: Json, request: RefundOrder) -> bool:
        total: int = sum(refund["total"] for refund in made)
        return len(order["payments"]) == 1 or total >= _amount(order, request, self.api.precision)

    def make_refund(self, request: RefundOrder) -> RefundResult:
        """Refund through the order's payments, one after the other as far as each reaches, and
        settle.

        Raises PermanentDecline where less is left of them.
        """
        order = _order(self.api, "order_refunds", request.order_id)
        made = _marked(order, request)
        open_amount = _amount(order, request, self.api.precision) - sum(
            refund["total"] for refund in made
        )
        payments = [(payment, _left(payment)) for payment in order["payments"]]
        left = sum(rest for _, rest in payments)
        precision = self.api.precision
        check_left(money(open_amount, precision), money(left, precision))
        lines = [] if made else request.lines
        for payment, rest in payments:
            taken = min(rest, open_amount)
            if taken > 0:
                made.append(_create(self.api, request, payment["id"], taken, lines))
                open_amount -= taken
                lines = []
        return _settled(self.api, made, request)

    def find_address(self, change: AddressChange) -> Json | None:
        """What there is to say where the order has this address already, and is back in its state.
        An order that an earlier attempt left in Modifying is taken back whatever its address: no
        other attempt may follow."""
        order = _order(self.api, "order_address", change.order_id)
        if order["state"] == MODIFYING and change.state_before:
            order = _go_back(self.api, order, change.state_before)
        if order["state"] == MODIFYING or not same(
            order["shippingAddress"], _fields(change.address)
        ):
            return None
        return _answer_of(order)

    def change_address(self, change: AddressChange) -> Json:
        """Into Modifying, change, and back. `keep_state` is called before the first step with the
        state to come back to; `state_before` is what was kept by an attempt that did not come back.

        Raises PermanentDecline once the order is on its way, TransientOutage where somebody else is
        modifying it.
        """
        order = _order(self.api, "order_address", change.order_id)
        if order["state"] == MODIFYING:
            if change.state_before is None:
                raise TransientOutage("somebody is modifying the order in Vendure at this moment")
            back = change.state_before
        else:
            back = order["state"]
            if back not in NOT_SENT:
                raise PermanentDecline({"error": f"the order is in the state {back} at the shop"})
            _check_way_back(order, back)
            change.keep_state(back)
            _transition(self.api, order, MODIFYING)
        try:
            changed = _put_address(self.api, order, change)
        except Permanent:
            _go_back(self.api, order, back)
            raise
        return _answer_of(_go_back(self.api, changed, back))


def _put_address(api: VendureApi, order: Json, change: AddressChange) -> Json:
    """The order with its new address. Raises Permanent where Vendure refuses it, which it does of a
    country that it does not know with an error and not with a member of the union."""
    tried = _modify(api, change, dry_run=True)
    if tried["__typename"] != "Order":
        raise PermanentDecline(tried)
    if tried["totalWithTax"] != order["totalWithTax"]:
        raise PermanentDecline(
            {"error": "the address changes what the order costs: change it in Vendure"}
        )
    changed = _modify(api, change, dry_run=False)
    if changed["__typename"] != "Order":
        raise PermanentDecline(changed)
    return changed


def _go_back(api: VendureApi, order: Json, state: str) -> Json:
    """Out of Modifying again. Raises PermanentDecline that says so where Vendure does not let it
    out."""
    try:
        return _transition(api, order, state)
    except PermanentDecline as stuck:
        said = stuck.answer.get("transitionError") or stuck.answer.get("message")
        raise PermanentDecline(
            stuck.answer
            | {
                "error": f"the order is in the state Modifying in Vendure, which does not let it back"
                f" to {state}: {said}; end the modification there"
            }
        ) from None


def _modify(api: VendureApi, change: AddressChange, *, dry_run: bool) -> Json:
    """Also tried first without being done: an address of another tax zone changes the total, and an
    order whose total is not covered does not leave Modifying again."""
    fields = {
        "dryRun": dry_run,
        "orderId": change.order_id,
        "updateShippingAddress": _fields(change.address),
    }
    answer: Json = write(api, "order_address_update", {"input": fields})["modifyOrder"]
    return answer


def can_come_back(order: Json, state: str) -> bool:
    """Whether an order that goes into Modifying and keeps its total can go back to `state`: Vendure
    asks that payments less settled refunds cover the total, and that modifications made before are
    paid for (default order process of 3.7.3)."""
    states = {SETTLED} if state == "PaymentSettled" else {SETTLED, "Authorized"}
    payments = [each for each in order["payments"] if each["state"] in states]
    covered = sum(
        payment["amount"]
        - sum(refund["total"] for refund in payment["refunds"] if refund["state"] == SETTLED)
        for payment in payments
    )
    is_authorized = any(each["state"] == "Authorized" for each in payments)
    return (
        covered >= order["totalWithTax"]
        and (state != "PaymentAuthorized" or is_authorized)
        and all(each["isSettled"] for each in order["modifications"])
    )


def _check_way_back(order: Json, state: str) -> None:
    if not can_come_back(order, state):
        raise PermanentDecline(
            {
                "error": "Vendure would not let the order out of Modifying again, because what was"
                " paid less what was refunded does not cover its total: change the address there"
            }
        )


def _create(
    api: VendureApi,
    request: RefundOrder,
    payment: str,
    amount: int,
    lines: Sequence[tuple[str, int]],
) -> Json:
    fields = {
        "paymentId": payment,
        "amount": amount,
        "reason": request.note,
        "shipping": 0,
        "adjustment": 0,
        "lines": [{"orderLineId": line_id, "quantity": quantity} for line_id, quantity in lines],
    }
    answer: Json = write(api, "refund_order", {"input": fields})["refundOrder"]
    if answer["__typename"] == "RefundStateTransitionError":
        raise unpaid("Vendure", f"of payment {payment}")
    if answer["__typename"] != "Refund":
        raise PermanentDecline(answer)
    if answer["state"] == FAILED:
        raise refused(answer)
    return answer


def _settled(api: VendureApi, made: Sequence[Json], request: RefundOrder) -> RefundResult:
    done = [
        refund if refund["state"] == SETTLED else _settle(api, refund, request) for refund in made
    ]
    total = money(sum(refund["total"] for refund in done), api.precision)
    return RefundResult(done[0]["id"], total, {"refunds": done})


def _settle(api: VendureApi, refund: Json, request: RefundOrder) -> Json:
    if refund.get("transactionId"):
        raise unpaid("Vendure", str(refund["id"]))
    fields = {"id": refund["id"], "transactionId": f"backshop {request.mark}"}
    answer: Json = write(api, "settle_refund", {"input": fields})["settleRefund"]
    if answer["__typename"] == "Refund":
        return refund | answer
    if answer.get("fromState") == SETTLED:
        return refund | {"state": SETTLED}
    raise PermanentDecline(answer)


def _check_refused(order: Json, request: RefundOrder) -> None:
    """Raises PermanentDecline where a provider refused a refund of this request, and nobody asked
    for another since."""
    for payment in order["payments"]:
        for refund in payment["refunds"]:
            is_new = str(refund["id"]) not in request.refused
            if _is_marked(refund, request) and refund["state"] == FAILED and is_new:
                raise refused(refund)


def _is_marked(refund: Json, request: RefundOrder) -> bool:
    return f"[{request.mark}]" in (refund["reason"] or "")


def _marked(order: Json, request: RefundOrder) -> list[Json]:
    """What went back under this request's mark; a failed one went nowhere."""
    return [refund for refund in _refunds(order) if _is_marked(refund, request)]


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


def _amount(order: Json, request: RefundOrder, precision: int) -> int:
    """What is to be given back in minor units: of lines by the prices that the order has now."""
    if not request.lines:
        return minor_units(request.amount, precision)
    lines_by_id = {line["id"]: line for line in order["lines"]}
    before: Counter[str] = Counter()
    for refund in _refunds(order):
        if not _is_marked(refund, request):
            before.update({line["orderLineId"]: line["quantity"] for line in refund["lines"]})
    check_quantities(request, {id: _placed(line) for id, line in lines_by_id.items()}, before)
    costs = (
        share(
            money(_worth(lines_by_id[line_id]), precision),
            _placed(lines_by_id[line_id]),
            before[line_id],
            quantity,
            request.currency,
        )
        for line_id, quantity in request.lines
    )
    return minor_units(sum(costs, Decimal(0)), precision)


def _placed(line: Json) -> int:
    """How many were bought; `quantity` is what is left of them after a partial cancellation."""
    placed: int = max(line.get("orderPlacedQuantity") or 0, line["quantity"])
    return placed


def _worth(line: Json) -> int:
    """What all that were bought cost, in minor units: the line's price is that of those left."""
    if line["quantity"] == _placed(line):
        whole: int = line["proratedLinePriceWithTax"]
        return whole
    if line["quantity"]:
        left: int = line["proratedLinePriceWithTax"]
        return round(Decimal(left * _placed(line)) / Decimal(line["quantity"]))
    unit: int = line["proratedUnitPriceWithTax"]
    return unit * _placed(line)


def _transition(api: VendureApi, order: Json, state: str) -> Json:
    variables = {"id": order["id"], "state": state}
    answer: Json = write(api, "order_transition", variables)["transitionOrderToState"]
    if answer["__typename"] == "Order":
        return order | {"state": answer["state"]}
    if answer.get("fromState") == state:
        return order | {"state": state}
    raise PermanentDecline(answer)


def _answer_of(order: Json) -> Json:
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


def _order(api: VendureApi, operation: str, order_id: str) -> Json:
    answer = api.run(operation, {"id": order_id})
    if answer["order"] is None:
        raise PermanentDecline({"error": "the shop has no such order any more"})
    result: Json = answer["order"]
    return result
