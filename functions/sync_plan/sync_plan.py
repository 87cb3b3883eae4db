"""Every minute: opens a run for each store whose interval has passed, and announces jobs that wait.

A store has one open run at most, which the database sees to: two plans at once cannot start two.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from itertools import chain
from typing import Any

from backshop import db, logs, rounds
from backshop.commerce import Platform
from backshop.sync import repository as store
from backshop.sync import rules, runs
from backshop.sync.models import JobKey


@logs.crash_safely
def handler(_event: dict[str, Any], _context: Any) -> dict[str, int]:
    """How many runs were started, and how many jobs were announced again."""
    now = datetime.now(UTC)
    this_round = rounds.Round()
    found = this_round.together("jobs that wait", partial(_waiting, now=now), all_stores=True)
    this_round.together("old runs", partial(store.forget, at=now), all_stores=True)
    with db.transaction(all_stores=True) as tx:
        due = {each.store_id: each for each in store.due(tx, now)}
        behind = store.seconds_behind(tx, now)
    logs.count("SyncSecondsBehind", behind)
    waiting = list(chain.from_iterable(found))
    runs.announce(waiting)
    started = sum(this_round.each("runs", due, lambda id: _start(due[id], now)))
    done = {"started": started, "announced_again": len(waiting)}
    logs.info("planned", **done)
    this_round.end()
    return done


def _waiting(tx: db.Tx, now: datetime) -> list[JobKey]:
    return store.revive(tx, now) + store.stalled(tx, now, rules.STALLED_AFTER)


def _start(due: store.Due, now: datetime) -> bool:
    with db.transaction(store_id=due.store_id) as tx:
        jobs: list[JobKey] = runs.begin(
            tx, due.store_id, Platform(due.platform), rules.type_due(due.complete_at, now)
        )
    runs.announce(jobs)
    return bool(jobs)
