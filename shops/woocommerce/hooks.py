"""WooCommerce's webhooks: signed, tried once, switched off after seven failures in a row."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from shops.shop import MICROS, Clock
from shops.webhooks import Courier, Delivery, Request
from shops.woocommerce.render import Renderer, dumps

HOOKS: dict[str, list[str]] = {
    "order.created": ["woocommerce_new_order"],
    "order.updated": ["woocommerce_update_order", "woocommerce_order_refunded"],
    "order.deleted": ["wp_trash_post", "woocommerce_trash_order"],
    "order.restored": ["untrashed_post", "woocommerce_untrash_order"],
    "product.created": [
        "woocommerce_process_product_meta",
        "woocommerce_new_product",
        "woocommerce_new_product_variation",
    ],
    "product.updated": [
        "woocommerce_process_product_meta",
        "woocommerce_update_product",
        "woocommerce_update_product_variation",
    ],
    "product.deleted": ["wp_trash_post"],
    "product.restored": ["untrashed_post"],
    "customer.created": [
        "user_register",
        "woocommerce_created_customer",
        "woocommerce_new_customer",
    ],
    "customer.updated": ["profile_update", "woocommerce_update_customer"],
    "customer.deleted": ["delete_user"],
    "coupon.created": ["woocommerce_process_shop_coupon_meta", "woocommerce_new_coupon"],
    "coupon.updated": ["woocommerce_process_shop_coupon_meta", "woocommerce_update_coupon"],
    "coupon.deleted": ["wp_trash_post"],
    "coupon.restored": ["untrashed_post"],
}
FAILURES_ALLOWED = 5
"""The count may grow past this by one; the failure after that switches the webhook off."""
AGENT = "WooCommerce/11.0.1 Hookshot (WordPress/7.1)"


@dataclass
class Webhook:
    id: int
    name: str
    topic: str
    delivery_url: str
    secret: str
    created_at: int
    status: str = "active"
    updated_at: int | None = None
    failures: int = 0


Payload = Callable[[], Any]


class Hooks:
    """The shop's webhooks and their deliveries."""

    def __init__(self, courier: Courier, renderer: Renderer, clock: Clock, delay: float) -> None:
        self.courier = courier
        self.renderer = renderer
        self.clock = clock
        self.delay = delay
        self.all: dict[int, Webhook] = {}

    def json(self, webhook: Webhook) -> dict[str, Any]:
        resource, _, event = webhook.topic.partition(".")
        local, gmt = self.renderer.local, self.renderer.gmt
        return {
            "id": webhook.id,
            "name": webhook.name,
            "status": webhook.status,
            "topic": webhook.topic,
            "resource": resource,
            "event": event,
            "hooks": HOOKS[webhook.topic],
            "delivery_url": webhook.delivery_url,
            "date_created": local(webhook.created_at),
            "date_created_gmt": gmt(webhook.created_at),
            "date_modified": local(webhook.updated_at),
            "date_modified_gmt": gmt(webhook.updated_at),
            "_links": self.renderer.links(f"webhooks/{webhook.id}"),
        }

    def ping(self, webhook: Webhook) -> None:
        """The first request to a new address: form-encoded, unsigned, without a topic."""
        body = f"webhook_id={webhook.id}".encode()
        headers = {
            "User-Agent": AGENT,
            "Content-Type": "application/x-www-form-urlencoded",
        }
        request = Request(webhook.delivery_url, headers, body)
        self.courier.ping(Delivery("ping", webhook.delivery_url, "", str(webhook.id)), request)

    def send(self, topic: str, record: str, payload: Payload) -> None:
        """Sends the payload, rendered when it is delivered, to every webhook of the topic."""
        for webhook in self.all.values():
            if webhook.topic == topic and webhook.status == "active":
                self._send(webhook, record, payload)

    def _send(self, webhook: Webhook, record: str, payload: Payload) -> None:
        def make(_: int) -> Request | None:
            if webhook.status != "active":
                return None
            body = dumps(payload())
            return Request(webhook.delivery_url, self._headers(webhook, body), body)

        self.courier.send(
            Delivery(webhook.topic, webhook.delivery_url, str(webhook.id), record),
            make,
            wait=self.delay,
            done=lambda accepted: self._count(webhook, accepted),
        )

    def _headers(self, webhook: Webhook, body: bytes) -> dict[str, str]:
        resource, _, event = webhook.topic.partition(".")
        digest = hmac.new(webhook.secret.encode(), body, hashlib.sha256).digest()
        # Not unique: WooCommerce hashes the webhook's id and the second.
        second = self.clock.now() // MICROS
        delivery = hashlib.md5(f"{webhook.id}{second}".encode(), usedforsecurity=False)
        return {
            "User-Agent": AGENT,
            "Content-Type": "application/json",
            "X-WC-Webhook-Source": self.renderer.site + "/",
            "X-WC-Webhook-Topic": webhook.topic,
            "X-WC-Webhook-Resource": resource,
            "X-WC-Webhook-Event": event,
            "X-WC-Webhook-Signature": base64.b64encode(digest).decode(),
            "X-WC-Webhook-ID": str(webhook.id),
            "X-WC-Webhook-Delivery-ID": delivery.hexdigest(),
        }

    def _count(self, webhook: Webhook, accepted: bool) -> None:
        """Keeps count of failures in a row; every delivery saves the webhook."""
        webhook.updated_at = self.clock.now()
        if accepted:
            webhook.failures = 0
        elif webhook.failures > FAILURES_ALLOWED:
            webhook.status = "disabled"
        else:
            webhook.failures += 1
