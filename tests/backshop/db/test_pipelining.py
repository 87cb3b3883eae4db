"""Statements that go out without waiting for the ones before."""

from __future__ import annotations

import logging
import time

import psycopg
import pytest
from backshop import db
from backshop.aws import config


@pytest.fixture(autouse=True)
def _at(database, monkeypatch):
    monkeypatch.setattr(config, "database_url", lambda role: database.service_url)
    db.close()
    yield
    db.close()


@pytest.fixture
def kept(store):
    """The amount that the store's settings hold."""

    def read() -> str | None:
        with db.transaction(store_id=store) as tx:
            row = tx.execute("SELECT settings ->> 'kept' AS kept FROM backshop.stores").fetchone()
            assert row is not None
            return row["kept"]

    return read


def keep(tx: db.Tx, value: str) -> psycopg.Cursor[dict[str, object]]:
    return tx.execute(
        "UPDATE backshop.stores SET settings = settings || jsonb_build_object('kept', %s::text)",
        (value,),
    )


def fail(tx: db.Tx) -> psycopg.Cursor[dict[str, object]]:
    return tx.execute("SELECT 1 / (random() * 0)::integer AS number")


def pipelined(store, **more):
    return db.transaction(store_id=store, is_pipelined=True, **more)


def test_what_was_sent_is_committed(store, kept):
    with pipelined(store) as tx:
        keep(tx, "one")
        keep(tx, "two")
    assert kept() == "two"


def test_an_answer_waits_for_all_that_was_sent_before(store):
    with pipelined(store) as tx:
        keep(tx, "one")
        row = tx.execute("SELECT settings ->> 'kept' AS kept FROM backshop.stores").fetchone()
        assert row == {"kept": "one"}


def test_an_error_that_nobody_read_undoes_all(store, kept):
    def work() -> None:
        with pipelined(store) as tx:
            keep(tx, "one")
            fail(tx)
            keep(tx, "two")

    with pytest.raises(psycopg.errors.DivisionByZero):
        work()
    assert kept() is None


def test_an_error_is_raised_where_the_next_answer_is_read(store, kept):
    def work() -> None:
        with pipelined(store) as tx:
            fail(tx)
            with pytest.raises(psycopg.errors.DivisionByZero):
                keep(tx, "one").fetchone()
            keep(tx, "two")

    with pytest.raises(RuntimeError, match="swallowed"):
        work()
    assert kept() is None


def test_what_was_to_be_prepared_beside_an_error_can_be_asked_again(store):
    def work(*, fails: bool = False) -> None:
        with pipelined(store, keeps_plans=True) as tx:
            if fails:
                fail(tx)
            tx.execute("SELECT settings FROM backshop.stores WHERE id = %s", (store,))

    for _ in range(db.PREPARED_AFTER):
        work()
    with pytest.raises(psycopg.errors.DivisionByZero):
        work(fails=True)
    for _ in range(db.PREPARED_AFTER + 2):
        work()


def test_rows_are_counted_once_they_are(store):
    with pipelined(store) as tx:
        changed = keep(tx, "one")
        assert changed.rowcount == 1


def test_many_rows_are_staged_without_a_copy(store):
    rows = [(str(number),) for number in range(db.COPY_ONCE_FROM + 1)]
    with pipelined(store) as tx:
        staged = db.stage(tx, "numbers", {"number": "integer"}, rows)
        row = tx.execute(f"SELECT sum(number) FROM {staged.source}", staged.params).fetchone()
        assert row == {"sum": sum(range(db.COPY_ONCE_FROM + 1))}


def test_one_that_does_not_go_on_ends(store, kept, monkeypatch):
    """The server sees no idle transaction between the statements of a pipeline."""
    monkeypatch.setattr(db, "PIPELINED_AT_MOST", "50ms")

    def work() -> None:
        with pipelined(store) as tx:
            assert keep(tx, "one").rowcount == 1
            time.sleep(0.5)

    with pytest.raises(psycopg.Error):
        work()
    assert kept() is None


def test_errors_that_are_passed_over_are_not_logged(store, caplog):
    """They would quote values."""

    def work() -> None:
        with pipelined(store) as tx:
            tx.execute("SELECT 'somebody@example.com'::integer")
            raise KeyError

    with caplog.at_level(logging.DEBUG), pytest.raises(KeyError):
        work()
    assert "somebody" not in caplog.text
