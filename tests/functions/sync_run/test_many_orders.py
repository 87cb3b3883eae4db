"""A hundred thousand orders in invocations of twenty seconds. Takes minutes: `make test-slow`."""

import pytest

from tests.functions.sync_run.shops import connected, differences, dump

ORDERS = 100_000


@pytest.mark.slow
@pytest.mark.timeout(3000)
def test_a_hundred_thousand_orders_in_invocations_of_twenty_seconds():
    with connected("woocommerce", orders=ORDERS, seed=31) as shop:
        for resource in ("categories", "products", "customers", "coupons"):
            shop.sync("full", resource)
        # A page takes a quarter of a second, as in real shops: no machine reads them all in one go.
        shop.shop.faults(latency=0.25)
        (key,) = shop.begin("full", "orders")
        invocations = shop.work(key, seconds=20)
        assert invocations > 1
        shop.shop.faults()
        run = shop.run()
        assert (run.status, run.records_synced) == ("completed", ORDERS)
        shop.sync("full", "refunds")
        assert "\n".join(differences(shop)) == ""
        with shop.twin() as unhurried:
            unhurried.sync("full", seconds=900)
            assert dump(unhurried) == dump(shop), "the same rows as in one go"
