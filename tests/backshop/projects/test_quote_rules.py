"""Money of quotes, for any lines, rates and discounts: exact to the cent, never negative, and the
sum of its parts."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest
from backshop.errors import Conflict, Forbidden
from backshop.projects.quotes import rules
from backshop.projects.quotes.models import (
    Charge,
    DuePayment,
    LineDiscount,
    NewQuote,
    Payment,
    QuoteLine,
)
from backshop.projects.settings import ShopSettings, TaxRates
from hypothesis import given
from hypothesis import strategies as st

from tests.backshop.projects import big_project

CENT = Decimal("0.01")
money = st.decimals(0, 99_999, places=2)
share = st.decimals(0, 1, places=4)
rate = st.decimals(0, Decimal("0.25"), places=5)
rates = st.builds(TaxRates, material=rate, labour=rate, delivery=rate)


@st.composite
def line(draw):
    amount, discount = draw(money), draw(share)
    off = rules.cents(amount * discount)
    return QuoteLine.model_construct(
        sku=None,
        description="x",
        product_type=None,
        tax_class=draw(st.sampled_from(rules.CLASSES)),
        quantity=Decimal(1),
        unit="job",
        price_per_unit=amount,
        amount=amount,
        discount=discount,
        discount_amount=off,
        total=amount - off,
        parts=[],
    )


lines = st.lists(line(), max_size=60)


def figures(lines, discount, fee, rates, is_exempt=False):
    return rules.figures_of(lines, discount, fee, rates, is_exempt=is_exempt)


@given(lines, share, money, rates)
def test_totals_are_the_sum_of_their_parts_to_the_cent(lines, discount, fee, rates):
    found = figures(lines, discount, fee, rates)
    assert found.subtotal_before_discount == sum(each.amount for each in lines)
    assert found.line_discounts == sum(each.discount_amount for each in lines)
    assert found.discount_amount == found.line_discounts + found.quote_discount
    assert found.subtotal == found.subtotal_before_discount - found.discount_amount
    assert found.total_amount == found.subtotal + found.tax_amount + found.delivery_fee
    for value in vars(found).values():
        if isinstance(value, Decimal):
            assert value >= 0
            assert value == value.quantize(CENT)


@given(lines, share, money, rates)
def test_tax_is_rounded_once_on_what_is_taxable(lines, discount, fee, rates):
    found = figures(lines, discount, fee, rates)
    exactly = sum(
        (Fraction(each.rate) * Fraction(each.taxable) for each in found.taxes), Fraction(0)
    )
    assert abs(Fraction(found.tax_amount) - exactly) <= Fraction(1, 200)
    assert found.taxable == sum(each.taxable for each in found.taxes)
    whole = sum(each.total for each in lines) - found.quote_discount + fee
    if all((rates.material, rates.labour, rates.delivery)):
        assert found.taxable == whole
    assert found.taxable <= whole


@given(lines, share, money, rates)
def test_exemption_takes_the_tax_and_nothing_else(lines, discount, fee, rates):
    taxed, exempt = (figures(lines, discount, fee, rates, is_exempt=each) for each in (False, True))
    assert exempt.tax_amount == 0
    assert exempt.total_amount == taxed.total_amount - taxed.tax_amount


@given(lines, share, share, rates)
def test_a_larger_discount_never_costs_more(lines, one, other, rates):
    less, more = sorted((one, other))
    assert (
        figures(lines, more, Decimal(0), rates).total_amount
        <= figures(lines, less, Decimal(0), rates).total_amount
    )


@given(st.lists(line(), min_size=1, max_size=20), rates, line())
def test_a_further_line_never_costs_less(lines, rates, further):
    before = figures(lines, Decimal(0), Decimal(0), rates).total_amount
    assert figures([*lines, further], Decimal(0), Decimal(0), rates).total_amount >= before


@given(money, st.lists(st.integers(1, 1000), min_size=1, max_size=24))
def test_payments_make_the_total_to_the_cent(total, weights):
    whole = sum(weights)
    shares = [Decimal(each * 10_000 // whole) / 10_000 for each in weights]
    shares[0] += 1 - sum(shares)
    payments = [Payment(label="x", share=each) for each in shares]
    found = rules.payments_of(payments, total)
    assert sum(each.amount for each in found) == total
    for each, asked in zip(found, shares, strict=True):
        assert each.amount >= 0
        assert abs(each.amount - total * asked) < CENT


def test_shares_that_make_no_whole_are_refused():
    with pytest.raises(Conflict, match=r"shares make 0\.9"):
        rules.payments_of([Payment(label="x", share=Decimal("0.9"))], Decimal(100))


def test_without_a_schedule_all_is_due_on_acceptance():
    [all_of_it] = rules.payments_of([], Decimal("12.34"))
    assert (all_of_it.amount, all_of_it.due_days) == (Decimal("12.34"), 0)


def test_days_are_dates_once_the_quote_is_accepted():
    payments = [
        DuePayment(label="a", share=Decimal(1), amount=Decimal(1), due_on=None, due_days=30),
        DuePayment(label="b", share=Decimal(1), amount=Decimal(1), due_on=date(2027, 1, 1), due_days=None),
    ]  # fmt: skip
    found = rules.payments_due(payments, date(2026, 12, 15))
    assert [each.due_on for each in found] == [date(2027, 1, 14), date(2027, 1, 1)]


@given(st.integers(1, 40), share)
def test_a_quotes_lines_make_its_totals_whatever_is_discounted(number, off):
    asked = NewQuote(
        charges=[Charge(description="x", price_per_unit=Decimal("9.99"), discount=off)],
        line_discounts=[LineDiscount(sku="SKU-TILE-000", discount=off)],
        discount=off,
    )
    content = rules.draft(
        big_project.whole(3, number), asked, {}, big_project.SHOP.settings
    ).content
    assert content.figures.subtotal_before_discount == sum(each.amount for each in content.lines)
    for each in content.lines:
        if each.parts:
            assert sum(part.quantity for part in each.parts) == each.quantity
            assert sum(part.total_price for part in each.parts) == each.amount
        exactly = Fraction(each.amount) * Fraction(each.discount)
        assert abs(Fraction(each.discount_amount) - exactly) <= Fraction(1, 200)
    assert sum(each.amount for each in content.payments) == content.figures.total_amount


@pytest.mark.parametrize(
    ("value", "rounded"), [("0.005", "0.01"), ("0.015", "0.02"), ("2.675", "2.68"), ("0.0049", "0")]
)
def test_cents_are_rounded_half_up(value, rounded):
    assert rules.cents(Decimal(value)) == Decimal(rounded)


@given(share, share, share)
def test_nobody_gives_more_than_their_role_may(on_line, on_charge, on_whole):
    settings = ShopSettings()
    asked = NewQuote(
        charges=[Charge(description="x", price_per_unit=Decimal(500), discount=on_charge)],
        line_discounts=[LineDiscount(sku="SKU-TILE-000", discount=on_line)],
        discount=on_whole,
    )
    found = rules.draft(big_project.whole(1, 2), asked, {}, settings).content.figures
    for role in ("associate", "manager"):
        limit = getattr(settings.discount_limits, role)
        most = (found.subtotal_before_discount * limit).quantize(CENT, ROUND_HALF_UP)
        within = max(on_line, on_charge, on_whole) <= limit and found.discount_amount <= most
        if within:
            rules.refuse_discounts(asked, found, settings, role)
        else:
            with pytest.raises(Forbidden):
                rules.refuse_discounts(asked, found, settings, role)


def test_a_quote_is_open_until_the_end_of_its_last_day():
    last = date(2026, 12, 20)
    quote = {"quote_status": "sent", "superseded_at": None, "expiration_date": last}
    assert rules.state_of(quote, "quoted", last) == "open"
    assert rules.state_of(quote, "quoted", last + timedelta(days=1)) == "expired"
    assert rules.state_of(quote, "cancelled", last) == "closed"
    assert rules.state_of(quote | {"superseded_at": 1}, "quoted", last) == "superseded"
    for state in ("accepted", "rejected", "expired", "draft"):
        assert rules.state_of(quote | {"quote_status": state}, "quoted", last) == state


def test_what_did_not_change_is_no_change():
    content = rules.draft(
        big_project.whole(3, 9), big_project.ASKED, {}, big_project.SHOP.settings
    ).content
    assert rules.changes_between(content, content.model_copy(deep=True)) is None
    other = rules.draft(
        big_project.whole(3, 8), big_project.ASKED, {}, big_project.SHOP.settings
    ).content
    changes = rules.changes_between(content, other)
    assert [each.what for each in changes.lines] == ["removed"]
    assert changes.difference == other.figures.total_amount - content.figures.total_amount
