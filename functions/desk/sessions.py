"""Who is signed in: a session of eight hours that is looked up on every request.

The browser holds a random token in a `__Host-` cookie, the table its hash beside the key. Ending
the session, or the key, holds at the next request, whatever an authorizer remembers.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection
from datetime import timedelta
from hashlib import sha256
from typing import Any, NamedTuple
from urllib.parse import urlencode
from uuid import UUID

from backshop import db
from backshop.errors import Forbidden, NotFound, Unauthorized
from backshop.stores import repository as stores
from backshop.web import keys, pages
from backshop.web.http import Event

LASTS = timedelta(hours=8)
SIGN_IN = "/desk/sign-in"
SCOPES = ("staff", "store")
"""Of a key that names none: both."""


class Shop(NamedTuple):
    """A store as the menu names it."""

    id: str
    name: str
    platform: str | None
    zone: str
    currency: str | None


class SignedOut(Unauthorized):
    """Nobody is signed in, or not any more."""


class Me(NamedTuple):
    """Who is at the desk, what their key may, and the stores that there are."""

    key_id: UUID
    name: str
    scopes: frozenset[str]
    token_hash: bytes
    draft: dict[str, Any] | None
    shops: list[Shop]

    def store(self, id: str | None) -> Shop | None:
        """The store that a page is about; the first where it is about none. Raises NotFound."""
        if id is None:
            return self.shops[0] if self.shops else None
        found = next((each for each in self.shops if each.id == id), None)
        if found is None:
            raise NotFound("There is no such shop; Shops lists them.")
        return found

    def shop(self, id: str) -> Shop:
        """The store of a path. Raises NotFound."""
        found = self.store(id)
        assert found is not None
        return found

    def named(self, path: str) -> Shop | None:
        """The store that a path of the desk names, where it names one: /desk/{store}/…"""
        about = _about(path)
        return next((each for each in self.shops if each.id == about), None)

    def draft_of(self, path: str) -> dict[str, str]:
        """What was typed into the form of this page when the session before had ended."""
        if self.draft and self.draft.get("path") == path:
            fields: dict[str, str] = self.draft["fields"]
            return fields
        return {}


def current(event: Event, scope: str) -> Me:
    """Who is signed in. Raises SignedOut, and Forbidden where their key lacks the scope."""
    token = pages.session_cookie(event, "desk")
    if not token:
        raise _signed_out()
    with db.transaction(all_stores=True) as tx:
        found = stores.session(tx, _hash(token))
        named = stores.named(tx, _about(event["rawPath"])) if found else []
    if found is None:
        raise _signed_out()
    scopes = frozenset(found.scopes or SCOPES)
    me = Me(
        key_id=found.key_id,
        name=found.name,
        scopes=scopes,
        token_hash=found.token_hash,
        draft=found.draft,
        shops=[Shop(**row) for row in named],
    )
    if scope not in scopes:
        raise Forbidden(
            f"Your key lacks the scope “{scope}”, which this page needs; sign in with one that has it."
        )
    return me


def names_of(actors: Collection[str]) -> dict[str, str]:
    """The names of staff keys by their ids, of what is told as `staff:<id>`."""
    ids = {each.removeprefix("staff:") for each in actors if each.startswith("staff:")}
    if not ids:
        return {}
    with db.transaction(all_stores=True) as tx:
        return stores.staff_names(tx, ids)


def begin(key: str, draft: dict[str, Any] | None) -> str | None:
    """Sign in with a staff key; the token for the cookie. None where the key is none, or ended."""
    presented = keys.read(key.strip())
    if presented is None or presented.kind != "staff":
        return None
    with db.transaction(all_stores=True) as tx:
        known = stores.staff_key(tx, presented.id)
    if not keys.matches(presented.secret, known.key_hash if known else None):
        return None
    token = secrets.token_urlsafe(32)
    with db.transaction(all_stores=True) as tx:
        stores.add_session(tx, _hash(token), presented.id, LASTS, draft)
    return token


def end(me: Me, *, everywhere: bool) -> None:
    """Sign out, here or in every browser."""
    with db.transaction(all_stores=True) as tx:
        if everywhere:
            stores.end_sessions(tx, me.key_id)
        else:
            stores.end_session(tx, me.token_hash)


def forget_draft(me: Me) -> None:
    """A form was sent: the one from before is not shown again."""
    if me.draft:
        with db.transaction(all_stores=True) as tx:
            stores.drop_draft(tx, me.token_hash)


def own_path(text: str) -> str:
    """A path of the desk that may be led to; the first page where it is none, or would end the
    header that leads there."""
    is_ours = text == "/desk" or text.startswith(("/desk/", "/desk?"))
    is_line = text.isascii() and text.isprintable()
    return text if is_ours and is_line and "\\" not in text else "/desk"


def sign_in_at(event: Event) -> str:
    """The address of the sign-in that leads back here."""
    query = event.get("rawQueryString") or ""
    path = event["rawPath"] + (f"?{query}" if query else "")
    return f"{SIGN_IN}?{urlencode({'next': path})}"


def _about(path: str) -> str | None:
    return next(iter(path.split("/")[2:3]), None)


def _hash(token: str) -> bytes:
    return sha256(token.encode(errors="surrogatepass")).digest()


def _signed_out() -> SignedOut:
    return SignedOut("You are signed out; sign in to go on.")
