"""Every parameter, cursor and field of every route, at the edges of what it may hold: the character
NUL, numbers without end, the first and last hours that there are. Each is answered in words.

Routes, parameters and bodies come from the OpenAPI document, cursors from the models that a route
reads them as.
"""

# ruff: noqa: F401, F811 - the fixture is that of test_matrix.py
from __future__ import annotations

import copy
import json
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from typing import Any

import pytest
from backshop import logs
from backshop.web import paging

from local import openapi
from tests import contract
from tests.functions.test_matrix import (
    LAMBDA,
    Route,
    World,
    body_of,
    environment,
    filled,
    key_of,
    request,
)
from tests.functions.test_walk import MADE_UP, UNREADABLE, with_json_as_new

TEXTS = (
    "\x00",
    "a\x00b",
    "%00",
    "9" * 30,
    "-" + "9" * 30,
    "1e400",
    "Infinity",
    "NaN",
    "0001-01-01",
    "9999-12-31",
    "10000-01-01",
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-14:00",
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59.999999Z",
    "2262-04-12T00:00:00Z",
    "infinity",
    "-9223372036854775809",
    "9223372036854775807",
    "2147483648",
)
SURROGATE = "\ud800"
"""Half a character: JSON can escape it, an address cannot hold it."""
NUMBERS = (2**31, 2**63 - 1, 2**63, -(2**63) - 1, 10**30, 1e308, -1e308, 5e-324, 0, -1)
"""What a number may be in JSON beside those that are texts."""
RAW = ("1e999", "-1e999", "9" * 5000, "0." + "0" * 400 + "1")
"""What is JSON and no value of Python's."""
PLACE = "\u241f"
"""Where a raw number is put into a body."""
ELSEWHERE = {"POST /connectors", "POST /connectors/{id}/check", "POST /connectors/check"}
"""They call the shop that a body names, which takes its time."""

SEALED = {"webhook_receive"}
"""The secret of a row that is made up opens nothing; its own tests try the edges."""
NOTHING_TO_SAY = {"health", "openapi", "cors"}
"""They take no parameter."""


def routes() -> dict[str, list[Route]]:
    """All that the document knows, by function."""
    found: dict[str, list[Route]] = {}
    for function, named in openapi.routes_by_function().items():
        for route in sorted(named):
            operation = contract.operation(route)
            if operation:
                verb, _, path = route.partition(" ")
                found.setdefault(function, []).append(Route(verb, path, operation))
    return found


ROUTES = routes()
STAFF = {"kind": "staff", "id": "7c9e6679-7425-40de-944b-e07fc1f90ae7", "scopes": "staff store"}


@pytest.mark.timeout(600)
@pytest.mark.parametrize("function", sorted(set(ROUTES) - SEALED))
def test_what_lies_at_the_edges_is_answered_in_words(
    function, environment, load, owner, new_store, monkeypatch
) -> None:
    world = World(owner, new_store)
    with_json_as_new(owner, world)
    handler = load(function).handler
    read = Cursors(monkeypatch)
    failed: dict[str, str] = {}
    tried = 0
    for route in ROUTES[function]:
        for what, asked in edges(route, world, read, handler):
            tried += 1
            wrong = fault(handler, asked)
            if wrong:
                failed.setdefault(f"{route.verb} {route.path} {what}", wrong)
    made_up = MADE_UP.get(function, set())
    assert {
        what: why
        for what, why in failed.items()
        if not (why in UNREADABLE and " ".join(what.split(" ")[:2]) in made_up)
    } == {}
    assert tried or function in NOTHING_TO_SAY


def test_the_control_finds_what_is_not_answered(environment, load, owner, new_store) -> None:
    """A column's type in place of the route's own: the walk sees what Postgres refuses."""
    world = World(owner, new_store)
    [route] = [each for each in ROUTES["batches"] if each[:2] == ("GET", "/batches")]

    def refusing(asked: dict[str, Any], _context: Any) -> dict[str, Any]:
        owner.execute("SELECT %s::timestamptz", [asked["queryStringParameters"]["cursor"]])
        return {"statusCode": 200}

    crashed = {
        text: fault(refusing, request(route, {}, {"cursor": text}, key_of(world.mine)))
        for text in TEXTS
        if "\x00" not in text
    }
    assert crashed["10000-01-01"] == ""
    assert crashed["1e400"]


