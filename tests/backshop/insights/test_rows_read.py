"""How little is read for what a page asks, or a batch changes.

In a database of its own: which index Postgres takes for a store that is small hangs on what it last
saw of other tests' rows.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

import psycopg
import pytest
from backshop.insights import projection
from backshop.insights.dashboard import TILES
from backshop.insights.semantic import repository
from backshop.insights.semantic.models import SemanticQuery
from backshop.insights.semantic.running import run_in
from backshop.saving import projections

from local import postgres
from tests.backshop.insights.plans import Explaining
from tests.backshop.saving.records import customer, line, order, product, shop, variant
from tests.conftest import Database, migrated

ORDERS = 120


@pytest.fixture(scope="module")
def database(postgres_server: postgres.Server) -> Database:
    made = migrated(Database(postgres_server, "rows_read"))
    with psycopg.connect(made.owner_url, autocommit=True) as owner:
        for table in ("products", "product_months", "order_items", "customer_months"):
            owner.execute(f"ALTER TABLE insights.{table} SET (autovacuum_enabled = false)".encode())
    return made


def explaining_what_is_kept(tx: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Counts the rows that keeping rollups reads from here on."""
    explained: Any = Explaining(tx)
    kept = projection.Keeping
    monkeypatch.setattr(projection, "Keeping", lambda _, *of: kept(explained, *of))
    return explained


def test_a_sku_that_is_gone_is_found_by_a_step_for_each_sku(tx: Any, store: UUID) -> None:
    """And not by reading the lines, of which a store has a thousand to a SKU."""
    there = product("5", variants=(variant("5", sku="SKU-5"),))
    sold = [
        order(str(each), lines=(line(sku="Old-1" if each % 2 else "SKU-5"),))
        for each in range(1, ORDERS + 1)
    ]
    projections.save(tx, shop(store), [there, *sold])
    explained: Any = Explaining(tx)
    assert repository.known_names(explained, store, "sku", ["old-1"]) == {"old-1": "Old-1"}
    assert 0 < explained.read["order_items"] <= 6


def test_top_products_read_the_sums_of_their_month_and_names_of_those_shown(
    tx: Any, store: UUID
) -> None:
    now = datetime.now(UTC)
    past = now.replace(day=1) - timedelta(days=20)
    catalogue = [product(str(each)) for each in range(1, 31)]
    sold = [
        order(str(each), lines=(line(product=each),), placed_at=now if each <= 12 else past)
        for each in range(1, 31)
    ]
    projections.save(tx, shop(store), [*catalogue, *sold])
    (tile,) = (each for each in TILES if each.title.startswith("Top products"))
    explained: Any = Explaining(tx)
    held = repository.shop(tx)
    assert held is not None
    found = run_in(explained, held, SemanticQuery.model_validate(tile.query))
    assert len(found.rows) == 5
    assert explained.read["product_months"] == 12
    assert explained.read["products"] == 5
    assert explained.read["order_items"] == 0


def test_keeping_reads_the_months_of_the_batch_s_customers_alone(
    tx: Any, store: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A store has a hundred thousand customers, and a page of a sync a hundred."""
    customers = [customer(str(each)) for each in range(1, 201)]
    months = [datetime(2026, each, 5, 12, tzinfo=UTC) for each in (1, 2, 3)]
    numbers = count(1)
    before = [
        order(str(next(numbers)), customer_id=each.id, placed_at=month)
        for each in customers
        for month in months
    ]
    projections.save(tx, shop(store), [*customers, *before])
    explained = explaining_what_is_kept(tx, monkeypatch)
    more = [
        order(str(next(numbers)), customer_id=each.id, placed_at=months[-1])
        for each in customers[:9]
    ]
    projections.save(tx, shop(store), more)
    assert 0 < explained.read["customer_months"] <= 9 * len(months)


def test_a_new_month_of_many_customers_reads_no_others(
    tx: Any, store: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    customers = [customer(str(each)) for each in range(1, 301)]
    months = [datetime(2026, each, 5, 12, tzinfo=UTC) for each in (1, 2)]
    before, more = (
        [order(f"{month.month}{c.id}", customer_id=c.id, placed_at=month) for c in customers]
        for month in months
    )
    projections.save(tx, shop(store), [*customers, *before])
    tx.execute(
        """INSERT INTO insights.customer_months (store_id, wc_customer_id, month, orders, is_first)
           SELECT %s, 1000000 + n, '2026-01-01', 1, true FROM generate_series(1, 20000) AS n""",
        (store,),
    )
    explained = explaining_what_is_kept(tx, monkeypatch)
    projections.save(tx, shop(store), more)
    assert 0 < explained.read["customer_months"] <= 8 * len(customers)


def test_whom_a_batch_names_for_the_first_time_is_asked_once(
    tx: Any, store: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where Postgres never counted the table's rows, too, as within a minute of a rebuild."""
    projections.save(tx, shop(store), [customer("0"), order("0", customer_id="0")])
    tx.execute(
        """INSERT INTO insights.customer_months (store_id, wc_customer_id, month, orders, is_first)
           SELECT %s, 1000000 + n, '2026-01-01', 1, true FROM generate_series(1, 300000) AS n""",
        (store,),
    )
    explained = explaining_what_is_kept(tx, monkeypatch)
    customers = [customer(str(each)) for each in range(1, 301)]
    orders = [order(each.id, customer_id=each.id) for each in customers]
    projections.save(tx, shop(store), [*customers, *orders])
    assert explained.scans["customer_months"] <= 2
