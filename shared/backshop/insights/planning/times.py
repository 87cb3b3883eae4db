"""Periods, comparisons and grains that a question names, as the contract shapes them. Pure: the day
of the question is an argument."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable
from datetime import date, timedelta
from functools import lru_cache
from re import Match
from typing import NamedTuple

from backshop.insights.planning.patterns import Patterns, compiled
from backshop.insights.planning.text import Line
from backshop.insights.semantic.models import (
    MONTHS,
    AllTime,
    Calendar,
    LastN,
    NamedDay,
    NamedMonth,
    NamedQuarter,
    Period,
    Range,
    Unit,
)
from backshop.insights.semantic.periods import (
    DAY,
    NAMED_DAYS,
    WEEKDAYS,
    Calendars,
    Window,
    _nth,
    compared,
    start_of,
    window,
)

UNIT = r"(day|week|month|quarter|year)"
MONTH = (
    r"(jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
WEEKDAY = r"(mon(?:day)?|tue(?:s(?:day)?)?|wed(?:nesday)?|thu(?:r(?:s(?:day)?)?)?|fri(?:day)?|sat(?:urday)?|sun(?:day)?)"
LONG_WEEKDAY = r"(monday|tuesday|wednesday|thursday|friday|saturday|sunday)"
YEAR = r"((?:19|20)\d\d)"
IN = r"(?:(?:in|for|during|of|on|over|within|from|throughout|at|through|across) )?(?:the )?(?:month of |year of |year |whole of |whole |entire |all of |full year |calendar year )?"
TO = r"(?:to|until|till|through|thru|and|up to|-)"
DAYS_NAMED = {
    r"black ?friday|bf(?= |$)": "black_friday",
    r"cyber ?monday": "cyber_monday",
    r"valentines?(?: day)?|v day": "valentines_day",
    r"mothers? day|mums day|moms day": "mothers_day",
    r"fathers? day|dads day": "fathers_day",
    r"easter(?: sunday)?": "easter_sunday",
    r"halloween": "halloween",
    r"singles? day|11\.11": "singles_day",
    r"(?:christmas|xmas|x mas) eve": "christmas_eve",
    r"(?:christmas|xmas|x mas)(?: day)?": "christmas_day",
    r"boxing day": "boxing_day",
    r"new years? eve|nye": "new_years_eve",
    r"new years?(?: day)?": "new_years_day",
}
SEASONS = {"spring": 3, "summer": 6, "autumn": 9, "fall": 9, "winter": 12}
ORDINALS = {"first": 1, "1": 1, "second": 2, "2": 2, "third": 3, "3": 3, "fourth": 4, "4": 4}
COUPLE = {"couple": 2, "couple of": 2, "few": 3, "several": 3}


class Now(NamedTuple):
    today: date
    week_start: int = 0
    day_first: bool = True
    """Whether 3/4 is in April."""

    @property
    def calendars(self) -> Calendars:
        return Calendars(self.today, self.week_start)


def period(line: Line, now: Now) -> Period | None:
    """The first period that the line names, taken out of it."""
    held, line.text = _period_in(line.text, now)
    return held


@lru_cache(maxsize=128)
def _period_in(text: str, now: Now) -> tuple[Period | None, str]:
    """The first period, and the text without it; parts of a line are looked at again and again."""
    line = Line(text)
    held = _found(line, now)
    return held, line.text if held else text


def _found(line: Line, now: Now) -> Period | None:
    from backshop.insights.planning import spans

    if (reckoned := spans.read(line, now)) is not None:
        return reckoned
    for place in _PATTERNS.places(line.text):
        pattern, made = _FORMS[place]
        found = line.find(pattern)
        if found is None:
            continue
        try:
            result = made(found, now)
        except (ValueError, OverflowError):  # a day or a year that there is not
            continue
        if result is not None:
            line.take(pattern)
            return _of_its_year(result, line, now)
    return None


def is_to_come(held: Period | None, now: Now) -> bool:
    return isinstance(held, Range) and held.start > now.today


_ITS_YEAR = r"\b(?:in |of |from )?(?P<y>last year|previous year|this year|(?:19|20)\d\d)\b"


def _of_its_year(held: Period, line: Line, now: Now) -> Period:
    """A period by name whose year stands elsewhere: `black friday sales last year`."""
    if not isinstance(held, NamedMonth | NamedQuarter | NamedDay) or not line.has(_ITS_YEAR):
        return held
    found = line.take(_ITS_YEAR)
    year = _year(found["y"], now) if found else None
    if year is None:
        return held
    if isinstance(held, NamedQuarter):
        return _quarter_in(held.quarter, year)
    if isinstance(held, NamedMonth):
        month = MONTHS.index(held.name) + 1
        return Range(start=date(year, month, 1), end=date(year, month, monthrange(year, month)[1]))
    of_year = NAMED_DAYS[held.name]
    latest = now.today.year if of_year(now.today.year) <= now.today else now.today.year - 1
    offset = min(year - latest, 0) if held.offset == 0 else held.offset
    return NamedDay(name=held.name, offset=offset)


# ------------------------------------------------------------------------------- dates


def month_number(name: str) -> int:
    return next(n for n, each in enumerate(MONTHS, 1) if each.startswith(name[:3]))


def _latest(month: int, day: int, today: date) -> date | None:
    """The latest day of that date on or before today."""
    for year in (today.year, today.year - 1, today.year - 2, today.year - 3, today.year - 4):
        if day <= monthrange(year, month)[1] and date(year, month, day) <= today:
            return date(year, month, day)
    return None


def _year(text: str | None, now: Now) -> int | None:
    """A year as digits, or relative to this one."""
    if not text:
        return None
    if text[-4:].isdigit():
        return int(text[-4:])
    if "before last" in text:
        return now.today.year - 2
    return now.today.year - (0 if "this" in text or "current" in text else 1)


def _date(day: int, month: int, year: int) -> date | None:
    year += 2000 if year < 100 else 0
    try:
        return date(year, month, day)
    except ValueError:
        return None


OF_YEAR = r"(?: ?,? ?(?:in |of )?((?:19|20)\d\d|this year|last year|the year before last|(?:the )?(?:previous|prior|preceding) year|the year before))?"
A_DATE = (
    rf"(?:\d{{4}}-\d\d?-\d\d?|\d{{1,2}}[./-]\d{{1,2}}[./-]\d{{2,4}}|\d{{1,2}}/\d{{1,2}}(?![\d/])"
    rf"|{MONTH[:1]}?:{MONTH[1:]} \d{{1,2}}(?!\d)(?: ,?(?: )?{YEAR[:1]}?:{YEAR[1:]})?"
    rf"|\d{{1,2}} (?:of )?{MONTH[:1]}?:{MONTH[1:]}(?: {YEAR[:1]}?:{YEAR[1:]})?)"
)


def one_date(text: str, today: date, *, day_first: bool = True) -> date | None:
    """A date as it is written; without a year the latest."""
    line = Line(text)
    if found := line.find(r" (\d{4})-(\d\d?)-(\d\d?) "):
        return _date(int(found[3]), int(found[2]), int(found[1]))
    if found := line.find(r" (\d{1,2})([./-])(\d{1,2})[./-](\d{2,4}) "):
        first, second, year = int(found[1]), int(found[3]), int(found[4])
        if second > 12 or (found[2] == "/" and not day_first and first <= 12):
            first, second = second, first
        return _date(first, second, year)
    if found := line.find(r" (\d{1,2})/(\d{1,2}) "):
        first, second = int(found[1]), int(found[2])
        day, month = (
            (first, second) if (day_first and second <= 12) or first > 12 else (second, first)
        )
        return _latest(month, day, today) if 1 <= month <= 12 else None
    if found := line.find(rf" {MONTH} (\d{{1,2}})(?: ,)?(?: {YEAR})? "):
        month, day, year_of = month_number(found[1]), int(found[2]), found[3]
    elif found := line.find(rf" (\d{{1,2}}) (?:of )?{MONTH}(?: ,)?(?: {YEAR})? "):
        month, day, year_of = month_number(found[2]), int(found[1]), found[3]
    else:
        return None
    if year_of:
        return _date(day, month, int(year_of))
    return _latest(month, day, today)


def _date_range(found: Match[str], now: Now) -> Period | None:
    # One of them may say which way round both are.
    day_first = now.day_first or any(
        re.match(r"(?:1[3-9]|2\d|3[01])/", each) for each in (found["start"], found["end"])
    )
    end = one_date(found["end"], now.today, day_first=day_first)
    start = one_date(found["start"], end or now.today, day_first=day_first)
    return Range(start=start, end=end) if start and end and start <= end else None


def _days_of_month(found: Match[str], now: Now) -> Period | None:
    """`1 to 15 november`, `november 1-15`."""
    month = month_number(found["m"] or found["m2"])
    first, last = int(found["a"] or found["c"]), int(found["b"] or found["d"])
    year = _year(found["y"] or found["y2"], now)
    if year is None:
        at = _latest(month, first, now.today)
        year = at.year if at else now.today.year
    start, end = _date(first, month, year), _date(last, month, year)
    return Range(start=start, end=end) if start and end and start <= end else None


def _units_to(found: Match[str], now: Now) -> Period | None:
    """`the 6 months to 31 may`, `the quarter ended 30 june`: those that end with the day."""
    day = one_date(found["date"], now.today, day_first=now.day_first)
    if day is None:
        return None
    return Range(
        start=_later(day + DAY, Unit(found["unit"] or found["one"]), -int(found["n"] or 1)), end=day
    )


def _day_of_month(found: Match[str], now: Now) -> Period | None:
    """`the 3rd of last month`; of this month the latest such day."""
    first = start_of(now.today, Unit.MONTH)
    if found["rel"] == "last" or int(found["d"]) > now.today.day:
        first = start_of(first - DAY, Unit.MONTH)
    day = _date(int(found["d"]), first.month, first.year)
    return Range(start=day, end=day) if day else None


def _month_span(found: Match[str], now: Now) -> Period | None:
    """`march to may`, `jan-mar 2025`, `november 2024 to february 2025`."""
    first, last = month_number(found["a"]), month_number(found["b"])
    if first == last + 1 and found[0].lstrip().split()[1:2] == ["and"]:
        first, last = last, first  # `november and october`: the two, in no order
    year = _year(found["y"], now)
    if year is None:
        year = now.today.year if date(now.today.year, last, 1) <= now.today else now.today.year - 1
    first_year = _year(found["x"], now) or (year if first <= last else year - 1)
    start = date(first_year, first, 1)
    end = date(year, last, monthrange(year, last)[1])
    return Range(start=start, end=end) if start <= end else None


def _three_months(found: Match[str], now: Now) -> Period | None:
    """`june, july and august`: where they follow each other."""
    months = [month_number(found[each]) for each in "abc"]
    if [(each - months[0]) % 12 for each in months] != [0, 1, 2]:
        return None
    span = re.search(
        rf"(?P<a>{MONTH})(?P<x>)(?P<b>{MONTH})(?P<y>.*)",
        f"{found['a']}{found['c']}{found['y'] or ''}",
    )
    return _month_span(span, now) if span else None


def _quarter_span(found: Match[str], now: Now) -> Period | None:
    """`q1 through q3 2025`."""
    first, last = int(found["a"]), int(found["b"])
    year = _year(found["y"], now) or now.today.year
    if first >= last or (found["to"] in ("to", "and") and not found["y"]):
        return None  # `from q2 to q3` may be a change
    end = 3 * last
    return Range(start=date(year, 3 * first - 2, 1), end=date(year, end, monthrange(year, end)[1]))


def _year_span(found: Match[str], now: Now) -> Period | None:
    start, end = int(found[1]), int(found[2])
    return Range(start=date(start, 1, 1), end=date(end, 12, 31)) if start <= end else None


def _one_day(found: Match[str], now: Now) -> Period | None:
    day = one_date(found["date"], now.today, day_first=now.day_first)
    return Range(start=day, end=day) if day else None


def _since(found: Match[str], now: Now) -> Period | None:
    start = _start(found["what"], now)
    return Range(start=start, end=now.today) if start and start <= now.today else None


def _until(found: Match[str], now: Now) -> Period | None:
    start = _start(found["what"], now)
    end = start - DAY if start and found["how"] in ("before", "prior to") else start
    if found["over"] and (held := period(Line(found["what"]), now)):
        end = window(held, now.calendars).last
    if end is None:
        return None
    if (year := _year(found["y"], now)) is None:
        return Range(start=date(1990, 1, 1), end=end)
    try:
        return Range(start=date(year, 1, 1), end=end.replace(year=year))
    except ValueError:  # The 29th of February.
        return None


def _start(text: str, now: Now) -> date | None:
    """The first day of what is named."""
    day = one_date(text, now.today, day_first=now.day_first)
    if day:
        return day
    line = Line(re.sub(r"^the (?=(?:week|month|quarter|year)$)", "this ", text))
    if found := line.find(rf" {MONTH}(?: {YEAR})? "):
        month = month_number(found[1])
        if found[2]:
            return date(int(found[2]), month, 1)
        return _latest(month, 1, now.today)
    held = period(line, now)
    return window(held, now.calendars).first if held and not isinstance(held, AllTime) else None


def _week_of(found: Match[str], now: Now) -> Period | None:
    day = one_date(found["date"], now.today)
    if day is None:
        return None
    start = start_of(day, Unit.WEEK, now.week_start)
    return Range(start=start, end=start + timedelta(days=6))


def _week_of_day(found: Match[str], now: Now) -> Period | None:
    """`the week of black friday`."""
    held = period(Line(found["named"] or found["named2"]), now)
    if not isinstance(held, NamedDay):
        return None
    start = start_of(window(held, now.calendars).first, Unit.WEEK, now.week_start)
    return Range(start=start, end=start + timedelta(days=6))


def _between_the_years(found: Match[str], now: Now) -> Period | None:
    year = now.today.year if now.today >= date(now.today.year, 12, 25) else now.today.year - 1
    return Range(start=date(year, 12, 25), end=date(year + 1, 1, 1))


def _month_so_far(found: Match[str], now: Now) -> Period | None:
    is_now = month_number(found["m"]) == now.today.month
    return Calendar(unit=Unit.MONTH) if is_now else None


def _week_number(found: Match[str], now: Now) -> Period | None:
    week, year = int(found[1]), int(found[2] or now.today.year)
    if not 1 <= week <= 53:
        return None
    start = date.fromisocalendar(year, min(week, 52), 1)
    if start > now.today and not found[2]:
        start = date.fromisocalendar(year - 1, min(week, 52), 1)
    return Range(start=start, end=start + timedelta(days=6))


def _moments(found: Match[str], now: Now) -> Period | None:
    """`from last monday to yesterday`, `between halloween and black friday`."""
    start = _start(found["a"], now)
    if found["b"] in ("today", "now"):
        end: date | None = now.today
    else:
        held = period(Line(found["b"]), now)
        end = window(held, now.calendars).last if held else None
    return Range(start=start, end=end) if start and end and start <= end else None


def _after(found: Match[str], now: Now) -> Period | None:
    held = period(Line(found["b"]), now)
    start = window(held, now.calendars).last + DAY if held else None
    return Range(start=start, end=now.today) if start and start <= now.today else None


def _weekend_of_month(found: Match[str], now: Now) -> Period | None:
    """Of the Saturdays of the month."""
    month, year = month_number(found["m"]), _year(found["y"], now)
    if year is None:
        at = _latest(month, 1, now.today)
        year = at.year if at else now.today.year
    place = -1 if found["which"] == "last" else ORDINALS[found["which"]] - 1
    days = range(1, monthrange(year, month)[1] + 1)
    saturdays = [day for each in days if (day := date(year, month, each)).weekday() == 5]
    saturday = saturdays[min(place, len(saturdays) - 1)]
    return Range(start=saturday, end=saturday + DAY)


def _part_of(found: Match[str], now: Now) -> Period | None:
    """`first three months of the year`, `last week of 2024`."""
    text = found["whole"]
    whole = period(Line(text.replace("the ", "this ")), now)
    if whole is None:
        return None
    held, days = window(whole, now.calendars), int(found["n"] or 1)
    unit = Unit(found["unit"])
    if found["which"] == "first":
        end = _later(held.first, unit, days) - DAY
        return Range(start=held.first, end=min(end, now.today))
    if isinstance(whole, Calendar) and whole.offset == 0:
        return None
    return Range(start=_later(held.last + DAY, unit, -days), end=held.last)


_MONTHS_OF = {Unit.QUARTER: 3, Unit.YEAR: 12}


def _later(day: date, unit: Unit, number: int) -> date:
    """The day that many units later."""
    if unit in (Unit.DAY, Unit.WEEK):
        return day + timedelta(days=number * (7 if unit == Unit.WEEK else 1))
    months = day.year * 12 + day.month - 1 + number * _MONTHS_OF.get(unit, 1)
    year, month = months // 12, months % 12 + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


VAGUE_THIRD = rf"\b(?:early|mid|late|(?:beginning|start|begin|middle|end) of)(?: the)? {MONTH}\b"


def _third_of_month(found: Match[str], now: Now) -> Period | None:
    """`mid november`: by tens of days, the last third to its end."""
    month = month_number(found["m"])
    year = _year(found["y"], now)
    if year is None:
        at = _latest(month, 1, now.today)
        year = at.year if at else now.today.year
    third = {"mi": 1, "la": 2, "en": 2}.get(found["part"][:2], 0)
    end = monthrange(year, month)[1] if third == 2 else 10 * third + 10
    return Range(start=date(year, month, 10 * third + 1), end=date(year, month, end))


def _years_from_april(found: Match[str], now: Now) -> Period | None:
    first, second = int(found[1]), int(found[2])
    if second != first + 1:
        return None
    return Range(start=date(first, 4, 1), end=date(second, 3, 31))


def _year_to_date(found: Match[str], now: Now) -> Period | None:
    """Of a year that is over, its days to the same date."""
    year = int(found["y"] or found["z"])
    if year == now.today.year:
        return Calendar(unit=Unit.YEAR)
    last = _date(now.today.day, now.today.month, year) or date(year, 2, 28)
    return Range(start=date(year, 1, 1), end=last) if year < now.today.year else None


def _this_half(found: Match[str], now: Now) -> Period | None:
    return Range(start=date(now.today.year, 1 if now.today.month < 7 else 7, 1), end=now.today)


def _days_beside(found: Match[str], now: Now) -> Period | None:
    """`the 3 days after black friday`."""
    held = period(Line(found["named"]), now)
    if held is None:
        return None
    around, n = window(held, now.calendars), int(found["n"] or 1)
    days = n * (7 if found["unit"] == "week" else 1)
    if found["side"] == "after":
        return Range(start=around.last + DAY, end=around.last + timedelta(days=days))
    return Range(start=around.first - timedelta(days=days), end=around.first - DAY)


def _part_of_month(found: Match[str], now: Now) -> Period | None:
    """`first week of december`, `last 10 days of november`, `second half of march`."""
    month = month_number(found["m"])
    year = _year(found["y"], now)
    if year is None:
        at = _latest(month, 1, now.today)
        year = at.year if at else now.today.year
    length = monthrange(year, month)[1]
    days = {"week": 7, "half": 15}.get(found["what"]) or int(found["n"] or 1)
    place = found["which"]
    if place == "last" or (found["what"] == "half" and place == "second"):
        return Range(
            start=date(year, month, (16 if found["what"] == "half" else length - days + 1)),
            end=date(year, month, length),
        )
    first = 1 + 7 * (ORDINALS.get(place, 1) - 1) if found["what"] == "week" else 1
    return Range(
        start=date(year, month, first), end=date(year, month, min(first + days - 1, length))
    )


# ------------------------------------------------------------------------------- units


def _last_n(found: Match[str], now: Now) -> Period | None:
    number, unit = found["n"], Unit(found["unit"])
    n = COUPLE.get(number) or int(number)
    if not 1 <= n <= 3660:
        return None
    if found["full"] and unit != Unit.DAY:
        return _full_units(n, unit, now)
    return LastN(n=n, unit=unit)


def _full_units(n: int, unit: Unit, now: Now) -> Period:
    last = window(Calendar(unit=unit, offset=-1), now.calendars)
    first = window(Calendar(unit=unit, offset=-n), now.calendars)
    return Range(start=first.first, end=last.last)


def _ago(found: Match[str], now: Now) -> Period | None:
    number = found["n"]
    n = 1 if number in ("a", "an", "one") else COUPLE.get(number) or int(number)
    return Calendar(unit=Unit(found["unit"]), offset=-n)


def _calendar(offset: int, unit: Unit | None = None) -> Callable[[Match[str], Now], Period | None]:
    def made(found: Match[str], now: Now) -> Period | None:
        return Calendar(unit=unit or Unit(found["unit"]), offset=offset)

    return made


def _constant(held: Period) -> Callable[[Match[str], Now], Period | None]:
    return lambda found, now: held


def _to_date(found: Match[str], now: Now) -> Period | None:
    units = {"m": Unit.MONTH, "y": Unit.YEAR, "q": Unit.QUARTER, "w": Unit.WEEK}
    return Calendar(unit=units[found[1]], offset=0)


def _to_yesterday(found: Match[str], now: Now) -> Period | None:
    unit = Unit(found["unit"] or found["unit2"])
    start = start_of(now.today, unit, now.week_start)
    end = now.today - DAY
    return Range(start=start, end=end) if start <= end else None


def _month(found: Match[str], now: Now) -> Period | None:
    month = month_number(found["m"])
    year = _year(found["y"], now)
    if year is None and found["rel"] == "this" and month <= now.today.month:
        year = now.today.year
    if year is not None:
        return Range(start=date(year, month, 1), end=date(year, month, monthrange(year, month)[1]))
    return NamedMonth.model_validate({"name": MONTHS[month - 1]})


def _quarter(found: Match[str], now: Now) -> Period | None:
    quarter = ORDINALS[found["q"] or found["o"]]
    year = _year(found["y"], now)
    if year is None:
        return NamedQuarter(quarter=quarter)
    month = 3 * quarter
    return Range(start=date(year, month - 2, 1), end=date(year, month, monthrange(year, month)[1]))


def _half_year(found: Match[str], now: Now) -> Period | None:
    half = ORDINALS[found["h"] or found["o"]]
    if half > 2:
        return None
    year = _year(found["y"], now)
    if year is None:
        year = (
            now.today.year
            if now.today >= date(now.today.year, 6 * half - 5, 1)
            else now.today.year - 1
        )
    first, last = (
        (date(year, 1, 1), date(year, 6, 30))
        if half == 1
        else (date(year, 7, 1), date(year, 12, 31))
    )
    return Range(start=first, end=last)


def _whole_year(found: Match[str], now: Now) -> Period | None:
    year = int(found[1])
    return Range(start=date(year, 1, 1), end=date(year, 12, 31))


def _weekday(found: Match[str], now: Now) -> Period | None:
    wanted = next(n for n, each in enumerate(WEEKDAYS) if each.startswith(found["day"][:3]))
    back = (now.today.weekday() - wanted) % 7
    if back == 0 and found["rel"] and "last" in found["rel"]:
        back = 7
    if found["rel"] and "before last" in found["rel"]:
        back += 7
    day = now.today - timedelta(days=back)
    return Range(start=day, end=day)


def _weekday_of_week(found: Match[str], now: Now) -> Period | None:
    """`friday last week`, `last week on friday`."""
    wanted = next(n for n, each in enumerate(WEEKDAYS) if each.startswith(found["a"] or found["b"]))
    week = start_of(now.today, Unit.WEEK, now.week_start) - timedelta(days=7)
    day = week + timedelta(days=(wanted - now.week_start) % 7)
    return Range(start=day, end=day)


def _weekday_span(found: Match[str], now: Now) -> Period | None:
    """`monday to wednesday last week`; without a week the latest that is over."""
    first, last = (WEEKDAYS.index(found[each]) for each in ("a", "b"))
    if found["and"] and (last - first) % 7 != 1:
        return None
    week = start_of(now.today, Unit.WEEK, now.week_start)
    start = week + timedelta(days=(first - now.week_start) % 7)
    end = start + timedelta(days=(last - first) % 7)
    if found["rel"] in ("last", "previous", "past") or (found["rel"] is None and end > now.today):
        start, end = start - timedelta(days=7), end - timedelta(days=7)
    return Range(start=start, end=end) if start <= now.today else None


def _weekend(found: Match[str], now: Now) -> Period | None:
    saturday = now.today - timedelta(days=(now.today.weekday() - 5) % 7)
    if now.today.weekday() >= 5 and "last" in found[0]:
        saturday -= timedelta(days=7)
    if "before last" in found[0]:
        saturday -= timedelta(days=7)
    return Range(start=saturday, end=saturday + DAY)


def _named_day(name: str) -> Callable[[Match[str], Now], Period | None]:
    def made(found: Match[str], now: Now) -> Period | None:
        latest = (
            now.today.year if NAMED_DAYS[name](now.today.year) <= now.today else now.today.year - 1
        )
        year = _year(found["y"], now) or _year(found["x"], now)
        if year is None:
            return NamedDay.model_validate({"name": name})
        if year > latest or year < latest - 20:
            return None
        return NamedDay.model_validate({"name": name, "offset": year - latest})

    return made


def _thanksgiving(found: Match[str], now: Now) -> Period | None:
    year = _year(found["y"], now) or now.today.year
    day = _nth(year, 11, 3, 4)
    if day > now.today:
        day = _nth(year - 1, 11, 3, 4)
    last = (
        day + timedelta(days=4)
        if "weekend" in found[0] or "bfcm" in found[0] or "cyber" in found[0]
        else day
    )
    first = day + DAY if "bfcm" in found[0] or "black" in found[0] else day
    return Range(start=first, end=last)


def _season(found: Match[str], now: Now) -> Period | None:
    """Of the northern half of the world, by whole months."""
    month = SEASONS[found["s"]]
    year = _year(found["y"], now)
    if year is None:
        year = now.today.year if date(now.today.year, month, 1) <= now.today else now.today.year - 1
        if found["rel"] == "last" and start_of(now.today, Unit.MONTH) < date(
            year + (month == 12), (month + 2) % 12 + 1, 1
        ):
            year -= 1
    end = date(year + (month == 12), (month + 1) % 12 + 1, 1)
    return Range(
        start=date(year, month, 1), end=end.replace(day=monthrange(end.year, end.month)[1])
    )


_REL_YEAR = r"(?:(?P<x>last year|this year|(?:19|20)\d\d) )?"
_NUMBER = r"(?P<n>\d+|couple(?: of)?|few|several)"
_LAST = r"(?:last|past|previous|prior|trailing|latest|recent|most recent|preceding|rolling)"

_MOMENT = rf"(?:{A_DATE}|(?:end|start|beginning|begin) of (?:{MONTH[:1]}?:{MONTH[1:]}(?: {YEAR[:1]}?:{YEAR[1:]})?|{YEAR[:1]}?:{YEAR[1:]}|(?:last|this) (?:month|quarter|year))|(?:last |this |past )?{LONG_WEEKDAY[:1]}?:{LONG_WEEKDAY[1:]}|yesterday|last (?:week|month|quarter|year)|{MONTH[:1]}?:{MONTH[1:]}(?: {YEAR[:1]}?:{YEAR[1:]})?|(?:{'|'.join(DAYS_NAMED)})(?: last year)?)"

_FORMS: tuple[tuple[str, Callable[[Match[str], Now], Period | None]], ...] = (
    (
        rf"\b{IN}(?:(?P<n>\d{{1,3}}) (?P<unit>day|week|month|quarter|year)s (?:up )?(?:to|ending|ended|until|through)|(?P<one>week|month|quarter|year) (?:ending|ended))(?: on| with)? (?:the )?(?P<date>{A_DATE})\b",
        _units_to,
    ),
    (
        r"\b(?:on )?(?:the )?(?P<d>\d{1,2}) (?:of )?(?P<rel>this|last|the) month\b",
        _day_of_month,
    ),
    (rf"\b(?:between|from)? ?(?P<start>{A_DATE}) ?{TO} ?(?P<end>{A_DATE})\b", _date_range),
    (
        rf"\b(?:between |from )?(?:the )?(?:(?P<a>\d{{1,2}}) ?{TO} ?(?:the )?(?P<b>\d{{1,2}}) (?:of )?(?P<m>{MONTH[1:-1]})|(?P<m2>{MONTH[1:-1]}) (?P<c>\d{{1,2}}) ?{TO} ?(?P<d>\d{{1,2}}))(?!\d)(?: ?,? ?(?P<y>(?:19|20)\d\d|last year))?(?:(?P<y2>)|)\b",
        _days_of_month,
    ),
    (
        rf"\b{IN}(?P<a>{MONTH[1:-1]}) ?,? ?(?:and )?(?P<b>{MONTH[1:-1]}) ?,? ?(?:and )?(?P<c>{MONTH[1:-1]})(?: (?:of )?(?P<y>(?:19|20)\d\d|this year|last year))?\b",
        _three_months,
    ),
    (
        rf"\b(?:between |from )?(?P<a>{MONTH[1:-1]})(?: (?P<x>(?:19|20)\d\d))? ?{TO} ?(?P<b>{MONTH[1:-1]})(?: (?:of )?(?P<y>(?:19|20)\d\d|this year|last year))?\b(?! \d\d?\b)",
        _month_span,
    ),
    (
        rf"\b(?:from |between )?(?P<a>{LONG_WEEKDAY[1:-1]}) (?:to|until|till|through|thru|-|(?P<and>and)(?= \w+ (?:of )?(?:last|this) week)) (?P<b>{LONG_WEEKDAY[1:-1]})(?: (?:of |in )?(?:the )?(?P<rel>last|this|previous|past) week)?\b",
        _weekday_span,
    ),
    (
        rf"(?<!to )(?<!and )\b(?:on )?(?P<a>{LONG_WEEKDAY[1:-1]}) (?:of |in )?(?:the )?(?:last|previous) week\b"
        rf"|\b(?:last|previous) week,? (?:on )?(?P<b>{LONG_WEEKDAY[1:-1]})\b",
        _weekday_of_week,
    ),
    (
        rf"\b(?:from |between |in )?q(?P<a>[1-4]) (?P<to>{TO[3:-1]}) q(?P<b>[1-4])(?: (?:of )?(?P<y>(?:19|20)\d\d|this year|last year))?\b(?<!and q\d)",
        _quarter_span,
    ),
    (rf"\b(?:between |from ){YEAR} ?{TO} ?{YEAR}\b", _year_span),
    (
        rf"\b(?:in |for |of |during |over |the years? )*{YEAR} (?:and|to|-|through) {YEAR}\b",
        _year_span,
    ),
    (
        rf"\b(?:between|from) (?:the )?(?P<a>{_MOMENT}) (?:to|until|till|through|thru|and|up to) (?:the )?(?P<b>{_MOMENT}|today|now)\b",
        _moments,
    ),
    (
        rf"\b(?P<a>{'|'.join(DAYS_NAMED)}) (?:to|until|till|through|thru|up to) (?P<b>{'|'.join(DAYS_NAMED)})\b",
        _moments,
    ),
    (
        rf"\b(?:in |during |for |on )?(?:the )?(?:(?P<n>\d+) )?(?P<unit>day|week)s? (?P<side>before|after) (?P<named>(?:{'|'.join(DAYS_NAMED)})(?: (?:last year|20\d\d))?)\b",
        _days_beside,
    ),
    (rf"\bafter (?:the )?(?P<b>{_MOMENT})\b(?! ?(?:am|pm|o ?clock|h))", _after),
    (
        rf"\b{IN}(?P<which>first|last|second|third|fourth|1|2|3|4) weekend (?:of|in) (?P<m>{MONTH[1:-1]})(?: (?P<y>(?:19|20)\d\d|last year|this year))?\b",
        _weekend_of_month,
    ),
    (
        rf"\b(?:since|from|starting) (?:the )?(?:start|beginning|begin) of (?P<what>(?:the|this|last) {UNIT})(?: (?:onwards?|on|until now|to date))?\b",
        _since,
    ),
    (
        rf"\b{IN}(?P<which>first|last) (?:(?P<n>\d+) )?(?P<unit>day|week|month|quarter)s? (?:of|in) (?P<whole>(?:the|this|last) (?:month|quarter|year)|{YEAR})\b",
        _part_of,
    ),
    (
        r"\bbetween (?:christmas|xmas)(?: day)? and new years?(?: day| eve)?\b",
        _between_the_years,
    ),
    (
        rf"\b(?:so far |until now |to date )(?:in |this |for )?(?P<m>{MONTH[1:-1]})\b",
        _month_so_far,
    ),
    (
        rf"(?:(?<=having a )|(?<=having a better )|(?<=having a worse )|(?<=having a good )|(?<=having a bad ))(?P<m>{MONTH[1:-1]})\b",
        _month_so_far,
    ),
    (rf"\b(?:in |this |for )?(?P<m>{MONTH[1:-1]}) (?:so far|to date|until now)\b", _month_so_far),
    (
        rf"\b(?:in |during |for )?(?:the )?(?:week of|week around) (?P<named>(?:{'|'.join(DAYS_NAMED)})(?: (?:last year|20\d\d))?)\b|\b(?P<named2>black friday) week\b",
        lambda found, now: _week_of_day(found, now),
    ),
    (
        rf"\b(?:week of|week starting|week beginning|week commencing)(?: the)? (?P<date>{A_DATE})\b",
        _week_of,
    ),
    (
        rf"\b{IN}(?:week|cw|kw|calendar week) (\d{{1,2}})(?: (?:of )?{YEAR})?\b(?! {MONTH})",
        _week_number,
    ),
    (
        rf"\b{IN}(?P<which>first|last|second|third|fourth|1|2|3|4)(?: (?P<n>\d+))? (?P<what>week|day|half)s? (?:of|in) (?P<m>{MONTH[1:-1]})(?: (?P<y>(?:19|20)\d\d|last year|this year))?\b",
        _part_of_month,
    ),
    (
        rf"\b(?:since|starting(?: from| in| on)?|from|after|as of) (?:the )?(?:start of |beginning of |begin of )?(?P<what>{A_DATE}|{MONTH}(?: {YEAR})?|{YEAR}|(?:last|this) (?:week|month|quarter|year|{LONG_WEEKDAY[1:-1]})|yesterday|thanksgiving|{'|'.join(DAYS_NAMED)})(?: (?:onwards?|on|until now|till now|to now|to date|until today|to today|till today|up to now))\b",
        _since,
    ),
    (
        r"\bfrom (?:the )?(?P<what>\d{4}-\d\d?-\d\d?|\d{1,2}[./-]\d{1,2}[./-]\d{2,4})(?= ?$| ~| ,)",
        _since,
    ),
    (
        rf"\b(?:since|starting(?: from| in| on)) (?:the )?(?:start of |beginning of |begin of )?(?P<what>{A_DATE}|{MONTH}(?: {YEAR})?|{YEAR}|(?:last|this) (?:week|month|quarter|year|{LONG_WEEKDAY[1:-1]})|{LONG_WEEKDAY[1:-1]}|yesterday|thanksgiving|(?:last )?(?:{'|'.join(SEASONS)})|{'|'.join(DAYS_NAMED)})(?: (?:began|started|begins))?\b",
        _since,
    ),
    (
        rf"\b(?P<how>before|up until|up till|until|till|up to|prior to)(?: and including)? (?:the )?(?P<over>end of )?(?P<what>{A_DATE}|{MONTH} {YEAR}|{YEAR}|{MONTH})(?: (?:of )?(?P<y>this year|last year))?\b",
        _until,
    ),
    (
        rf"\b{IN}(?P<part>early|beginning of|start of|begin of|mid|middle of|late|end of) (?:the )?(?P<m>{MONTH[1:-1]})(?: (?:of )?(?P<y>(?:19|20)\d\d|last year|this year))?\b",
        _third_of_month,
    ),
    (r"\bfy(20\d\d)to(20\d\d)\b", _years_from_april),
    (
        r"\b(?:in |for )?(?:(?P<y>20\d\d) ,? ?(?:year to date|ytd|to date)|(?:year to date|ytd)(?: of| in| for)? (?P<z>20\d\d))\b",
        _year_to_date,
    ),
    (r"\b(?:in |for |over )?(?:this|the current|current) half(?: year)?(?: so far)?\b", _this_half),
    (rf"\b(?:on )?(?:the )?(?P<date>{A_DATE})\b", _one_day),
    (
        r"\b(?:thanksgiving|bfcm|black friday weekend|cyber weekend|black friday cyber monday)(?: weekend)?"
        + OF_YEAR.replace("((", "(?P<y>(")
        + r"\b",
        _thanksgiving,
    ),
    *(
        (
            rf"\b(?:on |for |over |during |at |this |of )?{_REL_YEAR}(?:last |past )?(?:the )?(?:{pattern})"
            + OF_YEAR.replace("((", "(?P<y>(")
            + r"(?: itself)?\b",
            _named_day(name),
        )
        for pattern, name in DAYS_NAMED.items()
    ),
    (
        rf"\b{IN}(?P<m>{MONTH[1:-1]})(?P<rel>)(?: ?,? ?(?:of |in )?(?P<y>(?:19|20)\d\d|last year|this year|the year before last|previous year))\b",
        _month,
    ),
    (
        rf"\b{IN}(?P<y>last year|this year|(?:19|20)\d\d) (?:in )?(?P<m>(?!may i|may we|mar){MONTH[1:-1]})(?P<rel>)\b",
        _month,
    ),
    (
        r"\b"
        + IN
        + r"(?:q ?(?P<q>[1-4])|quarter (?:number )?(?P<o>[1-4])|(?:the )?(?<!last )(?<!past )(?<!previous )(?P<o2>first|second|third|fourth|1|2|3|4) quarter)"
        + OF_YEAR.replace("((", "(?P<y>(")
        + r"\b",
        lambda found, now: _quarter_of(found, now),
    ),
    (
        r"\b" + IN + r"(?P<y0>last year|this year|(?:19|20)\d\d) q(?P<q>[1-4])\b",
        lambda found, now: _quarter_before(found, now),
    ),
    (
        r"\b"
        + IN
        + r"(?:h ?(?P<h>[12])|(?:the )?(?P<o>first|second|1|2) (?:semester|half(?: |-)year|half)(?= of (?:the|this|last) year| of (?:19|20)| (?:19|20)|$| ~| ,|\s*$)(?: of the year)?)"
        + OF_YEAR.replace("((", "(?P<y>(")
        + r"\b",
        _half_year,
    ),
    (
        rf"\b(?:(?:in|over|for|during|within|from) )?(?:the |this |a )?(?:{_LAST}) {_NUMBER} (?P<full>full |complete |whole |calendar )?(?P<unit>day|week|month|quarter|year)s?\b",
        _last_n,
    ),
    (
        rf"\bsince (?:the )?(?:last )?{_NUMBER}(?P<full>) (?P<unit>day|week|month|quarter|year)s?\b",
        _last_n,
    ),
    (
        rf"\b(?:in |over |for |during |within )?(?:the |this )?(?:{_LAST} )(?:year and a half)\b",
        _constant(LastN(n=18, unit=Unit.MONTH)),
    ),
    (
        rf"\b(?:in |over |for |during |within )?(?:the |this )?(?:{_LAST} )?(?:half a year|half year|half of a year)\b",
        _constant(LastN(n=6, unit=Unit.MONTH)),
    ),
    (
        rf"\b(?:in |over |for |during |within )?(?:the |this )?(?:{_LAST} )(?:2 fortnights)\b",
        _constant(LastN(n=28, unit=Unit.DAY)),
    ),
    (
        rf"\b(?:in |over |for |during |within )?(?:the |this |a )?(?:{_LAST} )?fortnight\b",
        _constant(LastN(n=14, unit=Unit.DAY)),
    ),
    (
        rf"\b(?:in |over |for |during |within )?(?:the )?(?:{_LAST} )(?:24|48|72) hours\b",
        lambda found, now: LastN(
            n={"2": 1, "4": 2, "7": 3}[found[0].split()[-2][0]], unit=Unit.DAY
        ),
    ),
    (
        r"\b(?:the )?(?P<unit>day|week|month|quarter|year) before (?:last|the last(?: one)?|yesterday)\b",
        _calendar(-2),
    ),
    (r"\b(?:the )?day before yesterday\b", _calendar(-2, Unit.DAY)),
    (r"\b(?:the )?(?:weekend before last)\b", _weekend),
    (
        rf"\b(?:from |of |in )?{_NUMBER[:-1]}|a|an|one) (?P<unit>day|week|month|quarter|year)s? (?:ago|back|earlier)\b",
        _ago,
    ),
    (
        r"\b(?:up to|up until|until|till|through|to) (?:and including )?yesterday (?:in |for |of )?(?:this|the current) (?P<unit>week|month|quarter|year)\b"
        r"|\b(?:in |for )?(?:this|the current) (?P<unit2>week|month|quarter|year) (?:up to|up until|until|till|through|to) (?:and including )?yesterday\b",
        _to_yesterday,
    ),
    (r"\b(m|q|y|w)td\b", _to_date),
    (r"\b(?P<unit>week|month|quarter|year) to (?:date|now|today)\b", _calendar(0)),
    (
        r"\b(?:so far |already )?(?:in |for |during |over |of |within )?(?:this|the current|current|present|the present|the running|running) (?P<unit>week|month|quarter|year)(?: so far| to date| until now| till now| up to now| already)?\b",
        _calendar(0),
    ),
    (
        r"\bso far (?:in |for )?the (?P<unit>week|month|quarter|year)\b|\b(?:for |in )?the (?P<unit2>week|month|quarter|year) so far\b",
        lambda found, now: Calendar(unit=Unit(found["unit"] or found["unit2"]), offset=0),
    ),
    (
        r"\b(?:so far )?(?:of )?(?:today|tonight|this morning|this afternoon|this evening|this day)(?: so far)?\b",
        _calendar(0, Unit.DAY),
    ),
    (
        r"\b(?:of |from )?(?:yesterday|last night|last day|previous day|prior day)\b",
        _calendar(-1, Unit.DAY),
    ),
    (
        r"\b(?:over|across|throughout|within|in the course of) the last year\b",
        _constant(LastN(n=1, unit=Unit.YEAR)),
    ),
    (
        rf"\b(?:in |for |during |over |of |from )?(?:the )?(?:last|previous|prior|preceding|most recent|latest) (?:full |complete |calendar |whole |entire |completed )?(?P<unit>week|month|quarter|year)\b(?! (?:{MONTH[1:-1]})\b)",
        _calendar(-1),
    ),
    (
        r"\b(?:in |for |during |over |of |within |from )?(?:the |this )?(?:past|trailing|rolling) (?P<unit>day|week|month|quarter|year)\b",
        lambda found, now: LastN(n=1, unit=Unit(found["unit"])),
    ),
    (
        r"\b(?:on |over |during |for )?(?:the |this )?(?:last |past |previous |this past )weekend\b|\b(?:over|during|on) (?:the|this) weekend\b|\bthis weekend\b",
        _weekend,
    ),
    (
        rf"\b(?:on )?(?P<rel>last |this |this past |past |previous )(?P<day>{LONG_WEEKDAY[1:-1]}|mon|tues?|wed|thurs?|fri|sat|sun)\b",
        _weekday,
    ),
    (rf"\b(?:on |for )(?P<rel>)(?P<day>{LONG_WEEKDAY[1:-1]})\b", _weekday),
    (
        r"\b(?:in |for |during |over |of )?(?:the )?(?P<rel>last|this|past)? ?(?P<s>spring|summer|autumn|fall|winter)(?: of)?(?: (?P<y>(?:19|20)\d\d|last year|this year))?\b(?= |$)",
        _season,
    ),
    (
        rf"\b(?:in |for |during |over |of |throughout |since |vs )?(?:the month of )?(?P<rel>last|this|past) (?P<m>{MONTH[1:-1]})(?P<y>)\b",
        _month,
    ),
    (
        rf"\b(?:in |for |during |over |of |throughout |month of )(?:the month of )?(?P<rel>)(?P<m>{MONTH[1:-1]})(?P<y>)\b",
        _month,
    ),
    (rf"\b(?P<rel>)(?P<m>{MONTH[1:-1].replace('|may|', '|')})(?P<y>)\b", _month),
    (
        r"(?<=[a-z~,0-9¤] )(?P<rel>)(?P<m>may)(?P<y>)(?= *$| ~| ,| vs| please| thanks| and (?!i|we))",
        _month,
    ),
    (
        r"(?<=[a-z~,0-9¤] )(?<!i )(?<!we )(?<!you )(?<!it )(?<!they )(?<!who )(?<!that )(?<!which )(?P<rel>)(?P<m>may)(?P<y>)"
        r"(?= (?:no|without|only|count|number|total|units|orders|sales|revenue|refunds|by|per|excl\w*|daily|weekly|top)\b)",
        _month,
    ),
    (
        r"^ (?P<rel>)(?P<m>may)(?P<y>)(?= (?:sales|revenue|orders|turnover|numbers|figures|refunds|please|thanks|in|for|by)| *$| ,| vs)",
        _month,
    ),
    (
        rf"\b(?:in |for |of )?{YEAR} (?:to date|so far|until now|ytd|to now)\b",
        lambda found, now: _calendar_of_now(int(found[1]), now),
    ),
    (rf"\b{IN.replace('month of |', '')}(?:fy ?)?{YEAR}\b", _whole_year),
    (
        r"\b(?:of |for |in |over |during |since )?(?:all[ -]?time|ever|the beginning(?: of time)?|day 1|day one|(?:we|i|the (?:shop|store)) (?:have )?(?:started|opened|launched|began)|the start|launch|inception|opening|our history|our whole history|the entire history|whole history|history of (?:the|our) (?:shop|store)|(?:the )?entire lifetime|to date|(?:overall|altogether|all told|all in all|in all) (?:so far|until now|up to now)|lifetime(?= (?:sales|orders|turnover)\b))\b",
        _constant(AllTime()),
    ),
    (
        rf"\b(?P<rel>)(?P<day>{LONG_WEEKDAY[1:-1]})(?P<after> before last)?\b(?! (?:is|are|the) )",
        _weekday,
    ),
    (
        r"\b(?:for |in |over )?(?:the )(?:whole|entire|full|complete) (?P<unit>day|week|month|quarter)\b(?! of)",
        _calendar(0),
    ),
    (
        r"\bthe (?P<unit>week|month|quarter|year)(?= (?:going|looking|doing|shaping|been|coming)\b)",
        _calendar(0),
    ),
    (
        r"\b(?:for |in |over |and )the (?P<unit>week|month|quarter)\b(?= *$| ~)",
        _calendar(0),
    ),
    (
        r"\b(?:for |in |over )?(?:the )?(?:whole |entire |full )?year\b(?= *$| ~| (?:by|in|for|from|with)\b)",
        _calendar(0, Unit.YEAR),
    ),
    (
        r"\b(?:recently|lately|these days|nowadays|of late|at the moment)\b",
        _constant(LastN(n=30, unit=Unit.DAY)),
    ),
    (
        r"(?<!top )(?<!best )(?<!worst )(?<!bottom )(?<!busiest )(?<!strongest )(?<!slowest )(?<!highest )(?<!lowest )\b(?:in |over |for |the )*(?P<n>\d+)(?P<full>) (?P<unit>day|week|month|quarter|year)s?\b(?! (?:old|of stock|left|later|in a row))",
        _last_n,
    ),
)


_PATTERNS = Patterns(pattern for pattern, _ in _FORMS)


def _calendar_of_now(year: int, now: Now) -> Period | None:
    return Calendar(unit=Unit.YEAR) if year == now.today.year else None


def _quarter_of(found: Match[str], now: Now) -> Period | None:
    quarter = ORDINALS[found["q"] or found["o"] or found["o2"]]
    return _quarter_in(quarter, _year(found["y"], now))


def _quarter_before(found: Match[str], now: Now) -> Period | None:
    return _quarter_in(int(found["q"]), _year(found["y0"], now))


def _quarter_in(quarter: int, year: int | None) -> Period:
    if year is None:
        return NamedQuarter(quarter=quarter)
    month = 3 * quarter
    return Range(start=date(year, month - 2, 1), end=date(year, month, monthrange(year, month)[1]))


# ------------------------------------------------------------------------------- comparisons

CONNECTOR = r"\b(?:vs|(?:beat|outperform|outdo|surpass|exceed|top)(?:s|ed|en)?(?= (?:the same|last|the one|january|february|march|april|may|june|july|august|september|october|november|december|q[1-4]))|(?:as )?compared (?:to|with|against)|in comparison (?:to|with)|compare (?:it |that |this |them )?(?:to|with)|against|relative to|as opposed to|(?:next to|beside|alongside)(?= (?:the )?(?:same|previous|one before|year before|last (?:year|month|week|quarter)|january|february|march|april|may|june|july|august|september|october|november|december|q[1-4])))\b"
_YEAR_BEFORE = r"\b(?:(?:the )?same (?:period|time|day|days|week|month|months|quarter|dates|timeframe|point)(?: (?:of|in))?(?: the)? (?:last|previous|prior) year|(?:the )?same(?: (?:period|time|day|week|month|quarter))? (?:a year|1 year|one year) (?:ago|before|earlier)|(?:a|1|one) year (?:ago|before|earlier)|(?:the )?year before|previous year|prior year|(?:last|previous|prior) (?:years? )?ytd|ytd last year|last years?(?: (?:same|one|figures?|numbers?|sales|revenue|result|results))?)\b"
_PERIOD_BEFORE = r"\b(?:(?:the )?(?:one|ones|period|day|week|month|quarter|\d+ (?:days|weeks|months|quarters|years)) (?:before|prior|earlier|preceding)(?: (?:that|it|this|those))?|(?:the )?(?:previous|prior|preceding|last) (?:period|one|ones|\d+ (?:days|weeks|months|quarters|years)|\d+)|(?:the )?(?:previous|prior|preceding)(?= |$)|before that|the before|last(?= *$| ~))(?!\w)"
_CHANGED = r"\b(?:better|worse|more|less|fewer|higher|lower|bigger|smaller|stronger|weaker|busier|quieter|slower|up|down|change|changed|changes|growth|grow|grew|grown|growing|increase|increased|decrease|decreased|drop|dropped|rise|rose|improve|improved|differ|difference|behind|ahead|compare|compared|comparing|comparison|stack up)\b"


Comparison = tuple[Period | None, str | None, Period | None]


def comparison(line: Line, now: Now) -> Comparison:
    """The period, what it is compared with by the contract's word, and, where the contract has no
    word for it, the other period."""
    if line.has(_YOY):
        compare = _implied(line)
        return period(line, now), compare, None
    connector = _connector(line, now)
    if connector is None:
        main = period(line, now)
        if main is None:
            return None, _implied(line), None
        return main, _implied(line), None
    left, right = Line(line.text[: connector[0]]), Line(line.text[connector[1] :])
    if line.text[connector[0] : connector[1]] == "or":
        left, right = _later_first(left, right, now)
    found = _by_word(left, right, now) or _by_period(left, right, now)
    if found is None:
        return period(line, now), None, None
    line.text = left.text + " ~ " + right.text
    return found


def _later_first(left: Line, right: Line, now: Now) -> tuple[Line, Line]:
    """Of two that a question leaves open, the later is compared with the earlier."""
    first, second = period(Line(left.text), now), period(Line(right.text), now)
    if first is None or second is None:
        return left, right
    begins = [window(each, now.calendars).first for each in (first, second)]
    return (left, right) if begins[0] >= begins[1] else (right, left)


def _by_word(left: Line, right: Line, now: Now) -> Comparison | None:
    """Compared with `last year`, `the one before`."""
    names_one = right.has(
        rf"\b(?:{MONTH[1:-1]}|q[1-4]|h[12]|(?:first|second) half|{'|'.join(DAYS_NAMED)})\b"
    )
    if not names_one and right.take(_YEAR_BEFORE):
        main: Period = period(left, now) or period(right, now) or Calendar(unit=Unit.YEAR)
        if isinstance(main, Calendar) and main.unit == Unit.YEAR:
            return _named_beside(left, now) or main, "previous_year", None
        return main, "previous_year", None
    if not names_one and right.take(_PERIOD_BEFORE):
        held = period(left, now) or period(right, now)
        if isinstance(held, Calendar) and held.unit == Unit.YEAR:
            return _named_beside(left, now) or held, "previous_year", None
        if isinstance(held, NamedDay):
            return held, "previous_year", None
        return held, "previous_period", None
    return None


def _named_beside(left: Line, now: Now) -> Period | None:
    """`november sales, this year vs last`: the period by name is meant."""
    rest = Line(left.text)
    held = period(rest, now)
    if isinstance(held, NamedMonth | NamedQuarter | NamedDay):
        left.text = rest.text
        return held
    return None


def _by_period(left: Line, right: Line, now: Now) -> Comparison | None:
    """Compared with another period; the one that is meant may stand on either side."""
    _share_year(left, right, now)
    other = period(right, now)
    if other is None:
        return None
    main = period(left, now)
    if main is None and (later := period(right, now)) is not None:
        main, other = later, other
    main = main or _now_of(other)
    if main is None:
        return other, None, None
    other = _same_in_year(main, other, now.today)
    main, other = _in_order(main, other, now)
    said = word(main, other, now)
    return main, said, None if said else other


_A_YEAR = r"(?P<y>(?:19|20)\d\d|(?:of |in )?last year)"


def _share_year(left: Line, right: Line, now: Now) -> None:
    """`q1 vs q2 2024`, `november 2024 vs october`: the year that one of them names is both's."""
    said = [Line(each.text).find(rf" (?:of |in )?{_A_YEAR}(?= |$)") for each in (left, right)]
    if (said[0] is None) == (said[1] is None):
        return
    bare, year = (left, said[1]) if said[1] else (right, said[0])
    assert year is not None
    held = period(Line(bare.text), now)
    named = Line((right if bare is left else left).text)
    beside = period(Line(named.text), now)
    if (
        beside is None
        or isinstance(beside, Calendar | LastN)
        or _is_year(window(beside, now.calendars))
    ):
        return
    words = bare.find(rf"\b(?:{MONTH[1:-1]}|q[1-4]|h[12]|(?:first|second) half)\b(?! \d| of)")
    if words is None or held is None or named.has(rf"\b{words[0]}\b"):
        return
    at = words.end()
    bare.text = f"{bare.text[:at]} of {re.sub('^(?:of|in) ', '', year['y'])}{bare.text[at:]}"


