"""Two and three conditions in one question mean what each of them means alone, in whatever order
they stand and by whatever words they are joined."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import pytest

from tests.backshop.insights.planning.shop import KNOWN, Expected, filter_of
from tests.backshop.insights.planning.test_planning import difference, hold_right
from tests.backshop.insights.planning.test_slots import lines


class Condition(NamedTuple):
    kind: str
    metric: str
    """What orders with the condition are called, where that is another metric."""
    filters: tuple[str, ...]
    wordings: tuple[str, ...]


HEADS = {
    "orders": ("orders", "how many orders", "number of orders", "show me the orders", "how many orders did we get"),
    "net_sales": ("revenue from orders", "sales of orders", "net sales from orders"),
    "aov": ("average order value of orders", "aov of orders", "average value of orders"),
    "discounts": ("discounts on orders", "discounts given on orders"),
    "taxes": ("taxes on orders", "vat on orders"),
    "shipping": ("shipping charged on orders",),
    "items_sold": ("items sold in orders", "units sold in orders"),
}  # fmt: skip
PERIODS: dict[str, dict[str, Any]] = {
    "last month": {"type": "calendar", "unit": "month", "offset": -1},
    "in march": {"type": "named_month", "name": "march"},
    "this year": {"type": "calendar", "unit": "year", "offset": 0},
    "last week": {"type": "calendar", "unit": "week", "offset": -1},
    "in q2": {"type": "named_quarter", "quarter": 2},
    "in the last 30 days": {"type": "last_n", "n": 30, "unit": "day"},
    "since november": {"type": "range", "start": "2025-11-01", "end": "2025-12-15"},
    "on black friday": {"type": "named_day", "name": "black_friday", "offset": 0},
}
JOINTS = ("", "", " and", " but", ",", ", and")
PLACES = ("{head} {clauses} {period}", "{period}, {head} {clauses}", "{head} {period} {clauses}")
APART = (
    {"status", "coupon"},
    {"status", "customer"},
    {"status", "product"},
    {"status", "category"},
)
"""Kinds that nobody asks for together."""


def conditions() -> Iterator[Condition]:
    for line in (Path(__file__).parent / "clauses.txt").read_text().splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        kind, meaning, wordings = (each.strip() for each in line.split("|"))
        parts = [each.strip() for each in meaning.split(";")]
        metric = next((each[7:] for each in parts if each.startswith("metric ")), "")
        filters = tuple(each for each in parts if not each.startswith("metric "))
        yield Condition(kind, metric, filters, tuple(each.strip() for each in wordings.split(";")))


CONDITIONS = tuple(conditions())
PAIRS = tuple(
    (one, other) for one, other in permutations(CONDITIONS, 2)
    if one.kind != other.kind and {one.kind, other.kind} not in APART
)  # fmt: skip


def _metric(head: str, held: tuple[Condition, ...]) -> str | None:
    """What the head is called under these conditions; None where it does not go with them."""
    kinds = {each.kind for each in held}
    if kinds & {"product", "category"}:
        if len(kinds & {"product", "category"}) > 1:
            return None
        return {
            "orders": "items_sold",
            "items_sold": "items_sold",
            "net_sales": "product_net_sales",
        }.get(head)
    if "status" in kinds:
        return "orders_all_status" if head == "orders" else None
    return head


def _period(chance: Random, held: tuple[Condition, ...]) -> str:
    """`on a friday last week` is one day, and no condition."""
    is_of_days = any(each.kind == "day" for each in held)
    return chance.choice([each for each in PERIODS if not (is_of_days and each == "last week")])


def asked(chance: Random, held: tuple[Condition, ...]) -> Expected | None:
    head = chance.choice(list(HEADS))
    metric = _metric(head, held)
    if metric is None:
        head, metric = "orders", _metric("orders", held)
    if metric is None:
        return None
    said = chance.choice(HEADS[head])
    period = _period(chance, held)
    clauses = chance.choice(held[0].wordings)
    for each in held[1:]:
        clauses += f"{chance.choice(JOINTS)} {chance.choice(each.wordings)}"
    text = chance.choice(PLACES).format(head=said, clauses=clauses, period=period)
    query = {
        "metrics": [metric],
        "dimensions": [],
        "grain": None,
        "period": PERIODS[period],
        "filters": [filter_of(each) for one in held for each in one.filters],
        "top_n": None,
    }
    return Expected(text, query, (), "*", (), KNOWN)


def questions(number: int, seed: int) -> Iterator[Expected]:
    """Every pair of kinds in both orders, again and again in other words; then as many threes."""
    chance = Random(seed)
    for place in range(number):
        pair = PAIRS[place % len(PAIRS)]
        third = chance.choice(CONDITIONS)
        kinds = {each.kind for each in (*pair, third)}
        are_three = place % 3 == 2 and len(kinds) == 3 and not any(each <= kinds for each in APART)
        made = asked(chance, (*pair, third) if are_three else pair)
        if made:
            yield made


FIGURES = frozenset(
    {"net_sales", "items_sold", "product_net_sales", "aov", "median_order_value", "customers", "refunds"}
    | {"discounts", "taxes", "shipping", "gross_sales", "total_sales", "discount_rate", "refund_rate"}
    | {"items_per_order", "refunded_orders"}
)  # fmt: skip
"""Those that every condition of orders goes with."""
OF_ORDERS = ("{part} for orders {condition} {period}", "{part} of orders {condition} {period}",
             "{part} {period} for orders {condition}", "{part} {period}, only orders {condition}")  # fmt: skip
OF_RANKS = ("{part} {period}, only orders {condition}", "{part}, only orders {condition}, {period}")


def _is_said_twice(condition: Condition, dimensions: str) -> bool:
    """A condition on what the rows are of."""
    fields = {filter_of(each)["field"] for each in condition.filters}
    of_days = {"day_of_week", "is_weekend"}
    named = {each.strip() for each in dimensions.split(",")}
    beside = ("coupon" in fields and "has_coupon" in named) or bool(
        fields & of_days and named & of_days
    )
    return bool(fields & named) or beside


def figures(number: int, seed: int) -> Iterator[Expected]:
    """Figures, rows, ranks and courses in time, in all wordings (slots.txt), of orders under a
    condition."""
    chance = Random(seed)
    parts = [
        (slot, meaning, wording)
        for slot, meaning, wordings in lines()
        for wording in wordings
        if slot in ("metric", "by", "grain")
        and meaning[0] in FIGURES
        and not wording.startswith("*")
    ]
    for _ in range(number):
        slot, meaning, wording = chance.choice(parts)
        condition = chance.choice(CONDITIONS)
        period = _period(chance, (condition,))
        metric, rows, grain, top = _parts_of(slot, meaning)
        is_of_code = condition.kind == "coupon" and metric == "net_sales"
        if condition.metric or is_of_code or _is_said_twice(condition, rows):
            continue
        places = OF_RANKS if top else OF_ORDERS
        text = chance.choice(places).format(
            part=wording, condition=chance.choice(condition.wordings), period=period
        )
        query = {
            "metrics": [metric],
            "dimensions": [each.strip() for each in rows.split(",") if each.strip()],
            "grain": grain or None,
            "period": PERIODS[period],
            "filters": [filter_of(each) for each in condition.filters],
            "top_n": int(top) if top else None,
        }
        yield Expected(text, query, (), "*", (), KNOWN)


def _parts_of(slot: str, meaning: list[str]) -> tuple[str, str, str, str]:
    """Metric, rows, grain and rank of a line of slots.txt."""
    if slot == "by":
        return meaning[0], meaning[1], meaning[2], meaning[3]
    return (meaning[0], "", meaning[1] if slot == "grain" else "", "")


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_figures_of_orders_under_a_condition_mean_both(seed: int) -> None:
    hold_right(figures(1000, seed))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_conditions_together_mean_what_each_means(seed: int) -> None:
    wrong = [(each.text, found) for each in questions(1500, seed) if (found := difference(each))]
    shown = "\n".join(f"{text}: {found}" for text, found in wrong[:60])
    assert not wrong, f"{len(wrong)} of 1500\n{shown}"
