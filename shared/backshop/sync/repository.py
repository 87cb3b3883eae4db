"""The SQL of syncs. Functions act on the transaction's store, unless they say that they see all."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import psycopg
from psycopg.types.json import Jsonb

from backshop.db import Tx
from backshop.sync.models import Job, JobKey, Progress, Run, RunPosition
from backshop.sync.rules import RunType

SHOWN_REJECTS = 20
KEPT_DAYS = 30

Unsaveable = (psycopg.DataError, psycopg.IntegrityError)
"""What Postgres says of a record that it will never take."""


class TakenOver(Exception):
    """Another invocation has taken the job since, or the server crashed and lost what was committed
    last (`commit_soon`): what this one read is not saved."""


class Due(NamedTuple):
    store_id: UUID
    platform: str
    complete_at: datetime | None
    """When the store was last read whole."""


def start(tx: Tx, run_type: RunType, resources: Sequence[str], at: datetime) -> UUID | None:
    """Open a run with a job for each resource; None where the store has an open one."""
    row = tx.execute(
        """INSERT INTO insights.sync_logs (store_id, sync_type, started_at)
           VALUES (backshop.current_store_id(), %s, %s)
           ON CONFLICT (store_id) WHERE status = 'running' OR next_retry_at IS NOT NULL
           DO NOTHING RETURNING id""",
        (run_type, at),
    ).fetchone()
    if row is None:
        return None
    tx.execute(
        """INSERT INTO backshop.sync_jobs (store_id, run_id, resource, touched_at)
           SELECT backshop.current_store_id(), %s, resource, %s
           FROM unnest(%s::text[]) AS resource""",
        (row["id"], at, list(resources)),
    )
    run_id: UUID = row["id"]
    return run_id


def give_up(tx: Tx, at: datetime) -> None:
    """Close a run that waits to be tried again, so that another can begin."""
    tx.execute(
        """UPDATE backshop.sync_jobs SET next_retry_at = NULL
           WHERE store_id = backshop.current_store_id() AND status = 'failed'
             AND next_retry_at IS NOT NULL"""
    )
    tx.execute(
        """UPDATE insights.sync_logs SET next_retry_at = NULL, completed_at = %s
           WHERE store_id = backshop.current_store_id()
             AND status = 'failed' AND next_retry_at IS NOT NULL""",
        (at,),
    )


def due(tx: Tx, at: datetime) -> list[Due]:
    """Connected stores whose interval has passed since their last run began, and that have no open
    one; needs a transaction that sees all."""
    rows = tx.execute(
        """SELECT c.id, c.platform,
             (SELECT max(l.started_at) FROM insights.sync_logs AS l
              WHERE l.store_id = c.id AND l.sync_type IN ('full', 'reconcile')
                AND l.status = 'completed') AS complete_at
           FROM connect.connector_config AS c
           WHERE c.status = 'active' AND c.paused_at IS NULL
             AND NOT EXISTS (SELECT FROM insights.sync_logs AS l
               WHERE l.store_id = c.id
                 AND (l.status = 'running' OR l.next_retry_at IS NOT NULL
                   OR (l.started_at > %(at)s - make_interval(secs => c.sync_interval)
                     AND l.sync_type <> ALL (ARRAY['orders', 'products', 'customers']))))
           ORDER BY c.id""",
        {"at": at},
    )
    return [Due(row["id"], row["platform"], row["complete_at"]) for row in rows]


def seconds_behind(tx: Tx, at: datetime) -> float:
    """By how much the connected store that waits longest is late for its next run; a store that was
    never read counts from when it was connected. Needs a transaction that sees all."""
    row = tx.execute(
        """SELECT coalesce(max(extract(epoch FROM
             %(at)s - coalesce(
               (SELECT max(l.started_at) FROM insights.sync_logs AS l
                WHERE l.store_id = c.id AND l.status = 'completed'), c.created_at)
             - make_interval(secs => c.sync_interval))), 0) AS behind
           FROM connect.connector_config AS c
           WHERE c.status = 'active' AND c.paused_at IS NULL""",
        {"at": at},
    ).fetchone()
    assert row is not None
    return max(0.0, float(row["behind"]))


def is_paused(tx: Tx) -> bool:
    """Whether staff paused the transaction's store."""
    row = tx.execute(
        """SELECT 1 FROM connect.connector_config
           WHERE id = backshop.current_store_id() AND paused_at IS NOT NULL"""
    ).fetchone()
    return row is not None


