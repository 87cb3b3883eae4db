"""The rows of one store hold no more than its places, and nothing that waits is forgotten."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Lock
from types import SimpleNamespace

import pytest
from backshop import db, outbox
from backshop.outgoing import transport
from backshop.stores import breaker

from tests.slow_shop import Dripping, serving


def remaining(*milliseconds):
    """A context that has so much time at each look, the last for good."""
    given = list(milliseconds)
    return SimpleNamespace(
        get_remaining_time_in_millis=lambda: given.pop(0) if len(given) > 1 else given[0]
    )


def message(event, store, key):
    made = event("outbox_worker/message")
    made["Records"][0]["body"] = json.dumps({"store_id": str(store), "key": key})
    return made


def moved(shop, count):
    codes = [shop.place() for _ in range(count)]
    for code in codes:
        shop.move(code, "SOURCING")
    return [row["key"] for row in shop.rows()]


def open_rows(shop):
    return [row for row in shop.rows() if row["status"] != "done"]


def test_where_all_places_are_taken_nothing_is_done_and_nothing_fails(shop, event):
    (key,) = moved(shop, 1)
    places = [db.try_locks(shop.store, [shop.writer.PLACES]) for _ in shop.writer.PLACES]
    try:
        assert [each.__enter__() for each in places] == [1, 1]
        answer = shop.writer.handler(message(event, shop.store, key), remaining(120_000))
        assert answer == {"batchItemFailures": []}
        assert [(row["status"], row["attempts"]) for row in shop.rows()] == [("pending", 0)]
    finally:
        for each in places:
            each.__exit__(None, None, None)


def test_who_has_a_place_does_what_the_others_left(shop, event):
    keys = moved(shop, 4)
    shop.writer.handler(message(event, shop.store, keys[2]), remaining(120_000))
    assert open_rows(shop) == []


def test_what_comes_while_the_place_is_given_back_is_done_too(shop, event, monkeypatch):
    """The message of such a row finds the place still taken."""
    first, _ = moved(shop, 2)
    done = []
    next_due = shop.writer._next_due

    def once_blind(store_id):
        done.append(1)
        return None if len(done) == 1 else next_due(store_id)

    monkeypatch.setattr(shop.writer, "_next_due", once_blind)
    shop.writer.handler(message(event, shop.store, first), remaining(120_000))
    assert open_rows(shop) == []


def test_what_is_due_when_the_time_is_up_is_announced(shop, event, aws):
    first, *_ = moved(shop, 3)
    aws.messages("OUTBOX_QUEUE_URL")
    shop.writer.handler(message(event, shop.store, first), remaining(120_000, 120_000, 120_000, 1))
    left = {row["key"] for row in open_rows(shop)}
    assert left
    (announced,) = aws.messages("OUTBOX_QUEUE_URL")
    assert announced["key"] in left
    shop.writer.handler(message(event, shop.store, announced["key"]), remaining(120_000))
    assert open_rows(shop) == []


@pytest.fixture
def dripping(shop, owner, monkeypatch):
    """The store's shop drips; calls may take half a second, and are made once."""
    monkeypatch.setattr(transport, "SECONDS", 0.5)
    for name in ("FIRST_WAIT", "LONGEST_WAIT"):
        monkeypatch.setattr(outbox, name, timedelta(hours=1))
    monkeypatch.setattr(breaker, "TRIPS_AT", 1000)
    server = Dripping()
    with serving(server.answer) as url:
        owner.execute(
            "UPDATE connect.connector_config SET store_url = %s WHERE store_id = %s",
            [url, shop.store],
        )
        yield server


def together(shop, keys, work, monkeypatch):
    """`work` each key at once, as the function's invocations do; how many rows were at the shop at
    the same time."""
    send, now, seen, lock = shop.writer._send, [0], [0], Lock()

    def counting(action, row):
        with lock:
            now[0] += 1
            seen.append(now[0])
        try:
            return send(action, row)
        finally:
            with lock:
                now[0] -= 1

    monkeypatch.setattr(shop.writer, "_send", counting)

    def one(key):
        try:
            work(key)
        finally:
            db.close()

    with ThreadPoolExecutor(len(keys)) as pool:
        list(pool.map(one, keys))
    return max(seen)


def test_a_store_whose_shop_drips_holds_two_invocations_at_most(shop, dripping, monkeypatch):
    keys = moved(shop, 6)
    at_once = together(
        shop, keys, lambda key: shop.writer.work_off(shop.store, key, lambda: True), monkeypatch
    )
    assert dripping.calls >= len(keys)
    assert at_once == 2


def test_without_places_it_holds_them_all(shop, dripping, monkeypatch):
    """The control: the same rows, each worked by an invocation of its own."""
    keys = moved(shop, 6)
    at_once = together(shop, keys, lambda key: shop.writer.work(shop.store, key), monkeypatch)
    assert at_once > 2


def test_a_shop_that_drips_is_left_alone(shop, dripping, monkeypatch):
    monkeypatch.setattr(breaker, "TRIPS_AT", 3)
    keys = moved(shop, 6)
    called = []
    for key in keys:
        before = dripping.calls
        shop.writer.work(shop.store, key)
        called.append(dripping.calls > before)
    assert called == [True, True, True, False, False, False]
    assert all(row["status"] == "pending" for row in shop.rows())
    assert "left alone" in str(shop.rows()[-1]["response"])
