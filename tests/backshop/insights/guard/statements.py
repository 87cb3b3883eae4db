"""Statements for the guard: those that must not run, those that may as long as nothing leaks or
grows, and those that a merchant's question becomes and that have to run.

The sample in ../shared/insights is read beside these where it is there.
"""

import json
import re
from pathlib import Path
from typing import Final, NamedTuple

SAMPLE: Final = Path(__file__).parents[5] / "shared" / "insights"


class Statement(NamedTuple):
    name: str
    sql: str


def sample(file: str, *musts: str) -> list[Statement]:
    """The statements of a sample's file that must be so, in the words of our tables."""
    if not (SAMPLE / file).exists():
        return []
    return [
        Statement(each["name"], re.sub(r"\bapp\.(?=\w)", "insights.", each["sql"]))
        for each in json.loads((SAMPLE / file).read_text())
        if each["must"] in musts
    ]


def _named(statements: str) -> list[Statement]:
    """One statement a line, its name before the first colon."""
    lines = [line for line in statements.strip().splitlines() if line and not line.startswith("#")]
    return [Statement(*(part.strip() for part in line.split(":", 1))) for line in lines]


REJECTED: Final = _named(r"""
# ---- not one SELECT
empty: ;
nothing: -- only a comment
two_selects: SELECT 1; SELECT 2
trailing_drop: SELECT 1; DROP TABLE orders --
hidden_second: SELECT 1 /* ; */ ; DELETE FROM orders
insert: INSERT INTO orders (id) VALUES (1)
insert_returning: WITH x AS (INSERT INTO coupons (code) VALUES ('a') RETURNING *) SELECT * FROM x
update_in_cte: WITH x AS (UPDATE orders SET total = 0 RETURNING id) SELECT count(*) FROM x
delete_in_cte: WITH x AS (DELETE FROM orders RETURNING id) SELECT count(*) FROM x, orders
merge_in_cte: WITH x AS (MERGE INTO orders o USING (SELECT 1) s ON true WHEN MATCHED THEN DELETE RETURNING 1) SELECT 1 FROM x
nested_write: SELECT * FROM (WITH x AS (DELETE FROM refunds RETURNING 1) SELECT 1) y
truncate: TRUNCATE orders
drop: DROP TABLE insights.orders CASCADE
copy_program: COPY (SELECT 1) TO PROGRAM 'id'
copy_out: COPY orders TO STDOUT
copy_in: COPY orders FROM '/etc/passwd'
do_block: DO LANGUAGE plpgsql $a$ BEGIN PERFORM 1; END $a$
call: CALL backshop.protect('insights.orders')
explain: EXPLAIN SELECT * FROM orders
explain_analyze: EXPLAIN ANALYZE SELECT count(*) FROM orders
explain_write: EXPLAIN ANALYZE DELETE FROM orders
prepare: PREPARE p AS SELECT 1
execute: EXECUTE p
deallocate: DEALLOCATE ALL
declare: DECLARE c CURSOR WITH HOLD FOR SELECT * FROM orders
fetch: FETCH ALL FROM c
listen: LISTEN sync
notify: NOTIFY sync, 'x'
vacuum: VACUUM orders
analyze: ANALYZE orders
cluster: CLUSTER orders
refresh: REFRESH MATERIALIZED VIEW projects.customer_project_summary_data
set_role: SET ROLE backshop_owner
set_local: SET LOCAL backshop.capability = 'x'
reset_all: RESET ALL
show: SHOW ALL
begin: BEGIN
commit: COMMIT
rollback: ROLLBACK
savepoint: SAVEPOINT a
grant: GRANT SELECT ON insights.conversations TO backshop_analyst
alter_role: ALTER ROLE CURRENT_USER PASSWORD 'x'
alter_system: ALTER SYSTEM SET log_statement = 'all'
security_label: SECURITY LABEL ON TABLE orders IS 'x'
create_temp: CREATE TEMP TABLE t AS SELECT * FROM orders
create_function: CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'
import_schema: IMPORT FOREIGN SCHEMA x FROM SERVER y INTO z
load: LOAD 'auto_explain'
checkpoint: CHECKPOINT
select_into_temp: SELECT id INTO TEMP t FROM orders
for_update: SELECT id FROM orders FOR UPDATE
for_share_inside: SELECT * FROM (SELECT id FROM orders FOR KEY SHARE SKIP LOCKED) x
parameter: SELECT * FROM orders WHERE store_id = $1
parameter_of_texts: SELECT $2
parameter_cast: SELECT $1::text
# ---- the catalogue, other schemas
pg_class: SELECT relname FROM pg_class
pg_catalog: SELECT * FROM pg_catalog.pg_roles
quoted_catalog: SELECT * FROM "pg_catalog"."pg_stat_activity"
activity: SELECT query FROM pg_stat_activity
statements: SELECT query FROM pg_stat_statements
locks: SELECT * FROM pg_locks
authid: SELECT rolpassword FROM pg_authid
shadow: SELECT * FROM pg_shadow
user_tables: SELECT n_live_tup FROM pg_stat_user_tables
prepared: SELECT * FROM pg_prepared_statements
hba: SELECT * FROM pg_hba_file_rules
other_schema: SELECT * FROM backshop.stores
other_context: SELECT * FROM kits.customer_orders_summary
capability_keys: SELECT * FROM backshop.capability_keys
conversations: SELECT messages FROM conversations
conversations_qualified: SELECT messages FROM insights.conversations
saved_charts: SELECT query_text FROM saved_charts
pg_temp: SELECT * FROM pg_temp.orders
database_qualified: SELECT * FROM backshop.insights.orders
upper_quoted: SELECT * FROM "ORDERS"
unicode_table: SELECT * FROM U&"pg\005fclass"
sequence: SELECT last_value FROM insights.orders_id_seq
table_command: TABLE pg_class
information_schema_view: SELECT * FROM information_schema.role_table_grants
# ---- hidden columns, whole rows, system columns
email_hash: SELECT email_hash FROM customers
email_hash_in_where: SELECT count(*) FROM customers WHERE email_hash LIKE 'a%'
email_hash_in_order: SELECT id FROM customers ORDER BY email_hash
email_hash_in_row: SELECT (id, email_hash) = (id, '') FROM customers
api_key_hash: SELECT s.api_key_hash FROM stores AS s
settings: SELECT settings FROM stores
error_message: SELECT error_message FROM sync_logs
ctid: SELECT ctid FROM orders
xmin: SELECT o.xmin FROM orders o
tableoid: SELECT tableoid::regclass FROM orders
cmax: SELECT cmax FROM orders
whole_row: SELECT o FROM orders o
whole_row_cast: SELECT o::text FROM orders o
whole_row_to_json: SELECT row_to_json(o) FROM orders o
whole_row_json: SELECT to_jsonb(orders) FROM orders
whole_row_concat: SELECT concat(c) FROM customers c
whole_row_count: SELECT count(o) FROM orders o
whole_row_star_cast: SELECT (o.*)::text FROM orders o
whole_row_star_count: SELECT count(o.*) FROM orders o
whole_row_star_null: SELECT o.* IS NULL FROM orders o
whole_row_star_coalesce: SELECT coalesce(o.*) AS r FROM orders o
whole_row_star_case: SELECT CASE WHEN true THEN o.* END AS r FROM orders o
whole_row_star_window: SELECT lag(o.*) OVER (ORDER BY id) AS r FROM orders o
whole_row_star_greatest: SELECT greatest(o.*, o.*) AS r FROM orders o
whole_row_star_array: SELECT array_agg(o.*) FROM orders o
whole_row_star_row: SELECT row(o.*) = row(o.*) FROM orders o
whole_row_star_in: SELECT o.* IN (SELECT p FROM orders p) FROM orders o
whole_row_star_order: SELECT id FROM orders o ORDER BY o.*
whole_row_star_values: SELECT v.* FROM orders o, LATERAL (VALUES (o.*)) v
whole_row_star_in_rows: SELECT coalesce(x.*) AS r FROM (SELECT coalesce(o.*) AS a, coalesce(o.*) AS b FROM orders o) x
whole_row_alias_is_a_name: SELECT x FROM (SELECT 1 AS y) x, (SELECT 2 AS x) z
attribute_call: SELECT o.to_json FROM orders o
attribute_call_size: SELECT o.pg_column_size FROM orders o
attribute_call_paren: SELECT (o).pg_typeof FROM orders o
attribute_call_allowed: SELECT o.max FROM orders o
attribute_call_count: SELECT customers.count FROM customers
attribute_call_of_sub_select: SELECT x.any_value FROM (SELECT * FROM customers) x
attribute_call_of_cte: WITH x AS (SELECT id FROM orders) SELECT x.array_agg FROM x
attribute_call_of_series: SELECT g.concat FROM generate_series(1, 2) g
attribute_call_named_elsewhere: SELECT o.to_jsonb FROM orders o, (SELECT 1 AS to_jsonb) x
attribute_call_named_outside: SELECT o.x, (SELECT o.pg_typeof FROM (SELECT 1 AS pg_typeof) z) FROM (SELECT 1 AS x) o
attribute_call_named_inside: SELECT t.to_json FROM (SELECT 1 AS a) t, (SELECT t.to_json FROM (SELECT 1 AS to_json) t) u
attribute_call_named_to_the_right: SELECT (SELECT u.m FROM LATERAL (SELECT t.count AS m) u, (SELECT count(*) FROM orders) t) FROM (SELECT 1 AS a) t
attribute_call_named_in_another_join: SELECT (SELECT 1 FROM orders c JOIN products p ON t.to_json IS NULL, (SELECT 1 AS to_json) t) FROM (SELECT 1 AS a) t
attribute_call_of_another_cte: WITH t AS (SELECT 1 AS a) SELECT t.to_json FROM t, (WITH t AS (SELECT 1 AS to_json) SELECT * FROM t) x
attribute_call_in_recursion: WITH RECURSIVE t AS (SELECT 1 AS a UNION ALL SELECT t.to_json FROM t) SELECT 1 AS to_json FROM t
attribute_call_of_a_cut_name: SELECT x.concat FROM (SELECT concat('a') || 'b') x
row_of_series: SELECT g FROM generate_series(1, 2) AS g(n), (SELECT 1 AS g) x
field_of_row: SELECT (ROW(1, 2)).f1
row_value: SELECT ROW(id, total) FROM orders
row_as_text: SELECT (ROW(id, total))::text FROM orders
join_alias: SELECT j.* FROM (orders JOIN refunds USING (store_id)) AS j
join_using_alias: SELECT x FROM orders JOIN refunds USING (store_id) AS x
four_part_column: SELECT backshop.insights.orders.total FROM orders
# ---- functions
sleep: SELECT pg_sleep(10)
sleep_in_where: SELECT 1 FROM orders WHERE pg_sleep(1) IS NULL
sleep_in_join: SELECT 1 FROM orders o JOIN orders p ON pg_sleep(1) IS NULL
sleep_in_limit: SELECT 1 FROM orders LIMIT (SELECT 1 FROM pg_sleep(1))
sleep_in_offset: SELECT 1 FROM orders OFFSET length(pg_sleep(1)::text)
sleep_in_having: SELECT 1 FROM orders HAVING pg_sleep(1) IS NULL
sleep_in_group: SELECT 1 FROM orders GROUP BY pg_sleep(1)
sleep_in_window: SELECT sum(total) OVER (PARTITION BY pg_sleep(1)) FROM orders
sleep_in_named_window: SELECT sum(total) OVER w FROM orders WINDOW w AS (ORDER BY pg_sleep(1))
sleep_in_frame: SELECT sum(total) OVER (ORDER BY id ROWS length(pg_sleep(1)::text) PRECEDING) FROM orders
sleep_in_within: SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY length(pg_sleep(1)::text)) FROM orders
sleep_in_distinct_on: SELECT DISTINCT ON (pg_sleep(1)) id FROM orders
sleep_in_values: VALUES (pg_sleep(1))
sleep_in_lateral: SELECT 1 FROM orders, LATERAL (SELECT pg_sleep(1)) x
sleep_in_cte: WITH x AS MATERIALIZED (SELECT pg_sleep(1)) SELECT 1 FROM x
sleep_in_exists: SELECT EXISTS (SELECT pg_sleep(1))
sleep_in_case: SELECT CASE WHEN pg_sleep(1) IS NULL THEN 1 END
sleep_in_coalesce: SELECT COALESCE(pg_sleep(1)::text, '')
sleep_in_greatest: SELECT GREATEST(1, length(pg_sleep(1)::text))
sleep_in_array: SELECT ARRAY[pg_sleep(1)]
sleep_in_subscript: SELECT (ARRAY[1])[length(pg_sleep(1)::text)]
sleep_in_in: SELECT 1 IN (1, length(pg_sleep(1)::text))
sleep_in_between: SELECT 1 BETWEEN 0 AND length(pg_sleep(1)::text)
sleep_in_grouping_set: SELECT 1 FROM orders GROUP BY GROUPING SETS ((pg_sleep(1)), ())
sleep_in_union: SELECT 1 UNION SELECT length(pg_sleep(1)::text)
sleep_in_series: SELECT * FROM generate_series(1, length(pg_sleep(1)::text)) g
sleep_qualified: SELECT pg_catalog.pg_sleep(1)
sleep_quoted: SELECT "pg_sleep"(1)
sleep_from: SELECT * FROM pg_sleep(1)
sleep_rows_from: SELECT * FROM ROWS FROM (generate_series(1, 2), pg_sleep(1)) x
set_config: SELECT set_config('backshop.capability', 'x', false)
current_setting: SELECT current_setting('backshop.capability')
current_user: SELECT CURRENT_USER
session_user: SELECT SESSION_USER
user: SELECT USER
current_role: SELECT CURRENT_ROLE
current_schema: SELECT CURRENT_SCHEMA
current_catalog: SELECT CURRENT_CATALOG
current_schemas: SELECT current_schemas(true)
current_database: SELECT current_database()
system_user: SELECT SYSTEM_USER
version: SELECT version()
server_address: SELECT inet_server_addr()
backend_pid: SELECT pg_backend_pid()
read_file: SELECT pg_read_file('/etc/passwd')
ls_dir: SELECT * FROM pg_ls_dir('.')
stat_file: SELECT pg_stat_file('PG_VERSION')
lo_import: SELECT lo_import('/etc/passwd')
lo_get: SELECT lo_get(1)
lo_create: SELECT lo_create(0)
loread: SELECT loread(1, 2)
advisory: SELECT pg_try_advisory_lock(1)
advisory_xact: SELECT pg_advisory_xact_lock(1)
cancel: SELECT pg_cancel_backend(1)
reload: SELECT pg_reload_conf()
database_size: SELECT pg_database_size('backshop')
total_size: SELECT pg_total_relation_size('insights.orders')
table_size_cast: SELECT pg_table_size(oid) FROM (SELECT 1 AS oid) x
column_size: SELECT pg_column_size(total) FROM orders
typeof: SELECT pg_typeof(total) FROM orders
viewdef: SELECT pg_get_viewdef('pg_roles')
functiondef: SELECT pg_get_functiondef(1)
to_regclass: SELECT to_regclass('insights.conversations')
regclass: SELECT 'insights.conversations'::regclass
regproc: SELECT 'pg_sleep'::regproc
regrole: SELECT 'backshop_owner'::regrole
regnamespace: SELECT CAST('kits' AS regnamespace)
oid: SELECT 1::oid
has_column: SELECT has_column_privilege('insights.customers', 'email_hash', 'SELECT')
stat_table: SELECT pg_stat_get_live_tuples(1)
txid: SELECT txid_current()
xact_id: SELECT pg_current_xact_id()
snapshot: SELECT pg_current_snapshot()
wal: SELECT pg_current_wal_lsn()
query_to_xml: SELECT query_to_xml('SELECT 1', true, true, '')
table_to_xml: SELECT table_to_xml('insights.orders', true, true, '')
cursor_to_xml: SELECT cursor_to_xml('c', 1, true, true, '')
database_to_xml: SELECT database_to_xml(true, true, '')
xmltable: SELECT * FROM XMLTABLE('/a' PASSING '<a/>' COLUMNS b text)
xmlelement: SELECT XMLELEMENT(NAME a, total) FROM orders
xmlforest: SELECT XMLFOREST(total) FROM orders
xpath: SELECT xpath('/a', '<a/>')
xmlserialize: SELECT XMLSERIALIZE(CONTENT '<a/>' AS text)
xml_entities: SELECT '<!DOCTYPE a [<!ENTITY b "bb"><!ENTITY c "&b;&b;">]><a>&c;</a>'::xml
json_table: SELECT * FROM JSON_TABLE('[1]', '$[*]' COLUMNS (a int PATH '$'))
json_query: SELECT JSON_QUERY('{}', '$.a')
json_object: SELECT JSON_OBJECT('a' VALUE total) FROM orders
json_agg: SELECT json_agg(total) FROM orders
jsonb_object_agg: SELECT jsonb_object_agg(id, total) FROM orders
jsonb_path: SELECT jsonb_path_query('[1,2,3]', '$[*] ? (@ like_regex "(a+)+$")')
json_cast: SELECT '[1]'::jsonb
json_arrow: SELECT '{"a": 1}' -> 'a'
dblink_exec: SELECT dblink_exec('dbname=backshop', 'DROP TABLE orders')
own_function: SELECT backshop.analyst_store_id()
own_aggregate: SELECT insights.string_agg(code, ',') FROM coupons
other_schema_function: SELECT kits.order_timeline('a')
nextval: SELECT nextval('a')
random: SELECT random()
setseed: SELECT setseed(0.5)
uuid: SELECT gen_random_uuid()
clock: SELECT clock_timestamp()
encode: SELECT encode('a', 'base64')
decode: SELECT decode('00', 'hex')
sha: SELECT sha256('a')
bytea: SELECT 'a'::bytea
bit_string: SELECT B'0101'
bit_type: SELECT 1::bit(1000000)
chr: SELECT chr(0)
convert: SELECT convert_from('a', 'UTF8')
quote_ident: SELECT quote_ident('a')
format_width: SELECT format('%1000000000s', 'x')
repeat: SELECT repeat('x', 1000000000)
lpad_huge: SELECT lpad('x', 1000000000)
lpad_column: SELECT lpad(name, stock_quantity) FROM products
rpad_computed: SELECT rpad('x', 10000 * 10000)
char_huge: SELECT 'x'::char(10000000)
varchar_huge: SELECT 'x'::varchar(10000000)
array_fill: SELECT array_fill(1, ARRAY[100000000])
array_of_columns: SELECT ARRAY[total, total] FROM orders
array_of_arrays: SELECT ARRAY[ARRAY[1], ARRAY[2]]
array_subquery: SELECT ARRAY(SELECT id FROM order_items)
string_to_array: SELECT string_to_array(name, '') FROM products
regexp_split: SELECT regexp_split_to_table('a b', ' ')
regexp_matches: SELECT regexp_matches(name, '.', 'g') FROM products
range_type: SELECT int4range(1, 2)
tsvector: SELECT to_tsvector('a')
tsquery: SELECT 'a'::tsquery
ts_stat: SELECT * FROM ts_stat('SELECT 1')
network: SELECT '10.0.0.0/8'::inet
geometry: SELECT '(1,2)'::point
domain: SELECT 1::information_schema.cardinal_number
enum: SELECT 'kitchen'::projects.room_type
percent_type: SELECT 1::orders.total%TYPE
setof_type: SELECT 1::text COLLATE "C"
operator_schema: SELECT 1 OPERATOR(pg_catalog.+) 2
operator_unknown: SELECT 1 <<| 2
order_using: SELECT id FROM orders ORDER BY total USING <
tablesample_bernoulli: SELECT id FROM orders TABLESAMPLE BERNOULLI (100) REPEATABLE (1)
ordinality: SELECT * FROM unnest(ARRAY['a']) WITH ORDINALITY x
column_definitions: SELECT * FROM json_to_recordset('[]') AS x(a int)
cycle: WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n FROM t) CYCLE n SET c USING p SELECT n FROM t
search: WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n FROM t) SEARCH DEPTH FIRST BY n SET o SELECT n FROM t
variadic: SELECT concat(VARIADIC ARRAY['a'])
between_nested: SELECT ((1 BETWEEN 0 AND 2) BETWEEN false AND true) BETWEEN false AND true
between_symmetric: SELECT total BETWEEN SYMMETRIC 2 AND 1 FROM orders
# ---- regular expressions that compile to much
regex_counts: SELECT name ~ '((a{1,100}){1,100}){1,100}' FROM products
regex_back_reference: SELECT name ~ '^(a*)*\1b' FROM products
regex_column: SELECT name ~ sku FROM products
regex_computed: SELECT name ~ ('(' || sku || ')') FROM products
regex_any: SELECT name ~ ANY (ARRAY['a{1,200}']) FROM products
regex_long: SELECT name ~ '(a|b|c|d|e|f|g|h|i|j|k|l|m|n|o|p|q|r|s|t|u|v|w|x|y|z|a|b|c|d|e|f|g|h|i|j|k|l|m|n|o|p|q|r|s|t|u|v|w|x|y|z|a|b|c|d|e|f|g|h|i|j|k|l|m|n|o|p|q|r|s|t|u|v|w|x|y|z|a|b|c|d|e|f|g|h|i|j|k|l|m|n|o|p|q|r|s|t|u|v|w|x|y|z)' FROM products
regex_replace_column: SELECT regexp_replace(name, sku, '') FROM products
regex_substring_column: SELECT substring(name, sku) FROM products
regex_substring_from: SELECT substring(name FROM '((a?){1,100}){1,100}b') FROM products
regex_similar_column: SELECT name SIMILAR TO sku FROM products
regex_similar_counts: SELECT name SIMILAR TO '(a{1,200}){1,200}' FROM products
regex_named: SELECT regexp_like(pattern => sku, string => name) FROM products
# ---- more than is sent
series_too_long: SELECT count(*) FROM generate_series(1, 100000000) g
series_too_long_big: SELECT count(*) FROM generate_series(1, 100000000000) g
series_too_long_down: SELECT count(*) FROM generate_series(100000000, 1, -1) g
series_in_column_sorted: SELECT generate_series(1, 10) AS g ORDER BY 1
series_inside: SELECT sum(generate_series(1, 10))
series_in_case: SELECT CASE WHEN true THEN generate_series(1, 10) END
""")

