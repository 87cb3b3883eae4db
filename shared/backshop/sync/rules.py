"""When a store is synced, how, and how long a failure waits."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(hours=1)
MOST_RETRIES = 10
"""With the waits above a shop may be away for about five hours before a run is given up; the next
one begins when the store's interval has passed."""
RECONCILE_EVERY = timedelta(days=1)
STALLED_AFTER = timedelta(minutes=5)
"""A job that nobody has touched for so long has lost its message: it is announced again."""


class RunType(StrEnum):
    """`FULL` and `RECONCILE` read every record; `RECONCILE` is the one that comes by itself.
    `ORDERS`, `PRODUCTS` and `CUSTOMERS` read what changed of those alone."""

    FULL = "full"
    INCREMENTAL = "incremental"
    RECONCILE = "reconcile"
    ORDERS = "orders"
    PRODUCTS = "products"
    CUSTOMERS = "customers"


PARTS: dict[RunType, frozenset[str]] = {
    RunType.ORDERS: frozenset({"orders", "refunds"}),
    RunType.PRODUCTS: frozenset({"products", "categories", "collections"}),
    RunType.CUSTOMERS: frozenset({"customers"}),
}
"""Resources of a run that reads a part of the shop; of the others it reads all."""


def resources_of(run_type: RunType, resources: Sequence[str]) -> list[str]:
    """Those of the platform's resources that a run reads."""
    part = PARTS.get(run_type)
    return [each for each in resources if part is None or each in part]


def type_due(complete_at: datetime | None, now: datetime) -> RunType:
    """The type of the next run, by when the store was last read whole."""
    if complete_at is None:
        return RunType.FULL
    if now - complete_at >= RECONCILE_EVERY:
        return RunType.RECONCILE
    return RunType.INCREMENTAL


def retry_at(retries: int, now: datetime, after: float | None = None) -> datetime | None:
    """When to try again after the failure that follows `retries` earlier ones: 30 s, 1, 2, 4 …
    minutes, an hour at most, and not before the platform asked for (seconds). None: give up."""
    if retries >= MOST_RETRIES:
        return None
    wait: timedelta = min(FIRST_WAIT * 2**retries, LONGEST_WAIT)
    return now + max(wait, timedelta(seconds=min(after or 0.0, 86_400.0)))


def new_mark(newest: datetime | None, started_at: datetime) -> datetime | None:
    """The mark of a pass: the time of the newest change there was when it began, by the shop's own
    clock. A time in the future would hide what changes until then."""
    return None if newest is None else min(newest, started_at)


TRIED = 2
"""Batches after which one saver is compared with two. Of each the quickest of the last three
counts, because others use the database, too."""

WORTH_IT = 0.9
"""The share of one saver's time that two may take at most: they cost the database a fifth more
work."""


def are_two(alone: Sequence[float], side_by_side: Sequence[float]) -> bool:
    """Whether two are to save the next batch, by the seconds a record that batches took one saver
    and two of them."""
    if len(alone) < TRIED or len(side_by_side) < TRIED:
        return len(alone) >= TRIED
    return min(side_by_side[-3:]) < WORTH_IT * min(alone[-3:])
