"""Asking a shop that is being connected: whether it lets us in, and what it lacks."""

from __future__ import annotations

import time
from contextlib import closing

from backshop import platforms
from backshop.aws import config
from backshop.commerce import Platform
from backshop.errors import Unprocessable
from backshop.platforms.api import NOT_PUBLIC, UNTRUSTED, Deadline
from backshop.platforms.errors import PayloadError, PermanentRefusal, Transient
from backshop.platforms.ports import Credentials

SECONDS = 10.0
"""How long whoever connects the shop waits for it."""
LAST_SECONDS = 1.05
"""What is asked again after a failure is asked once more and no further."""


def ask(platform: Platform, credentials: Credentials) -> list[str]:
    """What the shop lacks, as sentences with their remedy; that it cannot be reached is one of
    them, as the next sync tries again. Raises Unprocessable where the shop answers and refuses us:
    that stays so until somebody gives something else."""
    try:
        with closing(platforms.load(platform).open(credentials, _patience())) as shop:
            return [*shop.facts().problems, *shop.unreadable()]
    except PermanentRefusal as refused:
        is_local = refused.code == NOT_PUBLIC and config.allows_local_shops()
        if refused.code == UNTRUSTED or is_local:
            return [str(refused)]
        raise Unprocessable(_sentence(str(refused)), slug="shop-refuses") from None
    except (Transient, PayloadError) as away:
        return [f"{away}; the first sync tries again, and tells what it finds"]


def _patience() -> Deadline:
    until = time.monotonic() + SECONDS
    waited: list[float] = []

    def left() -> float:
        return min(until - time.monotonic(), LAST_SECONDS if waited else SECONDS)

    def sleep(seconds: float) -> None:
        waited.append(seconds)
        time.sleep(seconds)

    return Deadline(left, sleep)


def _sentence(reason: str) -> str:
    return f"{reason[:1].upper()}{reason[1:]}."
