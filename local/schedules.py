"""Calls functions on time as EventBridge does."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from croniter import croniter

from local.aws import ACCOUNT, REGION

_RATE = re.compile(r"rate\((\d+) (minute|hour|day)s?\)")
_CRON = re.compile(r"cron\(([^)]+)\)")


class BadExpression(ValueError):
    """A schedule that EventBridge would not take, or that is not known here."""


@dataclass(frozen=True)
class Schedule:
    """When a function is called and with what; without an input it gets EventBridge's own event."""

    name: str
    function: str
    expression: str
    zone: str = "UTC"
    input: str | None = None
    source: str = "aws.scheduler"


def next_time(expression: str, zone: str, after: datetime) -> datetime:
    """When a schedule comes next; a rate counts from `after`. Raises `BadExpression`."""
    if rate := _RATE.fullmatch(expression):
        return after + timedelta(**{f"{rate[2]}s": int(rate[1])})
    if cron := _CRON.fullmatch(expression):
        return _next_cron(cron[1], zone, after)
    raise BadExpression(f"{expression} is neither rate(…) nor cron(…)")


def first_times(schedules: list[Schedule], now: datetime) -> list[datetime]:
    """When each comes first after a start, in their order.

    Rates come up to a minute early, one after another: AWS counts each from a second of its own,
    and functions that all start in one moment would take a laptop's processors from who is served.
    Raises `BadExpression`.
    """
    rates = sum(bool(_RATE.fullmatch(each.expression)) for each in schedules)
    early = timedelta()
    firsts = []
    for each in schedules:
        first = next_time(each.expression, each.zone, now)
        if _RATE.fullmatch(each.expression):
            first -= early
            early += timedelta(minutes=1) / rates
        firsts.append(first)
    return firsts


def _next_cron(fields: str, zone: str, after: datetime) -> datetime:
    """AWS counts weekdays from 1 for Sunday, writes `?` for either day, and ends with a year."""
    try:
        minute, hour, day, month, weekday, year = fields.replace("?", "*").split()
        weekday = re.sub(r"(?<![#\d])\d", lambda number: str(int(number[0]) - 1), weekday)
        # croniter puts the seconds between the weekday and the year.
        line = f"{minute} {hour} {day} {month} {weekday} 0 {year}"
        found: datetime = croniter(line, after.astimezone(ZoneInfo(zone))).get_next(datetime)
    except (ValueError, KeyError) as error:
        raise BadExpression(f"cron({fields}) is no schedule: {error}") from error
    return found.astimezone(UTC)


def event(schedule: Schedule, at: datetime) -> bytes:
    """What the function gets."""
    if schedule.input is not None:
        return schedule.input.encode()
    kind = "schedule/default" if schedule.source == "aws.scheduler" else "rule"
    event: dict[str, Any] = {
        "version": "0",
        "id": str(uuid4()),
        "detail-type": "Scheduled Event",
        "source": schedule.source,
        "account": ACCOUNT,
        "time": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": REGION,
        "resources": [f"arn:aws:scheduler:{REGION}:{ACCOUNT}:{kind}/{schedule.name}"],
        "detail": "{}" if schedule.source == "aws.scheduler" else {},
    }
    return json.dumps(event).encode()


async def keep(
    schedule: Schedule, due: datetime, call: Callable[[str, bytes], Awaitable[Any]]
) -> None:
    """Call the function when `due`, and whenever its time has come after that, until cancelled.

    A call that takes longer than the interval is not doubled, which a laptop thanks for.
    """
    while True:
        await asyncio.sleep(max(0.0, (due - datetime.now(UTC)).total_seconds()))
        await call(schedule.function, event(schedule, due))
        due = next_time(schedule.expression, schedule.zone, max(due, datetime.now(UTC)))
