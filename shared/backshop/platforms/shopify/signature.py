"""X-Shopify-Hmac-Sha256: base64 of the HMAC-SHA256 of the body's bytes.

Source: https://shopify.dev/docs/apps/build/webhooks/verify-deliveries
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from backshop.platforms.signing import base64_of, is_signed
from backshop.platforms.webhooks import Headers, header


def verify(headers: Headers, body: bytes, secrets: Sequence[str], _now: datetime) -> bool:
    """Whether one of the app's secrets signed the body; Shopify signs no time, so no time is
    checked."""
    return is_signed(header(headers, "x-shopify-hmac-sha256"), body, secrets, base64_of)
