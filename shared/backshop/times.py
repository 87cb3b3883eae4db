"""Times as everything that is said of a shop has them: aware, in UTC; and what days, weeks, months,
quarters and years are called."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Annotated

from pydantic import AfterValidator


def _utc(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError("give the time with its zone, as 2026-11-20T10:00:00Z")
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise ValueError("give a time that is one in UTC, too: of the years 1 to 9999") from None


Time = Annotated[datetime, AfterValidator(_utc)]

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


def day_words(day: date) -> str:
    """`1 February 2026`."""
    return f"{day.day} {_month(day)}"


def bucket(first: date, unit: str) -> str:
    """What a period is called that begins on this day: `1 February 2026`, `week of 2 February
    2026`, `February 2026`, `Q1 2026`, `2026`."""
    names = {
        "week": f"week of {day_words(first)}",
        "month": _month(first),
        "quarter": f"Q{_quarter(first)} {first.year}",
        "year": f"{first.year}",
    }
    return names.get(unit, day_words(first))


def span(first: date, last: date) -> str:
    """What the days from one to another are called, both included: `February 2026`, `Q1 2026`,
    `1 to 27 February 2026`, `1 February to 3 March 2026`, `December 2025 to February 2026`."""
    if first == last:
        return day_words(first)
    if whole := whole_unit(first, last):
        return bucket(first, whole)
    is_months = first.day == 1 and _ends_a_month(last)
    begins, ends = (_month(first), _month(last)) if is_months else map(day_words, (first, last))
    if first.year == last.year:
        begins = begins.removesuffix(f" {first.year}")
    if first.year == last.year and first.month == last.month:
        begins = f"{first.day}"
    return f"{begins} to {ends}"


def whole_unit(first: date, last: date) -> str | None:
    """The unit of which the days are exactly one: a year, a quarter or a month."""
    if first.day != 1 or not _ends_a_month(last) or first.year != last.year:
        return None
    months = last.month - first.month + 1
    units = {12: "year", 3: "quarter" if first.month % 3 == 1 else None, 1: "month"}
    return units.get(months)


def class_words(kind: str, value: object) -> str | None:
    """What a value of a class of times is called: `Monday` of `day_of_week` 1, `March` of `month`
    3, `14:00` of `hour_of_day`, `November 2025` of `cohort_month` 2025-11. None for any other."""
    if kind == "cohort_month" and isinstance(value, str):
        try:
            return _month(date.fromisoformat(f"{value}-01"))
        except ValueError:
            return None
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    if kind == "hour_of_day":
        return f"{value}:00"
    names = {"day_of_week": WEEKDAYS, "month": MONTHS}.get(kind, ())
    return names[value - 1] if 0 < value <= len(names) else None


def _month(day: date) -> str:
    return f"{MONTHS[day.month - 1]} {day.year}"


def _quarter(day: date) -> int:
    return (day.month + 2) // 3


def _ends_a_month(day: date) -> bool:
    return day == date.max or (day + timedelta(days=1)).day == 1
