"""Which sums are kept already (docs/insights.md, "Rollups"), and how they stand in for a stream.

A measure is read from a rollup where the rollup has what the query tells apart; the others of the
same query come from the rows, and are laid beside it.
"""

from __future__ import annotations

from calendar import monthrange
from datetime import timedelta

from backshop.insights.semantic.models import Dimension, Unit
from backshop.insights.semantic.periods import Window
from backshop.insights.semantic.scope import Asked, Key, Scope, Source

D = Dimension
KEPT_DAYS = 90
"""Whole days for which products are summed up by day, today included."""
PRODUCT_MEASURES = ("line_gross", "line_net", "units", "line_back", "units_back")
DAILY_MEASURES = (
    "orders",
    "gross",
    "discounts",
    "tax",
    "shipping",
    "coupon_orders",
    "refunded_orders",
    "goods_back",
    "tax_back",
    "shipping_back",
    *PRODUCT_MEASURES,
)
CUSTOMER_MEASURES = {
    "buyers": "m.buyers",
    "new_buyers": "m.new_buyers",
    "returning_buyers": "m.buyers - m.new_buyers",
}
_COARSE = (None, Unit.MONTH, Unit.QUARTER, Unit.YEAR)


def rolled(scope: Scope, measure: str) -> tuple[str, str] | None:
    """(rollup, aggregate) that a measure of the query can be read from."""
    request = scope.asked
    if not request.rolled_up or request.window is None or scope.filters:
        return None
    own = "discounts" if measure == "own_discounts" else measure
    by = set(request.by) - {D.CURRENCY}
    if not by and own in DAILY_MEASURES:
        return "days", f"sum(d.{own})"
    if by in ({D.PRODUCT}, {D.CATEGORY}) and own in PRODUCT_MEASURES:
        source = _of_products(scope, request.window)
        sums = f"m.{own}" if source and _is_summed(scope, source) else f"sum(m.{own})"
        return (source, sums) if source else None
    if not request.by and not request.split and own in CUSTOMER_MEASURES:
        return ("customers", f"sum({CUSTOMER_MEASURES[own]})") if _in_months(scope) else None
    return None


def source(scope: Scope, name: str) -> Source:
    if name == "days":
        return _days(scope)
    if name == "customers":
        return _customers()
    return _products(scope, name)


def _of_products(scope: Scope, window: Window) -> str | None:
    request = scope.asked
    if request.grain in _COARSE and _is_whole_months(request, window):
        return "product_months"
    oldest = request.today - timedelta(days=KEPT_DAYS - 1)
    return "product_days" if window.first >= oldest else None


def _is_summed(scope: Scope, table: str) -> bool:
    """Whether the rollup's rows are the query's: products of one month, by currency."""
    days = scope.asked.window
    is_one = days is not None and days.last.replace(day=1) == days.first
    is_split = {"product", "currency"} <= set(scope.key_names())
    return table == "product_months" and is_one and is_split and D.CATEGORY not in scope.asked.by


def _in_months(scope: Scope) -> bool:
    """Customers are counted by whole months, and not added up."""
    request, window = scope.asked, scope.asked.window
    assert window is not None
    whole = _is_whole_months(request, window)
    one = (window.first.year, window.first.month) == (window.last.year, window.last.month)
    return whole and (request.grain == Unit.MONTH or (request.grain is None and one))


def _is_whole_months(request: Asked, window: Window) -> bool:
    """Of a month that runs the sums are until today, unless something is dated ahead."""
    last = window.last
    is_over = last.day == monthrange(last.year, last.month)[1]
    ends_now = last == request.today and (request.summed_until or last) <= last
    return window.first.day == 1 and (is_over or ends_now)


def _bucket(scope: Scope, day: str) -> str:
    """The bucket of a local day."""
    grain, start = scope.asked.grain, scope.asked.books.week_start
    if grain is None:
        return "NULL::date"
    if grain == Unit.DAY:
        return day
    if grain == Unit.WEEK:
        return f"(date_trunc('week', {day} - {start}) + interval '{start} days')::date"
    return f"date_trunc('{grain}', {day})::date"


def _days(scope: Scope) -> Source:
    return Source(
        """insights.daily_sales AS d
           WHERE d.store_id = %(store)s AND d.day BETWEEN %(first)s AND %(last)s""",
        {"time": Key(_bucket(scope, "d.day")), "currency": Key("d.currency")},
    )


def _customers() -> Source:
    return Source(
        """insights.monthly_customers AS m
           WHERE m.store_id = %(store)s AND m.month BETWEEN %(first)s AND %(last)s""",
        {"time": Key("m.month")},
    )


def _products(scope: Scope, table: str) -> Source:
    """Products are named once it is known which ones are shown; categories need the product."""
    day = "m.month" if table == "product_months" else "m.day"
    product = ""
    if D.CATEGORY in scope.asked.by:
        product = f"""LEFT JOIN insights.products AS p ON p.store_id = m.store_id
              AND p.wc_product_id = CASE WHEN m.product ~ '^-?[0-9]+$' THEN m.product::bigint END
            {scope.category_join()}"""
    days = scope.asked.window
    # Rows of one month stand in their key's order, and need not be sorted to be summed up.
    is_one = (
        table == "product_months" and days is not None and days.last.replace(day=1) == days.first
    )
    when = "= %(first)s" if is_one else "BETWEEN %(first)s AND %(last)s"
    return Source(
        f"""insights.{table} AS m {product}
            WHERE m.store_id = %(store)s AND {day} {when}""",
        {
            "time": Key(_bucket(scope, day)),
            "currency": Key("m.currency"),
            "product": Key("m.product"),
            "category": Key("g.row", "g.name"),
        },
        is_summed=_is_summed(scope, table),
    )
