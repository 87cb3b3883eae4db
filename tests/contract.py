"""What is really answered, held against docs/openapi.json."""

from __future__ import annotations

import base64
import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs

DOCUMENT = Path(__file__).parents[1] / "docs" / "openapi.json"


@cache
def document() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(DOCUMENT.read_text())
    return found


def operation(route: str) -> dict[str, Any] | None:
    """What the document says of a route (`GET /batches/{id}`); None where it does not know it."""
    verb, _, path = route.partition(" ")
    found: dict[str, Any] | None = document()["paths"].get(path, {}).get(verb.lower())
    return found


def check(route: str, status: int, headers: dict[str, str], body: bytes) -> None:
    """Raises AssertionError where the document promises something else for this route."""
    declared = operation(route)
    if declared is None:
        return
    answer = declared["responses"].get(str(status))
    assert answer is not None, f"{route} answered {status}, which it does not declare"
    kind = {name.lower(): value for name, value in headers.items()}.get("content-type", "")
    kind = kind.partition(";")[0]
    content = answer.get("content", {})
    if not body:
        assert not content, f"{route} answered {status} without a body"
        return
    assert kind in content, f"{route} answered {status} as {kind}, declared are {list(content)}"
    if kind.endswith("json"):
        place = f"{route} {status} {kind}"
        errors = [
            each.message
            for each in _validator(route, str(status), kind).iter_errors(json.loads(body))
        ]
        assert not errors, f"{place}: {errors}"


def check_answer(event: dict[str, Any], answer: Any) -> None:
    """`check` for a Lambda's answer to an event of the gateway; others are none of it."""
    if not isinstance(answer, dict) or "statusCode" not in answer or "rawPath" not in event:
        return
    body = answer.get("body") or ""
    content = base64.b64decode(body) if answer.get("isBase64Encoded") else body.encode()
    route = _route(event["requestContext"]["http"]["method"], event["rawPath"])
    check(route, answer["statusCode"], answer.get("headers") or {}, content)


def _route(verb: str, path: str) -> str:
    """The route of a call, one without parameters first; tests change paths and leave
    `routeKey`."""
    matching = [
        known
        for known, item in document()["paths"].items()
        if verb.lower() in item and re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", known), path)
    ]
    return f"{verb} {min(matching, key=lambda known: known.count('{'), default='')}"


@cache
def _validator(route: str, status: str, kind: str) -> Any:
    declared = operation(route)
    assert declared is not None
    schema = declared["responses"][status]["content"][kind]["schema"]
    whole = {"components": document()["components"], "allOf": [schema]}
    return jsonschema_rs.Draft202012Validator(whole, validate_formats=True)
