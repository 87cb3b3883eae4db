"""What a code may be sent for and when, and the words it is sent in. Pure."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from math import ceil

from backshop.kits.models import OtpSettings
from backshop.kits.otp.models import SendLimit

DAY = timedelta(days=1)


_between = re.compile(r"[\s\u200b-\u200f\u2060\ufeff\u2010-\u2015-]")


def typed(code: str) -> str:
    """A code as people type or paste it, without what stands between its digits: spaces, dashes,
    signs that nobody sees (mozilla/fxa#2498)."""
    return _between.sub("", code)


def address_limit(settings: OtpSettings, address: str) -> SendLimit:
    return SendLimit("address", network(address), settings.address_sends, timedelta(hours=1))


def phone_limits(settings: OtpSettings, phone: str) -> list[SendLimit]:
    """Over what all stores send to the phone."""
    gap = timedelta(seconds=settings.resend_seconds)
    return [
        SendLimit("phone", phone, settings.phone_sends, timedelta(minutes=10), gap),
        SendLimit("phone", phone, settings.phone_daily_sends, DAY),
    ]


def prefix_limit(settings: OtpSettings, phone: str) -> SendLimit:
    """Over different phones: sending to one of them again takes nothing."""
    return SendLimit("prefix", phone[:-4], settings.prefix_sends, DAY)


def until_tomorrow(at: datetime) -> timedelta:
    """How long until the next day (UTC), when budgets begin anew."""
    return datetime.combine(at.date() + DAY, time.min, UTC) - at


def in_words(wait: timedelta) -> str:
    """A wait as people say it, rounded up: `40 seconds`, `3 minutes`, `5 hours`."""
    seconds = max(1, ceil(wait.total_seconds()))
    for length, name in ((3600, "hour"), (60, "minute")):
        if seconds > length:
            return f"{ceil(seconds / length)} {name}s"
    return f"{seconds} second{'s' if seconds > 1 else ''}"


def wait(limit: SendLimit, taken: Sequence[datetime], at: datetime) -> timedelta:
    """How long until a limit that is used up, or was taken from too recently, can be taken from."""
    recent = sorted(each for each in taken if each > at - limit.window)
    free_at = at
    if recent:
        free_at = max(free_at, recent[-1] + limit.gap)
    if len(recent) >= limit.most:
        free_at = max(free_at, recent[-limit.most] + limit.window)
    return free_at - at


def network(address: str) -> str:
    """What one person holds of the network: an IPv4 address, or the /64 of an IPv6 one."""
    parsed = ipaddress.ip_address(address)
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((parsed, 64), strict=False))


def code_text(code: str, shop_name: str, domain: str, minutes: int) -> str:
    """The SMS; its last line lets a browser on `domain`, and no other site, fill in the code
    (wicg.github.io/sms-one-time-codes)."""
    return (
        f"{code} is your {shop_name} code. It works for {minutes} minutes; share it with nobody."
        f"\n\n@{domain} #{code}"
    )
