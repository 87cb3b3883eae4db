"""What was received is kept, found, looked at and replayed, and erased with whom it names."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from unittest.mock import Mock
from uuid import UUID, uuid4

import pytest
from backshop import db
from backshop.aws import config, objects
from backshop.received import bodies
from backshop.received import repository as received
from backshop.received.models import Arrival, Outcome

RECORDED = Path(__file__).parents[3] / "shops/recordings/woocommerce-11.0.1/webhooks"
NOW = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
EXAMPLE = "0b7c3f4e-5a51-4d8e-9d3e-2f6a1c0e9b11"
WEBHOOK = "6f1c1e0a-9f6d-4b57-8a53-0e7f9d2b6a10"


@pytest.fixture
def shop(owner, new_store) -> UUID:
    id = new_store()
    owner.execute(
        """INSERT INTO connect.connector_config
             (id, store_id, platform, store_url, api_key, secret, webhook_secret, connected_at)
           VALUES (%(id)s, %(id)s, 'woocommerce', %(url)s, 's', 's', 's', '2026-01-01')""",
        {"id": id, "url": f"https://{id}.example.com"},
    )
    return id


@pytest.fixture
def ingest(load):
    function = load("webhook_ingest")

    def run(*messages: dict[str, Any]) -> int:
        records = [{"messageId": str(uuid4()), "body": json.dumps(each)} for each in messages]
        return len(function.handler({"Records": records}, None)["batchItemFailures"])

    return run


@pytest.fixture
def call(load, event, context, shop):
    function = load("received_webhooks")

    def run(name: str, webhook: Any = WEBHOOK, body: Any = None, **query: str) -> Any:
        request = event(f"received_webhooks/{name}")
        path = request["rawPath"].replace(EXAMPLE, str(query.pop("of", shop)))
        path = path.replace(WEBHOOK, str(webhook))
        request["rawPath"] = request["requestContext"]["http"]["path"] = path
        request["queryStringParameters"] = query
        if body is not None:
            request["body"] = json.dumps(body)
        answer = function.handler(request, context)
        return answer["statusCode"], json.loads(answer["body"])

    yield run
    db.close()


def order(**changes: Any) -> bytes:
    recorded = json.loads((RECORDED / "019_order.created.body").read_bytes())
    return json.dumps(recorded | changes).encode()


def message(store: UUID, content: bytes, *, minutes: int = 0, **more: Any) -> dict[str, Any]:
    return {
        "connector_id": str(store),
        "platform": "woocommerce",
        "topic": "order.updated",
        "key": sha256(content).hexdigest(),
        "sha256": sha256(content).hexdigest(),
        "received_at": (NOW + timedelta(minutes=minutes)).isoformat(),
        "triggered_at": None,
        "body": content.decode(errors="replace"),
    } | more


def listed(call, **query: str) -> list[dict[str, Any]]:
    status, page = call("list", **query)
    assert status == 200, page
    return list(page["items"])


def stored(aws, shop: UUID) -> list[str]:
    return list(objects.keys(aws.bucket, f"webhooks/{shop}/"))


def test_what_came_is_found_and_looked_at(call, ingest, aws, shop):
    assert ingest(message(shop, order(id=5)), message(shop, order(id=6), minutes=1)) == 0
    rows = listed(call)
    assert [row["about"] for row in rows] == ["order:6", "order:5"], "newest first"
    assert {row["status"] for row in rows} == {"saved"}
    assert [row["about"] for row in listed(call, q="5, 99")] == ["order:5"]
    assert [row["about"] for row in listed(call, since="2026-11-20T04:01:00Z")] == ["order:6"]
    assert listed(call, status="failed") == []
    status, one = call("show", rows[1]["id"])
    assert (status, json.loads(one["body"])["id"]) == (200, 5)
    key = bodies.key_of(shop, UUID(one["id"]))
    head = config.client("s3").head_object(Bucket=aws.bucket, Key=key)
    assert head["ServerSideEncryption"] == "aws:kms"
    assert head["SSEKMSKeyId"].endswith(config.value("WEBHOOK_BODIES_KEY"))


def test_what_fails_is_kept_with_the_kind_of_failure_and_no_value(call, ingest, owner, shop):
    bad = message(shop, order(id=99, total="a lot"))
    assert ingest(bad) == 1
    assert ingest(bad) == 1
    [row] = listed(call, status="failed")
    assert row["attempts"] == 2
    assert row["error"]
    assert "lot" not in row["error"]
    assert json.loads(call("show", row["id"])[1]["body"])["total"] == "a lot"


def test_what_is_saved_stays_saved_whatever_becomes_of_its_double(call, ingest, shop):
    """SQS may hand a message out twice at once: one is saved, and the other one's process dies."""
    content = order(id=5)
    assert ingest(message(shop, content)) == 0
    digest = sha256(content).hexdigest()
    [row] = listed(call)
    double = Arrival(UUID(row["id"]), "order.updated", digest, digest, NOW, None, content)
    with db.transaction(store_id=shop) as tx:
        received.note(tx, [(double, Outcome("failed", error="Deadlock"))], ())
    [row] = listed(call)
    assert (row["status"], row["error"], row["attempts"]) == ("saved", None, 2)


