"""The SQL of deliveries.

Everybody locks in one order, so that nobody waits in a circle: orders by vendure_order_id, then
their delivery status, then the batch.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from backshop.db import Tx
from backshop.errors import NotFound
from backshop.kits.deliveries.models import Delivery, DeliveryUpdate, LockedOrder, Stage

Row = dict[str, Any]


def lock_delivery(tx: Tx, code: str) -> LockedOrder:
    """Lock one order. Raises NotFound."""
    order = lock_deliveries(tx, [code]).get(code)
    if order is None:
        raise NotFound("There is no order with this code.")
    return order


def lock_deliveries(tx: Tx, codes: Sequence[str]) -> dict[str, LockedOrder]:
    """Lock these orders and read their deliveries; codes of no order are left out."""
    orders = tx.execute(
        """SELECT vendure_order_id, order_code, is_cancelled FROM kits.customer_orders_summary
           WHERE store_id = backshop.current_store_id()
             AND order_code = ANY (%s) ORDER BY vendure_order_id FOR NO KEY UPDATE""",
        (list(codes),),
    ).fetchall()
    return _with_deliveries(tx, orders)


def lock_batch_deliveries(tx: Tx, batch_id: UUID) -> dict[str, LockedOrder]:
    """Lock the orders of a batch."""
    orders = tx.execute(
        """SELECT o.vendure_order_id, o.order_code, o.is_cancelled
           FROM kits.customer_orders_summary AS o
           WHERE o.store_id = backshop.current_store_id()
             AND o.batch_id = %s ORDER BY o.vendure_order_id FOR NO KEY UPDATE""",
        (batch_id,),
    ).fetchall()
    return _with_deliveries(tx, orders)


def _with_deliveries(tx: Tx, orders: Sequence[Row]) -> dict[str, LockedOrder]:
    """A statement of its own after the lock: one that waits for a lock sees other tables as they
    were before."""
    rows = tx.execute(
        """SELECT order_code, stage, tracking_number, version,
               updated_at > transaction_timestamp() AS changed_meanwhile
           FROM kits.order_delivery_status
           WHERE store_id = backshop.current_store_id()
             AND order_code = ANY (%s)""",
        ([order["order_code"] for order in orders],),
    )
    states = {row["order_code"]: row for row in rows}
    return {
        order["order_code"]: _locked_order(order, states.get(order["order_code"]))
        for order in orders
    }


def _locked_order(order: Row, state: Row | None) -> LockedOrder:
    delivery = delivery_of(state) if state else Delivery(stage=Stage.ORDER_CONFIRMED)
    return LockedOrder(
        **order, delivery=delivery, changed_meanwhile=bool(state and state["changed_meanwhile"])
    )


def delivery_of(row: Row) -> Delivery:
    return Delivery(Stage(row["stage"]), row["tracking_number"], row["version"])


def save_delivery(tx: Tx, change: DeliveryUpdate, *, by: str) -> None:
    """Save one delivery of a locked order with its event."""
    save_deliveries(tx, [change], by=by)


def save_deliveries(
    tx: Tx,
    changes: Sequence[DeliveryUpdate],
    *,
    by: str,
    from_platform: bool = False,
    to_send: bool = False,
) -> None:
    """Save many, each order once, in one statement. `from_platform`: the platform holds it so.
    `to_send`: the sweep is to tell it; else the caller puts the outbox rows himself."""
    if not changes:
        return
    tx.execute(
        """SELECT count(*) FROM kits.update_order_delivery_statuses(
               %s::text[], %s::text[], %s::text[], %s::text[], %s, %s, %s)""",
        (
            [change.order_code for change in changes],
            [change.delivery.stage for change in changes],
            [change.delivery.tracking_number for change in changes],
            [change.note for change in changes],
            by,
            from_platform,
            to_send,
        ),
    )


def events(tx: Tx, code: str) -> list[Row]:
    """Every change of an order's delivery with who and when, oldest first."""
    return tx.execute(
        """SELECT sequence, stage, tracking_number, note, updated_by, updated_at
           FROM kits.order_delivery_status_events
           WHERE store_id = backshop.current_store_id()
             AND order_code = %s ORDER BY sequence""",
        (code,),
    ).fetchall()


def stages_of(tx: Tx, order_ids: Sequence[str]) -> dict[str, str]:
    """Where these orders of the shop are, by its ids; those that are not followed are left out."""
    rows = tx.execute(
        """SELECT vendure_order_id, delivery_stage FROM kits.customer_orders_summary
           WHERE store_id = backshop.current_store_id() AND vendure_order_id = ANY (%s)""",
        (list(order_ids),),
    )
    return {row["vendure_order_id"]: row["delivery_stage"] for row in rows}


def delivery_of_order(tx: Tx, order_id: str) -> Row | None:
    """Where an order of the shop is, its batch, and every change; None where it is not followed."""
    return tx.execute(
        """SELECT o.order_code, coalesce(d.stage, o.delivery_stage) AS stage,
               coalesce(d.tracking_number, t.tracking_number) AS tracking_number, t.carrier,
               coalesce(d.version, 0) AS version, o.batch_id, b.batch_number,
               (SELECT l.usual_by FROM kits.late_orders AS l
                WHERE l.store_id = o.store_id AND l.vendure_order_id = o.vendure_order_id)
                 AS late_since,
               (SELECT coalesce(jsonb_agg(to_jsonb(e) ORDER BY e.sequence), '[]')
                FROM kits.order_delivery_status_events AS e
                WHERE e.store_id = o.store_id AND e.order_code = o.order_code) AS changes
           FROM kits.customer_orders_summary AS o
           LEFT JOIN kits.order_delivery_status AS d
             ON d.store_id = o.store_id AND d.order_code = o.order_code
           LEFT JOIN kits.order_tracking AS t
             ON t.store_id = o.store_id AND t.vendure_order_id = o.vendure_order_id
           LEFT JOIN kits.import_batches AS b ON b.store_id = o.store_id AND b.id = o.batch_id
           WHERE o.store_id = backshop.current_store_id() AND o.vendure_order_id = %s""",
        (order_id,),
    ).fetchone()
