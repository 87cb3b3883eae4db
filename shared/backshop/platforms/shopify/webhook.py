"""The headers of a Shopify webhook.

Source: https://shopify.dev/docs/apps/build/webhooks/verify-deliveries (repeated deliveries).
"""

from __future__ import annotations

from datetime import datetime

from backshop.platforms.webhooks import Headers, Webhook, digest, header


def read(headers: Headers, body: bytes) -> Webhook:
    """Shopify repeats a delivery under the same webhook id; two topics may share one."""
    topic = header(headers, "x-shopify-topic")
    shop = header(headers, "x-shopify-shop-domain")
    id = header(headers, "x-shopify-webhook-id") or digest(body)
    return Webhook(
        topic=topic,
        key=f"{shop}/{topic}/{id}",
        triggered_at=_instant(header(headers, "x-shopify-triggered-at")),
        shop_domain=shop or None,
    )


def _instant(text: str) -> datetime | None:
    """ISO 8601; Shopify writes nanoseconds, of which the microseconds are kept."""
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        return None
    return instant if instant.tzinfo else None
