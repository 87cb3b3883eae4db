"""What a schedule does for all stores: each part for itself, so that one that fails stops no other.

A round that had a part fail fails at its end, when all the rest is done: its alarm rings then.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from functools import partial
from typing import TypeVar
from uuid import UUID

from backshop import db, logs
from backshop.stores import repository as stores

T = TypeVar("T")


class PartsFailedError(Exception):
    """Parts of a round failed; the log has their names, stores and lines."""


class Round:
    """One call of a schedule."""

    def __init__(self) -> None:
        self.failed = 0

    def part(self, what: str, work: Callable[[], T], **ids: str) -> list[T]:
        """What came of it, or nothing where it failed. Raises where the database cannot be asked,
        as it would for all that follow."""
        try:
            return [work()]
        except Exception as error:
            _raise_if_away(error)
            logs.failure("a part of a round failed", error, part=what, **ids)
            self.failed += 1
            return []

    def each(self, what: str, ids: Iterable[UUID], work: Callable[[UUID], T]) -> list[T]:
        """What came of each store for which it did not fail. The order is another one every time:
        where the time is up before all are done, it is not always the same stores that wait."""
        order = list(ids)
        random.shuffle(order)
        return [
            made for id in order for made in self.part(what, partial(work, id), store_id=str(id))
        ]

    def together(self, what: str, work: Callable[[db.Tx], T], *, all_stores: bool) -> list[T]:
        """What came of it in one transaction that sees all stores; where that fails, in one for
        each, so that nobody waits for the store whose rows are at fault."""
        try:
            with db.transaction(all_stores=all_stores) as tx:
                return [work(tx)]
        except Exception as error:
            _raise_if_away(error)
            logs.failure("a part of a round goes on store by store", error, part=what)
        with db.transaction(all_stores=all_stores) as tx:
            ids = stores.all_ids(tx)
        return self.each(what, ids, partial(_alone, work))

    def end(self) -> None:
        """Raises PartsFailedError where a part failed."""
        if self.failed:
            raise PartsFailedError(f"{self.failed} parts")


def _alone(work: Callable[[db.Tx], T], store_id: UUID) -> T:
    with db.transaction(store_id=store_id) as tx:
        return work(tx)


def _raise_if_away(error: Exception) -> None:
    """A statement that took too long is its own store's fault; the next may be quick."""
    if db.is_away(error) and not isinstance(error, db.TookTooLong):
        raise error
