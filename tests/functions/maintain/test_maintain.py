"""Housekeeping keeps what is young, drops what is old, and can be repeated."""

from __future__ import annotations

from zoneinfo import available_timezones

import pytest
from backshop import logs
from backshop.commerce import is_zone

from tests.sql.rows import fill, schema


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


def test_idempotency_keys_live_a_day(load, event, context, owner, store):
    for hours in (1, 23, 25):
        owner.execute(
            """INSERT INTO backshop.idempotency_keys
                 (store_id, route, key_hash, body_hash, status, answer, created_at)
               VALUES (%s, 'POST /batches', %s, '', 201, '{}', now() - make_interval(hours => %s))""",
            [store, bytes([hours]), hours],
        )
    function = load("maintain")
    assert function.handler(event("maintain/scheduled"), context)["idempotency_keys_forgotten"] >= 1
    kept = owner.execute(
        "SELECT key_hash FROM backshop.idempotency_keys WHERE store_id = %s ORDER BY 1", [store]
    ).fetchall()
    assert [row["key_hash"] for row in kept] == [b"\x01", b"\x17"]


def test_rows_that_point_nowhere_are_told_of(load, event, context, owner, store, caplog):
    function = load("maintain")
    assert function.handler(event("maintain/references"), context) == {"orphans": 0}
    with owner.transaction(force_rollback=False):
        owner.execute("ALTER TABLE insights.categories DISABLE TRIGGER check_new_references")
        owner.execute(
            """INSERT INTO insights.categories (store_id, wc_category_id, name, parent_id)
               VALUES (%s, 1, 'a name that no log has', gen_random_uuid())""",
            [store],
        )
        owner.execute("ALTER TABLE insights.categories ENABLE TRIGGER check_new_references")
    try:
        with pytest.raises(logs.Crash, match="OrphansFoundError"):
            function.handler(event("maintain/references"), context)
        assert "categories_store_id_parent_id_fkey" in str(
            [vars(record) for record in caplog.records]
        )
        assert "a name that no log has" not in caplog.text
    finally:
        owner.execute("DELETE FROM insights.categories WHERE store_id = %s", [store])


def test_a_zone_that_a_store_may_have_is_one_to_postgres_too(owner):
    """A statement that reckons in all stores' zones fails for all at one that it does not know."""
    zones = [each for each in available_timezones() if is_zone(each)]
    unknown = owner.execute(
        """SELECT zone FROM unnest(%s::text[]) AS zone
           WHERE lower(zone) NOT IN (SELECT lower(name) FROM pg_timezone_names)""",
        [zones],
    ).fetchall()
    assert len(zones) > 400
    assert unknown == []


def test_a_store_in_a_zone_that_is_none_stops_no_other_s_upkeep(
    load, event, context, owner, new_store
):
    wrong, other = new_store("woocommerce"), new_store("woocommerce")
    owner.execute(
        """UPDATE backshop.stores SET settings = settings || '{"time_zone": "Nowhere/City"}'
           WHERE id = %s""",
        [wrong],
    )
    for store in (wrong, other):
        rows = fill(owner, schema(owner), store, {}, only="projects")
        owner.execute(
            """UPDATE projects.quotes SET quote_status = 'sent', expiration_date = '2026-01-01'
               WHERE quote_id = %s""",
            [rows["projects", "quotes"]["quote_id"]],
        )
    with pytest.raises(logs.Crash, match="PartsFailedError"):
        load("maintain").handler(event("maintain/scheduled"), context)
    states = owner.execute(
        "SELECT store_id, quote_status FROM projects.quotes WHERE store_id = ANY (%s)",
        [[wrong, other]],
    ).fetchall()
    assert {row["store_id"]: row["quote_status"] for row in states} == {
        wrong: "sent",
        other: "expired",
    }
    owner.execute("UPDATE backshop.stores SET settings = '{}' WHERE id = %s", [wrong])
