"""Everything in the catalogue that goes around row-level security, each with its reason: what is
added stands here, or the test fails."""

from __future__ import annotations

import pytest

from tests.sql.catalogue import SCHEMAS, Connection

SERVICE = "backshop_service"
RECEIVE = "backshop_receive"
STAFF = "backshop_staff"
STOREFRONT = "backshop_storefront"
OWNERS_OWN: set[str] = set()

DEFINERS: dict[str, tuple[str, set[str]]] = {
    "backshop.capability(text)": (
        "checks a signature with a key that nobody else reads",
        OWNERS_OWN,
    ),
    "backshop.analyst_store_id()": (
        "the store that a signed capability names",
        {"backshop_analyst"},
    ),
    "backshop.shopper_store_id()": (
        "the store that a signed capability names",
        {"backshop_shopper"},
    ),
    "backshop.shopper_phone()": ("the phone that a signed capability names", {"backshop_shopper"}),
    "backshop.read_anew()": ("empties digests of the transaction's store alone", {SERVICE}),
    "connect.stores_of_shop(text)": (
        "a delivery names its shop before a store is known; ids alone",
        {SERVICE, RECEIVE},
    ),
    "kits.sends_to_phone(text,timestamp with time zone,timestamp with time zone)": (
        "a phone's limit counts over all stores; times alone",
        {SERVICE, STOREFRONT},
    ),
    "kits.lock_phones()": ("one row of the transaction's store", {SERVICE, STOREFRONT}),
    "kits.take_otp_day(date,integer)": ("the deployment's budget of codes", {SERVICE, STOREFRONT}),
    "kits.otp_day(date)": ("a number of all stores, and nothing else", {SERVICE, STOREFRONT}),
    "kits.forget_otp_counts()": ("drops what no limit counts any more", {SERVICE}),
    "projects.ensure_partition(text,text,date)": ("makes tables, as the owner alone", OWNERS_OWN),
    "projects.ensure_partitions(integer)": ("makes tables, as the owner alone", OWNERS_OWN),
    "projects.search_customers(text,integer)": (
        "an index of arrays; ids of the transaction's store alone, which every condition names",
        {SERVICE, STAFF},
    ),
}
"""Functions that run as the owner: why, and which logins may call them."""

VIEWS = {
    "projects.customer_project_summary": "of a materialized view; asks for the visible stores itself",
    "projects.project_totals": "of a materialized view; asks for the visible stores itself",
}
"""Views that read as the owner."""
MATERIALIZED = {
    "projects.customer_project_summary_data": "granted to nobody; read through its view",
    "projects.project_totals_data": "granted to nobody; read through its view",
}
SEES_MORE: dict[str, str] = {
    "backshop.api_keys service_stores": "staff keys have no store; the authorizer reads them",
    "backshop.stores service_stores": "the visible stores by their own id",
    "backshop.desk_sessions service_all": "sessions of staff, who have no store",
}
"""Policies of functions' logins that are not of the visible stores."""


def column(owner: Connection, statement: str) -> list[str]:
    rows = owner.execute(statement.encode(), {"schemas": SCHEMAS})
    return [str(next(iter(row.values()))) for row in rows]


