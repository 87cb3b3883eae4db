"""The connected platforms behind one face: check a delivery, read its headers, translate its body.

Receiving a delivery needs only signatures and headers, so the translators, which load pydantic, are
imported when the first body is translated.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from backshop.commerce import Event, Store

Headers = Mapping[str, str]
"""Names in any case; API Gateway gives them in lower case."""

NAMES = ("shopify", "woocommerce", "vendure")


class Delivery(NamedTuple):
    """What the headers of a delivery say. Nothing of it is trusted before `verify` has agreed."""

    topic: str
    key: str
    """The same for a delivery that comes again, different for all others of its connector."""
    triggered_at: datetime | None = None
    shop_domain: str | None = None
    is_ping: bool = False


class Ignored(Exception):
    """A delivery that says nothing that is to be saved; the text says why, for the log."""


class PayloadError(ValueError):
    """A body that is not what the platform's documentation promises.

    `path` (`line_items.0.quantity`) and `problem` name what is wrong and never hold a value of the
    body, because bodies are full of personal data.
    """

    def __init__(self, path: str, problem: str) -> None:
        super().__init__(f"{path or 'the body'}: {problem}")
        self.path = path
        self.problem = problem


def verify(
    platform: str, headers: Headers, body: bytes, secrets: Sequence[str], now: datetime
) -> bool:
    """Whether one of `secrets` signed exactly these bytes; False without a usable secret.

    Compares in constant time. Two secrets are in use while one replaces the other.
    """
    agreed: bool = _module(platform, "signature").verify(headers, body, secrets, now)
    return agreed


def read(platform: str, headers: Headers, body: bytes) -> Delivery:
    """Topic, key and times of a delivery. Never raises, whatever the bytes are."""
    delivery: Delivery = _module(platform, "delivery").read(headers, body)
    return delivery


def translate(
    platform: str,
    topic: str,
    body: bytes,
    store: Store,
    received_at: datetime,
    triggered_at: datetime | None = None,
) -> list[Event]:
    """What a delivery says, in the one language.

    Raises `Ignored` where it says nothing that is to be saved (an unknown topic, a cart, an error
    object in place of a record), and `PayloadError` where the body is not of the topic's form.
    """
    events: list[Event] = _module(platform, "translate").translate(
        topic, body, store, received_at, triggered_at
    )
    return events


def header(headers: Headers, name: str) -> str:
    """A header's value, whatever the case of its name; empty where it is missing."""
    found = headers.get(name.lower())
    if found is None:
        wanted = name.lower()
        found = next((said for key, said in headers.items() if key.lower() == wanted), "")
    return found


def digest(body: bytes) -> str:
    """SHA-256 in hex, for deliveries that bring no id of their own."""
    return sha256(body).hexdigest()


def _module(platform: str, name: str) -> Any:
    if platform not in NAMES:
        raise ValueError(f"no such platform: {platform}; there are {', '.join(NAMES)}")
    return import_module(f"backshop.platforms.{platform}.{name}")
