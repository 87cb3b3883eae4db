"""One action on many rows: each is done by itself, one that is refused stops none, and the page
that follows says what became of each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from urllib.parse import urlencode

from aws_lambda_powertools.event_handler import Response
from backshop.errors import FieldError, Problem, Unauthorized, Unprocessable
from backshop.web import tokens
from backshop.web.http import Event
from backshop.web.pages import forms, redirect

MOST = 100
"""Rows of one form."""
SHOWN = 30
"""Fates that fit into an address; those that were refused come first."""
LETTERS = 140
LASTS = timedelta(hours=1)
AUDIENCE = "desk-fates-of-rows"
ABOUT_A_MESSAGE = ("done", "fates", "cursor", "format")
"""Parts of an address that say what was done, or where one stood, and not what is listed."""


class Fate(NamedTuple):
    """What became of a row; `message` is why it was refused, empty where it was done."""

    of: str
    message: str


class Fates(NamedTuple):
    done: int
    refused: int
    listed: Sequence[Fate]

    @property
    def more(self) -> int:
        return self.done + self.refused - len(self.listed)


def act(
    event: Event,
    sent: forms.Sent,
    what: str,
    do: Callable[[str], Any],
    *,
    again: Callable[[Problem], Response[str]],
) -> Response[str]:
    """Do it to each row that was chosen, and lead back to the list. Where none was, `again` shows
    the list with what is to be corrected; `what` is how its rows are called ("the discounts")."""
    try:
        ids = chosen(sent, what)
    except Problem as refused:
        return again(refused)
    return led(event, event["rawPath"], of_each(sent, ids, do))


def chosen(sent: forms.Sent, what: str) -> list[str]:
    """The rows that were chosen. Raises Unprocessable for none."""
    ids = list(dict.fromkeys(sent.all("id")))
    if not ids:
        raise _choose(f"Choose {what} first: tick the boxes before them.")
    if len(ids) > MOST:
        raise _choose(f"Choose at most {MOST} at once.")
    return ids


def of_each(sent: forms.Sent, ids: Sequence[str], act: Callable[[str], Any]) -> list[Fate]:
    """Do it to each. The form says how each is called (`of.<id>`)."""
    fates = []
    for id in ids:
        of = (sent.first(f"of.{id}") or id)[:60]
        try:
            act(id)
        except Problem as refused:
            fates.append(Fate(of, refused.detail[:LETTERS]))
        else:
            fates.append(Fate(of, ""))
    return fates


def led(event: Event, path: str, fates: Sequence[Fate]) -> Response[str]:
    """Leads back to the list as it was filtered, which says what became of each."""
    refused = [each for each in fates if each.message]
    done = [each for each in fates if not each.message]
    said = {
        "done": len(done),
        "refused": len(refused),
        "listed": [list(each) for each in (*refused, *done)[:SHOWN]],
    }
    token = tokens.sign(AUDIENCE, said, at=datetime.now(UTC), lasts=LASTS)
    return redirect(address(event, path, fates=token))


def read(token: str) -> Fates | None:
    """What became of the rows that were just sent; None where the address says nothing of ours."""
    try:
        said = tokens.read(AUDIENCE, token, at=datetime.now(UTC))
    except Unauthorized:
        return None
    listed = [Fate(*each) for each in said["listed"]]
    return Fates(said["done"], said["refused"], listed)


def address(event: Event, path: str, **more: str) -> str:
    """The list at this path, filtered as it was."""
    query = event.get("queryStringParameters") or {}
    kept = {name: value for name, value in query.items() if name not in ABOUT_A_MESSAGE and value}
    return f"{path}?{urlencode(kept | more)}" if kept or more else path


def _choose(message: str) -> Unprocessable:
    return Unprocessable(message, errors=[FieldError(field="rows", message=message)])
