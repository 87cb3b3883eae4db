"""What saving a list of records does, context by context."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import permutations
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from backshop.commerce import (
    Address,
    Consent,
    CouponUse,
    Fulfilment,
    Kind,
    Order,
    OrderLine,
    Payment,
    Product,
    Record,
    RefundLine,
    Store,
    guest_id,
    stable_number,
)
from backshop.connect.requests import repository as requests
from backshop.connect.requests.models import RefundSums
from backshop.connect.requests.rules import left_to_refund
from backshop.saving.prepare import UnstorableRecord
from backshop.saving.rows import Unstorable
from psycopg.rows import dict_row

from tests.backshop.saving import comparison
from tests.backshop.saving.records import (
    NOON,
    Tx,
    at,
    category,
    customer,
    gone,
    line,
    order,
    product,
    refund,
    rows,
    save,
    shop,
    variant,
)

Make = Callable[..., tuple[Tx, Store]]


@pytest.fixture
def open_shop(database: Any, new_store: Callable[[str], UUID]) -> Any:
    """Makes a store of a platform and turns the test's one connection to it."""
    with psycopg.connect(database.service_url, row_factory=dict_row) as connection:

        def make(platform: str, **settings: Any) -> tuple[Tx, Store]:
            id = new_store(platform)
            connection.commit()
            connection.execute("SELECT set_config('backshop.store_id', %s, false)", [str(id)])
            return connection, shop(id, platform, **settings)

        yield make
        connection.rollback()


@pytest.fixture
def woo(open_shop: Make) -> tuple[Tx, Store]:
    return open_shop("woocommerce")


def test_newest_state_wins_whatever_the_order(woo: tuple[Tx, Store]) -> None:
    tx, store = woo
    for minutes in (2, 3, 1):
        save(tx, store, order(minutes=minutes, status=f"state-{minutes}"))
    assert rows(tx, "SELECT status FROM connect.platform_order") == ["state-3"]
    assert rows(tx, "SELECT status FROM insights.orders") == ["state-3"]


def test_a_newer_state_that_says_the_same_keeps_older_ones_away(woo: tuple[Tx, Store]) -> None:
    tx, store = woo
    save(tx, store, customer(minutes=1, first_name="First"))
    save(tx, store, customer(minutes=9, first_name="First"))
    saved = save(tx, store, customer(minutes=5, first_name="Between"))
    assert saved[Kind.CUSTOMER] == (1, 0, 1)
    assert rows(tx, "SELECT display_name FROM insights.customers") == ["First Lee"]


def test_states_of_one_second_are_told_apart_by_when_they_were_seen(woo: tuple[Tx, Store]) -> None:
    tx, store = woo
    seen = at(1)["observed_at"]
    early = order(status="early", changed_at=seen, observed_at=seen)
    late = order(status="late", changed_at=seen, observed_at=at(2)["observed_at"])
    save(tx, store, late)
    save(tx, store, early)
    assert rows(tx, "SELECT status FROM insights.orders") == ["late"]


def test_of_equal_versions_the_same_wins_in_either_order(open_shop: Make) -> None:
    winners = set()
    for states in permutations(("one", "two")):
        tx, store = open_shop("woocommerce")
        for status in states:
            save(tx, store, order(status=status))
        winners.update(rows(tx, "SELECT status FROM insights.orders"))
    assert len(winners) == 1


def test_the_same_record_twice_in_one_batch(woo: tuple[Tx, Store]) -> None:
    tx, store = woo
    twice = order(lines=(line("11"), line("11", quantity=3)), coupons=(CouponUse(code="x"),) * 2)
    save(tx, store, twice, twice, order(minutes=-1, status="older"))
    assert rows(tx, "SELECT status FROM insights.orders") == ["processing"]
    assert rows(tx, "SELECT quantity FROM connect.order_item") == [3]
    assert rows(tx, "SELECT code FROM insights.order_coupons") == ["x"]


def test_counts(woo: tuple[Tx, Store]) -> None:
    tx, store = woo
    assert save(tx, store, order(), customer()) == {Kind.ORDER: (1, 1, 0), Kind.CUSTOMER: (1, 1, 0)}
    again = save(tx, store, order(), customer(minutes=1))
    assert again == {Kind.ORDER: (1, 0, 1), Kind.CUSTOMER: (1, 1, 0)}  # its modified time is new
    assert save(tx, store) == {}


def test_unchanged_rows_are_not_written_again(woo: tuple[Tx, Store]) -> None:
    tx, store = woo
    save(tx, store, order(lines=(line("11"), line("12", product=6))), customer(), product())
    before = versions_of_rows(tx)
    tx.commit()
    save(tx, store, order(lines=(line("11"), line("12", product=6))), customer(), product())
    assert versions_of_rows(tx) == before
    save(tx, store, order(minutes=1, lines=(line("11"), line("12", product=6, quantity=9))))
    after = versions_of_rows(tx)
    assert {key for key in before if after[key] != before[key]} == {
        ("connect.platform_order", "1"),
        ("insights.orders", "1"),
        ("connect.order_item", "12"),
        ("insights.order_items", "12"),
        ("insights.customers", "7"),  # spent more
    }


def versions_of_rows(tx: Tx) -> dict[tuple[str, str], str]:
    found = {}
    for table, key in (
        ("connect.platform_order", "order_id"),
        ("connect.order_item", "line_id"),
        ("connect.platform_customer", "customer_id"),
        ("connect.platform_product", "variant_id"),
        ("insights.orders", "wc_order_id"),
        ("insights.order_items", "line_id"),
        ("insights.customers", "wc_customer_id"),
        ("insights.products", "wc_product_id"),
        ("insights.product_variants", "wc_variation_id"),
    ):
        for name, version in rows(tx, f"SELECT {key}::text, ctid::text FROM {table}"):
            found[table, name] = version
    return found


def test_force_fills_tables_that_were_emptied(woo: tuple[Tx, Store]) -> None:
    tx, store = woo
    records = [
        order(refunds=(refund(rank=0),)),
        customer(),
        product(categories=(category(rank=0),)),
    ]
    save(tx, store, *records)
    before = rows(tx, "SELECT count(*) FROM insights.order_items")
    tx.execute("DELETE FROM insights.orders")
    tx.execute("DELETE FROM connect.order_item")
    save(tx, store, *records)
    assert rows(tx, "SELECT count(*) FROM insights.order_items") == [0]
    save(tx, store, *records, force=True)
    assert rows(tx, "SELECT count(*) FROM insights.order_items") == before
    assert rows(tx, "SELECT refunded_total FROM insights.orders") == [Decimal("4.00")]
    assert rows(tx, "SELECT refunded_quantity FROM connect.order_item") == [1]


