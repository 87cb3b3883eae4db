"""The only way to Postgres: connections, transactions and whose rows they may see.

One connection per role and execution environment. A frozen environment keeps dead sockets, so the
statement that begins a transaction also tests the connection, and is sent again on a fresh one.
Every setting is local to its transaction: behind a pooler anything else would leak to the next
client.
"""

from __future__ import annotations

import hmac
import logging
import re
import threading
from base64 import urlsafe_b64encode
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from hashlib import sha256
from itertools import count
from time import time
from typing import Any, NamedTuple, Self, TypeVar, cast
from uuid import UUID
from weakref import WeakKeyDictionary
from zlib import crc32

import psycopg
from psycopg import sql
from psycopg.abc import Params
from psycopg.pq import TransactionStatus
from psycopg.rows import dict_row

from backshop.aws import config
from backshop.db import roots

T = TypeVar("T")
Asked = Callable[[], T]
"""An answer that is under way; calling it waits for it, in a pipelined transaction (`transaction`)
with all that was asked by then."""
Tx = psycopg.Connection[dict[str, Any]]
Role = str
"""A login without its `backshop_`: that of the function's work (`config.login`), or `shopper`,
`analyst`, `owner`; `reader` is the function's own at a replica."""

LockNotAvailable = psycopg.errors.LockNotAvailable
UniqueViolation = psycopg.errors.UniqueViolation
ForeignKeyViolation = psycopg.errors.ForeignKeyViolation
Deadlock = psycopg.errors.DeadlockDetected
TookTooLong = psycopg.errors.QueryCanceled
"""A statement ran into its role's `statement_timeout`."""
Unreachable = psycopg.OperationalError
"""Raised when the database cannot be asked."""

CAPABILITY_SECONDS = 60
ANALYST_MS = 5000
"""A question's time in the database."""


def is_away(error: BaseException) -> bool:
    """Whether an error says that the database cannot be asked now, whatever it is asked."""
    if isinstance(error, config.Unreachable):
        return True
    if not isinstance(error, psycopg.OperationalError):
        return False
    return error.sqlstate is None or error.sqlstate[:2] in {"08", "53", "57"}


def names_no_store(error: ForeignKeyViolation) -> bool:
    """Whether the row was of a store that is not there. Its references are named by Postgres:
    <table>_store_id_fkey, cut to fit at the table's end."""
    return (error.diag.constraint_name or "").endswith("_store_id_fkey")


Row = tuple[str, ...]
"""A row in Postgres' text forms, one value a column; an empty text is NULL."""

COPY_FROM = 250
"""Rows from which a temporary table that is there costs less than JSON sent with each statement
(bench/ingest.py)."""
COPY_ONCE_FROM = 1000
"""The same of one that is made for them, which takes 3 ms."""

PREPARED_AFTER = 2
"""Runs of a statement on one connection before it is prepared there. Postgres itself plans it five
more times, with what it is given, before it keeps a plan that is no worse on average."""

FEW = 25
"""Rows below which doing something for nothing costs less than asking whether it is needed."""

PIPELINED_AT_MOST = "60s"
"""How long a pipelined transaction may take: as long as `webhook_ingest` may run. Between its
statements the server sees no idle transaction, which would end after 20 s."""

SWALLOWED = "a failed statement was swallowed; nothing was committed"

_kept = threading.local()
_numbers = count()
# It says of errors that it passes over what they quote; whoever raised the first one logs that.
logging.getLogger("psycopg").setLevel(logging.CRITICAL)


class _Cursor(psycopg.Cursor[dict[str, Any]]):
    """One whose `rowcount` waits for the answer in a pipeline too, as reading rows does."""

    @property
    def rowcount(self) -> int:
        if self.pgresult is None and self.connection.info.pipeline_status:
            with self.connection.pipeline():
                pass  # whose end waits
        return super().rowcount