DEFINER = """
SELECT p.oid::regprocedure::text FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE p.prosecdef AND n.nspname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1
"""
CALLERS = """
SELECT p.oid::regprocedure::text AS name, a.grantee::regrole::text AS login
FROM pg_proc p, aclexplode(p.proacl) a WHERE p.prosecdef AND a.grantee <> p.proowner
"""
LOOSE_VIEW = """
SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'v' AND n.nspname NOT IN ('pg_catalog', 'information_schema')
    AND NOT coalesce(c.reloptions, '{}') && ARRAY['security_invoker=true', 'security_invoker=on']
ORDER BY 1
"""
MATERIALIZED_VIEW = """
SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'm' AND n.nspname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1
"""
OTHER_POLICY = """
SELECT p.polrelid::regclass::text || ' ' || p.polname
FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid
WHERE p.polname <> 'owner_all' AND p.polpermissive
    AND pg_get_expr(p.polqual, p.polrelid) NOT LIKE
        '(store_id = ANY (( SELECT backshop.visible_store_ids()%%'
    AND NOT p.polroles && ARRAY['backshop_shopper', 'backshop_analyst']::regrole[]::oid[]
ORDER BY 1
"""
POWERFUL = """
SELECT r.rolname FROM pg_roles r
WHERE r.rolname LIKE 'backshop\\_%%' AND (r.rolsuper OR r.rolbypassrls OR r.rolreplication)
"""
OWNED = """
SELECT c.oid::regclass::text || ' of ' || c.relowner::regrole::text FROM pg_class c
WHERE c.relowner::regrole::text LIKE 'backshop\\_%%' AND c.relowner::regrole::text <> 'backshop_owner'
UNION ALL
SELECT p.oid::regprocedure::text || ' of ' || p.proowner::regrole::text FROM pg_proc p
WHERE p.proowner::regrole::text LIKE 'backshop\\_%%' AND p.proowner::regrole::text <> 'backshop_owner'
"""
MAY_MAKE = """
SELECT r.rolname || ' in ' || n.nspname FROM pg_roles r, pg_namespace n
WHERE r.rolname LIKE 'backshop\\_%%' AND r.rolname <> 'backshop_owner'
    AND has_schema_privilege(r.rolname, n.nspname, 'CREATE')
"""
FILES_AND_PROGRAMS = """
SELECT m.member::regrole::text || ' is ' || m.roleid::regrole::text FROM pg_auth_members m
WHERE m.roleid::regrole::text LIKE 'pg\\_%%' AND m.member::regrole::text LIKE 'backshop\\_%%'
UNION ALL
SELECT r.rolname || ' ' || p.oid::regprocedure::text FROM pg_roles r, pg_proc p
WHERE r.rolname LIKE 'backshop\\_%%' AND p.pronamespace = 'pg_catalog'::regnamespace
    AND (p.proname IN ('pg_read_file', 'pg_read_binary_file', 'pg_ls_dir', 'pg_stat_file', 'lo_import',
        'lo_export', 'pg_reload_conf') OR p.proname LIKE 'pg\\_logical\\_%%slot%%'
        OR p.proname LIKE 'pg\\_create\\_%%slot%%')
    AND p.prokind = 'f' AND p.proname NOT LIKE '%%emit%%'
    AND p.proacl IS NOT NULL AND has_function_privilege(r.rolname, p.oid, 'EXECUTE')
"""
LARGE_OBJECTS = "SELECT oid::text FROM pg_largeobject_metadata"
FOREIGN = """
SELECT srvname FROM pg_foreign_server
UNION ALL SELECT subname FROM pg_subscription UNION ALL SELECT pubname FROM pg_publication
UNION ALL SELECT evtname FROM pg_event_trigger
UNION ALL SELECT lanname FROM pg_language WHERE NOT lanpltrusted AND lanname NOT IN ('internal', 'c')
UNION ALL SELECT c.oid::regclass::text FROM pg_class c WHERE c.relkind = 'f'
"""
OF_EVERYBODY = """
SELECT p.oid::regprocedure::text FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace,
    aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
WHERE n.nspname NOT IN ('pg_catalog', 'information_schema') AND a.grantee = 0 AND p.proowner <> 10
UNION ALL
SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace,
    aclexplode(c.relacl) a
WHERE n.nspname NOT IN ('pg_catalog', 'information_schema') AND a.grantee = 0
"""
RULES = """
SELECT r.ev_class::regclass::text || ' ' || r.rulename FROM pg_rewrite r
JOIN pg_class c ON c.oid = r.ev_class JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = ANY (%(schemas)s) AND r.rulename <> '_RETURN'
"""
NOTHING = {
    "roles that no policy holds": POWERFUL,
    "what a function's login owns, whose policies it might drop": OWNED,
    "schemas where a login could put what others call": MAY_MAKE,
    "files, programs and replication": FILES_AND_PROGRAMS,
    "large objects, which have no rows' policies": LARGE_OBJECTS,
    "foreign servers, publications, untrusted languages": FOREIGN,
    "what everybody may call or read": OF_EVERYBODY,
    "rules, which read as their table's owner": RULES,
}


def test_functions_that_run_as_the_owner_are_these(owner: Connection) -> None:
    assert set(column(owner, DEFINER)) == set(DEFINERS)
    callers: dict[str, set[str]] = {name: set() for name in DEFINERS}
    for row in owner.execute(CALLERS.encode()):
        callers.setdefault(row["name"], set()).add(row["login"])
    assert callers == {name: logins for name, (_, logins) in DEFINERS.items()}


def test_views_that_read_as_the_owner_are_these(owner: Connection) -> None:
    assert column(owner, LOOSE_VIEW) == sorted(VIEWS)
    assert column(owner, MATERIALIZED_VIEW) == sorted(MATERIALIZED)
    for view in VIEWS:
        [row] = owner.execute("SELECT pg_get_viewdef(%s::regclass) AS text", [view]).fetchall()
        assert "backshop.visible_store_ids()" in row["text"], view


def test_policies_that_see_more_than_a_store_are_these(owner: Connection) -> None:
    assert column(owner, OTHER_POLICY) == sorted(SEES_MORE)


@pytest.mark.parametrize("what", NOTHING)
def test_there_are_none_of(what: str, owner: Connection) -> None:
    assert column(owner, NOTHING[what]) == []


DAMAGE = {
    DEFINER: "CREATE FUNCTION kits.sneak() RETURNS int LANGUAGE sql SECURITY DEFINER RETURN 1",
    LOOSE_VIEW: "CREATE VIEW kits.sneak AS SELECT * FROM kits.customers",
    MATERIALIZED_VIEW: "CREATE MATERIALIZED VIEW kits.sneak AS SELECT * FROM kits.customers",
    OTHER_POLICY: "CREATE POLICY sneak ON kits.customers TO backshop_staff USING (true)",
    MAY_MAKE: "GRANT CREATE ON SCHEMA kits TO backshop_staff",
    LARGE_OBJECTS: "SELECT lo_create(0)",
    OF_EVERYBODY: "GRANT SELECT ON kits.customers TO PUBLIC",
    RULES: "CREATE RULE sneak AS ON INSERT TO kits.customers DO ALSO DELETE FROM kits.customers",
}


@pytest.mark.parametrize("statement", DAMAGE)
def test_another_way_around_is_noticed(statement: str, owner: Connection) -> None:
    """The control: each is found where there is one more."""
    before = column(owner, statement)
    with owner.transaction(force_rollback=True):
        owner.execute(DAMAGE[statement].encode())
        assert len(column(owner, statement)) == len(before) + 1