def revive(tx: Tx, at: datetime) -> list[JobKey]:
    """Open the failed jobs again whose time has come; needs a transaction that sees all."""
    rows = tx.execute(
        """UPDATE backshop.sync_jobs
           SET status = 'queued', next_retry_at = NULL, touched_at = %(at)s
           WHERE status = 'failed' AND next_retry_at <= %(at)s
             AND store_id NOT IN (SELECT c.id FROM connect.connector_config AS c
                                  WHERE c.paused_at IS NOT NULL)
           RETURNING store_id, run_id, resource""",
        {"at": at},
    ).fetchall()
    tx.execute(
        """UPDATE insights.sync_logs SET status = 'running', next_retry_at = NULL
           WHERE (store_id, id) IN (SELECT * FROM unnest(%s::uuid[], %s::uuid[]))""",
        ([row["store_id"] for row in rows], [row["run_id"] for row in rows]),
    )
    return [JobKey(**row) for row in rows]


def stalled(tx: Tx, at: datetime, after: timedelta) -> list[JobKey]:
    """Open jobs that nobody has touched for so long; needs a transaction that sees all."""
    rows = tx.execute(
        """UPDATE backshop.sync_jobs SET touched_at = %(at)s
           WHERE status IN ('queued', 'running') AND touched_at < %(at)s - %(after)s::interval
           RETURNING store_id, run_id, resource""",
        {"at": at, "after": after},
    )
    return [JobKey(**row) for row in rows]


def forget(tx: Tx, at: datetime) -> None:
    """Drop closed runs older than 30 days, but not the last complete one of a store; needs a
    transaction that sees all."""
    tx.execute(
        """DELETE FROM insights.sync_logs AS l
           WHERE l.started_at < %s - make_interval(days => %s) AND l.status <> 'running'
             AND l.next_retry_at IS NULL
             AND EXISTS (SELECT FROM insights.sync_logs AS newer
               WHERE newer.store_id = l.store_id AND newer.started_at > l.started_at
                 AND newer.status = 'completed' AND newer.sync_type IN ('full', 'reconcile'))""",
        (at, KEPT_DAYS),
    )


def claim(tx: Tx, key: JobKey, at: datetime) -> Job | None:
    """Take the job for this invocation; None where it is done, or not to be worked on now. The
    caller holds the job's lock, so one that is marked as running was left behind."""
    row = tx.execute(
        """UPDATE backshop.sync_jobs AS j
           SET status = 'running', turn = turn + 1, touched_at = %(at)s, error = NULL,
             started_at = coalesce(j.started_at, %(at)s)
           FROM insights.sync_logs AS l
           WHERE j.store_id = backshop.current_store_id() AND j.run_id = %(run_id)s
             AND j.resource = %(resource)s AND j.status IN ('queued', 'running')
             AND l.store_id = j.store_id AND l.id = j.run_id
             AND NOT EXISTS (SELECT FROM connect.connector_config AS c
               WHERE c.id = j.store_id AND c.paused_at IS NOT NULL)
           RETURNING j.turn, j.position, j.retry_count, l.sync_type""",
        {"at": at, "run_id": key.run_id, "resource": key.resource},
    ).fetchone()
    if row is None:
        return None
    return Job(
        key=key,
        type=RunType(row["sync_type"]),
        turn=row["turn"],
        position=row["position"],
        cursor=_cursor(tx, key.resource),
        retry_count=row["retry_count"],
    )


def waiting(tx: Tx, limit: int) -> list[JobKey]:
    """The store's jobs that nobody works at, those first that were touched the longest ago."""
    rows = tx.execute(
        """SELECT store_id, run_id, resource FROM backshop.sync_jobs
           WHERE store_id = backshop.current_store_id() AND status = 'queued'
           ORDER BY touched_at, resource LIMIT %s""",
        (limit,),
    )
    return [JobKey(**row) for row in rows]


