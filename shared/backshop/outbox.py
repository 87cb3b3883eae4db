"""What is to be done at a platform: written in the transaction of its cause, done by outbox_worker.

A row says what (`kind`, `payload`) and to what (`key`, the shop order or the discount). Rows of one
key are done one after another in the order of their ids, by one worker at a time; docs/outbox.md
tells the whole way and how a kind is added.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, NamedTuple
from uuid import UUID

import orjson

from backshop.aws import config, queues
from backshop.db import Tx
from backshop.logs import warning

MAX_ATTEMPTS = 20
"""With the waits below a platform may be away for more than three hours before a row fails."""
FIRST_WAIT = timedelta(seconds=10)
LONGEST_WAIT = timedelta(minutes=15)
AT_ONCE = queues.BATCH
"""How many rows are announced when they are put, one call to SQS, so that nobody waits for it."""
DOUBT = timedelta(minutes=5)
"""How long after a write whose end nobody told it may still be done: a shop was seen to act 62 s
after the connection broke, and PHP and its proxies are commonly stopped within five minutes."""
LEASE = timedelta(minutes=6)
"""How long a claimed row is left alone: outbox_worker may run for two minutes and die in the middle
of a write, which then is in doubt."""

Answer = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Row:
    """`attempts` counts the claims so far, this one included: above 1 an earlier one may have
    gone through without our knowing. `response` is how the one before ended, where it is known."""

    id: int
    store_id: UUID
    key: str
    kind: str
    payload: Answer
    attempts: int
    response: Answer | None = None


def _nothing(_tx: Tx, _row: Row, _answer: Answer) -> None:
    """Nothing else is to be saved."""


@dataclass(frozen=True, slots=True)
class Action:
    """How one kind of row is done.

    `find` is called from the second attempt on, before anything else: the platform's answer if an
    earlier attempt went through, None if it did not. `do` does it and returns the platform's
    answer. Both run outside any transaction and raise
    `Permanent` or `Transient` (`platforms.errors`). `done` and `failed`
    save what follows, in the transaction that closes the row.
    """

    find: Callable[[Row], Answer | None]
    do: Callable[[Row], Answer]
    done: Callable[[Tx, Row, Answer], None] = _nothing
    failed: Callable[[Tx, Row, Answer], None] = _nothing


def wait(attempts: int) -> timedelta:
    """How long to wait after this many attempts: 10 s, 20 s, 40 s … and at most 15 minutes."""
    doubled: timedelta = FIRST_WAIT * 2 ** min(attempts - 1, 10)
    return min(doubled, LONGEST_WAIT)


def gives_up(attempts: int) -> bool:
    """Whether a row fails after this attempt; one that staff opened again gets as many anew."""
    return attempts % MAX_ATTEMPTS == 0


def put(tx: Tx, kind: str, key: str, payload: Mapping[str, Any]) -> Row:
    """Write down what is to be done for the transaction's store; pass the row to `announce` after
    the commit.

    Lock what the key names first: rows of one key are done in the order of their ids, and only a
    lock makes that the order of their commits. The payload holds ids, nothing personal or secret.
    """
    return put_all(tx, kind, [(key, payload)])[0]


def put_all(tx: Tx, kind: str, items: Sequence[tuple[str, Mapping[str, Any]]]) -> list[Row]:
    """`put` for many keys in one statement. Returns the first AT_ONCE rows, to be announced; the
    sweep announces the others within a minute."""
    if not items:
        return []
    rows = tx.execute(
        """WITH put AS (
               INSERT INTO backshop.outbox (store_id, key, kind, payload)
               SELECT (SELECT backshop.current_store_id()), key, %s, payload
               FROM unnest(%s::text[], %s::jsonb[]) WITH ORDINALITY AS item (key, payload, place)
               ORDER BY place
               RETURNING id, store_id, key, kind, payload, attempts
           )
           SELECT * FROM put ORDER BY id LIMIT %s""",
        (
            kind,
            [key for key, _ in items],
            [orjson.dumps(payload, default=str).decode() for _, payload in items],
            AT_ONCE,
        ),
    )
    return [Row(**row) for row in rows]


def announce(rows: Iterable[Row], turn: str = "") -> None:
    """Tell outbox_worker after the commit that these rows wait; the message carries only the key.
    The queue drops what it was told within five minutes already, unless it is told in another
    `turn`.

    Where the queue cannot be reached nothing is lost: outbox_sweep announces what is due again.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    messages = [_message(row, turn) for row in rows]
    if not messages:
        return
    try:
        queues.send_ordered(config.value("OUTBOX_QUEUE_URL"), messages)
    except (BotoCoreError, ClientError, queues.NotSent) as error:
        warning("outbox rows wait for the sweep", error=type(error).__name__, rows=len(messages))


