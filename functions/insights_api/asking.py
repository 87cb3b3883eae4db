"""Queries and what they may be made of; the dashboard; health."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import answering
from backshop import db
from backshop.errors import NotFound, Problem, TooManyRequests
from backshop.insights import health as health_of
from backshop.insights.charts.models import ChartConfig
from backshop.insights.health import Health
from backshop.insights.plans import counting
from backshop.insights.saved import repository as saved
from backshop.insights.saved.models import SavedChart
from backshop.insights.semantic import repository as semantic
from backshop.insights.semantic.metrics import METRICS
from backshop.insights.semantic.models import Answer, Dimension, Limit, Refusal, SemanticQuery
from backshop.web import fast
from fastapi import Query
from pydantic import BaseModel, ConfigDict, ValidationError
from served import app

AsOf = Annotated[
    str | None, Query(max_length=40, description="ISO 8601, for staff: answer as if it were then.")
]


class MetricShown(BaseModel):
    """`dimensions` are what it comes by; `time` says that a period and a grain are possible."""

    name: str
    label: str
    definition: str
    format: str
    dimensions: list[str]
    words: list[str]
    default_period: str
    note: str | None


class Catalogue(BaseModel):
    metrics: list[MetricShown]
    dimensions: list[str]
    limits: list[str]


class Tile(BaseModel):
    """A chart of the dashboard with its numbers; `problem` says why there are none."""

    id: UUID
    title: str
    position_index: int
    answer: Answer | Refusal | None
    problem: str | None = None


class Dashboard(BaseModel):
    model_config = ConfigDict(extra="forbid")

    tiles: list[Tile]


@app.post("/insights/query", responses=fast.problems(TooManyRequests))
async def query(
    body: SemanticQuery, caller: fast.Caller, store_id: fast.StoreId, as_of: AsOf = None
) -> Answer | Refusal:
    """Run one query; a name that the store does not have is refused with the nearest."""
    at = answering.moment(caller, as_of)
    counting.count(caller.kind, store_id)
    return answering.reply(store_id, body, at)


@app.get("/insights/metrics")
async def metrics(caller: fast.Caller) -> Catalogue:  # noqa: ARG001 who may call
    """Every metric, dimension and limit that a query can name."""
    return Catalogue(
        metrics=[
            MetricShown(
                name=each.name,
                label=each.label,
                definition=each.definition,
                format=each.format,
                dimensions=[*(["time"] if each.has_time else []), *each.dimensions],
                words=list(each.words),
                default_period=each.default,
                note=each.note or None,
            )
            for each in METRICS.values()
        ],
        dimensions=list(Dimension),
        limits=list(Limit),
    )


@app.get("/insights/dashboard", responses=fast.problems(TooManyRequests))
async def dashboard(caller: fast.Caller, store_id: fast.StoreId, as_of: AsOf = None) -> Dashboard:
    """All tiles of the dashboard with their numbers."""
    at = answering.moment(caller, as_of)
    counting.count(caller.kind, store_id)
    with db.transaction(store_id=store_id) as tx:
        tx.execute(f"SET LOCAL statement_timeout = '{answering.TIMEOUT}'".encode())
        shop = semantic.shop(tx)
        tiles = [tile(tx, each, at, shop) for each in saved.charts(tx)]
    return Dashboard(tiles=tiles)


def tile(tx: db.Tx, chart: SavedChart, at: Any, shop: semantic.Shop | None = None) -> Tile:
    """A chart with its numbers; one that cannot be answered says so and spoils no other."""
    shown = {"id": chart.id, "title": chart.title, "position_index": chart.position_index}
    try:
        config = ChartConfig.model_validate(chart.chart_config)
        if config.query is None:
            return Tile(**shown, answer=None, problem="Drawn at GET /insights/charts/{id}.svg.")
        answer = answering.reply_in(tx, config.query, at, title=chart.title, shop=shop)
    except ValidationError:
        return Tile(**shown, answer=None, problem="This chart cannot be read; save it anew.")
    except Problem as problem:
        return Tile(**shown, answer=None, problem=problem.detail)
    if isinstance(answer, Answer):
        spec = config.chart.model_copy(update={"title": chart.title})
        answer = answer.model_copy(update={"chart": spec.model_dump(mode="json")})
    return Tile(**shown, answer=answer)


@app.get("/insights/health")
async def health(store_id: fast.StoreId) -> Health:
    """How fresh each resource is, and what failed."""
    with db.transaction(store_id=store_id) as tx:
        found = health_of.health(tx)
    if found is None:
        raise NotFound("There is no such store.")
    return found
