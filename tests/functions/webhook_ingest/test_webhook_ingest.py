"""Working the queue of deliveries off: once each, alone where one is bad, obeying privacy
topics."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from importlib import import_module
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from backshop import db, privacy
from backshop.aws import config, objects
from backshop.commerce import Person
from backshop.connect.try_on import rules as try_on
from backshop.stores import repository as stores

from tests.backshop.saving.comparison import differences, rows_of

RECORDED = Path(__file__).parents[3] / "shops/recordings"
WOOCOMMERCE = RECORDED / "woocommerce-11.0.1/webhooks"
SHOPIFY = RECORDED / "shopify-2026-07"
SAMPLE_SHOP = "{shop}.myshopify.com"
"""How the shop of Shopify's samples is called."""
NOW = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)


@pytest.fixture
def connect(owner, new_store):
    def make(platform: str, domain: str = SAMPLE_SHOP) -> UUID:
        id = new_store(platform)
        url = f"https://{id}.example.com"
        owner.execute("UPDATE backshop.stores SET store_url = %s WHERE id = %s", [url, id])
        owner.execute(
            """INSERT INTO connect.connector_config
                 (id, store_id, platform, store_url, api_key, secret, webhook_secret, connected_at,
                  shop_domain)
               VALUES (%(id)s, %(id)s, %(platform)s, %(url)s, 'sealed', 'sealed', 'sealed',
                       '2026-01-01', %(domain)s)""",
            {
                "id": id,
                "platform": platform,
                "url": url,
                "domain": domain if platform == "shopify" else None,
            },
        )
        return id

    return make


def message(
    store: UUID,
    topic: str,
    body: bytes,
    *,
    platform: str = "woocommerce",
    minutes: int = 0,
    **more: Any,
) -> dict[str, Any]:
    """A record of the queue, as webhook_receive wrote it."""
    said = {
        "connector_id": str(store),
        "platform": platform,
        "topic": topic,
        "key": sha256(body).hexdigest(),
        "sha256": sha256(body).hexdigest(),
        "received_at": (NOW + timedelta(minutes=minutes)).isoformat(),
        "triggered_at": None,
        "body": body.decode(),
    } | more
    return {"messageId": str(uuid4()), "body": json.dumps(said)}


def order(**changes: Any) -> bytes:
    recorded = json.loads((WOOCOMMERCE / "019_order.created.body").read_bytes())
    return json.dumps(recorded | changes).encode()


def shopify_order(**changes: Any) -> bytes:
    recorded = json.loads((SHOPIFY / "orders_updated.json").read_bytes())
    return json.dumps(recorded | changes).encode()


@pytest.fixture
def ingest(load):
    function = load("webhook_ingest")

    def run(*records: dict[str, Any]) -> list[str]:
        answer = function.handler({"Records": list(records)}, None)
        return [each["itemIdentifier"] for each in answer["batchItemFailures"]]

    return run


@pytest.fixture
def asked(load, monkeypatch):
    """Works off what asks the shop whether it left, which answers that it did."""
    worker = load("outbox_worker")
    monkeypatch.setattr(import_module("uninstall"), "_has_left", lambda _store: True)

    def run(store: UUID) -> None:
        while worker.work(store, "uninstall"):
            pass

    return run


def count(owner, table: str, store: UUID) -> int:
    row = owner.execute(f"SELECT count(*) AS n FROM {table} WHERE store_id = %s", [store])
    return row.fetchone()["n"]


def uninstalled(owner, store: UUID) -> None:
    owner.execute(
        "UPDATE connect.connector_config SET status = 'uninstalled' WHERE id = %s", [store]
    )


