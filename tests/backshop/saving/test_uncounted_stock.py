"""Stock that nobody counts is available, whichever way a shop tells it, and stays so where a
delivery does not tell."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import psycopg
import pytest
from backshop.commerce import Product, Variant
from backshop.platforms.shopify import translate as shopify
from backshop.platforms.vendure import translate as vendure
from psycopg.rows import dict_row

from tests.backshop.platforms.recorded import NOW, store, told
from tests.backshop.saving import records

BARE = {"id": 5, "title": "Tee", "status": "active"}


def by_webhook(**variant: Any) -> Product:
    """Shopify's deliveries tell a number, whoever counts it."""
    given = {
        "id": 5,
        "price": "9.00",
        "inventory_policy": "deny",
        "inventory_quantity": 0,
    } | variant
    [product] = told("shopify", "products/update", BARE | {"variants": [given]})
    return product


def by_sync(**variant: Any) -> Product:
    given = {
        "id": 5,
        "price": "9.00",
        "inventory_policy": "deny",
        "inventory_quantity": 0,
    } | variant
    page = shopify.page("products", [BARE | {"variants": [given]}], store("shopify"), NOW)
    [product] = page.events
    assert isinstance(product, Product)
    return product


def in_vendure(settings: dict[str, Any] | None = None, **variant: Any) -> Product:
    given = {
        "id": "5", "price": 900, "stockLevels": [{"stockOnHand": 0, "stockAllocated": 2}],
    } | variant  # fmt: skip
    product = {"id": "5", "name": "Tee", "enabled": True, "variants": [given]}
    shop = store("vendure").model_copy(update={"settings": settings or {}})
    [found] = vendure.page("products", [product], shop, NOW).events
    assert isinstance(found, Product)
    return found


def one(product: Product) -> Variant:
    [variant] = product.variants
    return variant


@pytest.mark.parametrize(
    ("product", "stock", "is_available"),
    [
        (by_sync(available_for_sale=True), None, True),
        (by_sync(available_for_sale=False), 0, False),
        (by_sync(available_for_sale=True, inventory_quantity=-3), None, True),
        (by_sync(available_for_sale=True, inventory_quantity=4), 4, True),
        (by_sync(available_for_sale=True, inventory_policy="continue"), 0, True),
        (by_webhook(inventory_management=None), None, True),
        (by_webhook(inventory_management=""), None, True),
        (by_webhook(inventory_management="shopify"), 0, False),
        (by_webhook(inventory_policy="continue"), 0, True),
        (in_vendure(trackInventory=False), None, True),
        (in_vendure(trackInventory="FALSE"), None, True),
        (in_vendure(trackInventory="TRUE"), -2, False),
        (in_vendure(trackInventory="INHERIT"), -2, False),
        (in_vendure({"track_inventory": False}, trackInventory="INHERIT"), None, True),
        (in_vendure({"track_inventory": False}, trackInventory="TRUE"), -2, False),
        (in_vendure(trackInventory="FALSE", enabled=False), None, False),
    ],
)
def test_what_nobody_counts_can_be_bought(
    product: Product, stock: int | None, is_available: bool
) -> None:
    variant = one(product)
    assert (variant.stock, variant.available) == (stock, is_available)
    assert (variant.is_counted is False) is (stock is None)


def test_a_delivery_that_does_not_tell_leaves_it_as_it_was(
    new_store: Callable[..., UUID], database: Any
) -> None:
    """In every context: connect, insights and shade."""
    shop = records.shop(new_store("shopify"), "shopify", uses=["surveys"])
    with psycopg.connect(database.service_url, row_factory=dict_row) as tx:
        tx.execute("SELECT set_config('backshop.store_id', %s, true)", [str(shop.id)])
        for minutes, product, stock, is_available in (
            (1, by_webhook(), 0, False),
            (2, by_sync(available_for_sale=True), None, True),
            (3, by_webhook(title="Small"), None, True),
            (4, by_webhook(inventory_quantity=6), 6, True),
            (5, by_webhook(), 0, False),
        ):
            records.save(tx, shop, product.model_copy(update=records.at(minutes)))
            assert records.rows(
                tx, "SELECT stock_quantity, available FROM connect.platform_product"
            ) == [(stock, is_available)]
            assert records.rows(
                tx, "SELECT stock_quantity, stock_status FROM insights.product_variants"
            ) == [(stock, "instock" if is_available else "outofstock")]
            assert records.rows(tx, "SELECT is_available FROM shade.variants") == [is_available]
        tx.rollback()
