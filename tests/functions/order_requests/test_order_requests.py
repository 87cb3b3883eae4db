"""The routes of refunds and address changes against the real database."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from backshop import db
from backshop.connect.requests import repository as stored

PATH_ID = "0b7c3f4e-5a51-4d8e-9d3e-2f6a1c0e9b11"
ADDRESS = {
    "name": "Jane Doe",
    "line1": "2 New St",
    "city": "Oakland",
    "province_code": "CA",
    "postal_code": "94601",
    "country_code": "US",
}


@pytest.fixture
def order(owner, store) -> str:
    """Order 15: three mugs for 10.00 with tax, 28.48 of other things, 38.48 in all."""
    owner.execute(
        """INSERT INTO connect.platform_order
             (store_id, order_id, platform, status, total_amount, currency, line_items)
           VALUES (%s, '15', 'woocommerce', 'processing', 38.48, 'USD', '[]')""",
        [store],
    )
    owner.execute(
        """INSERT INTO connect.order_item
             (store_id, order_id, platform, sku, quantity, price, line_id, total, tax)
           VALUES (%s, '15', 'woocommerce', 'MUG', 3, 3.03, '1', 9.09, 0.91)""",
        [store],
    )
    return "15"


@pytest.fixture
def call(load, event, context, store, order):
    function = load("order_requests")

    def send(name: str, body: Any = None, key: str | None = "new", **changes: Any):
        request = event(f"order_requests/{name}")
        path = request["rawPath"].replace(PATH_ID, str(changes.pop("id", store)))
        if "/orders/" in path:
            path = path.replace("/orders/15/", f"/orders/{changes.pop('order_id', '15')}/")
        for old, new in (
            ("9b2fdb0c-5c9f-4ac4-9c0b-7a0ac5e8e111", str(changes.pop("request_id", ""))),
            ("/refunds/", f"/{changes.pop('what', 'refunds')}/"),
        ):
            path = path.replace(old, new)
        request["rawPath"] = request["requestContext"]["http"]["path"] = path
        request["requestContext"]["authorizer"]["lambda"].update(changes.pop("caller", {}))
        request.pop("queryStringParameters", None)
        request["headers"].pop("idempotency-key", None)
        if key is not None:
            request["headers"]["idempotency-key"] = str(uuid4()) if key == "new" else key
        if body is not None:
            request["body"] = json.dumps(body)
        if changes:
            request["queryStringParameters"] = {k: str(v) for k, v in changes.items()}
        answer = function.handler(request, context)
        return answer["statusCode"], json.loads(answer["body"])

    return send


def rows(owner, table: str, store) -> list[dict[str, Any]]:
    sql = f"SELECT * FROM {table} WHERE store_id = %s ORDER BY 1"
    return owner.execute(sql, [store]).fetchall()


def settle(owner, request_id: str, status: str, table: str = "refund_request") -> None:
    """What outbox_worker would have done."""
    owner.execute(f"UPDATE connect.{table} SET status = %s WHERE id = %s", (status, request_id))
    owner.execute(
        "UPDATE backshop.outbox SET status = %s, attempts = 1 WHERE payload ->> 'request_id' = %s",
        ("failed" if status == "failed" else "done", request_id),
    )


def test_a_refund_is_a_pending_row_beside_its_outbox_row(call, owner, store, aws):
    status, made = call("refund", {"amount": "7.50", "reason": "late delivery"})
    assert status == 202
    assert (made["status"], made["amount"], made["currency"]) == ("pending", "7.50", "USD")
    [row] = rows(owner, "connect.refund_request", store)
    assert row["requested_by"].startswith("staff:")
    [out] = rows(owner, "backshop.outbox", store)
    assert (out["kind"], out["key"]) == ("refund", "order:15")
    assert out["payload"] == {"request_id": made["id"]}
    assert row["outbox_id"] == out["id"]
    [message] = aws.messages("OUTBOX_QUEUE_URL")
    assert message == {"store_id": str(store), "key": "order:15"}


def test_lines_are_refunded_at_their_worth(call):
    _, made = call("refund_lines", {"lines": [{"line_id": "1", "quantity": 2}], "restock": True})
    assert (made["amount"], made["lines"]) == ("6.66", [{"line_id": "1", "quantity": 2}])
    status, problem = call("refund_lines", {"lines": [{"line_id": "1", "quantity": 2}]})
    assert status == 422
    assert problem["errors"][0]["field"] == "lines.0.quantity"
    _, rest = call("refund_lines", {"lines": [{"line_id": "1", "quantity": 1}]})
    assert Decimal(made["amount"]) + Decimal(rest["amount"]) == Decimal("10.00")


def test_the_same_key_is_the_same_refund(call, owner, store):
    first = call("refund", {"amount": "7.50"}, key="a-key")
    assert call("refund", {"amount": "7.50"}, key="a-key") == first
    assert len(rows(owner, "connect.refund_request", store)) == 1
    status, problem = call("refund", {"amount": "7.51"}, key="a-key")
    assert status == 422
    assert problem["type"].endswith("#idempotency-key-reused")


def test_a_refund_without_a_key_is_refused(call):
    status, problem = call("refund", {"amount": "7.50"}, key=None)
    assert status == 400
    assert "Idempotency-Key" in problem["detail"]
    assert call("refund", {"amount": "7.50"}, key="x" * 256)[0] == 400


def test_many_at_once_never_ask_for_more_than_is_left(load, event, context, store, order, owner):
    """24 calls of 5.00 on 38.48, eight at a time: seven are taken."""
    function = load("order_requests")

    def one(number: int) -> int:
        request = event("order_requests/refund")
        path = request["rawPath"].replace(PATH_ID, str(store))
        request["rawPath"] = request["requestContext"]["http"]["path"] = path
        request["headers"]["idempotency-key"] = f"key {number}"
        request["body"] = json.dumps({"amount": "5.00"})
        # A resolver serves one event at a time, as on a Lambda; the database is what is tested.
        with db.transaction(store_id=store) as tx:
            asked = function.NewRefund.model_validate_json(request["body"])
            held = function._order(tx, "15")
            lines, requested = (
                function.repository.lines(tx, "15"),
                function.repository.refund_sums(tx, "15"),
            )
            try:
                amount = function.rules.refund_amount(held, lines, requested, asked)
            except function.Conflict:
                return 409
            function.repository.add_refund(tx, held, asked, amount, f"key {number}", "test")
            return 202

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(one, range(24)))
    assert sorted(found) == [202] * 7 + [409] * 17
    total = owner.execute(
        "SELECT sum(amount) AS total FROM connect.refund_request WHERE store_id = %s", [store]
    ).fetchone()["total"]
    assert total == Decimal("35.00")


def test_more_than_is_left_is_a_conflict(call, owner):
    _, made = call("refund", {"amount": "30.00"})
    status, problem = call("refund", {"amount": "8.49"})
    assert (status, problem["type"].split("#")[1]) == (409, "too-much")
    assert "8.48 USD" in problem["detail"]
    settle(owner, made["id"], "failed")
    assert call("refund", {"amount": "38.48"})[0] == 202, "what failed is left"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 422),
        ({"amount": "abc"}, 422),
        ({"amount": 1, "lines": [{"line_id": "1", "quantity": 1}]}, 422),
        ({"amount": "1.234"}, 422),
        ({"amount": "1", "reason": "x" * 201}, 422),
        ({"amount": "NaN"}, 422),
        ({"amount": "1e400"}, 422),
        ([], 422),
    ],
)
def test_bad_refunds_get_a_clear_answer(call, body, status):
    assert call("refund", body)[0] == status


def test_unknown_orders_and_stores_are_404(call, new_store):
    assert call("refund", {"amount": "1"}, order_id="999")[0] == 404
    assert call("address", ADDRESS, order_id="999")[0] == 404
    other = {"kind": "store", "store_id": str(new_store()), "scopes": "store"}
    assert call("refund", {"amount": "1"}, caller=other)[0] == 404


def test_an_address_is_checked_and_kept(call, owner, store):
    status, made = call("address", ADDRESS | {"province_code": "", "province": "California"})
    assert status == 202
    assert (made["status"], made["new_address"]["province_code"]) == ("pending", "CA")
    [out] = rows(owner, "backshop.outbox", store)
    assert (out["kind"], out["key"], out["payload"]) == (
        "address", "order:15", {"request_id": made["id"]},
    )  # fmt: skip
    assert "Oakland" not in json.dumps(out["payload"]), "nothing personal in the outbox"


def test_a_wrong_address_names_its_fields(call):
    status, problem = call("address", ADDRESS | {"postal_code": "10001"})
    assert status == 422
    assert [error["field"] for error in problem["errors"]] == ["postal_code"]
    assert call("address", ADDRESS | {"country_code": "USA"})[0] == 422


@pytest.mark.parametrize(
    "change", ["fulfilment_status = 'partial'", "is_cancelled = true"]
)  # fmt: skip
def test_an_order_on_its_way_keeps_its_address(call, owner, store, change):
    owner.execute(f"UPDATE connect.platform_order SET {change} WHERE store_id = %s", [store])
    assert call("address", ADDRESS)[0] == 409


def test_the_same_key_is_the_same_address(call, owner, store):
    first = call("address", ADDRESS, key="a-key")
    assert call("address", ADDRESS, key="a-key") == first
    assert call("address", ADDRESS | {"line1": "3 New St"}, key="a-key")[0] == 422
    assert call("address", ADDRESS, key=None)[0] == 202
    assert len(rows(owner, "connect.address_update_request", store)) == 2


def test_lists_are_filtered_and_paged_newest_first(call, owner):
    made = [call("refund", {"amount": "1.00"})[1]["id"] for _ in range(7)]
    settle(owner, made[2], "failed")
    seen: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        status, page = call("refunds", limit=3, **cursor)
        assert status == 200
        seen += [each["id"] for each in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert seen == made[::-1]
    assert [each["id"] for each in call("refunds", status="failed")[1]["items"]] == [made[2]]
    assert call("refunds", order_id="16")[1] == {"items": [], "next_cursor": None}
    assert len(call("refunds", order_id="15")[1]["items"]) == 7


def test_pages_hold_still_while_requests_come_in(call):
    made = [call("refund", {"amount": "1.00"})[1]["id"] for _ in range(4)]
    _, page = call("refunds", limit=2)
    call("refund", {"amount": "1.00"})
    _, rest = call("refunds", limit=2, cursor=page["next_cursor"])
    assert [each["id"] for each in page["items"] + rest["items"]] == made[::-1]


@pytest.mark.parametrize(
    "query",
    [
        {"status": "lost"},
        {"limit": 0},
        {"limit": 201},
        {"cursor": "!!"},
        {"cursor": "e30="},
        {"order_id": "\0"},
    ],
)
def test_bad_queries_are_400(call, query):
    assert call("refunds", **query)[0] == 400
    assert call("addresses", **query)[0] == 400


def test_one_request_is_shown(call):
    _, made = call("refund", {"amount": "1.00"})
    assert call("show_refund", request_id=made["id"])[1] == made
    assert call("show_refund", request_id=uuid4())[0] == 404
    assert call("show_refund", request_id="no-uuid")[0] == 404
    _, changed = call("address", ADDRESS)
    assert call("show_refund", request_id=changed["id"], what="address-updates")[1] == changed


def test_staff_try_a_failed_refund_again(call, owner, store):
    _, made = call("refund", {"amount": "30.00"})
    assert call("retry_refund", request_id=made["id"])[0] == 409, "it is still pending"
    settle(owner, made["id"], "failed")
    own = {"kind": "store", "store_id": str(store), "scopes": "store"}
    assert call("retry_refund", request_id=made["id"], caller=own)[0] == 403
    status, again = call("retry_refund", request_id=made["id"])
    assert (status, again["status"]) == (202, "pending")
    [out] = rows(owner, "backshop.outbox", store)
    assert (out["status"], out["attempts"]) == ("pending", 1), "so that it is asked about first"
    settle(owner, made["id"], "failed")
    assert call("refund", {"amount": "30.00"})[0] == 202
    assert call("retry_refund", request_id=made["id"])[0] == 409, "the money is promised meanwhile"


def test_an_address_that_was_superseded_is_not_tried_again(call, owner):
    _, first = call("address", ADDRESS)
    settle(owner, first["id"], "failed", "address_update_request")
    again = {"request_id": first["id"], "what": "address-updates"}
    assert call("retry_refund", **again)[0] == 202
    settle(owner, first["id"], "failed", "address_update_request")
    call("address", ADDRESS | {"line1": "3 New St"})
    status, problem = call("retry_refund", **again)
    assert (status, problem["type"].split("#")[1]) == (409, "superseded")


def test_what_stays_pending_is_counted_for_the_alarm(call, owner, store):
    made = [call("refund", {"amount": "1.00"})[1], call("refund", {"amount": "1.00"})[1]]
    call("address", ADDRESS)

    def pending(minutes: int) -> int:
        with db.transaction(store_id=store) as tx:
            now = datetime.now(UTC) + timedelta(minutes=minutes)
            return stored.count_pending(tx, now, timedelta(minutes=15))

    assert (pending(14), pending(16)) == (0, 3)
    settle(owner, made[0]["id"], "failed")
    settle(owner, made[1]["id"], "processed")
    assert pending(16) == 1