def test_one_bad_delivery_fails_alone(connect, ingest, owner):
    store = connect("woocommerce")
    good = [message(store, "order.updated", order(id=number)) for number in range(1, 6)]
    bad = message(store, "order.updated", order(id=99, total="a lot"))
    unreadable = {"messageId": "unreadable", "body": "no json"}
    assert ingest(*good[:3], bad, unreadable, *good[3:]) == ["unreadable", bad["messageId"]]
    assert count(owner, "connect.platform_order", store) == 5
    assert count(owner, "insights.orders", store) == 5
    inbox = owner.execute(
        "SELECT delivery_key, body_sha256 FROM backshop.webhook_inbox WHERE store_id = %s", [store]
    ).fetchall()
    assert len(inbox) == 5, "the failed one is not claimed, so that it can come again"


def test_a_delivery_that_comes_again_changes_nothing(connect, ingest, owner):
    store = connect("woocommerce")
    first = message(store, "order.updated", order())
    assert ingest(first, first) == []
    before = owner.execute(
        "SELECT xmin::text, * FROM insights.orders WHERE store_id = %s", [store]
    ).fetchall()
    assert ingest(first) == []
    after = owner.execute(
        "SELECT xmin::text, * FROM insights.orders WHERE store_id = %s", [store]
    ).fetchall()
    assert after == before


def test_a_parked_body_is_fetched(connect, ingest, owner, aws):
    store = connect("woocommerce")
    body = order(customer_note="x" * 300_000)
    record = message(store, "order.updated", body)
    said = json.loads(record["body"])
    del said["body"]
    record["body"] = json.dumps(said | {"parked": objects.park(aws.bucket, body)})
    assert ingest(record) == []
    assert count(owner, "insights.orders", store) == 1


def test_a_parked_body_that_is_not_there_yet_comes_again(connect, ingest, aws):
    record = message(connect("woocommerce"), "order.updated", order())
    said = json.loads(record["body"])
    del said["body"]
    record["body"] = json.dumps(said | {"parked": "overflow/not-there"})
    assert ingest(record) == [record["messageId"]]


def test_a_delivery_for_a_connector_that_is_gone_is_dropped(ingest):
    assert ingest(message(uuid4(), "order.updated", order())) == []


def test_the_signed_error_object_says_nothing(connect, ingest, owner):
    store = connect("woocommerce")
    body = (WOOCOMMERCE / "031_order.created.body").read_bytes()
    assert ingest(message(store, "order.created", body)) == []
    assert count(owner, "insights.orders", store) == 0


def test_no_personal_data_is_logged_when_a_delivery_fails(connect, ingest, logged):
    store = connect("woocommerce")
    bad = message(store, "order.updated", order(id="jane@example.com", total="jane@example.com"))
    assert ingest(bad) == [bad["messageId"]]
    assert any("delivery failed" in line for line in logged)
    assert not any("jane@example.com" in line for line in logged)


def test_uninstalling_forgets_credentials_and_an_old_uninstall_does_not(
    connect, ingest, owner, asked
):
    store = connect("shopify")
    body = (SHOPIFY / "app_uninstalled.json").read_bytes()
    owner.execute(
        "UPDATE connect.connector_config SET connected_at = %s WHERE id = %s",
        [NOW + timedelta(minutes=5), store],
    )
    uninstall: dict[str, Any] = {"platform": "shopify", "topic": "app/uninstalled", "body": body}

    def state() -> tuple[str, str, bool]:
        row = owner.execute(
            """SELECT c.status, c.api_key, s.is_active FROM connect.connector_config c
               JOIN insights.stores s USING (id) WHERE c.id = %s""",
            [store],
        ).fetchone()
        return row["status"], row["api_key"], row["is_active"]

    assert ingest(message(store, **uninstall, key="late")) == []
    asked(store)
    assert state() == ("active", "sealed", True)
    assert ingest(message(store, **uninstall, minutes=10, key="new")) == []
    asked(store)
    assert state() == ("uninstalled", "", False)


