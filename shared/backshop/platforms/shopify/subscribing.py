"""A Shopify shop's webhook subscriptions and settings.

The three privacy topics cannot be subscribed by an app: they stand in its configuration at Shopify.

Source: https://shopify.dev/docs/apps/build/webhooks/troubleshooting-webhooks
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from backshop.platforms import parsing
from backshop.platforms.errors import PermanentRefusal
from backshop.platforms.ports import ShopFacts
from backshop.platforms.shopify.api import ShopifyApi
from backshop.platforms.shopify.metafields import metafields

TOPICS = (
    "ORDERS_CREATE",
    "ORDERS_UPDATED",
    "ORDERS_DELETE",
    "REFUNDS_CREATE",
    "CUSTOMERS_CREATE",
    "CUSTOMERS_UPDATE",
    "CUSTOMERS_DELETE",
    "CUSTOMERS_EMAIL_MARKETING_CONSENT_UPDATE",
    "CUSTOMERS_MARKETING_CONSENT_UPDATE",
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
"""ORDERS_UPDATED comes with every payment, fulfilment and cancellation, too. A customer's own
topics tell nothing of consent; that by SMS is CUSTOMERS_MARKETING_CONSENT_UPDATE."""


WITH_METAFIELDS = frozenset({"CUSTOMERS_CREATE", "CUSTOMERS_UPDATE"})


def subscribe(api: ShopifyApi, address: str, settings: Mapping[str, Any]) -> list[str]:
    """Shopify drops a subscription whose deliveries kept failing. It signs with the app's own
    secret, so there is none to set. Customers come with the metafields that the store lists."""
    current = {each["topic"]: each for each in _subscriptions(api) if each["uri"] == address}
    listed = [{"namespace": each.namespace, "key": each.key} for each in metafields(settings)]
    done = []
    for topic in TOPICS:
        wanted = listed if topic in WITH_METAFIELDS else []
        held = current.get(topic)
        if held is None:
            done.append(_create(api, topic, address, wanted))
        elif _named(held["metafields"]) != _named(wanted):
            done.append(_update(api, held, wanted))
    return done


def _named(metafields: list[dict[str, str]]) -> set[tuple[str, str]]:
    return {(each["namespace"], each["key"]) for each in metafields}


def _update(api: ShopifyApi, held: dict[str, Any], wanted: list[dict[str, str]]) -> str:
    """What was done: the custom fields that the store lists are others than before."""
    variables = {"id": held["id"], "subscription": {"metafields": wanted}}
    answer = api.run("webhook_update", variables)["webhookSubscriptionUpdate"]
    if answer["userErrors"]:
        message = str(answer["userErrors"][0]["message"])[:120]
        return f"not renewed {held['topic']}: {message}"
    return f"renewed {held['topic']}"


def _subscriptions(api: ShopifyApi) -> list[dict[str, Any]]:
    subscriptions: list[dict[str, Any]] = []
    after = None
    while True:
        answer = api.run("webhooks", {"after": after})["webhookSubscriptions"]
        subscriptions += answer["nodes"]
        if not answer["pageInfo"]["hasNextPage"]:
            return subscriptions
        after = answer["pageInfo"]["endCursor"]


def _create(api: ShopifyApi, topic: str, address: str, metafields: list[dict[str, str]]) -> str:
    """What was done. A topic that the app's scopes do not cover is no reason to stop."""
    subscription: dict[str, Any] = {"uri": address, "format": "JSON"}
    if metafields:
        subscription["metafields"] = metafields
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


SCOPES = {
    "read_orders": "orders and refunds are not read",
    "read_all_orders": "orders older than 60 days are not read",
    "read_customers": "customers are not read",
    "read_products": "products and collections are not read",
    "read_discounts": "discounts are not read",
    "write_orders": "refunds and addresses are not written",
    "write_discounts": "discount codes are not made",
}
"""What the app has to be granted, and what does not work without it."""


def facts(api: ShopifyApi) -> ShopFacts:
    answer = api.run("shop", {})
    shop, app = answer["shop"], answer["currentAppInstallation"] or {}
    granted = {each["handle"] for each in app.get("accessScopes") or ()}
    return ShopFacts(
        currency=parsing.currency(shop["currencyCode"]),
        time_zone=parsing.zone(shop["ianaTimezone"]),
        domain=shop["myshopifyDomain"],
        problems=missing(granted),
    )


def missing(granted: Collection[str]) -> tuple[str, ...]:
    """A sentence for each scope that the app lacks; whoever may write may read."""
    held = {*granted, *(each.replace("write_", "read_") for each in granted)}
    return tuple(
        f"the app lacks the scope {name}: {consequence}; add it to the app's configuration and"
        " install the app again"
        for name, consequence in SCOPES.items()
        if name not in held
    )
