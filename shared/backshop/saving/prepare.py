"""Records prepared to be saved: everything about them that needs no transaction.

A sync prepares the pages to come while a batch is saved, so an entry holds little more than the
lines that will be copied: the record itself stays only where a context reads it.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from backshop.commerce import (
    Deletion,
    Kind,
    Order,
    Product,
    Record,
    Store,
    Version,
    kind_of,
)
from backshop.saving import registry, rows
from backshop.saving.erasures import Erasures, forget
from backshop.saving.rows import Unstorable

Key = tuple[Kind, str]


class Entry(NamedTuple):
    """A record as it will be saved."""

    key: Key
    version: Version
    digest: str
    """Empty for a deletion, which is less than any other."""
    version_line: str
    """Its line of the relation `versions`."""
    lines: Sequence[rows.Line]
    is_deletion: bool = False
    record: Record | None = None
    """Refunds, and records that a context reads whole (`registry.record_kinds`)."""
    listed: Sequence[Entry] | None = None
    """An order's refunds, all of them; None where it does not tell."""
    variation_ids: Sequence[str] | None = None
    """A product's variations that are records of their own; None where it does not tell."""
    hides_variations: bool = False
    """A product that is not published, whose variations are records of their own."""

    @property
    def rank(self) -> tuple[Version, str]:
        """Of two states of a record the greater is newer."""
        return self.version, self.digest


class UnstorableRecord(NamedTuple):
    """A record that no table can hold, and why, without any of its values."""

    kind: Kind
    id: str
    reason: str


class Prepared(NamedTuple):
    entries: list[Entry]
    unstorable: list[UnstorableRecord]


@contextmanager
def seldom_collecting() -> Iterator[None]:
    """For who reads and saves records by the hundred: they hold no cycles and are freed as soon as
    nobody has them; looking for cycles among them costs up to a third of all reading."""
    before = gc.get_threshold()
    gc.set_threshold(200_000, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


def prepare(records: Sequence[Record], store: Store, erasures: Erasures) -> Prepared:
    """The records as entries, with what they tell of others (a product of its categories). Persons
    who were erased are left out."""
    prepared = Prepared([], [])
    if erasures.ends:
        records = forget(records, erasures.ends)
    for record in records:
        for part in (record, *_parts(record)):
            try:
                prepared.entries.append(_entry(part, store, prepared.unstorable))
            except Unstorable as why:
                prepared.unstorable.append(UnstorableRecord(kind_of(part), part.id, str(why)))
    return prepared


def _parts(record: Record) -> Sequence[Record]:
    return record.categories if isinstance(record, Product) else ()


def _entry(record: Record, store: Store, unstorable: list[UnstorableRecord]) -> Entry:
    """Raises `Unstorable`; refunds of an order that no table can hold are put into `unstorable`."""
    lines = rows.lines_of(record, store)
    kind, version, is_deletion = kind_of(record), record.version, isinstance(record, Deletion)
    is_read = kind in registry.record_kinds(store.uses)
    digest = rows.digest_of(lines, _rest(record) if is_read else b"")
    return Entry(
        (kind, record.id),
        version,
        digest,
        rows.version_line(kind, record.id, version, digest, is_deletion),
        lines,
        is_deletion,
        record if is_read or kind == Kind.REFUND else None,
        _listed(record, store, unstorable) if isinstance(record, Order) else None,
        record.variation_ids if isinstance(record, Product) else None,
        isinstance(record, Product) and not record.variants_known and record.status != "publish",
    )


def _rest(record: Record) -> bytes:
    """What a context reads that takes the record whole; its rows hold only what the others need."""
    without = {"changed_at", "observed_at", "rank", "refunds", "categories"}
    return record.model_dump_json(exclude=without).encode()


def _listed(
    order: Order, store: Store, unstorable: list[UnstorableRecord]
) -> Sequence[Entry] | None:
    if order.refunds is None:
        return None
    listed: list[Entry] = []
    for refund in order.refunds:
        try:
            listed.append(_entry(refund, store, unstorable))
        except Unstorable as why:
            unstorable.append(UnstorableRecord(Kind.REFUND, refund.id, str(why)))
    return listed
