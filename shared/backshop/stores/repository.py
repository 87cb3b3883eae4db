"""The SQL of the schema `backshop`: stores, staff keys, the inbox of deliveries, exports.

Functions that take a transaction act on its store, unless they say otherwise.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

from psycopg.types.json import Jsonb

from backshop.db import Tx

if TYPE_CHECKING:
    from backshop.commerce import Store
    from backshop.stores.models import ExportPosition


class Claim(NamedTuple):
    """A delivery to be claimed; `key` is what tells it from all others of its topic."""

    topic: str
    key: str
    sha256: str
    received_at: datetime


def add(tx: Tx, platform: str | None, url: str | None, settings: dict[str, Any]) -> None:
    """Make the transaction's store a store, without platform and URL where it has no shop. Raises
    UniqueViolation where its URL is taken."""
    tx.execute(
        """INSERT INTO backshop.stores (id, platform, store_url, settings)
           VALUES (backshop.current_store_id(), %s, %s, %s)""",
        (platform, url, Jsonb(settings)),
    )


def load(tx: Tx) -> Store | None:
    """The transaction's store with what translating and saving its records needs; None where there
    is none, or no platform behind it."""
    row = tx.execute(
        """SELECT id, platform, store_url, settings FROM backshop.stores
           WHERE id = backshop.current_store_id() AND platform IS NOT NULL"""
    ).fetchone()
    if row is None:
        return None
    # Who takes a delivery or checks a key needs no records, whose classes take a while to be made.
    from backshop.commerce import Platform, Store

    settings = row["settings"]
    return Store(
        id=row["id"],
        platform=Platform(row["platform"]),
        url=row["store_url"],
        currency=settings.get("currency"),
        time_zone=settings.get("time_zone") or "UTC",
        settings=settings,
    )


def settings_without_platform(tx: Tx) -> dict[str, Any] | None:
    """The settings of the transaction's store; None where there is none, or a platform behind
    it."""
    row = tx.execute(
        """SELECT settings FROM backshop.stores
           WHERE id = backshop.current_store_id() AND platform IS NULL"""
    ).fetchone()
    return row["settings"] if row else None


def change(tx: Tx, url: str | None, settings: dict[str, Any]) -> None:
    """Change what is given; `settings` are laid over the stored ones, a null takes its key away.
    Raises UniqueViolation where the URL is another store's."""
    tx.execute(
        """UPDATE backshop.stores SET
             store_url = coalesce(%(url)s, store_url),
             settings = jsonb_strip_nulls(settings || %(settings)s)
           WHERE id = backshop.current_store_id()""",
        {"url": url, "settings": Jsonb(settings)},
    )


def some_ids(tx: Tx, platform: str | None, limit: int) -> list[UUID]:
    """Ids of up to `limit` stores (of a platform); needs a transaction that sees all."""
    rows = tx.execute(
        """SELECT id FROM backshop.stores
           WHERE %(platform)s::text IS NULL OR platform = %(platform)s LIMIT %(limit)s""",
        {"platform": platform, "limit": limit},
    ).fetchall()
    return [row["id"] for row in rows]


def is_origin_allowed(tx: Tx, origin: str, store_id: UUID | None) -> bool:
    """Whether the store, or any store where none is named, lists the origin; needs a transaction
    that sees all."""
    row = tx.execute(
        """SELECT 1 FROM backshop.stores
           WHERE settings -> 'allowed_origins' ? %(origin)s
             AND (%(store)s::uuid IS NULL OR id = %(store)s) LIMIT 1""",
        {"origin": origin, "store": store_id},
    ).fetchone()
    return row is not None


def add_staff_key(tx: Tx, id: UUID, name: str, key_hash: str) -> None:
    """Staff keys belong to no store; needs a transaction that sees all."""
    tx.execute(
        "INSERT INTO backshop.api_keys (id, kind, name, key_hash) VALUES (%s, 'staff', %s, %s)",
        (id, name, key_hash),
    )


def staff_key_hash(tx: Tx, id: UUID) -> str | None:
    """The bcrypt hash of a staff key that is not revoked."""
    row = tx.execute(
        """SELECT key_hash FROM backshop.api_keys
           WHERE id = %s AND kind = 'staff' AND revoked_at IS NULL""",
        (id,),
    ).fetchone()
    return row["key_hash"] if row else None


def revoke_staff_key(tx: Tx, id: UUID) -> bool:
    """True where the key was valid until now."""
    done = tx.execute(
        "UPDATE backshop.api_keys SET revoked_at = now() WHERE id = %s AND revoked_at IS NULL",
        (id,),
    )
    return done.rowcount == 1


def list_staff_keys(tx: Tx) -> list[dict[str, Any]]:
    """Who has had a staff key, newest first; times as ISO 8601, so that the list is JSON."""
    rows = tx.execute(
        """SELECT id, name, created_at, revoked_at FROM backshop.api_keys
           WHERE kind = 'staff' ORDER BY created_at DESC"""
    ).fetchall()
    return [{key: _text(value) for key, value in row.items()} for row in rows]


