"""The SQL of received webhooks; each function acts on the transaction's store, unless it says
otherwise."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

import orjson

from backshop.db import Asked, Tx
from backshop.received.models import (
    Arrival,
    Outcome,
    ReceivedWebhook,
    WebhookFilter,
    WebhookPosition,
)

_SHOWN = """id, topic, delivery_key AS key, status, about, error, size, attempts, received_at,
    triggered_at, settled_at, is_kept, replays, replayed_at, replayed_by"""
_MATCHES = """store_id = backshop.current_store_id()
    AND (%(topic)s::text IS NULL OR topic = %(topic)s)
    AND (%(status)s::text IS NULL OR status = %(status)s)
    AND (%(since)s::timestamptz IS NULL OR received_at >= %(since)s)
    AND (%(until)s::timestamptz IS NULL OR received_at < %(until)s)
    AND (%(terms)s::text[] IS NULL OR about = ANY (%(abouts)s) OR delivery_key = ANY (%(terms)s))"""
_KINDS = ("order", "product", "customer", "coupon", "category", "refund")


def expect(tx: Tx, arrivals: Collection[Arrival]) -> set[UUID]:
    """Write down that these come again, before they are worked on: whoever worked on them before
    may have died of them without a word. The ids of those whose bodies are kept."""
    rows = tx.execute(
        f"""INSERT INTO backshop.received_webhooks AS known
              (store_id, id, topic, delivery_key, body_sha256, received_at, triggered_at, size,
               attempts)
            SELECT backshop.current_store_id(), id, topic, key, sha256, received_at, triggered_at,
              size, tries - 1
            FROM {_NOTED} ORDER BY topic, key
            ON CONFLICT (store_id, topic, delivery_key) DO UPDATE SET attempts = known.attempts
            RETURNING known.id, known.is_kept""".encode(),
        {"noted": _noted([(each, None) for each in arrivals], ())},
    )
    return {row["id"] for row in rows if row["is_kept"]}


def note(
    tx: Tx, noted: Sequence[tuple[Arrival, Outcome | None]], stored: Collection[UUID]
) -> list[UUID]:
    """Write down that these arrived, once more or for the first time, and what became of them, None
    where nothing did. The ids of those whose bodies were stored and are not to be: whatever was
    saved or erased before stays without the body that it is without."""
    return ask_note(tx, noted, stored)()


def ask_note(
    tx: Tx, noted: Sequence[tuple[Arrival, Outcome | None]], stored: Collection[UUID]
) -> Asked[list[UUID]]:
    """`note`, asked for."""
    rows = tx.execute(
        f"""WITH noted AS (
              INSERT INTO backshop.received_webhooks AS known
                (store_id, id, topic, delivery_key, body_sha256, received_at, triggered_at, size,
                 is_kept, status, subjects, about, error, settled_at)
              SELECT backshop.current_store_id(), id, topic, key, sha256, received_at,
                triggered_at, size, is_stored, coalesce(status, 'received'),
                string_to_array(subjects, ' '), about, error, CASE WHEN status IS NOT NULL THEN now() END
              FROM {_NOTED} ORDER BY topic, key
              ON CONFLICT (store_id, topic, delivery_key) DO UPDATE SET
                attempts = known.attempts + 1,
                is_kept = known.is_kept OR excluded.is_kept AND known.status <> 'saved',
                status = CASE WHEN excluded.settled_at IS NULL OR known.status = 'saved'
                              THEN known.status ELSE excluded.status END,
                error = CASE WHEN excluded.settled_at IS NULL OR known.status = 'saved'
                             THEN known.error ELSE excluded.error END,
                subjects = coalesce(excluded.subjects, known.subjects),
                about = coalesce(excluded.about, known.about),
                settled_at = coalesce(excluded.settled_at, known.settled_at)
              RETURNING known.id, known.is_kept
            )
            SELECT id FROM noted WHERE NOT is_kept""".encode(),
        {"noted": _noted(noted, stored)},
    )
    return lambda: [row["id"] for row in rows if row["id"] in stored]


_NOTED = """json_to_recordset(%(noted)s::json) AS said (
  id uuid, topic text, key text, sha256 text, received_at timestamptz, triggered_at timestamptz,
  size integer, tries integer, is_stored boolean, status text, subjects text, about text,
  error text)"""


def _noted(noted: Sequence[tuple[Arrival, Outcome | None]], stored: Collection[UUID]) -> str:
    """Each webhook once, as JSON; of one that is there twice the last."""
    rows = {
        each.id: {
            "id": each.id,
            "topic": each.topic,
            "key": each.key,
            "sha256": each.sha256,
            "received_at": each.received_at,
            "triggered_at": each.triggered_at,
            "size": len(each.body),
            "tries": each.tries,
            "is_stored": each.id in stored,
            **(_settled(outcome) if outcome else {}),
        }
        for each, outcome in noted
    }
    return orjson.dumps(list(rows.values()), default=str).decode()


def _settled(outcome: Outcome) -> dict[str, str | None]:
    subjects = None if outcome.subjects is None else " ".join(outcome.subjects)
    return {
        "status": outcome.status,
        "subjects": subjects,
        "about": outcome.about,
        "error": outcome.error,
    }


def erased_meanwhile(tx: Tx, ids: Collection[UUID]) -> list[UUID]:
    """Take the bodies of these off the list that name somebody who was erased after they came, or
    of which nobody can tell; the ids of the objects to delete."""
    return ask_erased_meanwhile(tx, ids)()


def ask_erased_meanwhile(tx: Tx, ids: Collection[UUID]) -> Asked[list[UUID]]:
    """`erased_meanwhile`, asked for."""
    rows = tx.execute(
        """UPDATE backshop.received_webhooks AS known SET is_kept = false
           WHERE known.store_id = backshop.current_store_id() AND known.id = ANY (%s)
             AND known.is_kept
             AND (SELECT true FROM backshop.erasures
                  WHERE store_id = backshop.current_store_id() LIMIT 1)
             AND EXISTS (
               SELECT FROM backshop.erasures AS e
               WHERE e.store_id = known.store_id AND e.erased_at >= known.received_at
                 AND (known.subjects IS NULL OR e.kind || ':' || e.hash = ANY (known.subjects)))
           RETURNING known.id""",
        (list(ids),),
    )
    return lambda: [row["id"] for row in rows]


def forget_subjects(tx: Tx, subjects: Collection[str]) -> list[UUID]:
    """Forget the bodies that name any of these persons, and those of which nobody can tell; the ids
    of the objects to delete."""
    rows = tx.execute(
        """UPDATE backshop.received_webhooks SET is_kept = false
           WHERE store_id = backshop.current_store_id() AND is_kept
             AND (subjects IS NULL OR subjects && %s)
           RETURNING id""",
        (list(subjects),),
    )
    return [row["id"] for row in rows]


def forget_all(tx: Tx) -> list[UUID]:
    """Forget all bodies of the store; the ids of the objects to delete."""
    rows = tx.execute(
        """UPDATE backshop.received_webhooks SET is_kept = false
           WHERE store_id = backshop.current_store_id() AND is_kept RETURNING id"""
    )
    return [row["id"] for row in rows]


def kept_bodies(tx: Tx) -> int:
    """How many bodies of the store are kept."""
    row = tx.execute(
        """SELECT count(*) AS kept FROM backshop.received_webhooks
           WHERE store_id = backshop.current_store_id() AND is_kept"""
    ).fetchone()
    return row["kept"] if row else 0


def listed(
    tx: Tx,
    which: WebhookFilter,
    after: WebhookPosition | None,
    number: int,
    *,
    oldest_first: bool = False,
) -> list[ReceivedWebhook]:
    """So many webhooks, newest first."""
    sign, order = (">", "ASC") if oldest_first else ("<", "DESC")
    rows = tx.execute(
        f"""SELECT {_SHOWN} FROM backshop.received_webhooks
            WHERE {_MATCHES}
              AND (%(at)s::timestamptz IS NULL OR (received_at, id) {sign} (%(at)s, %(id)s))
            ORDER BY received_at {order}, id {order} LIMIT %(number)s""".encode(),
        {
            **_asked(which),
            "at": after.received_at if after else None,
            "id": after.id if after else None,
            "number": number,
        },
    )
    return [ReceivedWebhook.model_validate(row) for row in rows]


def topics(tx: Tx) -> list[str]:
    """The topics that came."""
    rows = tx.execute(
        """SELECT DISTINCT topic FROM backshop.received_webhooks
           WHERE store_id = backshop.current_store_id() ORDER BY topic"""
    )
    return [row["topic"] for row in rows]


def webhook(tx: Tx, id: UUID) -> ReceivedWebhook | None:
    row = tx.execute(
        f"""SELECT {_SHOWN} FROM backshop.received_webhooks
            WHERE store_id = backshop.current_store_id() AND id = %s""".encode(),
        (id,),
    ).fetchone()
    return ReceivedWebhook.model_validate(row) if row else None


def digests(tx: Tx, ids: Collection[UUID]) -> dict[UUID, str]:
    """SHA-256 of the bodies of these."""
    rows = tx.execute(
        """SELECT id, body_sha256 FROM backshop.received_webhooks
           WHERE store_id = backshop.current_store_id() AND id = ANY (%s)""",
        (list(ids),),
    )
    return {row["id"]: row["body_sha256"] for row in rows}


def note_replay(tx: Tx, ids: Collection[UUID], by: str) -> None:
    """Somebody has these worked off once more."""
    tx.execute(
        """UPDATE backshop.received_webhooks
           SET replays = replays + 1, replayed_at = now(), replayed_by = %s, status = 'received'
           WHERE store_id = backshop.current_store_id() AND id = ANY (%s)""",
        (by, list(ids)),
    )


def forget_old(tx: Tx, days: int) -> int:
    """Drop rows older than that, of every store the transaction sees; the bucket's own rule drops
    their bodies. Their number."""
    return tx.execute(
        """DELETE FROM backshop.received_webhooks
           WHERE received_at < now() - make_interval(days => %s)""",
        (days,),
    ).rowcount


def _asked(which: WebhookFilter) -> dict[str, Any]:
    terms = [each.lstrip("#") for each in re.split(r"[\s,;]+", which.q or "") if each.strip("#")]
    abouts = [each for term in terms for each in (term, *(f"{kind}:{term}" for kind in _KINDS))]
    return {
        **which.model_dump(exclude={"q"}),
        "terms": terms or None,
        "abouts": abouts,
    }
