"""Insights on 1,000,000 orders and 3,000,000 items in 20 uneven stores: the dashboard from rollups
against the same questions on the rows and against a lookup by primary key, product tables, and what
keeping rollups adds to a sync. Medians of five, on the largest store.

`ORDERS=100000 python -m bench insights` measures a tenth.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import dict_row

from local import postgres

PASSWORD = "for the bench alone"
ROUNDS = 5
STORES = 20
PRODUCTS = 2000
BATCH = 2000
KEEPING_ROUNDS = 9

LOAD = [
    """INSERT INTO backshop.stores (id, platform, store_url, settings)
       SELECT uuid_in(md5('store ' || n)::cstring), 'woocommerce', 'https://s' || n || '.example.com',
         '{"time_zone": "Europe/Berlin", "currency": "USD"}'
       FROM generate_series(1, %(stores)s) AS n""",
    """INSERT INTO insights.stores (id, store_id, store_url, api_key_hash, settings)
       SELECT id, id, store_url, 'none', settings FROM backshop.stores""",
    """INSERT INTO insights.products (id, store_id, wc_product_id, name, price, stock_quantity)
       SELECT uuid_in(md5(id || ' ' || n)::cstring), id, n, 'Product ' || n, 10 + n %% 90, n %% 50
       FROM backshop.stores CROSS JOIN generate_series(1, %(products)s) AS n""",
    # Each store has about two thirds of the one before.
    """INSERT INTO insights.orders (id, store_id, wc_order_id, date_created, status, total, subtotal,
         tax_total, shipping_total, discount_total, currency, country, wc_customer_id, coupon_used)
       SELECT gen_random_uuid(), uuid_in(md5('store ' || (
           1 + floor(19.99 * power(random(), 3)))::int)::cstring), n,
         now() - interval '3 years' * power(random(), 1.3), 'completed', 55, 50, 0, 5, 0, 'USD',
         (ARRAY['DE', 'US', 'FR', 'GB'])[1 + n %% 4], 1 + floor(power(random(), 2) * %(orders)s / 5),
         CASE WHEN n %% 9 = 0 THEN 'save' END
       FROM generate_series(1, %(orders)s) AS n""",
    """INSERT INTO insights.order_items (id, order_id, store_id, product_id, wc_product_id,
         product_name, sku, quantity, subtotal, total, line_id)
       SELECT gen_random_uuid(), o.id, o.store_id,
         uuid_in(md5(o.store_id || ' ' || p)::cstring), p, 'Product ' || p, 'SKU-' || p, 1, 16.67, 16.67,
         o.wc_order_id || '-' || k
       FROM insights.orders AS o CROSS JOIN generate_series(1, 3) AS k
       CROSS JOIN LATERAL (
         SELECT 1 + floor(power(random(), 2) * %(products)s)::int AS p WHERE o.id IS NOT NULL) AS p""",
    """INSERT INTO insights.refunds (store_id, wc_refund_id, wc_order_id, order_id, date_created,
         amount, currency, goods, goods_tax, shipping_back)
       SELECT store_id, wc_order_id, wc_order_id, id, least(date_created + interval '9 days', now()),
         10, 'USD', 10, 0, 0
       FROM insights.orders WHERE wc_order_id %% 20 = 0""",
    "UPDATE insights.orders SET refunded_total = 10 WHERE wc_order_id %% 20 = 0",
]


@contextmanager
def database(*, is_loaded: bool = True) -> Iterator[str]:
    """A server with the data of the bench; the URL template of its logins."""
    from backshop.db import migrations

    with tempfile.TemporaryDirectory(
        prefix="backshop-bench-", ignore_cleanup_errors=True
    ) as folder:
        Path(folder).chmod(0o711)
        with postgres.running(Path(folder), settings=postgres.THROWAWAY) as server:
            postgres.create_database(server, PASSWORD)
            migrations.migrate(
                server.url("backshop_owner", PASSWORD),
                passwords=dict.fromkeys(migrations.LOGINS, PASSWORD),
                capability_key=b"a key of the bench",
                say=lambda _line: None,
            )
            if is_loaded:
                load(server.url("backshop_owner", PASSWORD))
            yield server.url("backshop_service", PASSWORD)


def load(url: str) -> None:
    orders = int(os.environ.get("ORDERS", "1000000"))
    of = {"orders": orders, "stores": STORES, "products": PRODUCTS}
    with psycopg.connect(url, autocommit=True) as owner:
        began = perf_counter()
        for statement in LOAD:
            owner.execute(statement.encode(), of)
        owner.execute("VACUUM ANALYZE")  # As it would be after a night, rows known to be visible.
        print(f"{orders:,} orders loaded in {perf_counter() - began:.0f} s", flush=True)


def main() -> None:
    with (
        database() as url,
        psycopg.connect(url, row_factory=dict_row, prepare_threshold=None) as tx,
    ):
        tx.execute("SELECT set_config('backshop.all_stores', 'on', true)")
        largest = tx.execute(
            """SELECT store_id, count(*) AS orders FROM insights.orders GROUP BY 1
               ORDER BY 2 DESC LIMIT 1"""
        ).fetchone()
        assert largest is not None
        store: UUID = largest["store_id"]
        print(f"the largest store has {largest['orders']:,} orders", flush=True)
        tx.rollback()
        measure(tx, store)


def goal(what: str, found: float, limit: float, *, at_least: bool = False) -> None:
    """One line a goal, in the same words for all of them."""
    is_hit = found >= limit if at_least else found <= limit
    sign = "at least" if at_least else "at most"
    print(f"{'hit ' if is_hit else 'MISS'} {what}: {found:,.1f} ({sign} {limit:,.0f})", flush=True)


def _analyzed(tx: Any) -> None:
    """What the server does by itself within a minute of so many rows."""
    with psycopg.connect(
        tx.info.dsn, user="backshop_owner", password=PASSWORD, autocommit=True
    ) as owner:
        for each in ("daily_sales", "product_months", "product_days", "customer_months"):
            owner.execute(f"VACUUM ANALYZE insights.{each}".encode())


def begin(tx: Any, store: UUID) -> None:
    tx.rollback()
    tx.execute("SELECT set_config('backshop.store_id', %s, true)", (str(store),))


def measure(tx: Any, store: UUID) -> None:
    from backshop.insights.rollups.rebuilding import rebuild

    begin(tx, store)
    began = perf_counter()
    rebuild(tx, store)
    tx.commit()
    _analyzed(tx)
    print(f"its rollups made anew in {perf_counter() - began:.1f} s", flush=True)
    begin(tx, store)
    key = tx.execute("SELECT id FROM insights.orders LIMIT 1").fetchone()["id"]

    def by_key() -> None:
        tx.execute(
            "SELECT * FROM insights.orders WHERE store_id = %s AND id = %s", (store, key)
        ).fetchone()

    lookup = median(_each(by_key, 200) for _ in range(ROUNDS))
    print(f"a lookup by primary key: {lookup * 1000:.3f} ms", flush=True)
    tiles(tx, lookup)
    products(tx)
    keeping(tx, store)


def _each(run: Callable[[], object], times: int) -> float:
    began = perf_counter()
    for _ in range(times):
        run()
    return (perf_counter() - began) / times


def tiles(tx: Any, lookup: float) -> None:
    from backshop.insights.dashboard import TILES
    from backshop.insights.semantic import repository
    from backshop.insights.semantic.models import SemanticQuery
    from backshop.insights.semantic.running import run_in

    shop = repository.shop(tx)
    assert shop is not None
    raw_shop = shop._replace(rolled_up=None)
    whole, goals = 0.0, []
    print(f"{'tile':30}{'rollup ms':>10}{'rows ms':>10}{'faster':>9}{'lookups':>9}")
    for tile in TILES:
        query = SemanticQuery.model_validate(tile.query)
        fast, slow = [], []
        for _ in range(ROUNDS):
            fast.append(_each(lambda q=query: run_in(tx, shop, q), 5))  # type: ignore[misc]
            slow.append(_each(lambda q=query: run_in(tx, raw_shop, q), 1))  # type: ignore[misc]
        quick, raw = median(fast), median(slow)
        whole += quick
        print(
            f"{tile.title:30}{quick * 1000:10.2f}{raw * 1000:10.1f}{raw / quick:8.0f}x{quick / lookup:8.1f}x",
            flush=True,
        )
        goals.append((tile.title, raw / quick, quick / lookup))
    for title, faster, lookups in goals:
        goal(f"times faster than rows, {title}", faster, 20, at_least=True)
        goal(f"lookups by primary key, {title}", lookups, 10)
    goal("lookups by primary key, the whole dashboard", whole / lookup, 60)


def products(tx: Any) -> None:
    from backshop.insights.semantic import repository
    from backshop.insights.semantic.models import SemanticQuery
    from backshop.insights.semantic.running import run_in

    shop = repository.shop(tx)
    assert shop is not None
    query = SemanticQuery.model_validate(
        {
            "metrics": ["product_net_sales", "items_sold"],
            "dimensions": ["product"],
            "period": {"type": "last_n", "n": 12, "unit": "month"},
            "top_n": 10,
        }
    )
    fast, slow = [], []
    for _ in range(ROUNDS):
        fast.append(_each(lambda: run_in(tx, shop, query), 1))
        slow.append(_each(lambda: run_in(tx, shop._replace(rolled_up=None), query), 1))
    print(
        f"top products of 12 months: {median(fast) * 1000:.1f} ms, rows {median(slow) * 1000:.0f} ms"
    )
    goal("times faster than rows, products", median(slow) / median(fast), 5, at_least=True)


def keeping(tx: Any, store: UUID) -> None:
    """What rollups add to a full sync of three years: to pages of orders of the last ninety days,
    whose products are kept by day too, and to pages of older ones, each by its share of them."""
    share = 90 / (3 * 365)
    recent, older = (_added(tx, store, page(ago)) for ago in (0, 400))
    print(
        f"saving {BATCH} orders takes {recent:+.0%} with rollups where they are of the last 90 days,"
        f" {older:+.0%} where they are older"
    )
    goal(
        "percent that rollups add to a sync of three years",
        100 * (share * recent + (1 - share) * older),
        20,
    )


def _added(tx: Any, store: UUID, records: list[Any]) -> float:
    """The share that rollups add to saving a page; each is saved with and without, and rolled
    back."""
    from backshop.commerce import Platform, Store
    from backshop.insights import projection
    from backshop.saving import projections

    held = Store(
        id=store, platform=Platform.WOOCOMMERCE, url="https://s1.example.com", currency="USD"
    )
    kept = projection.Keeping
    taken: dict[str, list[float]] = {"with": [], "without": []}
    for _ in range(KEEPING_ROUNDS):
        for side, keeping_ in (("with", kept), ("without", _Nothing)):
            setattr(projection, "Keeping", keeping_)  # noqa: B010  a stand-in of its own type
            begin(tx, store)
            began = perf_counter()
            projections.save(tx, held, records)
            taken[side].append(perf_counter() - began)
    setattr(projection, "Keeping", kept)  # noqa: B010
    tx.rollback()
    return median(taken["with"]) / median(taken["without"]) - 1


class _Nothing:
    def __init__(self, *_: Any) -> None:
        pass

    def before_orders(self, *_: Any) -> None:
        pass

    def before_refunds(self, *_: Any) -> None:
        pass

    def after(self) -> None:
        pass


def page(ago: int) -> list[Any]:
    """Orders as a sync brings them, of so many days ago: three lines, a customer each."""
    from datetime import UTC, datetime, timedelta
    from decimal import Decimal

    from backshop.commerce import Customer, Order, OrderLine

    now = datetime.now(UTC).replace(microsecond=0)
    found: list[Any] = []
    for number in range(BATCH):
        version = {"changed_at": now, "observed_at": now}
        lines = tuple(
            OrderLine(
                id=f"{number}-{n}",
                product_id=1 + (number * 7 + n) % PRODUCTS,
                variant_id=None,
                sku=f"SKU-{n}",
                name=f"Product {n}",
                quantity=1,
                unit_price=Decimal(10),
                subtotal=Decimal(10),
                total=Decimal(10),
            )
            for n in range(3)
        )
        who = str(10_000_000 + number)
        found.append(Customer(**version, rank=0, id=who, email=f"c{number}@example.com"))
        found.append(
            Order(
                **version,
                id=str(50_000_000 + number),
                code=f"#{number}",
                status="completed",
                currency="USD",
                subtotal=Decimal(30),
                total=Decimal(30),
                created_at=now - timedelta(days=ago, minutes=6 * number),
                placed_at=now - timedelta(days=ago, minutes=6 * number),
                customer_id=who,
                email=f"c{number}@example.com",
                country="DE",
                lines=lines,
            )
        )
    return found


if __name__ == "__main__":
    main()
