"""The only signer and reader of tokens: a shopper's proof of phone, the links that customers get.

JSON Web Tokens (HS256). Each use has an audience of its own, so that a token made for one is
nothing to another.
"""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from backshop.aws import config
from backshop.errors import Unauthorized

AGAIN_SECONDS = 5


def sign(audience: str, claims: dict[str, Any], *, at: datetime, lasts: timedelta) -> str:
    """A token that carries the claims (anyone can read them) from `at` for as long as `lasts`."""
    import jwt

    named = {"aud": audience, "iat": at, "exp": at + lasts}
    return jwt.encode(claims | named, config.secret("TOKEN_SECRET"), algorithm="HS256")


def read(audience: str, token: str, *, at: datetime) -> dict[str, Any]:
    """The claims of a token that was signed for this audience and lives at `at`, with the secret or
    with the one before it.

    Raises Unauthorized, with the same words whatever is wrong with it.
    """
    import jwt

    for secret in _secrets():
        try:
            claims = _decode(audience, token, secret)
        except jwt.InvalidSignatureError:
            continue
        except (jwt.InvalidTokenError, UnicodeError):
            raise _refused() from None
        if claims["exp"] <= at.timestamp():
            raise _refused()
        return claims
    raise _refused()


def sign_short(audience: str, content: bytes, *, until: datetime) -> str:
    """A token of these bytes (anyone can read them) until then, as short as a link should be: in
    base64url 16 bytes of HMAC-SHA256, five of time, and the bytes themselves."""
    signed = int(until.timestamp()).to_bytes(5) + content
    mac = _mac(config.secret("TOKEN_SECRET"), audience, signed)
    return urlsafe_b64encode(mac + signed).decode().rstrip("=")


def read_short(audience: str, token: str, *, at: datetime) -> bytes:
    """The bytes of a `sign_short` token for this audience that lives at `at`. Raises as `read`."""
    try:
        decoded = urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except ValueError:
        raise _refused() from None
    if urlsafe_b64encode(decoded).decode().rstrip("=") != token or len(decoded) <= _HEAD:
        raise _refused()  # written in another way than it was signed, or nothing
    mac, signed = decoded[:_MAC], decoded[_MAC:]
    if not any(hmac.compare_digest(mac, _mac(each, audience, signed)) for each in _secrets()):
        raise _refused()
    if int.from_bytes(signed[:5]) <= at.timestamp():
        raise _refused()
    return signed[5:]


_MAC, _HEAD = 16, 21


def _mac(secret: str, audience: str, signed: bytes) -> bytes:
    return hmac.new(secret.encode(), f"short {audience}\0".encode() + signed, sha256).digest()[
        :_MAC
    ]


def _secrets() -> Iterator[str]:
    """Those that a token may be signed with: read anew, but not more often than every few seconds,
    where it is signed with neither, because the secret may just have been replaced."""
    yield config.secret("TOKEN_SECRET")
    if former := config.former_secret("TOKEN_SECRET"):
        yield former
    if config.is_older("TOKEN_SECRET", AGAIN_SECONDS):
        config.doubt_secret("TOKEN_SECRET")
        yield config.secret("TOKEN_SECRET")


def _decode(audience: str, token: str, secret: str) -> dict[str, Any]:
    import jwt

    claims: dict[str, Any] = jwt.decode(
        token,
        secret,
        algorithms=["HS256"],
        audience=audience,
        options={"require": ["aud", "exp"], "verify_exp": False, "verify_iat": False},
    )
    return claims


def _refused() -> Unauthorized:
    return Unauthorized("The token is missing, expired or not for this; ask for a new one.")
