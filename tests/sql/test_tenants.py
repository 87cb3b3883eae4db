"""No login reads or writes another store's rows: every table, every verb, from the catalogue."""

import hmac
import time
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg import sql
from psycopg.rows import dict_row

from tests.conftest import Database
from tests.sql import rows
from tests.sql.rows import Connection, Name, Schema

PHONE = "94770000001"
OTHER_PHONE = "94770000002"
REFUSED = ("42501",)  # insufficient privilege, and a row that a policy does not let in
# A generated column can never be set, whoever asks.
REFUSED_MOVE = (*REFUSED, "428C9")

SHOPPER_TABLES = {
    ("kits", "customer_orders_summary"),
    ("kits", "customer_order_items"),
    ("kits", "order_delivery_status"),
    ("kits", "order_delivery_status_events"),
    ("kits", "order_tracking"),
}
ANALYST_TABLES = {
    ("insights", name)
    for name in [
        "stores",
        "customers",
        "categories",
        "products",
        "product_variants",
        "orders",
        "order_items",
        "coupons",
        "order_coupons",
        "refunds",
        "refund_items",
        "sync_logs",
    ]
}


@dataclass(frozen=True)
class Stores:
    """Two stores with a row in every table; the first has a second shopper's order as well."""

    database: Database
    schema: Schema
    mine: UUID
    other: UUID
    rows: dict[UUID, dict[Name, rows.Row]]


@pytest.fixture(scope="module")
def stores(database: Database) -> Stores:
    with psycopg.connect(database.owner_url, autocommit=True, row_factory=dict_row) as owner:
        known = rows.schema(owner)
        mine, other = uuid4(), uuid4()
        made = {
            mine: rows.fill(owner, known, mine, _shopper("A", PHONE)),
            other: rows.fill(owner, known, other, _shopper("A", PHONE)),
        }
        rows.fill(owner, known, mine, _shopper("B", OTHER_PHONE), only="kits")
        return Stores(database, known, mine, other, made)


def _shopper(code: str, phone: str) -> rows.Row:
    """What ties a shopper's rows together where no reference does."""
    return {
        "phone_number": phone,
        "order_code": code,
        "vendure_order_id": f"id of {code}",
        "stage": "ORDER_CONFIRMED" if code == "A" else "SOURCING",
    }


def capability(
    kind: str,
    store: UUID,
    subject: str = "",
    expires: float | None = None,
    key: bytes | None = None,
    database: Database | None = None,
) -> str:
    """As db.py makes it, written here once more."""
    named = urlsafe_b64encode(subject.encode()).decode().rstrip("=")
    claim = f"v1.{kind}.{store}.{named}.{int(expires or time.time() + 60)}"
    signing = key or (database.capability_key if database else b"")
    return f"{claim}.{hmac.new(signing, claim.encode(), sha256).hexdigest()}"


@contextmanager
def acting(url: str, **settings: str) -> Iterator[Connection]:
    """A transaction with these settings, rolled back at the end.

    It may write: what a reader is refused must not rest on a setting that the reader can change.
    """
    with psycopg.connect(url, row_factory=dict_row) as connection:
        connection.read_only = False
        for name, value in settings.items():
            connection.execute("SELECT set_config(%s, %s, true)", [f"backshop.{name}", value])
        yield connection
        connection.rollback()


def attempt(connection: Connection, statement: sql.Composed, values: Any = None) -> int | str:
    """How many rows the statement touched or returned, or the SQLSTATE it was refused with."""
    try:
        with connection.transaction(force_rollback=True):
            return connection.execute(statement, values).rowcount
    except psycopg.Error as refused:
        return refused.sqlstate or "?"


def sql_for(statement: str, name: Name) -> sql.Composed:
    return sql.SQL(statement).format(sql.Identifier(*name))