def test_amounts_times_and_lines(woo: tuple[Tx, Store]) -> None:
    tx, store = woo
    whole = order(
        total=Decimal("33.10"),
        tax=Decimal("2.60"),
        shipping=Decimal("5.00"),
        shipping_tax=Decimal("0.50"),
        discount=Decimal("4.50"),
        paid_at=at(1)["changed_at"],
        payment_method="cod",
        channel="checkout",
        country="lk",
        phone="0770000012",
        shipping_address=Address(line1="1 Main Street", city="Kandy", country_code="LK"),
        coupons=(CouponUse(code="save", discount=Decimal("4.50")), CouponUse(code="more")),
        lines=(line("11", total=Decimal("15.50")), line("12", product=None, price=Decimal("10"))),
    )
    save(tx, store, customer(), whole)
    (found,) = tx.execute("SELECT * FROM insights.orders").fetchall()
    assert found["total"] == Decimal("33.10")
    assert found["subtotal"] == Decimal("40.00")
    assert found["tax_total"] == Decimal("2.60")
    assert found["shipping_total"] == Decimal("5.00")
    assert found["discount_total"] == Decimal("4.50")
    assert found["date_created"] == at(0)["changed_at"]
    assert found["date_paid"] == at(1)["changed_at"]
    assert found["country"] == "LK"
    assert found["channel"] == "checkout"
    assert found["coupon_used"] == "save"
    assert rows(tx, "SELECT code, discount FROM insights.order_coupons ORDER BY code") == [
        ("more", None),
        ("save", Decimal("4.50")),
    ]
    assert rows(
        tx,
        "SELECT line_id, sku, wc_product_id, unit_price, discount, total"
        " FROM insights.order_items ORDER BY line_id",
    ) == [
        ("11", "SKU-5", 5, Decimal("10.00"), Decimal("4.50"), Decimal("15.50")),
        ("12", None, None, Decimal("10.00"), Decimal("0.00"), Decimal("20.00")),
    ]
    (held,) = tx.execute("SELECT * FROM connect.platform_order").fetchall()
    assert held["customer_id"] == "7"
    assert held["total_amount"] == Decimal("33.10")
    assert held["shipping_address"]["city"] == "Kandy"
    assert [item["sku"] for item in held["line_items"]] == ["SKU-5", None]


def test_lines_that_are_gone_go(woo: tuple[Tx, Store]) -> None:
    tx, store = woo
    coupons = (CouponUse(code="a"), CouponUse(code="b"))
    save(tx, store, order(lines=(line("11"), line("12")), coupons=coupons), order("2"))
    save(tx, store, order(minutes=1, lines=(line("12"),), coupons=coupons[1:]))
    query = "SELECT order_id, line_id FROM connect.order_item ORDER BY 1, 2"
    assert rows(tx, query) == [("1", "12"), ("2", "11")]
    assert rows(tx, "SELECT count(*) FROM insights.order_items") == [2]
    assert rows(tx, "SELECT code FROM insights.order_coupons") == ["b"]
    save(tx, store, order(minutes=2, lines=()))
    assert rows(tx, "SELECT order_id FROM connect.order_item") == ["2"]


# ------------------------------------------------------------------------------- who refers to whom


def linked(tx: Tx) -> list[Any]:
    return rows(
        tx,
        """SELECT o.customer_id, c.wc_customer_id, i.product_id IS NOT NULL, i.sku
           FROM connect.platform_order AS o
           JOIN insights.orders AS n ON n.wc_order_id::text = o.order_id
           LEFT JOIN insights.customers AS c ON c.id = n.customer_id
           JOIN insights.order_items AS i ON i.order_id = n.id""",
    )


def test_orders_customers_and_products_find_each_other_in_any_order(open_shop: Make) -> None:
    for records in permutations((order(), customer(), product())):
        tx, store = open_shop("woocommerce")
        for record in records:
            save(tx, store, record)
        assert linked(tx) == [("7", 7, True, "SKU-5")]
        found = rows(tx, "SELECT order_count, total_spent FROM insights.customers")
        assert found == [(1, Decimal("20.00"))]


def test_deleted_customers_and_products_leave_their_orders(open_shop: Make) -> None:
    deletions = (gone(Kind.CUSTOMER, "7", 5), gone(Kind.PRODUCT, "5", 5))
    for records in permutations((order(), customer(), product(), *deletions)):
        tx, store = open_shop("woocommerce")
        for record in records:
            save(tx, store, record)
        assert linked(tx) == [(None, None, False, "SKU-5")]
    save(tx, store, customer(minutes=6), product(minutes=6))
    assert linked(tx) == [("7", 7, True, "SKU-5")]
    assert rows(tx, "SELECT order_count FROM insights.customers") == [1]


def test_hearsay_fills_in_and_never_overwrites(woo: tuple[Tx, Store]) -> None:
    tx, store = woo
    save(tx, store, customer(minutes=9, rank=0, first_name="As on the order"))
    assert rows(tx, "SELECT name FROM connect.platform_customer") == ["As on the order Lee"]
    save(tx, store, customer(minutes=1))
    save(tx, store, customer(minutes=10, rank=0, first_name="As on the order"))
    assert rows(tx, "SELECT name FROM connect.platform_customer") == ["Ann Lee"]


def test_guests(woo: tuple[Tx, Store]) -> None:
    tx, store = woo
    guest: dict[str, Any] = {
        "customer_id": guest_id("Bo@Example.com"),
        "is_guest": True,
        "email": "bo@example.com",
    }
    hearsay = customer(guest["customer_id"], rank=0, is_guest=True, email="bo@example.com")
    save(tx, store, hearsay, order("1", **guest), order("2", **guest))
    assert rows(tx, "SELECT count(*) FROM connect.platform_customer") == [0]
    assert rows(tx, "SELECT customer_id FROM connect.platform_order") == [None, None]
    (found,) = tx.execute("SELECT * FROM insights.customers").fetchall()
    assert found["wc_customer_id"] == stable_number(guest_id("bo@example.com")) < 0
    assert found["order_count"] == 2
    assert "bo@" not in str(found)


def test_an_order_of_nobody_stands_beside_others(woo: tuple[Tx, Store]) -> None:
    tx, store = woo
    nobody: dict[str, Any] = {"customer_id": None, "email": None}
    save(tx, store, customer("7"), order("1"))
    save(tx, store, order("2", **nobody), order("3"), order("4", customer_id="8"))
    counts = "SELECT wc_customer_id, order_count FROM insights.customers"
    assert rows(tx, counts) == [(7, 2)]
    assert rows(tx, "SELECT count(*) FROM insights.orders") == [4]


