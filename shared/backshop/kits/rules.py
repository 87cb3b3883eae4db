"""The decisions of Signature Kits; every clock, draw and row is an argument."""

from __future__ import annotations

import ipaddress
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from backshop.errors import Conflict, Unprocessable
from backshop.kits.models import (
    BatchStatus,
    Candidate,
    Delivery,
    DeliveryChange,
    Event,
    Incoming,
    Limit,
    OtpSettings,
    Stage,
    Step,
    Tracked,
)

CARRIER = "Trans Express"
"""kits.md, order_tracking."""

_steps = {stage: number for number, stage in enumerate(Stage)}
_walk = list(BatchStatus)


def step(stage: Stage) -> int:
    """The place of a stage in the walk, from 0."""
    return _steps[stage]


def shows_tracking(stage: Stage) -> bool:
    """The courier's number is there from DISPATCHED on, and shown only then (kits.md)."""
    return step(stage) >= step(Stage.DISPATCHED)


def advance(before: Delivery, change: DeliveryChange) -> Delivery | None:
    """The delivery after what staff ask for; None where it is so already.

    Forward only, steps may be skipped. Going back, or replacing a tracking number, needs `correct`
    and a note. Raises Conflict, or Unprocessable where something is missing.
    """
    after = _asked_for(before, change)
    if after == before:
        return None
    if change.version is not None and change.version != before.version:
        raise changed_meanwhile(before)
    if change.correct:
        _check_note(change)
    else:
        _check_forward(before, after)
    _check_tracking(after)
    return after._replace(version=before.version + 1)


def changed_meanwhile(delivery: Delivery) -> Conflict:
    """What the second of two who change an order at the same time is told."""
    return Conflict(
        f"Somebody else changed this order: it is at {delivery.stage}, version {delivery.version}. "
        "Look at it again, then send your change with that version.",
        slug="delivery-changed",
    )


def _asked_for(before: Delivery, change: DeliveryChange) -> Delivery:
    taken_back = shows_tracking(before.stage) and not shows_tracking(change.stage)
    kept = None if taken_back else before.tracking_number
    return Delivery(
        stage=change.stage,
        tracking_number=change.tracking_number or kept,
        version=before.version,
    )


def _check_note(change: DeliveryChange) -> None:
    if not change.note:
        raise Unprocessable("A correction needs a note that says why.", slug="note-missing")


def _check_forward(before: Delivery, after: Delivery) -> None:
    if step(after.stage) < step(before.stage):
        raise Conflict(
            f"The order is at {before.stage} already; to go back to {after.stage} send "
            '"correct": true and a note.',
            slug="delivery-goes-back",
        )
    if before.tracking_number and after.tracking_number != before.tracking_number:
        raise Conflict(
            'The order has another tracking number already; to replace it send "correct": true '
            "and a note.",
            slug="tracking-number-differs",
        )


def _check_tracking(after: Delivery) -> None:
    if shows_tracking(after.stage) and not after.tracking_number:
        raise Unprocessable(
            f"Send the courier's tracking_number with {after.stage}.",
            slug="tracking-number-missing",
        )


def first_delivery(theirs: Tracked) -> Delivery:
    """Where a new order's delivery begins: at ORDER_CONFIRMED (kits.md), or where the platform has
    it already."""
    return Delivery(
        stage=theirs.stage or Stage.ORDER_CONFIRMED, tracking_number=theirs.tracking_number
    )


def receive(
    ours: Delivery, known: Tracked, theirs: Tracked, past_numbers: Collection[str]
) -> Incoming:
    """Three-way: ours now, what the platform was last known to hold, what it holds.

    `past_numbers` are the tracking numbers that the order has had here: a platform that shows an
    older one has lost a write (`setOrderCustomFields` loses concurrent ones silently).
    """
    if theirs.stage is None:
        return Incoming.IGNORE if known.stage is None else Incoming.REPAIR
    held = Tracked(ours.stage, ours.tracking_number)
    if theirs in (held, known):
        return Incoming.IGNORE
    if step(theirs.stage) < step(ours.stage):
        return Incoming.REPAIR
    if step(theirs.stage) > step(ours.stage):
        return Incoming.ADOPT
    number = theirs.tracking_number
    if number is None or number in past_numbers:
        return Incoming.REPAIR
    return Incoming.ADOPT