def count(owner, shop: UUID) -> int:
    row = owner.execute(
        "SELECT count(*) AS n FROM connect.platform_order WHERE store_id = %s", [shop]
    ).fetchone()
    return int(row["n"])


def test_a_replay_passes_the_claim(call, ingest, aws, owner, shop):
    assert ingest(message(shop, order(id=5))) == 0
    for table in ("order_item", "platform_order"):
        owner.execute(f"DELETE FROM connect.{table} WHERE store_id = %s", [shop])
    owner.execute("DELETE FROM backshop.record_versions WHERE store_id = %s", [shop])
    assert ingest(message(shop, order(id=5))) == 0
    assert count(owner, shop) == 0, "one that comes again is not saved again"
    [row] = listed(call)
    status, answer = call("replay", row["id"])
    assert (status, answer["status"], answer["replays"]) == (202, "received", 1)
    assert answer["replayed_by"].startswith("staff:")
    [sent] = aws.messages("WEBHOOK_QUEUE_URL")
    assert ingest(sent) == 0
    assert count(owner, shop) == 1
    assert listed(call)[0]["status"] == "saved"


def test_a_replay_of_an_older_state_changes_nothing(call, ingest, aws, owner, shop):
    older = order(id=5, status="pending", date_modified_gmt="2026-11-19T10:00:00")
    newer = order(id=5, status="completed", date_modified_gmt="2026-11-19T11:00:00")
    assert ingest(message(shop, older)) == 0
    assert ingest(message(shop, newer, minutes=1)) == 0
    for row in listed(call):
        call("replay", row["id"])
    sent = aws.messages("WEBHOOK_QUEUE_URL")
    assert len(sent) == 2
    for each in sorted(sent, key=lambda one: one["received_at"], reverse=True):
        assert ingest(each) == 0
    row = owner.execute(
        "SELECT status FROM connect.platform_order WHERE store_id = %s", [shop]
    ).fetchone()
    assert row["status"] == "completed"


def test_a_window_is_replayed_oldest_first_in_parts(call, ingest, aws, load, shop, monkeypatch):
    big = order(id=3, customer_note="x" * 60_000)
    contents = [order(id=1), order(id=2), big, order(id=4)]
    assert ingest(*(message(shop, each, minutes=n) for n, each in enumerate(contents))) == 0
    monkeypatch.setattr("received_webhooks.AT_ONCE", 2)
    window = {"since": "2026-11-20T04:01:00Z", "until": "2026-11-20T05:00:00Z"}
    status, first = call("replay_window", body=window)
    assert (status, first["replayed"], first["not_kept"]) == (202, 2, 0)
    sent = aws.messages("WEBHOOK_QUEUE_URL")
    assert "parked" in sent[1], "a large body goes by way of S3"
    assert ingest(*sent) == 0
    rest = call("replay_window", body=window | {"cursor": first["next_cursor"]})[1]
    assert rest == {"replayed": 1, "not_kept": 0, "next_cursor": None}
    status, problem = call("replay_window", body={"since": "now", "until": "then"})
    assert (status, {each["field"] for each in problem["errors"]}) == (422, {"since", "until"})


