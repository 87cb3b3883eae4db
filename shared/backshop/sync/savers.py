"""Who saves the batches of a reading: one, or two at once where that was measured to be faster."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from time import monotonic

from backshop import db
from backshop.commerce import Store
from backshop.db import Tx
from backshop.saving import halves, projections
from backshop.saving.erasures import Erasures
from backshop.saving.halves import Begin
from backshop.saving.prepare import Entry
from backshop.saving.projections import Saved
from backshop.sync import rules

Finish = Callable[[Tx, Saved], object]
"""What the transaction that ends last ends with."""

LARGE = 1500
"""Entries from which it may be worth it to part a batch."""


class Savers:
    """`are_new` says that orders of the store are new, but for some that came by webhook. Close
    it."""

    def __init__(self, store: Store, known: Erasures, *, are_new: bool) -> None:
        self._store = store
        self._known = known
        self._may_be_two = are_new
        self._alone: list[float] = []
        self._side_by_side: list[float] = []
        self._helper: ThreadPoolExecutor | None = None

    def save(
        self,
        entries: Sequence[Entry],
        begin: Begin,
        finish: Finish,
        *,
        may_be_two: bool = True,
    ) -> None:
        """Save a batch between `begin` and `finish`, in the transaction that ends last. Where two
        may save it, each begins so."""
        if len(entries) < LARGE or not may_be_two:
            self._save_alone(entries, begin, finish)
        elif self._may_be_two and rules.are_two(self._alone, self._side_by_side):
            with _measured(len(entries), self._side_by_side):
                self._save_by_two(entries, begin, finish)
        else:
            with _measured(len(entries), self._alone):
                self._save_alone(entries, begin, finish)

    def _save_alone(self, entries: Sequence[Entry], begin: Begin, finish: Finish) -> None:
        with db.transaction(store_id=self._store.id) as tx:
            begin(tx)
            finish(tx, projections.save_prepared(tx, self._store, entries, self._known))

    def _save_by_two(self, entries: Sequence[Entry], begin: Begin, finish: Finish) -> None:
        self._helper = self._helper or ThreadPoolExecutor(1, thread_name_prefix="saver")
        try:
            with db.transaction(store_id=self._store.id) as tx:
                begin(tx)
                saved = halves.save(tx, self._store, entries, self._known, self._helper, begin)
                finish(tx, saved)
        except halves.Inseparable:
            self._save_alone(entries, begin, finish)

    def close(self) -> None:
        if self._helper:
            self._helper.submit(db.close)
            self._helper.shutdown()


@contextmanager
def _measured(number: int, took: list[float]) -> Iterator[None]:
    """Add the seconds a record that the block takes to `took`."""
    began = monotonic()
    yield
    took.append((monotonic() - began) / number)
