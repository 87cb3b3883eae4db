"""What may be refunded and where can be delivered to, decided without a database."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from backshop.connect.requests import rules
from backshop.connect.requests.models import (
    LineState,
    LineToRefund,
    NewAddress,
    NewRefund,
    OrderState,
    RefundSums,
)
from backshop.errors import Conflict, Unprocessable
from pydantic import ValidationError

NOTHING = RefundSums(Decimal(0), Decimal(0))


def order(**changes: Any) -> OrderState:
    held: dict[str, Any] = {
        "order_id": "15",
        "platform": "woocommerce",
        "currency": "USD",
        "total": Decimal("38.48"),
        "refunded": Decimal(0),
        "fulfilment": "none",
        "is_cancelled": False,
    }
    return OrderState(**(held | changes))


def line(line_id: str = "1", quantity: int = 3, total: str = "10.00", **back: int) -> LineState:
    return LineState(
        line_id, quantity, Decimal(total), back.get("refunded", 0), back.get("pending", 0)
    )


def lines(*asked: tuple[str, int]) -> NewRefund:
    return NewRefund(lines=tuple(LineToRefund(line_id=id, quantity=n) for id, n in asked))


def test_never_more_than_is_left():
    requested = RefundSums(processed=Decimal("10.00"), pending=Decimal("20.00"))
    assert rules.left_to_refund(order(), requested) == Decimal("8.48")
    assert rules.refund_amount(
        order(), [], requested, NewRefund(amount=Decimal("8.48"))
    ) == Decimal("8.48")
    with pytest.raises(Conflict, match=r"8\.48 USD that are left"):
        rules.refund_amount(order(), [], requested, NewRefund(amount=Decimal("8.49")))


def test_a_processed_request_and_the_refund_it_made_are_the_same_money():
    known = order(refunded=Decimal("10.00"))
    requested = RefundSums(processed=Decimal("10.00"), pending=Decimal(0))
    assert rules.left_to_refund(known, requested) == Decimal("28.48")
    also_by_hand = order(refunded=Decimal("15.00"))
    assert rules.left_to_refund(also_by_hand, requested) == Decimal("23.48")


def test_lines_are_worth_their_share():
    asked = lines(("1", 1), ("2", 2))
    held = [line("1", 3, "10.00"), line("2", 2, "7.50")]
    assert rules.refund_amount(order(), held, NOTHING, asked) == Decimal("10.83")


@pytest.mark.parametrize(
    ("currency", "total", "shares"),
    [
        ("JPY", "1000", ["333", "333", "334"]),
        ("USD", "10.00", ["3.33", "3.33", "3.34"]),
        ("KWD", "1.000", ["0.333", "0.333", "0.334"]),
        ("LKR", "100.00", ["33.33", "33.33", "33.34"]),
    ],
)
def test_a_line_of_three_goes_back_piece_by_piece(currency, total, shares):
    """In the currency's own decimals, also after what waits to be refunded."""
    for refunded, worth in enumerate(shares):
        held = LineState("1", 3, Decimal(total), refunded, 0)
        amount = rules.refund_amount(
            order(total=Decimal(2000), currency=currency), [held], NOTHING, lines(("1", 1))
        )
        assert str(amount) == worth
        held = LineState("1", 3, Decimal(total), 0, refunded)
        waiting = rules.refund_amount(
            order(total=Decimal(2000), currency=currency), [held], NOTHING, lines(("1", 1))
        )
        assert waiting == amount


@pytest.mark.parametrize(
    ("asked", "field", "said"),
    [
        (lines(("9", 1)), "lines.0.line_id", "no such line"),
        (lines(("1", 4)), "lines.0.quantity", "3 of this line"),
    ],
)
def test_lines_that_are_not_there(asked, field, said):
    with pytest.raises(Unprocessable) as refused:
        rules.refund_amount(order(), [line()], NOTHING, asked)
    [error] = refused.value.errors
    assert error["field"] == field
    assert said in error["message"]


def test_an_amount_has_its_currencys_decimals():
    in_yen = order(total=Decimal(2000), currency="JPY")
    with pytest.raises(Unprocessable) as refused:
        rules.refund_amount(in_yen, [], NOTHING, NewRefund(amount=Decimal("10.50")))
    assert refused.value.errors[0]["field"] == "amount"
    assert rules.refund_amount(in_yen, [], NOTHING, NewRefund(amount=Decimal("10.00"))) == 10


