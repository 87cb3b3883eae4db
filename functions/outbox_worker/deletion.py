"""Rows that ask the shop whether a record is gone, of which a webhook said so: {"kind", "id",
"changed_at", "observed_at"} of the `commerce.Deletion`.

The body of a deletion is little more than an id, and its topic is not signed: the one of an order
does for a customer. So the shop is believed, not the delivery; asked as a full sync asks. Where the
record was seen while the shop was asked, it is asked once more.
"""

from __future__ import annotations

from datetime import UTC, datetime

import connected_shop
from backshop import db, outbox
from backshop.commerce import Deletion, Kind, Store
from backshop.platforms import load
from backshop.platforms.errors import PermanentDecline
from backshop.platforms.parsing import RecordPage
from backshop.platforms.ports import Shop
from backshop.platforms.reading import ReadContext
from backshop.saving import ledger, projections
from backshop.stores import repository as stores


def find(_row: outbox.Row) -> outbox.Answer | None:
    """Asking twice does no harm: `do` asks again."""
    return None


def do(row: outbox.Row) -> outbox.Answer:
    told = _told(row)
    with db.transaction(store_id=row.store_id) as tx:
        store = stores.load(tx)
        if store is None:
            raise PermanentDecline({"error": "the store is gone"})
        known = _known(tx, store, told)
    if known and (known.deleted or known.at[1] > told.changed_at):
        return {"skipped": "it is known to be gone, or was seen since"}
    asked_at = datetime.now(UTC)
    with connected_shop.opened(row.store_id) as shop:
        if not _is_gone(shop, store, told):
            return {"gone": False}
    return {"gone": True, "asked_at": asked_at.isoformat(), "known": _seen(known)}


def done(tx: db.Tx, row: outbox.Row, answer: outbox.Answer) -> None:
    """Delete it as of when the shop was asked, by our clock: deliveries tell theirs."""
    store = stores.load(tx)
    if not store or not answer.get("gone"):
        return
    ledger.lock(tx, store)
    told = _told(row)
    if _seen(_known(tx, store, told)) != answer["known"]:
        outbox.put(tx, row.kind, row.key, row.payload | {"changed_at": str(datetime.now(UTC))})
        return
    asked_at = datetime.fromisoformat(answer["asked_at"])
    times = {"changed_at": asked_at, "observed_at": asked_at}
    projections.save(tx, store, [told.model_copy(update=times)])


def _known(tx: db.Tx, store: Store, told: Deletion) -> ledger.LedgerVersion | None:
    return ledger.versions_of(tx, store, told.kind, [told.id]).get(told.id)


def _seen(known: ledger.LedgerVersion | None) -> list[str] | None:
    return [each.isoformat() for each in known.at] if known else None


def _told(row: outbox.Row) -> Deletion:
    said = row.payload
    return Deletion(
        id=said["id"],
        kind=Kind(said["kind"]),
        changed_at=datetime.fromisoformat(said["changed_at"]),
        observed_at=datetime.fromisoformat(said["observed_at"]),
    )


def _is_gone(shop: Shop, store: Store, told: Deletion) -> bool:
    """Whether the shop has no such record, or has it in its bin."""
    context = ReadContext(lambda: told.changed_at)
    readers = (shop.reader(store, each, context) for each in load(shop.platform).resources)
    reader = next(each for each in readers if told.kind in each.kinds)
    return not any(_has(page, told) for page in reader.find(told.kind, [told.id]))


def _has(page: RecordPage, told: Deletion) -> bool:
    met = {*page.ids, *(each.id for each in page.rejected)}
    binned = any(
        isinstance(each, Deletion) and (each.kind, each.id) == (told.kind, told.id)
        for each in page.events
    )
    return told.id in met and not binned


action = outbox.Action(find=find, do=do, done=done)
