"""X-WC-Webhook-Signature: base64 of the HMAC-SHA256 of the body's bytes.

Source: `shops/recordings/woocommerce-11.0.1/webhooks`, signed by a real shop.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from backshop.platforms.signing import base64_of, is_signed
from backshop.platforms.webhooks import Headers, header


def verify(headers: Headers, body: bytes, secrets: Sequence[str], _now: datetime) -> bool:
    """Whether one of the webhook's secrets signed the body; no time is signed, so no time is
    checked."""
    return is_signed(header(headers, "x-wc-webhook-signature"), body, secrets, base64_of)
