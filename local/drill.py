"""`make drill`: backs the local database up, restores it elsewhere, and compares.

The database of `.local` is dumped, with a stack that runs on it or without; where there is none, a
migrated one without stores. A server of its own, in a folder that is deleted afterwards, gets the
logins, loses its database, and gets the dump. Then each table's rows, references, numbers and the
schema are compared with what was dumped, and the migrations are told to bring it up to date.
"""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import Any, NamedTuple

import psycopg
from backshop.db import migrations
from psycopg import sql

from local import commands, postgres
from local.errors import UserError
from local.schema import CONTEXTS
from local.schema import dump as schema_of

PASSWORD = "of the drill alone"
MB = 1_000_000

_TABLES = """
SELECT n.nspname, c.relname FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = ANY (%s) AND c.relkind = 'r' ORDER BY 1, 2
"""
_ROWS = "SELECT count(*), coalesce(sum(hashtextextended(t::text, 0)::numeric), 0) FROM {} AS t"
_NUMBERS = """
SELECT schemaname || '.' || sequencename, coalesce(last_value, 0) FROM pg_sequences
WHERE schemaname = ANY (%s) ORDER BY 1
"""
_CASTS = re.compile(r"[()]|::(?:text|character varying)(?:\[\])?")

Connection = psycopg.Connection[Any]
Name = tuple[str, str]


class Failed(UserError):
    """What was restored is not what was backed up, or it could not be."""


class Contents(NamedTuple):
    """What a database holds: how many rows each table has, with a digest of them, and how far each
    sequence is."""

    rows: dict[Name, tuple[int, int]]
    numbers: dict[str, int]

    @property
    def row_count(self) -> int:
        return sum(number for number, _ in self.rows.values())


def run(state: Path, say: Callable[[str], None] = print) -> None:
    """Raises `Failed` where a row, a reference or a part of the schema did not come back."""
    with (
        tempfile.TemporaryDirectory(prefix="backshop-drill-", ignore_cleanup_errors=True) as made,
        _source(state, Path(made), say) as url,
    ):
        # Where root calls, the server does not run as root, and has to get at its files.
        Path(made).chmod(0o711)
        backup = Path(made) / "backup"
        with _timed("backed up", say):
            held = _back_up(url, backup)
        say(f"  {held.row_count:,} rows of {len(held.rows)} tables in {_size(backup)}")
        settings = postgres.THROWAWAY
        with postgres.running(Path(made) / "restored", settings=settings) as server:
            with _timed("made logins, dropped the database", say):
                _lose(server)
            with _timed("restored", say):
                _restore(server, backup)
            with _timed("compared", say):
                _compare(url, server, held)
            say(f"  rows, references and schema are those that were backed up: {made} is deleted")


@contextmanager
def _source(state: Path, made: Path, say: Callable[[str], None]) -> Iterator[str]:
    """The owner's URL of the database that is backed up."""
    if (state / "stack.json").exists():
        yield str(commands.stack(state)["database_urls"]["owner"])
    elif (state / "postgres").exists():
        with postgres.running(state / "postgres") as server:
            yield server.superuser_url(postgres.DATABASE)
    else:
        say(f"{state} holds no database yet (`make run` makes one): the drill takes an empty one")
        with postgres.running(made / "source", settings=postgres.THROWAWAY) as server:
            yield _migrated(server)


def _migrated(server: postgres.Server) -> str:
    url = postgres.create_database(server, PASSWORD)
    passwords = dict.fromkeys(migrations.LOGINS, PASSWORD)
    migrations.migrate(url, passwords=passwords, say=lambda _line: None)
    return url


def _back_up(url: str, backup: Path) -> Contents:
    """Into a folder, from one snapshot, while others write; what was in it."""
    with psycopg.connect(url) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        row = connection.execute("SELECT pg_export_snapshot()").fetchone()
        assert row is not None
        _call(
            "pg_dump", "--format=directory", "--jobs=2", f"--snapshot={row[0]}", f"--file={backup}",
            # The owner is held to policies, too, and there is one that shows it every row.
            "--enable-row-security", f"--dbname={url}",
        )  # fmt: skip
        return _contents(connection)


def _lose(server: postgres.Server) -> None:
    """A server with backshop's logins, as a managed one keeps them, and an empty database."""
    _migrated(server)
    with psycopg.connect(server.superuser_url(), autocommit=True) as connection:
        name = sql.Identifier(postgres.DATABASE)
        connection.execute(sql.SQL("DROP DATABASE {}").format(name))
        owner = sql.Identifier(migrations.OWNER)
        connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(name, owner))


def _restore(server: postgres.Server, backup: Path) -> None:
    url = server.superuser_url(postgres.DATABASE)
    _call(
        "pg_restore", "--exit-on-error", "--jobs=2",
        # Materialized views are filled as their owner, whom policies hold.
        "--enable-row-security", f"--dbname={url}", str(backup),
    )  # fmt: skip


def _compare(url: str, server: postgres.Server, held: Contents) -> None:
    restored = server.superuser_url(postgres.DATABASE)
    with psycopg.connect(restored) as connection:
        found = _contents(connection)
        wrong = [".".join(name) for name in held.rows if found.rows.get(name) != held.rows[name]]
        wrong += [name for name in held.numbers if found.numbers.get(name) != held.numbers[name]]
        if wrong:
            raise Failed(f"these are not what was backed up: {', '.join(sorted(wrong))}")
        if orphans := connection.execute("SELECT * FROM backshop.orphans()").fetchall():
            raise Failed(f"rows refer to rows that are not there: {orphans}")
    if _uncast(schema_of(restored)) != _uncast(schema_of(url)):
        raise Failed("the schema is not the one that was backed up")
    owner = server.url(migrations.OWNER, PASSWORD)
    if applied := migrations.migrate(owner, say=lambda _line: None):
        raise Failed(f"migrations were applied once more: {', '.join(applied)}")


def _uncast(schema: str) -> str:
    """Postgres casts a list of texts once as it was written, and item by item once restored."""
    return _CASTS.sub("", schema)


def _contents(connection: Connection) -> Contents:
    names: list[Name] = connection.execute(_TABLES, [list(CONTEXTS)]).fetchall()
    rows = {}
    for name in names:
        statement = sql.SQL(_ROWS).format(sql.Identifier(*name))
        [counted] = connection.execute(statement).fetchall()
        rows[name] = (int(counted[0]), int(counted[1]))
    numbers = connection.execute(_NUMBERS, [list(CONTEXTS)]).fetchall()
    return Contents(rows, dict(numbers))


def _call(program: str, *arguments: str) -> None:
    """One of PostgreSQL's own programs. Raises `Failed` with what it said."""
    command = [str(postgres.binaries() / program), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=_environment())
    if done.returncode:
        raise Failed(f"{program} failed: {done.stderr.strip()[-500:]}")


def _environment() -> dict[str, str]:
    """Nothing of the caller's that would change where they look."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"}


@contextmanager
def _timed(what: str, say: Callable[[str], None]) -> Iterator[None]:
    begun = perf_counter()
    yield
    say(f"{what} in {perf_counter() - begun:.1f} s")


def _size(folder: Path) -> str:
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    return f"{size / MB:,.1f} MB"
