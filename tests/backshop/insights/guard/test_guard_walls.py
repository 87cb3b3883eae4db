"""Each wall alone keeps a store's numbers in: the guard without row-level security, row-level
security without the guard, and both, as questions run."""

import threading
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import psutil
import psycopg
import pytest
from backshop import db
from backshop.aws import config
from backshop.insights.guard import Refused, allowed, check, repository, run

from tests.backshop.insights.guard import statements
from tests.backshop.insights.guard.statements import Statement
from tests.conftest import Database, one_in

CANARIES = ("CANARY2", "77777.77", "VICTIM", "cafe0000")
"""What only the other store has, in every table, and what is hidden in one's own."""
MEGABYTE = 1 << 20


def fill(owner: psycopg.Connection[Any], store: UUID, mark: str, total: str, number: int) -> None:
    """A few rows in every table of insights; `mark` begins every name."""
    at = {"store": store, "mark": mark, "total": total, "n": number}
    for statement in (
        """UPDATE insights.stores SET settings = jsonb_build_object(
             'name', %(mark)s || ' shop', 'currency', 'EUR', 'time_zone', 'UTC'),
             api_key_hash = 'cafe0000' || %(mark)s, plan = 'pro' WHERE id = %(store)s""",
        """INSERT INTO insights.customers (store_id, wc_customer_id, email_hash, display_name,
             total_spent, order_count, first_order_date, last_order_date, country)
           SELECT %(store)s, i, 'cafe0000' || md5(i::text), %(mark)s || ' person ' || i,
             %(total)s::numeric, i, now(), now(), 'DE' FROM generate_series(1, %(n)s) i""",
        """INSERT INTO insights.categories (store_id, wc_category_id, name)
           SELECT %(store)s, i, %(mark)s || ' things ' || i FROM generate_series(1, %(n)s) i""",
        """INSERT INTO insights.products (store_id, wc_product_id, name, sku, price, category_id)
           SELECT %(store)s, i, CASE i WHEN 1 THEN %(mark)s || ' lamp' ELSE %(mark)s || i END,
             %(mark)s || '-' || i, %(total)s::numeric,
             (SELECT id FROM insights.categories c
              WHERE c.store_id = %(store)s AND c.wc_category_id = i)
           FROM generate_series(1, %(n)s) i""",
        """INSERT INTO insights.product_variants (store_id, product_id, wc_variation_id, name, price)
           SELECT store_id, id, 1, %(mark)s || ' small', %(total)s::numeric
           FROM insights.products WHERE store_id = %(store)s""",
        """INSERT INTO insights.orders (store_id, wc_order_id, date_created, status, total,
             customer_id, coupon_used, country, code, channel)
           SELECT %(store)s, i, now() - i * interval '1 day',
             CASE WHEN %(mark)s = 'VICTIM' THEN 'VICTIM' ELSE 'completed' END,
             %(total)s::numeric, (SELECT id FROM insights.customers c
              WHERE c.store_id = %(store)s AND c.wc_customer_id = i),
             %(mark)s || ' code', 'DE', %(mark)s || i, %(mark)s FROM generate_series(1, %(n)s) i""",
        """INSERT INTO insights.order_items (store_id, order_id, product_id, product_name, sku,
             quantity, subtotal, total, line_id)
           SELECT o.store_id, o.id, p.id, p.name, p.sku, 1, o.total, o.total, p.wc_product_id
           FROM insights.orders o JOIN insights.products p ON p.store_id = o.store_id
           WHERE o.store_id = %(store)s AND p.wc_product_id <= 5""",
        """INSERT INTO insights.coupons (store_id, wc_coupon_id, code, amount)
           SELECT %(store)s, i, %(mark)s || ' code ' || i, %(total)s::numeric
           FROM generate_series(1, %(n)s) i""",
        """INSERT INTO insights.order_coupons (store_id, order_id, code, discount)
           SELECT store_id, id, %(mark)s || ' code', total
           FROM insights.orders WHERE store_id = %(store)s""",
        """INSERT INTO insights.refunds (store_id, wc_refund_id, wc_order_id, order_id, date_created,
             amount, currency, external_id)
           SELECT store_id, wc_order_id, wc_order_id, id, now(), total, 'EUR', %(mark)s
           FROM insights.orders WHERE store_id = %(store)s""",
        """INSERT INTO insights.refund_items (store_id, refund_id, line_id, quantity, total)
           SELECT store_id, id, 1, 1, amount FROM insights.refunds WHERE store_id = %(store)s""",
        """INSERT INTO insights.conversations (store_id, messages)
           VALUES (%(store)s, to_jsonb('cafe0000 said ' || %(mark)s))""",
        """INSERT INTO insights.saved_charts (store_id, title, query_text, chart_config)
           VALUES (%(store)s, %(mark)s, 'cafe0000', '{}')""",
        """INSERT INTO insights.sync_logs (store_id, sync_type, resource, error_message, status)
           VALUES (%(store)s, 'full', %(mark)s, 'cafe0000 failed', 'failed')""",
    ):
        owner.execute(statement.encode(), at)


