"""A supplier batch, its orders, its statistics and its purchase list."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class BatchStatus(StrEnum):
    """The life of a supplier batch, in its order (kits.md, import_batches)."""

    COLLECTING = "collecting"
    ORDERED_FROM_SUPPLIER = "orderedFromSupplier"
    IN_TRANSIT = "inTransit"
    ARRIVED = "arrived"
    DISPATCHED = "dispatched"
    COMPLETED = "completed"


class Candidate(NamedTuple):
    """An order that is asked into a batch, as far as it is known."""

    vendure_order_id: str
    order_code: str
    is_cancelled: bool
    delivery_stage: str
    batch_number: str | None
