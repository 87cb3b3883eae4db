"""POST/GET/PATCH /connectors against the real database, KMS by moto."""

from __future__ import annotations

import json
import socket
from typing import Any
from uuid import UUID

import bcrypt
import pytest
from backshop.aws import objects
from backshop.stores import credentials

SECRETS = ("ck_made_up", "cs_made_up", "s3cr3t")


@pytest.fixture
def call(load, event, context):
    function = load("connectors")

    def send(
        name: str,
        body: Any = None,
        *,
        key: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        **changes: Any,
    ) -> tuple[int, Any]:
        request = event(f"connectors/{name}")
        query = {"limit": limit, "cursor": cursor}
        request["queryStringParameters"] = {
            name: str(value) for name, value in query.items() if value is not None
        }
        if key:
            request["headers"]["idempotency-key"] = key
        if body is not None:
            request["body"] = body if isinstance(body, str) else json.dumps(body)
        for name_in_path, value in changes.items():
            request["pathParameters"] = {name_in_path: value}
            request["rawPath"] = request["requestContext"]["http"]["path"] = request[
                "rawPath"
            ].replace("0b7c3f4e-5a51-4d8e-9d3e-2f6a1c0e9b11", value)
        answer = function.handler(request, context)
        return answer["statusCode"], json.loads(answer["body"])

    return send


@pytest.fixture
def body(event) -> dict[str, Any]:
    """A new connector whose address no other test uses."""
    from uuid import uuid4

    made = json.loads(event("connectors/create")["body"])
    made["store_url"] = f"https://{uuid4()}.example.com"
    return made


def test_connecting_a_shop_makes_its_store_everywhere(call, body, owner):
    status, made = call("create", body)
    assert status == 201
    assert made["webhook_path"] == f"/webhooks/{made['id']}"
    row = owner.execute(
        "SELECT * FROM connect.connector_config WHERE id = %s", [made["id"]]
    ).fetchone()
    assert (row["platform"], row["store_url"], row["sync_interval"]) == (
        "woocommerce", body["store_url"], 300,
    )  # fmt: skip
    twin = owner.execute("SELECT * FROM insights.stores WHERE id = %s", [made["id"]]).fetchone()
    secret = made["store_key"].split("_", 3)[3]
    assert bcrypt.checkpw(secret.encode(), twin["api_key_hash"].encode())


def test_an_answer_to_a_data_request_is_the_store_s_own(call, body, owner, new_store):
    """Whatever its row says: what lies of another store is no link's."""
    _, made = call("create", body)
    other = new_store()
    owner.execute(
        """INSERT INTO backshop.exports (store_id, request_id, object_key, requested_at)
           VALUES (%s, '42', %s, now())""",
        [made["id"], f"exports/{other}/42.json"],
    )
    status, page = call("data_requests", id=made["id"])
    assert status == 200
    [url] = [each["url"] for each in page["items"]]
    assert f"/exports/{made['id']}/42.json?" in url
    assert str(other) not in url


def test_credentials_are_sealed_and_never_shown(call, body, owner, logged):
    _, made = call("create", body)
    row = owner.execute(
        "SELECT * FROM connect.connector_config WHERE id = %s", [made["id"]]
    ).fetchone()
    _, listed = call("list")
    _, shown = call("show", id=made["id"])
    call("create", body)
    seen = json.dumps([made, listed, shown]) + str(row) + str(logged)
    for secret in SECRETS:
        assert secret not in seen
    assert "store_key" not in shown
    assert credentials.unseal(row["api_key"], row["id"], "api_key") == "ck_made_up"


def test_a_ciphertext_copied_to_another_row_or_field_does_not_decrypt(call, body, owner):
    _, first = call("create", body)
    _, second = call("create", body | {"store_url": body["store_url"] + "/second"})
    row = owner.execute(
        "SELECT * FROM connect.connector_config WHERE id = %s", [first["id"]]
    ).fetchone()
    from uuid import UUID

    with pytest.raises(credentials.Unreadable):
        credentials.unseal(row["secret"], UUID(second["id"]), "secret")
    with pytest.raises(credentials.Unreadable):
        credentials.unseal(row["secret"], UUID(first["id"]), "api_key")