_YOY = r"\b(?:yoy|y o y|y/y|year (?:over|on) year)\b"


def _implied(line: Line) -> str | None:
    """Comparisons that name no other period."""
    if line.take(_YOY):
        return "previous_year"
    if line.take(
        r"\b(?:with|and|incl|including|show)(?: a| the)? (?:comparison|change|growth|difference)(?: (?:to|vs|from|against))?(?: the)? (?:previous|last|prior|preceding)(?: (?:period|one|time))?\b"
    ):
        return "previous_period"
    return None


_THAN = (
    r"\b(?:than|over|on|from|since)\b(?= (?:the )?(?:last|previous|prior|year|same|week|month|quarter|day|one|a year|yesterday|q[1-4]|in ))",
    r"\bthan\b",
)


def _connector(line: Line, now: Now) -> tuple[int, int] | None:
    """Where the words stand that set one period against another."""
    found = line.find(CONNECTOR)
    if found:
        left, right = Line(line.text[: found.start()]), Line(line.text[found.end() :])
        is_of_time = _begins_with_period(left, right, now)
        return (found.start(), found.end()) if is_of_time else None
    if line.has(_CHANGED) and (place := _changed_from(line, now)):
        return place
    if line.has(r"\b(?:compare|comparing|comparison|difference)\b"):
        return _set_beside(line, now)
    if place := _both_named(line, now):
        return place
    if line.has(_CHANGED):
        return _one_or_the_other(line, now)
    return None


