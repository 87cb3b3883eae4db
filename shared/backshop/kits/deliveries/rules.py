"""Which change of a delivery is allowed. Pure."""

from __future__ import annotations

from backshop.errors import Conflict, Unprocessable
from backshop.kits.deliveries.models import Delivery, DeliveryChange, Stage

_steps = {stage: number for number, stage in enumerate(Stage)}


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
    after = _requested(before, change)
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
    """What the second of two who change an order at the same time is answered."""
    return Conflict(
        f"Somebody else changed this order: it is at {delivery.stage}, version {delivery.version}. "
        "Look at it again, then send your change with that version.",
        slug="delivery-changed",
    )


def _requested(before: Delivery, change: DeliveryChange) -> Delivery:
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
