"""Saving records in every context that wants them: the one way in for webhooks and syncs.

`save` claims the version of each record in the ledger `backshop.record_versions`; only what is
newer than all that came before, and says something else, reaches the contexts' projections. So each
state may come late, twice or out of order, and the tables end the same.

One transaction at a time saves for a store: what refers to each other (orders and customers, lines
and products, refunds and orders) is linked by whoever comes second, which two that do not see each
other's rows would both leave undone. The lock is taken after all translating and before the first
row, and ends with the transaction. Two share it where they save for different customers
(`halves.py`).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple, TypeVar

from backshop import db
from backshop.commerce import (
    KIND_OF,
    ConsentChange,
    Deletion,
    Kind,
    Order,
    Platform,
    Product,
    Record,
    Refund,
    Store,
    Variant,
    stable_number,
)
from backshop.contexts import Context
from backshop.db import Asked, Staged, Tx
from backshop.insights import projection as insights
from backshop.plain_orders import PlainOrder
from backshop.saving import ledger, registry, rows
from backshop.saving.erasures import Erasures, ask_mark, load_for, load_mark
from backshop.saving.prepare import Entry, Key, UnstorableRecord, prepare
from backshop.saving.rows import Unstorable

R = TypeVar("R", bound=Record)


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
    """A person was erased after the entries were prepared: they are to be read again."""


def save(
    tx: Tx,
    store: Store,
    records: Iterable[Record | PlainOrder],
    *,
    force: bool = False,
    unstorable: list[UnstorableRecord] | None = None,
    lock: Asked[None] | None = None,
) -> Saved:
    """Save records of the transaction's store in all contexts that it uses.

    `force` lets records through that are as new as what was saved, so that a context whose tables
    were rebuilt fills again. A record that no table can hold is put into `unstorable`, or raises
    `Unstorable` where no list is given. Who has asked for the store's lock already gives it. Raises
    `NeededWhole` before anything is saved, where a plain order's person may have been erased.
    """
    lock = lock or ledger.ask_lock(tx, store)
    mark = ask_mark(tx, store)
    lock()
    records = _with_known_counting(tx, store, list(records))
    prepared = prepare(records, store, load_for(tx, store, records, mark()))
    if unstorable is not None:
        unstorable += prepared.unstorable
    elif prepared.unstorable:
        first = prepared.unstorable[0]
        raise Unstorable(f"{first.kind} {first.id}: {first.reason}")
    return _save(tx, store, prepared.entries, force)


def save_consents(tx: Tx, store: Store, changes: Sequence[ConsentChange]) -> None:
    """What customers agreed to, in every context that keeps it. The customers themselves are saved
    before: one who was not known is known by hearsay then."""
    ledger.lock(tx, store)
    for context in registry.fed_by(store.uses):
        context.projection.save_consents(tx, store, changes)


def save_prepared(tx: Tx, store: Store, entries: Sequence[Entry], known: Erasures) -> Saved:
    """Save entries that were prepared outside the transaction, with these erasures. Raises
    `Outdated`."""
    ledger.lock(tx, store)
    return save_locked(tx, store, entries, known)


def save_locked(
    tx: Tx,
    store: Store,
    entries: Sequence[Entry],
    known: Erasures,
    before_sums: Callable[[], None] = lambda: None,
) -> Saved:
    """`save_prepared` for who has the store's lock. `before_sums` is called before the first row
    changes that entries of other customers change too: the rollups'."""
    if load_mark(tx, store) != known.mark:
        raise Outdated
    return _save(tx, store, entries, force=False, before_sums=before_sums)


