-- What the planner believes of tables until the first ANALYZE has looked at them.
--
-- It knows nothing of a new table and takes a store for one of two hundred. While tables are young,
-- "the rows of this store" then looks as cheap as "the row with this key", it reads the store's
-- rows for each key, and the checks of foreign keys keep such a plan until autovacuum comes by: the
-- first sync of a store took 700 microseconds an order instead of 100. So each table starts with
-- the truth of its first days: hundreds of rows, all of one store.

DO $$
DECLARE
    target record;
BEGIN
    FOR target IN
        SELECT n.nspname::text AS schema, c.relname::text AS name
        FROM pg_catalog.pg_class AS c
        INNER JOIN pg_catalog.pg_namespace AS n ON c.relnamespace = n.oid
        INNER JOIN pg_catalog.pg_attribute AS a ON c.oid = a.attrelid
        WHERE n.nspname IN ('backshop', 'connect', 'shade', 'insights', 'kits')
            AND c.relkind = 'r' AND a.attname = 'store_id' AND c.reltuples < 0
        ORDER BY n.nspname, c.relname
    LOOP
        PERFORM pg_catalog.pg_restore_relation_stats(
            'schemaname', target.schema, 'relname', target.name,
            'relpages', 10, 'reltuples', 500::real
        );
        PERFORM pg_catalog.pg_restore_attribute_stats(
            'schemaname', target.schema, 'relname', target.name, 'attname', 'store_id',
            'inherited', false, 'null_frac', 0::real, 'avg_width', 16, 'n_distinct', 1::real
        );
    END LOOP;
END
$$;
