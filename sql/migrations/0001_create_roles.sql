-- The logins, the schemas, and whose rows a transaction sees.
--
-- backshop_owner runs this file and owns what it makes; it may create roles and is no superuser.
-- The logins get their passwords from the migration runner, never from a file.

DO $$
DECLARE
    login text;
BEGIN
    FOREACH login IN ARRAY ARRAY[
        'backshop_service', 'backshop_receive', 'backshop_staff', 'backshop_storefront',
        'backshop_try_on', 'backshop_shopper', 'backshop_analyst'
    ] LOOP
        -- Roles belong to the whole server: another database of it may have made them already,
        -- or may be making them at this moment.
        BEGIN
            EXECUTE format('CREATE ROLE %I LOGIN NOINHERIT', login);
        EXCEPTION WHEN duplicate_object OR unique_violation THEN
            NULL;
        END;
    END LOOP;
    EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO backshop_service, backshop_receive,'
        ' backshop_staff, backshop_storefront, backshop_try_on, backshop_shopper, backshop_analyst',
        current_database());
    -- Lists are copied into temporary tables first; nobody else needs those.
    EXECUTE format('GRANT TEMPORARY ON DATABASE %I TO backshop_service', current_database());
END
$$;

-- Nobody waits or works for ever, and what a function that died left behind ends soon: its
-- connection is found dead by keepalives, its transaction by not going on.
DO $$
DECLARE
    login text;
BEGIN
    FOREACH login IN ARRAY ARRAY[
        'backshop_service', 'backshop_receive', 'backshop_staff', 'backshop_storefront',
        'backshop_try_on', 'backshop_shopper'
    ] LOOP
        EXECUTE format('ALTER ROLE %I SET lock_timeout = %L', login, '10s');
        EXECUTE format('ALTER ROLE %I SET idle_in_transaction_session_timeout = %L', login, '20s');
        EXECUTE format('ALTER ROLE %I SET client_connection_check_interval = %L', login, '5s');
        EXECUTE format('ALTER ROLE %I SET tcp_keepalives_idle = %L', login, '10');
        EXECUTE format('ALTER ROLE %I SET tcp_keepalives_interval = %L', login, '5');
        EXECUTE format('ALTER ROLE %I SET tcp_keepalives_count = %L', login, '3');
    END LOOP;
    ALTER ROLE backshop_service SET statement_timeout = '5min';
    ALTER ROLE backshop_receive SET statement_timeout = '5s';
    ALTER ROLE backshop_staff SET statement_timeout = '1min';
    ALTER ROLE backshop_storefront SET statement_timeout = '20s';
    ALTER ROLE backshop_try_on SET statement_timeout = '20s';
    ALTER ROLE backshop_shopper SET statement_timeout = '10s';
END
$$;

REVOKE ALL ON SCHEMA public FROM PUBLIC;
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
ALTER DEFAULT PRIVILEGES REVOKE USAGE ON TYPES FROM PUBLIC;

-- The runner has made the schema backshop, which holds its ledger.
CREATE SCHEMA connect;
CREATE SCHEMA shade;
CREATE SCHEMA insights;
CREATE SCHEMA projects;
CREATE SCHEMA kits;
GRANT USAGE ON SCHEMA backshop, connect, shade, insights, projects, kits
TO backshop_service, backshop_staff, backshop_storefront;
GRANT USAGE ON SCHEMA backshop, connect TO backshop_receive, backshop_try_on;

-- The logins of functions (what each may: 0011): plain settings, local to the transaction. After one they read '', not NULL.

CREATE FUNCTION backshop.current_store_id() RETURNS uuid
LANGUAGE sql STABLE PARALLEL SAFE
RETURN nullif(current_setting('backshop.store_id', true), '')::uuid;

CREATE FUNCTION backshop.sees_all_stores() RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE
RETURN coalesce(current_setting('backshop.all_stores', true) = 'on', false);

GRANT EXECUTE ON FUNCTION backshop.current_store_id(), backshop.sees_all_stores()
TO backshop_service, backshop_receive, backshop_staff, backshop_storefront, backshop_try_on;

