"""API keys: `bs_<kind>_<id>_<secret>`. Only a bcrypt hash of the secret part is stored."""

from __future__ import annotations

import secrets
from typing import Literal, NamedTuple
from uuid import UUID

import bcrypt

Kind = Literal["staff", "store"]
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


def read(header: str | None) -> Key | None:
    """The key in an `Authorization: Bearer …` header; None where there is none of ours."""
    scheme, _, presented = (header or "").partition(" ")
    parts = presented.strip().split("_", 3)
    if scheme.lower() != "bearer" or len(parts) != 4 or parts[0] != "bs" or len(presented) > 200:
        return None
    kind, id, secret = parts[1:]
    try:
        named = UUID(hex=id)
    except ValueError:
        return None
    if kind == "staff":
        return Key("staff", named, secret)
    return Key("store", named, secret) if kind == "store" else None


def matches(secret: str, hashed: str | None) -> bool:
    """Whether the secret is the hashed one; takes as long where there is no hash to compare."""
    presented = secret.encode()[:72]
    if hashed is None:
        bcrypt.checkpw(presented, _NOBODY)
        return False
    return bcrypt.checkpw(presented, hashed.encode())


_NOBODY = b"$2b$10$C6UzMDM.H6dfI/f/IKcEeO7ZpnDzOdbYvDdQ7ePcQ0qxYkRBt3p5S"
