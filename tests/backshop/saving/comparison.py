"""Two stores, table by table and row by row: the same, but for generated ids and storing times."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import psycopg

SCHEMAS = ("backshop", "connect", "shade", "insights", "kits")
OTHER_TABLES = {
    # The stores themselves, which are not made from records.
    "backshop.stores",
    "insights.stores",
    "connect.connector_config",
}
STORING_TIMES = {"synced_at", "updated_at", "assigned_at", "rebuilt_at"}
TIMES_OF_STORING_A_ROW = {
    "shade.customers.created_at",
    "shade.orders.created_at",
    "kits.customers.created_at",
    "kits.customer_addresses.created_at",
    "kits.customer_orders_summary.created_at",
    "kits.customer_order_items.created_at",
    "kits.order_delivery_status.created_at",
    "kits.order_tracking.created_at",
    "kits.import_batches.created_at",
}

Connection = psycopg.Connection[dict[str, Any]]
Rows = dict[str, list[str]]


def rows_of(owner: Connection, store: UUID) -> Rows:
    """By table: its rows of the store, as text, with references in place of generated ids;
    sorted."""
    tables = list(_tables(owner))
    content = {
        table: owner.execute(
            f"SELECT to_jsonb(t) AS row FROM {table} AS t WHERE store_id = %s", (store,)
        ).fetchall()
        for table in tables
    }
    _leave_out_history(content)
    names = _names(owner, content)
    return {
        table: sorted(_as_text(table, each["row"], names) for each in rows)
        for table, rows in content.items()
        if rows
    }


HISTORY = {
    "kits.order_delivery_status": "order_code",
    "kits.order_delivery_status_events": "order_code",
    "kits.order_tracking": "vendure_order_id",
    "kits.order_places": "vendure_order_id",
}
"""How an order was delivered, and its place in a batch, stay when it is deleted, and are what was
seen until then."""


def _leave_out_history(content: dict[str, list[dict[str, Any]]]) -> None:
    orders = [each["row"] for each in content.get("kits.customer_orders_summary", ())]
    for table, key in HISTORY.items():
        there = {order[key] for order in orders}
        kept = [each for each in content.get(table, ()) if each["row"][key] in there]
        content[table] = kept


def differences(one: Rows, other: Rows, most: int = 12) -> list[str]:
    """What is in one and not in the other, by table."""
    found = []
    for table in sorted(one.keys() | other.keys()):
        first, second = set(one.get(table, ())), set(other.get(table, ()))
        if len(one.get(table, ())) != len(first) or len(other.get(table, ())) != len(second):
            found.append(f"{table}: equal rows")
        found += [f"{table}: only one has {row}" for row in sorted(first - second)[:most]]
        found += [f"{table}: only the other has {row}" for row in sorted(second - first)[:most]]
    return found


def _tables(owner: Connection) -> Iterator[str]:
    rows = owner.execute(
        """SELECT c.oid::regclass::text AS name FROM pg_class AS c
           INNER JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attname = 'store_id'
           WHERE c.relnamespace = ANY (%s::regnamespace[]) AND c.relkind IN ('r', 'p')
             AND NOT c.relispartition ORDER BY 1""",
        (list(SCHEMAS),),
    )
    return (row["name"] for row in rows if row["name"] not in OTHER_TABLES)


def _names(owner: Connection, content: dict[str, list[dict[str, Any]]]) -> dict[str, str]:
    """Generated id to what names its row: a unique key of the table, references in it resolved."""
    rows = owner.execute(
        """SELECT k.conrelid::regclass::text AS name,
             array_agg(a.attname::text ORDER BY a.attnum) AS columns
           FROM pg_constraint AS k
           INNER JOIN pg_attribute AS a ON a.attrelid = k.conrelid AND a.attnum = ANY (k.conkey)
           WHERE k.contype = 'u' GROUP BY k.oid, k.conrelid ORDER BY k.conrelid, k.oid"""
    ).fetchall()
    keys: dict[str, list[str]] = {}
    for row in rows:
        keys.setdefault(row["name"], [each for each in row["columns"] if each != "store_id"])
    ids = {
        each["row"]["id"]: (table, each["row"])
        for table, found in content.items()
        for each in found
        if "id" in each["row"] and table in keys
    }

    def name(id: str) -> str:
        table, row = ids[id]
        parts = [row[column] for column in keys[table]]
        return f"{table}({', '.join(name(each) if each in ids else str(each) for each in parts)})"

    return {id: name(id) for id in ids}


def _as_text(table: str, row: dict[str, Any], names: dict[str, str]) -> str:
    kept = {
        column: names.get(value, value) if isinstance(value, str) else value
        for column, value in row.items()
        if column not in {"store_id", "id"} | STORING_TIMES
        and f"{table}.{column}" not in TIMES_OF_STORING_A_ROW
    }
    return json.dumps(kept, sort_keys=True)
