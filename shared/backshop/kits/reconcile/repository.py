"""The SQL that follows the platform: what it holds, and what that changes here."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from backshop.commerce import Fulfilment, Order, Store, tracking_number
from backshop.db import Asked, Tx
from backshop.kits.deliveries.models import Delivery, DeliveryUpdate, Stage
from backshop.kits.deliveries.repository import delivery_of, save_deliveries
from backshop.kits.deliveries.rules import step
from backshop.kits.reconcile import rules
from backshop.kits.reconcile.models import Known, PlatformDelivery, Reaction

Row = dict[str, Any]
FULFILLED, DELIVERED = Fulfilment.FULFILLED, Fulfilment.DELIVERED


class _Report(NamedTuple):
    """What is noted of what the platform holds; `is_first`, with the order's first delivery."""

    order_code: str
    theirs: PlatformDelivery
    to_repair: bool = False
    is_first: bool = False


def follow_platform(
    tx: Tx, orders: Sequence[Order], store: Store, new: Asked[Collection[str]] = tuple
) -> None:
    """Bring deliveries in step with what a platform reports of orders that were just saved.

    An order that is new here gets its first event; one that somebody moved at the platform follows;
    one whose change was lost there is marked, and outbox_sweep sends it again. So is one of `new`,
    the codes of orders that were not here before, where a program has moved it all the same.
    """
    known = _known_of(tx, [order.code for order in orders])
    first_heard = new()
    changes: list[DeliveryUpdate] = []
    reports: list[_Report] = []
    for order in orders:
        theirs, held = rules.reported(order), known.get(order.code)
        if held is None:
            changes.append(DeliveryUpdate(order.code, rules.first_delivery(theirs)))
            reports.append(_Report(order.code, theirs, is_first=True))
            continue
        is_moved = order.code in first_heard and held.moved_by != store.platform
        reaction = rules.follow(held, order, is_moved=is_moved)
        if reaction is Reaction.ADOPT:
            changes.append(DeliveryUpdate(order.code, rules.adopted(held.ours, theirs)))
        noted = theirs if rules.says_something(order) else held.platform
        if reaction is Reaction.ASK:
            noted = held.platform
        to_repair = reaction in (Reaction.REPAIR, Reaction.ASK)
        if to_repair or noted != held.platform:
            reports.append(_Report(order.code, noted, to_repair))
    save_deliveries(tx, changes, by=store.platform, from_platform=True)
    _note_platform(tx, reports)


def follow_states(tx: Tx, orders: Sequence[Order], store: Store) -> None:
    """Move orders that the platform says it has sent or delivered, one stage after the other, so
    that their history is the same whichever of its states was seen."""
    sent = [each for each in orders if each.fulfilment in (FULFILLED, DELIVERED)]
    known_of: dict[str, Known] = {}
    for stage in (Stage.DISPATCHED, Stage.DELIVERED) if sent else ():
        known_of = known_of or _known_of(tx, [each.code for each in sent])
        changes: dict[bool, list[DeliveryUpdate]] = {True: [], False: []}
        for order in sent:
            if (known := known_of.get(order.code)) is None:
                continue
            ours, theirs = known.ours, known.platform
            target = rules.stage_of_state(order, theirs, store.settings.get("stage_from_state"))
            if target and step(ours.stage) < step(stage) <= step(target):
                number = tracking_number(order.tracking_number) or ours.tracking_number
                moved = Delivery(stage, number, ours.version + 1)
                changes[theirs.stage is not None].append(DeliveryUpdate(order.code, moved))
        for to_send, updates in changes.items():
            if updates:
                save_deliveries(tx, updates, by=store.platform, to_send=to_send)
                known_of = {}


def known_of_order(tx: Tx, code: str) -> Known | None:
    """What is known of one order, None where it has no delivery; locks that."""
    return _known_of(tx, [code]).get(code)