@pytest.fixture(scope="module")
def mine(database: Database) -> UUID:
    """A store of few rows, beside one of many that nobody here may see."""
    stores = []
    with psycopg.connect(database.owner_url, autocommit=True) as owner:
        for mark, total, number in (("OWN", "12.50", 8), ("VICTIM CANARY2", "77777.77", 40)):
            row = owner.execute(
                "INSERT INTO backshop.stores (platform, store_url) VALUES ('woocommerce',"
                " 'https://' || gen_random_uuid() || '.example.com') RETURNING id, store_url"
            ).fetchone()
            assert row is not None
            owner.execute(
                "INSERT INTO insights.stores (id, store_id, store_url, api_key_hash)"
                " VALUES (%s, %s, %s, '-')",
                (row[0], row[0], row[1] + f"/{mark.split()[-1]}"),
            )
            fill(owner, row[0], mark, total, number)
            stores.append(row[0])
        owner.execute("ANALYZE insights.orders, insights.order_items, insights.products")
    return UUID(str(stores[0]))


@pytest.fixture
def login(database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The logins and the key, as a function has them."""
    monkeypatch.setattr(config, "database_url", lambda role: database.url(f"backshop_{role}"))
    monkeypatch.setattr(config, "secret", lambda _name: database.capability_key.decode())
    yield
    db.close()


@pytest.fixture(scope="module")
def unprotected(database: Database) -> Iterator[psycopg.Connection[Any]]:
    """A superuser, for whom there is no row-level security."""
    url = database.server.superuser_url(database.name)
    with psycopg.connect(url, autocommit=True, cursor_factory=psycopg.RawCursor) as connection:
        connection.execute("SET search_path = pg_catalog")
        connection.execute("SET default_transaction_read_only = on")
        connection.execute("SET statement_timeout = '2s'")
        yield connection


ANY = (
    statements.REJECTED
    + statements.WITHOUT_LEAK
    + statements.sample("attacks.sql.json", "reject", "no_leak")
)


def named(each: Statement) -> str:
    return each.name


def leaks(found: object) -> list[str]:
    return [each for each in CANARIES if each in str(found)]


@pytest.mark.parametrize("each", ANY, ids=named)
def test_the_guard_alone_leaks_nothing(
    each: Statement, mine: UUID, unprotected: psycopg.Connection[Any]
) -> None:
    try:
        guarded = check(each.sql)
    except Refused:
        return
    try:
        rows = unprotected.execute(repository.statement(guarded), [mine, *guarded.texts]).fetchall()
    except psycopg.Error as error:
        # What a user is told of it is a sentence of ours.
        rows = [str(repository._refusal(error))]
    # What the statement itself says may come back.
    said = [each for each in CANARIES if each in str(guarded.texts)]
    assert [each for each in leaks(rows) if each not in said] == []


@pytest.mark.parametrize("each", one_in(4, ANY), ids=named)
def test_row_level_security_alone_leaks_nothing(each: Statement, mine: UUID, login: None) -> None:
    try:
        with db.analyst(mine, timeout_ms=300) as tx:
            rows: object = tx.execute(each.sql.encode(errors="replace")).fetchall()
    except psycopg.Error as error:
        rows = error
    said = [canary for canary in CANARIES if canary in each.sql]
    assert [each for each in leaks(rows) if each not in said] == []


@pytest.mark.parametrize("each", one_in(4, ANY), ids=named)
def test_both_leak_nothing(each: Statement, mine: UUID, login: None) -> None:
    try:
        found: object = run(mine, each.sql, timeout_ms=2000)
    except Refused as refused:
        found = refused.message
    said = [canary for canary in CANARIES if canary in each.sql]
    assert [each for each in leaks(found) if each not in said] == []


@pytest.mark.parametrize(
    "each",
    statements.REJECTED + statements.sample("attacks.sql.json", "reject"),
    ids=named,
)
def test_what_must_not_run_is_refused(each: Statement, mine: UUID, login: None) -> None:
    with pytest.raises(Refused):
        run(mine, each.sql)


@pytest.mark.parametrize(
    "each",
    statements.LEGITIMATE + statements.sample("legit.sql.json", "accept"),
    ids=named,
)
def test_questions_are_answered(
    each: Statement, mine: UUID, login: None, unprotected: psycopg.Connection[Any]
) -> None:
    found = run(mine, each.sql)
    assert leaks(found) == []
    # Row-level security changes nothing of what the guard left.
    guarded = check(each.sql)
    bare = unprotected.execute(repository.statement(guarded), [mine, *guarded.texts]).fetchall()
    assert len(found.rows) == len(bare)


def test_every_wall_stands_for_what_it_should(
    mine: UUID, unprotected: psycopg.Connection[Any], login: None
) -> None:
    """The control: without both walls the other store is seen."""
    rows = unprotected.execute("SELECT name FROM insights.products").fetchall()
    assert leaks(rows) == ["CANARY2", "VICTIM"]
    assert run(mine, "SELECT count(*) AS n FROM products").rows == ((8,),)


@pytest.mark.parametrize(
    "each",
    statements.BOUNDED + statements.LONG_NUMBERS + statements.sample("attacks.sql.json", "bounded"),
    ids=named,
)
def test_what_may_run_stays_bounded(
    each: Statement, mine: UUID, login: None, database: Database
) -> None:
    with watched(database) as most:
        try:
            found = run(mine, each.sql, timeout_ms=2000)
        except Refused:
            pass
        else:
            assert len(found.rows) <= repository.MOST_ROWS
            assert (
                sum(len(str(cell)) for row in found.rows for cell in row) <= repository.MOST_CELLS
            )
    assert most() < 300


@pytest.mark.parametrize("subtracted", ["EXCEPT", "EXCEPT ALL", "INTERSECT"])
def test_what_is_subtracted_is_sorted(
    subtracted: str, mine: UUID, login: None, database: Database
) -> None:
    """For as long as a question may take."""
    many = "SELECT a, b FROM generate_series(1, 100000) a, generate_series(1, 100) b"
    with watched(database) as most, pytest.raises(Refused, match="too long"):
        run(mine, f"SELECT count(*) FROM ({many} {subtracted} {many}) x")
    assert most() < 100


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT a FROM generate_series(1, 1000) a WHERE {}",
        "SELECT a, {} AS is_new FROM generate_series(1, 1000) a",
    ],
)
def test_what_is_kept_in_memory_ends_early(
    sql: str, mine: UUID, login: None, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Postgres takes many rows for few by conditions that all rows fulfil. It keeps as many as it
    makes in the time that it has, so that one time is measured beside another."""
    many = "SELECT b, c FROM generate_series(1, 100000) b, generate_series(1, 1000) c"
    kept = f"{many} WHERE b % 1 = 0 AND c % 1 = 0 AND (b + c) % 1 = 0 AND b > 1000"

    def megabytes() -> float:
        with watched(database) as most, pytest.raises(Refused, match="too long"):
            run(mine, sql.format(f"(a, a + 100) NOT IN ({kept})"))
        return most()

    bounded = megabytes()
    monkeypatch.setattr(repository, "IN_MEMORY_MS", 4 * repository.IN_MEMORY_MS)
    assert bounded < 0.75 * megabytes()


def test_what_counts_as_a_number_is_one_in_every_table(
    unprotected: psycopg.Connection[Any],
) -> None:
    found = unprotected.execute(
        """SELECT column_name, table_name, data_type FROM information_schema.columns
           WHERE table_schema = 'insights' AND column_name = ANY ($1)""",
        [list(allowed.NUMBERS)],
    ).fetchall()
    kinds = {"numeric", "integer", "bigint", "smallint"}
    read = [row for row in found if row[0] in allowed.TABLES.get(row[1], ())]
    assert {row[0] for row in read} == allowed.NUMBERS
    assert [row for row in read if row[2] not in kinds] == []


class watched:
    """Measures the most memory of its own, in MB, that a session of the server has meanwhile."""

    def __init__(self, database: Database) -> None:
        self.server = psutil.Process(database.server.process.pid)
        self.most = 0.0
        self.done = threading.Event()
        self.thread = threading.Thread(target=self.watch)

    def __enter__(self) -> Callable[[], float]:
        self.thread.start()
        return lambda: self.most

    def __exit__(self, *_: object) -> None:
        self.done.set()
        self.thread.join()

    def watch(self) -> None:
        while not self.done.wait(0.02):
            for each in self.server.children(recursive=True):
                try:
                    self.most = max(self.most, each.memory_full_info().uss / MEGABYTE)
                except psutil.Error:
                    continue


def test_rows_and_cells_are_capped(mine: UUID, login: None) -> None:
    many = run(mine, "SELECT n FROM generate_series(1, 5000) n")
    assert (len(many.rows), many.is_cut) == (repository.MOST_ROWS, True)
    wide = run(
        mine,
        "SELECT a.s, a.s FROM (SELECT string_agg('xxxxxxxxxx', '') AS s FROM"
        " generate_series(1, 1000)) a, generate_series(1, 900) n",
    )
    assert wide.is_cut
    assert len(wide.rows) < 900


def test_cells_are_what_json_holds(mine: UUID, login: None) -> None:
    found = run(
        mine,
        "SELECT 1 AS whole, 1.50 AS decimal, 'NaN'::float8 AS none, true AS yes, 'a' AS text,"
        " date '2025-01-31' AS day, timestamptz '2025-02-01' AS midnight,"
        " timestamptz '2025-02-01 12:30' AS noon, interval '90 minutes' AS lasts, NULL AS nothing,"
        " array_agg(n) AS list FROM generate_series(1, 2) n",
        time_zone="UTC",
    )
    assert found.rows == (
        *((1, "1.50", None, True, "a", "2025-01-31", "2025-02-01", "2025-02-01T12:30:00+00:00"),)[
            :0
        ],
        (
            *(1, "1.50", None, True, "a", "2025-01-31", "2025-02-01", "2025-02-01T12:30:00+00:00"),
            *("1:30:00", None, "1, 2"),
        ),
    )
    assert [each.type for each in found.columns] == [
        *("number", "number", "number", "boolean", "text", "date", "date", "text", "text", "text"),
        "text",
    ]


def test_columns_are_called_as_postgres_calls_them(mine: UUID, login: None) -> None:
    found = run(mine, "SELECT concat('a', 'b'), total::text, 1 || 'a', (SELECT 1)::int FROM orders")
    assert [each.name for each in found.columns] == ["concat", "total", "?column?", "?column?"]


def test_days_are_the_stores(mine: UUID, login: None) -> None:
    sql = "SELECT date_trunc('day', timestamptz '2025-03-01 03:00Z') AS day"
    assert run(mine, sql, time_zone="America/New_York").rows == (("2025-02-28",),)


@pytest.mark.parametrize(
    ("sql", "sentence"),
    [
        ("SELECT 1 / 0", "NULLIF"),
        ("SELECT name::int FROM products", "does not fit"),
        ("SELECT total FROM orders, refunds WHERE status = 'a'", "several"),
        ("SELECT status, count(*) FROM orders", "grouped by"),
        ("SELECT sum(status) FROM orders", "types"),
        ("SELECT name FROM orders JOIN products p ON true WHERE orders.sku = ''", "has no column"),
        ("SELECT x.total FROM orders", "does not have"),
        ("SELECT id FROM orders, (SELECT name FROM products) p WHERE sku = ''", "does not have"),
        ("SELECT string_agg(repeat_it, '') FROM (SELECT lpad('', 1000, 'x') AS repeat_it FROM"
         " generate_series(1, 1000)) x", "too long"),
    ],
)  # fmt: skip
def test_what_postgres_refuses_is_said_without_its_words(
    sql: str, sentence: str, mine: UUID, login: None
) -> None:
    with pytest.raises(Refused, match=sentence) as refused:
        run(mine, sql)
    assert leaks(refused.value.message) == []


def test_costly_plans_are_refused_before_they_run(mine: UUID, login: None) -> None:
    bomb = "SELECT count(*) FROM " + ", ".join(f"order_items a{n}" for n in range(8))
    with pytest.raises(Refused, match="too long"):
        run(mine, bomb)


def test_the_guard_knows_exactly_the_columns_that_are_granted(
    owner: psycopg.Connection[Any],
) -> None:
    rows = owner.execute(
        """SELECT c.relname AS "table", a.attname AS "column"
           FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
           WHERE c.relnamespace = 'insights'::regnamespace AND c.relkind IN ('r', 'p')
             AND a.attnum > 0 AND NOT a.attisdropped
             AND has_column_privilege('backshop_analyst', c.oid, a.attnum, 'SELECT')"""
    ).fetchall()
    granted = {(row["table"], row["column"]) for row in rows}
    known = {(name, column) for name, columns in allowed.TABLES.items() for column in columns}
    assert known <= granted
    new = {pair for pair in granted - known if pair[0] in allowed.TABLES}
    assert new == set(), "add them to guard/allowed.py, or grant the analyst others"


def test_a_functions_list_holds_nothing_that_acts(owner: psycopg.Connection[Any]) -> None:
    """Volatile functions do something, or tell of the session."""
    rows = owner.execute(
        """SELECT DISTINCT proname FROM pg_proc
           WHERE pronamespace = 'pg_catalog'::regnamespace AND provolatile = 'v'
             AND proname = ANY (%s)""",
        [sorted(allowed.FUNCTIONS | allowed.SERIES)],
    ).fetchall()
    assert rows == []


# ------------------------------------------------------------------------------- the session


def test_capabilities_and_stores_stand_in_no_statement(
    mine: UUID, login: None, unprotected: psycopg.Connection[Any]
) -> None:
    """What a session of the same login reads of another while it works."""
    seen: list[str] = []
    with db.analyst(mine) as tx:
        guarded = check("SELECT count(*) FROM coupons WHERE code = 'SPRING'")
        for statement, params in (
            (None, ()),
            (repository.statement(guarded), [mine, *guarded.texts]),
        ):
            if statement is not None:
                tx.execute(statement, params)
            rows = unprotected.execute(
                "SELECT query FROM pg_stat_activity WHERE usename = 'backshop_analyst'"
            ).fetchall()
            seen += [row[0] for row in rows]
    text = "\n".join(seen)
    assert "set_config" in text
    assert "FROM insights.coupons" in text
    for secret in ("v1.analyst", str(mine), "SPRING"):
        assert secret not in text


def test_a_second_statement_is_refused(mine: UUID, login: None) -> None:
    for text in (
        "SELECT 1; SELECT 2",
        "SET TRANSACTION READ WRITE; ALTER ROLE CURRENT_USER PASSWORD 'x'",
    ):
        with pytest.raises(psycopg.errors.SyntaxError), db.analyst(mine) as tx:
            tx.execute(text.encode())


def test_a_connection_ends_with_its_question(
    mine: UUID, login: None, unprotected: psycopg.Connection[Any]
) -> None:
    with db.analyst(mine) as tx:
        tx.execute("SELECT set_config('backshop.capability', 'left behind', false)")
        first = tx.info.backend_pid
    with db.analyst(mine) as tx:
        row = tx.execute("SELECT current_setting('backshop.capability') AS held").fetchone()
        assert row is not None
        assert row["held"].startswith("v1.analyst")
        assert tx.info.backend_pid != first
    assert tx.closed


def test_a_spare_connection_that_was_cut_is_replaced(
    mine: UUID, login: None, unprotected: psycopg.Connection[Any]
) -> None:
    assert run(mine, "SELECT 1 AS one").rows == ((1,),)
    unprotected.execute("SET default_transaction_read_only = off")
    while not unprotected.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'backshop_analyst'"
    ).fetchall():
        """The spare one is opened beside the answer."""
    unprotected.execute("SET default_transaction_read_only = on")
    assert run(mine, "SELECT 1 AS one").rows == ((1,),)