def test_a_data_request_is_answered_for_staff_with_all_that_is_known(connect, ingest, owner, aws):
    store = connect("shopify")
    sample = json.loads(shopify_order())
    customer = sample["customer"]["admin_graphql_api_id"].rsplit("/", 1)[1]
    asked = json.loads((SHOPIFY / "customers_data_request.json").read_bytes())
    asked["customer"] = {"id": int(customer), "email": sample["email"], "phone": None}
    body = json.dumps(asked).encode()
    assert ingest(message(store, "orders/updated", shopify_order(), platform="shopify")) == []
    assert ingest(message(store, "customers/data_request", body, platform="shopify")) == []
    row = owner.execute("SELECT * FROM backshop.exports WHERE store_id = %s", [store]).fetchone()
    found = config.client("s3").get_object(Bucket=aws.bucket, Key=row["object_key"])["Body"].read()
    assert sample["billing_address"]["city"] in found.decode() or sample["email"] in found.decode()
    assert str(sample["total_price"]) in found.decode()


def test_an_erased_person_does_not_come_back_with_a_late_delivery(connect, ingest, owner):
    store = connect("shopify")
    sample = json.loads(shopify_order())
    id = sample["admin_graphql_api_id"].rsplit("/", 1)[1]
    customer = sample["customer"]["admin_graphql_api_id"].rsplit("/", 1)[1]
    redact = json.loads((SHOPIFY / "customers_redact.json").read_bytes())
    redact["customer"] = {"id": int(customer), "email": sample["email"], "phone": None}
    redact["orders_to_redact"] = [int(id)]
    body = json.dumps(redact).encode()
    first = message(store, "orders/create", shopify_order(), platform="shopify")
    assert ingest(first) == []
    assert ingest(message(store, "customers/redact", body, platform="shopify", minutes=1)) == []
    late = shopify_order(updated_at="2021-12-31T20:00:00-05:00", note="late")
    assert ingest(message(store, "orders/updated", late, platform="shopify", minutes=2)) == []
    tables = owner.execute(
        """SELECT table_schema || '.' || table_name AS name FROM information_schema.columns
           WHERE column_name = 'store_id' AND table_schema IN ('connect', 'shade', 'insights', 'kits')
             AND table_name IN (SELECT tablename FROM pg_tables)"""
    ).fetchall()
    kept = {
        row["name"]: str(
            owner.execute(f"SELECT * FROM {row['name']} WHERE store_id = %s", [store]).fetchall()
        )
        for row in tables
    }
    for personal in (sample["email"], sample["billing_address"]["phone"], "Shipper", "Smith"):
        assert [(name, text[:3000]) for name, text in kept.items() if personal in text] == [], (
            personal
        )
    total = owner.execute(
        "SELECT total_amount FROM connect.platform_order WHERE store_id = %s", [store]
    ).fetchone()
    assert total["total_amount"] == Decimal(sample["total_price"]), "amounts stay"


def test_orders_told_in_short_end_as_those_told_in_full(connect, load, ingest, owner, monkeypatch):
    function = load("webhook_ingest")
    plain = order(id=7001, refunds=[])
    guest = order(id=7002, refunds=[], customer_id=0, coupon_lines=[])
    odd = order(id=7003, refunds=[{"id": 7, "total": "-1.00"}])
    kept = []
    for takes in (function.takes_plain_orders, lambda _store, _erasures: False):
        monkeypatch.setattr(function, "takes_plain_orders", takes)
        store = connect("woocommerce")
        bodies = (plain, guest, odd)
        assert ingest(*(message(store, "order.created", body) for body in bodies)) == []
        rows = rows_of(owner, store)
        # Ids of deliveries are of their store: what they are about and of whom is compared.
        del rows["backshop.received_webhooks"], rows["backshop.webhook_inbox"]
        rows["webhooks"] = [
            str(each)
            for each in owner.execute(
                """SELECT about, subjects, status FROM backshop.received_webhooks
                   WHERE store_id = %s ORDER BY about""",
                [store],
            )
        ]
        kept.append(rows)
    assert differences(kept[0], kept[1]) == []
    assert len(kept[0]["connect.platform_order"]) == 3


