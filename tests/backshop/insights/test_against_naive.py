"""Every metric, by each of its dimensions and grains, against the naive computation."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

import pytest
from backshop.insights.semantic.models import Result, SemanticQuery
from backshop.insights.semantic.running import run

from tests.backshop.insights.naive import Naive, Question, Shop
from tests.backshop.insights.shops import AS_OF, customer_id, shop
from tests.conftest import one_in

CONTRACT = json.loads((Path(__file__).parent / "contract.json").read_text())
MONEY = {each["name"] for each in CONTRACT if each["format"] == "money"}
OF_MONEY = MONEY | {
    "refund_rate",
    "discount_rate",
    "top_customer_share",
    "tax_rate_effective",
    "net_sales_yoy_pct",
    "net_sales_share",
    "product_net_sales_share",
    "rfm_segment_size",
}
ELSEWHERE = {"sync_freshness"}
"""Tested apart."""
NO_GRAIN = {"rfm_segment_size", "cohort_retention", "cohort_revenue", "co_purchase_count"}
GRAINS = (None, None, "day", "week", "month", "quarter", "year")


def questions(random: Random) -> Iterator[tuple[dict[str, Any], Question]]:
    """Each metric by each dimension, with a period and a grain drawn for it."""
    for each in CONTRACT:
        name, named = each["name"], each["dimensions"].split(",")
        if name in ELSEWHERE:
            continue
        own = [d for d in named if d not in ("time", "-")]
        for dimension in [None, *own]:
            if name == "co_purchase_count" and dimension is None:
                continue
            yield _question(random, name, dimension, "time" in named)


def _question(
    random: Random, name: str, dimension: str | None, has_time: bool
) -> tuple[dict[str, Any], Question]:
    first, last = _days(random)
    grain = random.choice(GRAINS) if has_time and name not in NO_GRAIN else None
    if name == "net_sales_yoy_pct" and grain == "week":
        grain = None
    query = {
        "metrics": [name],
        "dimensions": [dimension] if dimension else [],
        "grain": grain,
        "period": {"type": "range", "start": str(first), "end": str(last)} if has_time else None,
    }
    days = (first, last) if has_time else (None, None)
    return query, Question(name, dimension, grain, days[0], days[1], AS_OF)


def _days(random: Random) -> tuple[date, date]:
    """Whole years, months, weeks and odd days, none of which ends after the question."""
    return random.choice(
        [
            (date(2024, 1, 1), date(2025, 12, 14)),
            (date(2025, 1, 1), date(2025, 12, 14)),
            (date(2024, 12, 30), date(2025, 1, 5)),
            (date(2024, 3, 10), date(2025, 3, 31)),
            (date(2025, 3, 1), date(2025, 11, 30)),
        ]
    )


@pytest.mark.parametrize("seed", one_in(4, range(8)))
def test_every_metric_by_every_dimension(
    tx: Any, settle: Callable[[Shop], UUID], seed: int
) -> None:
    made = shop(seed)
    store = settle(made)
    wrong = []
    for query, question in questions(Random(seed)):
        result = run(tx, SemanticQuery.model_validate(query), as_of=AS_OF)
        try:
            check(result, made, question, store, query)
        except AssertionError as e:
            wrong.append(str(e).split(chr(10))[0])
    assert not wrong, chr(10).join(wrong[:40])


def test_a_store_with_no_orders(tx: Any, settle: Callable[[Shop], UUID]) -> None:
    made = shop(1, orders=0)
    store = settle(made)
    for query, question in questions(Random(1)):
        result = run(tx, SemanticQuery.model_validate(query), as_of=AS_OF)
        check(result, made, question, store, query)


def check(
    result: Result, made: Shop, question: Question, store: UUID, query: dict[str, Any]
) -> None:
    metric = question.metric
    split = metric in OF_MONEY or question.dimension in ("order_value_bucket", "currency")
    used: list[Any] = sorted({o.currency for o in made.orders}) if split else []
    got = cells(result, metric)
    if question.dimension == "coupon":
        got = {_lower_code(key, result): value for key, value in got.items()}
    expected: dict[Any, Any] = {}
    currency_shown = any(column.name == "currency" for column in result.columns)
    for own in used or [None]:
        answers = Naive(made, own).answer(question)
        for key, value in answers.items():
            key = tuple(_key(each, question, store) for each in key)
            if question.dimension != "currency" and currency_shown:
                key = (*key, own)
            elif key in expected and not value:
                continue
            if value is None and key in expected:
                continue
            expected[key] = value
    for key in expected.keys() | got.keys():
        told = (query, made.zone, key, got.get(key, "no row"), expected.get(key, "nothing"))
        value = got.get(key)
        wanted = expected.get(key)
        if key not in expected or wanted is None:
            assert value is None or Decimal(str(value)) == 0, told
        elif key not in got:
            assert wanted == 0 or wanted is None, told
        else:
            assert value is not None, told
            assert same(Decimal(str(value)), wanted, metric), told


def _key(value: Any, question: Question, store: UUID) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    if question.dimension == "customer" and isinstance(value, str):
        from hashlib import md5

        from backshop.commerce import stable_number

        number = stable_number(customer_id(value))
        return f"C-{md5(f'{store}:{number}'.encode()).hexdigest()[:10]}"
    return value


def _lower_code(key: tuple[Any, ...], result: Result) -> tuple[Any, ...]:
    """A code is shown as somebody typed it."""
    place = [each.name for each in result.columns].index("coupon")
    return (*key[:place], key[place].lower(), *key[place + 1 :])


def cells(result: Result, metric: str) -> dict[Any, Any]:
    place = [each.name for each in result.columns].index(metric)
    found = {}
    for row in result.rows:
        key = tuple(row[:place])
        if metric == "co_purchase_count":
            key = tuple(sorted(str(each) for each in key))
        assert key not in found, ("two rows of one key", key)
        found[key] = row[place]
    return found


def same(value: Decimal, wanted: Fraction, metric: str) -> bool:
    off = abs(Fraction(value) - wanted)
    if metric in MONEY:
        return off <= (Fraction(1, 2) if "." not in str(value) else Fraction(1, 200))
    return off <= Fraction(1, 100)
