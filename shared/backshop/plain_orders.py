"""Orders with nothing unusual about them, as texts that rows are joined of.

Nearly all orders of a shop are that, and a first sync reads little else. Told in full, as
`commerce.Order` with its customer, lines and payments, each costs a reading more than twice as
much. Whatever is not plain (refunds, coupons, parts of a piece, what the trash holds) is told in
full as ever, and so is everything where somebody reads whole records.
`tests/backshop/saving/test_plain_orders.py` holds that both ways end in the same lines.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec


class PlainLine(msgspec.Struct, gc=False, frozen=True):
    """See `commerce.OrderLine`; an empty text stands for nothing, and amounts are as they are
    written."""

    id: str
    product_id: str
    variant_id: str
    sku: str
    name: str
    quantity: str
    unit_price: str
    subtotal: str
    total: str
    tax: str


class PlainOrder(msgspec.Struct, gc=False, frozen=True, kw_only=True):
    """See `commerce.Order`. No lines share an id, nothing was refunded, no coupon was used, and it
    was placed when it was created; the customer, where it names one, is known by nothing else."""

    id: str
    """A number of at most eighteen digits."""
    changed_at: datetime
    observed_at: datetime
    code: str
    status: str
    is_cancelled: bool
    is_counted: bool
    is_guest: bool
    fulfilment: str
    currency: str
    subtotal: str
    discount: str
    shipping: str
    shipping_tax: str
    tax: str
    total: str
    created_at: str
    paid_at: str
    modified_at: str
    payment_method: str
    channel: str
    country: str
    customer_id: str
    customer_name: str
    email: str
    phone: str
    shipping_address: str
    """JSON, as are the next two."""
    payments: str
    line_items: str
    lines: Sequence[PlainLine]


_encode = msgspec.json.Encoder().encode


def utc_text(value: datetime) -> str:
    """`isoformat` of a time in UTC, in a fraction of its time; one without a zone is in UTC."""
    text = _encode(value)
    if text.endswith(b'Z"'):
        return text[1:-2].decode() + "+00:00"
    if value.tzinfo is None:
        return text[1:-1].decode() + "+00:00"
    return value.isoformat()