WITHOUT_LEAK: Final = _named(r"""
or_true: SELECT count(*), sum(total) FROM orders WHERE true OR store_id IS NULL
other_store_id: SELECT count(*) FROM orders WHERE store_id <> (SELECT store_id FROM stores)
not_in_own: SELECT count(*) FROM orders WHERE store_id NOT IN (SELECT id FROM stores)
all_stores: SELECT id, name, store_url FROM stores
cross_stores: SELECT count(*) FROM stores a, stores b
full_join: SELECT count(*) FROM orders a FULL JOIN refunds b ON false
right_join: SELECT b.code FROM orders a RIGHT JOIN coupons b ON a.id = b.id
natural_join: SELECT * FROM orders NATURAL JOIN customers
natural_full: SELECT * FROM products NATURAL FULL JOIN categories
cte_shadows_table: WITH orders AS (SELECT * FROM products) SELECT * FROM orders
cte_reads_table_of_its_name: WITH orders AS (SELECT * FROM orders) SELECT count(*) FROM orders
cte_in_sub_select: SELECT * FROM (WITH coupons AS (SELECT code FROM insights.coupons) SELECT * FROM coupons) x
cte_out_of_sight: SELECT (WITH coupons AS (SELECT 'mine' AS code) SELECT max(code) FROM coupons), (SELECT max(code) FROM coupons)
cte_qualified_is_the_table: WITH coupons AS (SELECT 1 AS id) SELECT max(code) FROM insights.coupons
cte_recursive_shadow: WITH RECURSIVE coupons AS (SELECT 'a' AS code UNION ALL SELECT code FROM insights.coupons) SELECT * FROM coupons
alias_shadows_table: SELECT orders.name FROM products orders
alias_of_other_table: SELECT insights.name FROM products insights
union_all: SELECT code FROM coupons UNION ALL SELECT code FROM order_coupons UNION ALL SELECT name FROM products
except_own: SELECT code FROM coupons EXCEPT SELECT code FROM coupons WHERE store_id IS NOT NULL
intersect: SELECT name FROM products INTERSECT ALL SELECT product_name FROM order_items
scalar_subquery: SELECT (SELECT max(total) FROM orders), (SELECT max(name) FROM products)
correlated: SELECT c.display_name, (SELECT max(total) FROM orders o WHERE o.customer_id = c.id) FROM customers c
exists: SELECT EXISTS (SELECT 1 FROM products WHERE name LIKE 'CANARY%')
existence_by_error: SELECT 1 / (CASE WHEN name LIKE 'CANARY%' THEN 0 ELSE 1 END) FROM products
existence_by_cast: SELECT name::int FROM products WHERE name LIKE 'CANARY%'
cast_in_where: SELECT 1 FROM products WHERE name::int > 0
cast_in_having: SELECT name FROM products GROUP BY name HAVING min(name::numeric) > 0
division_in_where: SELECT 1 FROM orders WHERE 1 / (total - 77777.77) > 0
sort_probe: SELECT name FROM products ORDER BY name DESC LIMIT 1
aggregate_all: SELECT string_agg(name, ',') FROM products
array_of_all: SELECT array_agg(code) FROM coupons
column_aliases: SELECT * FROM orders AS o(a, b, c, d, e, f, g)
column_aliases_stores: SELECT t.x7, t.x8 FROM stores AS t(x1, x2, x3, x4, x5, x6, x7, x8)
star_twice: SELECT *, * FROM customers
star_of_alias: SELECT c.*, o.* FROM customers c LEFT JOIN orders o ON o.customer_id = c.id
lateral: SELECT p.name, x.total FROM products p LEFT JOIN LATERAL (SELECT total FROM order_items i WHERE i.product_id = p.id OR true LIMIT 5) x ON true
grouping_sets: SELECT status, country, sum(total) FROM orders GROUP BY CUBE (status, country)
window_over_all: SELECT total, max(total) OVER () FROM orders
percentile: SELECT percentile_disc(1) WITHIN GROUP (ORDER BY total) FROM orders
mode: SELECT mode() WITHIN GROUP (ORDER BY name) FROM products
sync_logs: SELECT * FROM sync_logs
dollar_quoted: SELECT $q$'; DROP TABLE orders; --$q$ AS a, name FROM products
unicode_string: SELECT U&'\0043ANARY' AS a, name FROM products WHERE name > U&'\0042'
escape_string: SELECT E'\x43ANARY' || name FROM products
comment_inside: SELECT /* WHERE store_id = 1 */ name FROM products -- AND true
nested_comment: SELECT /* /* */ name */ code FROM coupons
values_join: SELECT p.name FROM products p JOIN (VALUES ('CANARY2 lamp')) v(n) ON p.name = v.n
in_subquery: SELECT id FROM orders WHERE customer_id IN (SELECT id FROM customers)
not_exists: SELECT name FROM products p WHERE NOT EXISTS (SELECT 1 FROM order_items i WHERE i.product_id = p.id)
like_probe: SELECT count(*) FROM products WHERE name LIKE 'CANARY%'
row_comparison: SELECT count(*) FROM orders WHERE (store_id, total) >= (store_id, 0)
distinct_on: SELECT DISTINCT ON (status) status, total FROM orders ORDER BY status, total DESC
table_form: TABLE coupons
quoted_name: SELECT "name" FROM "products"
schema_qualified: SELECT name FROM insights.products
recursive_tree: WITH RECURSIVE t AS (SELECT id, parent_id, name FROM categories UNION ALL SELECT c.id, c.parent_id, c.name FROM categories c JOIN t ON true) SELECT * FROM t LIMIT 20
only: SELECT * FROM ONLY orders
email_hash_using: SELECT 1 FROM customers JOIN (SELECT '' AS email_hash) x USING (email_hash)
rows_beyond_offset: SELECT name FROM products OFFSET 1
""")