def connect(url: str) -> Tx:
    """A new connection that commits by itself and prepares nothing on the server; raises
    `Unreachable` within five seconds."""
    connection = psycopg.connect(
        roots.named(url),
        autocommit=True,
        row_factory=dict_row,
        cursor_factory=_Cursor,
        prepare_threshold=None,
        connect_timeout=5,
        keepalives_idle=30,
    )
    return connection


def _open(role: Role) -> Tx:
    try:
        return connect(config.database_url(role))
    except psycopg.OperationalError as refused:
        if "password authentication failed" not in str(refused):
            raise
        config.forget_login(role)
        return connect(config.database_url(role))


def _connections() -> dict[Role, Tx]:
    if not hasattr(_kept, "connections"):
        _kept.connections = {}
    return cast("dict[Role, Tx]", _kept.connections)


def _drop(role: Role) -> None:
    kept = _connections().pop(role, None)
    if kept is not None:
        kept.close()


def close() -> None:
    """Close this thread's connections; tests and command-line tools call it when they are done."""
    for role in list(_connections()):
        _drop(role)
    spare = _opened_ahead()
    if spare is not None:
        spare.close()


def _begin(role: Role, begin: str, settings: Mapping[str, str], *, keeps_plans: bool = False) -> Tx:
    """A connection in a transaction with these settings, one round trip."""
    kept = _connections().get(role)
    if kept is not None and not kept.closed:
        if kept.info.transaction_status != TransactionStatus.IDLE:
            raise RuntimeError("a transaction of this role is open already; do not nest them")
        try:
            _begin_on(kept, begin, settings)
            kept.prepare_threshold = PREPARED_AFTER if keeps_plans and _is_direct(kept) else None
            return kept
        except psycopg.OperationalError:
            _drop(role)
    fresh = _open(role)
    _connections()[role] = fresh
    _begin_on(fresh, begin, settings)
    return fresh


def _is_direct(tx: Tx) -> bool:
    """Whether the server itself is at the other end. Poolers give each client a process number of
    their own, by which it may cancel; they may send its next transaction to another session, which
    knows nothing of what was prepared."""
    known = _directness().get(tx)
    if known is None:
        row = tx.execute("SELECT pg_backend_pid() AS pid").fetchone()
        known = _directness()[tx] = row is not None and row["pid"] == tx.info.backend_pid
    return known


def _directness() -> WeakKeyDictionary[Tx, bool]:
    if not hasattr(_kept, "directness"):
        _kept.directness = WeakKeyDictionary()
    return cast("WeakKeyDictionary[Tx, bool]", _kept.directness)


def _begin_on(tx: Tx, begin: str, settings: Mapping[str, str]) -> None:
    """The settings are bound: the text of a statement is seen in pg_stat_activity by other sessions
    of its login, and a capability there would be theirs too."""
    names = list(settings)
    _staged_in()[tx] = Counter()
    with tx.pipeline():
        tx.execute(begin.encode())
        if names:
            calls = ", ".join(f"set_config('{name}', %s, true)" for name in names)
            tx.execute(f"SELECT {calls}".encode(), [settings[name] for name in names])


@contextmanager
def _transaction(
    role: Role,
    settings: dict[str, str],
    *,
    begin: str = "BEGIN",
    keeps_plans: bool = False,
    is_pipelined: bool = False,
) -> Iterator[Tx]:
    tx = _begin(role, begin, settings, keeps_plans=keeps_plans)
    try:
        if is_pipelined:
            with tx.pipeline():
                yield tx
                # The end of the pipeline waits for all; what failed before keeps it from this.
                tx.execute("COMMIT")
        else:
            yield tx
    except BaseException as error:
        if _is_outdated(error):
            _drop(role)
            raise Unreachable("tables changed under a kept connection; ask again") from error
        _roll_back(role, tx)
        if isinstance(error, psycopg.errors.PipelineAborted):
            raise RuntimeError(SWALLOWED) from error
        raise
    else:
        if not is_pipelined:
            _commit(role, tx)