def test_pending_and_refunded_pieces_are_gone():
    held = [line(refunded=1, pending=1)]
    assert rules.refund_amount(order(), held, NOTHING, lines(("1", 1))) == Decimal("3.34")
    with pytest.raises(Unprocessable):
        rules.refund_amount(order(), held, NOTHING, lines(("1", 2)))


def test_dinars_have_three_decimals_and_yen_none():
    kuwaiti = order(currency="KWD", total=Decimal(20))
    asked = NewRefund(amount=Decimal("1.125"))
    assert rules.refund_amount(kuwaiti, [line()], NOTHING, asked) == Decimal("1.125")
    for currency, amount in (("USD", "1.125"), ("JPY", "10.5"), ("JPY", "10.125")):
        with pytest.raises(Unprocessable, match="decimals"):
            rules.refund_amount(
                order(currency=currency, total=Decimal(20)), [line()], NOTHING,
                NewRefund(amount=Decimal(amount)),
            )  # fmt: skip


def test_vendure_cannot_restock():
    asked = lines(("1", 1)).model_copy(update={"restock": True})
    with pytest.raises(Unprocessable, match="does not restock"):
        rules.refund_amount(order(platform="vendure"), [line()], NOTHING, asked)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"amount": "1", "lines": [{"line_id": "1", "quantity": 1}]},
        {"amount": "0"},
        {"amount": "-1"},
        {"amount": "1.0001"},
        {"amount": "1", "restock": True},
        {"lines": [{"line_id": "1", "quantity": 0}]},
        {"lines": [{"line_id": "1", "quantity": 1}, {"line_id": "1", "quantity": 2}]},
        {"amount": "1", "more": 1},
    ],
)
def test_refunds_that_make_no_sense(body):
    with pytest.raises(ValidationError):
        NewRefund.model_validate(body)


@pytest.mark.parametrize(
    "change", [{"is_cancelled": True}, {"fulfilment": "partial"}, {"fulfilment": "delivered"}]
)
def test_addresses_change_only_before_fulfilment(change):
    rules.may_change_address(order())
    with pytest.raises(Conflict):
        rules.may_change_address(order(**change))


def address(**changes: str) -> NewAddress:
    given = {
        "name": "Jane Doe",
        "line1": "2 New St",
        "city": "Oakland",
        "province_code": "CA",
        "postal_code": "94601",
        "country_code": "US",
    }
    return NewAddress(**(given | changes))


@pytest.mark.parametrize(
    "good",
    [
        address(),
        address(province_code="", province="California"),
        address(country_code="CA", province_code="ON", city="Ottawa", postal_code="k1a0b1"),
        address(country_code="GB", province_code="", city="London", postal_code="sw1a 1aa"),
        address(country_code="LK", province_code="", city="Colombo", postal_code="00300"),
        address(country_code="LK", province_code="", city="Colombo", postal_code=""),
        address(country_code="IN", province_code="MH", city="Mumbai", postal_code="400001"),
        address(country_code="JP", province_code="JP-13", city="Chiyoda", postal_code="100-0001"),
        address(country_code="DE", province_code="", city="Berlin", postal_code="10117"),
        address(country_code="HK", province_code="", province="Kowloon", city="Kowloon", postal_code=""),
        address(country_code="NG", province_code="", province="Lagos", city="Ikeja", postal_code=""),
    ],
    ids=lambda each: f"{each.country_code}-{each.postal_code}",
)  # fmt: skip
def test_addresses_of_many_countries(good):
    checked = rules.checked_address(good)
    assert checked.line1 == good.line1
    assert checked.city == good.city


def test_the_country_spells_postal_code_and_province():
    canada = address(country_code="CA", province_code="", province="Ontario", postal_code="k1a0b1")
    checked = rules.checked_address(canada)
    assert (checked.province_code, checked.postal_code) == ("ON", "K1A0B1")


@pytest.mark.parametrize(
    ("bad", "fields"),
    [
        (address(postal_code="9460"), {"postal_code"}),
        (address(postal_code="10001"), {"postal_code"}),
        (address(province_code="ZZ"), {"province_code"}),
        (address(province_code=""), {"province_code"}),
        (address(city="", postal_code=""), {"city", "postal_code"}),
        (address(country_code="XX"), {"country_code"}),
        (address(country_code="DE", province_code="", postal_code="1011"), {"postal_code"}),
        (address(country_code="LK", province_code="", postal_code="003"), {"postal_code"}),
    ],
)  # fmt: skip
def test_addresses_that_cannot_be_delivered_to(bad, fields):
    with pytest.raises(Unprocessable) as refused:
        rules.checked_address(bad)
    assert {error["field"] for error in refused.value.errors} == fields
    assert all(error["message"] for error in refused.value.errors)
