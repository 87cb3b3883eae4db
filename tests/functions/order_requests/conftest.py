"""A store that is connected to a local shop, and outbox_worker at its service."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from types import ModuleType
from typing import Any
from uuid import UUID, uuid4

import pytest
from backshop import db, outbox
from backshop.stores import credentials

from shops.running import RunningShop, running

PATH_ID = "0b7c3f4e-5a51-4d8e-9d3e-2f6a1c0e9b11"
ADDRESS = {
    "name": "Jane van Doe",
    "line1": "2 New St",
    "line2": "Floor 3",
    "city": "Oakland",
    "province_code": "CA",
    "postal_code": "94601",
    "country_code": "US",
    "phone": "+1 555 0100",
}
SHIPPED = ("woocommerce", "shopify", "vendure")


@pytest.fixture(scope="session")
def servers() -> Iterator[Callable[[str], RunningShop]]:
    """A local server of each platform, started when it is first asked for."""
    started: dict[str, Any] = {}

    def get(platform: str) -> RunningShop:
        if platform not in started:
            holder = running(platform, orders=0, products=8, time_scale=0.01)
            started[platform] = (holder, holder.__enter__())
        shop: RunningShop = started[platform][1]
        return shop

    yield get
    for holder, _ in started.values():
        holder.__exit__(None, None, None)


@dataclass
class Connected:
    """The store, its shop, and the two functions between them."""

    store: UUID
    server: RunningShop
    owner: Any
    requests: ModuleType
    writer: ModuleType
    event: Callable[[str], dict[str, Any]]
    context: Any

    @property
    def platform(self) -> str:
        return self.server.platform

    def place(self, **spec: Any) -> dict[str, Any]:
        """A paid order at the shop, known here as a sync would have saved it."""
        priced = [
            variant["id"]
            for product in self.server.state()["products"]
            for variant in product["variants"]
            if variant["price"]
        ]
        lines = spec.pop("lines", [{"variant": priced[0], "quantity": 3}, {"variant": priced[1]}])
        order = self.server.place_order(paid=True, email="jane@example.com", lines=lines, **spec)
        self.save(order)
        return order

    def save(self, order: dict[str, Any]) -> None:
        self.owner.execute(
            """INSERT INTO connect.platform_order
                 (store_id, order_id, platform, status, total_amount, currency, line_items)
               VALUES (%s, %s, %s, 'paid', %s, %s, '[]')""",
            (self.store, str(order["id"]), self.platform, major(order["total"]), order["currency"]),
        )
        for line in order["lines"]:
            net = line["unit_price"] * line["quantity"] - line["discount"]
            tax = (Decimal(net) * Decimal(order["tax_rate"]) / 100).quantize(1, ROUND_HALF_UP)
            self.owner.execute(
                """INSERT INTO connect.order_item
                     (store_id, order_id, platform, sku, quantity, price, line_id, total, tax)
                   VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)""",
                (
                    self.store, str(order["id"]), self.platform, line["sku"], line["quantity"],
                    major(line["unit_price"]), str(line["id"]), major(net), major(int(tax)),
                ),
            )  # fmt: skip

    def call(self, name: str, order_id: Any = "", body: Any = None, **changes: Any) -> Any:
        """One call of a route; its status and body."""
        request = self.event(f"order_requests/{name}")
        path = request["rawPath"].replace(PATH_ID, str(self.store))
        path = path.replace("/orders/15/", f"/orders/{order_id}/")
        path = path.replace("9b2fdb0c-5c9f-4ac4-9c0b-7a0ac5e8e111", str(changes.pop("id", "")))
        path = path.replace("/refunds/", f"/{changes.pop('what', 'refunds')}/")
        request["rawPath"] = request["requestContext"]["http"]["path"] = path
        request["headers"]["idempotency-key"] = changes.pop("key", str(uuid4()))
        request["body"] = json.dumps(body) if body is not None else None
        answer = self.requests.handler(request, self.context)
        return answer["statusCode"], json.loads(answer["body"])

    def refund(self, order: dict[str, Any], **body: Any) -> dict[str, Any]:
        status, made = self.call("refund", order["id"], body)
        assert status == 202, made
        return made

    def change(self, order: dict[str, Any], **body: Any) -> dict[str, Any]:
        status, made = self.call("address", order["id"], ADDRESS | body)
        assert status == 202, made
        return made

    def work_off(self, seconds: float = 60) -> None:
        """Do what is due until nothing is open, as the queue and the sweep would."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            with db.transaction(store_id=self.store) as tx:
                due = outbox.due(tx, datetime.now(UTC), 1000)
                open_rows = tx.execute(
                    """SELECT count(*) AS n FROM backshop.outbox
                       WHERE store_id = %s AND status IN ('pending', 'sending')""",
                    (self.store,),
                ).fetchone()
            if not open_rows["n"]:
                return
            for row in due:
                while self.writer.work(self.store, row.key):
                    pass
            if not due:
                time.sleep(0.02)
        raise AssertionError("rows are open still")

    def shown(self, made: dict[str, Any], what: str = "refunds") -> dict[str, Any]:
        return self.call("show_refund", id=made["id"], what=what)[1]

    def rows(self, table: str, order_id: Any) -> list[dict[str, Any]]:
        return self.owner.execute(
            f"""SELECT * FROM connect.{table} WHERE store_id = %s AND order_id = %s
                ORDER BY requested_at""",
            (self.store, str(order_id)),
        ).fetchall()


@pytest.fixture
def connect(aws, servers, new_store, owner, load, event, context, monkeypatch):
    """Connects a new store to the platform's local server; faults of before are over."""
    monkeypatch.setattr(outbox, "FIRST_WAIT", timedelta(milliseconds=200))
    monkeypatch.setattr(outbox, "LONGEST_WAIT", timedelta(milliseconds=400))
    monkeypatch.setattr(outbox, "DOUBT", timedelta(milliseconds=300))
    requests, writer = load("order_requests"), load("outbox_worker")

    def make(platform: str) -> Connected:
        server = servers(platform)
        server.faults()
        if platform == "woocommerce":
            server.control("settings", gateway_confirms=True, storage="hpos")
        store = new_store(platform)
        sealed = {
            field: credentials.seal(server.credentials.get(field) or "none", store, field)
            for field in ("api_key", "secret")
        }
        owner.execute(
            """INSERT INTO connect.connector_config
                 (id, store_id, platform, store_url, api_key, secret)
               VALUES (%(id)s, %(id)s, %(platform)s, %(url)s, %(api_key)s, %(secret)s)""",
            {"id": store, "platform": platform, "url": server.url, **sealed},
        )
        return Connected(store, server, owner, requests, writer, event, context)

    yield make
    db.close()


def major(minor: int) -> Decimal:
    return Decimal(minor) / 100
