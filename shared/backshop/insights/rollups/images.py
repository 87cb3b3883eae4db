"""What orders add to the rollups: the one definition, for keeping and for rebuilding.

Each image is a SELECT over orders that `{which}` chooses (a condition on `o`), by what a store's
`Reckoning` says. Days are the store's own.
"""

from __future__ import annotations

from typing import Any, NamedTuple
from uuid import UUID

from backshop.insights.models import Reckoning

KEPT_DAYS = 90


class Image(NamedTuple):
    """A rollup table: its keys and its sums, in the order of `select`'s columns, with their
    types."""

    table: str
    keys: dict[str, str]
    sums: dict[str, str]
    select: str


_LINE_SUMS = {
    "line_gross": "numeric",
    "line_net": "numeric",
    "units": "numeric",
    "line_back": "numeric",
    "units_back": "numeric",
}
_PRODUCT = "coalesce(i.wc_product_id::text, 'name:' || i.product_name)"


def images(reckoning: Reckoning) -> list[Image]:
    return [
        _days(reckoning),
        _products(reckoning, "product_months", "month"),
        _products(reckoning, "product_days", "day"),
    ]


def params(reckoning: Reckoning, store: UUID) -> dict[str, Any]:
    return {
        "store": store,
        "zone": reckoning.time_zone,
        "statuses": list(reckoning.statuses or ()),
        "kept": KEPT_DAYS - 1,
    }


def _sold_at(reckoning: Reckoning) -> str:
    return "o.date_paid" if reckoning.orders_dated == "paid" else "o.date_created"


def _counts(reckoning: Reckoning) -> str:
    counts = "o.status = ANY (%(statuses)s)" if reckoning.statuses else "o.is_counted"
    return f"{counts} AND NOT o.is_test AND {_sold_at(reckoning)} IS NOT NULL"


def _local(at: str) -> str:
    return f"({at} AT TIME ZONE %(zone)s)::date"


def _days(reckoning: Reckoning) -> Image:
    sums = {"events": "bigint", "orders": "bigint"} | dict.fromkeys(
        ("gross", "discounts", "tax", "shipping"), "numeric"
    )
    sums |= {"coupon_orders": "bigint", "refunded_orders": "bigint"}
    sums |= dict.fromkeys(("line_gross", "line_net", "units"), "numeric")
    sums |= dict.fromkeys(("goods_back", "tax_back", "shipping_back"), "numeric")
    sums |= dict.fromkeys(("line_back", "units_back"), "numeric")
    counts = _counts(reckoning)
    select = f"""
      SELECT {_local(_sold_at(reckoning))} AS day, o.currency, 1 AS events, 1 AS orders,
        o.subtotal AS gross, o.discount_total AS discounts, o.tax_total AS tax,
        o.shipping_total AS shipping, (o.coupon_used IS NOT NULL)::int AS coupon_orders,
        (o.refunded_total > 0)::int AS refunded_orders, l.gross AS line_gross, l.net AS line_net,
        l.units, 0 AS goods_back, 0 AS tax_back, 0 AS shipping_back, 0 AS line_back,
        0 AS units_back
      FROM insights.orders AS o
      LEFT JOIN LATERAL (
        SELECT sum(i.subtotal) AS gross, sum(i.total) AS net,
          sum(coalesce(i.exact_quantity, i.quantity)) AS units
        FROM insights.order_items AS i WHERE i.store_id = o.store_id AND i.order_id = o.id
      ) AS l ON true
      WHERE o.store_id = %(store)s AND {{which}} AND {counts}
      UNION ALL
      SELECT {_local("r.date_created")}, o.currency, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        r.goods, r.goods_tax, r.shipping_back, l.back, l.units
      FROM insights.orders AS o
      INNER JOIN insights.refunds AS r
        ON r.store_id = o.store_id AND r.order_id = o.id AND r.status = 'settled'
      LEFT JOIN LATERAL (
        SELECT sum(g.total) AS back, sum(coalesce(g.exact_quantity, g.quantity)) AS units
        FROM insights.refund_items AS g
        INNER JOIN insights.order_items AS i
          ON i.store_id = o.store_id AND i.order_id = o.id AND i.line_id = g.line_id
        WHERE g.store_id = r.store_id AND g.refund_id = r.id
      ) AS l ON true
      WHERE o.store_id = %(store)s AND {{which}} AND {counts}
      """
    return Image("daily_sales", {"day": "date", "currency": "text"}, sums, select)


def _products(reckoning: Reckoning, table: str, unit: str) -> Image:
    counts = _counts(reckoning)

    def key(at: str) -> str:
        local = _local(at)
        return local if unit == "day" else f"date_trunc('month', {local})::date"

    def recent(at: str) -> str:
        if unit != "day":
            return ""
        return f"AND {_local(at)} >= (now() AT TIME ZONE %(zone)s)::date - %(kept)s"

    sold = _sold_at(reckoning)
    select = f"""
      SELECT {key(sold)} AS {unit}, o.currency, {_PRODUCT} AS product,
        1 AS events, i.subtotal AS line_gross, i.total AS line_net,
        coalesce(i.exact_quantity, i.quantity) AS units, 0 AS line_back, 0 AS units_back
      FROM insights.orders AS o
      INNER JOIN insights.order_items AS i ON i.store_id = o.store_id AND i.order_id = o.id
      WHERE o.store_id = %(store)s AND {{which}} AND {counts} {recent(sold)}
        AND {_PRODUCT} IS NOT NULL
      UNION ALL
      SELECT {key("r.date_created")}, o.currency, {_PRODUCT}, 1, 0, 0, 0, g.total,
        coalesce(g.exact_quantity, g.quantity)
      FROM insights.orders AS o
      INNER JOIN insights.refunds AS r
        ON r.store_id = o.store_id AND r.order_id = o.id AND r.status = 'settled'
      INNER JOIN insights.refund_items AS g ON g.store_id = r.store_id AND g.refund_id = r.id
      INNER JOIN insights.order_items AS i
        ON i.store_id = o.store_id AND i.order_id = o.id AND i.line_id = g.line_id
      WHERE o.store_id = %(store)s AND {{which}} AND {counts} {recent("r.date_created")}
        AND {_PRODUCT} IS NOT NULL
      """
    keys = {unit: "date", "currency": "text", "product": "text"}
    return Image(table, keys, {"events": "bigint"} | _LINE_SUMS, select)


def customers(reckoning: Reckoning) -> str:
    """Who had how many orders in which month."""
    return f"""
      SELECT o.wc_customer_id, date_trunc('month', {_local(_sold_at(reckoning))})::date AS month,
        count(*) AS orders
      FROM insights.orders AS o
      WHERE o.store_id = %(store)s AND {{which}} AND {_counts(reckoning)}
        AND o.wc_customer_id IS NOT NULL
      GROUP BY 1, 2"""
