"""Periods as days: pure arithmetic on local dates, whatever the store's zone.

The day of the question is an argument. A window's days are both included; one that is still running
ends with that day, and `through` says where it would end.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import NamedTuple

from backshop.insights.semantic.models import (
    MONTHS,
    AllTime,
    Calendar,
    LastN,
    Meaningless,
    NamedDay,
    NamedMonth,
    NamedQuarter,
    Period,
    Range,
    Unit,
)

DAY = timedelta(days=1)
YEAR_OF_WEEKS = timedelta(days=364)
FIRST_YEAR = 1000
"""Before it no period begins: what is reckoned from there stays within what dates hold."""
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTHS_OF = {Unit.MONTH: 1, Unit.QUARTER: 3, Unit.YEAR: 12}


class Window(NamedTuple):
    first: date
    last: date
    through: date

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def is_running(self) -> bool:
        return self.last < self.through


class Calendars(NamedTuple):
    """What periods depend on beside themselves. `week_start` is 0 for Monday; `since` the store's
    first day with an order."""

    today: date
    week_start: int = 0
    since: date | None = None


def window(period: Period, now: Calendars) -> Window:
    """The days that a period means on the day of the question."""
    match period:
        case LastN():
            current = start_of(now.today, period.unit, now.week_start)
            end = _shift(current, period.unit, 1) - DAY
            return _until(_shift(current, period.unit, 1 - period.n), end, now.today)
        case Calendar():
            current = start_of(now.today, period.unit, now.week_start)
            first = _shift(current, period.unit, period.offset)
            return _until(first, _shift(first, period.unit, 1) - DAY, now.today)
        case Range():
            return _until(period.start, period.end, now.today)
        case NamedMonth():
            return _latest_complete(Unit.MONTH, MONTHS.index(period.name) + 1, now.today)
        case NamedQuarter():
            return _latest_complete(Unit.QUARTER, 3 * period.quarter - 2, now.today)
        case NamedDay():
            day = _latest_named(period.name, now.today, period.offset)
            return Window(day, day, day)
        case AllTime():
            return Window(min(now.since or now.today, now.today), now.today, now.today)


def _until(first: date, through: date, today: date) -> Window:
    """A window of which the future is left out, unless it is all of it."""
    return Window(first, today if first <= today < through else through, through)


def _latest_complete(unit: Unit, month: int, today: date) -> Window:
    first = date(today.year, month, 1)
    while _shift(first, unit, 1) - DAY > today:
        first = _shift(first, Unit.YEAR, -1)
    end = _shift(first, unit, 1) - DAY
    return Window(first, end, end)


def compared(period: Period, current: Window, now: Calendars) -> Window | None:
    """The days that `period.compare` means beside `current`; None where it compares nothing.

    A window still running is compared with as many days of the other, of years up to its date.
    """
    match period.compare:
        case None:
            return None
        case "previous_period":
            other = _before(period, current)
        case "previous_year":
            other = _year_before(period, current)
        case named:
            other = window(_named(named), now)
    if current.is_running:
        return Window(other.first, min(_as_far(current, other), other.last), other.last)
    return other


def _as_far(current: Window, other: Window) -> date:
    years = years_apart(current, other)
    if years:
        return years_before(current.last, years)
    return other.first + timedelta(days=current.days - 1)


def years_apart(current: Window, other: Window) -> int:
    """How many whole years the other begins before the current window; 0 where these are none, and
    its days are other dates."""
    years = current.first.year - other.first.year
    return years if years_before(current.first, years) == other.first else 0


def _named(compare: str) -> Period:
    kind, _, name = compare.partition(":")
    if kind == "named_month":
        return NamedMonth.model_validate({"name": name})
    if kind == "named_quarter":
        return NamedQuarter(quarter=int(name))
    return NamedDay.model_validate({"name": name})


def _before(period: Period, current: Window) -> Window:
    match period:
        case LastN():
            first = _shift(current.first, period.unit, -period.n)
            return _whole(first, current.first - DAY)
        case Calendar():
            return _whole(_shift(current.first, period.unit, -1), current.first - DAY)
        case NamedDay():
            day = _latest_named(period.name, current.first, -1)
            return Window(day, day, day)
    months = _whole_months(current.first, current.through)
    if months:
        return _whole(_shift(current.first, Unit.MONTH, -months), current.first - DAY)
    days = current.through - current.first + DAY
    return _whole(current.first - days, current.first - DAY)


def _year_before(period: Period, current: Window) -> Window:
    """Date by date, weeks by week, named days by their name."""
    if isinstance(period, NamedDay):
        return _before(period, current)
    if isinstance(period, LastN | Calendar) and period.unit == Unit.WEEK:
        return _whole(current.first - YEAR_OF_WEEKS, current.through - YEAR_OF_WEEKS)
    if _whole_months(current.first, current.through):
        return _whole(years_before(current.first, 1), years_before(current.through + DAY, 1) - DAY)
    return _whole(years_before(current.first, 1), years_before(current.through, 1))


def _whole(first: date, last: date) -> Window:
    return Window(first, last, last)


def _whole_months(first: date, last: date) -> int:
    """How many months the days are, where they are whole ones; else 0."""
    after = last + DAY
    if first.day != 1 or after.day != 1:
        return 0
    return 12 * (after.year - first.year) + after.month - first.month


def years_before(day: date, years: int) -> date:
    """The same date so many years before; 28 February for the 29th."""
    return _shift(day, Unit.YEAR, -years)


# ------------------------------------------------------------------------------- buckets


def start_of(day: date, unit: Unit, week_start: int = 0) -> date:
    """The first day of the unit that holds `day`."""
    match unit:
        case Unit.DAY:
            return day
        case Unit.WEEK:
            return day - timedelta(days=(day.weekday() - week_start) % 7)
        case Unit.MONTH:
            return day.replace(day=1)
        case Unit.QUARTER:
            return date(day.year, 3 * ((day.month - 1) // 3) + 1, 1)
        case Unit.YEAR:
            return date(day.year, 1, 1)


def end_of(start: date, unit: Unit) -> date:
    """The last day of the unit that begins with `start`."""
    return _shift(start, unit, 1) - DAY


def buckets(days: Window, unit: Unit, week_start: int = 0) -> list[date]:
    """First days of the units that a window touches."""
    return list(_buckets(days, unit, week_start))


def _buckets(days: Window, unit: Unit, week_start: int) -> Iterator[date]:
    start = start_of(days.first, unit, week_start)
    while start <= days.last:
        yield start
        start = _shift(start, unit, 1)


def _shift(day: date, unit: Unit, number: int) -> date:
    """`number` units later; a day that the month does not have becomes its last. Raises
    Meaningless before the year 1000."""
    if unit == Unit.DAY:
        return day + timedelta(days=number)
    if unit == Unit.WEEK:
        return day + timedelta(weeks=number)
    months = 12 * day.year + day.month - 1 + number * _MONTHS_OF[unit]
    year, month = divmod(months, 12)
    if year < FIRST_YEAR:
        raise Meaningless(
            "That is before the calendar of shops begins: ask for a later period.", "period"
        )
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


# ------------------------------------------------------------------------------- named days


def easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar, by the anonymous algorithm (Meeus, Jones,
    Butcher)."""
    a, b, c = year % 19, year // 100, year % 100
    d, e = divmod(b, 4)
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    m = (32 + 2 * e + 2 * i - h - k) % 7
    n = (a + 11 * h + 22 * m) // 451
    month, day = divmod(h + m - 7 * n + 114, 31)
    return date(year, month, day + 1)


