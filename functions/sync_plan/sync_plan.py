"""Every minute: opens a run for each store whose interval has passed, and announces jobs that wait.

A store has one open run at most, which the database sees to: two plans at once cannot start two.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from backshop import db, logs
from backshop.commerce import Platform
from backshop.sync import repository as store
from backshop.sync import rules, runs
from backshop.sync.models import JobKey


@logs.crash_safely
def handler(_event: dict[str, Any], _context: Any) -> dict[str, int]:
    """How many runs were started, and how many jobs were announced again."""
    now = datetime.now(UTC)
    with db.transaction(all_stores=True) as tx:
        waiting = store.revive(tx, now) + store.stalled(tx, now, rules.STALLED_AFTER)
        store.forget(tx, now)
        due = store.due(tx, now)
        behind = store.seconds_behind(tx, now)
    logs.count("SyncSecondsBehind", behind)
    runs.announce(waiting)
    started = sum(_start(each, now) for each in due)
    done = {"started": started, "announced_again": len(waiting)}
    logs.info("planned", **done)
    return done


def _start(due: store.Due, now: datetime) -> bool:
    with db.transaction(store_id=due.store_id) as tx:
        jobs: list[JobKey] = runs.begin(
            tx, due.store_id, Platform(due.platform), rules.type_due(due.complete_at, now)
        )
    runs.announce(jobs)
    return bool(jobs)