def test_statistics_follow_orders_refunds_and_cancellations(woo: tuple[Tx, Store]) -> None:
    tx, store = woo
    query = """SELECT wc_customer_id, order_count, total_spent, first_order_date, last_order_date
               FROM insights.customers ORDER BY 1"""
    noon = at(0)["changed_at"]
    later = at(60)["changed_at"]
    save(tx, store, customer("7"), customer("8"), order("1"), order("2", placed_at=later))
    nothing = (8, 0, Decimal(0), None, None)
    assert rows(tx, query) == [(7, 2, Decimal(40), noon, later), nothing]
    save(tx, store, refund())
    assert rows(tx, query) == [(7, 2, Decimal(36), noon, later), nothing]
    save(tx, store, order("1", minutes=9, customer_id="8", refunds=None))
    assert rows(tx, query) == [
        (7, 1, Decimal(20), later, later),
        (8, 1, Decimal(16), noon, noon),
    ]
    save(tx, store, order("2", minutes=9, is_counted=False, placed_at=later))
    assert rows(tx, query)[0] == (7, 0, Decimal(0), None, None)
    save(tx, store, gone(Kind.ORDER, "1", 20))
    assert rows(tx, query)[1] == nothing
    save(tx, store, order("3", is_test=True))
    assert rows(tx, query)[0] == (7, 0, Decimal(0), None, None)


@pytest.mark.parametrize("platform", ["woocommerce", "shopify", "vendure"])
def test_what_a_customer_spent_is_never_a_sum_of_currencies(open_shop: Make, platform: str) -> None:
    """Whatever comes first, alone or together: that of the latest order's currency, and which."""
    times = [at(minutes)["changed_at"] for minutes in (0, 10, 20)]
    bought = [
        order("1", currency="KWD", placed_at=times[0]),
        order("2", currency="LKR", placed_at=times[1]),
        order("3", currency="KWD", placed_at=times[2]),
    ]
    tables = ["insights.customers"] + (["kits.customers"] if platform == "vendure" else [])
    for records in permutations(bought):
        for batches in ([records], [[each] for each in records]):
            tx, store = open_shop(platform)
            save(tx, store, customer())
            for batch in batches:
                save(tx, store, *batch)
            for table in tables:
                found = rows(tx, f"SELECT total_spent, currency FROM {table}")
                assert found == [(Decimal(40), "KWD")], (table, [each.id for each in records])


# ------------------------------------------------------------------------------- refunds


def test_refunds_and_orders_in_either_order(open_shop: Make) -> None:
    for platform in ("woocommerce", "shopify", "vendure"):
        for records in permutations((order(), refund(), refund("92", minutes=6))):
            tx, store = open_shop(platform)
            for record in records:
                save(tx, store, record)
            assert rows(tx, "SELECT refunded_total FROM insights.orders") == [Decimal(8)]
            found = rows(tx, "SELECT refunded_quantity, refunded_total FROM insights.order_items")
            assert found == [(2, Decimal(8))]
            assert rows(tx, "SELECT refunded_amount FROM connect.platform_order") == [Decimal(8)]
            assert rows(tx, "SELECT refunded_quantity FROM connect.order_item") == [2]
    assert rows(tx, "SELECT refunded_amount FROM kits.customer_orders_summary") == [Decimal(8)]


def test_only_settled_refunds_are_subtracted(open_shop: Make) -> None:
    tx, store = open_shop("vendure")
    save(tx, store, order(minutes=6, refunds=(refund(minutes=6, status="pending"),)))
    assert rows(tx, "SELECT refunded_total FROM insights.orders") == [Decimal(0)]
    save(tx, store, order(minutes=7, refunds=(refund(minutes=7, status="settled"),)))
    assert rows(tx, "SELECT refunded_total FROM insights.orders") == [Decimal(4)]
    assert rows(tx, "SELECT refunded_amount FROM connect.platform_order") == [Decimal(4)]


def test_a_refund_that_its_order_lists_no_more_is_gone(open_shop: Make) -> None:
    """WooCommerce lets refunds be deleted, and tells it by the order alone."""
    with_it = order(minutes=6, refunds=(refund(minutes=6, rank=0),))
    without = order(minutes=8, refunds=())
    for records in permutations((refund(), with_it, without)):
        tx, store = open_shop("woocommerce")
        for record in records:
            save(tx, store, record)
        assert rows(tx, "SELECT count(*) FROM insights.refunds") == [0]
        assert rows(tx, "SELECT refunded_total FROM insights.orders") == [Decimal(0)]
        assert rows(tx, "SELECT refunded_quantity FROM connect.order_item") == [0]
        tx, store = open_shop("shopify")
        save(tx, store, *records)
        assert rows(tx, "SELECT count(*) FROM insights.refunds") == [0]


def test_refunds_as_orders_tell_them_keep_the_earliest_date(open_shop: Make) -> None:
    """WooCommerce's orders tell no refund dates: the first change that had it is the best guess,
    until the refund itself is read."""
    states = [
        order(minutes=m, refunds=(refund(minutes=m, rank=0, lines=(), is_dated=False),))
        for m in (6, 20, 40)
    ]
    for records in permutations(states):
        tx, store = open_shop("woocommerce")
        for record in records:
            save(tx, store, record)
        found = rows(tx, "SELECT date_created FROM insights.refunds")
        assert found == [at(6)["changed_at"]]
    save(tx, store, refund())
    assert rows(tx, "SELECT date_created FROM insights.refunds") == [at(5)["changed_at"]]
    assert rows(tx, "SELECT count(*) FROM insights.refund_items") == [1]


def test_refunds_of_deleted_orders_do_not_count_and_come_back_with_them(
    woo: tuple[Tx, Store],
) -> None:
    tx, store = woo
    save(tx, store, order(), refund(), gone(Kind.ORDER, "2", 1))
    save(tx, store, gone(Kind.ORDER, "1", 10))
    assert rows(tx, "SELECT count(*) FROM insights.refunds WHERE order_id IS NOT NULL") == [0]
    save(tx, store, refund())
    assert rows(tx, "SELECT count(*) FROM insights.refunds") == [0]
    save(tx, store, order(minutes=11, refunds=(refund(minutes=11, rank=0),)))
    assert rows(tx, "SELECT refunded_total FROM insights.orders") == [Decimal(4)]


# ------------------------------------------------------------------------------- deletions


def test_tombstones_are_lifted_by_what_is_newer_only(woo: tuple[Tx, Store]) -> None:
    tx, store = woo
    save(tx, store, gone(Kind.ORDER, "1", 5))
    save(tx, store, order(minutes=4))
    assert rows(tx, "SELECT count(*) FROM insights.orders") == [0]
    assert rows(tx, "SELECT deleted FROM backshop.record_versions WHERE kind = 'order'") == [True]
    save(tx, store, order(minutes=6))
    assert rows(tx, "SELECT count(*) FROM connect.order_item") == [1]
    save(tx, store, gone(Kind.ORDER, "1", 5))
    assert rows(tx, "SELECT count(*) FROM insights.orders") == [1]


