"""One record that cannot be told, or that the shop itself cannot show, is named among the rejects;
everything else of its resource is read, and nothing that is still there is deleted.

Reported as woocommerce/woocommerce#24975, #7149, #35821 (decimals), #39489 and #63952 (PHP dies
while it lists an old order or product).
"""

import json

import pytest
from backshop.platforms.errors import TransientFailure
from backshop.platforms.woocommerce.api import WooCommerceApi
from backshop.sync.models import SHOP

from tests.functions.sync_run.shops import connected

HELD = {
    "orders": "insights.orders",
    "products": "connect.platform_product",
    "coupons": "insights.coupons",
}


def count(shop, resource):
    return shop.rows(f"SELECT count(*) AS n FROM {HELD[resource]}")[0]["n"]


def change_answers(monkeypatch, path, change):
    """Have the answers of one list changed, but not those that name ids alone."""
    whole = WooCommerceApi.get_once

    def get_once(self, wanted, params):
        answer = whole(self, wanted, params)
        if wanted != path or "_fields" in params:
            return answer
        records = json.loads(answer.body)
        change(records)
        return answer._replace(body=json.dumps(records).encode())

    monkeypatch.setattr(WooCommerceApi, "get_once", get_once)


@pytest.mark.parametrize("path, field", [("products", "price"), ("coupons", "amount")])
def test_more_decimals_than_are_kept(monkeypatch, path, field):
    with connected("woocommerce", orders=5, products=12) as shop:

        def more(records):
            if records:
                records[0][field] = "16.528926"

        change_answers(monkeypatch, path, more)
        run = shop.sync("full", path)
        assert (run.status, run.resources[0].rejected) == ("completed", 0)
        assert count(shop, path) > 0


def test_an_order_that_the_shop_cannot_list(monkeypatch):
    with connected("woocommerce", orders=30) as shop:
        bad = shop.shop.state()["orders"][7]["id"]

        def die(records):
            if any(each["id"] == bad for each in records):
                raise TransientFailure("it answered 500")

        change_answers(monkeypatch, "orders", die)
        run = shop.sync("full", "orders", seconds=60)
        assert count(shop, "orders") == 29
        assert run.status == "completed"
        assert run.resources[0].rejected == 1


PLATFORMS = [("woocommerce", 120), ("vendure", 120), ("shopify", 12)]


@pytest.mark.parametrize("platform, orders", PLATFORMS)
def test_an_order_that_the_server_dies_of(platform, orders, monkeypatch):
    """Shopify reads all orders by a bulk operation, which is asked for no page."""
    from backshop.platforms import api

    monkeypatch.setattr(api, "_wait", lambda failed, tried: 0.0)
    with connected(platform, orders=orders) as shop:
        before = shop.sync("full", "orders")
        whole = count(shop, "orders")
        bad = shop.rows("SELECT * FROM insights.orders ORDER BY wc_order_id LIMIT 1 OFFSET 5")[0]
        shop.shop.poison(bad["wc_order_id"], "dies")
        for type in ("incremental",) if platform == "shopify" else ("incremental", "reconcile"):
            shop.shop.edit_order(bad["wc_order_id"], note="again")
            run = shop.sync(type, "orders")
            assert (run.status, before.status) == ("completed", "completed"), run.error_message
            assert [each.id for each in run.resources[0].rejects] in (
                [str(bad["wc_order_id"])],
                [str(bad["wc_order_id"])] * 2,
            )
            assert count(shop, "orders") == whole


@pytest.mark.parametrize("kind", ["schema", "unlisted", "dies"])
def test_what_is_still_there_is_not_deleted(kind):
    with connected("woocommerce", orders=30, seed=3) as shop:
        shop.sync("full", "orders")
        whole = count(shop, "orders")
        kept = shop.rows("SELECT wc_order_id FROM insights.orders ORDER BY 1 LIMIT 1 OFFSET 4")[0]
        shop.shop.poison(kept["wc_order_id"], kind)
        run = shop.sync("reconcile", "orders")
        assert (run.status, run.resources[0].deleted) == ("completed", 0)
        assert count(shop, "orders") == whole
        shop.shop.poison(kept["wc_order_id"], "")
        shop.shop.control("delete_order", id=kept["wc_order_id"])
        run = shop.sync("reconcile", "orders")
        assert (run.status, run.resources[0].deleted) == ("completed", 1)
        assert count(shop, "orders") == whole - 1


