"""The demo shops of a running stack: synced, connected by webhooks, kept from one run to the next.

What has to be in the tables is computed here from the servers' own state, which tells money in
minor units and times in microseconds.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from shops.running import RunningShop

PLATFORMS = ("shopify", "woocommerce", "vendure")
Eventually = Callable[..., Any]


class Shop:
    """A demo shop: its server on one side, its rows on the other."""

    def __init__(self, running: Any, platform: str) -> None:
        self.stack = running
        self.platform = platform
        self.id: str = running.connectors[platform]["id"]
        url = connector(running, platform)["store_url"]
        self.server = RunningShop(platform, url, {}, 0)

    def rows(self, statement: str, *values: Any) -> list[dict[str, Any]]:
        url = self.stack.database_urls["owner"]
        with psycopg.connect(url, row_factory=dict_row) as connection:
            return connection.execute(statement.encode(), [self.id, *values]).fetchall()

    def order(self, id: int) -> tuple[Decimal, Decimal] | None:
        """An order's total in connect and in insights, once it is in both."""
        found = self.rows(
            """SELECT c.total_amount, i.total
               FROM connect.platform_order AS c JOIN insights.orders AS i
                 ON i.store_id = c.store_id AND i.wc_order_id = c.order_id::bigint
               WHERE c.store_id = %s AND c.order_id = %s""",
            str(id),
        )
        return (found[0]["total_amount"], found[0]["total"]) if found else None

    def held(self, schema: str) -> dict[int, tuple[Decimal, ...]]:
        """Totals by id of the orders of the server's own, without those that were recorded."""
        statement = {
            "connect": "SELECT order_id::bigint AS id, total_amount AS total"
            " FROM connect.platform_order WHERE store_id = %s AND status <> 'deleted'",
            "insights": "SELECT wc_order_id AS id, total FROM insights.orders WHERE store_id = %s",
        }[schema]
        own = range(1_000_000, 6_000_000_000)
        return {row["id"]: row["total"] for row in self.rows(statement) if row["id"] in own}

    def wanted(self) -> dict[int, Decimal]:
        return {
            each["id"]: total(self.platform, each)
            for each in self.server.state()["orders"]
            if each["placed_at"] is not None and each["status"] != "trash"
        }


def total(platform: str, order: dict[str, Any]) -> Decimal:
    """In major units. A cancelled order of Vendure has no quantities any more."""
    if platform == "vendure" and order["stage"] == "cancelled":
        return Decimal(order["shipping"] + order["shipping_tax"]) / 100
    return Decimal(order["total"]) / 100


def connector(running: Any, platform: str) -> dict[str, Any]:
    path = f"/connectors/{running.connectors[platform]['id']}"
    with running.http(headers={"Authorization": f"Bearer {running.staff_key}"}) as http:
        told: dict[str, Any] = http.get(path).json()
    return told


@pytest.fixture(params=PLATFORMS)
def shop(stack: Any, request: pytest.FixtureRequest) -> Shop:
    return Shop(stack, request.param)


def test_the_orders_of_the_server_are_in_connect_and_insights(shop: Shop) -> None:
    wanted = shop.wanted()
    assert len(wanted) > 150
    assert shop.held("connect") == wanted
    assert shop.held("insights") == wanted


def test_lines_customers_and_products_are_all_there(shop: Shop) -> None:
    state = shop.server.state()
    orders = [each for each in state["orders"] if each["placed_at"] is not None]
    own = "BETWEEN 1000000 AND 6000000000"
    for table, id, wanted in (
        ("connect.order_item", "line_id", [e["id"] for each in orders for e in each["lines"]]),
        ("insights.order_items", "line_id", [e["id"] for each in orders for e in each["lines"]]),
        ("connect.platform_customer", "customer_id", [e["id"] for e in state["customers"]]),
        ("insights.products", "wc_product_id", [each["id"] for each in state["products"]]),
    ):
        held = shop.rows(
            f"SELECT {id}::bigint AS id FROM {table} WHERE store_id = %s AND {id}::bigint {own}"
        )
        found = {row["id"] for row in held}
        first = {1} if table == "connect.platform_customer" else set()  # WordPress's administrator
        assert found - first == set(wanted) - first, table


def test_an_order_placed_at_the_shop_arrives_by_webhook(shop: Shop, eventually: Eventually) -> None:
    runs = shop.rows("SELECT id FROM insights.sync_logs WHERE store_id = %s")
    placed = shop.server.place_order()
    amount = Decimal(placed["total"]) / 100
    eventually(lambda: shop.order(placed["id"]) == (amount, amount), seconds=40)
    # No sync brought it.
    assert shop.rows("SELECT id FROM insights.sync_logs WHERE store_id = %s") == runs
    arrived = [e for e in shop.server.deliveries() if e["record"] == str(placed["id"])]
    assert arrived
    assert all(
        e["url"].endswith(shop.stack.connectors[shop.platform]["webhook_path"]) for e in arrived
    )


@contextmanager
def webhooks_held_back(shop: Shop) -> Iterator[None]:
    shop.server.control("courier", paused=True)
    try:
        yield
    finally:
        shop.server.control("courier", paused=False)


def test_the_sync_command_brings_what_no_webhook_told(shop: Shop) -> None:
    with webhooks_held_back(shop):
        placed = shop.server.place_order()
        assert shop.order(placed["id"]) is None
        done = shop.stack.backshop("sync", "--store", shop.id)
        assert done.returncode == 0, done.stderr
        amount = Decimal(placed["total"]) / 100
        assert shop.order(placed["id"]) == (amount, amount), done.stdout + done.stderr
    assert "incremental sync completed in" in done.stdout
    assert "\x1b" not in done.stdout + done.stderr
    orders = [line.split() for line in done.stdout.splitlines() if line.startswith("orders ")]
    assert [line[1] for line in orders] == ["completed"]
    assert int(orders[0][2].replace(",", "")) >= 1
    # Progress is no part of what a pipe gets.
    assert "orders:" in done.stderr
    assert "orders:" not in done.stdout


def test_a_sync_that_cannot_read_its_shop_says_what_is_next(stack: Any) -> None:
    shop = Shop(stack, "woocommerce")
    shop.server.control("settings", secret="of another key")
    try:
        done = stack.backshop("sync", "--store", shop.id)
    finally:
        shop.server.control("settings", secret="cs_local")
    assert done.returncode == 1
    assert "the sync failed; it is not tried again by itself" in done.stderr
    assert "orders: WooCommerce refused the key" in done.stdout
    assert "`backshop logs sync_run --since 15m` has more" in done.stderr
    assert stack.backshop("sync", "--store", shop.id).returncode == 0


def test_the_documented_line_places_an_order(stack: Any, eventually: Eventually) -> None:
    text = (Path(__file__).parents[2] / "docs" / "local.md").read_text()
    lines = [line.strip() for line in text.splitlines() if "_control/place_order" in line]
    shop = Shop(stack, "woocommerce")
    line = f". {stack.state}/env; {lines[-1]}"
    said = subprocess.run(["bash", "-c", line], capture_output=True, check=True, timeout=60)
    placed = json.loads(said.stdout)
    eventually(lambda: shop.order(placed["id"]), seconds=40)
