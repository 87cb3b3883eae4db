"""Saving orders, against a bare COPY and merge of the very rows that result.

Once as `webhook_ingest` works its queue off, in batches as the template has them, from the JSON of
the message to the commit; and once as a sync saves its pages, from translated records on. The limit
copies the finished rows of the same batches into temporary tables and merges them into the same
tables, keys, checks and indexes, with the same login: nothing is parsed, decided or looked up.
"""

from __future__ import annotations

import json
import os
import random
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from hashlib import sha256
from importlib import import_module
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import Any
from uuid import UUID, uuid4

from bench.timing import timed
from local import postgres

ROOT = Path(__file__).parents[1]
RECORDED = ROOT / "shops/recordings/woocommerce-11.0.1/webhooks/019_order.created.body"
ORDERS = 10_000
CUSTOMERS = 6_000
PRODUCTS = 500
QUEUE_BATCH = 100
"""BatchSize of webhook_ingest in template.yaml."""
STORES = 100
MIXED = 2_000
"""Orders of many stores, one of each in a batch."""
PAGE = 2_000
ROUNDS = 3
BATCHES_GOAL, PAGES_GOAL = 0.8, 0.85
"""Of a bare COPY and merge of the same rows."""
PASSWORD = "for the bench alone"
START = datetime(2026, 1, 1, tzinfo=UTC)

# Each table, and which order a row of it belongs to.
TABLES = {
    "backshop.webhook_inbox": "substring(t.delivery_key from '[0-9]+$')::bigint",
    "backshop.received_webhooks": "substring(t.delivery_key from '[0-9]+$')::bigint",
    "backshop.record_versions": "coalesce(first.number, substring(t.external_id, '^[0-9]+$')::bigint)",
    "connect.platform_customer": "first.number",
    "insights.customers": "first.number",
    "connect.platform_order": "t.order_id::bigint",
    "connect.order_item": "t.order_id::bigint",
    "insights.orders": "t.wc_order_id",
    "insights.order_items": "o.wc_order_id",
}
# A customer's row belongs to the first order that names them.
CUSTOMER = {
    "backshop.record_versions": "t.kind = 'customer' AND t.external_id = first.id",
    "connect.platform_customer": "t.customer_id = first.id",
    "insights.customers": "t.wc_customer_id::text = first.id",
}


def main() -> None:
    with _database() as server:
        for name, size, run, goal in (
            (f"webhook_ingest, batches of {QUEUE_BATCH}", QUEUE_BATCH, _handle_queue, BATCHES_GOAL),
            (f"a sync's pages of {PAGE}", PAGE, _save_pages, PAGES_GOAL),
        ):
            ours, limit, client = [], [], []
            for _ in range(ROUNDS):
                store = _new_store(server)
                batches = list(_batches(store, size))
                cpu = process_time()
                ours.append(timed(partial(run, store, batches)))
                client.append(process_time() - cpu)
                copy = _Copy(server, store, _new_store(server), size)
                limit.append(timed(copy.run))
                copy.check()
            ratio = median(limit) / median(ours)
            print(
                f"{name}: {ORDERS / median(ours):,.0f} orders/s "
                f"({median(ours) / ORDERS * 1e6:.0f} µs an order, "
                f"{median(client) / ORDERS * 1e6:.0f} of them our CPU); bare COPY and merge of the "
                f"same rows {ORDERS / median(limit):,.0f} orders/s; "
                f"ratio {ratio:.2f} (goal at least {goal})"
            )
        _many_stores(server)