def test_the_same_shop_twice_is_a_conflict(call, body):
    assert call("create", body)[0] == 201
    status, problem = call("create", body)
    assert (status, problem["type"].split("#")[1]) == (409, "already-connected")


def test_each_channel_of_a_vendure_server_is_a_shop_of_its_own(call, body):
    server = body | {"platform": "vendure"}
    of_channel = server | {"settings": {"channel": "eu"}}
    assert [call("create", each)[0] for each in (server, of_channel)] == [201, 201]
    for again in (server, of_channel):
        status, problem = call("create", again)
        assert (status, problem["type"].split("#")[1]) == (409, "already-connected")
    status, third = call("create", server | {"settings": {"channel": "us"}})
    assert status == 201
    status, problem = call("change", {"settings": {"channel": "eu"}}, id=third["id"])
    assert (status, problem["type"].split("#")[1]) == (409, "already-connected")
    assert call("change", {"settings": {"channel": "uk"}}, id=third["id"])[0] == 200


def test_a_channel_makes_no_second_shop_of_platforms_that_have_none(call, body):
    _, made = call("create", body)
    channel = {"settings": {"channel": "eu"}}
    for status, problem in (call("create", body | channel), call("change", channel, id=made["id"])):
        assert (status, [each["field"] for each in problem["errors"]]) == (
            422,
            ["settings.channel"],
        )


def test_a_webhook_secret_is_made_where_none_is_given(call, body):
    del body["webhook_secret"]
    assert len(call("create", body)[1]["webhook_secret"]) > 30
    _, shopify = call(
        "create", body | {"platform": "shopify", "store_url": body["store_url"] + "/shopify"}
    )
    assert shopify["webhook_secret"] is None, "Shopify signs with the app's own secret"


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"platform": "magento"}, "platform"),
        ({"store_url": "ftp://shop.example.com"}, "store_url"),
        ({"store_url": "https://user:password@shop.example.com"}, "store_url"),
        ({"sync_interval": 1}, "sync_interval"),
        ({"sync_interval": "soon"}, "sync_interval"),
        ({"api_key": ""}, "api_key"),
        ({"settings": {"time_zone": "Mars/Olympus"}}, "settings.time_zone"),
        ({"settings": {"currency": "dollars"}}, "settings.currency"),
        ({"settings": {"allowed_origins": 5}}, "settings"),
        ({"settings": {"name": {"first": "Alice"}}}, "settings"),
        ({"settings": {"otp": {"guesses": "many"}}}, "settings.otp.guesses"),
        ({"settings": {"otp": 5}}, "settings.otp"),
        ({"settings": {"shade": 5}}, "settings.shade"),
        ({"store_url": "https://shop.example.com:port"}, "store_url"),
        ({"store_url": "https://my shop.example.com"}, "store_url"),
        ({"store_url": "https://shop.example.com."}, "store_url"),
        ({"allowed_origins": ["shop.example.com"]}, "allowed_origins.0"),
        ({"surprise": 1}, "surprise"),
    ],
)
def test_a_wrong_field_is_named_and_not_repeated(call, body, wrong, field):
    status, problem = call("create", body | wrong)
    assert status == 422
    assert [each["field"] for each in problem["errors"]] == [field]
    _, made = call("create", body)
    assert call("change", wrong, id=made["id"])[0] == 422
    assert "password" not in json.dumps(problem)
    assert problem["request_id"]


@pytest.mark.parametrize("broken", ["", "{", "[1]", "null", '"\\ud800"', "[" * 100_000, "1e999999"])
def test_a_hostile_body_is_refused_in_a_sentence(call, broken):
    status, problem = call("create", broken)
    assert status in {400, 422}
    assert problem["detail"].endswith(".")


