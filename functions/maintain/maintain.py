"""Housekeeping: hourly partitions ahead of time, old inbox rows, refreshed summaries, codes and
quotes that expired, how long orders usually take; every few minutes the try-on's selfies and
pictures and the photos of ratings, which are promised to go on time; every night whether all
references that are checked as sets point to something."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import partial
from typing import Any
from uuid import UUID

import rating_photos
import try_on
from backshop import db, logs, rounds
from backshop.aws import config, objects
from backshop.kits.arrival import repository as arrival
from backshop.kits.arrival import rules as arrival_rules
from backshop.kits.otp import repository as otp
from backshop.projects.archive import archiving
from backshop.projects.quotes import repository as quotes
from backshop.received import repository as received
from backshop.stores import repository as stores

INBOX_DAYS = 30
PARTITION_MONTHS = 3
ARCHIVE_BATCH, ARCHIVE_BATCHES = 500, 10
"""Projects that are archived in one transaction, and how often in an hour."""


@logs.crash_safely
def handler(event: dict[str, Any], _context: Any) -> dict[str, int]:
    """What was done, in numbers; each part can be repeated at any time."""
    part = {"try_on": _try_on, "references": _references}.get(event.get("part", ""), _all)
    this_round = rounds.Round()
    done = part(this_round)
    logs.info("maintained", **done)
    this_round.end()
    return done


class OrphansFoundError(Exception):
    """Rows point nowhere; the log names their tables."""


def _references(_round: rounds.Round) -> dict[str, int]:
    """Raises OrphansFoundError, so that somebody is told (docs/operations.md)."""
    with db.owner() as tx:
        found = stores.orphans(tx)
    for each in found:
        logs.warning("rows point nowhere", **each._asdict())
    if found:
        raise OrphansFoundError
    return {"orphans": 0}


def _try_on(this_round: rounds.Round) -> dict[str, int]:
    at = datetime.now(UTC)
    parts = {**try_on.PARTS, "rating_photos_deleted": rating_photos.delete}
    done = {
        name: sum(this_round.together(name, partial(work, at=at), all_stores=True))
        for name, work in parts.items()
    }
    this_round.together("try_on_addresses", partial(try_on.forget, at=at), all_stores=True)
    return done


def _archive(this_round: rounds.Round, today: date) -> int:
    """Details of projects completed over two years ago go to the bucket, some at a time."""
    bucket = config.value("DATA_BUCKET")

    def put(key: str, content: bytes) -> str:
        objects.put(bucket, key, content)
        return objects.address(bucket, key)

    def some(tx: db.Tx) -> int:
        return archiving.archive(tx, archiving.cutoff(today), ARCHIVE_BATCH, put)

    archived = 0
    for _ in range(ARCHIVE_BATCHES):
        number = sum(this_round.together("projects_archived", some, all_stores=True))
        archived += number
        if number < ARCHIVE_BATCH or this_round.failed:
            break
    return archived


PARTS: dict[str, Callable[[db.Tx], int]] = {
    "deliveries_forgotten": lambda tx: stores.forget_deliveries(tx, INBOX_DAYS),
    "webhooks_forgotten": lambda tx: received.forget_old(tx, INBOX_DAYS),
    "idempotency_keys_forgotten": stores.forget_keys,
    "otp_sessions_deleted": otp.cleanup_expired_otps,
    "quotes_expired": lambda tx: quotes.expire(tx, datetime.now(UTC)),
}
"""By what is counted of it: what every hour does to the stores that a transaction sees."""


def _all(this_round: rounds.Round) -> dict[str, int]:
    this_round.part("partitions", _make_partitions)
    this_round.part("summaries", _refresh_summaries)
    done = {
        name: sum(this_round.together(name, work, all_stores=True)) for name, work in PARTS.items()
    }
    with db.transaction(all_stores=True) as tx:
        followed = arrival.stores_with_deliveries(tx)
    this_round.each("usual_waits", followed, _learn_waits)
    return done | {"projects_archived": _archive(this_round, datetime.now(UTC).date())}


def _make_partitions() -> None:
    with db.owner() as tx:
        stores.ensure_partitions(tx, PARTITION_MONTHS)


def _refresh_summaries() -> None:
    with db.owner() as tx:
        stores.refresh_summaries(tx)


def _learn_waits(store_id: UUID) -> None:
    with db.transaction(store_id=store_id) as tx:
        learnt = arrival_rules.learn(arrival.latest_walks(tx))
        arrival.save_usual_waits(tx, arrival_rules.usual_waits(learnt))