def verbs(stores: Stores, name: Name) -> dict[str, tuple[sql.Composed, list[Any], tuple[str, ...]]]:
    """Every way at another store's rows in this table, and what may refuse it."""
    fresh = rows.build(
        stores.schema,
        name,
        stores.other,
        stores.rows[stores.other],
        _shopper("C", PHONE),
    )
    insert = sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(
        sql.Identifier(*name),
        sql.SQL(", ").join(map(sql.Identifier, fresh)),
        sql.SQL(", ").join(sql.Placeholder() * len(fresh)),
    )
    key = sql_for("SELECT store_id FROM {} WHERE store_id = %s", name)
    return {
        "select": (key, [stores.other], REFUSED),
        "select not mine": (
            sql_for("SELECT store_id FROM {} WHERE store_id <> %s", name),
            [stores.mine],
            REFUSED,
        ),
        "lock": (
            sql_for("SELECT store_id FROM {} WHERE store_id = %s FOR UPDATE", name),
            [stores.other],
            REFUSED,
        ),
        "update": (
            sql_for("UPDATE {} SET store_id = store_id WHERE store_id = %s", name),
            [stores.other],
            REFUSED_MOVE,
        ),
        "delete": (sql_for("DELETE FROM {} WHERE store_id = %s", name), [stores.other], REFUSED),
        "insert": (insert, list(fresh.values()), REFUSED),
        "give away": (
            sql_for("UPDATE {} SET store_id = %s WHERE store_id = %s", name),
            [stores.other, stores.mine],
            REFUSED_MOVE,
        ),
        "truncate": (sql_for("TRUNCATE {} CASCADE", name), [], REFUSED),
    }


MUST_BE_REFUSED = {"insert", "give away", "truncate"}


def breaches(stores: Stores, connection: Connection) -> list[str]:
    found = []
    for name in stores.schema.tables:
        for verb, (statement, values, refusals) in verbs(stores, name).items():
            outcome = attempt(connection, statement, values)
            held = outcome in refusals or (outcome == 0 and verb not in MUST_BE_REFUSED)
            if not held:
                found.append(f"{verb} {'.'.join(name)}: {outcome}")
    return found


def visible(stores: Stores, connection: Connection) -> set[Name]:
    """The tables in which this transaction sees any row at all."""
    return {
        name
        for name in stores.schema.tables
        if isinstance(number := attempt(connection, sql_for("SELECT store_id FROM {}", name)), int)
        and number > 0
    }


def test_every_table_holds_rows_of_both_stores(stores: Stores, owner: Connection) -> None:
    assert len(stores.schema.tables) > 50
    for name in stores.schema.tables:
        statement = sql_for("SELECT DISTINCT store_id FROM {}", name)
        found = {row["store_id"] for row in owner.execute(statement)}
        assert {stores.mine, stores.other} <= found, name


def test_service_stays_in_its_store(stores: Stores) -> None:
    with acting(stores.database.service_url, store_id=str(stores.mine)) as connection:
        assert breaches(stores, connection) == []


def test_service_sees_all_of_its_own_store(stores: Stores) -> None:
    with acting(stores.database.service_url, store_id=str(stores.mine)) as connection:
        assert visible(stores, connection) == set(stores.schema.tables)


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"store_id": ""},
        {"store_id": str(UUID(int=0))},
        {"all_stores": "off"},
        {"all_stores": "true"},
        {"all_stores": ""},
    ],
    ids=str,
)
def test_service_without_a_store_sees_nothing(settings: dict[str, str], stores: Stores) -> None:
    with acting(stores.database.service_url, **settings) as connection:
        assert visible(stores, connection) == set()


def test_service_for_all_stores_sees_both(stores: Stores) -> None:
    with acting(stores.database.service_url, all_stores="on") as connection:
        for name in stores.schema.tables:
            statement = sql_for("SELECT DISTINCT store_id FROM {}", name)
            found = {row["store_id"] for row in connection.execute(statement)}
            assert {stores.mine, stores.other} <= found, name


def test_staff_keys_are_seen_only_beyond_stores(stores: Stores, owner: Connection) -> None:
    key = owner.execute(
        "INSERT INTO backshop.api_keys (name, key_hash) VALUES ('staff', '-') RETURNING id"
    ).fetchone()
    assert key is not None
    statement = "SELECT id FROM backshop.api_keys WHERE store_id IS NULL AND id = %s"
    with acting(stores.database.service_url, store_id=str(stores.mine)) as connection:
        assert connection.execute(statement, [key["id"]]).fetchall() == []
    with acting(stores.database.service_url, all_stores="on") as connection:
        assert connection.execute(statement, [key["id"]]).fetchall() == [key]


def test_analyst_stays_in_its_store(stores: Stores) -> None:
    held = capability("analyst", stores.mine, database=stores.database)
    with acting(stores.database.analyst_url, capability=held) as connection:
        assert breaches(stores, connection) == []