def test_an_order_with_requests_stays_as_a_shell(woo: tuple[Tx, Store]) -> None:
    tx, store = woo
    save(tx, store, customer(), order(phone="0770000012"))
    tx.execute(
        """INSERT INTO connect.refund_request (store_id, order_id, platform, status)
           VALUES (%s, '1', 'woocommerce', 'processed')""",
        (store.id,),
    )
    save(tx, store, gone(Kind.ORDER, "1", 5))
    (shell,) = tx.execute("SELECT * FROM connect.platform_order").fetchall()
    assert shell["status"] == "deleted"
    assert shell["phone"] is None
    assert rows(tx, "SELECT count(*) FROM insights.orders") == [0]
    save(tx, store, order(minutes=6))
    assert rows(tx, "SELECT status FROM connect.platform_order") == ["processing"]


# ------------------------------------------------------------------------------- the catalogue


def skus(tx: Tx) -> dict[str, str]:
    return dict(rows(tx, "SELECT variant_id, sku FROM connect.platform_product ORDER BY 1"))


def test_variants_that_share_a_sku_are_all_kept(open_shop: Make) -> None:
    twins = [product(id, variants=(variant(id, "TWIN"),)) for id in ("5", "6", "70")]
    for records in permutations(twins):
        tx, store = open_shop("shopify")
        for record in records:
            save(tx, store, record)
        assert skus(tx) == {"5": "TWIN", "6": "shopify:6", "70": "shopify:70"}
    save(tx, store, gone(Kind.PRODUCT, "5", 5))
    assert skus(tx) == {"6": "TWIN", "70": "shopify:70"}
    save(tx, store, product("6", minutes=6, variants=(variant("6", "OTHER"),)))
    assert skus(tx) == {"6": "OTHER", "70": "TWIN"}
    swapped = product("6", minutes=7, variants=(variant("6", "TWIN"),))
    save(tx, store, swapped, product("70", minutes=7, variants=(variant("70", "OTHER"),)))
    assert skus(tx) == {"6": "TWIN", "70": "OTHER"}


def test_a_variant_without_a_sku(open_shop: Make) -> None:
    tx, store = open_shop("vendure")
    save(tx, store, product("5", variants=(variant("9", "vendure:9"), variant("8", "A"))))
    assert skus(tx) == {"8": "A", "9": "vendure:9"}


def test_variants_come_and_go(open_shop: Make) -> None:
    tx, store = open_shop("shopify")
    three = tuple(
        variant(f"5{n}", stock=n, price=Decimal(20 - n), available=n > 1) for n in (1, 2, 3)
    )
    save(tx, store, product(variants=three))
    query = "SELECT sku, price, stock_quantity, stock_status FROM insights.products"
    assert rows(tx, query) == [(None, Decimal(17), 6, "instock")]
    save(tx, store, product(minutes=1, variants=three[:1]))
    assert rows(tx, query) == [("SKU-51", Decimal(19), 1, "outofstock")]
    assert skus(tx) == {"51": "SKU-51"}
    unknown = product(minutes=2, title="New", variants=(), variants_known=False)
    save(tx, store, unknown)
    assert skus(tx) == {"51": "SKU-51"}
    assert rows(tx, "SELECT name, price FROM insights.products") == [("New", Decimal(19))]


def test_variations_that_come_alone(open_shop: Make) -> None:
    """WooCommerce: a variable product tells no variations, each of which is a record of its own."""
    whole = product(variants=(), variants_known=False, type="variable", title="Shirt")
    parts = [
        product(id, parent_id="5", title=f"Shirt {id}", variants=(variant(id, stock=2),))
        for id in ("51", "52")
    ]
    sold = order(lines=(line(product=5),))
    for records in permutations((whole, *parts, sold)):
        tx, store = open_shop("woocommerce")
        for record in records:
            save(tx, store, record)
        assert skus(tx) == {"51": "SKU-51", "52": "SKU-52"}
        found = rows(tx, "SELECT name, price, stock_quantity FROM insights.products")
        assert found == [("Shirt", Decimal(10), 4)]
        assert linked(tx)[0][2] is True
    save(tx, store, gone(Kind.PRODUCT, "51", 9))
    assert skus(tx) == {"52": "SKU-52"}
    assert rows(tx, "SELECT stock_quantity FROM insights.products") == [2]


def test_variations_leave_with_the_list_of_their_product_and_come_back(open_shop: Make) -> None:
    def whole(minutes: int, *ids: str) -> Product:
        told: dict[str, Any] = {"variants": (), "variants_known": False, "variation_ids": ids}
        return product(minutes=minutes, type="variable", title="Shirt", **told)

    def part(id: str, minutes: int = 0) -> Product:
        return product(id, parent_id="5", minutes=minutes, variants=(variant(id, stock=2),))

    for at_once in (True, False):
        tx, store = open_shop("woocommerce")
        batches = [[whole(0, "51", "52"), part("51"), part("52")], [whole(5, "52"), part("52", 5)]]
        for batch in batches:
            for records in [batch] if at_once else [[each] for each in batch]:
                save(tx, store, *records)
        assert skus(tx) == {"52": "SKU-52"}
        assert rows(tx, "SELECT stock_quantity FROM insights.products") == [2]
        late = part("51").model_copy(update={"observed_at": at(2)["observed_at"]})
        save(tx, store, whole(2, "51", "52"), late)
        assert skus(tx) == {"52": "SKU-52"}, "an older list"
        save(tx, store, whole(9, "51", "52"), part("51", 9))
        assert skus(tx) == {"51": "SKU-51", "52": "SKU-52"}


def test_a_list_without_variations_that_is_older_than_one_takes_it_nowhere(woo: Any) -> None:
    tx, store = woo
    told: dict[str, Any] = {"type": "variable", "variants": (), "variants_known": False}
    save(tx, store, product("51", parent_id="5", minutes=5, variants=(variant("51"),)))
    save(tx, store, product(minutes=3, variation_ids=(), **told))
    assert skus(tx) == {"51": "SKU-51"}
    save(tx, store, product(minutes=6, variation_ids=(), **told))
    assert skus(tx) == {}


def test_variations_come_back_with_a_product_that_was_put_back(woo: Any) -> None:
    tx, store = woo
    told: dict[str, Any] = {"type": "variable", "variants": (), "variants_known": False}
    told |= {"variation_ids": ("51",)}
    part = product("51", parent_id="5", variants=(variant("51"),))
    save(tx, store, product(**told), part)
    save(tx, store, gone(Kind.PRODUCT, "5", 3))
    assert skus(tx) == {}
    save(
        tx,
        store,
        product(minutes=4, **told),
        part.model_copy(update={"observed_at": at(4)["observed_at"]}),
    )
    assert skus(tx) == {"51": "SKU-51"}


