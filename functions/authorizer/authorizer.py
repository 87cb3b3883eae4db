"""Lambda authorizer: turns a staff or store key, or a publishable token, into who calls, for which
store, with what scopes.

API Gateway keeps the answer for a minute for all routes (template.yaml), so it never depends on the
route; web/routes.py checks scope and store. A key that was revoked stops working when it ends.
"""

from __future__ import annotations

from datetime import UTC, datetime
from hashlib import sha256
from hmac import compare_digest
from typing import Any

from backshop import db
from backshop.errors import Unauthorized
from backshop.insights import repository as insights
from backshop.logs import crash_safely
from backshop.stores import repository as stores
from backshop.web import http, keys, tokens

SCOPES = {"staff": "staff store", "store": "store"}
"""Of keys that name none themselves."""

MOST_MATCHED = 1000
_matched: dict[bytes, str] = {}
"""The hash that each secret was the one of, by the secret's SHA-256: bcrypt takes tens of
milliseconds and says of the two what it said before. The stored hash is read each time."""


@crash_safely
def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """The simple response of payload format 2.0; a missing or wrong key is not authorized."""
    try:
        token = http.bearer(event)
    except Unauthorized:
        return {"isAuthorized": False}
    key = keys.read(token)
    if key is None:
        return _published(token)
    return _answer(key)


def _published(token: str) -> dict[str, Any]:
    """A token that a store hands its own pages for some minutes: it may begin try-on sessions."""
    if token.count(".") != 2 or len(token) > 1000:
        return {"isAuthorized": False}
    try:
        claims = tokens.read("publishable", token, at=datetime.now(UTC))
    except Unauthorized:
        return {"isAuthorized": False}
    store_id = claims["store_id"]
    context = {"kind": "publishable", "id": store_id, "store_id": store_id, "scopes": "try-on"}
    return {"isAuthorized": True, "context": context}


def _answer(key: keys.Key) -> dict[str, Any]:
    if key.kind == "staff":
        with db.transaction(all_stores=True) as tx:
            known = stores.staff_key(tx, key.id)
        hashed, scopes = known or (None, [])
    else:
        with db.transaction(store_id=key.id) as tx:
            hashed, scopes = insights.key_hash(tx), []
    if not _is_of(key.secret, hashed):
        return {"isAuthorized": False}
    context = {
        "kind": key.kind,
        "id": str(key.id),
        "scopes": " ".join(scopes) or SCOPES[key.kind],
    }
    if key.kind == "store":
        context["store_id"] = str(key.id)
    return {"isAuthorized": True, "context": context}


def _is_of(secret: str, hashed: str | None) -> bool:
    digest = sha256(secret.encode()).digest()
    if hashed and compare_digest(_matched.get(digest, ""), hashed):
        return True
    if not keys.matches(secret, hashed) or hashed is None:
        return False
    if len(_matched) >= MOST_MATCHED:
        _matched.clear()
    _matched[digest] = hashed
    return True
