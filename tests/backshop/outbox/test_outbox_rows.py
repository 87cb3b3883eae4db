"""The outbox against the real database: order, leases, one worker a key."""

from __future__ import annotations

import random
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from backshop import outbox

from tests.backshop.kits.shop import transaction

NOW = datetime.now(UTC) + timedelta(days=1)
"""Later than whatever a test puts, however long those before it take."""


@pytest.fixture
def put(database, store):
    def write(key: str, number: int = 0) -> outbox.Row:
        with transaction(database, store) as tx:
            return outbox.put(tx, "test", key, {"number": number})

    return write


@pytest.fixture
def claim(database, store):
    def take(key: str, at: datetime = NOW) -> outbox.Row | None:
        with transaction(database, store) as tx:
            return outbox.claim(tx, key, at)

    return take


@pytest.fixture
def stored(owner, store):
    def read(row: outbox.Row) -> dict[str, Any]:
        return owner.execute("SELECT * FROM backshop.outbox WHERE id = %s", [row.id]).fetchone()

    return read


def test_a_row_is_the_stores_and_what_was_written(put, claim, stored, store):
    row = put("order:1", 7)
    assert (row.store_id, row.key, row.kind, row.payload, row.attempts) == (
        store, "order:1", "test", {"number": 7}, 0,
    )  # fmt: skip
    assert stored(row)["status"] == "pending"
    taken = claim("order:1")
    assert (taken.id, taken.attempts, taken.payload) == (row.id, 1, {"number": 7})
    assert stored(row)["status"] == "sending"


def test_without_a_store_nothing_is_written(database):
    with psycopg.connect(database.service_url) as tx:
        tx.execute("SET LOCAL backshop.all_stores = 'on'")
        with pytest.raises(psycopg.Error):
            outbox.put(tx, "test", "order:1", {})  # type: ignore[arg-type]


def test_rows_of_a_key_go_in_their_order_and_keys_do_not_wait_for_each_other(
    put, claim, database, store
):
    first, second, other = put("order:1", 1), put("order:1", 2), put("order:2", 3)
    assert claim("order:1").id == first.id
    assert claim("order:1") is None, "the first is under way"
    assert claim("order:2").id == other.id
    with transaction(database, store) as tx:
        assert outbox.finish(tx, _attempt(first, 1), {"ok": True})
    assert claim("order:1").id == second.id


def test_a_failed_row_lets_the_next_through_and_can_be_opened_again(
    put, claim, database, store, stored
):
    first, second = put("order:1"), put("order:1")
    claim("order:1")
    with transaction(database, store) as tx:
        assert outbox.fail(tx, _attempt(first, 1), {"error": "no"})
    assert claim("order:1").id == second.id
    with transaction(database, store) as tx:
        assert outbox.reopen(tx, second.id, NOW) is None, "not failed"
        reopened = outbox.reopen(tx, first.id, NOW)
    assert (reopened.id, reopened.attempts) == (first.id, 1)
    assert stored(first)["response"] == {"error": "no"}
    assert claim("order:1").attempts == 2, "asked about first"


def test_a_row_that_was_given_back_waits(put, claim, database, store):
    row = put("order:1")
    claim("order:1")
    with transaction(database, store) as tx:
        assert outbox.retry(tx, _attempt(row, 1), {"error": "away"}, NOW + timedelta(minutes=1))
    assert claim("order:1", NOW + timedelta(seconds=59)) is None
    assert claim("order:1", NOW + timedelta(seconds=61)).attempts == 2


def test_a_worker_that_outlived_its_lease_cannot_close_the_row(put, claim, database, store, stored):
    row = put("order:1")
    claim("order:1")
    assert claim("order:1", NOW + outbox.LEASE - timedelta(seconds=1)) is None
    again = claim("order:1", NOW + outbox.LEASE)
    assert (again.id, again.attempts) == (row.id, 2)
    with transaction(database, store) as tx:
        for close in (outbox.finish, outbox.fail):
            assert close(tx, _attempt(row, 1), {"late": True}) is False
        assert outbox.retry(tx, _attempt(row, 1), {}, NOW) is False
        assert outbox.finish(tx, again, {"ok": True}) is True
        assert outbox.finish(tx, again, {"again": True}) is False
    assert stored(row)["response"] == {"ok": True}