def test_analyst_sees_the_numbers_of_its_store(stores: Stores) -> None:
    held = capability("analyst", stores.mine, database=stores.database)
    with acting(stores.database.analyst_url, capability=held) as connection:
        assert visible(stores, connection) == ANALYST_TABLES


def test_shopper_stays_in_its_store(stores: Stores) -> None:
    held = capability("shopper", stores.mine, PHONE, database=stores.database)
    with acting(stores.database.shopper_url, capability=held) as connection:
        assert breaches(stores, connection) == []


@pytest.mark.parametrize(("phone", "code"), [(PHONE, "A"), (OTHER_PHONE, "B")])
def test_shopper_sees_the_orders_of_their_phone(phone: str, code: str, stores: Stores) -> None:
    held = capability("shopper", stores.mine, phone, database=stores.database)
    with acting(stores.database.shopper_url, capability=held) as connection:
        assert visible(stores, connection) == SHOPPER_TABLES
        for name in SHOPPER_TABLES:
            statement = sql_for("SELECT store_id FROM {}", name)
            assert connection.execute(statement).rowcount == 1, name
        for table in ("customer_orders_summary", "order_delivery_status"):
            found = connection.execute(sql_for("SELECT order_code FROM {}", ("kits", table)))
            assert found.fetchall() == [{"order_code": code}]


@pytest.mark.parametrize("phone", ["94770000003", "", "%", "94770000001 ", "0770000001"])
def test_shopper_of_another_phone_sees_nothing(phone: str, stores: Stores) -> None:
    held = capability("shopper", stores.mine, phone, database=stores.database)
    with acting(stores.database.shopper_url, capability=held) as connection:
        assert visible(stores, connection) == set()


def test_an_order_without_a_phone_is_nobodys(stores: Stores, owner: Connection) -> None:
    with owner.transaction(force_rollback=True):
        owner.execute(
            "UPDATE kits.customer_orders_summary SET phone_number = NULL WHERE store_id = %s",
            [stores.mine],
        )
        found = owner.execute(
            "SELECT backshop.shopper_phone() IS NOT DISTINCT FROM phone_number AS same"
            " FROM kits.customer_orders_summary WHERE store_id = %s",
            [stores.mine],
        ).fetchall()
        # Without a capability both are NULL, which the policy's = does not take for the same.
        assert found
        assert all(row["same"] for row in found)
    with acting(stores.database.shopper_url) as connection:
        assert visible(stores, connection) == set()


LEAKS = {
    "service": ("backshop_service", "connect.order_item"),
    "analyst": ("backshop_analyst", "insights.coupons"),
    "shopper": ("backshop_shopper", "kits.order_tracking"),
}


@pytest.mark.parametrize(("login", "table"), LEAKS.values(), ids=LEAKS.keys())
def test_a_leak_is_noticed(login: str, table: str, stores: Stores, owner: Connection) -> None:
    kind = login.removeprefix("backshop_")
    held = capability(kind, stores.mine, PHONE, database=stores.database)
    owner.execute(f"CREATE POLICY leak ON {table} TO {login} USING (true)".encode())
    try:
        with acting(
            stores.database.url(login), store_id=str(stores.mine), capability=held
        ) as connection:
            found = breaches(stores, connection)
    finally:
        owner.execute(f"DROP POLICY leak ON {table}".encode())
    assert f"select {table}: 1" in found
    assert all(table in each for each in found)


def forgeries(stores: Stores) -> dict[str, str]:
    good = capability("analyst", stores.mine, database=stores.database)
    shopper = capability("shopper", stores.mine, PHONE, database=stores.database)
    now = time.time()
    return {
        "another key": capability("analyst", stores.mine, key=b"guessed"),
        "expired": capability("analyst", stores.mine, "", now - 1, database=stores.database),
        "a shopper's": shopper,
        "a shopper's, renamed": shopper.replace("shopper", "analyst"),
        "another store": good.replace(str(stores.mine), str(stores.other)),
        "longer life": good.replace(good.split(".")[4], str(int(now) + 9999)),
        "another subject": good.replace("..", ".QQ."),
        "signature cut": good[:-1],
        "signature missing": good.rpartition(".")[0] + ".",
        "signature in capitals": good[:-64] + good[-64:].upper(),
        "one bit": good[:-1] + ("0" if good[-1] != "0" else "1"),
        "another version": good.replace("v1", "v2", 1),
        "more behind": good + "\nx",
        "more before": "x\n" + good,
        "empty": "",
        "not one": "on",
        "no store": good.replace(str(stores.mine), ""),
        "huge time": good.replace(good.split(".")[4], "9" * 30),
        "long": "v1.analyst." + "a" * 100_000,
    }


