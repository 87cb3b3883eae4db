"""Further inputs of the kinds that the cases beside this stand for, made of those cases' bodies."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import psycopg
import pytest
from backshop import commerce, platforms
from backshop.commerce import Store
from backshop.platforms.errors import Ignored
from backshop.platforms.woocommerce import translate as woocommerce
from backshop.saving import projections
from psycopg.rows import dict_row

from tests.cases.test_cases import CASES

Json = dict[str, Any]
AT = datetime(2026, 6, 3, tzinfo=UTC)
KEPT = """SELECT sum(total - refunded_total) AS kept FROM insights.orders
          WHERE store_id = %s AND is_counted"""


def body(case: str) -> Any:
    """Of the case's first step."""
    return json.loads(CASES[case].read_text())["steps"][0]["body"]


class Shop:
    """A store that is told things, each a second after the one before."""

    def __init__(self, platform: str, id: UUID, database: Any, owner: Any, currency: str) -> None:
        self.owner, self.database, self.said = owner, database, 0
        self.store = Store(
            id=id,
            platform=commerce.Platform(platform),
            url="https://shop.example.com",
            currency=currency,
            settings={"time_zone": "UTC", "money_precision": 2},
        )

    def at(self) -> datetime:
        self.said += 1
        return AT + timedelta(seconds=self.said)

    def tell(self, topic: str, told: Json, at: datetime | None = None) -> None:
        at = at or self.at()
        translate = platforms.load(self.store.platform).translator.translate
        sent_at = datetime.fromisoformat(told["createdAt"]) if "createdAt" in told else at
        try:
            events = translate(topic, json.dumps(told).encode(), self.store, at, sent_at)
        except Ignored:
            return
        self.save(events)

    def page(self, kind: str, told: Sequence[Json]) -> list[str]:
        """A page of WooCommerce's; the ids of what was set aside."""
        read = getattr(woocommerce, f"{kind}_page")
        page = read(json.dumps(told).encode(), self.store, self.at())
        self.save(page.events)
        return [each.id for each in page.rejected]

    def save(self, events: Sequence[Any]) -> None:
        records = [each for each in events if isinstance(each, commerce.Record)]
        with psycopg.connect(self.database.service_url, row_factory=dict_row) as tx:
            tx.execute("SELECT set_config('backshop.store_id', %s, true)", [str(self.store.id)])
            projections.save(tx, self.store, records, unstorable=[])

    def rows(self, sql: str) -> list[Json]:
        found: list[Json] = self.owner.execute(sql, [self.store.id]).fetchall()
        return found

    def kept(self) -> Decimal:
        return Decimal(self.rows(KEPT)[0]["kept"])


Open = Callable[..., Shop]


@pytest.fixture
def shop_of(new_store: Callable[..., UUID], database: Any, owner: Any) -> Open:
    def make(platform: str, currency: str = "USD") -> Shop:
        return Shop(platform, new_store(platform), database, owner, currency)

    return make


# One record never stops the others: WooCommerce's pages

WOO_ORDER = "woocommerce_refund_of_an_order_in_another_currency"
ODD_ORDERS: list[tuple[str, Json]] = [
    ("MySQL's zero date", {"date_created_gmt": "0000-00-00T00:00:00"}),
    ("what WordPress makes of it", {"date_created_gmt": "-0001-11-30T00:00:00"}),
    ("a total that is no number", {"total": "NaN"}),
    ("a total beyond any", {"total": "1e400"}),
    ("an infinite total", {"total": "Infinity"}),
    ("a comma for the point", {"total": "20,00"}),
    ("an id of another kind", {"id": "order-5001"}),
    ("no id", {"id": None}),
    ("a number of 300 characters", {"number": "9" * 300}),
    ("a status of 100 characters", {"status": "wc-" + "x" * 100}),
    ("a customer below zero", {"customer_id": -1}),
    ("a currency that is none", {"currency": "US Dollar"}),
    ("an e-mail address of 400 characters", {"billing": {"email": "x" * 400 + "@example.com"}}),
    ("a country that is a name", {"billing": {"country": "Sri Lanka", "email": "n@example.com"}}),
    ("lines that are a text", {"line_items": "none"}),
    ("paid in the year 9999", {"date_paid_gmt": "9999-12-31T23:59:59"}),
]


