"""The SQL of the schema `backshop`: stores, staff keys, the inbox of deliveries, exports.

Functions that take a transaction act on its store, unless they say otherwise.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

from psycopg.types.json import Jsonb

from backshop.db import Asked, Tx
from backshop.uses import USUAL, Use

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
    UniqueViolation where its URL and channel are taken."""
    tx.execute(
        """INSERT INTO backshop.stores (id, platform, store_url, settings)
           VALUES (backshop.current_store_id(), %s, %s, %s)""",
        (platform, url, Jsonb(settings)),
    )


def load(tx: Tx) -> Store | None:
    """The transaction's store with what translating and saving its records needs; None where there
    is none, or no platform behind it."""
    return ask(tx)()


def ask(tx: Tx) -> Asked[Store | None]:
    """`load`, asked for."""
    found = tx.execute(
        """SELECT id, platform, store_url, settings FROM backshop.stores
           WHERE id = backshop.current_store_id() AND platform IS NOT NULL"""
    )
    return lambda: _store(found.fetchone())


def _store(row: dict[str, Any] | None) -> Store | None:
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


def settings(tx: Tx) -> dict[str, Any]:
    """The settings of the transaction's store, whether or not there is a platform behind it."""
    row = tx.execute(
        "SELECT settings FROM backshop.stores WHERE id = backshop.current_store_id()"
    ).fetchone()
    return row["settings"] if row else {}


def time_zone(tx: Tx) -> str:
    """The zone that the transaction's store writes its times in."""
    return settings(tx).get("time_zone") or "UTC"


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
    Raises UniqueViolation where URL and channel are another store's."""
    tx.execute(
        """UPDATE backshop.stores SET
             store_url = coalesce(%(url)s, store_url),
             settings = jsonb_strip_nulls(settings || %(settings)s)
           WHERE id = backshop.current_store_id()""",
        {"url": url, "settings": Jsonb(settings)},
    )


def read_anew(tx: Tx) -> None:
    """Take what the transaction's store told as unknown: the next reading of its shop is given to
    every context that it uses by now."""
    tx.execute("SELECT backshop.read_anew()")


def some_ids(tx: Tx, use: Use | None, limit: int) -> list[UUID]:
    """Ids of up to `limit` stores (that use this); needs a transaction that sees all."""
    usual = [platform for platform, uses in USUAL.items() if use in uses]
    rows = tx.execute(
        """SELECT id FROM backshop.stores
           WHERE %(use)s::text IS NULL
             OR coalesce(settings -> 'uses' ? %(use)s, platform = ANY (%(usual)s)) LIMIT %(limit)s""",
        {"use": use, "usual": usual, "limit": limit},
    ).fetchall()
    return [row["id"] for row in rows]


def all_ids(tx: Tx) -> list[UUID]:
    """Ids of all stores; needs a transaction that sees all."""
    return [row["id"] for row in tx.execute("SELECT id FROM backshop.stores").fetchall()]


def of_host(tx: Tx, host: str) -> UUID | None:
    """The store whose pages are at this host name; needs a transaction that sees all."""
    row = tx.execute(
        "SELECT id FROM backshop.stores WHERE settings -> 'pages' ->> 'host' = %s LIMIT 1", (host,)
    ).fetchone()
    return row["id"] if row else None


def named(tx: Tx, about: str | None) -> list[dict[str, Any]]:
    """The stores by name, for a menu: the first 200, and the one that a page is about; needs a
    transaction that sees all."""
    return tx.execute(
        """SELECT id::text, platform, settings ->> 'currency' AS currency,
             coalesce(settings ->> 'time_zone', 'UTC') AS zone,
             coalesce(settings ->> 'name', regexp_replace(store_url, '^https?://', ''),
                      'Store without a name') AS name
           FROM backshop.stores AS s
           WHERE id::text = %(about)s
             OR id IN (SELECT id FROM backshop.stores ORDER BY created_at, id LIMIT 200)
           ORDER BY created_at, id""",
        {"about": about},
    ).fetchall()


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


def add_staff_key(tx: Tx, id: UUID, name: str, key_hash: str, scopes: Sequence[str]) -> None:
    """Staff keys belong to no store; needs a transaction that sees all."""
    tx.execute(
        """INSERT INTO backshop.api_keys (id, kind, name, key_hash, scopes)
           VALUES (%s, 'staff', %s, %s, %s)""",
        (id, name, key_hash, list(scopes)),
    )


class StaffKey(NamedTuple):
    """A staff key that is not revoked: its bcrypt hash, and what it may."""

    key_hash: str
    scopes: list[str]


