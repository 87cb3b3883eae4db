"""Housekeeping: hourly partitions ahead of time, old inbox rows, refreshed summaries, codes and
quotes that expired, how long orders usually take; every few minutes the try-on's selfies and
pictures and the photos of ratings, which are promised to go on time; every night whether all
references that are checked as sets point to something."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import rating_photos
import try_on
from backshop import db, logs
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
    done = part()
    logs.info("maintained", **done)
    return done


class OrphansFoundError(Exception):
    """Rows point nowhere; the log names their tables."""


def _references() -> dict[str, int]:
    """Raises OrphansFoundError, so that somebody is told (docs/operations.md)."""
    with db.owner() as tx:
        found = stores.orphans(tx)
    for each in found:
        logs.warning("rows point nowhere", **each._asdict())
    if found:
        raise OrphansFoundError
    return {"orphans": 0}


def _try_on() -> dict[str, int]:
    at = datetime.now(UTC)
    with db.transaction(all_stores=True) as tx:
        done = try_on.maintain(tx, at)
    with db.transaction(all_stores=True) as tx:
        return done | rating_photos.maintain(tx, at)


def _archive(today: date) -> int:
    """Details of projects completed over two years ago go to the bucket, some at a time."""
    bucket = config.value("DATA_BUCKET")

    def put(key: str, content: bytes) -> str:
        objects.put(bucket, key, content)
        return objects.address(bucket, key)

    archived = 0
    for _ in range(ARCHIVE_BATCHES):
        with db.transaction(all_stores=True) as tx:
            number = archiving.archive(tx, archiving.cutoff(today), ARCHIVE_BATCH, put)
        archived += number
        if number < ARCHIVE_BATCH:
            break
    return archived


def _all() -> dict[str, int]:
    with db.owner() as tx:
        stores.ensure_partitions(tx, PARTITION_MONTHS)
        stores.refresh_summaries(tx)
    with db.transaction(all_stores=True) as tx:
        forgotten = stores.forget_deliveries(tx, INBOX_DAYS)
        received.forget_old(tx, INBOX_DAYS)
        answered = stores.forget_keys(tx)
        expired = otp.cleanup_expired_otps(tx)
        quotes_expired = quotes.expire(tx, datetime.now(UTC))
        followed = arrival.stores_with_deliveries(tx)
    for store_id in followed:
        with db.transaction(store_id=store_id) as tx:
            learnt = arrival_rules.learn(arrival.latest_walks(tx))
            arrival.save_usual_waits(tx, arrival_rules.usual_waits(learnt))
    return {
        "projects_archived": _archive(datetime.now(UTC).date()),
        "deliveries_forgotten": forgotten,
        "idempotency_keys_forgotten": answered,
        "otp_sessions_deleted": expired,
        "quotes_expired": quotes_expired,
    }
