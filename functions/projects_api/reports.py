"""Follow-ups that are due, and reports on scores and conversion."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any
from uuid import UUID

from answers import Cursor, Day, Limit, Text
from backshop import db
from backshop.projects.conversations import repository
from backshop.projects.conversations.models import (
    ConversionRow,
    Conversions,
    FollowUp,
    ScoreRow,
    Scores,
)
from backshop.projects.conversations.repository import Group
from backshop.web import paging
from backshop.web.fast import StoreId
from fastapi import Query
from pydantic import BaseModel
from served import app

TAGS: list[Any] = ["Follow-ups and reports"]
By = Annotated[
    Sequence[Group],
    Query(max_length=3, description="What a row is for; several may be named."),
]
Since = Annotated[Day | None, Query(description="The first day, where the store is.")]
Until = Annotated[Day | None, Query(description="The last day.")]


class DuePosition(BaseModel):
    on: date
    id: UUID


@app.get("/follow-ups", tags=TAGS)
async def list_follow_ups(
    store: StoreId,
    associate: Text = None,
    due_by: Annotated[Day | None, Query(description="Today where none is given.")] = None,
    cursor: Cursor = None,
    limit: Limit = paging.LIMIT,
) -> paging.Page[FollowUp]:
    """Who waits to hear from the shop, the longest overdue first, with how they like to be
    reached."""
    after = paging.position(cursor, DuePosition)
    with db.reading(store) as tx:
        day = repository.today(tx)
        rows = repository.follow_ups(
            tx, due_by or day, day, associate, (after.on, after.id) if after else None, limit + 1
        )
    items = [FollowUp.model_validate(row) for row in rows]
    return paging.page(
        items, limit, lambda last: DuePosition(on=last.next_contact_date, id=last.log_id)
    )


@app.get("/reports/scores", tags=TAGS)
async def report_scores(
    store: StoreId,
    by: By = ("associate",),
    since: Since = None,
    until: Until = None,
) -> Scores:
    """Averages of the AOS scores by associate, phase and month."""
    with db.reading(store) as tx:
        rows = repository.scores(tx, by, since, until)
    return Scores(items=[ScoreRow.model_validate(row) for row in rows])


@app.get("/reports/conversion", tags=TAGS)
async def report_conversion(
    store: StoreId,
    by: By = ("associate",),
    since: Since = None,
    until: Until = None,
) -> Conversions:
    """How many projects that were talked about became orders, by associate, phase and month."""
    with db.reading(store) as tx:
        rows = repository.conversions(tx, by, since, until)
    return Conversions(items=[ConversionRow.model_validate(row) for row in rows])
