"""X-Vendure-Signature: `sha256=` and the hex HMAC-SHA256 of timestamp, a dot and the body's
bytes.

Source: `integrations/vendure/README.md`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from backshop.platforms.signing import is_signed
from backshop.platforms.webhooks import Headers, header

OLDEST = timedelta(hours=6)
"""The plugin signs every attempt anew, so this covers clocks and slow proxies many times over.
A delivery repeated within it is dropped by the inbox, which remembers keys for 30 days."""
EARLIEST = timedelta(minutes=10)
"""How far the shop's clock may run ahead of ours."""


def verify(headers: Headers, body: bytes, secrets: Sequence[str], now: datetime) -> bool:
    """Whether one of the webhook's secrets signed the body, at a time not far from `now`."""
    stamp = header(headers, "x-vendure-timestamp")
    signed = stamp.encode("utf-8", "replace") + b"." + body
    agreed = is_signed(header(headers, "x-vendure-signature"), signed, secrets, _spell)
    return agreed and _is_fresh(stamp, now)


def _spell(mac: bytes) -> str:
    return "sha256=" + mac.hex()


def _is_fresh(stamp: str, now: datetime) -> bool:
    sent_at = _instant(stamp)
    return sent_at is not None and now - OLDEST <= sent_at <= now + EARLIEST


def _instant(stamp: str) -> datetime | None:
    """Unix seconds, or milliseconds as JavaScript counts them, or ISO 8601 with a zone."""
    try:
        if stamp.isascii() and stamp.isdigit() and len(stamp) <= 16:
            number = int(stamp)
            seconds = number / 1000 if number > 100_000_000_000 else number
            return datetime.fromtimestamp(seconds, UTC)
        instant = datetime.fromisoformat(stamp)
        return instant if instant.tzinfo else None
    except (ValueError, OverflowError, OSError):
        return None