def test_a_product_made_a_draft_takes_its_variations_with_it(woo: Any) -> None:
    """A delivery of the product tells nothing of its variations; the next reading does."""
    tx, store = woo
    told: dict[str, Any] = {"type": "variable", "variants": (), "variants_known": False}
    part = product("51", parent_id="5", variants=(variant("51"),))
    save(tx, store, product(**told), part)
    query = "SELECT available, status FROM connect.platform_product"
    assert rows(tx, query) == [(True, "publish")]
    save(tx, store, product(minutes=3, status="draft", **told))
    assert rows(tx, query) == [(False, "draft")]
    save(tx, store, product(minutes=5, **told))
    save(tx, store, part.model_copy(update={"observed_at": at(6)["observed_at"]}))
    assert rows(tx, query) == [(True, "publish")]


def test_a_product_made_a_draft_loses_its_row_of_what_is_sold_only_where_it_has_variations(
    woo: Any,
) -> None:
    tx, store = woo
    save(tx, store, product("5"), product("6"))
    save(tx, store, product("5", minutes=1, status="draft", variants=(variant("5"),)))
    query = "SELECT product_id, status FROM connect.platform_product ORDER BY 1"
    assert rows(tx, query) == [("5", "draft"), ("6", "publish")]


def test_counts_of_categories_that_are_not_told_stay(woo: Any) -> None:
    tx, store = woo
    save(tx, store, category(product_count=7))
    save(tx, store, category(minutes=1, name="Renamed"))
    query = "SELECT name, product_count FROM insights.categories"
    assert rows(tx, query) == [("Renamed", 7)]
    save(tx, store, category(minutes=2, name="Renamed", product_count=0))
    assert rows(tx, query) == [("Renamed", 0)]


@pytest.mark.parametrize("platform", ["shopify", "woocommerce", "vendure"])
def test_consent_is_kept_by_channel_and_what_is_not_told_overwrites_nothing(
    open_shop: Make, platform: str
) -> None:
    tx, store = open_shop(platform)
    agreed = NOON - timedelta(days=9)
    email = Consent(channel="email", given=True, source="checkout", at=agreed)
    sms = Consent(channel="sms", given=True, source="meta data sms")
    save(tx, store, customer(consents=(email, sms), marketing_consent=True))
    (first,) = rows(tx, "SELECT consents FROM connect.platform_customer")
    assert datetime.fromisoformat(first["email"].pop("at")) == agreed
    assert first["email"] == {"given": True, "source": "checkout"}
    assert first["sms"]["at"] is not None, "since it was first seen"
    save(tx, store, customer(minutes=1, first_name="Anna"))
    save(tx, store, customer(minutes=2, consents=(sms,)))
    (second,) = rows(tx, "SELECT consents FROM connect.platform_customer")
    assert (second["email"]["given"], second["sms"]) == (True, first["sms"])
    no = Consent(channel="email", given=False, source="checkout")
    save(tx, store, customer(minutes=3, consents=(no,), marketing_consent=False))
    (third,) = rows(tx, "SELECT consents FROM connect.platform_customer")
    assert (third["email"]["given"], third["sms"]["given"]) == (False, True)


def test_shade_keeps_a_consent_that_is_not_told_again(open_shop: Make) -> None:
    tx, store = open_shop("shopify")
    save(tx, store, customer(marketing_consent=True))
    save(tx, store, customer(minutes=1, first_name="Anna"))
    assert rows(tx, "SELECT accepts_marketing FROM shade.customers") == [True]


def test_kits_keep_a_deleted_customer_nameless_and_inactive(open_shop: Make) -> None:
    tx, store = open_shop("vendure")
    fields: dict[str, Any] = {"metadata": {"newsletter": True}, "phone": "0770000012"}
    save(tx, store, customer(marketing_consent=True, **fields), order(phone="0770000012"))
    save(tx, store, gone(Kind.CUSTOMER, "7", 5))
    (held,) = tx.execute("SELECT * FROM kits.customers").fetchall()
    assert (held["vendure_customer_id"], held["is_active"]) == ("7", False)
    names = ("email", "given_email", "phone_number", "first_name", "last_name")
    assert [held[name] for name in names] == [None] * 5
    assert (held["custom_fields"], held["marketing_consent"]) == ({}, False)
    assert (held["total_orders"], held["total_spent"]) == (1, Decimal(20))
    assert rows(tx, "SELECT count(*) FROM kits.customer_addresses") == [0]
    save(tx, store, customer(minutes=9))
    query = "SELECT is_active, email FROM kits.customers"
    assert rows(tx, query) == [(True, "ann@example.com")]


@pytest.mark.parametrize("platform", ["shopify", "woocommerce", "vendure"])
@pytest.mark.parametrize(
    ("states", "paid"),
    [
        ((("12.00", "Settled"), ("8.00", "Authorized")), 12),
        ((("20.00", "Pending"),), 0),
        ((), None),
    ],
)
def test_what_was_paid_is_what_settled(
    open_shop: Make, platform: str, states: tuple[tuple[str, str], ...], paid: int | None
) -> None:
    tx, store = open_shop(platform)
    payments = tuple(
        Payment(id=str(place), amount=Decimal(amount), state=state)
        for place, (amount, state) in enumerate(states)
    )
    save(tx, store, order(payments=payments))
    held = requests.lock_order(tx, "1")
    assert held is not None
    assert held.paid == paid
    left = left_to_refund(held, RefundSums(processed=Decimal(0), pending=Decimal(0)))
    assert left == (20 if paid is None else paid)


# ------------------------------------------------------------------------------- clocks


@pytest.mark.parametrize("platform", ["shopify", "woocommerce", "vendure"])
def test_a_product_that_is_scheduled_can_be_changed_and_deleted_before(
    open_shop: Make, platform: str
) -> None:
    tx, store = open_shop(platform)
    march = NOON + timedelta(days=90)
    query = "SELECT name FROM insights.products"
    save(tx, store, product(title="In March").model_copy(update={"changed_at": march}))
    save(tx, store, product(minutes=1, title="Now"))
    assert rows(tx, query) == ["Now"]
    again = product(minutes=2, title="In March again").model_copy(update={"changed_at": march})
    save(tx, store, again)
    assert rows(tx, query) == ["In March again"]
    save(tx, store, gone(Kind.PRODUCT, "5", 3))
    assert rows(tx, query) == []


@pytest.mark.parametrize("platform", ["shopify", "woocommerce", "vendure"])
@pytest.mark.parametrize("ahead", [-7, -1, 0, 1, 7])
def test_what_is_trashed_and_put_back_within_a_minute_ends_there(
    open_shop: Make, platform: str, ahead: float
) -> None:
    """The shop's clock goes so many minutes ahead of ours; a deletion has our time alone."""
    tx, store = open_shop(platform)
    query = "SELECT count(*) FROM insights.orders"

    def told(minutes: float) -> Order:
        """As the shop says by its clock what we see by ours."""
        shown = order(minutes=minutes + ahead)
        return shown.model_copy(update={"observed_at": at(minutes)["observed_at"]})

    save(tx, store, told(0))
    save(tx, store, gone(Kind.ORDER, "1", 10))
    assert rows(tx, query) == [0]
    back = told(10.5)
    save(tx, store, back)
    assert rows(tx, query) == [1]
    save(tx, store, gone(Kind.ORDER, "1", 10))
    assert rows(tx, query) == [1], "an old deletion told once more"
    save(tx, store, gone(Kind.ORDER, "1", 11))
    assert rows(tx, query) == [0]


