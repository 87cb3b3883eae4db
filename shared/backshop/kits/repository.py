"""The SQL of the schema `kits`: deliveries, batches, phone checks, and what shoppers may read.

Everybody locks in one order, so that nobody waits in a circle: orders by vendure_order_id, then
their delivery status, then the batch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from backshop.commerce import Order
from backshop.db import Tx
from backshop.errors import NotFound
from backshop.kits import rules
from backshop.kits.models import (
    BatchStatus,
    Candidate,
    Delivery,
    Incoming,
    Limit,
    Stage,
    Tracked,
)

Row = dict[str, Any]


# ------------------------------------------------------------------------------- phone check


def take(tx: Tx, limit: Limit, at: datetime) -> bool:
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


def times_taken(tx: Tx, limit: Limit) -> list[datetime]:
    """When a limit was last taken from; what is older than its window may be missing."""
    row = tx.execute(
        "SELECT taken FROM kits.otp_limits WHERE scope = %s AND key = %s", (limit.scope, limit.key)
    ).fetchone()
    return row["taken"] if row else []


def guesses_used(tx: Tx, phone: str, at: datetime) -> int:
    """How many guesses the phone's live session has seen."""
    row = tx.execute(
        """SELECT max(attempts) AS used FROM kits.otp_sessions
           WHERE phone = %s AND NOT verified AND expires_at > %s""",
        (phone, at),
    ).fetchone()
    return (row and row["used"]) or 0


@dataclass(frozen=True, slots=True)
class Session:
    """A phone check under way."""

    phone: str
    otp_hash: str


def start_session(
    tx: Tx, session_id: str, session: Session, at: datetime, expires_at: datetime
) -> None:
    """Open a session. The phone's earlier one ends, and its guesses count on in this one.

    The phone's limit is locked first: of two sends at once the second sees the first's session.
    """
    tx.execute(
        "SELECT FROM kits.otp_limits WHERE scope = 'phone' AND key = %s FOR NO KEY UPDATE",
        (session.phone,),
    )
    tx.execute(
        """WITH ended AS (
               UPDATE kits.otp_sessions SET expires_at = %(at)s
               WHERE phone = %(phone)s AND NOT verified AND expires_at > %(at)s
               RETURNING attempts
           )
           INSERT INTO kits.otp_sessions
               (store_id, session_id, phone, otp_hash, attempts, expires_at, created_at)
           SELECT kits.require_store(), %(session_id)s, %(phone)s, %(otp_hash)s,
               coalesce(max(attempts), 0), %(expires_at)s, %(at)s FROM ended""",
        {
            "at": at,
            "phone": session.phone,
            "session_id": session_id,
            "otp_hash": session.otp_hash,
            "expires_at": expires_at,
        },
    )


def use_guess(tx: Tx, session_id: str, most: int, at: datetime) -> Session | None:
    """Count a guess before it is looked at, in one atomic statement; the session, or None where
    there is none, it ended, or its guesses are used up."""
    row = tx.execute(
        """UPDATE kits.otp_sessions SET attempts = attempts + 1
           WHERE session_id = %s AND NOT verified AND attempts < %s AND expires_at > %s
           RETURNING phone, otp_hash""",
        (session_id, most, at),
    ).fetchone()
    return Session(**row) if row else None


def verify_session(tx: Tx, session_id: str, at: datetime) -> bool:
    """Close a session whose code was right; True for the first who does. Its customers' phone is
    verified then; `attempts` counts the failed ones alone."""
    row = tx.execute(
        """UPDATE kits.otp_sessions SET verified = true, attempts = attempts - 1
           WHERE session_id = %s AND NOT verified AND expires_at > %s RETURNING phone""",
        (session_id, at),
    ).fetchone()
    if row is None:
        return False
    tx.execute(
        """UPDATE kits.customers SET phone_verified = true
           WHERE phone_number = %s AND NOT phone_verified""",
        (row["phone"],),
    )
    return True


def cleanup_expired_otps(tx: Tx) -> int:
    """Delete expired sessions of every store the transaction sees; how many."""
    row = tx.execute("SELECT kits.cleanup_expired_otps() AS deleted").fetchone()
    return row["deleted"] if row else 0


# ------------------------------------------------------------------------------- the shopper