def test_due_is_the_oldest_open_row_of_each_key_whose_time_has_come(put, claim, database, store):
    first, _, other = put("order:1"), put("order:1"), put("order:2")
    claim("order:2")
    with transaction(database, store) as tx:
        assert [row.id for row in outbox.due(tx, NOW, 10)] == [first.id]
        later = outbox.due(tx, NOW + outbox.LEASE, 10)
        assert {row.id for row in later} == {first.id, other.id}
        assert len(outbox.due(tx, NOW + outbox.LEASE, 1)) == 1


def test_many_are_put_in_their_order_and_few_are_returned(database, store, owner):
    with transaction(database, store) as tx:
        rows = outbox.put_all(tx, "test", [(f"order:{n}", {"number": n}) for n in range(1000)])
        assert outbox.put_all(tx, "test", []) == []
    assert [row.payload["number"] for row in rows] == list(range(outbox.AT_ONCE))
    stored = owner.execute(
        "SELECT payload FROM backshop.outbox WHERE store_id = %s ORDER BY id", [store]
    )
    assert [row["payload"]["number"] for row in stored] == list(range(1000))


def test_another_store_neither_sees_nor_claims(put, database, new_store):
    row = put("order:1")
    with transaction(database, new_store()) as tx:
        assert outbox.claim(tx, "order:1", NOW) is None
        assert outbox.due(tx, NOW, 10) == []
        assert outbox.finish(tx, _attempt(row, 0), {}) is False
        assert outbox.listed(tx, "pending", 0, 10) == []


def test_sixteen_workers_never_share_a_key_and_keep_its_order(put, database, store):
    """40 rows of 4 keys; workers claim at random, give some back, and never overlap on a key."""
    keys = [f"order:{n}" for n in range(4)]
    for number in range(40):
        put(keys[number % 4], number)
    done: list[tuple[str, int]] = []
    busy: set[str] = set()
    faults: list[str] = []
    lock = threading.Lock()

    def work(seed: int) -> None:
        dice = random.Random(seed)
        with psycopg.connect(database.service_url, row_factory=psycopg.rows.dict_row) as connection:
            while len(done) < 40 and not faults:
                key = dice.choice(keys)
                connection.execute("SELECT set_config('backshop.store_id', %s, true)", [str(store)])
                row = outbox.claim(connection, key, NOW)
                connection.commit()
                if row is None:
                    continue
                with lock:
                    if key in busy:
                        faults.append(f"two workers at {key}")
                    busy.add(key)
                again = dice.random() < 0.3
                with lock:
                    busy.discard(key)
                    if not again:
                        done.append((key, row.payload["number"]))
                connection.execute("SELECT set_config('backshop.store_id', %s, true)", [str(store)])
                if again:
                    outbox.retry(connection, row, {}, NOW)
                else:
                    outbox.finish(connection, row, {})
                connection.commit()

    with ThreadPoolExecutor(16) as pool:
        for finished in [pool.submit(work, seed) for seed in range(16)]:
            finished.result()
    assert faults == []
    for key in keys:
        mine = [number for held, number in done if held == key]
        assert mine == sorted(mine)
        assert len(mine) == 10


def test_waits_grow_to_a_quarter_of_an_hour():
    waits = [outbox.wait(attempts).total_seconds() for attempts in range(1, 21)]
    assert waits[:8] == [10, 20, 40, 80, 160, 320, 640, 900]
    assert set(waits[8:]) == {900}
    assert sum(waits[:19]) > 3 * 3600, "longer than three hours before a row fails"
    assert [n for n in range(1, 61) if outbox.gives_up(n)] == [20, 40, 60]


def _attempt(row: outbox.Row, number: int) -> outbox.Row:
    import dataclasses

    return dataclasses.replace(row, attempts=number)
