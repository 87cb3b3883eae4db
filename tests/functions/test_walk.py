"""Every route that takes a key, called with its example and the ids that are there, by the database
login that its function has in production: none lacks a grant, and none crashes.

`test_matrix.py` calls the same routes with another store's key; there it is the answer that counts.
"""

# ruff: noqa: F401, F811 - the fixture is that of test_matrix.py
from __future__ import annotations

from contextlib import suppress
from typing import Any

import psycopg
import pytest
from backshop import logs
from psycopg import sql

from tests.functions.test_matrix import (
    LAMBDA,
    ROUTES,
    Route,
    World,
    environment,
    filled,
    key_of,
    request,
)

ORDER = ("GET", "POST", "PUT", "PATCH", "DELETE")
"""What is removed is called last."""
JSON_COLUMNS = """
SELECT n.nspname AS schema, c.relname AS name, a.attname AS column
FROM pg_attribute AS a
INNER JOIN pg_class AS c ON c.oid = a.attrelid
INNER JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE a.atttypid = 'jsonb'::regtype AND a.attnum > 0 AND NOT a.attisdropped
    AND c.relkind IN ('r', 'p') AND NOT c.relispartition
    AND (a.atthasdef OR NOT a.attnotnull) AND a.attgenerated = ''
"""
UNREADABLE = {"ValidationError", "ValueError", "ParamValidationError"}
"""What a row with JSON that no code of ours writes ends in; made rows know types alone."""


MADE_UP: dict[str, set[str]] = {
    # A model's bytes, and what a shade is like.
    "recommendations": {
        "GET /connectors/{id}/customers/{customer_id}/recommendations",
        "GET /connectors/{id}/recommender",
    },
    "shade_admin": {"GET /shade/shades", "PUT /shade/shades"},
    # What a quote says, which never changes once it is sent, and addresses of objects.
    "projects_api": {
        f"{each.verb} {each.path}" for each in ROUTES["projects_api"] if "/quotes" in each.path
    }
    | {"POST /projects/{project_id}/restore"},
}
"""Routes that read what made rows hold in no form that our code writes."""
NO_ANSWER = {"insights_charts"}
"""What its path names is no row."""


def staff() -> dict[str, str]:
    return {"kind": "staff", "id": "7c9e6679-7425-40de-944b-e07fc1f90ae7", "scopes": "staff store"}


@pytest.mark.timeout(300)
@pytest.mark.parametrize("function", sorted(ROUTES))
def test_no_route_lacks_a_grant_and_none_crashes(
    function,
    environment,
    load,
    owner,
    new_store,
) -> None:
    world = World(owner, new_store)
    with_json_as_new(owner, world)
    handler = load(function).handler
    crashed: dict[str, str] = {}
    reached: set[str] = set()
    for route in sorted(ROUTES[function], key=lambda each: (ORDER.index(each.verb), each.path)):
        for path in filled(route, world):
            for caller in (key_of(world.mine), staff()):
                asked = request(route, path, {"store_id": str(world.mine)}, caller)
                status = answered(handler, asked, route, crashed)
                if status not in (401, 403, 404):
                    reached.add(f"{route.verb} {route.path}")
    assert {where: why for where, why in crashed.items() if why not in UNREADABLE} == {}
    assert set(crashed) <= MADE_UP.get(function, set()), "these crash on what is stored"
    assert reached or function in NO_ANSWER, "the ids lead somewhere"


def test_a_grant_that_lacks_is_noticed(environment, load, owner, new_store) -> None:
    """The control: without it, the walk above finds the route."""
    world = World(owner, new_store)
    handler = load("projects_api").handler
    [route] = [each for each in ROUTES["projects_api"] if each[:2] == ("GET", "/projects")]
    crashed: dict[str, str] = {}
    owner.execute("REVOKE SELECT ON projects.projects FROM backshop_staff")
    try:
        answered(handler, request(route, {}, {}, key_of(world.mine)), route, crashed)
    finally:
        owner.execute("GRANT SELECT ON projects.projects TO backshop_staff")
    assert crashed == {"GET /projects": "InsufficientPrivilege"}


def with_json_as_new(owner: Any, world: World) -> None:
    """The store's JSON as it is in a row that nothing was said of yet."""
    for row in owner.execute(JSON_COLUMNS).fetchall():
        if (row["schema"], row["name"]) not in world.schema.tables:
            continue
        # What was sent never changes, the owner's hand included.
        with suppress(psycopg.errors.RaiseException):
            owner.execute(
                sql.SQL("UPDATE {} SET {} = DEFAULT WHERE store_id = %s").format(
                    sql.Identifier(row["schema"], row["name"]), sql.Identifier(row["column"])
                ),
                [world.mine],
            )


def answered(handler: Any, asked: dict[str, Any], route: Route, crashed: dict[str, str]) -> int:
    """The status of the answer; what crashed is noted by its route."""
    try:
        return int(handler(asked, LAMBDA)["statusCode"])
    except logs.Crash as crash:
        crashed[f"{route.verb} {route.path}"] = str(crash)
        return 500
