"""The only signer and reader of tokens: a shopper's proof of phone, the links that customers get.

JSON Web Tokens (HS256). Each use has an audience of its own, so that a token made for one is
nothing to another.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from backshop.aws import config
from backshop.errors import Unauthorized


def sign(audience: str, claims: dict[str, Any], *, at: datetime, lasts: timedelta) -> str:
    """A token that carries the claims (anyone can read them) from `at` for as long as `lasts`."""
    import jwt

    named = {"aud": audience, "iat": at, "exp": at + lasts}
    return jwt.encode(claims | named, config.secret("TOKEN_SECRET"), algorithm="HS256")


def read(audience: str, token: str, *, at: datetime) -> dict[str, Any]:
    """The claims of a token that was signed for this audience and lives at `at`.

    Raises Unauthorized, with the same words whatever is wrong with it.
    """
    import jwt

    try:
        claims: dict[str, Any] = jwt.decode(
            token,
            config.secret("TOKEN_SECRET"),
            algorithms=["HS256"],
            audience=audience,
            options={"require": ["aud", "exp"], "verify_exp": False, "verify_iat": False},
        )
    except (jwt.InvalidTokenError, UnicodeError):
        raise _refused() from None
    if claims["exp"] <= at.timestamp():
        raise _refused()
    return claims


def _refused() -> Unauthorized:
    return Unauthorized("The token is missing, expired or not for this; ask for a new one.")
