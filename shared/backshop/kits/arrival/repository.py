"""The SQL of what is learnt from past orders."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID

from backshop.db import Tx
from backshop.kits.arrival.models import Walk
from backshop.kits.arrival.rules import WALKS
from backshop.kits.deliveries.models import Stage


def stores_with_deliveries(tx: Tx) -> list[UUID]:
    """For a transaction that sees all."""
    rows = tx.execute(
        """SELECT s.id FROM backshop.stores AS s
           WHERE EXISTS (SELECT FROM kits.order_delivery_status AS d WHERE d.store_id = s.id)
           ORDER BY s.id"""
    )
    return [row["id"] for row in rows]


def save_usual_waits(tx: Tx, waits: Mapping[Stage, timedelta]) -> None:
    """What was just learnt takes the place of what was known."""
    tx.execute("DELETE FROM kits.usual_waits WHERE store_id = kits.require_store()")
    tx.execute(
        """INSERT INTO kits.usual_waits (store_id, stage, seconds)
           SELECT kits.require_store(), * FROM unnest(%s::text[], %s::bigint[])""",
        (list(waits), [int(wait.total_seconds()) for wait in waits.values()]),
    )


def late_ids(tx: Tx, number: int) -> list[str]:
    """So many of the orders that move later than usual, by the shop's ids, the latest first."""
    rows = tx.execute(
        """SELECT vendure_order_id FROM kits.late_orders
           WHERE store_id = backshop.current_store_id() ORDER BY usual_by LIMIT %s""",
        (number,),
    )
    return [row["vendure_order_id"] for row in rows]


def latest_walks(tx: Tx) -> list[Walk]:
    """How the store's orders that moved last went through their stages, the latest first."""
    rows = tx.execute(
        """WITH moved AS (
               SELECT s.order_code, s.updated_at FROM kits.order_delivery_status AS s
               WHERE s.store_id = kits.require_store() AND s.stage <> 'ORDER_CONFIRMED'
               ORDER BY s.updated_at DESC LIMIT %s
           )
           SELECT o.order_date, array_agg(e.stage::text ORDER BY e.sequence) AS stages,
               array_agg(e.updated_at ORDER BY e.sequence) AS times
           FROM moved AS m
           INNER JOIN kits.customer_orders_summary AS o
             ON o.store_id = kits.require_store() AND o.order_code = m.order_code
           INNER JOIN kits.order_delivery_status_events AS e
             ON e.store_id = o.store_id AND e.order_code = o.order_code
           WHERE NOT o.is_cancelled
           GROUP BY o.order_date, m.updated_at, m.order_code
           ORDER BY m.updated_at DESC, m.order_code""",
        (WALKS,),
    ).fetchall()
    return [
        Walk(
            row["order_date"],
            [(Stage(stage), at) for stage, at in zip(row["stages"], row["times"], strict=True)],
        )
        for row in rows
    ]
