"""What a schedule does for all stores it does for each but the one that fails, and fails at its
end, so that its alarm rings."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import pytest
from backshop import db, logs
from backshop.aws import config
from backshop.commerce import Platform
from backshop.connect import repository as connect
from backshop.connect.try_on import rules as try_on
from psycopg import sql

from tests.backshop.kits.shop import add_orders
from tests.conftest import Database, migrated
from tests.functions import try_on_shop

BUCKET = "backshop-try-on"


class Case(NamedTuple):
    """A schedule's event, the table in which the one store's rows cannot be touched, rows that are
    made for a store, and whether what was to be done to them is done."""

    event: str
    table: str
    make: Callable[[Any, UUID], None]
    is_done: Callable[[Any, UUID], bool]


@contextmanager
def poisoned(owner: Any, table: str, store: UUID) -> Iterator[None]:
    """Whoever writes the store's rows of the table fails."""
    name = sql.Identifier(*table.split("."))
    owner.execute(
        """CREATE OR REPLACE FUNCTION public.refuse() RETURNS trigger LANGUAGE plpgsql AS
           $$ BEGIN RAISE EXCEPTION 'these rows are poisoned'; END $$"""
    )
    for verb, row in (("INSERT", "NEW"), ("UPDATE", "OLD"), ("DELETE", "OLD")):
        owner.execute(
            sql.SQL(
                "CREATE TRIGGER {} BEFORE {} ON {} FOR EACH ROW WHEN ({}.store_id = {})"
                " EXECUTE FUNCTION public.refuse()"
            ).format(
                sql.Identifier(f"poison_{verb.lower()}"),
                sql.SQL(verb),
                name,
                sql.SQL(row),
                sql.Literal(str(store)),
            )
        )
    try:
        yield
    finally:
        for verb in ("insert", "update", "delete"):
            owner.execute(
                sql.SQL("DROP TRIGGER {} ON {}").format(sql.Identifier(f"poison_{verb}"), name)
            )


def has(owner: Any, table: str, store: UUID, condition: str = "true") -> bool:
    found = owner.execute(f"SELECT FROM {table} WHERE store_id = %s AND {condition}", [store])
    return bool(found.rowcount)


def old_delivery(owner: Any, store: UUID) -> None:
    owner.execute(
        """INSERT INTO backshop.webhook_inbox
             (store_id, topic, delivery_key, body_sha256, received_at)
           VALUES (%s, 't', 'old', 'x', now() - interval '31 days')""",
        [store],
    )


def old_key(owner: Any, store: UUID) -> None:
    owner.execute(
        """INSERT INTO backshop.idempotency_keys
             (store_id, route, key_hash, body_hash, status, answer, created_at)
           VALUES (%s, 'POST /batches', 'k', '', 201, '{}', now() - interval '2 days')""",
        [store],
    )


def selfie(age: str) -> Callable[[Any, UUID], None]:
    def make(owner: Any, store: UUID) -> None:
        row = owner.execute(
            """INSERT INTO connect.try_on_session
                 (store_id, selfie_url, status, skus, created_at, claimed_at)
               VALUES (%s, 's3://x', 'in_progress', '{LIP-RED}', now() - %s::interval,
                       now() - %s::interval)
               RETURNING session_id""",
            [store, age, age],
        ).fetchone()
        key = try_on.selfie_key(store, row["session_id"])
        config.client("s3").put_object(Bucket=BUCKET, Key=key, Body=b"a face")

    return make


def follow_up(owner: Any, store: UUID) -> None:
    add_orders(owner, store, ["KITS-1"])
    owner.execute(
        "UPDATE kits.order_delivery_status SET to_repair = true WHERE store_id = %s", [store]
    )


def due_store(owner: Any, store: UUID) -> None:
    sealed = dict.fromkeys(("api_key", "secret", "webhook_secret"), "sealed")
    url = f"https://{store}.example.com"
    with db.transaction(store_id=store) as tx:
        connect.add_connector(tx, Platform.WOOCOMMERCE, url, 300, sealed)


