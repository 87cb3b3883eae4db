"""What can be done with a discount at a platform; each platform's own way is in its folder.

A discount is recognised by its mark, our id of it, in its title or description.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class NewDiscount:
    """A code for one use: `amount` in major units of `currency` off the whole order, from
    `starts_at` until `ends_at`. Who it is for is known by the platform's number or the address; for
    anybody who has the code where neither is."""

    mark: str
    code: str
    amount: Decimal
    currency: str
    starts_at: datetime
    ends_at: datetime
    customer_id: str | None = None
    email: str | None = None
