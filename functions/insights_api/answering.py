"""What the routes of this function share: answers to queries."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any
from uuid import UUID

from backshop import db
from backshop.errors import BadRequest, Forbidden, NotFound, Unprocessable
from backshop.insights import answers
from backshop.insights.semantic.models import (
    Answer,
    Meaningless,
    Nearest,
    Refusal,
    Result,
    SemanticQuery,
)
from backshop.insights.semantic.repository import Shop
from backshop.insights.semantic.running import NotThere, run, run_in
from backshop.insights.semantic.wording import plain
from backshop.web.callers import Principal

TIMEOUT = "15s"
"""Of a question's statements."""


YEARS = range(1900, 2200)
"""Of which an answer may be asked: every reckoning from there stays within what dates hold."""


def moment(caller: Principal, as_of: str | None) -> datetime | None:
    """The moment that an answer is to be of. Raises Forbidden, BadRequest."""
    if as_of is None:
        return None
    if caller.kind != "staff":
        raise Forbidden("as_of is for staff: leave it out for an answer of now.")
    try:
        # A plus sign in a query string is a space.
        found = datetime.fromisoformat(re.sub(r" (?=\d\d:?\d\d$)", "+", as_of))
    except ValueError:
        raise BadRequest("as_of is an ISO 8601 date and time, such as 2026-11-28T12:00.") from None
    if found.year not in YEARS:
        raise BadRequest(f"as_of is a moment of the years {YEARS[0]} to {YEARS[-1]}.")
    return found


def result(
    tx: db.Tx, query: SemanticQuery, as_of: datetime | None, shop: Shop | None = None
) -> Result:
    """The numbers. Raises Unprocessable, NotFound, NotThere."""
    try:
        return run_in(tx, shop, query, as_of=as_of) if shop else run(tx, query, as_of=as_of)
    except Meaningless as wrong:
        raise Unprocessable(wrong.message, slug="no-such-question") from None


def reply(
    store_id: UUID, query: SemanticQuery, as_of: datetime | None, *, title: str = ""
) -> Answer | Refusal:
    with db.transaction(store_id=store_id) as tx:
        tx.execute(f"SET LOCAL statement_timeout = '{TIMEOUT}'".encode())
        return reply_in(tx, query, as_of, title=title)


def reply_in(
    tx: db.Tx,
    query: SemanticQuery,
    as_of: datetime | None,
    *,
    title: str = "",
    shop: Shop | None = None,
) -> Answer | Refusal:
    """`reply` in a transaction, for a store that may have been read already."""
    try:
        return answers.answer(result(tx, query, as_of, shop), title=title)
    except NotThere as missing:
        return not_there(query, missing)


def not_there(query: SemanticQuery, missing: NotThere) -> Refusal:
    """A name that the store does not have, with the nearest that it has."""
    what = missing.dimension.replace("_", " ")
    text = f"The store has no {what} named {plain(missing.name)}."
    if not missing.nearest:
        return Refusal(text=text, missing=(what,))
    nearest = missing.nearest[0]
    changed = _renamed(query, missing, nearest)
    shown = " or ".join(plain(each) for each in missing.nearest)
    return Refusal(
        text=f"{text} The nearest: {shown}.",
        missing=(what,),
        nearest=Nearest(text=f"The same for {plain(nearest)}", query=changed),
    )


def _renamed(query: SemanticQuery, missing: NotThere, name: str) -> dict[str, Any]:
    made = query.as_json()
    for each in made["filters"]:
        if each["field"] == missing.dimension:
            held = each["value"]
            if isinstance(held, list):
                each["value"] = [name if one == missing.name else one for one in held]
            elif held == missing.name:
                each["value"] = name
    return made


def found(item: Any, what: str) -> Any:
    """Raises NotFound where there is nothing."""
    if item is None or item is False:
        raise NotFound(f"There is no such {what}; GET /insights/{what}s lists yours.")
    return item
