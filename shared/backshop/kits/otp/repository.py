"""The SQL of phone checks: limits, sessions, guesses."""

from __future__ import annotations

from datetime import date, datetime

from backshop.db import Tx
from backshop.kits.otp.models import OtpSession, SendLimit


def take_send(tx: Tx, limit: SendLimit, at: datetime) -> bool:
    """Take once from a limit, in one atomic statement; False where it is used up or too soon."""
    taken = tx.execute(
        """INSERT INTO kits.otp_limits AS l (store_id, scope, key, taken, last_taken)
           VALUES (kits.require_store(), %(scope)s, %(key)s, ARRAY[%(at)s], %(at)s)
           ON CONFLICT (store_id, scope, key) DO UPDATE
           SET taken = ARRAY(SELECT t FROM unnest(l.taken) AS t
                             WHERE t > %(at)s - %(window)s ORDER BY t) || %(at)s,
               last_taken = greatest(l.last_taken, %(at)s)
           WHERE (SELECT count(*) FILTER (WHERE t > %(at)s - %(window)s) < %(most)s
                         AND count(*) FILTER (WHERE t > %(at)s - %(gap)s) = 0
                  FROM unnest(l.taken) AS t)""",
        {**limit._asdict(), "at": at},
    )
    return taken.rowcount == 1


def sends_taken(tx: Tx, limit: SendLimit) -> list[datetime]:
    """When a limit was last taken from; what is older than its window may be missing."""
    row = tx.execute(
        """SELECT taken FROM kits.otp_limits
           WHERE store_id = backshop.current_store_id()
             AND scope = %s AND key = %s""",
        (limit.scope, limit.key),
    ).fetchone()
    return row["taken"] if row else []


def sends_to_phone(tx: Tx, phone: str, since: datetime, at: datetime) -> list[datetime]:
    """When any store sent a code to the phone; nobody else learns it until the transaction ends."""
    row = tx.execute(
        "SELECT kits.sends_to_phone(%s, %s, %s) AS taken", (phone, since, at)
    ).fetchone()
    return row["taken"] if row else []


def phones_of_prefix(tx: Tx, limit: SendLimit, phone: str, at: datetime) -> list[datetime]:
    """When the other phones of the prefix were last sent to, within its window; empty where this
    phone is one of those sent to. The prefix stays locked until the transaction ends."""
    tx.execute(
        """INSERT INTO kits.otp_limits AS l (store_id, scope, key, taken, last_taken)
           VALUES (kits.require_store(), 'prefix', %(key)s, '{}', %(at)s)
           ON CONFLICT (store_id, scope, key) DO UPDATE
           SET last_taken = greatest(l.last_taken, excluded.last_taken)""",
        {"key": limit.key, "at": at},
    )
    rows = tx.execute(
        """SELECT key, last_taken FROM kits.otp_limits
           WHERE store_id = kits.require_store() AND scope = 'phone'
             AND starts_with(key, %s) AND length(key) = %s AND last_taken > %s""",
        (limit.key, len(phone), at - limit.window),
    ).fetchall()
    known = {row["key"]: row["last_taken"] for row in rows}
    return [] if phone in known else list(known.values())


def spend(tx: Tx, day: date, most: int) -> bool:
    """Take one send of the store's budget of a day; False where that is used up."""
    taken = tx.execute(
        """INSERT INTO kits.otp_spending AS s (store_id, day, sends)
           SELECT kits.require_store(), %(day)s, 1 WHERE %(most)s > 0
           ON CONFLICT (store_id, day) DO UPDATE SET sends = s.sends + 1 WHERE s.sends < %(most)s""",
        {"day": day, "most": most},
    )
    return taken.rowcount == 1


def spend_of_all(tx: Tx, day: date, most: int) -> bool:
    """Take one send of what all stores together may send on a day."""
    row = tx.execute("SELECT kits.take_otp_day(%s, %s) AS taken", (day, most)).fetchone()
    return bool(row and row["taken"])


def spending(tx: Tx, since: date) -> dict[date, int]:
    """The codes that the store had sent, by day."""
    rows = tx.execute(
        """SELECT day, sends FROM kits.otp_spending
           WHERE store_id = kits.require_store() AND day >= %s ORDER BY day DESC""",
        (since,),
    )
    return {row["day"]: row["sends"] for row in rows}


def spending_of_all(tx: Tx, day: date) -> int:
    """The codes that all stores together had sent on a day."""
    row = tx.execute("SELECT kits.otp_day(%s) AS sends", (day,)).fetchone()
    return row["sends"] if row else 0


