"""The same request sent twice is done once: `Idempotency-Key`, for a day.

    def create(body: NewBatch, key: idempotency.Key = None) -> Batch:
        with db.transaction(store_id=store_id) as tx:
            claim = idempotency.claim(tx, app.current_event.raw_event, key)
            return claim.keep(repository.add_batch(tx, body))

The key is claimed and the answer kept in the transaction of the effect: either all of it is there
or nothing, and a second call waits for the first one. A key belongs to a store, a route and a
caller, so that nobody is answered what somebody else was.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from contextlib import suppress
from hashlib import sha256
from typing import Annotated, Any, NamedTuple, TypeVar
from uuid import NAMESPACE_URL, UUID, uuid5

from aws_lambda_powertools.event_handler.openapi.params import Header
from pydantic import BaseModel
from pydantic_core import from_json

from backshop import db
from backshop.db import Tx
from backshop.errors import BadRequest, Unprocessable
from backshop.stores import credentials, repository
from backshop.web import callers, http
from backshop.web.http import Event

HEADER = "idempotency-key"
KEY_LENGTH = 255
DESCRIPTION = (
    "A new random text for each new request. The same key and body are answered the same for a "
    "day, without doing anything again."
)
SEAL_BYTES = 4096
"""What KMS encrypts at once."""

Key = Annotated[
    str | None,
    Header(
        alias=HEADER,
        min_length=1,
        max_length=KEY_LENGTH,
        description=DESCRIPTION,
    ),
]
"""The header as a route's parameter: `key: idempotency.Key = None`."""
RequiredKey = Annotated[
    str, Header(alias=HEADER, min_length=1, max_length=KEY_LENGTH, description=DESCRIPTION)
]
"""The header of a route that must not be called without it."""

A = TypeVar("A", bound=BaseModel)


class Answered(Exception):
    """The request was answered before; nothing is to be done. web/routes.py sends the answer."""

    def __init__(self, status: int, answer: dict[str, Any]) -> None:
        super().__init__("this request was answered before")
        self.status = status
        self.answer = answer


class Claim(NamedTuple):
    """The right to do what a request asks for; `None` for the ids where no key was sent."""

    tx: Tx
    store_id: UUID | None
    id: repository.KeyId | None

    def keep(self, answer: A, *, status: int = 201, secret: Collection[str] = ()) -> A:
        """Keep the answer for calls with the same key, and return it. `status` is the route's.

        `secret` names the answer's fields that hold secrets, signed links among them: they are kept
        sealed (KMS; the function needs Encrypt and Decrypt).
        """
        if self.id is None or self.store_id is None:
            return answer
        fields = answer.model_dump(mode="json", by_alias=True)
        hidden = {name: fields[name] for name in secret}
        sealed = _seal(hidden, self.store_id, self.id) if hidden else []
        repository.keep_answer(self.tx, self.id, status, fields | dict.fromkeys(hidden), sealed)
        return answer


def claim(tx: Tx, event: Event, key: str | None) -> Claim:
    """Claim the request's key, before anything else is done in its transaction.

    Raises Answered where the same request was done within a day, Unprocessable where the key stands
    for another one. While the first call with a key works, the second one waits here.
    """
    if key is None:
        return Claim(tx, None, None)
    id = repository.KeyId(event["routeKey"], sha256(f"{_caller(event)}\n{key}".encode()).digest())
    digest = _digest(event, key)
    if store_id := repository.claim_key(tx, id, digest):
        return Claim(tx, store_id, id)
    kept = repository.kept_answer(tx, id)
    if kept.body_hash != digest:
        raise reused()
    if kept.status is None:
        raise RuntimeError(f"{id.route} claimed an idempotency key and kept no answer")
    hidden = _unseal(kept.sealed, kept.store_id, id) if kept.sealed else {}
    raise Answered(kept.status, kept.answer | hidden)


class _Undone(Exception):
    """Rolls a claim back."""


def look_up(store_id: UUID, event: Event, key: str | None) -> None:
    """Raise as `claim` would, and claim nothing: before something slow is asked of others, which no
    transaction should wait for."""
    if key is None:
        return
    with suppress(_Undone), db.transaction(store_id=store_id) as tx:
        claim(tx, event, key)
        raise _Undone


def once(store_id: UUID, event: Event, key: str | None, answer: A, *, secret: Collection[str]) -> A:
    """Claim and keep for an answer that was made without a transaction, such as a token: the first
    one is kept, this one is dropped where there was one. Raises as `claim`."""
    if key is None:
        return answer
    with db.transaction(store_id=store_id) as tx:
        return claim(tx, event, key).keep(answer, secret=secret)


def refused(*, is_missing: bool = False) -> BadRequest:
    """What a missing or malformed key is answered."""
    detail = (
        "Send an Idempotency-Key of 1 to 255 characters, a UUID for instance, a new one for each "
        "new request, so that a repeated call does nothing twice."
    )
    if is_missing:
        return BadRequest(detail, slug="no-idempotency-key")
    return BadRequest(detail, slug="bad-idempotency-key")


class KeyReused(Unprocessable):
    """The key stands for another request."""

    slug = "idempotency-key-reused"


def reused() -> KeyReused:
    return KeyReused(
        "This Idempotency-Key was used for something else; use a new one for a new request."
    )


def derived_id(event: Event, key: str) -> UUID:
    """An id for what the request makes that is the same for the same caller, route and key: of what
    becomes a store, whose keys can be looked up by no other."""
    return uuid5(NAMESPACE_URL, f"{event['routeKey']}\n{_caller(event)}\n{key}")


def _caller(event: Event) -> str:
    """Who calls: an owner of a key, else whoever has the token that was sent."""
    context = callers.authorizer_context(event)
    if context.get("kind") in ("staff", "store"):
        return callers.principal(event).actor
    return http.header(event, "authorization") or ""


def _digest(event: Event, key: str) -> bytes:
    """What tells two requests apart: path, query and body; JSON by its meaning, not its spaces.

    The key is in it, which is stored nowhere, so that nobody guesses a phone or code from the hash.
    """
    query = dict(event.get("queryStringParameters") or {})
    query.pop("store_id", None)
    content: Any = http.raw_body(event, http.MOST_BYTES)
    try:
        content = from_json(content)
    except ValueError:
        content = sha256(content).hexdigest()
    request = json.dumps([key, event["rawPath"], query, content], sort_keys=True)
    return sha256(request.encode()).digest()


def _seal(hidden: dict[str, Any], store_id: UUID, id: repository.KeyId) -> list[str]:
    """ASCII alone, so that a part is as long in bytes as in characters."""
    text = json.dumps(hidden)
    parts = [text[at : at + SEAL_BYTES] for at in range(0, len(text), SEAL_BYTES)]
    return [credentials.seal(part, store_id, _field(id, at)) for at, part in enumerate(parts)]


def _unseal(sealed: list[str], store_id: UUID, id: repository.KeyId) -> dict[str, Any]:
    parts = [credentials.unseal(part, store_id, _field(id, at)) for at, part in enumerate(sealed)]
    hidden: dict[str, Any] = json.loads("".join(parts))
    return hidden


def _field(id: repository.KeyId, part: int) -> str:
    """A sealed part opens only in the row and the place that it was sealed for."""
    return f"answer:{id.key_hash.hex()}:{part}"