def _both_named(line: Line, now: Now) -> tuple[int, int] | None:
    """`this month and last month`: two of a kind, of which one is over."""
    for found in compiled(r"(?<= )and(?= (?:the |for |in )?(?:this|last|the) )").finditer(
        line.text
    ):
        left, right = Line(line.text[: found.start()]), Line(line.text[found.end() :])
        held, other = period(left, now), period(right, now)
        are_beside = left.text.rstrip().endswith("~") and right.text.lstrip().startswith("~")
        if are_beside and isinstance(held, Calendar) and isinstance(other, Calendar):
            return (found.start(), found.end()) if held.unit == other.unit else None
    return None


def _one_or_the_other(line: Line, now: Now) -> tuple[int, int] | None:
    """`did we sell more in october or november`."""
    for found in compiled(r"(?<= )or(?= )").finditer(line.text):
        left, right = Line(line.text[: found.start()]), Line(line.text[found.end() :])
        if period(left, now) is not None and period(right, now) is not None:
            return found.start(), found.end()
    return None


def _changed_from(line: Line, now: Now) -> tuple[int, int] | None:
    """`more than last year`, `up on the month before`."""
    for pattern in _THAN:
        found = line.find(pattern)
        if found is None:
            continue
        left, right = Line(line.text[: found.start()]), Line(line.text[found.end() :])
        if "@" in right.text.split("~")[0][:24]:
            continue
        is_time = right.has(_YEAR_BEFORE) or right.has(_PERIOD_BEFORE) or period(right, now)
        if is_time and (found[0] == "than" or left.has(_CHANGED) or period(left, now)):
            return found.start(), found.end()
    return None


