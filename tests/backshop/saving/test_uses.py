"""What a store uses is its own setting: records of any platform reach what it names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import psycopg
import pytest
from backshop import platforms
from backshop.commerce import Address, Fulfilment, Order, Store
from backshop.kits.deliveries import repository as deliveries
from backshop.stores import repository as stores
from psycopg.rows import dict_row

from tests.backshop.saving.records import Tx, customer, line, order, product, rows, save, shop

Make = Callable[..., tuple[Tx, Store]]
PHONE = "94770000012"


@pytest.fixture
def open_shop(database: Any, new_store: Callable[[str], UUID]) -> Any:
    with psycopg.connect(database.service_url, row_factory=dict_row) as connection:

        def make(platform: str, **settings: Any) -> tuple[Tx, Store]:
            id = new_store(platform)
            connection.commit()
            connection.execute("SELECT set_config('backshop.store_id', %s, false)", [str(id)])
            return connection, shop(id, platform, country="LK", **settings)

        yield make
        connection.rollback()


def jersey(id: str = "1", minutes: float = 0, **given: Any) -> Order:
    printed = {"Name on it": "PERERA", "No": "10", "patch_enabled": "yes", "patch_type": "league"}
    values = {
        "code": f"#{id}",
        "phone": "077 000 0012",
        "customer_id": "7",
        "lines": (line(custom=printed),),
        "shipping_address": Address(city="Kandy", country_code="LK"),
        **given,
    }
    return order(id, minutes, **values)


@pytest.mark.parametrize("platform", platforms.NAMES)
def test_deliveries_on_every_platform(open_shop: Make, platform: str) -> None:
    fields = {"print_name": "Name on it", "print_number": "No"}
    tx, store = open_shop(platform, uses=["deliveries"], deliveries={"print_fields": fields})
    save(tx, store, customer("7"), jersey())
    [kept] = rows(
        tx, "SELECT order_code, phone_number, delivery_stage FROM kits.customer_orders_summary"
    )
    assert kept == ("#1", PHONE, "ORDER_CONFIRMED")
    [item] = rows(
        tx,
        "SELECT patch_enabled, patch_type, print_name, print_number FROM kits.customer_order_items",
    )
    assert item == (True, "league", "PERERA", "10")
    save(tx, store, jersey("1", 5, fulfilment=Fulfilment.FULFILLED, tracking_number="TE-1"))
    found = deliveries.delivery_of_order(tx, "1")
    assert found is not None
    assert (found["stage"], found["tracking_number"]) == ("DISPATCHED", "TE-1")


@pytest.mark.parametrize("platform", platforms.NAMES)
def test_surveys_on_every_platform(open_shop: Make, platform: str) -> None:
    kinds = {"shade_kit": {"skus": ["SKU-5"]}}
    tx, store = open_shop(platform, uses=["surveys"], shade={"kinds": kinds})
    save(tx, store, product("5"), customer("7"), jersey())
    [kit] = rows(tx, "SELECT product_type, customer_id IS NOT NULL AS known FROM shade.orders")
    assert kit == ("shade_kit", True)
    assert rows(tx, "SELECT 1 FROM kits.customer_orders_summary") == []


@pytest.mark.parametrize("platform", platforms.NAMES)
def test_who_uses_nothing_more_has_nothing_more(open_shop: Make, platform: str) -> None:
    tx, store = open_shop(platform, uses=[])
    save(tx, store, product("5"), customer("7"), jersey())
    for table in ("kits.customer_orders_summary", "kits.customers", "shade.orders"):
        assert rows(tx, f"SELECT 1 FROM {table}") == []


def test_two_orders_of_one_number_are_two(open_shop: Make) -> None:
    """A plugin of WooCommerce may begin anew each year."""
    tx, store = open_shop("woocommerce", uses=["deliveries"])
    save(tx, store, jersey("1", code="2026-1"), jersey("2", code="2026-1"))
    save(tx, store, jersey("2", 5, code="2026-1", status="completed"))
    save(tx, store, jersey("3", code="2026-1", fulfilment=Fulfilment.FULFILLED))
    kept = rows(
        tx,
        "SELECT vendure_order_id AS id, order_code, delivery_stage AS stage"
        " FROM kits.customer_orders_summary ORDER BY 1",
    )
    assert kept == [
        ("1", "2026-1", "ORDER_CONFIRMED"),
        ("2", "2026-1~2", "ORDER_CONFIRMED"),
        ("3", "2026-1~3", "DISPATCHED"),
    ]


def test_the_couriers_name_is_the_stores(owner: Any, open_shop: Make) -> None:
    tx, store = open_shop("shopify", uses=["deliveries"])
    owner.execute(
        """UPDATE backshop.stores SET settings = settings
             || '{"deliveries": {"carrier": "Island Parcels"}}' WHERE id = %s""",
        [store.id],
    )
    save(tx, store, jersey())
    assert rows(tx, "SELECT carrier FROM kits.order_tracking") == ["Island Parcels"]


def test_a_call_without_a_store_means_the_only_one_that_uses_it(owner: Any, new_store: Any) -> None:
    told, usual = new_store("woocommerce"), new_store("vendure")
    owner.execute(
        """UPDATE backshop.stores SET settings = settings || '{"uses": ["deliveries"]}'
           WHERE id = %s""",
        [told],
    )
    without = new_store("vendure")
    owner.execute(
        """UPDATE backshop.stores SET settings = settings || '{"uses": []}' WHERE id = %s""",
        [without],
    )
    owner.execute("BEGIN")
    owner.execute("SELECT set_config('backshop.all_stores', 'on', true)")
    found = stores.some_ids(owner, "deliveries", 100_000)
    owner.execute("ROLLBACK")
    assert {told, usual} <= set(found)
    assert without not in found
