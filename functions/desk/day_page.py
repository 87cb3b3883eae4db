"""What needs a person, and what happened."""

from __future__ import annotations

from typing import Any, NamedTuple

import sessions
from aws_lambda_powertools.event_handler import Response
from backshop.web import pages
from calling import ask
from frame import event, page, shows


class Kind(NamedTuple):
    """How one kind of need reads, for one and for many, and the page where it is done."""

    one: str
    many: str
    path: str
    tone: str


NEEDS = {
    "failed_writes": Kind(
        "change failed at the shop",
        "changes failed at the shop",
        "/desk/{store}/outgoing?status=failed",
        "bad",
    ),
    "failed_webhooks": Kind(
        "webhook could not be saved",
        "webhooks could not be saved",
        "/desk/{store}/webhooks?status=failed",
        "bad",
    ),
    "failed_refunds": Kind(
        "refund failed", "refunds failed", "/desk/{store}/refunds?status=failed", "bad"
    ),
    "pending_refunds": Kind(
        "refund waits for the shop",
        "refunds wait for the shop",
        "/desk/{store}/refunds?status=pending",
        "warn",
    ),
    "failed_addresses": Kind(
        "address could not be corrected",
        "addresses could not be corrected",
        "/desk/{store}/addresses?status=failed",
        "bad",
    ),
    "stuck_syncs": Kind("sync stands still", "syncs stand still", "/desk/{store}/shop", "bad"),
    "failed_syncs": Kind("sync failed", "syncs failed", "/desk/{store}/shop", "bad"),
    "late_batches": Kind(
        "batch has not moved for two weeks",
        "batches have not moved for two weeks",
        "/desk/{store}/batches",
        "warn",
    ),
    "full_batches": Kind(
        "batch is full and can be ordered",
        "batches are full and can be ordered",
        "/desk/{store}/batches?show=collecting",
        "warn",
    ),
    "late_orders": Kind(
        "order moves later than usual",
        "orders move later than usual",
        "/desk/{store}/orders?late=true",
        "warn",
    ),
    "follow_ups": Kind(
        "customer waits to hear from you",
        "customers wait to hear from you",
        "/desk/{store}/projects#follow-ups",
        "warn",
    ),
}
HAPPENED = {
    "orders": ("order placed", "orders placed"),
    "webhooks": ("webhook received", "webhooks received"),
    "refunds": ("refund paid back", "refunds paid back"),
    "deliveries": ("delivery moved", "deliveries moved"),
    "syncs": ("sync completed", "syncs completed"),
}
"""Each for one and for many."""


@shows("/desk")
def show() -> Response[str]:
    """What needs a person, the oldest first, and what happened in the last day."""
    me = sessions.current(event(), "store")
    if "staff" not in me.scopes:
        return pages.redirect(f"/desk/{me.shops[0].id}/orders" if me.shops else "/desk/shops")
    said = ask(me, "today", "GET /today")
    zones = {each.id: each.zone for each in me.shops}
    waiting = [
        _need(each) | {"zone": zones.get(each["store_id"], "UTC")} for each in said["waiting"]
    ]
    totals: dict[str, int] = dict.fromkeys(HAPPENED, 0)
    for each in said["happened"]:
        totals[each["what"]] += each["number"]
    return page(me, "today.html", waiting=waiting, totals=totals, HAPPENED=HAPPENED)


def _need(said: dict[str, Any]) -> dict[str, Any]:
    kind = NEEDS[said["need"]]
    return said | {
        "text": kind.one if said["number"] == 1 else kind.many,
        "path": kind.path.replace("{store}", said["store_id"]),
        "tone": kind.tone,
    }
