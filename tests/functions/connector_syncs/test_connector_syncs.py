"""GET and POST /connectors/{id}/syncs."""

import json
from uuid import uuid4

import pytest
from backshop import db
from backshop.commerce import Platform
from backshop.connect import repository as connect
from backshop.insights import repository as insights
from backshop.stores import repository as stores

NAMED = "0b7c3f4e-5a51-4d8e-9d3e-2f6a1c0e9b11"


@pytest.fixture
def store(aws):
    id = uuid4()
    sealed = dict.fromkeys(("api_key", "secret", "webhook_secret"), "sealed")
    url = f"https://{id}.example.com"
    with db.transaction(store_id=id) as tx:
        stores.add(tx, Platform.WOOCOMMERCE, url, {})
        connect.add_connector(tx, Platform.WOOCOMMERCE, url, 300, sealed)
        insights.add_store(tx, url, "no key", {})
    return id


@pytest.fixture
def call(load, event, context):
    function = load("connector_syncs")

    def send(name, store, run=None, body=None, caller=None, key=None):
        request = event(f"connector_syncs/{name}")
        if key is not None:
            request["headers"]["idempotency-key"] = key
        request["pathParameters"] = {"id": str(store), "run_id": str(run)}
        path = request["rawPath"].replace(NAMED, str(store))
        path = path.rpartition("/")[0] + f"/{run}" if run else path
        request["rawPath"] = request["requestContext"]["http"]["path"] = path
        if body is not None:
            request["body"] = body
        if caller is not None:
            request["requestContext"]["authorizer"]["lambda"] = caller
        answer = function.handler(request, context)
        return answer["statusCode"], json.loads(answer["body"])

    return send


def test_a_sync_is_started_shown_and_announced(call, store, aws):
    status, run = call("start", store)
    assert status == 202
    assert (run["type"], run["status"], run["records_synced"]) == ("full", "running", 0)
    assert {each["resource"] for each in run["resources"]} == {
        "shop", "categories", "products", "customers", "coupons", "orders", "refunds",
    }  # fmt: skip
    assert len(aws.messages("SYNC_QUEUE_URL")) == 7
    assert call("list", store) == (200, {"items": [run], "next_cursor": None})
    assert call("show", store, run["id"]) == (200, run)


def test_the_same_call_again_is_answered_with_its_run(call, store, aws):
    first = call("start", store, key="k")
    assert first[0] == 202
    aws.messages("SYNC_QUEUE_URL")
    assert call("start", store, key="k") == first
    assert aws.messages("SYNC_QUEUE_URL") == []
    assert call("start", store, key="other")[0] == 409


def test_two_syncs_at_once_are_a_conflict(call, store):
    call("start", store)
    status, problem = call("start", store)
    assert (status, problem["type"].rpartition("#")[2]) == (409, "sync-running")


def test_a_run_that_waits_to_be_tried_again_gives_way(call, store, owner):
    _, first = call("start", store)
    owner.execute(
        "UPDATE insights.sync_logs SET status = 'failed', next_retry_at = now() WHERE id = %s",
        [first["id"]],
    )
    status, second = call("start", store, body='{"type": "incremental"}')
    assert (status, second["type"]) == (202, "incremental")
    _, shown = call("list", store)
    assert [each["id"] for each in shown["items"]] == [second["id"], first["id"]]
    assert shown["items"][1]["next_retry_at"] is None


@pytest.mark.parametrize("body", ['{"type": "everything"}', '{"kind": "full"}', "[]", "{"])
def test_a_wrong_body_is_refused_and_starts_nothing(call, store, owner, body):
    status, problem = call("start", store, body=body)
    assert status in (400, 422)
    assert "detail" in problem
    assert call("list", store) == (200, {"items": [], "next_cursor": None})


def test_an_uninstalled_shop_cannot_be_synced(call, store, owner):
    owner.execute(
        "UPDATE connect.connector_config SET status = 'uninstalled' WHERE id = %s", [store]
    )
    status, problem = call("start", store)
    assert (status, problem["type"].rpartition("#")[2]) == (409, "not-connected")


def test_who_is_unknown_is_not_found(call, store):
    assert call("list", uuid4())[0] == 404
    assert call("start", uuid4())[0] == 404
    assert call("show", store, uuid4())[0] == 404
    assert call("show", store, "no-uuid")[0] == 404


def test_a_store_key_sees_its_own_syncs_only(call, store):
    own = {"kind": "store", "id": str(store), "store_id": str(store), "scopes": "store"}
    other = own | {"store_id": str(uuid4())}
    call("start", store)
    assert len(call("list", store, caller=own)[1]["items"]) == 1
    assert call("list", store, caller=other)[0] == 404
    assert call("start", store, caller=other)[0] == 404


@pytest.mark.parametrize(
    ("part", "resources"),
    [
        ("orders", {"shop", "orders", "refunds"}),
        ("products", {"shop", "products", "categories"}),
        ("customers", {"shop", "customers"}),
    ],
)
def test_a_part_of_a_shop_is_synced_alone_and_logged_as_such(call, store, part, resources):
    status, run = call("start", store, body=json.dumps({"type": part}))
    assert (status, run["type"]) == (202, part)
    assert {each["resource"] for each in run["resources"]} == resources
    with db.transaction(store_id=store) as tx:
        logged = tx.execute("SELECT sync_type FROM insights.sync_logs").fetchall()
    assert [row["sync_type"] for row in logged] == [part]