_LONG = "WITH a AS MATERIALIZED (SELECT string_agg('9', '')::numeric AS n FROM generate_series(1, 8000)), b AS MATERIALIZED (SELECT n*n*n*n*n*n*n*n AS n FROM a)"
LONG_NUMBERS: Final = [
    Statement(name, sql)
    for name, sql in {
        "constants": "SELECT 1 WHERE "
        + " OR ".join(f"(1e65000-{i})*(1e65000-1)<0" for i in range(200)),
        "sums": "WITH a AS MATERIALIZED (SELECT 1e65000-sum(total) AS n FROM orders) SELECT 1 FROM a"
        " WHERE " + " OR ".join(f"n*(n+{i})<0" for i in range(400)),
        "products of products": f"{_LONG} SELECT 1 FROM b WHERE "
        + " OR ".join(f"n*(n+{i})<0" for i in range(400)),
        "quotients": f"{_LONG} SELECT 1 FROM b WHERE "
        + " OR ".join(f"1/(n+{i})<0" for i in range(400)),
        "remainders": f"{_LONG} SELECT 1 FROM b WHERE "
        + " OR ".join(f"n*n%(n+{i})<0" for i in range(400)),
        "mod": f"{_LONG} SELECT mod(n * n, n + 1), div(n * n, n + 1) FROM b",
        "squares": f"{_LONG} SELECT var_pop(n), stddev(n + 1) FROM b",
        "buckets": f"{_LONG} SELECT width_bucket(n, 0, n + 1, 10) FROM b",
        "a name written together": "SELECT 1 WHERE ('1e' || '65000')::numeric * 2 > 0",
        "a name backwards": "SELECT reverse('00056e1')::numeric * 2",
        "a product's name": "SELECT name::numeric * 2 FROM products",
        "a name of a name": "WITH a AS (SELECT reverse('00056e1') AS total) SELECT total::numeric * 2 FROM a",
        "a text of its own": "SELECT '1e65000'::numeric * total FROM orders",
        "decimals": "SELECT " + "*".join(["(round(1, 16000) / 7)"] * 30),
        "steps": "WITH RECURSIVE t(n) AS (SELECT 9.9 UNION ALL SELECT n * n FROM t) SELECT max(n) FROM t",
        "sums of steps": "WITH RECURSIVE t(n) AS (SELECT 9.9 UNION ALL SELECT n + n FROM t) SELECT n * n FROM t",
        "inlined": f"{_LONG} SELECT 1 FROM (SELECT n*n AS m FROM b) x WHERE "
        + " OR ".join(f"m<{i}" for i in range(400)),
    }.items()
]
"""Numbers of thousands of digits, of which each product takes tens of milliseconds."""

