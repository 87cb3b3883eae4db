"""What a sync reads from a platform, whichever it is: resources, how much of them, and in steps."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple, Protocol

from backshop.commerce import Kind, Store
from backshop.platforms.payload import Page

OVERLAP = timedelta(seconds=30)
"""How far a sync steps back before the mark: changes that were under way when it was taken."""

Position = dict[str, Any]
"""Where a reading can be taken up again; JSON, and empty at the start."""


class Scope(NamedTuple):
    """How much of a resource is read.

    `complete` reads every record there is. Otherwise `since` is the mark of the last pass, and
    what changed after it is read; None where there was none.
    """

    complete: bool
    since: datetime | None = None
    before: Mapping[str, Any] = {}
    """What the last pass remembered for this one (`Reader.remember`)."""


class Step(NamedTuple):
    """A page that was read and the position behind it."""

    page: Page
    position: Position


class Reader(Protocol):
    """One resource of one shop."""

    kinds: frozenset[Kind]
    """What a complete reading lists all of; what it does not list is gone."""

    def mark(self) -> datetime | None:
        """The time of the shop's newest change, by the shop's own clock, before anything is read;
        None where the list is empty or has no such time."""

    def steps(self, scope: Scope, position: Position) -> Iterator[Step]:
        """The pages from `position` on. Raises `Later` and `Refused`."""

    def remember(self, scope: Scope, position: Position) -> Mapping[str, Any]:
        """What the next pass should know, once this one has come to its end at `position`."""


Open = Callable[[Store], Reader]


def since_text(since: datetime) -> str:
    """The mark less the overlap, as naive UTC seconds."""
    return (since - OVERLAP).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
