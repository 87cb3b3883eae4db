"""A circuit breaker for a store whose shop lets calls time out: it is left alone for a while.

Each call of such a shop takes all its time, and an execution with it. After `TRIPS_AT` sessions in
a row that ended so, nobody calls the shop for a minute, then for two, four and so on; the first
answer ends it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from uuid import UUID

from backshop import db, logs
from backshop.db import Tx
from backshop.platforms.errors import Permanent, Transient, TransientOutage, was_slow
from backshop.stores import repository

TRIPS_AT = 3
FIRST_REST = timedelta(minutes=1)
LONGEST_REST = timedelta(minutes=15)


def rest(slow: int) -> timedelta:
    """How long a shop is left alone after so many sessions in a row that timed out."""
    if slow < TRIPS_AT:
        return timedelta(0)
    doubled: timedelta = FIRST_REST * 2 ** min(slow - TRIPS_AT, 10)
    return min(doubled, LONGEST_REST)


def check(tx: Tx, now: datetime) -> None:
    """Raises `TransientOutage` where the transaction's store is left alone now."""
    until = repository.rests_until(tx)
    if until is not None and until > now:
        seconds = (until - now).total_seconds()
        raise TransientOutage("the shop let calls time out, and is left alone for a while", seconds)


@contextmanager
def watched(store_id: UUID) -> Iterator[None]:
    """Calls of the store's shop in this block count: for it where it answers, and against it where
    it lets them time out."""
    try:
        yield
    except Transient as failed:
        if was_slow(failed):
            _note_slow(store_id)
        raise
    except Permanent:
        _note_answer(store_id)
        raise
    _note_answer(store_id)


def _note_slow(store_id: UUID) -> None:
    with db.transaction(store_id=store_id) as tx:
        slow = repository.count_slow(tx)
        seconds = rest(slow)
        repository.rest_until(tx, datetime.now(UTC) + seconds)
    if seconds:
        logs.warning(
            "a shop is left alone", store_id=str(store_id), seconds=seconds.total_seconds()
        )
        logs.count("ShopsLeftAlone")


def _note_answer(store_id: UUID) -> None:
    with db.transaction(store_id=store_id) as tx:
        repository.forget_slow(tx)
