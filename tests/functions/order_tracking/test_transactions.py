"""What other sessions of a login can see of our transactions."""

from __future__ import annotations

from uuid import UUID

import psycopg
import pytest
from backshop import db

from tests.conftest import Database


@pytest.fixture(autouse=True)
def closed(aws):
    yield
    db.close()


def test_a_shoppers_capability_is_in_no_statement_that_others_see(
    database: Database, store: UUID
) -> None:
    """In a statement's own text another session of the login read it within a fifth of a second."""
    with db.shopper(store, "94771234567") as tx:
        capability = tx.execute("SELECT current_setting('backshop.capability') AS c").fetchone()
        assert capability is not None
        with psycopg.connect(database.url("backshop_shopper"), autocommit=True) as other:
            seen = other.execute("SELECT query FROM pg_stat_activity").fetchall()
        texts = " ".join(row[0] or "" for row in seen)
        assert capability["c"] not in texts
        assert str(store) not in texts
        # The control: what stands in a statement's text is seen.
        tx.execute(f"SELECT '{capability['c']}'".encode())
        with psycopg.connect(database.url("backshop_shopper"), autocommit=True) as other:
            seen = other.execute("SELECT query FROM pg_stat_activity").fetchall()
        assert capability["c"] in " ".join(row[0] or "" for row in seen)


def test_settings_end_with_their_transaction(store: UUID) -> None:
    with db.transaction(store_id=store) as tx:
        row = tx.execute("SELECT current_setting('backshop.store_id') AS s").fetchone()
        assert row == {"s": str(store)}
    with db.transaction(all_stores=True) as tx:
        row = tx.execute("SELECT current_setting('backshop.store_id') AS s").fetchone()
        assert row == {"s": ""}


def test_a_lock_is_somebodys_until_the_block_ends(store: UUID) -> None:
    with db.try_lock(store, "job") as first, db.try_lock(store, "job") as second:
        assert (first, second) == (True, False)
    with db.try_lock(store, "job") as third:
        assert third
