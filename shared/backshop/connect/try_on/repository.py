"""The SQL of try-on sessions; each function acts on the transaction's store unless it says
otherwise."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

from psycopg.types.json import Jsonb

from backshop.connect.try_on.looks import Reading, Result, SessionStatus
from backshop.db import Tx

if TYPE_CHECKING:
    from backshop.connect.try_on.models import NewSession


class Product(NamedTuple):
    """A product as far as trying on needs it."""

    sku: str
    title: str
    metadata: dict[str, Any] | None


class Offer(NamedTuple):
    """A product as a page offers it to be tried on."""

    sku: str
    title: str
    look: dict[str, Any]
    product_id: str | None
    variant_id: str | None


class Claimed(NamedTuple):
    """A session that this invocation works on."""

    skus: list[str]
    results: dict[str, Any]
    own_shade: str | None
    lettering: dict[str, str]


class Kept(NamedTuple):
    """A session whose objects housekeeping removes."""

    store_id: UUID
    session_id: UUID


def products(tx: Tx, skus: list[str]) -> dict[str, Product]:
    """The products of these SKUs that the store has."""
    rows = tx.execute(
        """SELECT DISTINCT ON (sku) sku, title,
                  jsonb_build_object('try_on', metadata -> 'try_on') AS metadata
           FROM connect.platform_product
           WHERE store_id = backshop.current_store_id()
             AND sku = ANY (%s) ORDER BY sku, platform""",
        (skus,),
    )
    return {row["sku"]: Product(**row) for row in rows}


def offers(tx: Tx, skus: list[str], most: int) -> list[Offer]:
    """What can be tried on of these SKUs, in their order, then others that can be bought and
    are worn alike (all, where none is named); so many at most."""
    rows = tx.execute(
        """WITH worn AS (
             SELECT DISTINCT ON (sku) sku, product_id, variant_id, available,
               concat_ws(', ', title, nullif(variant_title, '')) AS title,
               metadata -> 'try_on' AS look, array_position(%(skus)s::text[], sku::text) AS place
             FROM connect.platform_product
             WHERE store_id = backshop.current_store_id()
               AND jsonb_typeof(metadata -> 'try_on') = 'object'
             ORDER BY sku, platform
           )
           SELECT sku, title, look, product_id, variant_id FROM worn
           WHERE place IS NOT NULL
             OR available AND (%(skus)s::text[] = '{}' OR look ->> 'kind' IN (
               SELECT look ->> 'kind' FROM worn WHERE place IS NOT NULL))
           ORDER BY place NULLS LAST, title, sku LIMIT %(most)s""",
        {"skus": skus, "most": most},
    )
    return [Offer(**row) for row in rows]


def foundations(tx: Tx) -> list[Product]:
    """Every foundation of the store, for shades to be compared with."""
    rows = tx.execute(
        """SELECT DISTINCT ON (sku) sku, title,
                  jsonb_build_object('try_on', metadata -> 'try_on') AS metadata
           FROM connect.platform_product
           WHERE store_id = backshop.current_store_id()
             AND metadata #>> '{try_on,kind}' = 'foundation' ORDER BY sku, platform LIMIT 1000"""
    )
    return [Product(**row) for row in rows]


def set_look(tx: Tx, sku: str, look: dict[str, Any] | None) -> bool:
    """Say how a product is tried on, or with None that it is not; False where there is no such
    SKU."""
    changed = tx.execute(
        """UPDATE connect.platform_product
           SET metadata = coalesce(metadata, '{}') || jsonb_build_object('try_on', %s::jsonb)
           WHERE store_id = backshop.current_store_id() AND sku = %s""",
        (Jsonb(look), sku),
    )
    return changed.rowcount > 0


def platform_of_customer(tx: Tx, customer_id: str) -> str | None:
    """The platform of a customer; None where there is no such customer."""
    row = tx.execute(
        """SELECT platform FROM connect.platform_customer
           WHERE store_id = backshop.current_store_id()
             AND customer_id = %s LIMIT 1""",
        (customer_id,),
    ).fetchone()
    return row["platform"] if row else None


def take(tx: Tx, address_hash: str, most: int, window: timedelta, at: datetime) -> bool:
    """Count a session against its address in one atomic statement; False where that is used up."""
    taken = tx.execute(
        """INSERT INTO connect.try_on_limits AS l (store_id, address_hash, taken, last_taken)
           VALUES (backshop.current_store_id(), %(address)s, ARRAY[%(at)s], %(at)s)
           ON CONFLICT (store_id, address_hash) DO UPDATE
           SET taken = ARRAY(SELECT t FROM unnest(l.taken) AS t
                             WHERE t > %(at)s - %(window)s ORDER BY t) || %(at)s,
               last_taken = greatest(l.last_taken, %(at)s)
           WHERE (SELECT count(*) < %(most)s FROM unnest(l.taken) AS t
                  WHERE t > %(at)s - %(window)s)""",
        {"address": address_hash, "most": most, "window": window, "at": at},
    )
    return taken.rowcount == 1


