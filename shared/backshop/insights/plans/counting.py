"""Counting what a plan allows, for the functions that answer."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from backshop import db
from backshop.errors import TooManyRequests
from backshop.insights.plans import repository


def count(caller: str, store_id: UUID) -> None:
    """Count a question of the store, or a picture of one, against its plan; a caller of the kind
    `staff` asks without limit. Raises TooManyRequests."""
    if caller == "staff":
        return
    with db.transaction(store_id=store_id) as tx:
        used = repository.take(tx, datetime.now(UTC))
    if used.wait is not None:
        raise TooManyRequests(
            f"The plan {used.plan} allows no more questions now; ask again in {used.wait} s.",
            retry_after=used.wait,
        )