def _set_beside(line: Line, now: Now) -> tuple[int, int] | None:
    """`compare this month and last month`: the word before a period that follows another."""
    for found in compiled(r"(?= (and|to|with) )").finditer(line.text):
        start, end = found.start(), found.end(1)
        head = Line(" ".join(line.text[end:].split()[:6]))
        starts = (
            period(head, now) is not None
            or head.has(rf"^ (?:{_YEAR_BEFORE})")
            or head.has(rf"^ (?:{_PERIOD_BEFORE})")
        )
        if starts and (found[1] != "and" or period(Line(line.text[:start]), now) is not None):
            return start, end
    return None


_FILLERS = frozenset(
    {"the", "that", "those", "of", "in", "for", "our", "my", "to", "a", "an", "same", "it", "what", "we"}
    | {"had", "did", "was", "were", "is", "are", "how", "on", "during", "at", "from", "with", "and"}
    | {"this", "these", "figures", "numbers", "results", "all"}
)  # fmt: skip


def _begins_with_period(left: Line, right: Line, now: Now) -> bool:
    """Whether what follows sets a period against another, and not a name against a name."""
    for pattern in (_YEAR_BEFORE, _PERIOD_BEFORE):
        if (found := right.find(pattern)) and not re.search(
            r"@|\bby\b", right.text[: found.start()]
        ):
            return True
    before = Line(right.text)
    if period(before, now) is None:
        return False
    said = before.text.split("~")[0]
    if re.search(r"@|\b(?:by|per|each)\b", said):
        return False
    is_alone = set(said.split()) <= _FILLERS | set(left.text.split())
    return is_alone or period(left, now) is not None


