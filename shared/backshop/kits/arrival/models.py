"""What is known of past orders, and what is said of one that is under way."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple

from pydantic import BaseModel, Field

from backshop.kits.deliveries.models import Stage


class Walk(NamedTuple):
    """How an order went through its stages: every change of it, oldest first."""

    placed_at: datetime
    changes: Sequence[tuple[Stage, datetime]]


class Arrival(BaseModel):
    """When an order is likely to come."""

    first: date = Field(description="Four of five orders come from this day, in the shop's zone …")
    last: date = Field(description="… to this one.")


class Outlook(BaseModel):
    """What is expected of an order that is under way."""

    arrival: Arrival | None = Field(description="None where too few orders were delivered yet.")
    usual_by: date | None = Field(
        description="The day by which nine of ten orders had left the stage that this one is at."
    )
    is_late: bool = Field(description="It has been at its stage for longer than nine of ten.")
