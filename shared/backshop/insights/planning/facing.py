"""Things of a kind that a question sets against each other, in whatever words: names, days of the
week, types of customers. They are rows of their kind."""

from __future__ import annotations

import re
from typing import NamedTuple

from backshop.insights.planning import metrics
from backshop.insights.planning.filters import KIND, KINDS, limit, put
from backshop.insights.planning.patterns import compiled
from backshop.insights.planning.reading import Reading
from backshop.insights.planning.text import Line
from backshop.insights.planning.times import LONG_WEEKDAY
from backshop.insights.semantic.models import Dimension
from backshop.insights.semantic.periods import WEEKDAYS

D = Dimension
_IT = "¦"
"""Stands for each of the things while it is looked how they are set against each other."""

_MORE = r"(?:(?<!or )(?:more|less|fewer|better|worse|higher|lower|bigger|smaller|larger|greater|busier|quieter|faster|slower|stronger|weaker)(?! than (?:\d|¤)))"
_NEAR = r"(?: (?!than |or |and )[^\s¦,]+){0,4}"
_THAT = (
    r"(?:(?:that|those|the (?:one|ones)) )?(?:(?:on|of|in|from|for|with|by|to|via) )?(?:the |our )?"
)
_CUES = (
    rf"{_IT}{_NEAR} (?:vs|against|next to|beside|alongside|side by side with|as opposed to|compared (?:to|with)) {_THAT}{_IT}",
    rf"\b{_MORE}\b[^{_IT}]*{_IT}.* (?:or|than) {_THAT}{_IT}",
    rf"{_IT}.* (?:or|than) {_THAT}{_IT}.*\b{_MORE}\b",
    rf"{_IT}[^{_IT}]*\b{_MORE}\b[^{_IT}]* (?:or|than) [^{_IT}]*{_IT}",
    rf"\b(?:which|who|what|where)\b.*\b(?:{_MORE}|most|ahead)\b.*{_IT} or {_THAT}{_IT}",
    rf", {_IT} or {_THAT}{_IT} *$",
    rf"{_IT} or {_THAT}{_IT} [:,]? ?(?:which|who|what)\b",
    rf"{_IT} (?:and|,) {_THAT}{_IT}[ ,]*(?:side by side|separate(?:ly)?|individually|one by one|apart|each on (?:its|it is|their) own)\b",
    rf"\b(?:separate(?:ly)?|individually) (?:for|of|in|from|by|on) {_IT} and {_THAT}{_IT}",
    rf"\bsplit between {_IT} and {_IT}",
    rf"\b(?:compare|comparing|comparison of|difference in)\b[^{_IT}]*{_IT} (?:and|with|to|against) {_THAT}{_IT}",
    rf"\bhow (?:does|do|did|is|are|was|were)\b[^{_IT}]*{_IT} (?:compare|compared|do|doing|fare|stack up|measure up|hold up) (?:with|to|against) {_THAT}{_IT}",
    rf"\bbetween {_IT} and {_IT}[ ,]*(?:which|who|what)\b",
    rf"{_IT}[^{_IT}]*,? and (?:how many|how much|what (?:was|is|were) (?:it|that|they))[^{_IT}]*{_IT}",
    rf"{_IT}[^{_IT}]*, and {_THAT}{_IT} (?:too|as well)\b",
    rf"{_IT} outs(?:ell|elling|old|ells) {_IT}",
)
_OF_TWO = rf"\b(?:which|who|what)(?: one)? (?:is|was|has|had|have|were|are|comes out|came out|of them is) (?:the )?{_MORE}\b(?: one)?|\b(?:is|was|are|were) (?:the )?{_MORE}(?= *(?:$|,|for|in|of|on|with|from|than|or))|\b(?:has|have|had|having) (?:an? |the )?{_MORE}(?= (?!than ))|\b(?:which|who|what) (?:is|was) ahead in\b|\bso (?:that )?(?:i|we) can compare(?: them| the two)?\b"
_JOINT = rf"(?:,? ?\b(?:vs|against|next to|beside|alongside|as opposed to|compared (?:to|with)|than|or)) (?=(?:that |those )?(?:(?:on|of|in|from|for|with|by|to|via) )?(?:the |our )?{_IT})"


class _Thing(NamedTuple):
    start: int
    end: int
    value: str
    """Of a name its mark: names stay marked, and are read with the others."""


def read(reading: Reading) -> None:
    """Before anything is taken out of the line."""
    if _IT in reading.line.text:
        return
    for field in _things(reading):
        found = _things(reading).get(field, [])
        if len({each.value for each in found}) > 1 and _are_faced(reading.line, field, found):
            _read_rows(reading, field, found)