def adopted(ours: Delivery, theirs: Tracked) -> Delivery:
    """The delivery after somebody moved the order at the platform, tracking number or not: what
    has happened there cannot be refused."""
    if theirs.stage is None:
        raise ValueError("nothing to adopt")
    return Delivery(
        stage=theirs.stage,
        tracking_number=theirs.tracking_number or ours.tracking_number,
        version=ours.version + 1,
    )


followers = {
    BatchStatus.ORDERED_FROM_SUPPLIER: Stage.SOURCING,
    BatchStatus.IN_TRANSIT: Stage.SOURCING,
    BatchStatus.ARRIVED: Stage.ARRIVED,
}
"""The stage that a batch takes its orders to."""

awaited = {
    BatchStatus.DISPATCHED: Stage.DISPATCHED,
    BatchStatus.COMPLETED: Stage.DELIVERED,
}
"""The stage that every order must have reached before the batch may follow."""


def next_status(before: BatchStatus, asked: BatchStatus) -> bool:
    """Whether the batch moves: one step at a time; False where it is there already.

    Raises Conflict otherwise.
    """
    if asked == before:
        return False
    at = _walk.index(before)
    following = _walk[at + 1] if at + 1 < len(_walk) else None
    if asked != following:
        way = f"its next status is {following}" if following else "that is its last status"
        raise Conflict(f"The batch is at {before}; {way}.", slug="batch-out-of-step")
    return True


def why_left_out(order: Candidate | None, batch_number: str) -> str:
    """Why an order did not go into a batch, in words for staff."""
    if order is None:
        return "there is no order with this code"
    if order.is_cancelled:
        return "the order is cancelled"
    if order.batch_number == batch_number:
        return "the order is in this batch already"
    if order.batch_number:
        return f"the order is in batch {order.batch_number}"
    return f"the order is at {order.delivery_stage} already"


def steps(stage: Stage, events: Sequence[Event]) -> list[Step]:
    """The five steps with the time at which each was last reached; None for one that was skipped or
    is still to come."""
    reached = {event["stage"]: event["at"] for event in events}
    return [
        Step(
            stage=each,
            done=step(each) <= step(stage),
            at=reached.get(each) if step(each) <= step(stage) else None,
        )
        for each in Stage
    ]


def otp_limits(settings: OtpSettings, phone: str, address: str) -> list[Limit]:
    """What one send takes from, in the order in which it is taken (always the same: no deadlock)."""
    return [
        Limit("address", network(address), settings.address_sends, timedelta(hours=1)),
        Limit(
            "phone",
            phone,
            settings.phone_sends,
            timedelta(minutes=10),
            timedelta(seconds=settings.resend_seconds),
        ),
        Limit("prefix", phone[:-4], settings.prefix_sends, timedelta(days=1)),
    ]


def wait(limit: Limit, taken: Sequence[datetime], at: datetime) -> timedelta:
    """How long until a limit that is used up, or was taken from too recently, can be taken from."""
    recent = sorted(each for each in taken if each > at - limit.window)
    free_at = at
    if recent:
        free_at = max(free_at, recent[-1] + limit.gap)
    if len(recent) >= limit.most:
        free_at = max(free_at, recent[-limit.most] + limit.window)
    return free_at - at


def network(address: str) -> str:
    """What one person holds of the network: an IPv4 address, or the /64 of an IPv6 one."""
    given = ipaddress.ip_address(address)
    if isinstance(given, ipaddress.IPv4Address):
        return str(given)
    if given.ipv4_mapped:
        return str(given.ipv4_mapped)
    return str(ipaddress.ip_network((given, 64), strict=False))


def otp_text(code: str, shop_name: str, domain: str, minutes: int) -> str:
    """The SMS; its last line lets a browser on `domain`, and no other site, fill in the code
    (WebOTP, origin-bound one-time codes)."""
    return (
        f"{code} is your {shop_name} code. It works for {minutes} minutes; share it with nobody."
        f"\n\n@{domain} #{code}"
    )


def delivery_text(order_code: str, delivery: Delivery) -> str:
    """The SMS that tells a shopper how far their order is."""
    said = {
        Stage.ORDER_CONFIRMED: "is confirmed",
        Stage.SOURCING: "is being sourced from our supplier",
        Stage.ARRIVED: "has arrived at our warehouse",
        Stage.DISPATCHED: f"is on its way with {CARRIER}, tracking number "
        f"{delivery.tracking_number}",
        Stage.DELIVERED: "has been delivered",
    }
    return f"Your order {order_code} {said[delivery.stage]}."
