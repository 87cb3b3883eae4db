"""The demo order, how its shop signs it, and what of it has come through."""

from __future__ import annotations

import hmac
import json
from datetime import datetime
from hashlib import sha256
from typing import Any, Literal, NamedTuple
from uuid import UUID

CODE = "BACKSHOP-CANARY"
Step = Literal["accepted", "saved", "tracked"]


class Shop(NamedTuple):
    """A connected Vendure shop for tests, with what it and its own programs know."""

    connector_id: UUID
    webhook_secret: str
    store_key: str


class Order(NamedTuple):
    """What is new about the order this time."""

    total: int
    """In minor units."""
    delivery_id: str


def shop(text: str) -> Shop:
    """Raises ValueError, which quotes nothing of it, for a secret that is not as it should be."""
    try:
        secret = json.loads(text)
        return Shop(UUID(secret["connector_id"]), secret["webhook_secret"], secret["store_key"])
    except (ValueError, TypeError, KeyError, AttributeError):
        raise ValueError(
            'the secret of CanarySecretArn has to be {"connector_id", "webhook_secret", "store_key"}'
        ) from None


def order(now: datetime) -> Order:
    """Another one every second, for eleven days."""
    second = int(now.timestamp())
    return Order(total=1 + second % 1_000_000, delivery_id=f"canary-{second}")


def delivery(of: Shop, order: Order, now: datetime) -> tuple[dict[str, str], bytes]:
    """Headers and body as the shop posts them (`integrations/vendure/README.md`). There is no
    shopper, so that nobody is written to."""
    at = now.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    data = {
        "id": CODE.lower(),
        "code": CODE,
        "state": "PaymentSettled",
        "active": False,
        "createdAt": at,
        "updatedAt": at,
        "orderPlacedAt": at,
        "currencyCode": "USD",
        "total": order.total,
        "totalWithTax": order.total,
        "shipping": 0,
        "shippingWithTax": 0,
        "lines": [],
        "payments": [],
    }
    content = {
        "deliveryId": order.delivery_id,
        "event": "order.updated",
        "createdAt": at,
        "data": data,
    }
    body = json.dumps(content).encode()
    stamp = str(int(now.timestamp()))
    signed = hmac.new(of.webhook_secret.encode(), f"{stamp}.".encode() + body, sha256)
    return {
        "Content-Type": "application/json",
        "X-Vendure-Event": "order.updated",
        "X-Vendure-Delivery": order.delivery_id,
        "X-Vendure-Timestamp": stamp,
        "X-Vendure-Signature": f"sha256={signed.hexdigest()}",
    }, body


def missing(answer: dict[str, Any], order: Order) -> Step | None:
    """What `GET /connectors/{id}/orders/{order_id}` does not tell yet."""
    amount = f"{order.total // 100}.{order.total % 100:02}"
    if answer["total_amount"] != amount:
        return "saved"
    return None if answer["delivery"] else "tracked"
