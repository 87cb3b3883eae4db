"""Saving records in every context that wants them: the one way in for webhooks and syncs.

`save` claims the version of each record in the ledger `backshop.record_versions`; only what is newer
than all that came before, and says something else, reaches the contexts' projections. So each state
may come late, twice or out of order, and the tables end the same.

One transaction at a time saves for a store: what refers to each other (orders and customers, lines
and products, refunds and orders) is linked by whoever comes second, which two that do not see each
other's rows would both leave undone. The lock is taken after all translating and before the first
row, and ends with the transaction.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from importlib import import_module
from typing import Any, NamedTuple

from backshop import db, staging
from backshop.commerce import (
    Customer,
    Deletion,
    Kind,
    Order,
    Person,
    Platform,
    Product,
    Record,
    Refund,
    Store,
    kind_of,
    stable_number,
)
from backshop.connect import projection as connect
from backshop.db import Staged, Tx
from backshop.insights import projection as insights
from backshop.staging import Staging, Unstorable

__all__ = [
    "Counts",
    "Entry",
    "Refused",
    "Saved",
    "Unstorable",
    "hashes_of",
    "lock",
    "ready",
    "save",
]

Key = tuple[Kind, str]


class Counts(NamedTuple):
    """`received` records, those of them that `changed` what is saved, and those that were `stale`:
    no newer than what had come before."""

    received: int = 0
    changed: int = 0
    stale: int = 0


class Refused(NamedTuple):
    """A record that cannot be saved, and why, without any of its values."""

    kind: Kind
    id: str
    reason: str


Saved = dict[Kind, Counts]
"""Counts of the kinds that were there, parts of other records (refunds of an order, categories of a
product) included."""


def ready(records: Iterable[Record], store: Store) -> list[Record | Entry]:
    """The records with their rows made, for `save`: the part of saving that needs no transaction
    and can be done elsewhere, while another batch is saved. One that no table can hold stays as it
    is."""
    made: list[Record | Entry] = []
    for record in records:
        try:
            made.append(_entry(record, store))
        except Unstorable:
            made.append(record)
    return made


def save(
    tx: Tx,
    store: Store,
    records: Iterable[Record | Entry],
    *,
    force: bool = False,
    refused: list[Refused] | None = None,
) -> Saved:
    """Save records of the transaction's store, as they are or made `ready`, in all contexts that its
    platform feeds.

    `force` lets records through that are as new as what was saved, so that a context whose tables
    were rebuilt fills again. A record that no table can hold is put into `refused`, or raises
    `Unstorable` where no list is given.
    """
    made = list(records)
    given = [each.record if isinstance(each, Entry) else each for each in made]
    batch = _prepare(made, store, refused)
    lock(tx, store)
    _honour_erasures(tx, store, batch)
    if not batch.entries:
        return {}
    claimed = _claim(tx, store, batch.of(set(Kind) - {Kind.REFUND}), force)
    with_refunds = _settle_refunds(tx, store, batch, claimed)
    claimed |= _claim(tx, store, batch.of({Kind.REFUND}), force)
    won = [entry for key, entry in batch.of(set(Kind)).items() if claimed.get(key)]
    _hand_on(tx, store, won, with_refunds, batch.dates)
    return _counts(given, batch, claimed)


# ------------------------------------------------------------------------------- what came in


class Entry(NamedTuple):
    """A record as it will be saved."""

    record: Record
    rows: list[Staging]
    digest: str


class Batch:
    """The newest state of each record that came in.

    `listed` are refunds as their orders tell them, by order; they count only if the order does.
    `dates` are (number, time) of refunds that any state of an order knew of.
    """

    def __init__(self, store: Store) -> None:
        self.store = store
        self.entries: dict[Key, Entry] = {}
        self.listed: dict[str, list[Entry]] = {}
        self.dates: list[tuple[str, str]] = []

    def add(self, entry: Entry) -> None:
        key = (kind_of(entry.record), entry.record.id)
        held = self.entries.get(key)
        if held is None or _rank(entry) > _rank(held):
            self.entries[key] = entry

    def of(self, kinds: Collection[Kind]) -> dict[Key, Entry]:
        """The entries of these kinds, sorted as the ledger is: everybody locks in this order."""
        keys = [key for key in self.entries if key[0] in kinds]
        return {key: self.entries[key] for key in sorted(keys)}


def _rank(entry: Entry) -> tuple[Any, ...]:
    return (*entry.record.version, entry.digest)


def _prepare(made: Sequence[Record | Entry], store: Store, refused: list[Refused] | None) -> Batch:
    batch = Batch(store)
    orders = []
    for each in made:
        record = each.record if isinstance(each, Entry) else each
        for part in (each, *_parts(record)):
            try:
                batch.add(part if isinstance(part, Entry) else _entry(part, store))
            except Unstorable as why:
                _refuse(part.record if isinstance(part, Entry) else part, why, refused)
        if isinstance(record, Order):
            orders.append(record)
    _list_refunds(batch, orders, refused)
    return batch


def _parts(record: Record) -> Sequence[Record]:
    """Records that a record tells in passing: a product its categories."""
    return record.categories if isinstance(record, Product) else ()


def _entry(record: Record, store: Store) -> Entry:
    rows = staging.rows_of(record, store)
    # These contexts read the record itself, of which the rows hold only what the others need.
    more = b"" if store.platform == Platform.WOOCOMMERCE else _rest(record)
    return Entry(record, rows, staging.digest_of(rows, more))


def _rest(record: Record) -> bytes:
    without = {"changed_at", "observed_at", "rank", "refunds", "categories"}
    return record.model_dump_json(exclude=without).encode()


def _refuse(record: Record, why: Unstorable, refused: list[Refused] | None) -> None:
    if refused is None:
        raise Unstorable(f"{kind_of(record)} {record.id}: {why}") from why
    refused.append(Refused(kind_of(record), record.id, str(why)))


def _list_refunds(batch: Batch, orders: Sequence[Order], refused: list[Refused] | None) -> None:
    """Keep the refunds that the newest states of orders list, and the dates at which any of their
    states knew of them."""
    for order in orders:
        listed = []
        for refund in order.refunds or ():
            try:
                listed.append(_entry(refund, batch.store))
            except Unstorable as why:
                _refuse(refund, why, refused)
            if refund.rank == 0:
                batch.dates.append((str(stable_number(refund.id)), refund.created_at.isoformat()))
        held = batch.entries.get((Kind.ORDER, order.id))
        if order.refunds is not None and held is not None and held.record is order:
            batch.listed[order.id] = listed


# ------------------------------------------------------------------------------- the ledger


def lock(tx: Tx, store: Store) -> None:
    """Wait until nobody else saves for the store, and keep others out until the transaction ends.

    Everything is found by key from here on. Reading a whole table looks cheap while it is small,
    and the checks of foreign keys would keep such a plan while it grows. Raises RuntimeError in a
    transaction that sees more than this store: row-level security is what keeps stores apart here.
    """
    row = tx.execute(
        """SELECT set_config('enable_seqscan', 'off', true),
             pg_advisory_xact_lock(hashtextextended(%(name)s, 0)),
             backshop.visible_store_ids() = ARRAY[%(store)s::uuid]
               AND current_user <> 'backshop_owner' AS is_alone""",
        {"name": f"projections {store.id}", "store": store.id},
    ).fetchone()
    if not row or not row["is_alone"]:
        raise RuntimeError("save in a transaction that sees this store alone")


Claimed = dict[Key, bool]
"""Records whose version moved on; True where they also say something else than before."""


def _claim(tx: Tx, store: Store, entries: Mapping[Key, Entry], force: bool) -> Claimed:
    """Move the ledger on to these versions, where they are greater.

    A newer state that says the same moves it too: an older one with other content that comes late
    must lose against it.
    """
    if not entries:
        return {}
    rows = [staging.version_row(key[0], each.record, each.digest) for key, each in entries.items()]
    versions = db.stage(tx, "versions", staging.RELATIONS["versions"], rows)
    newer = "<=" if force else "<"
    moved = tx.execute(
        f"""WITH moved AS (
              INSERT INTO backshop.record_versions AS held
                (store_id, kind, external_id, rank, changed_at, observed_at, deleted, digest)
              SELECT %(store)s, kind, id, rank, changed_at, observed_at, deleted,
                coalesce(decode(digest, 'hex'), '')
              FROM {versions.source} ORDER BY kind, id
              ON CONFLICT (store_id, kind, external_id) DO UPDATE SET
                rank = excluded.rank, changed_at = excluded.changed_at,
                observed_at = excluded.observed_at, deleted = excluded.deleted,
                digest = excluded.digest
              WHERE (held.rank, held.changed_at, held.observed_at, held.digest)
                {newer} (excluded.rank, excluded.changed_at, excluded.observed_at, excluded.digest)
              RETURNING new.kind, new.external_id AS id,
                %(force)s OR (old.digest, old.deleted) IS DISTINCT FROM (new.digest, new.deleted)
                  AS changed
            )
            SELECT kind, changed, array_agg(id) AS ids FROM moved GROUP BY kind, changed""",
        {"store": store.id, "force": force} | versions.params,
    )
    return {(Kind(row["kind"]), id): row["changed"] for row in moved for id in row["ids"]}


# ------------------------------------------------------------------------------- refunds


def _settle_refunds(tx: Tx, store: Store, batch: Batch, claimed: Claimed) -> set[str]:
    """Which refunds there are: those that orders list join the batch, those that are known to be
    gone leave it or the tables. The orders of which refunds are stored, or were."""
    moved = [id for kind, id in claimed if kind == Kind.ORDER]
    stored = insights.refunds_of(tx, store, moved) if moved else []
    if stored:
        _drop_unlisted(tx, store, batch, stored)
    own = [each.record for each in batch.entries.values() if isinstance(each.record, Refund)]
    for refund in _disowned(tx, store, batch, own, set(moved)) if own else ():
        del batch.entries[Kind.REFUND, refund.id]
    for entry in (each for id in moved for each in batch.listed.get(id, ())):
        batch.add(entry)
    return {order for order, _ in stored}


def _disowned(
    tx: Tx, store: Store, batch: Batch, refunds: Sequence[Refund], moved: Collection[str]
) -> Iterator[Refund]:
    """Refunds never heard of, of orders that were deleted later, or that later told all their
    refunds and not these."""
    orders = _held(tx, store, Kind.ORDER, sorted({each.order_id for each in refunds}))
    heard_of = set(_held(tx, store, Kind.REFUND, [each.id for each in refunds]))
    tells_all = insights.orders_that_list_refunds(tx, store, orders.keys() - moved)
    for id in batch.listed.keys() & moved:
        tells_all.add(id)
        heard_of |= {each.record.id for each in batch.listed[id]}
    for refund in refunds:
        order = orders.get(refund.order_id)
        is_final = order is not None and (order.deleted or refund.order_id in tells_all)
        if order and is_final and refund.id not in heard_of and order.at > refund.version[1:]:
            yield refund


class Held(NamedTuple):
    """What the ledger says of a record: when its state was made and seen, and if it is gone."""

    at: tuple[datetime, datetime]
    deleted: bool


def _held(tx: Tx, store: Store, kind: Kind, ids: Sequence[str]) -> dict[str, Held]:
    rows = tx.execute(
        """SELECT external_id, changed_at, observed_at, deleted FROM backshop.record_versions
           WHERE store_id = %s AND kind = %s AND external_id = ANY (%s)""",
        (store.id, kind.value, list(ids)),
    )
    return {
        row["external_id"]: Held((row["changed_at"], row["observed_at"]), row["deleted"])
        for row in rows
    }


def _drop_unlisted(tx: Tx, store: Store, batch: Batch, stored: Sequence[tuple[str, str]]) -> None:
    """Forget older refunds of orders that are gone, or that tell all their refunds and no longer
    these. What keeps them away is the order's own version, not a tombstone of theirs."""
    left = []
    for order_id, refund_id in stored:
        order = batch.entries[Kind.ORDER, order_id].record
        is_complete = order_id in batch.listed or isinstance(order, Deletion)
        listed = {each.record.id for each in batch.listed.get(order_id, ())}
        if is_complete and refund_id not in listed:
            left.append((refund_id, order.changed_at, order.observed_at))
    if not left:
        return
    ids, changed, observed = zip(*left, strict=True)
    rows = tx.execute(
        """DELETE FROM backshop.record_versions AS held
           USING unnest(%s::text[], %s::timestamptz[], %s::timestamptz[])
             AS gone (id, changed_at, observed_at)
           WHERE held.store_id = %s AND held.kind = %s AND held.external_id = gone.id
             AND (held.changed_at, held.observed_at) < (gone.changed_at, gone.observed_at)
           RETURNING held.external_id AS id""",
        (list(ids), list(changed), list(observed), store.id, Kind.REFUND.value),
    )
    insights.delete_refunds(tx, store, [row["id"] for row in rows])


