"""What needs a person, in all stores, and what happened in the last day; and how each store is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from backshop import db
from backshop.today import repository
from backshop.today.models import StatusPosition, StoreStatus, Today
from backshop.web import callers, http, paging, routes

DAY = timedelta(days=1)

app = routes.app("Today")
handler = routes.handler(app)

TODAY = {
    "waiting": [
        {
            "need": "failed_writes",
            "store_id": "0b7c3f4e-5a51-4d8e-9d3e-2f6a1c0e9b11",
            "store_name": "The shop",
            "platform": "woocommerce",
            "number": 2,
            "oldest": "2026-11-19T04:00:00Z",
        }
    ],
    "happened": [
        {
            "what": "orders",
            "store_id": "0b7c3f4e-5a51-4d8e-9d3e-2f6a1c0e9b11",
            "store_name": "The shop",
            "number": 31,
        }
    ],
}
STATUS = {
    "store_id": "0b7c3f4e-5a51-4d8e-9d3e-2f6a1c0e9b11",
    "name": "The shop",
    "platform": "woocommerce",
    "store_url": "https://shop.example.com",
    "connection": "active",
    "sync_interval": 300,
    "last_synced_at": "2026-11-20T04:00:00Z",
    "last_sync": "completed",
    "seconds_behind": 0.0,
    "pending_writes": 2,
    "pending_since": "2026-11-20T04:01:00Z",
    "failed_writes": 0,
    "failed_webhooks": 0,
}


@routes.route(app, "GET /today", scope="staff", example=TODAY)
def show() -> Today:
    """What needs a person in all stores, or in the one that is named, the oldest first, and what
    happened in the last day."""
    now = datetime.now(UTC)
    store_id = _named_store()
    with db.transaction(store_id=store_id, all_stores=store_id is None) as tx:
        return Today(
            waiting=repository.waiting(tx, now), happened=repository.happened(tx, now - DAY)
        )


@routes.route(app, "GET /status", scope="staff", example={"items": [STATUS], "next_cursor": None})
def status(
    cursor: paging.Cursor = None, limit: paging.Limit = paging.LIMIT
) -> paging.Page[StoreStatus]:
    """How each store is connected, synced and written to, by id; or the one that is named."""
    after = paging.position(cursor, StatusPosition)
    store_id = _named_store()
    with db.transaction(store_id=store_id, all_stores=store_id is None) as tx:
        rows = repository.statuses(tx, datetime.now(UTC), after.id if after else None, limit + 1)
    return paging.page(rows, limit, lambda last: StatusPosition(id=last.store_id))


def _named_store() -> UUID | None:
    """The store that the call names; None where it means all."""
    event = app.current_event.raw_event
    query = event.get("queryStringParameters") or {}
    is_named = query.get("store_id") or http.header(event, "x-store-id")
    return callers.store_of_call(event) if is_named else None
