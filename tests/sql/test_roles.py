"""Who is who in the database, and that no table was forgotten."""

from collections.abc import Callable
from uuid import UUID

import psycopg
import pytest

from tests.conftest import Database
from tests.sql.catalogue import SCHEMAS, Connection

FUNCTIONS = [
    "backshop_service", "backshop_receive", "backshop_staff", "backshop_storefront",
    "backshop_try_on",
]  # fmt: skip
LOGINS = [*FUNCTIONS, "backshop_shopper", "backshop_analyst"]


def _column(owner: Connection, statement: str, *values: object) -> list[object]:
    return [next(iter(row.values())) for row in owner.execute(statement.encode(), values)]


UNPROTECTED = """
SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname NOT LIKE 'pg\\_%%' AND n.nspname <> 'information_schema' AND c.relkind IN ('r', 'p')
    AND NOT (
        c.relrowsecurity AND c.relforcerowsecurity
        AND EXISTS (
            SELECT FROM pg_policy p
            WHERE p.polrelid = c.oid AND p.polpermissive AND p.polcmd = '*'
                AND p.polroles = ARRAY['backshop_owner'::regrole]::oid[]
                AND pg_get_expr(p.polqual, c.oid) = 'true'
                AND pg_get_expr(p.polwithcheck, c.oid) = 'true'
        )
    )
ORDER BY 1
"""


def test_row_security_is_enabled_forced_and_open_to_the_owner_everywhere(
    owner: Connection,
) -> None:
    assert _column(owner, UNPROTECTED) == []
    looked_at = "SELECT count(*) FROM pg_class WHERE relrowsecurity AND relforcerowsecurity"
    (number,) = _column(owner, looked_at)
    assert isinstance(number, int)
    assert number > 60


@pytest.mark.parametrize(
    "damage",
    [
        "CREATE TABLE kits.forgotten (store_id uuid NOT NULL)",
        "CREATE TABLE public.forgotten (store_id uuid NOT NULL)",
        "ALTER TABLE kits.otp_sessions DISABLE ROW LEVEL SECURITY",
        "ALTER TABLE kits.otp_sessions NO FORCE ROW LEVEL SECURITY",
        "DROP POLICY owner_all ON kits.otp_sessions",
        "CREATE TABLE projects.quotes_1999_01 PARTITION OF projects.quotes"
        " FOR VALUES FROM ('1999-01-01') TO ('1999-02-01')",
    ],
)
def test_an_unprotected_table_is_noticed(damage: str, owner: Connection) -> None:
    with owner.transaction(force_rollback=True):
        owner.execute(damage.encode())
        assert len(_column(owner, UNPROTECTED)) == 1


def test_new_partitions_are_protected(owner: Connection) -> None:
    with owner.transaction(force_rollback=True):
        (made,) = _column(owner, "SELECT projects.ensure_partitions(40)")
        assert isinstance(made, int)
        assert made > 0
        assert _column(owner, UNPROTECTED) == []


def test_logins_have_no_power_and_no_memberships(owner: Connection) -> None:
    rows = owner.execute(
        """SELECT rolname, rolsuper, rolinherit, rolcreaterole, rolcreatedb, rolbypassrls,
               rolreplication, rolcanlogin
           FROM pg_roles WHERE rolname LIKE 'backshop\\_%' ORDER BY 1"""
    ).fetchall()
    powers = {row["rolname"]: {name for name, has in row.items() if has is True} for row in rows}
    assert powers == {
        "backshop_owner": {"rolinherit", "rolcreaterole", "rolcanlogin"},
        **{login: {"rolcanlogin"} for login in LOGINS},
    }
    members = (
        "SELECT member::regrole::text FROM pg_auth_members WHERE member::regrole::text = ANY (%s)"
    )
    assert _column(owner, members, LOGINS) == []


