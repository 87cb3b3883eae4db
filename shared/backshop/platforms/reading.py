"""What a sync reads from a platform, whichever it is: resources, how much of them, and in steps."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from backshop.platforms.parsing import RecordPage

OVERLAP = timedelta(seconds=30)
"""How far a sync steps back before the mark: changes that were under way when it was taken."""

Position = dict[str, Any]
"""Where a reading can be taken up again; JSON, and empty at the start."""


class ReadScope(NamedTuple):
    """How much of a resource is read.

    `complete` reads every record there is. Otherwise `since` is the mark of the last pass, and
    what changed after it is read; None where there was none.
    """

    complete: bool
    since: datetime | None = None
    before: Mapping[str, Any] = {}
    """What the last pass remembered for this one (`Reader.remember`)."""


class Step(NamedTuple):
    """A page that was read, the position behind it, and how many of its records are new (pages
    overlap)."""

    page: RecordPage
    position: Position
    new: int


def since_text(since: datetime) -> str:
    """The mark less the overlap, as naive UTC seconds."""
    return (since - OVERLAP).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")


@dataclass(frozen=True)
class ReadContext:
    """The clock of a reading, what is made of each page (`RecordPage.prepared`) in the thread that
    fetched it, and whether pages may hold orders in their short form."""

    now: Callable[[], datetime]
    finish: Callable[[RecordPage], RecordPage] = lambda page: page
    takes_plain_orders: bool = False
