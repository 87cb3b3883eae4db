"""What a store's settings say of its customers' own fields: where their consent to marketing is
kept, for which Vendure and WooCommerce have none, and which others are to be kept here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from backshop.commerce import Channel

CHANNELS: tuple[Channel, ...] = ("email", "sms")
MOST_FIELDS = 50
_YES = frozenset({"1", "yes", "true", "on", "y", "subscribed"})
_NO = frozenset({"0", "no", "false", "off", "n", "unsubscribed", ""})


class ConsentSource(NamedTuple):
    """A field of customers that is true or false (Vendure's custom field, WooCommerce's meta key),
    or the name of a customer group."""

    field: str | None = None
    group: str | None = None


def consent_sources(settings: Mapping[str, Any]) -> dict[Channel, ConsentSource]:
    """From `settings.consent`, such as {"field": "newsletter"} or {"group": "Newsletter"} for
    e-mail, or by channel: {"email": {…}, "sms": {…}}. Whatever is no text names nothing."""
    named = settings.get("consent")
    if not isinstance(named, dict):
        return {}
    by_channel = named if named.keys() & set(CHANNELS) else {"email": named}
    found = {channel: _source(by_channel.get(channel)) for channel in CHANNELS}
    return {channel: source for channel, source in found.items() if any(source)}


def _source(named: Any) -> ConsentSource:
    named = named if isinstance(named, dict) else {}
    field, group = named.get("field") or named.get("meta"), named.get("group")
    return ConsentSource(
        field if isinstance(field, str) and field else None,
        group if isinstance(group, str) and group else None,
    )


def listed_fields(settings: Mapping[str, Any]) -> tuple[str, ...]:
    """From `settings.customer_fields`: names of fields that are kept with each customer."""
    named = settings.get("customer_fields")
    if not isinstance(named, list):
        return ()
    return tuple(each for each in named if isinstance(each, str) and each)[:MOST_FIELDS]


def truth(value: Any) -> bool | None:
    """What a field says that should be true or false; None where that is not to be seen."""
    if isinstance(value, bool):
        return value
    text = str(value).strip().lower() if isinstance(value, str | int) else None
    return True if text in _YES else False if text in _NO else None
