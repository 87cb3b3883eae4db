"""Questions against the queries that they mean, every field of them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from backshop.insights.answers import kind_of
from backshop.insights.planning.models import Asked, Declined, Known, Plan
from backshop.insights.planning.rules import plan
from backshop.insights.semantic.checking import checked
from backshop.insights.semantic.metrics import METRICS
from backshop.insights.semantic.models import SemanticQuery, Unit
from backshop.insights.semantic.periods import Calendars, buckets, window
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.backshop.insights.planning.shop import (
    KNOWN,
    SET_ASIDE,
    TODAY,
    Expected,
    questions,
)

ANY = "*"
"""A chart that a question is not about."""


def answered(question: Expected) -> Plan | Declined:
    before: SemanticQuery | None = None
    for text in question.before:
        made = plan(Asked(text, question.day, before=before), question.shop)
        before = made.query if isinstance(made, Plan) else before
    return plan(Asked(question.text, question.day, before=before), question.shop)


def difference(question: Expected) -> dict[str, Any]:
    """What of the plan is not as expected: field, found, expected."""
    made = answered(question)
    if question.query is None:
        if isinstance(made, Declined) and set(question.missing) <= set(made.missing):
            return {}
        return {"refusal": (made, question.missing)}
    if isinstance(made, Declined):
        return {"refused": (made.text, made.missing)}
    found = made.query.as_json()
    wrong = {
        name: (found[name], wanted)
        for name, wanted in question.query.items()
        if _unordered(found[name]) != _unordered(wanted)
    }
    if question.chart not in (ANY, kind := _chart(made.query, question.day)):
        wrong["chart"] = (kind, question.chart)
    return wrong


def hold_right(asked: Iterable[Expected]) -> None:
    """That all are read as expected; of the others the first are shown, with what they follow."""
    every = list(asked)
    wrong = [(each, found) for each in every if (found := difference(each))]
    shown = "\n".join(f"{each.before or ''} > {each.text}: {found}" for each, found in wrong[:80])
    assert every
    assert not wrong, f"{len(wrong)} of {len(every)}\n{shown}"


def _unordered(part: Any) -> Any:
    """Filters mean the same in any order, and so do the values of one."""
    if not isinstance(part, list) or not part or not isinstance(part[0], dict):
        return part
    return sorted(
        json.dumps(each | {"value": _sorted(each["value"])}, sort_keys=True) for each in part
    )


def _sorted(value: Any) -> Any:
    return sorted(value) if isinstance(value, list) else value


def _chart(query: SemanticQuery, day: date) -> str:
    number = 0
    if query.grain and query.period:
        number = len(buckets(window(query.period, Calendars(day)), Unit(query.grain)))
    return kind_of(query, number)


@pytest.mark.parametrize("question", list(questions("known.txt")), ids=lambda each: each.text)
def test_known_questions_mean_their_queries(question: Expected) -> None:
    assert difference(question) == {}


@pytest.mark.parametrize(("name", "shop", "day"), SET_ASIDE)
def test_questions_set_aside_mean_their_queries(name: str, shop: Known, day: date) -> None:
    """At least 95 in a hundred in every field, and 3 refused wrongly at most."""
    asked = list(questions(name, shop, day))
    wrong = [(each, found) for each in asked if (found := difference(each))]
    refused = [each for each, found in wrong if "refused" in found]
    answerable = [each for each in asked if each.query is not None]
    shown = "\n".join(f"{each.text}: {found}" for each, found in wrong)
    assert len(wrong) <= 0.05 * len(asked), shown
    assert len(refused) <= 0.03 * len(answerable), shown
    assert not [each for each, _ in wrong if each.query is None], shown


PIECES = st.sampled_from(
    [
        *(word for each in questions("known.txt") for word in each.text.split()),
        *(
            "vs",
            "and",
            "~",
            "@x0",
            "%m",
            "¤",
            "2025",
            "0",
            "999999999",
            "31/31/2025",
            "not",
            ",",
            "?",
        ),
    ]
)


@settings(max_examples=400, deadline=None)
@given(st.lists(PIECES, min_size=1, max_size=12), st.lists(PIECES, max_size=6))
def test_no_words_in_any_order_are_an_error(first: list[str], then: list[str]) -> None:
    """And whatever is planned can be asked, and goes on."""
    made = plan(Asked(" ".join(first), TODAY), KNOWN)
    before = made.query if isinstance(made, Plan) else None
    for each in (made, plan(Asked(" ".join(then), TODAY, before=before), KNOWN)):
        if isinstance(each, Plan):
            assert checked(SemanticQuery.model_validate(each.query.as_json())).query == each.query
        else:
            assert each.text


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=120))
def test_no_text_is_an_error(text: str) -> None:
    assert plan(Asked(text, TODAY), KNOWN)


def test_every_metric_is_found_by_its_words() -> None:
    """A new metric is found as soon as it is declared."""
    lost = []
    for metric in METRICS.values():
        made = plan(Asked(metric.words[0], TODAY), KNOWN)
        if not isinstance(made, Plan) or metric.name not in made.query.metrics:
            lost.append((metric.name, metric.words[0], made))
    assert not lost


@pytest.mark.parametrize(
    "text",
    [
        "orders the 2026 months before the 2026 months before may",
        "sales in the 900 years up to march 2020",
        "units in the 2026 quarters from easter",
    ],
)
def test_a_span_that_no_calendar_has_is_no_error(text: str) -> None:
    assert plan(Asked(text, TODAY), KNOWN)


@pytest.mark.parametrize(
    "text",
    [
        "sales from 2025-02-30 to 2025-03-01",
        "sales on the 31st of february",
        "sales from 31 november 2024 to 5 december 2024",
        "orders since 30 feb",
        "orders on feb 30th",
        "orders on 29 february 2025",
        "sales since 2025-13-01",
    ],
)
def test_a_day_that_no_calendar_has_is_not_taken_for_another(text: str) -> None:
    made = plan(Asked(text, TODAY), KNOWN)
    assert isinstance(made, Declined)
    assert "name a day that there is" in made.text


def test_the_29_of_february_is_of_its_leap_year() -> None:
    made = plan(Asked("orders on 29 february", TODAY), KNOWN)
    assert isinstance(made, Plan)
    assert made.query.as_json()["period"]["start"] == "2024-02-29"


@pytest.mark.parametrize("then", ["and the weekend before?", "and the year before?"])
def test_what_goes_on_before_all_calendars_is_refused(then: str) -> None:
    first = plan(Asked("sales in 1990", TODAY), KNOWN)
    assert isinstance(first, Plan)
    made = plan(Asked(then, TODAY, before=first.query), KNOWN)
    assert isinstance(made, Declined)
    assert made.missing == ("days so long ago",)


@pytest.mark.parametrize("status", ["awaiting (b2b", "paid*+", "ready [shelf"])
def test_a_shop_may_call_a_status_anything(status: str) -> None:
    shop = replace(KNOWN, statuses=(*KNOWN.statuses, status))
    assert isinstance(plan(Asked("orders by status last month", TODAY), shop), Plan)
