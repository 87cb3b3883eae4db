"""Every route × the key of another store × the ids of this one: nothing is told, nothing changes.

Routes come from the OpenAPI document and ids from the catalogue, a row in every table: a route that
is added is tried without being listed here. `tests/sql/test_tenants.py` holds every table × login ×
verb in the same way.
"""

from __future__ import annotations

import base64
import itertools
import json
import os
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple
from urllib.parse import urlencode
from uuid import UUID, uuid4

import pytest
from psycopg import sql

from local import openapi, template
from tests import contract
from tests.sql import rows

ROOT = Path(__file__).parents[2]
MOST = 40
"""Ways to fill a path's parameters that are tried of a route."""


class Route(NamedTuple):
    verb: str
    path: str
    operation: dict[str, Any]

    @property
    def parameters(self) -> list[str]:
        return re.findall(r"{(\w+)}", self.path)


def keyed_routes() -> dict[str, list[Route]]:
    """The routes that take an API key, by their function."""
    found: dict[str, list[Route]] = {}
    for function, routes in openapi.routes_by_function().items():
        for route in sorted(routes):
            operation = contract.operation(route)
            if operation and any("key" in each for each in operation.get("security", ())):
                verb, _, path = route.partition(" ")
                found.setdefault(function, []).append(Route(verb, path, operation))
    return found


ROUTES = keyed_routes()


def test_the_document_knows_the_routes() -> None:
    """So that a document that lost its routes does not make the tests below pass."""
    described = {
        (verb, path)
        for path, verbs in contract.document()["paths"].items()
        for verb, operation in verbs.items()
        if any("key" in each for each in operation.get("security", ()))
    }
    tried = {(each.verb.lower(), each.path) for routes in ROUTES.values() for each in routes}
    assert tried == described
    assert len(tried) > 100


