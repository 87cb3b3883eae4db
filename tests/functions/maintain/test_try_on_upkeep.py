"""Selfies go after a day and pictures after thirty, to the minute; sessions that hang have
failed."""

from __future__ import annotations

import pytest
from backshop.aws import config
from backshop.connect.try_on import rules

from tests.functions import try_on_shop

BUCKET = "backshop-try-on-123456789012-eu-west-1"


@pytest.fixture
def bucket(aws, monkeypatch):
    monkeypatch.setenv("TRY_ON_BUCKET", BUCKET)
    config.client("s3").create_bucket(
        Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )


def keys() -> set[str]:
    return {
        each["Key"]
        for each in config.client("s3").list_objects_v2(Bucket=BUCKET).get("Contents", [])
    }


def aged(owner, store, age: str, status: str = "complete") -> tuple[str, str]:
    """A session of that age with its two objects; their keys."""
    row = owner.execute(
        """INSERT INTO connect.try_on_session
             (store_id, selfie_url, status, skus, created_at, claimed_at)
           VALUES (%s, 's3://x', %s, '{LIP-RED}', now() - %s::interval, now() - %s::interval)
           RETURNING session_id""",
        [store, status, age, age],
    ).fetchone()
    made = (
        rules.selfie_key(store, row["session_id"]),
        rules.overlay_key(store, row["session_id"], "LIP-RED"),
    )
    owner.execute(
        "INSERT INTO connect.try_on_overlay (store_id, session_id, sku, overlay_url)"
        " VALUES (%s, %s, 'LIP-RED', 's3://x')",
        [store, row["session_id"]],
    )
    for key in made:
        config.client("s3").put_object(Bucket=BUCKET, Key=key, Body=b"picture")
    return made


def test_everything_goes_when_it_is_due_and_not_before(
    bucket, load, event, context, owner, store, new_store
):
    try_on_shop.fill(owner, store)
    young = aged(owner, store, "23 hours 59 minutes")
    day_old = aged(owner, store, "24 hours 1 minute")
    almost = aged(owner, new_store(), "29 days 23 hours")
    month_old = aged(owner, store, "30 days 1 minute")
    function = load("maintain")
    done = function.handler(event("maintain/try_on"), context)
    assert keys() == {*young, day_old[1], almost[1]}
    assert done["selfies_deleted"] >= 3
    assert done["try_on_sessions_deleted"] >= 1
    sessions = owner.execute(
        "SELECT count(*) AS number FROM connect.try_on_session WHERE store_id = %s", [store]
    ).fetchone()
    assert sessions["number"] == 2
    assert month_old[0] not in keys()
    assert function.handler(event("maintain/try_on"), context)["selfies_deleted"] == 0


def test_sessions_that_hang_have_failed_with_a_reason(bucket, load, event, context, owner, store):
    for age in ("14 minutes", "16 minutes"):
        aged(owner, store, age, "in_progress")
    done = load("maintain").handler(event("maintain/try_on"), context)
    assert done["try_on_sessions_ended"] >= 1
    rows = owner.execute(
        "SELECT status, results FROM connect.try_on_session WHERE store_id = %s ORDER BY created_at",
        [store],
    ).fetchall()
    assert [row["status"] for row in rows] == ["failed", "in_progress"]
    assert rows[0]["results"]["LIP-RED"]["code"] == "stuck"


def test_more_than_a_batch_is_done_in_one_run(
    bucket, load, event, context, owner, store, monkeypatch
):
    function = load("maintain")
    monkeypatch.setattr(function.try_on, "BATCH", 2)
    for _ in range(5):
        aged(owner, store, "31 days")
    function.handler(event("maintain/try_on"), context)
    assert keys() == set()


def test_the_selfies_of_an_erased_customer_go_at_once(bucket, load, event, context, owner, store):
    owner.execute(
        """INSERT INTO connect.platform_customer (store_id, customer_id, platform, email)
           VALUES (%s, '7', 'woocommerce', 'someone@example.com')""",
        [store],
    )
    aged(owner, store, "1 minute")
    kept = aged(owner, store, "2 minutes")
    owner.execute(
        """UPDATE connect.try_on_session SET customer_id = '7', platform = 'woocommerce'
           WHERE store_id = %s AND created_at > now() - interval '90 seconds'""",
        [store],
    )
    function = load("maintain")
    function.handler(event("maintain/try_on"), context)
    assert len(keys()) == 4
    owner.execute(
        "UPDATE connect.try_on_session SET customer_id = NULL WHERE store_id = %s", [store]
    )
    function.handler(event("maintain/try_on"), context)
    assert keys() == {*kept}
