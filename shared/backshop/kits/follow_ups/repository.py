"""The SQL of follow-ups and notices."""

from __future__ import annotations

from uuid import UUID

from backshop.db import Tx
from backshop.kits.deliveries.repository import delivery_of
from backshop.kits.follow_ups.models import FollowUp, Notice


def stores_to_follow_up(tx: Tx) -> list[UUID]:
    """The stores that have follow-ups; for a transaction that sees all."""
    rows = tx.execute(
        "SELECT DISTINCT store_id FROM kits.order_delivery_status WHERE to_repair OR to_tell"
    )
    return [row["store_id"] for row in rows]


def take_follow_ups(tx: Tx, limit: int) -> list[FollowUp]:
    """Take up to `limit` follow-ups off the store's list; write their outbox rows in the same
    transaction."""
    rows = tx.execute(
        """WITH waiting AS (
               SELECT s.order_code, s.to_repair, s.to_tell FROM kits.order_delivery_status AS s
               WHERE s.store_id = backshop.current_store_id() AND (s.to_repair OR s.to_tell)
               ORDER BY s.order_code LIMIT %s FOR NO KEY UPDATE SKIP LOCKED
           )
           UPDATE kits.order_delivery_status AS s SET to_repair = false, to_tell = false
           FROM waiting AS w
           INNER JOIN kits.customer_orders_summary AS o ON o.order_code = w.order_code
           WHERE s.store_id = backshop.current_store_id() AND s.order_code = w.order_code
           RETURNING o.vendure_order_id, s.order_code, w.to_repair, w.to_tell""",
        (limit,),
    )
    return [FollowUp(**row) for row in rows]


def start_notice(tx: Tx, code: str) -> Notice | None:
    """Note that the shopper of an order is being notified of its delivery as it is now; None where
    they were already, do not want to be, or the order is cancelled or has no phone."""
    row = tx.execute(
        """UPDATE kits.order_delivery_status AS s SET told_version = s.version
           FROM kits.customer_orders_summary AS o,
                (SELECT order_code, told_version FROM kits.order_delivery_status
                 WHERE order_code = %(code)s FOR NO KEY UPDATE) AS before
           WHERE s.order_code = before.order_code AND o.order_code = before.order_code
             AND s.store_id = kits.require_store() AND o.store_id = s.store_id
             AND before.told_version < s.version
             AND o.sms_updates AND NOT o.is_cancelled AND o.phone_number IS NOT NULL
           RETURNING o.phone_number, s.stage, s.tracking_number, s.version, before.told_version,
             (SELECT t.carrier FROM kits.order_tracking AS t
              WHERE t.store_id = s.store_id AND t.vendure_order_id = o.vendure_order_id)
               AS carrier""",
        {"code": code},
    ).fetchone()
    if row is None:
        return None
    return Notice(row["phone_number"], delivery_of(row), row["told_version"], row["carrier"])


def undo_notice(tx: Tx, code: str, news: Notice) -> None:
    """The shopper was not notified after all."""
    tx.execute(
        """UPDATE kits.order_delivery_status SET told_version = %s
           WHERE store_id = backshop.current_store_id()
             AND order_code = %s AND told_version = %s""",
        (news.told_version, code, news.delivery.version),
    )
