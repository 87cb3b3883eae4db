"""Stores can be spread over several databases by `store_id`: what Citus would ask of the tables,
read from the catalogue, and stores that move to another server, from which nothing leads back.
docs/scaling.md quotes the numbers.

Citus' rules are those of its documentation ("Creating and modifying distributed objects", "SQL
support and workarounds"): a unique key holds the distribution column; a reference leads to a
co-located table and holds the column on both sides, or to a reference table, which is whole on
every node; from a reference table none leads to a distributed one; a table with triggers is refused
unless `citus.enable_unsafe_triggers` says otherwise.
"""

from __future__ import annotations

import itertools
import random
import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from backshop.db import migrations
from psycopg import sql
from psycopg.rows import dict_row

from local import postgres
from tests.conftest import CAPABILITY_KEY, PASSWORD, Database
from tests.sql import catalogue, rows
from tests.sql.rows import Connection, Name, Schema

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/scaling.md"
COLUMN = "store_id"

UNIQUE = """
SELECT n.nspname AS schema, c.relname AS "table", x.relname AS name,
    ARRAY(SELECT a.attname::text FROM unnest(i.indkey) WITH ORDINALITY u (num, place)
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = u.num ORDER BY u.place) AS columns
FROM pg_index i
JOIN pg_class x ON x.oid = i.indexrelid
JOIN pg_class c ON c.oid = i.indrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = ANY (%s) AND c.relkind IN ('r', 'p') AND NOT c.relispartition
    AND (i.indisunique OR i.indisexclusion)
"""
REFERENCES = """
SELECT n.nspname AS schema, c.relname AS "table", k.conname AS name,
    fn.nspname AS target_schema, f.relname AS target,
    ARRAY(SELECT a.attname::text FROM unnest(k.conkey) WITH ORDINALITY u (num, place)
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = u.num ORDER BY u.place) AS columns,
    ARRAY(SELECT a.attname::text FROM unnest(k.confkey) WITH ORDINALITY u (num, place)
        JOIN pg_attribute a ON a.attrelid = f.oid AND a.attnum = u.num ORDER BY u.place)
        AS target_columns
FROM pg_constraint k
JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_class f ON f.oid = k.confrelid JOIN pg_namespace fn ON fn.oid = f.relnamespace
WHERE k.contype = 'f' AND k.conparentid = 0 AND n.nspname = ANY (%s) AND NOT c.relispartition
"""
TRIGGERS = """
SELECT n.nspname AS schema, c.relname AS "table", t.tgname AS name
FROM pg_trigger t
JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE NOT t.tgisinternal AND n.nspname = ANY (%s) AND NOT c.relispartition
"""


DIRECTORY = {
    ("backshop", "stores"),
    ("backshop", "api_keys"),
    ("connect", "connector_config"),
    ("insights", "stores"),
}
"""Tables that say which stores and keys there are: a delivery's address, a shop's URL and a key's
hash are looked up in them before a store is known. On every node they are whole, and small."""


@dataclass(frozen=True)
class Rules:
    """What Citus would find, by name: tables that it would spread, and what its rules refuse."""

    spread: set[Name]
    unique_keys: set[str]
    wide_keys: set[str]
    """Unique keys of spread tables without the column."""
    references: set[str]
    crossing: set[str]
    """References that could lead from one shard to another."""
    triggers: set[str]
    """Triggers of spread tables."""


def read(owner: Connection, whole: set[Name]) -> Rules:
    spread = {
        (context, name)
        for context, said in catalogue.read(owner).items()
        for name, table in said["tables"].items()
        if COLUMN in table["columns"]
    } - whole
    keys = [each for each in ask(owner, UNIQUE) if place(each) in spread]
    references = ask(owner, REFERENCES)
    return Rules(
        spread,
        set(map(label, keys)),
        {label(each) for each in keys if COLUMN not in each["columns"]},
        set(map(label, references)),
        {label(each) for each in references if crosses(each, spread)},
        {label(each) for each in ask(owner, TRIGGERS) if place(each) in spread},
    )


def ask(owner: Connection, statement: str) -> list[dict[str, Any]]:
    return owner.execute(statement.encode(), [catalogue.SCHEMAS]).fetchall()


def place(row: dict[str, Any]) -> Name:
    return row["schema"], row["table"]


def label(row: dict[str, Any]) -> str:
    return f"{row['schema']}.{row['table']}.{row['name']}"


def crosses(reference: dict[str, Any], spread: set[Name]) -> bool:
    """To a table that is whole on every node a reference stays on its own; from such a one to a
    spread table none may lead."""
    target = (reference["target_schema"], reference["target"])
    if target not in spread:
        return False
    pairs = zip(reference["columns"], reference["target_columns"], strict=True)
    return place(reference) not in spread or (COLUMN, COLUMN) not in pairs


