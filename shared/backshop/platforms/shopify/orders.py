"""Refunds and address changes at Shopify. Its idempotency key holds for a day; the mark in the
refund's note for good.

A refund is there before its payment gateway has given the money back: the status of its
transactions tells how far that is.

Sources: `shops/schemas/shopify_admin_2026-10.json.gz` (`OrderTransactionStatus`); the changelog
that makes `@idempotent(key:)` mandatory for refunds (shops/README.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from backshop.commerce import Address
from backshop.platforms.errors import PermanentDecline
from backshop.platforms.orders import (
    AddressChange,
    Graphql,
    Json,
    RefundOrder,
    RefundResult,
    check_left,
    refused,
    same,
    split_name,
    unpaid,
    write,
)

REFUNDS = 100
"""Looked through for the mark; each costs four points of the thousand that a query may ask for."""
WAITING = {"PENDING", "AWAITING_RESPONSE", "UNKNOWN"}
REFUSED = {"FAILURE", "ERROR"}
NOT_SENT = {"UNFULFILLED", "OPEN", "ON_HOLD", "SCHEDULED", "PENDING_FULFILLMENT"}


@dataclass(frozen=True, slots=True)
class ShopifyOrders:
    """Orders of one shop; see `ports.Orders`."""

    api: Graphql

    def find_refund(self, request: RefundOrder) -> RefundResult | None:
        """The refund that an earlier attempt made. Raises TransientOutage while its gateway has not
        confirmed it, PermanentDecline where that refused."""
        order = _order(self.api, "order_refunds", request.order_id, first=REFUNDS)
        mark = f"[{request.mark}]"
        made = [refund for refund in order["refunds"] if mark in (refund["note"] or "")]
        if not made:
            return None
        others = tuple(str(refund["legacyResourceId"]) for refund in made[1:])
        told = self.api.run("refund_state", {"id": made[0]["id"]})["refund"] or made[0]
        return replace(_refunded(told, request.currency), others=others)

    def make_refund(self, request: RefundOrder) -> RefundResult:
        """Refund lines at Shopify's prices, or an amount, through the payments that it suggests.

        Raises PermanentDecline where less is left, and for an amount of an order that was paid in
        another
        currency: nobody could tell which money is meant.
        """
        order = _order(self.api, "order_refunds", request.order_id, first=REFUNDS)
        if not request.lines and order["presentmentCurrencyCode"] != request.currency:
            paid = order["presentmentCurrencyCode"]
            raise PermanentDecline(
                {"error": f"the order was paid in {paid}: refund its lines instead"}
            )
        lines = _lines(request, order["displayFulfillmentStatus"])
        variables = {"lines": lines, "full": not lines}
        suggested = _order(self.api, "suggested_refund", request.order_id, **variables)[
            "suggestedRefund"
        ]
        if suggested is None:
            raise PermanentDecline({"error": "Shopify suggests no refund for this order"})
        amount = _presented(suggested["amountSet"]) if lines else request.amount
        check_left(amount, _presented(suggested["maximumRefundableSet"]))
        fields: Json = {
            "orderId": _gid("Order", request.order_id),
            "note": request.note,
            "currency": order["presentmentCurrencyCode"],
            "refundLineItems": _placed(lines, suggested["refundLineItems"]),
            "transactions": _transactions(
                _gid("Order", request.order_id), amount, suggested["suggestedTransactions"]
            ),
        }
        return _create(self.api, request, fields)

    def find_address(self, change: AddressChange) -> Json | None:
        """What there is to say where the order has this address already."""
        order = _order(self.api, "order_address", change.order_id)
        current = order["shippingAddress"]
        if current is None:
            return None
        read = current | {
            "countryCode": current["countryCodeV2"],
            "provinceCode": current["provinceCode"] or current["province"],
        }
        return _answer_of(order) if same(read, _fields(change.address)) else None

    def change_address(self, change: AddressChange) -> Json:
        """Put the address on the order. Raises PermanentDecline once the order is on its way."""
        order = _order(self.api, "order_address", change.order_id)
        state = order["displayFulfillmentStatus"]
        if order["cancelledAt"] or state not in NOT_SENT:
            word = "cancelled" if order["cancelledAt"] else state.lower()
            raise PermanentDecline({"error": f"the order is {word} at the shop"})
        fields = {"id": _gid("Order", change.order_id), "shippingAddress": _fields(change.address)}
        answer = write(self.api, "order_address_update", {"input": fields})["orderUpdate"]
        if answer["userErrors"]:
            raise PermanentDecline({"userErrors": answer["userErrors"]})
        return _answer_of(answer["order"])


def _create(api: Graphql, request: RefundOrder, fields: Json) -> RefundResult:
    """Where the key was used with other arguments, an earlier attempt got through: TransientOutage,
    and the next one finds its refund."""
    answer = write(api, "refund_create", {"input": fields, "key": request.mark})["refundCreate"]
    if answer["userErrors"] or answer["refund"] is None:
        raise PermanentDecline({"userErrors": answer["userErrors"]})
    return _refunded(answer["refund"], request.currency)


def _lines(request: RefundOrder, fulfilment: str) -> list[Json]:
    back = "CANCEL" if fulfilment in NOT_SENT else "RETURN"
    return [
        {
            "lineItemId": _gid("LineItem", line_id),
            "quantity": quantity,
            "restockType": back if request.restock else "NO_RESTOCK",
        }
        for line_id, quantity in request.lines
    ]


def _placed(lines: Sequence[Json], suggested: Sequence[Json]) -> list[Json]:
    """The lines with the locations that Shopify suggests for what is restocked."""
    places = {
        each["lineItem"]["id"]: each["location"]["id"] for each in suggested if each["location"]
    }
    return [
        line
        | (
            {"locationId": places[line["lineItemId"]]}
            if line["restockType"] != "NO_RESTOCK" and line["lineItemId"] in places
            else {}
        )
        for line in lines
    ]


def _transactions(order: str, amount: Decimal, suggested: Sequence[Json]) -> list[Json]:
    """Spread the amount over the payments, of each what is left of it."""
    result = []
    for payment in suggested:
        most = payment["maximumRefundableSet"] or payment["amountSet"]
        taken = min(amount, _presented(most))
        if taken <= 0:
            continue
        parent = payment["parentTransaction"]
        result.append(
            {
                "orderId": order,
                "parentId": parent["id"] if parent else None,
                "gateway": payment["gateway"],
                "kind": "REFUND",
                "amount": str(taken),
            }
        )
        amount -= taken
    if amount > 0:
        raise PermanentDecline({"error": f"no payment is left to give {amount} back through"})
    return result


def _presented(bag: Json) -> Decimal:
    return Decimal(bag["presentmentMoney"]["amount"])


def _refunded(refund: Json, currency: str) -> RefundResult:
    states = {each["status"] for each in (refund.get("transactions") or {}).get("nodes", ())}
    if states & WAITING:
        raise unpaid("Shopify", str(refund["legacyResourceId"]))
    if states & REFUSED:
        raise refused(refund)
    bag = refund["totalRefundedSet"]
    money = next(
        (each for each in bag.values() if each["currencyCode"] == currency), bag["shopMoney"]
    )
    return RefundResult(
        str(refund["legacyResourceId"]), Decimal(money["amount"]), {"refund": refund}
    )


def _answer_of(order: Json) -> Json:
    return {"id": order["id"], "updatedAt": order["updatedAt"]}


def _fields(address: Address) -> Json:
    first, last = split_name(address.name)
    return {
        "firstName": first,
        "lastName": last,
        "company": address.company or "",
        "address1": address.line1 or "",
        "address2": address.line2 or "",
        "city": address.city or "",
        "provinceCode": address.province_code or "",
        "zip": address.postal_code or "",
        "countryCode": address.country_code,
        "phone": address.phone or "",
    }


def _gid(kind: str, number: str) -> str:
    return f"gid://shopify/{kind}/{number}"


def _order(api: Graphql, operation: str, order_id: str, **variables: object) -> Json:
    answer = api.run(operation, {"id": _gid("Order", order_id), **variables})
    if answer["order"] is None:
        raise PermanentDecline({"error": "the shop has no such order any more"})
    result: Json = answer["order"]
    return result
