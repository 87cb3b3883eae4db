"""GET /insights/charts/{file}: a saved chart as a picture, its numbers as they are now.

A function of its own, because what draws is 84 MB and takes a second to wake up.
"""

from __future__ import annotations

import re
from typing import Annotated, Final
from uuid import UUID

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query
from backshop import db
from backshop.errors import NotFound, TooManyRequests, Unprocessable
from backshop.insights import guard
from backshop.insights.charts import repository
from backshop.insights.charts.models import ChartConfig, Drawn, Misfit
from backshop.insights.charts.repository import Saved
from backshop.insights.plans import counting
from backshop.insights.semantic import repository as semantic
from backshop.insights.semantic import running
from backshop.insights.semantic.models import Meaningless
from backshop.web import callers, routes
from pydantic import ValidationError

app = routes.app("Insights")
handler = routes.handler(app)

FILE: Final = re.compile(r"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.(svg|png)", re.IGNORECASE)
HEADERS: Final = {
    "Cache-Control": "private, max-age=60",
    # For who opens the file itself: nothing in it is run or fetched.
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
    "X-Content-Type-Options": "nosniff",
}


@routes.route(
    app,
    "GET /insights/charts/<file>",
    scope="store",
    problems=[NotFound, Unprocessable, TooManyRequests],
    answers={
        "image/svg+xml": "`{id}.svg`: a picture that grows without becoming coarse.",
        "image/png": "`{id}.png`: two pixels to one of `width`.",
    },
)
def draw(
    file: str,
    width: Annotated[int, Query(ge=280, le=1600, description="In pixels; a phone has 360.")] = 640,
) -> Response[bytes]:
    """A saved chart as a picture, `{id}.svg` or `{id}.png`."""
    store_id = callers.store_of_call(app.current_event.raw_event)
    named = FILE.fullmatch(file)
    if named is None:
        raise NotFound("A chart is at /insights/charts/{id}.svg or {id}.png.")
    counting.count(callers.principal(app.current_event.raw_event).kind, store_id)
    saved, config, drawn = _answered(store_id, UUID(named[1]))
    chart = config.chart.model_copy(update={"title": saved.title})
    from backshop.insights.charts import drawing

    try:
        if named[2].lower() == "svg":
            picture = drawing.svg(chart, drawn, width=width).encode()
            return Response(200, "image/svg+xml", picture, dict(HEADERS))
        return Response(200, "image/png", drawing.png(chart, drawn, width=width), dict(HEADERS))
    except Misfit as misfit:
        raise Unprocessable(f"This chart does not fit its numbers any more. {misfit}") from None


def _answered(store_id: UUID, id: UUID) -> tuple[Saved, ChartConfig, Drawn]:
    """A chart with its numbers of now. Raises NotFound, Unprocessable."""
    with db.transaction(store_id=store_id) as tx:
        saved = repository.saved(tx, store_id, id)
        if saved is None:
            raise NotFound("There is no such chart; GET /insights/charts lists yours.")
        try:
            config = ChartConfig.model_validate(saved.config)
        except ValidationError:
            raise Unprocessable("This chart is not one that can be drawn; save it anew.") from None
        if config.query is not None:
            return saved, config, _of_query(tx, config)
        shop = semantic.shop(tx)
    assert config.sql is not None
    zone = str(shop.books.zone) if shop else "UTC"
    try:
        found = guard.run(store_id, config.sql, time_zone=zone)
    except guard.Refused as refused:
        raise Unprocessable(f"This chart's SQL is not run. {refused.message}") from None
    return saved, config, Drawn(found.columns, found.rows)


def _of_query(tx: db.Tx, config: ChartConfig) -> Drawn:
    assert config.query is not None
    try:
        result = running.run(tx, config.query)
    except Meaningless as meaningless:
        raise Unprocessable(f"This chart's query has no answer. {meaningless.message}") from None
    except running.NotThere as missing:
        raise Unprocessable(
            f"This chart asks for a {missing.dimension} that the store does not have any more."
        ) from None
    currency, grain = result.assumptions.currency, result.query.grain
    return Drawn(result.columns, result.rows, currency, result.unfinished, grain)
