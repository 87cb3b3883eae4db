"""The first dashboard of every store: charts like any other, which its merchant may change."""

from __future__ import annotations

from typing import Any, NamedTuple

from backshop.insights.answers import kind_of, spec_of
from backshop.insights.charts.models import ChartConfig
from backshop.insights.semantic.models import LOW_STOCK, SemanticQuery

THIS_MONTH = {"type": "calendar", "unit": "month", "offset": 0}
COMPARED = THIS_MONTH | {"compare": "previous_period"}


class Tile(NamedTuple):
    title: str
    query: dict[str, Any]


TILES = (
    Tile("Sales this month", {"metrics": ["net_sales"], "period": COMPARED}),
    Tile("Orders this month", {"metrics": ["orders"], "period": COMPARED}),
    Tile("Average order value", {"metrics": ["aov"], "period": COMPARED}),
    Tile(
        "Top products this month",
        {
            "metrics": ["product_net_sales"],
            "dimensions": ["product"],
            "period": THIS_MONTH,
            "top_n": 5,
        },
    ),
    # Of one whole month, for which different customers are counted already.
    Tile(
        "New and returning customers this month",
        {"metrics": ["new_customers", "returning_customers"], "period": THIS_MONTH},
    ),
    Tile("Refunds this month", {"metrics": ["refunds"], "period": COMPARED}),
    Tile(
        "Running out of stock",
        {
            "metrics": ["stock_quantity"],
            "dimensions": ["product"],
            "filters": [{"field": "stock_quantity", "op": "<=", "value": LOW_STOCK}],
            "top_n": -10,
        },
    ),
)


def first_charts() -> list[tuple[str, dict[str, Any]]]:
    """Titles and chart_config of the first charts, in their order."""
    return [(tile.title, _config(tile)) for tile in TILES]


def _config(tile: Tile) -> dict[str, Any]:
    query = SemanticQuery.model_validate(tile.query)
    spec = spec_of(query, kind_of(query, 0))
    config = ChartConfig(query=query, chart=spec)
    return {"query": query.as_json(), "chart": config.chart.model_dump(mode="json")}
