"""Custom fields that a store lists: what a delivery does not tell of stays as it was."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import orjson
import psycopg
import pytest
from backshop import platforms
from backshop.commerce import Customer, Platform, Store
from psycopg.rows import dict_row

from tests.backshop.platforms.recorded import NOW
from tests.backshop.saving import records


def shopify(told: dict[str, Any] | None) -> dict[str, Any]:
    if told is None:
        return {"id": 7, "email": "ann@example.com"}
    fields = [{"namespace": "custom", "key": key, "value": value} for key, value in told.items()]
    return {"id": 7, "email": "ann@example.com", "metafields": fields}


def woocommerce(told: dict[str, Any] | None) -> dict[str, Any]:
    if told is None:
        return {"id": 7, "email": "ann@example.com"}
    fields = [{"id": 1, "key": key, "value": value} for key, value in told.items()]
    return {"id": 7, "email": "ann@example.com", "meta_data": fields}


def vendure(told: dict[str, Any] | None) -> dict[str, Any]:
    data = {"id": "7", "emailAddress": "ann@example.com"}
    return {"data": data if told is None else data | {"customFields": told}}


BODIES: dict[str, tuple[str, Callable[[dict[str, Any] | None], dict[str, Any]]]] = {
    "shopify": ("customers/update", shopify),
    "woocommerce": ("customer.updated", woocommerce),
    "vendure": ("customer.updated", vendure),
}


def customer(shop: Store, told: dict[str, Any] | None) -> Customer:
    topic, made = BODIES[shop.platform]
    translate = platforms.load(Platform(shop.platform)).translator.translate
    [found] = translate(topic, orjson.dumps(made(told)), shop, NOW)
    assert isinstance(found, Customer)
    return found


@pytest.mark.parametrize("platform", BODIES)
def test_listed_fields_stay_until_they_are_told_otherwise(
    platform: str, new_store: Callable[..., UUID], database: Any
) -> None:
    shop = records.shop(
        new_store(platform), platform, uses=["deliveries"], customer_fields=["size", "pets"]
    )
    with psycopg.connect(database.service_url, row_factory=dict_row) as tx:
        tx.execute("SELECT set_config('backshop.store_id', %s, true)", [str(shop.id)])
        for minutes, told, kept in (
            (1, None, {}),
            (2, {"size": "L", "pets": "cat", "secret": "x"}, {"size": "L", "pets": "cat"}),
            (3, None, {"size": "L", "pets": "cat"}),
            (4, {"size": "M"}, {"size": "M"}),
            (5, None, {"size": "M"}),
            (6, {}, {}),
        ):
            record = customer(shop, told).model_copy(update=records.at(minutes))
            records.save(tx, shop, record)
            for query in (
                "SELECT metadata FROM connect.platform_customer",
                "SELECT custom_fields FROM kits.customers",
            ):
                [held] = records.rows(tx, query)
                held = {
                    name: held[name] for name in ("size", "pets", "secret") if name in (held or {})
                }
                assert held == kept, (query, minutes)
        tx.rollback()
