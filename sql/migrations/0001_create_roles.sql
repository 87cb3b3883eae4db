-- The logins, the schemas, and whose rows a transaction sees.
--
-- backshop_owner runs this file and owns what it makes; it may create roles and is no superuser.
-- The logins get their passwords from the migration runner, never from a file.

DO $$
DECLARE
    login text;
BEGIN
    FOREACH login IN ARRAY ARRAY['backshop_service', 'backshop_shopper', 'backshop_analyst'] LOOP
        -- Roles belong to the whole server: another database of it may have made them already,
        -- or may be making them at this moment.
        BEGIN
            EXECUTE format('CREATE ROLE %I LOGIN NOINHERIT', login);
        EXCEPTION WHEN duplicate_object OR unique_violation THEN
            NULL;
        END;
    END LOOP;
    EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO backshop_service, backshop_shopper, backshop_analyst',
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
    FOREACH login IN ARRAY ARRAY['backshop_service', 'backshop_shopper'] LOOP
        EXECUTE format('ALTER ROLE %I SET lock_timeout = %L', login, '10s');
        EXECUTE format('ALTER ROLE %I SET idle_in_transaction_session_timeout = %L', login, '20s');
        EXECUTE format('ALTER ROLE %I SET client_connection_check_interval = %L', login, '5s');
        EXECUTE format('ALTER ROLE %I SET tcp_keepalives_idle = %L', login, '10');
        EXECUTE format('ALTER ROLE %I SET tcp_keepalives_interval = %L', login, '5');
        EXECUTE format('ALTER ROLE %I SET tcp_keepalives_count = %L', login, '3');
    END LOOP;
    ALTER ROLE backshop_service SET statement_timeout = '5min';
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
GRANT USAGE ON SCHEMA backshop, connect, shade, insights, projects, kits TO backshop_service;

-- backshop_service: plain settings, local to the transaction. After one they read '', not NULL.

CREATE FUNCTION backshop.current_store_id() RETURNS uuid
LANGUAGE sql STABLE PARALLEL SAFE
RETURN nullif(current_setting('backshop.store_id', true), '')::uuid;

CREATE FUNCTION backshop.sees_all_stores() RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE
RETURN coalesce(current_setting('backshop.all_stores', true) = 'on', false);

GRANT EXECUTE ON FUNCTION backshop.current_store_id(), backshop.sees_all_stores()
TO backshop_service;

CREATE TABLE backshop.stores (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    store_id uuid NOT NULL GENERATED ALWAYS AS (id) STORED,
    -- NULL for a store without a shop platform, such as one that only quotes projects.
    platform varchar(50) CHECK (platform IN ('shopify', 'woocommerce', 'vendure')),
    store_url varchar(500) UNIQUE,
    -- name, time_zone (IANA), currency (ISO 4217), allowed_origins (whose pages may call from a
    -- browser), channel (Vendure's channel token), and what each context reads of its own.
    settings jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);

ALTER TABLE backshop.stores ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY owner_all ON backshop.stores TO backshop_owner USING (true) WITH CHECK (true);
CREATE POLICY service_stores ON backshop.stores TO backshop_service USING (
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

GRANT EXECUTE ON FUNCTION backshop.visible_store_ids() TO backshop_service;

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
    EXECUTE format('CREATE POLICY service_stores ON %s TO backshop_service'
        ' USING (store_id = ANY ((SELECT backshop.visible_store_ids())::uuid[]))', target);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO backshop_service', target);
END
$$;

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
