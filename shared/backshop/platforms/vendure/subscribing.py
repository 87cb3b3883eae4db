"""A Vendure server's webhooks, which are the plugin's list, and its settings."""

from __future__ import annotations

from typing import Any

from backshop.platforms.errors import PermanentRefusal
from backshop.platforms.ports import ShopFacts
from backshop.platforms.vendure.api import UNKNOWN_FIELD, VendureApi

NO_PLUGIN = "the backshop plugin is not installed: changes are found by syncs alone"


def subscribe(api: VendureApi, address: str, secret: str, *, is_new_secret: bool) -> list[str]:
    """The list is set as a whole; the entries of others keep their secrets, which are not named."""
    try:
        current = api.run("webhooks", {})["backshopWebhooks"]
    except PermanentRefusal as refused:
        if refused.code == UNKNOWN_FIELD:
            return [NO_PLUGIN]
        raise
    own = next((each for each in current if each["url"] == address), None)
    if own is not None and not own["events"] and not is_new_secret:
        return []
    others = [each for each in current if each["url"] != address]
    webhooks: list[dict[str, Any]] = [
        *({"url": each["url"], "events": each["events"]} for each in others),
        {"url": address, "secret": secret, "events": []},
    ]
    api.run("webhooks_set", {"webhooks": webhooks})
    return ["subscribed all events" if own is None else "renewed the subscription"]


def facts(api: VendureApi) -> ShopFacts:
    channel = api.run("shop", {})["activeChannel"]
    return ShopFacts(currency=channel["defaultCurrencyCode"])
