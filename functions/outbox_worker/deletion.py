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
    deletion = _told(row)
    with db.transaction(store_id=row.store_id) as tx:
        store = stores.load(tx)
        if store is None:
            raise PermanentDecline({"error": "the store is gone"})
        known = _known(tx, store, deletion)
    if known and (known.deleted or known.at[1] > deletion.changed_at):
        return {"skipped": "it is known to be gone, or was seen since"}
    asked_at = datetime.now(UTC)
    with connected_shop.opened(row.store_id) as shop:
        if not _is_gone(shop, store, deletion):
            return {"gone": False}
    return {"gone": True, "asked_at": asked_at.isoformat(), "known": _seen(known)}


def done(tx: db.Tx, row: outbox.Row, answer: outbox.Answer) -> None:
    """Delete it as of when the shop was asked, by our clock: deliveries tell theirs."""
    store = stores.load(tx)
    if not store or not answer.get("gone"):
        return
    ledger.lock(tx, store)
    deletion = _told(row)
    if _seen(_known(tx, store, deletion)) != answer["known"]:
        outbox.put(tx, row.kind, row.key, row.payload | {"changed_at": str(datetime.now(UTC))})
        return
    asked_at = datetime.fromisoformat(answer["asked_at"])
    times = {"changed_at": asked_at, "observed_at": asked_at}
    projections.save(tx, store, [deletion.model_copy(update=times)])


def _known(tx: db.Tx, store: Store, deletion: Deletion) -> ledger.LedgerVersion | None:
    return ledger.versions_of(tx, store, deletion.kind, [deletion.id]).get(deletion.id)


def _seen(known: ledger.LedgerVersion | None) -> list[str] | None:
    return [each.isoformat() for each in known.at] if known else None


def _told(row: outbox.Row) -> Deletion:
    payload = row.payload
    return Deletion(
        id=payload["id"],
        kind=Kind(payload["kind"]),
        changed_at=datetime.fromisoformat(payload["changed_at"]),
        observed_at=datetime.fromisoformat(payload["observed_at"]),
    )


def _is_gone(shop: Shop, store: Store, deletion: Deletion) -> bool:
    """Whether the shop has no such record, or has it in its bin."""
    context = ReadContext(lambda: deletion.changed_at)
    readers = (shop.reader(store, each, context) for each in load(shop.platform).resources)
    reader = next(each for each in readers if deletion.kind in each.kinds)
    return not any(_has(page, deletion) for page in reader.find(deletion.kind, [deletion.id]))


def _has(page: RecordPage, deletion: Deletion) -> bool:
    met = {*page.ids, *(each.id for each in page.rejected)}
    binned = any(
        isinstance(each, Deletion) and (each.kind, each.id) == (deletion.kind, deletion.id)
        for each in page.events
    )
    return deletion.id in met and not binned


action = outbox.Action(find=find, do=do, done=done)
