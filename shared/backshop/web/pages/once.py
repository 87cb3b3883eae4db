"""A form is done once: sent again, by a double click, a reload or the way back, it leads where it
led at first. Not every route behind a form takes an idempotency key, and none knows of pages.

The key is claimed and committed before anything is done, because others are asked meanwhile, whom
no transaction should wait for. A form that was refused lets its key go: corrected, it may be sent.
"""

from __future__ import annotations

import json
import time
from datetime import timedelta
from hashlib import sha256
from typing import Any, NamedTuple
from uuid import UUID

from aws_lambda_powertools.event_handler import Response

from backshop import db
from backshop.errors import Conflict
from backshop.stores import repository
from backshop.web import idempotency
from backshop.web.http import Event
from backshop.web.pages import forms

ROUTE = "form"
"""Stands for the route of a kept answer; the form's own path is in the key."""
PATIENCE = timedelta(seconds=20)
"""How long the second one waits for the first, within what a gateway waits."""
PAUSE = timedelta(milliseconds=250)


class Claim(NamedTuple):
    """The right to do what a form asks for."""

    store_id: UUID
    id: repository.KeyId

    def keep(self, to: str) -> None:
        """It is done, and leads there."""
        with db.transaction(store_id=self.store_id) as tx:
            repository.keep_answer(tx, self.id, 303, forms.Led(to=to).model_dump(), [])

    def let_go(self) -> None:
        """It was not done; the same form may be sent again, and with something else in it."""
        with db.transaction(store_id=self.store_id) as tx:
            repository.free_key(tx, self.id)


def claim(store_id: UUID, who: str, event: Event, sent: forms.Sent) -> Claim | None:
    """Claim a form of this sender's; None where it came without a key.

    Raises idempotency.Answered where it was done before, Unprocessable where its key was sent with
    something else in the form, Conflict where it is being done for long.
    """
    if sent.key is None:
        return None
    id, digest = _id(who, event, sent.key), _digest(event, sent)
    ends = time.monotonic() + PATIENCE.total_seconds()
    while True:
        with db.transaction(store_id=store_id) as tx:
            if repository.claim_key(tx, id, digest):
                return Claim(store_id, id)
            kept = repository.kept_answer(tx, id)
        if kept.body_hash != digest:
            raise forms.used()
        if kept.status is not None:
            raise idempotency.Answered(kept.status, kept.answer)
        if time.monotonic() > ends:
            raise Conflict(
                "This form is still being done. Look at its page in a minute, before you send it"
                " again.",
                slug="under-way",
            )
        time.sleep(PAUSE.total_seconds())


def settle(claim: Claim | None, made: Response[Any] | None) -> None:
    """Keep where it led; let the claim go where it was refused, or failed (None)."""
    if claim is None:
        return
    if made is not None and made.status_code == 303:
        claim.keep(str(made.headers["Location"]))
    else:
        claim.let_go()


def _id(who: str, event: Event, key: str) -> repository.KeyId:
    text = f"{who}\n{event['rawPath']}\n{key}"
    return repository.KeyId(ROUTE, sha256(text.encode(errors="surrogatepass")).digest())


def _digest(event: Event, sent: forms.Sent) -> bytes:
    """What tells two fillings of a form apart; the key is in it, which is stored nowhere, so that
    nobody guesses from the hash what was typed."""
    files = {name: sha256(content).hexdigest() for name, content in sent.files.items()}
    text = json.dumps([event["rawPath"], sent.values, files], sort_keys=True)
    return sha256(text.encode()).digest()
