"""What reading must mind on each platform (docs/syncing.md), a test for each trap."""

import json
from contextlib import contextmanager
from datetime import UTC, datetime, time, timedelta

import pytest
from backshop import commerce, platforms
from backshop.platforms.api import Deadline
from backshop.platforms.errors import PermanentRefusal
from backshop.platforms.ports import Credentials
from backshop.platforms.reading import ReadContext, ReadScope
from backshop.platforms.shopify import bulk
from backshop.platforms.woocommerce import reading as woocommerce

from shops.running import running
from tests.backshop.platforms.recorded import store

EVERYTHING = ReadScope(complete=True)


@contextmanager
def opened(platform, **options):
    with running(platform, **options) as shop:
        held = shop.credentials
        pair = (held["api_key"], held.get("secret", "-"))
        if platform == "vendure":
            pair = (held["username"], held["password"])
        connected = platforms.load(platform).open(Credentials(shop.url, *pair), Deadline())
        yield shop, connected
        connected.close()


def reader(platform, connected, resource):
    context = ReadContext(lambda: datetime.now(UTC))
    return connected.reader(store(platform), resource, context)


def read(platform, connected, resource, scope=EVERYTHING, kind=commerce.Record):
    steps = reader(platform, connected, resource).steps(scope, {})
    return [e for step in steps for e in step.page.events if isinstance(e, kind)]


# WooCommerce


def test_woocommerce_status_any_leaves_out_trash_and_drafts():
    with opened("woocommerce", orders=10) as (shop, connected):
        shop.control("trash", id=shop.state()["orders"][0]["id"])
        trashed = str(shop.state()["orders"][0]["id"])
        shop.control("edit_order", id=shop.state()["orders"][1]["id"], status="checkout-draft")
        draft = str(shop.state()["orders"][1]["id"])
        events = read("woocommerce", connected, "orders")
        assert [e.id for e in events if isinstance(e, commerce.Deletion)] == [trashed]
        orders = {e.id: e for e in events if isinstance(e, commerce.Order)}
        assert orders[draft].is_counted is False
        assert len(orders) == 9


def test_woocommerce_gives_no_more_than_a_hundred_a_page():
    with opened("woocommerce", orders=3) as (_, connected):
        with pytest.raises(PermanentRefusal) as refused:
            connected.api.get("orders", {"per_page": 101})
        assert refused.value.code == "rest_invalid_param"
    assert woocommerce.PER_PAGE == 100


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Tokyo", "UTC"])
def test_woocommerce_modified_after_is_strict_and_means_gmt_in_every_zone(zone):
    with opened("woocommerce", orders=20, time_zone=zone) as (shop, connected):
        shop.clock(frozen=True)
        (changed,) = shop.change(count=1)
        mark = reader("woocommerce", connected, "orders").mark()
        scope = ReadScope(complete=False, since=mark)
        assert str(changed) in {e.id for e in read("woocommerce", connected, "orders", scope)}
        later = ReadScope(complete=False, since=mark + timedelta(minutes=1))
        # Open orders are read again each time: legacy storage does not move their time.
        again = read("woocommerce", connected, "orders", later)
        states = {each.status for each in again if isinstance(each, commerce.Order)}
        assert states <= {"pending", "on-hold", "processing"}


def test_woocommerce_customers_are_read_in_rounds():
    """They have no modified filter: the new ones, and a part of all, until all were read."""
    with opened("woocommerce", orders=0, customers=950) as (shop, connected):
        customers = reader("woocommerce", connected, "customers")
        steps = list(customers.steps(EVERYTHING, {}))
        before = customers.remember(EVERYTHING, steps[-1].position)
        known = {event.id for step in steps for event in step.page.events}
        new = shop.control("add_customer", email="new@example.com", first_name="N", last_name="N")
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(woocommerce, "CUSTOMER_PAGES", 3)
            rounds = 0
            seen: set[str] = set()
            while not seen > known and rounds < 6:
                scope = ReadScope(complete=False, before=before)
                steps = list(customers.steps(scope, {}))
                ids = {event.id for step in steps for event in step.page.events}
                if rounds == 0:
                    assert str(new["id"]) in ids, "the new one comes first"
                seen |= ids
                before = customers.remember(scope, steps[-1].position)
                rounds += 1
        assert seen == known | {str(new["id"])}
        assert rounds > 2, "no single pass reads them all"


def test_woocommerce_variations_come_with_their_products():
    with opened("woocommerce", orders=0, products=40) as (shop, connected):
        products = read("woocommerce", connected, "products")
        held = {
            (variant["product_id"], variant["id"])
            for product in shop.state()["products"]
            if product["has_variants"]
            for variant in product["variants"]
        }
        found = {(int(e.parent_id), int(e.id)) for e in products if e.parent_id}
        assert held
        assert found == held


# Shopify


def test_shopify_pages_are_halved_where_they_cost_too_much():
    with opened("shopify", orders=6) as (_, connected):
        scope = ReadScope(complete=False, since=datetime(2020, 1, 1, tzinfo=UTC))
        steps = list(reader("shopify", connected, "orders").steps(scope, {}))
        assert 1 <= steps[-1].position["first"] < 25
        assert sum(step.new for step in steps) == 6


