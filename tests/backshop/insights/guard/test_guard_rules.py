"""What the guard lets through, what it refuses, and what it writes in place of what it read."""

import random
import string
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import postgast
import pytest
from backshop.insights.guard import Guarded, Refused, check
from hypothesis import given
from hypothesis import strategies as st
from postgast import pg_query_pb2 as nodes

from tests.backshop.insights.guard import statements
from tests.backshop.insights.guard.statements import Statement

ROOT = Path(__file__).parents[4]
HIDDEN = ("email_hash", "api_key_hash", "error_message", "settings", "api_secret")


def named(each: Statement) -> str:
    return each.name


@pytest.mark.parametrize("each", statements.REJECTED, ids=named)
def test_what_is_no_plain_select_of_the_store_is_refused(each: Statement) -> None:
    with pytest.raises(Refused):
        check(each.sql)


@pytest.mark.parametrize(
    "each", statements.LEGITIMATE + statements.sample("legit.sql.json", "accept"), ids=named
)
def test_questions_are_let_through(each: Statement) -> None:
    assert postgast.classify_statement(postgast.parse(check(each.sql).text))


def everything_let_through() -> list[tuple[str, Guarded]]:
    let = []
    for each in (
        *statements.LEGITIMATE,
        *statements.WITHOUT_LEAK,
        *statements.BOUNDED,
        *statements.sample("attacks.sql.json", "reject", "no_leak", "bounded"),
        *statements.sample("legit.sql.json", "accept"),
    ):
        try:
            let.append((each.name, check(each.sql)))
        except Refused:
            continue
    return let


def test_every_table_is_narrowed_to_the_store() -> None:
    for name, guarded in everything_let_through():
        tree = postgast.parse(guarded.text)
        ctes = {each.ctename for each in postgast.find_nodes(tree, nodes.CommonTableExpr)}
        for select in postgast.find_nodes(tree, nodes.SelectStmt):
            tables = [each.range_var for each in select.from_clause if each.HasField("range_var")]
            real = [each for each in tables if each.schemaname]
            if real:
                assert len(select.from_clause) == 1, name
                assert real[0].schemaname == "insights", name
                assert postgast.deparse(where(select)).endswith("store_id = $1"), name
        for each in postgast.find_nodes(tree, nodes.RangeVar):
            assert each.schemaname == "insights" or each.relname in ctes, name


def where(select: nodes.SelectStmt) -> postgast.ParseResult:
    made = postgast.parse("SELECT WHERE true")
    made.stmts[0].stmt.select_stmt.where_clause.CopyFrom(select.where_clause)
    return made


def test_no_text_of_the_question_stands_in_the_statement() -> None:
    guarded = check("SELECT count(*) FROM orders WHERE coupon_used = 'SPRING' OR status = 'SPRING'")
    assert "SPRING" not in guarded.text
    assert guarded.texts == ("SPRING", "SPRING")


def test_equal_expressions_stay_equal_where_a_query_groups_by_them() -> None:
    guarded = check(
        "SELECT coalesce(coupon_used, 'none') FROM orders GROUP BY coalesce(coupon_used, 'none')"
    )
    assert guarded.texts == ("none",)


def test_units_stay_where_they_are() -> None:
    guarded = check(
        "SELECT date_trunc('month', date_created), to_char(date_created, 'YYYY'),"
        " extract(year FROM date_created) FROM orders WHERE date_created > now() - interval '1 day'"
    )
    assert guarded.texts == ()


def test_hidden_columns_are_in_no_statement() -> None:
    for name, guarded in everything_let_through():
        tree = postgast.parse(guarded.text)
        for each in postgast.find_nodes(tree, nodes.RangeSubselect):
            inner = each.subquery.select_stmt
            if any(source.range_var.schemaname for source in inner.from_clause):
                said = {
                    target.res_target.val.column_ref.fields[0].string.sval
                    for target in inner.target_list
                }
                assert not said & set(HIDDEN), name


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT '" + "x" * 8200 + "'",
        "SELECT '" + "ü" * 4100 + "'",
        "SELECT 1\0",
        "SELECT '\ud800'",
        "SELECT " + "(" * 9000,
        "",
        " ",
        "SELECT",
        "SELECT FROM",
        "\\d orders",
        "select * from orders where 'a",
        "SELECT $q$ no end",
        "SELECT /* no end",
    ],
    ids=lambda sql: repr(sql[:20]),
)
def test_what_cannot_be_read_is_refused(sql: str) -> None:
    if sql == "SELECT":
        assert check(sql).text == "SELECT"
        return
    with pytest.raises(Refused):
        check(sql)


DEEP = {
    "brackets": "SELECT " + "(" * 4000 + "1" + ")" * 4000,
    "not": "SELECT " + "NOT " * 2000 + "true",
    "plus": "SELECT 1" + "+1" * 4000,
    "concatenation": "SELECT 'a'" + "||'a'" * 1600,
    "sub-selects": "SELECT " + "(SELECT " * 900 + "1" + ")" * 900,
    "from": "SELECT 1 FROM " + "(SELECT 1 FROM " * 380 + "orders" + ")x" * 380,
    "unions": "SELECT 1" + " UNION SELECT 1" * 500,
    "joins": "SELECT 1 FROM orders" + " CROSS JOIN orders" * 400,
    "arrays": "SELECT " + "ARRAY[" * 1100 + "1" + "]" * 1100,
    "casts": "SELECT 1" + "::int" * 1600,
    "calls": "SELECT " + "abs(" * 1500 + "1" + ")" * 1500,
    "rows": "SELECT " + "ROW(" * 1500 + "1" + ")" * 1500,
    "cases": "SELECT " + "CASE WHEN true THEN " * 330 + "1" + " END" * 330,
    "subscripts": "SELECT " + "a[" * 2600 + "1" + "]" * 2600,
    "ctes": "WITH a AS (" * 350 + "SELECT 1" + ") SELECT 1" * 350,
    "lists": "SELECT 1 IN (" * 580 + "1" + ")" * 580,
    "operators": "SELECT " + "@ " * 4000 + "1",
}


