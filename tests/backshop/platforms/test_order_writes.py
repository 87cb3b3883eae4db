"""Refunds and addresses at the platforms, where the local shops do not lead: recorded refusals,
several payments, another currency, and answers that tell nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest
from backshop.commerce import Address, share
from backshop.platforms.api import HttpAnswer
from backshop.platforms.errors import (
    PermanentDecline,
    PermanentRefusal,
    TransientFailure,
    TransientOutage,
    Unconfirmed,
)
from backshop.platforms.orders import RefundOrder, same, split_name, write
from backshop.platforms.shopify import orders as shopify
from backshop.platforms.vendure import orders as vendure
from backshop.platforms.woocommerce import orders as woocommerce
from hypothesis import given
from hypothesis import strategies as st

RECORDINGS = Path(__file__).parents[3] / "shops/recordings"
ASKED = RefundOrder(
    mark="m-1", order_id="15", amount=Decimal("7.50"), currency="USD", reason="late"
)
ADDRESS = Address(name="Jane Doe", line1="2 New St", city="Oakland", country_code="US")


def recorded(name: str) -> tuple[int, Any]:
    told = json.loads((RECORDINGS / f"{name}.json").read_text())
    return told["status"], told["body"]


class Shop:
    """A WooCommerce that answers reads from recordings and writes as it is told."""

    def __init__(self, write: tuple[int, Any]) -> None:
        self.answer = write
        self.sent: list[Any] = []

    def get(self, path: str, params: Mapping[str, Any]) -> HttpAnswer:
        name = "refund_list" if path.endswith("refunds") else "order_get_after_refund"
        status, body = recorded(f"woocommerce-11.0.1/{name}")
        return HttpAnswer(status, httpx.Headers(), json.dumps(body).encode())

    def call(self, method: str, path: str, params: Any = None, body: object = None) -> HttpAnswer:
        self.sent.append(body)
        status, said = self.answer
        content = said if isinstance(said, bytes) else json.dumps(said).encode()
        answer = HttpAnswer(status, httpx.Headers(), content)
        if status == 429 or status >= 500:
            raise TransientFailure(f"it answered {status}", None, answer)
        return answer


@pytest.mark.parametrize(
    ("recording", "message"),
    [
        ("refund_create_too_much", "Invalid refund amount."),
        ("refund_create_gateway_unsupported", "does not support automatic refunds"),
    ],
)
def test_woocommerce_refuses_with_500_for_good(recording, message):
    shop = Shop(recorded(f"woocommerce-11.0.1/{recording}"))
    with pytest.raises(PermanentDecline) as declined:
        woocommerce.WooCommerceOrders(shop).make_refund(ASKED)
    assert declined.value.answer["code"] == "woocommerce_rest_cannot_create_order_refund"
    assert message in declined.value.answer["message"]


@pytest.mark.parametrize(
    "answer",
    [
        (500, b"<html>There has been a critical error</html>"),
        (500, {"code": "internal_server_error", "message": "critical error"}),
        (503, {"code": "woocommerce_rest_cannot_create_order_refund", "message": "maintenance"}),
        (429, {}),
        (201, b"<html>cached</html>"),
        (201, b'{"id": 18, "amo'),
        (401, {"code": "woocommerce_rest_authentication_error", "message": "no"}),
    ],
)
def test_woocommerce_answers_that_tell_nothing_are_asked_about_later(answer):
    with pytest.raises(TransientOutage):
        woocommerce.WooCommerceOrders(Shop(answer)).make_refund(ASKED)


def test_woocommerce_never_refunds_more_than_the_shop_has_left():
    """The recorded order of 38.48 has refunds of 7.50 and 14.99: 15.99 are left."""
    with pytest.raises(PermanentDecline, match="declined") as declined:
        woocommerce.WooCommerceOrders(Shop((201, {}))).make_refund(
            replace(ASKED, amount=Decimal("16.00"))
        )
    assert "15.99" in declined.value.answer["error"]
    status, made = recorded("woocommerce-11.0.1/refund_create_partial")
    shop = Shop((status, made | {"refunded_payment": True}))
    woocommerce.WooCommerceOrders(shop).make_refund(replace(ASKED, amount=Decimal("15.99")))
    [body] = shop.sent
    assert body == {
        "amount": "15.99", "reason": "late [m-1]", "api_refund": True, "api_restock": False,
    }  # fmt: skip


def test_woocommerce_s_gateway_has_to_confirm():
    """Recorded with `api_refund: false`, so `refunded_payment` is false: fine by hand, not else."""
    shop = Shop(recorded("woocommerce-11.0.1/refund_create_partial"))
    assert woocommerce.WooCommerceOrders(shop).make_refund(replace(ASKED, manual=True))
    with pytest.raises(TransientOutage, match="check at the payment provider") as waits:
        woocommerce.WooCommerceOrders(shop).make_refund(ASKED)
    assert not isinstance(waits.value, Unconfirmed), "the refund is there: nothing is in doubt"


def test_woocommerce_refunds_the_rest_of_a_line_with_its_tax():
    """One of the two mugs of line 1 (29.98 and 3.00 tax) was refunded before, without its tax."""
    asked = replace(ASKED, lines=(("1", 1),), restock=True, manual=True)
    shop = Shop(recorded("woocommerce-11.0.1/refund_create_line_item"))
    with pytest.raises(PermanentDecline) as declined:
        woocommerce.WooCommerceOrders(shop).make_refund(asked)
    assert "15.99" in declined.value.answer["error"], "14.99 and 1.50 tax are more than is left"
    with pytest.raises(PermanentDecline) as declined:
        woocommerce.WooCommerceOrders(shop).make_refund(replace(asked, lines=(("1", 2),)))
    assert "only 1" in declined.value.answer["error"]
    with pytest.raises(PermanentDecline):
        woocommerce.WooCommerceOrders(shop).make_refund(replace(asked, lines=(("999", 1),)))


class Vendure:
    precision = 2

    """A Vendure with an order of two payments; the write with that number breaks off after it."""

    def __init__(self, breaks: int = 0) -> None:
        self.breaks = breaks
        self.writes = 0
        self.payments: list[dict[str, Any]] = [
            {"id": "1", "amount": 500, "state": "Settled", "refunds": []},
            {"id": "2", "amount": 1000, "state": "Settled", "refunds": []},
            {"id": "3", "amount": 9000, "state": "Declined", "refunds": []},
        ]

    def run(self, operation: str, variables: Mapping[str, Any]) -> dict[str, Any]:
        lines = [{"id": "7", "quantity": 3, "proratedLinePriceWithTax": 1000}]
        return {
            "order": {
                "id": "15",
                "state": "PaymentSettled",
                "payments": self.payments,
                "lines": lines,
            }
        }

    def run_once(self, operation: str, variables: Mapping[str, Any]) -> dict[str, Any]:
        given = variables["input"]
        refunds = [refund for payment in self.payments for refund in payment["refunds"]]
        if operation == "refund_order":
            assert {"shipping", "adjustment", "lines", "amount"} <= set(given), "it crashes without"
            made = {
                "id": str(len(refunds) + 1), "total": given["amount"], "state": "Pending",
                "reason": given["reason"], "transactionId": None, "createdAt": "2026-11-20T03:26:14Z",
                "lines": given["lines"],
            }  # fmt: skip
            next(p for p in self.payments if p["id"] == given["paymentId"])["refunds"].append(made)
            answer = {"refundOrder": {"__typename": "Refund", **made}}
        else:
            made = next(refund for refund in refunds if refund["id"] == given["id"])
            assert made["state"] == "Pending", "settled once"
            made["state"] = "Settled"
            answer = {"settleRefund": {"__typename": "Refund", **made}}
        self.writes += 1
        if self.writes == self.breaks:
            raise TransientFailure("the connection broke")
        return answer


@pytest.mark.parametrize("breaks", range(5))
def test_vendure_refunds_through_several_payments_and_goes_on_where_it_broke_off(breaks):
    shop = Vendure(breaks)
    asked = replace(ASKED, amount=Decimal("12.00"))
    for _ in range(2):
        found = vendure.VendureOrders(shop).find_refund(asked)
        if found:
            break
        try:
            found = vendure.VendureOrders(shop).make_refund(asked)
            break
        except TransientOutage:
            continue
    found = found or vendure.VendureOrders(shop).find_refund(asked)
    assert found is not None
    assert found.amount == Decimal("12.00")
    totals = [[refund["total"] for refund in payment["refunds"]] for payment in shop.payments]
    assert totals == [[500], [700], []]
    assert {r["state"] for payment in shop.payments for r in payment["refunds"]} == {"Settled"}


def test_vendure_never_refunds_more_than_its_payments_have_left():
    with pytest.raises(PermanentDecline) as declined:
        vendure.VendureOrders(Vendure()).make_refund(replace(ASKED, amount=Decimal("15.01")))
    assert "15.00" in declined.value.answer["error"]


def test_vendure_counts_the_pieces_that_went_back_before():
    shop = Vendure()
    first = vendure.VendureOrders(shop).make_refund(replace(ASKED, lines=(("7", 1),)))
    rest = vendure.VendureOrders(shop).make_refund(replace(ASKED, mark="m-2", lines=(("7", 2),)))
    assert (first.amount, rest.amount) == (Decimal("3.33"), Decimal("6.67"))
    with pytest.raises(PermanentDecline):
        vendure.VendureOrders(shop).make_refund(replace(ASKED, mark="m-3", lines=(("7", 1),)))


class Shopify:
    """A Shopify with an order of two payments, paid in euros in a shop of dollars if `abroad`."""

    def __init__(self, *, abroad: bool = False, errors: list[Any] | None = None) -> None:
        self.paid_in = "EUR" if abroad else "USD"
        self.errors = errors or []
        self.sent: list[Any] = []

    def bag(self, amount: str) -> dict[str, Any]:
        return {
            "shopMoney": {"amount": amount, "currencyCode": "USD"},
            "presentmentMoney": {"amount": amount, "currencyCode": self.paid_in},
        }

    def run(self, operation: str, variables: Mapping[str, Any]) -> dict[str, Any]:
        if operation == "order_refunds":
            order = {
                "presentmentCurrencyCode": self.paid_in, "refunds": [],
                "displayFulfillmentStatus": "FULFILLED",
            }  # fmt: skip
            return {"order": order}
        payments = [
            {
                "gateway": gateway, "amountSet": self.bag(most), "maximumRefundableSet": self.bag(most),
                "parentTransaction": {"id": f"gid://shopify/OrderTransaction/{number}"},
            }
            for number, (gateway, most) in enumerate((("gift_card", "5.00"), ("card", "95.00")))
        ]  # fmt: skip
        lines = [
            {"lineItem": {"id": line["lineItemId"]}, "location": {"id": "gid://shopify/Location/1"}}
            for line in variables["lines"]
        ]
        suggested = {
            "amountSet": self.bag("20.00"), "maximumRefundableSet": self.bag("100.00"),
            "refundLineItems": lines, "suggestedTransactions": payments,
        }  # fmt: skip
        return {"order": {"suggestedRefund": suggested}}

    def run_once(self, operation: str, variables: Mapping[str, Any]) -> dict[str, Any]:
        self.sent.append(variables)
        refund = {
            "id": "gid://shopify/Refund/1", "legacyResourceId": "1",
            "totalRefundedSet": self.bag("20.00"),
        }  # fmt: skip
        made = None if self.errors else refund
        return {"refundCreate": {"refund": made, "userErrors": self.errors}}


def test_shopify_spreads_an_amount_over_the_payments():
    shop = Shopify()
    shopify.ShopifyOrders(shop).make_refund(replace(ASKED, amount=Decimal("7.50")))
    [sent] = shop.sent
    assert sent["key"] == "m-1"
    assert [part["amount"] for part in sent["input"]["transactions"]] == ["5.00", "2.50"]
    with pytest.raises(PermanentDecline):
        shopify.ShopifyOrders(shop).make_refund(replace(ASKED, amount=Decimal("100.01")))


def test_shopify_restocks_where_it_suggests_to():
    shop = Shopify()
    shopify.ShopifyOrders(shop).make_refund(replace(ASKED, lines=(("9", 2),), restock=True))
    shopify.ShopifyOrders(shop).make_refund(replace(ASKED, lines=(("9", 2),)))
    restocked, kept = (sent["input"]["refundLineItems"][0] for sent in shop.sent)
    assert (restocked["restockType"], restocked["locationId"]) == (
        "RETURN",
        "gid://shopify/Location/1",
    )
    assert kept["restockType"] == "NO_RESTOCK"
    assert "locationId" not in kept


def test_shopify_refunds_an_order_paid_in_another_currency_by_lines_only():
    with pytest.raises(PermanentDecline) as declined:
        shopify.ShopifyOrders(Shopify(abroad=True)).make_refund(ASKED)
    assert "EUR" in declined.value.answer["error"]
    shop = Shopify(abroad=True)
    done = shopify.ShopifyOrders(shop).make_refund(replace(ASKED, lines=(("9", 1),)))
    assert done.amount == Decimal("20.00")
    assert shop.sent[0]["input"]["currency"] == "EUR"


def test_shopify_s_user_errors_are_final():
    errors = [{"field": ["transactions"], "message": "more than is left"}]
    with pytest.raises(PermanentDecline) as declined:
        shopify.ShopifyOrders(Shopify(errors=errors)).make_refund(ASKED)
    assert declined.value.answer == {"userErrors": errors}


@pytest.mark.parametrize(
    ("raised", "expected"),
    [
        (TransientFailure("time-out", 3.0), TransientOutage),
        (PermanentRefusal("it broke", 200, "INTERNAL"), TransientOutage),
        (PermanentRefusal("mismatch", 200, "IDEMPOTENCY_KEY_PARAMETER_MISMATCH"), TransientOutage),
        (PermanentRefusal("no such order", 200, "ENTITY_NOT_FOUND"), PermanentRefusal),
        (PermanentRefusal("credentials", 401), PermanentRefusal),
    ],
)
def test_a_write_that_may_have_been_done_is_asked_about_later(raised, expected):
    class Broken:
        def run_once(self, operation: str, variables: Mapping[str, Any]) -> dict[str, Any]:
            raise raised

    with pytest.raises(expected):
        write(Broken(), "refund_create", {})


@given(
    st.decimals("0.01", "99999.99", places=2), st.integers(1, 30), st.sampled_from(["USD", "JPY", "KWD"])
)  # fmt: skip
def test_shares_add_up(total, quantity, currency):
    parts = [share(total, quantity, before, 1, currency) for before in range(quantity)]
    assert sum(parts) == share(total, quantity, 0, quantity, currency)
    assert all(each >= 0 for each in parts)


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("Jane van Doe", ("Jane van", "Doe")),
        ("Cher", ("", "Cher")),
        (None, ("", "")),
        (" ", ("", "")),
    ],
)
def test_names_split_before_the_last_word(name, parts):
    assert split_name(name) == parts


def test_an_address_is_the_same_where_all_its_fields_are():
    held = {"city": "Oakland", "company": None, "more": "x"}
    assert same(held, {"city": "Oakland", "company": ""})
    assert not same(held, {"city": "Oakland", "company": "Ltd"})
    assert not same(None, {"city": ""})