# ------------------------------------------------------------------------------- the contexts


class Winners:
    """What is to be saved: records by kind, ids of the deleted, and rows, staged when asked for."""

    def __init__(self, tx: Tx, entries: Sequence[Entry]) -> None:
        self._tx = tx
        self._rows: dict[str, list[Staging]] = defaultdict(list)
        self._staged: dict[str, Staged] = {}
        self.records: dict[Kind, list[Any]] = defaultdict(list)
        self.deleted: dict[Kind, list[str]] = defaultdict(list)
        for entry in entries:
            if isinstance(entry.record, Deletion):
                self.deleted[entry.record.kind].append(entry.record.id)
                continue
            self.records[kind_of(entry.record)].append(entry.record)
            for each in entry.rows:
                self._rows[each.relation].append(each)

    def __getitem__(self, relation: str) -> Staged:
        if relation not in self._staged:
            rows = self._rows[relation]
            columns = staging.RELATIONS[relation]
            self._staged[relation] = db.stage(
                self._tx,
                relation,
                columns,
                [each.row for each in rows],
                [each.line for each in rows],
            )
        return self._staged[relation]


def _hand_on(
    tx: Tx,
    store: Store,
    won: Sequence[Entry],
    with_refunds: set[str],
    dates: Sequence[tuple[str, str]],
) -> None:
    """Give the winners to the contexts, kind by kind, then sum up what follows from them."""
    winners = Winners(tx, won)
    own = _own_context(store.platform)
    _save_catalogue(tx, store, winners, own)
    customers = _save_customers(tx, store, winners, own)
    buyers = set(_save_orders(tx, store, winners, own, has_refunds=bool(with_refunds)))
    buyers = buyers - customers.new | set(customers.concerned)
    refunded = with_refunds | _save_refunds(tx, store, winners)
    if dates:
        insights.date_refunds(tx, store, dates)
    if refunded:
        buyers.update(_sum_up_refunds(tx, store, sorted(refunded), own))
    if buyers:
        insights.update_customers(tx, store, sorted(buyers))


