"""Deliveries of real shops, as `shops/recordings` keeps them, ready to be sent to a connector."""

from __future__ import annotations

import hmac
import json
import time
from base64 import b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

FOLDER = Path(__file__).resolve().parents[1] / "shops" / "recordings"
WOOCOMMERCE_SECRET = "s3cr3t"
_WOOCOMMERCE = FOLDER / "woocommerce-11.0.1" / "webhooks"
_SHOPIFY = FOLDER / "shopify-2026-07"
_VENDURE = FOLDER / "vendure-3.7.3"

_SHOPIFY_TOPICS = (
    "collections/create",
    "products/create",
    "products/update",
    "customers/create",
    "customers/update",
    "discounts/create",
    "orders/create",
    "orders/updated",
    "refunds/create",
)
"""In an order that makes sense. Deletions, privacy topics and the uninstalling are left out: they
would take away what the demo shows."""

_VENDURE_ANSWERS = (
    ("products_incremental", "products", "product.updated"),
    ("customers_incremental", "customers", "customer.updated"),
    ("orders_incremental", "orders", "order.placed"),
    ("order_get", "order", "order.updated"),
    ("order_final", "order", "order.updated"),
)
"""Answers of the Admin API whose records are what an event carries, oldest first."""


@dataclass(frozen=True)
class RecordedDelivery:
    """What a shop posts; `path` is the recording that it comes from."""

    platform: str
    name: str
    headers: dict[str, str]
    body: bytes
    path: Path


def woocommerce() -> Iterator[RecordedDelivery]:
    """Byte for byte what the shop sent, its own signatures included."""
    for path in sorted(_WOOCOMMERCE.glob("*.body")):
        headers = json.loads(path.with_suffix(".headers.json").read_text())
        for name in ("Host", "Connection", "Content-Length"):
            headers.pop(name, None)
        yield RecordedDelivery("woocommerce", path.stem, headers, path.read_bytes(), path)


def of_shops(shops: Mapping[str, Mapping[str, Any]], domain: str) -> list[RecordedDelivery]:
    """Every delivery, signed for the demo shops as stack.json names them by platform; `domain` is
    that of Shopify's."""
    return [
        *shopify(shops["shopify"]["webhook_secret"], domain),
        *woocommerce(),
        *vendure(shops["vendure"]["webhook_secret"]),
    ]


def first_order() -> RecordedDelivery:
    """The first order that the shop told of."""
    return next(each for each in woocommerce() if each.name.endswith("order.created"))


def shopify(secret: str, domain: str) -> Iterator[RecordedDelivery]:
    """Shopify's own sample payloads, signed with the secret as Shopify would, as of the shop that
    it calls so.

    They are triggered now: a sync at work at the same time would delete what was seen before it
    began and what its shop does not have.
    """
    triggered = datetime.now(UTC).isoformat()
    for topic in _SHOPIFY_TOPICS:
        path = _SHOPIFY / (topic.replace("/", "_") + ".json")
        body = path.read_bytes()
        headers = {
            "Content-Type": "application/json",
            "X-Shopify-Topic": topic,
            "X-Shopify-Shop-Domain": domain,
            "X-Shopify-Api-Version": "2026-07",
            "X-Shopify-Webhook-Id": str(uuid5(NAMESPACE_URL, path.stem)),
            "X-Shopify-Triggered-At": triggered,
            "X-Shopify-Hmac-Sha256": b64encode(_hmac(secret, body)).decode(),
        }
        yield RecordedDelivery("shopify", topic, headers, body, path)


def vendure(secret: str) -> Iterator[RecordedDelivery]:
    """Recorded answers of a Vendure server as the plugin's signed events, which happen now."""
    at = datetime.now(UTC)
    for file, field, event in _VENDURE_ANSWERS:
        path = _VENDURE / f"{file}.json"
        found = json.loads(path.read_text())["body"]["data"][field]
        for number, data in enumerate(found.get("items", [found])):
            at += timedelta(milliseconds=1)
            yield _vendure_event(path, number, event, data, at, secret)


def _vendure_event(
    path: Path, number: int, event: str, data: dict[str, Any], at: datetime, secret: str
) -> RecordedDelivery:
    id = str(uuid5(NAMESPACE_URL, f"{path.stem}/{number}"))
    created = at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    content = {
        "deliveryId": id,
        "event": event,
        "createdAt": created,
        "channel": "__default_channel__",
        "data": data,
    }
    body = json.dumps(content).encode()
    stamp = str(int(time.time()))
    headers = {
        "Content-Type": "application/json",
        "X-Vendure-Event": event,
        "X-Vendure-Delivery": id,
        "X-Vendure-Timestamp": stamp,
        "X-Vendure-Signature": "sha256=" + _hmac(secret, f"{stamp}.".encode() + body).hex(),
    }
    return RecordedDelivery("vendure", f"{path.stem} {number}", headers, body, path)


def _hmac(secret: str, body: bytes) -> bytes:
    return hmac.new(secret.encode(), body, sha256).digest()
