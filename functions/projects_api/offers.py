"""What a customer does with a quote by its link: read, accept, ask for changes. Whoever has the
link may; it names the store, and nothing else does."""

from datetime import UTC, datetime
from typing import Annotated, Any

import links
import printing
from answers import Once
from backshop import db, outbox, quote_link
from backshop.errors import Conflict
from backshop.projects.quotes import quoting
from backshop.projects.quotes.models import (
    ChangeRequest,
    Offer,
    Received,
    Signature,
)
from backshop.web import callers, http
from backshop.web.fast import problems
from fastapi import Path, Request, Response
from served import app

TAGS: list[Any] = ["Quotes by link"]
Token = Annotated[
    str,
    Path(
        max_length=2000,
        pattern=r"^[A-Za-z0-9_.-]+$",
        description="What stands in the quote's link.",
    ),
]


@app.get("/quotes/{token}", tags=TAGS)
async def show_offer(token: Token) -> Offer:
    """The quote behind a link, and whether it can still be accepted. Reading it changes nothing."""
    link = links.read(token)
    with db.transaction(store_id=link.store_id) as tx:
        project, quote = quote_link.read(tx, link)
        return quote_link.shown(tx, project, quote, datetime.now(UTC))


@app.get("/quotes/{token}/pdf", tags=TAGS, response_class=Response, responses=printing.ANSWER)
async def print_offer(token: Token) -> Response:
    """The quote's PDF as it was sent."""
    link = links.read(token)
    with db.transaction(store_id=link.store_id) as tx:
        _, quote = quote_link.read(tx, link)
        return printing.answer(tx, link.store_id, quote)


@app.post("/quotes/{token}/views", tags=TAGS, responses=problems(Conflict))
async def see_offer(token: Token) -> Offer:
    """Note that the customer sees the quote; the page's script says so. The first time counts."""
    link, at = links.read(token), datetime.now(UTC)
    with db.transaction(store_id=link.store_id) as tx:
        project, quote = quoting.locked(tx, link.project_id, link.quote_id)
        return quote_link.shown(tx, project, quoting.see(tx, quote, at), at)


@app.post("/quotes/{token}/acceptance", tags=TAGS, responses=problems(Conflict))
async def accept_offer(token: Token, signature: Signature, once: Once, request: Request) -> Offer:
    """Accept the quote with a typed name. What was sent is what is ordered."""
    link, at = links.read(token), datetime.now(UTC)
    event = request.scope["aws.event"]
    by = quoting.By(
        signature.name,
        callers.address(event),
        http.header(event, "user-agent"),
    )
    with db.transaction(store_id=link.store_id) as tx:
        claim = once(tx)
        project, accepted, rows = quote_link.accept(tx, link, by, at)
        offer = claim.keep(quote_link.shown(tx, project, accepted, at), status=200)
    outbox.announce(rows)
    return offer


@app.post("/quotes/{token}/changes", tags=TAGS, responses=problems(Conflict))
async def ask_for_changes(token: Token, wanted: ChangeRequest, once: Once) -> Received:
    """Tell the shop what should be different."""
    link, at = links.read(token), datetime.now(UTC)
    with db.transaction(store_id=link.store_id) as tx:
        claim = once(tx)
        quote_link.ask_for_changes(tx, link, wanted.message, at)
        message = "Thank you. The shop has your message and will get back to you."
        return claim.keep(Received(message=message), status=200)
