"""Every five minutes: makes the rollups anew of stores whose settings changed what counts, or when.

`{"store_id": …}` makes those of one store anew whatever they are; until it is done, answers come
from the rows. While it works, webhooks and syncs of that store wait.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from backshop import db, logs
from backshop.insights.rollups import repository
from backshop.insights.rollups.rebuilding import rebuild
from backshop.saving import ledger
from backshop.stores import repository as stores

KEPT_DAYS = 120
"""Of products by day, of which answers read ninety."""


@logs.crash_safely
def handler(event: dict[str, Any], _context: Any) -> dict[str, int]:
    """How many stores' rollups were made anew."""
    named = event.get("store_id")
    if named:
        return {"rebuilt": int(_rebuild(UUID(str(named))))}
    with db.transaction(all_stores=True) as tx:
        stale = repository.stale(tx)
        repository.forget_days(tx, KEPT_DAYS)
    done = {"rebuilt": sum(_rebuild(each) for each in stale)}
    if stale:
        logs.info("rollups made anew", **done)
    return done


def _rebuild(store_id: UUID) -> bool:
    with db.transaction(store_id=store_id) as tx:
        store = stores.load(tx)
        if store is not None:
            ledger.lock(tx, store)
        return rebuild(tx, store_id)