def shoppers_order(tx: Tx, code: str) -> Row | None:
    """An order with its items and events, as the shopper's login may see it; None where it may not
    or there is none."""
    return tx.execute(
        """SELECT o.order_code, o.order_date, o.total_with_tax, o.currency, o.is_cancelled,
               d.stage, d.tracking_number, t.carrier,
               (SELECT coalesce(json_agg(json_build_object('stage', e.stage, 'at', e.updated_at)
                                         ORDER BY e.sequence), '[]')
                FROM kits.order_delivery_status_events AS e
                WHERE e.order_code = o.order_code) AS events,
               (SELECT coalesce(json_agg(json_build_object(
                           'product_name', i.product_name, 'variant_name', i.variant_name,
                           'quantity', i.quantity, 'unit_price_with_tax', i.unit_price_with_tax::text,
                           'patch_enabled', i.patch_enabled, 'patch_type', i.patch_type,
                           'print_name', i.print_name, 'print_number', i.print_number)
                           ORDER BY i.vendure_line_id), '[]')
                FROM kits.customer_order_items AS i WHERE i.order_summary_id = o.id) AS items
           FROM kits.customer_orders_summary AS o
           LEFT JOIN kits.order_delivery_status AS d ON d.order_code = o.order_code
           LEFT JOIN kits.order_tracking AS t ON t.vendure_order_id = o.vendure_order_id
           WHERE o.order_code = %s""",
        (code,),
    ).fetchone()


def agree_to_sms(tx: Tx, code: str, phone: str, agreed: bool) -> bool:
    """Note on an order of this phone whether its shopper wants an SMS at each later stage; False
    where the phone has no such order."""
    changed = tx.execute(
        """UPDATE kits.customer_orders_summary SET sms_updates = %s
           WHERE order_code = %s AND phone_number = %s""",
        (agreed, code, phone),
    )
    return changed.rowcount == 1


# ------------------------------------------------------------------------------- deliveries


class Held(NamedTuple):
    """An order that this transaction has locked, and where its delivery is.

    `changed_meanwhile`: somebody changed it after this transaction began, while we waited.
    """

    vendure_order_id: str
    order_code: str
    is_cancelled: bool
    delivery: Delivery
    changed_meanwhile: bool


class Change(NamedTuple):
    """What an order's delivery is to be."""

    order_code: str
    delivery: Delivery
    note: str | None = None


def hold_deliveries(tx: Tx, codes: Sequence[str]) -> dict[str, Held]:
    """Lock these orders and read their deliveries; codes of no order are left out."""
    orders = tx.execute(
        """SELECT vendure_order_id, order_code, is_cancelled FROM kits.customer_orders_summary
           WHERE order_code = ANY (%s) ORDER BY vendure_order_id FOR NO KEY UPDATE""",
        (list(codes),),
    ).fetchall()
    return _with_deliveries(tx, orders)


def hold_delivery(tx: Tx, code: str) -> Held:
    """Lock one order. Raises NotFound."""
    held = hold_deliveries(tx, [code]).get(code)
    if held is None:
        raise NotFound("There is no order with this code.")
    return held


def hold_batch_deliveries(tx: Tx, batch_id: UUID) -> dict[str, Held]:
    """Lock the orders of a batch."""
    orders = tx.execute(
        """SELECT o.vendure_order_id, o.order_code, o.is_cancelled
           FROM kits.customer_orders_summary AS o
           WHERE o.batch_id = %s ORDER BY o.vendure_order_id FOR NO KEY UPDATE""",
        (batch_id,),
    ).fetchall()
    return _with_deliveries(tx, orders)


def _with_deliveries(tx: Tx, orders: Sequence[Row]) -> dict[str, Held]:
    """A statement of its own after the lock: one that waits for a lock sees other tables as they
    were before."""
    rows = tx.execute(
        """SELECT order_code, stage, tracking_number, version,
               updated_at > transaction_timestamp() AS changed_meanwhile
           FROM kits.order_delivery_status WHERE order_code = ANY (%s)""",
        ([order["order_code"] for order in orders],),
    )
    states = {row["order_code"]: row for row in rows}
    return {order["order_code"]: _held(order, states.get(order["order_code"])) for order in orders}


def _held(order: Row, state: Row | None) -> Held:
    delivery = _delivery(state) if state else Delivery(stage=Stage.ORDER_CONFIRMED)
    return Held(
        **order, delivery=delivery, changed_meanwhile=bool(state and state["changed_meanwhile"])
    )


