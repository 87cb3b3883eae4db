"""The period, what it is compared with, and the grain."""

from __future__ import annotations

import re
from calendar import monthrange

from backshop.insights.planning import declining, filters, lexicon, names, times
from backshop.insights.planning.models import Known
from backshop.insights.planning.reading import Reading, Refused, add_rows, declined
from backshop.insights.planning.text import Line
from backshop.insights.semantic.models import Dimension, NamedMonth, NamedQuarter, Period, Range
from backshop.insights.semantic.wording import plain

D = Dimension


_NOT_COMPARED = (
    "A period is compared with the one before, the same a year before, or a month, quarter or day"
    " by name: ask for the two one after the other."
)


_AGAINST = r"^ (?:(?:and|now|ok|please) )?(?:vs|against|compared? (?:it |that |this |them )?(?:to|with|against))\b"


_NO_DAY = re.compile(
    r"\b(?P<y>(?:19|20)\d\d)-(?P<m>\d\d)-(?P<d>\d\d)\b"
    rf"|\b(?P<d2>29|3[01])(?:st|nd|rd|th)? (?:of )?(?P<m2>{times.MONTH[1:-1]})\b(?: (?P<y2>(?:19|20)\d\d))?"
    rf"|\b(?P<m3>{times.MONTH[1:-1]}) (?:the )?(?P<d3>29|3[01])(?:st|nd|rd|th)?(?= *$| ,| to | and | until |\b ~)(?: ,)?(?: (?P<y3>(?:19|20)\d\d))?"
)


_LEAP_YEAR = 2024


def _decline_no_day(line: Line) -> None:
    """A day that no calendar has (`30 february`) is not taken for its month."""
    for found in _NO_DAY.finditer(line.text):
        said = found.groupdict()
        day = int(said["d"] or said["d2"] or said["d3"])
        year = int(said["y"] or said["y2"] or said["y3"] or _LEAP_YEAR)
        name = said["m"] or said["m2"] or said["m3"]
        month = int(name) if name.isdigit() else times.month_number(name)
        if not 1 <= month <= 12 or not 1 <= day <= monthrange(year, month)[1]:
            text = f"There is no {found[0].strip(' ,')}: name a day that there is."
            raise Refused(declined(text, [found[0].strip(" ,")]))


def read(reading: Reading, known: Known, now: times.Now) -> None:
    line = reading.line
    while line.take(
        r"\b(?:by|per|for each|each) (?:month of (?:the )?year|calendar months?)\b|\b(?:which|what) months?\b(?= (?:[~%\w]+ ){0,3}(?:usually|typically|normally|generally|always|tend))|\b(?:seasonality|seasonal(?: pattern| trend)?s?)\b"
    ):
        add_rows(reading, D.MONTH)
    if line.has(times.TREND):
        reading.has_trend = True
        line.take(times.TREND)
    reading.is_stepwise = line.has(times.STEPWISE)
    reading.grain = reading.grain or times.grain(line)
    reading.is_against = line.has(_AGAINST)
    if line.has(times.VAGUE_THIRD) and not line.has(r"\b(?:since|until|till|by|before|from)\b"):
        reading.notes.append(
            "Of a month, early is taken as the days to the 10th, mid to the 20th, late from the 21st."
        )
    _decline_no_day(line)
    if line.has(r"\bfy20\d\dto20\d\d\b"):
        reading.notes.append("The financial year is taken from April to March.")
    held, is_thanksgiving = reading.period, line.has(r"\bthanksgiving\b")
    feast = _feast_marked(line)
    period, compare, other = times.comparison(line, now)
    if other is not None:
        raise Refused(declined(_NOT_COMPARED, ["a comparison of these periods"]))
    reading.period = held or period
    if feast:
        _decline_feast(reading, feast, known)
    if period is not None:
        filters.read_weekday(reading)
    reading.compare = compare
    declining.decline_what_is_to_come(reading, period, now)
    if is_thanksgiving and compare:
        raise Refused(declined(_NOT_COMPARED, ["thanksgiving of another year"]))
    if reading.grain is None:
        reading.grain = times.grain(line)


_ITS_TIME = r"on|during|over|around|for|since|after|before|this|last|at|in"


_ITS_NOUN = r"days?|weeks?|season|period|time|sales?|orders?|revenue|turnover|business|rush"


_FEAST = "afeast"
"""Stands for a feast while periods are looked for, so that no part of it is taken for one."""


def _feast_marked(line: Line) -> str | None:
    found = line.find(rf"\b(?:{lexicon.FEASTS})\b")
    if found is None:
        return None
    line.text = f"{line.text[: found.start()]}{_FEAST}{line.text[found.end() :]}"
    return found[0]


def _decline_feast(reading: Reading, said: str, known: Known) -> None:
    """Diwali or the Christmas season, unless days are named beside it: which days are meant is not
    guessed. A part of a product's name is one, unless it is spoken of as a time."""
    line, held = reading.line, reading.period
    is_dated = isinstance(held, Range | NamedMonth | NamedQuarter) and not _is_whole_years(held)
    is_time = line.has(
        rf"\b(?:{_ITS_TIME}) (?:the )?{_FEAST}\b|\b{_FEAST} (?:{_ITS_NOUN})\b|^ {_FEAST} $"
    )
    of_name = names.of_parts([said], names.index(known)) if " " not in said else None
    line.text = line.text.replace(_FEAST, said if of_name else "~")
    if is_dated or (of_name is not None and not is_time):
        return
    called = plain(said.replace("lunarnewyear", "chinese new year"))
    raise Refused(
        declined(
            f"Which days {called} means is not known here: name them, such as sales from 1 to 5"
            " November.",
            [f"the dates of {called}"],
        )
    )


def _is_whole_years(held: Period) -> bool:
    return isinstance(held, Range) and (held.end - held.start).days >= 364
