"""What housekeeping does for the photos that came with ratings: each goes when its time is over.

It is found by whose it is, not by the address in its row: a row whose address names nothing of ours
is forgotten like all others and stops none. Objects go first, so that a crash in between leaves
nothing behind."""

from __future__ import annotations

from datetime import datetime

from backshop import db
from backshop.aws import config, objects
from backshop.shade.training import photos, repository

BATCH = 500
"""Photos a round; rounds follow each other until none is due."""


def delete(tx: db.Tx, at: datetime) -> int:
    """Drop what is due at `at` of the stores that the transaction sees; how many."""
    deleted = 0
    while due := repository.photos_due(tx, at - photos.LASTS, BATCH):
        keys = [photos.key(each.store_id, each.survey_id) for each in due]
        objects.delete(config.value("TRY_ON_BUCKET"), keys)
        repository.forget_photos(tx, [each.survey_id for each in due])
        deleted += len(due)
    return deleted
