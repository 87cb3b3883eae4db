"""Faults on purpose: repeatable, at the asked rates, and around the commit of a write."""

from __future__ import annotations

import base64
import http.client
import json
import time
import urllib.error
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest

from shops import shopify, vendure, woocommerce
from shops.faults import Dice, Faults, spoil
from shops.running import RunningShop
from tests.contracts.servers.recordings import Answer, send

BASIC = {"Authorization": "Basic " + base64.b64encode(b"ck_local:cs_local").decode()}


@pytest.fixture(scope="module")
def woo() -> Iterator[RunningShop]:
    with woocommerce.running(orders=120) as running:
        yield running


@pytest.fixture
def shop(woo: RunningShop) -> Iterator[RunningShop]:
    yield woo
    woo.faults()


def orders(shop: RunningShop, **params: Any) -> Answer:
    url = shop.url + "/wp-json/wc/v3/orders"
    return send("GET", url, params={"per_page": 100, **params}, headers=BASIC)


def outcome(shop: RunningShop) -> str:
    """What a reader meets: a status, or how the answer was broken."""
    try:
        answer = orders(shop)
    except http.client.IncompleteRead:
        return "truncated"
    except (http.client.RemoteDisconnected, urllib.error.URLError, ConnectionError):
        return "cut"
    if not answer.headers["content-type"].startswith("application/json"):
        return "html"
    return str(answer.status)


def test_the_same_seed_meets_the_same_faults() -> None:
    rates = {"429": 0.2, "500": 0.2, "after": 0.2}
    draws = [[Dice(Faults(rates, seed=seed)) for _ in range(2)] for seed in (1, 2)]
    fates = [
        [[dice.fate("GET", "/", write=n % 2 == 0) for n in range(200)] for dice in pair]
        for pair in draws
    ]
    assert fates[0][0] == fates[0][1]
    assert fates[0][0] != fates[1][0]
    kinds = Counter(fate.kind for fate in fates[0][0])
    assert 20 < kinds["429"] < 60
    assert kinds["after"] < 40, "reads have no commit"


def test_an_unknown_fault_is_refused(shop: RunningShop) -> None:
    with pytest.raises(ValueError, match="no such fault: flood"):
        shop.faults({"flood": 1.0})
    with pytest.raises(ValueError, match="no such setting: speed"):
        shop.faults({}, speed=1)


def test_each_kind_of_broken_answer(shop: RunningShop) -> None:
    for kind, expected in (
        ("429", "429"),
        ("500", "500"),
        ("503", "503"),
        ("cut", "cut"),
        ("truncated", "truncated"),
        ("html", "html"),
    ):
        shop.faults({kind: 1.0})
        assert outcome(shop) == expected
        assert shop.faults()["counts"] == {kind: 1}
    assert outcome(shop) == "200"


def test_429_says_when_to_come_back(shop: RunningShop) -> None:
    shop.faults({"429": 1.0}, retry_after=7)
    assert orders(shop).headers["retry-after"] == "7"


def test_faults_end_after_the_most_and_meet_only_what_matches(shop: RunningShop) -> None:
    shop.faults({"500": 1.0}, most=2)
    assert [outcome(shop) for _ in range(3)] == ["500", "500", "200"]
    shop.faults({"500": 1.0}, only="GET .*/products")
    assert outcome(shop) == "200"


def test_a_timeout_keeps_the_client_waiting_and_latency_makes_it_slow(shop: RunningShop) -> None:
    shop.faults({"timeout": 1.0}, timeout_seconds=0.3)
    started = time.monotonic()
    assert outcome(shop) == "cut"
    assert time.monotonic() - started >= 0.3
    shop.faults({}, latency=0.2)
    started = time.monotonic()
    assert outcome(shop) == "200"
    assert time.monotonic() - started >= 0.2


