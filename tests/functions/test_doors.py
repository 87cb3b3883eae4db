"""Whoever holds no key: every page and route that takes a token, in a link, a header or a cookie,
with tokens that are forged, another store's, expired, or made for something else. Nothing of this
store is told, nothing of it changes, and nothing crashes.

Routes come from the OpenAPI document; a token is put wherever one may be read.
"""

# ruff: noqa: F401, F811 - the fixture is that of test_matrix.py
from __future__ import annotations

import contextlib
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from math import ceil, gcd
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import pytest
from backshop.web import tokens

from local import openapi
from tests import contract
from tests.functions.test_matrix import LAMBDA, Route, World, body_of, environment, request

HOUR = timedelta(hours=1)
COOKIES = ("__Host-shopper", "__Host-desk", "__Host-try-on", "__Host-survey")
DEEP = 5_000
"""As deep as a header of 8 kB can be."""
MOST = 1_200
"""Calls of a function, or a few more."""
OWN = {
    "/desk": {"desk-fates"},
    "/mail/stop": {"mail stop"},
    "/orders": {"shopper"},
    "/profile": {"shopper"},
    "/quote": {"quote", "quote, short"},
    "/survey": {"survey"},
    "/track": {"shopper", "phone check"},
    "/try-on": {"try-on session"},
}
"""What is signed for which doors, by how their paths begin."""


WITHIN = '{"alg":"HS256","x":'


def open_routes() -> dict[str, list[Route]]:
    """The routes that take no API key, by their function."""
    found: dict[str, list[Route]] = {}
    for function, routes in openapi.routes_by_function().items():
        for route in sorted(routes):
            operation = contract.operation(route)
            if operation and not any("key" in each for each in operation.get("security", ())):
                verb, _, path = route.partition(" ")
                found.setdefault(function, []).append(Route(verb, path, operation))
    return found


ROUTES = open_routes()
SEALED = {"webhook_receive", "openapi"}
"""The door of the one is a signature, which its own tests try; the other reads nothing of calls."""


class Case(NamedTuple):
    """A token, what is wrong with it, and where it is put."""

    what: str
    place: str
    token: str


class Ids(NamedTuple):
    store: UUID
    project: UUID
    quote: UUID
    order: UUID
    session: UUID
    customer: UUID
    phone: str


def ids_of(world: World) -> Ids:
    rows = {f"{schema}.{name}": row for (schema, name), row in world.rows.items()}
    return Ids(
        world.mine,
        rows["projects.quotes"]["project_id"],
        rows["projects.quotes"]["quote_id"],
        rows["shade.orders"]["id"],
        rows["connect.try_on_session"]["session_id"],
        rows["shade.customers"]["id"],
        str(rows["kits.customer_orders_summary"]["phone_number"]),
    )


def purposes(ids: Ids, at: datetime) -> dict[str, str]:
    """A token of each purpose, for these ids, from `at` for an hour."""
    store = {"store_id": str(ids.store)}
    claims: dict[str, dict[str, Any]] = {
        "survey": {**store, "order_id": str(ids.order)},
        "mail stop": {**store, "customer_id": str(ids.customer)},
        "shopper": {**store, "phone": ids.phone},
        "phone check": {
            **store,
            "session_id": str(uuid4()),
            "phone": ids.phone,
            "sent_at": 0,
            "order": "",
        },
        "try-on session": {**store, "session_id": str(ids.session)},
        "publishable": store,
        "quote": {**store, "project_id": str(ids.project), "quote_id": str(ids.quote)},
        "desk-fates": {**store, "fates": []},
    }
    made = {name: tokens.sign(name, said, at=at, lasts=HOUR) for name, said in claims.items()}
    content = b"".join(each.bytes for each in (ids.store, ids.project, ids.quote))
    made["quote, short"] = tokens.sign_short("quote", content, until=at + HOUR)
    return made


def part(said: Any) -> str:
    text = said if isinstance(said, str) else json.dumps(said)
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")


