"""Whoever holds no key: every page and route that takes a token, in a link, a header or a cookie,
with tokens that are forged, another store's, expired, or made for something else. Nothing of this
store is told, nothing of it changes, and nothing crashes.

Routes come from the OpenAPI document; a token is put wherever one may be read.
"""

# ruff: noqa: F401, F811 - the fixture is that of test_matrix.py
from __future__ import annotations

import contextlib
import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from math import ceil, gcd
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import pytest
from backshop import db
from backshop.aws import config
from backshop.errors import Unauthorized
from backshop.web import tokens
from backshop.web.pages import forms

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
    """A token of each purpose, for these ids, from `at` for an hour. Each carries what the others
    do as well, so that nothing but its purpose keeps it from opening their doors."""
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
    of_all = {name: value for said in claims.values() for name, value in said.items()}
    made = {
        name: tokens.sign(name, of_all | said, at=at, lasts=HOUR) for name, said in claims.items()
    }
    content = b"".join(each.bytes for each in (ids.store, ids.project, ids.quote))
    made["quote, short"] = tokens.sign_short("quote", content, until=at + HOUR)
    made["another, short"] = tokens.sign_short("another", content, until=at + HOUR)
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
    body = ["body"] if has_token_in_body(route) else []
    return [*body, "header", "query", *COOKIES, *(["id"] if route.path.startswith("/c/") else [])]


def has_token_in_body(route: Route) -> bool:
    body = request(route, {}, {}, {})["body"]
    return bool(body) and body.startswith("{") and "token" in json.loads(body)


def call(route: Route, place: str, token: str, world: World) -> dict[str, Any]:
    """A call with the token there, and with ids of this store everywhere else."""
    path = {name: str(next(iter(world.candidates(name)))) for name in route.parameters}
    path |= {"n": "1"} if "n" in path else {}
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
    if place == "body":
        asked["body"] = json.dumps(json.loads(asked["body"]) | {"token": token})
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


READERS = {
    "functions/authorizer/authorizer.py": "publishable",
    "functions/desk/delivery_pages.py": "desk-fates",
    "functions/desk/fates.py": "desk-fates",
    "functions/shopper_pages/plain_trying.py": "try-on session",
    "functions/shopper_pages/stopping.py": "mail stop",
    "functions/shopper_pages/tracking.py": "phone check",
    "functions/tryon_sessions/tryon_sessions.py": "try-on session",
    "shared/backshop/phone_check.py": "shopper",
    "shared/backshop/quote_link.py": "quote",
    "shared/backshop/shade_survey.py": "survey",
}
"""Who reads tokens, and of which purpose. What the authorizer reads, and the desk behind its own
session, is tried by their own tests."""
DOORS = [
    ("surveys", "survey"),
    ("shopper_pages", "survey"),
    ("shopper_pages", "mail stop"),
    ("shopper_pages", "shopper"),
    ("order_tracking", "shopper"),
    ("shopper_pages", "phone check"),
    ("tryon_sessions", "try-on session"),
    ("shopper_pages", "try-on session"),
    ("projects_api", "quote"),
    ("projects_api", "quote, short"),
    ("shopper_pages", "quote"),
    ("shopper_pages", "quote, short"),
]
GUARDS = ("purpose", "signature", "time")
ELSEWHERE = "a key that another deployment signs with, long enough"


def test_every_reader_of_tokens_has_its_door_here() -> None:
    root = Path(__file__).parents[2]
    found = {
        str(path.relative_to(root))
        for folder in ("functions", "shared")
        for path in (root / folder).rglob("*.py")
        if re.search(r"tokens\.read(_short)?\(", path.read_text())
    }
    assert found == set(READERS)
    tried = {purpose.removesuffix(", short") for _, purpose in DOORS}
    assert tried == set(READERS.values()) - {"publishable", "desk-fates"}


@contextlib.contextmanager
def counted_steps() -> Iterator[list[str]]:
    """The transactions on a store that are begun meanwhile; what a host leads to is kept for a
    minute, and so asked for now and then."""
    steps: list[str] = []
    begin = db._begin

    def noting(role: str, statement: str, settings: dict[str, str], **more: Any) -> Any:
        if "backshop.all_stores" not in settings:
            steps.append(role)
        return begin(role, statement, settings, **more)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(db, "_begin", noting)
        yield steps


def kind_of(handler: Any, asked: dict[str, Any]) -> tuple[Any, ...]:
    """What sort of answer it is, and by which steps: of two tokens that open nothing, it is the
    same."""
    with counted_steps() as steps:
        return (*_told(handler, asked), *steps)


