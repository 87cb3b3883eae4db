"""What a pattern needs of a text is read off the pattern: no text that it finds is passed over."""

from __future__ import annotations

import re

import pytest
from backshop.insights.planning import patterns, phrasing, text, times
from backshop.insights.planning.lexicon import DIMENSION_NOUNS, MISSING
from backshop.insights.planning.metrics import IDIOMS
from backshop.insights.planning.models import Asked
from backshop.insights.planning.patterns import Pattern, Patterns, Rewriting, compiled, needs
from backshop.insights.planning.rules import plan
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.backshop.insights.planning.shop import KNOWN, TODAY, questions

SOURCES = (
    *(each.pattern for each in IDIOMS),
    *(each.pattern for each in MISSING),
    *(pattern for pattern, _ in (*phrasing._RULES, *times._FORMS, *text._SHORT, *text._SPELLED_OUT)),
    *(rf"\b(?:{noun})\b" for _, noun in DIMENSION_NOUNS),
)  # fmt: skip


@pytest.mark.parametrize(
    ("pattern", "groups"),
    [
        (r"\bwho(?:'s| is) gone quiet\b", [{"quiet"}]),
        (r"\b(?:best|top) sellers?\b", [{"seller", "sellers"}]),
        (r"\bdiscount\w* codes\b", [{"codes"}, {"dis"}]),
        (r"\b(?:the )*weeks?\b", [{"week", "weeks"}]),
        (r"\blast (?P<n>\d+) days\b", [{"last"}, {"days"}]),
        (r"(?<=in )q[1-4](?!\w)", [{"q1", "q2", "q3", "q4"}]),
        (r"\b(?:re ?)?order", [{"reo", "ord"}]),
        (r"order", []),
        (r"\b(?:the |a )?", []),
        (r"@x\d+ (?=sales|revenue)", [{"sal", "rev"}, {"@"}]),
    ],
)
def test_the_rarest_words_are_needed(pattern: str, groups: list[set[str]]) -> None:
    assert list(map(set, needs(pattern))) == groups


@settings(max_examples=600, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_what_patterns_are_of_has_their_words(data: st.DataObject) -> None:
    pattern = data.draw(st.sampled_from(SOURCES))
    held = data.draw(st.from_regex(re.compile(pattern, re.ASCII)))
    if re.search(pattern, held):
        assert compiled(pattern).may_be_in(held)


def test_no_question_finds_what_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    passed, looked = Pattern.may_be_in, set()

    def checked(pattern: Pattern, text: str) -> bool:
        is_there = passed(pattern, text)
        looked.add(pattern.source)
        assert is_there or not re.search(pattern.source, text), (pattern.source, text)
        return is_there

    monkeypatch.setattr(Pattern, "may_be_in", checked)
    for each in list(questions("known.txt"))[::4]:
        plan(Asked(each.text, TODAY), KNOWN)
    assert len(looked) > 500


def test_rules_are_tried_in_their_order_on_what_those_before_left() -> None:
    rewritten = Rewriting(((r"\bone\b", "two"), (r"\btwo\b", "three"), (r"\bone\b", "four")))
    assert rewritten("one five one") == "three five three"
    assert Rewriting(((r"\btwo\b", "three"), (r"\bone\b", "two")))("one two") == "two three"


def test_of_many_those_are_looked_for_that_may_be_there() -> None:
    held = Patterns((r"\bbest sellers?\b", r"\d", r"\brefunds?\b", r"x"))
    assert held.places("refunds of 2024") == [1, 2, 3]
    assert held.places("best seller") == [0, 3]
    assert patterns.words_of("best 3") >= {"best", "bes", "3"}