def test_analyst_gets_nothing_for_a_forged_capability(stores: Stores) -> None:
    for what, forged in forgeries(stores).items():
        with acting(stores.database.analyst_url, capability=forged) as connection:
            found = connection.execute("SELECT id FROM insights.orders").fetchall()
            assert found == [], what


def test_shopper_gets_nothing_for_an_analysts_capability(stores: Stores) -> None:
    held = capability("analyst", stores.mine, PHONE, database=stores.database)
    with acting(stores.database.shopper_url, capability=held) as connection:
        assert visible(stores, connection) == set()


def test_nothing_that_an_analyst_sets_widens_what_they_see(stores: Stores) -> None:
    held = capability("analyst", stores.mine, database=stores.database)
    forged = capability("analyst", stores.other, key=b"guessed")
    tricks = [
        f"SELECT set_config('backshop.store_id', '{stores.other}', true), store_id FROM {{}}",
        "SELECT set_config('backshop.all_stores', 'on', true), store_id FROM {}",
        f"SELECT set_config('backshop.capability', '{forged}', true), store_id FROM {{}}",
        "SELECT set_config('row_security', 'off', true), store_id FROM {}",
        "SELECT set_config('search_path', 'pg_temp', true), store_id FROM {}",
    ]
    for trick in tricks:
        for name in ANALYST_TABLES:
            with acting(stores.database.analyst_url, capability=held) as connection:
                seen: set[UUID] = set()
                statement = sql_for(trick, name)
                for each in (statement, sql_for("SELECT store_id FROM {}", name)):
                    try:
                        seen |= {row["store_id"] for row in connection.execute(each)}
                    except psycopg.errors.InsufficientPrivilege:
                        connection.rollback()
                assert seen <= {stores.mine}, (trick, name)


@pytest.mark.parametrize(
    "statement",
    [
        "SET ROLE backshop_owner",
        "SET ROLE backshop_service",
        "SELECT set_config('role', 'backshop_service', true)",
        "SET SESSION AUTHORIZATION backshop_owner",
        "SELECT backshop.capability('analyst')",
        "SELECT * FROM backshop.capability_keys",
        "SELECT backshop.set_capability_key('x')",
        "SELECT * FROM projects.customer_project_summary",
        "SELECT * FROM projects.customer_project_summary_data",
        "SELECT * FROM projects.quotes_default",
        "SELECT * FROM backshop.stores",
        "SELECT email_hash FROM insights.customers",
        "SELECT c FROM insights.customers AS c",
        "SELECT to_jsonb(c) FROM insights.customers AS c",
        "SELECT api_key_hash FROM insights.stores",
        "CREATE TEMPORARY TABLE t (x int)",
        "CREATE TABLE public.t (x int)",
        "CREATE FUNCTION pg_temp.f() RETURNS int LANGUAGE sql RETURN 1",
        "ALTER TABLE insights.orders DISABLE ROW LEVEL SECURITY",
        "COPY insights.orders TO PROGRAM 'true'",
        "SELECT pg_read_file('/etc/hostname')",
    ],
)
@pytest.mark.parametrize("login", ["analyst", "shopper"])
def test_readers_are_refused(login: str, statement: str, stores: Stores) -> None:
    held = capability(login, stores.mine, PHONE, database=stores.database)
    url = stores.database.url(f"backshop_{login}")
    with (
        acting(url, capability=held) as connection,
        pytest.raises(
            (psycopg.errors.InsufficientPrivilege, psycopg.errors.ReadOnlySqlTransaction)
        ),
    ):
        connection.execute(statement.encode())


def test_the_former_key_is_honoured_for_an_hour(stores: Stores, owner: Connection) -> None:
    former = capability("analyst", stores.mine, database=stores.database)
    read = "SELECT backshop.analyst_store_id() AS store"
    with owner.transaction(force_rollback=True):
        owner.execute("SELECT set_config('backshop.capability', %s, true)", [former])
        assert owner.execute(read).fetchone() == {"store": stores.mine}
        owner.execute("SELECT backshop.set_capability_key('the next key')")
        assert owner.execute(read).fetchone() == {"store": stores.mine}
        newer = capability("analyst", stores.mine, key=b"the next key")
        owner.execute("SELECT set_config('backshop.capability', %s, true)", [newer])
        assert owner.execute(read).fetchone() == {"store": stores.mine}
        owner.execute(
            "UPDATE backshop.capability_keys SET valid_until = now() - interval '1 second'"
            " WHERE valid_until IS NOT NULL"
        )
        owner.execute("SELECT set_config('backshop.capability', %s, true)", [former])
        assert owner.execute(read).fetchone() == {"store": None}