def guesses_used(tx: Tx, phone: str, at: datetime) -> int:
    """How many guesses the phone's live session has used."""
    row = tx.execute(
        """SELECT max(attempts) AS used FROM kits.otp_sessions
           WHERE store_id = backshop.current_store_id()
             AND phone = %s AND NOT verified AND expires_at > %s""",
        (phone, at),
    ).fetchone()
    return (row and row["used"]) or 0


def start_session(
    tx: Tx, session_id: str, session: OtpSession, at: datetime, expires_at: datetime
) -> None:
    """Open a session. The phone's earlier one ends, and its guesses count on in this one, which may
    be one that is over: a form that is sent again names it.

    The phone's limit is locked first: of two sends at once the second sees the first's session.
    """
    tx.execute(
        """SELECT FROM kits.otp_limits
           WHERE store_id = backshop.current_store_id()
             AND scope = 'phone' AND key = %s FOR NO KEY UPDATE""",
        (session.phone,),
    )
    tx.execute(
        """WITH ended AS (
               UPDATE kits.otp_sessions SET expires_at = %(at)s
               WHERE store_id = kits.require_store()
                 AND phone = %(phone)s AND NOT verified AND expires_at > %(at)s
               RETURNING attempts
           )
           INSERT INTO kits.otp_sessions
               (store_id, session_id, phone, otp_hash, attempts, expires_at, created_at)
           SELECT kits.require_store(), %(session_id)s, %(phone)s, %(otp_hash)s,
               coalesce(max(attempts), 0), %(expires_at)s, %(at)s FROM ended
           ON CONFLICT (store_id, session_id) DO UPDATE
           SET otp_hash = excluded.otp_hash, attempts = excluded.attempts, verified = false,
               expires_at = excluded.expires_at, created_at = excluded.created_at""",
        {
            "at": at,
            "phone": session.phone,
            "session_id": session_id,
            "otp_hash": session.otp_hash,
            "expires_at": expires_at,
        },
    )


def is_open(tx: Tx, session_id: str, at: datetime) -> bool:
    """Whether a session waits for its code."""
    row = tx.execute(
        """SELECT FROM kits.otp_sessions
           WHERE store_id = backshop.current_store_id()
             AND session_id = %s AND NOT verified AND expires_at > %s""",
        (session_id, at),
    ).fetchone()
    return row is not None


def use_guess(tx: Tx, session_id: str, most: int, at: datetime) -> OtpSession | None:
    """Count a guess before it is looked at, in one atomic statement; the session, or None where
    there is none, it ended, or its guesses are used up."""
    row = tx.execute(
        """UPDATE kits.otp_sessions SET attempts = attempts + 1
           WHERE store_id = backshop.current_store_id()
             AND session_id = %s AND NOT verified AND attempts < %s AND expires_at > %s
           RETURNING phone, otp_hash""",
        (session_id, most, at),
    ).fetchone()
    return OtpSession(**row) if row else None


def verify_session(tx: Tx, session_id: str, at: datetime) -> bool:
    """Close a session whose code was right; True for the first who does. Its customers' phone is
    verified then, and that of those who arrive with it later; `attempts` counts the failed ones
    alone."""
    tx.execute("SELECT kits.lock_phones()")
    row = tx.execute(
        """UPDATE kits.otp_sessions SET verified = true, attempts = attempts - 1
           WHERE store_id = backshop.current_store_id()
             AND session_id = %s AND NOT verified AND expires_at > %s RETURNING phone""",
        (session_id, at),
    ).fetchone()
    if row is None:
        return False
    tx.execute(
        """INSERT INTO kits.verified_phones (store_id, phone, verified_at)
           VALUES (kits.require_store(), %s, %s)
           ON CONFLICT (store_id, phone) DO UPDATE SET verified_at = excluded.verified_at""",
        (row["phone"], at),
    )
    tx.execute(
        """UPDATE kits.customers SET phone_verified = true
           WHERE store_id = backshop.current_store_id()
             AND phone_number = %s AND NOT phone_verified""",
        (row["phone"],),
    )
    return True


def cleanup_expired_otps(tx: Tx) -> int:
    """Delete expired sessions of every store the transaction sees; how many."""
    row = tx.execute("SELECT kits.cleanup_expired_otps() AS deleted").fetchone()
    return row["deleted"] if row else 0
