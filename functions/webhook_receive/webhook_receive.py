"""Takes a delivery: checks who signed it, queues it, answers. Everything else is webhook_ingest's.

Shopify waits five seconds and WooCommerce never sends again, so the warm path asks no database:
a connector's secrets are kept for a minute, and used on while the database cannot be asked.

A secret is not yet a shop: all Shopify shops of one app share it. So a delivery is held to the
shop that it names. What names its shop in the signed body goes to that shop's connector, whichever
address it came to, because an app has one address for the privacy topics of all its shops.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from time import monotonic
from typing import Any
from uuid import UUID

from backshop import db, logs, platforms
from backshop.aws import config, objects, queues
from backshop.connect import repository as connect
from backshop.errors import BadRequest, Forbidden, NotFound, Problem, Unauthorized, Unavailable
from backshop.platforms.webhooks import LONGEST_TOPIC, Webhook, bounded
from backshop.stores import credentials
from backshop.web import http, serving

BODY_BYTES = 4 * 1024 * 1024
"""4 MiB: with base64 and headers it still fits Lambda's 6 MB invocation."""
FRESH_SECONDS = 60
APP = "shopify"
"""In place of a connector's id: the address of a Shopify app, for all shops that have it."""
LONGEST_DOMAIN = 255
NOBODY = UUID(int=0)
"""The store of a transaction that sees none."""
AGAIN_SECONDS = 5
"""After a signature that did not match, the secrets are read anew, but not more often than this."""


@dataclass(frozen=True, slots=True)
class Sender:
    """A connector as far as its deliveries matter."""

    id: UUID
    platform: str
    shop_domain: str | None
    """Its shop's name at the platform; None where it has none, or none is known yet."""
    secrets: tuple[str, ...]
    read_at: float
    """On the monotonic clock."""


_senders: dict[UUID, Sender] = {}


def receive(event: http.Event) -> dict[str, str]:
    """Queue a signed delivery. Raises Unauthorized on a bad signature, and other problems."""
    content = http.raw_body(event, BODY_BYTES)
    headers = event.get("headers", {})
    now = datetime.now(UTC)
    place = event["pathParameters"]["connector_id"]
    if place == APP:
        delivery = platforms.load(APP).webhooks.read(headers, content)
        sender = _named_sender(delivery, headers, content, now)
    else:
        sender = _sender(http.uuid(place, _unknown()), FRESH_SECONDS)
        delivery = platforms.load(sender.platform).webhooks.read(headers, content)
        if delivery.is_ping:
            return {"status": "pong"}
        if not _is_signed(sender, headers, content, now):
            raise _unsigned(sender.platform)
        sender = _addressee(sender, delivery, headers, content, now)
    if len(delivery.topic) > LONGEST_TOPIC:
        raise BadRequest(
            f"The topic is longer than {LONGEST_TOPIC} characters; no platform has such topics.",
            slug="topic-too-long",
        )
    _hand_on(_message(sender, delivery, now), content)
    return {"status": "accepted"}


@serving.handler
def handler(event: http.Event, _context: Any) -> dict[str, Any]:
    """200 when the delivery is safe in the queue; problems as on all routes."""
    try:
        return http.json_event(receive(event))
    except Problem as problem:
        return http.problem_event(problem, event)


def _is_signed(sender: Sender, headers: dict[str, str], content: bytes, now: datetime) -> bool:
    """Against the kept secrets, and once more against the stored ones: they may just have
    changed."""
    if _verifies(sender, headers, content, now):
        return True
    if monotonic() - sender.read_at < AGAIN_SECONDS:
        return False
    return _verifies(_sender(sender.id, AGAIN_SECONDS), headers, content, now)


def _verifies(sender: Sender, headers: dict[str, str], content: bytes, now: datetime) -> bool:
    signatures = platforms.load(sender.platform).signatures
    return signatures.verify(headers, content, sender.secrets, now)


