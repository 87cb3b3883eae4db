"""The headers of an event of the Vendure plugin, and the envelope around its data.

Source: `integrations/vendure/README.md`.
"""

from __future__ import annotations

from datetime import datetime

from backshop.platforms.webhooks import Headers, Webhook, digest, header, said

KEY_LENGTH = 100


def read(headers: Headers, body: bytes) -> Webhook:
    """Topic, id and time are taken from the body, which is signed, and else from the headers."""
    envelope = said(body) or {}
    topic = _text(envelope.get("event")) or header(headers, "x-vendure-event")
    id = _text(envelope.get("deliveryId")) or header(headers, "x-vendure-delivery") or digest(body)
    key = id if len(id) <= KEY_LENGTH else digest(id.encode("utf-8", "replace"))
    return Webhook(topic, key, triggered_at=_instant(_text(envelope.get("createdAt"))))


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _instant(text: str) -> datetime | None:
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        return None
    return instant if instant.tzinfo else None