@pytest.mark.parametrize("length", [1, 31, 64, 65, 200])
def test_keys_of_any_length_sign_as_hmac_does(
    length: int, stores: Stores, owner: Connection
) -> None:
    key = bytes(range(length))
    with owner.transaction(force_rollback=True):
        owner.execute("SELECT backshop.set_capability_key(%s)", [key])
        held = capability("shopper", stores.mine, "+1 555 0100 ünï", key=key)
        owner.execute("SELECT set_config('backshop.capability', %s, true)", [held])
        found = owner.execute("SELECT backshop.shopper_phone() AS phone").fetchone()
        assert found == {"phone": "+1 555 0100 ünï"}


def test_the_setting_is_read_once_a_statement_and_uses_the_index(stores: Stores) -> None:
    with acting(stores.database.service_url, store_id=str(stores.mine)) as connection:
        connection.execute("SET LOCAL enable_seqscan = off")
        connection.execute("SET LOCAL enable_bitmapscan = off")
        plan = "\n".join(
            row["QUERY PLAN"]
            for row in connection.execute(
                "EXPLAIN SELECT total FROM insights.orders WHERE wc_order_id = 1"
            )
        )
    assert "InitPlan" in plan
    assert "Index Cond: ((store_id = ANY ((InitPlan 1).col1)) AND (wc_order_id = 1))" in plan


def logins(owner: Connection) -> list[str]:
    """Whoever may log in to backshop's tables, but for their owner, by the server's own list."""
    found = owner.execute(
        """SELECT rolname FROM pg_roles WHERE rolcanlogin AND rolname LIKE 'backshop\\_%'
             AND rolname <> 'backshop_owner' ORDER BY rolname"""
    )
    return [row["rolname"] for row in found]


def test_every_login_stays_in_its_store(stores: Stores, owner: Connection) -> None:
    """Every table × login × verb; a login that is added is tried without being named here."""
    tried = logins(owner)
    assert {"backshop_analyst", "backshop_service", "backshop_shopper"} <= set(tried)
    for login in tried:
        settings = {"store_id": str(stores.mine)}
        kind = login.removeprefix("backshop_")
        if kind in ("analyst", "shopper"):
            subject = PHONE if kind == "shopper" else ""
            settings["capability"] = capability(
                kind, stores.mine, subject, database=stores.database
            )
        with acting(stores.database.url(login), **settings) as connection:
            assert (login, breaches(stores, connection)) == (login, [])


def test_tables_of_no_store_are_seen_in_none(stores: Stores, owner: Connection) -> None:
    """Signing keys, the runner's ledger, sessions of the desk, what all phone checks share."""
    named = owner.execute(
        """SELECT n.nspname AS schema, c.relname AS name FROM pg_class AS c
           INNER JOIN pg_namespace AS n ON c.relnamespace = n.oid
           WHERE n.nspname IN ('backshop', 'connect', 'shade', 'insights', 'projects', 'kits')
             AND c.relkind IN ('r', 'p') AND NOT c.relispartition"""
    ).fetchall()
    shared = {(row["schema"], row["name"]) for row in named} - set(stores.schema.tables)
    assert {("kits", "otp_days"), ("kits", "otp_phones"), ("backshop", "capability_keys")} <= shared
    owner.execute("INSERT INTO kits.otp_days VALUES ('2000-01-01', 1) ON CONFLICT DO NOTHING")
    owner.execute(
        """INSERT INTO backshop.desk_sessions (token_hash, key_id, expires_at)
           VALUES (sha256(gen_random_uuid()::text::bytea), gen_random_uuid(), now())"""
    )
    for login in logins(owner):
        with acting(stores.database.url(login), store_id=str(stores.mine)) as connection:
            for name in sorted(shared):
                for statement in ("SELECT 1 FROM {}", "DELETE FROM {}"):
                    outcome = attempt(connection, sql_for(statement, name))
                    assert outcome in (0, *REFUSED), (login, name, statement)
                assert attempt(connection, sql_for("TRUNCATE {}", name)) in REFUSED
