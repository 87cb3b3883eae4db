"""What orders add to the rollups: the one definition, for keeping and for rebuilding.

`sources` reads the orders that count, their lines and their refunds, once each, and sums lines up
by day and product; images say what the rollups are sums of, out of those. Days are the store's own,
by what its `Reckoning` says.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple
from uuid import UUID

from backshop.insights.models import Reckoning

KEPT_DAYS = 90
_MONTH = "date_trunc('month', day::timestamp)::date"
"""A date alone would be taken for a time of the session's zone, which costs several times as
much."""


class Image(NamedTuple):
    """A rollup table: its keys and its sums, in the order of `select`'s columns, with their
    types."""

    table: str
    keys: dict[str, str]
    sums: dict[str, str]
    select: str


_LINE_SUMS = dict.fromkeys(
    ("line_gross", "line_net", "units", "line_back", "units_back"), "numeric"
)
_SOLD_LINES = {
    "line_gross": "sum(line_gross)",
    "line_net": "sum(line_net)",
    "units": "sum(units)",
}
_BACK_LINES = {"line_back": "sum(line_back)", "units_back": "sum(units_back)"}


def params(reckoning: Reckoning, store: UUID) -> dict[str, Any]:
    return {
        "store": store,
        "zone": reckoning.time_zone,
        "statuses": list(reckoning.statuses or ()),
        "kept": KEPT_DAYS - 1,
    }


def sources(reckoning: Reckoning, which: str) -> str:
    """What stands after WITH: `sold` and `sold_sums`, `back` and `back_sums`, of the orders that
    `which`, a condition on `o`, chooses. There is nothing of an order that does not count.

    The arrays say once more what the joins say: Postgres cannot know how few orders `sold` has, and
    would read all lines of the store for them."""
    sold_at = "o.date_paid" if reckoning.orders_dated == "paid" else "o.date_created"
    counts = "o.status = ANY (%(statuses)s)" if reckoning.statuses else "o.is_counted"
    return f"""
      sold AS MATERIALIZED (
        SELECT o.store_id, o.id, {_local(sold_at)} AS day, o.currency, o.subtotal,
          o.discount_total, o.tax_total, o.shipping_total, o.wc_customer_id,
          (o.coupon_used IS NOT NULL)::int AS has_coupon,
          (o.refunded_total > 0)::int AS is_refunded
        FROM insights.orders AS o
        WHERE o.store_id = %(store)s AND {which}
          AND {counts} AND NOT o.is_test AND {sold_at} IS NOT NULL
      ), sold_lines AS MATERIALIZED (
        SELECT s.id AS order_id, s.day, s.currency, i.line_id, i.subtotal, i.total,
          coalesce(i.exact_quantity, i.quantity) AS units,
          coalesce(i.wc_product_id::text, 'name:' || i.product_name) AS product
        FROM sold AS s
        INNER JOIN insights.order_items AS i ON i.store_id = s.store_id AND i.order_id = s.id
        WHERE i.order_id = ANY (ARRAY(SELECT id FROM sold))
      ), back AS MATERIALIZED (
        SELECT r.store_id, r.id, s.id AS order_id, {_local("r.date_created")} AS day, s.currency,
          r.goods, r.goods_tax, r.shipping_back
        FROM sold AS s
        INNER JOIN insights.refunds AS r
          ON r.store_id = s.store_id AND r.order_id = s.id AND r.status = 'settled'
        WHERE r.order_id = ANY (ARRAY(SELECT id FROM sold))
      ), back_lines AS MATERIALIZED (
        SELECT b.day, b.currency, l.product, g.total,
          coalesce(g.exact_quantity, g.quantity) AS units
        FROM back AS b
        INNER JOIN insights.refund_items AS g ON g.store_id = b.store_id AND g.refund_id = b.id
        INNER JOIN sold_lines AS l ON l.order_id = b.order_id AND l.line_id = g.line_id
      ), sold_sums AS MATERIALIZED (
        SELECT day, currency, product, count(*) AS events, sum(subtotal) AS line_gross,
          sum(total) AS line_net, sum(units) AS units
        FROM sold_lines GROUP BY day, currency, product
      ), back_sums AS MATERIALIZED (
        SELECT day, currency, product, count(*) AS events, sum(total) AS line_back,
          sum(units) AS units_back
        FROM back_lines GROUP BY day, currency, product
      )"""


def _local(at: str) -> str:
    return f"({at} AT TIME ZONE %(zone)s)::date"


def images() -> list[Image]:
    return [_days(), _products("product_months", "month"), _products("product_days", "day")]


def _days() -> Image:
    sums = dict.fromkeys(("events", "orders", "coupon_orders", "refunded_orders"), "bigint")
    sums |= dict.fromkeys(("gross", "discounts", "tax", "shipping"), "numeric")
    sums |= dict.fromkeys(("goods_back", "tax_back", "shipping_back"), "numeric") | _LINE_SUMS
    events = {
        "sold": {
            "events": "count(*)",
            "orders": "count(*)",
            "coupon_orders": "sum(has_coupon)",
            "refunded_orders": "sum(is_refunded)",
            "gross": "sum(subtotal)",
            "discounts": "sum(discount_total)",
            "tax": "sum(tax_total)",
            "shipping": "sum(shipping_total)",
        },
        "sold_sums": _SOLD_LINES,
        "back": {
            "events": "count(*)",
            "goods_back": "sum(goods)",
            "tax_back": "sum(goods_tax)",
            "shipping_back": "sum(shipping_back)",
        },
        "back_sums": _BACK_LINES,
    }
    keys = {"day": "day", "currency": "currency"}
    return Image(
        "daily_sales", {"day": "date", "currency": "text"}, sums, _select(keys, sums, events)
    )


def _products(table: str, unit: str) -> Image:
    key, condition = _MONTH, "product IS NOT NULL"
    if unit == "day":
        # A subquery is worked out once, a condition for each row.
        key = "day"
        condition += " AND day >= (SELECT (now() AT TIME ZONE %(zone)s)::date - %(kept)s)"
    events = {
        "sold_sums": {"events": "sum(events)"} | _SOLD_LINES,
        "back_sums": {"events": "sum(events)"} | _BACK_LINES,
    }
    sums = {"events": "bigint"} | _LINE_SUMS
    keys = {unit: key, "currency": "currency", "product": "product"}
    types = {unit: "date", "currency": "text", "product": "text"}
    return Image(table, types, sums, _select(keys, sums, events, condition))


def _select(
    keys: Mapping[str, str],
    sums: Mapping[str, str],
    events: Mapping[str, Mapping[str, str]],
    condition: str = "true",
) -> str:
    """Sums of these sources under one another; what one has none of is 0."""
    parts = []
    for source, expressions in events.items():
        columns = {**keys} | {name: expressions.get(name, "0") for name in sums}
        listed = ", ".join(f"{value} AS {name}" for name, value in columns.items())
        parts.append(
            f"SELECT {listed} FROM {source} WHERE {condition} GROUP BY {', '.join(keys.values())}"
        )
    return " UNION ALL ".join(parts)


CUSTOMERS = f"""
  SELECT wc_customer_id, {_MONTH} AS month, count(*) AS orders
  FROM sold WHERE wc_customer_id IS NOT NULL GROUP BY 1, 2"""
"""Who had how many orders in which month."""
