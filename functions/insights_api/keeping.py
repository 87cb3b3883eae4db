"""Saved charts and conversations."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import answering
from backshop import db
from backshop.errors import Conflict, TooManyRequests, Unprocessable
from backshop.insights.charts import rules
from backshop.insights.charts.models import ChartConfig, Misfit
from backshop.insights.plans import counting
from backshop.insights.saved import repository as saved
from backshop.insights.saved.models import (
    MOST_CHARTS,
    ChartChange,
    ChartOrder,
    Chat,
    NewChart,
    SavedChart,
    stored,
)
from backshop.insights.semantic import running
from backshop.insights.semantic.checking import checked
from backshop.insights.semantic.models import Meaningless
from backshop.web import fast, http, paging
from backshop.web.paging import Page
from fastapi import Query, Response
from pydantic import BaseModel, ValidationError
from served import app

Cursor = Annotated[
    str | None,
    Query(max_length=1000, description="`next_cursor` of the page before, as it was given."),
]
Limit = Annotated[int, Query(ge=1, le=paging.MOST, description="Items of a page.")]


class Charts(BaseModel):
    charts: list[SavedChart]


class Position(BaseModel):
    at: datetime
    id: UUID


def config_of(fields: dict[str, Any]) -> dict[str, Any]:
    """A chart's config as it is stored. Raises Unprocessable where it can never be drawn."""
    # Without addresses a text may be longer, and has to fit as well.
    config = _read(stored(_read(fields).model_dump(mode="json")))
    made: dict[str, Any] = {"chart": config.chart.model_dump(mode="json")}
    if config.query is None:
        return made | {"sql": config.sql}
    try:
        rules.check(config.chart, running.columns_of(checked(config.query)))
    except Meaningless as wrong:
        raise Unprocessable(wrong.message, slug="no-such-question") from None
    except Misfit as misfit:
        raise Unprocessable(f"The chart does not fit its query. {misfit}") from None
    return made | {"query": config.query.as_json()}


def _read(fields: dict[str, Any]) -> ChartConfig:
    try:
        return ChartConfig.model_validate(fields)
    except ValidationError as wrong:
        errors = http.field_errors(wrong.errors(include_url=False, include_input=False))
        raise Unprocessable(http.please_correct(errors), errors=errors) from None


@app.get("/insights/charts")
async def charts(store_id: fast.StoreId) -> Charts:
    """The saved charts in their order."""
    with db.transaction(store_id=store_id) as tx:
        return Charts(charts=saved.charts(tx))


@app.post("/insights/charts", status_code=201, responses=fast.problems(Conflict))
async def add(body: NewChart, store_id: fast.StoreId) -> SavedChart:
    """Save a chart behind the others."""
    config = config_of(body.chart_config)
    with db.transaction(store_id=store_id) as tx:
        made = saved.add_chart(tx, body.title, body.query_text, config, MOST_CHARTS)
    if made is None:
        raise Conflict(f"A dashboard has {MOST_CHARTS} charts at most; delete one first.")
    return made


@app.put("/insights/charts/order")
async def order(body: ChartOrder, store_id: fast.StoreId) -> Charts:
    """Put charts in another order."""
    with db.transaction(store_id=store_id) as tx:
        saved.order_charts(tx, body.ids)
        return Charts(charts=saved.charts(tx))


@app.patch("/insights/charts/{id}")
async def change(id: UUID, body: ChartChange, store_id: fast.StoreId) -> SavedChart:
    """Rename a chart, or change what it asks or shows."""
    changes = body.model_dump(exclude_unset=True, exclude_none=True)
    if "chart_config" in changes:
        changes["chart_config"] = config_of(changes["chart_config"])
    with db.transaction(store_id=store_id) as tx:
        made: SavedChart = answering.found(saved.change_chart(tx, id, changes), "chart")
    return made


@app.post("/insights/charts/{id}/refresh", responses=fast.problems(TooManyRequests))
async def refresh(id: UUID, caller: fast.Caller, store_id: fast.StoreId) -> Any:
    """A chart's numbers of now, as a tile of the dashboard."""
    from asking import tile

    counting.count(caller.kind, store_id)
    with db.transaction(store_id=store_id) as tx:
        held = answering.found(saved.chart(tx, id), "chart")
        return tile(tx, held, None)


@app.delete("/insights/charts/{id}", status_code=204)
async def delete(id: UUID, store_id: fast.StoreId) -> Response:
    """Delete a chart."""
    with db.transaction(store_id=store_id) as tx:
        answering.found(saved.delete_chart(tx, id), "chart")
    return Response(status_code=204)


@app.get("/insights/conversations")
async def conversations(
    store_id: fast.StoreId, cursor: Cursor = None, limit: Limit = 20
) -> Page[Chat]:
    """Conversations, the latest first."""
    after = paging.position(cursor, Position)
    with db.transaction(store_id=store_id) as tx:
        rows = saved.conversations(tx, (after.at, after.id) if after else None, limit + 1)
    return paging.page(rows, limit, lambda last: Position(at=last.updated_at, id=last.id))


@app.get("/insights/conversations/{id}")
async def conversation(id: UUID, store_id: fast.StoreId) -> Chat:
    """One conversation with its messages."""
    with db.transaction(store_id=store_id) as tx:
        held: Chat = answering.found(saved.conversation(tx, id), "conversation")
    return held


@app.delete("/insights/conversations/{id}", status_code=204)
async def forget(id: UUID, store_id: fast.StoreId) -> Response:
    """Delete a conversation."""
    with db.transaction(store_id=store_id) as tx:
        answering.found(saved.delete_conversation(tx, id), "conversation")
    return Response(status_code=204)