def test_a_patch_changes_what_it_names_and_nothing_else(call, body):
    _, made = call("create", body)
    status, changed = call(
        "change", {"sync_interval": 900, "settings": {"currency": "EUR"}}, id=made["id"]
    )
    assert status == 200
    assert changed["sync_interval"] == 900
    assert changed["settings"] == {"currency": "EUR", "time_zone": "America/New_York"}
    assert changed["store_url"] == made["store_url"]
    assert call("change", {}, id=made["id"])[0] == 422


def test_what_a_store_uses_from_now_on_is_filled_by_a_sync_of_everything(call, body, owner, aws):
    """What was saved before is read anew: the ledger would take it for known."""
    _, made = call("create", body)
    owner.execute(
        """INSERT INTO backshop.record_versions
             (store_id, kind, external_id, rank, changed_at, observed_at, deleted, digest)
           VALUES (%s, 'order', '1', 1, now(), now(), false, 'known')""",
        [made["id"]],
    )
    owner.execute(
        "UPDATE backshop.sync_jobs SET status = 'completed' WHERE store_id = %s", [made["id"]]
    )
    owner.execute(
        "UPDATE insights.sync_logs SET status = 'completed' WHERE store_id = %s", [made["id"]]
    )
    aws.messages("SYNC_QUEUE_URL")

    def use(*uses):
        status, said = call("change", {"settings": {"uses": list(uses)}}, id=made["id"])
        assert status == 200, said
        assert said["settings"]["uses"] == sorted(uses)
        held = owner.execute(
            "SELECT digest FROM backshop.record_versions WHERE store_id = %s", [made["id"]]
        ).fetchone()
        return said["problems"], bytes(held["digest"]), len(aws.messages("SYNC_QUEUE_URL"))

    assert use() == ([], b"known", 0), "nothing new, nothing to read"
    problems, digest, jobs = use("deliveries")
    assert (problems, digest, jobs > 3) == ([], b"", True)
    [problem], _, jobs = use("deliveries", "surveys")
    assert "next sync of everything" in problem, "one runs already"
    assert jobs == 0
    assert call("change", {"settings": {"uses": ["parcels"]}}, id=made["id"])[0] == 422


def test_a_paused_shop_is_left_alone_and_goes_on_where_it_was(call, body, owner, load, event, aws):
    """What it was to be told waits, what it sends is taken, its syncs begin again when it is
    resumed."""
    from datetime import UTC, datetime, timedelta
    from uuid import UUID

    from backshop import db, outbox
    from backshop.sync import repository as syncs
    from backshop.sync.models import JobKey

    _, made = call("create", body)
    store = UUID(made["id"])
    job = owner.execute(
        "SELECT run_id, resource FROM backshop.sync_jobs WHERE store_id = %s LIMIT 1", [store]
    ).fetchone()
    key, later = JobKey(store_id=store, **job), datetime.now(UTC) + timedelta(days=2)
    with db.transaction(store_id=store) as tx:
        outbox.put(tx, "refund", "order:1", {})

    def state() -> tuple[bool, bool, bool, bool]:
        with db.transaction(all_stores=True) as tx:
            is_due = store in {row.store_id for row in outbox.due(tx, later, 10_000)}
            would_sync = store in {each.store_id for each in syncs.due(tx, later)}
        with db.transaction(store_id=store) as tx:
            tx.execute("SAVEPOINT before")
            claimed = outbox.claim(tx, "order:1", later) is not None
            worked = syncs.claim(tx, key, later) is not None
            tx.execute("ROLLBACK TO before")
        return is_due, claimed, worked, would_sync

    assert state() == (True, True, True, False), "its first sync is under way"
    status, shown = call("change", {"paused": True}, id=made["id"])
    assert (status, shown["status"]) == (200, "active")
    assert shown["paused_at"]
    assert call("change", {"paused": True}, id=made["id"])[1]["paused_at"] == shown["paused_at"]
    assert state() == (False, False, False, False)
    request = event("connector_syncs/start")
    request["pathParameters"] = {"id": made["id"]}
    old = "0b7c3f4e-5a51-4d8e-9d3e-2f6a1c0e9b11"
    request["rawPath"] = request["requestContext"]["http"]["path"] = request["rawPath"].replace(
        old, made["id"]
    )
    answer = load("connector_syncs").handler(request, None)
    assert (answer["statusCode"], "shop-paused" in answer["body"]) == (409, True)
    assert call("change", {"paused": False}, id=made["id"])[1]["paused_at"] is None
    assert state() == (True, True, True, False), "nothing was lost"
    owner.execute("UPDATE backshop.sync_jobs SET status = 'completed' WHERE store_id = %s", [store])
    owner.execute("UPDATE insights.sync_logs SET status = 'completed' WHERE store_id = %s", [store])
    assert state()[3], "and its syncs go on"


