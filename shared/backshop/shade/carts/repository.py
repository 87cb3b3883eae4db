"""The SQL of links and clicks."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from backshop.db import Tx
from backshop.shade.carts.models import Click


def note_click(tx: Tx, recommendation_id: UUID, at: datetime) -> Click | None:
    """Count a click and remember where the first one led; None for no recommendation."""
    row = tx.execute(
        """UPDATE shade.conversions AS c SET
             clicks = clicks + 1, clicked_at = coalesce(c.clicked_at, %(at)s),
             cart_url = coalesce(c.cart_url, r.cart_url)
           FROM shade.recommendations AS r
           WHERE r.store_id = c.store_id AND r.id = c.recommendation_id
             AND c.recommendation_id = %(id)s
           RETURNING r.cart_url, r.discount_id""",
        {"id": recommendation_id, "at": at},
    ).fetchone()
    return Click(**row) if row else None


def click_url(tx: Tx, discount_id: UUID) -> str | None:
    """The link of the newest recommendation that carries the discount."""
    row = tx.execute(
        """SELECT click_url FROM shade.recommendations
           WHERE discount_id = %s AND cart_url IS NOT NULL
           ORDER BY created_at DESC, id LIMIT 1""",
        (discount_id,),
    ).fetchone()
    return row["click_url"] if row else None
