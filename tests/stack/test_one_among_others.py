"""One store among slow, loud and stuck ones: its deliveries come in as on a calm stack."""

from __future__ import annotations

import base64
import hashlib
import hmac
import itertools
import json
import statistics
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest

from tests.slow_shop import Dripping, serving
from tests.stack.conftest import ROOT, Running, eventually

RECORDED = ROOT / "shops/recordings/woocommerce-11.0.1/order_update_status_completed.json"
FLOOD, AT_ONCE = 2000, 8
SAMPLES = 40
_numbers = itertools.count(700_000)


@dataclass
class Store:
    """A connected WooCommerce shop, whose deliveries are posted here."""

    id: str
    secret: str
    client: httpx.Client

    def deliver(self) -> int:
        """Post a new order; its id."""
        number = next(_numbers)
        order = json.loads(RECORDED.read_text())
        body = json.dumps(order.get("body", order) | {"id": number, "number": str(number)}).encode()
        mac = hmac.new(self.secret.encode(), body, hashlib.sha256).digest()
        headers = {
            "X-WC-Webhook-Topic": "order.updated",
            "X-WC-Webhook-Signature": base64.b64encode(mac).decode(),
            "X-WC-Webhook-Delivery-ID": uuid4().hex,
            "Content-Type": "application/json",
        }
        answer = self.client.post(f"/webhooks/{self.id}", content=body, headers=headers)
        assert answer.status_code == 200, answer.text
        return number


@pytest.fixture
def connect(stack: Running) -> Iterator[Any]:
    with stack.http(headers={"Authorization": f"Bearer {stack.staff_key}"}) as client:

        def make(url: str) -> Store:
            body = {
                "platform": "woocommerce", "store_url": url, "api_key": "ck_x", "secret": "cs_x",
                "sync_interval": 86400, "settings": {"currency": "USD", "time_zone": "UTC"},
            }  # fmt: skip
            made = client.post("/connectors", json=body).raise_for_status().json()
            return Store(made["id"], made["webhook_secret"], client)

        yield make


def until_saved(owner: psycopg.Connection, store: Store, number: int, seconds: float = 120) -> None:
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        found = owner.execute(
            "SELECT FROM connect.platform_order WHERE store_id = %s AND order_id = %s",
            [store.id, str(number)],
        )
        if found.rowcount:
            return
        time.sleep(0.01)
    pytest.fail(f"a delivery was not saved within {seconds} s")


def sample(owner: psycopg.Connection, store: Store) -> list[float]:
    """Seconds from posting a delivery to its order, so many times."""
    taken = []
    for _ in range(SAMPLES):
        begun = time.monotonic()
        until_saved(owner, store, store.deliver())
        taken.append(time.monotonic() - begun)
    return taken


def p95(seconds: list[float]) -> float:
    return statistics.quantiles(seconds, n=20, method="inclusive")[-1]


@contextmanager
def locked(url: str, store: Store) -> Iterator[None]:
    """Somebody saves for the store and does not end."""
    with psycopg.connect(url) as connection:
        connection.execute("SELECT set_config('backshop.store_id', %s, true)", [store.id])
        connection.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        connection.execute("SELECT backshop.lock('saving', true)")
        yield
        connection.rollback()


def put_discounts(owner: psycopg.Connection, store: Store, number: int) -> None:
    """So much is to be written at the store's shop."""
    owner.execute(
        """INSERT INTO backshop.outbox (store_id, key, kind, payload)
           SELECT %s, 'order:' || n, 'delivery_stage', '{"order_code": "none"}'
           FROM generate_series(1, %s) AS n""",
        [store.id, number],
    )


@pytest.mark.slow
def test_a_store_is_served_beside_one_that_drips_one_that_floods_and_one_that_is_stuck(
    stack: Running, connect: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    urls = stack.database_urls
    dripping = Dripping()
    with (
        psycopg.connect(urls["owner"], autocommit=True) as owner,
        serving(dripping.answer) as slow_url,
        ThreadPoolExecutor(AT_ONCE) as pool,
    ):
        fourth, loud, stuck = (connect(f"http://127.0.0.1:9/{name}") for name in ("a", "b", "c"))
        for store in (fourth, loud, stuck):
            until_saved(owner, store, store.deliver())
        # As many environments as the flood has calls at once are begun before: starting them takes
        # a laptop's processor, which on AWS they do not share.
        for number in list(pool.map(lambda _: loud.deliver(), range(3 * AT_ONCE))):
            until_saved(owner, loud, number)
        before = saved(owner, loud)
        calm = sample(owner, fourth)

        slow = connect(slow_url)
        put_discounts(owner, slow, 12)
        eventually(lambda: dripping.calls > 0)
        with locked(urls["backshop_service"], stuck):
            kept = [stuck.deliver() for _ in range(50)]
            ended = threading.Event()

            def flood(_: int) -> int:
                return 0 if ended.is_set() else loud.deliver()

            posted = pool.map(flood, range(FLOOD))
            beside = sample(owner, fourth)
            numbers = [each for each in posted if each]
        with capsys.disabled():
            print(
                f"\ncalm p95 {p95(calm):.2f} s (median {statistics.median(calm):.2f}), beside them "
                f"{p95(beside):.2f} s (median {statistics.median(beside):.2f}); the longest took "
                + ", ".join(
                    f"{each:.1f} (no. {beside.index(each)})" for each in sorted(beside)[-5:]
                )
            )
        until_saved(owner, loud, numbers[-1], seconds=300)
        eventually(lambda: saved(owner, loud) == before + FLOOD, seconds=300)
        # What the stuck store's lock kept out comes again, or lies where it can be redriven from.
        dead = stack.queue_url("WebhookDeadLetters")
        eventually(lambda: saved(owner, stuck) - 1 + waiting(stack, dead) == len(kept), seconds=300)
    assert len(numbers) == FLOOD
    assert p95(beside) <= 3 * p95(calm)


def saved(owner: psycopg.Connection, store: Store) -> int:
    row = owner.execute(
        "SELECT count(*) FROM connect.platform_order WHERE store_id = %s", [store.id]
    ).fetchone()
    return int(row[0])


def waiting(stack: Running, queue: str) -> int:
    name = "ApproximateNumberOfMessages"
    found = stack.aws("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=[name])
    return int(found["Attributes"][name])
