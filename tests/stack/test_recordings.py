"""Recorded deliveries through the public route: what stands in the tables is what the shops said.

Expectations are computed here from the recordings alone, without the code under test. The demo
shops have records of their own beside the recorded ones, with ids from a million on (Shopify's from
five
thousand millions): they are left out.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

RECORDED = Path(__file__).parents[2] / "shops/recordings"
Rows = list[dict[str, Any]]


@pytest.fixture(scope="module")
def replayed(stack: Any) -> Any:
    done = stack.command("demo")
    assert done.returncode == 0, done.stdout + done.stderr
    return stack


@pytest.fixture
def ask(replayed: Any) -> Iterator[Any]:
    with psycopg.connect(replayed.database_urls["owner"], row_factory=dict_row) as connection:

        def rows(platform: str, statement: str, *values: Any) -> Rows:
            id = replayed.connectors[platform]["id"]
            return connection.execute(statement, [id, *values]).fetchall()

        yield rows


def woocommerce(resource: str) -> dict[int, dict[str, Any]]:
    """The last state of each record by id, and without those that were deleted."""
    found: dict[int, dict[str, Any]] = {}
    folder = RECORDED / "woocommerce-11.0.1/webhooks"
    for path in sorted(folder.glob(f"*_{resource}.*.body")):
        said = json.loads(path.read_bytes())
        if "code" in said and "message" in said:
            continue
        if ".deleted" in path.name:
            found.pop(said["id"], None)
        else:
            found[said["id"]] = said
    return found


def gmt(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def money(text: Any) -> Decimal:
    return Decimal(str(text)).quantize(Decimal("0.01"))


def test_woocommerce_orders_have_their_amounts_times_customers_and_lines(ask) -> None:
    expected = woocommerce("order")
    assert expected
    connect = ask(
        "woocommerce",
        """SELECT * FROM connect.platform_order
           WHERE store_id = %s AND order_id::bigint < 1000000 ORDER BY order_id""",
    )
    insights = ask(
        "woocommerce",
        """SELECT * FROM insights.orders
           WHERE store_id = %s AND wc_order_id < 1000000 ORDER BY wc_order_id""",
    )
    assert [row["order_id"] for row in connect] == sorted(map(str, expected))
    assert [row["wc_order_id"] for row in insights] == sorted(expected)
    for row, twin in zip(connect, insights, strict=True):
        order = expected[int(row["order_id"])]
        assert row["total_amount"] == twin["total"] == money(order["total"])
        assert row["currency"] == twin["currency"] == order["currency"]
        assert row["status"] == twin["status"] == order["status"]
        assert row["created_at"] == twin["date_created"] == gmt(order["date_created_gmt"])
        assert twin["date_modified"] == gmt(order["date_modified_gmt"])
        assert twin["tax_total"] == money(order["total_tax"])
        assert twin["shipping_total"] == money(order["shipping_total"])
        assert twin["discount_total"] == money(order["discount_total"])
        assert twin["is_guest"] is (order["customer_id"] == 0)
        assert twin["country"] == (
            order["billing"]["country"] or order["shipping"]["country"] or None
        )


def test_woocommerce_lines_are_the_recorded_ones(ask) -> None:
    expected = sorted(
        (
            str(order["id"]),
            line["sku"],
            line["quantity"],
            money(line["subtotal"]),
            money(line["total"]),
        )
        for order in woocommerce("order").values()
        for line in order["line_items"]
    )
    rows = ask(
        "woocommerce",
        """SELECT o.wc_order_id::text AS id, i.sku, i.quantity, i.subtotal, i.total
           FROM insights.order_items i JOIN insights.orders o
             ON (o.store_id, o.id) = (i.store_id, i.order_id)
           WHERE i.store_id = %s AND o.wc_order_id < 1000000""",
    )
    assert sorted(tuple(row.values()) for row in rows) == expected
    prices = ask(
        "woocommerce",
        """SELECT order_id, sku, quantity, price * quantity AS subtotal
           FROM connect.order_item WHERE store_id = %s AND order_id::bigint < 1000000""",
    )
    assert sorted(tuple(row.values()) for row in prices) == [line[:4] for line in expected]


def test_a_guest_is_one_customer_by_the_hash_of_the_address(ask) -> None:
    guests = {
        sha256(order["billing"]["email"].strip().lower().encode()).hexdigest()
        for order in woocommerce("order").values()
        if order["customer_id"] == 0
    }
    rows = ask(
        "woocommerce",
        """SELECT DISTINCT c.email_hash, c.wc_customer_id
           FROM insights.customers c JOIN insights.orders o
             ON (o.store_id, o.customer_id) = (c.store_id, c.id)
           WHERE c.store_id = %s AND c.wc_customer_id < 0 AND o.wc_order_id < 1000000""",
    )
    assert sorted(row["email_hash"] for row in rows) == sorted(guests)
    nobody = ask(
        "woocommerce",
        """SELECT customer_id FROM connect.platform_order
           WHERE store_id = %s AND order_id = ANY (%s)""",
        [str(order["id"]) for order in woocommerce("order").values() if order["customer_id"] == 0],
    )
    assert {row["customer_id"] for row in nobody} == {None}


def test_woocommerce_products_customers_and_coupons_are_the_recorded_ones(ask) -> None:
    products = woocommerce("product")
    rows = ask(
        "woocommerce",
        "SELECT * FROM insights.products WHERE store_id = %s AND wc_product_id < 1000000",
    )
    assert {row["wc_product_id"] for row in rows} == {
        id for id, product in products.items() if not product["parent_id"]
    }
    for row in rows:
        product = products[row["wc_product_id"]]
        assert row["name"] == product["name"]
        if product["type"] == "simple":
            assert row["price"] == money(product["price"])
            assert row["stock_quantity"] == product["stock_quantity"]
    customers = woocommerce("customer")
    rows = ask(
        "woocommerce",
        "SELECT * FROM connect.platform_customer WHERE store_id = %s AND customer_id = ANY (%s)",
        list(map(str, customers)),
    )
    assert {row["customer_id"]: row["email"] for row in rows} == {
        str(id): customer["email"] for id, customer in customers.items()
    }
    (coupon,) = ask(
        "woocommerce",
        "SELECT * FROM insights.coupons WHERE store_id = %s AND wc_coupon_id < 1000000",
    )
    (recorded,) = woocommerce("coupon").values()
    assert (coupon["code"], coupon["amount"], coupon["usage_count"]) == (
        recorded["code"], money(recorded["amount"]), recorded["usage_count"],
    )  # fmt: skip


def test_the_vendure_order_reaches_connect_insights_and_kits_in_major_units(ask) -> None:
    recorded = json.loads((RECORDED / "vendure-3.7.3/order_final.json").read_text())
    order = recorded["body"]["data"]["order"]
    total = money(Decimal(order["totalWithTax"]) / 100)
    (row,) = ask(
        "vendure",
        "SELECT * FROM connect.platform_order WHERE store_id = %s AND order_id::bigint < 1000000",
    )
    (twin,) = ask(
        "vendure", "SELECT * FROM insights.orders WHERE store_id = %s AND wc_order_id < 1000000"
    )
    (kit,) = ask(
        "vendure",
        """SELECT * FROM kits.customer_orders_summary
           WHERE store_id = %s AND vendure_order_id::bigint < 1000000""",
    )
    assert row["code"] == twin["code"] == kit["order_code"] == order["code"]
    assert row["total_amount"] == twin["total"] == kit["total_with_tax"] == total
    assert row["currency"] == twin["currency"] == kit["currency"] == order["currencyCode"]
    placed = datetime.fromisoformat(order["orderPlacedAt"])
    assert kit["order_date"] == twin["date_created"] == placed
    assert row["created_at"] == datetime.fromisoformat(order["createdAt"])
    (line,) = ask(
        "vendure",
        "SELECT * FROM kits.customer_order_items WHERE store_id = %s AND vendure_line_id::bigint < 1000000",
    )
    assert line["variant_sku"] == order["lines"][0]["productVariant"]["sku"]
    assert line["quantity"] == order["lines"][0]["quantity"]
    assert row["shipping_address"]["city"] == order["shippingAddress"]["city"]
    (event,) = ask(
        "vendure",
        "SELECT * FROM kits.order_delivery_status_events WHERE store_id = %s AND order_code = %s",
        order["code"],
    )
    assert (event["stage"], event["sequence"]) == ("ORDER_CONFIRMED", 1)


def test_the_shopify_sample_order_reaches_connect_shade_and_insights(ask) -> None:
    order = json.loads((RECORDED / "shopify-2026-07/orders_updated.json").read_text())
    id = order["admin_graphql_api_id"].rsplit("/", 1)[1]
    generated = "BETWEEN 5000000000 AND 6000000000"
    (row,) = ask(
        "shopify",
        f"""SELECT * FROM connect.platform_order
            WHERE store_id = %s AND order_id::bigint NOT {generated}""",
    )
    (twin,) = ask(
        "shopify",
        f"SELECT * FROM insights.orders WHERE store_id = %s AND wc_order_id NOT {generated}",
    )
    (shade,) = ask(
        "shopify",
        f"""SELECT * FROM shade.orders
            WHERE store_id = %s AND shopify_order_id::bigint NOT {generated}""",
    )
    assert row["order_id"] == str(twin["wc_order_id"]) == shade["shopify_order_id"] == id
    total = money(order["total_price"])
    assert row["total_amount"] == twin["total"] == shade["total_amount"] == total
    assert row["created_at"] == datetime.fromisoformat(order["created_at"])
    assert twin["is_test"] is order["test"]
    lines = ask(
        "shopify",
        f"""SELECT line_id, quantity, price FROM connect.order_item
            WHERE store_id = %s AND order_id::bigint NOT {generated} ORDER BY 1""",
    )
    assert [tuple(line.values()) for line in lines] == sorted(
        (line["admin_graphql_api_id"].rsplit("/", 1)[1], line["quantity"], money(line["price"]))
        for line in order["line_items"]
    )
