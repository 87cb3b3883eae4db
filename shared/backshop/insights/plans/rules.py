"""What a plan allows, and how long one waits who has used it up."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal, NamedTuple

Plan = Literal["free", "starter", "pro", "agency"]


class Limits(NamedTuple):
    """Questions a day and a minute, by UTC."""

    day: int
    minute: int


LIMITS: dict[str, Limits] = {
    "free": Limits(100, 10),
    "starter": Limits(1_000, 30),
    "pro": Limits(10_000, 120),
    "agency": Limits(100_000, 600),
}


def wait(in_day: int, limits: Limits, now: datetime) -> int:
    """Seconds until the limit that is used up begins anew: the day's, else the minute's."""
    if in_day >= limits.day:
        begins = now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    else:
        begins = now.replace(second=0, microsecond=0) + timedelta(minutes=1)
    return max(1, int((begins - now).total_seconds()) + 1)
