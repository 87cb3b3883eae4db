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
           WHERE order_code = ANY (%s) ORDER BY vendure_order_id FOR NO KEY UPDATE""",
        (list(codes),),
    ).fetchall()
    return _with_deliveries(tx, orders)


def lock_batch_deliveries(tx: Tx, batch_id: UUID) -> dict[str, LockedOrder]:
    """Lock the orders of a batch."""
    orders = tx.execute(
        """SELECT o.vendure_order_id, o.order_code, o.is_cancelled
           FROM kits.customer_orders_summary AS o
           WHERE o.batch_id = %s ORDER BY o.vendure_order_id FOR NO KEY UPDATE""",
        (batch_id,),
    ).fetchall()
    return _with_deliveries(tx, orders)


def _with_deliveries(tx: Tx, orders: Sequence[Row]) -> dict[str, LockedOrder]:
    """A statement of its own after the lock: one that waits for a lock sees other tables as they
    were before."""
    rows = tx.execute(
        """SELECT order_code, stage, tracking_number, version,
               updated_at > transaction_timestamp() AS changed_meanwhile
           FROM kits.order_delivery_status WHERE order_code = ANY (%s)""",
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
           FROM kits.order_delivery_status_events WHERE order_code = %s ORDER BY sequence""",
        (code,),
    ).fetchall()
