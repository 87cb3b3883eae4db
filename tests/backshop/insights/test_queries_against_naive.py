"""Filters, comparisons and ranks against the naive computation: a filter on orders is the same as a
shop that has no others, a comparison as the same question about other days, a rank as sorting."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from random import Random
from typing import Any
from uuid import UUID

import pytest
from backshop.insights.semantic.checking import ALONE
from backshop.insights.semantic.metrics import METRICS
from backshop.insights.semantic.models import Result, SemanticQuery
from backshop.insights.semantic.running import run

from tests.backshop.insights.naive import Naive, Order, Question, Shop
from tests.backshop.insights.shops import AS_OF, shop
from tests.backshop.insights.test_against_naive import MONEY, cells, same

FRESHNESS = "sync_freshness"
ONE_CURRENCY = (0, 1, 4, 5, 8, 9)
FLOWS = (
    "gross_sales", "discounts", "refunds", "net_sales", "taxes", "shipping", "total_sales", "orders",
    "aov", "items_sold", "items_per_order", "refunded_orders", "discounted_orders", "customers",
    "refund_rate", "discount_rate", "coupon_order_share", "median_order_value", "orders_all_status",
)  # fmt: skip
FIRST, LAST = date(2024, 1, 1), date(2025, 12, 14)

Filter = tuple[dict[str, Any], Callable[[Order], bool]]
FILTERS: list[Filter] = [
    ({"field": "country", "op": "=", "value": "DE"}, lambda o: o.country == "DE"),
    ({"field": "country", "op": "!=", "value": "DE"}, lambda o: o.country != "DE"),
    ({"field": "country", "op": "in", "value": ["DE", "JP"]}, lambda o: o.country in ("DE", "JP")),
    ({"field": "payment_method", "op": "=", "value": "PayPal"}, lambda o: o.payment == "paypal"),
    ({"field": "payment_method", "op": "contains", "value": "ar"}, lambda o: o.payment == "card"),
    ({"field": "channel", "op": "!=", "value": "pos"}, lambda o: o.channel != "pos"),
    ({"field": "order_total", "op": ">", "value": 150}, lambda o: o.total > 150),
    ({"field": "order_total", "op": "<=", "value": 150}, lambda o: o.total <= 150),
    ({"field": "has_coupon", "op": "=", "value": True}, lambda o: bool(o.coupons)),
    ({"field": "has_coupon", "op": "=", "value": False}, lambda o: not o.coupons),
    ({"field": "status", "op": "=", "value": "completed"}, lambda o: o.status == "completed"),
    ({"field": "status", "op": "!=", "value": "refunded"}, lambda o: o.status != "refunded"),
]  # fmt: skip


def asked(tx: Any, query: dict[str, Any]) -> Result:
    return run(tx, SemanticQuery.model_validate(query), as_of=AS_OF)


def days(first: date = FIRST, last: date = LAST) -> dict[str, str]:
    return {"type": "range", "start": str(first), "end": str(last)}


def naive(
    made: Shop, metric: str, first: date = FIRST, last: date = LAST, by: str | None = None
) -> Any:
    answer = Naive(made, made.currency).answer(Question(metric, by, None, first, last, AS_OF))
    return answer if by else answer.get((), None)


def agree(found: Any, wanted: Any, metric: str) -> bool:
    if wanted is None or found is None:
        return not wanted and (found is None or Decimal(str(found)) == 0)
    return same(Decimal(str(found)), Fraction(wanted), metric)


@pytest.mark.parametrize("seed", ONE_CURRENCY)
def test_a_filter_leaves_the_orders_that_it_names(
    tx: Any, settle: Callable[[Shop], UUID], seed: int
) -> None:
    made = shop(seed)
    settle(made)
    wrong = []
    for filter, holds in FILTERS:
        left = replace(made, orders=[each for each in made.orders if holds(each)])
        for metric in FLOWS:
            result = asked(tx, {"metrics": [metric], "period": days(), "filters": [filter]})
            found, wanted = cells(result, metric).get(()), naive(left, metric)
            if not agree(found, wanted, metric):
                wrong.append((filter, metric, found, wanted))
    assert not wrong, wrong[:20]


@pytest.mark.parametrize("seed", ONE_CURRENCY)
def test_two_filters_are_both_meant(tx: Any, settle: Callable[[Shop], UUID], seed: int) -> None:
    made = shop(seed)
    settle(made)
    random = Random(seed)
    for _ in range(12):
        (one, first), (two, second) = random.sample(FILTERS, 2)
        left = replace(made, orders=[o for o in made.orders if first(o) and second(o)])
        metric = random.choice(FLOWS)
        result = asked(tx, {"metrics": [metric], "period": days(), "filters": [one, two]})
        found, wanted = cells(result, metric).get(()), naive(left, metric)
        assert agree(found, wanted, metric), (one, two, metric, found, wanted)


WINDOWS = [
    # Days, the word, and the days that it means beside them.
    (date(2025, 3, 1), date(2025, 3, 31), "previous_period", date(2025, 2, 1), date(2025, 2, 28)),
    (date(2025, 3, 1), date(2025, 3, 31), "previous_year", date(2024, 3, 1), date(2024, 3, 31)),
    (date(2025, 2, 10), date(2025, 2, 19), "previous_period", date(2025, 1, 31), date(2025, 2, 9)),
    (date(2025, 1, 1), date(2025, 6, 30), "previous_year", date(2024, 1, 1), date(2024, 6, 30)),
    (date(2025, 10, 1), date(2025, 10, 31), "named_month:september", date(2025, 9, 1), date(2025, 9, 30)),
    (date(2025, 7, 1), date(2025, 9, 30), "named_quarter:2", date(2025, 4, 1), date(2025, 6, 30)),
    (date(2025, 11, 28), date(2025, 11, 28), "named_day:cyber_monday", date(2025, 12, 1), date(2025, 12, 1)),
]  # fmt: skip


@pytest.mark.parametrize("seed", ONE_CURRENCY)
def test_a_comparison_is_the_same_question_of_other_days(
    tx: Any, settle: Callable[[Shop], UUID], seed: int
) -> None:
    made = shop(seed, orders=200)
    settle(made)
    wrong = []
    for first, last, word, before, until in WINDOWS:
        for metric in FLOWS:
            period = days(first, last) | {"compare": word}
            result = asked(tx, {"metrics": [metric], "period": period})
            names = [each.name for each in result.columns]
            row = dict(zip(names, result.rows[0], strict=True))
            now, then = naive(made, metric, first, last), naive(made, metric, before, until)
            held = agree(row[metric], now, metric) and agree(
                row[f"{metric}_previous"], then, metric
            )
            if not held or not _is_change(row[f"{metric}_change"], now, then, metric):
                wrong.append((period, metric, row, now, then))
    assert not wrong, wrong[:10]


def _is_change(found: Any, now: Any, then: Any, metric: str) -> bool:
    """A fraction of what was; none where there was nothing."""
    if not then or now is None:
        return found is None
    wanted = (Fraction(now) - Fraction(then)) / abs(Fraction(then))
    # Of amounts that are answered rounded, the change is, too.
    off = Fraction(1, 100) + (abs(Fraction(1, 50) / Fraction(then)) if metric in MONEY else 0)
    return found is not None and abs(Fraction(str(found)) - wanted) <= off


@pytest.mark.parametrize("by", ["product", "country", "category", "payment_method", "day_of_week"])
@pytest.mark.parametrize("seed", ONE_CURRENCY)
def test_ranks_are_the_first_and_last_of_all(
    tx: Any, settle: Callable[[Shop], UUID], seed: int, by: str
) -> None:
    made = shop(seed)
    settle(made)
    for metric in ("gross_sales", "items_sold", "refunds"):
        every = naive(made, metric, by=by)
        held = [value for value in every.values() if value is not None]
        if by == "day_of_week":
            # A day without sales is a row as well.
            held += [Fraction(0)] * (7 - len(held))
        values = sorted(held, reverse=True)
        for top in (1, 3, -2, 100):
            query = {"metrics": [metric], "dimensions": [by], "period": days(), "top_n": top}
            found = [row[-1] for row in asked(tx, query).rows if row[-1] is not None]
            wanted = values[:top] if top > 0 else values[::-1][:-top]
            assert len(found) == len(wanted), (query, found, wanted)
            for one, other in zip(found, wanted, strict=True):
                assert agree(one, other, metric), (query, found, [float(each) for each in wanted])


@pytest.mark.parametrize("seed", ONE_CURRENCY)
def test_a_limit_on_the_result_leaves_the_rows_that_keep_it(
    tx: Any, settle: Callable[[Shop], UUID], seed: int
) -> None:
    made = shop(seed)
    settle(made)
    every = naive(made, "items_sold", by="product")
    limit = sorted(every.values())[len(every) // 2]
    filter = {"field": "items_sold", "op": ">", "value": float(limit)}
    query = {
        "metrics": ["items_sold"],
        "dimensions": ["product"],
        "period": days(),
        "filters": [filter],
    }
    found = cells(asked(tx, query), "items_sold")
    assert len(found) == len([value for value in every.values() if value > limit])


@pytest.mark.parametrize("seed", [1, 2])
def test_freshness_changes_no_metric_that_it_stands_beside(
    tx: Any, settle: Callable[[Shop], UUID], seed: int
) -> None:
    """Of one currency, and of several."""
    settle(shop(seed))
    tx.execute("UPDATE insights.stores SET last_sync_at = %s", (AS_OF - timedelta(minutes=7),))
    for metric in METRICS.keys() - {ALONE, FRESHNESS}:
        beside = asked(tx, {"metrics": [metric, FRESHNESS]})
        alone = asked(tx, {"metrics": [metric], "period": beside.query.as_json()["period"]})
        assert beside.totals[metric] == alone.totals[metric], metric
        assert beside.totals[FRESHNESS] == 7, metric


def test_years_stand_beside_each_other_date_by_date(
    tx: Any, settle: Callable[[Shop], UUID]
) -> None:
    """Over a leap day, too: each day of one year beside the same date of the other."""
    made = shop(1, orders=300)
    settle(made)
    daily = {"metrics": ["orders"], "grain": "day"}
    for word in ("previous_year", "previous_period"):
        year = {"type": "calendar", "unit": "year", "offset": 0, "compare": word}
        found = asked(tx, daily | {"period": year})
        before = Naive(made, made.currency).answer(
            Question("orders", None, "day", date(2024, 1, 1), date(2024, 12, 15), AS_OF)
        )
        assert len(found.rows) == 349
        for day, _now, then, _change in found.rows:
            same = date.fromisoformat(str(day)).replace(year=2024)
            assert then == before.get((same,), 0), (word, day)
