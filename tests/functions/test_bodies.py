"""Bodies that say more than a route asks for: fields of the database, the same field twice, nesting
without end. Nobody gets at another store with them, and each is answered in words.

Routes and bodies come from the OpenAPI document.
"""

# ruff: noqa: F401, F811 - the fixture is that of test_matrix.py
from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from tests.functions.test_edges import ELSEWHERE, fault
from tests.functions.test_matrix import (
    ROUTES,
    Route,
    World,
    environment,
    filled,
    key_of,
    request,
)
from tests.functions.test_walk import MADE_UP, UNREADABLE, with_json_as_new

DEEP = 100_000


def bodies(example: dict[str, Any], other: World) -> Iterator[tuple[str, str]]:
    """What somebody may send in place of the example."""
    named = {
        "store_id": str(other.mine),
        "id": str(uuid4()),
        "created_at": "2000-01-01T00:00:00Z",
        "api_key_hash": "x",
        "scopes": ["staff"],
        "kind": "staff",
        "__proto__": {"is_admin": True},
        "__class__": "x",
    }
    for name, value in named.items():
        yield f"with {name}", json.dumps(example | {name: value})
    whole = json.dumps(example)
    yield "every field twice", whole[:-1] + ", " + whole[1:] if example else "{}"
    yield "a store twice", f'{{"store_id": "{other.mine}", "store_id": 1, ' + whole[1:]
    for name in example:
        yield f"deep {name}", json.dumps(example | {name: "DEEP"}).replace('"DEEP"', "[" * DEEP)
        closed = "[" * 500 + "]" * 500
        yield f"nested {name}", json.dumps(example | {name: "DEEP"}).replace('"DEEP"', closed)
    yield "deep objects", '{"a":' * DEEP
    yield "no object", "[]"
    yield "a text", '"x"'
    yield "two", whole + whole


@pytest.mark.timeout(300)
@pytest.mark.parametrize("function", sorted(ROUTES))
def test_a_body_says_no_more_than_its_route_asks(
    function, environment, load, owner, new_store
) -> None:
    world, other = World(owner, new_store), World(owner, new_store)
    with_json_as_new(owner, world)
    handler = load(function).handler
    before = other.stored()
    wrong: dict[str, str] = {}
    for route in ROUTES[function]:
        name = f"{route.verb} {route.path}"
        if name in ELSEWHERE:
            continue
        path = next(filled(route, world))
        asked = request(route, path, {}, key_of(world.mine))
        try:
            example = json.loads(asked["body"] or "null")
        except ValueError:
            continue
        if not isinstance(example, dict):
            continue
        for what, body in bodies(example, other):
            headers = asked["headers"] | {"idempotency-key": str(uuid4())}
            why = fault(handler, asked | {"body": body, "headers": headers})
            if why and not (why in UNREADABLE and name in MADE_UP.get(function, ())):
                wrong.setdefault(f"{name} {what}", why)
    assert wrong == {}
    assert other.stored() == before
