"""The page behind a quote's link: rooms, lines, alternatives, the PDF, accept, ask for a change."""

from __future__ import annotations

from typing import NamedTuple

from aws_lambda_powertools.event_handler import Response
from backshop import db, outbox, quote_link
from backshop.errors import Conflict, FieldError, Gone, Unauthorized, Unprocessable
from backshop.projects.quotes import quoting
from backshop.projects.quotes.models import Offer
from backshop.projects.quotes.rules import Linked
from backshop.stores import repository as stores
from backshop.web import callers, http, pages
from backshop.web.pages import forms
from frame import app, event, look, now, query, render
from pydantic import Field

NAMES = {"good": "Good", "better": "Better", "best": "Best"}


class Signed(forms.Fields):
    name: str = Field(
        min_length=2, max_length=200, description="Type your name, first and last, to accept."
    )


class Wanted(forms.Fields):
    message: str = Field(
        min_length=1, max_length=2000, description="Write what should be different."
    )


class Seen(NamedTuple):
    """A quote by its link, in its shop's look."""

    link: Linked
    offer: Offer


@pages.route(app, "GET /quote/<token>", problems=[Gone])
def show_quote(token: str) -> Response[str]:
    """A quote as its customer sees it."""
    return _page(token, _seen(token))


@pages.route(
    app, "POST /quote/<token>/acceptance", fields="`name`, typed.", problems=[Gone, Conflict]
)
def accept_quote(token: str) -> Response[str]:
    """Accept the quote with a typed name; what was sent is what is ordered."""
    sent = forms.read(event())
    link = _link(token)
    to = f"/quote/{token}?said=accepted"
    try:
        name = forms.parse(Signed, sent).name
    except Unprocessable as wrong:
        return _page(token, _seen(token), errors=wrong.errors, typed=sent.typed)
    by = quoting.By(name, callers.address(event()), http.header(event(), "user-agent"))
    with db.transaction(store_id=link.store_id) as tx:
        claim = forms.claim(tx, event(), sent)
        _, _, rows = quote_link.accept(tx, link, by, now())
        claim.keep(forms.Led(to=to), status=303)
    outbox.announce(rows)
    return pages.redirect(to)


@pages.route(app, "POST /quote/<token>/changes", fields="`message`.", problems=[Gone, Conflict])
def ask_for_changes(token: str) -> Response[str]:
    """Tell the shop what should be different."""
    sent = forms.read(event())
    link = _link(token)
    to = f"/quote/{token}?said=asked"
    try:
        message = forms.parse(Wanted, sent).message
    except Unprocessable as wrong:
        return _page(token, _seen(token), errors=wrong.errors, typed=sent.typed)
    with db.transaction(store_id=link.store_id) as tx:
        claim = forms.claim(tx, event(), sent)
        quote_link.ask_for_changes(tx, link, message, now())
        claim.keep(forms.Led(to=to), status=303)
    return pages.redirect(to)


def _link(token: str) -> Linked:
    try:
        return quote_link.link(token, now())
    except Unauthorized:
        raise Gone(
            "This link is not complete or too old; open the one in the shop's mail, or ask for "
            "a new one.",
            slug="link-expired",
        ) from None


def _seen(token: str) -> Seen:
    link = _link(token)
    with db.transaction(store_id=link.store_id) as tx:
        project, quote = quote_link.read(tx, link)
        offer = quote_link.shown(tx, project, quote, now())
        look(offer.shop.name, stores.settings(tx))
    return Seen(link, offer)


def _page(
    token: str,
    seen: Seen,
    errors: list[FieldError] | None = None,
    typed: dict[str, str] | None = None,
) -> Response[str]:
    return render(
        "quote.html",
        status=422 if errors else 200,
        offer=seen.offer,
        content=seen.offer.content,
        alternatives=NAMES,
        token=token,
        typed={"name": "", "message": ""} | (typed or {}),
        said=query("said"),
        errors=errors or (),
    )