@pytest.mark.parametrize("change", [each for _, each in ODD_ORDERS], ids=[n for n, _ in ODD_ORDERS])
def test_an_odd_order_stops_no_other(shop_of: Open, change: Json) -> None:
    shop = shop_of("woocommerce")
    plain = body(WOO_ORDER)
    odd = plain | {"id": 5002, "number": "5002"} | change
    rejected = shop.page("orders", [plain, odd, plain | {"id": 5003, "number": "5003"}])
    codes = {
        each["order_id"]
        for each in shop.rows("SELECT order_id FROM connect.platform_order WHERE store_id = %s")
    }
    assert {"5001", "5003"} <= codes
    assert len(codes) + len(rejected) == 3, "it is saved, or named"


ODD_PRODUCTS: list[Json] = [
    {"price": "NaN"},
    {"price": "-5.00"},
    {"price": "12,50"},
    {"regular_price": "free", "price": "free"},
    {"sku": "x" * 3000},
    {"name": ""},
    {"name": None},
    {"stock_quantity": 10**12},
    {"stock_quantity": "1.5"},
    {"categories": [{"id": 0, "name": None}]},
    {"categories": {"1": {"id": 9, "name": "Soaps", "slug": "soaps"}}},
    {"images": [None, {"src": ""}]},
    {"date_modified_gmt": "2026-13-45T00:00:00"},
    {"type": None},
    {"id": 2**63},
]


@pytest.mark.parametrize("change", ODD_PRODUCTS, ids=lambda each: json.dumps(each)[:60])
def test_an_odd_product_stops_no_other(shop_of: Open, change: Json) -> None:
    shop = shop_of("woocommerce")
    plain = body("woocommerce_price_of_six_decimals_by_webhook")
    odd = plain | {"id": 22, "sku": "ODD"} | change
    rejected = shop.page("products", [plain, odd, plain | {"id": 23, "sku": "S23"}])
    found = shop.rows("SELECT product_id FROM connect.platform_product WHERE store_id = %s")
    ids = {each["product_id"] for each in found}
    assert {21, 23} <= {int(each) for each in ids}
    assert len(ids) + len(rejected) >= 3, "it is saved, or named"


@pytest.mark.parametrize(
    "change",
    [
        {"amount": "5,00"},
        {"amount": "-1"},
        {"amount": "1e30"},
        {"code": "x" * 400},
        {"date_expires_gmt": "0000-00-00T00:00:00"},
        {"usage_count": "many"},
        {"discount_type": "x" * 200},
    ],
    ids=lambda each: json.dumps(each)[:60],
)
def test_an_odd_coupon_stops_no_other(shop_of: Open, change: Json) -> None:
    shop = shop_of("woocommerce")
    plain = body("woocommerce_coupon_amount_of_six_decimals_in_a_page")[1]
    rejected = shop.page("coupons", [plain | {"id": 3, "code": "odd"} | change, plain])
    codes = {
        each["code"] for each in shop.rows("SELECT code FROM insights.coupons WHERE store_id = %s")
    }
    assert "y" in codes
    assert len(codes) + len(rejected) == 2, "it is saved, or named"


# Money: Vendure's payments and refunds

VENDURE_ORDER = "vendure_order_made_smaller_and_refunded"


def payment(amount: int, state: str = "Settled", *refunds: Json, id: str = "1") -> Json:
    made = {"id": id, "createdAt": "2026-06-01T10:06:00Z", "method": "card"}
    return made | {"amount": amount, "state": state, "refunds": list(refunds)}


def refund(total: int, state: str = "Settled", id: str = "1") -> Json:
    return {
        "id": id,
        "createdAt": "2026-06-01T11:00:00Z",
        "updatedAt": "2026-06-01T11:00:00Z",
        "state": state,
        "total": total,
        "reason": None,
        "items": 0,
        "shipping": 0,
        "adjustment": 0,
        "lines": [],
    }