def claim_deliveries(tx: Tx, claims: Sequence[Claim]) -> Collection[tuple[str, str]]:
    """(topic, key) of those that nobody has claimed before; the others were saved already."""
    ordered = sorted(set(claims))
    rows = tx.execute(
        """INSERT INTO backshop.webhook_inbox (store_id, topic, delivery_key, body_sha256, received_at)
           SELECT backshop.current_store_id(), claim.*
           FROM unnest(%s::text[], %s::text[], %s::text[], %s::timestamptz[]) AS claim
           ON CONFLICT DO NOTHING
           RETURNING topic, delivery_key""",
        [list(column) for column in zip(*ordered, strict=True)],
    ).fetchall()
    return {(row["topic"], row["delivery_key"]) for row in rows}


def forget_deliveries(tx: Tx, days: int) -> int:
    """Drop inbox rows older than that, of every store the transaction sees; their number."""
    return tx.execute(
        "DELETE FROM backshop.webhook_inbox WHERE received_at < now() - make_interval(days => %s)",
        (days,),
    ).rowcount


class KeyId(NamedTuple):
    """An idempotency key within the transaction's store; `key_hash` stands for caller and key."""

    route: str
    key_hash: bytes


class KeptAnswer(NamedTuple):
    """What a request was answered; `sealed` are the parts of it that are secret."""

    store_id: UUID
    body_hash: bytes
    status: int
    answer: dict[str, Any]
    sealed: list[str]


def claim_key(tx: Tx, id: KeyId, body_hash: bytes) -> UUID | None:
    """The transaction's store, if the key is free: new, or older than a day. Waits for another
    transaction that claims it at this moment."""
    row = tx.execute(
        """INSERT INTO backshop.idempotency_keys AS known (store_id, route, key_hash, body_hash)
           VALUES (backshop.current_store_id(), %s, %s, %s)
           ON CONFLICT (store_id, route, key_hash) DO UPDATE SET
             body_hash = excluded.body_hash, status = NULL, answer = NULL, sealed = '{}',
             created_at = excluded.created_at
           WHERE known.created_at < now() - interval '1 day'
           RETURNING store_id""",
        (*id, body_hash),
    ).fetchone()
    return row["store_id"] if row else None


def kept_answer(tx: Tx, id: KeyId) -> KeptAnswer:
    """The answer to a key that `claim_key` did not get."""
    row = tx.execute(
        """SELECT store_id, body_hash, status, answer, sealed FROM backshop.idempotency_keys
           WHERE store_id = backshop.current_store_id() AND route = %s AND key_hash = %s""",
        id,
    ).fetchone()
    if row is None or row["status"] is None:
        raise RuntimeError(f"{id.route} claimed an idempotency key and kept no answer")
    return KeptAnswer(**row)


def keep_answer(
    tx: Tx, id: KeyId, status: int, answer: dict[str, Any], sealed: Sequence[str]
) -> None:
    """Keep what the request was answered that claimed this key in this transaction."""
    tx.execute(
        """UPDATE backshop.idempotency_keys SET status = %s, answer = %s, sealed = %s
           WHERE store_id = backshop.current_store_id() AND route = %s AND key_hash = %s""",
        (status, Jsonb(answer), list(sealed), *id),
    )


def forget_keys(tx: Tx) -> int:
    """Drop idempotency keys older than a day, of every store the transaction sees; their number."""
    return tx.execute(
        "DELETE FROM backshop.idempotency_keys WHERE created_at < now() - interval '1 day'"
    ).rowcount


def note_export(tx: Tx, request_id: str, object_key: str, requested_at: datetime) -> None:
    """Remember where the answer to a person's data request lies; the same request lies there
    once."""
    tx.execute(
        """INSERT INTO backshop.exports (store_id, request_id, object_key, requested_at)
           VALUES (backshop.current_store_id(), %s, %s, %s) ON CONFLICT DO NOTHING""",
        (request_id, object_key, requested_at),
    )


def exports(tx: Tx, after: ExportPosition | None, number: int) -> list[dict[str, Any]]:
    """So many answers to data requests that are still kept (seven days), newest first."""
    return tx.execute(
        """SELECT request_id, object_key, requested_at, created_at FROM backshop.exports
           WHERE store_id = backshop.current_store_id() AND created_at > now() - interval '7 days'
             AND (%(at)s::timestamptz IS NULL OR (created_at, request_id) < (%(at)s, %(id)s))
           ORDER BY created_at DESC, request_id DESC LIMIT %(number)s""",
        {
            "at": after.created_at if after else None,
            "id": after.request_id if after else None,
            "number": number,
        },
    ).fetchall()


def refresh_summaries(tx: Tx) -> None:
    """Bring the materialized summaries of projects up to date; for the owner."""
    tx.execute("SELECT projects.refresh_summaries()")


def ensure_partitions(tx: Tx, months: int) -> None:
    """Make the monthly partitions of this month and the next ones; for the owner."""
    tx.execute("SELECT projects.ensure_partitions(%s)", (months,))


def _text(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else value and str(value)
