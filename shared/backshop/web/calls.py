"""Calls of routes that other functions serve, as the gateway makes them: for pages, which use the
routes that programs use."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlencode
from uuid import uuid4

from backshop.web.http import Event

HOST = "pages.internal"


def event(
    route: str,
    path: Mapping[str, str],
    *,
    caller: Mapping[str, str] | None = None,
    query: Mapping[str, Any] | None = None,
    body: Any = None,
    text: str | None = None,
    headers: Mapping[str, str] | None = None,
    address: str = "127.0.0.1",
) -> Event:
    """A call of the route (`GET /connectors/{id}`), whose braces `path` fills. `caller` is what the
    authorizer says of who calls, `text` a CSV in place of a JSON body, `address` whose the call is.
    """
    method, _, pattern = route.partition(" ")
    raw_path = pattern.replace("+}", "}").format(
        **{name: quote(value, safe="/" if "+}" in pattern else "") for name, value in path.items()}
    )
    params = {
        name: _said(value) for name, value in (query or {}).items() if value not in (None, "")
    }
    context: dict[str, Any] = {
        "domainName": HOST,
        "stage": "$default",
        "routeKey": route,
        "requestId": uuid4().hex,
        "timeEpoch": int(datetime.now(UTC).timestamp() * 1000),
        "http": {
            "method": method,
            "path": raw_path,
            "protocol": "HTTP/1.1",
            "sourceIp": address,
            "userAgent": "pages",
        },
    }
    if caller is not None:
        context["authorizer"] = {"lambda": dict(caller)}
    made: Event = {
        "version": "2.0",
        "routeKey": route,
        "rawPath": raw_path,
        "rawQueryString": urlencode(params),
        "queryStringParameters": params,
        "pathParameters": dict(path),
        "headers": {"host": HOST, "x-forwarded-proto": "https", **(headers or {})},
        "requestContext": context,
        "isBase64Encoded": False,
    }
    if text is not None:
        made["body"], made["headers"]["content-type"] = text, "text/csv"
    elif body is not None:
        made["body"], made["headers"]["content-type"] = json.dumps(body), "application/json"
    return made


def _said(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
