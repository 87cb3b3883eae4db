"""SQL that several subjects of the shade funnel share."""

from __future__ import annotations

from uuid import UUID

from backshop.db import Tx

LIVE_KIT = """o.product_type = 'shade_kit' AND NOT o.is_cancelled
    AND (o.refunded_amount < o.total_amount OR o.total_amount = 0)"""
"""A kit that was not given back."""


def stores(tx: Tx) -> list[UUID]:
    """Stores whose funnel may have something to do: those with kits; for a transaction that sees
    all of them."""
    rows = tx.execute(
        """SELECT s.id FROM backshop.stores AS s
           WHERE EXISTS (SELECT FROM shade.orders AS o
                         WHERE o.store_id = s.id AND o.product_type = 'shade_kit')
           ORDER BY s.id"""
    )
    return [row["id"] for row in rows]
