"""Housekeeping keeps what is young, drops what is old, and can be repeated."""

from __future__ import annotations


def test_old_inbox_rows_go_and_partitions_come(load, event, context, owner, store):
    for days in (1, 29, 31):
        owner.execute(
            """INSERT INTO backshop.webhook_inbox
                 (store_id, topic, delivery_key, body_sha256, received_at)
               VALUES (%s, 'order.updated', %s, 'x', now() - make_interval(days => %s))""",
            [store, f"{days} days old", days],
        )
    function = load("maintain")
    assert function.handler(event("maintain/scheduled"), context)["deliveries_forgotten"] >= 1
    function.handler(event("maintain/scheduled"), context)
    kept = owner.execute(
        "SELECT delivery_key FROM backshop.webhook_inbox WHERE store_id = %s ORDER BY 1", [store]
    ).fetchall()
    assert [row["delivery_key"] for row in kept] == ["1 days old", "29 days old"]
    ahead = owner.execute(
        """SELECT count(*) AS number FROM pg_inherits
           WHERE inhparent = 'projects.quotes'::regclass"""
    ).fetchone()
    assert ahead["number"] >= 4