def _nth(year: int, month: int, weekday: int, n: int) -> date:
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (n - 1))


def _fixed(month: int, day: int) -> Callable[[int], date]:
    return lambda year: date(year, month, day)


NAMED_DAYS: dict[str, Callable[[int], date]] = {
    "black_friday": lambda year: _nth(year, 11, 3, 4) + DAY,
    "cyber_monday": lambda year: _nth(year, 11, 3, 4) + 4 * DAY,
    "valentines_day": _fixed(2, 14),
    "mothers_day": lambda year: _nth(year, 5, 6, 2),
    "fathers_day": lambda year: _nth(year, 6, 6, 3),
    "easter_sunday": easter,
    "halloween": _fixed(10, 31),
    "singles_day": _fixed(11, 11),
    "christmas_eve": _fixed(12, 24),
    "christmas_day": _fixed(12, 25),
    "boxing_day": _fixed(12, 26),
    "new_years_eve": _fixed(12, 31),
    "new_years_day": _fixed(1, 1),
}
"""Mother's and Father's Day as in the United States and most other countries: the second Sunday of
May and the third of June."""


def _latest_named(name: str, today: date, offset: int) -> date:
    of_year = NAMED_DAYS[name]
    year = today.year if of_year(today.year) <= today else today.year - 1
    return of_year(year + offset)
