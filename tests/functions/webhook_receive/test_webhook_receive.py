"""POST /webhooks/{connector_id}: recorded deliveries in, everything unsigned out."""

from __future__ import annotations

import base64
import hmac
import json
import random
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from backshop import db
from backshop.aws import objects, queues
from backshop.stores import credentials

RECORDED = Path(__file__).parents[3] / "shops/recordings/woocommerce-11.0.1/webhooks"
SECRET = "s3cr3t"


@pytest.fixture
def connect(owner, new_store, aws):
    """Makes a connector as POST /connectors does; gives its id."""

    def make(
        platform: str = "woocommerce", secret: str = SECRET, previous: str | None = None
    ) -> str:
        id = new_store(platform)
        sealed = {"webhook_secret": credentials.seal(secret, id, "webhook_secret")}
        if previous:
            sealed["webhook_secret_previous"] = credentials.seal(
                previous, id, "webhook_secret_previous"
            )
        owner.execute(
            """INSERT INTO connect.connector_config
                 (id, store_id, platform, store_url, api_key, secret, webhook_secret,
                  webhook_secret_previous, webhook_secret_previous_until)
               VALUES (%(id)s, %(id)s, %(platform)s, 'https://shop.example.com', '', '', %(new)s,
                       %(old)s, now() + interval '1 day')""",
            {
                "id": id,
                "platform": platform,
                "new": sealed["webhook_secret"],
                "old": sealed.get("webhook_secret_previous"),
            },
        )
        return str(id)

    return make


@pytest.fixture
def function(load):
    return load("webhook_receive")


@pytest.fixture
def post(function, event, context):
    """Sends a delivery as the gateway does; gives status and JSON body."""

    def send(id: str, body: bytes, headers: dict[str, str], *, binary: bool = True):
        request = event("webhook_receive/woocommerce_order")
        request["rawPath"] = request["requestContext"]["http"]["path"] = f"/webhooks/{id}"
        request["pathParameters"] = {"connector_id": id}
        request["headers"] = {name.lower(): value for name, value in headers.items()}
        request["isBase64Encoded"] = binary
        request["body"] = base64.b64encode(body).decode() if binary else body.decode()
        answer = function.handler(request, context)
        return answer["statusCode"], json.loads(answer["body"] or "null"), answer["headers"]

    return send


def signed(body: bytes, secret: str = SECRET, topic: str = "order.updated") -> dict[str, str]:
    mac = hmac.new(secret.encode(), body, sha256).digest()
    return {
        "Content-Type": "application/json",
        "X-WC-Webhook-Topic": topic,
        "X-WC-Webhook-Signature": base64.b64encode(mac).decode(),
    }


def recordings() -> list[Path]:
    return [path for path in sorted(RECORDED.glob("*.body")) if "ping" not in path.name]


@pytest.mark.parametrize("recorded", recordings(), ids=lambda path: path.stem)
@pytest.mark.parametrize("binary", [True, False])
def test_every_recorded_delivery_is_queued_byte_for_byte(connect, post, aws, recorded, binary):
    headers = json.loads(recorded.with_suffix("").with_suffix("").parent.joinpath(
        recorded.name.replace(".body", ".headers.json")).read_text())  # fmt: skip
    id = connect()
    assert post(id, recorded.read_bytes(), headers, binary=binary)[0] == 200
    (message,) = aws.messages("WEBHOOK_QUEUE_URL")
    assert message["body"].encode() == recorded.read_bytes()
    assert message["topic"] == headers["X-WC-Webhook-Topic"]
    assert message["connector_id"] == id


def test_the_unsigned_ping_is_answered_and_queues_nothing(connect, post, aws):
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    assert post(connect(), b"webhook_id=1", headers)[0] == 200
    assert aws.messages("WEBHOOK_QUEUE_URL") == []


def test_a_ping_with_a_topic_is_no_way_around_the_signature(connect, post, aws):
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "X-WC-Webhook-Topic": "order.created",
    }
    assert post(connect(), b"webhook_id=1", headers)[0] == 401
    assert aws.messages("WEBHOOK_QUEUE_URL") == []


def test_both_secrets_count_during_a_rotation(connect, post):
    id = connect(secret="new", previous="old")
    for secret, status in (("new", 200), ("old", 200), ("older", 401)):
        assert post(id, b"{}", signed(b"{}", secret))[0] == status


def test_a_rotation_reaches_a_warm_environment_at_once(connect, post, owner, function, monkeypatch):
    id = connect(secret="old")
    assert post(id, b"{}", signed(b"{}", "old"))[0] == 200
    from uuid import UUID

    owner.execute(
        "UPDATE connect.connector_config SET webhook_secret = %s WHERE id = %s",
        [credentials.seal("new", UUID(id), "webhook_secret"), id],
    )
    monkeypatch.setattr(function, "AGAIN_SECONDS", 0)
    assert post(id, b"{}", signed(b"{}", "new"))[0] == 200


def test_an_unknown_connector_is_not_found(post, aws):
    for id in (str(uuid4()), "not-an-id", "%00"):
        status, problem, _ = post(id, b"{}", signed(b"{}"))
        assert (status, problem["type"].split("#")[1]) == (404, "not-found")


