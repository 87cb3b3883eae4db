"""Refunds and address changes at WooCommerce, which knows no idempotency: two equal POSTs make two
refunds, so every attempt looks for its mark in the order's refunds first.

A refund is saved before its payment gateway is called, and `refunded_payment` becomes true once
the gateway has given the money back: until then, or where the shop died in between, the refund is
there and the money may not be.

Sources: `shops/recordings/woocommerce-11.0.1` (refund_*: refusals with HTTP 500, `api_refund`);
`refunded_payment` in <https://developer.woocommerce.com/docs/apis/rest-api/v3/order-refunds/>.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from backshop.commerce import Address, share
from backshop.platforms.api import HttpAnswer
from backshop.platforms.errors import (
    PermanentDecline,
    PermanentRefusal,
    TransientFailure,
    TransientOutage,
    Unconfirmed,
)
from backshop.platforms.orders import (
    AddressChange,
    Json,
    RefundOrder,
    RefundResult,
    check_left,
    check_quantities,
    same,
    split_name,
    unpaid,
)
from backshop.platforms.woocommerce.api import WooCommerceApi, refused_key

PAGE = 100
NOT_SENT = {"pending", "on-hold", "processing"}
"""States of an order that nothing of has been sent yet."""


@dataclass(frozen=True, slots=True)
class WooCommerceOrders:
    """Orders of one shop; see `ports.Orders`."""

    api: WooCommerceApi

    def find_refund(self, request: RefundOrder) -> RefundResult | None:
        """The refund that an earlier attempt made. Raises TransientOutage while the gateway has not
        confirmed it."""
        mark = f"[{request.mark}]"
        made = [each for each in _refunds(self.api, request.order_id) if mark in each["reason"]]
        if not made:
            return None
        others = tuple(str(each["id"]) for each in made[:-1])
        return replace(_refunded(made[-1], request), others=others)

    def make_refund(self, request: RefundOrder) -> RefundResult:
        """Refund through the payment gateway, or only on paper where it is `manual`.

        Amount and lines come from the order as WooCommerce has it now. Raises PermanentDecline when
        it refuses, which it does with HTTP 500, and TransientOutage where the gateway did not
        confirm.
        """
        order = _order(self.api, request.order_id)
        done = [*_refunds(self.api, request.order_id)]
        left = Decimal(order["total"]) - sum(
            (Decimal(refund["amount"]) for refund in done), Decimal(0)
        )
        lines = _lines(request, order, done)
        amount = sum((_cost(line) for line in lines), Decimal(0)) if lines else request.amount
        check_left(amount, left)
        body: Json = {
            "amount": str(amount),
            "reason": request.note,
            "api_refund": not request.manual,
            "api_restock": request.restock,
        }
        if lines:
            body["line_items"] = lines
        refund = _write(self.api, "POST", f"orders/{request.order_id}/refunds", body)
        return _refunded(refund, request)

    def find_address(self, change: AddressChange) -> Json | None:
        """What there is to say where the order has this address already."""
        order = _order(self.api, change.order_id)
        if not same(order["shipping"], _fields(change.address)):
            return None
        change.keep_order(order)
        return _answer_of(order)

    def change_address(self, change: AddressChange) -> Json:
        """Put the address on the order. Raises PermanentDecline once the order is on its way."""
        order = _order(self.api, change.order_id)
        if order["status"] not in NOT_SENT:
            raise PermanentDecline({"error": f"the order is {order['status']} at the shop"})
        body = {"shipping": _fields(change.address)}
        changed = _write(self.api, "PUT", f"orders/{change.order_id}", body)
        change.keep_order(changed)
        return _answer_of(changed)


def _refunded(refund: Json, request: RefundOrder) -> RefundResult:
    if not request.manual and refund.get("refunded_payment") is not True:
        raise unpaid("WooCommerce", str(refund["id"]))
    return RefundResult(str(refund["id"]), Decimal(refund["amount"]), {"refund": refund})


def _order(api: WooCommerceApi, order_id: str) -> Json:
    try:
        result: Json = json.loads(api.get(f"orders/{order_id}", {}).body)
    except PermanentRefusal as refused:
        if refused.status == 404:
            raise PermanentDecline({"error": "the shop has no such order any more"}) from None
        raise
    return result


def _refunds(api: WooCommerceApi, order_id: str) -> Iterator[Json]:
    """All refunds of the order, newest first."""
    number = 1
    while True:
        params = {"per_page": PAGE, "page": number}
        result = json.loads(api.get(f"orders/{order_id}/refunds", params).body)
        yield from result
        if len(result) < PAGE:
            return
        number += 1


def _lines(request: RefundOrder, order: Json, done: list[Json]) -> list[Json]:
    """The lines of a refund with their share of price and taxes."""
    lines_by_id = {str(line["id"]): line for line in order["line_items"]}
    before: Counter[str] = Counter()
    for refund in done:
        for line in refund["line_items"]:
            before[_of(line)] += -line["quantity"]
    check_quantities(request, {id: line["quantity"] for id, line in lines_by_id.items()}, before)

    def share_of(total: str, line_id: str, quantity: int) -> str:
        whole = lines_by_id[line_id]["quantity"]
        return str(share(Decimal(total), whole, before[line_id], quantity, request.currency))

    return [
        {
            "id": int(line_id),
            "quantity": quantity,
            "refund_total": share_of(lines_by_id[line_id]["total"], line_id, quantity),
            "refund_tax": [
                {"id": tax["id"], "refund_total": share_of(tax["total"], line_id, quantity)}
                for tax in lines_by_id[line_id]["taxes"]
                if tax["total"]
            ],
        }
        for line_id, quantity in request.lines
    ]


def _of(refund_line: Json) -> str:
    """The order line that a refund's line is of."""
    marks = refund_line["meta_data"]
    return next((str(m["value"]) for m in marks if m["key"] == "_refunded_item_id"), "")