def test_the_owner_owns_everything(owner: Connection) -> None:
    others = """
        SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = ANY (%s) AND c.relowner <> 'backshop_owner'::regrole
        UNION ALL
        SELECT p.oid::regprocedure::text FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
        WHERE n.nspname = ANY (%s) AND p.proowner <> 'backshop_owner'::regrole
    """
    assert _column(owner, others, SCHEMAS, SCHEMAS) == []


def test_partitions_and_materialized_views_are_granted_to_nobody(owner: Connection) -> None:
    granted = """
        SELECT c.oid::regclass::text
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace, aclexplode(c.relacl) a
        WHERE n.nspname = ANY (%s) AND (c.relispartition OR c.relkind = 'm')
            AND a.grantee <> c.relowner
    """
    assert _column(owner, granted, SCHEMAS) == []


def test_public_has_nothing(owner: Connection) -> None:
    granted = """
        SELECT 'function ' || p.oid::regprocedure::text
        FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace,
            aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
        WHERE n.nspname = ANY (%(schemas)s) AND a.grantee = 0
        UNION ALL
        SELECT 'table ' || c.oid::regclass::text
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace, aclexplode(c.relacl) a
        WHERE n.nspname = ANY (%(schemas)s) AND a.grantee = 0
        UNION ALL
        SELECT 'schema ' || n.nspname FROM pg_namespace n, aclexplode(n.nspacl) a
        WHERE n.nspname = ANY (%(schemas)s || 'public'::text) AND a.grantee = 0
        UNION ALL
        SELECT 'database ' || d.datname
        FROM pg_database d, aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) a
        WHERE d.datname = current_database() AND a.grantee = 0
    """
    rows = owner.execute(granted.encode(), {"schemas": SCHEMAS}).fetchall()
    assert rows == []


def test_functions_that_run_as_the_owner_fix_their_search_path(owner: Connection) -> None:
    loose = """
        SELECT p.oid::regprocedure::text FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
        WHERE n.nspname = ANY (%s) AND p.prosecdef
            AND NOT 'search_path=pg_catalog, pg_temp' = ANY (coalesce(p.proconfig, '{}'))
    """
    assert _column(owner, loose, SCHEMAS) == []


def _executable(owner: Connection, login: str) -> set[object]:
    statement = """
        SELECT p.proname FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
        WHERE n.nspname = ANY (%s) AND has_function_privilege(%s, p.oid, 'EXECUTE')
    """
    return set(_column(owner, statement, SCHEMAS, login))


def test_readers_execute_only_what_their_policies_call(owner: Connection) -> None:
    # The two aggregates stand in for Postgres' own, which know no bound.
    bounded = {"string_agg", "array_agg"}
    assert _executable(owner, "backshop_analyst") == {"analyst_store_id"} | bounded
    assert _executable(owner, "backshop_shopper") == {"shopper_store_id", "shopper_phone"}


def test_handlers_execute_nothing_of_the_owners(owner: Connection) -> None:
    assert not _executable(owner, "backshop_service") & {
        "protect",
        "capability",
        "set_capability_key",
        "masked_key",
        "ensure_partition",
        "ensure_partitions",
        "refresh_summaries",
    }


def _columns(owner: Connection, login: str, privilege: str) -> dict[str, set[str]]:
    rows = owner.execute(
        """SELECT c.oid::regclass::text AS name, a.attname::text AS "column"
           FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
           JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
           WHERE n.nspname = ANY (%s) AND c.relkind IN ('r', 'p', 'v', 'm')
               AND has_column_privilege(%s, c.oid, a.attnum, %s)""",
        [SCHEMAS, login, privilege],
    ).fetchall()
    found: dict[str, set[str]] = {}
    for row in rows:
        found.setdefault(row["name"], set()).add(row["column"])
    return found


@pytest.mark.parametrize("login", ["backshop_shopper", "backshop_analyst"])
@pytest.mark.parametrize("privilege", ["INSERT", "UPDATE", "REFERENCES"])
def test_readers_write_nothing(login: str, privilege: str, owner: Connection) -> None:
    assert _columns(owner, login, privilege) == {}


