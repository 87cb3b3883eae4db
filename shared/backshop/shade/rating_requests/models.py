"""A request for a rating."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID


class RatingRequest(NamedTuple):
    """A request, and whom it goes to."""

    channel: str
    status: str
    shade: str
    kit_order_id: UUID
    email: str | None
    phone_number: str | None
    first_name: str | None
    customer_id: UUID
    is_live: bool
    """It is still converted, not rated yet, and mail is still wanted."""
