"""The words of the desk for what answers say to programs."""

from __future__ import annotations

import sys
from typing import Any

import pytest


@pytest.fixture
def showing(load: Any) -> Any:
    load("desk")
    return sys.modules["showing"]


def test_everything_that_goes_out_has_words(showing, load) -> None:
    kinds = set(load("outbox_worker").ACTIONS)
    assert kinds == set(showing._OUTGOING), "a kind without words, or words without a kind"


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("order:1001", "Order 1001"),
        ("check:order:1001", "Order 1001"),
        ("discount:7c9e6679-7425-40de-944b-e07fc1f90ae7", "Discount 7c9e6679"),
        ("uninstall", "Uninstall"),
    ],
)
def test_records_are_named(showing, key, said) -> None:
    assert showing.record(key) == said


def test_who_did_it_is_named(showing) -> None:
    names = {"2": "Bob"}
    said = ("staff:1", "staff:2", "staff:3", "store:9", "shopper", "woocommerce", "Warehouse")
    assert [showing.actor(each, "1", names) for each in said] == [
        "you",
        "Bob",
        "a key that is gone",
        "the shop's server",
        "the shopper",
        "the shop",
        "Warehouse",
    ]


@pytest.mark.parametrize(
    ("value", "said"), [(10.0, "10"), (0.25, "0.25"), (1200.5, "1200.5"), (0.0, "0"), ("x", "x")]
)
def test_numbers_are_shown_as_they_are_typed(showing, value, said) -> None:
    assert showing.written(value) == said


@pytest.mark.parametrize(
    ("value", "column", "grain", "said"),
    [
        ("2026-02-01", ("time", "date", None), "month", "February 2026"),
        ("2026-02-02", ("time", "date", None), "week", "Week of 2 February 2026"),
        ("2026-01-01", ("time", "date", None), "quarter", "Q1 2026"),
        ("2026-01-01", ("time", "date", None), "year", "2026"),
        (1, ("day_of_week", "number", None), None, "Monday"),
        ("2025-11", ("cohort_month", "text", None), None, "November 2025"),
        ("1234.50", ("net_sales", "number", "money"), None, "USD\N{NO-BREAK SPACE}1,234.50"),
        (0.1234, ("refund_rate", "number", "percent"), None, "12.3 %"),
        (1, ("days_of_stock", "number", "days"), None, "1 day"),
        (1200, ("orders", "number", "count"), None, "1,200"),
        (None, ("orders", "number", "count"), None, "–"),
        (True, ("is_weekend", "boolean", None), None, "yes"),
    ],
)
def test_cells_of_answers_are_said(showing, value, column, grain, said) -> None:
    named = dict(zip(("name", "type", "format"), column, strict=True))
    assert showing.cell(value, named, grain, "USD") == said
