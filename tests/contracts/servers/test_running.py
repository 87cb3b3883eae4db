"""Starting and stopping the servers, what they keep, and real invoices."""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from shops import running, shopify, vendure, woocommerce
from shops.running import ROOT, RunningShop, start
from tests.contracts.servers.recordings import send

SERVERS = {"woocommerce": woocommerce, "shopify": shopify, "vendure": vendure}


@pytest.fixture(autouse=True)
def _processes_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Here the real way to start one is what is tested (tests/nursery.py)."""
    monkeypatch.setattr(running, "start", start)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize("name", SERVERS)
def test_a_server_listens_on_loopback_and_ends_with_its_block(name: str) -> None:
    with SERVERS[name].running(orders=5) as shop:
        assert shop.url.startswith("http://127.0.0.1:")
        assert alive(shop.pid)
        assert shop.platform == name
    assert not alive(shop.pid)


def test_a_server_ends_with_its_parent() -> None:
    child = (
        "import time; from shops import woocommerce\n"
        "with woocommerce.running(orders=3) as shop:\n"
        "    print(shop.pid, flush=True)\n"
        "    time.sleep(60)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", child], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        assert alive(pid)
        parent.kill()
    for _ in range(100):
        if not alive(pid):
            return
        time.sleep(0.1)
    raise AssertionError("the server outlived its parent")


@pytest.mark.parametrize("name", SERVERS)
def test_a_shop_can_be_kept_from_one_run_to_the_next(name: str, tmp_path: Path) -> None:
    options: dict[str, Any] = {"orders": 20, "state": tmp_path / "kept" / "shop"}
    with SERVERS[name].running(**options) as shop:
        order = shop.place_order()
        before = shop.state()
    with SERVERS[name].running(**options) as shop:
        after = shop.state()
        assert {**after, "now": 0} == {**before, "now": 0}
        assert shop.place_order()["id"] > order["id"]


@pytest.mark.parametrize("name", SERVERS)
def test_help_names_the_options(name: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "shops", name, "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    for option in ("--port", "--orders", "--seed", "--time-scale", "--invoices"):
        assert option in done.stdout


def test_an_unknown_action_is_refused_with_a_sentence() -> None:
    with woocommerce.running(orders=3) as shop:
        with pytest.raises(ValueError, match="no such action: fly"):
            shop.control("fly")
        with pytest.raises(ValueError, match="the shop has no order 99"):
            shop.pay(99)
        with pytest.raises(ValueError, match="more than what is left"):
            shop.refund(shop.place_order()["id"], amount=10**9)


HEADER = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"
ROWS = (
    "1,A1,RED MUG,6.0,2010-12-01 08:26:00,2.55,17850.0,United Kingdom\n"
    "1,B2,LAMP,1.0,2010-12-01 08:26:00,3.39,17850.0,United Kingdom\n"
    "2,A1,RED MUG,2.0,2010-12-02 09:00:00,2.75,,France\n"
    "C3,A1,RED MUG,-2.0,2010-12-03 10:00:00,2.55,17850.0,United Kingdom\n"
    "C4,Z9,NEVER SOLD,-2.0,2010-12-03 10:00:00,2.55,17850.0,United Kingdom\n"
    "5,A1,RED MUG,-3.0,2010-12-04 10:00:00,0.0,,United Kingdom\n"
    "6,B2,LAMP,1.0,2010-12-05 10:00:00,3.39,12345.0,Germany\n"
)


@pytest.fixture
def invoices(tmp_path: Path) -> Path:
    path = tmp_path / "invoices.csv.gz"
    path.write_bytes(gzip.compress((HEADER + ROWS).encode()))
    return path


@pytest.mark.parametrize("name", SERVERS)
def test_real_invoices_become_orders_and_cancellations_refunds(name: str, invoices: Path) -> None:
    options: dict[str, Any] = {"invoices": invoices, "until": "2026-11-20T00:00:00Z"}
    with SERVERS[name].running(currency="GBP", **options) as shop:
        state = shop.state()
    orders = state["orders"]
    assert [order["code"] for order in orders] == ["1", "2", "6"]
    assert [order["total"] for order in orders] == [6 * 255 + 339, 2 * 275, 339]
    assert [order["refunded"] for order in orders] == [2 * 255, 0, 0]
    assert orders[1]["customer_id"] is None
    assert max(order["created_at"] for order in orders) == 1_795_132_800_000_000  # `until`
    assert {order["currency"] for order in orders} == {"GBP"}


def test_changing_a_share_of_the_orders_is_repeatable() -> None:
    changed = []
    for _ in range(2):
        with woocommerce.running(orders=100, seed=9) as shop:
            changed.append(shop.change(fraction=0.1, seed=4))
            assert len(changed[-1]) == 10
            assert sum(o["note"].startswith("changed") for o in shop.state()["orders"]) == 10
    assert changed[0] == changed[1]


def test_requests_are_counted() -> None:
    with vendure.running(orders=3) as shop:
        count(shop)
        assert shop.requests(reset=True)["total"] == 1
        assert shop.requests()["total"] == 0


def count(shop: RunningShop) -> None:
    send("POST", shop.url + "/admin-api", body={"query": "{ __typename }"})