def test_without_a_database_kept_secrets_serve_and_others_are_asked_back(
    connect, post, aws, monkeypatch, function
):
    known, unknown = connect(), connect()
    assert post(known, b"{}", signed(b"{}"))[0] == 200

    def away(*_args: Any, **_kwargs: Any) -> None:
        raise psycopg.OperationalError("no route to the database")

    monkeypatch.setattr(db, "transaction", away)
    monkeypatch.setattr(function, "FRESH_SECONDS", 0)
    assert post(known, b"{}", signed(b"{}"))[0] == 200
    assert post(known, b"{}", signed(b"{}", "wrong"))[0] == 401
    status, problem, headers = post(unknown, b"{}", signed(b"{}"))
    assert (status, problem["type"].split("#")[1]) == (503, "unavailable")
    assert int(headers["Retry-After"]) > 0
    assert len(aws.messages("WEBHOOK_QUEUE_URL")) == 2


def test_four_mebibytes_pass_by_way_of_s3_and_one_byte_more_does_not(connect, post, aws):
    id = connect()
    largest = b'{"a":"' + b"x" * (4 * 1024 * 1024 - 8) + b'"}'
    assert post(id, largest, signed(largest))[0] == 200
    (message,) = aws.messages("WEBHOOK_QUEUE_URL")
    assert "body" not in message
    assert objects.get(aws.bucket, message["parked"]) == largest
    status, problem, _ = post(id, largest + b" ", signed(largest + b" "))
    assert (status, problem["type"].split("#")[1]) == (413, "too-large")


@pytest.mark.parametrize(
    "body",
    [
        b"\xff\xfe\x00",
        b"[" * 100_000,
        b"null",
        b'"text"',
        b"1e999999",
        b'{"id": 9' + b"9" * 5000 + b"}",
        b"",
    ],
    ids=["bad-utf8", "deep", "null", "text", "huge-exponent", "huge-integer", "empty"],
)
def test_hostile_bodies_are_refused_unsigned_and_never_crash_signed(connect, post, body):
    id = connect()
    assert post(id, body, {"X-WC-Webhook-Topic": "order.updated"})[0] == 401
    assert post(id, body, signed(body))[0] in {200, 400}


def test_bad_base64_is_a_bad_request(connect, function, event, context):
    request = event("webhook_receive/woocommerce_order")
    id = connect()
    request["rawPath"] = request["requestContext"]["http"]["path"] = f"/webhooks/{id}"
    request |= {"isBase64Encoded": True, "body": "a*b"}
    assert function.handler(request, context)["statusCode"] == 400


def test_three_thousand_mutated_signatures_stay_outside(connect, post, aws):
    """The handler's share; tests/backshop/platforms checks 100,000 against the signatures alone."""
    chance = random.Random(7)
    id = connect()
    body = recordings()[0].read_bytes()
    right = signed(body)["X-WC-Webhook-Signature"]
    for _ in range(3000):
        place = chance.randrange(len(right) - 1)
        letter = chance.choice("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=")
        mutated = right[:place] + letter + right[place + 1 :]
        if base64.b64decode(mutated + "=" * 3) == base64.b64decode(right):
            continue
        headers = signed(body) | {"X-WC-Webhook-Signature": mutated}
        assert post(id, body, headers)[0] == 401
    assert aws.messages("WEBHOOK_QUEUE_URL") == []


def test_a_connector_without_a_secret_takes_nothing(connect, post, owner):
    id = connect()
    owner.execute("UPDATE connect.connector_config SET webhook_secret = NULL WHERE id = %s", [id])
    for secret in ("", "None", "null"):
        assert post(id, b"{}", signed(b"{}", secret))[0] == 401


def test_what_is_logged_holds_no_body(connect, post, logged, function, monkeypatch):
    id = connect()
    body = b'{"email": "jane@example.com"}'

    def refuse(*_args: Any, **_kwargs: Any) -> None:
        raise RuntimeError(f"cannot queue {body!r} with {SECRET}")

    monkeypatch.setattr(queues, "send", refuse)
    with pytest.raises(Exception, match=r"^RuntimeError$"):
        post(id, body, signed(body))
    assert any("handler crashed" in line for line in logged)
    assert not any("jane@example.com" in line or SECRET in line for line in logged)


@pytest.mark.parametrize("length, status", [(100, 200), (101, 400), (5000, 400)])
def test_a_topic_has_a_length(aws, connect, post, length, status):
    body = b'{"id": 1}'
    answer, problem, _ = post(connect(), body, signed(body, topic="t" * length))
    assert answer == status
    assert len(aws.messages("WEBHOOK_QUEUE_URL")) == (1 if status == 200 else 0)
    if status == 400:
        assert "longer than 100 characters" in problem["detail"]


def test_a_key_that_is_too_long_is_kept_as_its_digest(aws, connect, post):
    body = b'{"id": 1}'
    headers = signed(body, topic="order.deleted") | {"X-WC-Webhook-Delivery-ID": "d" * 4000}
    assert post(connect(), body, headers)[0] == 200
    (message,) = aws.messages("WEBHOOK_QUEUE_URL")
    assert len(message["key"]) == 64