def _message(row: Row, turn: str) -> queues.Ordered:
    name = f"{row.store_id}/{row.key}"
    return queues.Ordered(
        body=json.dumps({"store_id": str(row.store_id), "key": row.key}),
        group=sha256(name.encode()).hexdigest(),
        dedup=f"{row.id}-{row.attempts}{turn}",
    )


def due(tx: Tx, at: datetime, limit: int) -> list[Row]:
    """The oldest open row of each key whose time has come: never tried, to be tried again, or
    left behind by a worker whose lease ran out; of every store that the transaction sees and nobody
    paused. The stores take turns, so that one with more than the limit keeps no other waiting."""
    rows = tx.execute(
        """SELECT id, store_id, key, kind, payload, attempts
           FROM (SELECT DISTINCT ON (store_id, key) *
                 FROM backshop.outbox
                 WHERE status IN ('pending', 'sending') AND store_id NOT IN (
             SELECT c.store_id FROM connect.connector_config AS c WHERE c.paused_at IS NOT NULL)
                 ORDER BY store_id, key, id) AS oldest
           WHERE next_attempt_at <= %s OR attempts = 0
           ORDER BY row_number() OVER (PARTITION BY store_id ORDER BY next_attempt_at, id),
             next_attempt_at, id
           LIMIT %s""",
        (at, limit),
    )
    return [Row(**row) for row in rows]


class State(NamedTuple):
    """How the way out is doing, in all stores that the transaction sees."""

    failed: int
    seconds_behind: float
    """How long the row that is due the longest has been due."""


def state(tx: Tx) -> State:
    """Of every store that the transaction sees."""
    row = tx.execute(
        """SELECT (SELECT count(*) FROM backshop.outbox WHERE status = 'failed') AS failed,
               (SELECT coalesce(greatest(extract(epoch FROM now() - min(next_attempt_at)), 0), 0)
                FROM backshop.outbox WHERE status IN ('pending', 'sending') AND store_id NOT IN (
             SELECT c.store_id FROM connect.connector_config AS c WHERE c.paused_at IS NOT NULL))::float
                   AS seconds_behind"""
    ).fetchone()
    return State(**row) if row else State(0, 0)


def listed(tx: Tx, status: str, after: int, limit: int, *, q: str | None = None) -> list[Answer]:
    """The store's rows of a status by id, from above `after` on, with what the platform said; `q`
    is part of what is done or of what it is done to."""
    return tx.execute(
        """SELECT id, key, kind, payload, status, attempts, next_attempt_at, response, created_at
           FROM backshop.outbox
           WHERE store_id = backshop.current_store_id()
             AND status = %(status)s AND id > %(after)s
             AND (%(q)s::text IS NULL
               OR position(lower(%(q)s) IN lower(concat_ws(' ', kind, key))) > 0)
           ORDER BY id LIMIT %(limit)s""",
        {"status": status, "after": after, "limit": limit, "q": q},
    ).fetchall()


def open_rows(tx: Tx) -> int:
    """How many of the store's rows wait to be done."""
    row = tx.execute(
        """SELECT count(*) AS waiting FROM backshop.outbox
           WHERE store_id = backshop.current_store_id() AND status IN ('pending', 'sending')"""
    ).fetchone()
    return row["waiting"] if row else 0


def fail_open(tx: Tx, answer: Answer) -> None:
    """Close all of the store's open rows as failed: nobody is left who could do them."""
    tx.execute(
        """UPDATE backshop.outbox SET status = 'failed', response = %s::jsonb
           WHERE store_id = backshop.current_store_id() AND status IN ('pending', 'sending')""",
        (json.dumps(answer),),
    )


