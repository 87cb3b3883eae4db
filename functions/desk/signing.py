"""Signing in and out."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

import sessions
from aws_lambda_powertools.event_handler import Response
from backshop.errors import FieldError
from backshop.web import http, pages
from backshop.web.pages import forms
from frame import ANSWERED, app, event, plain
from sessions import SIGN_IN, SignedOut, sign_in_at
from showing import DONE

NEVER_KEPT = {"api_key", "secret", "webhook_secret", "staff_key", forms.KEY}
"""Fields that are not shown again after signing in anew: secrets, and the form's own key."""


@pages.route(app, f"GET {SIGN_IN}")
def ask() -> Response[str]:
    """The page that asks for a staff key."""
    query = event().get("queryStringParameters") or {}
    return _sign_in(next=sessions.own_path(query.get("next", "/desk")), query=query)


@pages.route(app, f"POST {SIGN_IN}", fields="`staff_key`, `next`, `draft`", problems=ANSWERED)
def sign_in() -> Response[str]:
    """Begin a session of eight hours, and lead to where somebody was going."""
    sent = forms.read(event())
    next = sessions.own_path(sent.first("next"))
    draft = _draft(sent.first("draft"))
    token = sessions.begin(sent.first("staff_key"), draft)
    if token is None:
        wrong = FieldError(
            field="staff_key",
            message="No such key, or it has ended. Paste the whole key, from bs_staff_ on.",
        )
        return _sign_in(next=next, draft=sent.first("draft"), errors=[wrong], status=422)
    return pages.redirect(next, cookies=[pages.cookie("desk", token, sessions.LASTS)])


@pages.route(app, "POST /desk/sign-out", scope="desk", fields="`everywhere`: yes for all browsers")
def sign_out() -> Response[str]:
    """End the session here, or everywhere."""
    sent = forms.read(event())
    everywhere = sent.first("everywhere") == "yes"
    done = "everywhere" if everywhere else "signed_out"
    try:
        sessions.end(sessions.current(event(), "store"), everywhere=everywhere)
    except SignedOut:
        done = "over" if everywhere else "signed_out"
    gone = pages.cookie("desk", "", sessions.LASTS * 0)
    return pages.redirect(f"{SIGN_IN}?done={done}", cookies=[gone])


def signed_out(_: SignedOut) -> Response[str]:
    """Ask for the key: a page leads back to itself, a form to its page with what was typed."""
    sent_by = event()
    if sent_by["requestContext"]["http"]["method"] == "GET":
        return pages.redirect(sign_in_at(sent_by))
    sent = forms.read(sent_by)
    path, query = _came_from(sent_by)
    fields = {name: text for name, text in sent.typed.items() if name not in NEVER_KEPT}
    draft = json.dumps({"path": path, "fields": fields})
    next = path + (f"?{query}" if query else "")
    return _sign_in(next=next, draft=draft, status=401, ended=True)


def _came_from(sent_by: http.Event) -> tuple[str, str]:
    """Path and query of the page that a form was on; those of the first where it names none."""
    try:
        before = urlsplit(http.header(sent_by, "referer") or "")
    except ValueError:
        return sessions.own_path(""), ""
    return sessions.own_path(before.path), before.query


def _sign_in(
    *,
    next: str,
    draft: str = "",
    errors: Any = (),
    status: int = 200,
    ended: bool = False,
    query: Any = None,
) -> Response[str]:
    return plain(
        "sign_in.html",
        status=status,
        next=next,
        draft=draft,
        errors=errors,
        ended=ended,
        done=DONE.get((query or {}).get("done", "")),
    )


def _draft(text: str) -> dict[str, Any] | None:
    """The form that came along, as our own page wrote it; None where there is none."""
    try:
        said = json.loads(text)
        path, fields = sessions.own_path(said["path"]), said["fields"]
        kept = {str(name): str(value) for name, value in fields.items()}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    return {"path": path, "fields": kept}


app.exception_handler(SignedOut)(signed_out)