def _is_outdated(error: BaseException) -> bool:
    """Whether a migration changed what a prepared statement answers with, which its plan cannot
    follow ("cached plan must not change result type")."""
    return (
        isinstance(error, psycopg.errors.FeatureNotSupported)
        and error.diag.source_function == "RevalidateCachedQuery"
    )


def _commit(role: Role, tx: Tx) -> None:
    if tx.info.transaction_status == TransactionStatus.INERROR:
        _roll_back(role, tx)
        raise RuntimeError(SWALLOWED)
    try:
        tx.execute("COMMIT")
    except psycopg.OperationalError:
        _drop(role)
        raise


def _roll_back(role: Role, tx: Tx) -> None:
    try:
        # This, and not the bare statement, forgets what was to be prepared and was not after all.
        tx.rollback()
    except psycopg.Error:
        _drop(role)


def despite_deadlocks(work: Callable[[], T]) -> T:
    """The result of `work`, a whole transaction, begun again where it lost a deadlock; three times
    at most. For what locks many rows while projections lock some of them in an order of theirs."""
    for _ in range(2):
        with suppress(Deadlock):
            return work()
    return work()


@contextmanager
def transaction(
    *,
    store_id: UUID | None = None,
    all_stores: bool = False,
    keeps_plans: bool = False,
    is_pipelined: bool = False,
) -> Iterator[Tx]:
    """A transaction of the handlers' role that sees one store, or all of them.

    `all_stores` is for the few functions that tests/architecture lists. `keeps_plans` prepares its
    statements on the server, where no pooler stands between: for what runs again and again on few
    rows, whose planning takes longer than their work. A kept plan takes every array for one of ten
    values, so that what works on thousands must not keep any. `is_pipelined` sends statements
    without waiting for the ones before; whoever reads an answer waits for it. An error is raised
    where the next answer is read, or at the end. Commits at the end of the block, rolls back when
    it raises. Raises `Unreachable`.
    """
    if (store_id is None) is not all_stores:
        raise ValueError("name the store, or say all_stores=True")
    scope = {"backshop.all_stores": "on"} if all_stores else {"backshop.store_id": str(store_id)}
    if is_pipelined:
        scope["transaction_timeout"] = PIPELINED_AT_MOST
    with _transaction(
        config.login(), scope, keeps_plans=keeps_plans, is_pipelined=is_pipelined
    ) as tx:
        yield tx


@contextmanager
def reading(store_id: UUID) -> Iterator[Tx]:
    """A read-only transaction on one store for lists and reports, which may be some seconds behind:
    at the replica of DATABASE_READ_URL where there is one that answers."""
    settings = {"backshop.store_id": str(store_id)}
    role: Role = "reader" if config.value("DATABASE_READ_URL", "") else config.login()
    with ExitStack() as stack:
        try:
            tx = stack.enter_context(_transaction(role, settings, begin="BEGIN READ ONLY"))
        except psycopg.OperationalError:
            if role != "reader":
                raise
            tx = stack.enter_context(
                _transaction(config.login(), settings, begin="BEGIN READ ONLY")
            )
        yield tx


@contextmanager
def shopper(store_id: UUID, phone: str) -> Iterator[Tx]:
    """A read-only transaction that sees the orders given with this phone (`947xxxxxxxx`)."""
    capability = _capability("shopper", store_id, phone)
    with _transaction(
        "shopper", {"backshop.capability": capability}, begin="BEGIN READ ONLY"
    ) as tx:
        yield tx


@contextmanager
def analyst(
    store_id: UUID, *, timeout_ms: int = ANALYST_MS, time_zone: str = "UTC"
) -> Iterator[Tx]:
    """A read-only transaction for SQL that others wrote, about one store's numbers.

    Its connection ends with it, whatever a statement left there. Parameters are written $1, $2, …
    and every text is sent as one statement. Nothing is committed.
    """
    tx = _begin_analyst(store_id, timeout_ms, time_zone)
    try:
        yield tx
    finally:
        tx.close()


