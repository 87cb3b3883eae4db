"""Two savers at once leave the rows that one does."""

import random
import threading
import time
from contextlib import closing
from datetime import timedelta
from decimal import Decimal
from zlib import crc32

import pytest
from backshop import db
from backshop.commerce import CouponUse
from backshop.saving import halves, projections
from backshop.saving.erasures import Erasures
from backshop.saving.prepare import prepare
from backshop.shade.conversions.repository import settle
from backshop.sync import rules, savers, work

from tests.backshop.saving import records as made
from tests.functions.sync_run.shops import connected, differences, dump
from tests.functions.sync_run.test_kills import killed


@pytest.fixture
def threads(monkeypatch):
    """Two save all batches but the first; the names of the threads that saved."""
    monkeypatch.setattr(work, "BATCH", 40)
    monkeypatch.setattr(savers, "LARGE", 1)
    monkeypatch.setattr(rules, "are_two", lambda alone, _: bool(alone))
    seen = []
    save = projections.save_locked

    def note(*given):
        seen.append(threading.current_thread().name)
        return save(*given)

    monkeypatch.setattr(projections, "save_locked", note)
    return seen


def test_two_savers_leave_the_rows_of_one(threads, monkeypatch):
    with connected("woocommerce", orders=400, seed=8) as shop:
        shop.sync("full")
        by_helper = sum(name.startswith("saver") for name in threads)
        assert by_helper > 2
        assert "\n".join(differences(shop)) == ""
        shop.shop.change(count=60, seed=2)
        shop.sync("incremental")
        assert "\n".join(differences(shop)) == ""
        monkeypatch.setattr(rules, "are_two", lambda *_: False)
        with shop.twin() as alone:
            alone.sync("full")
            assert dump(alone) == dump(shop)


def test_kills_between_two_savers_lose_and_double_nothing(threads):
    rng, kills = random.Random(51), 0
    with connected("woocommerce", orders=700, seed=30) as shop:
        for key in shop.begin("full", "products", "customers", "orders", "refunds"):
            # The first batch is saved by one, and takes some fifty statements.
            while key.resource == "orders" and killed(shop, key, rng.randrange(60, 160)):
                kills += 1
            shop.work(key)
        assert kills > 2
        run = shop.run()
        assert run.status == "completed"
        read = {each.resource: each.records for each in run.resources}
        assert read["orders"] == len(shop.shop.state()["orders"]), "each record counts once"
        assert "\n".join(differences(shop)) == ""


def test_an_order_that_changed_hands_is_saved_by_one(threads, monkeypatch):
    parted = []
    save = halves.save

    def note(*given):
        try:
            result = save(*given)
        except halves.Inseparable:
            parted.append(False)
            raise
        parted.append(True)
        return result

    monkeypatch.setattr(halves, "save", note)
    with connected("woocommerce", orders=120, seed=9) as shop:
        shop.sync("full", "customers", "orders")
        assert parted
        assert all(parted)
        with db.transaction(store_id=shop.id) as tx:
            tx.execute("DELETE FROM backshop.sync_cursors WHERE resource = 'orders'")
            tx.execute(
                """UPDATE insights.orders SET wc_customer_id = wc_customer_id + 1, customer_id = NULL
                   WHERE wc_order_id = (SELECT max(wc_order_id) FROM insights.orders
                                        WHERE wc_customer_id IS NOT NULL)"""
            )
        shop.sync("full", "orders")
        assert not parted[-1]


def test_the_first_sale_with_a_code_uses_the_discount_whoever_saves_it(threads, monkeypatch):
    buyers = {crc32(str(number).encode()) & 1: str(number) for number in range(9)}
    codes = (CouponUse(code="ONCE", discount=Decimal(1)),)
    first, later = (
        made.order(id, customer_id=buyers[half], placed_at=at, paid_at=at, coupons=codes)
        for id, half, at in (("2", 0, made.NOON), ("3", 1, made.NOON + timedelta(days=1)))
    )
    is_settled = threading.Event()

    def settle_in_turn(*given):
        """This thread decides last, but before the other one's decision is committed."""
        if threading.current_thread().name.startswith("saver"):
            settle(*given)
            is_settled.set()
            time.sleep(0.3)
        else:
            is_settled.wait(1)
            settle(*given)

    with connected("woocommerce", orders=1, seed=9) as shop:
        with db.transaction(store_id=shop.id) as tx:
            tx.execute(
                """UPDATE backshop.stores SET settings = settings || '{"uses": ["surveys"]}'"""
            )
            tx.execute(
                """INSERT INTO shade.discounts (store_id, discount_code, amount, currency, expires_at)
                   VALUES (%s, 'ONCE', 1, 'USD', now() + interval '9 years')""",
                [shop.id],
            )
        of = savers.Savers(shop.load(), Erasures(), are_new=True)
        with closing(of):
            of.save(
                prepared(shop, *map(made.customer, buyers.values()), made.order()), nothing, nothing
            )
            monkeypatch.setattr("backshop.shade.projection.settle", settle_in_turn)
            of.save(prepared(shop, first, later), nothing, nothing)
        assert shop.rows(
            """SELECT o.shopify_order_id AS id FROM shade.discounts AS d
               INNER JOIN shade.orders AS o ON o.id = d.applied_to_order_id"""
        ) == [{"id": "2"}]


def nothing(*_): ...


def prepared(shop, *records):
    return prepare(records, shop.load(), Erasures()).entries
