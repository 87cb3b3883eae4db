"""What all pages of the desk are declared with, and what they show around their own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import exporting
import fates
import sessions
from aws_lambda_powertools.event_handler import Response
from backshop.errors import (
    BadRequest,
    Conflict,
    Forbidden,
    Gone,
    NotFound,
    Problem,
    TooLarge,
    TooManyRequests,
)
from backshop.web import idempotency, pages, routes
from backshop.web.http import Event
from backshop.web.pages import Policy, forms, once
from backshop.web.pages.answers import NOTHING_MORE
from backshop.web.pages.declaring import SHOWS
from sessions import Me
from showing import DONE, SHOWN, menu_for, section_of

F = TypeVar("F", bound=Callable[..., Any])
ANSWERED = (BadRequest, Forbidden, NotFound, Conflict, Gone, TooLarge, TooManyRequests)
"""What the routes behind the pages may answer, shown where it was done."""

_page = pages.renderer(Path(__file__).with_name("templates"), **SHOWN)
app = pages.app("Desk", _page)


def event() -> Event:
    raw: Event = app.current_event.raw_event
    return raw


def shows(rule: str) -> Callable[[F], F]:
    """A page, which changes nothing; signed out, it leads to the sign-in."""
    return pages.route(app, f"GET {rule}", scope="desk", problems=ANSWERED, leads=True)


def lists(rule: str) -> Callable[[F], F]:
    """A page that shows a list (`found`); with `?format=csv` all of what it filters, as a file."""

    def declare(show: F) -> F:
        @wraps(show)
        def answer(**path: str) -> Response[Any]:
            if not exporting.is_wanted(event()):
                made: Response[Any] = show(**path)
                return made
            return exporting.file(event(), lambda: show(**path), rule.rpartition("/")[2])

        content = {**SHOWS, "text/csv": "With `?format=csv`: everything that is filtered."}
        routes.route(
            app,
            f"GET {rule}",
            scope="desk",
            problems=ANSWERED,
            answers=content,
            also={303: "Leads on."},
        )(answer)
        return show

    return declare


def does(rule: str, fields: str = "", *, also: Mapping[int, str] | None = None) -> Callable[[F], F]:
    """A form of a page: does it and leads on, or shows the page again with what is to be
    corrected. Sent again, it leads where it led (`once`). `also`: what else it answers."""

    def declare(act: F) -> F:
        @wraps(act)
        def answer(**path: str) -> Response[Any]:
            return _once(lambda: act(**path))

        declared = pages.route(
            app, f"POST {rule}", scope="desk", fields=fields, problems=ANSWERED, also=also
        )
        declared(answer)
        return act

    return declare


def _once(act: Callable[[], Response[Any]]) -> Response[Any]:
    """Does it with the claim that `sent_by` makes, and keeps where it leads; the claim is let go
    where it was refused."""
    app.context |= {"is_deed": True, "claim": None}
    made = None
    try:
        made = act()
        return made
    finally:
        once.settle(app.context.get("claim"), made)


def query_of(*names: str) -> dict[str, str]:
    """What the page's address filters by, as its route takes it."""
    said = event().get("queryStringParameters") or {}
    return {name: said[name] for name in (*names, "cursor", "limit") if said.get(name)}


def query_or(name: str, value: str, *names: str) -> dict[str, str]:
    """As `query_of`, where the filter `name` stands at `value` until somebody chooses another;
    `all` takes it away."""
    said = (event().get("queryStringParameters") or {}).get(name) or value
    kept = query_of(*names)
    return kept if said == "all" else kept | {name: said}


def sent_by(scope: str) -> tuple[Me, forms.Sent]:
    """Who sent a form, and what; where it comes from is checked before anything else. A deed's
    form is claimed. Raises idempotency.Answered where it was done before, and as `once.claim`."""
    filled = forms.read(event())
    me = sessions.current(event(), scope)
    sessions.forget_draft(me)
    shop = me.named(event()["rawPath"])
    if shop and app.context.get("is_deed"):
        who = f"staff:{me.key_id}"
        app.context["claim"] = once.claim(UUID(shop.id), who, event(), filled)
    return me, filled


def page(
    me: Me,
    template: str,
    *,
    store: str | None = None,
    refused: Problem | None = None,
    typed: dict[str, str] | None = None,
    status: int | None = None,
    policy: Policy = NOTHING_MORE,
    **values: Any,
) -> Response[str]:
    """A page of the desk, with its menu. `refused` is why what was just sent was not done."""
    query = event().get("queryStringParameters") or {}
    if "found" in values and exporting.is_wanted(event()):
        raise exporting.Found(values["found"])
    path = event()["rawPath"]
    if isinstance(refused, idempotency.KeyReused):
        refused = forms.used()
    errors = list(refused.errors) if refused else []
    if refused and not errors:
        errors = [{"field": "main", "message": refused.detail}]
    errors = [each | {"field": each["field"] or "main"} for each in errors]
    return _page(
        template,
        status=status or (refused.status if refused else 200),
        policy=policy,
        me=me,
        store=me.store(store),
        menu=menu_for(me.scopes),
        here=path,
        section=section_of(path, me.scopes),
        query=query,
        errors=errors,
        typed=typed if typed is not None else me.draft_of(path),
        done=DONE.get(query.get("done", "")),
        fates_of_rows=fates.read(query["fates"]) if query.get("fates") else None,
        here_filtered=fates.address(event(), path),
        refused=refused,
        **values,
    )


def plain(template: str, **values: Any) -> Response[str]:
    """A page for who is not signed in."""
    return _page(template, **values)