def _now_of(other: Period) -> Period | None:
    """What a lone `vs last month` is compared with it."""
    if isinstance(other, Calendar) and other.offset < 0:
        return Calendar(unit=other.unit, offset=other.offset + 1)
    if isinstance(other, LastN):
        return other
    if isinstance(other, NamedDay):
        return other
    return None


def _same_in_year(main: Period, other: Period, today: date) -> Period:
    """`november 2024 vs 2023`: the same of the other year, where that is one."""
    if not isinstance(other, Range) or (other.end - other.start).days < 364:
        return other
    year = other.start.year
    if isinstance(main, NamedDay):
        named = NAMED_DAYS[main.name]
        latest = today.year if named(today.year) <= today else today.year - 1
        return NamedDay(name=main.name, offset=year - latest) if year <= latest else other
    if (
        isinstance(main, Range)
        and main.start.year == main.end.year
        and (main.end - main.start).days < 300
    ):
        start, end = main.start.replace(year=year, day=1), main.end
        last = monthrange(year, end.month)[1]
        whole = main.start.day == 1 and (end + DAY).day == 1
        return Range(start=start, end=date(year, end.month, last)) if whole else other
    return other


def _in_order(main: Period, other: Period, now: Now) -> tuple[Period, Period]:
    """The later one first, where both say when they are."""
    if isinstance(main, Calendar) and isinstance(other, Calendar):
        a, b = window(main, now.calendars), window(other, now.calendars)
        return (main, other) if a.first >= b.first else (other, main)
    if isinstance(main, Range) and isinstance(other, Range) and main.start < other.start:
        return other, main
    return main, other