@pytest.fixture(scope="module")
def as_it_is(database: Database) -> Rules:
    with psycopg.connect(database.owner_url, autocommit=True, row_factory=dict_row) as owner:
        return read(owner, set())


@pytest.fixture(scope="module")
def with_directory(database: Database) -> Rules:
    with psycopg.connect(database.owner_url, autocommit=True, row_factory=dict_row) as owner:
        return read(owner, DIRECTORY)


def test_only_keys_of_the_directory_lack_the_store(as_it_is: Rules) -> None:
    assert {tuple(each.split(".")[:2]) for each in as_it_is.wide_keys} == DIRECTORY


def test_nothing_else_crosses_shards(with_directory: Rules) -> None:
    assert len(with_directory.spread) > 80
    assert len(with_directory.references) > 100
    assert with_directory.wide_keys == set()
    assert with_directory.crossing == set()


def test_a_reference_without_the_store_is_found_out(
    owner: Connection, with_directory: Rules
) -> None:
    with owner.transaction(force_rollback=True):
        owner.execute("ALTER TABLE kits.shoppers ADD COLUMN only_one bigint UNIQUE")
        owner.execute(
            "ALTER TABLE kits.customers ADD COLUMN stray bigint REFERENCES kits.shoppers (only_one)"
        )
        found = read(owner, DIRECTORY)
    assert len(found.wide_keys) == 1
    assert len(found.crossing) == 1
    assert found.spread == with_directory.spread


def test_the_page_quotes_these_numbers(as_it_is: Rules, with_directory: Rules) -> None:
    """The line of each number in docs/scaling.md."""
    quoted = dict(re.findall(r"^\| ([a-z][^|]*[a-z]) \| ([\d,]+) \|$", PAGE.read_text(), re.M))
    assert {name: int(number.replace(",", "")) for name, number in quoted.items()} == {
        "tables with a store_id": len(as_it_is.spread),
        "their unique keys": len(as_it_is.unique_keys),
        "of those without store_id": len(as_it_is.wide_keys),
        "references": len(as_it_is.references),
        "of those that could cross shards, once the directory is whole": len(
            with_directory.crossing
        ),
        "triggers of spread tables, which Citus refuses": len(with_directory.triggers),
    }


@dataclass(frozen=True)
class Shard:
    """A server's database, and a store that was made there. The owner may not COPY into tables
    with row-level security; who moves stores is the server's administrator, as with a restore."""

    owner: Connection
    known: Schema
    store: UUID


def shard(server: postgres.Server) -> Iterator[Shard]:
    name = f"shard_{uuid4().hex}"
    url = postgres.create_database(server, PASSWORD, name)
    migrations.migrate(
        url,
        passwords=dict.fromkeys(migrations.LOGINS, PASSWORD),
        capability_key=CAPABILITY_KEY,
        say=lambda _line: None,
    )
    url = server.superuser_url(name)
    with psycopg.connect(url, autocommit=True, row_factory=dict_row) as owner:
        known = rows.schema(owner)
        store = uuid4()
        fill_as_always(owner, known, store)
        yield Shard(owner, known, store)


def fill_as_always(owner: Connection, known: Schema, store: UUID) -> None:
    """Rows with the same numbers, names and texts whatever the store, but for the directory's."""
    chance = random.Random(1)
    given = {
        "phone_number": "94770000001",
        "store_url": f"https://{store}.example.com",
        "key_hash": f"hash of {store}",
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rows, "_numbers", itertools.count(1))
        patch.setattr(rows, "os", SimpleNamespace(urandom=chance.randbytes))
        patch.setattr(rows, "uuid4", lambda: UUID(int=chance.getrandbits(128)))
        rows.fill(owner, known, store, given)
    owner.execute("UPDATE backshop.api_keys SET id = gen_random_uuid()")


@pytest.fixture(scope="module")
def first(postgres_server: postgres.Server) -> Iterator[Shard]:
    yield from shard(postgres_server)


@pytest.fixture(scope="module")
def second() -> Iterator[Shard]:
    """On a server of its own."""
    with tempfile.TemporaryDirectory(prefix="backshop-shard-", ignore_cleanup_errors=True) as made:
        Path(made).chmod(0o711)
        with postgres.running(Path(made), settings=postgres.THROWAWAY) as server:
            yield from shard(server)


def held(shard: Shard, store: UUID) -> dict[Name, list[str]]:
    """All rows of a store, as text."""
    statement = "SELECT t::text AS row FROM {} AS t WHERE store_id = %s ORDER BY 1"
    return {
        name: [
            str(each["row"])
            for each in shard.owner.execute(
                sql.SQL(statement).format(sql.Identifier(*name)), [store]
            )
        ]
        for name in shard.known.tables
    }


