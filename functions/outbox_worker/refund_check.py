"""Rows that look for a second refund of one request, after an attempt whose end nobody told:
{"request_id"} as `refund` has it. What they find is counted as `RefundsMadeTwice`, for an alarm."""

from __future__ import annotations

import refund
from backshop import outbox
from backshop.platforms.errors import TransientOutage


def find(row: outbox.Row) -> outbox.Answer:
    """The refund, with the ids of others that bear its mark; or that it is gone by now."""
    return refund.find(row) or {"refund_id": None}


def do(_row: outbox.Row) -> outbox.Answer:
    """Raises TransientOutage: whatever is in doubt has time to happen first."""
    raise TransientOutage("a late attempt may still be under way", outbox.DOUBT.total_seconds())


action = outbox.Action(find=find, do=do)