@pytest.mark.parametrize("ahead", [-7, 0, 7])
def test_refunds_of_an_order_that_comes_back_are_what_they_were(
    open_shop: Make, ahead: float
) -> None:
    """WooCommerce's orders tell of their refunds without dates, taxes and lines."""
    tx, store = open_shop("woocommerce")
    query = """SELECT r.date_created, r.amount, r.tax, i.line_id, i.quantity, i.total AS of_line
               FROM insights.refunds AS r LEFT JOIN insights.refund_items AS i ON i.refund_id = r.id
               WHERE r.order_id IS NOT NULL"""
    lines = (RefundLine(line_id="11", quantity=1, amount=Decimal(4), tax=Decimal("0.4")),)
    whole = refund(minutes=5, tax=Decimal("0.4"), lines=lines)
    hearsay = refund(minutes=5, rank=0, is_dated=False)
    save(tx, store, order(minutes=ahead, refunds=(hearsay,)))
    save(tx, store, whole)
    before = rows(tx, query)
    assert before
    save(tx, store, gone(Kind.ORDER, "1", 20))
    assert rows(tx, query) == []
    late = at(20.5)["observed_at"]
    back = order(minutes=20.5 + ahead, refunds=(hearsay.model_copy(update={"observed_at": late}),))
    save(tx, store, back.model_copy(update={"observed_at": late}))
    save(tx, store, whole.model_copy(update={"observed_at": at(21)["observed_at"]}))
    assert rows(tx, query) == before


def test_a_product_that_became_variable_loses_the_row_of_its_own(woo: tuple[Tx, Store]) -> None:
    tx, store = woo
    save(tx, store, product())
    save(tx, store, product(minutes=1, variants=(), variants_known=False, type="variable"))
    assert skus(tx) == {}
    assert rows(tx, "SELECT count(*) FROM insights.product_variants") == [0]


def test_categories_parents_and_names(open_shop: Make) -> None:
    child = category("4", parent_id="3", name="Child")
    records = (child, category("3", name="Parent"), product(categories=(category("4", rank=0),)))
    for each in permutations(records):
        tx, store = open_shop("woocommerce")
        for record in each:
            save(tx, store, record)
        query = """SELECT c.name, p.name AS parent FROM insights.categories AS c
                   LEFT JOIN insights.categories AS p ON p.id = c.parent_id ORDER BY 1"""
        assert rows(tx, query) == [("Child", "Parent"), ("Parent", None)]
        assert rows(tx, "SELECT category_name FROM insights.products") == ["Child"]
    save(tx, store, category("4", minutes=1, parent_id="3", name="Renamed"))
    assert rows(tx, "SELECT category_name FROM insights.products") == ["Renamed"]
    save(tx, store, gone(Kind.CATEGORY, "3", 2), gone(Kind.CATEGORY, "4", 2))
    found = rows(tx, "SELECT category_id, category_name, wc_category_id FROM insights.products")
    assert found == [(None, None, 4)]


def test_a_product_that_does_not_tell_its_categories_keeps_the_one_it_has(
    open_shop: Make,
) -> None:
    """Shopify's webhooks do not."""
    tx, store = open_shop("shopify")
    query = "SELECT category_name, wc_category_id, name FROM insights.products"
    untold: dict[str, Any] = {"categories_known": False}
    save(tx, store, product(**untold))
    assert rows(tx, query) == [(None, None, "Product 5")]
    save(tx, store, product(minutes=1, categories=(category("4", rank=0),)))
    save(tx, store, product(minutes=2, title="Renamed", **untold))
    assert rows(tx, query) == [("Category 4", 4, "Renamed")]
    save(tx, store, product(minutes=3, categories=()))
    assert rows(tx, query) == [(None, None, "Product 5")]


# ------------------------------------------------------------------------------- hostile values


def test_what_postgres_cannot_store_is_left_out(woo: tuple[Tx, Store]) -> None:
    tx, store = woo
    nasty = "A\x00B \ud800 | \\N \t\n\r \\. ünï"
    raw = {"name": nasty, "huge": 10**30, "deep": [{"\x00k": nasty}]}
    records: list[Record] = [
        customer(str(n), first_name=nasty, last_name=None, metadata=raw) for n in range(300)
    ]
    records += [order(str(n), lines=(line(name=nasty, raw=raw),)) for n in range(2)]
    save(tx, store, *records)
    clean = "AB  | \\N \t\n\r \\. ünï"
    assert set(rows(tx, "SELECT name FROM connect.platform_customer")) == {clean}
    assert set(rows(tx, "SELECT product_name FROM insights.order_items")) == {clean}
    items = rows(tx, "SELECT line_items FROM connect.platform_order")[0]
    assert items[0]["name"] == clean
    assert int(items[0]["huge"]) == 10**30
    save(tx, store, customer("1", minutes=1, first_name=nasty, last_name=None, metadata=raw))
    found = rows(tx, "SELECT name FROM connect.platform_customer WHERE customer_id = '1'")
    assert found == [clean]


def test_what_is_too_long_is_cut_and_what_is_too_large_refused(woo: tuple[Tx, Store]) -> None:
    tx, store = woo
    long = "x" * 2000
    save(
        tx,
        store,
        product(title=long, variants=(variant(sku=long, title=long),), status=long, type=long),
        customer(first_name=long, phone=long, email=f"{long}@example.com"),
        order(code=long, payment_method=long, channel=long, coupons=(CouponUse(code=long),)),
        category(name=long),
    )
    assert rows(tx, "SELECT length(sku) FROM connect.platform_product") == [100]
    too_large = order("2").model_copy(update={"total": Decimal(10) ** 15})
    with pytest.raises(Unstorable, match="order 2"):
        save(tx, store, order("3"), too_large)
    unstorable: list[UnstorableRecord] = []
    many = line(quantity=2**31, price=Decimal("0.01"))
    save(tx, store, order("3"), too_large, order("4", lines=(many,)), unstorable=unstorable)
    assert [(each.kind, each.id) for each in unstorable] == [(Kind.ORDER, "2"), (Kind.ORDER, "4")]
    found = rows(tx, "SELECT order_id FROM connect.platform_order ORDER BY 1")
    assert found == ["1", "3"]