def erasure(owner, shop: UUID) -> None:
    """The store is Shopify's from here on: only Shopify orders erasures."""
    for table in ("backshop.stores", "connect.connector_config"):
        owner.execute(f"UPDATE {table} SET platform = 'shopify' WHERE id = %s", [shop])
    owner.execute(
        "UPDATE connect.connector_config SET status = 'uninstalled' WHERE id = %s", [shop]
    )


def redact(shop: UUID, topic: str, minutes: int = 5, **body: Any) -> dict[str, Any]:
    content = json.dumps(body | {"shop_domain": "x.example.com"}).encode()
    return message(shop, content, minutes=minutes, platform="shopify", topic=topic)


def test_bodies_go_with_the_person_and_nobody_elses(call, ingest, aws, owner, shop):
    billing = json.loads(order())["billing"]
    theirs = order(id=5, customer_id=7, billing=billing | {"email": "jane@example.com"})
    other = order(id=6, customer_id=8, billing=billing | {"email": "joe@example.com", "phone": ""})
    unclear = order(id=7, total="a lot", billing=billing | {"email": "jane@example.com"})
    assert ingest(message(shop, theirs), message(shop, other)) == 0
    assert ingest(message(shop, unclear)) == 1
    assert len(stored(aws, shop)) == 3
    erasure(owner, shop)
    customer = {"id": 7, "email": "jane@example.com", "phone": None}
    assert ingest(redact(shop, "customers/redact", customer=customer, orders_to_redact=[])) == 0
    kept = [row["about"] for row in listed(call) if row["is_kept"]]
    assert kept == ["order:6"]
    assert len(stored(aws, shop)) == 1
    gone = next(row for row in listed(call) if row["about"] == "order:5")
    assert call("show", gone["id"])[1]["body"] is None
    assert call("replay", gone["id"])[0] == 410


def test_a_late_body_of_an_erased_person_is_not_kept(call, ingest, aws, owner, shop):
    erasure(owner, shop)
    customer = {"id": 7, "email": "jane@example.com", "phone": None}
    assert ingest(redact(shop, "customers/redact", customer=customer, orders_to_redact=[])) == 0
    recorded = RECORDED.parents[1] / "shopify-2026-07/orders_updated.json"
    late = json.loads(recorded.read_bytes())
    late["customer"] = (late.get("customer") or {}) | {"id": 7, "email": "jane@example.com"}
    late["email"] = "jane@example.com"
    content = json.dumps(late).encode()
    sent = message(shop, content, minutes=1, platform="shopify", topic="orders/updated")
    assert ingest(sent) == 0
    assert stored(aws, shop) == []


def test_bodies_go_with_the_shop(ingest, aws, owner, shop, monkeypatch, load):
    monkeypatch.setenv("TRY_ON_BUCKET", aws.bucket)
    assert ingest(message(shop, order(id=5))) == 0
    assert stored(aws, shop)
    erasure(owner, shop)
    assert ingest(redact(shop, "shop/redact", shop_id=1)) == 0
    assert load("outbox_worker").work(shop, "uninstall")
    assert stored(aws, shop) == []


def test_what_cannot_be_kept_is_saved_all_the_same(call, ingest, owner, shop, monkeypatch):
    monkeypatch.setattr(objects, "put", lambda *_a, **_k: 1 / 0)
    assert ingest(message(shop, order(id=5))) == 0
    assert count(owner, shop) == 1
    assert [row["is_kept"] for row in listed(call)] == [False]


