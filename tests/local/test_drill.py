"""`make drill`: what was backed up comes back, and what does not is said."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import psycopg
import pytest

from local import commands, drill, postgres
from tests.conftest import Database

pytestmark = pytest.mark.timeout(180)


@pytest.fixture
def source(database: Database, new_store: Any, monkeypatch: pytest.MonkeyPatch) -> Database:
    """The database that is backed up, of a stack that runs: with rows, and a sequence in use."""
    about = {"database_urls": {"owner": database.owner_url}}
    monkeypatch.setattr(commands, "stack", lambda _state: about)
    new_store()
    return database


@pytest.fixture
def state(tmp_path: Path) -> Path:
    (tmp_path / "stack.json").touch()
    return tmp_path


def test_rows_references_and_schema_come_back(source: Any, state: Path) -> None:
    said: list[str] = []
    drill.run(state, said.append)
    text = "\n".join(said)
    assert re.search(r"backed up in [\d.]+ s", text)
    assert re.search(r"restored in [\d.]+ s", text)
    rows = re.search(r"([\d,]+) rows of (\d+) tables", text)
    assert rows is not None
    assert int(rows[1].replace(",", "")) > 0
    assert "rows, references and schema are those that were backed up" in text


def test_a_row_that_is_lost_is_named(
    source: Any, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = drill._restore

    def with_a_loss(server: postgres.Server, backup: Path) -> None:
        whole(server, backup)
        with psycopg.connect(server.superuser_url(postgres.DATABASE)) as connection:
            connection.execute("SET session_replication_role = replica")
            connection.execute("DELETE FROM insights.stores")

    monkeypatch.setattr(drill, "_restore", with_a_loss)
    with pytest.raises(drill.Failed, match=r"not what was backed up: insights\.stores"):
        drill.run(state, lambda _line: None)


def test_a_part_of_the_schema_that_is_lost_is_told(
    source: Any, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = drill._restore

    def without_a_policy(server: postgres.Server, backup: Path) -> None:
        whole(server, backup)
        with psycopg.connect(server.superuser_url(postgres.DATABASE)) as connection:
            connection.execute("ALTER TABLE insights.orders NO FORCE ROW LEVEL SECURITY")

    monkeypatch.setattr(drill, "_restore", without_a_policy)
    with pytest.raises(drill.Failed, match="schema"):
        drill.run(state, lambda _line: None)


def test_a_clean_checkout_can_be_drilled(tmp_path: Path) -> None:
    said: list[str] = []
    drill.run(tmp_path / "nothing", said.append)
    assert "holds no database yet" in said[0]
    assert "are those that were backed up" in said[-1]
