"""Makes one row in every table of a store, from nothing but the catalogue."""

import itertools
import os
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
from psycopg import sql

from tests.sql import catalogue

Connection = psycopg.Connection[dict[str, Any]]
Row = dict[str, Any]
Name = tuple[str, str]

# Whatever a key may hold differs from row to row.
FIRST = datetime(2020, 1, 1, tzinfo=UTC)
_numbers = itertools.count(1)

MADE_BY_POSTGRES = """
SELECT n.nspname AS schema, c.relname AS "table", a.attname AS name
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = ANY (%s) AND a.attnum > 0 AND (a.attgenerated <> '' OR a.attidentity <> '')
"""


@dataclass(frozen=True)
class Schema:
    """The tables that belong to a store, those that are referred to first."""

    tables: dict[Name, dict[str, Any]]
    made_by_postgres: set[tuple[str, str, str]]


def schema(owner: Connection) -> Schema:
    found = catalogue.read(owner)
    tables = {
        (context, name): table
        for context, said in found.items()
        for name, table in said["tables"].items()
        if "store_id" in table["columns"]
    }
    made = owner.execute(MADE_BY_POSTGRES, [catalogue.SCHEMAS]).fetchall()
    return Schema(
        _parents_first(tables), {(row["schema"], row["table"], row["name"]) for row in made}
    )


def fill(
    owner: Connection, known: Schema, store: UUID, given: Row, only: str | None = None
) -> dict[Name, Row]:
    """Insert a row of this store into each table (of one context); the rows as stored.

    `given` are values by column name, for wherever such a column is.
    """
    rows: dict[Name, Row] = {
        name: row
        for name in known.tables
        if only and name[0] != only and (row := _stored(owner, name, store))
    }
    for name in known.tables:
        if only is None or name[0] == only:
            rows[name] = insert(owner, name, build(known, name, store, rows, given))
    return rows


def build(known: Schema, name: Name, store: UUID, parents: dict[Name, Row], given: Row) -> Row:
    """A row for the table, not yet inserted: references to `parents`, fresh values elsewhere."""
    table = known.tables[name]
    row: Row = {
        column: given.get(column, _value(table, column, said))
        for column, said in table["columns"].items()
        if (*name, column) not in known.made_by_postgres
    }
    for key in table["foreign_keys"]:
        parent = parents.get((key["schema"], key["table"]), {})
        for column, target in zip(key["columns"], key["target_columns"], strict=True):
            if column in row:
                row[column] = parent.get(target)
    if name == ("backshop", "stores"):
        row["id"] = store
    if "store_id" in row:
        row["store_id"] = store
    return row


def insert(connection: Connection, name: Name, row: Row) -> Row:
    statement = sql.SQL("INSERT INTO {} ({}) VALUES ({}) RETURNING *").format(
        sql.Identifier(*name),
        sql.SQL(", ").join(map(sql.Identifier, row)),
        sql.SQL(", ").join(sql.Placeholder() * len(row)),
    )
    made = connection.execute(statement, list(row.values())).fetchone()
    assert made is not None
    return made


def _stored(owner: Connection, name: Name, store: UUID) -> Row | None:
    statement = sql.SQL("SELECT * FROM {} WHERE store_id = %s LIMIT 1")
    return owner.execute(statement.format(sql.Identifier(*name)), [store]).fetchone()


def _parents_first(tables: dict[Name, dict[str, Any]]) -> dict[Name, dict[str, Any]]:
    ordered: dict[Name, dict[str, Any]] = {}
    while len(ordered) < len(tables):
        ready = {
            name: table
            for name, table in tables.items()
            if name not in ordered
            and {(key["schema"], key["table"]) for key in table["foreign_keys"]} <= {*ordered, name}
        }
        assert ready, f"these refer to each other: {set(tables) - set(ordered)}"
        ordered |= ready
    return ordered


def _value(table: dict[str, Any], column: str, said: dict[str, Any]) -> Any:
    if said["labels"]:
        return said["labels"][0]
    for check in table["checks"]:
        if check["columns"] == [column]:
            definition = check["definition"]
            quoted = re.findall(r"'([^']+)'", definition)
            bounds = re.findall(r"\d+", definition)
            return quoted[0] if quoted else max(1, int(bounds[0]))
    return _of_type(said["type"], column)


def _of_type(type: str, column: str) -> Any:
    if type.endswith("[]"):
        return [_of_type(type.removesuffix("[]"), column)]
    if length := re.fullmatch(r"character varying\((\d+)\)", type):
        return f"{uuid4().hex[:8]}{column}"[: int(length[1])]
    if type.startswith("numeric"):
        return 1
    if type in ("real", "double precision"):
        return 0.5
    number = next(_numbers)
    values: dict[str, Any] = {
        "uuid": uuid4(),
        "text": f"{column} {uuid4().hex}",
        "integer": number,
        "smallint": number % 10_000,
        "bigint": int.from_bytes(os.urandom(6)),
        "boolean": False,
        "jsonb": "{}",
        "bytea": os.urandom(32),
        "date": (FIRST + timedelta(days=number)).date(),
        "interval": timedelta(hours=1),
        "timestamp with time zone": FIRST + timedelta(hours=number),
    }
    assert type in values, f"say here what a value of type {type} may be"
    return values[type]
