"""Hourly housekeeping: partitions ahead of time, old inbox rows, refreshed summaries, expired codes."""

from __future__ import annotations

from typing import Any

from backshop import db, logs, store
from backshop.kits import store as kits

INBOX_DAYS = 30
PARTITION_MONTHS = 3


@logs.crash_safely
def handler(_event: dict[str, Any], _context: Any) -> dict[str, int]:
    """What was done, in numbers; each part can be repeated at any time."""
    with db.owner() as tx:
        store.ensure_partitions(tx, PARTITION_MONTHS)
        store.refresh_summaries(tx)
    with db.transaction(all_stores=True) as tx:
        forgotten = store.forget_deliveries(tx, INBOX_DAYS)
        expired = kits.cleanup_expired_otps(tx)
    done = {"deliveries_forgotten": forgotten, "otp_sessions_deleted": expired}
    logs.info("maintained", **done)
    return done
