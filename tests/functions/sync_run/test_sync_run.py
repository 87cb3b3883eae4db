"""sync_run against a local WooCommerce shop and the real database."""

import pytest
from backshop import platforms

from tests.functions.sync_run.shops import connected, differences, dump

SIZE = {"woocommerce": 120, "shopify": 12, "vendure": 120}
"""The local Shopify counts costs as the real one did once, which makes reading orders slow."""


@pytest.fixture(params=["woocommerce", "shopify", "vendure"])
def shop(request):
    with connected(request.param, orders=SIZE[request.param], seed=3) as made:
        yield made


def test_a_full_sync_brings_everything_there_is(shop):
    run = shop.sync()
    assert (run.status, run.error_message) == ("completed", None)
    state = shop.shop.state()
    assert "\n".join(differences(shop)) == ""
    brought = {each.resource: each.records for each in run.resources}
    assert set(brought) == {"shop", *platforms.load(shop.platform).resources}
    assert brought["orders"] == len([each for each in state["orders"] if each["placed_at"]])
    assert brought["customers"] == len(state["customers"])
    assert run.records_synced == sum(brought.values())
    assert run.completed_at >= run.started_at


def test_a_variation_that_is_gone_leaves_with_the_next_reading_of_its_product(shop):
    shop.sync()
    product = next(each for each in shop.shop.state()["products"] if len(each["variants"]) > 1)
    gone = product["variants"][0]
    shop.shop.control("delete_variant", id=gone["id"])
    run = shop.sync("incremental")
    assert run.status == "completed", run
    held = shop.rows("SELECT variant_id FROM connect.platform_product")
    assert str(gone["id"]) not in [each["variant_id"] for each in held]
    assert str(product["variants"][1]["id"]) in [each["variant_id"] for each in held]


def test_a_second_sync_changes_nothing(shop):
    shop.sync()
    before = dump(shop)
    again = shop.sync("full")
    assert dump(shop) == before
    assert sum(each.changed for each in again.resources) == 0


def test_an_incremental_sync_brings_what_changed(shop):
    shop.sync()
    changed = shop.shop.change(count=4)
    shop.shop.place_order()
    run = shop.sync("incremental")
    assert "\n".join(differences(shop)) == ""
    orders = next(each for each in run.resources if each.resource == "orders")
    assert 0 < orders.changed <= 2 * len(changed) + 2, "no more orders and buyers than were touched"