@pytest.mark.parametrize(
    ("payments", "kept"),
    [
        ([payment(2900, "Settled", refund(1200, "Failed"))], "29.00"),
        ([payment(2900, "Settled", refund(1200, "Failed"), refund(1200, id="2"))], "17.00"),
        ([payment(2900, "Declined"), payment(2900, id="2")], "29.00"),
        ([payment(2900, "Cancelled"), payment(2900, "Settled", refund(2900), id="2")], "0.00"),
        ([payment(2000), payment(900, id="2")], "29.00"),
        (
            [
                payment(2000, "Settled", refund(500)),
                payment(900, "Settled", refund(900, id="2"), id="2"),
            ],
            "15.00",
        ),
        ([payment(2900, "Error"), payment(2900, "Settled", id="2")], "29.00"),
        ([payment(3100)], "31.00"),
    ],
)
def test_what_vendure_keeps_is_what_was_settled(
    shop_of: Open, payments: list[Json], kept: str
) -> None:
    shop = shop_of("vendure")
    told = copy.deepcopy(body(VENDURE_ORDER))
    told["data"]["payments"] = payments
    shop.tell("order.updated", told)
    assert shop.kept() == Decimal(kept)


@pytest.mark.parametrize("states", [("Settled",), ("Pending", "Settled"), ("Settled", "Settled")])
def test_a_refund_that_settles_later_counts_once(shop_of: Open, states: tuple[str, ...]) -> None:
    shop = shop_of("vendure")
    for number, state in enumerate(states):
        told = copy.deepcopy(body(VENDURE_ORDER))
        told["createdAt"] = f"2026-06-01T12:0{number}:00Z"
        told["data"]["payments"] = [payment(2900, "Settled", refund(1200, state))]
        shop.tell("order.updated", told)
    assert shop.kept() == Decimal("17.00")


@pytest.mark.parametrize(
    ("currency", "kept"), [("JPY", "29.00"), ("KWD", "29.00"), ("USD", "29.00")]
)
def test_minor_units_are_the_servers_whatever_the_currency(
    shop_of: Open, currency: str, kept: str
) -> None:
    shop = shop_of("vendure", currency)
    told = copy.deepcopy(body(VENDURE_ORDER))
    told["data"] |= {"currencyCode": currency, "payments": [payment(2900)]}
    shop.tell("order.updated", told)
    assert shop.kept() == Decimal(kept)


SHOPIFY = "shopify_refund_of_an_amount_in_the_shoppers_currency"


def of_shopify(*transactions: Json, **more: Any) -> Json:
    made = {
        "id": 301,
        "admin_graphql_api_id": "gid://shopify/Refund/301",
        "order_id": 1001,
        "created_at": "2026-06-02T10:00:00Z",
        "processed_at": "2026-06-02T10:00:00Z",
        "note": "",
        "refund_line_items": [],
        "order_adjustments": [],
    }
    return made | {"transactions": list(transactions)} | more


def transaction(amount: str, status: str = "success", kind: str = "refund", id: int = 2) -> Json:
    return {"id": id, "kind": kind, "status": status, "amount": amount, "currency": "USD"}


@pytest.mark.parametrize(
    ("transactions", "kept"),
    [
        ([transaction("40.00", "failure"), transaction("40.00", id=3)], "60.00"),
        ([transaction("40.00", "error"), transaction("40.00", "failure", id=3)], "100.00"),
        ([transaction("30.00"), transaction("10.00", id=3)], "60.00"),
        ([transaction("40.00", kind="void")], "100.00"),
        ([transaction("100.00")], "0.00"),
    ],
)
def test_what_shopify_gave_back_is_what_went_through(
    shop_of: Open, transactions: list[Json], kept: str
) -> None:
    shop = shop_of("shopify")
    shop.tell("orders/create", body(SHOPIFY) | {"presentment_currency": "USD"})
    shop.tell("refunds/create", of_shopify(*transactions))
    assert shop.kept() == Decimal(kept)


