"""Keeping the rollups true while orders change, in the transaction that changes them.

What the orders concerned added is read before they change and after; the difference goes into the
sums. So each history of deliveries leaves the sums that the rows have in the end.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any
from uuid import UUID

from backshop.commerce import stable_number
from backshop.db import Tx
from backshop.insights.models import Reckoning
from backshop.insights.rollups import repository
from backshop.insights.rollups.images import params, sources

NAMED = "o.wc_order_id = ANY (%(numbers)s)"


class Keeping:
    """The orders that a transaction changes. `before_…` is called before any of their rows change,
    `after` once all have; the caller holds the store's lock."""

    def __init__(self, tx: Tx, store: UUID) -> None:
        self._tx = tx
        self._store = store
        self._numbers: set[int] = set()
        self._before: list[repository.Held] = []
        self._reckoning: Reckoning | None = None
        self._is_asked = False

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
        repository.add(self._tx, sources(reckoning, NAMED), self._before, of)
        self._numbers, self._before = set(), []

    def _kept_by(self) -> Reckoning | None:
        if not self._is_asked:
            self._reckoning = repository.kept_by(self._tx, self._store)
            self._is_asked = True
        return self._reckoning

    def _read(self, numbers: Collection[int]) -> None:
        """What these orders have added until now, unless that was read already."""
        new = set(numbers) - self._numbers
        reckoning = self._kept_by() if new else None
        if reckoning is None:
            return
        self._numbers |= new
        there = repository.stored(self._tx, sorted(new))
        if not there:
            return
        of = self._params(reckoning, there)
        self._before.append(repository.read(self._tx, sources(reckoning, NAMED), of))

    def _params(self, reckoning: Reckoning, numbers: Collection[int]) -> dict[str, Any]:
        return params(reckoning, self._store) | {"numbers": sorted(numbers)}
