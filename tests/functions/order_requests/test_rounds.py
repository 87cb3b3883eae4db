"""Random rounds of refunds and address changes, with faults before, during and after the commit."""

from __future__ import annotations

import random
from decimal import Decimal
from typing import Any

import pytest

PLATFORMS = ("woocommerce", "shopify", "vendure")
FAULTS = {
    "before": 0.08, "during": 0.08, "after": 0.08,
    "500": 0.02, "503": 0.02, "429": 0.02, "timeout": 0.02, "cut": 0.02, "truncated": 0.02, "html": 0.02,
}  # fmt: skip
STREETS = [f"{number} Changed St" for number in range(1, 40)]


def play(shop: Any, rounds: int, orders: list[dict[str, Any]], dice: random.Random) -> None:
    """A third changes an address; the rest refunds an amount or a line, sometimes more than is
    left, sometimes with a key that was used before. The shop refunds some by itself."""
    keys: list[tuple[dict[str, Any], dict[str, Any], str]] = []
    for number in range(rounds):
        order = dice.choice(orders)
        draw = dice.random()
        if draw < 0.33:
            shop.change(order, line1=dice.choice(STREETS))
        elif draw < 0.38 and keys:
            again, body, key = dice.choice(keys)
            shop.call("refund", again["id"], body, key=key)
        elif draw < 0.41:
            left = order["total"] - shop.server.order(order["id"])["refunded"]
            if left > 100:
                shop.server.refund(order["id"], amount=dice.randrange(1, 100), reason="by hand")
        else:
            body = _refund(order, dice)
            key = f"round {number}"
            shop.call("refund", order["id"], body, key=key)
            keys.append((order, body, key))
        if dice.random() < 0.2:
            shop.work_off(120)


def _refund(order: dict[str, Any], dice: random.Random) -> dict[str, Any]:
    if dice.random() < 0.3:
        line = dice.choice(order["lines"])
        return {"lines": [{"line_id": str(line["id"]), "quantity": 1}], "reason": "broken"}
    most = order["total"] * 1.2 if dice.random() < 0.1 else order["total"] / 4
    return {"amount": str(Decimal(dice.randrange(1, int(most))) / 100), "reason": "late"}


def check(shop: Any, order: dict[str, Any], counts: dict[str, int]) -> None:
    held = shop.server.order(order["id"])
    requests = shop.rows("refund_request", order["id"])
    assert {row["status"] for row in requests} <= {"processed", "failed"}
    ours = [refund for refund in held["refunds"] if refund["reason"] != "by hand"]
    processed = sum((row["amount"] for row in requests if row["status"] == "processed"), Decimal(0))
    assert Decimal(sum(refund["amount"] for refund in ours)) / 100 == processed
    assert held["refunded"] <= held["total"]
    assert {refund["state"] for refund in ours} <= {"Settled"}
    marks = [row["id"] for row in requests if row["status"] == "processed"]
    for mark in marks:
        assert sum(str(mark) in refund["reason"] for refund in ours) == 1, "once, and only once"
    changes = shop.rows("address_update_request", order["id"])
    assert {row["status"] for row in changes} <= {"updated", "failed"}
    if changes and changes[-1]["status"] == "failed":
        # Vendure keeps an order in Modifying that is paid for less than it costs.
        assert shop.platform == "vendure", changes[-1]["response"]
        assert held["refunded"] > 0
        assert "out of Modifying" in changes[-1]["response"]["error"]
    elif changes:
        address = changes[-1]["new_address"]["line1"]
        assert held["shipping_address"]["address1"] == address, "the later one has the last word"
    assert held["status"] in {order["status"], "refunded"}, "no order is left in Modifying"
    for row in (*requests, *changes):
        counts[row["status"]] = counts.get(row["status"], 0) + 1


def run(shop: Any, rounds: int, seed: int) -> None:
    dice = random.Random(seed)
    orders = [shop.place() for _ in range(8 + rounds // 10)]
    shop.server.faults(
        FAULTS, seed=seed, late_seconds=0.1, timeout_seconds=0.1, retry_after=0,
    )  # fmt: skip
    play(shop, rounds, orders, dice)
    shop.work_off(240)
    met = shop.server.faults()["counts"]
    assert shop.server.idle()
    counts: dict[str, int] = {}
    for order in orders:
        check(shop, order, counts)
    assert counts["processed"] > rounds / 10, "most went through"
    assert all(met.get(kind) for kind in ("before", "during", "after")), met
    print(f"{shop.platform}: {counts}, faults {met}")


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_few_random_rounds(connect, platform):
    run(connect(platform), 60, seed=11)


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("platform", PLATFORMS)
def test_500_random_rounds(connect, platform):
    run(connect(platform), 500, seed=7)
