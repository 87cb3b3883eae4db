"""What holds for try-on sessions: keys, limits and how long things are kept."""

from __future__ import annotations

import hashlib
import ipaddress
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from backshop.connect.try_on.looks import Look, Result, SessionStatus, look_of

CAPABILITY = "try-on session"
"""The audience of the token that opens one session."""
PUBLISHABLE = "publishable"
"""The audience of the token that begins sessions."""
MAX_BYTES = 25_000_000
UPLOAD_LASTS = timedelta(minutes=10)
TOKEN_LASTS = timedelta(minutes=10)
LINK_LASTS = timedelta(minutes=15)
SELFIE_LASTS = timedelta(hours=24)
OVERLAYS_LAST = timedelta(days=30)
STUCK_AFTER = timedelta(minutes=15)
CLAIM_LASTS = timedelta(minutes=2)
"""Longer than an invocation may take: a claim that is older was left by a crash."""

ADDRESS_SESSIONS = 12
ADDRESS_WINDOW = timedelta(minutes=10)
"""Sessions that one address may begin with publishable tokens in any ten minutes."""
STORE_SESSIONS = 1200
STORE_WINDOW = timedelta(hours=1)
"""Sessions of a store in any hour, whoever begins them: each costs a second of computing."""

NO_SELFIE = "No selfie arrived in time. Start again."
STUCK = "The pictures could not be made in time. Start again."
CRASHED = Result(status="failed", code="stuck", reason=STUCK)
NOT_WEARABLE = Result(
    status="failed", code="not_wearable", reason="This product cannot be tried on yet."
)


def selfie_key(store_id: UUID, session_id: UUID) -> str:
    """Where a session's selfie lies in the bucket."""
    return f"selfies/{store_id}/{session_id}"


def parse_selfie_key(key: str) -> tuple[UUID, UUID]:
    """Store and session of a selfie's key. Raises ValueError for other keys."""
    prefix, store_id, session_id = key.split("/")
    if prefix != "selfies":
        raise ValueError("not a selfie's key")
    return UUID(store_id), UUID(session_id)


def overlays_prefix(store_id: UUID, session_id: UUID) -> str:
    """Below which a session's pictures lie."""
    return f"overlays/{store_id}/{session_id}/"


def overlay_key(store_id: UUID, session_id: UUID, sku: str) -> str:
    """Where the picture of one SKU lies; SKUs may hold what keys should not."""
    name = hashlib.sha256(sku.encode()).hexdigest()[:24]
    return f"{overlays_prefix(store_id, session_id)}{name}.jpg"


def asset_key(store_id: UUID, name: str) -> str:
    """Where a product's picture or font lies."""
    return f"assets/{store_id}/{name}"


def address_hash(store_id: UUID, address: str) -> str:
    """An address as limits know it: IPv6 by its /64, hashed with the store."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return hashlib.sha256(f"{store_id} {address}".encode()).hexdigest()
    if parsed.version == 6:
        parsed = ipaddress.ip_network((int(parsed) >> 64 << 64, 64)).network_address
    return hashlib.sha256(f"{store_id} {parsed}".encode()).hexdigest()


def look(metadata: dict[str, Any] | None) -> Look | Result:
    """A product's look, or the result that it has because there is none or it is wrong."""
    try:
        worn = look_of(metadata)
    except ValueError:
        return NOT_WEARABLE
    return worn or NOT_WEARABLE


def open_skus(skus: list[str], results: dict[str, Any]) -> list[str]:
    """What is still to be drawn, in the order in which it was asked for."""
    return [sku for sku in skus if sku not in results]


def outcome(results: dict[str, Result]) -> SessionStatus:
    """A session is complete when at least one product can be is_visible."""
    is_visible = any(result.status == "complete" for result in results.values())
    return SessionStatus.COMPLETE if is_visible else SessionStatus.FAILED


def is_stuck(status: SessionStatus, since: datetime, at: datetime) -> bool:
    """Whether a session that was made or last taken up at `since` will not end by itself."""
    return status in (SessionStatus.CREATED, SessionStatus.IN_PROGRESS) and at - since > STUCK_AFTER
