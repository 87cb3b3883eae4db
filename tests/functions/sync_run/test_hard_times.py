"""Syncs while the shop changes, answers badly, or is seen in the second of a change."""

import random
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest
from backshop import db, privacy
from backshop.commerce import Deletion, Kind, Person, email_hash
from backshop.sync import work

from tests.functions.sync_run.shops import connected, differences, dump


def settle(shop, run_type, *resources):
    """A run that is tried again until it is through, as sync_plan would."""
    jobs = shop.begin(run_type, *resources)
    for _ in range(60):
        for job in jobs:
            shop.work(job)
        jobs = shop.retry()
        if not jobs:
            return shop.run()
    raise AssertionError("the run is not through after 60 tries")


FAULTS = {"429": 0.1, "500": 0.1, "timeout": 0.1, "truncated": 0.1}


@pytest.mark.parametrize(
    "platform, orders", [("woocommerce", 300), ("shopify", 8), ("vendure", 300)]
)
def test_four_requests_in_ten_fail_and_nothing_is_missing(platform, orders, monkeypatch):
    from backshop.platforms import api

    monkeypatch.setattr(api.Deadline, "sleep", lambda self, seconds: None, raising=False)
    with connected(platform, orders=orders, seed=4) as shop:
        shop.shop.faults(FAULTS, seed=7, retry_after=0, timeout_seconds=0.05)
        first = settle(shop, "full")
        shop.shop.change(count=max(2, orders // 20))
        second = settle(shop, "incremental")
        counts = shop.shop.faults()["counts"]
        assert (first.status, second.status) == ("completed", "completed")
        assert set(FAULTS) <= set(counts), counts
        assert "\n".join(differences(shop)) == ""


@pytest.mark.parametrize("kind", ["html", "503", "cut"])
def test_a_page_in_place_of_data_is_never_taken_for_an_empty_list(kind):
    with connected("woocommerce", orders=300, seed=5) as shop:
        shop.shop.faults({kind: 0.3}, seed=3, retry_after=0)
        assert settle(shop, "full").status == "completed"
        shop.shop.faults()
        assert "\n".join(differences(shop)) == ""


def test_a_shop_that_is_away_is_shown_and_tried_again():
    with connected("woocommerce", orders=20) as shop:
        shop.shop.faults({"503": 1.0}, retry_after=120)
        run = shop.sync("full", "orders")
        assert run.status == "failed"
        assert "503" in run.error_message
        assert run.retry_count == 1
        assert run.next_retry_at - datetime.now(UTC) > timedelta(seconds=100), "as it asked"
        assert run.completed_at is None
        shop.shop.faults()
        for job in shop.retry():
            shop.work(job)
        run = shop.run()
        assert (run.status, run.next_retry_at, run.error_message) == ("completed", None, None)


def test_wrong_credentials_are_said_plainly_and_not_tried_again():
    with connected("woocommerce", orders=3) as shop:
        from backshop.stores import credentials

        with db.transaction(store_id=shop.id) as tx:
            tx.execute(
                "UPDATE connect.connector_config SET secret = %s",
                (credentials.seal("wrong", shop.id, "secret"),),
            )
        run = shop.sync("full", "orders")
        assert run.status == "failed"
        assert run.next_retry_at is None
        assert "refused the key" in run.error_message
        assert "wrong" not in run.error_message


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Tokyo", "Asia/Kolkata"])
def test_changes_in_the_second_of_the_mark_are_not_missed(zone):
    """Half of a second's changes before the reading, half after it, in the same second."""
    with connected("woocommerce", orders=40, seed=6, time_zone=zone) as shop:
        shop.shop.clock(frozen=True)
        shop.shop.change(count=5, seed=1)
        shop.sync("full", "orders")
        for seed in range(2, 5):
            shop.shop.change(count=5, seed=seed)
            shop.shop.place_order()
            shop.sync("incremental", "orders", "refunds", "products", "customers")
            assert orders_only(differences(shop)) == []
        shop.shop.clock(advance=1)
        shop.shop.change(count=5, seed=9)
        shop.sync("incremental", "orders")
        assert orders_only(differences(shop)) == []


def orders_only(found):
    return [each for each in found if each.split()[0] in ("order", "connect", "line")]


@pytest.mark.parametrize("behind", [-36, 36])
def test_the_shops_clock_need_not_be_ours(behind):
    """By hours: a mark of our clock would miss what a shop that is behind changes next."""
    with connected("woocommerce", orders=30, seed=8) as shop:
        now = datetime.now(UTC) - timedelta(hours=behind)
        shop.shop.clock(now=now.isoformat())
        shop.shop.change(count=3, seed=1)
        shop.sync("full", "orders")
        shop.shop.change(count=3, seed=2)
        shop.sync("incremental", "orders")
        assert orders_only(differences(shop)) == []


def test_changes_made_during_the_reading_are_found_by_the_next():
    with connected("woocommerce", orders=500, seed=9) as shop:
        shop.sync("full", "products", "customers")
        changer = subprocess.Popen(
            [sys.executable, "-c", CHANGER, shop.shop.url], stdout=subprocess.DEVNULL
        )
        try:
            for _ in range(4):
                shop.sync("incremental", "orders", "refunds")
        finally:
            changer.wait(timeout=60)
        shop.sync("incremental", "orders", "refunds")
        assert [each for each in orders_only(differences(shop)) if "missing" in each] == []
        shop.sync("reconcile", "orders", "refunds", "customers")
        assert "\n".join(orders_only(differences(shop))) == ""


CHANGER = """
import sys, json, urllib.request, random
rng = random.Random(5)
def act(name, **args):
    request = urllib.request.Request(f"{sys.argv[1]}/_control/{name}", json.dumps(args).encode(), method="POST")
    return json.load(urllib.request.urlopen(request))
ids = [order["id"] for order in act("state")["orders"] if order["status"] not in ("trash",)]
for number in range(120):
    chosen = rng.choice(ids)
    what = rng.choice(["change", "place_order", "trash", "edit_order"])
    if what == "change":
        act("change", count=2, seed=number)
    elif what == "place_order":
        act("place_order")
    elif what == "trash":
        ids.remove(chosen)
        act("trash", id=chosen)
    else:
        act("edit_order", id=chosen, note=f"note {number}")
"""


def test_what_the_shop_deletes_goes():
    with connected("woocommerce", orders=60, seed=10) as shop:
        shop.sync("full")
        orders = [each["id"] for each in shop.shop.state()["orders"] if each["status"] != "trash"]
        shop.shop.control("trash", id=orders[0])
        shop.sync("incremental", "orders")
        assert "\n".join(orders_only(differences(shop))) == ""
        shop.shop.control("delete_order", id=orders[1])
        customer = shop.shop.state()["customers"][-1]["id"]
        shop.shop.control("delete_customer", id=customer)
        shop.sync("incremental", "orders", "customers")
        assert differences(shop) != [], "nothing tells of a forced delete"
        run = shop.sync("reconcile")
        assert "\n".join(differences(shop)) == ""
        assert sum(each.deleted for each in run.resources) == 2


@pytest.mark.parametrize("platform, orders", [("shopify", 6), ("vendure", 60)])
def test_what_other_shops_delete_goes(platform, orders):
    with connected(platform, orders=orders, seed=10) as shop:
        shop.sync("full")
        state = shop.shop.state()
        shop.shop.control("delete_order", id=state["orders"][0]["id"])
        shop.shop.control("delete_product", id=state["products"][-1]["id"])
        shop.sync("reconcile")
        assert "\n".join(differences(shop)) == ""


def test_an_order_that_comes_back_is_there_again_though_its_deletion_was_heard_late():
    with connected("woocommerce", orders=20, seed=11) as shop:
        shop.sync("full")
        chosen = shop.shop.state()["orders"][3]["id"]
        from backshop.saving import projections

        late = datetime.now(UTC)
        gone = Deletion(id=str(chosen), kind=Kind.ORDER, changed_at=late, observed_at=late)
        store = shop.load()
        with db.transaction(store_id=shop.id) as tx:
            projections.save(tx, store, [gone])
        assert any("missing" in each for each in differences(shop))
        shop.sync("reconcile")
        assert "\n".join(differences(shop)) == ""


def test_what_a_vendure_order_does_not_date_is_read_again():
    """Shipping, delivery and cancelling do not move an order's updatedAt."""
    with connected("vendure", orders=30, seed=12) as shop:
        placed = [shop.shop.place_order()["id"] for _ in range(6)]
        shop.sync("full")
        shop.shop.clock(advance=3600)
        for id in placed[:3]:
            shop.shop.control("ship", id=id)
        shop.shop.control("deliver", id=placed[0])
        shop.shop.control("cancel", id=placed[4])
        shop.sync("incremental", "orders")
        status = {
            row["wc_order_id"]: row["status"]
            for row in shop.rows("SELECT wc_order_id, status FROM insights.orders")
        }
        wanted = {each["id"]: each["status"].lower() for each in shop.shop.state()["orders"]}
        assert len({wanted[id] for id in placed}) == 4
        assert {id: status[id] for id in placed} == {id: wanted[id] for id in placed}


def test_carts_are_left_out():
    with connected("vendure", orders=60, carts=0.5, seed=13) as shop:
        shop.sync("full")
        state = shop.shop.state()
        carts = {each["id"] for each in state["orders"] if each["placed_at"] is None}
        held = {row["wc_order_id"] for row in shop.rows("SELECT wc_order_id FROM insights.orders")}
        assert carts
        assert not held & carts
        assert "\n".join(differences(shop)) == ""


@pytest.mark.parametrize("kind", ["nul", "surrogate", "schema", "duplicate"])
@pytest.mark.parametrize("platform, orders", [("woocommerce", 30), ("shopify", 6), ("vendure", 30)])
def test_a_poisoned_record_is_set_aside_or_cleaned_and_the_rest_goes_on(platform, orders, kind):
    with connected(platform, orders=orders, seed=14) as shop:
        poisoned = next(
            each for each in reversed(shop.shop.state()["orders"]) if each["placed_at"]
        )["id"]
        shop.shop.poison(poisoned, kind)
        run = shop.sync("full", "orders")
        orders = run.resources[0]
        assert run.status == "completed"
        found = orders_only(differences(shop))
        if kind == "schema":
            assert orders.rejected >= 1
            assert orders.rejects[0].id.endswith(str(poisoned))
            assert f"order {poisoned} is missing" in found
            assert all(str(poisoned) in each or "line" in each for each in found)
        else:
            assert orders.rejected == 0
            assert found == []
        shop.shop.poison(poisoned, "")
        shop.sync("full", "orders")
        assert orders_only(differences(shop)) == []


def test_a_value_that_no_table_takes_sets_its_record_aside():
    with connected("woocommerce", orders=30, seed=15) as shop:
        order = shop.shop.place_order(shipping=9_999_999_999_999_999_999)
        run = shop.sync("full", "orders")
        assert run.status == "completed"
        assert [each.id for each in run.resources[0].rejects] == [str(order["id"])]
        assert orders_only(differences(shop)) != []
        assert all(
            str(order["id"]) in each or "line" in each for each in orders_only(differences(shop))
        )


def test_a_job_goes_on_over_many_short_invocations(monkeypatch):
    with connected("woocommerce", orders=600, seed=16) as shop:
        (key,) = shop.begin("full", "orders")
        monkeypatch.setattr(work, "BATCH", 80)
        assert shop.work(key, remaining=shop.until_saved) > 5
        assert shop.run().status == "completed"
        assert "\n".join(orders_only(differences(shop))) == ""
        with shop.twin() as unhurried:
            unhurried.sync("full", "orders")
            assert dump(unhurried) == dump(shop), "the same rows as in one go"


def test_an_invocation_that_gets_no_further_fails_instead_of_going_on_for_ever():
    with connected("woocommerce", orders=300, seed=17) as shop:
        (key,) = shop.begin("full", "orders")
        shop.shop.faults(latency=0.4)
        assert shop.work(key, seconds=0.3, most=6) < 6
        run = shop.run()
        assert run.status == "failed"
        assert run.retry_count >= 1


def test_only_one_invocation_works_on_a_job():
    with connected("woocommerce", orders=10, seed=18) as shop:
        (key,) = shop.begin("full", "orders")
        with db.try_lock(key.store_id, f"sync {key.resource}") as mine:
            assert mine
            assert work.work(key, work.clock(lambda: 60_000)).status == "taken"
        assert shop.run().resources[0].status == "queued"
        shop.work(key)
        assert shop.run().status == "completed"


def test_an_unforeseen_error_is_noted_and_raised():
    with connected("woocommerce", orders=3) as shop:
        from backshop.platforms.woocommerce import reading

        (key,) = shop.begin("full", "orders")
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(reading._List, "fetch", lambda *given: 1 / 0)
            with pytest.raises(ZeroDivisionError):
                shop.work(key)
        run = shop.run()
        assert run.status == "failed"
        assert "ZeroDivisionError" in run.error_message
        assert run.next_retry_at is not None


@pytest.mark.parametrize("seed", range(3))
def test_webhooks_and_syncs_in_any_mix_end_at_the_shops_state(seed):
    """Webhooks come late, twice, out of order or never; syncs fail in between."""
    from backshop import platforms
    from backshop.saving import projections

    rng = random.Random(seed)
    with connected("woocommerce", orders=80, seed=seed + 20) as shop:
        shop.sync("full")
        deliveries = []
        for number in range(40):
            chosen = rng.choice(shop.shop.state()["orders"])
            if chosen["status"] == "trash":
                shop.shop.control("restore", id=chosen["id"])
            else:
                action = rng.choice(["change", "edit", "trash", "place"])
                if action == "change":
                    shop.shop.change(count=1, seed=number)
                elif action == "edit":
                    shop.shop.control("edit_order", id=chosen["id"], note=f"n{number}")
                elif action == "trash":
                    shop.shop.control("trash", id=chosen["id"])
                    deliveries.append(("order.deleted", {"id": chosen["id"]}))
                else:
                    shop.shop.place_order()
            native = rng.choice(shop.shop.control("native"))
            deliveries.append(("order.updated", native))
            rng.shuffle(deliveries)
            for topic, payload in deliveries[: rng.randrange(3)]:
                say(shop, platforms, projections, topic, payload)
            if number % 10 == 9:
                shop.shop.faults({"500": 0.2, "truncated": 0.1}, seed=number, retry_after=0)
                settle(shop, "incremental", "orders", "refunds", "customers")
                shop.shop.faults()
        settle(shop, "reconcile")
        assert "\n".join(differences(shop)) == ""


def say(shop, platforms, projections, topic, payload):
    import json

    store = shop.load()
    now = datetime.now(UTC)
    events = platforms.load(store.platform).translator.translate(
        topic, json.dumps(payload).encode(), store, now
    )
    with db.transaction(store_id=shop.id) as tx:
        projections.save(tx, store, events)


def test_what_was_read_before_a_person_was_erased_is_read_again(monkeypatch):
    """Pages are made ready ahead of saving; an erasure in between ends the invocation."""
    with connected("woocommerce", orders=150, seed=61) as shop:
        orders = [each for each in shop.shop.state()["orders"] if each["placed_at"]]
        buyer = next(each["email"] for each in orders if each["email"])
        erased: list[str] = []
        store, save = shop.load(), work._Reading._save

        def erase_first(reading, batch, lifts):
            if not erased:
                with db.transaction(store_id=shop.id) as tx:
                    privacy.erase(tx, store, Person(email=buyer), datetime.now(UTC))
                erased.append(buyer)
            save(reading, batch, lifts)

        monkeypatch.setattr(work._Reading, "_save", erase_first)
        (key,) = shop.begin("full", "orders")
        assert shop.work(key) == 2
        assert shop.run().status == "completed"
        held = shop.rows("SELECT email_hash FROM connect.platform_order")
        assert len(held) == len(orders)
        assert email_hash(buyer) not in {each["email_hash"] for each in held}


def test_draft_coupons_are_read_and_keep_their_word():
    """WordPress lists what is published alone, unless it is asked for more."""
    with connected("woocommerce", orders=4, seed=10) as shop:
        draft = shop.shop.control(
            "add_coupon", code="SOON", kind="percent", amount=10, status="draft"
        )
        binned = shop.shop.control(
            "add_coupon", code="OLD", kind="percent", amount=5, status="trash"
        )
        wanted = {
            str(each["id"]): each["status"]
            for each in shop.shop.state()["coupons"]
            if each["id"] != binned["id"]
        }
        assert "publish" in wanted.values()
        query = "SELECT wc_coupon_id, status FROM insights.coupons"

        def held() -> dict[str, str]:
            return {str(row["wc_coupon_id"]): row["status"] for row in shop.rows(query)}

        shop.sync("full")
        assert held() == wanted
        assert held()[str(draft["id"])] == "draft"
        run = shop.sync("reconcile")
        assert sum(job.deleted for job in run.resources) == 0
        assert held() == wanted


def test_shopifys_collections_are_its_products_categories():
    with connected("shopify", orders=3, products=30) as shop:
        shop.sync("full")
        wanted = {each["id"]: each["category"] or None for each in shop.shop.state()["products"]}
        assert len(set(wanted.values())) > 2
        query = "SELECT wc_product_id, category_name FROM insights.products"
        assert {row["wc_product_id"]: row["category_name"] for row in shop.rows(query)} == wanted
        chosen, *_ = [id for id, name in wanted.items() if name]
        shop.shop.control("edit_product", id=chosen, category="")
        shop.sync("incremental")
        held = {row["wc_product_id"]: row["category_name"] for row in shop.rows(query)}
        assert held == wanted | {chosen: None}