def ended_discount(owner: Any, store: UUID) -> None:
    owner.execute(
        """INSERT INTO shade.discounts
             (store_id, discount_code, amount, currency, expires_at, status)
           VALUES (%s, %s, 5, 'USD', now() - interval '1 hour', 'active')""",
        [store, uuid4().hex],
    )


def stale_rollups(owner: Any, store: UUID) -> None:
    owner.execute(
        """INSERT INTO insights.stores (id, store_id, store_url, api_key_hash)
           VALUES (%(id)s, %(id)s, 'https://' || %(id)s || '.example.com', 'no key')
           ON CONFLICT DO NOTHING""",
        {"id": store},
    )
    owner.execute(
        """INSERT INTO insights.rollup_state (store_id, reckoning, is_whole)
           VALUES (%s, '{}', false)""",
        [store],
    )


CASES = {
    "inbox": Case(
        "maintain/scheduled",
        "backshop.webhook_inbox",
        old_delivery,
        lambda owner, store: not has(owner, "backshop.webhook_inbox", store),
    ),
    "keys": Case(
        "maintain/scheduled",
        "backshop.idempotency_keys",
        old_key,
        lambda owner, store: not has(owner, "backshop.idempotency_keys", store),
    ),
    "stuck sessions": Case(
        "maintain/try_on",
        "connect.try_on_session",
        selfie("20 minutes"),
        lambda owner, store: has(owner, "connect.try_on_session", store, "status = 'failed'"),
    ),
    "selfies": Case(
        "maintain/try_on",
        "connect.try_on_session",
        selfie("25 hours"),
        lambda owner, store: has(
            owner, "connect.try_on_session", store, "selfie_deleted_at IS NOT NULL"
        ),
    ),
    "runs": Case(
        "sync_plan/minute",
        "insights.sync_logs",
        due_store,
        lambda owner, store: has(owner, "insights.sync_logs", store),
    ),
    "follow-ups": Case(
        "outbox_sweep/scheduled",
        "kits.order_delivery_status",
        follow_up,
        lambda owner, store: has(owner, "backshop.outbox", store),
    ),
    "discounts": Case(
        "survey_invite/scheduled",
        "shade.discounts",
        ended_discount,
        lambda owner, store: has(owner, "shade.discounts", store, "status = 'expired'"),
    ),
    "rollups": Case(
        "insights_rollups/minutes",
        "insights.rollup_state",
        stale_rollups,
        lambda owner, store: has(owner, "insights.rollup_state", store, "is_whole"),
    ),
}


@pytest.fixture(scope="module")
def database(postgres_server):
    """Without the stores of other tests, each of which a round that fails goes to by itself."""
    return migrated(Database(postgres_server, "rounds"))


@pytest.fixture
def surroundings(aws, monkeypatch):
    monkeypatch.setenv("TRY_ON_BUCKET", BUCKET)
    config.client("s3").create_bucket(
        Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )


@pytest.mark.parametrize("name", CASES)
def test_one_store_s_rows_stop_no_other_s(
    name, surroundings, load, event, context, owner, new_store, caplog
):
    """Two others, so that one of them comes after the poisoned store in any order."""
    case = CASES[name]
    wrong, *others = (new_store("vendure" if name == "follow-ups" else "shopify") for _ in range(3))
    for store in (wrong, *others):
        try_on_shop.fill(owner, store)
        case.make(owner, store)
    handler = load(case.event.split("/")[0]).handler
    with poisoned(owner, case.table, wrong), pytest.raises(logs.Crash, match="PartsFailedError"):
        handler(event(case.event), context)
    assert [case.is_done(owner, store) for store in others] == [True, True]
    assert not case.is_done(owner, wrong)
    assert str(wrong) in str([vars(each) for each in caplog.records])
    handler(event(case.event), context)
    assert case.is_done(owner, wrong), "and is done as soon as it can be"
