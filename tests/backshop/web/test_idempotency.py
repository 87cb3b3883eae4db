"""The same key and request are done once and answered alike, for a day."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from types import SimpleNamespace
from typing import Any

import pytest
from backshop.aws import config
from backshop.errors import Conflict, Unprocessable
from backshop.web import idempotency, routes
from moto import mock_aws
from pydantic import BaseModel

from tests.backshop.kits.shop import transaction

KEY = "0b6c1b2e-5a4e-4a43-9f5c-2f1f4f1f7d10"
CONTEXT = SimpleNamespace(
    function_name="test",
    memory_limit_in_mb=512,
    invoked_function_arn="arn",
    aws_request_id="1",
)


class Thing(BaseModel):
    name: str
    number: int
    token: str | None = None


class NewThing(BaseModel):
    name: str


def request(
    body: Any, *, key: str | None = KEY, route: str = "POST /things", **changes: Any
) -> dict[str, Any]:
    headers = {"idempotency-key": key} if key is not None else {}
    caller = changes.pop("caller", {"kind": "staff", "id": "alice", "scopes": "staff store"})
    return {
        "version": "2.0",
        "routeKey": route,
        "rawPath": route.split()[1],
        "rawQueryString": "",
        "headers": {**headers, **changes.pop("headers", {})},
        "body": body if isinstance(body, str) else json.dumps(body),
        "isBase64Encoded": False,
        "requestContext": {
            "http": {"method": "POST", "path": route.split()[1]},
            "requestId": "r",
            "stage": "$default",
            "authorizer": {"lambda": caller} if caller else {},
        },
        **changes,
    }


@pytest.fixture
def kms(monkeypatch) -> Iterator[None]:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    with mock_aws():
        made = config.client("kms").create_key()["KeyMetadata"]["KeyId"]
        monkeypatch.setenv("CREDENTIALS_KEY", made)
        yield


@pytest.fixture
def send(database, store) -> Callable[..., tuple[int, Any]]:
    """A route that makes things, numbered as they are made, and refuses some."""
    app = routes.app("Things")
    made: list[str] = []

    @routes.route(app, "POST /things", scope="staff", status=201)
    def create(body: NewThing, key: idempotency.Key = None) -> Thing:
        """Make a thing."""
        with transaction(database, store) as tx:
            claim = idempotency.claim(tx, app.current_event.raw_event, key)
            made.append(body.name)
            if body.name == "refused" and len(made) == 1:
                raise Conflict("Not now.")
            thing = Thing(name=body.name, number=len(made), token=f"secret {len(made)}")
            return claim.keep(thing, secret=["token"])

    handle = routes.handler(app)

    def call(body: Any, **changes: Any) -> tuple[int, Any]:
        answer = handle(request(body, **changes), CONTEXT)
        return answer["statusCode"], json.loads(answer["body"])

    return call


@pytest.fixture
def rows(owner, store) -> Callable[[], list[dict[str, Any]]]:
    return lambda: owner.execute(
        "SELECT * FROM backshop.idempotency_keys WHERE store_id = %s", [store]
    ).fetchall()


def test_the_same_request_is_done_once(kms, send):
    first = send({"name": "a"})
    assert first == (201, {"name": "a", "number": 1, "token": "secret 1"})
    assert send('{ "name" :"a" }') == first, "spaces are no other body"
    assert send({"name": "a"}, key="another key")[1]["number"] == 2
    assert send({"name": "a"}, key=None)[1]["number"] == 3, "no key, no memory"


def test_the_header_may_be_spelled_in_any_case(kms, send):
    first = send({"name": "a"}, key=None, headers={"Idempotency-Key": "k"})
    assert send({"name": "a"}, key="k") == first


def test_another_body_is_refused_and_the_first_answer_stays(kms, send):
    first = send({"name": "a"})
    status, problem = send({"name": "b"})
    assert status == 422
    assert problem["type"].endswith("#idempotency-key-reused")
    assert send({"name": "a"}) == first


def test_a_key_is_the_callers_own(kms, send):
    send({"name": "a"})
    bob = {"kind": "staff", "id": "bob", "scopes": "staff store"}
    assert send({"name": "a"}, caller=bob)[1]["number"] == 2


def test_a_refused_request_leaves_no_trace(kms, send, rows):
    assert send({"name": "refused"})[0] == 409
    assert rows() == []
    assert send({"name": "refused"})[0] == 201, "it can be sent again under its key"


@pytest.mark.parametrize("key", ["", "x" * 256])
def test_malformed_keys(send, key, rows):
    status, problem = send({"name": "a"}, key=key)
    assert (status, problem["type"].split("#")[1]) == (400, "bad-idempotency-key")
    assert rows() == []


def test_after_a_day_the_key_is_new(kms, send, owner, store):
    send({"name": "a"})
    owner.execute(
        """UPDATE backshop.idempotency_keys SET created_at = now() - interval '23:59'
           WHERE store_id = %s""",
        [store],
    )
    assert send({"name": "a"})[1]["number"] == 1
    owner.execute(
        """UPDATE backshop.idempotency_keys SET created_at = now() - interval '24:01'
           WHERE store_id = %s""",
        [store],
    )
    assert send({"name": "b"})[1] == {"name": "b", "number": 2, "token": "secret 2"}
    assert send({"name": "b"})[1]["number"] == 2


def test_nothing_secret_and_no_key_is_readable(kms, send, rows):
    send({"name": "a"})
    [row] = rows()
    assert row["answer"] == {"name": "a", "number": 1, "token": None}
    assert len(row["sealed"]) == 1
    text = str(row)
    assert "secret" not in text
    assert KEY not in text


def test_secrets_longer_than_kms_takes_at_once(kms, database, store):
    event = request({"name": "a"})
    token = "sécret " * 2000
    with transaction(database, store) as tx:
        thing = Thing(name="a", number=1, token=token)
        idempotency.claim(tx, event, KEY).keep(thing, secret=["token"])
    with transaction(database, store) as tx, pytest.raises(idempotency.Answered) as again:
        idempotency.claim(tx, event, KEY)
    assert again.value.answer == {"name": "a", "number": 1, "token": token}


def test_a_token_is_a_caller_of_its_own(kms, database, store):
    """Where no key called, whoever sends the same token is the same caller, and nobody else."""

    def event(token: str) -> dict[str, Any]:
        return request({}, caller=None, headers={"authorization": f"Bearer {token}"})

    with transaction(database, store) as tx:
        idempotency.claim(tx, event("one"), KEY).keep(Thing(name="a", number=1))
    with transaction(database, store) as tx:
        idempotency.claim(tx, event("two"), KEY)
        with pytest.raises(idempotency.Answered):
            idempotency.claim(tx, event("one"), KEY)
        tx.rollback()


@pytest.mark.parametrize("first_commits", [True, False])
def test_a_second_call_waits_for_the_first(database, store, owner, first_commits):
    event = request({"name": "a"})
    waits = Event()

    def second() -> int:
        with transaction(database, store) as tx:
            waits.set()
            try:
                return idempotency.claim(tx, event, KEY).keep(Thing(name="a", number=2)).number
            except idempotency.Answered as known:
                return int(known.answer["number"])

    with ThreadPoolExecutor() as pool:
        with transaction(database, store) as tx:
            claim = idempotency.claim(tx, event, KEY)
            later = pool.submit(second)
            assert waits.wait(10)
            _until_somebody_waits(owner)
            claim.keep(Thing(name="a", number=1))
            if not first_commits:
                tx.rollback()
        assert later.result(10) == (1 if first_commits else 2)


def _until_somebody_waits(owner) -> None:
    for _ in range(1000):
        row = owner.execute("SELECT count(*) AS n FROM pg_locks WHERE NOT granted").fetchone()
        if row["n"]:
            return
        owner.execute("SELECT pg_sleep(0.01)")
    raise AssertionError("the second call did not wait")


def test_another_stores_key_is_another(database, new_store):
    event = request({"name": "a"})
    for number, store in enumerate([new_store(), new_store()]):
        with transaction(database, store) as tx:
            idempotency.claim(tx, event, KEY).keep(Thing(name="a", number=number))


def test_another_path_or_query_is_another_request(database, store):
    event = request({}, queryStringParameters={"format": "csv", "store_id": "1"})
    with transaction(database, store) as tx:
        idempotency.claim(tx, event, KEY).keep(Thing(name="a", number=1))
    with transaction(database, store) as tx:
        for change in ({"rawPath": "/things/2"}, {"queryStringParameters": {"format": "xlsx"}}):
            with pytest.raises(Unprocessable):
                idempotency.claim(tx, event | change, KEY)
        with pytest.raises(idempotency.Answered):
            idempotency.claim(tx, event | {"queryStringParameters": {"format": "csv"}}, KEY)
