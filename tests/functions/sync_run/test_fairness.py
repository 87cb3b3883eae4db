"""One store takes no more than its places, and one whose shop drips is left alone for a while."""

import json
import time
from types import SimpleNamespace

import pytest
from backshop import db, platforms
from backshop.commerce import Platform
from backshop.outgoing import transport
from backshop.platforms.errors import PermanentDecline
from backshop.stores import breaker
from backshop.sync import work

from shops.running import RunningShop
from tests.functions.sync_run.shops import Connected, _store, connected
from tests.slow_shop import Dripping, serving

MINUTE = SimpleNamespace(get_remaining_time_in_millis=lambda: 60_000)


@pytest.fixture
def run(load, event):
    function = load("sync_run")
    template = event("sync_run/job")["Records"][0]

    def handle(*bodies):
        records = [template | {"body": body, "messageId": str(n)} for n, body in enumerate(bodies)]
        assert function.handler({"Records": records}, MINUTE) == {"batchItemFailures": []}

    return handle


@pytest.mark.parametrize(
    ("platform", "places"), [("woocommerce", 1), ("shopify", 2), ("vendure", 2)]
)
def test_a_store_has_so_many_jobs_at_once(platform, places):
    assert platforms.load(platform).jobs_at_once == places
    with connected(platform, orders=1) as shop:
        first, *_, last = shop.begin("full")
        holders = [
            db.try_locks(shop.id, [[f"other {n}"], work._places(shop.id)]) for n in range(places)
        ]
        try:
            assert [each.__enter__() for each in holders] == [2] * places
            assert work.work(last, work.clock(lambda: 60_000)).status == "waits"
            assert shop.run().resources[-1].status == "queued"
            with shop.twin() as other:
                (key,) = other.begin("full", "shop")
                assert other.work(key) == 1, "another store has places of its own"
        finally:
            for each in holders:
                each.__exit__(None, None, None)
        assert work.work(first, work.clock(lambda: 60_000)).status == "completed"


@pytest.mark.parametrize("platform", ["woocommerce", "shopify", "vendure"])
def test_each_job_that_ends_calls_the_next_that_waits(platform, run, aws):
    """Only the first is announced; the others found no place."""
    with connected(platform, orders=3) as shop:
        first, *others = shop.begin("full")
        taken = db.try_locks(shop.id, [["other"], work._places(shop.id)[:1]])
        with taken:
            if platform == "woocommerce":
                run(*(each.model_dump_json() for each in others))
        aws.messages("SYNC_QUEUE_URL")
        bodies = [first.model_dump_json()]
        for _ in range(50):
            if not bodies:
                break
            run(*bodies)
            bodies = [json.dumps(each) for each in aws.messages("SYNC_QUEUE_URL")]
        assert {each.status for each in shop.run().resources} == {"completed"}
        assert shop.run().status == "completed"


def test_messages_of_a_store_are_a_group(run, aws):
    from backshop.aws import config
    from backshop.sync import runs

    with connected("vendure", orders=1) as shop:
        runs.announce(shop.begin("full", "shop", "orders"))
        found = config.client("sqs").receive_message(
            QueueUrl=aws.queues["SYNC_QUEUE_URL"],
            MaxNumberOfMessages=10,
            AttributeNames=["MessageGroupId"],
        )["Messages"]
        assert {each["Attributes"]["MessageGroupId"] for each in found} == {str(shop.id)}


@pytest.fixture
def dripping(monkeypatch):
    """A WooCommerce shop that drips, and its store; calls may take 0.3 s."""
    monkeypatch.setattr(transport, "SECONDS", 0.3)
    server = Dripping()
    keys = {"api_key": "ck_x", "secret": "cs_x"}
    with serving(server.answer) as url:
        there = RunningShop("woocommerce", url, keys, 0)
        with _store(there, Platform.WOOCOMMERCE) as id:
            yield server, Connected(there, id, Platform.WOOCOMMERCE)


def test_a_job_at_a_shop_that_drips_ends_in_time(dripping):
    server, shop = dripping
    (key,) = shop.begin("full", "orders")
    begun = time.monotonic()
    assert work.work(key, work.clock(lambda: 900_000)).status == "failed"
    assert server.calls <= 2
    assert time.monotonic() - begun < 30, "one answer alone would have dripped for a minute"


def test_a_shop_that_drips_is_left_alone_for_longer_and_longer(dripping):
    server, shop = dripping
    (key,) = shop.begin("full", "orders")
    called = []
    for _ in range(6):
        before = server.calls
        assert work.work(key, work.clock(lambda: 900_000)).status == "failed"
        called.append(server.calls > before)
        shop.retry()
    assert called == [True] * breaker.TRIPS_AT + [False] * 3
    with db.transaction(store_id=shop.id) as tx:
        tx.execute("UPDATE backshop.slow_shops SET until = now()")
    work.work(key, work.clock(lambda: 900_000))
    assert server.calls > before, "when the minute is over it is asked again"
    [row] = shop.rows("SELECT slow, until - now() AS left FROM backshop.slow_shops")
    assert row["slow"] == breaker.TRIPS_AT + 1
    assert 60 < row["left"].total_seconds() <= 120


def test_rests_grow_and_have_an_end():
    rests = [breaker.rest(slow).total_seconds() for slow in range(9)]
    assert rests == [0, 0, 0, 60, 120, 240, 480, 900, 900]


def test_the_first_answer_ends_it():
    with connected("woocommerce", orders=2) as shop:
        for _ in range(2):
            breaker._note_slow(shop.id)
        shop.sync("full", "orders")
        assert shop.run().status == "completed"
        assert shop.rows("SELECT FROM backshop.slow_shops") == []


def test_a_refusal_is_an_answer_too():
    with connected("woocommerce", orders=2) as shop:
        breaker._note_slow(shop.id)
        with pytest.raises(PermanentDecline), breaker.watched(shop.id):
            raise PermanentDecline({})
        assert shop.rows("SELECT FROM backshop.slow_shops") == []
