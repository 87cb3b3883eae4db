"""Every quarter of an hour: invites the customers whose kits are due, and asks
those who bought their match how well it does, once each; closes discounts
whose time is over, and begins to end unused ones of kits that were given back."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from backshop import db, logs, outbox
from backshop.errors import Conflict
from backshop.shade import repository as shade
from backshop.shade.discounts import repository as discounts
from backshop.shade.invites import repository as invites
from backshop.shade.invites import rules
from backshop.shade.models import settings_of
from backshop.shade.rating_requests import repository as rating_requests
from backshop.stores import repository as stores

ROWS = 1_000
"""Of each store in one run; the rest waits for the next."""


@logs.crash_safely
def handler(_event: dict[str, Any], _context: Any) -> dict[str, int]:
    """What was begun, in numbers; each run can be repeated at any time."""
    at = datetime.now(UTC)
    with db.transaction(all_stores=True) as tx:
        ids = shade.stores(tx)
        expired = discounts.expire_discounts(tx, at)
    done = {"invited": 0, "discounts_expired": expired, "discounts_ended": 0, "stores_skipped": 0}
    for store_id in ids:
        try:
            invited, ended = follow_up(store_id, at)
        except Conflict:
            logs.warning("a store's shade settings do not fit", store_id=str(store_id))
            done["stores_skipped"] += 1
            continue
        done["invited"] += invited
        done["discounts_ended"] += ended
    logs.info("followed up", **done)
    return done


def follow_up(store_id: UUID, at: datetime) -> tuple[int, int]:
    """How many kits were invited for, and how many discounts are on their way out. Raises
    Conflict where the store's settings do not fit."""
    rows: list[outbox.Row] = []
    with db.transaction(store_id=store_id) as tx:
        shop = stores.load(tx)
        if shop is None:
            return 0, 0
        settings = settings_of(shop.settings)
        invited: list[UUID] = []
        asked: list[UUID] = []
        if settings.channel == "sms" or settings.sender:
            window = rules.invite_window(settings, at)
            invited = invites.kits_to_invite(
                tx, window, settings.channel, ROWS, only_consenting=not settings.invite_ground
            )
            asked = rating_requests.to_ask(
                tx,
                rules.rating_window(settings, at),
                settings.channel,
                ROWS,
                only_consenting=not settings.invite_ground,
            )
        ended = discounts.end_discounts_of_returned_kits(tx, ROWS)
        rows += outbox.put_all(
            tx,
            "survey_message",
            [(f"survey:{each}", {"order_id": str(each)}) for each in invited],
        )
        rows += outbox.put_all(
            tx,
            "rating_message",
            [(f"rating:{each}", {"recommendation_id": str(each)}) for each in asked],
        )
        rows += outbox.put_all(
            tx,
            "discount_end",
            [(f"discount:{each}", {"discount_id": str(each)}) for each in ended],
        )
    outbox.announce(rows[: outbox.AT_ONCE])
    return len(invited), len(ended)