def forged(good: dict[str, str], ids: Ids) -> Iterator[tuple[str, str]]:
    """What nobody signed, or signed as something else."""
    claims = {"store_id": str(ids.store), "phone": ids.phone, "order_id": str(ids.order)}
    body = part(claims | {"aud": "shopper", "exp": 9_999_999_999})
    yield "nothing", ""
    yield "words", "x"
    yield "three parts of nothing", ".."
    yield "no signature", f"{part({'alg': 'none', 'typ': 'JWT'})}.{body}."
    yield "a number for an algorithm", f"{part({'alg': 5})}.{body}.x"
    yield "a list for a header", f"{part(['HS256'])}.{body}.x"
    yield "critical", f"{part({'alg': 'HS256', 'crit': ['b64'], 'b64': False})}.{body}.x"
    yield "a key of its own", f"{part({'alg': 'HS256', 'jwk': {'k': 'AA'}})}.{body}.x"
    yield "a deep header", f"{part('[' * DEEP)}.{body}.x"
    yield "a deep header within", f"{part(WITHIN + '[' * DEEP)}.{body}.x"
    yield "an endless number", f"{part(WITHIN + '9' * DEEP + '}')}.{body}.x"
    yield "no text", "\udcff"
    yield "letters of others", "ＡＡＡＡ.ＡＡＡＡ.ＡＡＡＡ"
    yield "quotes and lines", '"\r\nSet-Cookie: a=b'
    yield "up", "../../etc/passwd"
    yield "48 bytes", part("x" * 48)
    for name, token in good.items():
        yield (
            f"{name}, a letter changed at the end",
            token[:-3] + ("A" if token[-3] != "A" else "B") + token[-2:],
        )
        yield f"{name}, cut", token[:-1]
        if token.count(".") == 0:
            yield f"{name}, padded", token + "="
        else:
            head, _, mac = token.split(".")
            yield f"{name}, other claims", f"{head}.{body}.{mac}"


def wrong_tokens(mine: Ids, other: Ids) -> Iterator[tuple[str, str]]:
    """What no door takes."""
    now = datetime.now(UTC)
    yield from forged(purposes(mine, now), mine)
    for name, token in purposes(other, now).items():
        yield f"{name} of another store", token
    for name, token in purposes(mine._replace(store=other.store), now).items():
        yield f"{name} of another store with this one's ids", token
    for name, token in purposes(mine, now - 2 * HOUR).items():
        yield f"{name}, expired", token
    yield from drafts()


def own(route: Route) -> set[str]:
    """What is signed for this door."""
    return {name for start in OWN for name in OWN[start] if route.path.startswith(start)}


def is_another_store_s(route: Route, what: str) -> bool:
    """Whether the token rightly opens this door of the other store. The catalogue filled its rows,
    and what it filled them with is no survey or quote that a page could show."""
    return any(what.startswith(f"{name} of another store") for name in own(route))


def of_other_purposes(route: Route, mine: Ids) -> Iterator[tuple[str, str]]:
    """What this store signed today, for another door than this."""
    for name, token in purposes(mine, datetime.now(UTC)).items():
        if name not in own(route):
            yield f"{name}, as it was signed", token


def drafts() -> Iterator[tuple[str, str]]:
    """What a browser may send as what it typed so far."""
    for said in (
        '{"of":' + "[" * DEEP,
        "[" * DEEP,
        '{"of":"x","answers":{"a":' + "[" * DEEP,
        "[]",
        "null",
        "9" * DEEP,
    ):
        yield f"draft {said[:20]}", part(said)


def places(route: Route) -> list[str]:
    """Where this route may look for a token."""
    if "token" in route.parameters:
        return ["path"]
    return ["header", "query", *COOKIES, *(["id"] if route.path.startswith("/c/") else [])]


