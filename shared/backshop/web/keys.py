"""API keys: `bs_<kind>_<id>_<secret>`. Only a bcrypt hash of the secret part is stored."""

from __future__ import annotations

import secrets
from typing import Literal, NamedTuple
from uuid import UUID

import bcrypt

Kind = Literal["staff", "store"]
KEY_LENGTH = 200
ROUNDS = 10
"""2^10 rounds: the secret has 256 random bits, so the hash only has to be one-way."""


class Key(NamedTuple):
    """A key as presented. `id` is the key's row (staff) or the store (store)."""

    kind: Kind
    id: UUID
    secret: str


def make(kind: Kind, id: UUID) -> tuple[str, str]:
    """A new key and the hash to store; the key itself is shown once and kept nowhere."""
    secret = secrets.token_urlsafe(32)
    hashed = bcrypt.hashpw(secret.encode(), bcrypt.gensalt(ROUNDS)).decode()
    return f"bs_{kind}_{id.hex}_{secret}", hashed


def read(token: str) -> Key | None:
    """The key that a bearer token is; None where it is none of ours."""
    parts = token.split("_", 3)
    if len(parts) != 4 or parts[0] != "bs" or len(token) > KEY_LENGTH:
        return None
    kind, id, secret = parts[1:]
    try:
        owner = UUID(hex=id)
    except ValueError:
        return None
    if kind == "staff":
        return Key("staff", owner, secret)
    return Key("store", owner, secret) if kind == "store" else None


def matches(secret: str, hashed: str | None) -> bool:
    """Whether the secret is the hashed one; takes as long where there is no hash to compare."""
    presented = secret.encode()[:72]
    if hashed is None:
        bcrypt.checkpw(presented, _NOBODY)
        return False
    return bcrypt.checkpw(presented, hashed.encode())


_NOBODY = b"$2b$10$C6UzMDM.H6dfI/f/IKcEeO7ZpnDzOdbYvDdQ7ePcQ0qxYkRBt3p5S"