def _cost(line: Json) -> Decimal:
    taxes = (Decimal(tax["refund_total"]) for tax in line["refund_tax"])
    return Decimal(line["refund_total"]) + sum(taxes, Decimal(0))


def _answer_of(order: Json) -> Json:
    """What is kept of the answer: the order's own data, nothing of the person."""
    return {key: order[key] for key in ("id", "status", "date_modified_gmt")}


def _fields(address: Address) -> Json:
    first, last = split_name(address.name)
    return {
        "first_name": first,
        "last_name": last,
        "company": address.company or "",
        "address_1": address.line1 or "",
        "address_2": address.line2 or "",
        "city": address.city or "",
        "state": address.province_code or address.province or "",
        "postcode": address.postal_code or "",
        "country": address.country_code or "",
        "phone": address.phone or "",
    }


def _write(api: WooCommerceApi, method: str, path: str, body: Json) -> Json:
    """One try, because a second one could do it twice. Raises PermanentDecline on a refusal,
    Unconfirmed where the end is unknown, TransientOutage where nothing was begun."""
    try:
        answer = api.call(method, path, body=body)
    except TransientFailure as failed:
        refusal = _refusal(failed.answer)
        if refusal:
            raise PermanentDecline(refusal) from None
        if failed.answer is not None and failed.answer.status == 429:
            raise TransientOutage("WooCommerce throttles", failed.after) from failed
        raise Unconfirmed(f"the shop did not confirm: {failed}", failed.after) from failed
    if answer.status in (401, 403):
        raise TransientOutage(refused_key(answer, method, path))
    if answer.status not in (200, 201):
        raise PermanentDecline(
            _refusal(answer) or {"error": f"WooCommerce answered {answer.status}"}
        )
    try:
        content = json.loads(answer.body)
        content["id"]
    except (ValueError, TypeError, KeyError):
        raise Unconfirmed("the shop answered something else than data") from None
    return dict(content)


def _refusal(answer: HttpAnswer | None) -> Json | None:
    """WooCommerce's own words where it refuses, be it with HTTP 500: `code` and `message`."""
    if answer is None or answer.status in (429, 502, 503, 504):
        return None
    try:
        content: Any = json.loads(answer.body)
        code, message = str(content["code"]), str(content["message"])
    except (ValueError, TypeError, KeyError):
        return None
    if answer.status >= 500 and not code.startswith("woocommerce_rest_"):
        return None
    return {"status": answer.status, "code": code, "message": message}