def test_few_records_and_many_are_saved_alike(open_shop: Make, owner: Any) -> None:
    records = [
        each
        for n in range(400)
        for each in (
            customer(str(n), rank=0),
            order(str(n), customer_id=str(n), lines=(line(), line("12", product=None))),
            product(str(n)),
        )
    ]
    contents = []
    for size in (len(records), 20):
        tx, store = open_shop("shopify")
        for start in range(0, len(records), size):
            save(tx, store, *records[start : start + size])
        tx.commit()
        contents.append(comparison.rows_of(owner, store.id))
    assert comparison.differences(contents[0], contents[1]) == []


def test_stores_do_not_touch_each_other(open_shop: Make, owner: Any) -> None:
    tx, store = open_shop("shopify")
    save(tx, store, order(), customer(), product(), refund())
    tx.commit()
    before = comparison.rows_of(owner, store.id)
    other_tx, other = open_shop("shopify")
    save(other_tx, other, order(minutes=9), customer(minutes=9), product(minutes=9))
    deletions = (
        gone(Kind.ORDER, "1", 10),
        gone(Kind.CUSTOMER, "7", 10),
        gone(Kind.PRODUCT, "5", 10),
    )
    save(other_tx, other, *deletions)
    other_tx.commit()
    assert comparison.rows_of(owner, store.id) == before


def test_only_a_transaction_of_the_store_may_save(open_shop: Make, database: Any) -> None:
    """Statements name no store: row-level security confines them to the transaction's."""
    tx, store = open_shop("shopify")
    other = store.model_copy(update={"id": uuid4()})
    with pytest.raises(RuntimeError, match="this store alone"):
        save(tx, other, order())
    tx.execute("SELECT set_config('backshop.all_stores', 'on', true)")
    with pytest.raises(RuntimeError, match="this store alone"):
        save(tx, store, order())
    tx.rollback()
    with psycopg.connect(database.owner_url, row_factory=dict_row) as owner:
        owner.execute("SELECT set_config('backshop.store_id', %s, true)", [str(store.id)])
        with pytest.raises(RuntimeError, match="this store alone"):
            save(owner, store, order())


# ------------------------------------------------------------------------------- shade and kits


def test_shade_classifies_orders_by_products_in_any_order(open_shop: Make) -> None:
    kit = product("5", tags=("Shade-Kit",))
    full = product("6", product_type="Full Size SPF")
    kit_sale = order("1", lines=(line(product=5),))
    full_sale = order("2", lines=(line(product=5), line("12", product=6)))
    other = order("3", lines=(line(product=8),))
    for records in permutations((kit, full, kit_sale, full_sale, other)):
        tx, store = open_shop("shopify")
        for record in records:
            save(tx, store, record)
        query = "SELECT shopify_order_id, product_type FROM shade.orders ORDER BY 1"
        assert rows(tx, query) == [("1", "shade_kit"), ("2", "full_size_spf"), ("3", None)]
    save(tx, store, gone(Kind.PRODUCT, "6", 4))
    assert rows(tx, query)[1] == ("2", "shade_kit")


def test_shade_rules_of_the_store(open_shop: Make) -> None:
    kinds = {"shade_kit": {"skus": ["sku-8"]}, "full_size_spf": {"skus": []}}
    tx, store = open_shop("shopify", shade={"kinds": kinds})
    save(tx, store, order("1", lines=(line(product=8),)), order("2"))
    query = "SELECT shopify_order_id, product_type FROM shade.orders ORDER BY 1"
    assert rows(tx, query) == [("1", "shade_kit"), ("2", None)]


def test_shade_keeps_what_the_funnel_needs(open_shop: Make) -> None:
    tx, store = open_shop("shopify")
    sent = at(9)["changed_at"]
    sold = order(
        fulfilment=Fulfilment.FULFILLED,
        fulfilled_at=sent,
        coupons=(CouponUse(code="SHADE-1"),),
        attributes={"survey": "abc"},
    )
    save(tx, store, sold, customer(phone="+15550100", marketing_consent=True), refund())
    (found,) = tx.execute("SELECT * FROM shade.orders").fetchall()
    assert found["order_status"] == "fulfilled"
    assert found["fulfilled_at"] == sent
    assert found["discount_codes"] == ["SHADE-1"]
    assert found["attributes"] == {"survey": "abc"}
    assert found["refunded_amount"] == Decimal(4)
    (held,) = tx.execute("SELECT * FROM shade.customers").fetchall()
    assert found["customer_id"] == held["id"]
    assert held["accepts_marketing"] is True


def kit_line() -> OrderLine:
    custom = {
        "patch_enabled": True,
        "patch_type": "sleeve",
        "print_name": "Nimal",
        "print_number": 7,
    }
    return line(custom=custom, unit_price_with_tax=Decimal("11.50"))


def test_kits_place_an_order(open_shop: Make) -> None:
    tx, store = open_shop("vendure", country="LK")
    sold = order(phone="077 000 0012", lines=(kit_line(),), code="KIT-1", payment_method="payhere")
    save(tx, store, customer(phone="0770000099"), sold)
    (found,) = tx.execute("SELECT * FROM kits.customer_orders_summary").fetchall()
    assert found["phone_number"] == "94770000012"
    assert found["delivery_stage"] == "ORDER_CONFIRMED"
    (held,) = tx.execute("SELECT * FROM kits.customers").fetchall()
    assert held["phone_number"] == "94770000099"
    assert found["customer_id"] == held["id"]
    assert (held["total_orders"], held["total_spent"]) == (1, Decimal(20))
    (item,) = tx.execute("SELECT * FROM kits.customer_order_items").fetchall()
    assert item["unit_price_with_tax"] == Decimal("11.50")
    assert (item["patch_enabled"], item["patch_type"]) == (True, "sleeve")
    assert (item["print_name"], item["print_number"]) == ("Nimal", "7")
    assert rows(tx, "SELECT order_code, stage FROM kits.order_delivery_status") == [
        ("KIT-1", "ORDER_CONFIRMED")
    ]
    assert rows(tx, "SELECT sequence, stage FROM kits.order_delivery_status_events") == [
        (1, "ORDER_CONFIRMED")
    ]
    assert rows(tx, "SELECT vendure_order_id, status FROM kits.order_tracking") == [
        ("1", "confirmed")
    ]


def test_kits_leave_carts_out(open_shop: Make) -> None:
    tx, store = open_shop("vendure")
    save(tx, store, order(placed_at=None))
    assert rows(tx, "SELECT count(*) FROM kits.customer_orders_summary") == [0]


def test_kits_follow_the_stage_that_vendure_tells(open_shop: Make) -> None:
    tx, store = open_shop("vendure")
    save(tx, store, order(code="KIT-1"))
    moved = order(code="KIT-1", minutes=5, delivery_stage="SOURCING")
    save(tx, store, moved)
    save(tx, store, order(code="KIT-1", minutes=6, delivery_stage="SOURCING", status="shipped"))
    query = "SELECT sequence, stage FROM kits.order_delivery_status_events ORDER BY 1"
    assert rows(tx, query) == [(1, "ORDER_CONFIRMED"), (2, "SOURCING")]
    assert rows(tx, "SELECT delivery_stage FROM kits.customer_orders_summary") == ["SOURCING"]


