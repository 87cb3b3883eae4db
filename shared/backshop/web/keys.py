"""API keys: `bs_<kind>_<id>_<secret>`. Only a bcrypt hash of the secret part is stored.

The secret ends in a mark, an HMAC of all before it: a key that was made up is known by it, and
costs neither a query nor bcrypt's tens of milliseconds.
"""

from __future__ import annotations

import hmac
import secrets
from base64 import urlsafe_b64encode
from hashlib import sha256
from typing import Literal, NamedTuple
from uuid import UUID

import bcrypt

from backshop.aws import config

Kind = Literal["staff", "store"]
KEY_LENGTH = 200
MARK_BYTES = 12
MARK_LENGTH = 16
"""96 bits, and their letters in base64url: not to be guessed, and short enough to paste."""
AGAIN_SECONDS = 5
ROUNDS = 10
"""2^10 rounds: the secret has 256 random bits, so the hash only has to be one-way."""


class Key(NamedTuple):
    """A key as presented. `id` is the key's row (staff) or the store (store)."""

    kind: Kind
    id: UUID
    secret: str


def make(kind: Kind, id: UUID) -> tuple[str, str]:
    """A new key and the hash to store; the key itself is shown once and kept nowhere."""
    start = f"bs_{kind}_{id.hex}_"
    random = secrets.token_urlsafe(32)
    secret = random + _mark(start + random)
    return start + secret, bcrypt.hashpw(secret.encode(), bcrypt.gensalt(ROUNDS)).decode()


def read(token: str) -> Key | None:
    """The key that a bearer token is; None where it was not made here."""
    parts = token.split("_", 3)
    if len(parts) != 4 or parts[0] != "bs" or len(token) > KEY_LENGTH or not token.isascii():
        return None
    if not _is_marked(token):
        return None
    kind, id, secret = parts[1:]
    try:
        owner = UUID(hex=id)
    except ValueError:
        return None
    if kind == "staff":
        return Key("staff", owner, secret)
    return Key("store", owner, secret) if kind == "store" else None


def _is_marked(token: str) -> bool:
    """With the secret of now: it is read anew, but not more often than every few seconds, where the
    mark is not its, because it may just have been replaced."""
    start, mark = token[:-MARK_LENGTH], token[-MARK_LENGTH:]
    if hmac.compare_digest(_mark(start), mark):
        return True
    if not config.is_older("KEY_SECRET", AGAIN_SECONDS):
        return False
    config.doubt_secret("KEY_SECRET")
    return hmac.compare_digest(_mark(start), mark)


def _mark(unmarked: str) -> str:
    mac = hmac.new(config.secret("KEY_SECRET").encode(), unmarked.encode(), sha256).digest()
    return urlsafe_b64encode(mac[:MARK_BYTES]).decode()


def matches(secret: str, hashed: str | None) -> bool:
    """Whether the secret is the hashed one; takes as long where there is no hash to compare."""
    presented = secret.encode()[:72]
    if hashed is None:
        bcrypt.checkpw(presented, NOBODY.encode())
        return False
    return bcrypt.checkpw(presented, hashed.encode())


NOBODY = "$2b$10$C6UzMDM.H6dfI/f/IKcEeO7ZpnDzOdbYvDdQ7ePcQ0qxYkRBt3p5S"
"""A hash that no key has."""