def sessions_since(tx: Tx, since: datetime) -> int:
    """How many sessions the store has begun since then."""
    row = tx.execute(
        """SELECT count(*) AS number FROM connect.try_on_session
           WHERE store_id = backshop.current_store_id()
             AND created_at > %s""",
        (since,),
    ).fetchone()
    return int(row["number"]) if row else 0


def add_session(
    tx: Tx,
    session_id: UUID,
    new: NewSession,
    platform: str | None,
    selfie_url: str,
    results: dict[str, Result],
    at: datetime,
) -> None:
    """A new session; `results` are of SKUs that cannot be tried on at all."""
    tx.execute(
        """INSERT INTO connect.try_on_session
             (session_id, store_id, customer_id, platform, selfie_url, skus, consented_at,
              consent_version, results, own_shade, lettering, created_at)
           VALUES (%(id)s, backshop.current_store_id(), %(customer)s, %(platform)s, %(url)s,
                   %(skus)s, %(at)s, %(version)s, %(results)s, %(own)s, %(lettering)s, %(at)s)""",
        {
            "id": session_id,
            "customer": new.customer_id,
            "platform": platform,
            "url": selfie_url,
            "skus": new.skus,
            "at": at,
            "version": new.consent_version,
            "results": Jsonb(_dumped(results)),
            "own": new.own_shade,
            "lettering": Jsonb(new.lettering.model_dump()),
        },
    )


def session(tx: Tx, session_id: UUID) -> dict[str, Any] | None:
    """The row of a session, and the SKUs that were `drawn`."""
    return tx.execute(
        """SELECT s.*, ARRAY(SELECT o.sku FROM connect.try_on_overlay AS o
                             WHERE o.store_id = s.store_id AND o.session_id = s.session_id) AS drawn
           FROM connect.try_on_session AS s
           WHERE s.store_id = backshop.current_store_id()
             AND s.session_id = %s""",
        (session_id,),
    ).fetchone()


def claim(tx: Tx, session_id: UUID, by: str, at: datetime, lasts: timedelta) -> Claimed | None:
    """Take up a session; None where it has ended, is gone, or another invocation works on it."""
    row = tx.execute(
        """UPDATE connect.try_on_session
           SET status = 'in_progress', claimed_by = %(by)s, claimed_at = %(at)s
           WHERE store_id = backshop.current_store_id()
             AND session_id = %(id)s AND status IN ('created', 'in_progress')
             AND (claimed_by IS NULL OR claimed_by = %(by)s OR claimed_at <= %(at)s - %(lasts)s)
           RETURNING skus, results, own_shade, lettering""",
        {"id": session_id, "by": by, "at": at, "lasts": lasts},
    ).fetchone()
    return Claimed(**row) if row else None


def save_reading(tx: Tx, session_id: UUID, reading: Reading, notes: list[str]) -> None:
    """What the selfie told."""
    tx.execute(
        """UPDATE connect.try_on_session SET reading = %s, notes = %s
           WHERE store_id = backshop.current_store_id()
             AND session_id = %s""",
        (Jsonb(asdict(reading)), notes, session_id),
    )


def save_result(
    tx: Tx, session_id: UUID, by: str, sku: str, result: Result, overlay_url: str | None
) -> bool:
    """Keep what came of one SKU; False where the session is gone or no longer this invocation's."""
    kept = tx.execute(
        """UPDATE connect.try_on_session
           SET results = results || jsonb_build_object(%(sku)s::text, %(result)s::jsonb)
           WHERE store_id = backshop.current_store_id()
             AND session_id = %(id)s AND claimed_by = %(by)s AND status = 'in_progress'""",
        {"id": session_id, "by": by, "sku": sku, "result": Jsonb(_plain(result))},
    )
    if kept.rowcount and overlay_url:
        tx.execute(
            """INSERT INTO connect.try_on_overlay (store_id, session_id, sku, overlay_url)
               VALUES (backshop.current_store_id(), %s, %s, %s)
               ON CONFLICT (store_id, session_id, sku) DO UPDATE
               SET overlay_url = excluded.overlay_url""",
            (session_id, sku, overlay_url),
        )
    return kept.rowcount == 1


def finish(tx: Tx, session_id: UUID, by: str, status: SessionStatus) -> None:
    """End a session that this invocation works on."""
    tx.execute(
        """UPDATE connect.try_on_session SET status = %(status)s
           WHERE store_id = backshop.current_store_id()
             AND session_id = %(id)s AND claimed_by = %(by)s AND status = 'in_progress'""",
        {"id": session_id, "by": by, "status": status},
    )


