"""Every index of the tables that syncs and webhooks fill is paid for with each of their rows: a
key, a reference or a document wants it, or a statement here is planned with it.

In a database of its own: which index a statement is planned with hangs on other stores' rows, too.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from psycopg import sql

from local import postgres
from tests.conftest import Database, migrated
from tests.sql import catalogue, rows
from tests.sql.rows import Connection

DOCUMENTS = json.loads((Path(__file__).parent / "documents.json").read_text())
FILLED = {
    "backshop": ("webhook_inbox", "received_webhooks", "record_versions"),
    "connect": ("platform_product", "platform_customer", "platform_order", "order_item"),
    "insights": (
        "customers",
        "categories",
        "products",
        "product_variants",
        "orders",
        "order_items",
        "coupons",
        "order_coupons",
        "refunds",
        "refund_items",
        "daily_sales",
        "product_months",
        "product_days",
        "customer_months",
        "monthly_customers",
    ),
}
STORE = uuid4()
# Rows are dated by the hour from 2020 on, for as many years as rows were made before: a period that
# shall be narrow lies before that.
ROWS = 500
USED = {
    # maintain: claims that are old enough to be forgotten.
    "idx_webhook_inbox_received": f"""DELETE FROM backshop.webhook_inbox
        WHERE store_id = '{STORE}' AND received_at < now() - interval '30 days'""",
    # GET /connectors/{id}/webhooks: a page, a search, the failed ones.
    "idx_received_webhooks_received": f"""SELECT id FROM backshop.received_webhooks
        WHERE store_id = '{STORE}' ORDER BY received_at DESC, id DESC LIMIT 50""",
    "idx_received_webhooks_about": f"""SELECT id FROM backshop.received_webhooks
        WHERE store_id = '{STORE}' AND (about = ANY ('{{5}}') OR delivery_key = ANY ('{{5}}'))
        ORDER BY received_at DESC, id DESC LIMIT 50""",
    "idx_received_webhooks_failed": f"""SELECT id FROM backshop.received_webhooks
        WHERE store_id = '{STORE}' AND status = 'failed' AND received_at >= now()""",
    # sync: whether anything was ever deleted.
    "idx_record_versions_deleted": f"""SELECT FROM backshop.record_versions
        WHERE store_id = '{STORE}' AND kind = 'order' AND deleted""",
    # connect: a SKU that two variants were given.
    "idx_platform_product_given_sku": f"""SELECT sku FROM connect.platform_product
        WHERE store_id = '{STORE}' AND platform = 'shopify' AND given_sku = ANY ('{{A,B}}')""",
    # connect: orders that waited for their customer; lists; what staff type in to find one.
    "idx_platform_order_unlinked": f"""SELECT order_id FROM connect.platform_order
        WHERE store_id = '{STORE}' AND platform = 'shopify' AND customer_id IS NULL
          AND external_customer_id = ANY ('{{1,2}}')""",
    "idx_platform_order_created": f"""SELECT order_id FROM connect.platform_order
        WHERE store_id = '{STORE}' ORDER BY created_at DESC, order_id DESC LIMIT 50""",
    "idx_platform_order_code": f"""SELECT order_id FROM connect.platform_order
        WHERE store_id = '{STORE}' AND code = ANY ('{{1001}}')""",
    "idx_platform_order_email": f"""SELECT order_id FROM connect.platform_order
        WHERE store_id = '{STORE}' AND email_hash = 'x'""",
    # insights: a person who is exported or erased.
    "idx_customers_email_hash": f"""SELECT id FROM insights.customers
        WHERE store_id = '{STORE}' AND (wc_customer_id = ANY ('{{1}}') OR email_hash = 'x')""",
    # insights: categories, products, orders and refunds that waited for what they name.
    "idx_categories_wc_parent": f"""SELECT id FROM insights.categories
        WHERE store_id = '{STORE}' AND wc_parent_id = ANY ('{{1,2}}')""",
    "idx_products_wc_category": f"""SELECT id FROM insights.products
        WHERE store_id = '{STORE}' AND wc_category_id = ANY ('{{1,2}}')""",
    "idx_orders_unlinked": f"""SELECT id FROM insights.orders
        WHERE store_id = '{STORE}' AND customer_id IS NULL AND wc_customer_id = ANY ('{{1,2}}')""",
    "idx_order_items_wc_product": f"""SELECT id FROM insights.order_items
        WHERE store_id = '{STORE}' AND product_id IS NULL AND wc_product_id = ANY ('{{1,2}}')""",
    # insights: the SKUs of lines, one after the other, and those that are gone among them.
    "idx_order_items_sku": f"""SELECT sku FROM insights.order_items
        WHERE store_id = '{STORE}' AND sku > 'A' ORDER BY sku LIMIT 1""",
    "idx_refunds_wc_order": f"""SELECT id FROM insights.refunds
        WHERE store_id = '{STORE}' AND wc_order_id = ANY ('{{1,2}}')""",
    # insights: questions by the day of a refund and by what is in stock.
    "idx_refunds_store_date": f"""SELECT sum(goods) FROM insights.refunds
        WHERE store_id = '{STORE}' AND date_created BETWEEN '2019-12-01' AND '2019-12-07'""",
    "idx_products_stock": f"""SELECT name FROM insights.products
        WHERE store_id = '{STORE}' AND stock_quantity < 5""",
}


@pytest.fixture(scope="module")
def database(postgres_server: postgres.Server) -> Database:
    return migrated(Database(postgres_server, "indexes"))


def filled(owner: Connection) -> list[tuple[str, str, dict[str, Any], dict[str, Any]]]:
    """Schema, table, the table's facts and one of its indexes."""
    read = catalogue.read(owner)
    return [
        (schema, name, read[schema]["tables"][name], index)
        for schema, names in FILLED.items()
        for name in names
        for index in read[schema]["tables"][name]["indexes"]
    ]