def _own_context(platform: Platform) -> Any:
    """The context that one platform alone feeds; None for WooCommerce."""
    name = {Platform.SHOPIFY: "shade", Platform.VENDURE: "kits"}.get(platform)
    return import_module(f"backshop.{name}.projection") if name else None


def _save_catalogue(tx: Tx, store: Store, winners: Winners, own: Any) -> None:
    kept, gone = winners.records, winners.deleted
    if kept[Kind.CATEGORY]:
        insights.save_categories(tx, store, winners["categories"])
    if gone[Kind.CATEGORY]:
        insights.delete_categories(tx, store, gone[Kind.CATEGORY])
    if kept[Kind.PRODUCT]:
        connect.save_products(tx, store, winners["products"], winners["variants"])
        insights.save_products(tx, store, winners["products"], winners["variants"])
        if store.platform == Platform.SHOPIFY:
            own.save_products(tx, store, kept[Kind.PRODUCT])
    if gone[Kind.PRODUCT]:
        connect.delete_products(tx, store, gone[Kind.PRODUCT])
        insights.delete_products(tx, store, gone[Kind.PRODUCT])
        if store.platform == Platform.SHOPIFY:
            own.delete_products(tx, store, gone[Kind.PRODUCT])
    if kept[Kind.COUPON]:
        insights.save_coupons(tx, store, winners["coupons"])
    if gone[Kind.COUPON]:
        insights.delete_coupons(tx, store, gone[Kind.COUPON])