def _things(reading: Reading) -> dict[str, list[_Thing]]:
    text = reading.line.text
    found: dict[str, list[_Thing]] = {}
    for each in compiled(r"(?:\b(?:the|our|my) )?@x(\d+)(?!\w)").finditer(text):
        field = reading.named[int(each[1])][0].field
        found.setdefault(field, []).append(_Thing(each.start(), each.end(), each[1]))
    for each in compiled(rf"(?<!last )(?<!this )(?<!next )\b(?:the )?{LONG_WEEKDAY}s?\b").finditer(
        text
    ):
        day = str(WEEKDAYS.index(each[1]) + 1)
        found.setdefault(D.DAY_OF_WEEK, []).append(_Thing(each.start(), each.end(), day))
    for each in compiled(_TYPES).finditer(text):
        kind = KINDS[each["kind"]] if each["kind"] else "guest"
        found.setdefault(D.CUSTOMER_TYPE, []).append(_Thing(each.start(), each.end(), kind))
    return found


_WHO = r"(?:customers?|buyers?|shoppers?|clients?|ones|people)"
_TYPES = rf"\b(?:(?:the|our|my) )?(?:{KIND}(?: {_WHO}|(?= (?:and|or|vs|than) (?:for |of |from |by )?(?:the |our )?(?:new|first time|returning|repeat|existing|old) {_WHO}))|guests)\b"
_BOTH_TYPES = rf"{_IT} (?:and|,) {_THAT}{_IT}"
"""Which nobody asks for as one."""


def _masked(text: str, found: list[_Thing]) -> str:
    for each in reversed(found):
        text = f"{text[: each.start]}{_IT}{text[each.end :]}"
    return text


def _are_faced(line: Line, field: str, found: list[_Thing]) -> bool:
    masked = _masked(line.text, found)
    cues = (*_CUES, _BOTH_TYPES) if field == D.CUSTOMER_TYPE else _CUES
    return any(compiled(each).search(masked) for each in cues)


def _read_rows(reading: Reading, field: str, found: list[_Thing]) -> None:
    text = reading.line.text
    masked = _as_list(_masked(text, found))
    if field == D.CUSTOMER_TYPE:
        masked = compiled(_LISTED).sub(" ~ ", compiled(_SUBJECT).sub(r"\1 we", masked))
        if not any(metrics.said_in(Line(masked))) and not compiled(_SPEND).search(masked):
            return  # Both are figures: `new customers vs returning customers`.
    elif field == D.DAY_OF_WEEK:
        masked = compiled(_LISTED).sub(" ~ ", masked)
        days = dict.fromkeys(int(each.value) for each in found)
        put(reading, limit(D.DAY_OF_WEEK, "in", tuple(days)))
    if field in (D.CUSTOMER_TYPE, D.DAY_OF_WEEK):
        reading.dimensions.append(Dimension(field))
    else:
        held = iter([text[each.start : each.end] for each in found])
        masked = compiled(_IT).sub(lambda _: next(held), masked)
        reading.is_facing = True
    reading.has_faced = True
    reading.line.text = re.sub(r"\s+", " ", masked)


_LISTED = rf"{_THAT}{_IT}(?: (?:and|,) {_THAT}{_IT})*"
_SUBJECT = rf"\b(do|did|have|does|has) {_IT}"
_SPEND = r"\b(?:spend|spends|spent|orders?)\b"


def _as_list(masked: str) -> str:
    """Without the words that set the things against each other."""
    if not compiled(_OTHER_PERIOD).search(masked):
        masked = compiled(_HOW).sub(" ", masked)
        masked = compiled(_COMPARE).sub(" ", masked)
        masked = compiled(rf" (?:compare )?(?:with|to) (?={_THAT}{_IT})").sub(" and ", masked)
    masked = compiled(_APART).sub(" ", compiled(_OF_TWO).sub(" ", masked))
    return f" {' '.join(compiled(_JOINT).sub(' and ', masked).split())} "


_COMPARE = rf"\b(?:compare|comparing|comparison of|difference in)\b(?=[^{_IT}]*{_IT})|\bcompared? (?=(?:with|to|against) {_THAT}{_IT})"
_HOW = rf"\bhow (?:does|do|did) (?=[^{_IT}]*{_IT}.*\bcompared? (?:with|to|against) {_THAT}{_IT})"
_OTHER_PERIOD = r"\b(?:with|to|vs|against|than) (?:the )?(?:last|previous|year|month|week|quarter|same|one before)\b"
_APART = r"[ ,]*\b(?:side by side(?: with)?|separate(?:ly)?|individually|one by one|each on (?:its|it is|their) own|split between)\b"
