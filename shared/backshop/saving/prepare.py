"""Records prepared to be saved: everything about them that needs no transaction.

A sync prepares the pages to come while a batch is saved, so an entry holds little more than the
lines that will be copied: the record itself stays only where a context reads it.
"""

from __future__ import annotations

import gc
import pickle
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import msgspec

from backshop.commerce import (
    Customer,
    Deletion,
    Kind,
    Order,
    Product,
    Record,
    Store,
    Version,
    kind_of,
)
from backshop.plain_orders import PlainOrder
from backshop.saving import registry, rows
from backshop.saving.erasures import Erasures, forget
from backshop.saving.rows import Unstorable

Key = tuple[Kind, str]


class Entry(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A record as it will be saved."""

    key: Key
    version: Version
    digest: str
    """Empty for a deletion, which is less than any other."""
    version_line: str
    """Its line of the relation `versions`."""
    lines: list[rows.Line]
    is_deletion: bool = False
    record: Any = None
    """Refunds, and records that a context reads whole (`registry.record_kinds`); else None."""
    listed: list[Entry] | None = None
    """An order's refunds, all of them; None where it does not tell."""
    variation_ids: tuple[str, ...] | None = None
    """A product's variations that are records of their own; None where it does not tell."""
    hides_variations: bool = False
    """A product that is not published, whose variations are records of their own."""
    buyer: str = ""
    """Whose it is: a customer's id, and of an order without one its own; empty for all else."""

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

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickled in a fifth of the time, for who prepares in a process of its own."""
        return _unpacked, (_packed(self.entries), self.unstorable)


def _unpacked(entries: bytes, unstorable: list[UnstorableRecord]) -> Prepared:
    return Prepared(_unpack(entries), unstorable)


def _pack_record(record: Record) -> msgspec.msgpack.Ext:
    return msgspec.msgpack.Ext(_RECORD, pickle.dumps(record))


def _unpack_record(_code: int, record: memoryview) -> Record:
    unpacked: Record = pickle.loads(record)  # noqa: S301 - packed above
    return unpacked


_RECORD = 1
_packed = msgspec.msgpack.Encoder(enc_hook=_pack_record).encode
_unpack = msgspec.msgpack.Decoder(list[Entry], ext_hook=_unpack_record).decode


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


class NeededWhole(TypeError):
    """Orders were told in their short form where they are needed whole."""


def takes_plain_orders(store: Store, erasures: Erasures) -> bool:
    """Whether orders may be told in their short form: nobody reads them whole, and nobody is to be
    left out of them."""
    return not erasures.ends and not {Kind.ORDER, Kind.CUSTOMER} & registry.record_kinds(store.uses)


def prepare(records: Sequence[Record | PlainOrder], store: Store, erasures: Erasures) -> Prepared:
    """The records as entries, with what they tell of others (a product of its categories). Persons
    who were erased are left out. Raises `NeededWhole` on plain orders where those may not be
    (`takes_plain_orders`)."""
    prepared = Prepared([], [])
    if not takes_plain_orders(store, erasures):
        records = _whole(records)
        records = forget(records, erasures.ends) if erasures.ends else records
    for record in records:
        if isinstance(record, PlainOrder):
            prepared.entries.extend(_of_plain(record))
            continue
        for part in (record, *_parts(record)):
            try:
                prepared.entries.append(_entry(part, store, prepared.unstorable))
            except Unstorable as why:
                prepared.unstorable.append(UnstorableRecord(kind_of(part), part.id, str(why)))
    return prepared


def _whole(records: Sequence[Record | PlainOrder]) -> list[Record]:
    whole = [each for each in records if isinstance(each, Record)]
    if len(whole) < len(records):
        raise NeededWhole("an order is told in its short form")
    return whole


def _of_plain(order: PlainOrder) -> list[Entry]:
    """The entries of an order that is told in its short form: its customer and itself."""
    observed_at = order.observed_at
    seen_at = min(order.changed_at, observed_at)
    entry = _plain_entry(
        Kind.ORDER,
        order.id,
        Version(1, seen_at, observed_at),
        rows.lines_of_plain(order),
        order.customer_id or order.id,
        listed=[],
    )
    if not order.customer_id:
        return [entry]
    buyer = _plain_entry(
        Kind.CUSTOMER,
        order.customer_id,
        Version(0, seen_at, observed_at),
        rows.lines_of_buyer(order),
        order.customer_id,
    )
    return [buyer, entry]


def _plain_entry(
    kind: Kind,
    id: str,
    version: Version,
    lines: list[rows.Line],
    buyer: str,
    *,
    listed: list[Entry] | None = None,
) -> Entry:
    digest = rows.digest_of(lines)
    line = rows.version_line(kind, id, version, digest, False)
    return Entry((kind, id), version, digest, line, lines, listed=listed, buyer=buyer)


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
        _buyer(record),
    )


def _buyer(record: Record) -> str:
    if isinstance(record, Order):
        return record.customer_id or record.id
    return record.id if isinstance(record, Customer) else ""


def _rest(record: Record) -> bytes:
    """What a context reads that takes the record whole; its rows hold only what the others need."""
    without = {"changed_at", "observed_at", "rank", "refunds", "categories"}
    return record.model_dump_json(exclude=without).encode()


def _listed(order: Order, store: Store, unstorable: list[UnstorableRecord]) -> list[Entry] | None:
    if order.refunds is None:
        return None
    listed: list[Entry] = []
    for refund in order.refunds:
        try:
            listed.append(_entry(refund, store, unstorable))
        except Unstorable as why:
            unstorable.append(UnstorableRecord(Kind.REFUND, refund.id, str(why)))
    return listed