def _cursor(tx: Tx, resource: str) -> dict[str, Any]:
    row = tx.execute(
        """SELECT cursor FROM backshop.sync_cursors
           WHERE store_id = backshop.current_store_id() AND resource = %s""",
        (resource,),
    ).fetchone()
    cursor: dict[str, Any] = row["cursor"] if row else {}
    return cursor


def commit_soon(tx: Tx) -> None:
    """Let the transaction end without waiting for the disk. A server that crashes may lose the last
    half second of such transactions, always the latest, and with each the position behind it."""
    tx.execute("SET LOCAL synchronous_commit = off")


def advance(tx: Tx, job: Job, position: dict[str, Any], made: Progress, at: datetime) -> None:
    """Move the job on, in the transaction that saves what was read. Raises `TakenOver`."""
    rejects = [each.model_dump() for each in made.rejects]
    moved = tx.execute(
        """UPDATE backshop.sync_jobs
           SET position = %(position)s, records = records + %(records)s,
             changed = changed + %(changed)s, deleted = deleted + %(deleted)s,
             rejected = rejected + %(rejected)s, touched_at = %(at)s, retry_count = 0,
             rejects = CASE WHEN jsonb_array_length(rejects) >= %(shown)s THEN rejects
               ELSE rejects || %(rejects)s END,
             notes = CASE WHEN notes @> %(notes)s THEN notes ELSE notes || %(notes)s END
           WHERE store_id = backshop.current_store_id() AND run_id = %(run_id)s
             AND resource = %(resource)s AND turn = %(turn)s AND status = 'running'
             AND position = %(before)s""",
        {
            "before": Jsonb(job.position),
            "position": Jsonb(position),
            "records": made.records,
            "changed": made.changed,
            "deleted": made.deleted,
            "rejected": len(rejects),
            "rejects": Jsonb(rejects[:SHOWN_REJECTS]),
            "notes": Jsonb(made.notes),
            "shown": SHOWN_REJECTS,
            "at": at,
            "run_id": job.key.run_id,
            "resource": job.key.resource,
            "turn": job.turn,
        },
    )
    if moved.rowcount != 1:
        raise TakenOver
    job.position = position
    job.retry_count = 0


def hand_on(tx: Tx, job: Job, at: datetime) -> None:
    """Give the job back, to be taken up by another invocation."""
    _leave(tx, job, "queued", at)


def complete(tx: Tx, job: Job, cursor: dict[str, Any], at: datetime) -> None:
    """The resource was read to its end: its cursor moves, and the run closes with its last job."""
    tx.execute(
        """INSERT INTO backshop.sync_cursors (store_id, resource, cursor)
           VALUES (backshop.current_store_id(), %s, %s)
           ON CONFLICT (store_id, resource) DO UPDATE SET cursor = excluded.cursor""",
        (job.key.resource, Jsonb(cursor)),
    )
    _leave(tx, job, "completed", at)
    _sum_up(tx, job, at)


def fail(tx: Tx, job: Job, error: str, retry_at: datetime | None, at: datetime) -> None:
    """The job could not go on; it is tried again at `retry_at`, or not at all."""
    _leave(tx, job, "failed", at, error, retry_at)
    _sum_up(tx, job, at)


def _leave(
    tx: Tx,
    job: Job,
    status: str,
    at: datetime,
    error: str | None = None,
    retry_at: datetime | None = None,
) -> None:
    left = tx.execute(
        """UPDATE backshop.sync_jobs
           SET status = %(status)s::text, error = %(error)s, next_retry_at = %(retry_at)s,
             touched_at = %(at)s,
             retry_count = retry_count + CASE WHEN %(status)s::text = 'failed' THEN 1 ELSE 0 END,
             finished_at = CASE WHEN %(status)s::text = 'queued' THEN NULL ELSE %(at)s END
           WHERE store_id = backshop.current_store_id() AND run_id = %(run_id)s
             AND resource = %(resource)s AND turn = %(turn)s AND status = 'running'""",
        {
            "status": status,
            "error": error,
            "retry_at": retry_at,
            "at": at,
            "run_id": job.key.run_id,
            "resource": job.key.resource,
            "turn": job.turn,
        },
    )
    if left.rowcount != 1:
        raise TakenOver


