"""The SQL that ties orders to the discounts and recommendations that they carry, and lets both
follow from the orders as they are."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from backshop.db import Asked, Tx
from backshop.shade.carts import rules as carts_rules

Marks = tuple[set[UUID], set[UUID]]
"""Discounts and recommendations."""
_SALE = """NOT o.is_cancelled AND o.paid_at IS NOT NULL
    AND (o.refunded_amount < o.total_amount OR o.total_amount = 0)"""
"""An order that was paid and not given back whole."""


def ask_mark(tx: Tx, ids: Collection[str]) -> Asked[Marks]:
    """Note which of our discounts and recommendations these orders carry; those that they carried
    before and no longer do."""
    changed = tx.execute(
        """UPDATE shade.orders AS target
           SET discount_id = source.discount_id, recommendation_id = source.recommendation_id
           FROM (
             SELECT o.store_id, o.id,
               (SELECT d.id FROM shade.discounts AS d
                WHERE d.store_id = o.store_id AND d.discount_code = ANY (
                  ARRAY(SELECT upper(code) FROM unnest(o.discount_codes) AS code))
                ORDER BY d.created_at, d.id LIMIT 1) AS discount_id,
               (SELECT r.id FROM shade.recommendations AS r
                WHERE r.store_id = o.store_id AND r.id = CASE
                  WHEN o.attributes ->> %(attribute)s ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
                  THEN (o.attributes ->> %(attribute)s)::uuid END) AS recommendation_id
             FROM shade.orders AS o
             WHERE o.store_id = backshop.current_store_id() AND o.shopify_order_id = ANY (%(ids)s)
               AND (o.discount_codes <> '{}' OR o.attributes ? %(attribute)s
                    OR o.discount_id IS NOT NULL OR o.recommendation_id IS NOT NULL)
           ) AS source
           WHERE target.store_id = backshop.current_store_id()
             AND target.store_id = source.store_id AND target.id = source.id
             AND (target.discount_id, target.recommendation_id)
               IS DISTINCT FROM (source.discount_id, source.recommendation_id)
           RETURNING old.discount_id, old.recommendation_id""",
        {"attribute": carts_rules.ATTRIBUTE, "ids": list(ids)},
    )
    return lambda: marks_of(changed.fetchall())


def marks_of(rows: Sequence[dict[str, Any]]) -> Marks:
    return (
        {row["discount_id"] for row in rows if row["discount_id"]},
        {row["recommendation_id"] for row in rows if row["recommendation_id"]},
    )


def _nothing() -> Marks:
    return set(), set()


def settle(tx: Tx, ids: Collection[str], before: Asked[Marks] = _nothing) -> None:
    """Let discounts and conversions follow from the orders as they are now: from these, and from
    what they carried `before`. Says the same whatever came in which order, and however often."""
    carrying = tx.execute(
        """SELECT discount_id, recommendation_id FROM shade.orders
           WHERE store_id = backshop.current_store_id() AND shopify_order_id = ANY (%s)
             AND (discount_id IS NOT NULL OR recommendation_id IS NOT NULL)""",
        (list(ids),),
    )
    were, are = before(), marks_of(carrying.fetchall())
    discounts, recommendations = were[0] | are[0], were[1] | are[1]
    if discounts:
        _settle_discounts(tx, discounts)
    if discounts or recommendations:
        _settle_conversions(tx, discounts, recommendations)


def _settle_discounts(tx: Tx, ids: Collection[UUID]) -> None:
    """A discount is used by the first sale that carries its code. One whose sale was taken back has
    ended: the shop counts it as used for good."""
    tx.execute(
        f"""UPDATE shade.discounts AS d
            SET used = sale.id IS NOT NULL, applied_to_order_id = sale.id,
              status = CASE WHEN d.used AND sale.id IS NULL AND d.status = 'active'
                       THEN 'expired' ELSE d.status END
            FROM shade.discounts AS named
            LEFT JOIN LATERAL (
              SELECT o.id FROM shade.orders AS o
              WHERE o.store_id = named.store_id AND o.discount_id = named.id AND {_SALE}
              ORDER BY o.order_date, o.shopify_order_id LIMIT 1) AS sale ON true
            WHERE d.store_id = backshop.current_store_id()
              AND named.id = ANY (%s) AND d.store_id = named.store_id AND d.id = named.id
              AND d.applied_to_order_id IS DISTINCT FROM sale.id""",
        (sorted(ids),),
    )


def _settle_conversions(
    tx: Tx, discounts: Collection[UUID], recommendations: Collection[UUID]
) -> None:
    """A recommendation converts by the first sale that carries its mark, or its code alone; a sale
    converts one of them, by its mark before its code, and of several with its code the newest.
    Where both are known, it has to be the same customer."""
    decided = tx.execute(
        f"""WITH concerned AS (
              SELECT c.id, c.store_id, c.recommendation_id, c.discount_id
              FROM shade.conversions AS c
              WHERE c.store_id = backshop.current_store_id()
                AND (c.discount_id = ANY (%(discounts)s)
                  OR c.recommendation_id = ANY (%(recommendations)s))
            ), sales AS (
              SELECT o.* FROM shade.orders AS o
              WHERE o.store_id = backshop.current_store_id()
                AND (o.discount_id IN (SELECT discount_id FROM concerned)
                  OR o.recommendation_id IN (SELECT recommendation_id FROM concerned))
                AND {_SALE}
            ), chosen AS (
              SELECT DISTINCT ON (o.id) c.id AS conversion_id, o.id AS order_id, o.order_date,
                o.shopify_order_id, o.paid_at
              FROM sales AS o
              INNER JOIN shade.conversions AS c ON c.store_id = o.store_id
                AND (c.recommendation_id = o.recommendation_id OR c.discount_id = o.discount_id)
              WHERE o.customer_id IS NULL OR c.customer_id IS NULL
                OR o.customer_id = c.customer_id
              ORDER BY o.id, (c.recommendation_id IS NOT DISTINCT FROM o.recommendation_id) DESC,
                c.created_at DESC, c.id
            )
            SELECT DISTINCT ON (c.id) c.id, s.order_id, s.paid_at
            FROM concerned AS c LEFT JOIN chosen AS s ON c.id = s.conversion_id
            ORDER BY c.id, s.order_date, s.shopify_order_id""",
        {"discounts": sorted(discounts), "recommendations": sorted(recommendations)},
    ).fetchall()
    of = {name: [row[name] for row in decided] for name in ("id", "order_id", "paid_at")}
    decisions = """FROM unnest(%(id)s::uuid[], %(order_id)s::uuid[], %(paid_at)s::timestamptz[])
                 AS source (id, order_id, paid_at)
               WHERE target.id = source.id AND target.order_id IS DISTINCT FROM source.order_id"""
    # First all that end, then all that begin: an order converts one at any time.
    tx.execute(
        f"""UPDATE shade.conversions AS target
            SET converted = false, converted_at = NULL, order_id = NULL
            {decisions} AND target.store_id = backshop.current_store_id()
              AND target.order_id IS NOT NULL""",
        of,
    )
    tx.execute(
        f"""UPDATE shade.conversions AS target
            SET converted = true, converted_at = source.paid_at, order_id = source.order_id,
              -- Who bought with the mark or the code has followed the link, counted or not.
              clicks = greatest(target.clicks, 1),
              clicked_at = coalesce(target.clicked_at, source.paid_at)
            {decisions} AND target.store_id = backshop.current_store_id()
              AND source.order_id IS NOT NULL""",
        of,
    )
