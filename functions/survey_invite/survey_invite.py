"""Every quarter of an hour: invites the customers whose kits are due, and asks
those who bought their match how well it does, once each; closes discounts
whose time is over, and begins to end unused ones of kits that were given back."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import Any
from uuid import UUID

from backshop import db, logs, outbox, rounds
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
    this_round = rounds.Round()
    expire = partial(discounts.expire_discounts, at=at)
    expired = sum(this_round.together("discounts", expire, all_stores=True))
    with db.transaction(all_stores=True) as tx:
        ids = shade.stores(tx)
    begun = this_round.each("invites", ids, partial(_follow_up_if_set, at=at))
    followed = [each for each in begun if each is not None]
    done = {
        "invited": sum(invited for invited, _ in followed),
        "discounts_expired": expired,
        "discounts_ended": sum(ended for _, ended in followed),
        "stores_skipped": begun.count(None),
    }
    logs.info("followed up", **done)
    this_round.end()
    return done


def _follow_up_if_set(store_id: UUID, at: datetime) -> tuple[int, int] | None:
    """`follow_up`, or None where the store's settings do not fit, which is its own to mend."""
    try:
        return follow_up(store_id, at)
    except Conflict:
        logs.warning("a store's shade settings do not fit", store_id=str(store_id))
        return None


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
        recommendation_ids: list[UUID] = []
        if settings.channel == "sms" or settings.sender:
            window = rules.invite_window(settings, at)
            invited = invites.kits_to_invite(
                tx, window, settings.channel, ROWS, only_consenting=not settings.invite_ground
            )
            recommendation_ids = rating_requests.to_ask(
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
            [(f"rating:{each}", {"recommendation_id": str(each)}) for each in recommendation_ids],
        )
        rows += outbox.put_all(
            tx,
            "discount_end",
            [(f"discount:{each}", {"discount_id": str(each)}) for each in ended],
        )
    outbox.announce(rows[: outbox.AT_ONCE])
    return len(invited), len(ended)