class _OneStatement(psycopg.RawCursor[dict[str, Any]]):
    """Sends what has no parameters by the extended protocol too, which takes no second
    statement."""

    def execute(self, query: Any, params: Params | None = None, **options: Any) -> Self:
        if params:
            return super().execute(query, params, **options)
        with self.connection.pipeline():
            return super().execute(query, params, **options)


def _begin_analyst(store_id: UUID, timeout_ms: int, time_zone: str) -> Tx:
    # Bound, because the text of a statement is seen in pg_stat_activity by sessions of this login.
    settings = {
        "backshop.capability": _capability("analyst", store_id, ""),
        "statement_timeout": str(timeout_ms),
        "TimeZone": time_zone,
        # One schema's functions and operators, whatever others are made.
        "search_path": "pg_catalog",
    }
    named = [f"set_config('{name}', ${place}, true)" for place, name in enumerate(settings, 1)]
    set_all = f"SELECT {', '.join(named)}".encode()

    def begin(tx: Tx) -> Tx:
        tx.cursor_factory = _OneStatement
        with tx.pipeline():
            tx.execute("BEGIN READ ONLY")
            tx.execute(set_all, list(settings.values()))
        return tx

    spare = _take_spare()
    if spare is not None:
        with suppress(psycopg.OperationalError):
            return begin(spare)
        spare.close()
    return begin(_open("analyst"))


def _take_spare() -> Tx | None:
    """The connection that was opened while the last question was answered, if there is one; the
    next is begun to be opened, which takes about as long as answering a question."""
    taken = _opened_ahead()
    opened: list[Tx] = []
    thread = threading.Thread(target=_open_into, args=(opened,), daemon=True)
    thread.start()
    _kept.spare = (thread, opened)
    return taken


def _open_into(opened: list[Tx]) -> None:
    # Without one, the next question opens its own, and raises what it meets.
    with suppress(Exception):
        opened.append(_open("analyst"))


def _opened_ahead() -> Tx | None:
    spare: tuple[threading.Thread, list[Tx]] | None = getattr(_kept, "spare", None)
    if spare is None:
        return None
    _kept.spare = None
    thread, opened = spare
    thread.join()
    return opened[0] if opened else None


@contextmanager
def owner() -> Iterator[Tx]:
    """A transaction of the owner: migrations, refreshes and partitions, nothing else."""
    with _transaction("owner", {}) as tx:
        yield tx


def _capability(kind: str, store_id: UUID, subject: str) -> str:
    """What the policies check in place of a plain setting, which any statement could change."""
    named = urlsafe_b64encode(subject.encode()).decode().rstrip("=")
    claim = f"v1.{kind}.{store_id}.{named}.{int(time()) + CAPABILITY_SECONDS}"
    key = config.secret("CAPABILITY_SECRET").encode()
    return f"{claim}.{hmac.new(key, claim.encode(), sha256).hexdigest()}"


@contextmanager
def try_lock(store_id: UUID, name: str) -> Iterator[bool]:
    """Keep the store's lock of this name while the block runs; False where somebody else has it.
    See `try_locks`."""
    with try_locks(store_id, [[name]]) as kept:
        yield kept == 1


@contextmanager
def try_locks(store_id: UUID, choices: Sequence[Sequence[str]]) -> Iterator[int]:
    """Keep one of the store's locks of each choice while the block runs, whichever is free; how
    many of the choices were had before one of which others have all.

    They live on a connection of their own, in a transaction (poolers keep those apart), and are
    free as soon as the process has died. Raises `Unreachable`.
    """
    connection = _open(config.login())
    settings = {"backshop.store_id": str(store_id), "idle_in_transaction_session_timeout": "0"}
    try:
        # Committed first: who waits for a row that is being made waits as long as it is locked.
        _begin_on(connection, "BEGIN", settings)
        connection.execute(
            """INSERT INTO backshop.locks (store_id, name)
               SELECT backshop.current_store_id(), unnest(%s::text[]) ON CONFLICT DO NOTHING""",
            ([name for choice in choices for name in choice],),
        )
        connection.execute("COMMIT")
        _begin_on(connection, "BEGIN", settings)
        yield _lock_one_of_each(connection, choices)
        # Closing alone would leave it to the server when the locks are free.
        connection.execute("ROLLBACK")
    finally:
        connection.close()


