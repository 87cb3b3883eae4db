"""How a batch moves, its orders with it. Pure."""

from __future__ import annotations

from backshop.errors import Conflict
from backshop.kits.batches.models import BatchStatus, Candidate
from backshop.kits.deliveries.models import Stage

_walk = list(BatchStatus)
STAGE_OF_STATUS = {
    BatchStatus.ORDERED_FROM_SUPPLIER: Stage.SOURCING,
    BatchStatus.IN_TRANSIT: Stage.SOURCING,
    BatchStatus.ARRIVED: Stage.ARRIVED,
}
"""The stage that a batch takes its orders to."""
STAGE_BEFORE_STATUS = {
    BatchStatus.DISPATCHED: Stage.DISPATCHED,
    BatchStatus.COMPLETED: Stage.DELIVERED,
}
"""The stage that every order must have reached before the batch may follow."""


def next_status(before: BatchStatus, after: BatchStatus) -> bool:
    """Whether the batch moves: one step at a time; False where it is there already.

    Raises Conflict otherwise.
    """
    if after == before:
        return False
    at = _walk.index(before)
    following = _walk[at + 1] if at + 1 < len(_walk) else None
    if after != following:
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
