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

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from importlib import import_module
from typing import Any, NamedTuple

from backshop import db
from backshop.commerce import Kind, Platform, Record, Refund, Store, stable_number
from backshop.connect import projection as connect
from backshop.db import Staged, Tx
from backshop.insights import projection as insights
from backshop.saving import staging
from backshop.saving.entries import Entry, ErasureMark, Erasures, Key, Refused, hashes_in, ready
from backshop.saving.staging import Unstorable


class Counts(NamedTuple):
    """`received` records, those of them that `changed` what is saved, and those that were `stale`:
    no newer than what had come before."""

    received: int = 0
    changed: int = 0
    stale: int = 0


Saved = dict[Kind, Counts]
"""Counts of the kinds that were there, parts of other records (refunds of an order, categories of a
product) included."""


class Outdated(Exception):
    """A person was erased after the entries were made ready: they are to be read again."""


def save(
    tx: Tx,
    store: Store,
    records: Iterable[Record],
    *,
    force: bool = False,
    refused: list[Refused] | None = None,
) -> Saved:
    """Save records of the transaction's store in all contexts that its platform feeds.

    `force` lets records through that are as new as what was saved, so that a context whose tables
    were rebuilt fills again. A record that no table can hold is put into `refused`, or raises
    `Unstorable` where no list is given.
    """
    given = list(records)
    lock(tx, store)
    made = ready(given, store, _erasures_of(tx, store, given))
    if refused is not None:
        refused += made.refused
    elif made.refused:
        first = made.refused[0]
        raise Unstorable(f"{first.kind} {first.id}: {first.reason}")
    return _save(tx, store, made.entries, force)


def save_ready(tx: Tx, store: Store, entries: Sequence[Entry], erasures: Erasures) -> Saved:
    """Save entries that were made ready elsewhere, with these erasures. Raises `Outdated`."""
    lock(tx, store)
    if _mark(tx, store) != erasures.mark:
        raise Outdated
    return _save(tx, store, entries, force=False)


def _save(tx: Tx, store: Store, entries: Sequence[Entry], force: bool) -> Saved:
    batch = Batch(entries)
    if not batch.entries:
        return {}
    claimed = _claim(tx, store, batch.of(refunds=False), force)
    with_refunds = _settle_refunds(tx, store, batch, claimed)
    refunds = batch.of(refunds=True)
    claimed |= _claim(tx, store, refunds, force) if refunds else {}
    won = [entry for key, entry in batch.entries.items() if claimed.get(key)]
    _hand_on(tx, store, won, with_refunds, batch.dates)
    return _counts(entries, batch, claimed)


# ------------------------------------------------------------------------------- what came in


class Batch:
    """The newest state of each record that came in.

    `listed` are refunds as their orders tell them, by order; they count only if the order does.
    `dates` are (number, time) of refunds that any state of an order knew of.
    """

    def __init__(self, entries: Sequence[Entry]) -> None:
        self.entries: dict[Key, Entry] = {}
        for entry in entries:
            self.add(entry)
        self.listed: dict[str, Sequence[Entry]] = {}
        self.dates: list[tuple[str, str]] = []
        for entry in entries:
            if entry.listed is not None:
                self._list(entry, entry.listed)

    def add(self, entry: Entry) -> None:
        held = self.entries.get(entry.key)
        if held is None or entry.rank > held.rank:
            self.entries[entry.key] = entry

    def _list(self, order: Entry, listed: Sequence[Entry]) -> None:
        if self.entries[order.key] is order:
            self.listed[order.key[1]] = listed
        for each in listed:
            refund = each.record
            if isinstance(refund, Refund) and refund.rank == 0:
                self.dates.append((str(stable_number(refund.id)), refund.created_at.isoformat()))

    def of(self, *, refunds: bool) -> list[Entry]:
        """The entries that are refunds, or those that are not."""
        return [each for key, each in self.entries.items() if (key[0] == Kind.REFUND) is refunds]


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


def _claim(tx: Tx, store: Store, entries: Sequence[Entry], force: bool) -> Claimed:
    """Move the ledger on to these versions, where they are greater.

    A newer state that says the same moves it too: an older one with other content that comes late
    must lose against it.
    """
    lines = [each.claim for each in entries]
    versions = db.stage_lines(tx, "versions", staging.RELATIONS["versions"], lines)
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
    claimed: Claimed = {}
    for row in moved:
        kind, changed = Kind(row["kind"]), row["changed"]
        claimed |= {(kind, id): changed for id in row["ids"]}
    return claimed


# ------------------------------------------------------------------------------- refunds


