"""Periods that are reckoned from others, however these are named: `the first half of last quarter`,
`3 weeks before easter`, `from the summer until last week`, `this year without december`.

What a period is reckoned from is the longest run of words behind that is a period of its own.
"""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date, timedelta
from itertools import takewhile
from re import Match

from backshop.insights.planning import times
from backshop.insights.planning.patterns import compiled
from backshop.insights.planning.text import Line
from backshop.insights.planning.times import Now
from backshop.insights.semantic.models import (
    AllTime,
    Calendar,
    NamedMonth,
    NamedQuarter,
    Period,
    Range,
)
from backshop.insights.semantic.periods import DAY, WEEKDAYS, Window, window

_MOST = 7
"""Words of the period that another is reckoned from."""
_EDGE = compiled(r"^(?:the )?(end|start|beginning|begin) of ")
_BEGINS = compiled(
    rf"(?:the )?(?:\d|{times.MONTH}\b|{times.WEEKDAY}\b|q[1-4]|h[12]|this|last|past|previous|prior|current|today|yesterday"
    rf"|early|mid|late|middle|first|second|third|fourth|week|month|quarter|year|thanksgiving"
    rf"|{'|'.join(times.DAYS_NAMED)}|{'|'.join(times.SEASONS)})"
)
"""How a period begins, so that others are not tried."""
_NO_PERIOD = frozenset(
    {
        "~",
        ",",
        "for",
        "by",
        "did",
        "do",
        "does",
        "we",
        "i",
        "that",
        "which",
        "who",
        "vs",
        "is",
        "are",
        "was",
        "were",
    }
    | {
        "has",
        "have",
        "with",
        "without",
        "orders",
        "sales",
        "revenue",
        "customers",
        "products",
        "only",
        "but",
        "per",
    }
)
_PLACE = {
    "first": 0, "opening": 0, "beginning": 0, "start": 0, "second": 1, "third": 2, "fourth": 3, "last": -1,
    "final": -1, "closing": -1, "latter": -1, "1": 0, "2": 1, "3": 2, "4": 3,
}  # fmt: skip
_UNIT = (
    rf"(?P<unit>day|week|weekend|fortnight|month|quarter|half|third|{'|'.join(WEEKDAYS)})(?P<s>s?)"
)
_PART = rf"\b(?:in |for |during |over |on )?(?:the )?(?P<which>{'|'.join(_PLACE)})(?: (?P<n>\d+|couple of|few))? {_UNIT} (?:of|in) "
_BESIDE = r"\b(?:in |for |during |over )?(?:the )?(?:(?P<n>\d+|an?|couple of|few) )?(?:full )?(?P<unit>day|week|fortnight|month|quarter|year)s? (?:just |immediately |right )?(?P<side>before|after|following|leading up to|running up to|prior to|preceding|up to|ahead of|from|to|until|ending(?: in| on| with| at)?) "
_SPAN = r"\b(?:between|from) "
_WITHOUT = r" (?:excluding|except(?: for)?|without|excl|minus|leaving out|but not|not counting|not including) "


def read(line: Line, now: Now) -> Period | None:
    """The first reckoned period of the line, taken out of it."""
    for pattern, made in _FORMS:
        for found in compiled(pattern).finditer(line.text):
            try:
                result = made(found, line.text[found.end() :], now)
            except (ValueError, OverflowError):
                continue  # `the 2026 months before easter`: of no calendar here
            if result is not None:
                held, length = result
                end = found.end() + length
                line.text = " ".join(f"{line.text[: found.start()]} ~ {line.text[end:]}".split())
                line.text = f" {line.text} "
                return held
    return _without(line, now)


def _named(text: str, now: Now) -> tuple[Period, int] | None:
    """The period that the text begins with, and how long its words are."""
    if edge := _EDGE.match(text):
        named = _named(text[edge.end() :], now)
        whole = _window(named[0], now) if named else None
        if named is None or whole is None:
            return None
        day = whole.last if edge[1] == "end" else whole.first
        return Range(start=day, end=day), edge.end() + named[1]
    if not _BEGINS.match(text):
        return None
    words = list(takewhile(_may_be_of_period, text.split()[:_MOST]))
    for number in range(len(words), 0, -1):
        said = " ".join(words[:number])
        rest = Line(said.removeprefix("the ") if number > 1 else said)
        if rest.text.strip() in ("week", "month", "quarter", "year"):
            rest = Line(f"this {rest.text.strip()}")
        held = times.period(rest, now)
        if held is not None and not rest.text.replace("~", " ").strip():
            return held, len(said)
    return None


