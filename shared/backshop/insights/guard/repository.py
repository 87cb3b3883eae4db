"""Runs what the guard let through: as backshop_analyst, read only, and not for long."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, Final, Literal
from uuid import UUID

import psycopg
from psycopg.rows import tuple_row

from backshop import db
from backshop.db import Tx
from backshop.insights.guard import rules
from backshop.insights.guard.models import Found, Guarded, Refused
from backshop.insights.semantic.models import Cell, Column

MOST_ROWS: Final = 1000
MOST_CELLS: Final = 1_000_000
"""Characters of all cells together."""
MOST_COST: Final = 5_000_000.0
"""In the planner's units, of which a server works off about a million in the five seconds that a
question has."""
IN_MEMORY: Final = "hashed SubPlan"
IN_MEMORY_MS: Final = 1000
"""For a plan that keeps the rows of an `IN (SELECT …)` in memory, however many there are: in that
time they are some two million."""

Row = tuple[Any, ...]

TOO_LONG = "It would take too long: ask about a shorter period, or for fewer rows at once."
REFUSALS: Final = {
    "42703": "A column is named that its table does not have.",
    "42P01": "A table is named that FROM does not have.",
    "42702": "A column's name means several: write the table before it.",
    "42803": "Every column is grouped by, or stands in an aggregate.",
    "42804": "Values of different types do not go together: cast one of them.",
    "42883": "A function or operator is used with types that it does not take.",
    "22012": "Something is divided by nothing: use NULLIF.",
    "53400": TOO_LONG,
    "54000": "A text or an array becomes too long.",
    "57014": TOO_LONG,
    "25P04": TOO_LONG,
}
"""By SQLSTATE, what to do about what Postgres did not take. Its own texts quote the data."""


def run(
    store_id: UUID, sql: str, *, time_zone: str = "UTC", timeout_ms: int = db.ANALYST_MS
) -> Found:
    """What `sql` finds in the store; the first MOST_ROWS rows of it. Raises Refused, and
    `db.Unreachable` where the database cannot be asked."""
    guarded = rules.check(sql)
    text, params = statement(guarded), [store_id, *guarded.texts]
    try:
        with db.analyst(store_id, timeout_ms=timeout_ms, time_zone=time_zone) as tx:
            if guarded.subtracts:
                # By hashing, it keeps all rows of one side in memory, however many there are.
                tx.execute(b"SET LOCAL enable_hashagg = off")
            plan = _plan(tx, text, params)
            if plan["Total Cost"] > MOST_COST:
                raise Refused(TOO_LONG)
            if IN_MEMORY in str(plan):
                longest = min(timeout_ms, IN_MEMORY_MS)
                tx.execute(f"SET LOCAL statement_timeout = {longest}".encode())
            return _fetch(tx, text, params)
    except psycopg.Error as error:
        raise _refusal(error) from None


def statement(guarded: Guarded) -> bytes:
    """What is sent: the guarded text within a limit. It names $1 even where no table does."""
    return (
        f"SELECT * FROM ({guarded.text}) AS answer WHERE $1::uuid IS NOT NULL LIMIT {MOST_ROWS + 1}"
    ).encode()


def _plan(tx: Tx, text: bytes, params: Sequence[object]) -> dict[str, Any]:
    """VERBOSE, without which it does not say what its columns are made of."""
    row = tx.execute(b"EXPLAIN (VERBOSE, FORMAT JSON) " + text, params).fetchone()
    assert row is not None
    plan: dict[str, Any] = row["QUERY PLAN"][0]["Plan"]
    return plan


def _fetch(tx: Tx, text: bytes, params: Sequence[object]) -> Found:
    """Row by row, because a few rows can be larger than memory."""
    kept: list[Row] = []
    size, is_cut = 0, False
    with tx.cursor(row_factory=tuple_row) as cursor:
        for row in cursor.stream(text, params):
            size += sum(len(str(cell)) for cell in row)
            is_cut = len(kept) == MOST_ROWS or size > MOST_CELLS
            if is_cut:
                break
            kept.append(row)
        described = cursor.description or ()
        columns, cells = [], []
        for place, each in enumerate(described):
            kind, values = _column(each.type_code, [row[place] for row in kept])
            columns.append(Column(name=each.name, type=kind))
            cells.append(values)
    return Found(tuple(columns), tuple(zip(*cells, strict=True)) if kept else (), is_cut)


_NUMBERS = frozenset({20, 21, 23, 700, 701, 1700})
_TIMES = frozenset({1082, 1114, 1184})


def _column(
    oid: int, values: list[Any]
) -> tuple[Literal["text", "number", "date", "boolean"], list[Cell]]:
    """The type of a column by its OID, and its values as cells."""
    if oid in _NUMBERS:
        return "number", [_number(each) for each in values]
    if oid == 16:
        return "boolean", values
    if oid in _TIMES:
        return _times(values)
    return "text", [each if each is None else _text(each) for each in values]


def _number(value: float | Decimal | None) -> Cell:
    if isinstance(value, Decimal):
        return format(value, "f") if value.is_finite() else None
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def _times(values: list[date | datetime | None]) -> tuple[Literal["date", "text"], list[Cell]]:
    if all(_is_day(each) for each in values):
        days: list[Cell] = [each.isoformat()[:10] if each else None for each in values]
        return "date", days
    return "text", [each.isoformat() if each else None for each in values]


def _is_day(value: date | datetime | None) -> bool:
    return not isinstance(value, datetime) or value.time() == time()


def _text(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(_texts(value))
    return str(value)


def _texts(values: Iterable[Any]) -> list[str]:
    return ["" if each is None else _text(each) for each in values]


def _refusal(error: psycopg.Error) -> Exception:
    """What a question's failure is to whoever asked; the error itself where the database is
    away."""
    if error.sqlstate in REFUSALS:
        return Refused(REFUSALS[error.sqlstate])
    if db.is_away(error):
        return error
    if (error.sqlstate or "").startswith("22"):
        return Refused(
            "A value does not fit what is done with it, such as a text that is no number."
        )
    return Refused("Postgres does not take this statement as it is written.")