def _save(
    tx: Tx,
    store: Store,
    entries: Sequence[Entry],
    force: bool,
    before_sums: Callable[[], None] = lambda: None,
) -> Saved:
    batch = IncomingBatch(ledger.dated(tx, store, entries))
    if not batch.entries:
        before_sums()
        return {}
    claiming = ledger.ask_claim(tx, store, batch.of(refunds=False), force)
    # Of few orders all is asked at once that may be needed of them; of many, once it is needed.
    few = batch.order_ids() if len(batch.entries) < db.FEW else []
    sums = insights.Keeping(tx, store.id, few)
    refunds = insights.ask_refunds_of(tx, store, few) if few else None
    claimed = claiming()
    if store.platform == Platform.WOOCOMMERCE:
        _forget_hidden_variations(tx, store, batch, claimed)
        claimed |= _claim_gone_variations(tx, store, batch, claimed, force)
    moved = {id for kind, id in claimed if kind == Kind.ORDER}
    stored: list[tuple[str, str]] = []
    if moved:
        refunds = refunds or insights.ask_refunds_of(tx, store, moved)
        stored = [each for each in refunds() if each[0] in moved]
    _settle_refunds(tx, store, batch, moved, stored, sums)
    with_refunds = {order for order, _ in stored}
    told = batch.of(refunds=True)
    claimed |= ledger.claim(tx, store, told, force) if told else {}
    won = [entry for key, entry in batch.entries.items() if claimed.get(key)]
    lost = [
        each
        for each in entries
        if each.key[0] == Kind.ORDER
        and (each.key not in claimed or batch.entries.get(each.key) is not each)
    ]
    _note_sums(sums, won, with_refunds, batch.dates)
    _hand_on(tx, store, Winners(tx, won, lost), with_refunds, batch.dates)
    before_sums()
    sums.after()
    return _counts(entries, batch, claimed)


def _with_known_counting(
    tx: Tx, store: Store, records: Sequence[Record | PlainOrder]
) -> list[Record | PlainOrder]:
    """The records, products that do not tell whether anybody counts the stock of their variants
    with what is known of it: that nothing is left of what nobody counts keeps it from nobody."""
    untold = [
        each.id
        for each in records
        if isinstance(each, Product) and any(_is_in_doubt(variant) for variant in each.variants)
    ]
    known = insights.uncounted_variants(tx, store, untold) if untold else set()
    if not known:
        return list(records)
    return [_uncounted(each, known) if isinstance(each, Product) else each for each in records]


def _is_in_doubt(variant: Variant) -> bool:
    return variant.is_counted is None and variant.stock is not None and variant.stock <= 0


def _uncounted(product: Product, known: Collection[int]) -> Product:
    variants = tuple(
        each.model_copy(
            update={"stock": None, "available": each.is_on_sale, "stock_status": "instock"}
        )
        if _is_in_doubt(each) and stable_number(each.id) in known
        else each
        for each in product.variants
    )
    return product.model_copy(update={"variants": variants})


# ------------------------------------------------------------------------------- what came in


class IncomingBatch:
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
        other = self.entries.get(entry.key)
        if other is None or entry.rank > other.rank:
            self.entries[entry.key] = entry

    def _list(self, order: Entry, listed: Sequence[Entry]) -> None:
        if self.entries[order.key] is order:
            self.listed[order.key[1]] = listed
        for each in listed:
            refund = each.record
            if isinstance(refund, Refund) and refund.rank == 0:
                self.dates.append((str(stable_number(refund.id)), refund.created_at.isoformat()))

    def order_ids(self) -> list[str]:
        return [id for kind, id in self.entries if kind == Kind.ORDER]

    def of(self, *, refunds: bool) -> list[Entry]:
        """The entries that are refunds, or those that are not."""
        return [each for key, each in self.entries.items() if (key[0] == Kind.REFUND) is refunds]


# ------------------------------------------------------------------------------- variations