def test_an_erased_buyer_does_not_come_back_with_a_short_order(connect, ingest, owner):
    store = connect("woocommerce")
    told = json.loads(order(refunds=[], customer_id=5))
    email = told["billing"]["email"]
    assert ingest(message(store, "order.created", json.dumps(told).encode())) == []
    assert count(owner, "connect.platform_customer", store) == 1
    with db.transaction(store_id=store) as tx:
        shop = stores.load(tx)
        assert shop
        privacy.erase(tx, shop, Person(email=email), NOW + timedelta(minutes=1))
    late = order(refunds=[], customer_id=5, total="12.50", date_modified_gmt="2026-11-20T04:02:00")
    assert ingest(message(store, "order.updated", late, minutes=2)) == []
    rows = rows_of(owner, store)
    assert "12.50" in str(rows["connect.platform_order"])
    for personal in (email, told["billing"]["last_name"], told["billing"]["phone"]):
        assert personal
        assert [name for name, text in rows.items() if personal in str(text)] == []


def test_a_shop_s_erasure_takes_everything(connect, ingest, owner, aws, monkeypatch, asked):
    store = connect("shopify")
    monkeypatch.setenv("TRY_ON_BUCKET", aws.bucket)
    other = f"assets/{uuid4()}/logo.png"
    theirs = ("exports", "training", "selfies", "overlays", "assets")
    for key in (*(f"{kind}/{store}/a/b" for kind in theirs), other):
        config.client("s3").put_object(Bucket=aws.bucket, Key=key, Body=b"x")
    body = (SHOPIFY / "shop_redact.json").read_bytes()
    ingest(message(store, "orders/updated", shopify_order(), platform="shopify"))
    assert count(owner, "connect.platform_order", store) == 1
    uninstalled(owner, store)
    assert ingest(message(store, "shop/redact", body, platform="shopify", minutes=1)) == []
    asked(store)
    for table in ("connect.platform_order", "insights.orders", "shade.orders", "shade.customers"):
        assert count(owner, table, store) == 0
    left = config.client("s3").list_objects_v2(Bucket=aws.bucket)["Contents"]
    assert [each["Key"] for each in left] == [other]


NOT_OURS = ("", "s3://", "s3://gone-bucket/a", "https://elsewhere.example/a.jpg", "a\\b", "s3://{}")


def test_an_erased_person_s_pictures_go_too(connect, ingest, owner, aws, monkeypatch):
    """By whose they are: an address that names nothing of ours, or another's picture, stops
    nothing and deletes nothing else."""
    monkeypatch.setenv("TRY_ON_BUCKET", aws.bucket)
    store = connect("shopify")
    sample = json.loads(shopify_order())
    customer = sample["customer"]["admin_graphql_api_id"].rsplit("/", 1)[1]
    ingest(message(store, "orders/create", shopify_order(), platform="shopify"))
    anothers, *theirs = (uuid4() for _ in range(1 + len(NOT_OURS)))
    others_picture = f"{aws.bucket}/{try_on.selfie_key(store, anothers)}"
    s3 = config.client("s3")
    addresses = [f"s3://{others_picture}", *(each.format(others_picture) for each in NOT_OURS)]
    for id, address in zip((anothers, *theirs), addresses, strict=True):
        whose = None if id == anothers else customer
        owner.execute(
            """INSERT INTO connect.try_on_session
                 (session_id, store_id, customer_id, platform, selfie_url, skus)
               VALUES (%s, %s, %s, 'shopify', %s, '{LIP-RED}')""",
            [id, store, whose, address],
        )
        owner.execute(
            "INSERT INTO connect.try_on_overlay (store_id, session_id, sku, overlay_url)"
            " VALUES (%s, %s, 'LIP-ROSE', %s)",
            [store, id, address],
        )
        for key in (
            try_on.selfie_key(store, id),
            try_on.overlay_key(store, id, "LIP-RED"),
            try_on.overlay_key(store, id, "LIP-ROSE"),
        ):
            s3.put_object(Bucket=aws.bucket, Key=key, Body=b"a face")
    redact = json.loads((SHOPIFY / "customers_redact.json").read_bytes())
    redact |= {"customer": {"id": int(customer), "email": None, "phone": None}}
    body = json.dumps(redact | {"orders_to_redact": []}).encode()
    assert ingest(message(store, "customers/redact", body, platform="shopify", minutes=1)) == []
    left = [each["Key"] for each in s3.list_objects_v2(Bucket=aws.bucket)["Contents"]]
    assert len(left) == 3
    assert all(str(anothers) in each for each in left)
    assert count(owner, "connect.try_on_session", store) == 1