def _addressee(
    sender: Sender, delivery: Webhook, headers: dict[str, str], content: bytes, now: datetime
) -> Sender:
    """Whose delivery it is: the connector's that it was posted to, or of the shop that it names.

    Only a shop that is no *.myshopify.com, a stand-in on a laptop, has no known name before its
    first sync: what it posts until then is its own, save what acts by a name. Raises as
    `_named_sender`.
    """
    if sender.platform != APP:
        return sender
    for seconds in (FRESH_SECONDS, AGAIN_SECONDS):
        sender = _sender(sender.id, seconds)
        if delivery.shop_domain and delivery.shop_domain == sender.shop_domain:
            return sender
    if sender.shop_domain is None and not delivery.names_shop:
        return sender
    return _named_sender(delivery, headers, content, now)


def _named_sender(
    delivery: Webhook, headers: dict[str, str], content: bytes, now: datetime
) -> Sender:
    """The connector of the shop that the signed body names. Raises Forbidden where only a header
    names it, Unauthorized where that connector's secret did not sign it."""
    if not delivery.names_shop or not delivery.shop_domain:
        logs.count("WebhookOfAnotherShop")
        raise Forbidden(
            "This delivery is of another shop than the connector's; subscribe each shop to the "
            "address of its own connector.",
            slug="other-shop",
        )
    named = [_sender(id, FRESH_SECONDS) for id in _stores_of(delivery.shop_domain)]
    signed = [each for each in named if _is_signed(each, headers, content, now)]
    if not signed:
        raise _unsigned(APP)
    return signed[0]


def _stores_of(domain: str) -> list[UUID]:
    try:
        with db.transaction(store_id=NOBODY) as tx:
            ids = connect.stores_of_shop(tx, domain[:LONGEST_DOMAIN])
    except (db.Unreachable, config.Unreachable) as unreachable:
        logs.failure("the database cannot be asked", unreachable)
        raise _cannot_check() from unreachable
    if not ids:
        raise NotFound("No connected shop has the name that the body gives; connect it first.")
    return ids


def _unsigned(platform: str) -> Unauthorized:
    logs.count("WebhookRefused", platform=platform)
    return Unauthorized(
        "The signature does not match this connector's webhook secret; "
        "set the same secret on both sides.",
        slug="bad-signature",
    )


def _message(sender: Sender, delivery: Webhook, now: datetime) -> dict[str, Any]:
    """What webhook_ingest reads: whose it is, what it is, and when; the body comes with it."""
    triggered = delivery.triggered_at
    return {
        "connector_id": str(sender.id),
        "platform": sender.platform,
        "topic": delivery.topic,
        "key": bounded(delivery.key),
        "received_at": now.isoformat(),
        "triggered_at": triggered.isoformat() if triggered else None,
    }


def _hand_on(message: dict[str, Any], content: bytes) -> None:
    try:
        text = content.decode()
    except UnicodeDecodeError:
        raise BadRequest("The body is not UTF-8; send JSON in UTF-8.", slug="not-utf-8") from None
    message["sha256"] = sha256(content).hexdigest()
    body = json.dumps(message | {"body": text})
    if len(body) > queues.INLINE_BYTES:
        body = json.dumps(message | {"parked": objects.park(config.value("DATA_BUCKET"), content)})
    queues.send(config.value("WEBHOOK_QUEUE_URL"), body, group=message["connector_id"])


def _sender(id: UUID, seconds: float) -> Sender:
    """The connector, at most `seconds` old; an older one where the database cannot be asked.

    Raises NotFound when the database knows no such connector, Unavailable when nobody can tell.
    """
    kept = _senders.get(id)
    if kept and monotonic() - kept.read_at < seconds:
        return kept
    try:
        sender = _read_sender(id)
    except (db.Unreachable, config.Unreachable) as unreachable:
        logs.failure("the database cannot be asked", unreachable, connector_id=str(id))
        if kept:
            return kept
        raise _cannot_check() from unreachable
    if sender is None:
        _senders.pop(id, None)
        raise _unknown()
    _senders[id] = sender
    return sender


def _read_sender(id: UUID) -> Sender | None:
    with db.transaction(store_id=id) as tx:
        row = connect.webhook_secrets(tx)
    if row is None:
        return None
    opened = tuple(credentials.unseal(sealed, id, field) for field, sealed in row.sealed.items())
    return Sender(id, row.platform, row.shop_domain, opened, monotonic())


def _cannot_check() -> Unavailable:
    return Unavailable("The delivery cannot be checked right now; send it again.", retry_after=30)


def _unknown() -> NotFound:
    return NotFound("There is no such connector; check the address of the webhook.")