def _settle_refunds(tx: Tx, store: Store, batch: Batch, claimed: Claimed) -> set[str]:
    """Which refunds there are: those that orders list join the batch, those that are known to be
    gone leave it or the tables. The orders of which refunds are stored, or were."""
    moved = [id for kind, id in claimed if kind == Kind.ORDER]
    stored = insights.refunds_of(tx, store, moved) if moved else []
    if stored:
        _drop_unlisted(tx, store, batch, stored)
    own = [each.record for each in batch.of(refunds=True) if isinstance(each.record, Refund)]
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
        heard_of |= {each.key[1] for each in batch.listed[id]}
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
        order = batch.entries[Kind.ORDER, order_id]
        is_complete = order_id in batch.listed or order.is_deletion
        listed = {each.key[1] for each in batch.listed.get(order_id, ())}
        if is_complete and refund_id not in listed:
            left.append((refund_id, order.version.changed_at, order.version.observed_at))
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
    """What is to be saved: which kinds, the records where a context of the platform's own reads
    them, ids of the deleted, and rows, staged when asked for."""

    def __init__(self, tx: Tx, entries: Sequence[Entry]) -> None:
        self._tx = tx
        self._lines: dict[str, list[str]] = defaultdict(list)
        self._staged: dict[str, Staged] = {}
        self.kinds: set[Kind] = set()
        self.records: dict[Kind, list[Any]] = defaultdict(list)
        self.deleted: dict[Kind, list[str]] = defaultdict(list)
        for entry in entries:
            kind, id = entry.key
            if entry.is_deletion:
                self.deleted[kind].append(id)
                continue
            self.kinds.add(kind)
            if entry.record is not None:
                self.records[kind].append(entry.record)
            for relation, line in entry.rows:
                self._lines[relation].append(line)

    def __getitem__(self, relation: str) -> Staged:
        if relation not in self._staged:
            columns, lines = staging.RELATIONS[relation], self._lines.pop(relation, [])
            self._staged[relation] = db.stage_lines(self._tx, relation, columns, lines)
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
    buyers = set(customers.concerned)
    buyers.update(
        _save_orders(tx, store, winners, own, has_refunds=bool(with_refunds), counted=customers.new)
    )
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
    kinds, gone = winners.kinds, winners.deleted
    if Kind.CATEGORY in kinds:
        insights.save_categories(tx, store, winners["categories"])
    if gone[Kind.CATEGORY]:
        insights.delete_categories(tx, store, gone[Kind.CATEGORY])
    if Kind.PRODUCT in kinds:
        connect.save_products(tx, store, winners["products"], winners["variants"])
        insights.save_products(tx, store, winners["products"], winners["variants"])
        if store.platform == Platform.SHOPIFY:
            own.save_products(tx, store, winners.records[Kind.PRODUCT])
    if gone[Kind.PRODUCT]:
        connect.delete_products(tx, store, gone[Kind.PRODUCT])
        insights.delete_products(tx, store, gone[Kind.PRODUCT])
        if store.platform == Platform.SHOPIFY:
            own.delete_products(tx, store, gone[Kind.PRODUCT])
    if Kind.COUPON in kinds:
        insights.save_coupons(tx, store, winners["coupons"])
    if gone[Kind.COUPON]:
        insights.delete_coupons(tx, store, gone[Kind.COUPON])


def _save_customers(tx: Tx, store: Store, winners: Winners, own: Any) -> insights.Saved:
    saved = insights.Saved([], [])
    if Kind.CUSTOMER in winners.kinds:
        connect.save_customers(tx, store, winners["customers"])
        if own:
            own.save_customers(tx, store, winners.records[Kind.CUSTOMER])
        saved = insights.save_customers(tx, store, winners["customers"], winners["orders"])
    if gone := winners.deleted[Kind.CUSTOMER]:
        connect.delete_customers(tx, store, gone)
        if own:
            own.delete_customers(tx, store, gone)
        insights.delete_customers(tx, store, gone)
    return saved


def _save_orders(
    tx: Tx,
    store: Store,
    winners: Winners,
    own: Any,
    *,
    has_refunds: bool,
    counted: Sequence[int],
) -> list[int]:
    buyers: list[int] = []
    if Kind.ORDER in winners.kinds:
        orders, lines = winners["orders"], winners["lines"]
        connect.save_orders(tx, store, orders, lines)
        if own:
            own.save_orders(tx, store, winners.records[Kind.ORDER])
        uses = winners["coupon_uses"]
        buyers += insights.save_orders(
            tx, store, orders, lines, uses, has_refunds=has_refunds, counted=counted
        )
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


def _counts(entries: Sequence[Entry], batch: Batch, claimed: Claimed) -> Saved:
    received = Counter([each.key[0] for each in entries])
    changed = Counter([kind for (kind, _), is_new in claimed.items() if is_new])
    stale = Counter([key[0] for key in batch.entries if key not in claimed])
    kinds = received.keys() | changed.keys() | stale.keys()
    return {kind: Counts(received[kind], changed[kind], stale[kind]) for kind in kinds}


# ------------------------------------------------------------------------------- the forgotten


def erasures(tx: Tx, store: Store) -> Erasures:
    """All that was erased in the store, for `ready`."""
    mark = _mark(tx, store)
    return _read_erasures(tx, store, mark, "", ())


def _erasures_of(tx: Tx, store: Store, records: Sequence[Record]) -> Erasures:
    """What was erased of the persons in these records; hashes them only where anybody was."""
    mark = _mark(tx, store)
    if not mark.number:
        return Erasures({}, mark)
    named = "AND (kind, hash) IN (SELECT * FROM unnest(%s::text[], %s::text[]))"
    hashes = hashes_in(records)
    params = ([kind for kind, _ in hashes], [hash for _, hash in hashes])
    return _read_erasures(tx, store, mark, named, params)


def _read_erasures(
    tx: Tx, store: Store, mark: ErasureMark, which: str, params: Sequence[Any]
) -> Erasures:
    rows = tx.execute(
        f"""SELECT kind, hash, erased_at FROM backshop.erasures WHERE store_id = %s {which}""",
        (store.id, *params),
    )
    return Erasures({(row["kind"], row["hash"]): row["erased_at"] for row in rows}, mark)


def _mark(tx: Tx, store: Store) -> ErasureMark:
    row = tx.execute(
        """SELECT count(*) AS number, coalesce(sum(extract(epoch FROM erased_at)), 0) AS moments
           FROM backshop.erasures WHERE store_id = %s""",
        (store.id,),
    ).fetchone()
    return ErasureMark(**row) if row else ErasureMark()
