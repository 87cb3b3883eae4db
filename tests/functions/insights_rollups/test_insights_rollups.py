"""Rollups are made anew where settings changed what counts, and on command."""

from __future__ import annotations

from backshop import db

from tests.functions.insights_api.conftest import make_store


def test_a_store_with_other_settings_is_made_anew_once(load, event, context, aws):
    store = make_store(4)
    function = load("insights_rollups")
    function.handler(event("insights_rollups/minutes"), context)
    assert function.handler(event("insights_rollups/minutes"), context) == {"rebuilt": 0}
    with db.transaction(store_id=store) as tx:
        tx.execute(
            """UPDATE insights.stores SET settings = settings || '{"time_zone": "Asia/Tokyo"}'"""
        )
        tx.execute("UPDATE insights.daily_sales SET orders = orders + 1")
    assert function.handler(event("insights_rollups/minutes"), context) == {"rebuilt": 1}
    with db.transaction(store_id=store) as tx:
        state = tx.execute("SELECT reckoning, is_whole FROM insights.rollup_state").fetchone()
        counted = tx.execute(
            """SELECT (SELECT sum(orders) FROM insights.daily_sales) =
                 (SELECT count(*) FROM insights.orders WHERE is_counted AND NOT is_test) AS same"""
        ).fetchone()
    assert state["reckoning"]["time_zone"] == "Asia/Tokyo"
    assert (state["is_whole"], counted["same"]) == (True, True)


def test_one_store_is_made_anew_on_command(load, event, context, aws):
    store = make_store(4)
    with db.transaction(store_id=store) as tx:
        tx.execute("UPDATE insights.daily_sales SET orders = 999")
    function = load("insights_rollups")
    assert function.handler({"store_id": str(store)}, context) == {"rebuilt": 1}
    assert function.handler(event("insights_rollups/one_store"), context) == {"rebuilt": 0}
    with db.transaction(store_id=store) as tx:
        held = tx.execute("SELECT max(orders) AS most FROM insights.daily_sales").fetchone()
    assert held["most"] < 999