@pytest.fixture
def environment(aws: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the template gives functions beside what tests give all of them."""
    made = template.load(
        ROOT / "template.yaml",
        {"DatabaseUrl": "x", "DatabaseAdminSecretArn": "x"},
        dict.fromkeys(("AWS::Region", "AWS::AccountId", "AWS::Partition", "AWS::URLSuffix"), "x"),
    )
    for function in made.of_type("AWS::Serverless::Function"):
        named = function.properties.get("Environment", {}).get("Variables", {})
        for name in named:
            # Without an endpoint they ask AWS itself, where moto is.
            is_own = name.startswith(("CDN", "DATABASE", "OTP", "AWS_ENDPOINT"))
            if name not in os.environ and not is_own:
                value = aws.bucket if name.endswith("BUCKET") else aws.queues["SYNC_QUEUE_URL"]
                monkeypatch.setenv(name, value)


class World:
    """This store, with a row in every table, and another one with nothing but its connector."""

    def __init__(self, owner: Any, new_store: Any) -> None:
        self.owner = owner
        self.schema = rows.schema(owner)
        self.mine: UUID = uuid4()
        self.rows = rows.fill(owner, self.schema, self.mine, {})
        self.other: UUID = new_store("vendure")
        owner.execute(
            """INSERT INTO connect.connector_config
                 (id, store_id, platform, store_url, api_key, secret)
               VALUES (%(id)s, %(id)s, 'vendure', 'https://' || %(id)s || '.example.com', '', '')""",
            {"id": self.other},
        )

    def candidates(self, parameter: str) -> list[str]:
        """Values of this store that a parameter of this name may stand for: the store's own id, and
        columns that are called so or end so."""
        values = [str(self.mine)] if parameter in ("id", "connector_id") else []
        for row in self.rows.values():
            for column, value in row.items():
                fits = column == parameter or column.endswith(f"_{parameter}") or parameter == "id"
                if fits and isinstance(value, UUID | str | int) and not isinstance(value, bool):
                    values.append(str(value))
        return list(dict.fromkeys(values)) or [str(self.mine)]

    def secrets(self, asked: str) -> list[str]:
        """What an answer to the other store must not hold, but for what was asked with."""
        texts = {
            str(value)
            for row in self.rows.values()
            for value in row.values()
            if isinstance(value, UUID | str) and re.search(r"[0-9a-f]{8}", str(value))
        }
        return [text for text in texts if text not in asked and str(self.other) not in text]

    def stored(self) -> dict[rows.Name, list[str]]:
        """Every row of this store."""
        return {
            name: [
                str(row)
                for row in self.owner.execute(
                    sql.SQL("SELECT t::text FROM {} AS t WHERE store_id = %s ORDER BY 1").format(
                        sql.Identifier(*name)
                    ),
                    [self.mine],
                )
            ]
            for name in self.schema.tables
        }


def filled(route: Route, world: World) -> Iterator[dict[str, str]]:
    """Ways to fill the path. Where there are many, each value comes up in its place."""
    lists = [world.candidates(each) for each in route.parameters]
    if not lists:
        yield {}
        return
    longest = max(map(len, lists))
    whole = itertools.product(*lists)
    diagonal = zip(
        *(itertools.islice(itertools.cycle(each), longest) for each in lists), strict=True
    )
    for values in itertools.islice(itertools.chain(diagonal, whole), max(MOST, longest)):
        yield dict(zip(route.parameters, values, strict=True))


def request(
    route: Route, path: dict[str, str], query: dict[str, str], context: dict[str, str]
) -> dict[str, Any]:
    address = route.path
    for name, value in path.items():
        address = address.replace(f"{{{name}}}", value)
    content = route.operation.get("requestBody", {}).get("content", {})
    kind = next(iter(content), "application/json")
    examples = content.get(kind, {}).get("examples", {})
    body = next(iter(examples.values()))["value"] if examples else None
    headers = {
        "host": "api.example.com",
        "content-type": kind,
        "idempotency-key": str(uuid4()),
        "x-store-id": query.get("store_id", ""),
        "if-match": '"1"',
    }
    return {
        "version": "2.0",
        "routeKey": f"{route.verb} {route.path}",
        "rawPath": address,
        "rawQueryString": urlencode(query),
        "headers": {name: value for name, value in headers.items() if value},
        "queryStringParameters": query,
        "pathParameters": path,
        "requestContext": {
            "http": {
                "method": route.verb,
                "path": address,
                "protocol": "HTTP/1.1",
                "sourceIp": "192.0.2.1",
                "userAgent": "test",
            },
            "domainName": "api.example.com",
            "requestId": "r",
            "routeKey": f"{route.verb} {route.path}",
            "stage": "$default",
            "timeEpoch": 1795144761000,
            "authorizer": {"lambda": context},
        },
        "body": None if body is None else body if isinstance(body, str) else json.dumps(body),
        "isBase64Encoded": False,
    }


def body_of(answer: dict[str, Any]) -> str:
    body = answer.get("body") or ""
    if answer.get("isBase64Encoded"):
        return base64.b64decode(body).decode("latin-1")
    return str(body)


def key_of(store: UUID) -> dict[str, str]:
    return {"kind": "store", "id": str(store), "store_id": str(store), "scopes": "store"}


LAMBDA = SimpleNamespace(
    function_name="test",
    memory_limit_in_mb=512,
    invoked_function_arn="arn:aws:lambda:eu-west-1:123456789012:function:test",
    aws_request_id="52fdfc07-2182-454f-963f-5f0f9a621d72",
    get_remaining_time_in_millis=lambda: 20_000,
)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("function", sorted(ROUTES))
def test_another_store_s_key_gets_nothing(function, environment, load, owner, new_store) -> None:
    world = World(owner, new_store)
    handler = load(function).handler
    before = world.stored()
    tried: Counter[str] = Counter()
    for route in ROUTES[function]:
        for path in filled(route, world):
            for query in ({"store_id": str(world.mine)}, {}):
                asked = request(route, path, query, key_of(world.other))
                answer = handler(asked, LAMBDA)
                said = body_of(answer)
                told = [each for each in world.secrets(json.dumps(asked)) if each in said]
                assert told == [], (route.verb, route.path, path, query, answer["statusCode"])
                if query:
                    allowed = {400, 403, 404, 422}
                    names_no_store = "store_id" not in json.dumps(route.operation)
                    assert answer["statusCode"] in allowed or names_no_store, (route.path, said)
                tried[route.path] += 1
    assert world.stored() == before
    assert set(tried) == {each.path for each in ROUTES[function]}


STAFF = {"kind": "staff", "id": str(uuid4()), "scopes": "staff store"}


@pytest.mark.timeout(300)
@pytest.mark.parametrize("function", sorted(ROUTES))
def test_staff_who_name_a_store_that_is_not_there_are_told(
    function, environment, load, owner, new_store
) -> None:
    """Such a name is bad input like any other: never a crash, and nothing is made."""
    world = World(owner, new_store)
    nowhere = str(uuid4())
    handler = load(function).handler
    for route in ROUTES[function]:
        if all(each["name"] != "store_id" for each in route.operation.get("parameters", ())):
            continue
        for path in itertools.islice(filled(route, world), 3):
            asked = request(route, path, {"store_id": nowhere}, STAFF)
            answer = handler(asked, LAMBDA)
            assert answer["statusCode"] < 500, (route.verb, route.path, body_of(answer))
            makes_a_store = route.path == "/stores"
            assert answer["statusCode"] != 201 or makes_a_store, (route.path, body_of(answer))


def test_the_control_with_the_store_s_own_key_is_told_what_it_asks(
    environment, load, owner, new_store
) -> None:
    """The same requests, and now they find this store's rows: the ids lead somewhere."""
    world = World(owner, new_store)
    handler = load("connectors").handler
    [route] = [each for each in ROUTES["connectors"] if each.path == "/connectors/{id}" and each.verb == "GET"]  # fmt: skip
    statuses = {}
    for path in filled(route, world):
        asked = request(route, path, {}, key_of(world.mine))
        answer = handler(asked, LAMBDA)
        statuses[path["id"]] = answer["statusCode"]
        if answer["statusCode"] == 200:
            assert any(each in body_of(answer) for each in world.secrets(json.dumps(asked)))
    assert statuses[str(world.mine)] == 200
    assert Counter(statuses.values())[404] == len(statuses) - 1
