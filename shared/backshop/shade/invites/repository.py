"""The SQL of invitations."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from backshop.db import Tx
from backshop.shade.invites.models import Invite, InviteWindow
from backshop.shade.repository import LIVE_KIT

ASKABLE = """CASE WHEN o.delivered_at IS NULL
      THEN o.fulfilled_at > %(fulfilled_from)s AND o.fulfilled_at <= %(fulfilled_to)s
      ELSE o.delivered_at > %(delivered_from)s AND o.delivered_at <= %(delivered_to)s
    END
  AND coalesce(CASE WHEN %(channel)s = 'sms' THEN c.phone_number ELSE c.email END, '') <> ''
  AND c.unsubscribed_at IS NULL
  AND (NOT %(only_consenting)s OR c.accepts_marketing)"""
"""Whether the order `o` arrived within the window, and its customer `c` may be asked something."""


def askable(window: InviteWindow, channel: str, *, only_consenting: bool) -> dict[str, Any]:
    """The parameters of `ASKABLE`."""
    return {
        "channel": channel,
        "delivered_from": window.delivered[0],
        "delivered_to": window.delivered[1],
        "fulfilled_from": window.fulfilled[0],
        "fulfilled_to": window.fulfilled[1],
        "only_consenting": only_consenting,
    }


def kits_to_invite(
    tx: Tx, window: InviteWindow, channel: str, limit: int, *, only_consenting: bool
) -> list[UUID]:
    """Invite for kits that are due and were never invited for, those that arrived first first;
    their order ids. Customers who cannot be reached on the channel, unsubscribed, or where that
    counts (`only_consenting`) did not agree to marketing, are left alone."""
    rows = tx.execute(
        f"""INSERT INTO shade.survey_invites (store_id, order_id, channel)
            SELECT o.store_id, o.id, %(channel)s
            FROM shade.orders AS o
            INNER JOIN shade.customers AS c ON o.store_id = c.store_id AND o.customer_id = c.id
            WHERE o.store_id = backshop.current_store_id()
              AND {LIVE_KIT} AND o.fulfilled_at IS NOT NULL
              AND {ASKABLE}
              AND NOT EXISTS (SELECT FROM shade.survey_invites AS i
                              WHERE i.store_id = o.store_id AND i.order_id = o.id)
              AND NOT EXISTS (SELECT FROM shade.surveys AS s
                              WHERE s.store_id = o.store_id AND s.order_id = o.id)
            ORDER BY o.fulfilled_at, o.id
            LIMIT %(limit)s
            ON CONFLICT DO NOTHING
            RETURNING order_id""",
        askable(window, channel, only_consenting=only_consenting) | {"limit": limit},
    )
    return [row["order_id"] for row in rows]


def invite(tx: Tx, order_id: UUID) -> Invite | None:
    row = tx.execute(
        f"""SELECT i.channel, i.status, c.email, c.phone_number, c.first_name,
              c.id AS customer_id,
              {LIVE_KIT} AND c.unsubscribed_at IS NULL AND NOT EXISTS (
                SELECT FROM shade.surveys AS s
                WHERE s.store_id = o.store_id AND s.order_id = o.id) AS is_live
            FROM shade.survey_invites AS i
            INNER JOIN shade.orders AS o ON i.store_id = o.store_id AND i.order_id = o.id
            INNER JOIN shade.customers AS c ON o.store_id = c.store_id AND o.customer_id = c.id
            WHERE i.store_id = backshop.current_store_id() AND i.order_id = %s""",
        (order_id,),
    ).fetchone()
    return Invite(**row) if row else None


def set_invite(tx: Tx, order_id: UUID, status: str, at: datetime | None = None) -> None:
    tx.execute(
        """UPDATE shade.survey_invites SET status = %s, sent_at = coalesce(%s, sent_at)
           WHERE store_id = backshop.current_store_id() AND order_id = %s""",
        (status, at, order_id),
    )


def unsubscribe(tx: Tx, customer_id: UUID, at: datetime) -> bool:
    """Send a customer no more mail; also those of the store's customers who share the address.
    False where there is no such customer any more."""
    done = tx.execute(
        """UPDATE shade.customers AS c SET unsubscribed_at = coalesce(c.unsubscribed_at, %(at)s)
           FROM shade.customers AS asked
           WHERE asked.store_id = backshop.current_store_id() AND asked.id = %(id)s
             AND c.store_id = asked.store_id
             AND (c.id = asked.id OR lower(c.email) = lower(asked.email))""",
        {"id": customer_id, "at": at},
    )
    return done.rowcount > 0


def is_unsubscribed(tx: Tx, customer_id: UUID) -> bool | None:
    """Whether a customer wants no mail; None where there is no such customer."""
    row = tx.execute(
        """SELECT unsubscribed_at IS NOT NULL AS done FROM shade.customers
           WHERE store_id = backshop.current_store_id() AND id = %s""",
        (customer_id,),
    ).fetchone()
    return row["done"] if row else None