def _save_customers(tx: Tx, store: Store, winners: Winners, own: Any) -> insights.Saved:
    saved = insights.Saved(set(), [])
    if kept := winners.records[Kind.CUSTOMER]:
        connect.save_customers(tx, store, winners["customers"])
        if own:
            own.save_customers(tx, store, kept)
        saved = insights.save_customers(tx, store, winners["customers"], winners["orders"])
    if gone := winners.deleted[Kind.CUSTOMER]:
        connect.delete_customers(tx, store, gone)
        if own:
            own.delete_customers(tx, store, gone)
        insights.delete_customers(tx, store, gone)
    return saved


def _save_orders(
    tx: Tx, store: Store, winners: Winners, own: Any, *, has_refunds: bool
) -> list[int]:
    buyers: list[int] = []
    if kept := winners.records[Kind.ORDER]:
        orders, lines = winners["orders"], winners["lines"]
        connect.save_orders(tx, store, orders, lines)
        if own:
            own.save_orders(tx, store, kept)
        uses = winners["coupon_uses"]
        buyers += insights.save_orders(tx, store, orders, lines, uses, has_refunds=has_refunds)
    if gone := winners.deleted[Kind.ORDER]:
        connect.delete_orders(tx, store, gone)
        if own:
            own.delete_orders(tx, store, gone)
        buyers += insights.delete_orders(tx, store, gone)
    return buyers


