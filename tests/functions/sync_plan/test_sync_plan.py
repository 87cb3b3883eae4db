"""sync_plan against the real database: what is due, once, and what waits is announced again."""

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from backshop import db, platforms
from backshop.commerce import Platform
from backshop.connect import repository as connect
from backshop.insights import repository as insights
from backshop.stores import repository as stores


@pytest.fixture(autouse=True)
def _no_other_shops(aws, owner):
    owner.execute("UPDATE connect.connector_config SET status = 'uninstalled'")
    owner.execute("DELETE FROM insights.sync_logs")


@pytest.fixture
def connected(aws):
    def make(platform="woocommerce", interval=300):
        id = uuid4()
        sealed = dict.fromkeys(("api_key", "secret", "webhook_secret"), "sealed")
        url = f"https://{id}.example.com"
        with db.transaction(store_id=id) as tx:
            stores.add(tx, Platform(platform), url, {})
            connect.add_connector(tx, Platform(platform), url, interval, sealed)
            insights.add_store(tx, url, "no key", {})
        return id

    return make


@pytest.fixture
def plan(load, event, context):
    function = load("sync_plan")
    return lambda: function.handler(event("sync_plan/minute"), context)


def logs(owner, store):
    return owner.execute(
        "SELECT * FROM insights.sync_logs WHERE store_id = %s ORDER BY started_at", [store]
    ).fetchall()


def test_a_new_store_is_read_whole_with_a_job_for_each_resource(plan, connected, aws, owner):
    for platform in Platform:
        store = connected(platform)
        assert plan()["started"] == 1
        jobs = aws.messages("SYNC_QUEUE_URL")
        assert {job["resource"] for job in jobs} == {"shop", *platforms.load(platform).resources}
        assert {job["store_id"] for job in jobs} == {str(store)}
        (run,) = logs(owner, store)
        assert (run["sync_type"], run["status"]) == ("full", "running")


def test_a_store_with_an_open_run_is_not_planned_again(plan, connected, aws, owner):
    store = connected()
    plan()
    owner.execute("UPDATE insights.sync_logs SET started_at = now() - interval '1 day'")
    assert plan()["started"] == 0
    assert len(logs(owner, store)) == 1


def test_the_interval_decides(plan, connected, owner):
    store = connected(interval=600)
    plan()
    finish(owner, store)
    assert plan()["started"] == 0
    back(owner, store, "601 seconds")
    assert plan()["started"] == 1
    assert logs(owner, store)[-1]["sync_type"] == "incremental"


def test_once_a_day_everything_is_read(plan, connected, owner):
    store = connected()
    plan()
    finish(owner, store)
    back(owner, store, "25 hours")
    plan()
    assert logs(owner, store)[-1]["sync_type"] == "reconcile"


def finish(owner, store):
    owner.execute(
        "UPDATE insights.sync_logs SET status = 'completed', completed_at = now()"
        " WHERE store_id = %s",
        [store],
    )
    owner.execute("UPDATE backshop.sync_jobs SET status = 'completed' WHERE store_id = %s", [store])


def back(owner, store, by):
    owner.execute(
        "UPDATE insights.sync_logs SET started_at = started_at - %s::interval WHERE store_id = %s",
        [by, store],
    )


def test_a_failed_job_is_announced_when_its_time_has_come(plan, connected, aws, owner):
    store = connected()
    plan()
    aws.messages("SYNC_QUEUE_URL")
    owner.execute(
        """UPDATE backshop.sync_jobs SET status = CASE resource WHEN 'orders' THEN 'failed'
             ELSE 'completed' END,
           next_retry_at = CASE resource WHEN 'orders' THEN now() + interval '1 hour' END
           WHERE store_id = %s""",
        [store],
    )
    owner.execute(
        "UPDATE insights.sync_logs SET status = 'failed', next_retry_at = now() + interval '1 hour'"
        " WHERE store_id = %s",
        [store],
    )
    back(owner, store, "2 days")
    assert plan() == {"started": 0, "announced_again": 0}
    owner.execute(
        "UPDATE backshop.sync_jobs SET next_retry_at = now() WHERE store_id = %s"
        " AND resource = 'orders'",
        [store],
    )
    assert plan() == {"started": 0, "announced_again": 1}
    (job,) = aws.messages("SYNC_QUEUE_URL")
    assert job["resource"] == "orders"
    assert logs(owner, store)[0]["status"] == "running"


