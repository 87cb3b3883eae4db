"""Currencies however a shop spells them, orders of nobody that the shop knows by an id, and the
phones that are given with an order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from backshop.commerce import Customer, Order, guest_id
from backshop.platforms.errors import PayloadError

from tests.backshop.platforms.recorded import answer, told

SHOPIFY = {
    "id": 1,
    "created_at": "2026-05-01T12:00:00Z",
    "currency": "EUR",
    "total_price": "10.00",
    "email": "ann@example.com",
}
WOOCOMMERCE = {
    "id": 1,
    "status": "processing",
    "currency": "EUR",
    "total": "10.00",
    "billing": {"email": "ann@example.com"},
    "line_items": [],
}
VENDURE = answer("vendure-3.7.3", "order_final")["data"]["order"] | {"currencyCode": "EUR"}
ORDERS: Mapping[str, tuple[str, str, dict[str, Any]]] = {
    "shopify": ("orders/updated", "currency", SHOPIFY),
    "woocommerce": ("order.updated", "currency", WOOCOMMERCE),
    "vendure": ("order.updated", "currencyCode", VENDURE),
}
"""A topic, the name of the currency, and an order, by platform."""


def records(platform: str, **change: Any) -> list[Any]:
    topic, _, order = ORDERS[platform]
    body = order | change
    return told(platform, topic, {"data": body} if platform == "vendure" else body)


def order(platform: str, **change: Any) -> Order:
    [found] = [each for each in records(platform, **change) if isinstance(each, Order)]
    return found


@pytest.mark.parametrize("platform", ORDERS)
@pytest.mark.parametrize("spelled", ["EUR", "eur", " EUR ", "Eur", "eur\n"])
def test_a_currency_is_the_same_however_it_is_spelled(platform: str, spelled: str) -> None:
    found = order(platform, **{ORDERS[platform][1]: spelled})
    assert found.currency == "EUR"
    assert {each.currency for each in found.refunds or ()} <= {"EUR"}


@pytest.mark.parametrize("platform", ORDERS)
@pytest.mark.parametrize("nothing", ["", "  ", None, "€", "EURO", 978, [], {}, False])
def test_an_order_of_no_currency_is_refused_by_name(platform: str, nothing: Any) -> None:
    _, name, _ = ORDERS[platform]
    with pytest.raises(PayloadError) as refused:
        records(platform, **{name: nothing})
    assert name in str(refused.value)


def test_a_refund_in_the_shops_currency_however_that_is_spelled() -> None:
    paid = {"kind": "refund", "status": "success", "amount": "4.00", "currency": "eur"}
    refund = {"id": 2, "created_at": "2026-05-01T12:00:00Z", "transactions": [paid]}
    [found] = order("shopify", refunds=[refund]).refunds or ()
    assert (found.amount, found.currency) == (4, "EUR")


NOBODY: list[Any] = [{}, None, [], False, "", 0]


@pytest.mark.parametrize("nobody", NOBODY)
def test_an_order_of_no_customer_is_a_guests(nobody: Any) -> None:
    found = order("shopify", customer=nobody)
    assert (found.customer_id, found.is_guest) == (guest_id("ann@example.com"), True)
    assert order("vendure", customer=nobody).is_guest
    assert order("vendure", customer=nobody).customer_id is None
    found = order("woocommerce", customer_id=nobody)
    assert (found.customer_id, found.is_guest) == (guest_id("ann@example.com"), True)


@pytest.mark.parametrize("id", [{}, {"id": None}, {"id": ""}, {"id": 0}])
def test_a_customer_without_an_id_is_a_guest_with_a_name(id: dict[str, Any]) -> None:
    """What the order says of them stays: it is all there is."""
    person = {"email": "bo@example.com", "first_name": "Bo", "last_name": "Lee"}
    customer, found = records("shopify", customer=person | id, email=None)
    assert isinstance(customer, Customer)
    assert (customer.id, customer.is_guest) == (guest_id("bo@example.com"), True)
    assert (found.customer_id, found.is_guest) == (customer.id, True)
    assert (found.email, found.first_name, customer.first_name) == ("bo@example.com", "Bo", "Bo")


@pytest.mark.parametrize("id", [{}, {"id": None}, {"id": ""}])
def test_a_customer_of_vendure_without_an_id_is_a_guest_with_a_name(id: dict[str, Any]) -> None:
    person = {"emailAddress": "bo@example.com", "firstName": "Bo", "lastName": "Lee"}
    found = order("vendure", customer=person | id)
    assert (found.customer_id, found.is_guest) == (guest_id("bo@example.com"), True)
    assert (found.email, found.first_name) == ("bo@example.com", "Bo")


def test_a_customer_of_its_own_needs_an_id() -> None:
    for platform, topic, body in (
        ("shopify", "customers/update", {"email": "bo@example.com"}),
        ("vendure", "customer.updated", {"data": {"emailAddress": "bo@example.com"}}),
        ("woocommerce", "customer.updated", {"email": "bo@example.com"}),
    ):
        with pytest.raises(PayloadError) as refused:
            told(platform, topic, body)
        assert "id" in str(refused.value)


ADDRESSED = {
    "shopify": ("shipping_address", "billing_address", "phone"),
    "woocommerce": ("billing", "shipping", "phone"),
    "vendure": ("shippingAddress", "billingAddress", "phoneNumber"),
}


@pytest.mark.parametrize("platform", ADDRESSED)
def test_every_phone_that_an_order_names_is_told(platform: str) -> None:
    """The first may be unusable: which one an SMS reaches is for those who know the countries."""
    first, second, name = ADDRESSED[platform]
    found = order(platform, **{first: {name: "n/a"}, second: {name: "077 000 0012"}})
    assert (found.phone, found.other_phones) == ("n/a", ("077 000 0012",))
    same = order(platform, **{first: {name: "077 000 0012"}, second: {name: "077 000 0012"}})
    assert (same.phone, same.other_phones) == ("077 000 0012", ())
