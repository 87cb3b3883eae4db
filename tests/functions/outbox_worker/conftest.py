"""A kits store that is connected to a local Vendure server, and the functions around the outbox."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from time import monotonic, sleep
from types import ModuleType
from typing import Any
from uuid import UUID

import pytest
from backshop import db, outbox, senders
from backshop.stores import credentials

from shops.running import RunningShop, running
from tests.backshop.kits.shop import PHONE, Caller, add_orders


@pytest.fixture(scope="session")
def vendure() -> Iterator[RunningShop]:
    with running("vendure", orders=0, products=8, catalogue="kits", time_scale=0.01) as server:
        yield server


@dataclass
class Shop:
    """The store here and its Vendure there."""

    store: UUID
    server: RunningShop
    owner: Any
    call: Caller
    writer: ModuleType
    sweep: ModuleType
    context: Any
    texts: list[tuple[str, str]] = field(default_factory=list)
    ran_before: int = 0

    def __post_init__(self) -> None:
        self.ran_before = self._ran()

    def place(self) -> str:
        """An order at Vendure, saved here as it was placed; its code."""
        order = self.server.place_order(paid=True, phone=PHONE)
        code = f"KITS-{order['id']}"
        add_orders(self.owner, self.store, [code])
        return code

    def there(self, code: str) -> tuple[str | None, str | None]:
        """Stage and tracking number as Vendure holds them."""
        custom = self.server.order(int(code.split("-")[1]))["custom"]
        return custom.get("deliveryStage"), custom.get("trackingNumber")

    def here(self, code: str) -> dict[str, Any]:
        row: dict[str, Any] = self.owner.execute(
            "SELECT * FROM kits.order_delivery_status WHERE store_id = %s AND order_code = %s",
            [self.store, code],
        ).fetchone()
        return row

    def move(self, code: str, stage: str, number: str | None = None, **more: Any) -> None:
        body = {"stage": stage, **({"tracking_number": number} if number else {}), **more}
        status, answer = self.call("deliveries/update", code=code, body=body)
        assert status == 200, answer

    def set_there(self, code: str, stage: str | None, number: str | None = None) -> None:
        """Somebody changes the fields in Vendure's own admin."""
        fields = {"deliveryStage": stage, "trackingNumber": number}
        self.server.edit_order(int(code.split("-")[1]), custom=fields)

    def rows(self, kind: str = "delivery_stage") -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.owner.execute(
            "SELECT * FROM backshop.outbox WHERE store_id = %s AND kind = %s ORDER BY id",
            [self.store, kind],
        ).fetchall()
        return found

    def sent(self) -> int:
        """How many mutations Vendure has run for this test."""
        return self._ran() - self.ran_before

    def _ran(self) -> int:
        ran = self.server.control("mutations")
        found: int = ran.get("setOrderCustomFields", 0) + ran.get("setBackshopDelivery", 0)
        return found

    def work_off(self, seconds: float = 30) -> None:
        """Let the sweep and the queue do their work until nothing is open."""
        until = monotonic() + seconds
        while monotonic() < until:
            self.sweep.handler({}, self.context)
            with db.transaction(store_id=self.store) as tx:
                due = outbox.due(tx, datetime.now(UTC), 1000)
            for row in due:
                while self.writer.work(self.store, row.key):
                    pass
            if not self._open():
                return
            sleep(0.02)
        raise AssertionError(f"still open: {self._open()}")

    def _open(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.owner.execute(
            """SELECT id, key, kind, attempts, response FROM backshop.outbox
               WHERE store_id = %s AND status IN ('pending', 'sending')""",
            [self.store],
        ).fetchall()
        return found


@pytest.fixture
def shop(
    aws, vendure, new_store, owner, load: Callable[[str], ModuleType], event, context, monkeypatch
) -> Iterator[Shop]:
    monkeypatch.setattr(outbox, "FIRST_WAIT", timedelta(milliseconds=50))
    monkeypatch.setattr(outbox, "LONGEST_WAIT", timedelta(milliseconds=200))
    vendure.faults()
    # The sweep sees all stores: those of other tests have left thousands of rows.
    owner.execute("DELETE FROM backshop.outbox")
    owner.execute(
        "UPDATE kits.order_delivery_status SET to_repair = false, to_tell = false"
        " WHERE to_repair OR to_tell"
    )
    store = new_store("vendure")
    sealed = {
        name: credentials.seal(vendure.credentials.get(name) or "none", store, name)
        for name in ("api_key", "secret")
    }
    owner.execute(
        """INSERT INTO connect.connector_config (id, store_id, platform, store_url, api_key, secret)
           VALUES (%(id)s, %(id)s, 'vendure', %(url)s, %(api_key)s, %(secret)s)""",
        {"id": store, "url": vendure.url, **sealed},
    )
    made = Shop(
        store,
        vendure,
        owner,
        Caller(load, event, context, store),
        load("outbox_worker"),
        load("outbox_sweep"),
        context,
    )

    def send_sms(phone: str, text: str) -> str:
        made.texts.append((phone, text))
        return "reference"

    monkeypatch.setattr(senders, "send_sms", send_sms)
    yield made
    db.close()
