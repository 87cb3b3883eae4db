"""The SQL of what shoppers may read and say of their orders."""

from __future__ import annotations

from typing import Any

from backshop.db import Tx
from backshop.kits.deliveries.models import Stage
from backshop.kits.shoppers.models import FollowedOrder
from backshop.kits.tracking.models import OrderPosition

Row = dict[str, Any]


def shoppers_order(tx: Tx, code: str) -> Row | None:
    """An order with its items and events, as the shopper's login may see it; None where it may not
    or there is none."""
    return tx.execute(
        """SELECT o.order_code, o.order_date, o.total_with_tax, o.currency, o.is_cancelled,
               o.sms_updates, d.stage, d.tracking_number, t.carrier,
               (SELECT coalesce(json_agg(json_build_object('stage', e.stage, 'at', e.updated_at)
                                         ORDER BY e.sequence), '[]')
                FROM kits.order_delivery_status_events AS e
                WHERE e.order_code = o.order_code) AS events,
               (SELECT coalesce(json_agg(json_build_object(
                           'product_name', i.product_name, 'variant_name', i.variant_name,
                           'quantity', i.quantity, 'unit_price_with_tax', i.unit_price_with_tax::text,
                           'patch_enabled', i.patch_enabled, 'patch_type', i.patch_type,
                           'print_name', i.print_name, 'print_number', i.print_number)
                           ORDER BY i.vendure_line_id), '[]')
                FROM kits.customer_order_items AS i WHERE i.order_summary_id = o.id) AS items
           FROM kits.customer_orders_summary AS o
           LEFT JOIN kits.order_delivery_status AS d ON d.order_code = o.order_code
           LEFT JOIN kits.order_tracking AS t ON t.vendure_order_id = o.vendure_order_id
           WHERE o.order_code = %s""",
        (code,),
    ).fetchone()


def shoppers_orders(tx: Tx, after: OrderPosition | None, number: int) -> list[Row]:
    """So many of the orders that the shopper's login may see, newest first."""
    return tx.execute(
        """SELECT o.order_code, o.order_date AS placed_at, o.is_cancelled, o.total_with_tax,
               o.currency, coalesce(d.stage, o.delivery_stage) AS stage,
               coalesce(i.pieces, 0) AS items, i.first_item
           FROM kits.customer_orders_summary AS o
           LEFT JOIN kits.order_delivery_status AS d ON d.order_code = o.order_code
           LEFT JOIN LATERAL (
               SELECT sum(quantity)::integer AS pieces,
                   (array_agg(product_name ORDER BY vendure_line_id))[1] AS first_item
               FROM kits.customer_order_items WHERE order_summary_id = o.id
           ) AS i ON true
           WHERE %(at)s::timestamptz IS NULL OR (o.order_date, o.order_code) < (%(at)s, %(code)s)
           ORDER BY o.order_date DESC, o.order_code DESC LIMIT %(number)s""",
        {
            "at": after.placed_at if after else None,
            "code": after.order_code if after else None,
            "number": number,
        },
    ).fetchall()


def agree_to_sms(tx: Tx, code: str, phone: str, agreed: bool) -> bool:
    """Note on an order of this phone whether its shopper wants an SMS at each later stage; False
    where the phone has no such order."""
    changed = tx.execute(
        """UPDATE kits.customer_orders_summary SET sms_updates = %s
           WHERE order_code = %s AND phone_number = %s""",
        (agreed, code, phone),
    )
    return changed.rowcount == 1


def latest_orders(tx: Tx, number: int) -> list[FollowedOrder]:
    """So many of the orders that the shopper's login may see, newest first."""
    rows = tx.execute(
        """SELECT o.vendure_order_id, o.order_code, o.order_date, o.is_cancelled,
               coalesce(d.stage, o.delivery_stage) AS stage
           FROM kits.customer_orders_summary AS o
           LEFT JOIN kits.order_delivery_status AS d ON d.order_code = o.order_code
           ORDER BY o.order_date DESC, o.order_code DESC LIMIT %s""",
        (number,),
    )
    return [
        FollowedOrder(
            order_id=row["vendure_order_id"],
            order_code=row["order_code"],
            placed_at=row["order_date"],
            stage=Stage(row["stage"]),
            is_cancelled=row["is_cancelled"],
        )
        for row in rows
    ]