def test_a_new_webhook_secret_stands_beside_the_old_one(call, body, aws):
    from uuid import UUID

    from backshop import db
    from backshop.connect import repository as connect

    _, made = call("create", body)
    id = UUID(made["id"])
    assert call("change", {"webhook_secret": "the next one"}, id=made["id"])[0] == 200
    with db.transaction(store_id=id) as tx:
        sealed = connect.webhook_secrets(tx).sealed
    assert {credentials.unseal(text, id, field) for field, text in sealed.items()} == {
        "s3cr3t", "the next one",
    }  # fmt: skip


def test_a_store_key_sees_its_own_connector_only(load, event, context, call, body):
    _, mine = call("create", body)
    _, other = call("create", body | {"store_url": body["store_url"] + "/other"})
    function = load("connectors")
    caller = {"kind": "store", "id": mine["id"], "store_id": mine["id"], "scopes": "store"}

    def as_store(name: str, id: str) -> int:
        request = event(f"connectors/{name}")
        request["requestContext"]["authorizer"] = {"lambda": caller}
        request["rawPath"] = request["rawPath"].replace("0b7c3f4e-5a51-4d8e-9d3e-2f6a1c0e9b11", id)
        request["requestContext"]["http"]["path"] = request["rawPath"]
        return function.handler(request, context)["statusCode"]

    assert as_store("show", mine["id"]) == 200
    assert as_store("show", other["id"]) == 404
    assert as_store("show", "not-an-id") == 404
    assert as_store("change", mine["id"]) == 403
    assert as_store("create", mine["id"]) == 403
    listed = event("connectors/list")
    listed["requestContext"]["authorizer"] = {"lambda": caller}
    found = json.loads(function.handler(listed, context)["body"])["items"]
    assert [each["id"] for each in found] == [mine["id"]]


def test_nobody_without_an_authorizer_gets_in(load, event, context):
    request = event("connectors/list")
    del request["requestContext"]["authorizer"]
    assert load("connectors").handler(request, context)["statusCode"] == 401


@pytest.mark.parametrize(
    "url",
    [
        "http://shop.example.com", "https://localhost", "https://127.0.0.1", "https://10.0.0.8",
        "https://169.254.169.254", "https://[::1]", "https://db.internal", "https://intranet",
        "https://127.1", "https://0x7f.1", "https://[64:ff9b::7f00:1]", "https://[64:ff9b::a00:1]",
        "https://shop.example.com:8080", "https://shop.example.com:22", "https://2130706433",
    ],
)  # fmt: skip
def test_an_address_that_functions_must_not_call_is_refused(call, body, url, monkeypatch):
    monkeypatch.setenv("LOCAL_SHOPS", "no")
    wrong = body | {"platform": "shopify", "store_url": url}
    status, problem = call("create", wrong)
    assert (status, problem["errors"][0]["field"]) == (422, "store_url")
    monkeypatch.setenv("LOCAL_SHOPS", "yes")
    assert call("create", wrong)[0] in {201, 409}


@pytest.mark.parametrize(
    "move",
    [
        lambda url: url.replace("https://", "https://new-"),
        lambda url: url.replace("https://", "http://"),
        lambda url: url + ":8443",
        lambda url: url + "/sub",
    ],
    ids=["host", "scheme", "port", "path"],
)
def test_kept_credentials_never_go_to_another_origin(call, body, move):
    _, made = call("create", body)
    moved = {"store_url": move(body["store_url"])}
    for some in ({}, {"api_key": "ck_new"}, {"secret": "cs_new"}):
        status, problem = call("change", moved | some, id=made["id"])
        assert (status, problem["type"].split("#")[1]) == (422, "credentials-missing")
    anew = moved | {"api_key": "ck_new", "secret": "cs_new"}
    assert call("change", anew, id=made["id"])[0] == 200


