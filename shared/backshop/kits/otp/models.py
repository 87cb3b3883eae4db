"""A phone check under way, and the limits of sending."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple


class SendLimit(NamedTuple):
    """At most `most` takes in any `window`, and `gap` between two."""

    scope: str
    key: str
    most: int
    window: timedelta
    gap: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True)
class OtpSession:
    """A phone check under way."""

    phone: str
    otp_hash: str
