"""The embedded server: killed, locked, left behind, and started as every kind of user."""

import functools
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psutil
import psycopg
import pytest

from local import postgres
from local.postgres import ServerError

ROOT = Path(__file__).parents[2]


@pytest.fixture
def empty() -> Iterator[Path]:
    """Where no server has been yet."""
    with TemporaryDirectory(prefix="backshop-test-", ignore_cleanup_errors=True) as made:
        Path(made).chmod(0o711)
        yield Path(made) / "database"


@pytest.fixture(scope="module")
def stopped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A server that was made and stopped; copying it is quicker than making one."""
    folder = tmp_path_factory.mktemp("postgres") / "database"
    with running(folder):
        return folder


@pytest.fixture
def folder(stopped: Path, empty: Path) -> Path:
    return shutil.copytree(stopped, empty)


# What is tested here survives the end of a process, not that of the machine; fsync is slow.
start = functools.partial(postgres.start, settings=postgres.THROWAWAY)
running = functools.partial(postgres.running, settings=postgres.THROWAWAY)


def ask(server: postgres.Server, statement: str) -> list[Any]:
    with psycopg.connect(server.superuser_url(), autocommit=True) as connection:
        cursor = connection.execute(statement.encode())
        return [row[0] for row in cursor] if cursor.description else []


def processes(folder: Path) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        try:
            if process.cwd() == str(folder / "pgdata") and process.name().startswith("postgres"):
                found.append(process)
        except psutil.Error:
            continue
    return found


def test_what_was_committed_is_there_the_next_time(empty: Path) -> None:
    with postgres.running(empty) as server:
        ask(server, "CREATE TABLE kept (x int); INSERT INTO kept VALUES (7)")
        assert ask(server, "SHOW fsync") == ["on"]
        assert processes(empty)
    assert processes(empty) == []
    with postgres.running(empty) as server:
        assert ask(server, "SELECT x FROM kept") == [7]


def test_settings_and_port_are_taken(folder: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with postgres.running(folder, port, {"work_mem": "7MB"}) as server:
        assert server.port == port
        assert ask(server, "SHOW work_mem") == ["7MB"]
        assert ask(server, "SHOW listen_addresses") == ["127.0.0.1"]


def test_only_with_a_password(folder: Path) -> None:
    with running(folder) as server:
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(server.url("postgres", "wrong", "postgres"))
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(f"postgresql://postgres@127.0.0.1:{server.port}/postgres")


@pytest.mark.parametrize("settings", [{}, postgres.THROWAWAY], ids=["durable", "throwaway"])
def test_killed_under_load_it_keeps_what_it_acknowledged(
    settings: dict[str, str], folder: Path
) -> None:
    acknowledged: list[int] = []

    def write(url: str) -> None:
        with psycopg.connect(url, autocommit=True) as connection:
            while True:
                number = len(acknowledged)
                connection.execute("INSERT INTO kept VALUES (%s)", [number])
                acknowledged.append(number)

    server = postgres.start(folder, settings=settings)
    ask(server, "CREATE TABLE kept (x int)")
    with ThreadPoolExecutor(1) as pool:
        for _ in range(3):
            enough = len(acknowledged) + 100
            writer = pool.submit(write, server.superuser_url())
            while len(acknowledged) < enough and not writer.done():
                time.sleep(0.001)
            postgres.kill(server)
            with pytest.raises(psycopg.OperationalError):
                writer.result()
            assert len(acknowledged) >= enough
            server = postgres.start(folder, server.port, settings)
    assert set(acknowledged) <= set(ask(server, "SELECT x FROM kept"))
    postgres.stop(server)
    assert processes(folder) == []


def test_a_busy_session_of_a_killed_server_does_not_hold_up_the_next(folder: Path) -> None:
    server = start(folder)
    with psycopg.connect(server.superuser_url(), autocommit=True) as busy:
        sleeping = threading.Thread(target=lambda: _try(busy, "SELECT pg_sleep(60)"))
        sleeping.start()
        while not ask(server, "SELECT 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep'"):
            pass
        postgres.kill(server)
        with running(folder, server.port) as again:
            assert ask(again, "SELECT 1") == [1]
        sleeping.join()


def _try(connection: psycopg.Connection[Any], statement: str) -> None:
    with pytest.raises(psycopg.OperationalError):
        connection.execute(statement.encode())


def test_a_second_server_of_the_same_folder_is_refused(folder: Path) -> None:
    with running(folder) as server:
        with pytest.raises(ServerError, match="already running in another process"):
            start(folder)
        assert ask(server, "SELECT 1") == [1]


def test_a_taken_port_is_said(folder: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(ServerError, match="Address already in use"):
            start(folder, taken.getsockname()[1])
    assert processes(folder) == []


def test_a_port_that_another_server_answers_is_not_taken_for_ours(folder: Path) -> None:
    with (
        running(folder / "first") as first,
        pytest.raises(ServerError, match="did not start"),
    ):
        start(folder / "second", first.port)


def test_a_half_made_cluster_is_made_anew(empty: Path) -> None:
    (empty / "pgdata").mkdir(parents=True)
    (empty / "pgdata" / "PG_VERSION").write_text("18")
    with running(empty) as server:
        assert ask(server, "SELECT 1") == [1]


def test_what_its_starter_left_behind_is_ended(folder: Path) -> None:
    """A starter that is killed cannot stop its server."""
    script = (
        "import os, sys; from pathlib import Path; from local import postgres;"
        "postgres.start(Path(sys.argv[1])); os.kill(os.getpid(), 9)"
    )
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'shared'}"}
    subprocess.run([sys.executable, "-c", script, str(folder)], env=environment, check=False)
    assert processes(folder)
    with running(folder) as server:
        assert ask(server, "SELECT 1") == [1]
    assert processes(folder) == []


def test_a_database_and_its_owner_are_made_once(folder: Path) -> None:
    with running(folder) as server:
        for password in ("first", "second"):
            url = postgres.create_database(server, password)
        with psycopg.connect(url) as connection:
            found = connection.execute(
                "SELECT current_user::text, rolsuper FROM pg_roles WHERE rolname = current_user"
            ).fetchone()
            assert found == ("backshop_owner", False)
        with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
            psycopg.connect(server.url("backshop_owner", "second", "postgres"))


needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root has to change its user")


@needs_root
def test_root_without_user_namespaces_runs_it_as_nobody(
    empty: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "_maps_users", lambda: False)
    with running(empty) as server:
        assert ask(server, "SELECT 1") == [1]
        assert {process.uids().effective for process in processes(empty)} == {postgres.NOBODY}
    with running(empty) as server:
        assert ask(server, "SELECT 1") == [1]


@needs_root
def test_root_without_user_namespaces_is_told_of_a_closed_folder(
    empty: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "_maps_users", lambda: False)
    empty.parent.chmod(0o700)
    with pytest.raises(ServerError, match=f"may not enter {empty.parent}"):
        start(empty)


@needs_root
def test_an_ordinary_user_runs_it_as_themselves(empty: Path) -> None:
    packages = Path(psycopg.__file__).parents[1]
    interpreters = [Path(sys.executable), Path(f"/usr/bin/python3.{sys.version_info.minor}")]
    readable = [each for each in interpreters if each.exists() and _may_nobody_read(each)]
    if not readable or not _may_nobody_read(packages) or not _may_nobody_read(ROOT):
        pytest.skip("nobody, who plays the ordinary user, may not read the project or its Python")
    empty.mkdir()
    os.chown(empty, postgres.NOBODY, postgres.NOBODY)
    script = (
        "import os, sys, psycopg; from pathlib import Path; from local import postgres\n"
        "with postgres.running(Path(sys.argv[1])) as server:\n"
        "    assert psycopg.connect(server.superuser_url()); print(os.geteuid())"
    )
    path = os.pathsep.join(map(str, (ROOT, ROOT / "shared", packages)))
    ran = subprocess.run(
        [readable[0], "-c", script, empty],
        env={"PATH": os.defpath, "PYTHONPATH": path},
        user=postgres.NOBODY,
        group=postgres.NOBODY,
        extra_groups=[],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, ran.stdout) == (0, f"{postgres.NOBODY}\n"), ran.stderr


def _may_nobody_read(place: Path) -> bool:
    return all(
        each.stat().st_mode & 0o001
        for start in (place.absolute(), place.resolve())
        for each in start.parents
    )