def staff_key(tx: Tx, id: UUID) -> StaffKey | None:
    """None where it is revoked or has expired, or there is none."""
    row = tx.execute(
        """SELECT key_hash, scopes FROM backshop.api_keys
           WHERE id = %s AND kind = 'staff' AND revoked_at IS NULL
             AND (expires_at IS NULL OR expires_at > now())""",
        (id,),
    ).fetchone()
    return StaffKey(**row) if row else None


class DeskSession(NamedTuple):
    """Who is signed in at the desk. `draft` is the form that they sent after the session before had
    ended: `{"path": …, "fields": {…}}`."""

    token_hash: bytes
    key_id: UUID
    name: str
    scopes: list[str]
    expires_at: datetime
    draft: dict[str, Any] | None


def add_session(
    tx: Tx, token_hash: bytes, key_id: UUID, lasts: timedelta, draft: dict[str, Any] | None
) -> None:
    """Sign somebody in; old sessions of anybody are forgotten with it. Sessions belong to no store:
    this and what follows needs a transaction that sees all."""
    tx.execute("DELETE FROM backshop.desk_sessions WHERE expires_at < now()")
    tx.execute(
        """INSERT INTO backshop.desk_sessions (token_hash, key_id, expires_at, draft)
           VALUES (%s, %s, now() + %s, %s)""",
        (token_hash, key_id, lasts, Jsonb(draft) if draft else None),
    )


def session(tx: Tx, token_hash: bytes) -> DeskSession | None:
    """Who is signed in with this; None once the session or its key has ended."""
    row = tx.execute(
        """SELECT s.token_hash, s.key_id, k.name, k.scopes, s.expires_at, s.draft
           FROM backshop.desk_sessions AS s INNER JOIN backshop.api_keys AS k ON s.key_id = k.id
           WHERE s.token_hash = %s AND s.expires_at > now()
             AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > now())""",
        (token_hash,),
    ).fetchone()
    return DeskSession(**row) if row else None


def staff_names(tx: Tx, ids: Collection[str]) -> dict[str, str]:
    """The names of staff keys by their ids, of those that ended, too."""
    rows = tx.execute(
        """SELECT id, name FROM backshop.api_keys
           WHERE kind = 'staff' AND id::text = ANY (%s)""",
        (list(ids),),
    )
    return {str(row["id"]): row["name"] for row in rows}


def drop_draft(tx: Tx, token_hash: bytes) -> None:
    """A form was sent: the one from before is not shown again."""
    tx.execute(
        """UPDATE backshop.desk_sessions SET draft = NULL
           WHERE token_hash = %s AND draft IS NOT NULL""",
        (token_hash,),
    )


def end_session(tx: Tx, token_hash: bytes) -> None:
    """Sign out in one browser."""
    tx.execute("DELETE FROM backshop.desk_sessions WHERE token_hash = %s", (token_hash,))


def end_sessions(tx: Tx, key_id: UUID) -> int:
    """Sign out everywhere; how many sessions ended."""
    return tx.execute("DELETE FROM backshop.desk_sessions WHERE key_id = %s", (key_id,)).rowcount


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
        """SELECT id, name, scopes, created_at, revoked_at FROM backshop.api_keys
           WHERE kind = 'staff' ORDER BY created_at DESC"""
    ).fetchall()
    return [
        {"scopes": row.pop("scopes"), **{key: _text(value) for key, value in row.items()}}
        for row in rows
    ]


def claim_deliveries(tx: Tx, claims: Sequence[Claim]) -> Asked[Collection[tuple[str, str]]]:
    """(topic, key) of those that nobody has claimed before; the others were saved already. It
    is empty where the store is not there, or no platform behind it."""
    import orjson  # who checks a key needs none

    ordered = sorted(set(claims))
    claimed = tx.execute(
        """INSERT INTO backshop.webhook_inbox (store_id, topic, delivery_key, body_sha256, received_at)
           SELECT backshop.current_store_id(), claim.*
           FROM json_to_recordset(%s::json) AS claim
             (topic text, key text, sha256 text, received_at timestamptz)
           WHERE EXISTS (SELECT FROM backshop.stores
             WHERE id = backshop.current_store_id() AND platform IS NOT NULL)
           ON CONFLICT DO NOTHING
           RETURNING topic, delivery_key""",
        (orjson.dumps([each._asdict() for each in ordered], default=str).decode(),),
    )
    return lambda: {(row["topic"], row["delivery_key"]) for row in claimed}


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
    """What a request was answered; `sealed` are the parts of it that are secret. Without a status
    it is a form that is being done."""

    store_id: UUID
    body_hash: bytes
    status: int | None
    answer: dict[str, Any]
    sealed: list[str]


