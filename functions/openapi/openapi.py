"""GET /openapi.json: the document of the API, as `make openapi` wrote it beside this file."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from backshop.logs import crash_safely

HEADERS = {
    "content-type": "application/json",
    "cache-control": "public, max-age=300",
    # It holds nothing of anybody's, and tools on other pages read it.
    "access-control-allow-origin": "*",
}


@crash_safely
def handler(_event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """The document; the same for everybody."""
    return {"statusCode": 200, "headers": HEADERS, "body": _document()}


@cache
def _document() -> str:
    return Path(__file__).with_name("openapi.json").read_text(encoding="utf-8")
