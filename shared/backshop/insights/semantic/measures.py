"""Measures: what formulas of metrics are made of, and the streams of rows they are sums over.

A stream is one pass over the rows of one table; each measure belongs to one stream, and a query's
streams meet only after each has been summed up by the same keys. So no join multiplies what another
measure counts.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import NamedTuple


class Stream(StrEnum):
    SALES = "sales"
    """Orders that count, on the day they are dated."""
    ALL_ORDERS = "all_orders"
    """Orders of every status but tests."""
    REFUNDS = "refunds"
    """Settled refunds of orders that count, on the day of the refund."""
    LINES = "lines"
    REFUND_LINES = "refund_lines"
    BUYERS = "buyers"
    """Customers of the period by how many orders they had in it."""
    FIRST_ORDERS = "first_orders"
    LIVES = "lives"
    """Customers of the period with the net sales of their whole lives."""
    GAPS = "gaps"
    RFM = "rfm"
    AT_RISK = "at_risk"
    TOP_FIFTH = "top_fifth"
    COHORTS = "cohorts"
    COHORT_MONEY = "cohort_money"
    STOCK = "stock"
    STOCK_VALUE = "stock_value"
    UNSOLD = "unsold"
    FRESHNESS = "freshness"


class Measure(NamedTuple):
    """`sql` is an aggregate over the stream's rows; nothing at all is 0 where `is_sum`, else
    empty."""

    stream: Stream
    sql: str
    is_sum: bool = True


MEASURES: dict[str, Measure] = {
    "orders": Measure(Stream.SALES, "count(*)"),
    "gross": Measure(Stream.SALES, "sum(o.subtotal)"),
    "discounts": Measure(Stream.SALES, "sum(o.discount_total)"),
    # Of the codes that the query groups or filters by, where it does.
    "own_discounts": Measure(Stream.SALES, "sum({own_discount})"),
    "tax": Measure(Stream.SALES, "sum(o.tax_total)"),
    "shipping": Measure(Stream.SALES, "sum(o.shipping_total)"),
    "coupon_orders": Measure(Stream.SALES, "count(*) FILTER (WHERE o.coupon_used IS NOT NULL)"),
    "coupon_gross": Measure(
        Stream.SALES, "sum(o.subtotal) FILTER (WHERE o.coupon_used IS NOT NULL)"
    ),
    "coupon_discounts": Measure(
        Stream.SALES, "sum(o.discount_total) FILTER (WHERE o.coupon_used IS NOT NULL)"
    ),
    "refunded_orders": Measure(
        Stream.SALES, "count(*) FILTER (WHERE o.refunded_total > 0 AND {refunded_by_then})"
    ),
    "buyers": Measure(Stream.SALES, "count(DISTINCT o.wc_customer_id)"),
    "median_net": Measure(
        Stream.SALES,
        "percentile_cont(0.5) WITHIN GROUP (ORDER BY {net_of_order})",
        is_sum=False,
    ),
    "returning_buyers": Measure(
        Stream.SALES, "count(DISTINCT o.wc_customer_id) FILTER (WHERE f.at < {bucket_begins})"
    ),
    "all_orders": Measure(Stream.ALL_ORDERS, "count(*)"),
    "all_total": Measure(Stream.ALL_ORDERS, "sum(o.total)"),
    "cancelled_orders": Measure(Stream.ALL_ORDERS, "count(*) FILTER (WHERE o.is_cancelled)"),
    "goods_back": Measure(Stream.REFUNDS, "sum(r.goods)"),
    "tax_back": Measure(Stream.REFUNDS, "sum(r.goods_tax)"),
    "shipping_back": Measure(Stream.REFUNDS, "sum(r.shipping_back)"),
    "coupon_goods_back": Measure(
        Stream.REFUNDS, "sum(r.goods) FILTER (WHERE o.coupon_used IS NOT NULL)"
    ),
    "line_gross": Measure(Stream.LINES, "sum(i.subtotal)"),
    "line_net": Measure(Stream.LINES, "sum(i.total)"),
    "units": Measure(Stream.LINES, "sum(coalesce(i.exact_quantity, i.quantity))"),
    "line_back": Measure(Stream.REFUND_LINES, "sum(l.total)"),
    "units_back": Measure(Stream.REFUND_LINES, "sum(coalesce(l.exact_quantity, l.quantity))"),
    "repeat_buyers": Measure(Stream.BUYERS, "count(*) FILTER (WHERE n >= 2)"),
    "single_buyers": Measure(Stream.BUYERS, "count(*) FILTER (WHERE n = 1)"),
    "new_buyers": Measure(Stream.FIRST_ORDERS, "count(*)"),
    "life_net": Measure(Stream.LIVES, "sum(n.net)"),
    "life_buyers": Measure(Stream.LIVES, "count(DISTINCT b.customer)"),
    "median_gap": Measure(
        Stream.GAPS, "percentile_cont(0.5) WITHIN GROUP (ORDER BY gap)", is_sum=False
    ),
    "rfm_customers": Measure(Stream.RFM, "count(*)"),
    "at_risk": Measure(Stream.AT_RISK, "count(*)"),
    "top_fifth_net": Measure(Stream.TOP_FIFTH, "sum(net) FILTER (WHERE place <= ceil(n / 5.0))"),
    "cohort_active": Measure(Stream.COHORTS, "sum(active)"),
    "cohort_size": Measure(Stream.COHORTS, "sum(size)"),
    "cohort_net": Measure(Stream.COHORT_MONEY, "sum(net)"),
    "cohort_size_net": Measure(Stream.COHORT_MONEY, "sum(size)"),
    # Empty where no stock is tracked.
    "stock": Measure(Stream.STOCK, "sum(stock)", is_sum=False),
    "stock_value": Measure(Stream.STOCK_VALUE, "sum(v.stock_quantity * v.price)"),
    "unsold": Measure(Stream.UNSOLD, "count(*)"),
    "minutes_old": Measure(Stream.FRESHNESS, "max(minutes)", is_sum=False),
}

NAMED = re.compile(r"\{(\w+)\}")


def measures_in(formula: str) -> set[str]:
    """Names of the measures of a formula; `days` is none, but the length of the bucket."""
    return set(NAMED.findall(formula)) - {"days"}


def written(formula: str, days: str) -> str:
    """The formula as SQL over columns of its measures' names."""

    def column(found: re.Match[str]) -> str:
        name = found.group(1)
        if name == "days":
            return days
        return f"coalesce({name}, 0)" if MEASURES[name].is_sum else name

    return NAMED.sub(column, formula)
