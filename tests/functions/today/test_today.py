"""GET /today: what needs a person, the oldest first, and nothing that does not."""

from __future__ import annotations

import json
from typing import Any

import pytest
from backshop import db, outbox


@pytest.fixture
def call(load, event, context):
    function = load("today")

    def run(name: str = "today/show", **query: str) -> Any:
        request = event(name)
        request["queryStringParameters"] = query
        answer = function.handler(request, context)
        return answer["statusCode"], json.loads(answer["body"])

    yield run
    db.close()


def needs(answer: Any, store: Any) -> dict[str, int]:
    status, said = answer
    assert status == 200, said
    mine = [each for each in said["waiting"] if each["store_id"] == str(store)]
    assert mine == sorted(mine, key=lambda each: each["oldest"])
    return {each["need"]: each["number"] for each in mine}


def test_nothing_waits_where_nothing_is_wrong(call, store, owner):
    with db.transaction(store_id=store) as tx:
        outbox.put(tx, "refund", "order:1", {})
    assert needs(call(), store) == {}


def test_everything_that_waits_is_counted_by_store(call, store, owner):
    def run(statement: str) -> None:
        owner.execute(statement, [store])

    run("""INSERT INTO backshop.outbox (store_id, key, kind, payload, status)
           VALUES (%s, 'order:1', 'delivery_stage', '{}', 'failed')""")
    run("""INSERT INTO backshop.received_webhooks
             (store_id, topic, delivery_key, body_sha256, size, received_at, status)
           VALUES (%s, 'order.created', 'k', 'h', 2, now() - interval '9 days', 'failed')""")
    run("""INSERT INTO connect.platform_order
             (store_id, order_id, platform, status, total_amount, currency, line_items)
           VALUES (%s, '1', 'woocommerce', 'paid', 5, 'USD', '[]')""")
    for status, age in (("failed", "1 hour"), ("pending", "1 hour"), ("pending", "1 second")):
        owner.execute(
            """INSERT INTO connect.refund_request
                 (store_id, order_id, platform, status, amount, requested_at)
               VALUES (%s, '1', 'woocommerce', %s, 5, now() - %s::interval)""",
            [store, status, age],
        )
    run("""INSERT INTO kits.import_batches (store_id, batch_number, order_count, updated_at)
           VALUES (%s, '20260101-0001', 3, now() - interval '20 days')""")
    run("""INSERT INTO kits.import_batches (store_id, batch_number, order_count)
           VALUES (%s, '20260101-0002', 20)""")
    found = needs(call(), store)
    assert found == {
        "failed_webhooks": 1,
        "failed_writes": 1,
        "failed_refunds": 1,
        "pending_refunds": 1,
        "late_batches": 1,
        "full_batches": 1,
    }
    assert next(iter(found)) == "late_batches", "the oldest first"
    _, said = call(store_id=str(store))
    assert {each["store_id"] for each in said["waiting"]} == {str(store)}
    happened = {each["what"]: each["number"] for each in said["happened"]}
    assert happened == {"orders": 1}


@pytest.mark.parametrize(
    ("kind", "table", "asked", "need"),
    [
        ("refund", "refund_request", "processed", "failed_refunds"),
        ("address", "address_update_request", "updated", "failed_addresses"),
    ],
)
def test_a_failed_write_is_counted_once_however_it_came_about(
    call, store, owner, kind, table, asked, need
):
    """As the request that failed with it, else as a change that failed at the shop."""
    owner.execute(
        """INSERT INTO connect.platform_order
             (store_id, order_id, platform, status, total_amount, currency, line_items)
           VALUES (%s, '1', 'woocommerce', 'paid', 5, 'USD', '[]')""",
        [store],
    )
    for number in range(4):
        row = owner.execute(
            """INSERT INTO backshop.outbox (store_id, key, kind, payload, status)
               VALUES (%s, 'order:' || %s, %s, '{}', 'failed') RETURNING id""",
            [store, number, kind],
        ).fetchone()
    assert needs(call(), store) == {"failed_writes": 4}
    columns, value = ("amount", "5") if kind == "refund" else ("new_address", "{}")
    owner.execute(
        f"""INSERT INTO connect.{table} (store_id, order_id, platform, status, outbox_id, {columns})
            VALUES (%s, '1', 'woocommerce', 'failed', %s, %s)""",
        [store, row["id"], value],
    )
    assert needs(call(), store) == {"failed_writes": 3, need: 1}
    owner.execute(f"UPDATE connect.{table} SET status = %s", [asked])
    assert needs(call(), store) == {"failed_writes": 4}


def test_each_store_says_how_it_is(call, new_store, owner):
    mine, without = new_store(), new_store(None)
    owner.execute(
        """INSERT INTO connect.connector_config (id, store_id, platform, store_url, api_key, secret)
           VALUES (%(id)s, %(id)s, 'woocommerce', 'https://x.example.com', '', '')""",
        {"id": mine},
    )
    for status, age in (("completed", "20 minutes"), ("failed", "2 minutes")):
        owner.execute(
            """INSERT INTO insights.sync_logs (store_id, sync_type, status, started_at)
               VALUES (%s, 'full', %s, now() - %s::interval)""",
            [mine, status, age],
        )
    for status in ("pending", "sending", "failed", "done"):
        owner.execute(
            """INSERT INTO backshop.outbox (store_id, key, kind, payload, status)
               VALUES (%s, 'order:1', 'refund', '{}', %s)""",
            [mine, status],
        )
    _, page = call("today/status", store_id=str(mine))
    [said] = page["items"]
    assert (said["connection"], said["last_sync"]) == ("active", "failed")
    assert 14 * 60 <= said["seconds_behind"] <= 16 * 60, "20 minutes, and every 5 would do"
    assert (said["pending_writes"], said["failed_writes"], said["failed_webhooks"]) == (2, 1, 0)
    [bare] = call("today/status", store_id=str(without))[1]["items"]
    assert (bare["connection"], bare["seconds_behind"], bare["last_synced_at"]) == (None,) * 3


def test_stores_are_told_page_by_page(call, new_store):
    made = {str(new_store()) for _ in range(3)}
    seen: list[str] = []
    cursor: dict[str, str] | None = {}
    while cursor is not None:
        _, page = call("today/status", limit="2", **cursor)
        seen += [each["store_id"] for each in page["items"]]
        cursor = {"cursor": page["next_cursor"]} if page["next_cursor"] else None
    assert made <= set(seen)
    assert seen == sorted(set(seen))
