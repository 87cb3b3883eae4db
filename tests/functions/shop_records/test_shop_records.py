"""Orders, products and customers as staff and programs look them up."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest
from backshop import db, outbox
from backshop.connect.records.rules import search

from tests.backshop.kits.shop import add_orders

PLACED = datetime(2026, 11, 1, 8, 0, tzinfo=UTC)
EXAMPLE = "0b7c3f4e-5a51-4d8e-9d3e-2f6a1c0e9b11"


@pytest.fixture
def call(load, event, context, store):
    function = load("shop_records")

    def run(name: str, order_id: str = "1001", of: Any = None, **query: str) -> Any:
        request = event(f"shop_records/{name}")
        path = request["rawPath"].replace(EXAMPLE, str(of or store))
        path = path.replace("/orders/1001", f"/orders/{quote(order_id, safe='')}")
        request["rawPath"] = request["requestContext"]["http"]["path"] = path
        request["queryStringParameters"] = query
        answer = function.handler(request, context)
        return answer["statusCode"], json.loads(answer["body"])

    yield run
    db.close()


def add_order(owner, store, id: str, minutes: int = 0, **columns: Any) -> None:
    given = {
        "store_id": store,
        "order_id": id,
        "platform": "woocommerce",
        "status": "processing",
        "total_amount": "42.50",
        "currency": "USD",
        "line_items": "[]",
        "created_at": PLACED + timedelta(minutes=minutes),
        "code": f"W-{id}",
    } | columns
    owner.execute(
        f"""INSERT INTO connect.platform_order ({", ".join(given)})
            VALUES ({", ".join(["%s"] * len(given))})""",
        list(given.values()),
    )


def add_customer(owner, store, id: str, name: str, email: str, phone: str = "") -> None:
    owner.execute(
        """INSERT INTO connect.platform_customer
             (store_id, customer_id, platform, name, email, phone)
           VALUES (%s, %s, 'woocommerce', %s, %s, %s)""",
        (store, id, name, email, phone),
    )


def ids(answer: Any) -> list[str]:
    status, page = answer
    assert status == 200, page
    return [row["order_id"] for row in page["items"]]


def test_orders_are_found_by_every_way_that_staff_have(call, owner, store):
    add_customer(owner, store, "7", "Zoë Ånge", "zoe@example.com")
    add_order(owner, store, "1", customer_id="7", external_customer_id="7")
    add_order(owner, store, "2", 1, phone="+1 (555) 0100-22")
    guest = sha256(b"guest@example.com").hexdigest()
    add_order(owner, store, "3", 2, email_hash=guest, code="#3003")
    add_order(owner, store, "4", 3)
    assert ids(call("orders")) == ["4", "3", "2", "1"], "newest first"
    for said, found in {
        "w-1": ["1"],
        "W-2": ["2"],
        "4": ["4"],
        "3003": ["3"],
        "#3003": ["3"],
        "zoë": ["1"],
        "ZOE@example.com": ["1"],
        " Guest@Example.com ": ["3"],
        "555 010022": ["2"],
        "W-4, W-1;W-9\n3": ["4", "3", "1"],
        "nobody": [],
        "100%": [],
        "'; DROP TABLE": [],
    }.items():
        assert ids(call("orders", q=said)) == found, said
    assert ids(call("orders", q="   ")) == ["4", "3", "2", "1"]


def test_orders_are_filtered(call, owner, store):
    add_order(owner, store, "1", status="completed", fulfilment_status="fulfilled")
    add_order(owner, store, "2", 60, is_cancelled=True)
    add_order(owner, store, "3", 120)
    add_order(owner, store, "gone", 180, status="deleted")
    assert ids(call("orders", status="completed")) == ["1"]
    assert ids(call("orders", fulfilment="none", cancelled="false")) == ["3"]
    assert ids(call("orders", cancelled="true")) == ["2"]
    assert ids(call("orders", since="2026-11-01T09:00:00Z", until="2026-11-01T10:00:00Z")) == ["2"]
    status, problem = call("orders", since="yesterday")
    assert (status, problem["errors"][0]["field"]) == (400, "since")
    assert call("orders", fulfilment="perhaps")[0] == 400


def test_pages_end_and_overlap_nowhere(call, owner, store):
    for number in range(23):
        add_order(owner, store, str(number), number // 3)
    seen: list[str] = []
    query = {"limit": "5"}
    while True:
        status, page = call("orders", **query)
        assert status == 200
        seen += [row["order_id"] for row in page["items"]]
        if page["next_cursor"] is None:
            break
        query["cursor"] = page["next_cursor"]
    assert len(seen) == len(set(seen)) == 23


def test_one_order_has_everything_about_it(call, owner, store):
    add_order(owner, store, "1001", code="KITS-1001", payments='[{"amount": 42.5}]')
    for line, quantity in (("9", 1), ("10", 2)):
        owner.execute(
            """INSERT INTO connect.order_item
                 (store_id, order_id, platform, sku, quantity, price, line_id, name, total, tax)
               VALUES (%s, '1001', 'woocommerce', 'S', %s, 20, %s, '<b>Shirt</b>', 40, 2.5)""",
            (store, quantity, line),
        )
    owner.execute(
        """INSERT INTO insights.refunds (store_id, wc_refund_id, wc_order_id, date_created, amount,
             currency) VALUES (%s, 5, 1001, now(), 7.5, 'USD')""",
        (store,),
    )
    with db.transaction(store_id=store) as tx:
        outbox.put(tx, "refund", "order:1001", {"request_id": "r"})
        outbox.put(tx, "refund", "order:1002", {"request_id": "r"})
    status, order = call("order")
    assert status == 200, order
    assert [line["line_id"] for line in order["lines"]] == ["9", "10"]
    assert order["item_count"] == 3
    assert order["lines"][0]["total"] == "40.00"
    assert order["payments"] == [{"id": None, "amount": "42.5", "state": None}]
    assert [each["amount"] for each in order["refunds"]] == ["7.50"]
    assert [each["kind"] for each in order["outgoing"]] == ["refund"]
    assert (order["delivery"], order["events"], order["refund_requests"]) == (None, [], [])
    assert call("order", "KITS-1001")[1]["order_id"] == "1001", "its code does as well"
    for id in ("99", "no such", "%", "'"):
        assert call("order", id)[0] == 404


def test_a_followed_order_has_its_delivery(call, owner, store):
    add_orders(owner, store, ["KITS-12"], stage="SOURCING")
    add_order(owner, store, "12", code="KITS-12")
    assert call("orders")[1]["items"][0]["stage"] == "SOURCING"
    order = call("order", "12")[1]
    assert order["delivery"]["stage"] == "SOURCING"
    assert order["delivery"]["order_code"] == "KITS-12"
    assert [each["stage"] for each in order["events"]][-1] == "SOURCING"


def test_another_stores_records_are_not_there(call, owner, store, new_store):
    other = new_store()
    add_order(owner, other, "1")
    add_customer(owner, other, "1", "Jane", "jane@example.com")
    assert ids(call("orders", q="W-1")) == []
    assert call("order", "1")[0] == 404
    assert call("customers", q="jane")[1]["items"] == []
    assert ids(call("orders", of=uuid4())) == [], "a store that is not there has no orders"


def test_products_and_customers_are_found(call, owner, store):
    for sku, stock in (("A-1", 0), ("B-2", 5)):
        owner.execute(
            """INSERT INTO connect.platform_product
                 (store_id, sku, platform, title, price, stock_quantity, product_id, variant_id)
               VALUES (%s, %s, 'woocommerce', 'Red Shirt', 9.5, %s, %s, '')""",
            (store, sku, stock, sku),
        )
    add_customer(owner, store, "7", "Jane Doe", "jane@example.com", "+1 555 0100")
    add_customer(owner, store, "8", "José", "", "+1 555 0101")
    add_order(owner, store, "1", customer_id="7")

    def found(name: str, key: str, **query: str) -> list[str]:
        status, page = call(name, **query)
        assert status == 200, page
        return [row[key] for row in page["items"]]

    assert found("products", "sku") == ["A-1", "B-2"]
    assert found("products", "sku", q="red shirt", most_stock="0") == ["A-1"]
    assert found("products", "sku", q="b-2 a-1 c-3") == ["A-1", "B-2"]
    assert found("customers", "customer_id") == ["7", "8"]
    assert found("customers", "customer_id", q="JANE@example") == ["7"]
    assert found("customers", "customer_id", q="15550101") == ["8"]
    first = call("customers", limit="1")[1]
    assert (first["items"][0]["order_count"], first["items"][0]["email"]) == (1, "jane@example.com")
    assert found("customers", "customer_id", cursor=first["next_cursor"]) == ["8"]
    assert call("customers", q="7")[1]["items"][0]["customer_id"] == "7"


@pytest.mark.parametrize("said", ["", "  ", "#", ",,;", None])
def test_nothing_said_is_no_search(said):
    assert search(said) is None


def test_many_codes_are_looked_for_at_once():
    asked = search(" ".join(f"K-{number}" for number in range(1000)))
    assert asked is not None
    assert asked.text is None
    assert "K-499" in asked.codes
    assert "K-500" not in asked.codes, "as many as are promised"
