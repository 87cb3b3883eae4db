"""How the desk writes amounts, times and states, and what is in its menu."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from itertools import groupby
from typing import NamedTuple

from backshop.web.pages import texts
from markupsafe import Markup


class Entry(NamedTuple):
    """A page of the menu; `scope` is what its key must have."""

    group: str
    text: str
    path: str
    scope: str


MENU = (
    Entry("", "Today", "/desk", "staff"),
    Entry("Shop", "Orders", "/desk/{store}/orders", "store"),
    Entry("Shop", "Customers", "/desk/{store}/customers", "store"),
    Entry("Shop", "Products", "/desk/{store}/products", "store"),
    Entry("Fulfilment", "Deliveries", "/desk/{store}/deliveries", "staff"),
    Entry("Fulfilment", "Batches", "/desk/{store}/batches", "staff"),
    Entry("Money", "Refunds", "/desk/{store}/refunds", "store"),
    Entry("Money", "Addresses", "/desk/{store}/addresses", "store"),
    Entry("Money", "Discounts", "/desk/{store}/discounts", "store"),
    Entry("Shades", "Ratings", "/desk/{store}/ratings", "staff"),
    Entry("Shades", "Catalogue", "/desk/{store}/shades", "staff"),
    Entry("Shades", "Funnel", "/desk/{store}/funnel", "store"),
    Entry("Sales", "Numbers", "/desk/{store}/numbers", "store"),
    Entry("Sales", "Projects", "/desk/{store}/projects", "store"),
    Entry("Connection", "Shops", "/desk/shops", "store"),
    Entry("Connection", "Webhooks", "/desk/{store}/webhooks", "staff"),
    Entry("Connection", "Outgoing", "/desk/{store}/outgoing", "staff"),
)


def menu_for(scopes: Collection[str]) -> list[tuple[str, list[Entry]]]:
    """The menu of who has these scopes, by group in the order of the day's work."""
    mine = [entry for entry in MENU if entry.scope in scopes]
    return [(group, list(entries)) for group, entries in groupby(mine, lambda each: each.group)]


DONE = {
    "refund": "The refund is requested. It is done at the shop in a moment.",
    "address": "The new address is requested. It is changed at the shop in a moment.",
    "retried": "It is tried again now.",
    "moved": "Done.",
    "batch": "The batch is made.",
    "assigned": "The orders are in the batch.",
    "unassigned": "The order is out of the batch.",
    "connected": "The shop is connected, and its first sync has begun.",
    "changed": "The change is saved.",
    "syncing": "The sync has begun.",
    "disconnected": "The shop is disconnected.",
    "replayed": "It is queued once more.",
    "revoked": "The discount is ended.",
    "offered": "The discount is on its way to the shop.",
    "noted": "The note is saved.",
    "pinned": "The chart is pinned.",
    "unpinned": "The chart is gone.",
    "saved": "Saved.",
    "signed_out": "You are signed out.",
    "everywhere": "You are signed out everywhere.",
    "over": "You are signed out here. To end sessions in other browsers, too, sign in, and sign out"
    " everywhere.",
}
"""What a page says after something was done; its address names the word."""

_WORDS = {
    "ORDER_CONFIRMED": ("Confirmed", ""),
    "SOURCING": ("Being sourced", ""),
    "ARRIVED": ("Arrived here", "good"),
    "DISPATCHED": ("Sent", "good"),
    "DELIVERED": ("Delivered", "good"),
    "collecting": ("Collecting", ""),
    "orderedFromSupplier": ("Ordered from supplier", ""),
    "inTransit": ("In transit", ""),
    "arrived": ("Arrived", "good"),
    "dispatched": ("Sent", "good"),
    "completed": ("Completed", "good"),
    "pending": ("Waiting", "warn"),
    "sending": ("Being sent", "warn"),
    "processed": ("Paid back", "good"),
    "updated": ("Changed", "good"),
    "done": ("Done", "good"),
    "failed": ("Failed", "bad"),
    "settled": ("Paid back", "good"),
    "received": ("Being saved", "warn"),
    "saved": ("Saved", "good"),
    "active": ("Connected", "good"),
    "uninstalled": ("Disconnected", "bad"),
    "erased": ("Erased", "bad"),
    "running": ("Running", "warn"),
    "queued": ("Waiting", "warn"),
    "none": ("Not sent", ""),
    "partial": ("Partly sent", "warn"),
    "fulfilled": ("Sent", "good"),
    "delivered": ("Delivered", "good"),
    "changed": ("Will move", "good"),
    "unchanged": ("Is there already", ""),
    "refused": ("Stays", "bad"),
    "used": ("Used", "good"),
    "expired": ("Ended", ""),
    "revoked": ("Ended", ""),
    "inquiry": ("Inquiry", ""),
    "quoted": ("Quoted", "warn"),
    "ordered": ("Ordered", "good"),
    "in_progress": ("In progress", "good"),
    "cancelled": ("Cancelled", "bad"),
    "draft": ("Draft", ""),
    "sent": ("Sent", "warn"),
    "accepted": ("Accepted", "good"),
    "rejected": ("Not wanted", "bad"),
    "superseded": ("Replaced", ""),
}


class Words(NamedTuple):
    """A state in words, and how good it is."""

    text: str
    tone: str


def words(state: str | None) -> Words:
    """What a state means for who reads it; one that is the shop's own is shown as it is."""
    if not state:
        return Words("", "")
    text, tone = _WORDS.get(state, (state.replace("_", " ").capitalize(), ""))
    return Words(text, tone)


_SPOKEN = (
    (
        'send "correct": true and a note',
        "tick that it corrects a mistake, on the order's page, with a note",
    ),
    ("Send the courier's tracking_number with", "Give the courier's tracking number with"),
)
_STAGE = re.compile(r"\b(ORDER_CONFIRMED|SOURCING|ARRIVED|DISPATCHED|DELIVERED)\b")


def spoken(message: str) -> str:
    """What a route says to programs, in the words of these pages."""
    for said, text in _SPOKEN:
        message = message.replace(said, text)
    return _STAGE.sub(lambda found: f"“{words(found[1]).text}”", message)


def amount(value: object, currency: str | None) -> str:
    """`LKR 4,500.00` of an amount as answers have it; a dash where there is none."""
    if value is None:
        return "–"
    try:
        return texts.money(Decimal(str(value)), currency or "").strip()
    except InvalidOperation:
        return str(value)


def moment(value: str | None, zone: str) -> Markup | str:
    """A time as answers have it, in the store's zone; a dash where there is none."""
    if not value:
        return "–"
    return texts.short(datetime.fromisoformat(value), zone, datetime.now(UTC))


def period(begins: str, kind: str) -> Markup | str:
    """A day, week or month by the day that it begins on: `October 2026`, `Mon 5 October 2026`."""
    first = date.fromisoformat(begins)
    if kind == "month":
        return f"{texts.MONTHS[first.month - 1]} {first.year}"
    return texts.day(first, year=True)
