"""The five steps of an order, and the order as its shopper sees it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from backshop.kits.arrival import rules as arrival
from backshop.kits.arrival.models import Walk
from backshop.kits.deliveries.models import Stage
from backshop.kits.deliveries.rules import shows_tracking, step
from backshop.kits.tracking.models import StageEvent, TrackedItem, TrackedOrder, TrackingStep


def steps(stage: Stage, events: Sequence[StageEvent]) -> list[TrackingStep]:
    """The five steps with the time at which each was last reached; None for one that was skipped or
    is still to come."""
    reached = {event["stage"]: datetime.fromisoformat(event["at"]) for event in events}
    return [
        TrackingStep(
            stage=each,
            done=step(each) <= step(stage),
            at=reached.get(each) if step(each) <= step(stage) else None,
        )
        for each in Stage
    ]


def tracked(
    order: Mapping[str, Any], walks: Sequence[Walk], now: datetime, zone: str
) -> TrackedOrder:
    """The row of `shoppers_order`, with what the latest walks of the store's orders say of it."""
    stage = Stage(order["stage"] or Stage.ORDER_CONFIRMED)
    is_under_way = stage != Stage.DELIVERED and not order["is_cancelled"]
    return TrackedOrder(
        order_code=order["order_code"],
        placed_at=order["order_date"],
        is_cancelled=order["is_cancelled"],
        total_with_tax=order["total_with_tax"],
        currency=order["currency"],
        stage=stage,
        steps=_from_placing(steps(stage, order["events"]), order["order_date"]),
        courier=order["carrier"],
        tracking_number=order["tracking_number"] if shows_tracking(stage) else None,
        sms_updates=order["sms_updates"],
        outlook=arrival.outlook(arrival.learn(walks), stage, _since(order), now, zone)
        if is_under_way
        else None,
        items=[TrackedItem.model_validate(each) for each in order["items"]],
    )


def _from_placing(steps: list[TrackingStep], placed_at: datetime) -> list[TrackingStep]:
    """An order is confirmed when it is placed, however late it became known here."""
    first = steps[0]
    if first.at is None or first.at <= placed_at:
        return steps
    return [first.model_copy(update={"at": placed_at}), *steps[1:]]


def _since(order: Mapping[str, Any]) -> datetime:
    """Since when the order is at its stage; it is confirmed from its placing on."""
    events = order["events"]
    if not events or (events[-1]["stage"] == Stage.ORDER_CONFIRMED):
        placed: datetime = order["order_date"]
        return placed
    entered = events[-1]["at"]
    for event in reversed(events):
        if event["stage"] != events[-1]["stage"]:
            break
        entered = event["at"]
    return datetime.fromisoformat(entered)
