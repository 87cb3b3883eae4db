"""Keeping the rollups true while orders change, in the transaction that changes them.

What the orders concerned added is read before they change and after; the difference goes into the
sums. So each history of deliveries leaves the sums that the rows have in the end.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from functools import cache
from typing import Any
from uuid import UUID

from backshop.commerce import stable_number
from backshop.db import Asked, Tx, array
from backshop.insights.models import Reckoning
from backshop.insights.rollups import repository
from backshop.insights.rollups.images import params, sources

NAMED = "o.wc_order_id = ANY (%(numbers)s)"


class Keeping:
    """The orders that a transaction changes. `before_…` is called before any of their rows change,
    `after` once all have; the caller holds the store's lock. Of the orders `expected` to change it
    is asked at once which there are."""

    def __init__(self, tx: Tx, store: UUID, expected: Collection[str] = ()) -> None:
        self._tx = tx
        self._store = store
        self._numbers: set[int] = set()
        self._before: list[Asked[repository.Held]] = []
        self._expected = {stable_number(each) for each in expected}
        self._kept: Asked[Reckoning | None] | None = None
        self._stored: Asked[list[int]] | None = None
        if self._expected:
            self._kept = cache(repository.ask_kept_by(tx, store))
            self._stored = cache(repository.ask_stored(tx, sorted(self._expected)))

    def before_orders(self, ids: Iterable[str]) -> None:
        self._read({stable_number(each) for each in ids})

    def before_refunds(self, ids: Iterable[str], numbers: Iterable[int] = ()) -> None:
        """Their orders, as they are stored."""
        wanted = {stable_number(each) for each in ids} | set(numbers)
        if wanted and self._kept_by():
            self._read(repository.orders_of_refunds(self._tx, sorted(wanted)))

    def before_numbers(self, numbers: Collection[int]) -> None:
        self._read(set(numbers))

    def after(self) -> None:
        reckoning = self._kept_by() if self._numbers else None
        if reckoning is None:
            return
        of = self._params(reckoning, self._numbers)
        before = [each() for each in self._before]
        repository.add(self._tx, sources(reckoning, NAMED), before, of)
        self._numbers, self._before = set(), []

    def _kept_by(self) -> Reckoning | None:
        if self._kept is None:
            self._kept = cache(repository.ask_kept_by(self._tx, self._store))
        return self._kept()

    def _read(self, numbers: Collection[int]) -> None:
        """What these orders have added until now, unless that was read already."""
        new = set(numbers) - self._numbers
        reckoning = self._kept_by() if new else None
        if reckoning is None:
            return
        self._numbers |= new
        there = self._those_stored(new)
        if not there:
            return
        of = self._params(reckoning, there)
        self._before.append(repository.ask(self._tx, sources(reckoning, NAMED), of))

    def _those_stored(self, numbers: set[int]) -> Collection[int]:
        if self._stored and numbers <= self._expected:
            return numbers.intersection(self._stored())
        return repository.ask_stored(self._tx, sorted(numbers))()

    def _params(self, reckoning: Reckoning, numbers: Collection[int]) -> dict[str, Any]:
        return params(reckoning, self._store) | {"numbers": array(sorted(numbers))}
