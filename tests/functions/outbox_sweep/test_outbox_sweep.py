"""Every minute: follow-ups become rows, due rows are announced."""

from __future__ import annotations

import pytest
from backshop import db, outbox

from tests.backshop.kits.shop import add_orders


@pytest.fixture
def shop(aws, new_store, owner):
    owner.execute("DELETE FROM backshop.outbox")
    owner.execute(
        "UPDATE kits.order_delivery_status SET to_repair = false, to_tell = false"
        " WHERE to_repair OR to_tell"
    )
    made = new_store("vendure")
    add_orders(owner, made, ["KITS-1", "KITS-2", "KITS-3"])
    yield made
    db.close()


def test_follow_ups_become_rows_once(load, event, context, shop, owner, aws):
    owner.execute(
        "UPDATE kits.order_delivery_status SET to_repair = order_code <> 'KITS-2',"
        " to_tell = order_code <> 'KITS-1' WHERE store_id = %s",
        [shop],
    )
    sweep = load("outbox_sweep")
    done = sweep.handler(event("outbox_sweep/scheduled"), context)
    assert done == {"followed_up": 3, "announced": 4, "failed": 0}
    rows = owner.execute(
        "SELECT kind, key, payload FROM backshop.outbox WHERE store_id = %s", [shop]
    ).fetchall()
    assert {(row["kind"], row["key"]) for row in rows} == {
        ("delivery_stage", "order:1"),
        ("delivery_stage", "order:3"),
        ("delivery_sms", "sms:order:2"),
        ("delivery_sms", "sms:order:3"),
    }
    again = sweep.handler(event("outbox_sweep/scheduled"), context)
    assert again == {"followed_up": 0, "announced": 4, "failed": 0}
    keys = sorted(message["key"] for message in aws.messages("OUTBOX_QUEUE_URL"))
    assert keys == ["order:1", "order:3", "sms:order:2", "sms:order:3"], "the queue drops repeats"


def test_only_what_is_due_is_announced(load, event, context, shop, owner, aws):
    with db.transaction(store_id=shop) as tx:
        outbox.put_all(tx, "test", [(f"order:{n}", {}) for n in range(4)])
    owner.execute(
        """UPDATE backshop.outbox SET attempts = 1, next_attempt_at = now() + interval '1 minute'
           WHERE store_id = %s AND key = 'order:0'""",
        [shop],
    )
    owner.execute(
        "UPDATE backshop.outbox SET status = 'failed' WHERE store_id = %s AND key = 'order:1'",
        [shop],
    )
    owner.execute(
        """UPDATE backshop.outbox SET status = 'sending', attempts = 1,
               next_attempt_at = now() - interval '1 second'
           WHERE store_id = %s AND key = 'order:2'""",
        [shop],
    )
    done = load("outbox_sweep").handler(event("outbox_sweep/scheduled"), context)
    assert done == {"followed_up": 0, "announced": 2, "failed": 1}
    messages = aws.messages("OUTBOX_QUEUE_URL")
    assert sorted(message["key"] for message in messages) == ["order:2", "order:3"]
    assert {message["store_id"] for message in messages} == {str(shop)}


def test_a_store_with_more_than_all_can_have_keeps_no_other_waiting(
    load, event, context, shop, new_store, owner, aws, monkeypatch
):
    """A thousand writes wait at a shop that is away; the other store's has waited for a second."""
    sweep = load("outbox_sweep")
    monkeypatch.setattr(sweep, "ROWS", 20)
    other = new_store("vendure")
    for store, number, wait in ((shop, 1000, "1 hour"), (other, 1, "1 second")):
        owner.execute(
            """INSERT INTO backshop.outbox (store_id, key, kind, payload, attempts, next_attempt_at)
               SELECT %s, 'order:' || n, 'test', '{}', 1, now() - %s::interval
               FROM generate_series(1, %s) AS n""",
            [store, wait, number],
        )
    assert sweep.handler(event("outbox_sweep/scheduled"), context)["announced"] == 20
    told = [each["store_id"] for each in aws.messages("OUTBOX_QUEUE_URL")]
    assert (told.count(str(shop)), told.count(str(other))) == (19, 1)


def test_a_queue_that_is_gone_fails_nobody(load, event, context, shop, monkeypatch):
    monkeypatch.setenv("OUTBOX_QUEUE_URL", "https://sqs.eu-west-1.amazonaws.com/1/gone")
    with db.transaction(store_id=shop) as tx:
        row = outbox.put(tx, "test", "order:1", {})
    outbox.announce([row])
    with db.transaction(store_id=shop) as tx:
        assert len(outbox.listed(tx, "pending", 0, 10)) == 1
