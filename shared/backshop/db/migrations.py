"""Applies sql/migrations/NNNN_verb_noun.sql to a database, each file once.

The ledger backshop.schema_migrations keeps each file's SHA-256. Several runners may start at once:
one works, the others wait and then find nothing left to do.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import psycopg
from psycopg import sql
from psycopg.pq import TransactionStatus

if TYPE_CHECKING:
    from collections.abc import Iterator

    from backshop.db import Tx

FOLDER = Path(__file__).parents[3] / "sql" / "migrations"
OWNER = "backshop_owner"
LOGINS = (
    "backshop_service",
    "backshop_receive",
    "backshop_staff",
    "backshop_storefront",
    "backshop_try_on",
    "backshop_shopper",
    "backshop_analyst",
)

NAME = re.compile(r"(?P<number>\d{4})_[a-z0-9]+(_[a-z0-9]+)+\.sql")
NO_TRANSACTION = b"-- no transaction"
# Any number that only this runner uses: the advisory lock of one database.
LOCK = 0x6261636B73686F70
WAIT_SECONDS = 300.0
POLL_SECONDS = 0.1
# A migration that waits for a lock also blocks everybody behind it: rather fail and run again.
LOCK_TIMEOUT = "10s"


class MigrationError(Exception):
    """The database cannot be migrated as asked; the message says why and what to do."""


class Migration(NamedTuple):
    number: str
    name: str
    digest: str
    text: bytes

    @property
    def in_transaction(self) -> bool:
        return not self.text.startswith(NO_TRANSACTION)


def prepare(admin_url: str, owner_password: str) -> None:
    """Make backshop_owner the owner of the database at `admin_url`, with this password.

    The admin may be a superuser or the master user of a managed server: it has to be allowed to
    create roles and databases, and to own the database. May be repeated. Raises MigrationError.
    """
    with _connect(admin_url) as tx, _alone(tx), _explained("the owner cannot be prepared"):
        owner_exists = _one(tx, "SELECT count(*) AS one FROM pg_roles WHERE rolname = %s", [OWNER])
        if not owner_exists:
            tx.execute(sql.SQL("CREATE ROLE {} LOGIN CREATEROLE").format(sql.Identifier(OWNER)))
        _set_password(tx, OWNER, owner_password)
        with suppress(psycopg.errors.InsufficientPrivilege):
            # A superuser's to give; the migrations limit the files of others' questions with it.
            grant = "GRANT SET ON PARAMETER temp_file_limit TO {}"
            tx.execute(sql.SQL(grant).format(sql.Identifier(OWNER)))
        owner = _one(
            tx,
            "SELECT pg_get_userbyid(datdba) AS one FROM pg_database WHERE datname = %s",
            [tx.info.dbname],
        )
        if owner != OWNER:
            grant = "GRANT {} TO CURRENT_USER WITH INHERIT FALSE, SET TRUE"
            tx.execute(sql.SQL(grant).format(sql.Identifier(OWNER)))
            tx.execute(
                sql.SQL("ALTER DATABASE {} OWNER TO {}").format(
                    sql.Identifier(tx.info.dbname), sql.Identifier(OWNER)
                )
            )


def migrate(
    url: str,
    *,
    passwords: Mapping[str, str] | None = None,
    capability_key: bytes | None = None,
    folder: Path = FOLDER,
    say: Callable[[str], None] = print,
) -> list[str]:
    """Bring the database at `url` (the owner's login) up to date; the names of the files applied.

    `passwords` sets those of the logins it names, `capability_key` the key that shoppers' and
    analysts' capabilities are signed with; both may be repeated. Raises MigrationError.
    """
    known = read(folder)
    with _connect(url) as tx, _alone(tx):
        done = _ledger(tx)
        _refuse_changed(known, done)
        applied = []
        for each in known:
            if each.name in done:
                continue
            say(f"applying {each.name}")
            _apply(tx, each)
            applied.append(each.name)
        for login, password in (passwords or {}).items():
            if login not in LOGINS:
                raise MigrationError(f"There is no login {login}; there are {', '.join(LOGINS)}.")
            _set_password(tx, login, password)
        if capability_key is not None:
            tx.execute("SELECT backshop.set_capability_key(%s)", [capability_key])
    say(f"applied {len(applied)} migrations" if applied else "the database is up to date")
    return applied


def read(folder: Path = FOLDER) -> list[Migration]:
    """The migrations of a folder by number; raises MigrationError on a bad or doubled name."""
    migrations = [_read_one(path) for path in sorted(folder.glob("*.sql"))]
    if not migrations:
        raise MigrationError(f"There are no migrations in {folder}.")
    by_number: dict[str, str] = {}
    for each in migrations:
        other = by_number.setdefault(each.number, each.name)
        if other != each.name:
            raise MigrationError(
                f"{other} and {each.name} have the same number. Give the newer one the next."
            )
    return migrations


def _read_one(path: Path) -> Migration:
    named = NAME.fullmatch(path.name)
    if named is None:
        raise MigrationError(f"Name {path.name} like 0042_add_column.sql: number, verb, noun.")
    text = path.read_bytes()
    return Migration(named["number"], path.name, sha256(text).hexdigest(), text)


def _connect(url: str) -> Tx:
    from backshop import db

    return db.connect(url)


@contextmanager
def _alone(tx: Tx) -> Iterator[None]:
    """Hold the database's advisory lock.

    Asked for again and again rather than waited for: a waiting statement keeps its snapshot open,
    and CREATE INDEX CONCURRENTLY waits for all of those.
    """
    deadline = time.monotonic() + WAIT_SECONDS
    while not _one(tx, "SELECT pg_try_advisory_lock(%s) AS one", [LOCK]):
        if time.monotonic() > deadline:
            raise MigrationError(
                f"Another migration has been running for {WAIT_SECONDS:.0f} seconds. "
                "Wait for it to end, or end it, and run this again."
            )
        time.sleep(POLL_SECONDS)
    try:
        yield
    finally:
        # A connection that was interrupted in a statement answers nothing; the lock ends with it.
        if tx.info.transaction_status == TransactionStatus.IDLE:
            tx.execute("SELECT pg_advisory_unlock(%s)", [LOCK])


def _ledger(tx: Tx) -> dict[str, str]:
    """SHA-256 by file name of what was applied."""
    tx.execute("CREATE SCHEMA IF NOT EXISTS backshop")
    tx.execute(
        "CREATE TABLE IF NOT EXISTS backshop.schema_migrations ("
        " name text PRIMARY KEY, sha256 text NOT NULL,"
        " applied_at timestamptz NOT NULL DEFAULT now())"
    )
    rows = tx.execute("SELECT name, sha256 FROM backshop.schema_migrations").fetchall()
    return {row["name"]: row["sha256"] for row in rows}


def _refuse_changed(known: list[Migration], done: Mapping[str, str]) -> None:
    changed = [each.name for each in known if done.get(each.name, each.digest) != each.digest]
    if changed:
        raise MigrationError(
            f"{', '.join(changed)} changed after being applied to this database. "
            "Restore the file and put the change into a new migration; "
            "a local database may be dropped instead with `make reset`."
        )


def _apply(tx: Tx, migration: Migration) -> None:
    """One transaction for the file and its ledger row.

    A file marked `-- no transaction` holds one statement that may be repeated: when the runner
    dies between it and the ledger row, it runs again.
    """
    if migration.in_transaction:
        with _explained(f"{migration.name} failed and nothing of it was kept"), tx.transaction():
            _run(tx, migration)
    else:
        with _explained(
            f"{migration.name} failed; see what it left, it runs outside a transaction"
        ):
            _run(tx, migration)


@contextmanager
def _explained(what: str) -> Iterator[None]:
    """Turn a database error into a MigrationError, without the detail, which quotes rows."""
    try:
        yield
    except psycopg.Error as error:
        reason = error.diag.message_primary or str(error)
        raise MigrationError(f"{what}: {reason} ({error.sqlstate})") from error


def _run(tx: Tx, migration: Migration) -> None:
    scope = "LOCAL" if migration.in_transaction else "SESSION"
    tx.execute(f"SET {scope} lock_timeout = '{LOCK_TIMEOUT}'".encode())
    tx.execute(migration.text)
    tx.execute(
        "INSERT INTO backshop.schema_migrations (name, sha256) VALUES (%s, %s)",
        [migration.name, migration.digest],
    )


def _set_password(tx: Tx, login: str, password: str) -> None:
    """Only the SCRAM verifier travels, so that no server log can hold the password."""
    verifier = tx.pgconn.encrypt_password(password.encode(), login.encode(), b"scram-sha-256")
    tx.execute(
        sql.SQL("ALTER ROLE {} PASSWORD {}").format(
            sql.Identifier(login), sql.Literal(verifier.decode())
        )
    )


def _one(tx: Tx, statement: bytes | str, values: list[object]) -> object:
    row = tx.execute(statement.encode() if isinstance(statement, str) else statement, values)
    first = row.fetchone()
    return first and first["one"]