def _by_name(other: NamedMonth | NamedQuarter, *, is_itself: bool) -> str:
    if is_itself:  # `this october vs last october`
        return "previous_year"
    if isinstance(other, NamedMonth):
        return f"named_month:{other.name}"
    return f"named_quarter:{other.quarter}"


def word(main: Period, other: Period, now: Now) -> str | None:
    calendars = now.calendars
    current, wanted = window(main, calendars), window(other, calendars)
    if isinstance(other, NamedMonth | NamedQuarter):
        return _by_name(other, is_itself=wanted.first == current.first)
    if isinstance(other, NamedDay) and other.offset == 0:
        return f"named_day:{other.name}" if other != main else "previous_year"
    if isinstance(other, NamedDay) and isinstance(main, NamedDay) and main.name == other.name:
        return "previous_year" if other.offset == main.offset - 1 else None
    words = ["previous_period", "previous_year"]
    if _is_year(wanted):
        words.reverse()
    for each in words:
        before = compared(
            main.model_copy(update={"compare": each}),
            current._replace(last=current.through),
            calendars,
        )
        if before and (before.first, before.through) == (wanted.first, wanted.through):
            return each
    if isinstance(other, Calendar) and other.unit == Unit.YEAR and other.offset == -1:
        return "previous_year"
    if isinstance(other, LastN) and isinstance(main, LastN):
        return "previous_period"
    return None


