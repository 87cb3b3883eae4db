-- Forgets the transaction's store: its rows in every table, those of later migrations included,
-- children before what they refer to, and in the end the store itself. Returns how many rows went.
CREATE FUNCTION backshop.erase_store() RETURNS bigint
LANGUAGE plpgsql
AS $$
DECLARE
    store uuid := backshop.current_store_id();
    remaining oid[] := ARRAY(
        SELECT c.oid
        FROM pg_catalog.pg_class AS c
        INNER JOIN pg_catalog.pg_attribute AS a ON c.oid = a.attrelid
        WHERE c.relnamespace IN (
                'backshop'::regnamespace, 'connect'::regnamespace, 'shade'::regnamespace,
                'insights'::regnamespace, 'projects'::regnamespace, 'kits'::regnamespace
            )
            AND c.relkind IN ('r', 'p') AND NOT c.relispartition
            AND a.attname = 'store_id' AND NOT a.attisdropped
    );
    ready oid[];
    target oid;
    deleted bigint := 0;
    number bigint;
BEGIN
    IF store IS NULL THEN
        RAISE EXCEPTION 'no store is set in this transaction'
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    WHILE remaining <> '{}' LOOP
        ready := ARRAY(
            SELECT t FROM unnest(remaining) AS t
            WHERE NOT EXISTS (
                SELECT FROM pg_catalog.pg_constraint AS k
                WHERE k.contype = 'f' AND k.confrelid = t AND k.conrelid <> t
                    AND k.conrelid = ANY (remaining)
            )
        );
        IF ready = '{}' THEN
            RAISE EXCEPTION 'these tables refer to each other: %', remaining::regclass[];
        END IF;
        FOREACH target IN ARRAY ready LOOP
            -- Who erases may hold a place of the store on another connection; a lock that somebody
            -- holds stays, which is a name and nothing else.
            EXECUTE format(
                'DELETE FROM %s WHERE store_id = $1 %s', target::regclass,
                CASE WHEN target = 'backshop.locks'::regclass THEN
                    'AND name IN (SELECT l.name FROM backshop.locks AS l'
                    ' WHERE l.store_id = $1 FOR UPDATE SKIP LOCKED)'
                END
            ) USING store;
            GET DIAGNOSTICS number = ROW_COUNT;
            deleted := deleted + number;
            remaining := array_remove(remaining, target);
        END LOOP;
    END LOOP;
    RETURN deleted;
END
$$;

GRANT EXECUTE ON FUNCTION backshop.erase_store() TO backshop_service;