def _save_refunds(tx: Tx, store: Store, winners: Winners) -> set[str]:
    """The orders concerned."""
    kept: list[Refund] = winners.records[Kind.REFUND]
    orders = {each.order_id for each in kept}
    if kept:
        insights.save_refunds(tx, store, winners["refunds"], winners["refund_lines"])
    if gone := winners.deleted[Kind.REFUND]:
        orders.update(insights.delete_refunds(tx, store, gone))
    return orders


def _sum_up_refunds(tx: Tx, store: Store, order_ids: Sequence[str], own: Any) -> list[int]:
    refunded = insights.update_refunded(tx, store, order_ids)
    connect.save_refunded(tx, store, refunded)
    if own:
        own.save_refunded(tx, store, refunded)
    return insights.customers_of(tx, store, order_ids)


def _counts(given: Sequence[Record], batch: Batch, claimed: Claimed) -> Saved:
    received = Counter([kind_of(record) for record in given])
    changed = Counter([kind for (kind, _), is_new in claimed.items() if is_new])
    stale = Counter([key[0] for key in batch.entries if key not in claimed])
    kinds = received.keys() | changed.keys() | stale.keys()
    return {kind: Counts(received[kind], changed[kind], stale[kind]) for kind in kinds}


# ------------------------------------------------------------------------------- the forgotten

Hash = tuple[str, str]
"""What a person was known by (`customer`, `email`, `phone`, `order`) and its SHA-256."""


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


def _honour_erasures(tx: Tx, store: Store, batch: Batch) -> None:
    """Save nothing of erased persons that is older than their erasure, and their orders without
    them."""
    has_erased = tx.execute(
        "SELECT 1 AS one FROM backshop.erasures WHERE store_id = %s LIMIT 1", (store.id,)
    ).fetchone()
    if not has_erased:
        return
    people = {key: hashes_of(_person_of(each.record)) for key, each in batch.entries.items()}
    erased_at = _erased(tx, store, {each for hashes in people.values() for each in hashes})
    since: set[str | None] = set()
    for key in sorted(batch.entries, reverse=True):  # orders before their customers
        ends = [erased_at[each] for each in people[key] if each in erased_at]
        if ends:
            _forget_older(batch, key, max(ends), since)


def _erased(tx: Tx, store: Store, hashes: Collection[Hash]) -> dict[Hash, datetime]:
    rows = tx.execute(
        """SELECT kind, hash, erased_at FROM backshop.erasures
           WHERE store_id = %s AND hash = ANY (%s)""",
        (store.id, [hash for _, hash in hashes]),
    )
    return {(row["kind"], row["hash"]): row["erased_at"] for row in rows}


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


def _forget_older(batch: Batch, key: Key, erased_at: datetime, since: set[str | None]) -> None:
    """`since` collects customers who ordered after their erasure: their orders may name them."""
    record = batch.entries[key].record
    if isinstance(record, Order):
        if (record.placed_at or record.created_at) > erased_at:
            since.add(record.customer_id)
        else:
            batch.entries[key] = _entry(without_person(record), batch.store)
    elif isinstance(record, Customer):
        is_hearsay = record.rank == 0 and record.id not in since
        if is_hearsay or record.changed_at <= erased_at:
            del batch.entries[key]


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
            "billing_address",
        )
    )
    lines = tuple(line.model_copy(update={"custom": {}, "raw": {}}) for line in order.lines)
    return order.model_copy(update={**nobody, "attributes": {}, "lines": lines})
