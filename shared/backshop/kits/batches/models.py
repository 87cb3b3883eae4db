"""A supplier batch, its orders, its statistics and its purchase list."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from pydantic import BaseModel, Field

from backshop.commerce import Money, Time
from backshop.kits.deliveries.models import Stage


class BatchStatus(StrEnum):
    """The life of a supplier batch, in its order (kits.md, import_batches)."""

    COLLECTING = "collecting"
    ORDERED_FROM_SUPPLIER = "orderedFromSupplier"
    IN_TRANSIT = "inTransit"
    ARRIVED = "arrived"
    DISPATCHED = "dispatched"
    COMPLETED = "completed"


class Candidate(NamedTuple):
    """An order that is to go into a batch, as far as it is known."""

    vendure_order_id: str
    order_code: str
    is_cancelled: bool
    delivery_stage: str
    batch_number: str | None


class Batch(BaseModel):
    """A supplier batch."""

    id: UUID
    batch_number: str = Field(description="The day it was made and its number within the day.")
    status: BatchStatus
    target_order_count: int
    order_count: int
    notes: str | None
    created_at: Time
    updated_at: Time
    auto_assign: bool = Field(description="Takes new orders by itself; one batch of a store may.")


class BatchStatistics(BaseModel):
    """What is in a batch and how far it is; cancelled orders count for themselves alone."""

    batch_id: UUID
    batch_number: str
    status: BatchStatus
    target_order_count: int
    order_count: int
    cancelled_count: int
    item_count: int
    total_value: dict[str, Money] = Field(description="Major units, by currency.")
    orders_by_stage: dict[Stage, int]
    completion_percentage: Decimal = Field(description="Orders of the target.")
    delivered_percentage: Decimal = Field(description="Delivered orders of all.")


class PurchaseItem(BaseModel):
    """What to buy: one line per product, variant, patch and print."""

    product_sku: str | None
    variant_sku: str | None
    product_name: str | None
    variant_name: str | None
    quantity: int
    patch_enabled: bool
    patch_type: str | None
    print_name: str | None
    print_number: str | None
