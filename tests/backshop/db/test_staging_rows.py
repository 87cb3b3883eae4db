"""Rows on their way into Postgres: few as JSON, many by COPY, and the same either way."""

from __future__ import annotations

from typing import Any

import pytest
from backshop import db
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

COLUMNS = {"one": "text", "two": "text", "three": "text"}
TEXTS = st.text(alphabet=st.sampled_from('|\\\n\r\t\x00\ud800 "{}nrN.é😀\u2028abc'), max_size=12)
ROWS = st.lists(st.tuples(TEXTS, TEXTS, TEXTS), min_size=1, max_size=20)


def storable(text: str) -> str | None:
    return text.replace("\x00", "").encode("utf-8", "ignore").decode() or None


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=ROWS)
@pytest.mark.parametrize("copy_from", [1, 1000], ids=["copy", "json"])
@pytest.mark.parametrize("as_lines", [True, False], ids=["lines", "rows"])
def test_rows_arrive_as_they_were(
    tx: Any, monkeypatch: pytest.MonkeyPatch, copy_from: int, as_lines: bool, rows: Any
) -> None:
    monkeypatch.setattr(db, "COPY_FROM", copy_from)
    monkeypatch.setattr(db, "COPY_ONCE_FROM", copy_from)
    if as_lines:
        staged = db.stage_lines(tx, "texts", COLUMNS, [db.copy_line(row) for row in rows])
    else:
        staged = db.stage(tx, "texts", COLUMNS, rows)
    found = tx.execute(f"SELECT one, two, three FROM {staged.source}", staged.params).fetchall()
    wanted = [tuple(map(storable, row)) for row in rows]
    assert [tuple(row.values()) for row in found] == wanted
