"""When a store is synced, how, and how long a failure waits."""

from datetime import UTC, datetime, timedelta

import pytest
from backshop.sync import rules
from backshop.sync.rules import RunType

NOW = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "complete_at, type",
    [
        (None, RunType.FULL),
        (NOW, RunType.INCREMENTAL),
        (NOW - timedelta(hours=23, minutes=59), RunType.INCREMENTAL),
        (NOW - timedelta(days=1), RunType.RECONCILE),
        (NOW - timedelta(days=40), RunType.RECONCILE),
    ],
)
def test_the_type_of_the_next_run(complete_at, type):
    assert rules.type_due(complete_at, NOW) == type


def test_waits_double_up_to_an_hour_and_end():
    waits = [rules.retry_at(number, NOW) for number in range(rules.MOST_RETRIES + 1)]
    seconds = [each and (each - NOW).total_seconds() for each in waits]
    assert seconds == [30, 60, 120, 240, 480, 960, 1920, 3600, 3600, 3600, None]


def test_no_earlier_than_the_shop_asked_and_no_later_than_a_day():
    assert rules.retry_at(0, NOW, 600) == NOW + timedelta(seconds=600)
    assert rules.retry_at(3, NOW, 5) == NOW + timedelta(seconds=240)
    assert rules.retry_at(0, NOW, 10**9) == NOW + timedelta(days=1)


def test_a_mark_never_lies_in_the_future():
    before = NOW - timedelta(days=3)
    assert rules.new_mark(before, NOW) == before, "the shop's clock may be behind"
    assert rules.new_mark(NOW + timedelta(days=400), NOW) == NOW
    assert rules.new_mark(None, NOW) is None


@pytest.mark.parametrize(
    "alone, side_by_side, are_two",
    [
        ([], [], False),
        ([9], [], False),
        ([9, 5], [], True),
        ([9, 5], [7], True),
        ([9, 5], [7, 4], True),
        ([9, 5], [7, 6], False),
        ([9, 5], [7, 4.8], False),
        ([9, 5, 6, 6, 8], [7, 4], True),
        ([9, 5, 6, 6, 8], [4, 7, 7, 9], False),
    ],
)
def test_two_save_where_that_was_measured_to_be_quicker(alone, side_by_side, are_two):
    assert rules.are_two(alone, side_by_side) is are_two
