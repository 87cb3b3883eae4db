"""A Vendure server's webhooks, which are the plugin's list, and its settings."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from backshop.platforms import parsing
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


PERMISSIONS = {
    "ReadOrder": "orders are not read",
    "ReadCustomer": "customers are not read",
    "ReadCatalog": "products and collections are not read",
    "ReadPromotion": "promotions are not read",
    "UpdateOrder": "refunds, addresses and delivery stages are not written",
    "ReadSettings": "how the server keeps money is not known, and webhooks are not looked after",
    "UpdateSettings": "webhooks are not subscribed",
}
"""What the role has to be given, and what does not work without it."""


STRIPPED = (
    "Vendure took the user name and password, and then knew nobody: a proxy in front of it strips the"
    " Authorization header, so let it through there, or give an API key in place of the user name"
)

UNKNOWN_KEY = (
    "Vendure refused the API key, which it does not know: give one that is active, and where a proxy"
    " stands before the server, let the header vendure-api-key through there"
)


def facts(api: VendureApi) -> ShopFacts:
    """Raises `PermanentRefusal` where what says who we are does not reach the server."""
    answer = api.run("shop", {})
    channel = answer["activeChannel"]
    if answer["me"] is None:
        raise PermanentRefusal(STRIPPED if api.has_session else UNKNOWN_KEY, 200, "FORBIDDEN")
    held = {each["id"]: each["permissions"] for each in answer["me"].get("channels", ())}
    return ShopFacts(
        currency=parsing.currency(channel["defaultCurrencyCode"]),
        settings={
            "money_precision": api.precision,
            "track_inventory": api.tracks_inventory,
            "channel_code": channel["code"],
        },
        problems=missing(held.get(channel["id"], ())),
    )


def missing(held: Collection[str]) -> tuple[str, ...]:
    """A sentence for each permission that the role lacks in the channel."""
    if "SuperAdmin" in held:
        return ()
    return tuple(
        f"the role lacks the permission {name}: {consequence}; give it in Vendure under"
        " Settings, Roles"
        for name, consequence in PERMISSIONS.items()
        if name not in held
    )
