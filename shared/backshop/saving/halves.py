"""A batch saved by two transactions at once, each with the orders of other customers.

Whatever a customer's orders change is that customer's alone, but for the rollups: those of this
transaction wait until the other one is committed. Contexts that read records whole decide between
customers (who has an e-mail address, which order used a discount first): they want one transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future
from operator import add
from threading import Event
from zlib import crc32

from backshop import db
from backshop.commerce import Kind, Store, stable_number
from backshop.db import Tx
from backshop.insights import projection as insights
from backshop.saving import ledger, projections
from backshop.saving.erasures import Erasures
from backshop.saving.prepare import Entry, Key
from backshop.saving.projections import Counts, Saved

LONGEST = 120
"""Seconds that a half may take."""
LONGEST_WAIT = 5
"""Seconds that the second waits for a row: should the first have it locked, which waits for the
second, Postgres would not see that."""

Half = list[Entry]
Begin = Callable[[Tx], object]
"""What each of the transactions begins with."""


class Inseparable(Exception):
    """The batch is to be saved by one: nothing of it was saved."""


def halves(entries: Sequence[Entry]) -> tuple[Half, Half] | None:
    """The entries by whose they are; None where they are not orders and buyers alone, where some
    context reads them whole, or where two states of one record are of different customers."""
    buyers: dict[Key, str] = {}
    first: Half = []
    second: Half = []
    for entry in entries:
        if not entry.buyer or entry.is_deletion or entry.record is not None:
            return None
        if buyers.setdefault(entry.key, entry.buyer) != entry.buyer:
            return None
        half = first if crc32(entry.buyer.encode()) & 1 else second
        half.append(entry)
    return (first, second) if first and second else None


def save(
    tx: Tx, store: Store, entries: Sequence[Entry], known: Erasures, helper: Executor, begin: Begin
) -> Saved:
    """`projections.save_prepared` for new orders: half of them in this transaction, the others in
    one of a thread of `helper`, which is committed before this one can be. What that one alone has
    saved changes nothing when it is saved again. Raises `Inseparable`."""
    parts = halves(entries)
    if parts is None or not _lock(tx, store):
        raise Inseparable
    if _change_hands(tx, entries):
        raise Inseparable
    is_locked = Event()
    other = helper.submit(_save_other, store, parts[1], known, begin, is_locked)
    is_locked.wait()
    try:
        saved = projections.save_locked(tx, store, parts[0], known, lambda: _wait_for(other))
    finally:
        other.exception()
    return _sum(saved, other.result())


def _lock(tx: Tx, store: Store) -> bool:
    """The store's lock, shared between the two alone. This transaction is idle while the other one
    still works."""
    tx.execute(
        """SELECT backshop.lock('saving in halves', true),
             set_config('idle_in_transaction_session_timeout', %s, true)""",
        (f"{LONGEST}s",),
    )
    return ledger.share_lock(tx, store)


def _change_hands(tx: Tx, entries: Sequence[Entry]) -> bool:
    """Whether an order that is there was another customer's, who may be of the other half."""
    buyers = {each.key[1]: each.buyer for each in entries if each.key[0] == Kind.ORDER}
    stored = insights.buyers_of(tx, buyers)
    return any(
        stored.get(stable_number(order), expected) != expected
        for order, buyer in buyers.items()
        for expected in [None if buyer == order else stable_number(buyer)]
    )


def _save_other(store: Store, half: Half, known: Erasures, begin: Begin, is_locked: Event) -> Saved:
    try:
        with db.transaction(store_id=store.id) as tx:
            begin(tx)
            tx.execute("SELECT set_config('lock_timeout', %s, true)", (f"{LONGEST_WAIT}s",))
            if not ledger.share_lock(tx, store):
                raise Inseparable
            is_locked.set()
            return projections.save_locked(tx, store, half, known)
    except db.LockNotAvailable:
        raise Inseparable from None
    finally:
        is_locked.set()


def _wait_for(other: Future[Saved]) -> None:
    other.result()


def _sum(one: Saved, other: Saved) -> Saved:
    nothing = Counts()
    return {
        kind: Counts(*map(add, one.get(kind, nothing), other.get(kind, nothing)))
        for kind in one.keys() | other.keys()
    }
