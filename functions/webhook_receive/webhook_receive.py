"""Takes a delivery: checks who signed it, queues it, answers. Everything else is webhook_ingest's.

Shopify waits five seconds and WooCommerce never sends again, so the warm path asks no database:
a connector's secrets are kept for a minute, and used on while the database cannot be asked.
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
from backshop.errors import BadRequest, NotFound, Problem, Unauthorized, Unavailable
from backshop.platforms.webhooks import LONGEST_TOPIC, Webhook, bounded
from backshop.stores import credentials
from backshop.web import http, serving

BODY_BYTES = 4 * 1024 * 1024
"""4 MiB: with base64 and headers it still fits Lambda's 6 MB invocation."""
FRESH_SECONDS = 60
AGAIN_SECONDS = 5
"""After a signature that did not match, the secrets are read anew, but not more often than this."""


@dataclass(frozen=True, slots=True)
class Sender:
    """A connector as far as its deliveries matter."""

    platform: str
    secrets: tuple[str, ...]
    read_at: float
    """On the monotonic clock."""


_senders: dict[UUID, Sender] = {}


def receive(event: http.Event) -> dict[str, str]:
    """Queue a signed delivery. Raises Unauthorized on a bad signature, and other problems."""
    content = http.raw_body(event, BODY_BYTES)
    id = http.uuid(event["pathParameters"]["connector_id"], _unknown())
    headers = event.get("headers", {})
    sender = _sender(id, FRESH_SECONDS)
    delivery = platforms.load(sender.platform).webhooks.read(headers, content)
    if delivery.is_ping:
        return {"status": "pong"}
    now = datetime.now(UTC)
    if not _is_signed(id, sender, headers, content, now):
        logs.count("WebhookRefused", platform=sender.platform)
        raise Unauthorized(
            "The signature does not match this connector's webhook secret; "
            "set the same secret on both sides.",
            slug="bad-signature",
        )
    if len(delivery.topic) > LONGEST_TOPIC:
        raise BadRequest(
            f"The topic is longer than {LONGEST_TOPIC} characters; no platform has such topics.",
            slug="topic-too-long",
        )
    _hand_on(_message(id, sender.platform, delivery, now), content)
    return {"status": "accepted"}


@serving.handler
def handler(event: http.Event, _context: Any) -> dict[str, Any]:
    """200 when the delivery is safe in the queue; problems as on all routes."""
    try:
        return http.json_event(receive(event))
    except Problem as problem:
        return http.problem_event(problem, event)


def _is_signed(
    id: UUID, sender: Sender, headers: dict[str, str], content: bytes, now: datetime
) -> bool:
    """Against the kept secrets, and once more against the stored ones: they may just have
    changed."""
    if platforms.load(sender.platform).signatures.verify(headers, content, sender.secrets, now):
        return True
    if monotonic() - sender.read_at < AGAIN_SECONDS:
        return False
    fresh = _sender(id, AGAIN_SECONDS)
    return platforms.load(fresh.platform).signatures.verify(headers, content, fresh.secrets, now)


def _message(id: UUID, platform: str, delivery: Webhook, now: datetime) -> dict[str, Any]:
    """What webhook_ingest reads: whose it is, what it is, and when; the body comes with it."""
    triggered = delivery.triggered_at
    return {
        "connector_id": str(id),
        "platform": platform,
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
    queues.send(config.value("WEBHOOK_QUEUE_URL"), body)


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
        raise Unavailable(
            "The delivery cannot be checked right now; send it again.", retry_after=30
        ) from unreachable
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
    return Sender(row.platform, opened, monotonic())


def _unknown() -> NotFound:
    return NotFound("There is no such connector; check the address of the webhook.")
