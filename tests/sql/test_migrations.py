"""The runner: repeated, in parallel, with changed files, and cut off in the middle."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from backshop.db import Tx, migrations
from backshop.db.migrations import MigrationError, migrate
from psycopg.pq import TransactionStatus

from local import postgres

Said = list[str]


@pytest.fixture
def empty(postgres_server: postgres.Server) -> Iterator[str]:
    """The owner's URL of a database of its own, empty."""
    name = f"db_{uuid4().hex[:12]}"
    yield postgres.create_database(postgres_server, "for tests alone", name)
    with psycopg.connect(postgres_server.superuser_url(), autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


@pytest.fixture
def folder(tmp_path: Path) -> Callable[..., Path]:
    def make(**files: str) -> Path:
        for name, text in files.items():
            (tmp_path / f"{name.removeprefix('_')}.sql").write_text(text)
        return tmp_path

    return make


def ask(url: str, statement: str) -> list[Any]:
    with psycopg.connect(url, autocommit=True) as connection:
        return [row[0] for row in connection.execute(statement.encode())]


def names() -> list[str]:
    return [each.name for each in migrations.read()]


def quiet(_line: str) -> None:
    pass


def test_everything_is_applied_once_and_told(empty: str) -> None:
    said: Said = []
    assert migrate(empty, say=said.append) == names()
    assert said[0] == f"applying {names()[0]}"
    said.clear()
    assert migrate(empty, say=said.append) == []
    assert said == ["the database is up to date"]
    ledger = "SELECT name FROM backshop.schema_migrations ORDER BY name"
    assert ask(empty, ledger) == names()


def test_eight_at_once_apply_each_file_once(empty: str) -> None:
    start = threading.Barrier(8)

    def run(_number: int) -> list[str]:
        start.wait()
        return migrate(
            empty,
            passwords=dict.fromkeys(migrations.LOGINS, "for tests alone"),
            capability_key=b"a key that signs capabilities in tests",
            say=quiet,
        )

    with ThreadPoolExecutor(8) as pool:
        applied = list(pool.map(run, range(8)))
    assert sorted(name for each in applied for name in each) == names()
    # Whoever came first made everything: the others only waited.
    assert sorted(map(len, applied)) == [0] * 7 + [len(names())]
    assert ask(empty, "SELECT count(*) FROM backshop.capability_keys") == [1]


def test_an_index_is_built_concurrently_while_others_wait(
    empty: str, folder: Callable[..., Path]
) -> None:
    """A runner that waits inside a statement would keep its snapshot, and deadlock this."""
    files = folder(
        _0001_create_table="CREATE TABLE backshop.t (x int)",
        _0002_add_index="-- no transaction\nCREATE INDEX CONCURRENTLY t_x ON backshop.t (x)",
        _0003_add_row="INSERT INTO backshop.t VALUES (1)",
    )
    start = threading.Barrier(8)

    def run(_number: int) -> list[str]:
        start.wait()
        return migrate(empty, folder=files, say=quiet)

    with ThreadPoolExecutor(8) as pool:
        applied = list(pool.map(run, range(8)))
    assert sorted(map(len, applied)) == [0] * 7 + [3]
    assert ask(empty, "SELECT count(*) FROM backshop.t") == [1]
    valid = "SELECT indisvalid FROM pg_index WHERE indexrelid = 'backshop.t_x'::regclass"
    assert ask(empty, valid) == [True]


def test_a_changed_file_is_refused_by_name(empty: str, folder: Callable[..., Path]) -> None:
    files = folder(_0001_create_table="CREATE TABLE backshop.t (x int)")
    migrate(empty, folder=files, say=quiet)
    folder(
        _0001_create_table="CREATE TABLE backshop.t (x int, y int)",
        _0002_create_other="CREATE TABLE backshop.u (x int)",
    )
    with pytest.raises(MigrationError, match=r"0001_create_table\.sql changed .* new migration"):
        migrate(empty, folder=files, say=quiet)
    assert ask(empty, "SELECT to_regclass('backshop.u')") == [None]


def test_a_file_that_fails_leaves_nothing(empty: str, folder: Callable[..., Path]) -> None:
    files = folder(
        _0001_create_table="CREATE TABLE backshop.t (x int UNIQUE)",
        _0002_add_rows="CREATE TABLE backshop.u (x int); INSERT INTO backshop.t VALUES (7), (7)",
    )
    with pytest.raises(MigrationError, match=r"0002_add_rows\.sql failed") as failed:
        migrate(empty, folder=files, say=quiet)
    assert "(7)" not in str(failed.value), "the error quotes a row"
    assert ask(empty, "SELECT to_regclass('backshop.u')") == [None]
    assert ask(empty, "SELECT name FROM backshop.schema_migrations") == ["0001_create_table.sql"]
    folder(_0002_add_rows="CREATE TABLE backshop.u (x int)")
    assert migrate(empty, folder=files, say=quiet) == ["0002_add_rows.sql"]


def test_a_runner_that_is_cut_off_leaves_nothing(empty: str, folder: Callable[..., Path]) -> None:
    files = folder(
        _0001_create_table="CREATE TABLE backshop.t (x int)",
        _0002_add_slowly="CREATE TABLE backshop.u (x int); SELECT pg_sleep(600)",
    )
    failed: list[BaseException] = []

    def run() -> None:
        try:
            migrate(empty, folder=files, say=quiet)
        except MigrationError as error:
            failed.append(error)

    runner = threading.Thread(target=run)
    runner.start()
    while runner.is_alive():
        ask(
            empty,
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND wait_event = 'PgSleep'",
        )
        runner.join(0.05)
    assert len(failed) == 1
    assert ask(empty, "SELECT to_regclass('backshop.u')") == [None]
    folder(_0002_add_slowly="CREATE TABLE backshop.u (x int)")
    assert migrate(empty, folder=files, say=quiet) == ["0002_add_slowly.sql"]


def test_a_runner_that_is_interrupted_says_so(empty: str) -> None:
    """Ctrl-C may come between a statement and its answer."""

    def run(tx: Tx) -> None:
        with migrations._alone(tx):
            tx.pgconn.send_query(b"SELECT pg_sleep(1)")
            raise KeyboardInterrupt

    with closing(migrations._connect(empty)) as tx:
        with pytest.raises(KeyboardInterrupt):
            run(tx)
        assert tx.info.transaction_status == TransactionStatus.ACTIVE


def test_a_migration_does_not_wait_long_for_a_lock(
    empty: str, folder: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrations, "LOCK_TIMEOUT", "100ms")
    files = folder(_0001_create_table="CREATE TABLE backshop.t (x int)")
    migrate(empty, folder=files, say=quiet)
    folder(_0002_add_column="ALTER TABLE backshop.t ADD y int")
    with psycopg.connect(empty) as busy:
        busy.execute("SELECT * FROM backshop.t")
        with pytest.raises(MigrationError, match="lock timeout"):
            migrate(empty, folder=files, say=quiet)
    assert migrate(empty, folder=files, say=quiet) == ["0002_add_column.sql"]


def test_a_runner_says_when_another_does_not_end(
    empty: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrations, "WAIT_SECONDS", 0.2)
    with psycopg.connect(empty) as other:
        other.execute("SELECT pg_advisory_lock(%s)", [migrations.LOCK])
        with pytest.raises(MigrationError, match="Another migration has been running"):
            migrate(empty, say=quiet)


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({}, "There are no migrations"),
        ({"_1_create": "SELECT 1"}, "Name 1_create.sql like"),
        ({"_0001_Create_Table": "SELECT 1"}, "Name 0001_Create_Table.sql like"),
        ({"_0001_add_a": "SELECT 1", "_0001_add_b": "SELECT 1"}, "have the same number"),
    ],
)
def test_a_bad_folder_is_refused(
    files: dict[str, str], words: str, empty: str, folder: Callable[..., Path]
) -> None:
    with pytest.raises(MigrationError, match=words):
        migrate(empty, folder=folder(**files), say=quiet)


