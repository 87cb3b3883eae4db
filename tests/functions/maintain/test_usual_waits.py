"""An order that moves later than usual is found by staff: on their day's page, in the list of
orders, and on its own page."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.backshop.kits.shop import add_orders

NOW = datetime.now(UTC)


@pytest.fixture
def shop(new_store) -> Any:
    return new_store("vendure")


def walk(owner: Any, store: Any, number: int, entered: dict[str, timedelta]) -> None:
    """An order that was at each of these stages so long ago."""
    code = f"KITS-{number}"
    placed = NOW - entered["ORDER_CONFIRMED"]
    add_orders(owner, store, [code], placed_at=placed)
    owner.execute(
        """INSERT INTO connect.platform_order (store_id, order_id, platform, status, total_amount,
             currency, line_items, created_at, code)
           VALUES (%s, %s, 'vendure', 'PaymentSettled', 5000, 'LKR', '[]', %s, %s)""",
        [store, str(number), placed, code],
    )
    for sequence, (stage, ago) in enumerate(entered.items(), 1):
        owner.execute(
            """INSERT INTO kits.order_delivery_status_events
                 (store_id, order_code, sequence, stage, updated_at) VALUES (%s, %s, %s, %s, %s)
               ON CONFLICT (store_id, order_code, sequence) DO UPDATE SET
                 updated_at = excluded.updated_at""",
            [store, code, sequence, stage, NOW - ago],
        )
    owner.execute(
        """UPDATE kits.order_delivery_status SET stage = %s, version = %s, updated_at = %s
           WHERE store_id = %s AND order_code = %s""",
        [stage, sequence, NOW - ago, store, code],
    )


def days(number: float) -> timedelta:
    return timedelta(days=number)


@pytest.fixture
def late(owner, shop, load, event, context) -> None:
    """Sourcing takes two days here. Of four that are at it one waits for ten."""
    for number in range(1, 31):
        ago = 40.0 - number
        walk(
            owner,
            shop,
            number,
            {"ORDER_CONFIRMED": days(ago), "SOURCING": days(ago - 1), "ARRIVED": days(ago - 3)},
        )
    for number, ago in ((101, 10.0), (102, 1.0), (103, 0.1)):
        walk(owner, shop, number, {"ORDER_CONFIRMED": days(ago + 0.5), "SOURCING": days(ago)})
    walk(owner, shop, 104, {"ORDER_CONFIRMED": days(300), "SOURCING": days(299)})
    walk(owner, shop, 105, {"ORDER_CONFIRMED": days(12), "SOURCING": days(10)})
    owner.execute(
        """UPDATE kits.customer_orders_summary SET is_cancelled = true
           WHERE store_id = %s AND order_code = 'KITS-105'""",
        [shop],
    )
    load("maintain").handler(event("maintain/scheduled"), context)


def ask(load, event, context, name: str, shop: Any, path: str = "", **query: str) -> Any:
    function = load(name.partition("/")[0])
    request = event(name)
    old = request["rawPath"]
    request["rawPath"] = path or old.replace("0b7c3f4e-5a51-4d8e-9d3e-2f6a1c0e9b11", str(shop))
    request["requestContext"]["http"]["path"] = request["rawPath"]
    request["queryStringParameters"] = query
    answer = function.handler(request, context)
    assert answer["statusCode"] == 200, answer["body"]
    return json.loads(answer["body"])


def test_staff_are_told(late, shop, load, event, context) -> None:
    said = ask(load, event, context, "today/show", shop, store_id=str(shop))
    [need] = [each for each in said["waiting"] if each["need"] == "late_orders"]
    assert need["number"] == 1
    found = ask(load, event, context, "shop_records/orders", shop, late="true")
    assert [each["code"] for each in found["items"]] == ["KITS-101"]
    path = f"/connectors/{shop}/orders/"
    one = ask(load, event, context, "shop_records/order", shop, path + "101")
    by = datetime.fromisoformat(one["delivery"]["late_since"])
    assert NOW - days(8.5) < by < NOW - days(6), "two days, and some more where little is known"
    in_time = ask(load, event, context, "shop_records/order", shop, path + "102")
    assert in_time["delivery"]["late_since"] is None


def test_what_is_learnt_anew_takes_the_place_of_what_was(late, owner, shop, load, event, context):
    owner.execute("DELETE FROM kits.order_delivery_status_events WHERE store_id = %s", [shop])
    load("maintain").handler(event("maintain/scheduled"), context)
    left = owner.execute("SELECT 1 FROM kits.usual_waits WHERE store_id = %s", [shop]).fetchall()
    assert left == []