@pytest.mark.parametrize("name", DEEP)
def test_depth_ends_no_process(name: str) -> None:
    """In a process of its own, because what is feared is a crash of the parser."""
    code = (
        "import sys; from backshop.insights.guard import check, Refused\n"
        "try: check(sys.stdin.read())\n"
        "except Refused: print('refused')\n"
        "else: print('let through')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        input=DEEP[name],
        env={"PYTHONPATH": str(ROOT / "shared")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.strip() in ("refused", "let through"), (done.returncode, done.stderr[-300:])


ALPHABET = [
    *("SELECT", "FROM", "WHERE", "orders", "customers", "total", "id", "o", "(", ")", ",", "*"),
    *("=", "1", "'a'", "WITH", "AS", "JOIN", "ON", "count", "GROUP BY", "ORDER BY", "UNION", "."),
    *("::", "text", "AND", "OR", "NOT", "IN", "LIKE", "||", "CASE", "WHEN", "THEN", "END", "x"),
    *("LIMIT", "pg_sleep", "email_hash", ";", "--", "/*", "*/", "$$", "[", "]", "LATERAL", "OVER"),
]


@given(st.lists(st.sampled_from(ALPHABET), max_size=40))
def test_any_words_are_let_through_or_refused(words: list[str]) -> None:
    try:
        guarded = check(" ".join(words))
    except Refused:
        return
    assert "pg_sleep(" not in guarded.text


@given(st.text(max_size=200))
def test_any_text_is_let_through_or_refused(text: str) -> None:
    with suppress(Refused):
        check(text)


@pytest.mark.parametrize("seed", range(20))
def test_mutated_questions_raise_nothing_else(seed: int) -> None:
    mixed = random.Random(seed)
    for each in statements.LEGITIMATE:
        text = list(each.sql)
        for _ in range(mixed.randint(1, 4)):
            text[mixed.randrange(len(text))] = mixed.choice(string.printable)
        try:
            check("".join(text))
        except Refused:
            continue


def test_what_is_written_is_read_again_as_the_same() -> None:
    """Only what is written runs, so that it has to mean what was looked at."""
    for name, guarded in everything_let_through():
        again = postgast.deparse(postgast.parse(guarded.text))
        assert again == guarded.text, name


@pytest.mark.parametrize(
    "name",
    ['a"b', "a'b", "a;b", 'x" FROM pg_class --', "ü", "a\\b", "select", "Ä b", "$1", "%s", "a\nb"],
)
def test_names_that_look_like_sql_stay_names(name: str) -> None:
    quoted = '"' + name.replace('"', '""') + '"'
    guarded = check(f"SELECT o.total AS {quoted} FROM orders o")
    tree = postgast.parse(guarded.text)
    assert tree.stmts[0].stmt.select_stmt.target_list[0].res_target.name == name
    assert [each.relname for each in postgast.find_nodes(tree, nodes.RangeVar)] == ["orders"]


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT total AS narrowed_table_0 FROM orders",
        'SELECT total AS U&"narrowed\\005ftable\\005f0" FROM orders',
        "WITH narrowed_table_0 AS (SELECT 1 AS total) SELECT total FROM narrowed_table_0, orders",
        "SELECT date_trunc('narrowed_table_0', date_created) FROM orders",
    ],
)
def test_the_mark_of_tables_is_nobody_elses(sql: str) -> None:
    with pytest.raises(Refused, match="narrowed_table_"):
        check(sql)


def test_a_refusal_says_what_there_is() -> None:
    with pytest.raises(Refused, match="order_items"):
        check("SELECT * FROM line_items")
    with pytest.raises(Refused, match="date_created"):
        check("SELECT sum(total) FROM orders WHERE ordered_at > now()")
    with pytest.raises(Refused, match="exactly one SELECT"):
        check("UPDATE orders SET total = 0")


@pytest.mark.parametrize("each", statements.LONG_NUMBERS, ids=named)
def test_no_product_of_long_numbers_is_computed_exactly(each: Statement) -> None:
    """Each takes tens of milliseconds, and no timeout ends what is between two of them."""
    try:
        text = check(each.sql).text
    except Refused:
        return
    assert "::double precision" in text


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT round(100.0 * sum(total) / count(*), 2) FROM orders",
        "SELECT sum(i.quantity * i.unit_price * 1.2) / nullif(sum(i.quantity), 0) FROM order_items i",
        "SELECT total::numeric * 2, sum(total)::numeric * 100 FROM orders GROUP BY 1",
        "WITH a AS (SELECT sum(total) * 2 AS n FROM orders), b AS (SELECT n * n / 3 AS m FROM a)"
        " SELECT m * 100.0 / n FROM a, b",
        "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT n * 2 FROM t",
    ],
)
def test_what_merchants_compute_stays_exact(sql: str) -> None:
    assert "double precision" not in check(sql).text