def test_kits_batches_take_new_orders_and_drop_cancelled_ones(open_shop: Make) -> None:
    tx, store = open_shop("vendure")
    tx.execute(
        """INSERT INTO kits.import_batches (store_id, batch_number, auto_assign, created_at)
           VALUES (%s, '20260501-0001', true, '2026-05-01')""",
        (store.id,),
    )
    save(tx, store, order("1"), order("2"))
    assert rows(tx, "SELECT order_count FROM kits.import_batches") == [2]
    save(tx, store, order("2", minutes=1, is_cancelled=True, is_counted=False))
    assert rows(tx, "SELECT order_count FROM kits.import_batches") == [1]
    assert rows(tx, "SELECT vendure_order_id FROM kits.order_batch_assignments") == ["1"]
    save(tx, store, gone(Kind.ORDER, "1", 9))
    assert rows(tx, "SELECT order_count FROM kits.import_batches") == [0]
    assert rows(tx, "SELECT count(*) FROM kits.order_delivery_status_events") == [2]


def test_kits_keep_the_deliveries_of_a_deleted_order_without_names(open_shop: Make) -> None:
    tx, store = open_shop("vendure")
    save(tx, store, order(code="KIT-1", phone="0770000012"))
    tx.execute(
        """SELECT kits.update_order_delivery_status('KIT-1', 'SOURCING', 'T-1', 'Ann calls back',
             'staff:Ben')"""
    )
    save(tx, store, gone(Kind.ORDER, "1", 5))
    assert rows(tx, "SELECT count(*) FROM kits.customer_orders_summary") == [0]
    query = """SELECT sequence, stage, tracking_number, note, updated_by
               FROM kits.order_delivery_status_events ORDER BY 1"""
    kept = [
        (1, "ORDER_CONFIRMED", None, None, "vendure"),
        (2, "SOURCING", "T-1", None, None),
    ]
    assert rows(tx, query) == kept
    state = "SELECT stage, note, updated_by, to_repair, to_tell FROM kits.order_delivery_status"
    assert rows(tx, state) == [("SOURCING", None, None, False, False)]
    save(tx, store, order(code="KIT-1", minutes=9, phone="0770000012"))
    (back,) = tx.execute("SELECT * FROM kits.customer_orders_summary").fetchall()
    assert (back["delivery_stage"], back["tracking_number"]) == ("SOURCING", "T-1")
    assert rows(tx, query) == kept
    assert rows(tx, "SELECT tracking_number, status FROM kits.order_tracking") == [
        ("T-1", "processing")
    ]


def test_kits_customers_share_an_address_one_at_a_time(open_shop: Make) -> None:
    tx, store = open_shop("vendure")
    save(tx, store, customer("7"), customer("12"))
    query = "SELECT vendure_customer_id, email FROM kits.customers WHERE is_active ORDER BY 1"
    assert rows(tx, query) == [("12", "ann@example.com"), ("7", None)]
    save(tx, store, gone(Kind.CUSTOMER, "12", 3))
    assert rows(tx, query) == [("7", "ann@example.com")]


def test_kits_a_new_phone_is_to_be_verified_anew(open_shop: Make) -> None:
    tx, store = open_shop("vendure", country="LK")
    save(tx, store, customer(phone="0770000012"))
    tx.execute("UPDATE kits.customers SET phone_verified = true")
    save(tx, store, customer(minutes=1, phone="+94 77 000 0012", first_name="Anna"))
    assert rows(tx, "SELECT phone_verified FROM kits.customers") == [True]
    save(tx, store, customer(minutes=2, phone="0770000013"))
    assert rows(tx, "SELECT phone_verified FROM kits.customers") == [False]


def test_kits_addresses_follow_the_customer(open_shop: Make) -> None:
    tx, store = open_shop("vendure")
    two = (Address(id="1", line1="1 Main Street"), Address(id="2", line1="2 Main Street"))
    save(tx, store, customer(addresses=two))
    save(tx, store, customer(minutes=5, rank=0, first_name="As on the order"))
    query = "SELECT vendure_address_id, street_line1 FROM kits.customer_addresses ORDER BY 1"
    assert rows(tx, query) == [("1", "1 Main Street"), ("2", "2 Main Street")]
    save(tx, store, customer(minutes=6, addresses=(Address(id="2", line1="3 Main Street"),)))
    assert rows(tx, query) == [("2", "3 Main Street")]


@pytest.mark.parametrize("platform", ["woocommerce", "shopify"])
def test_an_order_told_without_its_lines_keeps_those_that_are_stored(
    open_shop: Make, platform: str
) -> None:
    tx, store = open_shop(platform)
    uses = (CouponUse(code="spring", discount=Decimal("2.00")),)
    whole = order(discount=Decimal("2.00"), coupons=uses, lines=(line(), line("12", 6)))
    save(tx, store, whole)
    tables = {
        "insights.order_items": "line_id, product_name, quantity, total",
        "insights.order_coupons": "code, discount",
        "connect.order_item": "line_id, sku, quantity, price",
    }

    def shown() -> dict[str, Any]:
        return {
            name: rows(tx, f"SELECT {what} FROM {name} ORDER BY 1") for name, what in tables.items()
        }

    before = shown()
    assert len(before["insights.order_items"]) == len(before["connect.order_item"]) == 2
    untold = order(
        minutes=5, lines=(), lines_known=False, status="completed", total=Decimal("7.00")
    )
    save(tx, store, untold)
    assert shown() == before
    (kept,) = rows(
        tx, "SELECT status, total, subtotal, discount_total, coupon_used FROM insights.orders"
    )
    assert kept == ("completed", 7, 40, 2, "spring")
    (kept,) = rows(
        tx,
        "SELECT status, total_amount, jsonb_array_length(line_items) AS n FROM connect.platform_order",
    )
    assert kept == ("completed", 7, 2)
    if platform == "shopify":
        (kept,) = rows(
            tx,
            "SELECT total_amount, jsonb_array_length(line_items) AS n, product_ids FROM shade.orders",
        )
        assert kept == (7, 2, [5, 6])
    save(tx, store, order(minutes=9, lines=()))
    assert len(shown()["insights.order_items"]) == len(shown()["connect.order_item"]) == 0


def test_an_order_that_is_new_and_told_without_lines_is_saved(open_shop: Make) -> None:
    tx, store = open_shop("shopify")
    save(
        tx,
        store,
        order(lines=(), lines_known=False, subtotal=Decimal("3.00"), total=Decimal("3.00")),
    )
    (kept,) = rows(tx, "SELECT total, subtotal FROM insights.orders")
    assert kept == (3, 3)
    assert rows(tx, "SELECT line_items FROM connect.platform_order") == [[]]
