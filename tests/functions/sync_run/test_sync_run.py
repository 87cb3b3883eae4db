"""sync_run against a local WooCommerce shop and the real database."""

import pytest

from tests.functions.sync_run.shops import connected, differences, dump


@pytest.fixture
def shop():
    with connected("woocommerce", orders=120, seed=3) as made:
        yield made


def test_a_full_sync_brings_everything_there_is(shop):
    run = shop.sync()
    assert (run.status, run.error_message) == ("completed", None)
    state = shop.shop.state()
    assert differences(shop) == []
    brought = {each.resource: each.records for each in run.resources}
    assert brought["orders"] == len(state["orders"])
    assert brought["customers"] == len(state["customers"])
    assert run.records_synced == sum(brought.values())
    assert run.completed_at >= run.started_at


def test_a_second_sync_changes_nothing(shop):
    shop.sync()
    before = dump(shop)
    again = shop.sync("full")
    assert dump(shop) == before
    assert sum(each.changed for each in again.resources) == 0


def test_an_incremental_sync_brings_what_changed(shop):
    shop.sync()
    changed = shop.shop.change(count=7)
    shop.shop.place_order()
    run = shop.sync("incremental")
    assert differences(shop) == []
    orders = next(each for each in run.resources if each.resource == "orders")
    assert orders.changed <= len(changed) + 1
    assert orders.records < 40
