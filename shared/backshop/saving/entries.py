"""Records made ready to be saved: everything about them that needs no transaction.

A sync makes the pages to come ready while a batch is saved, so an entry holds little more than the
lines that will be copied: the record itself stays only where a context reads it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from hashlib import sha256
from typing import NamedTuple

from backshop.commerce import (
    Customer,
    Deletion,
    Kind,
    Order,
    Person,
    Platform,
    Product,
    Record,
    Store,
    Version,
    kind_of,
)
from backshop.saving import staging
from backshop.saving.staging import Unstorable

Key = tuple[Kind, str]
Hash = tuple[str, str]
"""What a person was known by (`customer`, `email`, `phone`, `order`) and its SHA-256."""


class ErasureMark(NamedTuple):
    """Changes with every erasure in a store: how many hashes there are, and the sum of their times."""

    number: int = 0
    moments: Decimal = Decimal(0)


class Erasures(NamedTuple):
    """Until when what is known of persons is to be forgotten, as of `mark`."""

    ends: Mapping[Hash, datetime] = {}
    mark: ErasureMark = ErasureMark()


class Entry(NamedTuple):
    """A record as it will be saved."""

    key: Key
    version: Version
    digest: str
    """Empty for a deletion, which is less than any other."""
    claim: str
    """Its line of the relation `versions`."""
    rows: Sequence[staging.Staging]
    is_deletion: bool = False
    record: Record | None = None
    """Refunds, and what a context of the platform's own reads."""
    listed: Sequence[Entry] | None = None
    """An order's refunds, all of them; None where it does not tell."""

    @property
    def rank(self) -> tuple[Version, str]:
        """Of two states of a record the greater is newer."""
        return self.version, self.digest


class Refused(NamedTuple):
    """A record that cannot be saved, and why, without any of its values."""

    kind: Kind
    id: str
    reason: str


class Ready(NamedTuple):
    entries: list[Entry]
    refused: list[Refused]


def ready(records: Sequence[Record], store: Store, erasures: Erasures) -> Ready:
    """The records as entries, with what they tell of others (a product of its categories). Persons
    who were erased are left out."""
    made = Ready([], [])
    if erasures.ends:
        records = forget(records, erasures.ends)
    for record in records:
        for part in (record, *_parts(record)):
            try:
                made.entries.append(_entry(part, store, made.refused))
            except Unstorable as why:
                made.refused.append(Refused(kind_of(part), part.id, str(why)))
    return made


def _parts(record: Record) -> Sequence[Record]:
    return record.categories if isinstance(record, Product) else ()


def _entry(record: Record, store: Store, refused: list[Refused]) -> Entry:
    """Raises `Unstorable`; refunds of an order that no table can hold are put into `refused`."""
    rows = staging.rows_of(record, store)
    has_own_context = store.platform != Platform.WOOCOMMERCE
    digest = staging.digest_of(rows, _rest(record) if has_own_context else b"")
    kind, version, is_deletion = kind_of(record), record.version, isinstance(record, Deletion)
    return Entry(
        (kind, record.id),
        version,
        digest,
        staging.version_line(kind, record.id, version, digest, is_deletion),
        rows,
        is_deletion,
        record if has_own_context or kind == Kind.REFUND else None,
        _listed(record, store, refused) if isinstance(record, Order) else None,
    )


def _rest(record: Record) -> bytes:
    """What a context of the platform's own reads of the record, whose rows hold only what the others
    need."""
    without = {"changed_at", "observed_at", "rank", "refunds", "categories"}
    return record.model_dump_json(exclude=without).encode()


def _listed(order: Order, store: Store, refused: list[Refused]) -> Sequence[Entry] | None:
    if order.refunds is None:
        return None
    listed: list[Entry] = []
    for refund in order.refunds:
        try:
            listed.append(_entry(refund, store, refused))
        except Unstorable as why:
            refused.append(Refused(Kind.REFUND, refund.id, str(why)))
    return listed


# ------------------------------------------------------------------------------- the forgotten


def hashes_of(person: Person) -> list[Hash]:
    """How an erased person is remembered: well enough to recognise them, and no better."""
    phone = re.sub(r"\D", "", person.phone or "").lstrip("0")
    known = {
        "customer": person.customer_id,
        "email": (person.email or "").strip().lower(),
        "phone": phone,
    }
    named = [(kind, value) for kind, value in known.items() if value]
    named += [("order", id) for id in person.order_ids]
    return [(kind, sha256(value.encode()).hexdigest()) for kind, value in named]


def hashes_in(records: Iterable[Record]) -> set[Hash]:
    """The hashes of all persons that the records name."""
    return {each for record in records for each in hashes_of(_person_of(record))}


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
    known = [erasures[each] for each in hashes_of(_person_of(record)) if each in erasures]
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


def _person_of(record: Record) -> Person:
    if isinstance(record, Customer):
        return Person(customer_id=record.id, email=record.email, phone=record.phone)
    if isinstance(record, Order):
        return Person(
            customer_id=record.customer_id,
            email=record.email,
            phone=record.phone,
            order_ids=(record.id,),
        )
    return Person()


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
