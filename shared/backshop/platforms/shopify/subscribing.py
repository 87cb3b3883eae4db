"""A Shopify shop's webhook subscriptions and settings.

The three privacy topics cannot be subscribed by an app: they stand in its configuration at Shopify.

Source: https://shopify.dev/docs/apps/build/webhooks/troubleshooting-webhooks
"""

from __future__ import annotations

from typing import Any

from backshop.platforms.errors import PermanentRefusal
from backshop.platforms.ports import ShopFacts
from backshop.platforms.shopify.api import ShopifyApi

TOPICS = (
    "ORDERS_CREATE",
    "ORDERS_UPDATED",
    "ORDERS_DELETE",
    "REFUNDS_CREATE",
    "CUSTOMERS_CREATE",
    "CUSTOMERS_UPDATE",
    "CUSTOMERS_DELETE",
    "PRODUCTS_CREATE",
    "PRODUCTS_UPDATE",
    "PRODUCTS_DELETE",
    "COLLECTIONS_CREATE",
    "COLLECTIONS_UPDATE",
    "COLLECTIONS_DELETE",
    "DISCOUNTS_CREATE",
    "DISCOUNTS_UPDATE",
    "DISCOUNTS_DELETE",
    "DISCOUNTS_REDEEMCODE_ADDED",
    "APP_UNINSTALLED",
)
"""ORDERS_UPDATED comes with every payment, fulfilment and cancellation, too."""


def subscribe(api: ShopifyApi, address: str) -> list[str]:
    """Shopify drops a subscription whose deliveries kept failing. It signs with the app's own
    secret, so there is none to set."""
    current = {each["topic"] for each in _subscriptions(api) if each["uri"] == address}
    return [_create(api, topic, address) for topic in TOPICS if topic not in current]


def _subscriptions(api: ShopifyApi) -> list[dict[str, Any]]:
    subscriptions: list[dict[str, Any]] = []
    after = None
    while True:
        answer = api.run("webhooks", {"after": after})["webhookSubscriptions"]
        subscriptions += answer["nodes"]
        if not answer["pageInfo"]["hasNextPage"]:
            return subscriptions
        after = answer["pageInfo"]["endCursor"]


def _create(api: ShopifyApi, topic: str, address: str) -> str:
    """What was done. A topic that the app's scopes do not cover is no reason to stop."""
    subscription = {"uri": address, "format": "JSON"}
    variables = {"topic": topic, "subscription": subscription}
    try:
        answer = api.run("webhook_create", variables)["webhookSubscriptionCreate"]
    except PermanentRefusal as refused:
        if refused.code != "ACCESS_DENIED":
            raise
        return f"not subscribed to {topic}: the app lacks the scope for it"
    if answer["userErrors"]:
        message = str(answer["userErrors"][0]["message"])[:120]
        return f"not subscribed to {topic}: {message}"
    return f"subscribed {topic}"


def facts(api: ShopifyApi) -> ShopFacts:
    shop = api.run("shop", {})["shop"]
    return ShopFacts(currency=shop["currencyCode"], time_zone=shop["ianaTimezone"])