def test_a_store_whose_lock_somebody_has_gets_its_deliveries_back_at_once(
    connect, load, context, aws, owner, database
):
    """Its messages come again in seconds; the other store of the same batch is saved meanwhile."""
    busy, calm = connect("woocommerce"), connect("woocommerce")
    url = config.value("WEBHOOK_QUEUE_URL")
    sqs = config.client("sqs")
    for store in (busy, calm):
        body = message(store, "order.created", order())["body"]
        sqs.send_message(QueueUrl=url, MessageBody=body)
    records = [
        {
            "messageId": got["MessageId"],
            "receiptHandle": got["ReceiptHandle"],
            "body": got["Body"],
            "attributes": {"ApproximateReceiveCount": "1"},
        }
        for got in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    ]
    ours = {json.loads(each["body"])["connector_id"]: each["messageId"] for each in records}
    with psycopg.connect(database.service_url) as other:
        other.execute("SELECT set_config('backshop.store_id', %s, true)", [str(busy)])
        other.execute("SELECT backshop.lock('saving', true)")
        answer = load("webhook_ingest").handler({"Records": records}, context)
    assert answer == {"batchItemFailures": [{"itemIdentifier": ours[str(busy)]}]}
    count = "SELECT count(*) AS n FROM insights.orders WHERE store_id = %s"
    assert owner.execute(count, [calm]).fetchone()["n"] == 1
    assert owner.execute(count, [busy]).fetchone()["n"] == 0
    again = [each for each in records if each["messageId"] == ours[str(busy)]]
    assert load("webhook_ingest").handler({"Records": again}, context)["batchItemFailures"] == []
    assert owner.execute(count, [busy]).fetchone()["n"] == 1


def test_a_store_that_fails_unforeseen_fails_no_other_s_deliveries(
    connect, load, context, owner, monkeypatch
):
    wrong, others = connect("woocommerce"), [connect("woocommerce") for _ in range(2)]
    module = load("webhook_ingest")
    ask = module.store.ask

    def ask_store(tx: Any) -> Any:
        shop = ask(tx)()
        if shop is not None and shop.id == wrong:
            raise db.LockNotAvailable
        return lambda: shop

    def hand_back(url: str, messages: Any) -> None:
        raise OSError("the queue is away")

    monkeypatch.setattr(module.store, "ask", ask_store)
    monkeypatch.setattr(module.queues, "hand_back", hand_back)
    records = [message(each, "order.created", order()) for each in (wrong, *others)]
    answer = module.handler({"Records": records}, context)
    assert answer == {"batchItemFailures": [{"itemIdentifier": records[0]["messageId"]}]}
    assert [count(owner, "insights.orders", each) for each in (wrong, *others)] == [0, 1, 1]


ACTS = ("customers/redact", "customers/data_request", "shop/redact", "app/uninstalled")


