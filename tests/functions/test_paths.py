"""However a path spells an id of this store, another store's key gets nothing by it; and a path
that does not fit its route opens nothing that asks for a key.

The gateway matches a path before it is decoded and hands it on decoded: what a function reads may
be another route than the one that the gateway let through.
"""

# ruff: noqa: F401, F811 - the fixture is that of test_matrix.py
from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest

from tests.functions import test_doors
from tests.functions.test_doors import answer_of
from tests.functions.test_matrix import (
    LAMBDA,
    ROUTES,
    Route,
    World,
    body_of,
    environment,
    filled,
    key_of,
    request,
)

SPELLINGS: dict[str, Callable[[str, str], str]] = {
    "a slash behind": lambda mine, _: f"{mine}/",
    "an encoded slash": lambda mine, _: f"{mine}%2f",
    "encoded twice": lambda mine, _: f"{mine}%252f",
    "an encoded letter": lambda mine, _: f"%{ord(mine[0]):02x}{mine[1:]}",
    "an encoded NUL": lambda mine, _: f"{mine}%00",
    "NUL": lambda mine, _: f"{mine}\0",
    "a dot behind": lambda mine, _: f"{mine}.",
    "here": lambda mine, _: f"./{mine}",
    "up from one's own": lambda mine, own: f"{own}/../{mine}",
    "up from one's own, encoded": lambda mine, own: f"{own}%2f..%2f{mine}",
    "two": lambda mine, own: f"{own},{mine}",
    "a parameter": lambda mine, own: f"{own};id={mine}",
    "a query": lambda mine, own: f"{own}?id={mine}&store_id={mine}",
    "an encoded query": lambda mine, own: f"{own}%3fid={mine}",
    "a fragment": lambda mine, own: f"{own}#{mine}",
    "capitals": lambda mine, _: mine.upper(),
    "braces": lambda mine, _: f"{{{mine}}}",
    "a URN": lambda mine, _: f"urn:uuid:{mine}",
    "no hyphens": lambda mine, _: mine.replace("-", ""),
    "spaces": lambda mine, _: f" {mine}\t",
    "wide digits": lambda mine, _: "".join(
        chr(ord(each) + 0xFEE0) if each.isdigit() else each for each in mine
    ),
    "no width": lambda mine, _: f"{mine}\u200b",
    "backslashes": lambda mine, own: f"{own}\\..\\{mine}",
    "overlong": lambda mine, own: f"{own}%c0%af{mine}",
    "the end of a line": lambda mine, own: f"{own}\r\n{mine}",
}
PARAMETERS_TRIED = 3
"""Ids of a path that each spelling is tried with."""


def with_key(route: Route, world: World, path: dict[str, str], raw: str) -> dict[str, Any]:
    asked = request(route, path, {"store_id": str(world.mine)}, key_of(world.other))
    asked["rawPath"] = asked["requestContext"]["http"]["path"] = raw
    return asked


@pytest.mark.timeout(120)
@pytest.mark.parametrize("function", sorted(ROUTES))
def test_however_an_id_is_spelled_another_store_s_key_gets_nothing(
    function, environment, load, owner, new_store
) -> None:
    world = World(owner, new_store)
    handler = load(function).handler
    before, secrets = world.stored(), world.secrets("")
    wrong: dict[str, str] = {}
    for route in ROUTES[function]:
        ways = itertools.islice(filled(route, world), PARAMETERS_TRIED)
        for path, (what, spell) in itertools.product(ways, SPELLINGS.items()):
            if not path:
                continue
            spelled = {name: spell(mine, str(world.other)) for name, mine in path.items()}
            decoded = route.path
            for name, value in spelled.items():
                decoded = decoded.replace(f"{{{name}}}", value)
            for raw in (decoded, quote(decoded, safe="/%")):
                asked = with_key(route, world, spelled, raw)
                status, said = answer_of(handler, asked)
                shown = json.dumps([asked, path])
                told = [each for each in secrets if each in said and each not in shown]
                if status >= 500 and status != 503:
                    wrong.setdefault(f"{route.verb} {route.path} {what}: {status}", said[:200])
                elif told:
                    wrong.setdefault(f"{route.verb} {route.path} {what}: told", str(told)[:200])
    assert wrong == {}
    assert world.stored() == before


@pytest.mark.parametrize("function", sorted(ROUTES))
def test_a_route_that_takes_a_key_is_closed_whichever_route_let_the_call_through(
    function, environment, load, owner, new_store
) -> None:
    """The call came in as a route without a key, so that nobody looked at one; its path is that of
    a route that takes one."""
    world = World(owner, new_store)
    handler = load(function).handler
    before, secrets = world.stored(), world.secrets("")
    open_routes = test_doors.ROUTES.get(function) or [Route("GET", "/", {})]
    for route in ROUTES[function]:
        for path in itertools.islice(filled(route, world), PARAMETERS_TRIED):
            asked = request(route, path, {"store_id": str(world.mine)}, {})
            asked["requestContext"].pop("authorizer")
            asked["routeKey"] = f"{route.verb} {open_routes[0].path}"
            asked["requestContext"]["routeKey"] = asked["routeKey"]
            status, said = answer_of(handler, asked)
            assert status in (401, 403), (route.verb, route.path, status, said)
            assert [
                each for each in secrets if each in said and each not in json.dumps(asked)
            ] == []
    assert world.stored() == before


def test_the_control_by_its_own_spelling_is_told(environment, load, owner, new_store) -> None:
    """The same call with the key of this store, and the id as it is."""
    world = World(owner, new_store)
    handler = load("connectors").handler
    [route] = [each for each in ROUTES["connectors"] if each[:2] == ("GET", "/connectors/{id}")]
    asked = with_key(route, world, {"id": str(world.mine)}, f"/connectors/{world.mine}")
    asked["requestContext"]["authorizer"] = {"lambda": key_of(world.mine)}
    answer = handler(asked, LAMBDA)
    assert answer["statusCode"] == 200
    assert any(each in body_of(answer) for each in world.secrets(json.dumps(asked)))