def claim_key(tx: Tx, id: KeyId, body_hash: bytes) -> UUID | None:
    """The transaction's store, if the key is free: new, older than a day, or of a form whose sender
    was cut off a minute ago. Waits for another transaction that claims it at this moment."""
    row = tx.execute(
        """INSERT INTO backshop.idempotency_keys AS known (store_id, route, key_hash, body_hash)
           VALUES (backshop.current_store_id(), %s, %s, %s)
           ON CONFLICT (store_id, route, key_hash) DO UPDATE SET
             body_hash = excluded.body_hash, status = NULL, answer = NULL, sealed = '{}',
             created_at = excluded.created_at
           WHERE known.created_at < now() - CASE WHEN known.status IS NULL
             THEN interval '1 minute' ELSE interval '1 day' END
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
    if row is None:
        raise RuntimeError(f"{id.route} could not claim a key that is not there")
    return KeptAnswer(**row)


def free_key(tx: Tx, id: KeyId) -> None:
    """Let a key go that was claimed for what was not done after all."""
    tx.execute(
        """UPDATE backshop.idempotency_keys SET created_at = '-infinity'
           WHERE store_id = backshop.current_store_id() AND route = %s AND key_hash = %s""",
        id,
    )


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


def rests_until(tx: Tx) -> datetime | None:
    """Until when the store's shop is left alone; None where it never let a call time out since it
    last answered."""
    row = tx.execute(
        "SELECT until FROM backshop.slow_shops WHERE store_id = backshop.current_store_id()"
    ).fetchone()
    return row["until"] if row else None


def count_slow(tx: Tx) -> int:
    """Count one more session with the store's shop that timed out; how many there were since it
    last answered."""
    row = tx.execute(
        """INSERT INTO backshop.slow_shops AS known (store_id, slow)
           VALUES (backshop.current_store_id(), 1)
           ON CONFLICT (store_id) DO UPDATE SET slow = known.slow + 1 RETURNING slow"""
    ).fetchone()
    return row["slow"] if row else 0


def rest_until(tx: Tx, at: datetime) -> None:
    """Leave the store's shop alone until then."""
    tx.execute(
        """UPDATE backshop.slow_shops SET until = %s
           WHERE store_id = backshop.current_store_id()""",
        (at,),
    )


def forget_slow(tx: Tx) -> None:
    """The store's shop answers."""
    tx.execute("DELETE FROM backshop.slow_shops WHERE store_id = backshop.current_store_id()")


def note_export(
    tx: Tx, request_id: str, object_key: str, requested_at: datetime, subjects: Collection[str]
) -> None:
    """Remember where the answer to a person's data request lies, and by which hashes they are
    known; the same request lies there once, and is about whoever it ever was."""
    tx.execute(
        """INSERT INTO backshop.exports AS kept
             (store_id, request_id, object_key, requested_at, subjects)
           VALUES (backshop.current_store_id(), %s, %s, %s, %s)
           ON CONFLICT (store_id, request_id) DO UPDATE
           SET subjects = ARRAY(SELECT unnest(kept.subjects || excluded.subjects) GROUP BY 1)""",
        (request_id, object_key, requested_at, sorted(subjects)),
    )


def forget_exports(tx: Tx, subjects: Collection[str]) -> list[str]:
    """Forget the answers to data requests of whoever is known by one of these; their requests'
    ids."""
    rows = tx.execute(
        """DELETE FROM backshop.exports
           WHERE store_id = backshop.current_store_id() AND subjects && %s::text[]
           RETURNING request_id""",
        (sorted(subjects),),
    ).fetchall()
    return [row["request_id"] for row in rows]


def exports(tx: Tx, after: ExportPosition | None, number: int) -> list[dict[str, Any]]:
    """So many answers to data requests that are still kept (seven days), newest first."""
    return tx.execute(
        """SELECT request_id, requested_at, created_at FROM backshop.exports
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


class Orphans(NamedTuple):
    table: str
    constraint: str
    rows: int


def orphans(tx: Tx) -> list[Orphans]:
    """Rows of any store that point nowhere, by reference; for the owner. There are none but where
    somebody switched a check off (docs/data-model.md, "Departures")."""
    rows = tx.execute("SELECT child, name, orphans FROM backshop.orphans()")
    return [Orphans(row["child"], row["name"], row["orphans"]) for row in rows]


def ensure_partitions(tx: Tx, months: int) -> None:
    """Make the monthly partitions of this month and the next ones; for the owner."""
    tx.execute("SELECT projects.ensure_partitions(%s)", (months,))


def _text(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else value and str(value)