def _delivery(row: Row) -> Delivery:
    return Delivery(Stage(row["stage"]), row["tracking_number"], row["version"])


def save_delivery(tx: Tx, change: Change, *, by: str) -> None:
    """Save one delivery of a held order with its event."""
    tx.execute(
        "SELECT FROM kits.update_order_delivery_status(%s, %s, %s, %s, %s)",
        (
            change.order_code,
            change.delivery.stage,
            change.delivery.tracking_number or "",
            change.note,
            by,
        ),
    )


def save_deliveries(
    tx: Tx, changes: Sequence[Change], *, by: str, from_platform: bool = False
) -> None:
    """Save many, each order once, in one statement. `from_platform`: the platform holds it so."""
    if not changes:
        return
    tx.execute(
        """SELECT count(*) FROM kits.update_order_delivery_statuses(
               %s::text[], %s::text[], %s::text[], %s::text[], %s, %s)""",
        (
            [change.order_code for change in changes],
            [change.delivery.stage for change in changes],
            [change.delivery.tracking_number for change in changes],
            [change.note for change in changes],
            by,
            from_platform,
        ),
    )


def follow_platform(tx: Tx, orders: Sequence[Order], platform: str) -> None:
    """Bring deliveries in step with what a platform reports of orders that were just saved.

    An order that is new here gets its first event; one that somebody moved at the platform follows;
    one whose change was lost there is marked, and outbox_sweep sends it again.
    """
    states = _platform_states(tx, [order.code for order in orders])
    changes: list[Change] = []
    seen: list[tuple[str, Tracked, bool]] = []
    for order in orders:
        theirs = Tracked(_stage(order.delivery_stage), order.tracking_number)
        state = states.get(order.code)
        if state is None:
            changes.append(Change(order.code, rules.first_delivery(theirs)))
            seen.append((order.code, theirs, False))
        elif order.delivery_stage is None or theirs.stage:
            known = _known(state)
            ours = _delivery(state)
            decision = rules.receive(ours, known, theirs, state["past_numbers"])
            if decision is Incoming.ADOPT:
                changes.append(Change(order.code, rules.adopted(ours, theirs)))
            if theirs != known or decision is Incoming.REPAIR:
                seen.append((order.code, theirs, decision is Incoming.REPAIR))
    save_deliveries(tx, changes, by=platform, from_platform=True)
    _note_platform(tx, seen)


def _known(state: Row) -> Tracked:
    return Tracked(_stage(state["platform_stage"]), state["platform_tracking_number"])


def _stage(text: str | None) -> Stage | None:
    """None where a shop has words of its own for it, too."""
    return Stage(text) if text and text in Stage.__members__ else None


def _platform_states(tx: Tx, codes: Sequence[str]) -> dict[str, Row]:
    rows = tx.execute(
        """SELECT order_code, stage, tracking_number, version, platform_stage,
               platform_tracking_number,
               ARRAY(SELECT e.tracking_number FROM kits.order_delivery_status_events AS e
                     WHERE e.order_code = s.order_code AND e.tracking_number IS NOT NULL)
                   AS past_numbers
           FROM kits.order_delivery_status AS s
           WHERE order_code = ANY (%s) ORDER BY order_code FOR NO KEY UPDATE OF s""",
        (list(codes),),
    )
    return {row["order_code"]: row for row in rows}


def _note_platform(tx: Tx, seen: Sequence[tuple[str, Tracked, bool]]) -> None:
    if not seen:
        return
    tx.execute(
        """UPDATE kits.order_delivery_status AS s
           SET platform_stage = p.stage, platform_tracking_number = p.tracking_number,
               to_repair = p.to_repair
           FROM unnest(%s::text[], %s::text[], %s::text[], %s::boolean[])
               AS p (order_code, stage, tracking_number, to_repair)
           WHERE s.order_code = p.order_code AND s.store_id = kits.require_store()""",
        (
            [code for code, _, _ in seen],
            [theirs.stage for _, theirs, _ in seen],
            [theirs.tracking_number for _, theirs, _ in seen],
            [to_repair for _, _, to_repair in seen],
        ),
    )


def platform_state(tx: Tx, code: str) -> tuple[Delivery, Tracked, list[str]] | None:
    """One order's delivery, what the platform was last known to hold, and every tracking number
    that the order has had; locks its delivery."""
    state = _platform_states(tx, [code]).get(code)
    if state is None:
        return None
    return _delivery(state), _known(state), state["past_numbers"]