def _may_be_of_period(word: str) -> bool:
    return word not in _NO_PERIOD and not word.startswith("@")


def _window(held: Period, now: Now) -> Window | None:
    """The whole of it, days to come included."""
    if isinstance(held, AllTime):
        return None
    found = window(held, now.calendars)
    return found._replace(last=found.through)


def _part(found: Match[str], text: str, now: Now) -> tuple[Period, int] | None:
    if found["which"].isdigit() and found["s"]:
        return None  # `3 weeks of the year` are no third one.
    named = _named(text, now)
    if named is None:
        return None
    parts = (
        _within(whole, _PLACE[found["which"]], _number(found["n"]), found["unit"])
        for whole in _wholes(named[0], now)
    )
    made = next((each for each in parts if each and each.start <= now.today), None)
    if made is None:
        return None
    is_running = isinstance(named[0], Calendar) and named[0].offset == 0
    return (made if not is_running else made.model_copy(update={"end": min(made.end, now.today)})), named[1]  # fmt: skip


def _wholes(held: Period, now: Now) -> list[Window]:
    """What a part is of: of a month or quarter by name this year's, or the one before, should the
    part be to come."""
    whole = _window(held, now)
    if whole is None or (whole.last - whole.first).days < 6:
        return []
    if not isinstance(held, NamedMonth | NamedQuarter):
        return [whole]
    return [_of_year(held, whole, year) for year in (now.today.year, now.today.year - 1)]


def _of_year(held: Period, latest: Window, year: int) -> Window:
    first = latest.first.replace(year=year)
    last = _moved(first, 1, "month" if isinstance(held, NamedMonth) else "quarter") - DAY
    return Window(first, last, last)


def _number(said: str | None) -> int:
    return {None: 1, "a": 1, "an": 1, "couple of": 2, "few": 3}.get(said) or int(said or 1)


def _within(whole: Window, place: int, number: int, unit: str) -> Range | None:
    """So many units of the whole, from its beginning or to its end."""
    if unit == "half":
        return _half(whole, place)
    if unit == "weekend" or unit in WEEKDAYS:
        return _nth(whole, place, unit)
    if number > 1 and place not in (0, -1):
        return None
    if place >= 0:
        start = _moved(whole.first, place, unit)
        end = _moved(start, number, unit) - DAY
        return Range(start=start, end=min(end, whole.last)) if start <= whole.last else None
    return Range(start=max(_moved(whole.last + DAY, -number, unit), whole.first), end=whole.last)