def test_the_same_address_in_other_letters_is_no_move(call, body):
    _, made = call("create", body)
    same = body["store_url"].replace("https://", "HTTPS://") + ":443/"
    assert call("change", {"store_url": same}, id=made["id"])[0] == 200


def test_a_name_that_resolves_inside_is_refused(call, body, monkeypatch):
    monkeypatch.setenv("LOCAL_SHOPS", "no")
    inside = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("10.0.0.8", 443))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: inside)
    status, problem = call("create", body | {"store_url": "https://10.0.0.8.nip.example.com"})
    assert (status, problem["errors"][0]["field"]) == (422, "store_url")


def test_the_usual_port_is_no_other_shop(call, body):
    assert call("create", body)[0] == 201
    assert call("create", body | {"store_url": body["store_url"] + ":443"})[0] == 409


def test_a_shop_is_connected_once_for_its_key(call, body, owner, aws):
    del body["webhook_secret"]
    first = call("create", body, key="k")
    assert first[0] == 201
    begun = len(aws.messages("SYNC_QUEUE_URL"))
    assert call("create", body, key="k") == first, "the store key and the webhook secret, too"
    assert (begun, aws.messages("SYNC_QUEUE_URL")) == (7, []), "its sync began once"
    status, problem = call("create", body | {"name": "Other"}, key="k")
    assert (status, problem["type"].split("#")[1]) == (422, "idempotency-key-reused")
    kept = owner.execute(
        "SELECT answer, sealed FROM backshop.idempotency_keys WHERE store_id = %s",
        [first[1]["id"]],
    ).fetchone()
    assert first[1]["store_key"] not in str(kept)
    assert first[1]["webhook_secret"] not in str(kept)


def test_a_key_that_is_older_than_a_day_connects_no_other_shop(call, body, owner):
    _, first = call("create", body, key="k2")
    owner.execute(
        """UPDATE backshop.idempotency_keys SET created_at = now() - interval '2 days'
           WHERE store_id = %s""",
        [first["id"]],
    )
    status, problem = call("create", body | {"store_url": body["store_url"] + "/other"}, key="k2")
    assert (status, problem["type"].split("#")[1]) == (422, "idempotency-key-reused")


def test_lists_come_in_pages(call, body):
    made = [
        call("create", body | {"store_url": f"{body['store_url']}/{number}"})[1]["id"]
        for number in range(3)
    ]
    listed: list[str] = []
    cursor: str | None = None
    while True:
        _, page = call("list", limit=2, cursor=cursor)
        listed += [each["id"] for each in page["items"]]
        assert len(page["items"]) <= 2
        if (cursor := page["next_cursor"]) is None:
            break
    assert listed[-3:] == made
    assert len(listed) == len(set(listed))