def note_platform(tx: Tx, code: str, theirs: Tracked) -> None:
    """Remember what the platform was just read to hold."""
    _note_platform(tx, [(code, theirs, False)])


class FollowUp(NamedTuple):
    """What is to be done after a change that no handler of ours caused."""

    vendure_order_id: str
    order_code: str
    to_repair: bool
    to_tell: bool


def stores_to_follow_up(tx: Tx) -> list[UUID]:
    """The stores that have follow-ups; for a transaction that sees all."""
    rows = tx.execute(
        "SELECT DISTINCT store_id FROM kits.order_delivery_status WHERE to_repair OR to_tell"
    )
    return [row["store_id"] for row in rows]


def take_follow_ups(tx: Tx, limit: int) -> list[FollowUp]:
    """Take up to `limit` follow-ups off the store's list; write their outbox rows in the same
    transaction."""
    rows = tx.execute(
        """WITH waiting AS (
               SELECT s.order_code, s.to_repair, s.to_tell FROM kits.order_delivery_status AS s
               WHERE s.to_repair OR s.to_tell
               ORDER BY s.order_code LIMIT %s FOR NO KEY UPDATE SKIP LOCKED
           )
           UPDATE kits.order_delivery_status AS s SET to_repair = false, to_tell = false
           FROM waiting AS w
           INNER JOIN kits.customer_orders_summary AS o ON o.order_code = w.order_code
           WHERE s.order_code = w.order_code
           RETURNING o.vendure_order_id, s.order_code, w.to_repair, w.to_tell""",
        (limit,),
    )
    return [FollowUp(**row) for row in rows]


class News(NamedTuple):
    """What a shopper is told; `told_version` is what they were told of before."""

    phone: str
    delivery: Delivery
    told_version: int


def begin_to_tell(tx: Tx, code: str) -> News | None:
    """Note that the shopper of an order is being told of its delivery as it is now; None where they
    were told of it already, do not want to be, or the order is cancelled or has no phone."""
    row = tx.execute(
        """UPDATE kits.order_delivery_status AS s SET told_version = s.version
           FROM kits.customer_orders_summary AS o,
                (SELECT order_code, told_version FROM kits.order_delivery_status
                 WHERE order_code = %(code)s FOR NO KEY UPDATE) AS before
           WHERE s.order_code = before.order_code AND o.order_code = before.order_code
             AND s.store_id = kits.require_store() AND o.store_id = s.store_id
             AND before.told_version < s.version
             AND o.sms_updates AND NOT o.is_cancelled AND o.phone_number IS NOT NULL
           RETURNING o.phone_number, s.stage, s.tracking_number, s.version, before.told_version""",
        {"code": code},
    ).fetchone()
    return News(row["phone_number"], _delivery(row), row["told_version"]) if row else None


def take_back(tx: Tx, code: str, news: News) -> None:
    """The shopper was not told after all."""
    tx.execute(
        """UPDATE kits.order_delivery_status SET told_version = %s
           WHERE order_code = %s AND told_version = %s""",
        (news.told_version, code, news.delivery.version),
    )


def events(tx: Tx, code: str) -> list[Row]:
    """Every change of an order's delivery with who and when, oldest first."""
    return tx.execute(
        """SELECT sequence, stage, tracking_number, note, updated_by, updated_at
           FROM kits.order_delivery_status_events WHERE order_code = %s ORDER BY sequence""",
        (code,),
    ).fetchall()


# ------------------------------------------------------------------------------- batches


def create_batch(tx: Tx, target: int, notes: str | None, auto_assign: bool) -> Row:
    """A new batch under the next number of the day. Raises UniqueViolation where another one
    already takes orders by itself."""
    row = tx.execute(
        """INSERT INTO kits.import_batches
               (store_id, batch_number, target_order_count, notes, auto_assign)
           VALUES (kits.require_store(), kits.generate_batch_number(), %s, %s, %s)
           RETURNING *""",
        (target, notes, auto_assign),
    ).fetchone()
    return row or {}