def _half(whole: Window, place: int) -> Range | None:
    days, months = (whole.last - whole.first).days + 1, _months(whole)
    if months and months % 2 == 0:
        middle = _moved(whole.first, months // 2, "month")
    elif months == 1:
        middle = whole.first + timedelta(days=15)
    else:
        middle = whole.first + timedelta(days=(days + 1) // 2)
    if place == 0:
        return Range(start=whole.first, end=middle - DAY)
    return Range(start=middle, end=whole.last) if place in (1, -1) else None


def _months(whole: Window) -> int:
    """Of how many whole months it is; 0 where it is not of such."""
    ends = whole.last.day == monthrange(whole.last.year, whole.last.month)[1]
    if whole.first.day != 1 or not ends:
        return 0
    return (whole.last.year - whole.first.year) * 12 + whole.last.month - whole.first.month + 1


def _nth(whole: Window, place: int, unit: str) -> Range | None:
    """Of its weekends, which begin on Saturdays, or of its Mondays and so on."""
    wanted = 5 if unit == "weekend" else WEEKDAYS.index(unit)
    every = (
        whole.first + timedelta(days=each) for each in range((whole.last - whole.first).days + 1)
    )
    days = [day for day in every if day.weekday() == wanted]
    if not days or place >= len(days):
        return None
    return Range(start=days[place], end=days[place] + (DAY if unit == "weekend" else timedelta()))


def _moved(day: date, number: int, unit: str) -> date:
    """That many units later; a month later is the same day, or the month's last."""
    if unit in ("day", "week", "fortnight"):
        return day + timedelta(days=number * {"day": 1, "week": 7, "fortnight": 14}[unit])
    months = day.year * 12 + day.month - 1 + number * {"quarter": 3, "year": 12}.get(unit, 1)
    year, month = months // 12, months % 12 + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def _beside(found: Match[str], text: str, now: Now) -> tuple[Period, int] | None:
    """Days right before or after; `the week before last` is one of its own."""
    if found["n"] is None and text.startswith(
        ("last ", "the last ", "this ", "that ", "yesterday")
    ):
        return None
    if found["side"] in ("from", "to", "until", "up to") and found["n"] is None:
        return None
    named = _named(text, now)
    around = _window(named[0], now) if named else None
    if named is None or around is None:
        return None
    number, unit = _number(found["n"]), found["unit"]
    if found["side"] in ("after", "following"):
        made = Range(start=around.last + DAY, end=_moved(around.last + DAY, number, unit) - DAY)
    elif found["side"] in _REACHING and found["side"] != "from":
        made = Range(start=_moved(around.last + DAY, -number, unit), end=around.last)
    elif found["side"] == "from":
        made = Range(start=around.first, end=_moved(around.first, number, unit) - DAY)
    else:
        made = Range(start=_moved(around.first, -number, unit), end=around.first - DAY)
    return (made, named[1]) if made.start <= now.today else None


_REACHING = frozenset({"from", "to", "until", "up to"}) | {
    f"ending{each}" for each in ("", " in", " on", " with", " at")
}
"""After or before so many units which the day itself is one of."""
_JOINT = compiled(r" (?:and|to|until|till|through|thru|up to|up until) ")
_TO = compiled(r"^ ?(?:and|to|until|till|through|thru|up to|up until)(?: and including)? ")


def _span(_: Match[str], text: str, now: Now) -> tuple[Period, int] | None:
    """From the first day of one to the last of another; of two of a kind side by side, a change."""
    joint = _JOINT.search(text)
    first = _named(text[: joint.start()], now) if joint else None
    joined = _TO.match(text[first[1] :]) if first else None
    if first is None or joined is None:
        return None
    at = first[1] + joined.end()
    then = _named(text[at:], now)
    start = _window(first[0], now)
    end = _window(then[0], now) if then else None
    if then is None or start is None or end is None or _is_change(first[0], then[0]):
        return None
    last = min(end.last, now.today) if isinstance(then[0], Calendar) else end.last
    return (Range(start=start.first, end=last), at + then[1]) if start.first <= last else None


def _is_change(first: Period, then: Period) -> bool:
    """`from last month to this month` sets one against the other."""
    if isinstance(first, Range) and isinstance(then, Range):  # dates, each as the other is written
        return first.start == first.end and then.start == then.end
    return type(first) is type(then)


def _without(line: Line, now: Now) -> Period | None:
    """A period less its beginning or its end."""
    for found in compiled(_WITHOUT).finditer(line.text):
        left = line.text[: found.start()]
        taken = _named(line.text[found.end() :], now)
        rest = Line(left)
        held = times.period(rest, now) if taken else None
        if taken is None or held is None or not rest.text.rstrip().endswith("~"):
            continue
        whole = _window(held, now)
        gap = _in_its_year(taken[0], whole, now) if whole else None
        made = _less(whole, gap, now) if whole and gap else None
        if made is not None:
            line.text = f"{rest.text} {line.text[found.end() + taken[1] :]}"
            line.text = f" {' '.join(line.text.split())} "
            return made
    return None


def _in_its_year(gap: Period, whole: Window, now: Now) -> Window | None:
    """A month or quarter by name is the whole's own."""
    if isinstance(gap, NamedMonth | NamedQuarter):
        latest = window(gap, now.calendars)
        for year in {whole.last.year, whole.first.year}:
            found = _of_year(gap, latest, year)
            if whole.first <= found.first <= whole.last:
                return found
        return None
    return _window(gap, now)


def _less(whole: Window, gap: Window, now: Now) -> Range | None:
    last = min(whole.last, now.today)
    if whole.first < gap.first <= last <= gap.last:
        return Range(start=whole.first, end=gap.first - DAY)
    if gap.first <= whole.first <= gap.last < last:
        return Range(start=gap.last + DAY, end=last)
    return None


_FORMS = ((_PART, _part), (_BESIDE, _beside), (_SPAN, _span))


def words() -> frozenset[str]:
    """Words of the forms, which are spelled right."""
    return frozenset(re.findall(r"[a-z]{3,}", f"{_PART} {_BESIDE} {_WITHOUT}"))