def test_a_page_can_hold_a_nul_a_surrogate_another_shape_or_an_order_twice(
    shop: RunningShop,
) -> None:
    whole = orders(shop).body
    for kind, check in (
        ("nul", lambda page: any("\x00" in o["billing"]["first_name"] for o in page)),
        ("surrogate", lambda page: any("\ud800" in o["billing"]["first_name"] for o in page)),
        ("schema", lambda page: any("total" not in o for o in page)),
        ("duplicate", lambda page: len(page) == len({o["id"] for o in page}) + 1),
    ):
        shop.faults({kind: 1.0})
        assert check(orders(shop).body), kind
    shop.faults()
    assert orders(shop).body == whole


def test_a_poisoned_order_stays_poisoned_until_it_is_healed(shop: RunningShop) -> None:
    first, second = (order["id"] for order in orders(shop, per_page=2).body)
    shop.poison(first, "nul")
    shop.poison(second, "duplicate")
    for _ in range(2):
        page = orders(shop).body
        spoiled = next(order for order in page if order["id"] == first)
        assert "\x00" in spoiled["billing"]["first_name"]
        assert [order["id"] for order in page].count(second) == 2
    shop.poison(first, "")
    shop.poison(second, "")
    assert "\x00" not in json.dumps(orders(shop).body)


def refund(shop: RunningShop, order: int) -> None:
    url = f"{shop.url}/wp-json/wc/v3/orders/{order}/refunds"
    try:
        answer = send("POST", url, body={"amount": "1.00", "api_refund": False}, headers=BASIC)
    except (http.client.RemoteDisconnected, urllib.error.URLError, ConnectionError):
        return
    assert answer.status == 502


@pytest.mark.parametrize(
    ("kind", "at_once", "in_the_end"), [("before", 0, 0), ("during", 0, 1), ("after", 1, 1)]
)
def test_a_write_is_cut_before_during_or_after_its_commit(
    kind: str, at_once: int, in_the_end: int, shop: RunningShop
) -> None:
    order = shop.place_order()["id"]
    for number in range(1, 5):
        shop.faults({kind: 1.0}, seed=number, late_seconds=0.3)
        refund(shop, order)
        assert len(shop.order(order)["refunds"]) == (number - 1) * in_the_end + at_once
        shop.idle()
        assert len(shop.order(order)["refunds"]) == number * in_the_end


def test_graphql_writes_are_known_from_reads() -> None:
    with shopify.running(orders=3) as shop:
        url = f"{shop.url}/admin/api/2026-10/graphql.json"
        headers = {"X-Shopify-Access-Token": "shpat_local"}
        order = shop.state()["orders"][0]["id"]
        shop.faults({"after": 1.0}, seed=2)
        read = send("POST", url, body={"query": "{ shop { name } }"}, headers=headers)
        assert read.status == 200
        change = f'orderUpdate(input: {{id: "gid://shopify/Order/{order}", note: "x"}})'
        query = f"mutation {{ {change} {{ userErrors {{ message }} }} }}"
        with suppress(http.client.RemoteDisconnected, urllib.error.URLError, ConnectionError):
            send("POST", url, body={"query": query}, headers=headers)
        assert shop.order(order)["note"] == "x"
        assert shop.faults()["counts"] == {"after": 1}


def test_a_login_is_no_write() -> None:
    login = 'mutation { login(username: "superadmin", password: "superadmin") { __typename } }'
    with vendure.running(orders=3) as shop:
        shop.faults({"before": 1.0, "during": 1.0})
        answer = send("POST", shop.url + "/admin-api", body={"query": login})
        assert answer.body == {"data": {"login": {"__typename": "CurrentUser"}}}


def test_spoiling_leaves_the_record_itself_alone() -> None:
    record = {"first_name": "Jane", "total": "1.00", "line_items": [1], "meta": {"name": "x"}}
    before = json.dumps(record)
    assert spoil("nul", record)["meta"]["name"] == "x\x00"
    assert spoil("schema", record) == {
        "first_name": "Jane",
        "line_items": {},
        "meta": {"name": "x"},
    }
    assert json.dumps(record) == before