def batches(tx: Tx, status: BatchStatus | None, before: str | None, limit: int) -> list[Row]:
    """The store's batches, newest number first, from below `before` on."""
    return tx.execute(
        """SELECT * FROM kits.import_batches
           WHERE (%(status)s::text IS NULL OR status = %(status)s)
             AND (%(before)s::text IS NULL
                  OR (length(batch_number), batch_number) < (length(%(before)s), %(before)s))
           ORDER BY length(batch_number) DESC, batch_number DESC LIMIT %(limit)s""",
        {"status": status, "before": before, "limit": limit},
    ).fetchall()


def batch(tx: Tx, batch_id: UUID, *, lock: bool = False) -> Row:
    """One batch. Raises NotFound."""
    row = tx.execute(
        f"SELECT * FROM kits.import_batches WHERE id = %s {'FOR NO KEY UPDATE' if lock else ''}",  # noqa: S608
        (batch_id,),
    ).fetchone()
    if row is None:
        raise NotFound("There is no such batch; GET /batches lists them.")
    return row


def batch_statistics(tx: Tx, batch_id: UUID) -> Row:
    """What is in a batch and how far it is."""
    row = tx.execute("SELECT * FROM kits.get_batch_statistics(%s)", (batch_id,)).fetchone()
    return row or {}


def set_batch_status(tx: Tx, batch_id: UUID, status: BatchStatus) -> None:
    tx.execute("UPDATE kits.import_batches SET status = %s WHERE id = %s", (status, batch_id))


def assign(tx: Tx, batch_id: UUID, codes: Sequence[str], *, by: str) -> set[str]:
    """Put orders into a batch that collects; the codes of those that went in."""
    rows = tx.execute(
        """WITH assigned AS MATERIALIZED (
               SELECT kits.assign_orders(%s, ARRAY(
                   SELECT vendure_order_id FROM kits.customer_orders_summary
                   WHERE order_code = ANY (%s)), %s) AS id
           )
           SELECT o.order_code FROM kits.customer_orders_summary AS o
           INNER JOIN assigned ON o.vendure_order_id = assigned.id""",
        (batch_id, list(codes), by),
    )
    return {row["order_code"] for row in rows}


def candidates(tx: Tx, codes: Sequence[str]) -> dict[str, Candidate]:
    """What is known of these orders; codes of no order are left out."""
    rows = tx.execute(
        """SELECT o.vendure_order_id, o.order_code, o.is_cancelled, o.delivery_stage, b.batch_number
           FROM kits.customer_orders_summary AS o
           LEFT JOIN kits.import_batches AS b ON b.store_id = o.store_id AND b.id = o.batch_id
           WHERE o.order_code = ANY (%s)""",
        (list(codes),),
    )
    return {row["order_code"]: Candidate(**row) for row in rows}


def assign_automatically(tx: Tx, order_ids: Sequence[str]) -> int:
    """Put new orders that were just saved into the batch that takes them by itself; how many.

    `order_ids` are the platform's; those that were placed before the batch was made, are past
    ORDER_CONFIRMED or were taken out by staff stay out.
    """
    row = tx.execute(
        "SELECT count(*) AS number FROM kits.assign_orders_to_open_batch(%s)", (list(order_ids),)
    ).fetchone()
    return row["number"] if row else 0


def unassign(tx: Tx, batch_id: UUID, code: str) -> bool:
    """Take an order out of a batch, for good; False where it is not in it."""
    row = tx.execute(
        """UPDATE kits.customer_orders_summary SET keep_unbatched = true
           WHERE order_code = %s AND batch_id = %s RETURNING vendure_order_id""",
        (code, batch_id),
    ).fetchone()
    if row is None:
        return False
    tx.execute("SELECT kits.unassign_orders(%s)", ([row["vendure_order_id"]],))
    return True


def export_purchase_list(tx: Tx, batch_id: UUID) -> list[Row]:
    """Write the batch's purchase list anew from its orders, and return it."""
    tx.execute("SELECT count(*) FROM kits.export_supplier_purchase_list(%s)", (batch_id,))
    return purchase_list(tx, batch_id)


def purchase_list(tx: Tx, batch_id: UUID) -> list[Row]:
    """The batch's purchase list as it was last written."""
    return tx.execute(
        """SELECT product_sku, variant_sku, product_name, variant_name, quantity, patch_enabled,
               patch_type, print_name, print_number
           FROM kits.supplier_purchase_lists WHERE batch_id = %s
           ORDER BY product_name, variant_name, product_sku, variant_sku, patch_enabled, patch_type,
               print_name, print_number""",
        (batch_id,),
    ).fetchall()
