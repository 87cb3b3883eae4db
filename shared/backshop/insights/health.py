"""How fresh a store's numbers are, resource by resource."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict

from backshop.db import Tx
from backshop.insights.semantic import repository as semantic


class Resource(BaseModel):
    """`read_at` is when it was last read to its end, whether anything had changed or not; null
    where that was never within the thirty days that runs are kept."""

    resource: str
    read_at: datetime | None
    status: str
    error: str | None
    next_retry_at: datetime | None
    rejected: int


class Health(BaseModel):
    """`delivered_at` is when the shop last sent a webhook that was saved; `rollups_whole` says
    whether answers come from rollups, which a change of the store's settings makes anew."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "fresh_at": "2026-11-28T10:05:00Z",
                    "delivered_at": "2026-11-28T10:07:31Z",
                    "rollups_whole": True,
                    "resources": [
                        {
                            "resource": "orders",
                            "read_at": "2026-11-28T10:05:00Z",
                            "status": "completed",
                            "error": None,
                            "next_retry_at": None,
                            "rejected": 0,
                        }
                    ],
                }
            ]
        }
    )

    fresh_at: datetime | None
    delivered_at: datetime | None
    rollups_whole: bool
    resources: list[Resource]


def health(tx: Tx) -> Health | None:
    """Of the transaction's store; None where there is none."""
    shop = semantic.shop(tx)
    if shop is None:
        return None
    delivered = tx.execute(
        """SELECT max(received_at) AS at FROM backshop.webhook_inbox
           WHERE store_id = backshop.current_store_id()"""
    ).fetchone()
    rows = tx.execute(
        """SELECT DISTINCT ON (j.resource) j.resource, j.status, j.error, j.next_retry_at,
             j.rejected, max(j.finished_at) FILTER (WHERE j.status = 'completed')
               OVER (PARTITION BY j.resource) AS read_at
           FROM backshop.sync_jobs AS j
           INNER JOIN insights.sync_logs AS l ON l.store_id = j.store_id AND l.id = j.run_id
           WHERE j.store_id = backshop.current_store_id()
           ORDER BY j.resource, l.started_at DESC"""
    )
    return Health(
        fresh_at=shop.fresh_at,
        delivered_at=delivered["at"] if delivered else None,
        rollups_whole=shop.rolled_up == shop.books.reckoning,
        resources=[Resource.model_validate(row) for row in rows],
    )
