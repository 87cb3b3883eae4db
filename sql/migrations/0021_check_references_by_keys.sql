-- What a statement writes is looked up among its parents by all keys at once, which reads each page
-- of an index once. Key by key, as check_as_sets() has it, it was a twelfth of what Postgres works
-- for an order.

-- Has the references of a table that check_as_sets() has made triggers for checked so: those that
-- are one column beside store and platform, which nearly all are.
CREATE FUNCTION backshop.check_by_keys(child regclass) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    of record;
    key record;
    wrong text;
    body text := '';
BEGIN
    FOR of IN SELECT * FROM backshop.references_as_sets() AS r WHERE r.child = $1 LOOP
        SELECT count(*) FILTER (WHERE NOT u.is_shared) AS number,
            string_agg(u.own, ', ') FILTER (WHERE NOT u.is_shared) AS own,
            string_agg(u.theirs, ', ') FILTER (WHERE NOT u.is_shared) AS theirs,
            string_agg(u.own, ', ') FILTER (WHERE u.is_shared) AS shared,
            string_agg(u.own || ' = p.' || u.theirs, ' AND ') FILTER (WHERE u.is_shared) AS match
        INTO key
        FROM (
            SELECT c.own, c.theirs, c.theirs IN ('store_id', 'platform') AS is_shared
            FROM unnest(string_to_array(of.columns, ', '), string_to_array(of.keys, ', '))
                AS c (own, theirs)
        ) AS u;
        IF key.number = 1 AND key.shared IS NOT NULL THEN
            wrong := format(
                'SELECT FROM (SELECT %1$s, array_agg(DISTINCT %2$s) AS keys FROM written AS c'
                ' WHERE %3$s GROUP BY %1$s) AS c WHERE cardinality(c.keys) <> ('
                'SELECT count(*) FROM %4$s AS p WHERE %5$s AND p.%6$s = ANY (c.keys))',
                key.shared, key.own, of.are_set, of.parent, key.match, key.theirs);
        ELSE
            wrong := format(
                'SELECT FROM (SELECT DISTINCT %s FROM written AS c WHERE %s) AS c'
                ' WHERE NOT EXISTS (SELECT FROM %s AS p WHERE %s)',
                of.columns, of.are_set, of.parent, of.match);
        END IF;
        body := body || format(
            'IF EXISTS (%s) THEN RAISE foreign_key_violation'
            ' USING CONSTRAINT = %L, MESSAGE = %L; END IF; ',
            wrong, of.name, format('a row of %s points to nothing in %s', child, of.parent));
    END LOOP;
    -- By index alone: plans are kept, and one that was made for a page of thousands would read all of
    -- a store for a single row, and one of a small table all of it when it has grown.
    EXECUTE format(
        'CREATE OR REPLACE FUNCTION %s_check_references() RETURNS trigger LANGUAGE plpgsql'
        ' SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off AS %L',
        child, 'BEGIN ' || body || 'RETURN NULL; END');
END
$$;

SELECT backshop.check_by_keys(r.child)
FROM (SELECT DISTINCT s.child FROM backshop.references_as_sets() AS s) AS r;
