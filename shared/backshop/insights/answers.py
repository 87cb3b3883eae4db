"""Results as they are answered: with a sentence, a chart that suits, and what else could be
asked."""

from __future__ import annotations

from collections.abc import Sequence

from backshop.insights.charts.models import ChartKind, ChartSpec
from backshop.insights.semantic import sentences
from backshop.insights.semantic.metrics import METRICS, After
from backshop.insights.semantic.models import (
    Answer,
    Assumptions,
    Cell,
    Column,
    Dimension,
    Result,
    SemanticQuery,
    Unit,
)
from backshop.insights.semantic.periods import Window, buckets
from backshop.insights.semantic.repository import Shop
from backshop.insights.semantic.tables import PREVIOUS
from backshop.insights.semantic.wording import plain, sentence

D = Dimension
FEW = 12
"""Buckets that stand as bars beside each other."""
NAMES = frozenset({D.PRODUCT, D.SKU, D.CATEGORY, D.COUPON, D.COUNTRY})
LISTED = frozenset({"stock_quantity", "days_of_stock", "products_without_sales"})
LISTED |= {"customers_at_risk", "co_purchase_count", "inventory_value"}
RETURNS = frozenset({"refunds", "refunded_orders", "refund_rate", "cancel_rate"})


def answer(result: Result, *, title: str = "") -> Answer:
    """The result as the contract shapes it."""
    spec = chart(result, title=title)
    return Answer(
        text=told(result),
        query=result.query.as_json(),
        reads_as=result.reads_as,
        assumptions=result.assumptions,
        columns=result.columns,
        rows=result.rows,
        totals=result.totals,
        totals_by_currency=result.totals_by_currency,
        remainder=result.remainder,
        chart=spec.model_dump(mode="json"),
    )


def of_sql(
    sql: str,
    columns: Sequence[Column],
    rows: Sequence[tuple[Cell, ...]],
    shop: Shop,
    *,
    is_cut: bool,
) -> Answer:
    """What SQL found that a model wrote: a table, and no number that is not a cell of it."""
    first = rows[0] if rows else ()
    cells = [
        f"{plain(column.name.replace('_', ' '))} {plain(str(value))}"
        for column, value in zip(columns[:3], first, strict=False)
        if value is not None
    ]
    text = f"The first row: {', '.join(cells)}." if cells else "There is nothing to show."
    note = (
        "Answered by SQL that a model wrote, not by a metric: definitions of metrics do not hold."
    )
    cut = ("There are more rows than are shown.",) if is_cut else ()
    spec = ChartSpec(kind="table", x=None, y=(), series=None)
    return Answer(
        text=text,
        query={"sql": sql},
        reads_as="SQL that a model wrote",
        assumptions=Assumptions(
            time_zone=shop.books.reckoning.time_zone,
            currency=None,
            statuses=(),
            fresh_at=shop.fresh_at,
            notes=(note, *cut),
        ),
        columns=tuple(columns),
        rows=tuple(rows),
        totals={},
        chart=spec.model_dump(mode="json"),
    )


def told(result: Result) -> str:
    """The sentence of an answer; without numbers, should one of them not be the result's."""
    text = sentence(result)
    return (
        text if sentences.holds(text, result) else f"{result.reads_as.capitalize()}: see the table."
    )


def chart(result: Result, *, title: str = "") -> ChartSpec:
    """The chart that suits the shape of a result; its numbers are the result's columns."""
    query = result.query
    kind = kind_of(query, _buckets(result))
    if len(result.rows) > 1 and kind in ("number", "number_delta"):
        kind = "table"
    if (
        any(each.name == "currency" for each in result.columns)
        and D.CURRENCY not in query.dimensions
    ):
        kind = "table"
    return spec_of(query, kind, title)


def spec_of(query: SemanticQuery, kind: ChartKind, title: str = "") -> ChartSpec:
    metric = query.metrics[0]
    along = ["time"] if query.grain else []
    along += [str(each) for each in query.dimensions]
    compared = [metric, metric + PREVIOUS]
    numbers = {
        "number_delta": compared,
        "line_compare": compared,
        "line_dual": list(query.metrics[:2]),
        "table": [],
    }
    is_along = kind not in ("number", "number_delta", "table")
    return ChartSpec(
        kind=kind,
        x=along[0] if is_along and along else None,
        y=tuple(numbers.get(kind, [metric])),
        series=along[1] if is_along and len(along) > 1 else None,
        title=title,
        adds_up=METRICS[metric].is_additive and D.COUPON not in query.dimensions,
    )


def kind_of(query: SemanticQuery, number_of_buckets: int) -> ChartKind:
    """By the shape of the query alone."""
    by = len(query.dimensions)
    if METRICS[query.metrics[0]].name in LISTED or D.CUSTOMER in query.dimensions:
        return "table" if by or len(query.metrics) > 1 else "number"
    if by == 0:
        return _in_time(query, number_of_buckets) if query.grain else _plain(query)
    if len(query.metrics) > 1:
        return "table"
    if query.grain:
        return "bar_stacked" if by == 1 else "table"
    if by == 1:
        return _by_class(query.dimensions[0])
    return "heatmap" if by == 2 else "table"


def _plain(query: SemanticQuery) -> ChartKind:
    if len(query.metrics) > 1:
        return "table"
    is_compared = bool(query.period and query.period.compare)
    return "number_delta" if is_compared and METRICS[query.metrics[0]].after is None else "number"


def _in_time(query: SemanticQuery, number_of_buckets: int) -> ChartKind:
    metric = METRICS[query.metrics[0]]
    if len(query.metrics) > 2:
        return "table"
    if len(query.metrics) == 2:
        return "line_dual"
    if query.top_n:
        return "bar"
    if query.period and query.period.compare and metric.after is None:
        return "line_compare"
    if metric.after == After.RUNNING:
        return "area"
    is_bar = metric.name in RETURNS or metric.format == "percent"
    return "bar" if is_bar and number_of_buckets <= FEW else "line"


def _by_class(dimension: Dimension) -> ChartKind:
    if dimension in NAMES:
        return "bar_h"
    if dimension == D.ORDER_VALUE_BUCKET:
        return "histogram"
    return "line" if dimension in (D.MONTHS_SINCE_FIRST, D.COHORT_MONTH) else "bar"


def _buckets(result: Result) -> int:
    held, grain = result.assumptions, result.query.grain
    if grain is None or held.from_ is None or held.to is None:
        return 0
    return len(buckets(Window(held.from_, held.to, held.to), Unit(grain)))
