"""GET /outbox and POST /outbox/{id}/retry."""

from __future__ import annotations

import pytest
from backshop import db, outbox

from tests.backshop.kits.shop import Caller


@pytest.fixture
def call(load, event, context, store):
    yield Caller(load, event, context, store)
    db.close()


@pytest.fixture
def failed(call, store, owner) -> int:
    with db.transaction(store_id=store) as tx:
        row = outbox.put(tx, "refund", "order:1", {"request_id": "r1"})
    owner.execute(
        """UPDATE backshop.outbox SET status = 'failed', attempts = 3, response = '{"error": "no"}'
           WHERE id = %s""",
        [row.id],
    )
    return row.id


def test_failed_rows_are_listed_and_tried_again(call, failed, aws, owner):
    _, listed = call("outbox_rows/list")
    [row] = listed["items"]
    assert (row["id"], row["kind"], row["response"]) == (failed, "refund", {"error": "no"})
    status, answer = call("outbox_rows/retry", id=str(failed))
    assert (status, answer) == (200, {"id": failed, "status": "pending", "attempts": 3})
    assert [message["key"] for message in aws.messages("OUTBOX_QUEUE_URL")] == ["order:1"]
    assert call("outbox_rows/list")[1]["items"] == []
    assert call("outbox_rows/retry", id=str(failed))[0] == 404, "it waits already"


def test_pages_end_and_overlap_nowhere(call, store):
    with db.transaction(store_id=store) as tx:
        outbox.put_all(tx, "test", [(f"order:{n}", {}) for n in range(230)])
    seen: list[str] = []
    cursor: dict[str, str] | None = {}
    while cursor is not None:
        _, page = call("outbox_rows/list", query={"status": "pending", **cursor})
        seen += [row["id"] for row in page["items"]]
        cursor = {"cursor": page["next_cursor"]} if page["next_cursor"] else None
    assert len(seen) == len(set(seen)) == 230
    assert seen == sorted(seen)


def test_another_stores_rows_are_not_there(call, failed, new_store):
    call.store = new_store()
    assert call("outbox_rows/list")[1]["items"] == []
    assert call("outbox_rows/retry", id=str(failed))[0] == 404


@pytest.mark.parametrize("id", ["x", "-1", "9" * 20, "9" * 5000])
def test_ids_that_are_none(call, id):
    assert call("outbox_rows/retry", id=id)[0] == 404


@pytest.mark.parametrize("query", [{"status": "lost"}, {"cursor": "x"}, {"cursor": "-1"}])
def test_queries_that_make_no_sense(call, query):
    assert call("outbox_rows/list", query=query)[0] == 400


def test_a_store_key_is_not_staff(call):
    request = call.request("outbox_rows/list")
    request["requestContext"]["authorizer"]["lambda"] |= {
        "kind": "store", "store_id": str(call.store), "scopes": "store",
    }  # fmt: skip
    assert call.module("outbox_rows").handler(request, call.context)["statusCode"] == 403


@pytest.mark.parametrize("id", ["\x00", "a/b", "é\n"])
def test_a_path_that_no_route_takes_is_not_there(aws, load, event, context, id):
    request = event("outbox_rows/retry")
    request["rawPath"] = request["requestContext"]["http"]["path"] = f"/outbox/{id}/retry"
    assert load("outbox_rows").handler(request, context)["statusCode"] == 404


def test_a_row_that_waits_is_asked_about_once_more_and_no_more(call, store, aws, owner):
    with db.transaction(store_id=store) as tx:
        row = outbox.put(tx, "refund", "order:2", {"request_id": "r2"})
    owner.execute(
        """UPDATE backshop.outbox SET attempts = 21, next_attempt_at = now() + interval '1 day'
           WHERE id = %s""",
        [row.id],
    )
    status, answer = call("outbox_rows/give_up", id=str(row.id))
    assert (status, answer) == (202, {"id": row.id, "status": "pending", "attempts": 39})
    assert outbox.gives_up(answer["attempts"] + 1)
    assert [message["key"] for message in aws.messages("OUTBOX_QUEUE_URL")] == ["order:2"]
    owner.execute("UPDATE backshop.outbox SET status = 'failed' WHERE id = %s", [row.id])
    assert call("outbox_rows/give_up", id=str(row.id))[0] == 404, "it waits no more"