def of_key(tx: Tx, key: str) -> list[Answer]:
    """Everything that was to be done to what the key names, oldest first."""
    return tx.execute(
        """SELECT id, kind, status, attempts, created_at, response FROM backshop.outbox
           WHERE store_id = backshop.current_store_id() AND key = %s ORDER BY id""",
        (key,),
    ).fetchall()


def claim(tx: Tx, key: str, at: datetime) -> Row | None:
    """Take the key's oldest open row of the transaction's store, for `LEASE`, if its time has come.

    Of two workers one gets it; commit before anything is sent. A row that was never tried is always
    due, however the clocks differ.
    """
    row = tx.execute(
        """UPDATE backshop.outbox
           SET status = 'sending', attempts = attempts + 1, next_attempt_at = %(until)s
           WHERE id = (SELECT id FROM backshop.outbox
                       WHERE key = %(key)s AND status IN ('pending', 'sending')
                       AND store_id = backshop.current_store_id()
                       ORDER BY id LIMIT 1)
           AND status IN ('pending', 'sending') AND (next_attempt_at <= %(at)s OR attempts = 0)
           AND store_id NOT IN (
             SELECT c.store_id FROM connect.connector_config AS c WHERE c.paused_at IS NOT NULL)
           RETURNING id, store_id, key, kind, payload, attempts, response""",
        {"key": key, "at": at, "until": at + LEASE},
    ).fetchone()
    return Row(**row) if row else None


def finish(tx: Tx, row: Row, answer: Answer) -> bool:
    """Close a row as done; False where another worker took it over meanwhile."""
    return _close(tx, row, "done", answer)


def fail(tx: Tx, row: Row, answer: Answer) -> bool:
    """Close a row as failed: final until staff opens it again; the key's next row may go."""
    return _close(tx, row, "failed", answer)


def retry(tx: Tx, row: Row, answer: Answer, at: datetime) -> bool:
    """Give a claimed row back, to be tried again at `at`."""
    return _close(tx, row, "pending", answer, at)


def _close(tx: Tx, row: Row, status: str, answer: Answer, at: datetime | None = None) -> bool:
    changed = tx.execute(
        """UPDATE backshop.outbox
           SET status = %s, response = %s::jsonb, next_attempt_at = coalesce(%s, next_attempt_at)
           WHERE store_id = backshop.current_store_id()
             AND id = %s AND status = 'sending' AND attempts = %s""",
        (status, json.dumps(answer, default=str), at, row.id, row.attempts),
    )
    return changed.rowcount == 1


def forget_answers(tx: Tx, keys: Sequence[str]) -> None:
    """Drop what platforms answered to the rows of these keys: it may name whom they were about."""
    tx.execute(
        """UPDATE backshop.outbox SET response = NULL
           WHERE store_id = backshop.current_store_id() AND key = ANY (%s)
             AND response IS NOT NULL""",
        (list(keys),),
    )


def reopen(tx: Tx, row_id: int, at: datetime) -> Row | None:
    """Let a failed row be tried again, in its old place before younger rows of its key; None where
    no failed row has this id. What was done after it is not undone."""
    row = tx.execute(
        """UPDATE backshop.outbox SET status = 'pending', next_attempt_at = %s
           WHERE store_id = backshop.current_store_id() AND id = %s AND status = 'failed'
           RETURNING id, store_id, key, kind, payload, attempts""",
        (at, row_id),
    ).fetchone()
    return Row(**row) if row else None


def give_up(tx: Tx, row_id: int, at: datetime) -> Row | None:
    """Let the next attempt of a row that waits be its last one, which only asks what became of
    those before, then closes the row and says so to what caused it; None where no row that waits
    has this id."""
    row = tx.execute(
        """UPDATE backshop.outbox
           SET attempts = (attempts / %(most)s + 1) * %(most)s - 1, next_attempt_at = %(at)s
           WHERE store_id = backshop.current_store_id() AND id = %(id)s AND status = 'pending'
           RETURNING id, store_id, key, kind, payload, attempts""",
        {"id": row_id, "at": at, "most": MAX_ATTEMPTS},
    ).fetchone()
    return Row(**row) if row else None