def begin_sending(tx: Tx, code: str, sent: PlatformDelivery) -> None:
    """Remember what is about to be written to the platform: from now on it may hold that."""
    tx.execute(
        """UPDATE kits.order_delivery_status SET sent_stage = %s, sent_tracking_number = %s
           WHERE store_id = kits.require_store() AND order_code = %s""",
        (sent.stage, sent.tracking_number, code),
    )


def end_sending(tx: Tx, code: str, held: PlatformDelivery | None) -> None:
    """The platform was read to hold this after the write; None where nobody knows."""
    known = known_of_order(tx, code)
    if known is None:
        return
    noted, to_repair = rules.after_sending(known, held)
    tx.execute(
        """UPDATE kits.order_delivery_status AS s
           SET sent_stage = NULL, sent_tracking_number = NULL, platform_stage = %(stage)s,
             platform_tracking_number = %(number)s,
             to_repair = s.to_repair OR (%(to_repair)s AND EXISTS (
               SELECT FROM kits.customer_orders_summary AS o
               WHERE o.store_id = s.store_id AND o.order_code = s.order_code))
           WHERE s.store_id = kits.require_store() AND s.order_code = %(code)s""",
        {
            "code": code,
            "stage": noted.stage,
            "number": noted.tracking_number,
            "to_repair": to_repair,
        },
    )


def note_platform(tx: Tx, code: str, theirs: PlatformDelivery) -> None:
    """Remember what the platform was just read to hold."""
    _note_platform(tx, [_Report(code, theirs)])


def _known_of(tx: Tx, codes: Sequence[str]) -> dict[str, Known]:
    rows = tx.execute(
        """SELECT order_code, stage, tracking_number, version, platform_stage,
               platform_tracking_number, sent_stage, sent_tracking_number, updated_by,
               (SELECT jsonb_agg(DISTINCT jsonb_build_array(e.stage, e.tracking_number))
                FROM kits.order_delivery_status_events AS e
                WHERE e.store_id = s.store_id AND e.order_code = s.order_code) AS past
           FROM kits.order_delivery_status AS s
           WHERE s.store_id = backshop.current_store_id()
             AND order_code = ANY (%s) ORDER BY order_code FOR NO KEY UPDATE OF s""",
        (list(codes),),
    )
    return {row["order_code"]: _known(row) for row in rows}


def _known(row: Row) -> Known:
    sent = rules.stage_of(row["sent_stage"])
    return Known(
        ours=delivery_of(row),
        platform=_held(row["platform_stage"], row["platform_tracking_number"]),
        sent=PlatformDelivery(sent, row["sent_tracking_number"]) if sent else None,
        past=frozenset(_held(stage, number) for stage, number in row["past"] or ()),
        moved_by=row["updated_by"],
    )


def _held(stage: str | None, tracking_number: str | None) -> PlatformDelivery:
    return PlatformDelivery(rules.stage_of(stage), tracking_number)


def _note_platform(tx: Tx, reports: Sequence[_Report]) -> None:
    """What is marked for sending stays so until the platform holds it: somebody may have moved the
    order between what is reported and now. One that somebody moved in the moment of its first
    delivery kept theirs, is marked, and of it nothing is noted: what the platform holds is read
    when it is sent."""
    if not reports:
        return
    tx.execute(
        """UPDATE kits.order_delivery_status AS s
           SET platform_stage = p.stage, platform_tracking_number = p.tracking_number,
               to_repair = p.to_repair OR (s.to_repair
                 AND (s.stage, s.tracking_number) IS DISTINCT FROM (p.stage, p.tracking_number))
           FROM unnest(%s::text[], %s::text[], %s::text[], %s::boolean[], %s::boolean[])
               AS p (order_code, stage, tracking_number, to_repair, is_first)
           WHERE s.order_code = p.order_code AND s.store_id = kits.require_store()
             AND (NOT p.is_first OR s.platform_stage IS NOT NULL)""",
        (
            [each.order_code for each in reports],
            [each.theirs.stage for each in reports],
            [each.theirs.tracking_number for each in reports],
            [each.to_repair for each in reports],
            [each.is_first for each in reports],
        ),
    )