def _many_stores(server: postgres.Server) -> None:
    """What a batch costs whose deliveries are of as many stores: each is saved by itself."""
    stores = [_new_store(server) for _ in range(STORES)]
    draw = random.Random(5)
    batches = [
        [_message(store, _order(number, draw)) for store in stores]
        for number in range(1, MIXED // STORES + 1)
    ]
    cpu = process_time()
    seconds = timed(partial(_handle_queue, stores[0], batches))
    cpu = process_time() - cpu
    print(
        f"webhook_ingest, batches of {STORES} of as many stores: {MIXED / seconds:,.0f} orders/s "
        f"({seconds / MIXED * 1e6:.0f} µs an order, {cpu / MIXED * 1e6:.0f} of them our CPU)"
    )


@contextmanager
def _database() -> Iterator[postgres.Server]:
    """A migrated server, and this process as a function that may log in as the handlers do."""
    from backshop import db
    from backshop.aws import config, objects
    from backshop.db import migrations

    with tempfile.TemporaryDirectory(prefix="backshop-bench-") as folder:
        Path(folder).chmod(0o711)
        with postgres.running(Path(folder), settings=postgres.THROWAWAY) as server:
            postgres.create_database(server, PASSWORD)
            migrations.migrate(
                server.url("backshop_owner", PASSWORD),
                passwords=dict.fromkeys(migrations.LOGINS, PASSWORD),
                capability_key=b"a key for the bench",
                say=lambda _line: None,
            )
            os.environ["POWERTOOLS_METRICS_DISABLED"] = "true"
            # Bodies are kept by an S3 that takes no time: its answers are waited for, not worked.
            names = ("DATA_BUCKET", "WEBHOOK_BODIES_KEY", "AWS_DEFAULT_REGION")
            os.environ |= dict.fromkeys(names, "bench")
            objects.put = lambda *_, **__: None
            before, config.database_url = (
                config.database_url,
                lambda role: server.url(f"backshop_{role}", PASSWORD),
            )
            try:
                yield server
            finally:
                db.close()
                config.database_url = before


def _new_store(server: postgres.Server) -> UUID:
    """A WooCommerce store with its connector and its catalogue."""
    from backshop import db
    from backshop.commerce import Platform, Product, Store, Variant
    from backshop.saving import projections

    id = uuid4()
    with db.connect(server.url("backshop_owner", PASSWORD)) as owner:
        for statement in (
            "INSERT INTO backshop.stores (id, platform, store_url) VALUES (%(id)s, %(on)s, %(url)s)",
            """INSERT INTO insights.stores (id, store_id, store_url, api_key_hash)
               VALUES (%(id)s, %(id)s, %(url)s, '')""",
            """INSERT INTO connect.connector_config
                 (id, store_id, platform, store_url, api_key, secret)
               VALUES (%(id)s, %(id)s, %(on)s, %(url)s, '', '')""",
        ):
            owner.execute(statement, {"id": id, "url": f"https://{id}", "on": "woocommerce"})
    store = Store(id=id, platform=Platform.WOOCOMMERCE, url=f"https://{id}", currency="USD")
    products = [
        Product(
            id=str(number),
            changed_at=START,
            observed_at=START,
            title=f"Product {number}",
            variants=(Variant(id=str(number), sku=f"SKU-{number}", price=10),),
        )
        for number in range(1, PRODUCTS + 1)
    ]
    with db.transaction(store_id=id) as tx:
        projections.save(tx, store, products)
    return id


def _order(number: int, draw: random.Random) -> dict[str, Any]:
    """A recorded order, as another customer's with other lines."""
    order: dict[str, Any] = json.loads(RECORDED.read_bytes())
    at = (START + timedelta(minutes=number)).strftime("%Y-%m-%dT%H:%M:%S")
    customer = draw.randrange(1, CUSTOMERS)
    order |= {"id": number, "number": str(number), "customer_id": customer, "refunds": []}
    order |= {"date_created_gmt": at, "date_modified_gmt": at, "date_paid_gmt": at}
    order["billing"] |= {"email": f"customer{customer}@example.com"}
    line = order["line_items"][0]
    order["line_items"] = [
        line | {"id": number * 4 + place, "product_id": product, "sku": f"SKU-{product}"}
        for place in range(draw.choice((2, 3)))
        for product in [draw.randrange(1, PRODUCTS)]
    ]
    return order


def _batches(store: UUID, size: int) -> Iterator[list[Any]]:
    """Queue messages for `webhook_ingest`, or the records of a page where `size` is a page's."""
    draw = random.Random(5)
    for start in range(1, ORDERS + 1, size):
        orders = [_order(number, draw) for number in range(start, start + size)]
        yield (
            [_message(store, each) for each in orders] if size == QUEUE_BATCH else _records(orders)
        )


def _message(store: UUID, order: dict[str, Any]) -> dict[str, Any]:
    body = json.dumps(order)
    delivery = {
        "connector_id": str(store),
        "platform": "woocommerce",
        "topic": "order.created",
        # Tells the limit which order's the row of the inbox is.
        "key": f"order.created/{order['id']}",
        "sha256": sha256(body.encode()).hexdigest(),
        "received_at": "2026-06-01T00:00:00+00:00",
        "triggered_at": None,
        "body": body,
    }
    return {"messageId": str(uuid4()), "body": json.dumps(delivery)}


def _records(orders: Sequence[dict[str, Any]]) -> list[Any]:
    """A page as a sync tells it: orders in their short form where they are plain."""
    from backshop.commerce import Platform, Store
    from backshop.platforms.woocommerce import translate

    store = Store(id=uuid4(), platform=Platform.WOOCOMMERCE, url="https://x", currency="USD")
    body = json.dumps(orders).encode()
    return list(translate.plain_orders_page(body, store, datetime(2026, 6, 1, tzinfo=UTC)).events)


def _handle_queue(_store: UUID, batches: Sequence[list[Any]]) -> None:
    handler = _webhook_ingest()
    for batch in batches:
        answer = handler({"Records": batch}, None)
        if answer["batchItemFailures"]:
            raise RuntimeError("a message failed; see the log above")


def _webhook_ingest() -> Callable[..., Any]:
    folder = str(ROOT / "functions/webhook_ingest")
    if folder not in sys.path:
        sys.path.insert(0, folder)
    handler: Callable[..., Any] = import_module("webhook_ingest").handler
    return handler


def _save_pages(id: UUID, pages: Sequence[list[Any]]) -> None:
    from backshop import db
    from backshop.commerce import Platform, Store
    from backshop.saving import projections

    store = Store(id=id, platform=Platform.WOOCOMMERCE, url="https://x", currency="USD")
    for records in pages:
        with db.transaction(store_id=id) as tx:
            projections.save(tx, store, records)


class _Copy:
    """The limit: the rows of `source`, told apart by batch, for store `target`."""

    def __init__(self, server: postgres.Server, source: UUID, target: UUID, size: int) -> None:
        from backshop import db

        self.source, self.target, self.size = source, target, size
        self.owner = db.connect(server.url("backshop_owner", PASSWORD))
        self._copy_catalogue()
        self.rows = {table: self._read(table, number) for table, number in TABLES.items()}
        self.merges = {table: self._merge(table) for table in TABLES}

    def _read(self, table: str, number: str) -> list[str]:
        """COPY's text of the table's rows, one text a batch."""
        of_order = "JOIN insights.orders AS o ON o.store_id = t.store_id AND o.id = t.order_id"
        query = f"""COPY (
            WITH first AS (SELECT external_customer_id AS id, min(order_id::bigint) AS number
              FROM connect.platform_order WHERE store_id = '{self.source}' GROUP BY 1)
            SELECT ({number} - 1) / {self.size} AS batch, t.* FROM {table} AS t
            {of_order if number.startswith("o.") else ""}
            LEFT JOIN first ON {CUSTOMER.get(table, "false")}
            WHERE t.store_id = '{self.source}'{_but_the_catalogue(table)}
            ) TO STDOUT"""
        old, new = str(self.source), str(self.target)
        parts: list[list[str]] = [[] for _ in range(ORDERS // self.size)]
        with self.owner.cursor() as cursor, cursor.copy(query.encode()) as copy:
            for line in copy:
                batch, _, row = bytes(line).decode().partition("\t")
                parts[int(batch)].append(row.replace(old, new))
        return ["".join(part) for part in parts]

    def _copy_catalogue(self) -> None:
        """The same products under the same ids, which the copied lines name."""
        self.owner.execute("DELETE FROM insights.products WHERE store_id = %s", (self.target,))
        self.owner.execute(
            """INSERT INTO insights.products (id, store_id, wc_product_id, name)
               SELECT id, %s, wc_product_id, name FROM insights.products WHERE store_id = %s""",
            (self.target, self.source),
        )

    def _merge(self, table: str) -> bytes:
        found = self.owner.execute(
            """SELECT array_agg(a.attname::text ORDER BY a.attnum) AS names,
                 array_agg(a.attname::text) FILTER (WHERE a.attnum = ANY (i.indkey)) AS key
               FROM pg_index AS i
               JOIN pg_attribute AS a ON a.attrelid = i.indrelid
               WHERE i.indrelid = %s::regclass AND i.indisprimary
                 AND a.attnum > 0 AND NOT a.attisdropped""",
            (table,),
        ).fetchone()
        assert found
        sets = [f"{name} = excluded.{name}" for name in found["names"] if name not in found["key"]]
        return (
            f"INSERT INTO {table} SELECT * FROM pg_temp.incoming"
            f" ON CONFLICT ({', '.join(found['key'])}) DO UPDATE SET {', '.join(sets)}"
        ).encode()

    def run(self) -> None:
        from backshop import db

        for batch in range(ORDERS // self.size):
            with db.transaction(store_id=self.target) as tx:
                for table in TABLES:
                    tx.execute(f"CREATE TEMP TABLE incoming (LIKE {table}) ON COMMIT DROP".encode())
                    with tx.cursor() as cursor, cursor.copy("COPY incoming FROM STDIN") as copy:
                        copy.write(self.rows[table][batch])
                    tx.execute(self.merges[table])
                    tx.execute("DROP TABLE incoming")

    def check(self) -> None:
        """Both stores hold as many rows of each table, or the comparison is none."""
        for table in TABLES:
            counts = [
                self.owner.execute(
                    f"SELECT count(*) AS n FROM {table} WHERE store_id = %s"
                    f"{_but_the_catalogue(table)}".encode(),
                    (id,),
                ).fetchone()
                for id in (self.source, self.target)
            ]
            if counts[0] != counts[1]:
                raise RuntimeError(f"{table}: {counts}")
        self.owner.close()


def _but_the_catalogue(table: str) -> str:
    """It is saved before the clock starts."""
    return " AND kind IN ('order', 'customer')" if table == "backshop.record_versions" else ""


if __name__ == "__main__":
    start = perf_counter()
    main()
    print(f"took {perf_counter() - start:.0f} s")
