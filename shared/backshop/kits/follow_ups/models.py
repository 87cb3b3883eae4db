"""Follow-ups of a change, and the notice that a shopper gets."""

from __future__ import annotations

from typing import NamedTuple

from backshop.kits.deliveries.models import Delivery


class FollowUp(NamedTuple):
    """What is to be done after a change that no handler of ours caused."""

    vendure_order_id: str
    order_code: str
    to_repair: bool
    to_tell: bool


class Notice(NamedTuple):
    """What a shopper is notified of; `told_version` is what they were notified of before."""

    phone: str
    delivery: Delivery
    told_version: int
    carrier: str | None
