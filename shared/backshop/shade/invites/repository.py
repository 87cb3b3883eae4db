"""The SQL of invitations."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from backshop.db import Tx
from backshop.shade.invites.models import Invite, InviteWindow
from backshop.shade.repository import LIVE_KIT


def kits_to_invite(tx: Tx, window: InviteWindow, channel: str, limit: int) -> list[UUID]:
    """Invite for kits that are due and were never invited for, those that arrived first first;
    their order ids. Customers who cannot be reached on the channel are left alone."""
    rows = tx.execute(
        f"""INSERT INTO shade.survey_invites (store_id, order_id, channel)
            SELECT o.store_id, o.id, %(channel)s
            FROM shade.orders AS o
            INNER JOIN shade.customers AS c ON o.store_id = c.store_id AND o.customer_id = c.id
            WHERE {LIVE_KIT} AND o.fulfilled_at IS NOT NULL
              AND CASE WHEN o.delivered_at IS NULL
                    THEN o.fulfilled_at > %(fulfilled_from)s AND o.fulfilled_at <= %(fulfilled_to)s
                    ELSE o.delivered_at > %(delivered_from)s AND o.delivered_at <= %(delivered_to)s
                  END
              AND coalesce(CASE WHEN %(channel)s = 'sms' THEN c.phone_number ELSE c.email END, '')
                  <> ''
              AND NOT EXISTS (SELECT FROM shade.survey_invites AS i
                              WHERE i.store_id = o.store_id AND i.order_id = o.id)
              AND NOT EXISTS (SELECT FROM shade.surveys AS s
                              WHERE s.store_id = o.store_id AND s.order_id = o.id)
            ORDER BY o.fulfilled_at, o.id
            LIMIT %(limit)s
            ON CONFLICT DO NOTHING
            RETURNING order_id""",
        {
            "channel": channel,
            "delivered_from": window.delivered[0],
            "delivered_to": window.delivered[1],
            "fulfilled_from": window.fulfilled[0],
            "fulfilled_to": window.fulfilled[1],
            "limit": limit,
        },
    )
    return [row["order_id"] for row in rows]


def invite(tx: Tx, order_id: UUID) -> Invite | None:
    row = tx.execute(
        f"""SELECT i.channel, i.status, c.email, c.phone_number, c.first_name,
              {LIVE_KIT} AND NOT EXISTS (
                SELECT FROM shade.surveys AS s
                WHERE s.store_id = o.store_id AND s.order_id = o.id) AS is_live
            FROM shade.survey_invites AS i
            INNER JOIN shade.orders AS o ON i.store_id = o.store_id AND i.order_id = o.id
            INNER JOIN shade.customers AS c ON o.store_id = c.store_id AND o.customer_id = c.id
            WHERE i.order_id = %s""",
        (order_id,),
    ).fetchone()
    return Invite(**row) if row else None


def set_invite(tx: Tx, order_id: UUID, status: str, at: datetime | None = None) -> None:
    tx.execute(
        """UPDATE shade.survey_invites SET status = %s, sent_at = coalesce(%s, sent_at)
           WHERE order_id = %s""",
        (status, at, order_id),
    )
