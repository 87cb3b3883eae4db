"""Sentences that merchants put figures, rows, courses and comparisons in (`frames.txt`) mean what
they hold."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from tests.backshop.insights.planning.shop import KNOWN, Expected, written
from tests.backshop.insights.planning.test_planning import hold_right

FIGURES = {
    "net_sales": ("revenue", "sales", "turnover", "net sales"),
    "orders": ("orders", "number of orders"),
    "aov": ("average order value", "aov"),
    "items_sold": ("units sold", "items sold"),
    "refunds": ("refunds", "refund amount"),
    "refund_rate": ("refund rate", "return rate"),
    "discounts": ("discounts",),
    "taxes": ("vat", "taxes"),
    "shipping": ("shipping fees",),
    "customers": ("number of customers",),
    "gross_sales": ("gross sales",),
    "median_order_value": ("median order value",),
    "items_per_order": ("items per order",),
    "new_customers": ("new customers",),
    "returning_customers": ("returning customers",),
    "discounted_orders": ("discounted orders",),
    "repeat_customer_rate": ("repeat rate",),
}
OF_LEVELS = ("net_sales", "orders", "aov", "items_sold", "refunds", "refund_rate", "discounts", "taxes", "gross_sales")  # fmt: skip
ROWS = {
    "country": ("country", "countries"),
    "category": ("category", "categories"),
    "payment_method": ("payment method", "payment methods"),
    "channel": ("channel", "channels"),
    "currency": ("currency", "currencies"),
}
RANKED = {"country": ("country", "countries"), "product": ("product", "products"), "category": ("category", "categories")}  # fmt: skip
BY_GOODS = {"net_sales": "product_net_sales", "items_sold": "items_sold", "refunds": "refunds"}
"""What is known of goods, and how it is called of them."""
UNITS = {"day": "daily", "week": "weekly", "month": "monthly", "quarter": "quarterly"}
PERIODS = {
    "cal month -1": "last month",
    "month march": "in march",
    "cal year 0": "this year",
    "last 30 day": "in the last 30 days",
    "quarter 2": "in q2",
    "range 2024-01-01 2024-12-31": "in 2024",
}
LAST = {"week": "last week", "month": "last month", "quarter": "last quarter"}


def sentences() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in (Path(__file__).parent / "frames.txt").read_text().splitlines():
        if line.strip() and not line.startswith("#"):
            kind, said = line.split("|")
            held = [each.strip() for each in said.split(";")]
            found.setdefault(kind.strip(), []).extend(held)
    return found


def _figure(chance: Random, names: tuple[str, ...] = tuple(FIGURES)) -> tuple[str, str]:
    name = chance.choice(names)
    return name, chance.choice(FIGURES[name])


def _of_figures(chance: Random, sentence: str) -> tuple[str, str]:
    name, said = _figure(chance)
    period, when = chance.choice(list(PERIODS.items()))
    return sentence.format(m=said, p=when), f"{name} | | | {period} | | "


def _of_rows(chance: Random, sentence: str) -> tuple[str, str]:
    row, (one, many) = chance.choice(list(ROWS.items()))
    is_of_goods = row == "category"
    name, said = _figure(chance, tuple(BY_GOODS) if is_of_goods else OF_LEVELS)
    name = BY_GOODS[name] if is_of_goods else name
    period, when = chance.choice(list(PERIODS.items()))
    return sentence.format(m=said, p=when, d=one, ds=many), f"{name} | {row} | | {period} | | "


def _of_courses(chance: Random, sentence: str) -> tuple[str, str]:
    name, said = _figure(chance, OF_LEVELS)
    unit, adverb = chance.choice(list(UNITS.items()))
    period, when = chance.choice([("cal year 0", "this year"), ("range 2024-01-01 2024-12-31", "in 2024")])  # fmt: skip
    return sentence.format(m=said, p=when, u=unit, ly=adverb), f"{name} | | {unit} | {period} | | "


def _of_years(chance: Random, sentence: str) -> tuple[str, str]:
    name, said = _figure(chance, OF_LEVELS)
    period, when = chance.choice([("cal month 0", "this month"), ("cal month -1", "last month"), ("cal quarter 0", "this quarter"), ("cal year 0", "this year"), ("last 30 day", "in the last 30 days")])  # fmt: skip
    return sentence.format(m=said, p=when), f"{name} | | | {period} vs previous_year | | "


def _of_befores(chance: Random, sentence: str) -> tuple[str, str]:
    name, said = _figure(chance, OF_LEVELS)
    unit, when = chance.choice(list(LAST.items()))
    means = f"{name} | | | cal {unit} -1 vs previous_period | | "
    return sentence.format(m=said, p=when, u=unit), means


def _of_tops(chance: Random, sentence: str) -> tuple[str, str]:
    row, (_, many) = chance.choice(list(RANKED.items()))
    is_of_goods = row in ("category", "product")
    name, said = _figure(chance, tuple(BY_GOODS) if is_of_goods else ("net_sales", "orders", "aov", "items_sold"))  # fmt: skip
    name = BY_GOODS[name] if is_of_goods else name
    period, when = chance.choice(list(PERIODS.items()))
    number = chance.choice((3, 5, 10))
    return sentence.format(m=said, p=when, ds=many, n=number), f"{name} | {row} | | {period} | | {number}"  # fmt: skip


KINDS = {
    "figure": _of_figures,
    "row": _of_rows,
    "grain": _of_courses,
    "year": _of_years,
    "before": _of_befores,
    "top": _of_tops,
}


def questions(kind: str, rounds: int, seed: int) -> Iterator[Expected]:
    """Every sentence of the kind in so many rounds, each time of something else."""
    chance = Random(seed)
    for _ in range(rounds):
        for sentence in sentences()[kind]:
            text, means = KINDS[kind](chance, sentence)
            yield written([text, *(each.strip() for each in f"{means}|*".split("|"))], KNOWN)


@pytest.mark.parametrize("kind", list(KINDS))
def test_sentences_mean_what_they_hold(kind: str) -> None:
    hold_right(questions(kind, 4, 1))
