"""How the desk writes amounts, times and states, and what is in its menu."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from contextlib import suppress
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from itertools import groupby
from typing import Any, NamedTuple

from backshop import times
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


def section_of(path: str, scopes: Collection[str]) -> str:
    """The list of a shop that a page belongs to (`batches` of `/desk/{store}/batches/7`), where the
    same of another shop can be shown; else its orders."""
    part = "".join(path.split("/")[3:4])
    mine = {entry.path for entry in MENU if entry.scope in scopes} | {"/desk/{store}/shop"}
    return part if f"/desk/{{store}}/{part}" in mine else "orders"


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


_OUTGOING = {
    "address": "Corrected address",
    "deletion": "Check of what was deleted",
    "delivery_sms": "SMS about a delivery",
    "delivery_stage": "Stage of a delivery",
    "discount": "Discount",
    "discount_end": "End of a discount",
    "discount_message": "Message with a discount",
    "quote_mail": "Mail with a quote",
    "rating_message": "Request for a rating",
    "refund": "Refund",
    "refund_check": "Check of a refund",
    "survey_message": "Invitation to a survey",
    "uninstall": "End of the connection",
}


def outgoing(kind: str) -> str:
    """What goes out, by its kind in the outbox."""
    return _OUTGOING.get(kind, kind.replace("_", " ").capitalize())


_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def record(key: str) -> str:
    """`Order 1001` of `order:1001`; of ids that only we know, the first letters."""
    kind, _, id = key.removeprefix("check:").rpartition(":")
    if not kind:
        return key.replace("_", " ").capitalize()
    shown = id[:8] if _UUID.fullmatch(id) else id
    return f"{kind.replace('_', ' ').replace(':', ' ').capitalize()} {shown}"


_ACTORS = {
    "store": "the shop's server",
    "shopper": "the shopper",
    "shopify": "the shop",
    "vendure": "the shop",
    "woocommerce": "the shop",
}


def actor(said: str, me: str, names: Mapping[str, str]) -> str:
    """Who did it (`staff:<key's id>`), where `names` are those of staff keys by their ids."""
    kind, _, id = said.partition(":")
    if kind == "staff":
        return "you" if id == me else names.get(id, "a key that is gone")
    return _ACTORS.get(kind, said)


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


def sentence(message: str) -> str:
    """As one: `Give a whole number.`"""
    ends = "" if message[-1:] in ".!?:" else "."
    return message[:1].upper() + message[1:] + ends if message else message


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


def day(value: str | None) -> Markup | str:
    """A day as answers have it; a dash where there is none."""
    return texts.day(date.fromisoformat(value), year=True) if value else "–"


def period(begins: str, kind: str | None) -> Markup | str:
    """A day, week, month, quarter or year by the day that it begins on: `Mon 5 October 2026`,
    `Week of 5 October 2026`, `October 2026`, `Q4 2026`, `2026`."""
    first = date.fromisoformat(begins)
    if kind in (None, "day"):
        return texts.day(first, year=True)
    name = times.bucket(first, str(kind))
    return name[0].upper() + name[1:]


def written(value: object) -> str:
    """A number as it is typed: without commas, and without zeros that say nothing."""
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return str(value)
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def cell(value: Any, column: Mapping[str, Any], grain: str | None, currency: str | None) -> Any:
    """A cell of an answer of insights: a number with its unit, a bucket of time by its name."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if column["type"] == "date":
        with suppress(ValueError):  # of SQL, a moment
            return period(str(value), grain)
    if named := times.class_words(column["name"], value):
        return named
    if column["type"] != "number":
        return value
    number, unit = Decimal(str(value)), column.get("format")
    if unit == "money":
        return amount(value, currency)
    if unit == "percent":
        return f"{texts.number(round(number * 100, 1))} %"
    text = texts.number(round(number, 2))
    return text if unit not in ("days", "minutes") else counted(text, unit[:-1], unit)


def column_name(column: Mapping[str, Any], grain: str | None) -> str:
    """A column's heading: `Month` over buckets of a month."""
    name = str(grain) if column["type"] == "date" and grain else column["name"]
    return str(name.replace("_", " ").capitalize())


def units(quantity: object, unit: str) -> str:
    """`3 boxes` of a quantity as answers have it."""
    return texts.units(Decimal(str(quantity)), unit)


def counted(number: object, one: str, many: str) -> str:
    """`1 order`, `1,200 orders`."""
    text = texts.number(Decimal(str(number).replace(",", "")))
    return f"{text} {one if text == '1' else many}"


SHOWN: Mapping[str, Any] = {
    "actor": actor,
    "amount": amount,
    "cell": cell,
    "column_name": column_name,
    "counted": counted,
    "day": day,
    "moment": moment,
    "outgoing": outgoing,
    "period": period,
    "record": record,
    "units": units,
    "words": words,
    "written": written,
}
"""What every template of the desk may use."""
