"""The headers of a Shopify webhook, and the shop that its body names.

Sources: https://shopify.dev/docs/apps/build/webhooks/verify-deliveries (repeated deliveries);
https://shopify.dev/docs/apps/build/compliance/privacy-law-compliance (`shop_domain`).
"""

from __future__ import annotations

from datetime import datetime

from backshop.platforms.webhooks import Headers, Webhook, digest, header, said

_NAMES = ("shop_domain", "myshopify_domain")
"""How bodies call the shop that they are about: privacy topics the first, a shop itself the
second."""
_ESCAPE = b"\\u00"
"""Of a letter, of which a name may have some."""


def read(headers: Headers, body: bytes) -> Webhook:
    """Shopify repeats a delivery under the same webhook id; two topics may share one."""
    topic = header(headers, "x-shopify-topic")
    shop = header(headers, "x-shopify-shop-domain")
    id = header(headers, "x-shopify-webhook-id") or digest(body)
    named = _named(body)
    return Webhook(
        topic=topic,
        key=f"{shop}/{topic}/{id}",
        triggered_at=_instant(header(headers, "x-shopify-triggered-at")),
        shop_domain=(shop if named is None else named).strip().lower() or None,
        names_shop=named is not None,
    )


def _named(body: bytes) -> str | None:
    """The shop that the body itself names; None where it names none. Few bodies do, so most are
    not parsed here."""
    if _ESCAPE not in body and not any(f'"{name}"'.encode() in body for name in _NAMES):
        return None
    payload = said(body) or {}
    return next((each for name in _NAMES if isinstance(each := payload.get(name), str)), None)


def _instant(text: str) -> datetime | None:
    """ISO 8601; Shopify writes nanoseconds, of which the microseconds are kept."""
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        return None
    return instant if instant.tzinfo else None
