"""Routes of staff to what goes out to platforms: what failed, and one more try for it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal

from aws_lambda_powertools.event_handler import Response
from backshop import db, http, outbox
from backshop.errors import BadRequest, NotFound
from pydantic import BaseModel, Field, ValidationError

PAGE = 100
ID_DIGITS = 19
"""Of the largest id that a row can have; Python reads no numbers of thousands of digits."""

app = http.app()
handler = http.handler(app)


class Query(BaseModel):
    """GET /outbox?status=&cursor=; the cursor is the last answer's `next_cursor`."""

    status: Literal["pending", "sending", "done", "failed"] = "failed"
    cursor: int = Field(default=0, ge=0)


@app.get("/outbox")
def index() -> Response[str]:
    """The store's rows of a status, oldest first, 100 at a time."""
    http.require(app, "staff")
    try:
        asked = Query.model_validate(app.current_event.query_string_parameters)
    except ValidationError:
        raise BadRequest(
            "status is one of pending, sending, done, failed; cursor is the last answer's "
            "next_cursor."
        ) from None
    with db.transaction(store_id=http.store_id(app)) as tx:
        rows = outbox.listed(tx, asked.status, asked.cursor, PAGE + 1)
    more = rows[PAGE - 1]["id"] if len(rows) > PAGE else None
    return http.reply(200, {"rows": rows[:PAGE], "next_cursor": more})


@app.post("/outbox/<id>/retry")
def retry(id: str) -> Response[str]:
    """Open a failed row again; it is asked about first, then tried."""
    http.require(app, "staff")
    is_id = id.isdecimal() and len(id) <= ID_DIGITS
    with db.transaction(store_id=http.store_id(app)) as tx:
        row = outbox.reopen(tx, int(id), datetime.now(UTC)) if is_id else None
    if row is None:
        raise NotFound("No failed row has this id; GET /outbox?status=failed lists them.")
    outbox.announce([row])
    return http.reply(200, {"id": row.id, "status": "pending", "attempts": row.attempts})
