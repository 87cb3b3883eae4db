"""What a full sync costs the shop's own shoppers, on a host of four workers whose pages of the API
take 0.6 s each."""

from __future__ import annotations

import threading
import time
import urllib.request
from statistics import quantiles

import pytest

from tests.functions.sync_run.shops import connected


def waits(url: str, stop: threading.Event, most: int) -> list[float]:
    """How long a shopper waited for each page, one after the other."""
    taken: list[float] = []
    while not stop.is_set() and len(taken) < most:
        began = time.monotonic()
        urllib.request.urlopen(url + "/", timeout=30).read()
        taken.append(time.monotonic() - began)
        time.sleep(0.1)
    return taken


@pytest.mark.slow
def test_the_shops_own_pages_stay_quick_during_a_full_sync():
    with connected("woocommerce", orders=3000, products=40) as shop:
        shop.shop.faults({}, latency=0.6, workers=4, page_seconds=0.2)
        idle = waits(shop.shop.url, threading.Event(), 25)
        during: list[float] = []
        stop = threading.Event()
        shopper = threading.Thread(target=lambda: during.extend(waits(shop.shop.url, stop, 10_000)))
        shopper.start()
        try:
            run = shop.sync("full", "orders")
        finally:
            stop.set()
            shopper.join()
        assert (run.status, run.resources[0].records) == ("completed", 3000)
        idle_p90, p90 = quantiles(idle, n=10)[-1], quantiles(during, n=10)[-1]
        print(f"idle p90 {idle_p90:.3f} s, during the sync {p90:.3f} s of {len(during)} pages")
        assert p90 <= 2 * idle_p90