def is_wanted(schema: str, name: str, table: dict[str, Any], index: dict[str, Any]) -> bool:
    """Whether a key, a reference or a document wants the index."""
    columns = index["columns"]
    if index["is_unique"] and columns in [table["primary_key"], *table["unique"]]:
        return True
    # Every index begins with the store, and serves a reference to it.
    references = [key["columns"] for key in table["foreign_keys"] if len(key["columns"]) > 1]
    if not index["is_partial"] and any(
        set(columns[: len(each)]) == set(each) for each in references
    ):
        return True
    said = DOCUMENTS.get(schema, {}).get("tables", {}).get(name, {"indexes": []})
    return any(
        each["name"] in (None, index["name"])
        and columns[: len(_with_store(each))] == _with_store(each)
        for each in said["indexes"]
    )


def _with_store(documented: dict[str, Any]) -> list[str]:
    return ["store_id", *(each for each in documented["columns"] if each != "store_id")]


def idle(owner: Connection) -> list[str]:
    return [
        index["name"]
        for schema, name, table, index in filled(owner)
        if not is_wanted(schema, name, table, index) and index["name"] not in USED
    ]


def test_no_index_is_there_for_nothing(owner: Connection) -> None:
    assert idle(owner) == []
    with owner.transaction(force_rollback=True):
        owner.execute("CREATE INDEX idx_by_sku ON connect.order_item (store_id, sku)")
        assert idle(owner) == ["idx_by_sku"], "the control"


def test_every_statement_stands_for_an_index_that_nothing_else_wants(owner: Connection) -> None:
    wanted = {each[3]["name"]: is_wanted(*each) for each in filled(owner)}
    assert {name: wanted.get(name) for name in USED} == dict.fromkeys(USED, False)


def test_each_statement_is_planned_with_its_index(owner: Connection) -> None:
    known = rows.schema(owner)
    with owner.transaction(force_rollback=True):
        made = rows.fill(owner, known, STORE, {})
        for schema, names in FILLED.items():
            for name in names:
                more = [rows.build(known, (schema, name), STORE, made, {}) for _ in range(ROWS)]
                insert_all(owner, sql.Identifier(schema, name), more)
        owner.execute("SET LOCAL enable_seqscan = off")
        plans = {name: plan(owner, statement) for name, statement in USED.items()}
    missed = [each for name, each in plans.items() if f" {name} " not in each]
    assert missed == []


def insert_all(owner: Connection, table: sql.Identifier, made: list[rows.Row]) -> None:
    statement = sql.SQL("INSERT INTO {} ({}) VALUES ({}) ON CONFLICT DO NOTHING").format(
        table,
        sql.SQL(", ").join(map(sql.Identifier, made[0])),
        sql.SQL(", ").join(sql.Placeholder() * len(made[0])),
    )
    with owner.cursor() as cursor:
        cursor.executemany(statement, [list(each.values()) for each in made])
    owner.execute(sql.SQL("ANALYZE {}").format(table))


def plan(owner: Connection, statement: str) -> str:
    return "\n".join(
        row["QUERY PLAN"] for row in owner.execute(f"EXPLAIN {statement}".encode()).fetchall()
    )


def test_no_index_is_the_beginning_of_another(owner: Connection) -> None:
    """Two that begin alike are paid for twice; what a document names may be the wider one."""
    read = filled(owner)
    double = [
        (one["name"], other["name"])
        for schema, name, _, one in read
        for schema_of_other, name_of_other, _, other in read
        if (schema, name) == (schema_of_other, name_of_other) and one is not other
        if not one["is_partial"] and not other["is_partial"] and not one["is_unique"]
        if other["columns"][: len(one["columns"])] == one["columns"]
    ]
    assert double == []