def _is_year(held: Window) -> bool:
    return (held.through - held.first).days in (364, 365) and held.first.day == 1


# ------------------------------------------------------------------------------- grains

STEPWISE = r"\b(?:mom|m o m|wow|w o w|qoq|q o q|dod|(?:month|week|quarter|day) (?:over|on|by|to) (?:month|week|quarter|day))\b"
_LY = {
    "daily": "day",
    "weekly": "week",
    "monthly": "month",
    "quarterly": "quarter",
    "yearly": "year",
    "annually": "year",
}


def grain(line: Line) -> Unit | None:
    """The unit that a question wants one value for each of."""
    if found := line.take(
        r"\b(?:on an? )?(daily|weekly|monthly|quarterly|yearly|annually)(?: basis)?\b(?! (?:customer )?cohorts?\b)"
    ):
        return Unit(_LY[found[1]])
    if found := line.take(
        rf"\b(?!year (?:over|on|to) year){UNIT} (?:by|over|on|to|after|vs|per|for) \1\b(?! (?:before|prior|earlier|ago))"
    ):
        return Unit(found[1])
    if found := line.take(
        rf"(?<=\borders )(?:an?|each|every|in an?) {UNIT}\b|(?<=\bcustomers )(?:an?|in an?) {UNIT}\b"
    ):
        return Unit(found[1] or found[2])
    if found := line.take(r"\b(?:w o w|wow|m o m|mom|q o q|qoq|d o d)\b"):
        return {"w": Unit.WEEK, "m": Unit.MONTH, "q": Unit.QUARTER, "d": Unit.DAY}[found[0][0]]
    if found := line.take(rf"\b{UNIT} ?wise\b"):
        return Unit(found[1])
    by = r"(?:by|per|each|every|for each|for every|grouped by|split by|broken down by|broken into|by each|across|over the|separately for each|in each|on each)"
    if found := line.take(
        rf"\b{by}(?: the)?(?: single)? (?:calendar )?{UNIT}s?\b(?! of (?!(?:q[1-4]|h[12]|(?:19|20)\d\d|this|last|the (?:last|past|year|quarter))\b)| since first| after first)"
    ):
        return Unit(found[1])
    if found := line.take(
        rf"(?<!last )(?<!this )(?<!previous )(?<!the )(?<!past )(?<!\d )\b{UNIT}(?:s)? (?:breakdown|split|view|chart|graph|trend|level|totals?|numbers?|figures?)\b"
    ):
        return Unit(found[1])
    return None


