"""A discount, what it is worth, and whose it is."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Literal, NamedTuple
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from backshop.commerce import Money

DiscountStatus = Literal["pending", "active", "failed", "revoking", "revoked", "expired"]


class DiscountTerms(NamedTuple):
    """What a discount is worth, in major units, and until when."""

    amount: Decimal
    currency: str
    expires_at: datetime


class Discount(BaseModel):
    """A discount as its store sees it. `code` is shown to nobody but the customer and staff."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    customer_id: UUID | None
    discount_code: str
    amount: Money
    currency: str
    status: DiscountStatus
    used: bool
    applied_to_order_id: UUID | None
    expires_at: datetime
    created_at: datetime
    activated_at: datetime | None
    external_id: str | None

    def is_usable(self, at: datetime) -> bool:
        return self.status == "active" and not self.used and self.expires_at > at


class DiscountHolder(NamedTuple):
    """Whose discount it is."""

    email: str | None
    phone_number: str | None
    first_name: str | None
    shopify_customer_id: str | None


class IssuedDiscount(NamedTuple):
    discount: Discount
    is_new: bool
    """The shop does not have it yet."""
