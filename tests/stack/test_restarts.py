"""What outlives a stack: one is started, stopped, started, killed and started again."""

from __future__ import annotations

import json
import os
import signal
import socket
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from local import recordings
from tests.stack.test_local_shops import PLATFORMS, Eventually, Shop


def test_restarts(state: Path, launch_backshop: Callable[..., Any], eventually: Eventually) -> None:
    first = launch_backshop(state, orders=30)
    first.until_synced()
    before = first.about
    shops = {platform: Shop(first, platform) for platform in PLATFORMS}
    for shop in shops.values():
        shop.server.place_order(email="kept@example.com")
    wanted = {platform: shop.wanted() for platform, shop in shops.items()}
    urls = {platform: shop.server.url for platform, shop in shops.items()}
    family = first.family()
    servers = [each for each in family if "shops" in each.cmdline()]
    assert len(servers) == 3
    assert first.stop() == 0
    psutil.wait_procs(family, timeout=5)
    assert not [each for each in family if each.is_running()]

    # The port of one shop is taken meanwhile.
    with closing(listen(urls["vendure"])):
        second = launch_backshop(state, orders=30)
        second.until_synced()
        assert second.about["staff_key"] == before["staff_key"]
        assert second.about["connectors"] == before["connectors"]
        it_follows_a_new_address(second, urls, wanted, eventually)
        secrets_from_before_still_check(second)
    placed = Shop(second, "woocommerce").server.place_order()
    a_kill_takes_the_shops_along(second)

    third = launch_backshop(state, orders=30)
    try:
        assert placed["id"] in Shop(third, "woocommerce").wanted()
        third.until_synced()
        recorded_deliveries_outlive_all_but_complete_readings(third, eventually)
    finally:
        third.stop()
    reset = third.command("reset")
    assert reset.returncode == 0
    assert not state.exists()


def listen(url: str) -> Any:
    taken = socket.socket()
    # The ended server's connections may still be in TIME_WAIT.
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    taken.bind(("127.0.0.1", int(url.rsplit(":", 1)[1])))
    taken.listen()
    return taken


def it_follows_a_new_address(
    running: Any, urls: dict[str, str], wanted: dict[str, Any], eventually: Eventually
) -> None:
    shops = {platform: Shop(running, platform) for platform in PLATFORMS}
    assert shops["vendure"].server.url != urls["vendure"]
    assert shops["shopify"].server.url == urls["shopify"]
    for platform, shop in shops.items():
        assert shop.wanted() == wanted[platform]
        assert shop.held("insights") == wanted[platform]
        # The gateway has another port, too, and the shop has its address.
        placed = shop.server.place_order()
        eventually(lambda shop=shop, placed=placed: shop.order(placed["id"]), seconds=40)


def secrets_from_before_still_check(running: Any) -> None:
    """A webhook is checked with a secret that was encrypted before the restart."""
    delivery = recordings.first_order()
    path = running.connectors["woocommerce"]["webhook_path"]
    forged = delivery.headers | {"X-WC-Webhook-Signature": "AAAA"}
    with running.http() as http:
        for headers, status in ((delivery.headers, 200), (forged, 401)):
            assert http.post(path, content=delivery.body, headers=headers).status_code == status


def a_kill_takes_the_shops_along(running: Any) -> None:
    shop = Shop(running, "woocommerce")
    servers = [each for each in running.family() if "shops" in each.cmdline()]
    assert len(servers) == 3
    os.kill(running.process.pid, signal.SIGKILL)
    running.process.wait(10)
    _, alive = psutil.wait_procs(servers, timeout=10)
    assert not alive
    with pytest.raises(httpx.ConnectError):
        httpx.get(shop.server.url)


def recorded_deliveries_outlive_all_but_complete_readings(
    running: Any, eventually: Eventually
) -> None:
    shop, delivery = Shop(running, "woocommerce"), recordings.first_order()
    path, id = running.connectors["woocommerce"]["webhook_path"], json.loads(delivery.body)["id"]
    with running.http() as http:
        assert http.post(path, content=delivery.body, headers=delivery.headers).status_code == 200
    eventually(lambda: shop.order(id))
    assert running.backshop("sync", "--store", "woocommerce").returncode == 0
    assert shop.order(id)

    whole = running.backshop("sync", "--store", shop.id, "--full")
    assert whole.returncode == 0, whole.stderr
    orders = next(line.split() for line in whole.stdout.splitlines() if line.startswith("orders "))
    assert int(orders[2]) == len(shop.wanted())
    assert int(orders[4]) == 1  # deleted: the shop does not have it
    assert shop.held("insights") == shop.held("connect") == shop.wanted()
    assert not shop.rows("SELECT FROM insights.orders WHERE store_id = %s AND wc_order_id = %s", id)
