"""What a sync reads from a platform, whichever it is: resources, how much of them, and in steps."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import Any, NamedTuple, Protocol

from backshop.commerce import Kind, Platform, Store
from backshop.platforms.api import Patience
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
    """A page that was read, the position behind it, and how many of its records are new (pages
    overlap)."""

    page: Page
    position: Position
    new: int


class Reader(Protocol):
    """One resource of one shop."""

    kinds: frozenset[Kind]
    """What is read here."""

    def whole(self) -> frozenset[Kind]:
        """What a complete reading lists all of: what it does not meet may be gone."""

    def mark(self) -> datetime | None:
        """The time of the shop's newest change, by the shop's own clock, before anything is read;
        None where the list is empty or has no such time."""

    def steps(self, scope: Scope, position: Position) -> Iterator[Step]:
        """The pages from `position` on. Raises `Later` and `Refused`."""

    def find(self, kind: Kind, ids: Collection[str]) -> list[Page]:
        """What the platform says now of these records: those that are still there. At most 100 at
        once; raises `Later` and `Refused`."""

    def remember(self, scope: Scope, position: Position) -> Mapping[str, Any]:
        """What the next pass should know, once this one has come to its end at `position`."""


def since_text(since: datetime) -> str:
    """The mark less the overlap, as naive UTC seconds."""
    return (since - OVERLAP).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")


class ShopFacts(NamedTuple):
    """What a shop says of itself; None where it does not."""

    currency: str | None = None
    time_zone: str | None = None
    version: str | None = None


class Credentials(NamedTuple):
    """What opens a shop's API; docs/syncing.md says what is what on each platform."""

    url: str
    api_key: str
    secret: str
    settings: Mapping[str, Any] = {}


def open_api(platform: Platform, credentials: Credentials, patience: Patience) -> Any:
    """The platform's API client, to be closed; it signs in when it is first asked."""
    return _module(platform, "api").open_api(credentials, patience)


@dataclass(frozen=True)
class By:
    """Whose hands a reading is in: their clock, and what they make of each page (`Page.ready`), in
    the thread that asked for it."""

    now: Callable[[], datetime]
    finish: Callable[[Page], Page] = lambda page: page


def open_reader(platform: Platform, api: Any, store: Store, resource: str, by: By) -> Reader:
    """The reader of one of the platform's resources (`resources.py`)."""
    found: Reader = _module(platform, "reading").reader(api, store, resource, by)
    return found


def facts(platform: Platform, api: Any) -> ShopFacts:
    """What the shop says of itself. Raises `Later` and `Refused`."""
    told: ShopFacts = _module(platform, "subscribing").facts(api)
    return told


def subscribe(
    platform: Platform, api: Any, address: str, secret: str, *, is_new_secret: bool
) -> list[str]:
    """Make the shop send its webhooks to `address`: what is missing is made, what was switched off
    is switched on again. Says what had to be done. Raises `Later` and `Refused`."""
    done: list[str] = _module(platform, "subscribing").subscribe(
        api, address, secret, is_new_secret=is_new_secret
    )
    return done


def _module(platform: Platform, name: str) -> Any:
    return import_module(f"backshop.platforms.{platform.value}.{name}")
