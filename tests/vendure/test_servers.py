"""Servers that are set up otherwise: yen in another precision, short lists, channels, roles,
cookies."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest

from local import postgres
from tests.vendure import server
from tests.vendure.backshop import Backshop
from tests.vendure.test_flows import ADDRESS, ERROR, _order_call, _refund, buy, full

pytestmark = pytest.mark.vendure
Connect = Callable[..., Backshop]
ALL = [
    "ReadOrder",
    "UpdateOrder",
    "ReadCustomer",
    "ReadCatalog",
    "ReadPromotion",
    "ReadSettings",
    "UpdateSettings",
]


@pytest.fixture(scope="session")
def yen(built: None, postgres_server: postgres.Server) -> Iterator[server.Vendure]:
    """A shop in yen that keeps money in whole yen and lists at most seven records."""
    settings = {"MONEY_PRECISION": "0", "LIST_LIMIT": "7"}
    with server.running(postgres_server, "vendure_yen", **settings) as running:
        server.furnish(running.admin(), "JPY")
        yield running


@pytest.fixture
def connect(
    shop: Backshop, new_store: Callable[..., UUID], monkeypatch: pytest.MonkeyPatch
) -> Connect:
    """Connects backshop to a server anew, as another store."""

    def connected(to: server.Vendure, *login: str, **settings: Any) -> Backshop:
        shop.disconnect()
        shop.connect(new_store("vendure"), to, *login, **settings)
        return shop

    return connected


def administrator(vendure: server.Vendure, permissions: list[str], channel: str = "1") -> str:
    """An administrator with these permissions in a channel; the password is the name."""
    admin, name = vendure.admin(), f"{uuid4().hex}@example.com"
    role = admin.do(
        f"""createRole(input:{{code:"{name}",description:"",channelIds:["{channel}"],
            permissions:[{",".join(permissions)}]}}){{id}}"""
    )
    admin.do(
        f"""createAdministrator(input:{{firstName:"A",lastName:"B",emailAddress:"{name}",
            password:"{name}",roleIds:["{role["id"]}"]}}){{id}}"""
    )
    return name


def test_yen_are_yen_in_both_directions(connect: Connect, yen: server.Vendure) -> None:
    shop = connect(yen)
    placed = buy(yen, items={"1": 1})
    shop.take(lambda: shop.order(placed["id"]) is not None)
    order = shop.order(placed["id"])
    assert order
    assert (order["total_with_tax"], order["currency"]) == (Decimal(2700), "JPY")
    assert _refund(shop, placed["id"], amount="10.50")[0] == 422
    assert _refund(shop, placed["id"], amount="2700")[0] == 202
    shop.work_off()
    [refund] = full(yen, placed["id"])["payments"][0]["refunds"]
    assert refund["total"] == 2700


def test_a_short_list_limit_is_obeyed(connect: Connect, yen: server.Vendure) -> None:
    for _ in range(9):
        buy(yen)
    shop = connect(yen)
    assert shop.first_run.status == "completed", shop.first_run
    placed = yen.admin().ask("query{orders(options:{take:1}){totalItems}}")["orders"]["totalItems"]
    assert len(shop.rows("kits.customer_orders_summary")) == placed > 7


def test_each_missing_permission_is_named(connect: Connect, vendure: server.Vendure) -> None:
    for left_out in ("UpdateOrder", "UpdateSettings", "ReadOrder", "ReadCustomer", "ReadPromotion"):
        name = administrator(vendure, [each for each in ALL if each != left_out])
        shop = connect(vendure, name, name)
        told = str([(job.error, job.notes) for job in shop.first_run.resources])
        assert left_out in told
        assert not [each for each in ALL if each != left_out and f" {each}" in told], told


def test_a_role_of_all_that_is_asked_for_is_enough(
    connect: Connect, vendure: server.Vendure
) -> None:
    name = administrator(vendure, ALL)
    shop = connect(vendure, name, name)
    assert shop.first_run.status == "completed", shop.first_run
    placed = buy(vendure)
    shop.take(lambda: shop.order(placed["id"]) is not None)
    shop.call("deliveries/update", code=placed["code"], body={"stage": "SOURCING"})
    assert _order_call(shop, "address", placed["id"], ADDRESS)[0] == 202
    shop.work_off()
    assert _refund(shop, placed["id"], amount="1.00")[0] == 202
    shop.work_off()
    after = full(vendure, placed["id"])
    assert after["customFields"]["deliveryStage"] == "SOURCING"
    assert after["shippingAddress"]["streetLine1"] == ADDRESS["line1"]
    assert [each["total"] for each in after["payments"][0]["refunds"]] == [100]


def test_each_channel_is_a_store_of_its_own(
    shop: Backshop, new_store: Callable[..., UUID], vendure: server.Vendure
) -> None:
    """Its orders are in the default channel as well, whose store gets them from its own
    subscription; a store of the channel gets nothing of the others."""
    token = uuid4().hex
    admin = vendure.admin()
    made = admin.do(
        f"""createChannel(input:{{code:"eu-{token[:6]}",token:"{token}",defaultLanguageCode:en,
            pricesIncludeTax:false,defaultCurrencyCode:USD,defaultTaxZoneId:"1",
            defaultShippingZoneId:"1"}}){{...on Channel{{id}} {ERROR}}}"""
    )
    channel = made["id"]
    for mutation in (
        f'assignProductsToChannel(input:{{productIds:["1"],channelId:"{channel}"}}){{id}}',
        f'assignShippingMethodsToChannel(input:{{shippingMethodIds:["1"],channelId:"{channel}"}}){{id}}',
        f'assignStockLocationsToChannel(input:{{stockLocationIds:["1"],channelId:"{channel}"}}){{id}}',
        f'assignPaymentMethodsToChannel(input:{{paymentMethodIds:["1"],channelId:"{channel}"}}){{id}}',
    ):
        admin.ask(f"mutation{{{mutation}}}")
    european = replace(shop, seen=[])
    european.connect(new_store("vendure"), vendure, channel=token)
    try:
        elsewhere = buy(vendure)
        own = server.check_out(vendure.shopper(token), f"{token}@example.com", "0770000012")
        european.take(lambda: european.order(own["id"]) is not None)
        shop.take(lambda: shop.order(elsewhere["id"]) is not None)
        for each in (european, shop):
            assert each.sync().status == "completed"
        assert european.order(own["id"])
        assert european.order(elsewhere["id"]) is None
    finally:
        european.disconnect()


def test_a_server_with_cookies_alone_is_told_what_to_change(
    connect: Connect, postgres_server: postgres.Server, shop: Backshop
) -> None:
    with server.running(postgres_server, "vendure_cookies", TOKEN_METHOD="cookie") as cookies:
        shop = connect(cookies)
        told = str([job.error for job in shop.first_run.resources])
        assert "tokenMethod" in told
        assert "'bearer'" in told
