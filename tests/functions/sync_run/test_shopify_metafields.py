"""Shopify's metafields as the custom fields that a store lists: by sync, and as subscribed."""

from __future__ import annotations

from typing import Any

from backshop import db
from backshop.stores import repository as stores

from tests.functions.sync_run.shops import connected

TOPICS = {"CUSTOMERS_CREATE", "CUSTOMERS_UPDATE"}


def test_listed_metafields_are_read_and_subscribed(aws: Any) -> None:
    with connected("shopify", orders=3) as shop:
        buyer = shop.shop.state()["customers"][0]["id"]
        meta = {"custom.size": "L", "loyalty.points": 5, "custom.secret": "x"}
        shop.shop.control("edit_customer", id=buyer, meta=meta)
        for listed, kept in (
            (["size", "loyalty.points"], {"size": "L", "loyalty.points": "5"}),
            (["loyalty.points"], {"loyalty.points": "5"}),
            ([], {}),
        ):
            with db.transaction(store_id=shop.id) as tx:
                stores.change(tx, None, {"customer_fields": listed})
            run = shop.sync("full")
            assert run.status == "completed", run
            [held] = shop.rows(
                f"SELECT metadata FROM connect.platform_customer WHERE customer_id = '{buyer}'"
            )
            names = ("size", "loyalty.points", "secret", "custom.size", "custom.secret")
            assert {
                name: held["metadata"][name] for name in names if name in held["metadata"]
            } == kept
            subscribed = shop.shop.control("webhooks")
            for each in subscribed:
                fields = {f"{one['namespace']}.{one['key']}" for one in each["metafields"]}
                full = {name if "." in name else f"custom.{name}" for name in listed}
                assert fields == (full if each["topic"] in TOPICS else set()), each["topic"]
