"""What housekeeping does for the virtual try-on, every few minutes: sessions that hang, selfies
after a day, pictures after thirty, and all of a customer who was erased.

Objects go first, so that a crash in between leaves nothing behind."""

from __future__ import annotations

from datetime import datetime

from backshop import db
from backshop.aws import config, objects
from backshop.connect.try_on import repository, rules

BATCH = 500
"""Sessions a round; rounds follow each other until none is due."""


def maintain(tx: db.Tx, at: datetime) -> dict[str, int]:
    """End, drop and forget what is due at `at`, in a transaction that sees all stores; numbers of
    it."""
    stuck = repository.fail_stuck(tx, at - rules.STUCK_AFTER, rules.NO_SELFIE, rules.STUCK)
    selfies = _delete_selfies(tx, at)
    sessions = _delete_sessions(tx, at)
    repository.forget_addresses(tx, at - rules.STORE_WINDOW)
    return {
        "try_on_sessions_ended": stuck,
        "selfies_deleted": selfies,
        "try_on_sessions_deleted": sessions,
    }


def _delete_selfies(tx: db.Tx, at: datetime) -> int:
    deleted = 0
    while due := repository.selfies_due(tx, at - rules.SELFIE_LASTS, BATCH):
        objects.delete(_bucket(), [rules.selfie_key(*each) for each in due])
        repository.selfies_deleted(tx, [each.session_id for each in due], at)
        deleted += len(due)
    return deleted


def _delete_sessions(tx: db.Tx, at: datetime) -> int:
    deleted = 0
    while due := repository.sessions_due(tx, at - rules.OVERLAYS_LAST, BATCH):
        for each in due:
            pictures = objects.keys(_bucket(), rules.overlays_prefix(*each))
            objects.delete(_bucket(), [rules.selfie_key(*each), *pictures])
        repository.delete_sessions(tx, [each.session_id for each in due])
        deleted += len(due)
    return deleted


def _bucket() -> str:
    return config.value("TRY_ON_BUCKET")
