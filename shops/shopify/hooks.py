"""Shopify's webhooks: eight retries over four hours, always with the first attempt's payload."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import uuid
from dataclasses import dataclass
from typing import Any, Protocol

from shops.shop import MICROS, Coupon, Customer, Order, Product, Refund
from shops.shopify.ids import gid
from shops.shopify.rest import Rest, RestServer
from shops.shopify.views import when
from shops.webhooks import Courier, Delivery, Request

Json = dict[str, Any]

RETRIES = (60, 300, 600, 1200, 2400, 3240, 3300, 3300)
"""Seconds between attempts: eight more within four hours."""

ORDERS = {
    "created": "ORDERS_CREATE",
    "updated": "ORDERS_UPDATED",
    "paid": "ORDERS_PAID",
    "fulfilled": "ORDERS_FULFILLED",
    "cancelled": "ORDERS_CANCELLED",
}
VERBS = {"created": "CREATE", "updated": "UPDATE", "deleted": "DELETE"}


@dataclass
class Subscription:
    id: int
    topic: str
    uri: str
    created_at: int
    updated_at: int
    format: str = "JSON"
    filter: str | None = None
    include_fields: tuple[str, ...] = ()
    metafields: tuple[tuple[str, str], ...] = ()
    """Namespace and key of those that come with the record."""


def header_topic(topic: str) -> str:
    """ORDERS_CREATE → orders/create, CUSTOMERS_DATA_REQUEST → customers/data_request."""
    head, _, tail = topic.lower().partition("_")
    if topic.startswith("BULK_OPERATIONS_"):
        return "bulk_operations/finish"
    if topic.endswith("_CONSENT_UPDATE"):
        return f"{topic.lower().removesuffix('_update')}/update"
    return f"{head}/{tail}"


def asked_metafields(fields: Json) -> tuple[tuple[str, str], ...]:
    metafields = fields.get("metafields") or ()
    return tuple((each.get("namespace") or "custom", each["key"]) for each in metafields)


def consent(is_subscribed: bool, at: str | None) -> Json:
    return {
        "state": "subscribed" if is_subscribed else "unsubscribed",
        "opt_in_level": "single_opt_in",
        "consent_updated_at": at,
    }


class HooksServer(RestServer, Protocol):
    """What webhooks need of the server."""

    version: str
    domain: str
    client_secret: str
    courier: Courier


class Hooks:
    def __init__(self, server: HooksServer) -> None:
        self.server = server
        self.shop = server.shop
        self.rest = Rest(server)
        self.all: dict[int, Subscription] = {}
        self.consents: dict[int, tuple[bool, bool]] = {}
        """To e-mail and SMS, by customer, as they were told last."""
        self.app_address = ""
        """Where the app's own subscriptions go (privacy topics and uninstalling are set up with
        the app, not through the API)."""

    def find(self, topic: str, uri: str) -> Subscription | None:
        return next((s for s in self.all.values() if (s.topic, s.uri) == (topic, uri)), None)

    def subscribe(self, topic: str, uri: str, fields: Json) -> Subscription:
        now = self.shop.clock.now()
        subscription = Subscription(
            self.shop.ids.next("webhook"),
            topic,
            uri,
            now,
            now,
            fields.get("format") or "JSON",
            fields.get("filter"),
            tuple(fields.get("includeFields") or ()),
            asked_metafields(fields),
        )
        self.all[subscription.id] = subscription
        return subscription

    def view(self, subscription: Subscription) -> Json:
        return {
            "__typename": "WebhookSubscription",
            "id": gid("WebhookSubscription", subscription.id),
            "legacyResourceId": str(subscription.id),
            "topic": subscription.topic,
            "uri": subscription.uri,
            "format": subscription.format,
            "filter": subscription.filter,
            "includeFields": list(subscription.include_fields),
            "metafieldNamespaces": [],
            "metafields": [
                {"namespace": namespace, "key": key} for namespace, key in subscription.metafields
            ],
            "name": None,
            "apiVersion": {
                "handle": self.server.version,
                "displayName": self.server.version,
                "supported": True,
            },
            "createdAt": when(subscription.created_at),
            "updatedAt": when(subscription.updated_at),
        }

    # ------------------------------------------------------------------ telling

    def changed(self, event: str, record: Any) -> None:
        """Turns a change of the shop into the topics that Shopify sends for it."""
        kind, _, what = event.partition(".")
        if kind == "order":
            self._order(what, record)
        elif kind == "refund" and isinstance(record, Refund):
            order = self.shop.orders[record.order_id]
            self.send("REFUNDS_CREATE", self.rest.refund(order, record), str(record.id))
        elif kind in {"customer", "product"} and what in VERBS:
            self._plain(kind, what, record)
        elif kind == "coupon" and what in VERBS:
            self._discount(what, record)

    def _order(self, what: str, order: Order) -> None:
        if what == "deleted":
            self.send("ORDERS_DELETE", {"id": order.id}, str(order.id))
        elif what in ORDERS:
            self.send(ORDERS[what], lambda: self.rest.order(order), str(order.id))

    def _plain(self, kind: str, what: str, record: Customer | Product) -> None:
        payload: Json
        if what == "deleted":
            payload = {"id": record.id}
            if kind == "customer":
                payload |= {
                    "tax_exemptions": [],
                    "admin_graphql_api_id": gid("Customer", record.id),
                }
        elif isinstance(record, Customer):
            payload = self.rest.customer(record)
        else:
            payload = self.rest.product(record)
        self.send(f"{kind.upper()}S_{VERBS[what]}", payload, str(record.id))
        if isinstance(record, Customer) and what != "deleted":
            self._consent(record)

    def _consent(self, customer: Customer) -> None:
        """Topics of their own: those of the customer say nothing of consent."""
        before = self.consents.get(customer.id, (False, False))
        now = (customer.accepts_marketing, customer.accepts_sms)
        self.consents[customer.id] = now
        at, id = self.rest.time(customer.updated_at), str(customer.id)
        if now[0] != before[0]:
            mail = {
                "customer_id": customer.id,
                "email_address": customer.email or None,
                "email_marketing_consent": consent(now[0], at),
            }
            self.send("CUSTOMERS_EMAIL_MARKETING_CONSENT_UPDATE", mail, id)
        if now[1] != before[1]:
            sms = {
                "id": customer.id,
                "phone": customer.phone or None,
                "sms_marketing_consent": consent(now[1], at)
                | {"consent_collected_from": "shopify"},
            }
            self.send("CUSTOMERS_MARKETING_CONSENT_UPDATE", sms, id)

    def _discount(self, what: str, coupon: Coupon) -> None:
        payload = {
            "admin_graphql_api_id": gid("DiscountCodeNode", coupon.id),
            "title": coupon.title or coupon.code,
            "status": self.server.discount_status(coupon),
            "created_at": when(coupon.created_at),
            "updated_at": when(coupon.updated_at),
        }
        self.send(f"DISCOUNTS_{VERBS[what]}", payload, str(coupon.id))

    def send(self, topic: str, payload: Any, record: str) -> None:
        """Sends to every subscription of the topic. `payload` may be a function; it is asked now,
        for what Shopify retries is the state at the time of the event."""
        for subscription in list(self.all.values()):
            if subscription.topic == topic:
                body = payload() if callable(payload) else payload
                if subscription.metafields:
                    body = body | {"metafields": self._metafields(subscription, record)}
                if subscription.include_fields:
                    body = {k: v for k, v in body.items() if k in subscription.include_fields}
                self._send(subscription.uri, topic, body, record, subscription)

    def _metafields(self, subscription: Subscription, record: str) -> list[Json]:
        customer = self.shop.customers.get(int(record))
        held = customer.meta if customer else {}
        return [
            {"namespace": namespace, "key": key, "value": str(held[f"{namespace}.{key}"])}
            for namespace, key in subscription.metafields
            if f"{namespace}.{key}" in held
        ]

    def send_to_app(self, topic: str, payload: Json) -> None:
        """Sends one of the topics that are set up with the app."""
        if self.app_address:
            self._send(self.app_address, topic, payload, "", None)

    def _send(
        self, uri: str, topic: str, payload: Json, record: str, subscription: Subscription | None
    ) -> None:
        body = json.dumps(payload, separators=(",", ":"), ensure_ascii=False).encode(
            errors="surrogatepass"
        )
        identity = str(uuid.UUID(int=self.shop.random.getrandbits(128), version=4))
        event = str(uuid.UUID(int=self.shop.random.getrandbits(128), version=4))
        digest = hmac.new(self.server.client_secret.encode(), body, hashlib.sha256).digest()
        now = self.shop.clock.now()
        triggered = when(now) or ""
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "Shopify-Captain-Hook",
            "X-Shopify-Topic": header_topic(topic),
            "X-Shopify-Hmac-Sha256": base64.b64encode(digest).decode(),
            "X-Shopify-Shop-Domain": self.server.domain,
            "X-Shopify-API-Version": self.server.version,
            "X-Shopify-Webhook-Id": identity,
            "X-Shopify-Event-Id": event,
            "X-Shopify-Triggered-At": f"{triggered[:-1]}.{now % MICROS:06d}000Z",
        }
        attempts = 0

        def done(accepted: bool) -> None:
            nonlocal attempts
            attempts += 1
            if not accepted and attempts > len(RETRIES) and subscription is not None:
                # Shopify removes a subscription whose delivery failed to the end.
                self.all.pop(subscription.id, None)

        self.server.courier.send(
            Delivery(header_topic(topic), uri, identity, record),
            lambda _: Request(uri, headers, body),
            delays=RETRIES,
            done=done,
        )