@pytest.mark.parametrize("platform, orders", PLATFORMS)
def test_a_broken_record_is_not_deleted_on_any_platform(platform, orders):
    with connected(platform, orders=orders, seed=3) as shop:
        shop.sync("full", "orders")
        whole = count(shop, "orders")
        kept = shop.rows("SELECT wc_order_id FROM insights.orders ORDER BY 1 LIMIT 1 OFFSET 4")[0]
        shop.shop.poison(kept["wc_order_id"], "schema")
        run = shop.sync("reconcile", "orders")
        assert (run.status, run.resources[0].deleted) == ("completed", 0)
        assert count(shop, "orders") == whole


def test_a_row_that_postgres_refuses_stops_no_deletion(monkeypatch):
    """What is found again beside what is gone may be a row that no table takes."""
    from backshop.saving import projections
    from backshop.sync import repository

    with connected("woocommerce", orders=20, seed=5) as shop:
        shop.sync("full", "orders")
        first, second = shop.rows(
            "SELECT wc_order_id AS id FROM insights.orders ORDER BY 1 LIMIT 2"
        )
        shop.shop.poison(first["id"], "unlisted")
        shop.shop.control("delete_order", id=second["id"])
        whole = projections.save_prepared

        def save_prepared(tx, store, entries, known):
            if any(each.key[1] == str(first["id"]) and not each.is_deletion for each in entries):
                raise repository.Unsaveable[0]("a value of it is refused")
            return whole(tx, store, entries, known)

        monkeypatch.setattr(projections, "save_prepared", save_prepared)
        run = shop.sync("reconcile", "orders")
        assert (run.status, run.resources[0].deleted) == ("completed", 1)
        assert [each.id for each in run.resources[0].rejects] == [str(first["id"])]
        assert count(shop, "orders") == 19


@pytest.mark.parametrize(
    "printed, words",
    [
        (b"\xef\xbb\xbf", "a byte order mark"),
        (b"\r\n\n \t", "blank lines"),
        (b"<br />\n<b>Notice</b>:  Undefined index: a[0] in <b>/x.php</b> on line <b>3</b><br />\n",
         "PHP notices"),
    ],
)  # fmt: skip
def test_what_is_printed_before_the_json(monkeypatch, printed, words):
    with connected("woocommerce", orders=5) as shop:
        whole = WooCommerceApi.call

        def call(self, *given, **named):
            answer = whole(self, *given, **named)
            return answer._replace(body=printed + answer.body)

        monkeypatch.setattr(WooCommerceApi, "call", call)
        run = shop.sync("full", "orders", seconds=30)
        assert count(shop, "orders") == 5
        assert any(f"your shop prints {words} before its JSON" in n for n in run.resources[0].notes)


def test_an_open_order_whose_time_stands_still_is_read_again():
    with connected("woocommerce", orders=40, seed=3) as shop:
        shop.sync("full", "orders")
        shop.shop.control("settings", storage="legacy")
        shop.shop.clock(advance=3600)
        (order,) = shop.rows(
            "SELECT order_id FROM connect.platform_order WHERE status = 'processing' LIMIT 1"
        )
        number = int(order["order_id"])
        shop.shop.control("address", id=number, address={"city": "Elsewhere"})
        shop.sync("incremental", "orders")
        (row,) = shop.rows(
            "SELECT shipping_address ->> 'city' AS city FROM connect.platform_order"
            f" WHERE order_id = '{number}'"
        )
        assert row["city"] == "Elsewhere"


def test_open_orders_are_read_again_only_where_their_times_may_stand_still():
    with connected("woocommerce", orders=90, seed=3) as shop:
        shop.sync("full", SHOP, "orders")
        shop.shop.clock(advance=3600)
        (row,) = shop.rows(
            "SELECT count(*) AS open FROM connect.platform_order"
            " WHERE status IN ('pending', 'processing', 'on-hold')"
        )
        dated = shop.sync("incremental", SHOP, "orders")
        assert row["open"] > 2 * orders_read(dated), "what changed in the last seconds alone"
        shop.shop.control("settings", storage="legacy")
        shop.sync("incremental", SHOP, "orders")
        assert orders_read(shop.sync("incremental", "orders")) >= row["open"]


def orders_read(run):
    return next(each.records for each in run.resources if each.resource == "orders")


def test_names_are_not_left_as_markup(monkeypatch):
    with connected("woocommerce", orders=3, products=4) as shop:

        def mark(records):
            for each in records:
                each["name"] = "Salt &amp; Pepper" + "x" * 600

        change_answers(monkeypatch, "products", mark)
        run = shop.sync("full", "products")
        assert (run.status, run.resources[0].rejected) == ("completed", 0)
        names = {row["name"] for row in shop.rows("SELECT name FROM insights.products")}
        assert names == {("Salt & Pepper" + "x" * 600)[:500]}