def test_a_refund_that_comes_before_its_order_counts(shop_of: Open) -> None:
    shop = shop_of("shopify")
    shop.tell("refunds/create", of_shopify(transaction("40.00")))
    shop.tell("orders/create", body(SHOPIFY) | {"presentment_currency": "USD"})
    assert shop.kept() == Decimal("60.00")


# Time, order of arrival, deletion: WooCommerce


def is_there(shop: Shop) -> bool:
    found = shop.rows("SELECT status FROM connect.platform_order WHERE store_id = %s")
    return bool([each for each in found if each["status"] != "deleted"])


def woo(modified: str = "2026-06-01T10:05:00", **change: Any) -> Json:
    order: Json = body(WOO_ORDER) | {"date_modified_gmt": modified} | change
    return order


@pytest.mark.parametrize(
    "shops_clock", ["2026-06-01T10:05:00", "2026-06-03T00:10:00", "2031-01-01T00:00:00"]
)
def test_trash_and_undo_in_one_second_ends_as_the_last_said(
    shop_of: Open, shops_clock: str
) -> None:
    shop, at = shop_of("woocommerce"), AT
    shop.tell("order.created", woo(shops_clock), at)
    shop.tell("order.deleted", {"id": 5001}, at + timedelta(milliseconds=300))
    assert not is_there(shop)
    shop.tell("order.restored", woo(shops_clock), at + timedelta(milliseconds=600))
    assert is_there(shop)
    shop.tell("order.deleted", {"id": 5001}, at + timedelta(milliseconds=900))
    assert not is_there(shop)


def test_a_deletion_that_is_told_again_late_takes_nothing_away(shop_of: Open) -> None:
    shop = shop_of("woocommerce")
    shop.tell("order.created", woo())
    deleted_at = shop.at()
    shop.tell("order.deleted", {"id": 5001}, deleted_at)
    shop.tell("order.restored", woo("2026-06-03T00:00:10"))
    shop.tell("order.deleted", {"id": 5001}, deleted_at)
    assert is_there(shop)


def test_an_update_that_was_on_its_way_does_not_bring_back_what_was_deleted(shop_of: Open) -> None:
    shop = shop_of("woocommerce")
    shop.tell("order.created", woo())
    late = shop.at()
    shop.tell("order.deleted", {"id": 5001})
    shop.tell("order.updated", woo("2026-06-02T10:00:00"), late)
    assert not is_there(shop)


def test_of_two_states_of_one_second_the_later_told_one_is_kept(shop_of: Open) -> None:
    shop = shop_of("woocommerce")
    shop.tell("order.created", woo(status="pending"))
    shop.tell("order.updated", woo(status="completed"))
    [found] = shop.rows("SELECT status FROM connect.platform_order WHERE store_id = %s")
    assert found["status"] == "completed"


def test_an_order_of_the_future_can_still_be_changed(shop_of: Open) -> None:
    shop = shop_of("woocommerce")
    shop.tell("order.created", woo("2099-01-01T00:00:00", status="pending"))
    shop.tell("order.updated", woo("2026-06-03T00:00:30", status="completed"))
    [found] = shop.rows("SELECT status FROM connect.platform_order WHERE store_id = %s")
    assert found["status"] == "completed"


def test_a_customer_who_was_deleted_stays_nameless_whatever_comes_late(shop_of: Open) -> None:
    shop = shop_of("vendure")
    told = {"id": "7", "firstName": "A", "lastName": "B", "emailAddress": "a@example.com"}
    of = {"createdAt": "2026-06-01T10:00:00Z", "updatedAt": "2026-06-01T10:00:00Z"}

    def event(name: str, at: str, data: Json) -> None:
        shop.tell(name, {"event": name, "createdAt": at, "data": data})

    event("customer.created", "2026-06-01T10:00:00Z", told | of)
    event("customer.deleted", "2026-06-01T10:10:00Z", {"id": "7"})
    event("customer.updated", "2026-06-01T10:05:00Z", told | of)
    [found] = shop.rows(
        "SELECT is_active, email, first_name FROM kits.customers WHERE store_id = %s"
    )
    assert found == {"is_active": False, "email": None, "first_name": None}
