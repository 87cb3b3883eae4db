"""Projects: the pipeline, who waits to hear from the shop, one project with its rooms, the next
question to ask, and its quotes."""

from __future__ import annotations

from typing import Any

import sessions
from aws_lambda_powertools.event_handler import Response
from backshop.errors import Problem
from backshop.web.pages import redirect
from calling import ask
from frame import does, event, page, query_of, sent_by, shows
from sessions import Me

LANES = ("inquiry", "quoted", "ordered", "in_progress", "completed")
NEXT = {"ordered": ("in_progress",), "in_progress": ("completed",)}
"""Steps that staff take; the others follow from quotes and orders."""


@shows("/desk/<store>/projects")
def pipeline(store: str) -> Response[str]:
    """The pipeline, and who waits to hear from the shop."""
    me = sessions.current(event(), "store")
    query = query_of("sales_associate", "urgency_level")
    lanes = [
        (lane, _ask(me, store, "GET /projects", query={**query, "status": lane, "limit": 20}))
        for lane in LANES
    ]
    waiting = _ask(me, store, "GET /follow-ups", query={"limit": 20})
    return page(me, "projects.html", store=store, lanes=lanes, waiting=waiting)


@shows("/desk/<store>/projects/<project_id>")
def show(store: str, project_id: str) -> Response[str]:
    """One project whole, with what to ask next."""
    return _page(sessions.current(event(), "store"), store, project_id)


@does("/desk/<store>/projects/<project_id>", "`deed`: quote, send with `quote`, or a status")
def change(store: str, project_id: str) -> Response[str]:
    """Draft a quote, send one, or take the project a step on."""
    me, sent = sent_by("store")
    deed = sent.first("deed")
    try:
        if deed == "quote":
            _ask(
                me,
                store,
                "POST /projects/{project_id}/quotes",
                project_id=project_id,
                body={},
                key=sent.key,
            )
        elif deed == "send":
            _ask(
                me,
                store,
                "POST /projects/{project_id}/quotes/{quote_id}/sending",
                project_id=project_id,
                quote_id=sent.first("quote"),
                key=sent.key,
            )
        else:
            _ask(
                me,
                store,
                "POST /projects/{project_id}/status",
                project_id=project_id,
                body={"status": deed},
            )
    except Problem as refused:
        return _page(me, store, project_id, refused=refused)
    return redirect(f"/desk/{store}/projects/{project_id}?done=moved")


def _ask(me: Me, store: str, route: str, **said: Any) -> Any:
    query = {"store_id": me.shop(store).id, **said.pop("query", {})}
    return ask(me, "projects_api", route, query=query, **said)


def _page(me: Me, store: str, project_id: str, *, refused: Problem | None = None) -> Response[str]:
    project = _ask(me, store, "GET /projects/{project_id}", project_id=project_id)
    return page(
        me,
        "project.html",
        store=store,
        refused=refused,
        project=project,
        next=_ask(me, store, "GET /projects/{project_id}/next", project_id=project_id),
        quotes=_ask(me, store, "GET /projects/{project_id}/quotes", project_id=project_id),
        steps=NEXT.get(project["project_status"], ()),
    )
