"""One type for every time that comes in: in UTC, or refused in a sentence."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from backshop.times import Time, bucket, class_words, span
from pydantic import TypeAdapter, ValidationError

SOURCES = Path(__file__).parents[2]
TIME = TypeAdapter(Time)


def test_a_time_is_turned_to_utc() -> None:
    said = TIME.validate_python("2026-11-20T10:00:00+05:30")
    assert said == datetime(2026, 11, 20, 4, 30, tzinfo=UTC)
    assert said.tzinfo is UTC


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("2026-11-20T10:00:00", "give the time with its zone"),
        ("0001-01-01T00:00:00+14:00", "give a time that is one in UTC, too"),
        ("9999-12-31T23:59:59-14:00", "give a time that is one in UTC, too"),
    ],
)
def test_what_is_no_time_in_utc_is_refused_in_a_sentence(said: str, why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        TIME.validate_python(said)


def test_there_is_one_type_of_times() -> None:
    own = re.compile(r"Annotated\[datetime|\bAwareDatetime\b")
    found = {
        path.relative_to(SOURCES).as_posix()
        for folder in ("shared/backshop", "functions")
        for path in (SOURCES / folder).rglob("*.py")
        if own.search(path.read_text())
    }
    assert found == {"shared/backshop/times.py"}


@pytest.mark.parametrize(
    ("unit", "name"),
    [
        ("day", "2 February 2026"),
        ("week", "week of 2 February 2026"),
        ("month", "February 2026"),
        ("quarter", "Q1 2026"),
        ("year", "2026"),
    ],
)
def test_periods_have_the_names_that_people_say(unit: str, name: str) -> None:
    assert bucket(date(2026, 2, 2), unit) == name


@pytest.mark.parametrize(
    ("first", "last", "name"),
    [
        ("2026-02-01", "2026-02-01", "1 February 2026"),
        ("2026-02-01", "2026-02-28", "February 2026"),
        ("2026-04-01", "2026-06-30", "Q2 2026"),
        ("2026-01-01", "2026-12-31", "2026"),
        ("9999-12-01", "9999-12-31", "December 9999"),
        ("2026-02-01", "2026-04-30", "February to April 2026"),
        ("2025-12-01", "2026-11-30", "December 2025 to November 2026"),
        ("2026-02-01", "2026-02-27", "1 to 27 February 2026"),
        ("2026-02-02", "2026-02-28", "2 to 28 February 2026"),
        ("2026-02-02", "2026-03-01", "2 February to 1 March 2026"),
    ],
)
def test_days_that_are_a_whole_period_have_its_name(first: str, last: str, name: str) -> None:
    assert span(date.fromisoformat(first), date.fromisoformat(last)) == name


@pytest.mark.parametrize(
    ("kind", "value", "name"),
    [
        ("day_of_week", 1, "Monday"),
        ("day_of_week", 8, None),
        ("month", 12, "December"),
        ("hour_of_day", 9, "9:00"),
        ("cohort_month", "2025-11", "November 2025"),
        ("cohort_month", "later", None),
        ("is_weekend", True, None),
        ("orders", 3, None),
    ],
)
def test_classes_of_times_have_names(kind: str, value: object, name: str | None) -> None:
    assert class_words(kind, value) == name
