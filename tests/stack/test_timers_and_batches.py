"""When schedules come, and which messages of a batch come again."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from local import queues, schedules
from local.runtime import Answer

NOW = datetime(2026, 11, 20, 6, 7, 30, tzinfo=UTC)  # a Friday


@pytest.mark.parametrize(
    ("expression", "zone", "expected"),
    [
        ("rate(1 minute)", "UTC", "2026-11-20T06:08:30"),
        ("rate(5 minutes)", "UTC", "2026-11-20T06:12:30"),
        ("rate(2 days)", "UTC", "2026-11-22T06:07:30"),
        ("cron(0 9 * * ? *)", "UTC", "2026-11-20T09:00:00"),
        ("cron(0 9 * * ? *)", "Asia/Colombo", "2026-11-21T03:30:00"),
        ("cron(0/15 * * * ? *)", "UTC", "2026-11-20T06:15:00"),
        ("cron(0 8 ? * 1 *)", "UTC", "2026-11-22T08:00:00"),
        ("cron(0 8 ? * 2-6 *)", "UTC", "2026-11-20T08:00:00"),
        ("cron(0 8 ? * MON *)", "UTC", "2026-11-23T08:00:00"),
        ("cron(0 0 1 1 ? 2028)", "UTC", "2028-01-01T00:00:00"),
        ("cron(0 0 L * ? *)", "UTC", "2026-11-30T00:00:00"),
    ],
)
def test_next_time(expression: str, zone: str, expected: str) -> None:
    found = schedules.next_time(expression, zone, NOW)
    assert found == datetime.fromisoformat(expected).replace(tzinfo=UTC)


@pytest.mark.parametrize("expression", ["every minute", "rate(0.5 hours)", "cron(* * *)"])
def test_bad_expressions(expression: str) -> None:
    with pytest.raises(schedules.BadExpression):
        schedules.next_time(expression, "UTC", NOW)


def test_rates_do_not_all_come_in_one_moment() -> None:
    expressions = ["rate(1 minute)", "cron(0 9 * * ? *)", "rate(5 minutes)", "rate(1 hour)"]
    made = [schedules.Schedule(each, "f", each) for each in expressions]
    minute, nine, five, hour = (
        int((each - NOW).total_seconds()) for each in schedules.first_times(made, NOW)
    )
    assert nine == 2 * 3600 + 52 * 60 + 30
    assert (minute, five, hour) == (60, 300 - 20, 3600 - 40)
    assert schedules.first_times([], NOW) == []


def test_a_schedule_calls_again_and_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        schedules, "next_time", lambda _e, _z, after: after + timedelta(seconds=0.01)
    )
    called: list[tuple[str, dict[str, Any]]] = []

    async def call(function: str, event: bytes) -> None:
        called.append((function, json.loads(event)))

    async def run() -> None:
        schedule = schedules.Schedule("s", "f", "rate(1 minute)")
        task = asyncio.create_task(schedules.keep(schedule, datetime.now(UTC), call))
        while len(called) < 3:
            await asyncio.sleep(0.005)
        task.cancel()

    asyncio.run(asyncio.wait_for(run(), 5))
    function, event = called[0]
    assert function == "f"
    assert (event["source"], event["detail-type"]) == ("aws.scheduler", "Scheduled Event")


def test_a_schedules_own_input() -> None:
    schedule = schedules.Schedule("s", "f", "rate(1 minute)", input='{"a": 1}')
    assert schedules.event(schedule, NOW) == b'{"a": 1}'


def answer(said: Any) -> Answer:
    return Answer(json.dumps(said).encode())


@pytest.mark.parametrize(
    ("given", "failed"),
    [
        (answer({"batchItemFailures": []}), set()),
        (answer(None), set()),
        (answer({}), set()),
        (answer({"batchItemFailures": [{"itemIdentifier": "b"}]}), {"b"}),
        (answer({"batchItemFailures": [{"itemIdentifier": "unknown"}]}), {"a", "b"}),
        (answer({"batchItemFailures": [{"itemIdentifier": ""}]}), {"a", "b"}),
        (answer({"batchItemFailures": [{}]}), {"a", "b"}),
        (answer([]), set()),
        (Answer(b"not json"), {"a", "b"}),
        (Answer(b"{}", failed=True), {"a", "b"}),
    ],
)
def test_which_messages_come_again(given: Answer, failed: set[str]) -> None:
    assert queues.failures(given, ["a", "b"], partial=True) == failed


def test_without_partial_answers_nothing_is_read_from_them() -> None:
    given = answer({"batchItemFailures": [{"itemIdentifier": "a"}]})
    assert queues.failures(given, ["a"], partial=False) == set()
