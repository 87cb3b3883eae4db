"""Pages as routes: of the OpenAPI document too, with pages for what can be wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar
from urllib.parse import quote

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError

from backshop.errors import Forbidden, NotFound, Problem, Unprocessable
from backshop.web import http, idempotency, routes
from backshop.web.pages import forms
from backshop.web.pages.answers import redirect
from backshop.web.pages.forms import MULTIPART
from backshop.web.pages.rendering import Page

F = TypeVar("F", bound=Callable[..., Any])
SHOWS = {"text/html": "The page."}
FORM = "application/x-www-form-urlencoded"
_OF_A_QUERY = "%/?:@!$'()*+,;=&"
"""Signs that stay as they are in a query that came encoded."""


def app(title: str, page: Page) -> routes.App:
    """A resolver whose problems are pages, made by the function's own `problem.html` or the shared
    one; a form that was sent before leads where it led then. An address that nothing is at is said
    to browsers in a page, with the page above it as the way back, and to programs in JSON."""
    made = routes.app(title)
    made.problem_content = {"text/html": {"schema": {"type": "string"}}}

    def problem(raised: Problem, back: str | None = None) -> Response[str]:
        if isinstance(raised, idempotency.KeyReused):
            raised = forms.used()
        return page(
            "problem.html",
            status=raised.status,
            retry_after=raised.retry_after,
            problem=raised,
            back=back,
            request_id=http.request_id(made.current_event.raw_event),
        )

    def invalid(raised: RequestValidationError) -> Response[str]:
        return problem(routes.problem_of(raised))

    def sent_before(raised: idempotency.Answered) -> Response[str]:
        return redirect(raised.answer["to"])

    def no_such_page(_: Exception) -> Response[str]:
        event = made.current_event.raw_event
        unknown = NotFound("There is no page at this address; check it, or go back.")
        # What a page's own route got, such as a token of odd signs, is said as that route says it.
        if event["routeKey"].endswith("+}") and not http.wants_page(event):
            return http.problem_answer(unknown, event)
        above = _page_above(made, event)
        back = _address(event, above) if above else None
        is_slash_too_many = event["rawPath"].endswith("/") and event["rawPath"].rstrip("/") == above
        if back and is_slash_too_many and event["requestContext"]["http"]["method"] == "GET":
            return redirect(back)
        return problem(unknown, back)

    made.exception_handler(Problem)(problem)
    made.exception_handler(idempotency.Answered)(sent_before)
    made.exception_handler(RequestValidationError)(invalid)
    made.not_found(no_such_page)
    return made


def _page_above(app: routes.App, event: http.Event) -> str | None:
    """The nearest page on the way up from an address, its own where it only has a slash too many or
    takes forms alone."""
    path = event["rawPath"].rstrip("/")
    while path and not app.serves("GET", path):
        path = path.rpartition("/")[0]
    return path or None


def _address(event: http.Event, path: str) -> str:
    """With the query of the call: links carry their token there."""
    query = quote(event.get("rawQueryString") or "", safe=_OF_A_QUERY, errors="replace")
    return quote(path, errors="replace") + (f"?{query}" if query else "")


def route(
    app: routes.App,
    rule: str,
    *,
    scope: routes.Scope = "anyone",
    fields: str = "",
    problems: Sequence[type[Problem]] = (),
    leads: bool = False,
    also: Mapping[int, str] | None = None,
    files: bool = False,
) -> Callable[[F], F]:
    """Declare a page. A POST takes a form, whose `fields` are described in a sentence, with `files`
    where it has some. `leads`: a GET that may be answered by a redirect. `also`: a POST's further
    statuses, answered by pages."""
    if rule.startswith("GET "):
        led = {303: "Leads on."} if leads else None
        return routes.route(app, rule, scope=scope, problems=problems, answers=SHOWS, also=led)
    return routes.route(
        app,
        rule,
        scope=scope,
        status=303,
        problems=[Forbidden, Unprocessable, *problems],
        takes=dict.fromkeys(
            (MULTIPART, FORM) if files else (FORM,), fields or "Nothing but the key of the form."
        ),
        answers=SHOWS,
        also=also,
    )
