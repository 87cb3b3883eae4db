"""Two questions in one: each half says of its own what the other says, too, and otherwise."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from backshop.insights.planning import metrics, times
from backshop.insights.planning.lexicon import BEST, DIMENSION_NOUNS, WORST
from backshop.insights.planning.names import MARK, Named
from backshop.insights.planning.patterns import compiled
from backshop.insights.planning.text import Line

_BOTH_ENDS = rf"(?P<first>\b(?:{BEST}))(?: \w+)? ?(?:and|,|or|vs|/) (?:the |our )?(?:{WORST})\b"
_ENDS_OF = rf"(?P<first>\b(?:{WORST}))(?: \w+)? ?(?:and|,|or|vs|/) (?:the |our )?(?:{BEST})\b"
_JOINTS = r"(?<= )(?:, )?(?:and also|and then|and|also|plus|,|as well as)(?= )"
_COMPARED = r"\b(?:vs|compare\w*|comparison|than|against|difference|between)\b"
_ROWS = rf"\b(?:by|per|top|best|top \d+|best \d+|which|for each|each) (?:{'|'.join(noun for _, noun in DIMENSION_NOUNS)})\b"

_OF_BUYERS = (
    r"\b(?:from|of|by|to|for|with) (?:(?:the|our|new|returning|repeat|existing|first|time|guest|brand|old|loyal) )*"
    r"(?:customers?|buyers?|shoppers?|clients?|people|guests?)\b"
    r"|\b(?:only|just|for|of) (?:the |those )?orders\b|\bon an? \w+day\b"
    r"|\b(?:with|without|using) (?:an? |any |the |no )?(?:coupons?|discounts?|vouchers?|(?:discount |promo |coupon )?codes?)\b"
)
"""A condition, and no figure of its own."""


class Half(NamedTuple):
    metrics: frozenset[str]
    period: Any
    rows: str
    names: dict[str, frozenset[str]]


def first_of_two(line: str, named: list[tuple[Named, ...]], now: times.Now) -> str | None:
    """The first of two questions, should there be two."""
    if ends := compiled(_BOTH_ENDS).search(line) or compiled(_ENDS_OF).search(line):
        return _said(f"{line[: ends.end('first')]}{line[ends.end() :]}", named)
    if compiled(_COMPARED).search(line):
        return None
    for left, right in _halves(line):
        if _differ(_half(left, named, now), _half(right, named, now)) > 1:
            return _said(left, named)
    return None


def _halves(line: str) -> Iterator[tuple[str, str]]:
    for found in compiled(_JOINTS).finditer(line):
        yield line[: found.start()], line[found.end() :]


def _half(text: str, named: list[tuple[Named, ...]], now: times.Now) -> Half:
    rows = compiled(_ROWS).search(text)
    names: dict[str, frozenset[str]] = {}
    for mark in re.findall(rf"{MARK}(\d+)", text):
        each = named[int(mark)][0]
        names[each.field] = names.get(each.field, frozenset()) | {each.value}
    own = compiled(_OF_BUYERS).sub(" ", text)
    return Half(metrics.said(own), times.period(Line(own), now), rows[0] if rows else "", names)


def _differ(first: Half, then: Half) -> int:
    """In how many parts, of those that both name."""
    parts = [
        first.metrics and then.metrics and not first.metrics & then.metrics,
        first.period and then.period and first.period != then.period,
        first.rows and then.rows and first.rows.split()[-1] != then.rows.split()[-1],
    ]
    parts += [
        first.names[each] != then.names[each] for each in first.names.keys() & then.names.keys()
    ]
    return sum(map(bool, parts))


def _said(text: str, named: list[tuple[Named, ...]]) -> str:
    return re.sub(rf"{MARK}(\d+)", lambda found: named[int(found[1])][0].value, text)