def _told(handler: Any, asked: dict[str, Any]) -> tuple[Any, ...]:
    try:
        answer = handler(asked, LAMBDA)
    except Exception as crash:
        return (500, type(crash).__name__)
    headers = {name.lower(): value for name, value in (answer.get("headers") or {}).items()}
    said = body_of(answer)
    told = json.loads(said) if said.startswith("{") else {}
    heading = re.search(r"<h1[^>]*>(.*?)</h1>", said, re.DOTALL)
    return (
        answer["statusCode"],
        urlsplit(headers.get("location", "")).path,
        told.get("type"),
        heading and heading[1],
        len(answer.get("cookies") or []),
    )


def wrong_by(guard: str, purpose: str, ids: Ids, monkeypatch: pytest.MonkeyPatch) -> str:
    """A token that is right but for what the guard looks at."""
    now = datetime.now(UTC)
    if guard == "time":
        return purposes(ids, now - 2 * HOUR)[purpose]
    if guard == "purpose":
        return purposes(ids, now)["another, short" if "short" in purpose else "desk-fates"]
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr(config, "secret", lambda _name: ELSEWHERE)
        return purposes(ids, now)[purpose]


def switch_off(guard: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """All doors without this guard."""
    for name in ("read", "read_short"):
        reading = getattr(tokens, name)
        if guard == "time":
            monkeypatch.setattr(tokens, name, at_once(reading))
        elif guard == "purpose":
            monkeypatch.setattr(tokens, name, for_anything(reading))
    if guard == "signature":
        monkeypatch.setattr(tokens, "_secrets", lambda: iter([ELSEWHERE]))


def at_once(reading: Callable[..., Any]) -> Callable[..., Any]:
    def read(audience: str, token: str, *, at: datetime) -> Any:
        return reading(audience, token, at=at - 24 * HOUR)

    return read


def for_anything(reading: Callable[..., Any]) -> Callable[..., Any]:
    def read(audience: str, token: str, *, at: datetime) -> Any:
        for each in (audience, "desk-fates", "another"):
            with contextlib.suppress(Unauthorized):
                return reading(each, token, at=at)
        raise Unauthorized("no token at all")

    return read


@pytest.mark.timeout(120)
@pytest.mark.parametrize("guard", GUARDS)
@pytest.mark.parametrize(("function", "purpose"), DOORS)
def test_each_guard_of_a_door_is_missed_where_it_is_taken_away(
    function, purpose, guard, environment, load, owner, new_store, monkeypatch
) -> None:
    """At every door that its token opens, one that the guard alone keeps out is answered as no
    token is; without the guard it is not."""
    monkeypatch.setenv("PUBLIC_URL", "https://api.example.com")
    world = World(owner, new_store)
    ids = ids_of(world)
    handler = load(function).handler
    wrong = wrong_by(guard, purpose, ids, monkeypatch)

    def kinds(token: str) -> dict[tuple[str, str, str], tuple[Any, ...]]:
        return {
            (route.verb, route.path, place): kind_of(handler, call(route, place, token, world))
            for route in ROUTES[function]
            for place in places(route)
        }

    nobody, kept_out = kinds("x"), kinds(wrong)
    assert kept_out == nobody
    with monkeypatch.context() as without:
        switch_off(guard, without)
        let_in = kinds(wrong)
    opened = kinds(purposes(ids, datetime.now(UTC))[purpose])
    doors = {door for door in nobody if opened[door] != nobody[door]}
    assert doors
    assert {door for door in nobody if let_in[door] != nobody[door]} >= doors


FROM_ANYWHERE = {("POST", "/mail/stop/{token}")}
"""Mail providers unsubscribe for their readers."""


@pytest.mark.parametrize("function", ["desk", "shopper_pages"])
def test_a_form_from_elsewhere_is_refused_and_the_guard_is_missed_where_it_is_taken_away(
    function, environment, load, owner, new_store, monkeypatch
) -> None:
    monkeypatch.setenv("PUBLIC_URL", "https://api.example.com")
    world = World(owner, new_store)
    handler = load(function).handler

    def statuses() -> dict[tuple[str, str], int]:
        found = {}
        for route in ROUTES[function]:
            if route.verb == "POST" and (route.verb, route.path) not in FROM_ANYWHERE:
                asked = call(route, "__Host-shopper", "x", world)
                asked["headers"] |= {
                    "sec-fetch-site": "cross-site",
                    "origin": "https://elsewhere.example",
                }
                found[route.verb, route.path] = kind_of(handler, asked)[0]
        return found

    refused = statuses()
    assert refused
    assert set(refused.values()) == {403}
    monkeypatch.setattr(forms, "check_origin", lambda _event: None)
    assert 403 not in statuses().values()
