"""The list that staff begin their day with."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field

from backshop.commerce import Time

Need = Literal[
    "failed_writes",
    "failed_webhooks",
    "failed_refunds",
    "failed_addresses",
    "pending_refunds",
    "stuck_syncs",
    "failed_syncs",
    "late_batches",
    "full_batches",
    "late_orders",
    "follow_ups",
]
Done = Literal["orders", "webhooks", "refunds", "deliveries", "syncs"]


class Waiting(BaseModel):
    """What needs a person in one store."""

    need: Need
    store_id: UUID
    store_name: str
    platform: str | None
    number: int
    oldest: Time = Field(description="Since when the oldest of them waits.")


class Happened(BaseModel):
    """What happened in a store in the last day."""

    what: Done
    store_id: UUID
    store_name: str
    number: int


class Today(BaseModel):
    """What needs a person, the oldest first, and what happened in the last day."""

    waiting: list[Waiting]
    happened: list[Happened]


class StoreStatus(BaseModel):
    """How one store is connected, synced and written to."""

    store_id: UUID
    name: str
    platform: str | None
    store_url: str | None
    connection: str | None = Field(
        description="`active` or `uninstalled`; null for a store without a platform."
    )
    sync_interval: int | None = Field(description="Seconds between two syncs.")
    last_synced_at: Time | None = Field(description="When the last sync that succeeded began.")
    last_sync: str | None = Field(description="How the last sync ended, or `running`.")
    seconds_behind: float | None = Field(
        description="How much longer ago than its interval the last sync that succeeded began."
    )
    pending_writes: int = Field(description="Changes that wait to be made at the shop.")
    pending_since: Time | None = Field(description="Since when the oldest of them waits.")
    failed_writes: int
    failed_webhooks: int


class StatusPosition(BaseModel):
    """Where a page of stores ended: they are by id."""

    id: UUID