def _lock_one_of_each(tx: Tx, choices: Sequence[Sequence[str]]) -> int:
    for number, names in enumerate(choices):
        free = tx.execute(
            """SELECT FROM backshop.locks
               WHERE store_id = backshop.current_store_id() AND name = ANY (%s)
               ORDER BY name LIMIT 1 FOR UPDATE SKIP LOCKED""",
            (list(names),),
        )
        if not free.rowcount:
            return number
    return len(choices)


def export_rows(
    tx: Tx,
    schema: str,
    which: Mapping[str, str],
    params: Mapping[str, Any],
    *,
    without: Sequence[str] = ("store_id",),
) -> dict[str, list[dict[str, Any]]]:
    """Rows of a schema's tables, by table, ready for JSON: of each table in `which` those that meet
    its condition, which reads `params`. The columns `without` are left out. Neither names nor
    conditions may come from outside."""
    exported = {}
    for table, condition in which.items():
        statement = sql.SQL(
            "SELECT to_jsonb(t) - %(without)s::text[] AS row FROM {} AS t WHERE {}"
        ).format(sql.Identifier(schema, table), sql.SQL(condition))
        rows = tx.execute(statement, {**params, "without": list(without)})
        exported[table] = [row["row"] for row in rows]
    return exported


def array(numbers: Iterable[int]) -> str:
    """The numbers as Postgres writes an array of them, for statements that compare or cast it: a
    list costs six times as much to send."""
    return f"{{{','.join(map(str, numbers))}}}"


NEW_IDS = """(
  (SELECT left(uuidv7()::text, 24)) || lpad(to_hex(row_number() OVER ()), 12, '0'))::uuid"""
"""Fresh ids for the rows of one INSERT … SELECT, in their order: the time and 26 random bits are
drawn once, the rest counts. Drawing each anew costs more than all the rest of a row."""


class Staged(NamedTuple):
    """Rows on their way into tables: `FROM {staged.source}` in statements that are executed with
    `staged.params`, in the transaction that staged them. `source` is named as they were staged."""

    source: str
    params: dict[str, str]
    size: int

    @property
    def are_few(self) -> bool:
        return self.size < FEW

    @property
    def is_table(self) -> bool:
        """Whether reading them once more costs next to nothing; JSON is parsed each time."""
        return not self.params


def stage(
    tx: Tx, name: str, columns: Mapping[str, str], rows: Sequence[Sequence[str | None]]
) -> Staged:
    """Make rows, in Postgres' text forms, readable for statements: few travel as JSON with each of
    them, many are copied once into a temporary table that is empty when the transaction ends.

    An empty text is NULL, as None is, and what Postgres cannot store in text is dropped. `columns`
    are names and types; neither they nor `name` may come from outside.
    """
    if _travels_as_json(tx, len(rows)):
        texts = [[(_storable(value) or None) if value else None for value in row] for row in rows]
        return _stage_json(name, columns, texts)
    lines = [copy_line([value or "" for value in row]) for row in rows]
    return stage_lines(tx, name, columns, lines)


def stage_lines(tx: Tx, name: str, columns: Mapping[str, str], lines: Sequence[str]) -> Staged:
    """`stage` for rows that `copy_line` made lines of."""
    if _travels_as_json(tx, len(lines)):
        return _stage_json(name, columns, [_values(line) for line in lines])
    table = _staging_table(tx, name, columns)
    copying = f"COPY {table} FROM STDIN (DELIMITER '{_DELIMITER}', NULL '')".encode()
    with tx.cursor() as cursor, cursor.copy(copying) as copy:
        copy.write("\n".join(lines))
    return Staged(f"pg_temp.{table} AS {name}", {}, len(lines))