BOUNDED: Final = _named(r"""
self_cross_join: SELECT count(*) FROM order_items a, order_items b, order_items c, order_items d, order_items e
sort_of_cross_join: SELECT a.id FROM order_items a, order_items b, order_items c, order_items d ORDER BY a.total * b.total + c.total DESC
distinct_of_cross_join: SELECT count(*) FROM (SELECT DISTINCT a.id, b.id, c.id FROM order_items a, order_items b, order_items c, order_items d) x
series_cross: SELECT count(*) FROM generate_series(1, 100000) a, generate_series(1, 100000) b
series_by_subquery: SELECT count(*) FROM generate_series(1, (SELECT 1000000000)) g
series_of_seconds: SELECT count(*) FROM generate_series('1900-01-01'::timestamp, '2100-01-01', interval '1 second') g
series_in_column: SELECT generate_series(1, (SELECT 1000000000))
series_cast_in_column: SELECT count(*) FROM (SELECT generate_series(1, (SELECT 1000000000))::text::numeric AS n) x
series_cross_texts: SELECT string_agg(a::text || b::text, ',') FROM generate_series(1, 100000) a, generate_series(1, 100000) b
series_cross_array: SELECT array_agg(a) FROM generate_series(1, 100000) a, generate_series(1, 100000) b
intersect_of_series: SELECT count(*) FROM (SELECT a + b * 100000 FROM generate_series(1, 100000) a, generate_series(1, 100000) b INTERSECT SELECT a + b * 100000 FROM generate_series(1, 100000) a, generate_series(1, 100000) b) x
recursion_endless: WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT max(n) FROM t
recursion_distinct: WITH RECURSIVE t(n) AS (SELECT 1 UNION SELECT n + 1 FROM t) SELECT max(n) FROM t
recursion_in_recursion: WITH RECURSIVE a(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM a), b(n) AS (SELECT 1 UNION ALL SELECT b.n + a.n FROM b, a) SELECT max(n) FROM b
recursion_read_first: WITH RECURSIVE b AS (SELECT count(*) AS n FROM a), a(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM a) SELECT n FROM b
recursion_shadowed: WITH RECURSIVE t(n) AS (WITH RECURSIVE u(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM u) SELECT n FROM u UNION ALL SELECT n + 1 FROM t) SELECT count(*) FROM t
recursion_of_texts: WITH RECURSIVE t(s) AS (SELECT 'xxxxxxxxxx' UNION ALL SELECT s || s || s || s FROM t) SELECT max(length(s)) FROM t
recursion_of_concat: WITH RECURSIVE t(s) AS (SELECT 'x' UNION ALL SELECT concat(s, s, s, s, s, s, s, s) FROM t) SELECT max(length(s)) FROM t
recursion_of_replace: WITH RECURSIVE t(s) AS (SELECT 'x' UNION ALL SELECT replace(s, 'x', 'xxxxxxxxxxxxxxxxxxxxxxxxxxxx') FROM t) SELECT max(length(s)) FROM t
recursion_of_padding: WITH RECURSIVE t(s) AS (SELECT 'x' UNION ALL SELECT lpad(s, 1000, s) || rpad(s, 1000, s) FROM t) SELECT max(length(s)) FROM t
recursion_of_regexp_replace: WITH RECURSIVE t(s) AS (SELECT 'x' UNION ALL SELECT regexp_replace(s, 'x', 'xxxxxxxxxxxxxxxxx', 'g') FROM t) SELECT max(length(s)) FROM t
recursion_of_numbers: WITH RECURSIVE t(n) AS (SELECT 9.9 UNION ALL SELECT n * n FROM t) SELECT max(n) FROM t
recursion_of_powers: WITH RECURSIVE t(n) AS (SELECT 9.9 UNION ALL SELECT n ^ n FROM t) SELECT max(n) FROM t
doubling_chain: WITH a AS (SELECT 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx' AS s), b AS (SELECT s||s||s||s||s||s||s||s AS s FROM a), c AS (SELECT s||s||s||s||s||s||s||s AS s FROM b), d AS (SELECT s||s||s||s||s||s||s||s AS s FROM c), e AS (SELECT s||s||s||s||s||s||s||s AS s FROM d), f AS (SELECT s||s||s||s||s||s||s||s AS s FROM e), g AS (SELECT s||s||s||s||s||s||s||s AS s FROM f), h AS (SELECT s||s||s||s||s||s||s||s AS s FROM g), i AS (SELECT s||s||s||s||s||s||s||s AS s FROM h) SELECT length(s), s FROM i
casts_of_long_texts: WITH a AS (SELECT string_agg('9', '') AS s FROM generate_series(1, 9000)), b AS (SELECT (s || s)::numeric AS n FROM a) SELECT length((n * n * n * n)::text) FROM b
logarithm_of_long_number: WITH a AS (SELECT string_agg('9', '') AS s FROM generate_series(1, 9000)) SELECT ln(s::numeric), exp(s::numeric / s::numeric), sqrt(s::numeric), power(s::numeric, 0.5) FROM a
root_of_product: WITH a AS (SELECT string_agg('9', '')::numeric AS n FROM generate_series(1, 9000)) SELECT sqrt(n * n * n * n * n * n * n) FROM a
wide_texts: SELECT a.s, a.s, a.s, a.s, a.s, a.s FROM (SELECT string_agg('xxxxxxxxxx', '') AS s FROM generate_series(1, 900)) a, generate_series(1, 100000) g
wide_rows: SELECT i.*, o.*, p.* FROM order_items i, orders o, products p
every_row: SELECT id, product_name FROM order_items, generate_series(1, 10000) g
like_many: SELECT count(*) FROM (SELECT string_agg('ab', '') AS s FROM generate_series(1, 4000)) a, generate_series(1, 1000) g WHERE s LIKE '%a%a%a%a%a%a%a%a%a%a%a%a%a%c'
nested_aggregates: SELECT string_agg(s, s) FROM (SELECT string_agg(product_name, ',') AS s FROM order_items, generate_series(1, 100) g GROUP BY g) x
delimiters_alone: SELECT length(string_agg('', 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx')) FROM generate_series(1, 100000) a, generate_series(1, 100) b
cube: SELECT count(*) FROM order_items GROUP BY CUBE (id, order_id, product_id, product_name, sku, quantity, subtotal, total, line_id, unit_price, discount, tax)
hashed_subplan: SELECT count(*) FROM generate_series(1, 100000) a WHERE a NOT IN (SELECT b * 100000 + c FROM generate_series(1, 100000) b, generate_series(1, 1000) c)
inlined_ctes: WITH a0 AS (SELECT code AS s FROM orders), a1 AS (SELECT s||s||s||s||s||s||s||s AS s FROM a0), a2 AS (SELECT s||s||s||s||s||s||s||s AS s FROM a1), a3 AS (SELECT s||s||s||s||s||s||s||s AS s FROM a2), a4 AS (SELECT s||s||s||s||s||s||s||s AS s FROM a3), a5 AS (SELECT s||s||s||s||s||s||s||s AS s FROM a4), a6 AS (SELECT s||s||s||s||s||s||s||s AS s FROM a5), a7 AS (SELECT s||s||s||s||s||s||s||s AS s FROM a6), a8 AS (SELECT s||s||s||s||s||s||s||s AS s FROM a7), a9 AS (SELECT s||s||s||s||s||s||s||s AS s FROM a8), a10 AS (SELECT s||s||s||s||s||s||s||s AS s FROM a9), a11 AS (SELECT s||s||s||s||s||s||s||s AS s FROM a10) SELECT s FROM a11
inlined_selects: SELECT s FROM (SELECT s||s||s||s||s||s||s||s AS s FROM (SELECT s||s||s||s||s||s||s||s AS s FROM (SELECT s||s||s||s||s||s||s||s AS s FROM (SELECT s||s||s||s||s||s||s||s AS s FROM (SELECT s||s||s||s||s||s||s||s AS s FROM (SELECT s||s||s||s||s||s||s||s AS s FROM (SELECT s||s||s||s||s||s||s||s AS s FROM (SELECT s||s||s||s||s||s||s||s AS s FROM (SELECT s||s||s||s||s||s||s||s AS s FROM (SELECT s||s||s||s||s||s||s||s AS s FROM (SELECT s||s||s||s||s||s||s||s AS s FROM (SELECT code AS s FROM orders) x) x) x) x) x) x) x) x) x) x) x) x
inlined_sums: SELECT s FROM (SELECT s+s+s+s+s+s+s+s+s+s+s+s AS s FROM (SELECT s+s+s+s+s+s+s+s+s+s+s+s AS s FROM (SELECT s+s+s+s+s+s+s+s+s+s+s+s AS s FROM (SELECT s+s+s+s+s+s+s+s+s+s+s+s AS s FROM (SELECT s+s+s+s+s+s+s+s+s+s+s+s AS s FROM (SELECT s+s+s+s+s+s+s+s+s+s+s+s AS s FROM (SELECT s+s+s+s+s+s+s+s+s+s+s+s AS s FROM (SELECT s+s+s+s+s+s+s+s+s+s+s+s AS s FROM (SELECT s+s+s+s+s+s+s+s+s+s+s+s AS s FROM (SELECT s+s+s+s+s+s+s+s+s+s+s+s AS s FROM (SELECT s+s+s+s+s+s+s+s+s+s+s+s AS s FROM (SELECT total AS s FROM orders) x) x) x) x) x) x) x) x) x) x) x) x
inlined_cases: SELECT s FROM (SELECT CASE WHEN s > 1 THEN s WHEN s > 2 THEN s + s ELSE s - s END AS s FROM (SELECT CASE WHEN s > 1 THEN s WHEN s > 2 THEN s + s ELSE s - s END AS s FROM (SELECT CASE WHEN s > 1 THEN s WHEN s > 2 THEN s + s ELSE s - s END AS s FROM (SELECT CASE WHEN s > 1 THEN s WHEN s > 2 THEN s + s ELSE s - s END AS s FROM (SELECT CASE WHEN s > 1 THEN s WHEN s > 2 THEN s + s ELSE s - s END AS s FROM (SELECT CASE WHEN s > 1 THEN s WHEN s > 2 THEN s + s ELSE s - s END AS s FROM (SELECT CASE WHEN s > 1 THEN s WHEN s > 2 THEN s + s ELSE s - s END AS s FROM (SELECT CASE WHEN s > 1 THEN s WHEN s > 2 THEN s + s ELSE s - s END AS s FROM (SELECT CASE WHEN s > 1 THEN s WHEN s > 2 THEN s + s ELSE s - s END AS s FROM (SELECT CASE WHEN s > 1 THEN s WHEN s > 2 THEN s + s ELSE s - s END AS s FROM (SELECT CASE WHEN s > 1 THEN s WHEN s > 2 THEN s + s ELSE s - s END AS s FROM (SELECT CASE WHEN s > 1 THEN s WHEN s > 2 THEN s + s ELSE s - s END AS s FROM (SELECT CASE WHEN s > 1 THEN s WHEN s > 2 THEN s + s ELSE s - s END AS s FROM (SELECT CASE WHEN s > 1 THEN s WHEN s > 2 THEN s + s ELSE s - s END AS s FROM (SELECT total AS s FROM orders) x) x) x) x) x) x) x) x) x) x) x) x) x) x) x
inlined_twice: WITH a0 AS NOT MATERIALIZED (SELECT 1 AS s), a1 AS NOT MATERIALIZED (SELECT x.s + y.s AS s FROM a0 x, a0 y), a2 AS NOT MATERIALIZED (SELECT x.s + y.s AS s FROM a1 x, a1 y), a3 AS NOT MATERIALIZED (SELECT x.s + y.s AS s FROM a2 x, a2 y), a4 AS NOT MATERIALIZED (SELECT x.s + y.s AS s FROM a3 x, a3 y), a5 AS NOT MATERIALIZED (SELECT x.s + y.s AS s FROM a4 x, a4 y), a6 AS NOT MATERIALIZED (SELECT x.s + y.s AS s FROM a5 x, a5 y), a7 AS NOT MATERIALIZED (SELECT x.s + y.s AS s FROM a6 x, a6 y), a8 AS NOT MATERIALIZED (SELECT x.s + y.s AS s FROM a7 x, a7 y), a9 AS NOT MATERIALIZED (SELECT x.s + y.s AS s FROM a8 x, a8 y), a10 AS NOT MATERIALIZED (SELECT x.s + y.s AS s FROM a9 x, a9 y), a11 AS NOT MATERIALIZED (SELECT x.s + y.s AS s FROM a10 x, a10 y), a12 AS NOT MATERIALIZED (SELECT x.s + y.s AS s FROM a11 x, a11 y), a13 AS NOT MATERIALIZED (SELECT x.s + y.s AS s FROM a12 x, a12 y), a14 AS NOT MATERIALIZED (SELECT x.s + y.s AS s FROM a13 x, a13 y), a15 AS NOT MATERIALIZED (SELECT x.s + y.s AS s FROM a14 x, a14 y), a16 AS NOT MATERIALIZED (SELECT x.s + y.s AS s FROM a15 x, a15 y), a17 AS NOT MATERIALIZED (SELECT x.s + y.s AS s FROM a16 x, a16 y), a18 AS NOT MATERIALIZED (SELECT x.s + y.s AS s FROM a17 x, a17 y), a19 AS NOT MATERIALIZED (SELECT x.s + y.s AS s FROM a18 x, a18 y), a20 AS NOT MATERIALIZED (SELECT x.s + y.s AS s FROM a19 x, a19 y), a21 AS NOT MATERIALIZED (SELECT x.s + y.s AS s FROM a20 x, a20 y), a22 AS NOT MATERIALIZED (SELECT x.s + y.s AS s FROM a21 x, a21 y), a23 AS NOT MATERIALIZED (SELECT x.s + y.s AS s FROM a22 x, a22 y), a24 AS NOT MATERIALIZED (SELECT x.s + y.s AS s FROM a23 x, a23 y), a25 AS NOT MATERIALIZED (SELECT x.s + y.s AS s FROM a24 x, a24 y), a26 AS NOT MATERIALIZED (SELECT x.s + y.s AS s FROM a25 x, a25 y), a27 AS NOT MATERIALIZED (SELECT x.s + y.s AS s FROM a26 x, a26 y), a28 AS NOT MATERIALIZED (SELECT x.s + y.s AS s FROM a27 x, a27 y), a29 AS NOT MATERIALIZED (SELECT x.s + y.s AS s FROM a28 x, a28 y), a30 AS NOT MATERIALIZED (SELECT x.s + y.s AS s FROM a29 x, a29 y), a31 AS NOT MATERIALIZED (SELECT x.s + y.s AS s FROM a30 x, a30 y), a32 AS NOT MATERIALIZED (SELECT x.s + y.s AS s FROM a31 x, a31 y), a33 AS NOT MATERIALIZED (SELECT x.s + y.s AS s FROM a32 x, a32 y), a34 AS NOT MATERIALIZED (SELECT x.s + y.s AS s FROM a33 x, a33 y), a35 AS NOT MATERIALIZED (SELECT x.s + y.s AS s FROM a34 x, a34 y), a36 AS NOT MATERIALIZED (SELECT x.s + y.s AS s FROM a35 x, a35 y), a37 AS NOT MATERIALIZED (SELECT x.s + y.s AS s FROM a36 x, a36 y), a38 AS NOT MATERIALIZED (SELECT x.s + y.s AS s FROM a37 x, a37 y), a39 AS NOT MATERIALIZED (SELECT x.s + y.s AS s FROM a38 x, a38 y) SELECT s FROM a39
inlined_unions: SELECT count(*) FROM (SELECT s+s+s+s AS s FROM (SELECT s+s+s+s AS s FROM (SELECT s+s+s+s AS s FROM (SELECT s+s+s+s AS s FROM (SELECT s+s+s+s AS s FROM (SELECT s+s+s+s AS s FROM (SELECT s+s+s+s AS s FROM (SELECT s+s+s+s AS s FROM (SELECT total AS s FROM orders UNION ALL SELECT amount FROM refunds) x) x) x) x) x) x) x) x) x WHERE s > 1 AND s < 2 AND s <> 3
inlined_in_sub_selects: SELECT (SELECT max(s) FROM (SELECT s+s+s+s+s+s+s+s AS s FROM (SELECT s+s+s+s+s+s+s+s AS s FROM (SELECT s+s+s+s+s+s+s+s AS s FROM (SELECT s+s+s+s+s+s+s+s AS s FROM (SELECT s+s+s+s+s+s+s+s AS s FROM (SELECT s+s+s+s+s+s+s+s AS s FROM (SELECT s+s+s+s+s+s+s+s AS s FROM (SELECT s+s+s+s+s+s+s+s AS s FROM (SELECT s+s+s+s+s+s+s+s AS s FROM (SELECT s+s+s+s+s+s+s+s AS s FROM (SELECT o.total AS s) x) x) x) x) x) x) x) x) x) x) x) FROM orders o
rollups: SELECT count(*) FROM orders GROUP BY ROLLUP (id, code, country), ROLLUP (id, code, country), ROLLUP (id, code, country), ROLLUP (id, code, country), ROLLUP (id, code, country), ROLLUP (id, code, country)
joins: SELECT count(*) FROM orders o0 JOIN orders o1 USING (id) JOIN orders o2 USING (id) JOIN orders o3 USING (id) JOIN orders o4 USING (id) JOIN orders o5 USING (id) JOIN orders o6 USING (id) JOIN orders o7 USING (id) JOIN orders o8 USING (id) JOIN orders o9 USING (id) JOIN orders o10 USING (id) JOIN orders o11 USING (id) JOIN orders o12 USING (id) JOIN orders o13 USING (id) JOIN orders o14 USING (id) JOIN orders o15 USING (id) JOIN orders o16 USING (id) JOIN orders o17 USING (id) JOIN orders o18 USING (id) JOIN orders o19 USING (id)
window_bomb: SELECT max(s) FROM (SELECT sum(a.total) OVER (ORDER BY a.total, b.total, c.total) AS s FROM order_items a, order_items b, order_items c, order_items d) x
""")

