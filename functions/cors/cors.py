"""Answers browsers' preflight requests: only origins that some store allows may call.

What a call itself may read is decided on its route, where the store is known (web/routes.py).
"""

from __future__ import annotations

from typing import Any

from backshop.logs import crash_safely
from backshop.stores import tenants
from backshop.web import http

METHODS = "GET, POST, PUT, PATCH, DELETE"
HEADERS = "authorization, content-type, idempotency-key, x-store-id"


@crash_safely
def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """204 with the origin echoed where a store allows it, without it otherwise."""
    origin = http.header(event, "origin") or ""
    headers = {"Vary": "Origin"}
    if origin and tenants.is_origin_allowed(origin, None):
        headers |= {
            "Access-Control-Allow-Origin": origin,
            "Access-Control-Allow-Methods": METHODS,
            "Access-Control-Allow-Headers": HEADERS,
            "Access-Control-Max-Age": "3600",
        }
    return {"statusCode": 204, "headers": headers}
