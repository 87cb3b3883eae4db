"""Money given back, and what orders and lines say of it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from decimal import Decimal
from typing import Any

from backshop.commerce import Refunded, Store, stable_number
from backshop.db import Asked, Staged, Tx, stage
from backshop.insights.projection.numbers import numbers_of

DATES = {"number": "bigint", "at": "timestamptz"}


def save_refunds(tx: Tx, store: Store, refunds: Staged, refund_lines: Staged) -> None:
    """A refund has the currency of its order; that of the shop until the order is there."""
    of = {"store": store.id, "shop_currency": store.currency or "USD"}
    row = tx.execute(
        f"""WITH saved AS (
              INSERT INTO insights.refunds AS held
                (store_id, wc_refund_id, external_id, wc_order_id, external_order_id, order_id,
                 date_created, is_dated, amount, shipping, tax, currency, status)
              SELECT %(store)s, number, external_id, order_number, external_order_id,
                (SELECT o.id FROM insights.orders AS o
                 WHERE o.wc_order_id = order_number),
                created_at, is_dated, amount, shipping, tax,
                coalesce((SELECT o.currency FROM insights.orders AS o
                  WHERE o.wc_order_id = order_number), currency, %(shop_currency)s), status
              FROM {refunds.source}
              ON CONFLICT (store_id, wc_refund_id) DO UPDATE SET
                wc_order_id = excluded.wc_order_id,
                external_order_id = excluded.external_order_id, order_id = excluded.order_id,
                date_created = CASE WHEN excluded.is_dated THEN excluded.date_created
                  ELSE least(held.date_created, excluded.date_created) END,
                is_dated = excluded.is_dated, amount = excluded.amount,
                shipping = excluded.shipping, tax = excluded.tax, currency = excluded.currency,
                status = excluded.status
              RETURNING old.id AS before
            )
            SELECT array_agg(before) AS updated FROM saved WHERE before IS NOT NULL""",
        of | refunds.params,
    ).fetchone()
    if row and row["updated"]:
        tx.execute(
            f"""DELETE FROM insights.refund_items AS held
                WHERE refund_id = ANY (%(updated)s)
                  AND NOT EXISTS (SELECT FROM {refund_lines.source}
                    WHERE refund_lines.line_id = held.line_id AND refund_number = (
                      SELECT r.wc_refund_id FROM insights.refunds AS r
                      WHERE r.id = held.refund_id))""",
            of | row | refund_lines.params,
        )
    if refund_lines.size:
        tx.execute(
            f"""INSERT INTO insights.refund_items AS held
                  (store_id, refund_id, line_id, quantity, exact_quantity, total, tax)
                SELECT %(store)s,
                  (SELECT r.id FROM insights.refunds AS r
                   WHERE r.wc_refund_id = refund_number),
                  left(line_id, 100), quantity, exact_quantity, amount, tax
                FROM {refund_lines.source}
                ON CONFLICT (store_id, refund_id, line_id) DO UPDATE SET
                  quantity = excluded.quantity, exact_quantity = excluded.exact_quantity,
                  total = excluded.total, tax = excluded.tax
                WHERE (held.quantity, held.exact_quantity, held.total, held.tax)
                  IS DISTINCT FROM (excluded.quantity, excluded.exact_quantity, excluded.total,
                    excluded.tax)""",
            of | refund_lines.params,
        )


def date_refunds(tx: Tx, store: Store, dates: Sequence[tuple[str, str]]) -> None:
    """(number, time) of refunds as orders told them. Such a refund happened no later than the
    earliest change of the order that knew of it, in whatever order those arrive."""
    seen = stage(tx, "seen", DATES, dates)
    tx.execute(
        f"""UPDATE insights.refunds AS held SET date_created = seen.at
            FROM (SELECT number, min(at) AS at FROM {seen.source} GROUP BY number) AS seen
            WHERE held.wc_refund_id = seen.number
              AND NOT held.is_dated AND held.date_created > seen.at""",
        {"store": store.id} | seen.params,
    )


def ask_refunds_of(
    tx: Tx, store: Store, order_ids: Collection[str]
) -> Asked[list[tuple[str, str]]]:
    """(order id, refund id) of the stored refunds of these orders, whether those are stored or
    not."""
    rows = tx.execute(
        """SELECT coalesce(external_order_id, wc_order_id::text) AS order_id,
             coalesce(external_id, wc_refund_id::text) AS refund_id
           FROM insights.refunds
           WHERE wc_order_id = ANY (%(numbers)s)""",
        {"store": store.id, "numbers": numbers_of(order_ids)},
    )
    return lambda: [(row["order_id"], row["refund_id"]) for row in rows]


def orders_that_list_refunds(tx: Tx, store: Store, order_ids: Collection[str]) -> set[str]:
    """Those of these orders whose saved states tell all their refunds."""
    rows = tx.execute(
        """SELECT coalesce(external_id, wc_order_id::text) AS id FROM insights.orders
           WHERE wc_order_id = ANY (%(numbers)s) AND refunds_listed_at IS NOT NULL""",
        {"numbers": numbers_of(order_ids)},
    )
    return {row["id"] for row in rows}


def update_refunded(tx: Tx, store: Store, order_ids: Collection[str]) -> list[Refunded]:
    """Sum up the settled refunds of these orders, on orders and lines; the sums, for the contexts
    that keep them too."""
    of = {"store": store.id, "numbers": numbers_of(order_ids)}
    tx.execute(
        """UPDATE insights.orders AS held SET refunded_total = s.amount
           FROM (
             SELECT o.id, coalesce((SELECT sum(r.amount) FROM insights.refunds AS r
               WHERE r.order_id = o.id
                 AND r.status = 'settled'), 0) AS amount
             FROM insights.orders AS o
             WHERE o.wc_order_id = ANY (%(numbers)s)
           ) AS s
           WHERE held.wc_order_id = ANY (%(numbers)s)
             AND held.id = s.id AND held.refunded_total <> s.amount""",
        of,
    )
    tx.execute(
        """WITH concerned AS (
             SELECT array_agg(o.id) AS ids FROM insights.orders AS o
             WHERE o.wc_order_id = ANY (%(numbers)s)
           ), given_back AS (
             SELECT r.order_id, l.line_id, sum(l.quantity) AS quantity, sum(l.total) AS total
             FROM insights.refunds AS r
             INNER JOIN insights.refund_items AS l ON l.refund_id = r.id
             WHERE r.order_id = ANY ((SELECT ids FROM concerned)::uuid[]) AND r.status = 'settled'
             GROUP BY r.order_id, l.line_id
           )
           UPDATE insights.order_items AS held
           SET refunded_quantity = s.quantity, refunded_total = s.total
           FROM (
             SELECT i.id, coalesce(g.quantity, 0) AS quantity, coalesce(g.total, 0) AS total
             FROM insights.order_items AS i
             LEFT JOIN given_back AS g ON g.order_id = i.order_id AND g.line_id = i.line_id
             WHERE i.order_id = ANY ((SELECT ids FROM concerned)::uuid[])
           ) AS s
           WHERE held.order_id = ANY ((SELECT ids FROM concerned)::uuid[])
             AND held.id = s.id
             AND (held.refunded_quantity, held.refunded_total) IS DISTINCT FROM
               (s.quantity, s.total)""",
        of,
    )
    _split(tx, of)
    return _refunded(tx, of, order_ids)


def _split(tx: Tx, of: dict[str, Any]) -> None:
    """What of each settled refund was for goods, tax and shipping: as it says, the tax of its lines
    where it says none. The last refund of an order that has got all its money back takes what is
    left of the order's own parts, so that an order refunded in full adds up to nothing."""
    tx.execute(
        """WITH stated AS (
             SELECT r.id, r.order_id, r.date_created, r.wc_refund_id, r.amount,
               CASE WHEN r.amount > 0 THEN greatest(r.tax, coalesce((
                 SELECT sum(l.tax) FROM insights.refund_items AS l WHERE l.refund_id = r.id), 0))
                 ELSE 0 END AS tax,
               CASE WHEN r.amount > 0 THEN r.shipping ELSE 0 END AS shipping
             FROM insights.refunds AS r
             WHERE r.wc_order_id = ANY (%(numbers)s) AND r.status = 'settled'
               AND r.order_id IS NOT NULL
           ), placed AS (
             SELECT stated.*, amount - tax - shipping AS goods,
               sum(amount) OVER of_order AS back,
               row_number() OVER (of_order ORDER BY date_created DESC, wc_refund_id DESC) AS place,
               sum(amount - tax - shipping) OVER of_order AS all_goods,
               sum(tax) OVER of_order AS all_tax, sum(shipping) OVER of_order AS all_shipping
             FROM stated WINDOW of_order AS (PARTITION BY order_id)
           ), fitted AS (
             SELECT p.id, p.goods, p.tax, p.shipping,
               CASE WHEN is_last THEN o.subtotal - o.discount_total - p.all_goods ELSE 0 END AS more,
               CASE WHEN is_last THEN o.tax_total - p.all_tax ELSE 0 END AS more_tax,
               CASE WHEN is_last THEN o.shipping_total - p.all_shipping ELSE 0 END AS more_shipping
             FROM placed AS p
             INNER JOIN insights.orders AS o ON o.id = p.order_id
             CROSS JOIN LATERAL (
               SELECT p.place = 1 AND o.total > 0 AND p.back >= o.total AS is_last) AS l
           )
           UPDATE insights.refunds AS held
           SET goods = f.goods + f.more, goods_tax = f.tax + f.more_tax,
             shipping_back = f.shipping + f.more_shipping
           FROM fitted AS f
           WHERE held.wc_order_id = ANY (%(numbers)s) AND held.id = f.id
             AND (held.goods, held.goods_tax, held.shipping_back) IS DISTINCT FROM
               (f.goods + f.more, f.tax + f.more_tax, f.shipping + f.more_shipping)""",
        of,
    )