def test_the_shopper_reads_what_tracking_shows(owner: Connection) -> None:
    readable = _columns(owner, "backshop_shopper", "SELECT")
    assert set(readable) == {
        "kits.customer_orders_summary",
        "kits.customer_order_items",
        "kits.order_delivery_status",
        "kits.order_delivery_status_events",
        "kits.order_tracking",
    }
    assert not set().union(*readable.values()) & {"note", "updated_by", "customer_id", "batch_id"}


def test_the_analyst_reads_numbers_and_no_secrets(owner: Connection) -> None:
    readable = _columns(owner, "backshop_analyst", "SELECT")
    assert {name.split(".")[0] for name in readable} == {"insights"}
    assert not set(readable) & {"insights.conversations", "insights.saved_charts"}
    hidden = {"email_hash", "api_key_hash", "settings", "error_message", "external_id"}
    assert not readable["insights.customers"] & hidden
    assert not readable["insights.stores"] & hidden
    assert not readable["insights.sync_logs"] & hidden
    assert not [column for each in readable.values() for column in each if "hash" in column]


def test_handlers_do_not_reach_keys_and_ledger(owner: Connection) -> None:
    readable = _columns(owner, "backshop_service", "SELECT")
    assert not set(readable) & {"backshop.capability_keys", "backshop.schema_migrations"}


@pytest.mark.parametrize("login", LOGINS)
def test_no_login_waits_or_works_for_ever(owner: Connection, login: str) -> None:
    (settings,) = _column(owner, "SELECT rolconfig FROM pg_roles WHERE rolname = %s", login)
    assert isinstance(settings, list)
    named = {each.partition("=")[0] for each in settings}
    limits = {"lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout"}
    assert limits <= named, f"{login} lacks {limits - named}"


