"""GET /docs: a page that shows the API and tries it, from files of an installed package.

The page reads /openapi.json, which a function of the template serves, and calls the routes beside
it.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from aiohttp import web

from local.gateway import LocalRoute

SCRIPT = "swagger-ui-bundle.min.js"
STYLE = "swagger-ui.min.css"
PAGE = f"""\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>The API of backshop</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/docs/{STYLE}">
</head>
<body>
<div id="api"></div>
<script src="/docs/{SCRIPT}"></script>
<script>
SwaggerUIBundle({{
  url: "/openapi.json",
  dom_id: "#api",
  deepLinking: true,
  docExpansion: "none",
  filter: true,
  persistAuthorization: true,
  tagsSorter: "alpha",
  tryItOutEnabled: true,
  validatorUrl: null,
}});
</script>
</body>
</html>
"""


def routes() -> list[LocalRoute]:
    """The page and the two files that it needs."""
    return [
        ("GET", "/docs", _page),
        ("GET", "/docs/{name}", _file),
    ]


async def _page(_request: web.Request) -> web.Response:
    return web.Response(text=PAGE, content_type="text/html")


async def _file(request: web.Request) -> web.StreamResponse:
    name = request.match_info["name"]
    if name not in (SCRIPT, STYLE):
        raise web.HTTPNotFound
    return web.FileResponse(_folder() / name)


def _folder() -> Path:
    """Where Powertools keeps Swagger UI; found without importing it."""
    found = find_spec("aws_lambda_powertools")
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).parent / "event_handler" / "openapi" / "swagger_ui"