TREND = r"\b(?:trend(?:s|ing|line)?|over time|evolution|evolv\w+|develop(?:ed|ing|ment|s)?|progress(?:ion|ed|ing)?|timeline|time series|historical(?:ly)?|trajectory|curve|line (?:chart|graph)|month after month|going up or down|growing or shrinking)\b"


def suiting(held: Period | None) -> Unit:
    """The grain of a course in time that names none."""
    match held:
        case LastN():
            days = (
                held.n
                * {Unit.DAY: 1, Unit.WEEK: 7, Unit.MONTH: 30, Unit.QUARTER: 91, Unit.YEAR: 365}[
                    held.unit
                ]
            )
        case Calendar():
            days = {Unit.DAY: 1, Unit.WEEK: 7, Unit.MONTH: 31, Unit.QUARTER: 92, Unit.YEAR: 365}[
                held.unit
            ]
        case Range():
            days = (held.end - held.start).days + 1
        case NamedMonth():
            days = 31
        case NamedQuarter():
            days = 92
        case _:
            days = 366
    return Unit.DAY if days <= 45 else Unit.WEEK if days <= 120 else Unit.MONTH


def words() -> frozenset[str]:
    """Words of periods, which are spelled right."""
    return frozenset(re.findall(r"[a-z]{4,}", " ".join(pattern for pattern, _ in _FORMS)))