def test_disconnecting_says_before_what_goes_and_what_stays(call, body, owner, aws):
    _, made = call("create", body)
    id = made["id"]
    owner.execute(
        """INSERT INTO connect.platform_order
             (store_id, order_id, platform, status, total_amount, currency, line_items)
           VALUES (%s, '1', 'woocommerce', 'paid', 5, 'USD', '[]')""",
        [id],
    )
    owner.execute(
        """INSERT INTO backshop.received_webhooks
             (store_id, topic, delivery_key, body_sha256, size, received_at, is_kept)
           VALUES (%s, 'order.created', 'k', 'h', 2, now(), true) RETURNING id""",
        [id],
    )
    owner.execute(
        """INSERT INTO connect.refund_request (store_id, order_id, platform, status, amount)
           VALUES (%s, '1', 'woocommerce', 'pending', 5)""",
        [id],
    )
    owner.execute(
        """INSERT INTO backshop.outbox (store_id, key, kind, payload)
           VALUES (%s, 'order:1', 'refund', '{}')""",
        [id],
    )
    status, said = call("disconnection", id=id)
    assert (status, said["status"]) == (200, "active")
    assert (said["erased"]["webhook_bodies"], said["erased"]["waiting"]) == (1, 1)
    assert said["kept"] == {"orders": 1, "customers": 0, "products": 0}
    assert call("show", id=id)[1]["status"] == "active", "asking does nothing"

    status, done = call("disconnect", id=id)
    assert (status, done) == (200, said | {"status": "uninstalled"})
    row = owner.execute("SELECT * FROM connect.connector_config WHERE id = %s", [id]).fetchone()
    assert (row["api_key"], row["secret"], row["webhook_secret"]) == ("", "", None)
    assert call("show", id=id)[1]["status"] == "uninstalled"
    twin = owner.execute("SELECT * FROM insights.stores WHERE id = %s", [id]).fetchone()
    assert not twin["is_active"]
    secret = made["store_key"].split("_", 3)[3]
    assert not bcrypt.checkpw(secret.encode(), twin["api_key_hash"].encode())
    left = owner.execute("SELECT status FROM backshop.outbox WHERE store_id = %s", [id])
    assert [each["status"] for each in left] == ["failed"]
    asked = owner.execute("SELECT status FROM connect.refund_request WHERE store_id = %s", [id])
    assert [each["status"] for each in asked] == ["failed"]
    assert call("disconnection", id=id)[1]["kept"]["orders"] == 1, "orders are kept"
    assert call("disconnect", id=id)[0] == 200, "a second time changes nothing"
    status, revived = call("change", {"api_key": "new", "secret": "new"}, id=id)
    assert (status, revived["status"]) == (200, "active")


def test_disconnecting_carries_out_an_erasure_that_was_asked_for(
    call, body, owner, load, aws, monkeypatch
):
    """Shopify asked while the shop was connected; staff found out that it is gone. What is stored
    of it goes, too."""
    monkeypatch.setenv("TRY_ON_BUCKET", aws.bucket)
    worker = load("outbox_worker")
    shop = body | {"platform": "shopify", "store_url": "https://asked-for.myshopify.com"}
    asked, other = (call("create", each)[1]["id"] for each in (shop, body))
    for id in (asked, other):
        owner.execute(
            "INSERT INTO connect.platform_customer (store_id, customer_id, platform, email)"
            " VALUES (%s, '1', 'shopify', 'ann@example.com')",
            [id],
        )
    owner.execute(
        "UPDATE connect.connector_config SET erasure_asked_at = now() WHERE id = %s", [asked]
    )
    assert call("show", id=asked)[1]["shop_domain"] == "asked-for.myshopify.com"
    assert call("show", id=asked)[1]["erasure_asked_at"] is not None
    keys = {id: f"quotes/{id}/1.pdf" for id in (other, asked)}
    for key in keys.values():
        objects.put(aws.bucket, key, b"x")
    for id, left in ((other, 1), (asked, 0)):
        assert call("disconnect", id=id)[0] == 200
        assert worker.work(UUID(id), "uninstall") == (left == 0)
        assert objects.exists(aws.bucket, keys[id]) == (left == 1)
        rows = owner.execute(
            "SELECT count(*) AS n FROM connect.platform_customer WHERE store_id = %s", [id]
        ).fetchone()
        assert rows["n"] == left
    assert call("show", id=asked)[0] == 404


def test_a_check_says_what_is_missing_and_stores_nothing(call, body, owner):
    body["store_url"] = "http://127.0.0.1:9"
    before = owner.execute("SELECT count(*) AS n FROM backshop.stores").fetchone()
    status, said = call("check", body)
    assert (status, said["ok"]) == (200, False)
    [missing] = said["checks"]
    assert missing["what"] == "shop"
    assert "does not answer" in missing["problem"]
    assert not any(secret in str(said) for secret in SECRETS)
    assert owner.execute("SELECT count(*) AS n FROM backshop.stores").fetchone() == before
