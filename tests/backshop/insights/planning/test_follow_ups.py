"""Questions that go on from another one (`follow_ups.txt`) change that of it which they name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.backshop.insights.planning.shop import KNOWN, Expected, filter_of, written
from tests.backshop.insights.planning.test_frames import ROWS, UNITS
from tests.backshop.insights.planning.test_planning import hold_right

FIRST = {
    "revenue in march": "net_sales | | | month march | | ",
    "how many orders did we get this year": "orders | | | cal year 0 | | ",
    "average order value last quarter": "aov | | | cal quarter -1 | | ",
    "what did we take last month": "net_sales | | | cal month -1 | | ",
    "refund rate in 2024": "refund_rate | | | range 2024-01-01 2024-12-31 | | ",
}
AVERAGED = {
    each: means for each, means in FIRST.items() if means.startswith(("aov", "refund_rate"))
}
"""Sums and counts of a code have figures of their own."""
RANKED = {"best sellers this year": "items_sold | product | | cal year 0 | | 10"}
OF_FRANCE = {
    "revenue from france last month": "net_sales | | | cal month -1 | country = FR | ",
    "orders in france this year by month": "orders | | month | cal year 0 | country = FR | ",
}
OF_A_UNIT = {
    "month": {"revenue last month": "net_sales | | | cal month -1 | | "},
    "quarter": {"orders last quarter": "orders | | | cal quarter -1 | | "},
    "week": {"aov last week": "aov | | | cal week -1 | | "},
}
PERIODS = {
    "cal month 0": "this month",
    "cal week -1": "last week",
    "quarter 2": "q2",
    "range 2023-01-01 2023-12-31": "2023",
    "month april": "april",
    "last 90 day": "the last 90 days",
}
FIGURES = {"discounts": "discounts", "taxes": "taxes", "gross_sales": "gross sales", "items_sold": "items sold", "new_customers": "new customers"}  # fmt: skip
NAMES = {"DE": "germany", "AT": "austria", "GB": "the uk"}

Change = Callable[[Random], tuple[dict[str, str], dict[str, Any], dict[str, str]]]
"""What the question goes on from, what changes of it, and what stands in the wording."""


def _filter(text: str, firsts: dict[str, str] = FIRST) -> Change:
    return lambda chance: (firsts, {"filters": [filter_of(text)]}, {})


def _named(sign: str) -> Change:
    def change(chance: Random) -> tuple[dict[str, str], dict[str, Any], dict[str, str]]:
        code, name = chance.choice(list(NAMES.items()))
        return FIRST, {"filters": [filter_of(f"country {sign} {code}")]}, {"x": name}

    return change


def _swapped(chance: Random) -> tuple[dict[str, str], dict[str, Any], dict[str, str]]:
    code, name = chance.choice(list(NAMES.items()))
    return OF_FRANCE, {"filters": [filter_of(f"country = {code}")]}, {"x": "france", "y": name}


def _grain(chance: Random) -> tuple[dict[str, str], dict[str, Any], dict[str, str]]:
    unit = chance.choice(("week", "month"))
    return FIRST, {"grain": unit}, {"u": unit, "ly": UNITS[unit]}


def _rows(chance: Random) -> tuple[dict[str, str], dict[str, Any], dict[str, str]]:
    row = chance.choice(("country", "payment_method"))
    one, many = ROWS[row]
    return FIRST, {"dimensions": [row]}, {"d": one, "ds": many}


def _period(chance: Random) -> tuple[dict[str, str], dict[str, Any], dict[str, str]]:
    period, said = chance.choice(list(PERIODS.items()))
    wanted = written(["", "x", "", "", period, "", "", ""], KNOWN).query or {}
    return FIRST, {"period": wanted["period"]}, {"p": said}


def _year(chance: Random) -> tuple[dict[str, str], dict[str, Any], dict[str, str]]:
    return FIRST, {"compare": "previous_year"}, {}


def _before(chance: Random) -> tuple[dict[str, str], dict[str, Any], dict[str, str]]:
    unit = chance.choice(list(OF_A_UNIT))
    return OF_A_UNIT[unit], {"compare": "previous_period"}, {"u": unit}


def _figure(chance: Random) -> tuple[dict[str, str], dict[str, Any], dict[str, str]]:
    name, said = chance.choice(list(FIGURES.items()))
    return FIRST, {"metrics": [name]}, {"m": said}


def _ranked(sign: int) -> Change:
    def change(chance: Random) -> tuple[dict[str, str], dict[str, Any], dict[str, str]]:
        number = chance.choice((3, 5))
        return RANKED, {"top_n": sign * number}, {"n": str(number)}

    return change


KINDS: dict[str, Change] = {
    "only": _named("="),
    "swap": _swapped,
    "without": _named("!="),
    "grain": _grain,
    "rows": _rows,
    "period": _period,
    "year": _year,
    "before": _before,
    "figure": _figure,
    "top": _ranked(1),
    "worst": _ranked(-1),
    "limit": lambda chance: (FIRST, {"filters": [filter_of("order_total > 80")]}, {"n": "80"}),
    "new": _filter("customer_type = new"),
    "weekend": _filter("is_weekend = true"),
    "coupon": _filter("coupon = SAVE10", AVERAGED),
}


def wordings() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in (Path(__file__).parent / "follow_ups.txt").read_text().splitlines():
        if not line.startswith("#"):
            kind, said = line.split("|")
            found[kind.strip()] = [each.strip() for each in said.split(";")]
    return found


def questions(kind: str, rounds: int, seed: int) -> Iterator[Expected]:
    chance = Random(seed)
    for _ in range(rounds):
        for said in wordings()[kind]:
            firsts, changed, words = KINDS[kind](chance)
            first, means = chance.choice(list(firsts.items()))
            yield _gone_on(first, means, changed, said.format(**words))


def _gone_on(first: str, means: str, changed: dict[str, Any], said: str) -> Expected:
    asked = written([first, *(each.strip() for each in f"{means}|*".split("|"))], KNOWN)
    query = {**(asked.query or {}), **changed}
    if compare := query.pop("compare", None):
        query["period"] = query["period"] | {"compare": compare}
    return replace(asked, text=said, query=query, before=(first,))


@pytest.mark.parametrize("kind", list(KINDS))
def test_what_goes_on_changes_what_it_names(kind: str) -> None:
    hold_right(questions(kind, 3, 4))