def fail(tx: Tx, session_id: UUID, by: str, result: Result) -> None:
    """End a session whose selfie cannot be used: each open SKU fails with the reason."""
    tx.execute(
        """UPDATE connect.try_on_session AS s
           SET status = 'failed', reason = %(reason)s, results = (
               SELECT jsonb_object_agg(sku, %(result)s::jsonb) FROM unnest(s.skus) AS sku
           ) || s.results
           WHERE s.store_id = backshop.current_store_id()
             AND session_id = %(id)s AND claimed_by = %(by)s AND status = 'in_progress'""",
        {"id": session_id, "by": by, "reason": result.reason, "result": Jsonb(_plain(result))},
    )


def fail_crashed(tx: Tx, session_id: UUID, by: str, result: Result) -> bool:
    """End a session whose invocation died, each open SKU with this result; False where it has
    ended, is gone, or another invocation works on it."""
    ended = tx.execute(
        """UPDATE connect.try_on_session AS s
           SET status = 'failed', reason = %(reason)s, results = (
               SELECT jsonb_object_agg(sku, %(result)s::jsonb) FROM unnest(s.skus) AS sku
           ) || s.results
           WHERE s.store_id = backshop.current_store_id() AND session_id = %(id)s
             AND (claimed_by IS NULL OR claimed_by = %(by)s)
             AND status IN ('created', 'in_progress')""",
        {"id": session_id, "by": by, "reason": result.reason, "result": Jsonb(_plain(result))},
    )
    return ended.rowcount == 1


def fail_stuck(tx: Tx, before: datetime, no_selfie: str, stuck: str) -> int:
    """End the sessions that were last taken up, or else made, before then; how many there were.

    With a transaction that sees all stores it ends those of all.
    """
    ended = tx.execute(
        """UPDATE connect.try_on_session AS s
           SET status = 'failed', reason = ended.reason, results = (
               SELECT jsonb_object_agg(sku, jsonb_build_object(
                          'status', 'failed', 'code', ended.code, 'reason', ended.reason))
               FROM unnest(s.skus) AS sku
           ) || s.results
           FROM (SELECT store_id, session_id,
                        CASE WHEN status = 'created' THEN %(no_selfie)s ELSE %(stuck)s END AS reason,
                        CASE WHEN status = 'created' THEN 'no_selfie' ELSE 'stuck' END AS code
                 FROM connect.try_on_session
                 WHERE status IN ('created', 'in_progress')
                   AND created_at < %(before)s AND coalesce(claimed_at, created_at) < %(before)s
                 ORDER BY store_id, session_id FOR UPDATE) AS ended
           WHERE s.store_id = ended.store_id AND s.session_id = ended.session_id""",
        {"before": before, "no_selfie": no_selfie, "stuck": stuck},
    )
    return ended.rowcount


def selfies_due(tx: Tx, before: datetime, most: int) -> list[Kept]:
    """Sessions made before then whose selfie may still be there, oldest first; of every store
    that the transaction sees."""
    rows = tx.execute(
        """SELECT store_id, session_id FROM connect.try_on_session
           WHERE selfie_deleted_at IS NULL AND created_at <= %s
           ORDER BY created_at LIMIT %s""",
        (before, most),
    )
    return [Kept(**row) for row in rows]


def selfies_deleted(tx: Tx, session_ids: list[UUID], at: datetime) -> None:
    """Remember that these selfies are gone, in every store that the transaction sees."""
    tx.execute(
        """UPDATE connect.try_on_session SET selfie_deleted_at = %s
           WHERE session_id = ANY (%s)""",
        (at, session_ids),
    )


def sessions_due(tx: Tx, before: datetime, most: int) -> list[Kept]:
    """Sessions made before then, or whose customer is gone, oldest first; of every store that the
    transaction sees."""
    rows = tx.execute(
        """SELECT store_id, session_id FROM connect.try_on_session
           WHERE created_at <= %s OR is_orphaned ORDER BY created_at LIMIT %s""",
        (before, most),
    )
    return [Kept(**row) for row in rows]


def delete_sessions(tx: Tx, session_ids: list[UUID]) -> None:
    """Drop all that is stored of these sessions, in every store that the transaction sees."""
    tx.execute(
        "DELETE FROM connect.try_on_overlay WHERE session_id = ANY (%s)",
        (session_ids,),
    )
    tx.execute(
        "DELETE FROM connect.try_on_session WHERE session_id = ANY (%s)",
        (session_ids,),
    )


def forget_addresses(tx: Tx, before: datetime) -> None:
    """Drop the hashes of addresses that began no session since then, in every store that the
    transaction sees."""
    tx.execute(
        "DELETE FROM connect.try_on_limits WHERE last_taken < %s",
        (before,),
    )


def _plain(result: Result) -> dict[str, Any]:
    return {name: said for name, said in asdict(result).items() if said is not None}


def _dumped(results: dict[str, Result]) -> dict[str, Any]:
    return {sku: _plain(result) for sku, result in results.items()}