def _claim_gone_variations(
    tx: Tx, store: Store, batch: IncomingBatch, claimed: ledger.Claimed, force: bool
) -> ledger.Claimed:
    """Variations are records of their own, which leave with the word of their product: where it
    names its variations without them, or is gone itself."""
    products = {
        id: batch.entries[kind, id]
        for kind, id in claimed
        if kind == Kind.PRODUCT and _tells_variations(batch.entries[kind, id])
    }
    if not products:
        return {}
    left = {
        variation: products[product].version.observed_at
        for product, variation in insights.variations_of(tx, store, list(products))
        if variation not in (products[product].variation_ids or ())
    }
    known = ledger.versions_of(tx, store, Kind.PRODUCT, list(left))
    gone = [
        Deletion(id=id, kind=Kind.PRODUCT, changed_at=seen_at, observed_at=seen_at)
        for id, seen_at in left.items()
        if id in known and known[id].at[1] <= seen_at
    ]
    if not gone:
        return {}
    entries = ledger.dated(tx, store, prepare(gone, store, Erasures()).entries)
    deleted = ledger.claim(tx, store, entries, force)
    batch.entries |= {each.key: each for each in entries if each.key in deleted}
    return deleted


def _forget_hidden_variations(
    tx: Tx, store: Store, batch: IncomingBatch, claimed: ledger.Claimed
) -> None:
    """What is stored of a variation changes with its product that is not published: the next
    reading of the variation is saved, though it says what it said before."""
    products = [id for kind, id in claimed if batch.entries[kind, id].hides_variations]
    if products:
        hidden = {variation for _, variation in insights.variations_of(tx, store, products)}
        left = sorted(id for id in hidden if (Kind.PRODUCT, id) not in batch.entries)
        ledger.forget_contents(tx, store, Kind.PRODUCT, left)


def _tells_variations(entry: Entry) -> bool:
    return entry.is_deletion or entry.variation_ids is not None


# ------------------------------------------------------------------------------- refunds


def _settle_refunds(
    tx: Tx,
    store: Store,
    batch: IncomingBatch,
    moved: Collection[str],
    stored: Sequence[tuple[str, str]],
    sums: insights.Keeping,
) -> None:
    """Which refunds there are of the orders that moved: those that orders list join the batch,
    those that are known to be gone leave it or the tables. `stored` are (order id, refund id)."""
    if stored:
        _drop_unlisted(tx, store, batch, stored, sums)
    own = [each.record for each in batch.of(refunds=True) if isinstance(each.record, Refund)]
    for refund in _disowned(tx, store, batch, own, moved) if own else ():
        del batch.entries[Kind.REFUND, refund.id]
    for entry in (each for id in moved for each in batch.listed.get(id, ())):
        batch.add(entry)


def _disowned(
    tx: Tx, store: Store, batch: IncomingBatch, refunds: Sequence[Refund], moved: Collection[str]
) -> Iterator[Refund]:
    """Refunds never heard of, of orders that were deleted later, or that later told all their
    refunds and not these."""
    orders = ledger.versions_of(tx, store, Kind.ORDER, sorted({each.order_id for each in refunds}))
    heard_of = set(ledger.versions_of(tx, store, Kind.REFUND, [each.id for each in refunds]))
    tells_all = insights.orders_that_list_refunds(tx, store, orders.keys() - moved)
    for id in batch.listed.keys() & moved:
        tells_all.add(id)
        heard_of |= {each.key[1] for each in batch.listed[id]}
    for refund in refunds:
        order = orders.get(refund.order_id)
        is_final = order is not None and (order.deleted or refund.order_id in tells_all)
        if order and is_final and refund.id not in heard_of and _since(order) > refund.version[1:]:
            yield refund


def _since(order: ledger.LedgerVersion) -> tuple[datetime, datetime]:
    """What is older was there before the order was seen like this; a deletion is as new as its
    receipt, whatever it was built on."""
    return (max(order.at),) * 2 if order.deleted else order.at