def test_shopify_customers_are_filtered_by_days_and_again_here():
    with opened("shopify", orders=12) as (shop, connected):
        # A day after whatever the shop began with.
        noon = datetime.combine(datetime.now(UTC).date() + timedelta(days=2), time(12), UTC)
        shop.clock(now=noon.isoformat(), frozen=True)
        early, late = (each["id"] for each in shop.state()["customers"][:2])
        shop.control("edit_customer", id=early, first_name="Early")
        shop.clock(advance=3600)
        shop.control("edit_customer", id=late, first_name="Late")
        since = noon + timedelta(minutes=30)
        found = read("shopify", connected, "customers", ReadScope(complete=False, since=since))
        assert [each.id for each in found] == [str(late)]


def test_shopify_reads_all_orders_by_a_bulk_operation():
    with opened("shopify", orders=30) as (shop, connected):
        steps = list(reader("shopify", connected, "orders").steps(EVERYTHING, {}))
        assert "bulk" in steps[-1].position
        assert sum(step.new for step in steps) == 30
        asked = shop.requests()["requests"]
        assert any("/_bulk/" in each for each in asked)


def test_shopify_runs_five_bulk_operations_at_once_and_pages_do_instead():
    with opened("shopify", orders=6, bulk_seconds=30) as (_, connected):
        assert all(bulk.start(connected.api) for _ in range(5))
        assert bulk.start(connected.api) is None
        steps = list(reader("shopify", connected, "orders").steps(EVERYTHING, {}))
        assert "bulk" not in steps[-1].position
        assert sum(step.new for step in steps) == 6


def test_shopify_bulk_results_are_taken_up_where_they_were_left():
    with opened("shopify", orders=30) as (_, connected):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("backshop.platforms.shopify.reading.BULK_PAGE", 7)
            orders = reader("shopify", connected, "orders")
            whole = list(orders.steps(EVERYTHING, {}))
            some = [step for step in whole if step.new][:2]
            rest = list(orders.steps(EVERYTHING, some[-1].position))
        ids = [e.id for step in [*some, *rest] for e in step.page.events]
        assert ids == [e.id for step in whole for e in step.page.events]


def test_shopify_without_the_scope_for_all_orders_tells_nothing_of_missing_ones():
    with opened("shopify", orders=1) as (_, connected):
        orders = reader("shopify", connected, "orders")
        granted = connected.api.run("shop", {})
        assert orders.whole() == {commerce.Kind.ORDER}
        scopes = granted["currentAppInstallation"]["accessScopes"]
        scopes[:] = [each for each in scopes if each["handle"] != "read_all_orders"]
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(connected.api, "run", lambda operation, variables: granted)
            assert orders.whole() == frozenset()


def test_shopify_more_lines_refunds_and_variants_than_a_page_holds():
    with opened("shopify", orders=1, products=3) as (shop, connected):
        variants = [v["id"] for p in shop.state()["products"] for v in p["variants"]]
        lines = [{"variant": variants[n % len(variants)], "quantity": 1} for n in range(65)]
        placed = shop.place_order(lines=lines)
        for _ in range(4):
            shop.control("refund", id=placed["id"], amount=100)
        scope = ReadScope(complete=False, since=datetime(2020, 1, 1, tzinfo=UTC))
        orders = {e.id: e for e in read("shopify", connected, "orders", scope, commerce.Order)}
        assert len(orders[str(placed["id"])].lines) == 65
        assert len(orders[str(placed["id"])].refunds) == 4


# Vendure


def test_vendure_carts_are_left_out():
    with opened("vendure", orders=40, carts=0.5) as (shop, connected):
        placed = {str(o["id"]) for o in shop.state()["orders"] if o["placed_at"]}
        found = {e.id for e in read("vendure", connected, "orders", kind=commerce.Order)}
        assert found == placed
        assert len(placed) < 40


def test_vendure_orders_that_are_not_at_their_end_are_read_again():
    with opened("vendure", orders=40, carts=0.0) as (shop, connected):
        far = ReadScope(complete=False, since=datetime.now(UTC) + timedelta(days=400))
        found = {e.id for e in read("vendure", connected, "orders", far, commerce.Order)}
        states = {str(o["id"]): o["status"] for o in shop.state()["orders"]}
        assert found == {
            id for id, state in states.items() if state not in ("Delivered", "Cancelled")
        }
        assert found


def test_vendure_placing_an_order_is_seen_by_when_it_was_placed():
    with opened("vendure", orders=20) as (shop, connected):
        mark = reader("vendure", connected, "orders").mark()
        placed = shop.place_order()
        scope = ReadScope(complete=False, since=mark)
        found = {e.id for e in read("vendure", connected, "orders", scope, commerce.Order)}
        assert str(placed["id"]) in found


def test_vendure_without_the_plugin_is_read_without_its_fields(tmp_path):
    others = tmp_path / "others.json"
    field = {"name": "colour", "type": "string", "nullable": True}
    others.write_text(json.dumps({"Order": [field], "OrderLine": [field]}))
    with opened("vendure", orders=20, custom_fields=others) as (_, connected):
        orders = read("vendure", connected, "orders", kind=commerce.Order)
        assert orders
        assert all(each.delivery_stage is None for each in orders)


def test_vendure_take_above_a_thousand_is_an_error_of_status_200():
    with opened("vendure", orders=3) as (_, connected):
        with pytest.raises(PermanentRefusal) as refused:
            connected.api.run("orders", {"options": {"take": 1001}})
        assert (refused.value.status, refused.value.code) == (200, "USER_INPUT_ERROR")
