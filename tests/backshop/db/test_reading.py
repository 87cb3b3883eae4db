"""Lists and reports read at a replica where there is one that answers, and change nothing."""

from __future__ import annotations

import psycopg
import pytest
from backshop import db
from backshop.aws import config


@pytest.fixture
def urls(database, monkeypatch):
    """Where each role was told to go."""
    asked: list[str] = []

    def url(role: str) -> str:
        asked.append(role)
        if role == "reader":
            return config.value("DATABASE_READ_URL")
        return str(database.url(f"backshop_{role}"))

    monkeypatch.setattr(config, "database_url", url)
    db.close()
    yield asked
    db.close()


def read(store):
    with db.reading(store) as tx:
        row = tx.execute("SELECT backshop.current_store_id() AS store").fetchone()
        assert row is not None
        return row["store"]


def test_without_a_replica_the_database_is_read(urls, store, monkeypatch):
    monkeypatch.delenv("DATABASE_READ_URL", raising=False)
    assert read(store) == store
    assert urls == ["service"]


def test_a_replica_is_read(urls, database, store, monkeypatch):
    monkeypatch.setenv("DATABASE_READ_URL", database.service_url)
    assert read(store) == store
    assert urls == ["reader"]


def test_a_replica_that_does_not_answer_is_passed_over(urls, store, monkeypatch):
    monkeypatch.setenv("DATABASE_READ_URL", "postgresql://x:y@127.0.0.1:1/none")
    assert read(store) == store
    assert urls == ["reader", "service"]


def test_nothing_is_written_by_reading(urls, store):
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction), db.reading(store) as tx:
        tx.execute("DELETE FROM projects.customers")
