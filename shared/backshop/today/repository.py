"""The SQL of what needs a person; it spans all contexts, and the stores that the transaction
sees."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from backshop.db import Tx
from backshop.today.models import Happened, StoreStatus, Waiting

STUCK_AFTER = timedelta(minutes=30)
"""A sync that nobody has touched for so long stands still; the plan revives them after minutes."""
PENDING_AFTER = timedelta(minutes=10)
"""Most refunds are done in seconds; what waits longer may need somebody."""
LATE_AFTER = timedelta(days=14)
"""A batch that has not moved for so long."""

_NAMED = """
    SELECT found.*, s.platform,
      coalesce(s.settings ->> 'name', regexp_replace(s.store_url, '^https?://', ''), 'Store')
        AS store_name
    FROM found INNER JOIN backshop.stores AS s ON s.id = found.store_id"""


def waiting(tx: Tx, at: datetime) -> list[Waiting]:
    """What needs a person, the oldest first."""
    rows = tx.execute(
        f"""WITH found AS (
              SELECT 'failed_writes' AS need, store_id, count(*) AS number, min(created_at) AS oldest
              FROM backshop.outbox AS o WHERE o.status = 'failed'
                -- A refund or an address that failed is counted once, as what staff asked for.
                AND NOT EXISTS (
                  SELECT FROM connect.refund_request AS r
                  WHERE r.store_id = o.store_id AND r.outbox_id = o.id AND r.status = 'failed')
                AND NOT EXISTS (
                  SELECT FROM connect.address_update_request AS a
                  WHERE a.store_id = o.store_id AND a.outbox_id = o.id AND a.status = 'failed')
              GROUP BY store_id
              UNION ALL
              SELECT 'failed_webhooks', store_id, count(*), min(received_at)
              FROM backshop.received_webhooks WHERE status = 'failed' GROUP BY store_id
              UNION ALL
              SELECT CASE status WHEN 'failed' THEN 'failed_refunds' ELSE 'pending_refunds' END,
                store_id, count(*), min(requested_at)
              FROM connect.refund_request
              WHERE status = 'failed'
                OR (status = 'pending' AND requested_at < %(at)s - %(pending)s::interval)
              GROUP BY store_id, status
              UNION ALL
              SELECT 'failed_addresses', store_id, count(*), min(requested_at)
              FROM connect.address_update_request WHERE status = 'failed' GROUP BY store_id
              UNION ALL
              SELECT 'stuck_syncs', store_id, count(DISTINCT run_id), min(touched_at)
              FROM backshop.sync_jobs
              WHERE status IN ('queued', 'running') AND touched_at < %(at)s - %(stuck)s::interval
              GROUP BY store_id
              UNION ALL
              SELECT 'failed_syncs', c.store_id, 1, last.started_at
              FROM connect.connector_config AS c
              CROSS JOIN LATERAL (
                SELECT l.status, l.started_at FROM insights.sync_logs AS l
                WHERE l.store_id = c.store_id ORDER BY l.started_at DESC LIMIT 1) AS last
              WHERE c.status = 'active' AND last.status = 'failed'
              UNION ALL
              SELECT CASE WHEN order_count >= target_order_count AND status = 'collecting'
                          THEN 'full_batches' ELSE 'late_batches' END,
                store_id, count(*), min(updated_at)
              FROM kits.import_batches
              WHERE status <> 'completed'
                AND ((status = 'collecting' AND order_count >= target_order_count)
                  OR (updated_at < %(at)s - %(late)s::interval AND order_count > 0))
              GROUP BY 1, store_id
              UNION ALL
              SELECT 'late_orders', store_id, count(*), min(usual_by) FROM kits.late_orders
              GROUP BY store_id
              UNION ALL
              SELECT 'follow_ups', l.store_id, count(*), min(l.next_contact_date)::timestamptz
              FROM projects.conversation_log AS l
              INNER JOIN projects.projects AS p USING (store_id, project_id)
              WHERE l.next_contact_date <= %(at)s::date
                AND p.project_status NOT IN ('completed', 'cancelled')
                AND NOT EXISTS (
                  SELECT FROM projects.conversation_log AS later
                  WHERE later.store_id = l.store_id AND later.project_id = l.project_id
                    AND (later.conversation_date, later.log_id) > (l.conversation_date, l.log_id))
              GROUP BY l.store_id
            ) {_NAMED} ORDER BY found.oldest, found.need, found.store_id""",
        {"at": at, "pending": PENDING_AFTER, "stuck": STUCK_AFTER, "late": LATE_AFTER},
    )
    return [Waiting.model_validate(row) for row in rows]


def happened(tx: Tx, since: datetime) -> list[Happened]:
    """What happened since then, by store."""
    rows = tx.execute(
        f"""WITH found AS (
              SELECT 'orders' AS what, store_id, count(*) AS number FROM connect.platform_order
              WHERE created_at >= %(since)s GROUP BY store_id
              UNION ALL
              SELECT 'webhooks', store_id, count(*) FROM backshop.received_webhooks
              WHERE received_at >= %(since)s GROUP BY store_id
              UNION ALL
              SELECT 'refunds', store_id, count(*) FROM connect.refund_request
              WHERE status = 'processed' AND finished_at >= %(since)s GROUP BY store_id
              UNION ALL
              SELECT 'deliveries', store_id, count(*) FROM kits.order_delivery_status
              WHERE updated_at >= %(since)s AND version > 1 GROUP BY store_id
              UNION ALL
              SELECT 'syncs', store_id, count(*) FROM insights.sync_logs
              WHERE status = 'completed' AND completed_at >= %(since)s GROUP BY store_id
            ) {_NAMED} ORDER BY store_name, found.what""",
        {"since": since},
    )
    return [Happened.model_validate(row) for row in rows]


def statuses(tx: Tx, at: datetime, after: UUID | None, limit: int) -> list[StoreStatus]:
    """How the stores are, by id, from above `after` on. A store that never synced is behind since
    it was connected."""
    rows = tx.execute(
        """SELECT s.id AS store_id, s.platform, s.store_url, c.status AS connection, c.sync_interval,
             coalesce(s.settings ->> 'name', regexp_replace(s.store_url, '^https?://', ''), 'Store')
               AS name,
             good.started_at AS last_synced_at, last.status AS last_sync,
             CASE WHEN c.status = 'active' THEN greatest(0, extract(epoch FROM
               %(at)s - coalesce(good.started_at, c.connected_at)) - c.sync_interval)::float END
               AS seconds_behind,
             written.pending AS pending_writes, written.pending_since,
             written.failed AS failed_writes, webhooks.failed AS failed_webhooks
           FROM (SELECT * FROM backshop.stores
                 WHERE %(after)s::uuid IS NULL OR id > %(after)s ORDER BY id LIMIT %(limit)s) AS s
           LEFT JOIN connect.connector_config AS c ON c.store_id = s.id
           LEFT JOIN LATERAL (
             SELECT l.started_at FROM insights.sync_logs AS l
             WHERE l.store_id = s.id AND l.status = 'completed'
             ORDER BY l.started_at DESC LIMIT 1) AS good ON true
           LEFT JOIN LATERAL (
             SELECT l.status FROM insights.sync_logs AS l
             WHERE l.store_id = s.id ORDER BY l.started_at DESC LIMIT 1) AS last ON true
           CROSS JOIN LATERAL (
             SELECT count(*) FILTER (WHERE o.status <> 'failed') AS pending,
               min(o.created_at) FILTER (WHERE o.status <> 'failed') AS pending_since,
               count(*) FILTER (WHERE o.status = 'failed') AS failed
             FROM backshop.outbox AS o
             WHERE o.store_id = s.id AND o.status IN ('pending', 'sending', 'failed')) AS written
           CROSS JOIN LATERAL (
             SELECT count(*) AS failed FROM backshop.received_webhooks AS w
             WHERE w.store_id = s.id AND w.status = 'failed') AS webhooks
           ORDER BY s.id""",
        {"at": at, "after": after, "limit": limit},
    )
    return [StoreStatus.model_validate(row) for row in rows]