LEGITIMATE: Final = _named(r"""
by_month: SELECT date_trunc('month', date_created) AS month, sum(total) AS sales, count(*) AS orders FROM orders WHERE is_counted GROUP BY 1 ORDER BY 1
by_month_expression: SELECT date_trunc('month', date_created), sum(total) FROM orders GROUP BY date_trunc('month', date_created) ORDER BY date_trunc('month', date_created) DESC
by_text_month: SELECT to_char(date_created, 'YYYY-MM') AS month, avg(total) FROM orders GROUP BY to_char(date_created, 'YYYY-MM') ORDER BY 1
by_weekday: SELECT extract(isodow FROM date_created) AS day, to_char(date_created, 'Dy'), count(*) FROM orders GROUP BY extract(isodow FROM date_created), 2 ORDER BY 1
by_hour_in_zone: SELECT extract(hour FROM date_created AT TIME ZONE 'Europe/Berlin') AS hour, count(*) FROM orders GROUP BY 1
by_hour_two_zones: SELECT date_part('hour', date_created AT TIME ZONE 'UTC' AT TIME ZONE 'America/New_York'), sum(total) FROM orders GROUP BY 1
last_thirty_days: SELECT count(*) FROM orders WHERE date_created >= now() - interval '30 days'
last_days_cast: SELECT sum(total) FROM orders WHERE date_created > current_date - 7
between_dates: SELECT sum(total) FROM orders WHERE date_created BETWEEN '2025-01-01' AND '2025-03-31'
same_text_as_date_and_text: SELECT count(*) FROM orders WHERE date_created::date >= '2025-01-01' AND date_created < '2026-01-01' AND coupon_used IS DISTINCT FROM '2025-01-01' AND date_created::date >= '2026-01-01'
interval_units: SELECT count(*) FROM orders WHERE date_created >= date_trunc('quarter', now()) - interval '1' month
make_interval: SELECT count(*) FROM orders WHERE date_created >= now() - make_interval(days => 14)
extract_epoch: SELECT avg(extract(epoch FROM date_paid - date_created) / 3600) AS hours FROM orders
top_products: SELECT oi.product_name, sum(oi.quantity) AS sold FROM order_items oi JOIN orders o ON o.id = oi.order_id WHERE o.is_counted AND NOT o.is_test GROUP BY oi.product_name ORDER BY sold DESC, 1 LIMIT 10
top_with_rank: SELECT * FROM (SELECT product_name, sum(total) AS sales, rank() OVER (ORDER BY sum(total) DESC) AS place FROM order_items GROUP BY product_name) x WHERE place <= 5
top_per_category: SELECT category_name, name, price FROM (SELECT p.*, row_number() OVER (PARTITION BY category_name ORDER BY price DESC NULLS LAST) AS n FROM products p) x WHERE n <= 3
dense_ntile: SELECT id, ntile(4) OVER (ORDER BY total_spent), dense_rank() OVER w, percent_rank() OVER w, cume_dist() OVER w FROM customers WINDOW w AS (ORDER BY order_count DESC)
lag_growth: WITH m AS (SELECT date_trunc('month', date_created) AS month, sum(total) AS sales FROM orders GROUP BY 1) SELECT month, sales, sales / nullif(lag(sales) OVER (ORDER BY month), 0) - 1 AS growth FROM m
lead_default: SELECT date_created, lead(date_created, 1, now()) OVER (PARTITION BY customer_id ORDER BY date_created) FROM orders
running_total: SELECT date_trunc('day', date_created) AS day, sum(sum(total)) OVER (ORDER BY date_trunc('day', date_created) ROWS UNBOUNDED PRECEDING) FROM orders GROUP BY 1
first_value: SELECT DISTINCT customer_id, first_value(total) OVER (PARTITION BY customer_id ORDER BY date_created ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) FROM orders
frame_exclude: SELECT sum(total) OVER (ORDER BY date_created RANGE BETWEEN interval '7 days' PRECEDING AND CURRENT ROW EXCLUDE CURRENT ROW) FROM orders
filter_clause: SELECT count(*) FILTER (WHERE status = 'completed') AS done, count(*) FILTER (WHERE status <> 'completed') AS open FROM orders
case_buckets: SELECT CASE WHEN total < 20 THEN 'small' WHEN total < 100 THEN 'medium' ELSE 'large' END AS size, count(*) FROM orders GROUP BY CASE WHEN total < 20 THEN 'small' WHEN total < 100 THEN 'medium' ELSE 'large' END
case_simple: SELECT CASE status WHEN 'completed' THEN 'done' ELSE 'open' END AS s, count(*) FROM orders GROUP BY 1 ORDER BY 2 DESC
width_bucket: SELECT width_bucket(total, 0, 500, 10) AS bucket, count(*) FROM orders GROUP BY 1 ORDER BY 1
median: SELECT percentile_cont(ARRAY[0.25, 0.5, 0.75]) WITHIN GROUP (ORDER BY total) FROM orders
mode: SELECT mode() WITHIN GROUP (ORDER BY payment_method) FROM orders
statistics: SELECT stddev(total), variance(total), corr(total, refunded_total), regr_slope(total, refunded_total) FROM orders
geometric_mean: SELECT exp(avg(ln(total))) FROM orders WHERE total > 0
square_root: SELECT round(sqrt(var_samp(total)), 2), power(avg(total), 2), avg(total) ^ 2, log(10) FROM orders
rollup: SELECT coalesce(country, 'all') AS country, status, sum(total) FROM orders GROUP BY ROLLUP (country, status)
grouping_sets: SELECT country, status, grouping(country, status), sum(total) FROM orders GROUP BY GROUPING SETS ((country), (status), ())
cube: SELECT country, status, count(*) FROM orders GROUP BY CUBE (country, status) HAVING count(*) > 0
having: SELECT customer_id FROM orders GROUP BY customer_id HAVING count(*) >= 2 AND max(date_created) < now() - interval '90 days'
distinct_on: SELECT DISTINCT ON (customer_id) customer_id, date_created, total FROM orders ORDER BY customer_id, date_created
count_distinct: SELECT count(DISTINCT customer_id), count(DISTINCT (customer_id, country)) FROM orders
string_agg_ordered: SELECT order_id, string_agg(DISTINCT code, ', ' ORDER BY code) FROM order_coupons GROUP BY order_id
array_agg: SELECT customer_id, (array_agg(total ORDER BY date_created DESC))[1] AS last FROM orders GROUP BY customer_id
array_agg_distinct: SELECT array_agg(DISTINCT status) FROM orders
array_to_string: SELECT array_to_string(array_agg(name ORDER BY name), ', ') FROM categories
cohort: WITH first AS (SELECT customer_id, date_trunc('month', min(date_created)) AS cohort FROM orders WHERE customer_id IS NOT NULL GROUP BY customer_id) SELECT f.cohort, extract(year FROM age(date_trunc('month', o.date_created), f.cohort)) * 12 + extract(month FROM age(date_trunc('month', o.date_created), f.cohort)) AS n, count(DISTINCT o.customer_id) FROM first f JOIN orders o USING (customer_id) GROUP BY 1, 2 ORDER BY 1, 2
new_or_returning: SELECT CASE WHEN o.date_created = c.first_order_date THEN 'new' ELSE 'returning' END AS kind, sum(o.total) FROM orders o LEFT JOIN customers c ON c.id = o.customer_id GROUP BY 1
bought_together: SELECT a.product_name, b.product_name, count(*) FROM order_items a JOIN order_items b ON a.order_id = b.order_id AND a.product_name < b.product_name GROUP BY 1, 2 ORDER BY 3 DESC LIMIT 10
never_sold: SELECT name FROM products p WHERE NOT EXISTS (SELECT FROM order_items oi WHERE oi.product_id = p.id)
left_join_null: SELECT p.name FROM products p LEFT JOIN order_items oi ON oi.product_id = p.id WHERE oi.id IS NULL
lateral_last: SELECT c.display_name, l.total FROM customers c CROSS JOIN LATERAL (SELECT total FROM orders o WHERE o.customer_id = c.id ORDER BY date_created DESC LIMIT 1) l
union_of_kinds: SELECT 'orders' AS what, count(*) FROM orders UNION ALL SELECT 'refunds', count(*) FROM refunds UNION ALL SELECT 'coupons', count(*) FROM coupons ORDER BY 1
except_and_intersect: (SELECT product_id FROM order_items EXCEPT SELECT id FROM products) UNION (SELECT product_id FROM order_items INTERSECT SELECT id FROM products)
refunds_by_day: SELECT r.date_created::date AS day, sum(r.amount - r.tax - r.shipping) FROM refunds r JOIN orders o ON o.id = r.order_id WHERE r.status = 'settled' GROUP BY 1
refunded_lines: SELECT i.product_name, sum(ri.total) FROM refund_items ri JOIN refunds r ON r.id = ri.refund_id JOIN order_items i ON i.order_id = r.order_id AND i.line_id = ri.line_id GROUP BY i.product_name
calendar: SELECT d::date AS day, coalesce(sum(o.total), 0) AS sales FROM generate_series(date_trunc('month', now()), now(), interval '1 day') AS d LEFT JOIN orders o ON o.date_created::date = d::date GROUP BY d ORDER BY d
calendar_named: SELECT g.day, count(o.id) FROM generate_series('2025-01-01'::date, '2025-01-31'::date, '1 day'::interval) AS g(day) LEFT JOIN orders o ON date_trunc('day', o.date_created) = g.day GROUP BY g.day
calendar_by_subquery: SELECT m FROM generate_series((SELECT min(date_trunc('month', date_created)) FROM orders), now(), interval '1 month') m
calendar_in_column: WITH days AS (SELECT generate_series(current_date - 6, current_date, interval '1 day') AS day) SELECT day::date FROM days
numbers: SELECT n FROM generate_series(1, 12) n
unnest_values: SELECT s, count(o.id) FROM unnest(ARRAY['completed', 'processing']) AS s LEFT JOIN orders o ON o.status = s GROUP BY s
values_list: SELECT v.label, count(o.id) FROM (VALUES ('completed', 'Done'), ('processing', 'Open')) AS v(status, label) LEFT JOIN orders o ON o.status = v.status GROUP BY v.label
any_array: SELECT count(*) FROM orders WHERE status = ANY (ARRAY['completed', 'processing'])
any_literal: SELECT count(*) FROM orders WHERE status = ANY ('{completed,processing}'::text[])
all_subquery: SELECT name FROM products WHERE price >= ALL (SELECT price FROM products WHERE price IS NOT NULL)
in_and_not_in: SELECT count(*) FROM orders WHERE country IN ('DE', 'AT', 'CH') AND status NOT IN ('cancelled', 'failed')
like: SELECT name FROM products WHERE name ILIKE '%candle%' OR sku LIKE 'A\_%' ESCAPE '\'
like_any: SELECT name FROM products WHERE name ILIKE ANY (ARRAY['%lamp%', '%candle%'])
similar: SELECT name FROM products WHERE name SIMILAR TO '%(lamp|candle)%'
regex: SELECT name FROM products WHERE name ~* '^(red|blue) ' AND name !~ '[0-9]+'
regexp_replace: SELECT regexp_replace(name, '[^a-zA-Z ]', '', 'g') FROM products
text_functions: SELECT upper(left(name, 1)) || lower(substr(name, 2)), length(name), trim(both ' ' FROM name), replace(name, '-', ' '), split_part(sku, '-', 1), initcap(name), position('a' IN name), concat_ws(' ', name, sku), reverse(sku), lpad(sku, 8, '0') FROM products
substring_from: SELECT substring(sku FROM 1 FOR 3), substring(name, 1, 5), substring(name FROM position(' ' IN name) + 1) FROM products
concatenation: SELECT name || ' (' || coalesce(sku, '-') || ')' AS label, sum(price) FROM products GROUP BY name || ' (' || coalesce(sku, '-') || ')'
number_functions: SELECT round(avg(total), 2), ceil(max(total)), floor(min(total)), abs(-1), trunc(1.5), 7 % 3, mod(7, 3), sign(-2), div(7, 2) FROM orders
casts: SELECT total::float8, total::int, '1'::numeric(12, 2), date_created::date, date_created::text, id::text, cast(total AS varchar(20)), true::int FROM orders
null_handling: SELECT coalesce(coupon_used, 'none'), nullif(status, 'x'), greatest(total, subtotal), least(total, subtotal), total IS NULL, is_guest IS NOT TRUE FROM orders
boolean_aggregates: SELECT bool_and(is_counted), bool_or(is_test), every(total > 0) FROM orders
share_of_total: SELECT country, sum(total) / sum(sum(total)) OVER () AS share FROM orders GROUP BY country
share_in_percent: SELECT round(100.0 * count(*) FILTER (WHERE refunded_total > 0) / nullif(count(*), 0), 1) AS rate FROM orders
repeat_rate: SELECT avg((n > 1)::int) FROM (SELECT customer_id, count(*) AS n FROM orders WHERE customer_id IS NOT NULL GROUP BY 1) x
default_column_names: SELECT avg(count), max(sum) FROM (SELECT customer_id, count(*), sum(total) FROM orders GROUP BY customer_id) x
days_between: SELECT avg(date_created - previous) FROM (SELECT date_created, lag(date_created) OVER (PARTITION BY customer_id ORDER BY date_created) AS previous FROM orders) x
days_of_stock: SELECT p.name, p.stock_quantity / nullif(sum(oi.quantity) / 30.0, 0) AS days FROM products p JOIN order_items oi ON oi.product_id = p.id JOIN orders o ON o.id = oi.order_id AND o.date_created > now() - interval '30 days' GROUP BY p.id, p.name, p.stock_quantity ORDER BY days NULLS LAST
variants: SELECT p.name, v.name AS variant, v.stock_quantity FROM product_variants v JOIN products p ON p.id = v.product_id WHERE v.stock_quantity <= 5
category_tree: WITH RECURSIVE tree AS (SELECT id, name, parent_id, 1 AS depth FROM categories WHERE parent_id IS NULL UNION ALL SELECT c.id, c.name, c.parent_id, t.depth + 1 FROM categories c JOIN tree t ON t.id = c.parent_id WHERE t.depth < 10) SELECT depth, count(*) FROM tree GROUP BY depth
category_tree_distinct: WITH RECURSIVE tree(id) AS (SELECT id FROM categories WHERE name = 'Candles' UNION SELECT c.id FROM categories c, tree WHERE c.parent_id = tree.id) SELECT sum(oi.total) FROM order_items oi JOIN products p ON p.id = oi.product_id WHERE p.category_id IN (SELECT id FROM tree)
recursive_days: WITH RECURSIVE d(day) AS (SELECT current_date - 6 UNION ALL SELECT day + 1 FROM d WHERE day < current_date) SELECT day, count(o.id) FROM d LEFT JOIN orders o ON o.date_created::date = day GROUP BY day ORDER BY day
recursive_beside_plain: WITH RECURSIVE o AS (SELECT * FROM orders), n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3) SELECT count(*) FROM o, n
several_ctes: WITH a AS (SELECT customer_id, sum(total) AS spent FROM orders GROUP BY 1), b AS (SELECT avg(spent) AS mean FROM a) SELECT count(*) FROM a, b WHERE a.spent > b.mean
cte_named_as_a_column: WITH total AS (SELECT sum(total) AS total FROM orders) SELECT o.country, sum(o.total) / max(total.total) FROM orders o, total GROUP BY o.country
cte_materialized: WITH big AS NOT MATERIALIZED (SELECT * FROM orders WHERE total > 100) SELECT count(*) FROM big
nested_cte: WITH outer_cte AS (WITH inner_cte AS (SELECT total FROM orders) SELECT avg(total) AS a FROM inner_cte) SELECT a FROM outer_cte
date_math: SELECT date_trunc('week', date_created) + interval '6 days', date_bin('15 minutes', date_created, timestamp '2025-01-01'), justify_days(interval '40 days'), make_date(2025, 1, 1), date '2025-02-01' - date '2025-01-01' FROM orders
overlaps: SELECT count(*) FROM orders WHERE (date_created, date_created + interval '1 day') OVERLAPS (date '2025-01-01', date '2025-02-01')
row_compare: SELECT count(*) FROM orders WHERE (status, country) IN (('completed', 'DE'), ('processing', 'FR'))
row_compare_order: SELECT count(*) FROM orders WHERE (date_created, total) > ('2025-01-01', 10)
limit_offset: SELECT id, total FROM orders ORDER BY total DESC LIMIT 10 OFFSET 20
fetch_first: SELECT id, total FROM orders ORDER BY total DESC FETCH FIRST 5 ROWS WITH TIES
star: SELECT * FROM products
star_of_alias: SELECT o.* FROM orders o ORDER BY o.date_created DESC LIMIT 5
table_form: TABLE categories
store_filter: SELECT count(*) FROM orders o JOIN stores s ON s.store_id = o.store_id WHERE o.store_id = s.id
store_settings: SELECT name, currency, time_zone, plan FROM stores
last_syncs: SELECT resource, max(completed_at) FROM sync_logs WHERE status = 'completed' GROUP BY resource
quoted: SELECT "o"."total" AS "Net sales (gross)" FROM "orders" AS "o"
upper_case: SELECT COUNT(*) FROM ORDERS WHERE STATUS = 'completed'
comments: SELECT count(*) /* all of them */ FROM orders -- really
semicolon: SELECT count(*) FROM orders;
schema_qualified: SELECT count(*) FROM insights.orders
guessed_names: SELECT coupon_code, count(*) FROM orders WHERE created_at > now() - interval '1 year' GROUP BY coupon_code
no_table: SELECT 1 AS one, 'text' AS two, NULL AS three, current_date AS today, localtimestamp
self_join: SELECT a.country, b.country FROM orders a JOIN orders b ON a.customer_id = b.customer_id AND a.id <> b.id
using_join: SELECT customer_id, display_name FROM orders JOIN (SELECT id AS customer_id, display_name FROM customers) c USING (customer_id)
full_outer: SELECT coalesce(a.code, b.code), a.usage_count, b.n FROM coupons a FULL OUTER JOIN (SELECT code, count(*) AS n FROM order_coupons GROUP BY code) b ON a.code = b.code
any_value: SELECT product_id, any_value(product_name), sum(quantity) FROM order_items GROUP BY product_id
order_by_position_and_nulls: SELECT coupon_used, sum(discount_total) FROM orders GROUP BY 1 ORDER BY 2 DESC NULLS LAST, 1 ASC
pareto: WITH p AS (SELECT product_name, sum(total) AS sales FROM order_items GROUP BY 1) SELECT product_name, sales, sum(sales) OVER (ORDER BY sales DESC) / sum(sales) OVER () AS reached FROM p ORDER BY sales DESC
rfm: SELECT id, ntile(5) OVER (ORDER BY last_order_date) AS r, ntile(5) OVER (ORDER BY order_count) AS f, ntile(5) OVER (ORDER BY total_spent) AS m FROM customers
year_on_year: SELECT extract(month FROM date_created) AS month, sum(total) FILTER (WHERE extract(year FROM date_created) = 2025) AS this, sum(total) FILTER (WHERE extract(year FROM date_created) = 2024) AS last FROM orders GROUP BY 1 ORDER BY 1
moving_average: SELECT day, avg(sales) OVER (ORDER BY day ROWS 6 PRECEDING) FROM (SELECT date_created::date AS day, sum(total) AS sales FROM orders GROUP BY 1) x
names_of_expressions: SELECT x.concat, x.total, x.max, x.case, x.coalesce, x.nullif, x.least, x.left FROM (SELECT concat('a', status), total::text, max(total), CASE WHEN true THEN 1 END, coalesce(1, 2), nullif(1, 2), least(1, 2), left(status, 2) FROM orders GROUP BY status, total) x
names_of_casts: SELECT x.date, x.text, x.numeric, x.array, x.exists, x.current_date, x.n, x.timezone FROM (SELECT '2025-01-01'::date, 'x'::text, '1'::numeric, ARRAY[1], EXISTS (SELECT 1), current_date, (SELECT count(*) AS n FROM orders), now() AT TIME ZONE 'UTC') x
names_of_values: SELECT x.column1, x.column2 FROM (VALUES (1, 2)) x
names_of_a_union: SELECT x.lower FROM (SELECT lower(name) FROM products UNION ALL SELECT sku FROM products) x
names_again: SELECT o.total, (SELECT count(*) FROM order_items o WHERE o.order_id IS NOT NULL) FROM orders o
names_of_levels: SELECT x.m FROM (SELECT x.d AS m FROM (SELECT date_trunc('day', o.date_created) AS d FROM orders o) x) x
names_of_a_star: WITH a AS (SELECT * FROM orders), b AS (SELECT a.*, 1 AS one FROM a) SELECT b.total, b.one, b.created_at FROM b
names_of_a_list: WITH a(x, y) AS (SELECT id, total FROM orders), b AS (SELECT a.x, a.y * 2 AS z FROM a) SELECT b.x, b.z, a.y FROM b JOIN a ON a.x = b.x
texts_of_any_type: SELECT concat(name, ' ', sku), concat_ws('-', name, 'new', sku), count('x'), 'a' IS NOT NULL FROM products GROUP BY concat(name, ' ', sku), concat_ws('-', name, 'new', sku)
calendar_cast_in_column: WITH days AS (SELECT generate_series(min(date_created)::date, max(date_created)::date, '1 day')::date AS day FROM orders) SELECT day, count(o.id) FROM days LEFT JOIN orders o ON o.date_created::date = day GROUP BY day
calendar_cast_without_table: SELECT generate_series('2025-01-01'::date, '2025-01-07'::date, '1 day')::date AS day
unnest_cast_in_column: SELECT unnest(ARRAY['a', 'b'])::text AS name
tax_share: SELECT country, sum(tax_total) / nullif(sum(total - tax_total), 0) FROM orders GROUP BY country
""")
