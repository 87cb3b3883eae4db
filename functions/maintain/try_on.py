"""What housekeeping does for the virtual try-on, every few minutes: sessions that hang, selfies
after a day, pictures after thirty, and all of a customer who was erased.

Objects go first, so that a crash in between leaves nothing behind."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from backshop import db
from backshop.aws import config, objects
from backshop.connect.try_on import repository, rules

BATCH = 500
"""Sessions a round; rounds follow each other until none is due."""


def forget(tx: db.Tx, at: datetime) -> None:
    """Drop the hashes of addresses that no limit counts any more."""
    repository.forget_addresses(tx, at - rules.STORE_WINDOW)


def _end_stuck(tx: db.Tx, at: datetime) -> int:
    return repository.fail_stuck(tx, at - rules.STUCK_AFTER, rules.NO_SELFIE, rules.STUCK)


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


PARTS: dict[str, Callable[..., int]] = {
    "try_on_sessions_ended": _end_stuck,
    "selfies_deleted": _delete_selfies,
    "try_on_sessions_deleted": _delete_sessions,
}
"""By what is counted of it: what is done with what is due at `at`, of the stores that a transaction
sees."""