@pytest.mark.parametrize("login", [each for each in LOGINS if each != "backshop_service"])
def test_the_locks_of_stores_are_out_of_reach_of_other_logins(
    database: Database, store: UUID, login: str
) -> None:
    with psycopg.connect(database.url(login)) as other:
        for statement in (
            "SELECT 1 FROM backshop.locks FOR UPDATE",
            "LOCK TABLE backshop.locks",
            "SELECT backshop.lock('saving', false)",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                other.execute(statement.encode())
            other.rollback()


VERBS = {"SELECT": "r", "INSERT": "a", "UPDATE": "w", "DELETE": "d"}


def _verbs(owner: Connection, login: str) -> dict[str, str]:
    """What a login may do with each table, as the catalogue has it: r read, a add, w write, d
    delete. An update of a few columns is `w(…)`, reading a few `r(…)`."""
    granted: dict[str, dict[str, set[str]]] = {}
    for verb, letter in VERBS.items():
        if verb == "DELETE":
            statement = """SELECT c.oid::regclass::text AS name FROM pg_class c
                JOIN pg_namespace n ON n.oid = c.relnamespace
                WHERE n.nspname = ANY (%s) AND c.relkind IN ('r', 'p', 'v')
                    AND has_table_privilege(%s, c.oid, 'DELETE')"""
            for row in owner.execute(statement.encode(), [SCHEMAS, login]):
                granted.setdefault(row["name"], {})[letter] = {"*"}
            continue
        for table, columns in _columns(owner, login, verb).items():
            granted.setdefault(table, {})[letter] = columns
    widths = {
        row["name"]: row["n"]
        for row in owner.execute(
            """SELECT attrelid::regclass::text AS name, count(*) AS n FROM pg_attribute
               WHERE attnum > 0 AND NOT attisdropped GROUP BY 1"""
        )
    }
    return {
        table: "".join(
            letter
            if columns == {"*"} or len(columns) == widths[table]
            else f"{letter}({','.join(sorted(columns))})"
            for letter, columns in verbs.items()
        )
        for table, verbs in granted.items()
    }


GRANTS = {
    "backshop_receive": {
        "backshop.stores": "r(id,store_id)",
        "connect.connector_config": "r(id,platform,shop_domain,store_id,webhook_secret,"
        "webhook_secret_previous,webhook_secret_previous_until)",
    },
    "backshop_storefront": {
        "backshop.stores": "r",
        "backshop.outbox": "ra",
        "connect.platform_product": "r",
        "kits.customers": "rw(consent_told,marketing_consent,phone_verified)",
        "kits.customer_orders_summary": "rw(sms_updates)",
        "kits.order_delivery_status": "r",
        "kits.order_delivery_status_events": "r",
        "kits.otp_sessions": "raw",
        "kits.otp_limits": "raw",
        "kits.otp_spending": "raw",
        "kits.verified_phones": "raw",
        "kits.shoppers": "raw",
        "connect.platform_order": "r(currency,fulfilment_status,is_cancelled,order_id,payments,"
        "platform,refunded_amount,shipping_address,status,store_id,total_amount)w(created_at)",
        "connect.address_update_request": "raw(outbox_id)",
        "shade.orders": "rw(created_at)",
        "shade.shades": "r",
        "shade.variants": "r",
        "shade.surveys": "ra",
        "shade.recommendations": "ra",
        "shade.customers": "raw",
        "shade.conversions": "raw",
        "shade.discounts": "raw",
        "shade.model_training_data": "raw",
        "backshop.idempotency_keys": "raw",
        "projects.projects": "rw(project_status,updated_at)",
        "projects.surfaces": "r",
        "projects.quotes": "rw",
        "projects.quote_acceptances": "ra",
        "projects.quote_mails": "raw",
        "projects.selected_products": "raw",
        "projects.conversation_log": "ra",
    },
    "backshop_try_on": {
        "backshop.stores": "r(id,platform,settings,store_id)",
        "backshop.idempotency_keys": "raw",
        "connect.try_on_session": "rawd",
        "connect.try_on_overlay": "rawd",
        "connect.try_on_limits": "raw",
        "connect.platform_product": "rw(metadata)",
        "connect.platform_customer": "r(customer_id,platform,store_id)",
    },
}
"""What those may who serve others than staff; docs/security.md says why."""


@pytest.mark.parametrize("login", GRANTS)
def test_a_login_may_what_its_functions_do(login: str, owner: Connection) -> None:
    assert _verbs(owner, login) == GRANTS[login]


def test_staff_have_what_deliveries_and_shoppers_do_not_keep_for_themselves(
    owner: Connection,
) -> None:
    service, staff = _verbs(owner, "backshop_service"), _verbs(owner, "backshop_staff")
    assert set(service) - set(staff) == {
        "backshop.record_versions",
        "backshop.locks",
        "backshop.sync_cursors",
        "backshop.slow_shops",
        "kits.otp_sessions",
        "kits.otp_limits",
        "connect.try_on_limits",
    }
    assert staff.pop("backshop.webhook_inbox") == "r(received_at,store_id)"
    assert {table: service[table] for table in staff} == staff


def test_every_function_login_sees_one_store_alone(
    database: Database, new_store: Callable[[], UUID]
) -> None:
    mine, other = new_store(), new_store()
    for login in FUNCTIONS:
        with psycopg.connect(database.url(login)) as tx:
            tx.execute("SELECT set_config('backshop.store_id', %s, true)", [str(mine)])
            found = tx.execute("SELECT id FROM backshop.stores").fetchall()
            assert found == [(mine,)], login
            assert (other,) not in found


def test_who_takes_deliveries_reads_nothing_that_opens_a_shop(database: Database) -> None:
    with psycopg.connect(database.url("backshop_receive")) as tx:
        for column in ("api_key", "secret", "*"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                tx.execute(f"SELECT {column} FROM connect.connector_config".encode())
            tx.rollback()
