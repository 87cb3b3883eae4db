"""Every operation of backshop is answered by the local server: no field in it is unmodelled."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from graphql import parse

from shops import shopify, vendure
from shops.running import RunningShop
from tests.contracts.graphql.check import files, operation_of
from tests.contracts.graphql.test_operations import PLATFORMS, samples
from tests.contracts.servers.recordings import send

# A query for a bulk operation names no page size and runs only inside one, where
# tests/backshop/platforms/test_shopify_translate.py reads a shop by it.
SHOPIFY = [path for path in files(PLATFORMS / "shopify/operations") if path.stem != "orders_bulk"]
VENDURE = files(PLATFORMS / "vendure/operations")


@pytest.fixture(scope="module")
def shopify_shop() -> Iterator[RunningShop]:
    with shopify.running(orders=60, bucket=1e7, restore=1e7, seed=2) as running:
        yield running


@pytest.fixture(scope="module")
def vendure_shop() -> Iterator[RunningShop]:
    with vendure.running(orders=60, seed=2) as running:
        yield running


def _name(path: Path) -> str:
    return path.stem


def _fresh(shop: RunningShop) -> dict[str, str]:
    """Numbers of an order that has everything, by what they number."""
    variant = shop.state()["products"][0]["variants"][0]["id"]
    order = shop.place_order(lines=[{"variant": variant, "quantity": 3}])
    refunded = shop.refund(order["id"], lines=[{"line": order["lines"][0]["id"]}])
    return {
        "Order": str(order["id"]),
        "LineItem": str(order["lines"][0]["id"]),
        "OrderTransaction": str(order["payments"][0]["id"]),
        "Refund": str(refunded["refunds"][0]["id"]),
        "Customer": str(shop.state()["customers"][0]["id"]),
        "Product": str(shop.state()["products"][0]["id"]),
        "ProductVariant": str(shop.state()["products"][0]["variants"][0]["id"]),
    }


@pytest.mark.parametrize("path", SHOPIFY, ids=_name)
def test_the_local_shopify_answers(path: Path, shopify_shop: RunningShop) -> None:
    known = _fresh(shopify_shop)
    text = json.dumps(samples("shopify").get(path.stem, {}))
    text = re.sub(
        r"gid://shopify/(\w+)/1\b", lambda m: f"gid://shopify/{m[1]}/{known.get(m[1], '1')}", text
    )
    answer = send(
        "POST",
        f"{shopify_shop.url}/admin/api/2026-10/graphql.json",
        body={"query": path.read_text(), "variables": json.loads(text)},
        headers={"X-Shopify-Access-Token": shopify_shop.credentials["api_key"]},
    )
    assert answer.status == 200
    assert "errors" not in answer.body, answer.body["errors"]
    assert answer.body["data"]


VENDURE_IDS = {"paymentId": "OrderTransaction", "orderId": "Order", "id": "Order"}


def _renumbered(value: Any, known: dict[str, str], key: str = "") -> Any:
    if isinstance(value, dict):
        return {name: _renumbered(part, known, name) for name, part in value.items()}
    if isinstance(value, list):
        return [_renumbered(part, known, key) for part in value]
    return known[VENDURE_IDS[key]] if key in VENDURE_IDS and value == "1" else value


@pytest.mark.parametrize("path", VENDURE, ids=_name)
def test_the_local_vendure_answers(path: Path, vendure_shop: RunningShop) -> None:
    known = _fresh(vendure_shop)
    if path.stem == "settle_refund":
        known["Order"] = known["Refund"]
    answer = send(
        "POST",
        f"{vendure_shop.url}/admin-api",
        body={
            "query": path.read_text(),
            "variables": _renumbered(samples("vendure").get(path.stem, {}), known),
        },
        headers={"vendure-api-key": vendure_shop.credentials["api_key"]},
    )
    assert answer.status == 200, answer.body
    assert "errors" not in answer.body, answer.body["errors"]
    assert answer.body["data"]


def test_every_file_holds_one_operation() -> None:
    assert SHOPIFY
    assert VENDURE
    for path in (*SHOPIFY, *VENDURE):
        assert operation_of(parse(path.read_text())) is not None, path.name
