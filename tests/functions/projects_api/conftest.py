"""Calls of the function as API Gateway makes them, with a store's key or a staff key."""

from __future__ import annotations

import base64
import json
import re
from typing import Any, NamedTuple

import pytest


class Answer(NamedTuple):
    status: int
    body: Any
    headers: dict[str, str]

    @property
    def slug(self) -> str:
        return str(self.body["type"]).rpartition("#")[2]


def route(path: str) -> str:
    """The route of a path, as far as its length matters: keys of answers are kept by it."""
    return re.sub(r"^/(quotes?)/[^/]{37,}", r"/\1/{token}", path)


@pytest.fixture
def function(load):
    return load("projects_api")


@pytest.fixture
def call(function, context, store):
    """`call("GET", "/projects", limit=5)` with the store's key; `staff=True` with a staff key."""

    def send(method, path, body=None, *, of=store, staff=False, headers=None, **query):
        given = {key: str(value) for key, value in query.items() if value is not None}
        caller = {"kind": "store", "id": str(of), "store_id": str(of), "scopes": "store"}
        if staff:
            caller = {"kind": "staff", "id": str(of), "scopes": "staff store"}
        event = {
            "version": "2.0",
            "routeKey": f"{method} {route(path)}",
            "rawPath": path,
            "rawQueryString": "&".join(f"{key}={value}" for key, value in given.items()),
            "queryStringParameters": given,
            "headers": {"content-type": "application/json", **(headers or {})},
            "requestContext": {
                "http": {"method": method, "path": path, "sourceIp": "192.0.2.1"},
                "requestId": "r-1",
                "authorizer": {"lambda": caller},
            },
            "isBase64Encoded": False,
        }
        if body is not None:
            event["body"] = body if isinstance(body, str) else json.dumps(body)
        answer = function.handler(event, context)
        text = answer.get("body")
        if answer.get("isBase64Encoded"):
            return Answer(answer["statusCode"], base64.b64decode(text), answer["headers"])
        if answer["headers"].get("content-type", "").startswith("text/html"):
            return Answer(answer["statusCode"], text, answer["headers"])
        return Answer(answer["statusCode"], json.loads(text) if text else None, answer["headers"])

    return send