def move(source: Shard, target: Shard, store: UUID) -> None:
    """Copy a store's rows, those that are referred to first, in one transaction; numbers that the
    target gives from now on are beyond those that came."""
    with target.owner.transaction():
        switch(target, "DISABLE")
        for name in source.known.tables:
            copy(source, target, name, store)
        switch(target, "ENABLE")


MAKERS = {"projects.quotes": "keep_quote_number", "projects.product_catalog": "count_inserted"}
"""Triggers that write rows of another table, which come themselves; all others stay as they are."""


def switch(target: Shard, how: str) -> None:
    for table, trigger in MAKERS.items():
        target.owner.execute(f"ALTER TABLE {table} {how} TRIGGER {trigger}".encode())


def copy(source: Shard, target: Shard, name: Name, store: UUID) -> None:
    columns = sql.SQL(", ").join(sql.Identifier(each) for each in written(source, name))
    table = sql.Identifier(*name)
    read = sql.SQL("COPY (SELECT {} FROM {} WHERE store_id = {}) TO STDOUT").format(
        columns, table, store
    )
    write = sql.SQL("COPY {} ({}) FROM STDIN").format(table, columns)
    with (
        source.owner.cursor().copy(read) as reader,
        target.owner.cursor().copy(write) as writer,
    ):
        for part in reader:
            writer.write(part)
    for column in numbered(source, name):
        target.owner.execute(
            sql.SQL(
                "SELECT setval(q, greatest(nextval(q), (SELECT max({}) FROM {})))"
                " FROM pg_get_serial_sequence({}, {}) AS q"
            ).format(sql.Identifier(column), table, ".".join(name), column)
        )


def written(shard: Shard, name: Name) -> list[str]:
    """The columns that are not made of others."""
    return columns_where(shard, name, "attgenerated = ''")


def numbered(shard: Shard, name: Name) -> list[str]:
    """Those that a sequence of their own numbers."""
    owned = "pg_get_serial_sequence(attrelid::regclass::text, attname) IS NOT NULL"
    return columns_where(shard, name, owned)


def columns_where(shard: Shard, name: Name, condition: str) -> list[str]:
    found = shard.owner.execute(
        sql.SQL(
            "SELECT attname AS name FROM pg_attribute WHERE attrelid = {}::regclass"
            " AND attnum > 0 AND NOT attisdropped AND " + condition
        ).format(".".join(name))
    )
    return [str(each["name"]) for each in found]


def orphans(shard: Shard) -> list[dict[str, Any]]:
    return shard.owner.execute("SELECT * FROM backshop.orphans()").fetchall()


def names(shard: Shard, name: Name) -> set[tuple[Any, ...]]:
    """What the rows of a table are told apart by within a store."""
    key = [each for each in primary_key(shard, name) if each != COLUMN]
    if not key:
        return set()
    statement = sql.SQL("SELECT {} FROM {} WHERE store_id = %s").format(
        sql.SQL(", ").join(map(sql.Identifier, key)), sql.Identifier(*name)
    )
    found = shard.owner.execute(statement, [shard.store])
    return {tuple(each.values()) for each in found}


def primary_key(shard: Shard, name: Name) -> list[str]:
    return columns_where(
        shard,
        name,
        "attnum = ANY (ARRAY(SELECT unnest(indkey) FROM pg_index"
        " WHERE indrelid = attrelid AND indisprimary))",
    )


def test_a_store_moves_to_another_server_beside_one_with_the_same_numbers(
    first: Shard, second: Shard
) -> None:
    """What would collide without the store in each key does not, and every reference is checked
    where the rows arrive, with nothing of the server that they left."""
    resident, mover = held(first, first.store), held(second, second.store)
    assert all(mover.values()), "a row in every table"
    shared = [name for name in first.known.tables if names(first, name) & names(second, name)]
    # All but those that are told apart by the store alone, and api_keys.
    assert len(shared) > 60, "tables in which both have rows of the same name"
    move(second, first, second.store)
    assert held(first, second.store) == mover
    assert held(first, first.store) == resident
    assert orphans(first) == []


def test_numbers_that_the_server_gives_are_new_after_a_move(first: Shard, second: Shard) -> None:
    if not any(held(first, second.store).values()):
        move(second, first, second.store)
    given = {name: numbered(first, name) for name in first.known.tables}
    assert any(given.values())
    for name, columns in given.items():
        for column in columns:
            most = sql.SQL("SELECT max({}) AS most, nextval({}) AS next FROM {}").format(
                sql.Identifier(column), sequence(name, column), sql.Identifier(*name)
            )
            row = first.owner.execute(most).fetchone()
            assert row is not None
            assert row["next"] > row["most"], name


def sequence(name: Name, column: str) -> sql.Composed:
    return sql.SQL("pg_get_serial_sequence({}, {})").format(".".join(name), column)