def _drop_unlisted(
    tx: Tx,
    store: Store,
    batch: IncomingBatch,
    stored: Sequence[tuple[str, str]],
    sums: insights.Keeping,
) -> None:
    """Forget older refunds of orders that are gone, or that tell all their refunds and no longer
    these. What keeps them away is the order's own version, not a tombstone of theirs."""
    left = []
    for order_id, refund_id in stored:
        order = batch.entries[Kind.ORDER, order_id]
        is_complete = order_id in batch.listed or order.is_deletion
        listed = {each.key[1] for each in batch.listed.get(order_id, ())}
        if is_complete and refund_id not in listed:
            held = ledger.LedgerVersion(order.version[1:], order.is_deletion)
            left.append((refund_id, *_since(held)))
    if not left:
        return
    sums.before_refunds([id for id, _, _ in left])
    insights.delete_refunds(tx, store, ledger.forget_older(tx, store, Kind.REFUND, left))


# ------------------------------------------------------------------------------- the contexts


class Winners:
    """What is to be saved, as contexts read it (`ports.Changes`), and the ids of the deleted."""

    def __init__(self, tx: Tx, entries: Sequence[Entry], lost: Sequence[Entry] = ()) -> None:
        self._tx = tx
        self._lost = [each.record for each in lost if each.record is not None]
        self._lines: dict[str, list[str]] = defaultdict(list)
        self._staged: dict[str, Staged] = {}
        self._records: dict[Kind, list[Any]] = defaultdict(list)
        self.kinds: set[Kind] = set()
        self.deleted: dict[Kind, list[str]] = defaultdict(list)
        for entry in entries:
            kind, id = entry.key
            if entry.is_deletion:
                self.deleted[kind].append(id)
                continue
            self.kinds.add(kind)
            if entry.record is not None:
                self._records[kind].append(entry.record)
            for relation, line in entry.lines:
                self._lines[relation].append(line)

    def records(self, model: type[R]) -> list[R]:
        return [each for each in self._records[KIND_OF[model]] if isinstance(each, model)]

    def overtaken(self, model: type[R]) -> list[R]:
        return [each for each in self._lost if isinstance(each, model)]

    def rows(self, relation: str) -> Staged:
        if relation not in self._staged:
            columns, lines = rows.RELATIONS[relation], self._lines.pop(relation, [])
            self._staged[relation] = db.stage_lines(self._tx, relation, columns, lines)
        return self._staged[relation]


def _note_sums(
    sums: insights.Keeping,
    won: Sequence[Entry],
    with_refunds: set[str],
    dates: Sequence[tuple[str, str]],
) -> None:
    """Which orders are about to change, with what is summed up of them: before any row does."""
    orders = {each.key[1] for each in won if each.key[0] == Kind.ORDER}
    refunds = [each for each in won if each.key[0] == Kind.REFUND]
    orders |= {each.record.order_id for each in refunds if isinstance(each.record, Refund)}
    sums.before_orders(orders | with_refunds)
    sums.before_refunds([each.key[1] for each in refunds], [int(number) for number, _ in dates])


def _hand_on(
    tx: Tx,
    store: Store,
    winners: Winners,
    with_refunds: set[str],
    dates: Sequence[tuple[str, str]],
) -> None:
    """Give the winners to the contexts, kind by kind, then sum up what follows from them."""
    fed = registry.fed_by(store.uses)
    for kind in (Kind.CATEGORY, Kind.PRODUCT, Kind.COUPON):
        _save_kind(tx, store, kind, winners, fed)
        _save_insights(tx, store, kind, winners)
    _save_kind(tx, store, Kind.CUSTOMER, winners, fed)
    customers = _save_customers(tx, store, winners)
    _save_kind(tx, store, Kind.ORDER, winners, fed)
    buyers = set(customers.concerned)
    buyers.update(
        _save_orders(tx, store, winners, has_refunds=bool(with_refunds), counted=customers.new)
    )
    refunded = with_refunds | _save_refunds(tx, store, winners)
    if dates:
        insights.date_refunds(tx, store, dates)
    if refunded:
        buyers.update(_sum_up_refunds(tx, store, sorted(refunded), fed))
    if buyers:
        insights.update_customers(tx, store, sorted(buyers))


