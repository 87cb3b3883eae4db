"""Reads a database's own catalogue into the form of documents.py."""

import re
from typing import Any

import psycopg

Connection = psycopg.Connection[dict[str, Any]]

SCHEMAS = ["backshop", "connect", "shade", "insights", "projects", "kits"]

COLUMNS = """
SELECT n.nspname AS schema, c.relname AS "table", a.attname AS name,
    format_type(a.atttypid, a.atttypmod) AS type, NOT a.attnotnull AS nullable,
    pg_get_expr(d.adbin, d.adrelid) AS default, t.typtype = 'e' AS is_enum,
    ARRAY(SELECT e.enumlabel::text FROM pg_enum e WHERE e.enumtypid = t.oid ORDER BY e.enumsortorder)
        AS labels
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
JOIN pg_type t ON t.oid = a.atttypid
LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
WHERE n.nspname = ANY (%s) AND c.relkind IN ('r', 'p') AND NOT c.relispartition
ORDER BY 1, 2, a.attnum
"""

CONSTRAINTS = """
SELECT n.nspname AS schema, c.relname AS "table", k.contype AS kind,
    pg_get_constraintdef(k.oid) AS definition, k.confdeltype AS on_delete,
    k.conenforced OR EXISTS (
        SELECT FROM pg_trigger g WHERE g.tgrelid = k.conrelid
            AND g.tgname = 'check_new_references' AND g.tgenabled = 'O') AS is_checked,
    fn.nspname AS target_schema, f.relname AS target,
    ARRAY(SELECT a.attname::text FROM unnest(k.conkey) WITH ORDINALITY u (num, place)
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = u.num ORDER BY u.place) AS columns,
    ARRAY(SELECT a.attname::text FROM unnest(k.confkey) WITH ORDINALITY u (num, place)
        JOIN pg_attribute a ON a.attrelid = f.oid AND a.attnum = u.num ORDER BY u.place)
        AS target_columns
FROM pg_constraint k
JOIN pg_class c ON c.oid = k.conrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_class f ON f.oid = k.confrelid
LEFT JOIN pg_namespace fn ON fn.oid = f.relnamespace
WHERE n.nspname = ANY (%s) AND NOT c.relispartition AND k.contype IN ('p', 'u', 'f', 'c')
    AND (k.convalidated OR NOT k.conenforced)
"""

INDEXES = """
SELECT n.nspname AS schema, c.relname AS "table", x.relname AS name, i.indisunique AS is_unique,
    i.indpred IS NOT NULL AS is_partial,
    ARRAY(SELECT a.attname::text FROM unnest(i.indkey) WITH ORDINALITY u (num, place)
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = u.num ORDER BY u.place) AS columns
FROM pg_index i
JOIN pg_class x ON x.oid = i.indexrelid
JOIN pg_class c ON c.oid = i.indrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = ANY (%s) AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND i.indisvalid
"""

TRIGGERS = """
SELECT n.nspname AS schema, c.relname AS "table", p.proname AS function
FROM pg_trigger g
JOIN pg_class c ON c.oid = g.tgrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_proc p ON p.oid = g.tgfoid
WHERE n.nspname = ANY (%s) AND NOT c.relispartition AND NOT g.tgisinternal AND g.tgenabled = 'O'
"""

FUNCTIONS = """
SELECT n.nspname AS schema, p.proname AS name, p.pronargs AS number, p.proargnames AS names
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE n.nspname = ANY (%s)
"""


def read(connection: Connection) -> dict[str, dict[str, Any]]:
    """By schema: {"tables": {name: {columns, primary_key, unique, foreign_keys, indexes, checks,
    triggers}}, "functions": {name: [argument names]}}."""
    found: dict[str, dict[str, Any]] = {
        schema: {"tables": {}, "functions": {}} for schema in SCHEMAS
    }
    for row in connection.execute(COLUMNS, [SCHEMAS]).fetchall():
        tables = found[row["schema"]]["tables"]
        table = tables.setdefault(row["table"], _empty())
        table["columns"][row["name"]] = {
            "type": "enum" if row["is_enum"] else row["type"],
            "labels": row["labels"],
            "nullable": row["nullable"],
            "default": row["default"],
        }
    for row in connection.execute(CONSTRAINTS, [SCHEMAS]).fetchall():
        _add_constraint(found[row["schema"]]["tables"][row["table"]], row)
    for row in connection.execute(INDEXES, [SCHEMAS]).fetchall():
        table = found[row["schema"]]["tables"][row["table"]]
        table["indexes"].append(row)
        if row["is_unique"] and not row["is_partial"]:
            table["unique"].append(row["columns"])
    for row in connection.execute(TRIGGERS, [SCHEMAS]).fetchall():
        found[row["schema"]]["tables"][row["table"]]["triggers"].append(row["function"])
    for row in connection.execute(FUNCTIONS, [SCHEMAS]).fetchall():
        found[row["schema"]]["functions"][row["name"]] = (row["names"] or [])[: row["number"]]
    return found


def _empty() -> dict[str, Any]:
    return {
        "columns": {},
        "primary_key": [],
        "unique": [],
        "foreign_keys": [],
        "indexes": [],
        "checks": [],
        "triggers": [],
    }


def _add_constraint(table: dict[str, Any], row: dict[str, Any]) -> None:
    if row["kind"] == "p":
        table["primary_key"] = row["columns"]
    elif row["kind"] == "f":
        table["foreign_keys"].append(
            {
                "columns": row["columns"],
                "schema": row["target_schema"],
                "table": row["target"],
                "target_columns": row["target_columns"],
                "on_delete": row["on_delete"],
                "is_checked": row["is_checked"],
            }
        )
    elif row["kind"] == "c":
        table["checks"].append({"columns": row["columns"], "definition": row["definition"]})


def plain_default(expression: str | None) -> str | None:
    """A default without its casts and quotes, and with one word for the current time."""
    if expression is None:
        return None
    bare = re.sub(r"::[\w. ]+(\(\d+\))?(\[\])?", "", expression.strip())
    bare = bare.strip("'").strip()
    return "now()" if bare.lower() in {"now()", "current_timestamp"} else bare
