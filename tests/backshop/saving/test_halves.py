"""A batch parted by whose its records are."""

from uuid import UUID

import pytest
from backshop.commerce import Kind
from backshop.saving.erasures import Erasures
from backshop.saving.halves import halves
from backshop.saving.prepare import prepare

from tests.backshop.saving import records as made

STORE = made.shop(UUID(int=1))


def order(id, customer):
    return made.order(id, customer_id=customer)


def parted(*records, store=STORE):
    return halves(prepare(records, store, Erasures()).entries)


def test_what_is_a_customers_stays_together():
    buyers = [str(number) for number in range(20)]
    records = [made.customer(each) for each in buyers]
    records += [order(f"1{each}{n}", each) for each in buyers for n in range(3)]
    first, second = parted(*records)
    assert len(first) + len(second) == len(records)
    assert {each.buyer for each in first}.isdisjoint({each.buyer for each in second})
    assert {each.key[0] for each in first} == {Kind.ORDER, Kind.CUSTOMER}


def test_orders_of_nobody_are_each_their_own():
    first, second = parted(*(order(str(number), None) for number in range(40)))
    assert len(first) > 5 < len(second)


def test_an_order_that_changes_hands_in_the_batch_is_not_parted():
    records = [order(str(number), str(number % 7)) for number in range(40)]
    assert parted(*records)
    assert parted(*records, order("3", "4")) is None


def test_what_is_nobodys_is_not_parted():
    records = [order(str(number), str(number % 7)) for number in range(40)]
    assert parted(*records, made.gone(Kind.ORDER, "1", 9)) is None
    assert parted(*records, made.product()) is None


@pytest.mark.parametrize("use", ["deliveries", "surveys"])
def test_what_is_decided_between_customers_is_not_parted(use):
    """Who has an e-mail address or an order's code, and which order was the first with a discount's
    code: two that do not see each other's rows would both say that it is theirs."""
    records = [order(str(number), str(number % 7)) for number in range(40)]
    assert parted(*records)
    assert parted(*records, store=made.shop(UUID(int=1), uses=[use])) is None
