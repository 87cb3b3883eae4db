"""The SQL of links and clicks."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from backshop.db import Tx
from backshop.shade.carts.models import Click


def cart(tx: Tx, recommendation_id: UUID, _at: datetime) -> Click | None:
    """Where a recommendation leads; None for no recommendation. Nothing is counted."""
    row = tx.execute(
        """SELECT r.cart_url, r.discount_id FROM shade.recommendations AS r
           INNER JOIN shade.conversions AS c
             ON r.store_id = c.store_id AND r.id = c.recommendation_id
           WHERE r.store_id = backshop.current_store_id() AND r.id = %s""",
        (recommendation_id,),
    ).fetchone()
    return Click(**row) if row else None


def note_click(tx: Tx, recommendation_id: UUID, at: datetime) -> Click | None:
    """Count a click and remember where the first one led; None for no recommendation."""
    row = tx.execute(
        """UPDATE shade.conversions AS c SET
             clicks = clicks + 1, clicked_at = coalesce(c.clicked_at, %(at)s),
             cart_url = coalesce(c.cart_url, r.cart_url)
           FROM shade.recommendations AS r
           WHERE c.store_id = backshop.current_store_id()
             AND r.store_id = c.store_id AND r.id = c.recommendation_id
             AND c.recommendation_id = %(id)s
           RETURNING r.cart_url, r.discount_id""",
        {"id": recommendation_id, "at": at},
    ).fetchone()
    return Click(**row) if row else None


def click_url(tx: Tx, discount_id: UUID) -> str | None:
    """The link of the newest recommendation that carries the discount."""
    row = tx.execute(
        """SELECT click_url FROM shade.recommendations
           WHERE store_id = backshop.current_store_id()
             AND discount_id = %s AND cart_url IS NOT NULL
           ORDER BY created_at DESC, id LIMIT 1""",
        (discount_id,),
    ).fetchone()
    return row["click_url"] if row else None
