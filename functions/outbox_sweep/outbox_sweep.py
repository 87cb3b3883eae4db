"""Every minute: turns follow-ups of deliveries into outbox rows, and announces every row that is
due, so that nothing waits on a message that was lost."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from backshop import db, logs, outbox, rounds
from backshop.connect.requests import repository as requests
from backshop.kits.follow_ups import repository as follow_ups

ROWS = 5_000
"""Of each kind in one run; the rest waits for the next."""
PENDING_TOO_LONG = timedelta(minutes=15)
"""A refund or address change that is pending for longer is counted for the alarm."""


@logs.crash_safely
def handler(_event: dict[str, Any], _context: Any) -> dict[str, int]:
    """What was found, in numbers; each run can be repeated at any time."""
    this_round = rounds.Round()
    with db.transaction(all_stores=True) as tx:
        waiting = follow_ups.stores_to_follow_up(tx)
    followed = sum(this_round.each("follow-ups", waiting, follow_up))
    with db.transaction(all_stores=True) as tx:
        rows = outbox.due(tx, datetime.now(UTC), ROWS)
        state = outbox.state(tx)
        pending = requests.count_pending(tx, datetime.now(UTC), PENDING_TOO_LONG)
    outbox.announce(rows)
    logs.count("OutboxRowsFailedNow", state.failed)
    logs.count("OutboxSecondsBehind", state.seconds_behind)
    logs.count("OrderRequestsPending", pending)
    done = {"followed_up": followed, "announced": len(rows), "failed": state.failed}
    logs.info("swept", **done)
    this_round.end()
    return done


def follow_up(store_id: UUID) -> int:
    """Write the rows for what no handler caused: stages lost at the platform are sent again, and
    shoppers who agreed are told."""
    with db.transaction(store_id=store_id) as tx:
        follow_up_rows = follow_ups.take_follow_ups(tx, ROWS)
        outbox.put_all(
            tx,
            "delivery_stage",
            [
                (f"order:{each.vendure_order_id}", {"order_code": each.order_code})
                for each in follow_up_rows
                if each.to_repair
            ],
        )
        outbox.put_all(
            tx,
            "delivery_sms",
            [
                (f"sms:order:{each.vendure_order_id}", {"order_code": each.order_code})
                for each in follow_up_rows
                if each.to_tell
            ],
        )
    return len(follow_up_rows)
