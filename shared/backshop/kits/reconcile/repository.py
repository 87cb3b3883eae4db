"""The SQL that follows the platform: what it holds, and what that changes here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from backshop.commerce import Fulfilment, Order, Store
from backshop.db import Tx
from backshop.kits.deliveries.models import Delivery, DeliveryUpdate, Stage
from backshop.kits.deliveries.repository import delivery_of, save_deliveries
from backshop.kits.deliveries.rules import step
from backshop.kits.reconcile import rules
from backshop.kits.reconcile.models import PlatformDelivery, Reaction

Row = dict[str, Any]
FULFILLED, DELIVERED = Fulfilment.FULFILLED, Fulfilment.DELIVERED


def follow_platform(tx: Tx, orders: Sequence[Order], store: Store) -> None:
    """Bring deliveries in step with what a platform reports of orders that were just saved.

    An order that is new here gets its first event; one that somebody moved at the platform follows;
    one whose change was lost there is marked, and outbox_sweep sends it again.
    """
    states = _platform_states(tx, [order.code for order in orders])
    changes: list[DeliveryUpdate] = []
    reports: list[tuple[str, PlatformDelivery, bool]] = []
    for order in orders:
        theirs = rules.reported(order)
        state = states.get(order.code)
        if state is None:
            changes.append(DeliveryUpdate(order.code, rules.first_delivery(theirs)))
            reports.append((order.code, theirs, False))
        elif order.delivery_stage is None or theirs.stage:
            known = _known(state)
            ours = delivery_of(state)
            decision = rules.react(ours, known, theirs, state["past_numbers"])
            if decision is Reaction.ADOPT:
                changes.append(DeliveryUpdate(order.code, rules.adopted(ours, theirs)))
            if theirs != known or decision is Reaction.REPAIR:
                reports.append((order.code, theirs, decision is Reaction.REPAIR))
    save_deliveries(tx, changes, by=store.platform, from_platform=True)
    _note_platform(tx, reports)


def follow_states(tx: Tx, orders: Sequence[Order], store: Store) -> None:
    """Move orders that the platform says it has sent or delivered, one stage after the other, so
    that their history is the same whichever of its states was seen."""
    sent = [each for each in orders if each.fulfilment in (FULFILLED, DELIVERED)]
    states: dict[str, Row] = {}
    for stage in (Stage.DISPATCHED, Stage.DELIVERED) if sent else ():
        states = states or _platform_states(tx, [each.code for each in sent])
        changes: dict[bool, list[DeliveryUpdate]] = {True: [], False: []}
        for order in sent:
            if (state := states.get(order.code)) is None:
                continue
            ours, known = delivery_of(state), _known(state)
            target = rules.stage_of_state(order, known, store.settings.get("stage_from_state"))
            if target and step(ours.stage) < step(stage) <= step(target):
                number = rules.tracking_number(order.tracking_number) or ours.tracking_number
                moved = Delivery(stage, number, ours.version + 1)
                changes[known.stage is not None].append(DeliveryUpdate(order.code, moved))
        for to_send, updates in changes.items():
            if updates:
                save_deliveries(tx, updates, by=store.platform, to_send=to_send)
                states = {}


def platform_state(tx: Tx, code: str) -> tuple[Delivery, PlatformDelivery, list[str]] | None:
    """One order's delivery, what the platform was last known to hold, and every tracking number
    that the order has had; locks its delivery."""
    state = _platform_states(tx, [code]).get(code)
    if state is None:
        return None
    return delivery_of(state), _known(state), state["past_numbers"]


def note_platform(tx: Tx, code: str, theirs: PlatformDelivery) -> None:
    """Remember what the platform was just read to hold."""
    _note_platform(tx, [(code, theirs, False)])


def _known(state: Row) -> PlatformDelivery:
    stage = rules.stage_of(state["platform_stage"])
    return PlatformDelivery(stage, state["platform_tracking_number"])


def _platform_states(tx: Tx, codes: Sequence[str]) -> dict[str, Row]:
    rows = tx.execute(
        """SELECT order_code, stage, tracking_number, version, platform_stage,
               platform_tracking_number,
               ARRAY(SELECT e.tracking_number FROM kits.order_delivery_status_events AS e
                     WHERE e.order_code = s.order_code AND e.tracking_number IS NOT NULL)
                   AS past_numbers
           FROM kits.order_delivery_status AS s
           WHERE s.store_id = backshop.current_store_id()
             AND order_code = ANY (%s) ORDER BY order_code FOR NO KEY UPDATE OF s""",
        (list(codes),),
    )
    return {row["order_code"]: row for row in rows}


def _note_platform(tx: Tx, reports: Sequence[tuple[str, PlatformDelivery, bool]]) -> None:
    """What is marked for sending stays so until the platform holds it: somebody may have moved the
    order between what is reported and now."""
    if not reports:
        return
    tx.execute(
        """UPDATE kits.order_delivery_status AS s
           SET platform_stage = p.stage, platform_tracking_number = p.tracking_number,
               to_repair = p.to_repair OR (s.to_repair
                 AND (s.stage, s.tracking_number) IS DISTINCT FROM (p.stage, p.tracking_number))
           FROM unnest(%s::text[], %s::text[], %s::text[], %s::boolean[])
               AS p (order_code, stage, tracking_number, to_repair)
           WHERE s.order_code = p.order_code AND s.store_id = kits.require_store()""",
        (
            [code for code, _, _ in reports],
            [theirs.stage for _, theirs, _ in reports],
            [theirs.tracking_number for _, theirs, _ in reports],
            [to_repair for _, _, to_repair in reports],
        ),
    )