def call(route: Route, place: str, token: str, world: World) -> dict[str, Any]:
    """A call with the token there, and with ids of this store everywhere else."""
    path = {name: str(next(iter(world.candidates(name)))) for name in route.parameters}
    query = {}
    if place in ("path", "id"):
        path["token" if place == "path" else "id"] = token
    elif place == "query":
        readable = token.encode(errors="replace").decode()
        query = {"token": readable, "t": readable}
    elif place != "header":
        query = {"store_id": str(world.mine)}
    asked = request(route, path, query, {})
    asked["requestContext"].pop("authorizer")
    if place == "header":
        asked["headers"]["authorization"] = f"Bearer {token}"
    if route.verb == "POST":
        asked["headers"] |= {"sec-fetch-site": "same-origin", "origin": "https://api.example.com"}
    return asked | {"cookies": [f"{place}={token}"] if place in COOKIES else []}


def share(number: int, step: int, cases: list[Case]) -> list[Case]:
    """Those of a function's cases that its route of this number tries."""
    return cases[number % step :: step]


def step_of(function: str, cases: int) -> int:
    """Which share of its cases a route tries: each is tried at some route of the function, and each
    route meets each place."""
    step = ceil(len(ROUTES[function]) * cases / MOST)
    while gcd(step, len(COOKIES) + 2) > 1:
        step += 1
    return step


def carried(token: str) -> str:
    """What whoever has a token can read in it."""
    read = ""
    for each in token.split("."):
        with contextlib.suppress(ValueError):
            read += urlsafe_b64decode(each + "=" * (-len(each) % 4)).decode("latin-1")
    return read


def answer_of(handler: Any, asked: dict[str, Any]) -> tuple[int, str]:
    """Status, and all that is told: headers, cookies and body."""
    try:
        answer = handler(asked, LAMBDA)
    except Exception as crash:
        return 500, f"{type(crash).__name__} {crash}"
    said = json.dumps([answer.get("headers"), answer.get("cookies"), body_of(answer)])
    return int(answer["statusCode"]), said


@pytest.mark.timeout(120)
@pytest.mark.parametrize("function", sorted(set(ROUTES) - SEALED))
def test_a_token_that_is_not_this_door_s_opens_nothing(
    function, environment, load, owner, new_store, monkeypatch
) -> None:
    monkeypatch.setenv("PUBLIC_URL", "https://api.example.com")
    world = World(owner, new_store)
    mine, other = ids_of(world), ids_of(World(owner, new_store))
    handler = load(function).handler
    before, secrets = world.stored(), world.secrets("")
    wrong: dict[str, str] = {}
    tried = set()
    tokens_of_all = list(wrong_tokens(mine, other))
    for number, route in enumerate(ROUTES[function]):
        everywhere = [
            Case(what, place, token) for what, token in tokens_of_all for place in places(route)
        ]
        of_others = [
            Case(what, place, token)
            for what, token in of_other_purposes(route, mine)
            for place in places(route)
        ]
        some = share(number, step_of(function, len(everywhere)), everywhere)
        for case in (*some, *of_others):
            asked = call(route, case.place, case.token, world)
            status, said = answer_of(handler, asked)
            shown = json.dumps(asked) + carried(case.token)
            told = [each for each in secrets if each in said and each not in shown]
            where = f"{route.verb} {route.path} {case.what} in {case.place}"
            tried.add((case.what, case.place))
            crashed = status >= 500 and status != 503
            if crashed and not is_another_store_s(route, case.what):
                wrong.setdefault(f"{where}: {status}", said[:200])
            elif told:
                wrong.setdefault(f"{where}: told", str(told)[:200])
    assert wrong == {}
    assert world.stored() == before
    assert {what for what, _ in tried} >= {what for what, _ in tokens_of_all}


def test_the_control_with_its_own_token_is_told(
    environment, load, owner, new_store, monkeypatch
) -> None:
    """The same call with the token that was signed for it is answered with this store's rows."""
    monkeypatch.setenv("PUBLIC_URL", "https://api.example.com")
    world = World(owner, new_store)
    mine = ids_of(world)
    handler = load("order_tracking").handler
    [route] = [each for each in ROUTES["order_tracking"] if each[:2] == ("GET", "/orders")]
    token = purposes(mine, datetime.now(UTC))["shopper"]
    asked = call(route, "header", token, world)
    status, said = answer_of(handler, asked)
    assert status == 200, said
    assert any(each in said for each in world.secrets(json.dumps(asked)))
