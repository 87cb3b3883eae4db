"""Routes of staff to what goes out to platforms: what waits or failed, one more try for it, or the
last."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from annotated_types import Interval
from backshop import db, outbox
from backshop.commerce import Time
from backshop.errors import NotFound
from backshop.web import callers, paging, routes
from pydantic import BaseModel, Field

app = routes.app("Outbox")
handler = routes.handler(app)

Status = Literal["pending", "sending", "done", "failed"]
RowId = Annotated[int, Interval(ge=1, le=2**63 - 1)]


class OutboxRow(BaseModel):
    """What is to be done at a platform, and how it went."""

    id: int
    key: str = Field(description="Rows of one key are sent one after the other.")
    kind: str
    payload: dict[str, Any]
    status: Status
    attempts: int
    next_attempt_at: Time
    response: dict[str, Any] | None = Field(description="What the platform answered last.")
    created_at: Time


class Retried(BaseModel):
    id: int
    status: Literal["pending"] = "pending"
    attempts: int


class Position(BaseModel):
    id: int = Field(ge=0)


ROW = {
    "id": 12,
    "key": "order:1001",
    "kind": "refund",
    "payload": {"request_id": "6f1c1e0a-9f6d-4b57-8a53-0e7f9d2b6a10"},
    "status": "failed",
    "attempts": 3,
    "next_attempt_at": "2026-11-02T10:15:00Z",
    "response": {"error": "the order is closed"},
    "created_at": "2026-11-02T10:00:00Z",
}


@routes.route(app, "GET /outbox", scope="staff", example={"items": [ROW], "next_cursor": None})
def index(
    status: Status = "failed",
    q: paging.Search = None,
    cursor: paging.Cursor = None,
    limit: paging.Limit = paging.LIMIT,
) -> paging.Page[OutboxRow]:
    """The store's rows of a status, oldest first; `q` is part of what is done or to what."""
    after = paging.position(cursor, Position)
    with db.transaction(store_id=_store_id()) as tx:
        rows = outbox.listed(tx, status, after.id if after else 0, limit + 1, q=q)
    items = [OutboxRow.model_validate(row) for row in rows]
    return paging.page(items, limit, lambda last: Position(id=last.id))


@routes.route(
    app,
    "POST /outbox/<id>/retry",
    scope="staff",
    example={"id": 12, "status": "pending", "attempts": 3},
)
def retry(id: RowId) -> Retried:
    """Open a failed row again; it is asked about first, then tried."""
    with db.transaction(store_id=_store_id()) as tx:
        row = outbox.reopen(tx, id, datetime.now(UTC))
    if row is None:
        raise NotFound("No failed row has this id; GET /outbox?status=failed lists them.")
    outbox.announce([row])
    return Retried(id=row.id, attempts=row.attempts)


@routes.route(
    app,
    "POST /outbox/<id>/give-up",
    scope="staff",
    status=202,
    example={"id": 12, "status": "pending", "attempts": 19},
)
def give_up(id: RowId) -> Retried:
    """Try a row no more: the shop is asked once whether an earlier attempt went through, then the
    row is closed as done or failed. Rows of its key before it are done first."""
    with db.transaction(store_id=_store_id()) as tx:
        row = outbox.give_up(tx, id, datetime.now(UTC))
    if row is None:
        raise NotFound("No row that waits has this id; GET /outbox?status=pending lists them.")
    outbox.announce([row])
    return Retried(id=row.id, attempts=row.attempts)


def _store_id() -> UUID:
    return callers.store_of_call(app.current_event.raw_event)
