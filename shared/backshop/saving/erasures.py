"""Persons who were erased: how they are recognised, and records without them.

Erasing leaves the hashes of what a person was known by (`backshop.erasures`). What comes in later
and is older than the erasure is saved without them.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from hashlib import sha256
from typing import Any, NamedTuple

from backshop.commerce import Customer, Order, Person, Record, Store
from backshop.db import Asked, Tx
from backshop.plain_orders import PlainOrder

Hash = tuple[str, str]
"""What a person was known by (`customer`, `email`, `phone`, `order`) and its SHA-256."""


class ErasureMark(NamedTuple):
    """Changes with every erasure in a store: how many hashes there are, and the sum of their
    times."""

    number: int = 0
    moments: Decimal = Decimal(0)


class Erasures(NamedTuple):
    """Until when what is known of persons is to be forgotten, as of `mark`."""

    ends: Mapping[Hash, datetime] = {}
    mark: ErasureMark = ErasureMark()


def load_all(tx: Tx, store: Store) -> Erasures:
    """All that was erased in the store."""
    return _read(tx, store, load_mark(tx, store), "", ())


def load_for(
    tx: Tx, store: Store, records: Sequence[Record | PlainOrder], mark: ErasureMark
) -> Erasures:
    """What was erased of the persons in these records; hashes them only where anybody was."""
    if not mark.number:
        return Erasures({}, mark)
    named = "AND (kind, hash) IN (SELECT * FROM unnest(%s::text[], %s::text[]))"
    hashes = hashes_in(records)
    params = ([kind for kind, _ in hashes], [digest for _, digest in hashes])
    return _read(tx, store, mark, named, params)


def _read(tx: Tx, store: Store, mark: ErasureMark, which: str, params: Sequence[Any]) -> Erasures:
    rows = tx.execute(
        f"""SELECT kind, hash, erased_at FROM backshop.erasures WHERE store_id = %s {which}""",
        (store.id, *params),
    )
    return Erasures({(row["kind"], row["hash"]): row["erased_at"] for row in rows}, mark)


def load_mark(tx: Tx, store: Store) -> ErasureMark:
    """The mark of what is erased now."""
    return ask_mark(tx, store)()


def ask_mark(tx: Tx, store: Store) -> Asked[ErasureMark]:
    """`load_mark`, asked for."""
    found = tx.execute(
        """SELECT count(*) AS number, coalesce(sum(extract(epoch FROM erased_at)), 0) AS moments
           FROM backshop.erasures WHERE store_id = %s""",
        (store.id,),
    )
    return lambda: ErasureMark(**(found.fetchone() or {}))


# ------------------------------------------------------------------------------- without them


def hashes_of(person: Person) -> list[Hash]:
    """How an erased person is remembered: well enough to recognise them, and no better."""
    return [_hash(kind, value) for kind, value in _names_of(person)]


def hashes_in(records: Iterable[Record | PlainOrder]) -> set[Hash]:
    """The hashes of all persons that the records name."""
    names = {each for record in records for each in _names_in(record)}
    return {_hash(kind, value) for kind, value in names}


def _names_in(record: Record | PlainOrder) -> Iterator[Hash]:
    """What the record's person is known by, in clear."""
    if isinstance(record, Order | PlainOrder):
        yield "order", record.id
        yield from _named(record.customer_id, record.email, record.phone)
    elif isinstance(record, Customer):
        yield from _named(record.id, record.email, record.phone)


def _names_of(person: Person) -> Iterator[Hash]:
    yield from _named(person.customer_id, person.email, person.phone)
    yield from (("order", id) for id in person.order_ids)


def _named(id: str | None, email: str | None, phone: str | None) -> Iterator[Hash]:
    if id:
        yield "customer", id
    if address := (email or "").strip().lower():
        yield "email", address
    if digits := _NO_DIGIT.sub("", phone or "").lstrip("0"):
        yield "phone", digits


_NO_DIGIT = re.compile(r"\D")


def _hash(kind: str, value: str) -> Hash:
    return kind, sha256(value.encode()).hexdigest()


def forget(records: Sequence[Record], erasures: Mapping[Hash, datetime]) -> list[Record]:
    """The records without anything of erased persons that is older than their erasure: their orders
    stay without them, and customers who ordered since stay as those orders name them."""
    ends = [_erased_at(record, erasures) for record in records]
    since = {
        record.customer_id
        for record, end in zip(records, ends, strict=True)
        if isinstance(record, Order) and end and not _is_before(record, end)
    }
    return list(_remembered(records, ends, since))


def _erased_at(record: Record, erasures: Mapping[Hash, datetime]) -> datetime | None:
    known = [erasures[each] for each in hashes_in([record]) if each in erasures]
    return max(known, default=None)


def _is_before(order: Order, end: datetime) -> bool:
    return (order.placed_at or order.created_at) <= end


def _remembered(
    records: Sequence[Record], ends: Sequence[datetime | None], since: Collection[str | None]
) -> Iterator[Record]:
    for record, end in zip(records, ends, strict=True):
        if end is None:
            yield record
        elif isinstance(record, Order):
            yield without_person(record) if _is_before(record, end) else record
        elif isinstance(record, Customer):
            is_hearsay = record.rank == 0 and record.id not in since
            if not is_hearsay and record.changed_at > end:
                yield record
        else:
            yield record


def without_person(order: Order) -> Order:
    """The order's goods and amounts, and nobody who bought them."""
    nobody = dict.fromkeys(
        (
            "customer_id",
            "email",
            "phone",
            "first_name",
            "last_name",
            "shipping_address",
        )
    )
    lines = tuple(line.model_copy(update={"custom": {}, "raw": {}}) for line in order.lines)
    return order.model_copy(update={**nobody, "attributes": {}, "lines": lines})
