"""The headers of a WooCommerce webhook.

Source: `shops/recordings/woocommerce-11.0.1/webhooks` (headers, and ids that a second shares).
"""

from __future__ import annotations

from urllib.parse import urlsplit

from backshop.platforms.webhooks import Headers, Webhook, digest, header


def read(headers: Headers, body: bytes) -> Webhook:
    """Keyed by topic and body: WooCommerce's delivery id is a hash of webhook and second, which
    three changes in one second share.

    The body of a deletion is only an id, the same when the record is trashed again later: there
    the delivery id tells the two apart.
    """
    topic = header(headers, "x-wc-webhook-topic")
    key = f"{topic}/{digest(body)}"
    if topic.endswith(".deleted"):
        key += "/" + header(headers, "x-wc-webhook-delivery-id")
    shop = _host(header(headers, "x-wc-webhook-source"))
    return Webhook(topic, key, shop_domain=shop, is_ping=_is_ping(topic, body))


def _host(url: str) -> str | None:
    """The host of a URL, or None where there is none."""
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None


def _is_ping(topic: str, body: bytes) -> bool:
    """What WooCommerce posts, unsigned, when a webhook is made: `webhook_id=1`."""
    return not topic and len(body) < 40 and body.startswith(b"webhook_id=") and body[11:].isdigit()