CREATE TABLE backshop.stores (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    store_id uuid NOT NULL GENERATED ALWAYS AS (id) STORED,
    -- NULL for a store without a shop platform, such as one that only quotes projects.
    platform varchar(50) CHECK (platform IN ('shopify', 'woocommerce', 'vendure')),
    store_url varchar(500),
    -- name, time_zone (IANA), currency (ISO 4217), allowed_origins (whose pages may call from a
    -- browser), channel (Vendure's channel token), and what each context reads of its own.
    settings jsonb NOT NULL DEFAULT '{}',
    -- A Vendure server has several shops, each with a channel of its own.
    channel text NOT NULL GENERATED ALWAYS AS (coalesce(settings ->> 'channel', '')) STORED,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (store_url, channel)
);

ALTER TABLE backshop.stores ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY owner_all ON backshop.stores TO backshop_owner USING (true) WITH CHECK (true);
CREATE POLICY service_stores ON backshop.stores
TO backshop_service, backshop_receive, backshop_staff, backshop_storefront, backshop_try_on
USING (
    id = (SELECT backshop.current_store_id()) OR (SELECT backshop.sees_all_stores())
);
GRANT SELECT, INSERT, UPDATE, DELETE ON backshop.stores TO backshop_service;

-- One list for both cases, because "this store OR all of them" could not use an index on store_id.
CREATE FUNCTION backshop.visible_store_ids() RETURNS uuid[]
LANGUAGE sql STABLE PARALLEL SAFE
RETURN CASE
    WHEN backshop.sees_all_stores() THEN ARRAY(SELECT id FROM backshop.stores)
    ELSE ARRAY[backshop.current_store_id()]
END;

GRANT EXECUTE ON FUNCTION backshop.visible_store_ids()
TO backshop_service, backshop_receive, backshop_staff, backshop_storefront, backshop_try_on;

-- Every migration that makes a table calls this for it. A partition gets the owner's policy alone
-- and is granted to nobody: it is reached through its parent, whose policies hold then.
CREATE FUNCTION backshop.protect(target regclass) RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', target);
    EXECUTE format('CREATE POLICY owner_all ON %s TO backshop_owner USING (true) WITH CHECK (true)',
        target);
    IF (SELECT relispartition FROM pg_catalog.pg_class WHERE oid = target) THEN
        RETURN;
    END IF;
    -- The sub-select is run once a statement, the setting not once a row.
    EXECUTE format('CREATE POLICY service_stores ON %s TO backshop_service, backshop_receive,'
        ' backshop_staff, backshop_storefront, backshop_try_on'
        ' USING (store_id = ANY ((SELECT backshop.visible_store_ids())::uuid[]))', target);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO backshop_service', target);
END
$$;

-- References of the tables that every sync fills are declared NOT ENFORCED, because checking them
-- row by row was a quarter of what Postgres works for an order. What they mean, as pieces of SQL:
-- `c` is a row of the child, `p` of its parent.
CREATE FUNCTION backshop.references_as_sets()
RETURNS TABLE (
    child regclass, name name, parent regclass, does_cascade boolean,
    columns text, are_set text, match text, keys text, keys_moved text
)
LANGUAGE sql STABLE
AS $$
    SELECT k.conrelid, k.conname, k.confrelid, k.confdeltype = 'c',
        string_agg(format('c.%I', a.attname), ', '),
        string_agg(format('c.%I IS NOT NULL', a.attname), ' AND '),
        string_agg(format('c.%I = p.%I', a.attname, b.attname), ' AND '),
        string_agg(format('%I', b.attname), ', '),
        string_agg(format('OLD.%1$I IS DISTINCT FROM NEW.%1$I', b.attname), ' OR ')
    FROM pg_catalog.pg_constraint AS k
    CROSS JOIN LATERAL unnest(k.conkey, k.confkey) AS u (own, theirs)
    INNER JOIN pg_catalog.pg_attribute AS a ON k.conrelid = a.attrelid AND u.own = a.attnum
    INNER JOIN pg_catalog.pg_attribute AS b ON k.confrelid = b.attrelid AND u.theirs = b.attnum
    WHERE k.contype = 'f' AND NOT k.conenforced
    GROUP BY k.oid
    ORDER BY k.conrelid::regclass::text, k.conname
$$;

-- Has them checked: a statement that writes the child fails where one of its rows points nowhere;
-- one that deletes parents fails while rows point to them, or takes those along; keys stay. What a
-- row points to is not locked: whoever saves or erases for a store holds the store's lock, and
-- backshop.orphans() counts what got by.
CREATE FUNCTION backshop.check_as_sets(child regclass) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    space text := (
        SELECT relnamespace::regnamespace::text FROM pg_catalog.pg_class WHERE oid = child
    );
    of record;
    body text := '';
    refuse text;
BEGIN
    FOR of IN SELECT * FROM backshop.references_as_sets() AS r WHERE r.child = $1 LOOP
        refuse := 'RAISE foreign_key_violation USING CONSTRAINT = %L, MESSAGE = %L;';
        body := body || format(
            'IF EXISTS (SELECT FROM (SELECT DISTINCT %s FROM written AS c WHERE %s) AS c'
            ' WHERE NOT EXISTS (SELECT FROM %s AS p WHERE %s)) THEN ' || refuse || ' END IF; ',
            of.columns, of.are_set, of.parent, of.match,
            of.name, format('a row of %s points to nothing in %s', child, of.parent));
        refuse := format(refuse, of.name, format('rows of %s point to it', child));
        EXECUTE format(
            'CREATE FUNCTION %s.%I() RETURNS trigger LANGUAGE plpgsql'
            ' SET enable_hashjoin = off SET enable_mergejoin = off AS %L',
            space, of.name || '_gone',
            CASE WHEN of.does_cascade
                THEN format('BEGIN DELETE FROM %s AS c USING gone AS p WHERE %s; RETURN NULL; END',
                    child, of.match)
                ELSE format('BEGIN IF EXISTS (SELECT FROM gone AS p INNER JOIN %s AS c ON %s)'
                    ' THEN %s END IF; RETURN NULL; END', child, of.match, refuse)
            END);
        EXECUTE format(
            'CREATE TRIGGER %I AFTER DELETE ON %s REFERENCING OLD TABLE AS gone'
            ' FOR EACH STATEMENT EXECUTE FUNCTION %s.%1$I()',
            of.name || '_gone', of.parent, space);
        EXECUTE format(
            'CREATE FUNCTION %s.%I() RETURNS trigger LANGUAGE plpgsql AS %L',
            space, of.name || '_kept',
            format('BEGIN IF EXISTS (SELECT FROM (SELECT OLD.*) AS p INNER JOIN %s AS c ON %s)'
                ' THEN %s END IF; RETURN NULL; END', child, of.match, refuse));
        EXECUTE format(
            'CREATE TRIGGER %I AFTER UPDATE OF %s ON %s FOR EACH ROW WHEN (%s)'
            ' EXECUTE FUNCTION %s.%1$I()',
            of.name || '_kept', of.keys, of.parent, of.keys_moved, space);
    END LOOP;
    -- Joins are by index alone: plans are kept, and one that was made for a page of thousands would
    -- read all of a store for a single row.
    EXECUTE format(
        'CREATE FUNCTION %s_check_references() RETURNS trigger LANGUAGE plpgsql'
        ' SET enable_hashjoin = off SET enable_mergejoin = off AS %L',
        child, 'BEGIN ' || body || 'RETURN NULL; END');
    EXECUTE format(
        'CREATE TRIGGER check_new_references AFTER INSERT ON %s REFERENCING NEW TABLE AS written'
        ' FOR EACH STATEMENT EXECUTE FUNCTION %1$s_check_references()', child);
    EXECUTE format(
        'CREATE TRIGGER check_references AFTER UPDATE ON %s REFERENCING NEW TABLE AS written'
        ' FOR EACH STATEMENT EXECUTE FUNCTION %1$s_check_references()', child);
END
$$;

-- Rows that point nowhere, of the stores that the transaction sees; none but where somebody wrote
-- past the checks above.
CREATE FUNCTION backshop.orphans() RETURNS TABLE (child text, name text, orphans bigint)
LANGUAGE plpgsql STABLE
AS $$
DECLARE
    of record;
BEGIN
    FOR of IN SELECT * FROM backshop.references_as_sets() LOOP
        RETURN QUERY EXECUTE format(
            'SELECT %L, %L, count(*) FROM %s AS c'
            ' WHERE %s AND NOT EXISTS (SELECT FROM %s AS p WHERE %s) HAVING count(*) > 0',
            of.child::text, of.name::text, of.child, of.are_set, of.parent, of.match);
    END LOOP;
END
$$;

GRANT EXECUTE ON FUNCTION backshop.orphans(), backshop.references_as_sets() TO backshop_service;

-- What MySQL calls ON UPDATE CURRENT_TIMESTAMP: a change of the row moves the time, unless the
-- statement sets a time itself.
CREATE FUNCTION backshop.touch_updated_at() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    IF NEW IS DISTINCT FROM OLD AND NEW.updated_at IS NOT DISTINCT FROM OLD.updated_at THEN
        NEW.updated_at := now();
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER touch_updated_at BEFORE UPDATE ON backshop.stores
FOR EACH ROW EXECUTE FUNCTION backshop.touch_updated_at();

-- The runner's ledger is the owner's alone.
ALTER TABLE backshop.schema_migrations ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY owner_all ON backshop.schema_migrations TO backshop_owner
USING (true) WITH CHECK (true);