def _staging_table(tx: Tx, name: str, columns: Mapping[str, str]) -> str:
    """An empty temporary table. Making and dropping one takes as long as copying a thousand rows,
    so that connections keep them where they may."""
    typed = _typed(columns)
    if _keeps_tables(tx):
        kept = f"staged_{name}_{crc32(typed.encode()):x}"
        used = _staged_in()[tx]
        used[kept] += 1
        table = f"{kept}_{used[kept]}"
        create, end = "CREATE TEMPORARY TABLE IF NOT EXISTS", "ON COMMIT DELETE ROWS"
    else:
        table = f"staged_{name}_{next(_numbers)}"
        create, end = "CREATE TEMPORARY TABLE", "ON COMMIT DROP"
    tx.execute(f"{create} {table} ({typed}) {end}".encode())
    return table


def _staged_in() -> WeakKeyDictionary[Tx, Counter[str]]:
    """How often the transaction of a connection has staged in each of its tables."""
    if not hasattr(_kept, "staged"):
        _kept.staged = WeakKeyDictionary()
    return cast("WeakKeyDictionary[Tx, Counter[str]]", _kept.staged)


def _travels_as_json(tx: Tx, size: int) -> bool:
    """In a pipeline nothing is copied."""
    if size < COPY_FROM or tx.info.pipeline_status:
        return True
    return size < COPY_ONCE_FROM and not _keeps_tables(tx)


def _keeps_tables(tx: Tx) -> bool:
    """Not those of a pooler, which others use in turn, and not for statements that are prepared,
    whose plan would be that of other rows; nor where nobody says when a transaction begins."""
    return tx in _staged_in() and tx.prepare_threshold is None and _is_direct(tx)


def _stage_json(
    name: str, columns: Mapping[str, str], rows: Sequence[Sequence[str | None]]
) -> Staged:
    import orjson

    records = orjson.dumps([dict(zip(columns, row, strict=True)) for row in rows]).decode()
    source = f"json_to_recordset(%(staged_{name})s::json) AS {name} ({_typed(columns)})"
    return Staged(source, {f"staged_{name}": records}, len(rows))


def _typed(columns: Mapping[str, str]) -> str:
    return ", ".join([f"{column} {kind}" for column, kind in columns.items()])


_DELIMITER = "|"
_escaped = {"\\": "\\\\", "\n": "\\n", "\r": "\\r", _DELIMITER: f"\\{_DELIMITER}"}
_escapes = str.maketrans(_escaped)
_unescaped = {escape: character for character, escape in _escaped.items()}
_ESCAPED = re.compile(rf"(\\.|{re.escape(_DELIMITER)})")
"""An escape, or the end of a value."""


def copy_line(row: Sequence[str]) -> str:
    """The row as a line of the COPY that `stage` makes."""
    line = _DELIMITER.join(row)
    # Nearly every row needs no escapes, and is not looked at value by value.
    if (
        "\\" not in line
        and "\n" not in line
        and "\r" not in line
        and "\x00" not in line
        and line.count(_DELIMITER) == len(row) - 1
        and (line.isascii() or line.isprintable())
    ):
        return line
    return _DELIMITER.join([_storable(value).translate(_escapes) for value in row])


def _values(line: str) -> list[str | None]:
    """The row that `copy_line` made this line of, None for an empty text."""
    if "\\" not in line:
        return [value or None for value in line.split(_DELIMITER)]
    values = [[""]]
    for part in _ESCAPED.split(line):
        if part == _DELIMITER:
            values.append([])
        else:
            values[-1].append(_unescaped.get(part, part))
    return ["".join(parts) or None for parts in values]


def _storable(value: str) -> str:
    """Without what Postgres cannot store in text: NUL and lone surrogates."""
    if value.isprintable():
        return value
    return value.replace("\x00", "").encode("utf-8", "ignore").decode()
