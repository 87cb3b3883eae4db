"""Five hundred questions at once, by eight threads, against the running stack."""

from __future__ import annotations

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from typing import Any

import httpx
import psycopg
import pytest
from backshop.insights.plans.rules import LIMITS

QUESTIONS = (
    "top 10 products by revenue ever",
    "sales by product ever",
    "best sellers last year",
    "sales by month this year",
    "orders by country",
    "how many new customers this month",
    "refund rate by product",
    "who has not bought in 90 days",
    "what is low on stock?",
    "revenue this month vs last month",
    "what is our conversion rate",
    "sales of the unheard-of thing",
    "'; DROP TABLE insights.orders; --",
)
THREADS = 8


def names_of(stack: Any, store: str) -> set[str]:
    """Every product's name that the store's own rows hold."""
    with psycopg.connect(stack.database_urls["owner"]) as owner:
        found = owner.execute(
            """SELECT name FROM insights.products WHERE store_id = %(store)s
               UNION SELECT product_name FROM insights.order_items WHERE store_id = %(store)s""",
            {"store": store},
        )
        return {row[0] for row in found}


def in_day(stack: Any, store: str, day: date) -> int:
    with psycopg.connect(stack.database_urls["owner"]) as owner:
        row = owner.execute(
            "SELECT in_day FROM insights.request_counts WHERE store_id = %s AND day = %s",
            (store, day),
        ).fetchone()
    return row[0] if row else 0


@pytest.mark.slow
def test_five_hundred_questions_at_once(stack: Any) -> None:
    shops = stack.connectors
    staff = {"Authorization": f"Bearer {stack.staff_key}"}
    plans = {"shopify": "agency", "woocommerce": "agency", "vendure": "free"}
    with stack.http() as http:
        for platform, plan in plans.items():
            path = f"/connectors/{shops[platform]['id']}"
            assert http.patch(path, json={"plan": plan}, headers=staff).status_code == 200
    own = {platform: names_of(stack, shop["id"]) for platform, shop in shops.items()}
    today = datetime.now(UTC).date()
    before = {platform: in_day(stack, shop["id"], today) for platform, shop in shops.items()}
    platforms = sorted(plans)

    def ask(number: int) -> tuple[str, str, int, Any, int]:
        platform = platforms[number % 3]
        question = QUESTIONS[number % len(QUESTIONS)]
        key = {"Authorization": f"Bearer {shops[platform]['store_key']}"}
        answer = https[number % THREADS].post(
            "/insights/ask", json={"question": question}, headers=key
        )
        return platform, question, answer.status_code, answer.json(), int(time.time() // 60)

    https = [stack.http() for _ in range(THREADS)]
    for each in https:
        # Environments start one after the other where a machine is busy.
        each.timeout = httpx.Timeout(120)
    began = int(time.time() // 60)
    try:
        with ThreadPoolExecutor(THREADS) as pool:
            answers = list(pool.map(ask, range(500)))
    finally:
        for each in https:
            each.close()
    statuses = Counter((platform, status) for platform, _, status, _, _ in answers)
    assert {status for _, status in statuses} <= {200, 429}, statuses
    assert statuses["shopify", 429] == statuses["woocommerce", 429] == 0
    _no_other_stores_names(answers, own)
    for platform in platforms:
        counted = in_day(stack, shops[platform]["id"], today) - before[platform]
        # A store's counts are those of one day: where another began meanwhile, they are of that.
        if datetime.now(UTC).date() == today:
            assert counted == statuses[platform, 200], (platform, counted, statuses)
    minutes = max(minute for *_, minute in answers) - began + 1
    allowed = statuses["vendure", 200]
    assert LIMITS["free"].minute <= allowed <= LIMITS["free"].minute * minutes, (allowed, minutes)


def _no_other_stores_names(answers: list[Any], own: dict[str, set[str]]) -> None:
    shown = 0
    for platform, _, status, body, _ in answers:
        if status != 200 or body["kind"] != "answer":
            continue
        columns = [each["name"] for each in body["columns"]]
        if "product" in columns:
            place = columns.index("product")
            found = {row[place] for row in body["rows"] if row[place] is not None}
            assert found <= own[platform], (platform, found - own[platform])
            shown += len(found)
    assert shown
