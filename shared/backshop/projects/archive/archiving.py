"""Moves details of old projects to where `put` stores objects; the transaction ends when all are
there, so that nothing is in neither place."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from uuid import UUID

from backshop.db import Tx
from backshop.projects.archive import repository

YEARS = 2
WRITERS = 8
"""Objects that are written at once."""


def cutoff(today: date) -> date:
    """The day before which a completed project is archived."""
    try:
        return today.replace(year=today.year - YEARS)
    except ValueError:
        return today.replace(year=today.year - YEARS, day=28)


def key_of(store_id: UUID, project_id: UUID) -> str:
    return f"archive/{store_id}/{project_id}.json.z"


def archive(tx: Tx, before: date, limit: int, put: Callable[[str, bytes], str]) -> int:
    """Archive up to `limit` projects completed before a day; their number. `put` stores a content
    under a key and says its address; it is called from several threads."""
    found = repository.due(tx, before, limit)
    if not found:
        return 0

    def store(each: repository.Details) -> tuple[repository.Details, str]:
        content = zlib.compress(each.content.encode(), 1)
        return each, put(key_of(each.store_id, each.project_id), content)

    with ThreadPoolExecutor(WRITERS) as writers:
        repository.forget_details(tx, list(writers.map(store, found)))
    return len(found)


def restore(tx: Tx, project_id: UUID, get: Callable[[str], bytes]) -> bool:
    """Bring a project's details back; False where it is not archived. `get` reads a key."""
    store_id = repository.store_of_archived(tx, project_id)
    if store_id is None:
        return False
    content = zlib.decompress(get(key_of(store_id, project_id)))
    repository.restore(tx, project_id, content.decode())
    return True
