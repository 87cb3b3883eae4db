"""The numbers: the dashboard of pinned charts, and the question box with its conversation."""

from __future__ import annotations

from typing import Any

import sessions
from aws_lambda_powertools.event_handler import Response
from backshop.errors import NotFound, Problem
from backshop.web import routes
from backshop.web.pages import redirect
from calling import File, Refused, ask
from frame import ANSWERED, app, does, event, page, sent_by, shows
from sessions import Me

EXAMPLES = ("sales this month", "top 5 products last month", "orders by week this year")


@shows("/desk/<store>/numbers")
def show(store: str) -> Response[str]:
    """The dashboard, and the question box."""
    return _page(sessions.current(event(), "store"), store)


@does("/desk/<store>/numbers", "`question`, `conversation`: the one that it goes on")
def question(store: str) -> Response[str]:
    """Ask in plain words."""
    me, sent = sent_by("store")
    body: dict[str, Any] = {"question": sent.first("question").strip()}
    if sent.first("conversation"):
        body["conversation_id"] = sent.first("conversation")
    try:
        said = _ask(me, store, "POST /insights/ask", body=body)
    except Problem as refused:
        return _page(me, store, refused=refused, typed=sent.typed)
    return redirect(f"/desk/{store}/numbers?talk={said['conversation_id']}#talk")


@does(
    "/desk/<store>/charts",
    "`pin`: the place of an answer in `conversation`; or `unpin`, `up`, `down`: a chart's id",
)
def arrange(store: str) -> Response[str]:
    """Pin an answer as a chart, take a chart away, or move it."""
    me, sent = sent_by("store")
    to = f"/desk/{store}/numbers?done="
    try:
        if gone := sent.first("unpin"):
            _ask(me, store, "DELETE /insights/charts/{id}", id=gone)
            to += "unpinned"
        elif sent.first("pin"):
            _pin(me, store, sent.first("conversation"), sent.first("pin"))
            to += "pinned"
        else:
            to += f"saved#t{_move(me, store, sent.first('up'), sent.first('down'))}"
    except Problem as refused:
        return _page(me, store, refused=refused, typed=sent.typed)
    return redirect(to)


@routes.route(
    app,
    "GET /desk/<store>/charts/<file>",
    scope="desk",
    problems=ANSWERED,
    answers={"image/svg+xml": "A saved chart as a picture."},
    also={303: "Leads to the sign-in."},
)
def chart(store: str, file: str) -> Response[bytes]:
    """A pinned chart as a picture, `{id}.svg`."""
    me = sessions.current(event(), "store")
    made = ask(
        me,
        "insights_charts",
        "GET /insights/charts/{file}",
        file=file,
        query={"store_id": me.shop(store).id, "width": 480},
    )
    if not isinstance(made, File):
        raise NotFound("There is no such picture.")
    headers: dict[str, str | list[str]] = {
        "Cache-Control": "private, max-age=60",
        "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(200, "image/svg+xml", made.content, headers=headers)


def _pin(me: Me, store: str, conversation: str, place: str) -> None:
    """The answer's query is asked once more: its numbers say how it is drawn."""
    talk = _ask(me, store, "GET /insights/conversations/{id}", id=conversation)
    messages = talk["messages"]
    number = int(place) if place.isdecimal() and len(place) < 4 else -1
    if not 0 < number < len(messages) or "query" not in messages[number]:
        raise NotFound("That answer cannot be pinned; ask it again.")
    query = messages[number]["query"]
    answer = _ask(me, store, "POST /insights/query", body=query)
    title = messages[number - 1]["text"][:250]
    _ask(
        me,
        store,
        "POST /insights/charts",
        body={
            "title": title,
            "query_text": title,
            "chart_config": {"query": query, "chart": answer["chart"]},
        },
    )


def _move(me: Me, store: str, up: str, down: str) -> str:
    """The chart that was moved."""
    charts = _ask(me, store, "GET /insights/charts")["charts"]
    ids = [each["id"] for each in charts]
    which = up or down
    if which not in ids:
        raise NotFound("There is no such chart any more.")
    place = ids.index(which)
    other = min(max(place + (-1 if up else 1), 0), len(ids) - 1)
    ids[place], ids[other] = ids[other], ids[place]
    _ask(me, store, "PUT /insights/charts/order", body={"ids": ids})
    return str(which)


def _ask(me: Me, store: str, route: str, **said: Any) -> Any:
    return ask(me, "insights_api", route, query={"store_id": me.shop(store).id}, **said)


def _page(
    me: Me, store: str, *, refused: Problem | None = None, typed: dict[str, str] | None = None
) -> Response[str]:
    query = event().get("queryStringParameters") or {}
    talk = None
    if query.get("talk"):
        try:
            talk = _ask(me, store, "GET /insights/conversations/{id}", id=query["talk"])
        except Refused:
            talk = None
    return page(
        me,
        "numbers.html",
        store=store,
        refused=refused,
        typed=typed,
        tiles=_ask(me, store, "GET /insights/dashboard")["tiles"],
        talk=talk,
        examples=EXAMPLES,
    )