@pytest.mark.parametrize("topic", ACTS)
@pytest.mark.parametrize("standing", ["active", "uninstalled"])
def test_an_order_that_names_another_shop_is_not_obeyed(
    connect, ingest, owner, aws, topic, standing, asked
):
    """Whoever brought it here: the shop that a signed body names is the only one it is about."""
    store = connect("shopify", "ours.myshopify.com")
    sample = json.loads(shopify_order())
    ingest(message(store, "orders/updated", shopify_order(), platform="shopify"))
    owner.execute(
        "UPDATE connect.connector_config SET status = %s WHERE id = %s", [standing, store]
    )
    body = json.loads((SHOPIFY / f"{topic.replace('/', '_')}.json").read_bytes())
    named = "myshopify_domain" if topic == "app/uninstalled" else "shop_domain"
    customer = int(sample["customer"]["admin_graphql_api_id"].rsplit("/", 1)[1])
    if topic.startswith("customers"):
        body["customer"] = {"id": customer, "email": sample["email"], "phone": None}

    def send(shop: str) -> None:
        said = json.dumps(body | {named: shop}).encode()
        assert ingest(message(store, topic, said, platform="shopify", minutes=1)) == []
        asked(store)

    def state() -> list[Any]:
        tables = ("connect.platform_order", "connect.connector_config", "backshop.exports")
        select = "SELECT * FROM {} WHERE store_id = %s ORDER BY 1"
        return [owner.execute(select.format(each), [store]).fetchall() for each in tables]

    before = state()
    for other in ("theirs.myshopify.com", "ours.myshopify.com.example.com", "", "ours"):
        send(other)
        assert state() == before
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TRY_ON_BUCKET", aws.bucket)
        send("Ours.myshopify.com")
    if not (topic == "app/uninstalled" and standing == "uninstalled"):
        assert state() != before, "the control: its own order is obeyed"


def test_a_connected_shop_is_not_erased_before_it_is_uninstalled(
    connect, ingest, owner, aws, monkeypatch, asked
):
    """Parked with an alarm, and carried out when the word comes that the app was taken away."""
    monkeypatch.setenv("TRY_ON_BUCKET", aws.bucket)
    store = connect("shopify", "ours.myshopify.com")
    ingest(message(store, "orders/updated", shopify_order(), platform="shopify"))
    redact = json.dumps({"shop_id": 1, "shop_domain": "ours.myshopify.com"}).encode()
    counted: list[str] = []
    monkeypatch.setattr("backshop.logs.count", lambda name, *_a, **_k: counted.append(name))
    assert ingest(message(store, "shop/redact", redact, platform="shopify", minutes=1)) == []
    assert count(owner, "connect.platform_order", store) == 1
    assert counted == ["ShopErasuresParked"]
    row = owner.execute(
        "SELECT erasure_asked_at FROM connect.connector_config WHERE id = %s", [store]
    ).fetchone()
    assert row["erasure_asked_at"] == NOW + timedelta(minutes=1)
    gone = json.dumps({"id": 1, "myshopify_domain": "ours.myshopify.com"}).encode()
    assert ingest(message(store, "app/uninstalled", gone, platform="shopify", minutes=2)) == []
    assert count(owner, "connect.platform_order", store) == 1
    asked(store)
    assert count(owner, "connect.platform_order", store) == 0


def test_a_shop_that_came_back_is_not_erased_for_an_order_from_before(
    connect, ingest, owner, aws, monkeypatch, asked
):
    monkeypatch.setenv("TRY_ON_BUCKET", aws.bucket)
    store = connect("shopify", "ours.myshopify.com")
    redact = json.dumps({"shop_id": 1, "shop_domain": "ours.myshopify.com"}).encode()
    assert ingest(message(store, "shop/redact", redact, platform="shopify", minutes=1)) == []
    owner.execute(
        "UPDATE connect.connector_config SET connected_at = %s WHERE id = %s",
        [NOW + timedelta(minutes=2), store],
    )
    gone = json.dumps({"id": 1, "myshopify_domain": "ours.myshopify.com"}).encode()
    assert ingest(message(store, "app/uninstalled", gone, platform="shopify", minutes=3)) == []
    asked(store)
    assert count(owner, "connect.connector_config", store) == 1