def test_the_logins_limits_stand(mine: UUID, login: None) -> None:
    with db.analyst(mine) as tx:
        for name, value in (
            ("transaction_read_only", "on"),
            ("statement_timeout", "5s"),
            ("transaction_timeout", "15s"),
            ("idle_in_transaction_session_timeout", "5s"),
            ("lock_timeout", "1s"),
            ("temp_file_limit", "256MB"),
            ("search_path", "pg_catalog"),
        ):
            row = tx.execute("SELECT current_setting($1) AS value", [name]).fetchone()
            assert row == {"value": value}, name


def test_a_question_that_takes_too_long_is_ended(
    mine: UUID, login: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repository, "MOST_COST", float("inf"))
    bomb = "SELECT count(*) FROM " + ", ".join(f"order_items a{n}" for n in range(8))
    with pytest.raises(Refused, match="too long"):
        run(mine, bomb, timeout_ms=200)


def test_the_log_holds_no_text_of_a_question(mine: UUID, login: None, database: Database) -> None:
    with pytest.raises(Refused):
        run(mine, "SELECT code::int FROM coupons WHERE code <> 'MIDNIGHTSALE'")
    log = (database.server.folder / "postgres.log").read_text()
    assert "MIDNIGHTSALE" not in log
    assert "v1.analyst" not in log


def test_an_unreachable_database_is_no_refusal(mine: UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    nowhere = "postgresql://x:x@127.0.0.1:1/x"
    monkeypatch.setattr(config, "database_url", lambda role: nowhere)
    monkeypatch.setattr(config, "secret", lambda _name: "key")
    with pytest.raises(db.Unreachable):
        run(mine, "SELECT 1")
    db.close()
