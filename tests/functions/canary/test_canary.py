"""The demo order comes through, and where it does not, the step that failed is told and counted."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import contextmanager
from time import sleep
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from backshop import db, logs
from backshop.aws import config
from backshop.outgoing import transport
from backshop.stores import credentials

STORE_KEY = "bs_store_of_the_test"
SECRET = "a secret of the test's shop"


@pytest.fixture
def shop(aws, owner, new_store, monkeypatch) -> UUID:
    id: UUID = new_store("vendure")
    owner.execute(
        """INSERT INTO connect.connector_config
             (id, store_id, platform, store_url, api_key, secret, webhook_secret)
           VALUES (%(id)s, %(id)s, 'vendure', 'https://tests.example.com', '', '', %(sealed)s)""",
        {"id": id, "sealed": credentials.seal(SECRET, id, "webhook_secret")},
    )
    give_secret(monkeypatch, connector_id=str(id))
    return id


def give_secret(monkeypatch: Any, **changes: str) -> None:
    given = {"webhook_secret": SECRET, "store_key": STORE_KEY} | changes
    made = config.client("secretsmanager").create_secret(
        Name=f"canary {uuid4()}", SecretString=json.dumps(given)
    )
    monkeypatch.setenv("CANARY_SECRET", made["ARN"])
    config.reset()


@pytest.fixture
def counted(monkeypatch) -> list[str]:
    names: list[str] = []
    monkeypatch.setattr(logs, "count", lambda name, value=1, **_more: names.append(name))
    return names


class Api:
    """backshop's own functions, as the API calls them; deliveries are worked off while the canary
    waits, unless nobody is there to do it."""

    def __init__(self, load: Any, event: Any, context: Any, aws: Any) -> None:
        self.receive, self.ingest = load("webhook_receive"), load("webhook_ingest")
        self.records = load("shop_records")
        self.event, self.context, self.aws = event, context, aws
        self.works = True
        self.after: Callable[[], object] = lambda: None
        self.seen: list[tuple[str, str, int]] = []

    def answer(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        posted = request.method == "POST"
        event = self.event("webhook_receive/woocommerce_order" if posted else "shop_records/order")
        event["rawPath"] = event["requestContext"]["http"]["path"] = path
        if posted:
            event["headers"] = dict(request.headers)
            event["body"] = request.content.decode()
            event["pathParameters"] = {"connector_id": path.split("/")[2]}
        else:
            assert request.headers["authorization"] == f"Bearer {STORE_KEY}"
            store = path.split("/")[2]
            event["requestContext"]["authorizer"]["lambda"] |= {"kind": "store", "store_id": store}
        made = (self.receive if posted else self.records).handler(event, self.context)
        self.seen.append((request.method, path, made["statusCode"]))
        return httpx.Response(made["statusCode"], content=made["body"])

    def work(self, _seconds: float) -> None:
        if self.works:
            bodies = self.aws.messages("WEBHOOK_QUEUE_URL")
            records = [
                {"messageId": str(at), "body": json.dumps(body)} for at, body in enumerate(bodies)
            ]
            assert self.ingest.handler({"Records": records}, None) == {"batchItemFailures": []}
            self.after()


@pytest.fixture
def api(load, event, context, aws, shop, monkeypatch) -> Any:
    made = Api(load, event, context, aws)

    @contextmanager
    def client(**options: Any) -> Any:
        with httpx.Client(transport=httpx.MockTransport(made.answer), **options) as opened:
            yield opened

    monkeypatch.setattr(transport, "client", client)
    yield made
    db.close()


@pytest.fixture
def canary(load, api, monkeypatch) -> Callable[[], Any]:
    function = load("canary")
    clock = iter(range(10_000))
    monkeypatch.setattr(function, "sleep", api.work)
    monkeypatch.setattr(function, "monotonic", lambda: next(clock))
    return lambda: function.handler({}, None)


def test_the_order_comes_through_again_and_again(canary, api, shop, owner, counted):
    for _ in range(2):
        assert canary()["failed"] is None
    assert counted == ["CanarySeconds"] * 2
    assert {status for _, _, status in api.seen[:2]} <= {200, 404}
    orders = owner.execute(
        "SELECT code FROM connect.platform_order WHERE store_id = %s", [shop]
    ).fetchall()
    assert orders == [{"code": "BACKSHOP-CANARY"}], "one order, however often it is sent"


def test_nobody_is_written_to(canary, shop, owner):
    canary()
    rows = owner.execute("SELECT kind FROM backshop.outbox WHERE store_id = %s", [shop]).fetchall()
    assert rows == []


def test_a_delivery_that_is_refused_is_told(canary, api, monkeypatch, shop, counted, logged):
    give_secret(monkeypatch, connector_id=str(shop), webhook_secret="another")
    assert canary() == {"failed": "accepted"}
    assert counted == ["WebhookRefused", "CanaryFailed"]
    assert [status for _, _, status in api.seen] == [401]
    assert STORE_KEY not in "".join(logged)


def test_a_delivery_that_nobody_works_off_is_told(canary, api, counted):
    api.works = False
    assert canary() == {"failed": "saved"}
    assert counted == ["CanaryFailed"]
    api.works = True
    assert canary()["failed"] is None, "it recovers by itself"


def test_an_old_state_is_not_taken_for_the_new_one(canary, api, counted):
    assert canary()["failed"] is None
    api.works = False
    sleep(1.1)  # orders are told apart by the second
    assert canary() == {"failed": "saved"}


def test_an_order_that_is_saved_and_not_followed_is_told(canary, api, owner, shop, counted):
    api.after = lambda: owner.execute(
        "DELETE FROM kits.customer_orders_summary WHERE store_id = %s", [shop]
    )
    assert canary() == {"failed": "tracked"}
    assert counted == ["CanaryFailed"]


def test_an_api_that_is_away_is_told(canary, api, monkeypatch, counted):
    def away(_request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("nobody is there")

    monkeypatch.setattr(api, "answer", away)
    assert canary() == {"failed": "accepted"}
    assert counted == ["CanaryFailed"]


@pytest.mark.parametrize("text", ["", "no json", "{}", '{"connector_id": "x"}', "[]", "null"])
def test_a_secret_that_is_not_whole_is_not_quoted(load, text):
    load("canary")
    import demo_order  # type: ignore[import-not-found]

    with pytest.raises(ValueError, match="CanarySecretArn") as wrong:
        demo_order.shop(text)
    assert not text or text not in str(wrong.value) or text in "[]{}"
    assert wrong.value.__suppress_context__
