"""Who is who in the database, and that no table was forgotten."""

from uuid import UUID

import psycopg
import pytest

from tests.conftest import Database
from tests.sql.catalogue import SCHEMAS, Connection

LOGINS = ["backshop_service", "backshop_shopper", "backshop_analyst"]


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
        "backshop_service": {"rolcanlogin"},
        "backshop_shopper": {"rolcanlogin"},
        "backshop_analyst": {"rolcanlogin"},
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


@pytest.mark.parametrize("login", ["backshop_shopper", "backshop_analyst"])
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