def _sum_up(tx: Tx, job: Job, at: datetime) -> None:
    """What the run shows follows from its jobs. The row is locked first, so that of two jobs that
    end at once the second sees the first."""
    run = {"run_id": job.key.run_id, "at": at}
    tx.execute(
        """SELECT FROM insights.sync_logs
           WHERE store_id = backshop.current_store_id() AND id = %(run_id)s FOR UPDATE""",
        run,
    )
    tx.execute(
        """UPDATE insights.sync_logs AS l
           SET records_synced = s.records,
             status = CASE WHEN s.open > 0 THEN 'running' WHEN s.failed > 0 THEN 'failed'
               ELSE 'completed' END,
             completed_at = CASE WHEN s.open = 0 AND s.next_retry_at IS NULL THEN %(at)s::timestamptz END,
             retry_count = greatest(l.retry_count, s.retries),
             next_retry_at = CASE WHEN s.open = 0 THEN s.next_retry_at END,
             error_message = s.error
           FROM (
             SELECT coalesce(sum(records), 0) AS records,
               count(*) FILTER (WHERE status IN ('queued', 'running')) AS open,
               count(*) FILTER (WHERE status = 'failed') AS failed,
               max(retry_count) AS retries, min(next_retry_at) AS next_retry_at,
               string_agg(resource || ': ' || error, '; ' ORDER BY resource)
                 FILTER (WHERE status = 'failed') AS error
             FROM backshop.sync_jobs
             WHERE store_id = backshop.current_store_id() AND run_id = %(run_id)s
           ) AS s
           WHERE l.store_id = backshop.current_store_id() AND l.id = %(run_id)s""",
        run,
    )
    tx.execute(
        """UPDATE insights.stores SET last_sync_at = %(at)s
           WHERE id = backshop.current_store_id() AND EXISTS (SELECT FROM insights.sync_logs
             WHERE store_id = backshop.current_store_id() AND id = %(run_id)s
               AND status = 'completed'
               AND sync_type <> ALL (ARRAY['orders', 'products', 'customers']))""",
        run,
    )


def runs(
    tx: Tx, limit: int, run_id: UUID | None = None, after: RunPosition | None = None
) -> list[Run]:
    """The store's runs, newest first, with their jobs; or one of them. The counts of a run that
    is still working are those of this moment."""
    rows = tx.execute(
        """SELECT l.id, l.sync_type AS type, l.status,
             coalesce((SELECT sum(j.records) FROM backshop.sync_jobs AS j
               WHERE j.store_id = l.store_id AND j.run_id = l.id), l.records_synced) AS records_synced,
             l.started_at, l.completed_at, l.error_message, l.retry_count, l.next_retry_at,
             (SELECT coalesce(json_agg(json_build_object(
                 'resource', j.resource, 'status', j.status, 'records', j.records,
                 'changed', j.changed, 'deleted', j.deleted, 'rejected', j.rejected,
                 'rejects', j.rejects, 'notes', j.notes, 'error', j.error,
                 'retry_count', j.retry_count, 'next_retry_at', j.next_retry_at,
                 'started_at', j.started_at, 'finished_at', j.finished_at)
                 ORDER BY j.resource), '[]')
              FROM backshop.sync_jobs AS j
              WHERE j.store_id = l.store_id AND j.run_id = l.id) AS resources
           FROM insights.sync_logs AS l
           WHERE l.store_id = backshop.current_store_id()
             AND (%(run_id)s::uuid IS NULL OR l.id = %(run_id)s)
             AND (%(at)s::timestamptz IS NULL OR (l.started_at, l.id) < (%(at)s, %(id)s))
           ORDER BY l.started_at DESC, l.id DESC LIMIT %(limit)s""",
        {
            "limit": limit,
            "run_id": run_id,
            "at": after.started_at if after else None,
            "id": after.id if after else None,
        },
    )
    return [Run.model_validate(row) for row in rows]


