"""Every five minutes: makes the rollups anew of stores whose settings changed what counts, or when.

`{"store_id": …}` makes those of one store anew whatever they are; until it is done, answers come
from the rows. While it works, webhooks and syncs of that store wait.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from backshop import db, logs, rounds
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
    this_round = rounds.Round()
    with db.transaction(all_stores=True) as tx:
        stale = repository.stale(tx)
    done = {"rebuilt": sum(this_round.each("rollups", stale, _rebuild))}
    this_round.together("old days", _forget_days, all_stores=True)
    if stale:
        logs.info("rollups made anew", **done)
    this_round.end()
    return done


def _forget_days(tx: db.Tx) -> None:
    repository.forget_days(tx, KEPT_DAYS)


def _rebuild(store_id: UUID) -> bool:
    with db.transaction(store_id=store_id) as tx:
        store = stores.load(tx)
        if store is not None:
            ledger.lock(tx, store)
        return rebuild(tx, store_id)