def _save_kind(tx: Tx, store: Store, kind: Kind, winners: Winners, fed: Sequence[Context]) -> None:
    gone = winners.deleted[kind]
    for context in fed:
        if kind in context.kinds:
            has_older = kind == Kind.ORDER and bool(winners.overtaken(Order))
            if kind in winners.kinds or (has_older and context.reads_records):
                context.projection.save(tx, store, kind, winners)
            if gone:
                context.projection.delete(tx, store, kind, gone)


# insights keeps what the way in itself has to know (the refunds of orders, the sums of customers),
# so its functions answer, and are called by name.


def _save_insights(tx: Tx, store: Store, kind: Kind, winners: Winners) -> None:
    is_changed, gone = kind in winners.kinds, winners.deleted[kind]
    if kind == Kind.CATEGORY:
        if is_changed:
            insights.save_categories(tx, store, winners.rows("categories"))
        if gone:
            insights.delete_categories(tx, store, gone)
    elif kind == Kind.PRODUCT:
        if is_changed:
            insights.save_products(tx, store, winners.rows("products"), winners.rows("variants"))
        if gone:
            insights.delete_products(tx, store, gone)
    elif kind == Kind.COUPON:
        if is_changed:
            insights.save_coupons(tx, store, winners.rows("coupons"))
        if gone:
            insights.delete_coupons(tx, store, gone)


def _save_customers(tx: Tx, store: Store, winners: Winners) -> insights.Saved:
    saved = insights.Saved([], [])
    if Kind.CUSTOMER in winners.kinds:
        saved = insights.save_customers(
            tx, store, winners.rows("customers"), winners.rows("orders")
        )
    if gone := winners.deleted[Kind.CUSTOMER]:
        insights.delete_customers(tx, store, gone)
    return saved


def _save_orders(
    tx: Tx, store: Store, winners: Winners, *, has_refunds: bool, counted: Sequence[int]
) -> list[int]:
    """The customers concerned."""
    buyers: list[int] = []
    if Kind.ORDER in winners.kinds:
        orders, lines, uses = (
            winners.rows(relation) for relation in ("orders", "lines", "coupon_uses")
        )
        buyers += insights.save_orders(
            tx, store, orders, lines, uses, has_refunds=has_refunds, counted=counted
        )
    if gone := winners.deleted[Kind.ORDER]:
        buyers += insights.delete_orders(tx, store, gone)
    return buyers


def _save_refunds(tx: Tx, store: Store, winners: Winners) -> set[str]:
    """The orders concerned."""
    kept = winners.records(Refund)
    orders = {each.order_id for each in kept}
    if kept:
        insights.save_refunds(tx, store, winners.rows("refunds"), winners.rows("refund_lines"))
    if gone := winners.deleted[Kind.REFUND]:
        orders.update(insights.delete_refunds(tx, store, gone))
    return orders


def _sum_up_refunds(
    tx: Tx, store: Store, order_ids: Sequence[str], fed: Sequence[Context]
) -> list[int]:
    refunded = insights.update_refunded(tx, store, order_ids)
    for context in fed:
        context.projection.save_refunded(tx, store, refunded)
    return insights.customers_of(tx, store, order_ids)


def _counts(entries: Sequence[Entry], batch: IncomingBatch, claimed: ledger.Claimed) -> Saved:
    received = Counter([each.key[0] for each in entries])
    changed = Counter([kind for (kind, _), is_new in claimed.items() if is_new])
    stale = Counter([key[0] for key in batch.entries if key not in claimed])
    kinds = received.keys() | changed.keys() | stale.keys()
    return {kind: Counts(received[kind], changed[kind], stale[kind]) for kind in kinds}