def test_only_our_logins_get_passwords(empty: str) -> None:
    with pytest.raises(MigrationError, match="There is no login postgres"):
        migrate(empty, passwords={"postgres": "x"}, say=quiet)


def test_passwords_are_set_and_changed(empty: str, postgres_server: postgres.Server) -> None:
    database = empty.rpartition("/")[2]
    try:
        for password in ("first", "then with ' and % and ünï"):
            migrate(empty, passwords={"backshop_analyst": password}, say=quiet)
            url = postgres_server.url("backshop_analyst", password, database)
            assert ask(url, "SELECT current_user::text") == ["backshop_analyst"]
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            ask(postgres_server.url("backshop_analyst", "first", database), "SELECT 1")
    finally:
        # Roles are the whole server's, and other tests log in as this one.
        migrate(empty, passwords={"backshop_analyst": "for tests alone"}, say=quiet)


def test_the_owner_is_prepared_by_an_admin_who_is_no_superuser(tmp_path: Path) -> None:
    """As on a managed server, whose master user may make roles and databases, and no more."""
    with postgres.running(tmp_path / "managed", settings=postgres.THROWAWAY) as server:
        with psycopg.connect(server.superuser_url(), autocommit=True) as connection:
            connection.execute("CREATE ROLE master LOGIN CREATEROLE CREATEDB PASSWORD 'x'")
            connection.execute("CREATE DATABASE shop OWNER master")
        for password in ("first", "second"):
            migrations.prepare(server.url("master", "x", "shop"), password)
        owner = server.url("backshop_owner", "second", "shop")
        applied = migrate(
            owner,
            passwords=dict.fromkeys(migrations.LOGINS, "x"),
            capability_key=b"key",
            say=quiet,
        )
        assert applied == names()
        service = server.url("backshop_service", "x", "shop")
        assert ask(service, "SELECT count(*) FROM kits.customers") == [0]
