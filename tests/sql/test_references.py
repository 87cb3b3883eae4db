"""References that are checked as sets refuse what checks of each row would: an orphan that is
written or made, and the end or move of a row that others point to."""

from __future__ import annotations

from typing import Any, NamedTuple
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql

from tests.sql import catalogue, rows
from tests.sql.rows import Connection

REFERENCES = """
SELECT n.nspname || '.' || c.relname AS child, k.conname AS name,
    pn.nspname || '.' || p.relname AS parent, k.confdeltype = 'c' AS does_cascade,
    ARRAY(SELECT a.attname::text FROM unnest(k.conkey) WITH ORDINALITY u (num, place)
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = u.num ORDER BY u.place) AS columns,
    ARRAY(SELECT a.attname::text FROM unnest(k.confkey) WITH ORDINALITY u (num, place)
        JOIN pg_attribute a ON a.attrelid = p.oid AND a.attnum = u.num ORDER BY u.place) AS keys
FROM pg_constraint k
JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_class p ON p.oid = k.confrelid JOIN pg_namespace pn ON pn.oid = p.relnamespace
WHERE k.contype = 'f' AND NOT k.conenforced AND n.nspname = ANY (%s)
ORDER BY 1, 2
"""
LEAST = 25
"""References that are known to be checked as sets: a test without any would prove nothing."""


class Reference(NamedTuple):
    child_name: rows.Name
    child: sql.Identifier
    name: str
    parent: sql.Identifier
    does_cascade: bool
    columns: list[str]
    keys: list[str]


def references(owner: Connection) -> list[Reference]:
    found = owner.execute(REFERENCES, [catalogue.SCHEMAS]).fetchall()
    return [
        Reference(
            (row["child"].split(".")[0], row["child"].split(".")[1]),
            sql.Identifier(*row["child"].split(".")),
            row["name"],
            sql.Identifier(*row["parent"].split(".")),
            row["does_cascade"],
            row["columns"],
            row["keys"],
        )
        for row in found
    ]


class Filled(NamedTuple):
    tx: Connection
    rows: dict[rows.Name, rows.Row]


@pytest.fixture
def filled(owner: Connection) -> Filled:
    """The owner, and a store with a row in every table; its category is within another."""
    made = rows.fill(owner, rows.schema(owner), uuid4(), {})
    name = ("insights", "categories")
    child = {"id": uuid4(), "wc_category_id": 2, "parent_id": made[name]["id"]}
    made[name] = rows.insert(owner, name, made[name] | child)
    return Filled(owner, made)


def where(columns: list[str]) -> sql.Composed:
    return sql.SQL(" AND ").join(
        sql.SQL("{} = %s").format(sql.Identifier(each)) for each in columns
    )


def stranger(value: Any) -> Any:
    """Another value of the kind, which is no key."""
    return (
        "woocommerce" if isinstance(value, str) else 987_654 if isinstance(value, int) else uuid4()
    )


def refused(tx: Connection, name: str | None, statement: sql.Composed, values: list[Any]) -> None:
    # A store that is moved is refused by its own check already.
    with pytest.raises(psycopg.errors.IntegrityError) as caught, tx.transaction():
        tx.execute(statement, values)
    assert name in (None, caught.value.diag.constraint_name)
    assert not any(str(each) in str(caught.value) for each in values), "no row's values in errors"


def test_all_are_tried(filled: Filled) -> None:
    assert len(references(filled.tx)) >= LEAST
    for reference in references(filled.tx):
        row = filled.rows[reference.child_name]
        assert None not in [row[each] for each in reference.columns], reference.name


def test_an_orphan_is_refused_however_it_is_made(filled: Filled) -> None:
    for reference in references(filled.tx):
        row = filled.rows[reference.child_name]
        column = reference.columns[-1]
        changed = sql.SQL("UPDATE {} SET {} = %s WHERE ").format(
            reference.child, sql.Identifier(column)
        )
        values = [row[each] for each in reference.columns]
        refused(
            filled.tx,
            None if column in ("store_id", "platform") else reference.name,
            changed + where(reference.columns),
            [stranger(values[-1]), *values],
        )
        columns = {**row, column: stranger(row[column])}
        with pytest.raises(psycopg.Error), filled.tx.transaction():
            rows.insert(filled.tx, reference.child_name, columns)


def test_what_is_pointed_to_stays_where_it_is(filled: Filled) -> None:
    for reference in references(filled.tx):
        values = [filled.rows[reference.child_name][each] for each in reference.columns]
        moved = sql.SQL("UPDATE {} SET {} = %s WHERE ").format(
            reference.parent, sql.Identifier(reference.keys[-1])
        )
        refused(filled.tx, None, moved + where(reference.keys), [stranger(values[-1]), *values])


def test_what_is_pointed_to_goes_with_its_rows_or_not_at_all(filled: Filled) -> None:
    for reference in references(filled.tx):
        values = [filled.rows[reference.child_name][each] for each in reference.columns]
        gone = sql.SQL("DELETE FROM {} WHERE ").format(reference.parent) + where(reference.keys)
        if not reference.does_cascade:
            refused(filled.tx, None, gone, values)
            continue
        left = sql.SQL("SELECT count(*) AS n FROM {} WHERE ").format(reference.child)
        with filled.tx.transaction(force_rollback=True):
            _without_other_children(filled, reference)
            filled.tx.execute(gone, values)
            counted = filled.tx.execute(left + where(reference.columns), values).fetchone()
            assert counted == {"n": 0}, reference.name


def _without_other_children(filled: Filled, reference: Reference) -> None:
    """Delete what does not go with the parent, and would keep it there."""
    for other in references(filled.tx):
        if other.parent == reference.parent and not other.does_cascade:
            values = [filled.rows[other.child_name][each] for each in other.columns]
            filled.tx.execute(
                sql.SQL("DELETE FROM {} WHERE ").format(other.child) + where(other.columns), values
            )


def test_what_got_by_is_counted(filled: Filled) -> None:
    """As a superuser who switched the checks off might have left it."""
    tx = filled.tx
    assert tx.execute("SELECT * FROM backshop.orphans()").fetchall() == []
    with tx.transaction(force_rollback=True):
        tx.execute("ALTER TABLE insights.order_items DISABLE TRIGGER check_references")
        tx.execute(
            "UPDATE insights.order_items SET product_id = gen_random_uuid()"
            " WHERE product_id IS NOT NULL"
        )
        found = tx.execute("SELECT * FROM backshop.orphans()").fetchall()
        assert [(row["child"], row["name"]) for row in found] == [
            ("insights.order_items", "order_items_store_id_product_id_fkey")
        ]
        assert found[0]["orphans"] >= 1