class Cursors:
    """What a route reads its cursor as."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.model: Any = None
        position = paging.position

        def noting(cursor: str | None, model: Any) -> Any:
            self.model = model
            return position(cursor, model)

        monkeypatch.setattr(paging, "position", noting)

    def forged(self, handler: Any, asked: dict[str, Any]) -> Iterator[tuple[str, str]]:
        """Cursors of ours in form, whose values nobody would have given."""
        self.model = None
        fault(handler, asked)
        if self.model is None:
            return
        named = list(self.model.model_fields)
        good = {each: _fitting(self.model, each) for each in named}
        for name in named:
            for value in (*TEXTS, SURROGATE, *NUMBERS):
                said = json.dumps(good | {name: value})
                yield f"{name}={value!r}", urlsafe_b64encode(said.encode()).decode()
            for raw in RAW:
                said = json.dumps(good | {name: PLACE}).replace(json.dumps(PLACE), raw)
                yield f"{name}={raw[:10]}", urlsafe_b64encode(said.encode()).decode()


def _fitting(model: Any, name: str) -> Any:
    """A value that the field takes."""
    for value in ("2026-01-01T00:00:00Z", "7c9e6679-7425-40de-944b-e07fc1f90ae7", 1, "1", None):
        try:
            model.__pydantic_validator__.validate_assignment(model.model_construct(), name, value)
        except ValueError:
            continue
        return value
    return "2026-01-01"


def edges(
    route: Route, world: World, cursors: Cursors, handler: Any
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Calls of the route, each with one thing at an edge."""
    path = next(filled(route, world))
    query = {"store_id": str(world.mine)}
    for name in route.parameters:
        for text in TEXTS:
            yield f"{name}={text!r}", request(route, path | {name: text}, query, STAFF)
    for each in route.operation.get("parameters", ()):
        yield from _of_parameter(route, path, query, each)
        if each["name"] == "cursor":
            asked = request(route, path, query | {"cursor": "e30="}, STAFF)
            for what, cursor in cursors.forged(handler, asked):
                yield f"cursor {what}", request(route, path, query | {"cursor": cursor}, STAFF)
    if f"{route.verb} {route.path}" not in ELSEWHERE:
        yield from _bodies(route, path, query)


def _of_parameter(
    route: Route, path: dict[str, str], query: dict[str, str], said: dict[str, Any]
) -> Iterator[tuple[str, dict[str, Any]]]:
    name = said["name"]
    for text in TEXTS:
        if said["in"] == "query":
            yield f"?{name}={text!r}", request(route, path, query | {name: text}, STAFF)
        elif said["in"] == "header":
            asked = request(route, path, query, STAFF)
            asked["headers"][name.lower()] = text
            yield f"{name}: {text!r}", asked


def _bodies(
    route: Route, path: dict[str, str], query: dict[str, str]
) -> Iterator[tuple[str, dict[str, Any]]]:
    asked = request(route, path, query, STAFF)
    try:
        example = json.loads(asked["body"] or "null")
    except ValueError:
        return
    for place in _leaves(example):
        for value in (*TEXTS, SURROGATE, *NUMBERS):
            body = json.dumps(_with(example, place, value))
            yield f"body {place}={value!r}", _fresh(asked, body)
        for raw in RAW:
            body = json.dumps(_with(example, place, PLACE)).replace(json.dumps(PLACE), raw)
            yield f"body {place}={raw[:10]}", _fresh(asked, body)


def _fresh(asked: dict[str, Any], body: str) -> dict[str, Any]:
    made = copy.deepcopy(asked)
    made["body"] = body
    made["headers"].pop("idempotency-key", None)
    return made | {"headers": made["headers"] | {"idempotency-key": str(hash(body))}}


def _leaves(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if isinstance(value, dict):
        for name in value:
            yield from _leaves(value[name], (*at, name))
    elif isinstance(value, list):
        if value:
            yield from _leaves(value[0], (*at, 0))
    elif at:
        yield at


def _with(example: Any, place: tuple[Any, ...], value: Any) -> Any:
    made = copy.deepcopy(example)
    inner = made
    for each in place[:-1]:
        inner = inner[each]
    inner[place[-1]] = value
    return made


def fault(handler: Any, asked: dict[str, Any]) -> str:
    """What is wrong with the answer: a crash, a 5xx, or a refusal without words."""
    try:
        answer = handler(asked, LAMBDA)
    except logs.Crash as crash:
        return str(crash)
    except Exception as error:
        return f"{type(error).__name__}: {error}"[:300]
    status = answer["statusCode"]
    if status >= 500 and status != 503:
        return f"{status} {body_of(answer)[:200]}"
    if status >= 400 and not body_of(answer):
        return f"{status} without a word"
    return ""