def test_a_batch_and_what_is_kept_of_it_are_one_transaction(ingest, shop, monkeypatch, aws):
    begin = Mock(side_effect=db.transaction)
    monkeypatch.setattr(db, "transaction", begin)
    assert ingest(*(message(shop, order(id=number)) for number in range(1, 8))) == 0
    assert begin.call_count == 1
    assert len(stored(aws, shop)) == 7


def test_what_somebody_died_of_is_seen_before_it_is_tried_again(call, load, aws, shop):
    function = load("webhook_ingest")
    sent = message(shop, order(id=5))

    def die(*_args: Any, **_named: Any) -> None:
        raise SystemExit

    record: dict[str, Any] = {"messageId": "1", "body": json.dumps(sent)}
    for tries in ("1", "2"):
        record["attributes"] = {"ApproximateReceiveCount": tries}
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("backshop.saving.projections.save", die)
            with pytest.raises(SystemExit):
                function.handler({"Records": [record]}, None)
    [row] = listed(call)
    assert (row["status"], row["attempts"], row["is_kept"]) == ("received", 1, False)
    assert len(stored(aws, shop)) == 1
    record["attributes"] = {"ApproximateReceiveCount": "3"}
    assert function.handler({"Records": [record]}, None) == {"batchItemFailures": []}
    [row] = listed(call)
    assert (row["status"], row["attempts"], row["is_kept"]) == ("saved", 2, True)


def test_what_is_handed_back_is_kept_once(call, load, aws, shop, monkeypatch):
    """Its store is being saved by somebody else, however often it comes meanwhile."""
    function = load("webhook_ingest")

    def busy(*_args: Any, **_named: Any) -> None:
        raise db.LockNotAvailable

    put = Mock(side_effect=objects.put)
    monkeypatch.setattr(objects, "put", put)
    monkeypatch.setattr("backshop.saving.projections.save", busy)
    monkeypatch.setattr("backshop.aws.queues.hand_back", lambda *_args: None)
    for tries in ("1", "2", "3"):
        record: dict[str, Any] = {"messageId": tries, "body": json.dumps(message(shop, order()))}
        record["attributes"] = {"ApproximateReceiveCount": tries}
        assert function.handler({"Records": [record]}, None)["batchItemFailures"]
    [row] = listed(call)
    assert (row["status"], row["is_kept"], put.call_count) == ("received", True, 1)


def test_a_body_that_was_erased_does_not_come_back_with_its_delivery(
    call, ingest, aws, owner, shop
):
    theirs = message(shop, order(id=5, customer_id=7))
    unclear = message(shop, order(id=7, total="a lot"))
    assert ingest(theirs) == 0
    assert ingest(unclear) == 1
    erasure(owner, shop)
    customer = {"id": 7, "email": None, "phone": None}
    assert ingest(redact(shop, "customers/redact", customer=customer, orders_to_redact=[])) == 0
    assert stored(aws, shop) == []
    owner.execute("UPDATE backshop.stores SET platform = 'woocommerce' WHERE id = %s", [shop])
    assert ingest(theirs) == 0
    assert ingest(unclear) == 1
    assert stored(aws, shop) == []
    assert not any(row["is_kept"] for row in listed(call))


def test_nothing_is_left_of_a_shop_that_is_gone(ingest, aws):
    gone = uuid4()
    assert ingest(message(gone, order(id=5))) == 0
    assert stored(aws, gone) == []


def test_another_stores_webhooks_are_not_there(call, ingest, new_store, shop):
    assert ingest(message(shop, order(id=5))) == 0
    [row] = listed(call)
    other = str(new_store())
    assert listed(call, of=other) == []
    assert call("show", row["id"], of=other)[0] == 404
    assert call("replay", row["id"], of=other)[0] == 404