def test_a_job_that_nobody_touches_is_announced_again(plan, connected, aws, owner):
    store = connected()
    plan()
    aws.messages("SYNC_QUEUE_URL")
    assert plan()["announced_again"] == 0
    owner.execute(
        "UPDATE backshop.sync_jobs SET touched_at = now() - interval '6 minutes'"
        " WHERE store_id = %s AND resource = 'customers'",
        [store],
    )
    assert plan()["announced_again"] == 1
    (job,) = aws.messages("SYNC_QUEUE_URL")
    assert job["resource"] == "customers"


def test_a_queue_that_is_away_loses_nothing(plan, connected, aws, owner, monkeypatch):
    store = connected()
    monkeypatch.setenv("SYNC_QUEUE_URL", "https://sqs.eu-west-1.amazonaws.com/123456789012/none")
    assert plan()["started"] == 1
    monkeypatch.setenv("SYNC_QUEUE_URL", aws.queues["SYNC_QUEUE_URL"])
    owner.execute(
        "UPDATE backshop.sync_jobs SET touched_at = now() - interval '6 minutes'"
        " WHERE store_id = %s",
        [store],
    )
    assert plan()["announced_again"] == 7


def test_an_uninstalled_shop_is_left_alone(plan, connected, owner):
    store = connected()
    owner.execute(
        "UPDATE connect.connector_config SET status = 'uninstalled' WHERE id = %s", [store]
    )
    assert plan()["started"] == 0


def test_many_plans_at_once_start_one_run(plan, connected, aws, owner):
    store = connected()

    def once(_):
        try:
            return plan()["started"]
        finally:
            db.close()

    with ThreadPoolExecutor(8) as pool:
        started = list(pool.map(once, range(8)))
    assert sum(started) == 1
    assert len(logs(owner, store)) == 1
    assert len(aws.messages("SYNC_QUEUE_URL")) == 7


def test_old_runs_are_forgotten_but_not_the_last_whole_one(plan, connected, owner):
    store = connected()
    plan()
    finish(owner, store)
    back(owner, store, "40 days")
    plan()
    assert len(logs(owner, store)) == 2, "nothing newer was read whole"
    finish(owner, store)
    plan()
    assert [each["sync_type"] for each in logs(owner, store)] == ["reconcile"]


def test_the_store_that_waits_longest_says_how_late_syncs_are(connected, owner):
    """Late by what has passed since its last complete run, less its interval."""
    from datetime import UTC, datetime

    from backshop.sync import repository as syncs

    now = datetime.now(UTC)

    def behind() -> float:
        with db.transaction(all_stores=True) as tx:
            return syncs.seconds_behind(tx, now)

    assert behind() == 0
    fresh, late = connected(), connected(interval=600)
    assert behind() == 0, "both were connected just now"
    for store, minutes in ((fresh, 2), (late, 70)):
        owner.execute(
            """INSERT INTO insights.sync_logs (store_id, sync_type, status, started_at, completed_at)
               VALUES (%s, 'full', 'completed', %s - make_interval(mins => %s), %s)""",
            [store, now, minutes, now],
        )
    owner.execute("UPDATE connect.connector_config SET created_at = now() - interval '9 days'")
    owner.execute(
        "UPDATE connect.connector_config SET created_at = now() WHERE id NOT IN (%s, %s)",
        [fresh, late],
    )
    assert behind() == pytest.approx(3600, abs=1)
    owner.execute(
        "UPDATE connect.connector_config SET status = 'uninstalled' WHERE id = %s", [late]
    )
    assert behind() == 0
