"""Readings by what was learned of other questions, where the rules decline or are unsure."""

from __future__ import annotations

import pytest
from backshop.insights.planning import learned, second
from backshop.insights.planning.models import Asked, Declined, Known, Plan
from backshop.insights.planning.opening import opened
from backshop.insights.planning.rules import plan
from backshop.insights.semantic.models import AllTime, SemanticQuery

from tests.backshop.insights.planning.learning import examples
from tests.backshop.insights.planning.shop import KNOWN, SET_ASIDE, TODAY, questions


def _seen(text: str, known: Known = KNOWN) -> learned.Seen:
    reading = opened(Asked(text, TODAY), known)
    return learned.seen(reading.line.text, reading.named)


def test_weights_are_of_the_features_that_are_read() -> None:
    """After a change of either, `learning` writes them anew."""
    held = [(each, 1.0) for name, shop, day in SET_ASIDE for each in questions(name, shop, day)]
    wrong = [
        (found.likeliest("metric"), ",".join(each.query["metrics"]))
        for each in examples(held)
        if each.query and (found := learned.model().seen(each.features))
    ]
    assert sum(one == other for one, other in wrong) > 0.95 * len(wrong)


def test_names_are_seen_by_their_kind_alone() -> None:
    one = _seen("revenue of the travel mug in germany over 80 in march")
    other = _seen("revenue of the linen apron in france over 95 in june")
    assert one == other


@pytest.mark.parametrize(
    ("text", "metric", "rows", "filters"),
    [
        ("what did we make per customer in 2024", "revenue_per_customer", [], {}),
        (
            "which coupon brought in the most money from german customers last quarter",
            "net_sales",
            ["coupon"],
            {"country": "DE"},
        ),
        ("what do customers in japan usually buy", "items_sold", ["product"], {"country": "JP"}),
        ("pending orders number last 7 days", "orders_all_status", [], {"status": "pending"}),
        (
            "median order by payment method, new customers, ytd",
            "median_order_value",
            ["payment_method"],
            {"customer_type": "new"},
        ),
    ],
)
def test_what_goes_together_is_read(
    text: str, metric: str, rows: list[str], filters: dict[str, str]
) -> None:
    made = plan(Asked(text, TODAY), KNOWN)
    assert isinstance(made, Plan), made
    assert made.query.metrics == (metric,)
    assert list(made.query.dimensions) == rows
    assert {each.field: each.value for each in made.query.filters} == filters


@pytest.mark.parametrize(
    "text",
    [
        "profit per customer in 2024",
        "how many visitors from germany over 80 last month",
        "sales of trampolines to new customers last month",
        "which supplier brought in the most money from german customers",
    ],
)
def test_what_is_not_in_the_data_is_refused_by_a_second_reading_too(text: str) -> None:
    assert isinstance(plan(Asked(text, TODAY), KNOWN), Declined)


def test_a_query_as_it_is_learned_is_not_doubtful() -> None:
    query = SemanticQuery(metrics=("repeat_customer_rate",), period=AllTime())
    assert not second.is_doubtful(query, _seen("repeat customer rate"))
    other = SemanticQuery(metrics=("shipping",), period=AllTime())
    assert second.is_doubtful(other, _seen("repeat customer rate"))
