"""Forgetting a store leaves none of its rows in any table, and every row of the others."""

from collections import Counter
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg import sql
from psycopg.rows import dict_row

from tests.conftest import Database
from tests.sql import rows
from tests.sql.rows import Connection, Name, Schema


def counted(owner: Connection, known: Schema, store: UUID) -> Counter[Name]:
    found: Counter[Name] = Counter()
    for name in known.tables:
        statement = sql.SQL("SELECT FROM {} WHERE store_id = %s").format(sql.Identifier(*name))
        found[name] = owner.execute(statement, [store]).rowcount
    return found


def test_a_store_is_forgotten_everywhere_and_alone(database: Database, owner: Connection) -> None:
    known = rows.schema(owner)
    gone, kept = uuid4(), uuid4()
    for store in (gone, kept):
        rows.fill(owner, known, store, {})
    before = counted(owner, known, kept)
    assert set(counted(owner, known, gone)) == set(+before) == set(known.tables)
    with psycopg.connect(database.service_url, row_factory=dict_row) as tx:
        tx.execute("SELECT set_config('backshop.store_id', %s, true)", [str(gone)])
        answer = tx.execute("SELECT backshop.erase_store() AS deleted").fetchone()
        assert answer is not None
        assert answer["deleted"] >= len(known.tables)
    assert +counted(owner, known, gone) == Counter()
    assert counted(owner, known, kept) == before


def test_a_place_that_is_held_keeps_nobody_from_forgetting(
    database: Database, owner: Connection
) -> None:
    """outbox_worker erases while it has one of the store's places, on another connection."""
    store = uuid4()
    with (
        psycopg.connect(database.service_url) as place,
        psycopg.connect(database.service_url, row_factory=dict_row) as tx,
    ):
        for each in (place, tx):
            each.execute("SELECT set_config('backshop.store_id', %s, false)", [str(store)])
            each.commit()
        place.execute("SELECT backshop.lock('free', false)")
        place.execute("SELECT backshop.lock('held', false)")
        place.commit()
        place.execute("SELECT backshop.lock('held', false)")
        answer = tx.execute("SELECT backshop.erase_store() AS deleted").fetchone()
        assert answer == {"deleted": 1}
        tx.commit()
    left = owner.execute("SELECT name FROM backshop.locks WHERE store_id = %s", [store])
    assert [row["name"] for row in left] == ["held"]


def test_a_transaction_without_a_store_forgets_nothing(database: Database) -> None:
    with psycopg.connect(database.service_url) as tx:
        tx.execute("SELECT set_config('backshop.all_stores', 'on', true)")
        with pytest.raises(psycopg.errors.InvalidParameterValue, match="no store is set"):
            tx.execute("SELECT backshop.erase_store()")
