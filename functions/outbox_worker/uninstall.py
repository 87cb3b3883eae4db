"""Rows that ask a shop whether it took the app away, of which a webhook said so: {"at"}, when that
came.

All shops of an app share the secret that signs, and an order may be repeated long after it was
true. So the shop is believed, not the delivery: where the credentials still open it, nothing ends.
Where they do not, the connection does, and with it what the platform asked to erase.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import connected_shop
from backshop import db, logs, outbox, privacy
from backshop.connect import repository as connect
from backshop.insights import repository as insights
from backshop.platforms.errors import PermanentRefusal, TransientOutage
from backshop.stores import repository as stores

LEFT = {400, 401, 403, 404}
"""How a shop answers credentials of an app that it has no more, or that is gone itself."""


def find(_row: outbox.Row) -> outbox.Answer | None:
    """Asking twice does no harm: `do` asks again."""
    return None


def do(row: outbox.Row) -> outbox.Answer:
    with db.transaction(store_id=row.store_id) as tx:
        standing = connect.standing(tx)
    if standing is None or standing.connected_at > _told_at(row):
        return {"left": False, "skipped": "it was connected since, or never was"}
    if standing.status != "active" or _has_left(row.store_id):
        return {"left": True}
    logs.warning("a shop that is said to have left is still open", store_id=str(row.store_id))
    return {"left": False}


def done(tx: db.Tx, row: outbox.Row, answer: outbox.Answer) -> None:
    """End what was connected when the word came, and erase what was to be erased."""
    if not answer["left"] or not connect.end(tx, _told_at(row)):
        return
    insights.set_active(tx, False)
    standing, store = connect.standing(tx), stores.load(tx)
    if store and standing and standing.is_erasure_asked:
        privacy.erase_shop_with_objects(tx, store)


def _has_left(store_id: UUID) -> bool:
    """Whether the shop refuses our credentials. Raises what else it may answer."""
    try:
        with connected_shop.opened(store_id) as shop:
            shop.facts()
    except (PermanentRefusal, TransientOutage) as failed:
        refusal = failed if isinstance(failed, PermanentRefusal) else failed.__cause__
        if isinstance(refusal, PermanentRefusal) and refusal.status in LEFT:
            return True
        raise
    return False


def _told_at(row: outbox.Row) -> datetime:
    return datetime.fromisoformat(row.payload["at"])


action = outbox.Action(find=find, do=do, done=done)