def open_run(tx: Tx) -> UUID | None:
    """The run of the store that is open, if any."""
    row = tx.execute(
        """SELECT id FROM insights.sync_logs
           WHERE store_id = backshop.current_store_id()
             AND (status = 'running' OR next_retry_at IS NOT NULL)"""
    ).fetchone()
    return row["id"] if row else None


def has_tombstones(tx: Tx, kinds: Collection[str]) -> bool:
    """Whether any record of these kinds was deleted."""
    result = tx.execute(
        """SELECT FROM backshop.record_versions
           WHERE store_id = backshop.current_store_id() AND kind = ANY (%s) AND deleted LIMIT 1""",
        (sorted(kinds),),
    )
    return result.fetchone() is not None


def lift_tombstones(tx: Tx, seen: Sequence[tuple[str, str, datetime]]) -> int:
    """Forget the deletion of records (kind, id, seen at) that were asked for after we heard that
    they were deleted, and were there: they came back."""
    ordered = sorted(seen)
    columns = [list(column) for column in zip(*ordered, strict=True)] or [[], [], []]
    return tx.execute(
        """DELETE FROM backshop.record_versions AS held
           USING unnest(%s::text[], %s::text[], %s::timestamptz[]) AS seen (kind, id, at)
           WHERE held.store_id = backshop.current_store_id() AND held.deleted
             AND held.kind = seen.kind AND held.external_id = seen.id
             AND greatest(held.changed_at, held.observed_at) < seen.at""",
        columns,
    ).rowcount


def unseen(
    tx: Tx, kinds: Collection[str], since: datetime, after: Sequence[str] | None, limit: int
) -> list[tuple[str, str]]:
    """(kind, id) of records that a complete reading which began at `since` did not meet: nobody
    has seen them since. Sorted; the next ones `after` a pair."""
    kind, id = after or ("", "")
    rows = tx.execute(
        """SELECT kind, external_id FROM backshop.record_versions
           WHERE store_id = backshop.current_store_id() AND kind = ANY (%s)
             AND (kind, external_id) > (%s, %s)
             AND NOT deleted AND rank = 1 AND observed_at < %s
           ORDER BY kind, external_id LIMIT %s""",
        (sorted(kinds), kind, id, since, limit),
    )
    return [(row["kind"], row["external_id"]) for row in rows]


def learn(
    tx: Tx,
    currency: str | None,
    time_zone: str | None,
    version: str | None,
    settings: Mapping[str, Any] | None = None,
    domain: str | None = None,
) -> None:
    """Note what the shop says of itself, where nobody said otherwise; `settings` and `domain`
    whatever was said."""
    if domain:
        tx.execute(
            """UPDATE connect.connector_config SET shop_domain = lower(%(domain)s)
               WHERE id = backshop.current_store_id()
                 AND shop_domain IS DISTINCT FROM lower(%(domain)s)""",
            {"domain": domain},
        )
    facts = {"currency": currency, "time_zone": time_zone}
    facts_json = Jsonb({key: value for key, value in facts.items() if value})
    tx.execute(
        """UPDATE backshop.stores SET settings = %(facts)s || settings || %(told)s
           WHERE id = backshop.current_store_id()
             AND NOT settings @> (%(facts)s || settings || %(told)s)""",
        {"facts": facts_json, "told": Jsonb(dict(settings or {}))},
    )
    tx.execute(
        """UPDATE insights.stores
           SET settings = %(facts)s || settings, wc_version = coalesce(left(%(version)s, 20), wc_version)
           WHERE id = backshop.current_store_id()
             AND (NOT settings @> (%(facts)s || settings) OR wc_version IS DISTINCT FROM
               coalesce(left(%(version)s, 20), wc_version))""",
        {"facts": facts_json, "version": version},
    )


def credentials(tx: Tx) -> dict[str, Any] | None:
    """What opens the shop's API: ciphertexts of api_key, secret and webhook_secret; None where the
    connector is gone or its credentials are forgotten."""
    return tx.execute(
        """SELECT platform, store_url, api_key, secret, webhook_secret
           FROM connect.connector_config
           WHERE id = backshop.current_store_id() AND status = 'active'"""
    ).fetchone()
