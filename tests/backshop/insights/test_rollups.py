"""Rollups against the rows that they are sums of: after any history of deliveries they are what
making them anew makes, and answers from them are those from the rows."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

import pytest
from backshop.commerce import Person, Platform
from backshop.insights import projection
from backshop.insights.rollups.rebuilding import rebuild
from backshop.insights.rollups.repository import stale
from backshop.insights.semantic import repository
from backshop.insights.semantic.models import Result, SemanticQuery
from backshop.insights.semantic.running import run, run_in
from backshop.saving import projections

from tests.backshop.insights.naive import Shop
from tests.backshop.insights.shops import AS_OF
from tests.backshop.insights.shops import shop as random_shop
from tests.backshop.saving import shops as lives
from tests.backshop.saving.records import shop

TABLES = (
    "daily_sales",
    "product_months",
    "product_days",
    "customer_months",
    "monthly_customers",
)


def held(tx: Any) -> dict[str, list[Any]]:
    """Every sum of the store."""
    found = {}
    for table in TABLES:
        rows = tx.execute(f"SELECT to_jsonb(t) AS row FROM insights.{table} AS t")
        found[table] = sorted((row["row"] for row in rows), key=str)
    return found


def check(tx: Any, store: UUID, about: object) -> None:
    kept = held(tx)
    assert rebuild(tx, store)
    anew = held(tx)
    for table in TABLES:
        assert kept[table] == anew[table], (about, table)


@pytest.mark.parametrize("platform", list(Platform))
def test_any_history_leaves_the_sums_of_the_rows(
    platform: Platform, tx: Any, owner: Any, store: UUID
) -> None:
    owner.execute("UPDATE backshop.stores SET platform = %s WHERE id = %s", (platform, store))
    start = datetime.now(UTC) - timedelta(days=60)
    events = lives.life(platform, 60, 320, seed=5, start=start)
    random = Random(7)
    told = [*events, *random.sample(events, len(events) // 3)]
    random.shuffle(told)
    saved = 0
    while told:
        batch = [told.pop() for _ in range(min(random.choice((1, 4, 30)), len(told)))]
        save(tx, store, platform, [record for event in batch for record in event])
        saved += 1
        if saved % 12 == 0:
            check(tx, store, saved)
    check(tx, store, "in the end")
    assert min(len(rows) for rows in held(tx).values()) > 0, "a rollup that nothing is in"


def save(tx: Any, store: UUID, platform: Platform, records: list[Any]) -> None:
    projections.save(tx, shop(store, platform), records)


def test_a_person_who_is_forgotten_is_in_no_sum(tx: Any, store: UUID) -> None:
    events = lives.life(Platform.WOOCOMMERCE, 20, 80, seed=3)
    save(tx, store, Platform.WOOCOMMERCE, [record for event in events for record in event])
    who = tx.execute(
        "SELECT wc_customer_id AS id FROM insights.orders WHERE NOT is_guest LIMIT 1"
    ).fetchone()["id"]
    person = Person(customer_id=str(who))
    projection.erase(tx, shop(store), person)
    check(tx, store, "forgotten")
    left = tx.execute(
        "SELECT count(*) AS n FROM insights.customer_months WHERE wc_customer_id = %s", (who,)
    )
    assert left.fetchone()["n"] == 0


QUERIES: list[dict[str, Any]] = [
    {"metrics": ["net_sales", "orders", "aov", "refunds", "total_sales"]},
    {"metrics": ["net_sales", "orders"], "grain": "week"},
    {"metrics": ["items_sold", "product_net_sales", "gross_sales"], "dimensions": ["product"]},
    {"metrics": ["product_net_sales"], "dimensions": ["category"]},
    {"metrics": ["refund_rate"], "dimensions": ["product"], "top_n": 5},
    {"metrics": ["customers", "new_customers", "returning_customers"], "grain": "month"},
    {"metrics": ["discounts", "taxes", "shipping", "refunded_orders", "discounted_orders"]},
    {"metrics": ["orders_per_customer", "revenue_per_customer"], "grain": "month"},
    {"metrics": ["net_sales_yoy_pct"]},
    {"metrics": ["net_sales_share"], "dimensions": ["currency"]},
]
PERIODS: list[dict[str, Any]] = [
    {"type": "last_n", "n": 30, "unit": "day", "compare": "previous_period"},
    {"type": "calendar", "unit": "month", "offset": 0, "compare": "previous_year"},
    {"type": "last_n", "n": 6, "unit": "month"},
    {"type": "calendar", "unit": "quarter", "offset": -1},
]


@pytest.mark.parametrize("day", [1, 12])
@pytest.mark.parametrize("seed", range(4))
def test_answers_from_rollups_are_those_from_the_rows(
    seed: int, day: int, tx: Any, settle: Callable[[Shop], UUID]
) -> None:
    """Asked on a day of next month: refunds of the shops are up to two months ahead."""
    now = datetime.now(UTC).replace(microsecond=0)
    asked_at = (now.replace(day=1) + timedelta(days=32)).replace(day=day)
    store = settle(moved(random_shop(seed), asked_at - AS_OF - timedelta(days=3)))
    checked = 0
    for query in QUERIES:
        for period in PERIODS:
            asked = SemanticQuery.model_validate(query | {"period": period})
            kept = run_in(tx, read(tx, asked_at), asked)
            tx.execute("UPDATE insights.rollup_state SET is_whole = false")
            raw = run_in(tx, read(tx, asked_at), asked)
            tx.execute("UPDATE insights.rollup_state SET is_whole = true")
            assert shown(kept) == shown(raw), (query, period)
            checked += len(kept.rows)
    assert checked > 100
    check(tx, store, seed)


def read(tx: Any, asked_at: datetime) -> repository.Shop:
    found = repository.shop(tx)
    assert found
    return found._replace(asked_at=asked_at)


def shown(result: Result) -> Any:
    return (result.columns, sorted(result.rows, key=str), result.totals, result.remainder)


def test_changed_settings_answer_from_the_rows_until_rebuilt(
    tx: Any, settle: Callable[[Shop], UUID]
) -> None:
    store = settle(moved(random_shop(0), datetime.now(UTC) - AS_OF))
    query = SemanticQuery.model_validate(
        {"metrics": ["orders"], "period": {"type": "last_n", "n": 3, "unit": "year"}}
    )
    before = run(tx, query).totals["orders"]
    told = json.dumps({"insights": {"statuses": ["completed"]}})
    tx.execute("UPDATE insights.stores SET settings = settings || %s", (told,))
    changed = run(tx, query).totals["orders"]
    assert changed != before
    assert stale(tx) == [store]
    assert rebuild(tx, store)
    assert stale(tx) == []
    assert run(tx, query).totals["orders"] == changed


def moved(made: Shop, by: timedelta) -> Shop:
    """The same shop at another time, whole months and all."""
    for each in made.orders:
        each.placed += by
        each.paid = each.paid + by if each.paid else None
        for refund in each.refunds:
            refund.at += by
    return made
