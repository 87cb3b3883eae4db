"""Stylesheets, scripts and drawings of all pages, to be kept by browsers for good."""

from __future__ import annotations

from aws_lambda_powertools.event_handler import Response
from backshop.errors import NotFound
from backshop.web import routes
from backshop.web.pages import assets

app = routes.app("Pages")
handler = routes.handler(app)

KEPT = "public, max-age=31536000, immutable"


@routes.route(
    app,
    "GET /assets/<name>",
    scope="anyone",
    answers={
        "text/css": "A stylesheet, or a store's colour.",
        "text/javascript": "A script.",
        "image/svg+xml": "A drawing.",
    },
)
def show(name: str) -> Response[bytes]:
    """A file of the pages, whose name holds the hash of its content."""
    found = assets.asset(name)
    if found is None:
        raise NotFound("There is no such file; pages name those that there are.")
    headers: dict[str, str | list[str]] = {
        "Cache-Control": KEPT,
        "X-Content-Type-Options": "nosniff",
    }
    return Response(200, found.kind, found.content, headers=headers)