def _refunded(tx: Tx, of: dict[str, Any], order_ids: Collection[str]) -> list[Refunded]:
    rows = tx.execute(
        """SELECT r.wc_order_id AS number, sum(r.amount) AS amount, sum(r.shipping) AS shipping,
             (SELECT json_object_agg(line_id, quantity) FROM (
                SELECT l.line_id, sum(l.quantity) AS quantity
                FROM insights.refunds AS of_it
                INNER JOIN insights.refund_items AS l
                  ON l.refund_id = of_it.id
                WHERE of_it.wc_order_id = r.wc_order_id
                  AND of_it.status = 'settled'
                GROUP BY l.line_id) AS lines) AS quantities
           FROM insights.refunds AS r
           WHERE r.wc_order_id = ANY (%(numbers)s)
             AND r.status = 'settled'
           GROUP BY r.wc_order_id""",
        of,
    )
    found = {row.pop("number"): row for row in rows}
    nothing = {"amount": Decimal(0), "shipping": Decimal(0), "quantities": {}}
    return [
        Refunded(id, got["amount"], got["shipping"], got["quantities"] or {})
        for id in order_ids
        for got in [found.get(stable_number(id), nothing)]
    ]


def delete_refunds(tx: Tx, store: Store, ids: Collection[str]) -> list[str]:
    """The ids of the orders concerned."""
    rows = tx.execute(
        """DELETE FROM insights.refunds
           WHERE wc_refund_id = ANY (%(numbers)s)
           RETURNING coalesce(external_order_id, wc_order_id::text) AS order_id""",
        {"store": store.id, "numbers": numbers_of(ids)},
    )
    return [row["order_id"] for row in rows]
