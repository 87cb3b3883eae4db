"""What happens around every call, whatever routes it: its id in the log, and what pages may
read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from backshop import logs
from backshop.logs import crash_safely
from backshop.stores import tenants
from backshop.web import callers, http
from backshop.web.http import Event

Handler = Callable[[Event, Any], dict[str, Any]]


def handler(resolve: Handler) -> Handler:
    """The Lambda handler of what answers events."""

    @crash_safely
    def handle(event: Event, context: Any) -> dict[str, Any]:
        logs.about(request_id=http.request_id(event), route=event.get("routeKey"))
        answer = resolve(event, context)
        keep_by_nobody(answer)
        if origin := http.header(event, "origin"):
            allow_origin(event, answer, origin)
        return answer

    return handle


def keep_by_nobody(answer: dict[str, Any]) -> None:
    """Answers are somebody's, and their address alone may be what opens them: browsers and caches
    between keep none that does not say so itself."""
    headers = answer.setdefault("headers", {})
    if not any(name.lower() == "cache-control" for name in headers):
        headers["Cache-Control"] = "no-store"


def allow_origin(event: Event, answer: dict[str, Any], origin: str) -> None:
    """Let the calling page read the answer where its store allows the origin; a call that no key
    ties to a store is checked against all stores'."""
    store = callers.authorizer_context(event).get("store_id")
    headers = answer.setdefault("headers", {})
    if tenants.is_origin_allowed(origin, UUID(store) if store else None):
        headers["Access-Control-Allow-Origin"] = origin
    headers["Vary"] = "Origin"
