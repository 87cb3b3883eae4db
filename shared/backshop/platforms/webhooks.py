"""A delivered webhook as far as its headers go; loads nothing, because it must be fast."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any, NamedTuple

import orjson

Headers = Mapping[str, str]
"""Names in any case; API Gateway gives them in lower case."""


LONGEST_TOPIC = 100
LONGEST_KEY = 255
"""Characters, as webhook_inbox keeps them."""


class Webhook(NamedTuple):
    """What a delivery is. Nothing of it is trusted before its signature is verified."""

    topic: str
    key: str
    """The same for a delivery that comes again, different for all others of its connector."""
    triggered_at: datetime | None = None
    shop_domain: str | None = None
    """The shop that it is said to be of, in small letters: what the body says, which is signed,
    else a header."""
    names_shop: bool = False
    """Whether the body says so."""
    is_ping: bool = False


def header(headers: Headers, name: str) -> str:
    """A header's value, whatever the case of its name; empty where it is missing."""
    value = headers.get(name.lower())
    if value is None:
        wanted = name.lower()
        value = next((each for key, each in headers.items() if key.lower() == wanted), "")
    return value


def said(body: bytes) -> dict[str, Any] | None:
    """The object that a body is, of whatever translators read: what was not looked at here would
    be obeyed there. None where it is no object."""
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:  # among others of NaN and of halves of characters
        try:
            value = loads(body)
        except (ValueError, RecursionError):
            return None
    return value if isinstance(value, dict) else None


def loads(body: bytes) -> Any:
    """JSON in UTF-8, with a byte order mark or without, and in nothing else, which whoever looks
    for a name in the bytes would not find. Raises ValueError and RecursionError."""
    return json.loads(body.decode("utf-8-sig", "surrogatepass"))


def bounded(key: str) -> str:
    """The key of a delivery without what Postgres cannot store; its digest where it is too long."""
    kept = key.replace("\x00", "").encode("utf-8", "ignore").decode()
    return kept if len(kept) <= LONGEST_KEY else digest(kept.encode())


def digest(body: bytes) -> str:
    """SHA-256 in hex, for deliveries that bring no id of their own."""
    return sha256(body).hexdigest()
