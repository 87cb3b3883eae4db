"""Whether a query means anything: which metrics, dimensions, filters and periods go together.

All pure; what is wrong raises `Meaningless` with a sentence that says what is possible instead.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from backshop.insights.semantic.metrics import METRICS, Default, Metric
from backshop.insights.semantic.models import (
    LOW_STOCK,
    AllTime,
    Dimension,
    Filter,
    LastN,
    Limit,
    Meaningless,
    Period,
    SemanticQuery,
    Unit,
    Value,
)

D = Dimension
NUMBERS = frozenset({D.DAY_OF_WEEK, D.HOUR_OF_DAY, D.MONTH, D.MONTHS_SINCE_FIRST})
TRUTHS = frozenset({D.HAS_COUPON, D.IS_WEEKEND})
PRODUCT_DIMENSIONS = frozenset({D.PRODUCT, D.SKU, D.CATEGORY})
RANKED = frozenset({D.PRODUCT, D.SKU, D.COUPON, D.CUSTOMER})
"""Of these a query that names no number gets ten."""
ALONE = "co_purchase_count"
PATTERNS = frozenset({D.HOUR_OF_DAY})
CUSTOMER_LIMITS = frozenset({Limit.ORDERS_COUNT, Limit.DAYS_SINCE_LAST_ORDER, Limit.TOTAL_SPENT})
DEFAULTS: dict[Default, Period | None] = {
    Default.NOW: None,
    Default.DAYS_30: LastN(n=30, unit=Unit.DAY),
    Default.MONTHS_12: LastN(n=12, unit=Unit.MONTH),
    Default.ALL_TIME: AllTime(),
}
DAYS_90 = LastN(n=90, unit=Unit.DAY)


class Checked(NamedTuple):
    """The query with its defaults, and which parts of it were left out."""

    query: SemanticQuery
    metrics: tuple[Metric, ...]
    defaulted: tuple[str, ...]


def checked(query: SemanticQuery) -> Checked:
    """The query as it will be run. Raises `Meaningless`."""
    metrics = _known(query.metrics)
    _check_alone(metrics)
    for dimension in query.dimensions:
        _check_dimension(metrics, dimension, "dimensions")
    if query.grain and not all(each.has_time for each in metrics):
        which = next(each for each in metrics if not each.has_time)
        raise Meaningless(f"{which.label} is a state of now and has no course in time.", "grain")
    for filter in query.filters:
        _check_filter(query, metrics, filter)
    if query.top_n and not query.dimensions and not query.grain:
        raise Meaningless("top_n ranks rows: name a dimension or a grain.", "top_n")
    return _with_defaults(query, metrics)


def _known(names: Sequence[str]) -> tuple[Metric, ...]:
    for name in names:
        if name not in METRICS:
            raise Meaningless(
                f"There is no metric {name[:60]!r}; GET /insights/metrics lists all.", "metrics"
            )
    return tuple(METRICS[name] for name in names)


def _check_alone(metrics: Sequence[Metric]) -> None:
    if len(metrics) > 1 and any(each.name == ALONE for each in metrics):
        raise Meaningless("co_purchase_count is about pairs and stands alone.", "metrics")


def _check_dimension(metrics: Sequence[Metric], dimension: Dimension, where: str) -> None:
    for metric in metrics:
        if dimension not in metric.dimensions:
            raise Meaningless(f"{metric.label} does not come by {dimension}; {_has(metric)}", where)


def _has(metric: Metric) -> str:
    named = ", ".join(metric.dimensions) or "none"
    return f"its dimensions are: {named}."


def _check_filter(query: SemanticQuery, metrics: Sequence[Metric], filter: Filter) -> None:
    name = filter.field
    if name in query.metrics:
        _check_number(filter)
        return
    if name in Limit.__members__.values():
        _check_limit(metrics, filter)
        return
    try:
        dimension = Dimension(name)
    except ValueError:
        raise Meaningless(
            f"There is no filter {name[:60]!r}: it may be a dimension, one of {', '.join(Limit)},"
            " or a metric of the same query.",
            "filters",
        ) from None
    _check_dimension(metrics, dimension, "filters")
    _check_values(dimension, filter)


def _check_limit(metrics: Sequence[Metric], filter: Filter) -> None:
    limit = Limit(filter.field)
    _check_number(filter)
    for metric in metrics:
        if not _takes(metric, limit):
            raise Meaningless(f"{metric.label} cannot be limited by {limit}.", "filters")


def _takes(metric: Metric, limit: Limit) -> bool:
    dimensions = set(metric.dimensions)
    if limit == Limit.STOCK_QUANTITY:
        return bool(dimensions & {D.PRODUCT, D.SKU})
    if limit == Limit.ORDER_TOTAL:
        return D.ORDER_VALUE_BUCKET in dimensions or metric.name == "gross_sales_all_status"
    return D.CUSTOMER in dimensions or D.CUSTOMER_TYPE in dimensions


def _check_number(filter: Filter) -> None:
    if filter.op in ("in", "contains"):
        raise Meaningless(f"{filter.field} is a number: compare it with <, <=, >, >=, = or !=.")
    if filter.value == LOW_STOCK:
        return
    if isinstance(filter.value, bool) or not isinstance(filter.value, int | float):
        raise Meaningless(f"{filter.field} is compared with a number.", "filters")


def _check_values(dimension: Dimension, filter: Filter) -> None:
    values = filter.value if isinstance(filter.value, tuple) else (filter.value,)
    if dimension in NUMBERS:
        if filter.op == "contains" or not all(_is_whole(each) for each in values):
            raise Meaningless(f"{dimension} is a whole number.", "filters")
    elif dimension in TRUTHS:
        if filter.op not in ("=", "!=") or not isinstance(filter.value, bool):
            raise Meaningless(f"{dimension} is true or false.", "filters")
    elif filter.op in ("<", "<=", ">", ">=") and dimension != D.COHORT_MONTH:
        raise Meaningless(f"{dimension} is a name: use =, !=, in or contains.", "filters")
    elif not all(isinstance(each, str) for each in values):
        raise Meaningless(f"{dimension} is compared with text.", "filters")


def _is_whole(value: Value) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**31


def _with_defaults(query: SemanticQuery, metrics: tuple[Metric, ...]) -> Checked:
    if query.period is None:
        period = default_period(query, metrics)
        if period is not None:
            return Checked(query.model_copy(update={"period": period}), metrics, ("period",))
    return Checked(query, metrics, ())


def default_period(query: SemanticQuery, metrics: Iterable[Metric]) -> Period | None:
    """The period of a query without one: of several metrics the longest. A query about stock alone
    has none."""
    if PATTERNS & set(query.dimensions):
        return DAYS_90
    if D.STATUS in query.dimensions:
        held = [each for each in metrics if each.name == "gross_sales_all_status"]
        return DEFAULTS[Default.ALL_TIME if held else Default.DAYS_30]
    order = list(Default)
    return DEFAULTS[max((each.default for each in metrics), key=order.index)]


def wants_ten(query: SemanticQuery) -> bool:
    """Whether a question that names no number means ten: ranked names, unless a limit or a name
    says which are meant. For planners; in a query null means all."""
    names = {each.field for each in query.filters if each.op != "!="}
    if query.metrics[0] == ALONE:
        return True
    own = {*Limit, *query.metrics} - {Limit.ORDER_TOTAL}  # That one says of which orders.
    if query.grain or query.metrics[0] in LISTS or names & own:
        return False
    return bool(RANKED & set(query.dimensions)) and not names & set(query.dimensions)


LISTS = frozenset({"customers_at_risk", "products_without_sales"})
"""Metrics whose rows are a list by a limit of their own."""


def is_split(query: SemanticQuery, metrics: Iterable[Metric]) -> bool:
    """Whether amounts of money are added up, averaged, ranked or compared, which several currencies
    never are together."""
    names = {*query.dimensions, *(each.field for each in query.filters)}
    money = {D.ORDER_VALUE_BUCKET, D.RFM_SEGMENT, Limit.ORDER_TOTAL, Limit.TOTAL_SPENT}
    return bool(names & money) or any(is_of_money(each) for each in metrics)


_MONEY_BENEATH = frozenset(
    {
        "refund_rate",
        "discount_rate",
        "top_customer_share",
        "tax_rate_effective",
        "net_sales_yoy_pct",
        "net_sales_share",
        "product_net_sales_share",
        "rfm_segment_size",
    }
)


def is_of_money(metric: Metric) -> bool:
    """Whether it is money, or a proportion of money."""
    return metric.is_money or metric.name in _MONEY_BENEATH
