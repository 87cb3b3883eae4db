"""HMAC-SHA256 as the three platforms use it, compared in constant time."""

from __future__ import annotations

import hmac
from base64 import b64encode
from collections.abc import Callable, Sequence
from hashlib import sha256


def is_signed(
    claimed: str, signed: bytes, secrets: Sequence[str], spell: Callable[[bytes], str]
) -> bool:
    """Whether `claimed` is the spelling of the HMAC of `signed` under one of `secrets`.

    The spelling is compared, not what it decodes to: base64 has several for the same bytes. Every
    secret is tried, so that the time tells nothing about which one it was; empty ones sign nothing.
    """
    claim = claimed.encode("utf-8", "replace")
    agreed = False
    for secret in secrets:
        mac = hmac.new(secret.encode(), signed, sha256).digest()
        same = hmac.compare_digest(spell(mac).encode(), claim)
        agreed = agreed or (same and secret != "")
    return agreed


def base64_of(mac: bytes) -> str:
    return b64encode(mac).decode()
