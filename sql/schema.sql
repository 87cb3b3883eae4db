CREATE SCHEMA backshop;

CREATE SCHEMA connect;

CREATE SCHEMA insights;

CREATE SCHEMA kits;

CREATE SCHEMA projects;

CREATE SCHEMA shade;

CREATE TYPE projects.aos_phase AS ENUM (
    'greeting',
    'credibility',
    'needs_assessment',
    'design_details',
    'close',
    'objection_handling',
    'negotiation',
    'followup'
);

CREATE TYPE projects.complexity_level AS ENUM (
    'simple',
    'moderate',
    'complex'
);

CREATE TYPE projects.contact_method AS ENUM (
    'phone',
    'email',
    'text'
);

CREATE TYPE projects.conversation_outcome AS ENUM (
    'information_gathered',
    'quote_requested',
    'order_placed',
    'follow_up_scheduled',
    'lost'
);

CREATE TYPE projects.customer_type AS ENUM (
    'diy_homeowner',
    'contractor',
    'designer',
    'builder'
);

CREATE TYPE projects.installation_method AS ENUM (
    'diy',
    'contractor',
    'designer_managed',
    'unknown'
);

CREATE TYPE projects.interaction_type AS ENUM (
    'initial_inquiry',
    'followup',
    'quote_review',
    'order_placement',
    'support'
);

CREATE TYPE projects.pattern_type AS ENUM (
    'straight_lay',
    'brick_pattern',
    'herringbone',
    'diagonal',
    'basket_weave',
    'chevron',
    'versailles',
    'pinwheel',
    'other'
);

CREATE TYPE projects.product_type AS ENUM (
    'tile',
    'trim',
    'grout',
    'adhesive',
    'underlayment',
    'sealant',
    'caulk',
    'spacers',
    'tools',
    'accessories'
);

CREATE TYPE projects.project_status AS ENUM (
    'inquiry',
    'quoted',
    'ordered',
    'in_progress',
    'completed',
    'cancelled'
);

CREATE TYPE projects.quote_status AS ENUM (
    'draft',
    'sent',
    'accepted',
    'rejected',
    'expired'
);

CREATE TYPE projects.room_type AS ENUM (
    'kitchen',
    'bathroom',
    'master_bathroom',
    'guest_bathroom',
    'powder_room',
    'laundry_room',
    'mudroom',
    'entryway',
    'living_room',
    'dining_room',
    'bedroom',
    'basement',
    'outdoor',
    'commercial',
    'other'
);

CREATE TYPE projects.selection_status AS ENUM (
    'considered',
    'selected',
    'ordered',
    'delivered'
);

CREATE TYPE projects.surface_type AS ENUM (
    'floor',
    'backsplash',
    'shower_walls',
    'shower_floor',
    'tub_surround',
    'accent_wall',
    'fireplace',
    'countertop',
    'wainscoting',
    'ceiling',
    'exterior_wall',
    'other'
);

CREATE TYPE projects.unit_of_measure AS ENUM (
    'sf',
    'box',
    'linear_ft',
    'piece',
    'bag',
    'tube',
    'gallon'
);

CREATE TYPE projects.urgency_level AS ENUM (
    'low',
    'medium',
    'high',
    'rush'
);

CREATE FUNCTION backshop.capability(kind text) RETURNS text[]
    LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
DECLARE
    held text := current_setting('backshop.capability', true);
    parts text[];
    signed bytea;
BEGIN
    IF held IS NULL OR held !~ ('^v1\.(shopper|analyst)\.[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}'
        '\.[A-Za-z0-9_-]{0,200}\.[0-9]{1,12}\.[0-9a-f]{64}$') THEN
        RETURN NULL;
    END IF;
    parts := string_to_array(held, '.');
    signed := convert_to(array_to_string(parts[1:5], '.'), 'UTF8');
    IF parts[2] <> kind
        OR parts[5]::bigint <= extract(epoch FROM clock_timestamp())
        OR NOT EXISTS (
            SELECT FROM backshop.capability_keys AS keys
            WHERE (keys.valid_until IS NULL OR keys.valid_until > clock_timestamp())
                AND sha256(sha256(keys.outer_key || sha256(keys.inner_key || signed)))
                    = sha256(decode(parts[6], 'hex'))
        ) THEN
        RETURN NULL;
    END IF;
    RETURN parts[3:4];
END
$_$;

CREATE FUNCTION backshop.analyst_store_id() RETURNS uuid
    LANGUAGE sql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    RETURN ((backshop.capability('analyst'::text))[1])::uuid;

CREATE FUNCTION backshop.check_as_sets(child regclass) RETURNS void
    LANGUAGE plpgsql
    AS $_$
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
$_$;

CREATE FUNCTION backshop.check_by_keys(child regclass) RETURNS void
    LANGUAGE plpgsql
    AS $_$
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
$_$;

CREATE FUNCTION backshop.current_store_id() RETURNS uuid
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN (NULLIF(current_setting('backshop.store_id'::text, true), ''::text))::uuid;

CREATE FUNCTION backshop.erase_store() RETURNS bigint
    LANGUAGE plpgsql
    AS $_$
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
$_$;

CREATE FUNCTION backshop.lock(lock_name text, wait boolean) RETURNS void
    LANGUAGE plpgsql
    AS $$
DECLARE
    store uuid := backshop.current_store_id();
BEGIN
    LOOP
        IF wait THEN
            PERFORM FROM backshop.locks AS l
            WHERE l.store_id = store AND l.name = lock_name FOR UPDATE;
        ELSE
            PERFORM FROM backshop.locks AS l
            WHERE l.store_id = store AND l.name = lock_name FOR UPDATE NOWAIT;
        END IF;
        EXIT WHEN FOUND;
        INSERT INTO backshop.locks (store_id, name) VALUES (store, lock_name)
        ON CONFLICT DO NOTHING;
    END LOOP;
END
$$;

CREATE FUNCTION backshop.masked_key(key bytea, mask integer) RETURNS bytea
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
    AS $$
DECLARE
    masked bytea := CASE WHEN octet_length(key) > 64 THEN sha256(key) ELSE key END;
BEGIN
    masked := masked || decode(repeat('00', 64 - octet_length(masked)), 'hex');
    FOR place IN 0..63 LOOP
        masked := set_byte(masked, place, get_byte(masked, place) # mask);
    END LOOP;
    RETURN masked;
END
$$;

CREATE FUNCTION backshop.orphans() RETURNS TABLE(child text, name text, orphans bigint)
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

CREATE TABLE backshop.record_versions (
    store_id uuid NOT NULL,
    kind character varying(50) NOT NULL,
    external_id character varying(255) NOT NULL,
    rank smallint DEFAULT 0 NOT NULL,
    changed_at timestamp with time zone NOT NULL,
    observed_at timestamp with time zone NOT NULL,
    deleted boolean DEFAULT false NOT NULL,
    digest bytea
)
WITH (fillfactor='75');

ALTER TABLE ONLY backshop.record_versions FORCE ROW LEVEL SECURITY;

CREATE FUNCTION backshop.read_anew() RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    BEGIN ATOMIC
 UPDATE backshop.record_versions r SET digest = '\x'::bytea
   WHERE ((r.store_id = backshop.current_store_id()) AND (NOT r.deleted));
END;

CREATE FUNCTION backshop.references_as_sets() RETURNS TABLE(child regclass, name name, parent regclass, does_cascade boolean, columns text, are_set text, match text, keys text, keys_moved text)
    LANGUAGE sql STABLE
    AS $_$
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
$_$;

CREATE FUNCTION backshop.sees_all_stores() RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN COALESCE((current_setting('backshop.all_stores'::text, true) = 'on'::text), false);

CREATE FUNCTION backshop.set_capability_key(key bytea) RETURNS void
    LANGUAGE plpgsql
    AS $$
DECLARE
    kept integer;
BEGIN
    INSERT INTO backshop.capability_keys (inner_key, outer_key)
    VALUES (backshop.masked_key(key, 54), backshop.masked_key(key, 92))
    ON CONFLICT (inner_key) DO UPDATE SET valid_until = NULL
    RETURNING id INTO kept;
    UPDATE backshop.capability_keys SET valid_until = now() + interval '1 hour'
    WHERE id <> kept AND valid_until IS NULL;
    DELETE FROM backshop.capability_keys WHERE valid_until < now();
END
$$;

CREATE FUNCTION backshop.shopper_phone() RETURNS text
    LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
    subject text := translate((backshop.capability('shopper'))[2], '-_', '+/');
BEGIN
    RETURN nullif(convert_from(
        decode(rpad(subject, (length(subject) + 3) / 4 * 4, '='), 'base64'), 'UTF8'), '');
END
$$;

CREATE FUNCTION backshop.shopper_store_id() RETURNS uuid
    LANGUAGE sql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    RETURN ((backshop.capability('shopper'::text))[1])::uuid;

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

CREATE TABLE backshop.stores (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    store_id uuid GENERATED ALWAYS AS (id) STORED NOT NULL,
    platform character varying(50),
    store_url character varying(500),
    settings jsonb DEFAULT '{}'::jsonb NOT NULL,
    channel text GENERATED ALWAYS AS (COALESCE((settings ->> 'channel'::text), ''::text)) STORED NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT stores_platform_check CHECK (((platform)::text = ANY ((ARRAY['shopify'::character varying, 'woocommerce'::character varying, 'vendure'::character varying])::text[])))
);

ALTER TABLE ONLY backshop.stores FORCE ROW LEVEL SECURITY;

CREATE FUNCTION backshop.visible_store_ids() RETURNS uuid[]
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN CASE WHEN backshop.sees_all_stores() THEN ARRAY(SELECT stores.id FROM backshop.stores) ELSE ARRAY[backshop.current_store_id()] END;

CREATE FUNCTION connect.keep_try_on() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF NOT coalesce(NEW.metadata, '{}') ? 'try_on' THEN
        NEW.metadata := coalesce(NEW.metadata, '{}')
            || jsonb_build_object('try_on', OLD.metadata -> 'try_on');
    END IF;
    RETURN NEW;
END
$$;

CREATE FUNCTION connect.order_item_check_references() RETURNS trigger
    LANGUAGE plpgsql
    SET enable_hashjoin TO 'off'
    SET enable_mergejoin TO 'off'
    SET enable_seqscan TO 'off'
    AS $$BEGIN IF EXISTS (SELECT FROM (SELECT c.store_id, c.platform, array_agg(DISTINCT c.order_id) AS keys FROM written AS c WHERE c.store_id IS NOT NULL AND c.order_id IS NOT NULL AND c.platform IS NOT NULL GROUP BY c.store_id, c.platform) AS c WHERE cardinality(c.keys) <> (SELECT count(*) FROM connect.platform_order AS p WHERE c.store_id = p.store_id AND c.platform = p.platform AND p.order_id = ANY (c.keys))) THEN RAISE foreign_key_violation USING CONSTRAINT = 'order_item_store_id_order_id_platform_fkey', MESSAGE = 'a row of connect.order_item points to nothing in connect.platform_order'; END IF; RETURN NULL; END$$;

CREATE FUNCTION connect.order_item_store_id_order_id_platform_fkey_gone() RETURNS trigger
    LANGUAGE plpgsql
    SET enable_hashjoin TO 'off'
    SET enable_mergejoin TO 'off'
    AS $$BEGIN IF EXISTS (SELECT FROM gone AS p INNER JOIN connect.order_item AS c ON c.store_id = p.store_id AND c.order_id = p.order_id AND c.platform = p.platform) THEN RAISE foreign_key_violation USING CONSTRAINT = 'order_item_store_id_order_id_platform_fkey', MESSAGE = 'rows of connect.order_item point to it'; END IF; RETURN NULL; END$$;

CREATE FUNCTION connect.order_item_store_id_order_id_platform_fkey_kept() RETURNS trigger
    LANGUAGE plpgsql
    AS $$BEGIN IF EXISTS (SELECT FROM (SELECT OLD.*) AS p INNER JOIN connect.order_item AS c ON c.store_id = p.store_id AND c.order_id = p.order_id AND c.platform = p.platform) THEN RAISE foreign_key_violation USING CONSTRAINT = 'order_item_store_id_order_id_platform_fkey', MESSAGE = 'rows of connect.order_item point to it'; END IF; RETURN NULL; END$$;

CREATE FUNCTION connect.orphan_try_on_session() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    NEW.is_orphaned := true;
    RETURN NEW;
END
$$;

CREATE FUNCTION connect.platform_customer_check_references() RETURNS trigger
    LANGUAGE plpgsql
    SET enable_hashjoin TO 'off'
    SET enable_mergejoin TO 'off'
    SET enable_seqscan TO 'off'
    AS $$BEGIN IF EXISTS (SELECT FROM (SELECT DISTINCT c.store_id FROM written AS c WHERE c.store_id IS NOT NULL) AS c WHERE NOT EXISTS (SELECT FROM backshop.stores AS p WHERE c.store_id = p.id)) THEN RAISE foreign_key_violation USING CONSTRAINT = 'platform_customer_store_id_fkey', MESSAGE = 'a row of connect.platform_customer points to nothing in backshop.stores'; END IF; RETURN NULL; END$$;

CREATE FUNCTION connect.platform_customer_store_id_fkey_gone() RETURNS trigger
    LANGUAGE plpgsql
    SET enable_hashjoin TO 'off'
    SET enable_mergejoin TO 'off'
    AS $$BEGIN IF EXISTS (SELECT FROM gone AS p INNER JOIN connect.platform_customer AS c ON c.store_id = p.id) THEN RAISE foreign_key_violation USING CONSTRAINT = 'platform_customer_store_id_fkey', MESSAGE = 'rows of connect.platform_customer point to it'; END IF; RETURN NULL; END$$;

CREATE FUNCTION connect.platform_customer_store_id_fkey_kept() RETURNS trigger
    LANGUAGE plpgsql
    AS $$BEGIN IF EXISTS (SELECT FROM (SELECT OLD.*) AS p INNER JOIN connect.platform_customer AS c ON c.store_id = p.id) THEN RAISE foreign_key_violation USING CONSTRAINT = 'platform_customer_store_id_fkey', MESSAGE = 'rows of connect.platform_customer point to it'; END IF; RETURN NULL; END$$;

CREATE FUNCTION connect.platform_order_check_references() RETURNS trigger
    LANGUAGE plpgsql
    SET enable_hashjoin TO 'off'
    SET enable_mergejoin TO 'off'
    SET enable_seqscan TO 'off'
    AS $$BEGIN IF EXISTS (SELECT FROM (SELECT c.store_id, c.platform, array_agg(DISTINCT c.customer_id) AS keys FROM written AS c WHERE c.store_id IS NOT NULL AND c.platform IS NOT NULL AND c.customer_id IS NOT NULL GROUP BY c.store_id, c.platform) AS c WHERE cardinality(c.keys) <> (SELECT count(*) FROM connect.platform_customer AS p WHERE c.store_id = p.store_id AND c.platform = p.platform AND p.customer_id = ANY (c.keys))) THEN RAISE foreign_key_violation USING CONSTRAINT = 'platform_order_store_id_customer_id_platform_fkey', MESSAGE = 'a row of connect.platform_order points to nothing in connect.platform_customer'; END IF; IF EXISTS (SELECT FROM (SELECT DISTINCT c.store_id FROM written AS c WHERE c.store_id IS NOT NULL) AS c WHERE NOT EXISTS (SELECT FROM backshop.stores AS p WHERE c.store_id = p.id)) THEN RAISE foreign_key_violation USING CONSTRAINT = 'platform_order_store_id_fkey', MESSAGE = 'a row of connect.platform_order points to nothing in backshop.stores'; END IF; RETURN NULL; END$$;

CREATE FUNCTION connect.platform_order_store_id_customer_id_platform_fkey_gone() RETURNS trigger
    LANGUAGE plpgsql
    SET enable_hashjoin TO 'off'
    SET enable_mergejoin TO 'off'
    AS $$BEGIN IF EXISTS (SELECT FROM gone AS p INNER JOIN connect.platform_order AS c ON c.store_id = p.store_id AND c.platform = p.platform AND c.customer_id = p.customer_id) THEN RAISE foreign_key_violation USING CONSTRAINT = 'platform_order_store_id_customer_id_platform_fkey', MESSAGE = 'rows of connect.platform_order point to it'; END IF; RETURN NULL; END$$;

CREATE FUNCTION connect.platform_order_store_id_customer_id_platform_fkey_kept() RETURNS trigger
    LANGUAGE plpgsql
    AS $$BEGIN IF EXISTS (SELECT FROM (SELECT OLD.*) AS p INNER JOIN connect.platform_order AS c ON c.store_id = p.store_id AND c.platform = p.platform AND c.customer_id = p.customer_id) THEN RAISE foreign_key_violation USING CONSTRAINT = 'platform_order_store_id_customer_id_platform_fkey', MESSAGE = 'rows of connect.platform_order point to it'; END IF; RETURN NULL; END$$;

CREATE FUNCTION connect.platform_order_store_id_fkey_gone() RETURNS trigger
    LANGUAGE plpgsql
    SET enable_hashjoin TO 'off'
    SET enable_mergejoin TO 'off'
    AS $$BEGIN IF EXISTS (SELECT FROM gone AS p INNER JOIN connect.platform_order AS c ON c.store_id = p.id) THEN RAISE foreign_key_violation USING CONSTRAINT = 'platform_order_store_id_fkey', MESSAGE = 'rows of connect.platform_order point to it'; END IF; RETURN NULL; END$$;

CREATE FUNCTION connect.platform_order_store_id_fkey_kept() RETURNS trigger
    LANGUAGE plpgsql
    AS $$BEGIN IF EXISTS (SELECT FROM (SELECT OLD.*) AS p INNER JOIN connect.platform_order AS c ON c.store_id = p.id) THEN RAISE foreign_key_violation USING CONSTRAINT = 'platform_order_store_id_fkey', MESSAGE = 'rows of connect.platform_order point to it'; END IF; RETURN NULL; END$$;

CREATE FUNCTION connect.platform_product_check_references() RETURNS trigger
    LANGUAGE plpgsql
    SET enable_hashjoin TO 'off'
    SET enable_mergejoin TO 'off'
    SET enable_seqscan TO 'off'
    AS $$BEGIN IF EXISTS (SELECT FROM (SELECT DISTINCT c.store_id FROM written AS c WHERE c.store_id IS NOT NULL) AS c WHERE NOT EXISTS (SELECT FROM backshop.stores AS p WHERE c.store_id = p.id)) THEN RAISE foreign_key_violation USING CONSTRAINT = 'platform_product_store_id_fkey', MESSAGE = 'a row of connect.platform_product points to nothing in backshop.stores'; END IF; RETURN NULL; END$$;

CREATE FUNCTION connect.platform_product_store_id_fkey_gone() RETURNS trigger
    LANGUAGE plpgsql
    SET enable_hashjoin TO 'off'
    SET enable_mergejoin TO 'off'
    AS $$BEGIN IF EXISTS (SELECT FROM gone AS p INNER JOIN connect.platform_product AS c ON c.store_id = p.id) THEN RAISE foreign_key_violation USING CONSTRAINT = 'platform_product_store_id_fkey', MESSAGE = 'rows of connect.platform_product point to it'; END IF; RETURN NULL; END$$;

CREATE FUNCTION connect.platform_product_store_id_fkey_kept() RETURNS trigger
    LANGUAGE plpgsql
    AS $$BEGIN IF EXISTS (SELECT FROM (SELECT OLD.*) AS p INNER JOIN connect.platform_product AS c ON c.store_id = p.id) THEN RAISE foreign_key_violation USING CONSTRAINT = 'platform_product_store_id_fkey', MESSAGE = 'rows of connect.platform_product point to it'; END IF; RETURN NULL; END$$;

CREATE TABLE connect.connector_config (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    store_id uuid NOT NULL,
    platform character varying(50) NOT NULL,
    api_key text NOT NULL,
    secret text NOT NULL,
    store_url character varying(255) NOT NULL,
    sync_interval integer DEFAULT 300 NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    webhook_secret text,
    webhook_secret_previous text,
    webhook_secret_previous_until timestamp with time zone,
    status character varying(20) DEFAULT 'active'::character varying NOT NULL,
    connected_at timestamp with time zone DEFAULT now() NOT NULL,
    shop_domain character varying(255),
    erasure_asked_at timestamp with time zone,
    paused_at timestamp with time zone,
    CONSTRAINT connector_config_check CHECK ((store_id = id)),
    CONSTRAINT connector_config_platform_check CHECK (((platform)::text = ANY ((ARRAY['shopify'::character varying, 'woocommerce'::character varying, 'vendure'::character varying])::text[]))),
    CONSTRAINT connector_config_status_check CHECK (((status)::text = ANY ((ARRAY['active'::character varying, 'uninstalled'::character varying, 'erased'::character varying])::text[]))),
    CONSTRAINT connector_config_sync_interval_check CHECK ((sync_interval > 0))
);

ALTER TABLE ONLY connect.connector_config FORCE ROW LEVEL SECURITY;

CREATE FUNCTION connect.stores_of_shop(domain text) RETURNS SETOF uuid
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    BEGIN ATOMIC
 SELECT c.id
    FROM connect.connector_config c
   WHERE ((c.shop_domain)::text = lower(stores_of_shop.domain))
   ORDER BY c.id;
END;

CREATE FUNCTION connect.take_shop_domain() RETURNS trigger
    LANGUAGE plpgsql
    AS $_$
BEGIN
    IF NEW.platform = 'shopify' THEN
        NEW.shop_domain := coalesce(
            substring(lower(NEW.store_url) FROM '^https://([a-z0-9][a-z0-9-]*[.]myshopify[.]com)/?$'),
            NEW.shop_domain
        );
    END IF;
    RETURN NEW;
END
$_$;

CREATE FUNCTION connect.with_consents(held jsonb, told jsonb, seen_at timestamp with time zone) RETURNS jsonb
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN (held || COALESCE((SELECT jsonb_object_agg(t.channel, CASE WHEN ((((with_consents.held -> t.channel) ->> 'at'::text))::timestamp with time zone > ((t.said ->> 'at'::text))::timestamp with time zone) THEN (with_consents.held -> t.channel) WHEN ((t.said ->> 'at'::text) IS NOT NULL) THEN t.said WHEN (((with_consents.held -> t.channel) -> 'given'::text) = (t.said -> 'given'::text)) THEN (with_consents.held -> t.channel) ELSE (t.said || jsonb_build_object('at', with_consents.seen_at)) END) AS jsonb_object_agg FROM jsonb_each(with_consents.told) t(channel, said)), '{}'::jsonb));

CREATE FUNCTION insights.append_item(items anyarray, item anynonarray) RETURNS anyarray
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    AS $$
BEGIN
    IF cardinality(items) >= 1000 THEN
        RAISE program_limit_exceeded USING MESSAGE = 'array_agg makes an array of up to 1000 items';
    END IF;
    RETURN array_append(items, item);
END
$$;

CREATE FUNCTION insights.append_text(joined text, item text, delimiter text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    AS $$
BEGIN
    IF item IS NULL THEN
        RETURN joined;
    END IF;
    IF octet_length(concat(joined, delimiter)) + octet_length(item) > 65536 THEN
        RAISE program_limit_exceeded USING MESSAGE = 'string_agg makes a text of up to 64 kB';
    END IF;
    RETURN CASE WHEN joined IS NULL THEN item ELSE joined || coalesce(delimiter, '') || item END;
END
$$;

CREATE FUNCTION insights.categories_check_references() RETURNS trigger
    LANGUAGE plpgsql
    SET enable_hashjoin TO 'off'
    SET enable_mergejoin TO 'off'
    SET enable_seqscan TO 'off'
    AS $$BEGIN IF EXISTS (SELECT FROM (SELECT DISTINCT c.store_id FROM written AS c WHERE c.store_id IS NOT NULL) AS c WHERE NOT EXISTS (SELECT FROM insights.stores AS p WHERE c.store_id = p.id)) THEN RAISE foreign_key_violation USING CONSTRAINT = 'categories_store_id_fkey', MESSAGE = 'a row of insights.categories points to nothing in insights.stores'; END IF; IF EXISTS (SELECT FROM (SELECT c.store_id, array_agg(DISTINCT c.parent_id) AS keys FROM written AS c WHERE c.parent_id IS NOT NULL AND c.store_id IS NOT NULL GROUP BY c.store_id) AS c WHERE cardinality(c.keys) <> (SELECT count(*) FROM insights.categories AS p WHERE c.store_id = p.store_id AND p.id = ANY (c.keys))) THEN RAISE foreign_key_violation USING CONSTRAINT = 'categories_store_id_parent_id_fkey', MESSAGE = 'a row of insights.categories points to nothing in insights.categories'; END IF; RETURN NULL; END$$;

CREATE FUNCTION insights.categories_store_id_fkey_gone() RETURNS trigger
    LANGUAGE plpgsql
    SET enable_hashjoin TO 'off'
    SET enable_mergejoin TO 'off'
    AS $$BEGIN IF EXISTS (SELECT FROM gone AS p INNER JOIN insights.categories AS c ON c.store_id = p.id) THEN RAISE foreign_key_violation USING CONSTRAINT = 'categories_store_id_fkey', MESSAGE = 'rows of insights.categories point to it'; END IF; RETURN NULL; END$$;

CREATE FUNCTION insights.categories_store_id_fkey_kept() RETURNS trigger
    LANGUAGE plpgsql
    AS $$BEGIN IF EXISTS (SELECT FROM (SELECT OLD.*) AS p INNER JOIN insights.categories AS c ON c.store_id = p.id) THEN RAISE foreign_key_violation USING CONSTRAINT = 'categories_store_id_fkey', MESSAGE = 'rows of insights.categories point to it'; END IF; RETURN NULL; END$$;

CREATE FUNCTION insights.categories_store_id_parent_id_fkey_gone() RETURNS trigger
    LANGUAGE plpgsql
    SET enable_hashjoin TO 'off'
    SET enable_mergejoin TO 'off'
    AS $$BEGIN IF EXISTS (SELECT FROM gone AS p INNER JOIN insights.categories AS c ON c.parent_id = p.id AND c.store_id = p.store_id) THEN RAISE foreign_key_violation USING CONSTRAINT = 'categories_store_id_parent_id_fkey', MESSAGE = 'rows of insights.categories point to it'; END IF; RETURN NULL; END$$;

CREATE FUNCTION insights.categories_store_id_parent_id_fkey_kept() RETURNS trigger
    LANGUAGE plpgsql
    AS $$BEGIN IF EXISTS (SELECT FROM (SELECT OLD.*) AS p INNER JOIN insights.categories AS c ON c.parent_id = p.id AND c.store_id = p.store_id) THEN RAISE foreign_key_violation USING CONSTRAINT = 'categories_store_id_parent_id_fkey', MESSAGE = 'rows of insights.categories point to it'; END IF; RETURN NULL; END$$;

CREATE FUNCTION insights.coupons_check_references() RETURNS trigger
    LANGUAGE plpgsql
    SET enable_hashjoin TO 'off'
    SET enable_mergejoin TO 'off'
    SET enable_seqscan TO 'off'
    AS $$BEGIN IF EXISTS (SELECT FROM (SELECT DISTINCT c.store_id FROM written AS c WHERE c.store_id IS NOT NULL) AS c WHERE NOT EXISTS (SELECT FROM insights.stores AS p WHERE c.store_id = p.id)) THEN RAISE foreign_key_violation USING CONSTRAINT = 'coupons_store_id_fkey', MESSAGE = 'a row of insights.coupons points to nothing in insights.stores'; END IF; RETURN NULL; END$$;

CREATE FUNCTION insights.coupons_store_id_fkey_gone() RETURNS trigger
    LANGUAGE plpgsql
    SET enable_hashjoin TO 'off'
    SET enable_mergejoin TO 'off'
    AS $$BEGIN IF EXISTS (SELECT FROM gone AS p INNER JOIN insights.coupons AS c ON c.store_id = p.id) THEN RAISE foreign_key_violation USING CONSTRAINT = 'coupons_store_id_fkey', MESSAGE = 'rows of insights.coupons point to it'; END IF; RETURN NULL; END$$;

CREATE FUNCTION insights.coupons_store_id_fkey_kept() RETURNS trigger
    LANGUAGE plpgsql
    AS $$BEGIN IF EXISTS (SELECT FROM (SELECT OLD.*) AS p INNER JOIN insights.coupons AS c ON c.store_id = p.id) THEN RAISE foreign_key_violation USING CONSTRAINT = 'coupons_store_id_fkey', MESSAGE = 'rows of insights.coupons point to it'; END IF; RETURN NULL; END$$;

CREATE FUNCTION insights.customer_months_check_references() RETURNS trigger
    LANGUAGE plpgsql
    SET enable_hashjoin TO 'off'
    SET enable_mergejoin TO 'off'
    SET enable_seqscan TO 'off'
    AS $$BEGIN IF EXISTS (SELECT FROM (SELECT DISTINCT c.store_id FROM written AS c WHERE c.store_id IS NOT NULL) AS c WHERE NOT EXISTS (SELECT FROM insights.stores AS p WHERE c.store_id = p.id)) THEN RAISE foreign_key_violation USING CONSTRAINT = 'customer_months_store_id_fkey', MESSAGE = 'a row of insights.customer_months points to nothing in insights.stores'; END IF; RETURN NULL; END$$;

CREATE FUNCTION insights.customer_months_store_id_fkey_gone() RETURNS trigger
    LANGUAGE plpgsql
    SET enable_hashjoin TO 'off'
    SET enable_mergejoin TO 'off'
    AS $$BEGIN IF EXISTS (SELECT FROM gone AS p INNER JOIN insights.customer_months AS c ON c.store_id = p.id) THEN RAISE foreign_key_violation USING CONSTRAINT = 'customer_months_store_id_fkey', MESSAGE = 'rows of insights.customer_months point to it'; END IF; RETURN NULL; END$$;

CREATE FUNCTION insights.customer_months_store_id_fkey_kept() RETURNS trigger
    LANGUAGE plpgsql
    AS $$BEGIN IF EXISTS (SELECT FROM (SELECT OLD.*) AS p INNER JOIN insights.customer_months AS c ON c.store_id = p.id) THEN RAISE foreign_key_violation USING CONSTRAINT = 'customer_months_store_id_fkey', MESSAGE = 'rows of insights.customer_months point to it'; END IF; RETURN NULL; END$$;

CREATE FUNCTION insights.customers_check_references() RETURNS trigger
    LANGUAGE plpgsql
    SET enable_hashjoin TO 'off'
    SET enable_mergejoin TO 'off'
    SET enable_seqscan TO 'off'
    AS $$BEGIN IF EXISTS (SELECT FROM (SELECT DISTINCT c.store_id FROM written AS c WHERE c.store_id IS NOT NULL) AS c WHERE NOT EXISTS (SELECT FROM insights.stores AS p WHERE c.store_id = p.id)) THEN RAISE foreign_key_violation USING CONSTRAINT = 'customers_store_id_fkey', MESSAGE = 'a row of insights.customers points to nothing in insights.stores'; END IF; RETURN NULL; END$$;

CREATE FUNCTION insights.customers_store_id_fkey_gone() RETURNS trigger
    LANGUAGE plpgsql
    SET enable_hashjoin TO 'off'
    SET enable_mergejoin TO 'off'
    AS $$BEGIN IF EXISTS (SELECT FROM gone AS p INNER JOIN insights.customers AS c ON c.store_id = p.id) THEN RAISE foreign_key_violation USING CONSTRAINT = 'customers_store_id_fkey', MESSAGE = 'rows of insights.customers point to it'; END IF; RETURN NULL; END$$;

CREATE FUNCTION insights.customers_store_id_fkey_kept() RETURNS trigger
    LANGUAGE plpgsql
    AS $$BEGIN IF EXISTS (SELECT FROM (SELECT OLD.*) AS p INNER JOIN insights.customers AS c ON c.store_id = p.id) THEN RAISE foreign_key_violation USING CONSTRAINT = 'customers_store_id_fkey', MESSAGE = 'rows of insights.customers point to it'; END IF; RETURN NULL; END$$;

CREATE FUNCTION insights.daily_sales_check_references() RETURNS trigger
    LANGUAGE plpgsql
    SET enable_hashjoin TO 'off'
    SET enable_mergejoin TO 'off'
    SET enable_seqscan TO 'off'
    AS $$BEGIN IF EXISTS (SELECT FROM (SELECT DISTINCT c.store_id FROM written AS c WHERE c.store_id IS NOT NULL) AS c WHERE NOT EXISTS (SELECT FROM insights.stores AS p WHERE c.store_id = p.id)) THEN RAISE foreign_key_violation USING CONSTRAINT = 'daily_sales_store_id_fkey', MESSAGE = 'a row of insights.daily_sales points to nothing in insights.stores'; END IF; RETURN NULL; END$$;

CREATE FUNCTION insights.daily_sales_store_id_fkey_gone() RETURNS trigger
    LANGUAGE plpgsql
    SET enable_hashjoin TO 'off'
    SET enable_mergejoin TO 'off'
    AS $$BEGIN IF EXISTS (SELECT FROM gone AS p INNER JOIN insights.daily_sales AS c ON c.store_id = p.id) THEN RAISE foreign_key_violation USING CONSTRAINT = 'daily_sales_store_id_fkey', MESSAGE = 'rows of insights.daily_sales point to it'; END IF; RETURN NULL; END$$;

CREATE FUNCTION insights.daily_sales_store_id_fkey_kept() RETURNS trigger
    LANGUAGE plpgsql
    AS $$BEGIN IF EXISTS (SELECT FROM (SELECT OLD.*) AS p INNER JOIN insights.daily_sales AS c ON c.store_id = p.id) THEN RAISE foreign_key_violation USING CONSTRAINT = 'daily_sales_store_id_fkey', MESSAGE = 'rows of insights.daily_sales point to it'; END IF; RETURN NULL; END$$;

CREATE FUNCTION insights.monthly_customers_check_references() RETURNS trigger
    LANGUAGE plpgsql
    SET enable_hashjoin TO 'off'
    SET enable_mergejoin TO 'off'
    SET enable_seqscan TO 'off'
    AS $$BEGIN IF EXISTS (SELECT FROM (SELECT DISTINCT c.store_id FROM written AS c WHERE c.store_id IS NOT NULL) AS c WHERE NOT EXISTS (SELECT FROM insights.stores AS p WHERE c.store_id = p.id)) THEN RAISE foreign_key_violation USING CONSTRAINT = 'monthly_customers_store_id_fkey', MESSAGE = 'a row of insights.monthly_customers points to nothing in insights.stores'; END IF; RETURN NULL; END$$;

CREATE FUNCTION insights.monthly_customers_store_id_fkey_gone() RETURNS trigger
    LANGUAGE plpgsql
    SET enable_hashjoin TO 'off'
    SET enable_mergejoin TO 'off'
    AS $$BEGIN IF EXISTS (SELECT FROM gone AS p INNER JOIN insights.monthly_customers AS c ON c.store_id = p.id) THEN RAISE foreign_key_violation USING CONSTRAINT = 'monthly_customers_store_id_fkey', MESSAGE = 'rows of insights.monthly_customers point to it'; END IF; RETURN NULL; END$$;

CREATE FUNCTION insights.monthly_customers_store_id_fkey_kept() RETURNS trigger
    LANGUAGE plpgsql
    AS $$BEGIN IF EXISTS (SELECT FROM (SELECT OLD.*) AS p INNER JOIN insights.monthly_customers AS c ON c.store_id = p.id) THEN RAISE foreign_key_violation USING CONSTRAINT = 'monthly_customers_store_id_fkey', MESSAGE = 'rows of insights.monthly_customers point to it'; END IF; RETURN NULL; END$$;

CREATE FUNCTION insights.order_coupons_check_references() RETURNS trigger
    LANGUAGE plpgsql
    SET enable_hashjoin TO 'off'
    SET enable_mergejoin TO 'off'
    SET enable_seqscan TO 'off'
    AS $$BEGIN IF EXISTS (SELECT FROM (SELECT c.store_id, array_agg(DISTINCT c.order_id) AS keys FROM written AS c WHERE c.order_id IS NOT NULL AND c.store_id IS NOT NULL GROUP BY c.store_id) AS c WHERE cardinality(c.keys) <> (SELECT count(*) FROM insights.orders AS p WHERE c.store_id = p.store_id AND p.id = ANY (c.keys))) THEN RAISE foreign_key_violation USING CONSTRAINT = 'order_coupons_store_id_order_id_fkey', MESSAGE = 'a row of insights.order_coupons points to nothing in insights.orders'; END IF; RETURN NULL; END$$;

CREATE FUNCTION insights.order_coupons_store_id_order_id_fkey_gone() RETURNS trigger
    LANGUAGE plpgsql
    SET enable_hashjoin TO 'off'
    SET enable_mergejoin TO 'off'
    AS $$BEGIN DELETE FROM insights.order_coupons AS c USING gone AS p WHERE c.order_id = p.id AND c.store_id = p.store_id; RETURN NULL; END$$;

CREATE FUNCTION insights.order_coupons_store_id_order_id_fkey_kept() RETURNS trigger
    LANGUAGE plpgsql
    AS $$BEGIN IF EXISTS (SELECT FROM (SELECT OLD.*) AS p INNER JOIN insights.order_coupons AS c ON c.order_id = p.id AND c.store_id = p.store_id) THEN RAISE foreign_key_violation USING CONSTRAINT = 'order_coupons_store_id_order_id_fkey', MESSAGE = 'rows of insights.order_coupons point to it'; END IF; RETURN NULL; END$$;

CREATE FUNCTION insights.order_items_check_references() RETURNS trigger
    LANGUAGE plpgsql
    SET enable_hashjoin TO 'off'
    SET enable_mergejoin TO 'off'
    SET enable_seqscan TO 'off'
    AS $$BEGIN IF EXISTS (SELECT FROM (SELECT DISTINCT c.store_id FROM written AS c WHERE c.store_id IS NOT NULL) AS c WHERE NOT EXISTS (SELECT FROM insights.stores AS p WHERE c.store_id = p.id)) THEN RAISE foreign_key_violation USING CONSTRAINT = 'order_items_store_id_fkey', MESSAGE = 'a row of insights.order_items points to nothing in insights.stores'; END IF; IF EXISTS (SELECT FROM (SELECT c.store_id, array_agg(DISTINCT c.order_id) AS keys FROM written AS c WHERE c.order_id IS NOT NULL AND c.store_id IS NOT NULL GROUP BY c.store_id) AS c WHERE cardinality(c.keys) <> (SELECT count(*) FROM insights.orders AS p WHERE c.store_id = p.store_id AND p.id = ANY (c.keys))) THEN RAISE foreign_key_violation USING CONSTRAINT = 'order_items_store_id_order_id_fkey', MESSAGE = 'a row of insights.order_items points to nothing in insights.orders'; END IF; IF EXISTS (SELECT FROM (SELECT c.store_id, array_agg(DISTINCT c.product_id) AS keys FROM written AS c WHERE c.product_id IS NOT NULL AND c.store_id IS NOT NULL GROUP BY c.store_id) AS c WHERE cardinality(c.keys) <> (SELECT count(*) FROM insights.products AS p WHERE c.store_id = p.store_id AND p.id = ANY (c.keys))) THEN RAISE foreign_key_violation USING CONSTRAINT = 'order_items_store_id_product_id_fkey', MESSAGE = 'a row of insights.order_items points to nothing in insights.products'; END IF; RETURN NULL; END$$;

CREATE FUNCTION insights.order_items_store_id_fkey_gone() RETURNS trigger
    LANGUAGE plpgsql
    SET enable_hashjoin TO 'off'
    SET enable_mergejoin TO 'off'
    AS $$BEGIN IF EXISTS (SELECT FROM gone AS p INNER JOIN insights.order_items AS c ON c.store_id = p.id) THEN RAISE foreign_key_violation USING CONSTRAINT = 'order_items_store_id_fkey', MESSAGE = 'rows of insights.order_items point to it'; END IF; RETURN NULL; END$$;

CREATE FUNCTION insights.order_items_store_id_fkey_kept() RETURNS trigger
    LANGUAGE plpgsql
    AS $$BEGIN IF EXISTS (SELECT FROM (SELECT OLD.*) AS p INNER JOIN insights.order_items AS c ON c.store_id = p.id) THEN RAISE foreign_key_violation USING CONSTRAINT = 'order_items_store_id_fkey', MESSAGE = 'rows of insights.order_items point to it'; END IF; RETURN NULL; END$$;

CREATE FUNCTION insights.order_items_store_id_order_id_fkey_gone() RETURNS trigger
    LANGUAGE plpgsql
    SET enable_hashjoin TO 'off'
    SET enable_mergejoin TO 'off'
    AS $$BEGIN DELETE FROM insights.order_items AS c USING gone AS p WHERE c.order_id = p.id AND c.store_id = p.store_id; RETURN NULL; END$$;

CREATE FUNCTION insights.order_items_store_id_order_id_fkey_kept() RETURNS trigger
    LANGUAGE plpgsql
    AS $$BEGIN IF EXISTS (SELECT FROM (SELECT OLD.*) AS p INNER JOIN insights.order_items AS c ON c.order_id = p.id AND c.store_id = p.store_id) THEN RAISE foreign_key_violation USING CONSTRAINT = 'order_items_store_id_order_id_fkey', MESSAGE = 'rows of insights.order_items point to it'; END IF; RETURN NULL; END$$;

CREATE FUNCTION insights.order_items_store_id_product_id_fkey_gone() RETURNS trigger
    LANGUAGE plpgsql
    SET enable_hashjoin TO 'off'
    SET enable_mergejoin TO 'off'
    AS $$BEGIN IF EXISTS (SELECT FROM gone AS p INNER JOIN insights.order_items AS c ON c.product_id = p.id AND c.store_id = p.store_id) THEN RAISE foreign_key_violation USING CONSTRAINT = 'order_items_store_id_product_id_fkey', MESSAGE = 'rows of insights.order_items point to it'; END IF; RETURN NULL; END$$;

CREATE FUNCTION insights.order_items_store_id_product_id_fkey_kept() RETURNS trigger
    LANGUAGE plpgsql
    AS $$BEGIN IF EXISTS (SELECT FROM (SELECT OLD.*) AS p INNER JOIN insights.order_items AS c ON c.product_id = p.id AND c.store_id = p.store_id) THEN RAISE foreign_key_violation USING CONSTRAINT = 'order_items_store_id_product_id_fkey', MESSAGE = 'rows of insights.order_items point to it'; END IF; RETURN NULL; END$$;

CREATE FUNCTION insights.orders_check_references() RETURNS trigger
    LANGUAGE plpgsql
    SET enable_hashjoin TO 'off'
    SET enable_mergejoin TO 'off'
    SET enable_seqscan TO 'off'
    AS $$BEGIN IF EXISTS (SELECT FROM (SELECT c.store_id, array_agg(DISTINCT c.customer_id) AS keys FROM written AS c WHERE c.customer_id IS NOT NULL AND c.store_id IS NOT NULL GROUP BY c.store_id) AS c WHERE cardinality(c.keys) <> (SELECT count(*) FROM insights.customers AS p WHERE c.store_id = p.store_id AND p.id = ANY (c.keys))) THEN RAISE foreign_key_violation USING CONSTRAINT = 'orders_store_id_customer_id_fkey', MESSAGE = 'a row of insights.orders points to nothing in insights.customers'; END IF; IF EXISTS (SELECT FROM (SELECT DISTINCT c.store_id FROM written AS c WHERE c.store_id IS NOT NULL) AS c WHERE NOT EXISTS (SELECT FROM insights.stores AS p WHERE c.store_id = p.id)) THEN RAISE foreign_key_violation USING CONSTRAINT = 'orders_store_id_fkey', MESSAGE = 'a row of insights.orders points to nothing in insights.stores'; END IF; RETURN NULL; END$$;

CREATE FUNCTION insights.orders_store_id_customer_id_fkey_gone() RETURNS trigger
    LANGUAGE plpgsql
    SET enable_hashjoin TO 'off'
    SET enable_mergejoin TO 'off'
    AS $$BEGIN IF EXISTS (SELECT FROM gone AS p INNER JOIN insights.orders AS c ON c.customer_id = p.id AND c.store_id = p.store_id) THEN RAISE foreign_key_violation USING CONSTRAINT = 'orders_store_id_customer_id_fkey', MESSAGE = 'rows of insights.orders point to it'; END IF; RETURN NULL; END$$;

CREATE FUNCTION insights.orders_store_id_customer_id_fkey_kept() RETURNS trigger
    LANGUAGE plpgsql
    AS $$BEGIN IF EXISTS (SELECT FROM (SELECT OLD.*) AS p INNER JOIN insights.orders AS c ON c.customer_id = p.id AND c.store_id = p.store_id) THEN RAISE foreign_key_violation USING CONSTRAINT = 'orders_store_id_customer_id_fkey', MESSAGE = 'rows of insights.orders point to it'; END IF; RETURN NULL; END$$;

CREATE FUNCTION insights.orders_store_id_fkey_gone() RETURNS trigger
    LANGUAGE plpgsql
    SET enable_hashjoin TO 'off'
    SET enable_mergejoin TO 'off'
    AS $$BEGIN IF EXISTS (SELECT FROM gone AS p INNER JOIN insights.orders AS c ON c.store_id = p.id) THEN RAISE foreign_key_violation USING CONSTRAINT = 'orders_store_id_fkey', MESSAGE = 'rows of insights.orders point to it'; END IF; RETURN NULL; END$$;

CREATE FUNCTION insights.orders_store_id_fkey_kept() RETURNS trigger
    LANGUAGE plpgsql
    AS $$BEGIN IF EXISTS (SELECT FROM (SELECT OLD.*) AS p INNER JOIN insights.orders AS c ON c.store_id = p.id) THEN RAISE foreign_key_violation USING CONSTRAINT = 'orders_store_id_fkey', MESSAGE = 'rows of insights.orders point to it'; END IF; RETURN NULL; END$$;

CREATE FUNCTION insights.product_days_check_references() RETURNS trigger
    LANGUAGE plpgsql
    SET enable_hashjoin TO 'off'
    SET enable_mergejoin TO 'off'
    SET enable_seqscan TO 'off'
    AS $$BEGIN IF EXISTS (SELECT FROM (SELECT DISTINCT c.store_id FROM written AS c WHERE c.store_id IS NOT NULL) AS c WHERE NOT EXISTS (SELECT FROM insights.stores AS p WHERE c.store_id = p.id)) THEN RAISE foreign_key_violation USING CONSTRAINT = 'product_days_store_id_fkey', MESSAGE = 'a row of insights.product_days points to nothing in insights.stores'; END IF; RETURN NULL; END$$;

CREATE FUNCTION insights.product_days_store_id_fkey_gone() RETURNS trigger
    LANGUAGE plpgsql
    SET enable_hashjoin TO 'off'
    SET enable_mergejoin TO 'off'
    AS $$BEGIN IF EXISTS (SELECT FROM gone AS p INNER JOIN insights.product_days AS c ON c.store_id = p.id) THEN RAISE foreign_key_violation USING CONSTRAINT = 'product_days_store_id_fkey', MESSAGE = 'rows of insights.product_days point to it'; END IF; RETURN NULL; END$$;

CREATE FUNCTION insights.product_days_store_id_fkey_kept() RETURNS trigger
    LANGUAGE plpgsql
    AS $$BEGIN IF EXISTS (SELECT FROM (SELECT OLD.*) AS p INNER JOIN insights.product_days AS c ON c.store_id = p.id) THEN RAISE foreign_key_violation USING CONSTRAINT = 'product_days_store_id_fkey', MESSAGE = 'rows of insights.product_days point to it'; END IF; RETURN NULL; END$$;

CREATE FUNCTION insights.product_months_check_references() RETURNS trigger
    LANGUAGE plpgsql
    SET enable_hashjoin TO 'off'
    SET enable_mergejoin TO 'off'
    SET enable_seqscan TO 'off'
    AS $$BEGIN IF EXISTS (SELECT FROM (SELECT DISTINCT c.store_id FROM written AS c WHERE c.store_id IS NOT NULL) AS c WHERE NOT EXISTS (SELECT FROM insights.stores AS p WHERE c.store_id = p.id)) THEN RAISE foreign_key_violation USING CONSTRAINT = 'product_months_store_id_fkey', MESSAGE = 'a row of insights.product_months points to nothing in insights.stores'; END IF; RETURN NULL; END$$;

CREATE FUNCTION insights.product_months_store_id_fkey_gone() RETURNS trigger
    LANGUAGE plpgsql
    SET enable_hashjoin TO 'off'
    SET enable_mergejoin TO 'off'
    AS $$BEGIN IF EXISTS (SELECT FROM gone AS p INNER JOIN insights.product_months AS c ON c.store_id = p.id) THEN RAISE foreign_key_violation USING CONSTRAINT = 'product_months_store_id_fkey', MESSAGE = 'rows of insights.product_months point to it'; END IF; RETURN NULL; END$$;

CREATE FUNCTION insights.product_months_store_id_fkey_kept() RETURNS trigger
    LANGUAGE plpgsql
    AS $$BEGIN IF EXISTS (SELECT FROM (SELECT OLD.*) AS p INNER JOIN insights.product_months AS c ON c.store_id = p.id) THEN RAISE foreign_key_violation USING CONSTRAINT = 'product_months_store_id_fkey', MESSAGE = 'rows of insights.product_months point to it'; END IF; RETURN NULL; END$$;

CREATE FUNCTION insights.product_variants_check_references() RETURNS trigger
    LANGUAGE plpgsql
    SET enable_hashjoin TO 'off'
    SET enable_mergejoin TO 'off'
    SET enable_seqscan TO 'off'
    AS $$BEGIN IF EXISTS (SELECT FROM (SELECT c.store_id, array_agg(DISTINCT c.product_id) AS keys FROM written AS c WHERE c.product_id IS NOT NULL AND c.store_id IS NOT NULL GROUP BY c.store_id) AS c WHERE cardinality(c.keys) <> (SELECT count(*) FROM insights.products AS p WHERE c.store_id = p.store_id AND p.id = ANY (c.keys))) THEN RAISE foreign_key_violation USING CONSTRAINT = 'product_variants_store_id_product_id_fkey', MESSAGE = 'a row of insights.product_variants points to nothing in insights.products'; END IF; RETURN NULL; END$$;

CREATE FUNCTION insights.product_variants_store_id_product_id_fkey_gone() RETURNS trigger
    LANGUAGE plpgsql
    SET enable_hashjoin TO 'off'
    SET enable_mergejoin TO 'off'
    AS $$BEGIN DELETE FROM insights.product_variants AS c USING gone AS p WHERE c.product_id = p.id AND c.store_id = p.store_id; RETURN NULL; END$$;

CREATE FUNCTION insights.product_variants_store_id_product_id_fkey_kept() RETURNS trigger
    LANGUAGE plpgsql
    AS $$BEGIN IF EXISTS (SELECT FROM (SELECT OLD.*) AS p INNER JOIN insights.product_variants AS c ON c.product_id = p.id AND c.store_id = p.store_id) THEN RAISE foreign_key_violation USING CONSTRAINT = 'product_variants_store_id_product_id_fkey', MESSAGE = 'rows of insights.product_variants point to it'; END IF; RETURN NULL; END$$;

CREATE FUNCTION insights.products_check_references() RETURNS trigger
    LANGUAGE plpgsql
    SET enable_hashjoin TO 'off'
    SET enable_mergejoin TO 'off'
    SET enable_seqscan TO 'off'
    AS $$BEGIN IF EXISTS (SELECT FROM (SELECT c.store_id, array_agg(DISTINCT c.category_id) AS keys FROM written AS c WHERE c.category_id IS NOT NULL AND c.store_id IS NOT NULL GROUP BY c.store_id) AS c WHERE cardinality(c.keys) <> (SELECT count(*) FROM insights.categories AS p WHERE c.store_id = p.store_id AND p.id = ANY (c.keys))) THEN RAISE foreign_key_violation USING CONSTRAINT = 'products_store_id_category_id_fkey', MESSAGE = 'a row of insights.products points to nothing in insights.categories'; END IF; IF EXISTS (SELECT FROM (SELECT DISTINCT c.store_id FROM written AS c WHERE c.store_id IS NOT NULL) AS c WHERE NOT EXISTS (SELECT FROM insights.stores AS p WHERE c.store_id = p.id)) THEN RAISE foreign_key_violation USING CONSTRAINT = 'products_store_id_fkey', MESSAGE = 'a row of insights.products points to nothing in insights.stores'; END IF; RETURN NULL; END$$;

CREATE FUNCTION insights.products_store_id_category_id_fkey_gone() RETURNS trigger
    LANGUAGE plpgsql
    SET enable_hashjoin TO 'off'
    SET enable_mergejoin TO 'off'
    AS $$BEGIN IF EXISTS (SELECT FROM gone AS p INNER JOIN insights.products AS c ON c.category_id = p.id AND c.store_id = p.store_id) THEN RAISE foreign_key_violation USING CONSTRAINT = 'products_store_id_category_id_fkey', MESSAGE = 'rows of insights.products point to it'; END IF; RETURN NULL; END$$;

CREATE FUNCTION insights.products_store_id_category_id_fkey_kept() RETURNS trigger
    LANGUAGE plpgsql
    AS $$BEGIN IF EXISTS (SELECT FROM (SELECT OLD.*) AS p INNER JOIN insights.products AS c ON c.category_id = p.id AND c.store_id = p.store_id) THEN RAISE foreign_key_violation USING CONSTRAINT = 'products_store_id_category_id_fkey', MESSAGE = 'rows of insights.products point to it'; END IF; RETURN NULL; END$$;

CREATE FUNCTION insights.products_store_id_fkey_gone() RETURNS trigger
    LANGUAGE plpgsql
    SET enable_hashjoin TO 'off'
    SET enable_mergejoin TO 'off'
    AS $$BEGIN IF EXISTS (SELECT FROM gone AS p INNER JOIN insights.products AS c ON c.store_id = p.id) THEN RAISE foreign_key_violation USING CONSTRAINT = 'products_store_id_fkey', MESSAGE = 'rows of insights.products point to it'; END IF; RETURN NULL; END$$;

CREATE FUNCTION insights.products_store_id_fkey_kept() RETURNS trigger
    LANGUAGE plpgsql
    AS $$BEGIN IF EXISTS (SELECT FROM (SELECT OLD.*) AS p INNER JOIN insights.products AS c ON c.store_id = p.id) THEN RAISE foreign_key_violation USING CONSTRAINT = 'products_store_id_fkey', MESSAGE = 'rows of insights.products point to it'; END IF; RETURN NULL; END$$;

CREATE FUNCTION insights.refund_items_check_references() RETURNS trigger
    LANGUAGE plpgsql
    SET enable_hashjoin TO 'off'
    SET enable_mergejoin TO 'off'
    SET enable_seqscan TO 'off'
    AS $$BEGIN IF EXISTS (SELECT FROM (SELECT c.store_id, array_agg(DISTINCT c.refund_id) AS keys FROM written AS c WHERE c.refund_id IS NOT NULL AND c.store_id IS NOT NULL GROUP BY c.store_id) AS c WHERE cardinality(c.keys) <> (SELECT count(*) FROM insights.refunds AS p WHERE c.store_id = p.store_id AND p.id = ANY (c.keys))) THEN RAISE foreign_key_violation USING CONSTRAINT = 'refund_items_store_id_refund_id_fkey', MESSAGE = 'a row of insights.refund_items points to nothing in insights.refunds'; END IF; RETURN NULL; END$$;

CREATE FUNCTION insights.refund_items_store_id_refund_id_fkey_gone() RETURNS trigger
    LANGUAGE plpgsql
    SET enable_hashjoin TO 'off'
    SET enable_mergejoin TO 'off'
    AS $$BEGIN DELETE FROM insights.refund_items AS c USING gone AS p WHERE c.refund_id = p.id AND c.store_id = p.store_id; RETURN NULL; END$$;

CREATE FUNCTION insights.refund_items_store_id_refund_id_fkey_kept() RETURNS trigger
    LANGUAGE plpgsql
    AS $$BEGIN IF EXISTS (SELECT FROM (SELECT OLD.*) AS p INNER JOIN insights.refund_items AS c ON c.refund_id = p.id AND c.store_id = p.store_id) THEN RAISE foreign_key_violation USING CONSTRAINT = 'refund_items_store_id_refund_id_fkey', MESSAGE = 'rows of insights.refund_items point to it'; END IF; RETURN NULL; END$$;

CREATE FUNCTION insights.refunds_check_references() RETURNS trigger
    LANGUAGE plpgsql
    SET enable_hashjoin TO 'off'
    SET enable_mergejoin TO 'off'
    SET enable_seqscan TO 'off'
    AS $$BEGIN IF EXISTS (SELECT FROM (SELECT DISTINCT c.store_id FROM written AS c WHERE c.store_id IS NOT NULL) AS c WHERE NOT EXISTS (SELECT FROM insights.stores AS p WHERE c.store_id = p.id)) THEN RAISE foreign_key_violation USING CONSTRAINT = 'refunds_store_id_fkey', MESSAGE = 'a row of insights.refunds points to nothing in insights.stores'; END IF; IF EXISTS (SELECT FROM (SELECT c.store_id, array_agg(DISTINCT c.order_id) AS keys FROM written AS c WHERE c.order_id IS NOT NULL AND c.store_id IS NOT NULL GROUP BY c.store_id) AS c WHERE cardinality(c.keys) <> (SELECT count(*) FROM insights.orders AS p WHERE c.store_id = p.store_id AND p.id = ANY (c.keys))) THEN RAISE foreign_key_violation USING CONSTRAINT = 'refunds_store_id_order_id_fkey', MESSAGE = 'a row of insights.refunds points to nothing in insights.orders'; END IF; RETURN NULL; END$$;

CREATE FUNCTION insights.refunds_store_id_fkey_gone() RETURNS trigger
    LANGUAGE plpgsql
    SET enable_hashjoin TO 'off'
    SET enable_mergejoin TO 'off'
    AS $$BEGIN IF EXISTS (SELECT FROM gone AS p INNER JOIN insights.refunds AS c ON c.store_id = p.id) THEN RAISE foreign_key_violation USING CONSTRAINT = 'refunds_store_id_fkey', MESSAGE = 'rows of insights.refunds point to it'; END IF; RETURN NULL; END$$;

CREATE FUNCTION insights.refunds_store_id_fkey_kept() RETURNS trigger
    LANGUAGE plpgsql
    AS $$BEGIN IF EXISTS (SELECT FROM (SELECT OLD.*) AS p INNER JOIN insights.refunds AS c ON c.store_id = p.id) THEN RAISE foreign_key_violation USING CONSTRAINT = 'refunds_store_id_fkey', MESSAGE = 'rows of insights.refunds point to it'; END IF; RETURN NULL; END$$;

CREATE FUNCTION insights.refunds_store_id_order_id_fkey_gone() RETURNS trigger
    LANGUAGE plpgsql
    SET enable_hashjoin TO 'off'
    SET enable_mergejoin TO 'off'
    AS $$BEGIN DELETE FROM insights.refunds AS c USING gone AS p WHERE c.order_id = p.id AND c.store_id = p.store_id; RETURN NULL; END$$;

CREATE FUNCTION insights.refunds_store_id_order_id_fkey_kept() RETURNS trigger
    LANGUAGE plpgsql
    AS $$BEGIN IF EXISTS (SELECT FROM (SELECT OLD.*) AS p INNER JOIN insights.refunds AS c ON c.order_id = p.id AND c.store_id = p.store_id) THEN RAISE foreign_key_violation USING CONSTRAINT = 'refunds_store_id_order_id_fkey', MESSAGE = 'rows of insights.refunds point to it'; END IF; RETURN NULL; END$$;

CREATE FUNCTION kits.assign_orders(batch_uuid uuid, order_ids text[], assigned_by text) RETURNS SETOF text
    LANGUAGE plpgsql
    AS $_$
#variable_conflict use_column
DECLARE
    store uuid := kits.require_store();
    taken text[];
    batch kits.import_batches;
BEGIN
    PERFORM FROM kits.customer_orders_summary AS o
    WHERE o.store_id = store AND o.vendure_order_id = ANY (order_ids)
    ORDER BY o.vendure_order_id FOR NO KEY UPDATE;
    SELECT b.* INTO batch FROM kits.import_batches AS b
    WHERE b.store_id = store AND b.id = batch_uuid FOR NO KEY UPDATE;
    IF NOT FOUND OR batch.status <> 'collecting' THEN
        RETURN;
    END IF;
    WITH inserted AS (
        INSERT INTO kits.order_batch_assignments (store_id, vendure_order_id, batch_id, assigned_by)
        SELECT store, o.vendure_order_id, batch_uuid, $3
        FROM kits.customer_orders_summary AS o
        WHERE o.store_id = store AND o.vendure_order_id = ANY (order_ids)
            AND NOT o.is_cancelled AND o.delivery_stage = 'ORDER_CONFIRMED' AND o.batch_id IS NULL
        ON CONFLICT (store_id, vendure_order_id) DO NOTHING
        RETURNING vendure_order_id
    )
    SELECT array_agg(i.vendure_order_id) INTO taken FROM inserted AS i;
    IF taken IS NULL THEN
        RETURN;
    END IF;
    UPDATE kits.customer_orders_summary AS o SET batch_id = batch_uuid
    WHERE o.store_id = store AND o.vendure_order_id = ANY (taken);
    UPDATE kits.import_batches AS b SET order_count = b.order_count + cardinality(taken)
    WHERE b.store_id = store AND b.id = batch_uuid;
    IF batch.order_count + cardinality(taken) >= batch.target_order_count THEN
        PERFORM FROM kits.export_supplier_purchase_list(batch_uuid);
    END IF;
    RETURN QUERY SELECT unnest(taken);
END
$_$;

CREATE FUNCTION kits.assign_orders_to_open_batch(order_ids text[]) RETURNS SETOF text
    LANGUAGE sql
    AS $$
    SELECT kits.return_to_batches(order_ids);
    INSERT INTO kits.order_places AS p (
        store_id, vendure_order_id, batch_id, batch_status, assigned_at, assigned_by
    )
    SELECT o.store_id, o.vendure_order_id, b.id, b.status, clock_timestamp(), 'automatic'
    FROM kits.import_batches AS b
    INNER JOIN kits.customer_orders_summary AS o
        ON b.store_id = o.store_id AND b.created_at <= o.order_date
    WHERE b.store_id = kits.require_store() AND b.auto_assign AND b.status = 'collecting'
        AND o.vendure_order_id = ANY (order_ids) AND o.batch_id IS NULL
        AND o.is_cancelled AND NOT o.keep_unbatched AND o.delivery_stage = 'ORDER_CONFIRMED'
    ON CONFLICT (store_id, vendure_order_id) DO NOTHING;
    SELECT kits.assign_orders(b.id, array_agg(o.vendure_order_id), 'automatic')
    FROM kits.import_batches AS b
    INNER JOIN kits.customer_orders_summary AS o
        ON b.store_id = o.store_id AND b.created_at <= o.order_date
    WHERE b.store_id = kits.require_store() AND b.auto_assign AND b.status = 'collecting'
        AND o.vendure_order_id = ANY (order_ids) AND o.batch_id IS NULL
        AND NOT o.is_cancelled AND NOT o.keep_unbatched
    GROUP BY b.id
$$;

CREATE FUNCTION kits.cleanup_expired_otps() RETURNS integer
    LANGUAGE plpgsql
    AS $$
DECLARE
    deleted integer;
BEGIN
    DELETE FROM kits.otp_limits
    WHERE last_taken < now() - interval '1 day' AND store_id = ANY (backshop.visible_store_ids());
    DELETE FROM kits.otp_spending
    WHERE day < current_date - 60 AND store_id = ANY (backshop.visible_store_ids());
    PERFORM kits.forget_otp_counts();
    DELETE FROM kits.otp_sessions
    WHERE expires_at < now() AND store_id = ANY (backshop.visible_store_ids());
    GET DIAGNOSTICS deleted = ROW_COUNT;
    RETURN deleted;
END
$$;

CREATE FUNCTION kits.drop_cancelled_orders() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
DECLARE
    cancelled text[] := ARRAY(
        SELECT vendure_order_id FROM changed WHERE is_cancelled AND batch_id IS NOT NULL
    );
BEGIN
    IF cardinality(cancelled) > 0 THEN
        PERFORM kits.keep_places(cancelled);
        PERFORM kits.unassign_orders(cancelled);
    END IF;
    RETURN NULL;
END
$$;

CREATE TABLE kits.supplier_purchase_lists (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    store_id uuid NOT NULL,
    batch_id uuid NOT NULL,
    product_sku character varying(100),
    variant_sku character varying(100),
    product_name character varying(500),
    variant_name character varying(500),
    quantity integer NOT NULL,
    patch_enabled boolean DEFAULT false NOT NULL,
    patch_type character varying(100),
    print_name character varying(100),
    print_number character varying(20),
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT supplier_purchase_lists_quantity_check CHECK ((quantity > 0))
);

ALTER TABLE ONLY kits.supplier_purchase_lists FORCE ROW LEVEL SECURITY;

CREATE FUNCTION kits.export_supplier_purchase_list(batch_uuid uuid) RETURNS SETOF kits.supplier_purchase_lists
    LANGUAGE plpgsql
    AS $$
DECLARE
    store uuid := kits.require_store();
BEGIN
    PERFORM FROM kits.import_batches WHERE store_id = store AND id = batch_uuid FOR NO KEY UPDATE;
    DELETE FROM kits.supplier_purchase_lists WHERE store_id = store AND batch_id = batch_uuid;
    RETURN QUERY
    INSERT INTO kits.supplier_purchase_lists (
        store_id, batch_id, product_sku, variant_sku, product_name, variant_name, quantity,
        patch_enabled, patch_type, print_name, print_number
    )
    SELECT store, batch_uuid, i.product_sku, i.variant_sku, min(i.product_name),
        min(i.variant_name), sum(i.quantity), i.patch_enabled, i.patch_type, i.print_name,
        i.print_number
    FROM kits.order_batch_assignments AS a
    INNER JOIN kits.customer_orders_summary AS o
        ON a.store_id = o.store_id AND a.vendure_order_id = o.vendure_order_id
    INNER JOIN kits.customer_order_items AS i
        ON o.store_id = i.store_id AND o.id = i.order_summary_id
    WHERE a.store_id = store AND a.batch_id = batch_uuid AND NOT o.is_cancelled
    GROUP BY i.product_sku, i.variant_sku, i.patch_enabled, i.patch_type, i.print_name,
        i.print_number
    HAVING sum(i.quantity) > 0
    RETURNING *;
END
$$;

CREATE TABLE kits.otp_days (
    day date NOT NULL,
    sends integer NOT NULL,
    CONSTRAINT otp_days_sends_check CHECK ((sends >= 0))
);

ALTER TABLE ONLY kits.otp_days FORCE ROW LEVEL SECURITY;

CREATE TABLE kits.otp_phones (
    phone_hash bytea NOT NULL,
    last_taken timestamp with time zone NOT NULL
);

ALTER TABLE ONLY kits.otp_phones FORCE ROW LEVEL SECURITY;

CREATE FUNCTION kits.forget_otp_counts() RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    BEGIN ATOMIC
 DELETE FROM kits.otp_phones p
   WHERE (p.last_taken < (now() - '1 day'::interval));
 DELETE FROM kits.otp_days d
   WHERE (d.day < (CURRENT_DATE - 60));
END;

CREATE FUNCTION kits.generate_batch_number() RETURNS text
    LANGUAGE plpgsql
    AS $$
DECLARE
    today date := (clock_timestamp() AT TIME ZONE 'UTC')::date;
    number integer;
BEGIN
    INSERT INTO kits.batch_number_counters AS c (store_id, day, last_number)
    VALUES (kits.require_store(), today, 1)
    ON CONFLICT (store_id, day) DO UPDATE SET last_number = c.last_number + 1
    RETURNING c.last_number INTO number;
    RETURN to_char(today, 'YYYYMMDD') || '-'
        || lpad(number::text, greatest(4, length(number::text)), '0');
END
$$;

CREATE FUNCTION kits.get_batch_statistics(batch_uuid uuid) RETURNS TABLE(batch_id uuid, batch_number text, status text, target_order_count integer, order_count bigint, cancelled_count bigint, item_count bigint, total_value jsonb, orders_by_stage jsonb, completion_percentage numeric, delivered_percentage numeric)
    LANGUAGE sql STABLE
    AS $$
    WITH batch AS (
        SELECT * FROM kits.import_batches
        WHERE store_id = kits.require_store() AND id = batch_uuid
    ),
    members AS (
        SELECT o.id, o.store_id, o.is_cancelled, o.currency, o.total_with_tax,
            coalesce(d.stage, o.delivery_stage) AS stage
        FROM batch AS b
        INNER JOIN kits.order_batch_assignments AS a
            ON b.store_id = a.store_id AND b.id = a.batch_id
        INNER JOIN kits.customer_orders_summary AS o
            ON a.store_id = o.store_id AND a.vendure_order_id = o.vendure_order_id
        LEFT JOIN kits.order_delivery_status AS d
            ON o.store_id = d.store_id AND o.order_code = d.order_code
    ),
    counted AS (
        SELECT count(*) FILTER (WHERE NOT is_cancelled) AS live,
            count(*) FILTER (WHERE is_cancelled) AS cancelled,
            count(*) FILTER (WHERE NOT is_cancelled AND stage = 'DELIVERED') AS delivered
        FROM members
    )
    SELECT b.id, b.batch_number, b.status, b.target_order_count, c.live, c.cancelled,
        (SELECT coalesce(sum(i.quantity), 0) FROM members AS m
            INNER JOIN kits.customer_order_items AS i
                ON m.store_id = i.store_id AND m.id = i.order_summary_id
            WHERE NOT m.is_cancelled),
        (SELECT coalesce(jsonb_object_agg(v.currency, v.total), '{}') FROM (
            SELECT currency, sum(total_with_tax) AS total FROM members
            WHERE NOT is_cancelled GROUP BY currency) AS v),
        (SELECT coalesce(jsonb_object_agg(v.stage, v.number), '{}') FROM (
            SELECT stage, count(*) AS number FROM members
            WHERE NOT is_cancelled GROUP BY stage) AS v),
        round(100.0 * c.live / b.target_order_count, 2),
        coalesce(round(100.0 * c.delivered / nullif(c.live, 0), 2), 0)
    FROM batch AS b CROSS JOIN counted AS c
$$;

CREATE FUNCTION kits.keep_places(order_ids text[]) RETURNS void
    LANGUAGE sql
    AS $$
    INSERT INTO kits.order_places AS p (
        store_id, vendure_order_id, batch_id, batch_status, assigned_at, assigned_by,
        keep_unbatched, sms_updates
    )
    SELECT o.store_id, o.vendure_order_id, b.id, b.status, a.assigned_at, a.assigned_by,
        o.keep_unbatched, o.sms_updates
    FROM kits.customer_orders_summary AS o
    LEFT JOIN kits.order_batch_assignments AS a
        ON o.store_id = a.store_id AND o.vendure_order_id = a.vendure_order_id
    LEFT JOIN kits.import_batches AS b ON a.store_id = b.store_id AND a.batch_id = b.id
    WHERE o.store_id = (SELECT kits.require_store()) AND o.vendure_order_id = ANY (order_ids)
    ORDER BY o.vendure_order_id
    ON CONFLICT (store_id, vendure_order_id) DO UPDATE
    SET batch_id = coalesce(excluded.batch_id, p.batch_id),
        batch_status = coalesce(excluded.batch_status, p.batch_status),
        assigned_at = coalesce(excluded.assigned_at, p.assigned_at),
        assigned_by = coalesce(excluded.assigned_by, p.assigned_by),
        keep_unbatched = excluded.keep_unbatched, sms_updates = excluded.sms_updates
$$;

CREATE FUNCTION kits.lock_phones() RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    SELECT backshop.lock('phones', true)
$$;

CREATE FUNCTION kits.otp_day(the_day date) RETURNS integer
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    RETURN COALESCE((SELECT d.sends FROM kits.otp_days d WHERE (d.day = otp_day.the_day)), 0);

CREATE FUNCTION kits.require_store() RETURNS uuid
    LANGUAGE plpgsql STABLE
    AS $$
BEGIN
    IF backshop.current_store_id() IS NULL THEN
        RAISE EXCEPTION 'no store is set in this transaction'
            USING ERRCODE = 'invalid_parameter_value',
                HINT = 'Open it for one store, which sets backshop.store_id.';
    END IF;
    RETURN backshop.current_store_id();
END
$$;

CREATE FUNCTION kits.return_to_batches(order_ids text[]) RETURNS void
    LANGUAGE plpgsql
    AS $$
DECLARE
    store uuid := kits.require_store();
    back text[] := ARRAY(
        SELECT p.vendure_order_id
        FROM kits.order_places AS p
        INNER JOIN kits.customer_orders_summary AS o
            ON p.store_id = o.store_id AND p.vendure_order_id = o.vendure_order_id
        WHERE p.store_id = store AND p.vendure_order_id = ANY (order_ids) AND NOT o.is_cancelled
    );
BEGIN
    IF back = '{}' THEN
        RETURN;
    END IF;
    PERFORM FROM kits.import_batches AS b
    WHERE b.store_id = store AND b.id IN (
        SELECT p.batch_id FROM kits.order_places AS p
        WHERE p.store_id = store AND p.vendure_order_id = ANY (back)
    )
    ORDER BY b.id FOR NO KEY UPDATE;
    WITH places AS (
        DELETE FROM kits.order_places AS p
        WHERE p.store_id = store AND p.vendure_order_id = ANY (back)
        RETURNING p.*
    ),
    assigned AS (
        INSERT INTO kits.order_batch_assignments AS a (
            store_id, vendure_order_id, batch_id, assigned_at, assigned_by
        )
        SELECT p.store_id, p.vendure_order_id, p.batch_id, p.assigned_at, p.assigned_by
        FROM places AS p
        INNER JOIN kits.import_batches AS b ON p.store_id = b.store_id AND p.batch_id = b.id
        WHERE p.batch_status = b.status
            OR (p.batch_status <> 'collecting' AND b.status <> 'completed')
        ON CONFLICT (store_id, vendure_order_id) DO NOTHING
        RETURNING a.vendure_order_id, a.batch_id
    ),
    marked AS (
        UPDATE kits.customer_orders_summary AS o SET batch_id = a.batch_id
        FROM assigned AS a
        WHERE o.store_id = store AND o.vendure_order_id = a.vendure_order_id
    )
    UPDATE kits.import_batches AS b SET order_count = b.order_count + a.number
    FROM (
        SELECT batch_id, count(*)::integer AS number FROM assigned GROUP BY batch_id
    ) AS a
    -- A completed batch still counts those that left it.
    WHERE b.store_id = store AND b.id = a.batch_id AND b.status <> 'completed';
END
$$;

CREATE FUNCTION kits.return_uncancelled_order() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    PERFORM kits.return_to_batches(ARRAY[NEW.vendure_order_id::text]);
    RETURN NULL;
END
$$;

CREATE FUNCTION kits.sends_to_phone(phone text, since timestamp with time zone, at timestamp with time zone) RETURNS timestamp with time zone[]
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
    INSERT INTO kits.otp_phones AS p (phone_hash, last_taken)
    VALUES (sha256(convert_to(phone, 'UTF8')), at)
    ON CONFLICT (phone_hash) DO UPDATE SET last_taken = greatest(p.last_taken, excluded.last_taken);
    RETURN ARRAY(
        SELECT taken.at
        FROM kits.otp_limits AS l, unnest(l.taken) AS taken (at)
        WHERE l.scope = 'phone' AND l.key = phone AND taken.at > since
        ORDER BY taken.at
    );
END
$$;

CREATE FUNCTION kits.take_otp_day(the_day date, most integer) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
    INSERT INTO kits.otp_days AS d (day, sends) SELECT the_day, 1 WHERE most > 0
    ON CONFLICT (day) DO UPDATE SET sends = d.sends + 1 WHERE d.sends < most;
    RETURN FOUND;
END
$$;

CREATE FUNCTION kits.unassign_orders(order_ids text[]) RETURNS integer
    LANGUAGE sql
    AS $$
    WITH removed AS (
        DELETE FROM kits.order_batch_assignments AS a
        USING kits.import_batches AS b
        WHERE a.store_id = kits.require_store() AND a.vendure_order_id = ANY (order_ids)
            AND a.store_id = b.store_id AND a.batch_id = b.id AND b.status <> 'completed'
        RETURNING a.store_id, a.batch_id, a.vendure_order_id
    ),
    orders AS (
        UPDATE kits.customer_orders_summary AS o SET batch_id = NULL
        FROM removed AS r
        WHERE o.store_id = r.store_id AND o.vendure_order_id = r.vendure_order_id
    ),
    batches AS (
        UPDATE kits.import_batches AS b SET order_count = b.order_count - r.number
        FROM (SELECT batch_id, count(*)::integer AS number FROM removed GROUP BY batch_id) AS r
        WHERE b.store_id = kits.require_store() AND b.id = r.batch_id
    )
    SELECT count(*)::integer FROM removed
$$;

CREATE FUNCTION kits.update_customer_statistics(customer_id uuid) RETURNS void
    LANGUAGE sql
    AS $$
    SELECT kits.update_customers_statistics(ARRAY[customer_id])
$$;

CREATE FUNCTION kits.update_customers_statistics(customer_ids uuid[]) RETURNS void
    LANGUAGE plpgsql
    AS $$
DECLARE
    store uuid := kits.require_store();
BEGIN
    PERFORM FROM kits.customers AS c
    WHERE c.store_id = store AND c.id = ANY (customer_ids) ORDER BY c.id FOR NO KEY UPDATE;
    WITH sums AS (
        SELECT s.customer_id AS id, s.currency, count(*) AS number, max(s.order_date) AS latest,
            sum(s.total_with_tax - s.refunded_amount) AS spent
        FROM kits.customer_orders_summary AS s
        WHERE s.store_id = store AND s.customer_id = ANY (customer_ids) AND NOT s.is_cancelled
        GROUP BY s.customer_id, s.currency
    ),
    totals AS (
        SELECT id, sum(number) AS number, max(latest) AS latest,
            (array_agg(currency ORDER BY latest DESC, currency))[1] AS currency,
            (array_agg(spent ORDER BY latest DESC, currency))[1] AS spent,
            jsonb_object_agg(currency, spent) AS by_currency
        FROM sums GROUP BY id
    ),
    found AS (
        SELECT c.id, coalesce(t.number, 0) AS number, t.latest, t.currency,
            coalesce(t.spent, 0) AS spent, coalesce(t.by_currency, '{}') AS by_currency
        FROM unnest(customer_ids) AS c (id) LEFT JOIN totals AS t USING (id)
    )
    UPDATE kits.customers AS c
    SET total_orders = f.number, total_spent = f.spent, last_order_date = f.latest,
        currency = f.currency, spent_by_currency = f.by_currency
    FROM found AS f
    WHERE c.store_id = store AND c.id = f.id
        AND (c.total_orders, c.total_spent, c.last_order_date, c.currency, c.spent_by_currency)
            IS DISTINCT FROM (f.number, f.spent, f.latest, f.currency, f.by_currency);
END
$$;

CREATE TABLE kits.order_delivery_status (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    store_id uuid NOT NULL,
    order_code character varying(100) NOT NULL,
    stage character varying(20) DEFAULT 'ORDER_CONFIRMED'::character varying NOT NULL,
    tracking_number character varying(100),
    note text,
    updated_by character varying(255),
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    platform_stage character varying(20),
    platform_tracking_number character varying(100),
    to_repair boolean DEFAULT false NOT NULL,
    to_tell boolean DEFAULT false NOT NULL,
    told_version integer DEFAULT 0 NOT NULL,
    sent_stage character varying(20),
    sent_tracking_number character varying(100),
    CONSTRAINT order_delivery_status_stage_check CHECK (((stage)::text = ANY ((ARRAY['ORDER_CONFIRMED'::character varying, 'SOURCING'::character varying, 'ARRIVED'::character varying, 'DISPATCHED'::character varying, 'DELIVERED'::character varying])::text[])))
);

ALTER TABLE ONLY kits.order_delivery_status FORCE ROW LEVEL SECURITY;

CREATE FUNCTION kits.update_order_delivery_status(order_code text, stage text, tracking_number text DEFAULT NULL::text, note text DEFAULT NULL::text, updated_by text DEFAULT NULL::text) RETURNS kits.order_delivery_status
    LANGUAGE plpgsql
    AS $_$
#variable_conflict use_column
DECLARE
    store uuid := kits.require_store();
    held kits.order_delivery_status;
    number text;
BEGIN
    -- The order before its status, as everybody locks them.
    PERFORM FROM kits.customer_orders_summary AS o
    WHERE o.store_id = store AND o.order_code = $1 FOR NO KEY UPDATE;
    SELECT s.* INTO held FROM kits.order_delivery_status AS s
    WHERE s.store_id = store AND s.order_code = $1 FOR NO KEY UPDATE;
    number := nullif(coalesce($3, held.tracking_number), '');
    IF held.stage = $2 AND number IS NOT DISTINCT FROM held.tracking_number
        AND coalesce($4, held.note) IS NOT DISTINCT FROM held.note THEN
        RETURN held;
    END IF;
    SELECT s.* INTO STRICT held FROM kits.update_order_delivery_statuses(
        ARRAY[$1], ARRAY[$2], ARRAY[number], ARRAY[$4], $5) AS s;
    RETURN held;
END
$_$;

CREATE FUNCTION kits.update_order_delivery_statuses(order_codes text[], stages text[], tracking_numbers text[], notes text[], updated_by text, from_platform boolean DEFAULT false, to_send boolean DEFAULT true) RETURNS SETOF kits.order_delivery_status
    LANGUAGE sql
    AS $_$
    WITH changes AS (
        SELECT c.*, o.vendure_order_id, coalesce(o.sms_updates, false) AS to_tell
        FROM unnest(order_codes, stages, tracking_numbers, notes)
            AS c (order_code, stage, tracking_number, note)
        LEFT JOIN kits.customer_orders_summary AS o
            ON o.store_id = (SELECT kits.require_store()) AND c.order_code = o.order_code
    ),
    updated AS (
        UPDATE kits.order_delivery_status AS s
        SET stage = c.stage, tracking_number = c.tracking_number, note = c.note, updated_by = $5,
            updated_at = greatest(clock_timestamp(), s.updated_at), version = s.version + 1,
            to_tell = c.to_tell,
            to_repair = NOT from_platform AND c.vendure_order_id IS NOT NULL
                AND (to_send OR s.to_repair),
            platform_stage = CASE WHEN from_platform THEN c.stage ELSE s.platform_stage END,
            platform_tracking_number = CASE
                WHEN from_platform THEN c.tracking_number ELSE s.platform_tracking_number
            END,
            sent_stage = CASE WHEN NOT from_platform THEN s.sent_stage END,
            sent_tracking_number = CASE WHEN NOT from_platform THEN s.sent_tracking_number END
        FROM changes AS c
        WHERE s.store_id = (SELECT kits.require_store()) AND s.order_code = c.order_code
        RETURNING s AS held, true AS is_change
    ),
    -- The conflict is with somebody who sets the first stage of an order that nobody has locked.
    inserted AS (
        INSERT INTO kits.order_delivery_status AS s (
            store_id, order_code, stage, tracking_number, note, updated_by, updated_at, to_repair,
            platform_stage, platform_tracking_number
        )
        SELECT (SELECT kits.require_store()), c.order_code, c.stage, c.tracking_number, c.note, $5,
            clock_timestamp(), to_send AND NOT from_platform AND c.vendure_order_id IS NOT NULL,
            CASE WHEN from_platform THEN c.stage END,
            CASE WHEN from_platform THEN c.tracking_number END
        FROM changes AS c
        WHERE NOT EXISTS (
            SELECT FROM kits.order_delivery_status AS d
            WHERE d.store_id = (SELECT kits.require_store()) AND d.order_code = c.order_code
        )
        ORDER BY c.order_code
        ON CONFLICT (store_id, order_code) DO UPDATE
        SET (stage, tracking_number, note, updated_by, updated_at, version, to_repair) = (
            SELECT chosen.* FROM (
                SELECT s.stage, s.tracking_number, s.note, s.updated_by, s.updated_at, s.version,
                    true AS to_repair
                WHERE from_platform
                UNION ALL
                SELECT excluded.stage, excluded.tracking_number, excluded.note,
                    excluded.updated_by, greatest(excluded.updated_at, s.updated_at),
                    s.version + 1, excluded.to_repair
                WHERE NOT from_platform
            ) AS chosen
        )
        RETURNING s AS held, old.id IS NULL OR NOT from_platform AS is_change
    ),
    saved AS (
        SELECT * FROM updated UNION ALL SELECT * FROM inserted
    ),
    events AS (
        INSERT INTO kits.order_delivery_status_events (
            store_id, order_code, sequence, stage, tracking_number, note, updated_by, updated_at
        )
        SELECT (s.held).store_id, (s.held).order_code, (s.held).version, (s.held).stage,
            (s.held).tracking_number, (s.held).note, (s.held).updated_by, (s.held).updated_at
        FROM saved AS s WHERE s.is_change
    ),
    now_held AS (
        SELECT c.vendure_order_id, (s.held).stage, (s.held).tracking_number
        FROM saved AS s INNER JOIN changes AS c ON (s.held).order_code = c.order_code
        WHERE c.vendure_order_id IS NOT NULL
    ),
    summaries AS (
        UPDATE kits.customer_orders_summary AS o
        SET delivery_stage = c.stage, tracking_number = c.tracking_number
        FROM now_held AS c
        WHERE o.store_id = (SELECT kits.require_store())
            AND o.vendure_order_id = c.vendure_order_id
    ),
    tracked AS (
        SELECT c.vendure_order_id, c.tracking_number, CASE c.stage
            WHEN 'ORDER_CONFIRMED' THEN 'confirmed'
            WHEN 'DISPATCHED' THEN 'shipped'
            WHEN 'DELIVERED' THEN 'delivered'
            ELSE 'processing'
        END AS status
        FROM now_held AS c
    ),
    moved AS (
        UPDATE kits.order_tracking AS t SET tracking_number = c.tracking_number, status = c.status
        FROM tracked AS c
        WHERE t.store_id = (SELECT kits.require_store())
            AND t.vendure_order_id = c.vendure_order_id
            AND (t.tracking_number, t.status) IS DISTINCT FROM (c.tracking_number, c.status)
    ),
    begun AS (
        INSERT INTO kits.order_tracking (
            store_id, vendure_order_id, tracking_number, carrier, status
        )
        SELECT (SELECT kits.require_store()), c.vendure_order_id, c.tracking_number,
            (SELECT left(b.settings -> 'deliveries' ->> 'carrier', 100) FROM backshop.stores AS b
             WHERE b.id = (SELECT kits.require_store())), c.status
        FROM tracked AS c
        WHERE NOT EXISTS (
            SELECT FROM kits.order_tracking AS t
            WHERE t.store_id = (SELECT kits.require_store())
                AND t.vendure_order_id = c.vendure_order_id
        )
    )
    SELECT (s.held).* FROM saved AS s
$_$;

CREATE FUNCTION projects.count_catalogue_version() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    -- What is deleted was counted before; a store that is forgotten gets no new row.
    IF TG_OP = 'DELETE' THEN
        UPDATE projects.catalogue_versions SET version = version + 1
        WHERE store_id IN (SELECT store_id FROM changed);
        RETURN NULL;
    END IF;
    INSERT INTO projects.catalogue_versions (store_id)
    SELECT DISTINCT store_id FROM changed ORDER BY store_id
    ON CONFLICT (store_id) DO UPDATE SET version = catalogue_versions.version + 1;
    RETURN NULL;
END
$$;

CREATE FUNCTION projects.count_version() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF NEW IS DISTINCT FROM OLD THEN
        NEW.version := OLD.version + 1;
    END IF;
    RETURN NEW;
END
$$;

CREATE FUNCTION projects.digit_terms_of(digits text) RETURNS text[]
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN ARRAY(SELECT ('#'::text || substr(digit_terms_of.digits, at.at, 3)) FROM generate_series(1, (length(digit_terms_of.digits) - 2)) at(at));

CREATE FUNCTION projects.ensure_partition(parent text, key text, day date) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET "TimeZone" TO 'UTC'
    AS $_$
DECLARE
    first date := date_trunc('month', day);
    next date := first + interval '1 month';
    name text := format('projects.%s_%s', parent, to_char(first, 'YYYY_MM'));
BEGIN
    IF to_regclass(name) IS NOT NULL THEN
        RETURN false;
    END IF;
    EXECUTE format('CREATE TABLE %s (LIKE projects.%I INCLUDING ALL)', name, parent);
    -- The rows only change their place: nothing that follows a deleted row is meant.
    EXECUTE format('ALTER TABLE projects.%I DISABLE TRIGGER USER', parent || '_default');
    EXECUTE format('WITH moved AS (DELETE FROM projects.%I WHERE %I >= $1 AND %I < $2 RETURNING *)'
        ' INSERT INTO %s SELECT * FROM moved', parent || '_default', key, key, name)
        USING first, next;
    EXECUTE format('ALTER TABLE projects.%I ENABLE TRIGGER USER', parent || '_default');
    EXECUTE format('ALTER TABLE projects.%I ATTACH PARTITION %s FOR VALUES FROM (%L) TO (%L)',
        parent, name, first, next);
    PERFORM backshop.protect(name::regclass);
    RETURN true;
END
$_$;

CREATE FUNCTION projects.ensure_partitions(months integer DEFAULT 3) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET "TimeZone" TO 'UTC'
    AS $$
DECLARE
    made integer := 0;
    day date;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('projects.ensure_partitions'));
    FOR ahead IN 0..months LOOP
        day := date_trunc('month', now()) + make_interval(months => ahead);
        made := made + projects.ensure_partition('conversation_log', 'conversation_date', day)::int
            + projects.ensure_partition('quotes', 'quote_date', day)::int;
    END LOOP;
    RETURN made;
END
$$;

CREATE FUNCTION projects.keep_quote_number() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        DELETE FROM projects.quote_numbers
        WHERE store_id = OLD.store_id AND quote_number = OLD.quote_number
            AND quote_id = OLD.quote_id;
    END IF;
    IF TG_OP <> 'DELETE' THEN
        INSERT INTO projects.quote_numbers (store_id, quote_number, quote_id)
        VALUES (NEW.store_id, NEW.quote_number, NEW.quote_id);
    END IF;
    RETURN NULL;
END
$$;

CREATE FUNCTION projects.keep_search() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    NEW.search := projects.search_terms(
        NEW.store_id,
        concat_ws(' ', NEW.first_name, NEW.last_name, NEW.email),
        concat_ws('/', NEW.phone_primary, NEW.phone_secondary)
    );
    RETURN NEW;
END
$$;

CREATE FUNCTION projects.keep_sent_quote() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF OLD.quote_status <> 'draft' AND (
        NEW.quote_status = 'draft'
        OR (NEW.project_id, NEW.quote_number, NEW.quote_date, NEW.expiration_date, NEW.subtotal,
            NEW.tax_amount, NEW.delivery_fee, NEW.total_amount, NEW.discount_amount, NEW.currency,
            NEW.alternative, NEW.revision, NEW.asked, NEW.content, NEW.sent_at)
        IS DISTINCT FROM (OLD.project_id, OLD.quote_number, OLD.quote_date, OLD.expiration_date,
            OLD.subtotal, OLD.tax_amount, OLD.delivery_fee, OLD.total_amount, OLD.discount_amount,
            OLD.currency, OLD.alternative, OLD.revision, OLD.asked, OLD.content, OLD.sent_at)
        OR NEW.recipient <> OLD.recipient
        OR NEW.special_instructions <> OLD.special_instructions
        OR NEW.pdf_sha256 IS DISTINCT FROM OLD.pdf_sha256
    ) THEN
        RAISE EXCEPTION 'a quote that was sent does not change'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF OLD.quote_status IN ('accepted', 'rejected', 'expired')
        AND NEW.quote_status <> OLD.quote_status THEN
        RAISE EXCEPTION 'a quote that was answered stays answered'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END
$$;

CREATE FUNCTION projects.refresh_summaries() RETURNS void
    LANGUAGE plpgsql
    AS $$
BEGIN
    REFRESH MATERIALIZED VIEW CONCURRENTLY projects.customer_project_summary_data;
    REFRESH MATERIALIZED VIEW CONCURRENTLY projects.project_totals_data;
END
$$;

CREATE FUNCTION projects.search_customers(said text, most integer) RETURNS TABLE(customer_id uuid, similarity real)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
DECLARE
    store uuid := backshop.current_store_id();
    condition text := 'c.search @> ' || quote_literal(ARRAY[store::text]) || '::text[]';
    wanted text[] := '{}';
    word text;
    terms text[];
    number integer;
    digits text := '';
BEGIN
    IF store IS NULL THEN
        RAISE EXCEPTION 'no store is set in this transaction'
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    FOREACH word IN ARRAY projects.words_of(said) LOOP
        IF word ~ '^[0-9]+$' THEN
            digits := digits || word;
        ELSIF word <> '' THEN
            terms := projects.trigrams_of(word);
            number := cardinality(terms);
            wanted := wanted || terms || projects.skeleton_of(word);
            condition := condition || ' AND (c.search @> '
                || quote_literal(ARRAY[projects.skeleton_of(word)]) || '::text[] OR c.search @> ';
            IF number < 6 THEN
                condition := condition || quote_literal(terms[1:greatest(number - 1, 1)]) || '::text[])';
            ELSE
                condition := condition
                    || quote_literal(terms[1:number / 3]) || '::text[] OR c.search @> '
                    || quote_literal(terms[number / 3 + 1:2 * number / 3])
                    || '::text[] OR c.search @> '
                    || quote_literal(terms[2 * number / 3 + 1:]) || '::text[])';
            END IF;
        END IF;
    END LOOP;
    IF length(digits) >= 3 THEN
        -- Without the country's code or the zero before an area's, whichever is written.
        terms := projects.digit_terms_of(right(digits, 9));
        number := cardinality(terms);
        wanted := wanted || terms;
        condition := condition || ' AND (c.search @> ';
        IF number < 6 THEN
            condition := condition || quote_literal(terms) || '::text[])';
        ELSE
            condition := condition || quote_literal(terms[1:number / 2])
                || '::text[] OR c.search @> ' || quote_literal(terms[number / 2 + 1:]) || '::text[])';
        END IF;
    END IF;
    IF wanted = '{}' THEN
        RETURN;
    END IF;
    RETURN QUERY EXECUTE 'SELECT c.customer_id, (2.0 * shared / (cardinality($1) + least('
        ' cardinality(c.search), 2 * cardinality($1))))::real'
        ' FROM (SELECT * FROM projects.customers AS c WHERE ' || condition || ') AS c'
        ' CROSS JOIN LATERAL (SELECT count(*) AS shared FROM unnest($1) AS term'
        '   WHERE term = ANY (c.search)) AS s'
        ' WHERE c.store_id = $2'
        ' ORDER BY 2 DESC, c.last_name, c.first_name, c.customer_id LIMIT $3'
        USING wanted, store, most;
END
$_$;

CREATE FUNCTION projects.skeleton_of(word text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN (('='::text || "left"(word, 1)) || COALESCE((SELECT string_agg(consonants.letter, ''::text ORDER BY consonants.letter) AS string_agg FROM (SELECT DISTINCT letter.letter FROM unnest(string_to_array(translate(substr(skeleton_of.word, 2), 'aeiouyhw'::text, ''::text), NULL::text)) letter(letter)) consonants), ''::text));

CREATE FUNCTION projects.trigrams_of(word text) RETURNS text[]
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN ARRAY(SELECT substr((('  '::text || trigrams_of.word) || ' '::text), at.at, 3) AS substr FROM generate_series(1, (length(trigrams_of.word) + 1)) at(at));

CREATE FUNCTION projects.words_of(said text) RETURNS text[]
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN regexp_split_to_array(btrim(regexp_replace(regexp_replace(lower(NORMALIZE(COALESCE(said, ''::text), NFKD)), '[\u0300-\u036F]'::text, ''::text, 'g'::text), '[^[:alnum:]]+'::text, ' '::text, 'g'::text)), ' '::text);

CREATE FUNCTION projects.search_terms(store_id uuid, said text, phones text) RETURNS text[]
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN ARRAY(SELECT (search_terms.store_id)::text AS store_id UNION SELECT term.term FROM unnest(projects.words_of(search_terms.said)) word(word), LATERAL unnest((projects.trigrams_of(word.word) || projects.skeleton_of(word.word))) term(term) WHERE (word.word <> ''::text) UNION SELECT term.term FROM unnest(string_to_array(search_terms.phones, '/'::text)) phone(phone), LATERAL unnest(projects.digit_terms_of(regexp_replace(phone.phone, '[^0-9]'::text, ''::text, 'g'::text))) term(term));

CREATE AGGREGATE insights.array_agg(anynonarray) (
    SFUNC = insights.append_item,
    STYPE = anyarray,
    PARALLEL = safe
);

CREATE AGGREGATE insights.string_agg(text, text) (
    SFUNC = insights.append_text,
    STYPE = text,
    PARALLEL = safe
);

CREATE TABLE backshop.api_keys (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    store_id uuid,
    kind character varying(20) DEFAULT 'staff'::character varying NOT NULL,
    name character varying(255) NOT NULL,
    key_hash character varying(255) NOT NULL,
    scopes text[] DEFAULT '{}'::text[] NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    expires_at timestamp with time zone,
    revoked_at timestamp with time zone,
    last_used_at timestamp with time zone,
    CONSTRAINT api_keys_check CHECK ((((kind)::text = 'staff'::text) OR (store_id IS NOT NULL))),
    CONSTRAINT api_keys_kind_check CHECK (((kind)::text = ANY ((ARRAY['staff'::character varying, 'store'::character varying])::text[])))
);

ALTER TABLE ONLY backshop.api_keys FORCE ROW LEVEL SECURITY;

CREATE TABLE backshop.capability_keys (
    id integer NOT NULL,
    inner_key bytea NOT NULL,
    outer_key bytea NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    valid_until timestamp with time zone,
    CONSTRAINT capability_keys_inner_key_check CHECK ((octet_length(inner_key) = 64)),
    CONSTRAINT capability_keys_outer_key_check CHECK ((octet_length(outer_key) = 64))
);

ALTER TABLE ONLY backshop.capability_keys FORCE ROW LEVEL SECURITY;

ALTER TABLE backshop.capability_keys ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME backshop.capability_keys_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE backshop.desk_sessions (
    token_hash bytea NOT NULL,
    key_id uuid NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    draft jsonb
);

ALTER TABLE ONLY backshop.desk_sessions FORCE ROW LEVEL SECURITY;

CREATE TABLE backshop.erasures (
    store_id uuid NOT NULL,
    kind character varying(50) NOT NULL,
    hash character varying(64) NOT NULL,
    erased_at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE ONLY backshop.erasures FORCE ROW LEVEL SECURITY;

CREATE TABLE backshop.exports (
    store_id uuid NOT NULL,
    request_id character varying(100) NOT NULL,
    object_key text NOT NULL,
    requested_at timestamp with time zone NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    subjects text[] DEFAULT '{}'::text[] NOT NULL
);

ALTER TABLE ONLY backshop.exports FORCE ROW LEVEL SECURITY;

CREATE TABLE backshop.idempotency_keys (
    store_id uuid NOT NULL,
    route character varying(255) NOT NULL,
    key_hash bytea NOT NULL,
    body_hash bytea NOT NULL,
    status smallint,
    answer jsonb,
    sealed text[] DEFAULT '{}'::text[] NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT idempotency_keys_status_check CHECK (((status >= 200) AND (status <= 399)))
);

ALTER TABLE ONLY backshop.idempotency_keys FORCE ROW LEVEL SECURITY;

CREATE TABLE backshop.locks (
    store_id uuid NOT NULL,
    name character varying(100) NOT NULL
);

ALTER TABLE ONLY backshop.locks FORCE ROW LEVEL SECURITY;

CREATE TABLE backshop.outbox (
    id bigint NOT NULL,
    store_id uuid NOT NULL,
    key character varying(255) NOT NULL,
    kind character varying(50) NOT NULL,
    payload jsonb NOT NULL,
    status character varying(20) DEFAULT 'pending'::character varying NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    next_attempt_at timestamp with time zone DEFAULT now() NOT NULL,
    response jsonb,
    last_error text,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT outbox_attempts_check CHECK ((attempts >= 0)),
    CONSTRAINT outbox_status_check CHECK (((status)::text = ANY ((ARRAY['pending'::character varying, 'sending'::character varying, 'done'::character varying, 'failed'::character varying])::text[])))
);

ALTER TABLE ONLY backshop.outbox FORCE ROW LEVEL SECURITY;

ALTER TABLE backshop.outbox ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME backshop.outbox_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE backshop.received_webhooks (
    store_id uuid NOT NULL,
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    topic character varying(100) NOT NULL,
    delivery_key character varying(255) NOT NULL,
    status character varying(20) DEFAULT 'received'::character varying NOT NULL,
    error text,
    about character varying(150),
    subjects text[],
    body_sha256 character varying(64) NOT NULL,
    size integer NOT NULL,
    is_kept boolean DEFAULT false NOT NULL,
    attempts integer DEFAULT 1 NOT NULL,
    received_at timestamp with time zone NOT NULL,
    triggered_at timestamp with time zone,
    settled_at timestamp with time zone,
    replays integer DEFAULT 0 NOT NULL,
    replayed_at timestamp with time zone,
    replayed_by character varying(255),
    CONSTRAINT received_webhooks_status_check CHECK (((status)::text = ANY ((ARRAY['received'::character varying, 'saved'::character varying, 'failed'::character varying])::text[])))
);

ALTER TABLE ONLY backshop.received_webhooks FORCE ROW LEVEL SECURITY;

CREATE TABLE backshop.schema_migrations (
    name text NOT NULL,
    sha256 text NOT NULL,
    applied_at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE ONLY backshop.schema_migrations FORCE ROW LEVEL SECURITY;

CREATE TABLE backshop.slow_shops (
    store_id uuid NOT NULL,
    slow integer NOT NULL,
    until timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE ONLY backshop.slow_shops FORCE ROW LEVEL SECURITY;

CREATE TABLE backshop.sync_cursors (
    store_id uuid NOT NULL,
    resource character varying(50) NOT NULL,
    cursor jsonb DEFAULT '{}'::jsonb NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE ONLY backshop.sync_cursors FORCE ROW LEVEL SECURITY;

CREATE TABLE backshop.sync_jobs (
    store_id uuid NOT NULL,
    run_id uuid NOT NULL,
    resource character varying(50) NOT NULL,
    status character varying(20) DEFAULT 'queued'::character varying NOT NULL,
    "position" jsonb DEFAULT '{}'::jsonb NOT NULL,
    turn integer DEFAULT 0 NOT NULL,
    records integer DEFAULT 0 NOT NULL,
    changed integer DEFAULT 0 NOT NULL,
    deleted integer DEFAULT 0 NOT NULL,
    rejected integer DEFAULT 0 NOT NULL,
    rejects jsonb DEFAULT '[]'::jsonb NOT NULL,
    notes jsonb DEFAULT '[]'::jsonb NOT NULL,
    error text,
    retry_count integer DEFAULT 0 NOT NULL,
    next_retry_at timestamp with time zone,
    started_at timestamp with time zone,
    touched_at timestamp with time zone DEFAULT now() NOT NULL,
    finished_at timestamp with time zone,
    CONSTRAINT sync_jobs_status_check CHECK (((status)::text = ANY ((ARRAY['queued'::character varying, 'running'::character varying, 'completed'::character varying, 'failed'::character varying])::text[])))
);

ALTER TABLE ONLY backshop.sync_jobs FORCE ROW LEVEL SECURITY;

CREATE TABLE backshop.webhook_inbox (
    store_id uuid NOT NULL,
    topic character varying(100) NOT NULL,
    delivery_key character varying(255) NOT NULL,
    body_sha256 character varying(64) NOT NULL,
    received_at timestamp with time zone DEFAULT now() NOT NULL,
    claimed_at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE ONLY backshop.webhook_inbox FORCE ROW LEVEL SECURITY;

CREATE TABLE connect.address_update_request (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    store_id uuid NOT NULL,
    order_id character varying(100) NOT NULL,
    platform character varying(50) NOT NULL,
    new_address jsonb NOT NULL,
    status character varying(50) NOT NULL,
    response jsonb,
    requested_at timestamp with time zone DEFAULT now() NOT NULL,
    idempotency_key character varying(255),
    requested_by character varying(255),
    finished_at timestamp with time zone,
    outbox_id bigint,
    state_before character varying(50),
    CONSTRAINT address_update_request_platform_check CHECK (((platform)::text = ANY ((ARRAY['shopify'::character varying, 'woocommerce'::character varying, 'vendure'::character varying])::text[]))),
    CONSTRAINT address_update_request_status_check CHECK (((status)::text = ANY ((ARRAY['pending'::character varying, 'updated'::character varying, 'failed'::character varying])::text[])))
);

ALTER TABLE ONLY connect.address_update_request FORCE ROW LEVEL SECURITY;

CREATE TABLE connect.order_item (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    store_id uuid NOT NULL,
    order_id character varying(100) NOT NULL,
    platform character varying(50) NOT NULL,
    sku character varying(100),
    quantity integer DEFAULT 1 NOT NULL,
    price numeric(19,4) NOT NULL,
    line_id character varying(100) NOT NULL,
    product_id character varying(100),
    variant_id character varying(100),
    name character varying(500),
    total numeric(19,4),
    tax numeric(19,4),
    refunded_quantity integer DEFAULT 0 NOT NULL,
    CONSTRAINT order_item_platform_check CHECK (((platform)::text = ANY ((ARRAY['shopify'::character varying, 'woocommerce'::character varying, 'vendure'::character varying])::text[])))
);

ALTER TABLE ONLY connect.order_item FORCE ROW LEVEL SECURITY;

CREATE TABLE connect.platform_customer (
    store_id uuid NOT NULL,
    customer_id character varying(100) NOT NULL,
    platform character varying(50) NOT NULL,
    email character varying(255) NOT NULL,
    name character varying(255),
    metadata jsonb,
    synced_at timestamp with time zone,
    phone character varying(50),
    modified_at timestamp with time zone,
    consents jsonb DEFAULT '{}'::jsonb NOT NULL,
    CONSTRAINT platform_customer_platform_check CHECK (((platform)::text = ANY ((ARRAY['shopify'::character varying, 'woocommerce'::character varying, 'vendure'::character varying])::text[])))
);

ALTER TABLE ONLY connect.platform_customer FORCE ROW LEVEL SECURITY;

CREATE TABLE connect.platform_order (
    store_id uuid NOT NULL,
    order_id character varying(100) NOT NULL,
    platform character varying(50) NOT NULL,
    customer_id character varying(100),
    status character varying(50) NOT NULL,
    total_amount numeric(19,4) NOT NULL,
    currency character varying(10) NOT NULL,
    line_items jsonb NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    synced_at timestamp with time zone,
    code character varying(100),
    email_hash character varying(64),
    phone character varying(50),
    is_cancelled boolean DEFAULT false NOT NULL,
    fulfilment_status character varying(20) DEFAULT 'none'::character varying NOT NULL,
    shipping_address jsonb,
    shipping_amount numeric(19,4) DEFAULT 0 NOT NULL,
    tax_amount numeric(19,4) DEFAULT 0 NOT NULL,
    refunded_amount numeric(19,4) DEFAULT 0 NOT NULL,
    refunded_shipping_amount numeric(19,4) DEFAULT 0 NOT NULL,
    payments jsonb DEFAULT '[]'::jsonb NOT NULL,
    modified_at timestamp with time zone,
    external_customer_id character varying(100),
    CONSTRAINT platform_order_fulfilment_status_check CHECK (((fulfilment_status)::text = ANY ((ARRAY['none'::character varying, 'partial'::character varying, 'fulfilled'::character varying, 'delivered'::character varying])::text[]))),
    CONSTRAINT platform_order_platform_check CHECK (((platform)::text = ANY ((ARRAY['shopify'::character varying, 'woocommerce'::character varying, 'vendure'::character varying])::text[])))
);

ALTER TABLE ONLY connect.platform_order FORCE ROW LEVEL SECURITY;

CREATE TABLE connect.platform_product (
    store_id uuid NOT NULL,
    sku character varying(100) NOT NULL,
    platform character varying(50) NOT NULL,
    title character varying(255) NOT NULL,
    description text,
    metadata jsonb,
    price numeric(19,4) NOT NULL,
    available boolean DEFAULT true NOT NULL,
    synced_at timestamp with time zone,
    currency character varying(10),
    product_id character varying(100),
    variant_id character varying(100),
    variant_title character varying(255),
    product_type character varying(255),
    tags text[] DEFAULT '{}'::text[] NOT NULL,
    status character varying(50),
    stock_quantity integer,
    modified_at timestamp with time zone,
    given_sku character varying(100),
    CONSTRAINT platform_product_platform_check CHECK (((platform)::text = ANY ((ARRAY['shopify'::character varying, 'woocommerce'::character varying, 'vendure'::character varying])::text[])))
);

ALTER TABLE ONLY connect.platform_product FORCE ROW LEVEL SECURITY;

CREATE TABLE connect.recommendation_item (
    store_id uuid NOT NULL,
    model_id uuid NOT NULL,
    item integer NOT NULL,
    sku character varying(100) NOT NULL,
    neighbours bytea NOT NULL,
    weights bytea NOT NULL
);
ALTER TABLE ONLY connect.recommendation_item ALTER COLUMN neighbours SET STORAGE EXTERNAL;
ALTER TABLE ONLY connect.recommendation_item ALTER COLUMN weights SET STORAGE EXTERNAL;

ALTER TABLE ONLY connect.recommendation_item FORCE ROW LEVEL SECURITY;

CREATE TABLE connect.recommendation_log (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    store_id uuid NOT NULL,
    customer_id character varying(100),
    platform character varying(50),
    recommendations text[] NOT NULL,
    confidence numeric(5,2),
    requested_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT recommendation_log_platform_check CHECK (((platform)::text = ANY ((ARRAY['shopify'::character varying, 'woocommerce'::character varying, 'vendure'::character varying])::text[])))
);

ALTER TABLE ONLY connect.recommendation_log FORCE ROW LEVEL SECURITY;

CREATE TABLE connect.recommendation_model (
    store_id uuid NOT NULL,
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    status character varying(20) NOT NULL,
    scores jsonb NOT NULL,
    blends jsonb NOT NULL,
    items integer NOT NULL,
    day date NOT NULL,
    trend bytea NOT NULL,
    trained_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT recommendation_model_status_check CHECK (((status)::text = ANY ((ARRAY['active'::character varying, 'replaced'::character varying, 'rejected'::character varying])::text[])))
);

ALTER TABLE ONLY connect.recommendation_model FORCE ROW LEVEL SECURITY;

CREATE TABLE connect.recommendation_popular (
    store_id uuid NOT NULL,
    sku character varying(100) NOT NULL,
    probability real NOT NULL,
    counted_at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE ONLY connect.recommendation_popular FORCE ROW LEVEL SECURITY;

CREATE TABLE connect.refund_request (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    store_id uuid NOT NULL,
    order_id character varying(100) NOT NULL,
    platform character varying(50) NOT NULL,
    status character varying(50) NOT NULL,
    response jsonb,
    requested_at timestamp with time zone DEFAULT now() NOT NULL,
    amount numeric(19,4),
    currency character varying(10),
    lines jsonb DEFAULT '[]'::jsonb NOT NULL,
    reason text,
    restock boolean DEFAULT false NOT NULL,
    idempotency_key character varying(255),
    requested_by character varying(255),
    platform_refund_id character varying(100),
    finished_at timestamp with time zone,
    outbox_id bigint,
    manual boolean DEFAULT false NOT NULL,
    CONSTRAINT refund_request_amount_check CHECK ((amount > (0)::numeric)),
    CONSTRAINT refund_request_platform_check CHECK (((platform)::text = ANY ((ARRAY['shopify'::character varying, 'woocommerce'::character varying, 'vendure'::character varying])::text[]))),
    CONSTRAINT refund_request_status_check CHECK (((status)::text = ANY ((ARRAY['pending'::character varying, 'processed'::character varying, 'failed'::character varying])::text[])))
);

ALTER TABLE ONLY connect.refund_request FORCE ROW LEVEL SECURITY;

CREATE TABLE connect.try_on_limits (
    store_id uuid NOT NULL,
    address_hash character varying(64) NOT NULL,
    taken timestamp with time zone[] NOT NULL,
    last_taken timestamp with time zone NOT NULL
);

ALTER TABLE ONLY connect.try_on_limits FORCE ROW LEVEL SECURITY;

CREATE TABLE connect.try_on_overlay (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    store_id uuid NOT NULL,
    session_id uuid NOT NULL,
    sku character varying(100) NOT NULL,
    overlay_url text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE ONLY connect.try_on_overlay FORCE ROW LEVEL SECURITY;

CREATE TABLE connect.try_on_session (
    session_id uuid DEFAULT gen_random_uuid() NOT NULL,
    store_id uuid NOT NULL,
    customer_id character varying(100),
    platform character varying(50),
    selfie_url text NOT NULL,
    status character varying(50) DEFAULT 'created'::character varying NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    skus text[] DEFAULT '{}'::text[] NOT NULL,
    consented_at timestamp with time zone,
    consent_version character varying(40),
    results jsonb DEFAULT '{}'::jsonb NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    own_shade character varying(100),
    lettering jsonb DEFAULT '{}'::jsonb NOT NULL,
    reading jsonb,
    notes text[] DEFAULT '{}'::text[] NOT NULL,
    reason text,
    claimed_by character varying(100),
    claimed_at timestamp with time zone,
    selfie_deleted_at timestamp with time zone,
    is_orphaned boolean DEFAULT false NOT NULL,
    CONSTRAINT try_on_session_platform_check CHECK (((platform)::text = ANY ((ARRAY['shopify'::character varying, 'woocommerce'::character varying, 'vendure'::character varying])::text[]))),
    CONSTRAINT try_on_session_status_check CHECK (((status)::text = ANY ((ARRAY['created'::character varying, 'in_progress'::character varying, 'complete'::character varying, 'failed'::character varying])::text[])))
);

ALTER TABLE ONLY connect.try_on_session FORCE ROW LEVEL SECURITY;

CREATE TABLE insights.categories (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    store_id uuid NOT NULL,
    wc_category_id bigint NOT NULL,
    name character varying(255) NOT NULL,
    parent_id uuid,
    product_count integer DEFAULT 0,
    wc_parent_id bigint,
    external_id character varying(100)
);

ALTER TABLE ONLY insights.categories FORCE ROW LEVEL SECURITY;

CREATE TABLE insights.conversations (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    store_id uuid NOT NULL,
    messages jsonb DEFAULT '[]'::jsonb NOT NULL,
    created_at timestamp with time zone DEFAULT now(),
    updated_at timestamp with time zone DEFAULT now()
);

ALTER TABLE ONLY insights.conversations FORCE ROW LEVEL SECURITY;

CREATE TABLE insights.coupons (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    store_id uuid NOT NULL,
    wc_coupon_id bigint NOT NULL,
    code character varying(100) NOT NULL,
    discount_type character varying(50),
    amount numeric(19,4),
    usage_count integer DEFAULT 0,
    external_id character varying(100),
    status character varying(50),
    expires_at timestamp with time zone
);

ALTER TABLE ONLY insights.coupons FORCE ROW LEVEL SECURITY;

CREATE TABLE insights.customer_months (
    store_id uuid NOT NULL,
    wc_customer_id bigint NOT NULL,
    month date NOT NULL,
    orders integer NOT NULL,
    is_first boolean DEFAULT false NOT NULL
);

ALTER TABLE ONLY insights.customer_months FORCE ROW LEVEL SECURITY;

CREATE TABLE insights.customers (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    store_id uuid NOT NULL,
    wc_customer_id bigint NOT NULL,
    email_hash character varying(64),
    display_name character varying(255),
    total_spent numeric(19,4) DEFAULT 0,
    order_count integer DEFAULT 0,
    first_order_date timestamp with time zone,
    last_order_date timestamp with time zone,
    created_at timestamp with time zone,
    external_id character varying(100),
    country character varying(2),
    currency character varying(3)
)
WITH (fillfactor='60');

ALTER TABLE ONLY insights.customers FORCE ROW LEVEL SECURITY;

CREATE TABLE insights.daily_sales (
    store_id uuid NOT NULL,
    day date NOT NULL,
    currency character varying(3) NOT NULL,
    events integer DEFAULT 0 NOT NULL,
    orders integer DEFAULT 0 NOT NULL,
    gross numeric(20,4) DEFAULT 0 NOT NULL,
    discounts numeric(20,4) DEFAULT 0 NOT NULL,
    tax numeric(20,4) DEFAULT 0 NOT NULL,
    shipping numeric(20,4) DEFAULT 0 NOT NULL,
    coupon_orders integer DEFAULT 0 NOT NULL,
    refunded_orders integer DEFAULT 0 NOT NULL,
    line_gross numeric(20,4) DEFAULT 0 NOT NULL,
    line_net numeric(20,4) DEFAULT 0 NOT NULL,
    units numeric(20,4) DEFAULT 0 NOT NULL,
    goods_back numeric(20,4) DEFAULT 0 NOT NULL,
    tax_back numeric(20,4) DEFAULT 0 NOT NULL,
    shipping_back numeric(20,4) DEFAULT 0 NOT NULL,
    line_back numeric(20,4) DEFAULT 0 NOT NULL,
    units_back numeric(20,4) DEFAULT 0 NOT NULL
);

ALTER TABLE ONLY insights.daily_sales FORCE ROW LEVEL SECURITY;

CREATE TABLE insights.monthly_customers (
    store_id uuid NOT NULL,
    month date NOT NULL,
    buyers integer DEFAULT 0 NOT NULL,
    new_buyers integer DEFAULT 0 NOT NULL
);

ALTER TABLE ONLY insights.monthly_customers FORCE ROW LEVEL SECURITY;

CREATE TABLE insights.order_coupons (
    store_id uuid NOT NULL,
    order_id uuid NOT NULL,
    code character varying(100) NOT NULL,
    discount numeric(19,4)
);

ALTER TABLE ONLY insights.order_coupons FORCE ROW LEVEL SECURITY;

CREATE TABLE insights.order_items (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    order_id uuid NOT NULL,
    store_id uuid NOT NULL,
    product_id uuid,
    product_name character varying(500),
    sku character varying(100),
    quantity integer DEFAULT 1 NOT NULL,
    subtotal numeric(19,4),
    total numeric(19,4),
    line_id character varying(100) NOT NULL,
    wc_product_id bigint,
    wc_variation_id bigint,
    unit_price numeric(19,4),
    discount numeric(19,4) DEFAULT 0 NOT NULL,
    tax numeric(19,4) DEFAULT 0 NOT NULL,
    refunded_quantity integer DEFAULT 0 NOT NULL,
    refunded_total numeric(19,4) DEFAULT 0 NOT NULL,
    exact_quantity numeric(14,4)
);

ALTER TABLE ONLY insights.order_items FORCE ROW LEVEL SECURITY;

CREATE TABLE insights.orders (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    store_id uuid NOT NULL,
    wc_order_id bigint NOT NULL,
    date_created timestamp with time zone NOT NULL,
    date_modified timestamp with time zone,
    status character varying(50) NOT NULL,
    total numeric(19,4) NOT NULL,
    subtotal numeric(19,4),
    tax_total numeric(19,4),
    shipping_total numeric(19,4),
    discount_total numeric(19,4),
    currency character varying(3) DEFAULT 'USD'::character varying,
    customer_id uuid,
    payment_method character varying(100),
    coupon_used character varying(100),
    external_id character varying(100),
    code character varying(100),
    country character varying(2),
    channel character varying(100),
    shipping_tax numeric(19,4) DEFAULT 0 NOT NULL,
    refunded_total numeric(19,4) DEFAULT 0 NOT NULL,
    date_paid timestamp with time zone,
    is_guest boolean DEFAULT false NOT NULL,
    is_counted boolean DEFAULT true NOT NULL,
    is_cancelled boolean DEFAULT false NOT NULL,
    is_test boolean DEFAULT false NOT NULL,
    wc_customer_id bigint,
    refunds_listed_at timestamp with time zone
);

ALTER TABLE ONLY insights.orders FORCE ROW LEVEL SECURITY;

CREATE TABLE insights.product_days (
    store_id uuid NOT NULL,
    day date NOT NULL,
    currency character varying(3) NOT NULL,
    product character varying(600) NOT NULL,
    events integer DEFAULT 0 NOT NULL,
    line_gross numeric(20,4) DEFAULT 0 NOT NULL,
    line_net numeric(20,4) DEFAULT 0 NOT NULL,
    units numeric(20,4) DEFAULT 0 NOT NULL,
    line_back numeric(20,4) DEFAULT 0 NOT NULL,
    units_back numeric(20,4) DEFAULT 0 NOT NULL
);

ALTER TABLE ONLY insights.product_days FORCE ROW LEVEL SECURITY;

CREATE TABLE insights.product_months (
    store_id uuid NOT NULL,
    month date NOT NULL,
    currency character varying(3) NOT NULL,
    product character varying(600) NOT NULL,
    events integer DEFAULT 0 NOT NULL,
    line_gross numeric(20,4) DEFAULT 0 NOT NULL,
    line_net numeric(20,4) DEFAULT 0 NOT NULL,
    units numeric(20,4) DEFAULT 0 NOT NULL,
    line_back numeric(20,4) DEFAULT 0 NOT NULL,
    units_back numeric(20,4) DEFAULT 0 NOT NULL
);

ALTER TABLE ONLY insights.product_months FORCE ROW LEVEL SECURITY;

CREATE TABLE insights.product_variants (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    store_id uuid NOT NULL,
    product_id uuid NOT NULL,
    wc_variation_id bigint NOT NULL,
    name character varying(500),
    sku character varying(100),
    price numeric(19,4),
    regular_price numeric(19,4),
    sale_price numeric(19,4),
    stock_quantity integer,
    stock_status character varying(50),
    external_id character varying(100)
);

ALTER TABLE ONLY insights.product_variants FORCE ROW LEVEL SECURITY;

CREATE TABLE insights.products (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    store_id uuid NOT NULL,
    wc_product_id bigint NOT NULL,
    name character varying(500) NOT NULL,
    sku character varying(100),
    price numeric(19,4),
    regular_price numeric(19,4),
    sale_price numeric(19,4),
    category_id uuid,
    category_name character varying(255),
    stock_quantity integer,
    stock_status character varying(50),
    status character varying(50) DEFAULT 'publish'::character varying,
    type character varying(50) DEFAULT 'simple'::character varying,
    created_at timestamp with time zone,
    updated_at timestamp with time zone,
    wc_category_id bigint,
    external_id character varying(100),
    currency character varying(3)
);

ALTER TABLE ONLY insights.products FORCE ROW LEVEL SECURITY;

CREATE TABLE insights.refund_items (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    store_id uuid NOT NULL,
    refund_id uuid NOT NULL,
    line_id character varying(100) NOT NULL,
    quantity integer DEFAULT 0 NOT NULL,
    exact_quantity numeric(14,4),
    total numeric(19,4) DEFAULT 0 NOT NULL,
    tax numeric(19,4) DEFAULT 0 NOT NULL
);

ALTER TABLE ONLY insights.refund_items FORCE ROW LEVEL SECURITY;

CREATE TABLE insights.refunds (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    store_id uuid NOT NULL,
    wc_refund_id bigint NOT NULL,
    wc_order_id bigint NOT NULL,
    order_id uuid,
    date_created timestamp with time zone NOT NULL,
    amount numeric(19,4) NOT NULL,
    shipping numeric(19,4) DEFAULT 0 NOT NULL,
    tax numeric(19,4) DEFAULT 0 NOT NULL,
    currency character varying(3) NOT NULL,
    status character varying(20) DEFAULT 'settled'::character varying NOT NULL,
    external_id character varying(100),
    external_order_id character varying(100),
    is_dated boolean DEFAULT true NOT NULL,
    goods numeric(19,4),
    goods_tax numeric(19,4),
    shipping_back numeric(19,4),
    CONSTRAINT refunds_status_check CHECK (((status)::text = ANY ((ARRAY['pending'::character varying, 'settled'::character varying, 'failed'::character varying])::text[])))
);

ALTER TABLE ONLY insights.refunds FORCE ROW LEVEL SECURITY;

CREATE TABLE insights.request_counts (
    store_id uuid NOT NULL,
    day date NOT NULL,
    in_day integer NOT NULL,
    minute timestamp with time zone NOT NULL,
    in_minute integer NOT NULL
);

ALTER TABLE ONLY insights.request_counts FORCE ROW LEVEL SECURITY;

CREATE TABLE insights.rollup_state (
    store_id uuid NOT NULL,
    reckoning jsonb NOT NULL,
    is_whole boolean NOT NULL,
    rebuilt_at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE ONLY insights.rollup_state FORCE ROW LEVEL SECURITY;

CREATE TABLE insights.saved_charts (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    store_id uuid NOT NULL,
    title character varying(255) NOT NULL,
    query_text text,
    chart_config jsonb NOT NULL,
    position_index integer DEFAULT 0,
    created_at timestamp with time zone DEFAULT now(),
    updated_at timestamp with time zone DEFAULT now()
);

ALTER TABLE ONLY insights.saved_charts FORCE ROW LEVEL SECURITY;

CREATE TABLE insights.stores (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    store_id uuid NOT NULL,
    store_url character varying(500) NOT NULL,
    api_key_hash character varying(255) NOT NULL,
    wc_version character varying(20),
    plan character varying(20) DEFAULT 'free'::character varying,
    connected_at timestamp with time zone DEFAULT now(),
    last_sync_at timestamp with time zone,
    settings jsonb DEFAULT '{}'::jsonb,
    is_active boolean DEFAULT true,
    name text GENERATED ALWAYS AS ((settings ->> 'name'::text)) STORED,
    currency text GENERATED ALWAYS AS ((settings ->> 'currency'::text)) STORED,
    time_zone text GENERATED ALWAYS AS ((settings ->> 'time_zone'::text)) STORED,
    channel text GENERATED ALWAYS AS (COALESCE((settings ->> 'channel'::text), ''::text)) STORED NOT NULL,
    CONSTRAINT stores_check CHECK ((store_id = id)),
    CONSTRAINT stores_plan_check CHECK (((plan)::text = ANY ((ARRAY['free'::character varying, 'starter'::character varying, 'pro'::character varying, 'agency'::character varying])::text[])))
);

ALTER TABLE ONLY insights.stores FORCE ROW LEVEL SECURITY;

CREATE TABLE insights.sync_logs (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    store_id uuid NOT NULL,
    sync_type character varying(50) NOT NULL,
    records_synced integer DEFAULT 0,
    started_at timestamp with time zone DEFAULT now(),
    completed_at timestamp with time zone,
    status character varying(20) DEFAULT 'running'::character varying,
    error_message text,
    retry_count integer DEFAULT 0,
    next_retry_at timestamp with time zone,
    resource character varying(50),
    CONSTRAINT sync_logs_status_check CHECK (((status)::text = ANY ((ARRAY['running'::character varying, 'completed'::character varying, 'failed'::character varying])::text[]))),
    CONSTRAINT sync_logs_sync_type_check CHECK (((sync_type)::text = ANY ((ARRAY['full'::character varying, 'incremental'::character varying, 'orders'::character varying, 'products'::character varying, 'customers'::character varying, 'reconcile'::character varying])::text[])))
);

ALTER TABLE ONLY insights.sync_logs FORCE ROW LEVEL SECURITY;

CREATE TABLE kits.batch_number_counters (
    store_id uuid NOT NULL,
    day date NOT NULL,
    last_number integer NOT NULL
);

ALTER TABLE ONLY kits.batch_number_counters FORCE ROW LEVEL SECURITY;

CREATE TABLE kits.customer_addresses (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    store_id uuid NOT NULL,
    customer_id uuid NOT NULL,
    vendure_address_id character varying(100),
    address_type character varying(20) DEFAULT 'both'::character varying NOT NULL,
    is_default boolean DEFAULT false NOT NULL,
    full_name character varying(255),
    company character varying(255),
    street_line1 character varying(255),
    street_line2 character varying(255),
    city character varying(100),
    province character varying(100),
    postal_code character varying(20),
    country_code character varying(2),
    phone_number character varying(50),
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT customer_addresses_address_type_check CHECK (((address_type)::text = ANY ((ARRAY['shipping'::character varying, 'billing'::character varying, 'both'::character varying])::text[])))
);

ALTER TABLE ONLY kits.customer_addresses FORCE ROW LEVEL SECURITY;

CREATE TABLE kits.customer_order_items (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    store_id uuid NOT NULL,
    order_summary_id uuid NOT NULL,
    vendure_line_id character varying(100) NOT NULL,
    product_sku character varying(100),
    variant_sku character varying(100),
    product_name character varying(500),
    variant_name character varying(500),
    quantity integer DEFAULT 1 NOT NULL,
    unit_price_with_tax numeric(19,4) NOT NULL,
    currency character varying(3) NOT NULL,
    patch_enabled boolean DEFAULT false NOT NULL,
    patch_type character varying(100),
    print_name character varying(100),
    print_number character varying(20),
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE ONLY kits.customer_order_items FORCE ROW LEVEL SECURITY;

CREATE TABLE kits.customer_orders_summary (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    store_id uuid NOT NULL,
    customer_id uuid,
    vendure_order_id character varying(100) NOT NULL,
    order_code character varying(100) NOT NULL,
    order_date timestamp with time zone NOT NULL,
    delivery_stage character varying(20) DEFAULT 'ORDER_CONFIRMED'::character varying NOT NULL,
    payment_method character varying(100),
    total_with_tax numeric(19,4) NOT NULL,
    currency character varying(3) NOT NULL,
    refunded_amount numeric(19,4) DEFAULT 0 NOT NULL,
    batch_id uuid,
    tracking_number character varying(100),
    phone_number character varying(20),
    phone_source character varying(10),
    state character varying(50),
    is_cancelled boolean DEFAULT false NOT NULL,
    vendure_customer_id character varying(100),
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    sms_updates boolean DEFAULT false NOT NULL,
    keep_unbatched boolean DEFAULT false NOT NULL,
    CONSTRAINT customer_orders_summary_delivery_stage_check CHECK (((delivery_stage)::text = ANY ((ARRAY['ORDER_CONFIRMED'::character varying, 'SOURCING'::character varying, 'ARRIVED'::character varying, 'DISPATCHED'::character varying, 'DELIVERED'::character varying])::text[]))),
    CONSTRAINT customer_orders_summary_phone_source_check CHECK (((phone_source)::text = ANY ((ARRAY['order'::character varying, 'customer'::character varying])::text[])))
);

ALTER TABLE ONLY kits.customer_orders_summary FORCE ROW LEVEL SECURITY;

CREATE TABLE kits.customers (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    store_id uuid NOT NULL,
    vendure_customer_id character varying(100),
    email character varying(255),
    phone_number character varying(20),
    phone_verified boolean DEFAULT false NOT NULL,
    total_orders integer DEFAULT 0 NOT NULL,
    total_spent numeric(19,4) DEFAULT 0 NOT NULL,
    last_order_date timestamp with time zone,
    marketing_consent boolean DEFAULT false NOT NULL,
    consent_told boolean DEFAULT false NOT NULL,
    custom_fields jsonb DEFAULT '{}'::jsonb NOT NULL,
    first_name character varying(100),
    last_name character varying(100),
    currency character varying(3),
    spent_by_currency jsonb DEFAULT '{}'::jsonb NOT NULL,
    is_active boolean DEFAULT true NOT NULL,
    given_email character varying(255),
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE ONLY kits.customers FORCE ROW LEVEL SECURITY;

CREATE TABLE kits.import_batches (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    store_id uuid NOT NULL,
    batch_number character varying(20) NOT NULL,
    status character varying(50) DEFAULT 'collecting'::character varying NOT NULL,
    target_order_count integer DEFAULT 20 NOT NULL,
    order_count integer DEFAULT 0 NOT NULL,
    notes text,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    auto_assign boolean DEFAULT false NOT NULL,
    CONSTRAINT import_batches_order_count_check CHECK ((order_count >= 0)),
    CONSTRAINT import_batches_status_check CHECK (((status)::text = ANY ((ARRAY['collecting'::character varying, 'orderedFromSupplier'::character varying, 'inTransit'::character varying, 'arrived'::character varying, 'dispatched'::character varying, 'completed'::character varying])::text[]))),
    CONSTRAINT import_batches_target_order_count_check CHECK ((target_order_count > 0))
);

ALTER TABLE ONLY kits.import_batches FORCE ROW LEVEL SECURITY;

CREATE TABLE kits.order_delivery_status_events (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    store_id uuid NOT NULL,
    order_code character varying(100) NOT NULL,
    sequence integer NOT NULL,
    stage character varying(20) NOT NULL,
    tracking_number character varying(100),
    note text,
    updated_by character varying(255),
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT order_delivery_status_events_sequence_check CHECK ((sequence > 0)),
    CONSTRAINT order_delivery_status_events_stage_check CHECK (((stage)::text = ANY ((ARRAY['ORDER_CONFIRMED'::character varying, 'SOURCING'::character varying, 'ARRIVED'::character varying, 'DISPATCHED'::character varying, 'DELIVERED'::character varying])::text[])))
);

ALTER TABLE ONLY kits.order_delivery_status_events FORCE ROW LEVEL SECURITY;

CREATE TABLE kits.usual_waits (
    store_id uuid NOT NULL,
    stage character varying(20) NOT NULL,
    seconds bigint NOT NULL,
    CONSTRAINT usual_waits_seconds_check CHECK ((seconds >= 0)),
    CONSTRAINT usual_waits_stage_check CHECK (((stage)::text = ANY ((ARRAY['ORDER_CONFIRMED'::character varying, 'SOURCING'::character varying, 'ARRIVED'::character varying, 'DISPATCHED'::character varying])::text[])))
);

ALTER TABLE ONLY kits.usual_waits FORCE ROW LEVEL SECURITY;

CREATE VIEW kits.late_orders WITH (security_invoker='true') AS
 SELECT o.store_id,
    o.vendure_order_id,
    w.stage,
    at.since,
    (at.since + make_interval(secs => (w.seconds)::double precision)) AS usual_by
   FROM (((kits.usual_waits w
     JOIN kits.order_delivery_status s ON (((w.store_id = s.store_id) AND ((w.stage)::text = (s.stage)::text))))
     JOIN kits.customer_orders_summary o ON (((s.store_id = o.store_id) AND ((s.order_code)::text = (o.order_code)::text))))
     CROSS JOIN LATERAL ( SELECT
                CASE
                    WHEN ((s.stage)::text = 'ORDER_CONFIRMED'::text) THEN o.order_date
                    ELSE ( SELECT min(e.updated_at) AS min
                       FROM kits.order_delivery_status_events e
                      WHERE ((e.store_id = s.store_id) AND ((e.order_code)::text = (s.order_code)::text) AND (e.sequence > COALESCE(( SELECT max(b.sequence) AS max
                               FROM kits.order_delivery_status_events b
                              WHERE ((b.store_id = s.store_id) AND ((b.order_code)::text = (s.order_code)::text) AND ((b.stage)::text <> (s.stage)::text))), 0))))
                END AS since) at)
  WHERE ((NOT o.is_cancelled) AND (o.order_date > (now() - '180 days'::interval)) AND (at.since < (now() - make_interval(secs => (w.seconds)::double precision))));

CREATE TABLE kits.order_batch_assignments (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    store_id uuid NOT NULL,
    vendure_order_id character varying(100) NOT NULL,
    batch_id uuid NOT NULL,
    assigned_at timestamp with time zone DEFAULT now() NOT NULL,
    assigned_by character varying(255)
);

ALTER TABLE ONLY kits.order_batch_assignments FORCE ROW LEVEL SECURITY;

CREATE TABLE kits.order_places (
    store_id uuid NOT NULL,
    vendure_order_id character varying(100) NOT NULL,
    batch_id uuid,
    batch_status character varying(30),
    assigned_at timestamp with time zone,
    assigned_by character varying(255),
    keep_unbatched boolean DEFAULT false NOT NULL,
    sms_updates boolean DEFAULT false NOT NULL
);

ALTER TABLE ONLY kits.order_places FORCE ROW LEVEL SECURITY;

CREATE TABLE kits.order_tracking (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    store_id uuid NOT NULL,
    vendure_order_id character varying(100) NOT NULL,
    tracking_number character varying(100),
    carrier character varying(100),
    status character varying(20) DEFAULT 'pending'::character varying NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT order_tracking_status_check CHECK (((status)::text = ANY ((ARRAY['pending'::character varying, 'confirmed'::character varying, 'processing'::character varying, 'shipped'::character varying, 'delivered'::character varying])::text[])))
);

ALTER TABLE ONLY kits.order_tracking FORCE ROW LEVEL SECURITY;

CREATE TABLE kits.otp_limits (
    store_id uuid NOT NULL,
    scope character varying(20) NOT NULL,
    key character varying(50) NOT NULL,
    taken timestamp with time zone[] NOT NULL,
    last_taken timestamp with time zone NOT NULL,
    CONSTRAINT otp_limits_scope_check CHECK (((scope)::text = ANY ((ARRAY['phone'::character varying, 'address'::character varying, 'prefix'::character varying])::text[])))
);

ALTER TABLE ONLY kits.otp_limits FORCE ROW LEVEL SECURITY;

CREATE TABLE kits.otp_sessions (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    store_id uuid NOT NULL,
    phone character varying(20) NOT NULL,
    otp_hash character varying(255) NOT NULL,
    session_id character varying(100) NOT NULL,
    verified boolean DEFAULT false NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE ONLY kits.otp_sessions FORCE ROW LEVEL SECURITY;

CREATE TABLE kits.otp_spending (
    store_id uuid NOT NULL,
    day date NOT NULL,
    sends integer NOT NULL,
    CONSTRAINT otp_spending_sends_check CHECK ((sends >= 0))
);

ALTER TABLE ONLY kits.otp_spending FORCE ROW LEVEL SECURITY;

CREATE TABLE kits.shoppers (
    store_id uuid NOT NULL,
    phone character varying(20) NOT NULL,
    name character varying(200),
    news boolean,
    news_told_at timestamp with time zone
);

ALTER TABLE ONLY kits.shoppers FORCE ROW LEVEL SECURITY;

CREATE TABLE kits.verified_phones (
    store_id uuid NOT NULL,
    phone character varying(20) NOT NULL,
    verified_at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE ONLY kits.verified_phones FORCE ROW LEVEL SECURITY;

CREATE TABLE projects.archived_projects (
    store_id uuid NOT NULL,
    project_id uuid NOT NULL,
    object_key character varying(255) NOT NULL,
    archived_at timestamp with time zone DEFAULT now() NOT NULL,
    restored_at timestamp with time zone
);

ALTER TABLE ONLY projects.archived_projects FORCE ROW LEVEL SECURITY;

CREATE TABLE projects.catalogue_imports (
    store_id uuid NOT NULL,
    import_id uuid NOT NULL,
    status character varying(20) NOT NULL,
    message text,
    dry_run boolean DEFAULT false NOT NULL,
    delete_missing boolean DEFAULT false NOT NULL,
    file_name character varying(255),
    object_key character varying(255),
    digest character varying(64),
    file jsonb,
    last_line integer DEFAULT 0 NOT NULL,
    lines integer DEFAULT 0 NOT NULL,
    lines_expected integer,
    added integer DEFAULT 0 NOT NULL,
    changed integer DEFAULT 0 NOT NULL,
    unchanged integer DEFAULT 0 NOT NULL,
    refused integer DEFAULT 0 NOT NULL,
    deleted integer DEFAULT 0 NOT NULL,
    problems jsonb DEFAULT '[]'::jsonb NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    finished_at timestamp with time zone,
    CONSTRAINT catalogue_imports_status_check CHECK (((status)::text = ANY ((ARRAY['awaiting_upload'::character varying, 'running'::character varying, 'done'::character varying, 'failed'::character varying])::text[])))
);

ALTER TABLE ONLY projects.catalogue_imports FORCE ROW LEVEL SECURITY;

CREATE TABLE projects.catalogue_versions (
    store_id uuid NOT NULL,
    version bigint DEFAULT 1 NOT NULL
);

ALTER TABLE ONLY projects.catalogue_versions FORCE ROW LEVEL SECURITY;

CREATE TABLE projects.conversation_log (
    log_id uuid DEFAULT gen_random_uuid() NOT NULL,
    store_id uuid NOT NULL,
    project_id uuid NOT NULL,
    conversation_date timestamp with time zone DEFAULT CURRENT_TIMESTAMP NOT NULL,
    interaction_type projects.interaction_type DEFAULT 'followup'::projects.interaction_type NOT NULL,
    aos_phase projects.aos_phase,
    aos_score_greeting integer,
    aos_score_needs integer,
    aos_score_design integer,
    aos_score_close integer,
    aos_score_objection integer,
    aos_score_overall integer,
    outcome projects.conversation_outcome,
    sales_associate character varying(100),
    conversation_summary text,
    next_action character varying(255),
    next_contact_date date,
    version integer DEFAULT 1 NOT NULL,
    CONSTRAINT conversation_log_aos_score_close_check CHECK (((aos_score_close >= 1) AND (aos_score_close <= 4))),
    CONSTRAINT conversation_log_aos_score_design_check CHECK (((aos_score_design >= 1) AND (aos_score_design <= 4))),
    CONSTRAINT conversation_log_aos_score_greeting_check CHECK (((aos_score_greeting >= 1) AND (aos_score_greeting <= 4))),
    CONSTRAINT conversation_log_aos_score_needs_check CHECK (((aos_score_needs >= 1) AND (aos_score_needs <= 4))),
    CONSTRAINT conversation_log_aos_score_objection_check CHECK (((aos_score_objection >= 1) AND (aos_score_objection <= 4))),
    CONSTRAINT conversation_log_aos_score_overall_check CHECK (((aos_score_overall >= 1) AND (aos_score_overall <= 4)))
)
PARTITION BY RANGE (conversation_date);

ALTER TABLE ONLY projects.conversation_log FORCE ROW LEVEL SECURITY;

CREATE TABLE projects.conversation_log_default (
    log_id uuid DEFAULT gen_random_uuid() CONSTRAINT conversation_log_log_id_not_null NOT NULL,
    store_id uuid CONSTRAINT conversation_log_store_id_not_null NOT NULL,
    project_id uuid CONSTRAINT conversation_log_project_id_not_null NOT NULL,
    conversation_date timestamp with time zone DEFAULT CURRENT_TIMESTAMP CONSTRAINT conversation_log_conversation_date_not_null NOT NULL,
    interaction_type projects.interaction_type DEFAULT 'followup'::projects.interaction_type CONSTRAINT conversation_log_interaction_type_not_null NOT NULL,
    aos_phase projects.aos_phase,
    aos_score_greeting integer,
    aos_score_needs integer,
    aos_score_design integer,
    aos_score_close integer,
    aos_score_objection integer,
    aos_score_overall integer,
    outcome projects.conversation_outcome,
    sales_associate character varying(100),
    conversation_summary text,
    next_action character varying(255),
    next_contact_date date,
    version integer DEFAULT 1 CONSTRAINT conversation_log_version_not_null NOT NULL,
    CONSTRAINT conversation_log_aos_score_close_check CHECK (((aos_score_close >= 1) AND (aos_score_close <= 4))),
    CONSTRAINT conversation_log_aos_score_design_check CHECK (((aos_score_design >= 1) AND (aos_score_design <= 4))),
    CONSTRAINT conversation_log_aos_score_greeting_check CHECK (((aos_score_greeting >= 1) AND (aos_score_greeting <= 4))),
    CONSTRAINT conversation_log_aos_score_needs_check CHECK (((aos_score_needs >= 1) AND (aos_score_needs <= 4))),
    CONSTRAINT conversation_log_aos_score_objection_check CHECK (((aos_score_objection >= 1) AND (aos_score_objection <= 4))),
    CONSTRAINT conversation_log_aos_score_overall_check CHECK (((aos_score_overall >= 1) AND (aos_score_overall <= 4)))
);

ALTER TABLE ONLY projects.conversation_log_default FORCE ROW LEVEL SECURITY;

CREATE VIEW projects.customer_project_summary AS
SELECT
    NULL::uuid AS store_id,
    NULL::uuid AS customer_id,
    NULL::character varying(100) AS first_name,
    NULL::character varying(100) AS last_name,
    NULL::character varying(255) AS email,
    NULL::uuid AS project_id,
    NULL::character varying(255) AS project_name,
    NULL::projects.project_status AS project_status,
    NULL::bigint AS room_count,
    NULL::numeric AS total_sf,
    NULL::numeric(10,2) AS tile_budget,
    NULL::character varying(3) AS currency;

CREATE TABLE projects.customers (
    customer_id uuid DEFAULT gen_random_uuid() NOT NULL,
    store_id uuid NOT NULL,
    first_name character varying(100) NOT NULL,
    last_name character varying(100),
    email character varying(255),
    phone_primary character varying(20),
    phone_secondary character varying(20),
    address_line1 character varying(255),
    address_line2 character varying(255),
    city character varying(100),
    state character varying(50),
    zip_code character varying(20),
    country character varying(50) DEFAULT 'USA'::character varying,
    customer_type projects.customer_type NOT NULL,
    pro_account_number character varying(50),
    preferred_contact_method projects.contact_method DEFAULT 'phone'::projects.contact_method,
    marketing_opt_in boolean DEFAULT false,
    created_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP,
    updated_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP,
    notes text,
    tax_exemption character varying(100),
    version integer DEFAULT 1 NOT NULL,
    search text[] DEFAULT '{}'::text[] NOT NULL
);

ALTER TABLE ONLY projects.customers FORCE ROW LEVEL SECURITY;

CREATE TABLE projects.product_catalog (
    sku character varying(50) NOT NULL,
    store_id uuid NOT NULL,
    product_name character varying(255) NOT NULL,
    product_type character varying(100),
    brand character varying(100),
    material character varying(100),
    color character varying(100),
    size_length numeric(6,2),
    size_width numeric(6,2),
    size_thickness numeric(6,2),
    coverage_per_box numeric(8,2),
    pieces_per_box integer,
    price_retail numeric(10,2),
    price_pro numeric(10,2),
    in_stock boolean DEFAULT true,
    discontinued boolean DEFAULT false,
    special_order boolean DEFAULT false,
    created_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP,
    updated_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP,
    currency character varying(3) DEFAULT 'USD'::character varying NOT NULL,
    unit_of_measure projects.unit_of_measure,
    specification jsonb DEFAULT '{}'::jsonb NOT NULL,
    version integer DEFAULT 1 NOT NULL
);

ALTER TABLE ONLY projects.product_catalog FORCE ROW LEVEL SECURITY;

CREATE TABLE projects.project_rooms (
    room_id uuid DEFAULT gen_random_uuid() NOT NULL,
    store_id uuid NOT NULL,
    project_id uuid NOT NULL,
    room_name character varying(100),
    room_type projects.room_type NOT NULL,
    room_style character varying(100),
    room_length_ft numeric(8,2),
    room_width_ft numeric(8,2),
    room_height_ft numeric(8,2),
    room_notes text,
    created_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP,
    updated_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP,
    version integer DEFAULT 1 NOT NULL
);

ALTER TABLE ONLY projects.project_rooms FORCE ROW LEVEL SECURITY;

CREATE VIEW projects.project_totals AS
SELECT
    NULL::uuid AS store_id,
    NULL::uuid AS project_id,
    NULL::numeric AS project_total,
    NULL::bigint AS surface_count,
    NULL::character varying(3) AS currency;

CREATE TABLE projects.projects (
    project_id uuid DEFAULT gen_random_uuid() NOT NULL,
    store_id uuid NOT NULL,
    customer_id uuid NOT NULL,
    project_name character varying(255),
    project_status projects.project_status DEFAULT 'inquiry'::projects.project_status,
    total_budget_min numeric(10,2),
    total_budget_max numeric(10,2),
    tile_budget numeric(10,2),
    project_start_date date,
    project_completion_date date,
    installation_method projects.installation_method NOT NULL,
    contractor_name character varying(255),
    contractor_phone character varying(20),
    contractor_email character varying(255),
    designer_name character varying(255),
    designer_company character varying(255),
    urgency_level projects.urgency_level DEFAULT 'medium'::projects.urgency_level,
    lead_source character varying(100),
    sales_associate character varying(100),
    created_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP,
    updated_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP,
    notes text,
    currency character varying(3) DEFAULT 'USD'::character varying NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    archived_at timestamp with time zone
);

ALTER TABLE ONLY projects.projects FORCE ROW LEVEL SECURITY;

CREATE TABLE projects.quote_acceptances (
    store_id uuid NOT NULL,
    project_id uuid NOT NULL,
    quote_id uuid NOT NULL,
    accepted_at timestamp with time zone NOT NULL,
    accepted_name character varying(200),
    source_address character varying(45),
    user_agent character varying(500),
    pdf_sha256 character varying(64),
    payments jsonb NOT NULL
);

ALTER TABLE ONLY projects.quote_acceptances FORCE ROW LEVEL SECURITY;

CREATE TABLE projects.quote_counters (
    store_id uuid NOT NULL,
    last bigint NOT NULL
);

ALTER TABLE ONLY projects.quote_counters FORCE ROW LEVEL SECURITY;

CREATE TABLE projects.quote_mails (
    store_id uuid NOT NULL,
    quote_id uuid NOT NULL,
    mail character varying(20) NOT NULL,
    status character varying(10) DEFAULT 'pending'::character varying NOT NULL,
    sent_at timestamp with time zone,
    CONSTRAINT quote_mails_status_check CHECK (((status)::text = ANY ((ARRAY['pending'::character varying, 'sending'::character varying, 'sent'::character varying, 'failed'::character varying])::text[])))
);

ALTER TABLE ONLY projects.quote_mails FORCE ROW LEVEL SECURITY;

CREATE TABLE projects.quote_numbers (
    store_id uuid NOT NULL,
    quote_number character varying(50) NOT NULL,
    quote_id uuid NOT NULL
);

ALTER TABLE ONLY projects.quote_numbers FORCE ROW LEVEL SECURITY;

CREATE TABLE projects.quotes (
    quote_id uuid DEFAULT gen_random_uuid() NOT NULL,
    store_id uuid NOT NULL,
    project_id uuid NOT NULL,
    quote_number character varying(50) NOT NULL,
    quote_date date NOT NULL,
    expiration_date date,
    subtotal numeric(10,2) NOT NULL,
    tax_amount numeric(10,2) DEFAULT 0,
    delivery_fee numeric(10,2) DEFAULT 0,
    total_amount numeric(10,2) NOT NULL,
    quote_status projects.quote_status DEFAULT 'draft'::projects.quote_status,
    sales_associate character varying(100),
    special_instructions text,
    created_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP,
    updated_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP,
    currency character varying(3) DEFAULT 'USD'::character varying NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    alternative character varying(10),
    revision integer DEFAULT 1 NOT NULL,
    discount_amount numeric(10,2) DEFAULT 0 NOT NULL,
    asked jsonb DEFAULT '{}'::jsonb NOT NULL,
    content jsonb DEFAULT '{}'::jsonb NOT NULL,
    recipient jsonb,
    sent_at timestamp with time zone,
    first_seen_at timestamp with time zone,
    answered_at timestamp with time zone,
    stale_since timestamp with time zone,
    changes jsonb,
    superseded_by uuid,
    superseded_at timestamp with time zone,
    pdf_key character varying(255),
    pdf_sha256 character varying(64),
    CONSTRAINT quotes_alternative_check CHECK (((alternative)::text = ANY ((ARRAY['good'::character varying, 'better'::character varying, 'best'::character varying])::text[]))),
    CONSTRAINT quotes_discount_amount_check CHECK ((discount_amount >= (0)::numeric))
)
PARTITION BY RANGE (quote_date);

ALTER TABLE ONLY projects.quotes FORCE ROW LEVEL SECURITY;

CREATE TABLE projects.quotes_default (
    quote_id uuid DEFAULT gen_random_uuid() CONSTRAINT quotes_quote_id_not_null NOT NULL,
    store_id uuid CONSTRAINT quotes_store_id_not_null NOT NULL,
    project_id uuid CONSTRAINT quotes_project_id_not_null NOT NULL,
    quote_number character varying(50) CONSTRAINT quotes_quote_number_not_null NOT NULL,
    quote_date date CONSTRAINT quotes_quote_date_not_null NOT NULL,
    expiration_date date,
    subtotal numeric(10,2) CONSTRAINT quotes_subtotal_not_null NOT NULL,
    tax_amount numeric(10,2) DEFAULT 0,
    delivery_fee numeric(10,2) DEFAULT 0,
    total_amount numeric(10,2) CONSTRAINT quotes_total_amount_not_null NOT NULL,
    quote_status projects.quote_status DEFAULT 'draft'::projects.quote_status,
    sales_associate character varying(100),
    special_instructions text,
    created_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP,
    updated_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP,
    currency character varying(3) DEFAULT 'USD'::character varying CONSTRAINT quotes_currency_not_null NOT NULL,
    version integer DEFAULT 1 CONSTRAINT quotes_version_not_null NOT NULL,
    alternative character varying(10),
    revision integer DEFAULT 1 CONSTRAINT quotes_revision_not_null NOT NULL,
    discount_amount numeric(10,2) DEFAULT 0 CONSTRAINT quotes_discount_amount_not_null NOT NULL,
    asked jsonb DEFAULT '{}'::jsonb CONSTRAINT quotes_asked_not_null NOT NULL,
    content jsonb DEFAULT '{}'::jsonb CONSTRAINT quotes_content_not_null NOT NULL,
    recipient jsonb,
    sent_at timestamp with time zone,
    first_seen_at timestamp with time zone,
    answered_at timestamp with time zone,
    stale_since timestamp with time zone,
    changes jsonb,
    superseded_by uuid,
    superseded_at timestamp with time zone,
    pdf_key character varying(255),
    pdf_sha256 character varying(64),
    CONSTRAINT quotes_alternative_check CHECK (((alternative)::text = ANY ((ARRAY['good'::character varying, 'better'::character varying, 'best'::character varying])::text[]))),
    CONSTRAINT quotes_discount_amount_check CHECK ((discount_amount >= (0)::numeric))
);

ALTER TABLE ONLY projects.quotes_default FORCE ROW LEVEL SECURITY;

CREATE TABLE projects.selected_products (
    selection_id uuid DEFAULT gen_random_uuid() NOT NULL,
    store_id uuid NOT NULL,
    surface_id uuid NOT NULL,
    product_sku character varying(50) NOT NULL,
    product_name character varying(255),
    product_type projects.product_type NOT NULL,
    quantity_needed numeric(10,2),
    quantity_ordered numeric(10,2),
    unit_of_measure projects.unit_of_measure DEFAULT 'sf'::projects.unit_of_measure NOT NULL,
    box_coverage_sf numeric(8,2),
    price_per_unit numeric(10,2),
    total_price numeric(10,2),
    selection_status projects.selection_status DEFAULT 'considered'::projects.selection_status,
    selection_date timestamp with time zone DEFAULT CURRENT_TIMESTAMP,
    notes text,
    quantity_given boolean DEFAULT false NOT NULL,
    price_given boolean DEFAULT false NOT NULL,
    usage jsonb DEFAULT '{}'::jsonb NOT NULL,
    undecided boolean DEFAULT false NOT NULL,
    lot character varying(50),
    shade character varying(50),
    caliber character varying(50),
    return_terms character varying(20) DEFAULT 'returnable'::character varying NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    CONSTRAINT selected_products_return_terms_check CHECK (((return_terms)::text = ANY ((ARRAY['returnable'::character varying, 'restocking_fee'::character varying, 'not_returnable'::character varying])::text[])))
);

ALTER TABLE ONLY projects.selected_products FORCE ROW LEVEL SECURITY;

CREATE TABLE projects.surfaces (
    surface_id uuid DEFAULT gen_random_uuid() NOT NULL,
    store_id uuid NOT NULL,
    room_id uuid NOT NULL,
    surface_type projects.surface_type NOT NULL,
    surface_area_sf numeric(10,2) NOT NULL,
    length_ft numeric(8,2),
    width_ft numeric(8,2),
    height_ft numeric(8,2),
    pattern_type projects.pattern_type DEFAULT 'straight_lay'::projects.pattern_type,
    complexity_level projects.complexity_level DEFAULT 'simple'::projects.complexity_level,
    waste_factor numeric(4,2) DEFAULT 0.10,
    obstacles_count integer DEFAULT 0,
    obstacles_description text,
    prep_work_needed text,
    created_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP,
    updated_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP,
    surface_name character varying(100),
    waste_given boolean DEFAULT false NOT NULL,
    obstacles jsonb DEFAULT '[]'::jsonb NOT NULL,
    exposure character varying(10),
    offset_share numeric(4,2),
    version integer DEFAULT 1 NOT NULL,
    CONSTRAINT surfaces_exposure_check CHECK (((exposure)::text = ANY ((ARRAY['dry'::character varying, 'wet'::character varying, 'sun'::character varying, 'outside'::character varying])::text[])))
);

ALTER TABLE ONLY projects.surfaces FORCE ROW LEVEL SECURITY;

CREATE TABLE shade.conversions (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    store_id uuid NOT NULL,
    customer_id uuid,
    survey_id uuid,
    discount_id uuid,
    cart_url text,
    converted boolean DEFAULT false,
    converted_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now(),
    recommendation_id uuid,
    clicked_at timestamp with time zone,
    clicks integer DEFAULT 0 NOT NULL,
    order_id uuid
);

ALTER TABLE ONLY shade.conversions FORCE ROW LEVEL SECURITY;

CREATE TABLE shade.customers (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    store_id uuid NOT NULL,
    email character varying(255),
    phone_number character varying(20),
    first_name character varying(100),
    last_name character varying(100),
    shopify_customer_id text,
    created_at timestamp with time zone DEFAULT now(),
    accepts_marketing boolean,
    unsubscribed_at timestamp with time zone
);

ALTER TABLE ONLY shade.customers FORCE ROW LEVEL SECURITY;

CREATE TABLE shade.discounts (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    store_id uuid NOT NULL,
    customer_id uuid,
    discount_code character varying(100),
    amount numeric(19,4),
    currency character varying(10),
    applied_to_order_id uuid,
    expires_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now(),
    used boolean DEFAULT false,
    status text DEFAULT 'pending'::text NOT NULL,
    external_id text,
    activated_at timestamp with time zone,
    told text,
    CONSTRAINT discounts_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'active'::text, 'failed'::text, 'revoking'::text, 'revoked'::text, 'expired'::text]))),
    CONSTRAINT discounts_told_check CHECK ((told = ANY (ARRAY['sending'::text, 'sent'::text, 'failed'::text])))
);

ALTER TABLE ONLY shade.discounts FORCE ROW LEVEL SECURITY;

CREATE TABLE shade.model_training_data (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    store_id uuid NOT NULL,
    survey_id uuid,
    image_url text,
    image_at timestamp with time zone,
    image_consent character varying(50),
    match_accuracy_rating integer,
    feedback_notes text,
    used_for_training boolean DEFAULT false,
    rated_at timestamp with time zone,
    qa_note text,
    qa_by character varying(255),
    qa_at timestamp with time zone,
    CONSTRAINT model_training_data_match_accuracy_rating_check CHECK (((match_accuracy_rating >= 1) AND (match_accuracy_rating <= 5)))
);

ALTER TABLE ONLY shade.model_training_data FORCE ROW LEVEL SECURITY;

CREATE TABLE shade.orders (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    store_id uuid NOT NULL,
    shopify_order_id text,
    customer_id uuid,
    order_status character varying(50),
    order_date timestamp with time zone,
    product_type character varying(100),
    currency character varying(10),
    total_amount numeric(19,4),
    created_at timestamp with time zone DEFAULT now(),
    code character varying(100),
    refunded_amount numeric(19,4) DEFAULT 0 NOT NULL,
    is_cancelled boolean DEFAULT false NOT NULL,
    paid_at timestamp with time zone,
    fulfilled_at timestamp with time zone,
    delivered_at timestamp with time zone,
    line_items jsonb DEFAULT '[]'::jsonb NOT NULL,
    product_ids bigint[] DEFAULT '{}'::bigint[] NOT NULL,
    discount_codes text[] DEFAULT '{}'::text[] NOT NULL,
    attributes jsonb DEFAULT '{}'::jsonb NOT NULL,
    modified_at timestamp with time zone,
    shopify_customer_id text,
    discount_id uuid,
    recommendation_id uuid
);

ALTER TABLE ONLY shade.orders FORCE ROW LEVEL SECURITY;

CREATE TABLE shade.products (
    store_id uuid NOT NULL,
    product_id bigint NOT NULL,
    product_type character varying(255),
    tags text[] DEFAULT '{}'::text[] NOT NULL
);

ALTER TABLE ONLY shade.products FORCE ROW LEVEL SECURITY;

CREATE TABLE shade.rating_requests (
    store_id uuid NOT NULL,
    recommendation_id uuid NOT NULL,
    channel text NOT NULL,
    status text DEFAULT 'pending'::text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    sent_at timestamp with time zone,
    CONSTRAINT rating_requests_channel_check CHECK ((channel = ANY (ARRAY['email'::text, 'sms'::text]))),
    CONSTRAINT rating_requests_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'sending'::text, 'sent'::text, 'failed'::text])))
);

ALTER TABLE ONLY shade.rating_requests FORCE ROW LEVEL SECURITY;

CREATE TABLE shade.recommendations (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    store_id uuid NOT NULL,
    survey_id uuid,
    recommended_shade character varying(50),
    recommended_bundle text[],
    cart_url text,
    created_at timestamp with time zone DEFAULT now(),
    discount_id uuid,
    match jsonb DEFAULT '{}'::jsonb NOT NULL,
    click_url text
);

ALTER TABLE ONLY shade.recommendations FORCE ROW LEVEL SECURITY;

CREATE TABLE shade.shades (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    store_id uuid NOT NULL,
    name character varying(50) NOT NULL,
    depth smallint NOT NULL,
    undertone text NOT NULL,
    finish character varying(50),
    swatch character varying(7),
    variant_ids bigint[] DEFAULT '{}'::bigint[] NOT NULL,
    good_for text[] DEFAULT '{}'::text[] NOT NULL,
    not_for text[] DEFAULT '{}'::text[] NOT NULL,
    is_offered boolean DEFAULT true NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT shades_depth_check CHECK (((depth >= 1) AND (depth <= 100))),
    CONSTRAINT shades_undertone_check CHECK ((undertone = ANY (ARRAY['cool'::text, 'neutral'::text, 'warm'::text])))
);

ALTER TABLE ONLY shade.shades FORCE ROW LEVEL SECURITY;

CREATE TABLE shade.survey_invites (
    store_id uuid NOT NULL,
    order_id uuid NOT NULL,
    channel text NOT NULL,
    status text DEFAULT 'pending'::text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    sent_at timestamp with time zone,
    CONSTRAINT survey_invites_channel_check CHECK ((channel = ANY (ARRAY['email'::text, 'sms'::text]))),
    CONSTRAINT survey_invites_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'sending'::text, 'sent'::text, 'failed'::text])))
);

ALTER TABLE ONLY shade.survey_invites FORCE ROW LEVEL SECURITY;

CREATE TABLE shade.surveys (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    store_id uuid NOT NULL,
    customer_id uuid,
    order_id uuid,
    shade_selected character varying(50),
    shade_fit_rating integer,
    skin_type character varying(50),
    skin_concerns text[],
    finish_preference character varying(50),
    texture_feedback text,
    interested_in_addons text[],
    survey_completed_at timestamp with time zone DEFAULT now(),
    CONSTRAINT surveys_shade_fit_rating_check CHECK (((shade_fit_rating >= 1) AND (shade_fit_rating <= 5)))
);

ALTER TABLE ONLY shade.surveys FORCE ROW LEVEL SECURITY;

CREATE TABLE shade.variants (
    store_id uuid NOT NULL,
    variant_id bigint NOT NULL,
    product_id bigint NOT NULL,
    is_available boolean NOT NULL
);

ALTER TABLE ONLY shade.variants FORCE ROW LEVEL SECURITY;

ALTER TABLE ONLY projects.conversation_log ATTACH PARTITION projects.conversation_log_default DEFAULT;

ALTER TABLE ONLY projects.quotes ATTACH PARTITION projects.quotes_default DEFAULT;

ALTER TABLE ONLY projects.customers
    ADD CONSTRAINT customers_pkey PRIMARY KEY (store_id, customer_id);

ALTER TABLE ONLY projects.projects
    ADD CONSTRAINT projects_pkey PRIMARY KEY (store_id, project_id);

CREATE MATERIALIZED VIEW projects.customer_project_summary_data AS
 SELECT c.store_id,
    c.customer_id,
    c.first_name,
    c.last_name,
    c.email,
    p.project_id,
    p.project_name,
    p.project_status,
    count(DISTINCT pr.room_id) AS room_count,
    sum(s.surface_area_sf) AS total_sf,
    p.tile_budget,
    p.currency
   FROM (((projects.customers c
     JOIN projects.projects p ON (((c.store_id = p.store_id) AND (c.customer_id = p.customer_id))))
     LEFT JOIN projects.project_rooms pr ON (((p.store_id = pr.store_id) AND (p.project_id = pr.project_id))))
     LEFT JOIN projects.surfaces s ON (((pr.store_id = s.store_id) AND (pr.room_id = s.room_id))))
  GROUP BY c.store_id, c.customer_id, p.store_id, p.project_id
  WITH NO DATA;

CREATE MATERIALIZED VIEW projects.project_totals_data AS
 SELECT p.store_id,
    p.project_id,
    sum(sp.total_price) AS project_total,
    count(DISTINCT s.surface_id) AS surface_count,
    p.currency
   FROM (((projects.projects p
     JOIN projects.project_rooms pr ON (((p.store_id = pr.store_id) AND (p.project_id = pr.project_id))))
     JOIN projects.surfaces s ON (((pr.store_id = s.store_id) AND (pr.room_id = s.room_id))))
     JOIN projects.selected_products sp ON (((s.store_id = sp.store_id) AND (s.surface_id = sp.surface_id))))
  WHERE (sp.selection_status = 'selected'::projects.selection_status)
  GROUP BY p.store_id, p.project_id
  WITH NO DATA;

ALTER TABLE ONLY backshop.api_keys
    ADD CONSTRAINT api_keys_pkey PRIMARY KEY (id);

ALTER TABLE ONLY backshop.capability_keys
    ADD CONSTRAINT capability_keys_inner_key_key UNIQUE (inner_key);

ALTER TABLE ONLY backshop.capability_keys
    ADD CONSTRAINT capability_keys_pkey PRIMARY KEY (id);

ALTER TABLE ONLY backshop.desk_sessions
    ADD CONSTRAINT desk_sessions_pkey PRIMARY KEY (token_hash);

ALTER TABLE ONLY backshop.erasures
    ADD CONSTRAINT erasures_pkey PRIMARY KEY (store_id, kind, hash);

ALTER TABLE ONLY backshop.exports
    ADD CONSTRAINT exports_pkey PRIMARY KEY (store_id, request_id);

ALTER TABLE ONLY backshop.idempotency_keys
    ADD CONSTRAINT idempotency_keys_pkey PRIMARY KEY (store_id, route, key_hash);

ALTER TABLE ONLY backshop.locks
    ADD CONSTRAINT locks_pkey PRIMARY KEY (store_id, name);

ALTER TABLE ONLY backshop.outbox
    ADD CONSTRAINT outbox_pkey PRIMARY KEY (store_id, id);

ALTER TABLE ONLY backshop.received_webhooks
    ADD CONSTRAINT received_webhooks_pkey PRIMARY KEY (store_id, id);

ALTER TABLE ONLY backshop.received_webhooks
    ADD CONSTRAINT received_webhooks_store_id_topic_delivery_key_key UNIQUE (store_id, topic, delivery_key);

ALTER TABLE ONLY backshop.record_versions
    ADD CONSTRAINT record_versions_pkey PRIMARY KEY (store_id, kind, external_id);

ALTER TABLE ONLY backshop.schema_migrations
    ADD CONSTRAINT schema_migrations_pkey PRIMARY KEY (name);

ALTER TABLE ONLY backshop.slow_shops
    ADD CONSTRAINT slow_shops_pkey PRIMARY KEY (store_id);

ALTER TABLE ONLY backshop.stores
    ADD CONSTRAINT stores_pkey PRIMARY KEY (id);

ALTER TABLE ONLY backshop.stores
    ADD CONSTRAINT stores_store_url_channel_key UNIQUE (store_url, channel);

ALTER TABLE ONLY backshop.sync_cursors
    ADD CONSTRAINT sync_cursors_pkey PRIMARY KEY (store_id, resource);

ALTER TABLE ONLY backshop.sync_jobs
    ADD CONSTRAINT sync_jobs_pkey PRIMARY KEY (store_id, run_id, resource);

ALTER TABLE ONLY backshop.webhook_inbox
    ADD CONSTRAINT webhook_inbox_pkey PRIMARY KEY (store_id, topic, delivery_key);

ALTER TABLE ONLY connect.address_update_request
    ADD CONSTRAINT address_update_request_pkey PRIMARY KEY (store_id, id);

ALTER TABLE ONLY connect.address_update_request
    ADD CONSTRAINT address_update_request_store_id_order_id_platform_idempoten_key UNIQUE (store_id, order_id, platform, idempotency_key);

ALTER TABLE ONLY connect.connector_config
    ADD CONSTRAINT connector_config_pkey PRIMARY KEY (id);

ALTER TABLE ONLY connect.order_item
    ADD CONSTRAINT order_item_pkey PRIMARY KEY (store_id, id);

ALTER TABLE ONLY connect.order_item
    ADD CONSTRAINT order_item_store_id_order_id_platform_line_id_key UNIQUE (store_id, order_id, platform, line_id);

ALTER TABLE ONLY connect.platform_customer
    ADD CONSTRAINT platform_customer_pkey PRIMARY KEY (store_id, customer_id, platform);

ALTER TABLE ONLY connect.platform_order
    ADD CONSTRAINT platform_order_pkey PRIMARY KEY (store_id, order_id, platform);

ALTER TABLE ONLY connect.platform_product
    ADD CONSTRAINT platform_product_pkey PRIMARY KEY (store_id, sku, platform);

ALTER TABLE ONLY connect.recommendation_item
    ADD CONSTRAINT recommendation_item_pkey PRIMARY KEY (store_id, model_id, item);

ALTER TABLE ONLY connect.recommendation_item
    ADD CONSTRAINT recommendation_item_store_id_model_id_sku_key UNIQUE (store_id, model_id, sku);

ALTER TABLE ONLY connect.recommendation_log
    ADD CONSTRAINT recommendation_log_pkey PRIMARY KEY (store_id, id);

ALTER TABLE ONLY connect.recommendation_model
    ADD CONSTRAINT recommendation_model_pkey PRIMARY KEY (store_id, id);

ALTER TABLE ONLY connect.recommendation_popular
    ADD CONSTRAINT recommendation_popular_pkey PRIMARY KEY (store_id, sku);

ALTER TABLE ONLY connect.refund_request
    ADD CONSTRAINT refund_request_pkey PRIMARY KEY (store_id, id);

ALTER TABLE ONLY connect.refund_request
    ADD CONSTRAINT refund_request_store_id_order_id_platform_idempotency_key_key UNIQUE (store_id, order_id, platform, idempotency_key);

ALTER TABLE ONLY connect.try_on_limits
    ADD CONSTRAINT try_on_limits_pkey PRIMARY KEY (store_id, address_hash);

ALTER TABLE ONLY connect.try_on_overlay
    ADD CONSTRAINT try_on_overlay_pkey PRIMARY KEY (store_id, id);

ALTER TABLE ONLY connect.try_on_overlay
    ADD CONSTRAINT try_on_overlay_store_id_session_id_sku_key UNIQUE (store_id, session_id, sku);

ALTER TABLE ONLY connect.try_on_session
    ADD CONSTRAINT try_on_session_pkey PRIMARY KEY (store_id, session_id);

ALTER TABLE ONLY insights.categories
    ADD CONSTRAINT categories_pkey PRIMARY KEY (store_id, id);

ALTER TABLE ONLY insights.categories
    ADD CONSTRAINT categories_store_id_wc_category_id_key UNIQUE (store_id, wc_category_id);

ALTER TABLE ONLY insights.conversations
    ADD CONSTRAINT conversations_pkey PRIMARY KEY (store_id, id);

ALTER TABLE ONLY insights.coupons
    ADD CONSTRAINT coupons_pkey PRIMARY KEY (store_id, id);

ALTER TABLE ONLY insights.coupons
    ADD CONSTRAINT coupons_store_id_wc_coupon_id_key UNIQUE (store_id, wc_coupon_id);

ALTER TABLE ONLY insights.customer_months
    ADD CONSTRAINT customer_months_pkey PRIMARY KEY (store_id, wc_customer_id, month);

ALTER TABLE ONLY insights.customers
    ADD CONSTRAINT customers_pkey PRIMARY KEY (store_id, id);

ALTER TABLE ONLY insights.daily_sales
    ADD CONSTRAINT daily_sales_pkey PRIMARY KEY (store_id, day, currency);

ALTER TABLE ONLY insights.customers
    ADD CONSTRAINT idx_customers_store UNIQUE (store_id, wc_customer_id);

ALTER TABLE ONLY insights.order_items
    ADD CONSTRAINT idx_order_items_store UNIQUE (store_id, order_id, line_id);

ALTER TABLE ONLY insights.products
    ADD CONSTRAINT idx_products_store UNIQUE (store_id, wc_product_id);

ALTER TABLE ONLY insights.monthly_customers
    ADD CONSTRAINT monthly_customers_pkey PRIMARY KEY (store_id, month);

ALTER TABLE ONLY insights.order_coupons
    ADD CONSTRAINT order_coupons_pkey PRIMARY KEY (store_id, order_id, code);

ALTER TABLE ONLY insights.order_items
    ADD CONSTRAINT order_items_pkey PRIMARY KEY (store_id, id);

ALTER TABLE ONLY insights.orders
    ADD CONSTRAINT orders_pkey PRIMARY KEY (store_id, id);

ALTER TABLE ONLY insights.orders
    ADD CONSTRAINT orders_store_id_wc_order_id_key UNIQUE (store_id, wc_order_id);

ALTER TABLE ONLY insights.product_days
    ADD CONSTRAINT product_days_pkey PRIMARY KEY (store_id, day, currency, product);

ALTER TABLE ONLY insights.product_months
    ADD CONSTRAINT product_months_pkey PRIMARY KEY (store_id, month, currency, product);

ALTER TABLE ONLY insights.product_variants
    ADD CONSTRAINT product_variants_pkey PRIMARY KEY (store_id, id);

ALTER TABLE ONLY insights.product_variants
    ADD CONSTRAINT product_variants_store_id_product_id_wc_variation_id_key UNIQUE (store_id, product_id, wc_variation_id);

ALTER TABLE ONLY insights.products
    ADD CONSTRAINT products_pkey PRIMARY KEY (store_id, id);

ALTER TABLE ONLY insights.refund_items
    ADD CONSTRAINT refund_items_pkey PRIMARY KEY (store_id, id);

ALTER TABLE ONLY insights.refund_items
    ADD CONSTRAINT refund_items_store_id_refund_id_line_id_key UNIQUE (store_id, refund_id, line_id);

ALTER TABLE ONLY insights.refunds
    ADD CONSTRAINT refunds_pkey PRIMARY KEY (store_id, id);

ALTER TABLE ONLY insights.refunds
    ADD CONSTRAINT refunds_store_id_wc_refund_id_key UNIQUE (store_id, wc_refund_id);

ALTER TABLE ONLY insights.request_counts
    ADD CONSTRAINT request_counts_pkey PRIMARY KEY (store_id);

ALTER TABLE ONLY insights.rollup_state
    ADD CONSTRAINT rollup_state_pkey PRIMARY KEY (store_id);

ALTER TABLE ONLY insights.saved_charts
    ADD CONSTRAINT saved_charts_pkey PRIMARY KEY (store_id, id);

ALTER TABLE ONLY insights.stores
    ADD CONSTRAINT stores_pkey PRIMARY KEY (id);

ALTER TABLE ONLY insights.stores
    ADD CONSTRAINT stores_store_url_channel_key UNIQUE (store_url, channel);

ALTER TABLE ONLY insights.sync_logs
    ADD CONSTRAINT sync_logs_pkey PRIMARY KEY (store_id, id);

ALTER TABLE ONLY kits.batch_number_counters
    ADD CONSTRAINT batch_number_counters_pkey PRIMARY KEY (store_id, day);

ALTER TABLE ONLY kits.customer_addresses
    ADD CONSTRAINT customer_addresses_pkey PRIMARY KEY (store_id, id);

ALTER TABLE ONLY kits.customer_addresses
    ADD CONSTRAINT customer_addresses_store_id_vendure_address_id_key UNIQUE (store_id, vendure_address_id);

ALTER TABLE ONLY kits.customer_order_items
    ADD CONSTRAINT customer_order_items_pkey PRIMARY KEY (store_id, id);

ALTER TABLE ONLY kits.customer_order_items
    ADD CONSTRAINT customer_order_items_store_id_order_summary_id_vendure_line_key UNIQUE (store_id, order_summary_id, vendure_line_id);

ALTER TABLE ONLY kits.customer_orders_summary
    ADD CONSTRAINT customer_orders_summary_pkey PRIMARY KEY (store_id, id);

ALTER TABLE ONLY kits.customer_orders_summary
    ADD CONSTRAINT customer_orders_summary_store_id_order_code_key UNIQUE (store_id, order_code);

ALTER TABLE ONLY kits.customer_orders_summary
    ADD CONSTRAINT customer_orders_summary_store_id_vendure_order_id_key UNIQUE (store_id, vendure_order_id);

ALTER TABLE ONLY kits.customers
    ADD CONSTRAINT customers_pkey PRIMARY KEY (store_id, id);

ALTER TABLE ONLY kits.customers
    ADD CONSTRAINT customers_store_id_email_key UNIQUE (store_id, email);

ALTER TABLE ONLY kits.customers
    ADD CONSTRAINT customers_store_id_vendure_customer_id_key UNIQUE (store_id, vendure_customer_id);

ALTER TABLE ONLY kits.import_batches
    ADD CONSTRAINT import_batches_pkey PRIMARY KEY (store_id, id);

ALTER TABLE ONLY kits.import_batches
    ADD CONSTRAINT import_batches_store_id_batch_number_key UNIQUE (store_id, batch_number);

ALTER TABLE ONLY kits.order_batch_assignments
    ADD CONSTRAINT order_batch_assignments_pkey PRIMARY KEY (store_id, id);

ALTER TABLE ONLY kits.order_batch_assignments
    ADD CONSTRAINT order_batch_assignments_store_id_vendure_order_id_key UNIQUE (store_id, vendure_order_id);

ALTER TABLE ONLY kits.order_delivery_status_events
    ADD CONSTRAINT order_delivery_status_events_pkey PRIMARY KEY (store_id, id);

ALTER TABLE ONLY kits.order_delivery_status_events
    ADD CONSTRAINT order_delivery_status_events_store_id_order_code_sequence_key UNIQUE (store_id, order_code, sequence);

ALTER TABLE ONLY kits.order_delivery_status
    ADD CONSTRAINT order_delivery_status_pkey PRIMARY KEY (store_id, id);

ALTER TABLE ONLY kits.order_delivery_status
    ADD CONSTRAINT order_delivery_status_store_id_order_code_key UNIQUE (store_id, order_code);

ALTER TABLE ONLY kits.order_places
    ADD CONSTRAINT order_places_pkey PRIMARY KEY (store_id, vendure_order_id);

ALTER TABLE ONLY kits.order_tracking
    ADD CONSTRAINT order_tracking_pkey PRIMARY KEY (store_id, id);

ALTER TABLE ONLY kits.order_tracking
    ADD CONSTRAINT order_tracking_store_id_vendure_order_id_key UNIQUE (store_id, vendure_order_id);

ALTER TABLE ONLY kits.otp_days
    ADD CONSTRAINT otp_days_pkey PRIMARY KEY (day);

ALTER TABLE ONLY kits.otp_limits
    ADD CONSTRAINT otp_limits_pkey PRIMARY KEY (store_id, scope, key);

ALTER TABLE ONLY kits.otp_phones
    ADD CONSTRAINT otp_phones_pkey PRIMARY KEY (phone_hash);

ALTER TABLE ONLY kits.otp_sessions
    ADD CONSTRAINT otp_sessions_pkey PRIMARY KEY (store_id, id);

ALTER TABLE ONLY kits.otp_sessions
    ADD CONSTRAINT otp_sessions_store_id_session_id_key UNIQUE (store_id, session_id);

ALTER TABLE ONLY kits.otp_spending
    ADD CONSTRAINT otp_spending_pkey PRIMARY KEY (store_id, day);

ALTER TABLE ONLY kits.shoppers
    ADD CONSTRAINT shoppers_pkey PRIMARY KEY (store_id, phone);

ALTER TABLE ONLY kits.supplier_purchase_lists
    ADD CONSTRAINT supplier_purchase_lists_pkey PRIMARY KEY (store_id, id);

ALTER TABLE ONLY kits.supplier_purchase_lists
    ADD CONSTRAINT supplier_purchase_lists_store_id_batch_id_product_sku_varia_key UNIQUE NULLS NOT DISTINCT (store_id, batch_id, product_sku, variant_sku, patch_enabled, patch_type, print_name, print_number);

ALTER TABLE ONLY kits.usual_waits
    ADD CONSTRAINT usual_waits_pkey PRIMARY KEY (store_id, stage);

ALTER TABLE ONLY kits.verified_phones
    ADD CONSTRAINT verified_phones_pkey PRIMARY KEY (store_id, phone);

ALTER TABLE ONLY projects.archived_projects
    ADD CONSTRAINT archived_projects_pkey PRIMARY KEY (store_id, project_id);

ALTER TABLE ONLY projects.catalogue_imports
    ADD CONSTRAINT catalogue_imports_pkey PRIMARY KEY (store_id, import_id);

ALTER TABLE ONLY projects.catalogue_versions
    ADD CONSTRAINT catalogue_versions_pkey PRIMARY KEY (store_id);

ALTER TABLE ONLY projects.conversation_log
    ADD CONSTRAINT conversation_log_pkey PRIMARY KEY (store_id, log_id, conversation_date);

ALTER TABLE ONLY projects.conversation_log_default
    ADD CONSTRAINT conversation_log_default_pkey PRIMARY KEY (store_id, log_id, conversation_date);

ALTER TABLE ONLY projects.customers
    ADD CONSTRAINT customers_store_id_email_key UNIQUE (store_id, email);

ALTER TABLE ONLY projects.product_catalog
    ADD CONSTRAINT product_catalog_pkey PRIMARY KEY (store_id, sku);

ALTER TABLE ONLY projects.project_rooms
    ADD CONSTRAINT project_rooms_pkey PRIMARY KEY (store_id, room_id);

ALTER TABLE ONLY projects.quote_acceptances
    ADD CONSTRAINT quote_acceptances_pkey PRIMARY KEY (store_id, project_id);

ALTER TABLE ONLY projects.quote_counters
    ADD CONSTRAINT quote_counters_pkey PRIMARY KEY (store_id);

ALTER TABLE ONLY projects.quote_mails
    ADD CONSTRAINT quote_mails_pkey PRIMARY KEY (store_id, quote_id, mail);

ALTER TABLE ONLY projects.quote_numbers
    ADD CONSTRAINT quote_numbers_pkey PRIMARY KEY (store_id, quote_number);

ALTER TABLE ONLY projects.quotes
    ADD CONSTRAINT quotes_pkey PRIMARY KEY (store_id, quote_id, quote_date);

ALTER TABLE ONLY projects.quotes_default
    ADD CONSTRAINT quotes_default_pkey PRIMARY KEY (store_id, quote_id, quote_date);

ALTER TABLE ONLY projects.selected_products
    ADD CONSTRAINT selected_products_pkey PRIMARY KEY (store_id, selection_id);

ALTER TABLE ONLY projects.surfaces
    ADD CONSTRAINT surfaces_pkey PRIMARY KEY (store_id, surface_id);

ALTER TABLE ONLY shade.conversions
    ADD CONSTRAINT conversions_pkey PRIMARY KEY (store_id, id);

ALTER TABLE ONLY shade.conversions
    ADD CONSTRAINT conversions_store_id_recommendation_id_key UNIQUE (store_id, recommendation_id);

ALTER TABLE ONLY shade.customers
    ADD CONSTRAINT customers_pkey PRIMARY KEY (store_id, id);

ALTER TABLE ONLY shade.customers
    ADD CONSTRAINT customers_store_id_shopify_customer_id_key UNIQUE (store_id, shopify_customer_id);

ALTER TABLE ONLY shade.discounts
    ADD CONSTRAINT discounts_pkey PRIMARY KEY (store_id, id);

ALTER TABLE ONLY shade.discounts
    ADD CONSTRAINT discounts_store_id_discount_code_key UNIQUE (store_id, discount_code);

ALTER TABLE ONLY shade.model_training_data
    ADD CONSTRAINT model_training_data_pkey PRIMARY KEY (store_id, id);

ALTER TABLE ONLY shade.model_training_data
    ADD CONSTRAINT model_training_data_store_id_survey_id_key UNIQUE (store_id, survey_id);

ALTER TABLE ONLY shade.orders
    ADD CONSTRAINT orders_pkey PRIMARY KEY (store_id, id);

ALTER TABLE ONLY shade.orders
    ADD CONSTRAINT orders_store_id_shopify_order_id_key UNIQUE (store_id, shopify_order_id);

ALTER TABLE ONLY shade.products
    ADD CONSTRAINT products_pkey PRIMARY KEY (store_id, product_id);

ALTER TABLE ONLY shade.rating_requests
    ADD CONSTRAINT rating_requests_pkey PRIMARY KEY (store_id, recommendation_id);

ALTER TABLE ONLY shade.recommendations
    ADD CONSTRAINT recommendations_pkey PRIMARY KEY (store_id, id);

ALTER TABLE ONLY shade.recommendations
    ADD CONSTRAINT recommendations_store_id_survey_id_key UNIQUE (store_id, survey_id);

ALTER TABLE ONLY shade.shades
    ADD CONSTRAINT shades_pkey PRIMARY KEY (store_id, id);

ALTER TABLE ONLY shade.survey_invites
    ADD CONSTRAINT survey_invites_pkey PRIMARY KEY (store_id, order_id);

ALTER TABLE ONLY shade.surveys
    ADD CONSTRAINT surveys_pkey PRIMARY KEY (store_id, id);

ALTER TABLE ONLY shade.surveys
    ADD CONSTRAINT surveys_store_id_order_id_key UNIQUE (store_id, order_id);

ALTER TABLE ONLY shade.variants
    ADD CONSTRAINT variants_pkey PRIMARY KEY (store_id, variant_id);

CREATE INDEX idx_api_keys_hash ON backshop.api_keys USING btree (key_hash);

CREATE INDEX idx_api_keys_store ON backshop.api_keys USING btree (store_id);

CREATE INDEX idx_desk_sessions_key ON backshop.desk_sessions USING btree (key_id);

CREATE INDEX idx_outbox_due ON backshop.outbox USING btree (next_attempt_at) WHERE ((status)::text = ANY ((ARRAY['pending'::character varying, 'sending'::character varying])::text[]));

CREATE INDEX idx_outbox_key ON backshop.outbox USING btree (store_id, key, id);

CREATE INDEX idx_outbox_open ON backshop.outbox USING btree (store_id, key, id) WHERE ((status)::text = ANY ((ARRAY['pending'::character varying, 'sending'::character varying])::text[]));

CREATE INDEX idx_outbox_status ON backshop.outbox USING btree (store_id, status, id);

CREATE INDEX idx_received_webhooks_about ON backshop.received_webhooks USING btree (store_id, about);

CREATE INDEX idx_received_webhooks_failed ON backshop.received_webhooks USING btree (store_id, received_at) WHERE ((status)::text = 'failed'::text);

CREATE INDEX idx_received_webhooks_received ON backshop.received_webhooks USING btree (store_id, received_at DESC, id DESC);

CREATE INDEX idx_record_versions_deleted ON backshop.record_versions USING btree (store_id, kind) WHERE deleted;

CREATE INDEX idx_sync_jobs_open ON backshop.sync_jobs USING btree (touched_at) WHERE ((status)::text = ANY ((ARRAY['queued'::character varying, 'running'::character varying])::text[]));

CREATE INDEX idx_webhook_inbox_received ON backshop.webhook_inbox USING btree (store_id, received_at);

CREATE INDEX idx_address_update_request_order ON connect.address_update_request USING btree (store_id, order_id, platform, requested_at);

CREATE INDEX idx_address_update_request_requested ON connect.address_update_request USING btree (store_id, requested_at DESC, id DESC);

CREATE INDEX idx_address_update_request_status ON connect.address_update_request USING btree (store_id, status);

CREATE INDEX idx_connector_config_domain ON connect.connector_config USING btree (shop_domain);

CREATE INDEX idx_platform_customer_email ON connect.platform_customer USING btree (store_id, email);

CREATE INDEX idx_platform_order_code ON connect.platform_order USING btree (store_id, code);

CREATE INDEX idx_platform_order_created ON connect.platform_order USING btree (store_id, created_at DESC, order_id DESC);

CREATE INDEX idx_platform_order_customer ON connect.platform_order USING btree (store_id, customer_id, platform);

CREATE INDEX idx_platform_order_email ON connect.platform_order USING btree (store_id, email_hash);

CREATE INDEX idx_platform_order_unlinked ON connect.platform_order USING btree (store_id, external_customer_id, platform) WHERE (customer_id IS NULL);

CREATE INDEX idx_platform_product_available ON connect.platform_product USING btree (store_id, available);

CREATE INDEX idx_platform_product_given_sku ON connect.platform_product USING btree (store_id, platform, given_sku);

CREATE UNIQUE INDEX idx_platform_product_product ON connect.platform_product USING btree (store_id, platform, product_id, variant_id);

CREATE INDEX idx_recommendation_log_customer ON connect.recommendation_log USING btree (store_id, customer_id, platform);

CREATE INDEX idx_recommendation_log_requested ON connect.recommendation_log USING btree (store_id, requested_at);

CREATE UNIQUE INDEX idx_recommendation_model_active ON connect.recommendation_model USING btree (store_id) WHERE ((status)::text = 'active'::text);

CREATE INDEX idx_recommendation_model_trained ON connect.recommendation_model USING btree (store_id, trained_at);

CREATE INDEX idx_refund_request_requested ON connect.refund_request USING btree (store_id, requested_at DESC, id DESC);

CREATE INDEX idx_refund_request_status ON connect.refund_request USING btree (store_id, status);

CREATE INDEX idx_try_on_limits_last_taken ON connect.try_on_limits USING btree (last_taken);

CREATE INDEX idx_try_on_session_created ON connect.try_on_session USING btree (store_id, created_at);

CREATE INDEX idx_try_on_session_customer ON connect.try_on_session USING btree (store_id, customer_id, platform);

CREATE INDEX idx_try_on_session_open ON connect.try_on_session USING btree (created_at) WHERE ((status)::text = ANY ((ARRAY['created'::character varying, 'in_progress'::character varying])::text[]));

CREATE INDEX idx_try_on_session_orphaned ON connect.try_on_session USING btree (created_at) WHERE is_orphaned;

CREATE INDEX idx_try_on_session_selfie ON connect.try_on_session USING btree (created_at) WHERE (selfie_deleted_at IS NULL);

CREATE INDEX idx_categories_parent ON insights.categories USING btree (store_id, parent_id);

CREATE INDEX idx_categories_wc_parent ON insights.categories USING btree (store_id, wc_parent_id);

CREATE INDEX idx_customers_email_hash ON insights.customers USING btree (store_id, email_hash);

CREATE INDEX idx_order_items_product ON insights.order_items USING btree (store_id, product_id);

CREATE INDEX idx_order_items_sku ON insights.order_items USING btree (store_id, sku);

CREATE INDEX idx_order_items_wc_product ON insights.order_items USING btree (store_id, wc_product_id) WHERE (product_id IS NULL);

CREATE INDEX idx_orders_customer ON insights.orders USING btree (store_id, customer_id);

CREATE INDEX idx_orders_store_date ON insights.orders USING btree (store_id, date_created);

CREATE INDEX idx_orders_store_status ON insights.orders USING btree (store_id, status);

CREATE INDEX idx_orders_unlinked ON insights.orders USING btree (store_id, wc_customer_id) WHERE (customer_id IS NULL);

CREATE INDEX idx_products_category ON insights.products USING btree (store_id, category_id);

CREATE INDEX idx_products_stock ON insights.products USING btree (store_id, stock_quantity) WHERE (stock_quantity IS NOT NULL);

CREATE INDEX idx_products_wc_category ON insights.products USING btree (store_id, wc_category_id);

CREATE INDEX idx_refunds_order ON insights.refunds USING btree (store_id, order_id);

CREATE INDEX idx_refunds_store_date ON insights.refunds USING btree (store_id, date_created);

CREATE INDEX idx_refunds_wc_order ON insights.refunds USING btree (store_id, wc_order_id);

CREATE INDEX idx_saved_charts_position ON insights.saved_charts USING btree (store_id, position_index, id);

CREATE UNIQUE INDEX idx_sync_logs_open ON insights.sync_logs USING btree (store_id) WHERE (((status)::text = 'running'::text) OR (next_retry_at IS NOT NULL));

CREATE INDEX idx_sync_logs_started ON insights.sync_logs USING btree (store_id, started_at);

CREATE INDEX idx_batch_assignments_batch ON kits.order_batch_assignments USING btree (store_id, batch_id);

CREATE INDEX idx_customer_addresses_customer ON kits.customer_addresses USING btree (store_id, customer_id);

CREATE INDEX idx_delivery_status_follow_up ON kits.order_delivery_status USING btree (store_id, order_code) WHERE (to_repair OR to_tell);

CREATE INDEX idx_delivery_status_moved ON kits.order_delivery_status USING btree (store_id, updated_at);

CREATE INDEX idx_delivery_status_stage ON kits.order_delivery_status USING btree (store_id, stage);

CREATE UNIQUE INDEX idx_import_batches_auto ON kits.import_batches USING btree (store_id) WHERE (auto_assign AND ((status)::text = 'collecting'::text));

CREATE INDEX idx_import_batches_status ON kits.import_batches USING btree (store_id, status);

CREATE INDEX idx_kits_customers_active ON kits.customers USING btree (store_id, is_active);

CREATE INDEX idx_kits_customers_given_email ON kits.customers USING btree (store_id, given_email);

CREATE INDEX idx_kits_customers_phone ON kits.customers USING btree (store_id, phone_number);

CREATE INDEX idx_order_places_batch ON kits.order_places USING btree (store_id, batch_id);

CREATE INDEX idx_orders_summary_batch ON kits.customer_orders_summary USING btree (store_id, batch_id);

CREATE INDEX idx_orders_summary_customer ON kits.customer_orders_summary USING btree (store_id, customer_id);

CREATE INDEX idx_orders_summary_date ON kits.customer_orders_summary USING btree (store_id, order_date);

CREATE INDEX idx_orders_summary_phone ON kits.customer_orders_summary USING btree (store_id, phone_number);

CREATE INDEX idx_orders_summary_stage ON kits.customer_orders_summary USING btree (store_id, delivery_stage);

CREATE INDEX idx_orders_summary_unlinked ON kits.customer_orders_summary USING btree (store_id, vendure_customer_id) WHERE (customer_id IS NULL);

CREATE INDEX idx_otp_limits_last_taken ON kits.otp_limits USING btree (last_taken);

CREATE INDEX idx_otp_limits_phone ON kits.otp_limits USING btree (key) WHERE ((scope)::text = 'phone'::text);

CREATE INDEX idx_otp_sessions_expires ON kits.otp_sessions USING btree (store_id, expires_at);

CREATE INDEX idx_otp_sessions_phone ON kits.otp_sessions USING btree (store_id, phone);

CREATE INDEX idx_conversation_date ON ONLY projects.conversation_log USING btree (store_id, conversation_date);

CREATE INDEX conversation_log_default_store_id_conversation_date_idx ON projects.conversation_log_default USING btree (store_id, conversation_date);

CREATE INDEX idx_conversation_next ON ONLY projects.conversation_log USING btree (store_id, next_contact_date) WHERE (next_contact_date IS NOT NULL);

CREATE INDEX conversation_log_default_store_id_next_contact_date_idx ON projects.conversation_log_default USING btree (store_id, next_contact_date) WHERE (next_contact_date IS NOT NULL);

CREATE INDEX idx_conversation_project ON ONLY projects.conversation_log USING btree (store_id, project_id);

CREATE INDEX conversation_log_default_store_id_project_id_idx ON projects.conversation_log_default USING btree (store_id, project_id);

CREATE UNIQUE INDEX idx_customer_project_summary ON projects.customer_project_summary_data USING btree (store_id, project_id);

CREATE INDEX idx_customer_project_summary_customer ON projects.customer_project_summary_data USING btree (store_id, customer_id);

CREATE INDEX idx_customers_email ON projects.customers USING btree (store_id, email);

CREATE INDEX idx_customers_name ON projects.customers USING btree (store_id, last_name, first_name);

CREATE INDEX idx_customers_phone ON projects.customers USING btree (store_id, phone_primary);

CREATE INDEX idx_customers_search ON projects.customers USING gin (search);

CREATE INDEX idx_products_sku ON projects.selected_products USING btree (store_id, product_sku);

CREATE INDEX idx_products_surface ON projects.selected_products USING btree (store_id, surface_id);

CREATE UNIQUE INDEX idx_project_totals ON projects.project_totals_data USING btree (store_id, project_id);

CREATE INDEX idx_projects_completed ON projects.projects USING btree (project_completion_date) WHERE ((project_status = 'completed'::projects.project_status) AND (archived_at IS NULL));

CREATE INDEX idx_projects_customer ON projects.projects USING btree (store_id, customer_id);

CREATE INDEX idx_projects_date ON projects.projects USING btree (store_id, created_at);

CREATE INDEX idx_projects_status ON projects.projects USING btree (store_id, project_status);

CREATE INDEX idx_quote_numbers_quote ON projects.quote_numbers USING btree (store_id, quote_id);

CREATE INDEX idx_quotes_created ON ONLY projects.quotes USING btree (store_id, created_at, quote_id);

CREATE INDEX idx_quotes_number ON ONLY projects.quotes USING btree (store_id, quote_number);

CREATE INDEX idx_quotes_project ON ONLY projects.quotes USING btree (store_id, project_id);

CREATE INDEX idx_quotes_sent ON ONLY projects.quotes USING btree (expiration_date) WHERE (quote_status = 'sent'::projects.quote_status);

CREATE INDEX idx_rooms_project ON projects.project_rooms USING btree (store_id, project_id);

CREATE INDEX idx_surfaces_room ON projects.surfaces USING btree (store_id, room_id);

CREATE INDEX quotes_default_expiration_date_idx ON projects.quotes_default USING btree (expiration_date) WHERE (quote_status = 'sent'::projects.quote_status);

CREATE INDEX quotes_default_store_id_created_at_quote_id_idx ON projects.quotes_default USING btree (store_id, created_at, quote_id);

CREATE INDEX quotes_default_store_id_project_id_idx ON projects.quotes_default USING btree (store_id, project_id);

CREATE INDEX quotes_default_store_id_quote_number_idx ON projects.quotes_default USING btree (store_id, quote_number);

CREATE INDEX idx_conversions_customer ON shade.conversions USING btree (store_id, customer_id);

CREATE INDEX idx_conversions_discount ON shade.conversions USING btree (store_id, discount_id);

CREATE UNIQUE INDEX idx_conversions_order ON shade.conversions USING btree (store_id, order_id);

CREATE INDEX idx_conversions_survey ON shade.conversions USING btree (store_id, survey_id);

CREATE INDEX idx_discounts_applied_to_order ON shade.discounts USING btree (store_id, applied_to_order_id);

CREATE INDEX idx_discounts_customer ON shade.discounts USING btree (store_id, customer_id);

CREATE INDEX idx_discounts_expiry ON shade.discounts USING btree (expires_at) WHERE (status = ANY (ARRAY['pending'::text, 'active'::text]));

CREATE UNIQUE INDEX idx_discounts_open ON shade.discounts USING btree (store_id, customer_id) WHERE ((status = ANY (ARRAY['pending'::text, 'active'::text])) AND (NOT used));

CREATE INDEX idx_model_training_data_image ON shade.model_training_data USING btree (image_at) WHERE (image_url IS NOT NULL);

CREATE INDEX idx_model_training_data_rated ON shade.model_training_data USING btree (store_id, rated_at DESC, id DESC);

CREATE INDEX idx_model_training_data_survey ON shade.model_training_data USING btree (store_id, survey_id);

CREATE INDEX idx_recommendations_discount ON shade.recommendations USING btree (store_id, discount_id);

CREATE INDEX idx_recommendations_survey ON shade.recommendations USING btree (store_id, survey_id);

CREATE UNIQUE INDEX idx_shade_customers_by_email ON shade.customers USING btree (store_id, lower((email)::text)) WHERE ((shopify_customer_id IS NULL) AND (email IS NOT NULL));

CREATE INDEX idx_shade_customers_email ON shade.customers USING btree (store_id, email);

CREATE INDEX idx_shade_orders_customer ON shade.orders USING btree (store_id, customer_id);

CREATE INDEX idx_shade_orders_discount ON shade.orders USING btree (store_id, discount_id);

CREATE INDEX idx_shade_orders_kits ON shade.orders USING btree (store_id, fulfilled_at) WHERE (((product_type)::text = 'shade_kit'::text) AND (NOT is_cancelled) AND (fulfilled_at IS NOT NULL));

CREATE INDEX idx_shade_orders_products ON shade.orders USING gin (product_ids);

CREATE INDEX idx_shade_orders_recommendation ON shade.orders USING btree (store_id, recommendation_id);

CREATE INDEX idx_shade_orders_type_date ON shade.orders USING btree (store_id, product_type, order_date);

CREATE INDEX idx_shade_orders_unlinked ON shade.orders USING btree (store_id, shopify_customer_id) WHERE (customer_id IS NULL);

CREATE INDEX idx_shade_variants_product ON shade.variants USING btree (store_id, product_id);

CREATE UNIQUE INDEX idx_shades_name ON shade.shades USING btree (store_id, lower((name)::text));

CREATE INDEX idx_surveys_customer ON shade.surveys USING btree (store_id, customer_id);

ALTER INDEX projects.conversation_log_pkey ATTACH PARTITION projects.conversation_log_default_pkey;

ALTER INDEX projects.idx_conversation_date ATTACH PARTITION projects.conversation_log_default_store_id_conversation_date_idx;

ALTER INDEX projects.idx_conversation_next ATTACH PARTITION projects.conversation_log_default_store_id_next_contact_date_idx;

ALTER INDEX projects.idx_conversation_project ATTACH PARTITION projects.conversation_log_default_store_id_project_id_idx;

ALTER INDEX projects.idx_quotes_sent ATTACH PARTITION projects.quotes_default_expiration_date_idx;

ALTER INDEX projects.quotes_pkey ATTACH PARTITION projects.quotes_default_pkey;

ALTER INDEX projects.idx_quotes_created ATTACH PARTITION projects.quotes_default_store_id_created_at_quote_id_idx;

ALTER INDEX projects.idx_quotes_project ATTACH PARTITION projects.quotes_default_store_id_project_id_idx;

ALTER INDEX projects.idx_quotes_number ATTACH PARTITION projects.quotes_default_store_id_quote_number_idx;

CREATE OR REPLACE VIEW projects.customer_project_summary WITH (security_barrier='true') AS
 SELECT store_id,
    customer_id,
    first_name,
    last_name,
    email,
    project_id,
    project_name,
    project_status,
    room_count,
    total_sf,
    tile_budget,
    currency
   FROM projects.customer_project_summary_data
  WHERE (store_id = ANY (( SELECT backshop.visible_store_ids() AS visible_store_ids)::uuid[]));

CREATE OR REPLACE VIEW projects.project_totals WITH (security_barrier='true') AS
 SELECT store_id,
    project_id,
    project_total,
    surface_count,
    currency
   FROM projects.project_totals_data
  WHERE (store_id = ANY (( SELECT backshop.visible_store_ids() AS visible_store_ids)::uuid[]));

CREATE TRIGGER platform_customer_store_id_fkey_gone AFTER DELETE ON backshop.stores REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION connect.platform_customer_store_id_fkey_gone();

CREATE TRIGGER platform_customer_store_id_fkey_kept AFTER UPDATE OF id ON backshop.stores FOR EACH ROW WHEN ((old.id IS DISTINCT FROM new.id)) EXECUTE FUNCTION connect.platform_customer_store_id_fkey_kept();

CREATE TRIGGER platform_order_store_id_fkey_gone AFTER DELETE ON backshop.stores REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION connect.platform_order_store_id_fkey_gone();

CREATE TRIGGER platform_order_store_id_fkey_kept AFTER UPDATE OF id ON backshop.stores FOR EACH ROW WHEN ((old.id IS DISTINCT FROM new.id)) EXECUTE FUNCTION connect.platform_order_store_id_fkey_kept();

CREATE TRIGGER platform_product_store_id_fkey_gone AFTER DELETE ON backshop.stores REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION connect.platform_product_store_id_fkey_gone();

CREATE TRIGGER platform_product_store_id_fkey_kept AFTER UPDATE OF id ON backshop.stores FOR EACH ROW WHEN ((old.id IS DISTINCT FROM new.id)) EXECUTE FUNCTION connect.platform_product_store_id_fkey_kept();

CREATE TRIGGER touch_updated_at BEFORE UPDATE ON backshop.outbox FOR EACH ROW EXECUTE FUNCTION backshop.touch_updated_at();

CREATE TRIGGER touch_updated_at BEFORE UPDATE ON backshop.stores FOR EACH ROW EXECUTE FUNCTION backshop.touch_updated_at();

CREATE TRIGGER touch_updated_at BEFORE UPDATE ON backshop.sync_cursors FOR EACH ROW EXECUTE FUNCTION backshop.touch_updated_at();

CREATE TRIGGER check_new_references AFTER INSERT ON connect.order_item REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION connect.order_item_check_references();

CREATE TRIGGER check_new_references AFTER INSERT ON connect.platform_customer REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION connect.platform_customer_check_references();

CREATE TRIGGER check_new_references AFTER INSERT ON connect.platform_order REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION connect.platform_order_check_references();

CREATE TRIGGER check_new_references AFTER INSERT ON connect.platform_product REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION connect.platform_product_check_references();

CREATE TRIGGER check_references AFTER UPDATE ON connect.order_item REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION connect.order_item_check_references();

CREATE TRIGGER check_references AFTER UPDATE ON connect.platform_customer REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION connect.platform_customer_check_references();

CREATE TRIGGER check_references AFTER UPDATE ON connect.platform_order REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION connect.platform_order_check_references();

CREATE TRIGGER check_references AFTER UPDATE ON connect.platform_product REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION connect.platform_product_check_references();

CREATE TRIGGER keep_try_on BEFORE UPDATE ON connect.platform_product FOR EACH ROW WHEN ((old.metadata ? 'try_on'::text)) EXECUTE FUNCTION connect.keep_try_on();

CREATE TRIGGER order_item_store_id_order_id_platform_fkey_gone AFTER DELETE ON connect.platform_order REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION connect.order_item_store_id_order_id_platform_fkey_gone();

CREATE TRIGGER order_item_store_id_order_id_platform_fkey_kept AFTER UPDATE OF store_id, order_id, platform ON connect.platform_order FOR EACH ROW WHEN (((old.store_id IS DISTINCT FROM new.store_id) OR ((old.order_id)::text IS DISTINCT FROM (new.order_id)::text) OR ((old.platform)::text IS DISTINCT FROM (new.platform)::text))) EXECUTE FUNCTION connect.order_item_store_id_order_id_platform_fkey_kept();

CREATE TRIGGER orphan_try_on_session BEFORE UPDATE OF customer_id ON connect.try_on_session FOR EACH ROW WHEN (((old.customer_id IS NOT NULL) AND (new.customer_id IS NULL))) EXECUTE FUNCTION connect.orphan_try_on_session();

CREATE TRIGGER platform_order_store_id_customer_id_platform_fkey_gone AFTER DELETE ON connect.platform_customer REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION connect.platform_order_store_id_customer_id_platform_fkey_gone();

CREATE TRIGGER platform_order_store_id_customer_id_platform_fkey_kept AFTER UPDATE OF store_id, platform, customer_id ON connect.platform_customer FOR EACH ROW WHEN (((old.store_id IS DISTINCT FROM new.store_id) OR ((old.platform)::text IS DISTINCT FROM (new.platform)::text) OR ((old.customer_id)::text IS DISTINCT FROM (new.customer_id)::text))) EXECUTE FUNCTION connect.platform_order_store_id_customer_id_platform_fkey_kept();

CREATE TRIGGER take_shop_domain BEFORE INSERT OR UPDATE OF store_url ON connect.connector_config FOR EACH ROW EXECUTE FUNCTION connect.take_shop_domain();

CREATE TRIGGER touch_updated_at BEFORE UPDATE ON connect.connector_config FOR EACH ROW EXECUTE FUNCTION backshop.touch_updated_at();

CREATE TRIGGER touch_updated_at BEFORE UPDATE ON connect.try_on_session FOR EACH ROW EXECUTE FUNCTION backshop.touch_updated_at();

CREATE TRIGGER categories_store_id_fkey_gone AFTER DELETE ON insights.stores REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION insights.categories_store_id_fkey_gone();

CREATE TRIGGER categories_store_id_fkey_kept AFTER UPDATE OF id ON insights.stores FOR EACH ROW WHEN ((old.id IS DISTINCT FROM new.id)) EXECUTE FUNCTION insights.categories_store_id_fkey_kept();

CREATE TRIGGER categories_store_id_parent_id_fkey_gone AFTER DELETE ON insights.categories REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION insights.categories_store_id_parent_id_fkey_gone();

CREATE TRIGGER categories_store_id_parent_id_fkey_kept AFTER UPDATE OF id, store_id ON insights.categories FOR EACH ROW WHEN (((old.id IS DISTINCT FROM new.id) OR (old.store_id IS DISTINCT FROM new.store_id))) EXECUTE FUNCTION insights.categories_store_id_parent_id_fkey_kept();

CREATE TRIGGER check_new_references AFTER INSERT ON insights.categories REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION insights.categories_check_references();

CREATE TRIGGER check_new_references AFTER INSERT ON insights.coupons REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION insights.coupons_check_references();

CREATE TRIGGER check_new_references AFTER INSERT ON insights.customer_months REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION insights.customer_months_check_references();

CREATE TRIGGER check_new_references AFTER INSERT ON insights.customers REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION insights.customers_check_references();

CREATE TRIGGER check_new_references AFTER INSERT ON insights.daily_sales REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION insights.daily_sales_check_references();

CREATE TRIGGER check_new_references AFTER INSERT ON insights.monthly_customers REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION insights.monthly_customers_check_references();

CREATE TRIGGER check_new_references AFTER INSERT ON insights.order_coupons REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION insights.order_coupons_check_references();

CREATE TRIGGER check_new_references AFTER INSERT ON insights.order_items REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION insights.order_items_check_references();

CREATE TRIGGER check_new_references AFTER INSERT ON insights.orders REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION insights.orders_check_references();

CREATE TRIGGER check_new_references AFTER INSERT ON insights.product_days REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION insights.product_days_check_references();

CREATE TRIGGER check_new_references AFTER INSERT ON insights.product_months REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION insights.product_months_check_references();

CREATE TRIGGER check_new_references AFTER INSERT ON insights.product_variants REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION insights.product_variants_check_references();

CREATE TRIGGER check_new_references AFTER INSERT ON insights.products REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION insights.products_check_references();

CREATE TRIGGER check_new_references AFTER INSERT ON insights.refund_items REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION insights.refund_items_check_references();

CREATE TRIGGER check_new_references AFTER INSERT ON insights.refunds REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION insights.refunds_check_references();

CREATE TRIGGER check_references AFTER UPDATE ON insights.categories REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION insights.categories_check_references();

CREATE TRIGGER check_references AFTER UPDATE ON insights.coupons REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION insights.coupons_check_references();

CREATE TRIGGER check_references AFTER UPDATE ON insights.customer_months REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION insights.customer_months_check_references();

CREATE TRIGGER check_references AFTER UPDATE ON insights.customers REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION insights.customers_check_references();

CREATE TRIGGER check_references AFTER UPDATE ON insights.daily_sales REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION insights.daily_sales_check_references();

CREATE TRIGGER check_references AFTER UPDATE ON insights.monthly_customers REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION insights.monthly_customers_check_references();

CREATE TRIGGER check_references AFTER UPDATE ON insights.order_coupons REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION insights.order_coupons_check_references();

CREATE TRIGGER check_references AFTER UPDATE ON insights.order_items REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION insights.order_items_check_references();

CREATE TRIGGER check_references AFTER UPDATE ON insights.orders REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION insights.orders_check_references();

CREATE TRIGGER check_references AFTER UPDATE ON insights.product_days REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION insights.product_days_check_references();

CREATE TRIGGER check_references AFTER UPDATE ON insights.product_months REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION insights.product_months_check_references();

CREATE TRIGGER check_references AFTER UPDATE ON insights.product_variants REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION insights.product_variants_check_references();

CREATE TRIGGER check_references AFTER UPDATE ON insights.products REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION insights.products_check_references();

CREATE TRIGGER check_references AFTER UPDATE ON insights.refund_items REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION insights.refund_items_check_references();

CREATE TRIGGER check_references AFTER UPDATE ON insights.refunds REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION insights.refunds_check_references();

CREATE TRIGGER coupons_store_id_fkey_gone AFTER DELETE ON insights.stores REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION insights.coupons_store_id_fkey_gone();

CREATE TRIGGER coupons_store_id_fkey_kept AFTER UPDATE OF id ON insights.stores FOR EACH ROW WHEN ((old.id IS DISTINCT FROM new.id)) EXECUTE FUNCTION insights.coupons_store_id_fkey_kept();

CREATE TRIGGER customer_months_store_id_fkey_gone AFTER DELETE ON insights.stores REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION insights.customer_months_store_id_fkey_gone();

CREATE TRIGGER customer_months_store_id_fkey_kept AFTER UPDATE OF id ON insights.stores FOR EACH ROW WHEN ((old.id IS DISTINCT FROM new.id)) EXECUTE FUNCTION insights.customer_months_store_id_fkey_kept();

CREATE TRIGGER customers_store_id_fkey_gone AFTER DELETE ON insights.stores REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION insights.customers_store_id_fkey_gone();

CREATE TRIGGER customers_store_id_fkey_kept AFTER UPDATE OF id ON insights.stores FOR EACH ROW WHEN ((old.id IS DISTINCT FROM new.id)) EXECUTE FUNCTION insights.customers_store_id_fkey_kept();

CREATE TRIGGER daily_sales_store_id_fkey_gone AFTER DELETE ON insights.stores REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION insights.daily_sales_store_id_fkey_gone();

CREATE TRIGGER daily_sales_store_id_fkey_kept AFTER UPDATE OF id ON insights.stores FOR EACH ROW WHEN ((old.id IS DISTINCT FROM new.id)) EXECUTE FUNCTION insights.daily_sales_store_id_fkey_kept();

CREATE TRIGGER monthly_customers_store_id_fkey_gone AFTER DELETE ON insights.stores REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION insights.monthly_customers_store_id_fkey_gone();

CREATE TRIGGER monthly_customers_store_id_fkey_kept AFTER UPDATE OF id ON insights.stores FOR EACH ROW WHEN ((old.id IS DISTINCT FROM new.id)) EXECUTE FUNCTION insights.monthly_customers_store_id_fkey_kept();

CREATE TRIGGER order_coupons_store_id_order_id_fkey_gone AFTER DELETE ON insights.orders REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION insights.order_coupons_store_id_order_id_fkey_gone();

CREATE TRIGGER order_coupons_store_id_order_id_fkey_kept AFTER UPDATE OF id, store_id ON insights.orders FOR EACH ROW WHEN (((old.id IS DISTINCT FROM new.id) OR (old.store_id IS DISTINCT FROM new.store_id))) EXECUTE FUNCTION insights.order_coupons_store_id_order_id_fkey_kept();

CREATE TRIGGER order_items_store_id_fkey_gone AFTER DELETE ON insights.stores REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION insights.order_items_store_id_fkey_gone();

CREATE TRIGGER order_items_store_id_fkey_kept AFTER UPDATE OF id ON insights.stores FOR EACH ROW WHEN ((old.id IS DISTINCT FROM new.id)) EXECUTE FUNCTION insights.order_items_store_id_fkey_kept();

CREATE TRIGGER order_items_store_id_order_id_fkey_gone AFTER DELETE ON insights.orders REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION insights.order_items_store_id_order_id_fkey_gone();

CREATE TRIGGER order_items_store_id_order_id_fkey_kept AFTER UPDATE OF id, store_id ON insights.orders FOR EACH ROW WHEN (((old.id IS DISTINCT FROM new.id) OR (old.store_id IS DISTINCT FROM new.store_id))) EXECUTE FUNCTION insights.order_items_store_id_order_id_fkey_kept();

CREATE TRIGGER order_items_store_id_product_id_fkey_gone AFTER DELETE ON insights.products REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION insights.order_items_store_id_product_id_fkey_gone();

CREATE TRIGGER order_items_store_id_product_id_fkey_kept AFTER UPDATE OF id, store_id ON insights.products FOR EACH ROW WHEN (((old.id IS DISTINCT FROM new.id) OR (old.store_id IS DISTINCT FROM new.store_id))) EXECUTE FUNCTION insights.order_items_store_id_product_id_fkey_kept();

CREATE TRIGGER orders_store_id_customer_id_fkey_gone AFTER DELETE ON insights.customers REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION insights.orders_store_id_customer_id_fkey_gone();

CREATE TRIGGER orders_store_id_customer_id_fkey_kept AFTER UPDATE OF id, store_id ON insights.customers FOR EACH ROW WHEN (((old.id IS DISTINCT FROM new.id) OR (old.store_id IS DISTINCT FROM new.store_id))) EXECUTE FUNCTION insights.orders_store_id_customer_id_fkey_kept();

CREATE TRIGGER orders_store_id_fkey_gone AFTER DELETE ON insights.stores REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION insights.orders_store_id_fkey_gone();

CREATE TRIGGER orders_store_id_fkey_kept AFTER UPDATE OF id ON insights.stores FOR EACH ROW WHEN ((old.id IS DISTINCT FROM new.id)) EXECUTE FUNCTION insights.orders_store_id_fkey_kept();

CREATE TRIGGER product_days_store_id_fkey_gone AFTER DELETE ON insights.stores REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION insights.product_days_store_id_fkey_gone();

CREATE TRIGGER product_days_store_id_fkey_kept AFTER UPDATE OF id ON insights.stores FOR EACH ROW WHEN ((old.id IS DISTINCT FROM new.id)) EXECUTE FUNCTION insights.product_days_store_id_fkey_kept();

CREATE TRIGGER product_months_store_id_fkey_gone AFTER DELETE ON insights.stores REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION insights.product_months_store_id_fkey_gone();

CREATE TRIGGER product_months_store_id_fkey_kept AFTER UPDATE OF id ON insights.stores FOR EACH ROW WHEN ((old.id IS DISTINCT FROM new.id)) EXECUTE FUNCTION insights.product_months_store_id_fkey_kept();

CREATE TRIGGER product_variants_store_id_product_id_fkey_gone AFTER DELETE ON insights.products REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION insights.product_variants_store_id_product_id_fkey_gone();

CREATE TRIGGER product_variants_store_id_product_id_fkey_kept AFTER UPDATE OF id, store_id ON insights.products FOR EACH ROW WHEN (((old.id IS DISTINCT FROM new.id) OR (old.store_id IS DISTINCT FROM new.store_id))) EXECUTE FUNCTION insights.product_variants_store_id_product_id_fkey_kept();

CREATE TRIGGER products_store_id_category_id_fkey_gone AFTER DELETE ON insights.categories REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION insights.products_store_id_category_id_fkey_gone();

CREATE TRIGGER products_store_id_category_id_fkey_kept AFTER UPDATE OF id, store_id ON insights.categories FOR EACH ROW WHEN (((old.id IS DISTINCT FROM new.id) OR (old.store_id IS DISTINCT FROM new.store_id))) EXECUTE FUNCTION insights.products_store_id_category_id_fkey_kept();

CREATE TRIGGER products_store_id_fkey_gone AFTER DELETE ON insights.stores REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION insights.products_store_id_fkey_gone();

CREATE TRIGGER products_store_id_fkey_kept AFTER UPDATE OF id ON insights.stores FOR EACH ROW WHEN ((old.id IS DISTINCT FROM new.id)) EXECUTE FUNCTION insights.products_store_id_fkey_kept();

CREATE TRIGGER refund_items_store_id_refund_id_fkey_gone AFTER DELETE ON insights.refunds REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION insights.refund_items_store_id_refund_id_fkey_gone();

CREATE TRIGGER refund_items_store_id_refund_id_fkey_kept AFTER UPDATE OF id, store_id ON insights.refunds FOR EACH ROW WHEN (((old.id IS DISTINCT FROM new.id) OR (old.store_id IS DISTINCT FROM new.store_id))) EXECUTE FUNCTION insights.refund_items_store_id_refund_id_fkey_kept();

CREATE TRIGGER refunds_store_id_fkey_gone AFTER DELETE ON insights.stores REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION insights.refunds_store_id_fkey_gone();

CREATE TRIGGER refunds_store_id_fkey_kept AFTER UPDATE OF id ON insights.stores FOR EACH ROW WHEN ((old.id IS DISTINCT FROM new.id)) EXECUTE FUNCTION insights.refunds_store_id_fkey_kept();

CREATE TRIGGER refunds_store_id_order_id_fkey_gone AFTER DELETE ON insights.orders REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION insights.refunds_store_id_order_id_fkey_gone();

CREATE TRIGGER refunds_store_id_order_id_fkey_kept AFTER UPDATE OF id, store_id ON insights.orders FOR EACH ROW WHEN (((old.id IS DISTINCT FROM new.id) OR (old.store_id IS DISTINCT FROM new.store_id))) EXECUTE FUNCTION insights.refunds_store_id_order_id_fkey_kept();

CREATE TRIGGER touch_updated_at BEFORE UPDATE ON insights.conversations FOR EACH ROW EXECUTE FUNCTION backshop.touch_updated_at();

CREATE TRIGGER touch_updated_at BEFORE UPDATE ON insights.saved_charts FOR EACH ROW EXECUTE FUNCTION backshop.touch_updated_at();

CREATE TRIGGER drop_cancelled_orders AFTER UPDATE ON kits.customer_orders_summary REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION kits.drop_cancelled_orders();

CREATE TRIGGER return_uncancelled_order AFTER UPDATE ON kits.customer_orders_summary FOR EACH ROW WHEN ((old.is_cancelled AND (NOT new.is_cancelled))) EXECUTE FUNCTION kits.return_uncancelled_order();

CREATE TRIGGER touch_updated_at BEFORE UPDATE ON kits.customer_addresses FOR EACH ROW EXECUTE FUNCTION backshop.touch_updated_at();

CREATE TRIGGER touch_updated_at BEFORE UPDATE ON kits.customer_orders_summary FOR EACH ROW EXECUTE FUNCTION backshop.touch_updated_at();

CREATE TRIGGER touch_updated_at BEFORE UPDATE ON kits.customers FOR EACH ROW EXECUTE FUNCTION backshop.touch_updated_at();

CREATE TRIGGER touch_updated_at BEFORE UPDATE ON kits.import_batches FOR EACH ROW EXECUTE FUNCTION backshop.touch_updated_at();

CREATE TRIGGER touch_updated_at BEFORE UPDATE ON kits.order_tracking FOR EACH ROW EXECUTE FUNCTION backshop.touch_updated_at();

CREATE TRIGGER aa_keep_search BEFORE INSERT OR UPDATE ON projects.customers FOR EACH ROW EXECUTE FUNCTION projects.keep_search();

CREATE TRIGGER count_deleted AFTER DELETE ON projects.product_catalog REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION projects.count_catalogue_version();

CREATE TRIGGER count_inserted AFTER INSERT ON projects.product_catalog REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION projects.count_catalogue_version();

CREATE TRIGGER count_updated AFTER UPDATE ON projects.product_catalog REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION projects.count_catalogue_version();

CREATE TRIGGER keep_quote_number AFTER INSERT OR DELETE OR UPDATE OF quote_number, quote_id ON projects.quotes FOR EACH ROW EXECUTE FUNCTION projects.keep_quote_number();

CREATE TRIGGER keep_sent_quote BEFORE UPDATE ON projects.quotes FOR EACH ROW EXECUTE FUNCTION projects.keep_sent_quote();

CREATE TRIGGER touch_updated_at BEFORE UPDATE ON projects.customers FOR EACH ROW EXECUTE FUNCTION backshop.touch_updated_at();

CREATE TRIGGER touch_updated_at BEFORE UPDATE ON projects.product_catalog FOR EACH ROW EXECUTE FUNCTION backshop.touch_updated_at();

CREATE TRIGGER touch_updated_at BEFORE UPDATE ON projects.project_rooms FOR EACH ROW EXECUTE FUNCTION backshop.touch_updated_at();

CREATE TRIGGER touch_updated_at BEFORE UPDATE ON projects.projects FOR EACH ROW EXECUTE FUNCTION backshop.touch_updated_at();

CREATE TRIGGER touch_updated_at BEFORE UPDATE ON projects.quotes FOR EACH ROW EXECUTE FUNCTION backshop.touch_updated_at();

CREATE TRIGGER touch_updated_at BEFORE UPDATE ON projects.surfaces FOR EACH ROW EXECUTE FUNCTION backshop.touch_updated_at();

CREATE TRIGGER zz_count_version BEFORE UPDATE ON projects.conversation_log FOR EACH ROW EXECUTE FUNCTION projects.count_version();

CREATE TRIGGER zz_count_version BEFORE UPDATE ON projects.customers FOR EACH ROW EXECUTE FUNCTION projects.count_version();

CREATE TRIGGER zz_count_version BEFORE UPDATE ON projects.product_catalog FOR EACH ROW EXECUTE FUNCTION projects.count_version();

CREATE TRIGGER zz_count_version BEFORE UPDATE ON projects.project_rooms FOR EACH ROW EXECUTE FUNCTION projects.count_version();

CREATE TRIGGER zz_count_version BEFORE UPDATE ON projects.projects FOR EACH ROW EXECUTE FUNCTION projects.count_version();

CREATE TRIGGER zz_count_version BEFORE UPDATE ON projects.quotes FOR EACH ROW EXECUTE FUNCTION projects.count_version();

CREATE TRIGGER zz_count_version BEFORE UPDATE ON projects.selected_products FOR EACH ROW EXECUTE FUNCTION projects.count_version();

CREATE TRIGGER zz_count_version BEFORE UPDATE ON projects.surfaces FOR EACH ROW EXECUTE FUNCTION projects.count_version();

ALTER TABLE ONLY backshop.api_keys
    ADD CONSTRAINT api_keys_store_id_fkey FOREIGN KEY (store_id) REFERENCES backshop.stores(id);

ALTER TABLE ONLY backshop.erasures
    ADD CONSTRAINT erasures_store_id_fkey FOREIGN KEY (store_id) REFERENCES backshop.stores(id);

ALTER TABLE ONLY backshop.exports
    ADD CONSTRAINT exports_store_id_fkey FOREIGN KEY (store_id) REFERENCES backshop.stores(id);

ALTER TABLE ONLY backshop.idempotency_keys
    ADD CONSTRAINT idempotency_keys_store_id_fkey FOREIGN KEY (store_id) REFERENCES backshop.stores(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY backshop.outbox
    ADD CONSTRAINT outbox_store_id_fkey FOREIGN KEY (store_id) REFERENCES backshop.stores(id);

ALTER TABLE ONLY backshop.received_webhooks
    ADD CONSTRAINT received_webhooks_store_id_fkey FOREIGN KEY (store_id) REFERENCES backshop.stores(id);

ALTER TABLE ONLY backshop.slow_shops
    ADD CONSTRAINT slow_shops_store_id_fkey FOREIGN KEY (store_id) REFERENCES backshop.stores(id);

ALTER TABLE ONLY backshop.sync_cursors
    ADD CONSTRAINT sync_cursors_store_id_fkey FOREIGN KEY (store_id) REFERENCES backshop.stores(id);

ALTER TABLE ONLY backshop.sync_jobs
    ADD CONSTRAINT sync_jobs_store_id_run_id_fkey FOREIGN KEY (store_id, run_id) REFERENCES insights.sync_logs(store_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY backshop.webhook_inbox
    ADD CONSTRAINT webhook_inbox_store_id_fkey FOREIGN KEY (store_id) REFERENCES backshop.stores(id);

ALTER TABLE ONLY connect.address_update_request
    ADD CONSTRAINT address_update_request_store_id_order_id_platform_fkey FOREIGN KEY (store_id, order_id, platform) REFERENCES connect.platform_order(store_id, order_id, platform);

ALTER TABLE ONLY connect.connector_config
    ADD CONSTRAINT connector_config_id_fkey FOREIGN KEY (id) REFERENCES backshop.stores(id);

ALTER TABLE ONLY connect.order_item
    ADD CONSTRAINT order_item_store_id_order_id_platform_fkey FOREIGN KEY (store_id, order_id, platform) REFERENCES connect.platform_order(store_id, order_id, platform) NOT ENFORCED;

ALTER TABLE ONLY connect.platform_customer
    ADD CONSTRAINT platform_customer_store_id_fkey FOREIGN KEY (store_id) REFERENCES backshop.stores(id) NOT ENFORCED;

ALTER TABLE ONLY connect.platform_order
    ADD CONSTRAINT platform_order_store_id_customer_id_platform_fkey FOREIGN KEY (store_id, customer_id, platform) REFERENCES connect.platform_customer(store_id, customer_id, platform) NOT ENFORCED;

ALTER TABLE ONLY connect.platform_order
    ADD CONSTRAINT platform_order_store_id_fkey FOREIGN KEY (store_id) REFERENCES backshop.stores(id) NOT ENFORCED;

ALTER TABLE ONLY connect.platform_product
    ADD CONSTRAINT platform_product_store_id_fkey FOREIGN KEY (store_id) REFERENCES backshop.stores(id) NOT ENFORCED;

ALTER TABLE ONLY connect.recommendation_item
    ADD CONSTRAINT recommendation_item_store_id_model_id_fkey FOREIGN KEY (store_id, model_id) REFERENCES connect.recommendation_model(store_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY connect.recommendation_log
    ADD CONSTRAINT recommendation_log_store_id_customer_id_platform_fkey FOREIGN KEY (store_id, customer_id, platform) REFERENCES connect.platform_customer(store_id, customer_id, platform);

ALTER TABLE ONLY connect.recommendation_log
    ADD CONSTRAINT recommendation_log_store_id_fkey FOREIGN KEY (store_id) REFERENCES backshop.stores(id);

ALTER TABLE ONLY connect.recommendation_model
    ADD CONSTRAINT recommendation_model_store_id_fkey FOREIGN KEY (store_id) REFERENCES backshop.stores(id);

ALTER TABLE ONLY connect.recommendation_popular
    ADD CONSTRAINT recommendation_popular_store_id_fkey FOREIGN KEY (store_id) REFERENCES backshop.stores(id);

ALTER TABLE ONLY connect.refund_request
    ADD CONSTRAINT refund_request_store_id_order_id_platform_fkey FOREIGN KEY (store_id, order_id, platform) REFERENCES connect.platform_order(store_id, order_id, platform);

ALTER TABLE ONLY connect.try_on_limits
    ADD CONSTRAINT try_on_limits_store_id_fkey FOREIGN KEY (store_id) REFERENCES backshop.stores(id);

ALTER TABLE ONLY connect.try_on_overlay
    ADD CONSTRAINT try_on_overlay_store_id_session_id_fkey FOREIGN KEY (store_id, session_id) REFERENCES connect.try_on_session(store_id, session_id);

ALTER TABLE ONLY connect.try_on_session
    ADD CONSTRAINT try_on_session_store_id_customer_id_platform_fkey FOREIGN KEY (store_id, customer_id, platform) REFERENCES connect.platform_customer(store_id, customer_id, platform);

ALTER TABLE ONLY connect.try_on_session
    ADD CONSTRAINT try_on_session_store_id_fkey FOREIGN KEY (store_id) REFERENCES backshop.stores(id);

ALTER TABLE ONLY insights.categories
    ADD CONSTRAINT categories_store_id_fkey FOREIGN KEY (store_id) REFERENCES insights.stores(id) NOT ENFORCED;

ALTER TABLE ONLY insights.categories
    ADD CONSTRAINT categories_store_id_parent_id_fkey FOREIGN KEY (store_id, parent_id) REFERENCES insights.categories(store_id, id) NOT ENFORCED;

ALTER TABLE ONLY insights.conversations
    ADD CONSTRAINT conversations_store_id_fkey FOREIGN KEY (store_id) REFERENCES insights.stores(id);

ALTER TABLE ONLY insights.coupons
    ADD CONSTRAINT coupons_store_id_fkey FOREIGN KEY (store_id) REFERENCES insights.stores(id) NOT ENFORCED;

ALTER TABLE ONLY insights.customer_months
    ADD CONSTRAINT customer_months_store_id_fkey FOREIGN KEY (store_id) REFERENCES insights.stores(id) NOT ENFORCED;

ALTER TABLE ONLY insights.customers
    ADD CONSTRAINT customers_store_id_fkey FOREIGN KEY (store_id) REFERENCES insights.stores(id) NOT ENFORCED;

ALTER TABLE ONLY insights.daily_sales
    ADD CONSTRAINT daily_sales_store_id_fkey FOREIGN KEY (store_id) REFERENCES insights.stores(id) NOT ENFORCED;

ALTER TABLE ONLY insights.monthly_customers
    ADD CONSTRAINT monthly_customers_store_id_fkey FOREIGN KEY (store_id) REFERENCES insights.stores(id) NOT ENFORCED;

ALTER TABLE ONLY insights.order_coupons
    ADD CONSTRAINT order_coupons_store_id_order_id_fkey FOREIGN KEY (store_id, order_id) REFERENCES insights.orders(store_id, id) ON DELETE CASCADE NOT ENFORCED;

ALTER TABLE ONLY insights.order_items
    ADD CONSTRAINT order_items_store_id_fkey FOREIGN KEY (store_id) REFERENCES insights.stores(id) NOT ENFORCED;

ALTER TABLE ONLY insights.order_items
    ADD CONSTRAINT order_items_store_id_order_id_fkey FOREIGN KEY (store_id, order_id) REFERENCES insights.orders(store_id, id) ON DELETE CASCADE NOT ENFORCED;

ALTER TABLE ONLY insights.order_items
    ADD CONSTRAINT order_items_store_id_product_id_fkey FOREIGN KEY (store_id, product_id) REFERENCES insights.products(store_id, id) NOT ENFORCED;

ALTER TABLE ONLY insights.orders
    ADD CONSTRAINT orders_store_id_customer_id_fkey FOREIGN KEY (store_id, customer_id) REFERENCES insights.customers(store_id, id) NOT ENFORCED;

ALTER TABLE ONLY insights.orders
    ADD CONSTRAINT orders_store_id_fkey FOREIGN KEY (store_id) REFERENCES insights.stores(id) NOT ENFORCED;

ALTER TABLE ONLY insights.product_days
    ADD CONSTRAINT product_days_store_id_fkey FOREIGN KEY (store_id) REFERENCES insights.stores(id) NOT ENFORCED;

ALTER TABLE ONLY insights.product_months
    ADD CONSTRAINT product_months_store_id_fkey FOREIGN KEY (store_id) REFERENCES insights.stores(id) NOT ENFORCED;

ALTER TABLE ONLY insights.product_variants
    ADD CONSTRAINT product_variants_store_id_product_id_fkey FOREIGN KEY (store_id, product_id) REFERENCES insights.products(store_id, id) ON DELETE CASCADE NOT ENFORCED;

ALTER TABLE ONLY insights.products
    ADD CONSTRAINT products_store_id_category_id_fkey FOREIGN KEY (store_id, category_id) REFERENCES insights.categories(store_id, id) NOT ENFORCED;

ALTER TABLE ONLY insights.products
    ADD CONSTRAINT products_store_id_fkey FOREIGN KEY (store_id) REFERENCES insights.stores(id) NOT ENFORCED;

ALTER TABLE ONLY insights.refund_items
    ADD CONSTRAINT refund_items_store_id_refund_id_fkey FOREIGN KEY (store_id, refund_id) REFERENCES insights.refunds(store_id, id) ON DELETE CASCADE NOT ENFORCED;

ALTER TABLE ONLY insights.refunds
    ADD CONSTRAINT refunds_store_id_fkey FOREIGN KEY (store_id) REFERENCES insights.stores(id) NOT ENFORCED;

ALTER TABLE ONLY insights.refunds
    ADD CONSTRAINT refunds_store_id_order_id_fkey FOREIGN KEY (store_id, order_id) REFERENCES insights.orders(store_id, id) ON DELETE CASCADE NOT ENFORCED;

ALTER TABLE ONLY insights.request_counts
    ADD CONSTRAINT request_counts_store_id_fkey FOREIGN KEY (store_id) REFERENCES insights.stores(id);

ALTER TABLE ONLY insights.rollup_state
    ADD CONSTRAINT rollup_state_store_id_fkey FOREIGN KEY (store_id) REFERENCES insights.stores(id);

ALTER TABLE ONLY insights.saved_charts
    ADD CONSTRAINT saved_charts_store_id_fkey FOREIGN KEY (store_id) REFERENCES insights.stores(id);

ALTER TABLE ONLY insights.stores
    ADD CONSTRAINT stores_id_fkey FOREIGN KEY (id) REFERENCES backshop.stores(id);

ALTER TABLE ONLY insights.sync_logs
    ADD CONSTRAINT sync_logs_store_id_fkey FOREIGN KEY (store_id) REFERENCES insights.stores(id);

ALTER TABLE ONLY kits.batch_number_counters
    ADD CONSTRAINT batch_number_counters_store_id_fkey FOREIGN KEY (store_id) REFERENCES backshop.stores(id);

ALTER TABLE ONLY kits.customer_addresses
    ADD CONSTRAINT customer_addresses_store_id_customer_id_fkey FOREIGN KEY (store_id, customer_id) REFERENCES kits.customers(store_id, id);

ALTER TABLE ONLY kits.customer_order_items
    ADD CONSTRAINT customer_order_items_store_id_order_summary_id_fkey FOREIGN KEY (store_id, order_summary_id) REFERENCES kits.customer_orders_summary(store_id, id);

ALTER TABLE ONLY kits.customer_orders_summary
    ADD CONSTRAINT customer_orders_summary_store_id_batch_id_fkey FOREIGN KEY (store_id, batch_id) REFERENCES kits.import_batches(store_id, id);

ALTER TABLE ONLY kits.customer_orders_summary
    ADD CONSTRAINT customer_orders_summary_store_id_customer_id_fkey FOREIGN KEY (store_id, customer_id) REFERENCES kits.customers(store_id, id);

ALTER TABLE ONLY kits.customer_orders_summary
    ADD CONSTRAINT customer_orders_summary_store_id_fkey FOREIGN KEY (store_id) REFERENCES backshop.stores(id);

ALTER TABLE ONLY kits.customers
    ADD CONSTRAINT customers_store_id_fkey FOREIGN KEY (store_id) REFERENCES backshop.stores(id);

ALTER TABLE ONLY kits.import_batches
    ADD CONSTRAINT import_batches_store_id_fkey FOREIGN KEY (store_id) REFERENCES backshop.stores(id);

ALTER TABLE ONLY kits.order_batch_assignments
    ADD CONSTRAINT order_batch_assignments_store_id_batch_id_fkey FOREIGN KEY (store_id, batch_id) REFERENCES kits.import_batches(store_id, id);

ALTER TABLE ONLY kits.order_delivery_status_events
    ADD CONSTRAINT order_delivery_status_events_store_id_order_code_fkey FOREIGN KEY (store_id, order_code) REFERENCES kits.order_delivery_status(store_id, order_code);

ALTER TABLE ONLY kits.order_delivery_status
    ADD CONSTRAINT order_delivery_status_store_id_fkey FOREIGN KEY (store_id) REFERENCES backshop.stores(id);

ALTER TABLE ONLY kits.order_places
    ADD CONSTRAINT order_places_store_id_batch_id_fkey FOREIGN KEY (store_id, batch_id) REFERENCES kits.import_batches(store_id, id);

ALTER TABLE ONLY kits.order_places
    ADD CONSTRAINT order_places_store_id_fkey FOREIGN KEY (store_id) REFERENCES backshop.stores(id);

ALTER TABLE ONLY kits.order_tracking
    ADD CONSTRAINT order_tracking_store_id_fkey FOREIGN KEY (store_id) REFERENCES backshop.stores(id);

ALTER TABLE ONLY kits.otp_limits
    ADD CONSTRAINT otp_limits_store_id_fkey FOREIGN KEY (store_id) REFERENCES backshop.stores(id);

ALTER TABLE ONLY kits.otp_sessions
    ADD CONSTRAINT otp_sessions_store_id_fkey FOREIGN KEY (store_id) REFERENCES backshop.stores(id);

ALTER TABLE ONLY kits.otp_spending
    ADD CONSTRAINT otp_spending_store_id_fkey FOREIGN KEY (store_id) REFERENCES backshop.stores(id);

ALTER TABLE ONLY kits.shoppers
    ADD CONSTRAINT shoppers_store_id_fkey FOREIGN KEY (store_id) REFERENCES backshop.stores(id);

ALTER TABLE ONLY kits.supplier_purchase_lists
    ADD CONSTRAINT supplier_purchase_lists_store_id_batch_id_fkey FOREIGN KEY (store_id, batch_id) REFERENCES kits.import_batches(store_id, id);

ALTER TABLE ONLY kits.usual_waits
    ADD CONSTRAINT usual_waits_store_id_fkey FOREIGN KEY (store_id) REFERENCES backshop.stores(id);

ALTER TABLE ONLY kits.verified_phones
    ADD CONSTRAINT verified_phones_store_id_fkey FOREIGN KEY (store_id) REFERENCES backshop.stores(id);

ALTER TABLE ONLY projects.archived_projects
    ADD CONSTRAINT archived_projects_store_id_project_id_fkey FOREIGN KEY (store_id, project_id) REFERENCES projects.projects(store_id, project_id);

ALTER TABLE ONLY projects.catalogue_imports
    ADD CONSTRAINT catalogue_imports_store_id_fkey FOREIGN KEY (store_id) REFERENCES backshop.stores(id);

ALTER TABLE ONLY projects.catalogue_versions
    ADD CONSTRAINT catalogue_versions_store_id_fkey FOREIGN KEY (store_id) REFERENCES backshop.stores(id);

ALTER TABLE projects.conversation_log
    ADD CONSTRAINT conversation_log_store_id_project_id_fkey FOREIGN KEY (store_id, project_id) REFERENCES projects.projects(store_id, project_id);

ALTER TABLE ONLY projects.customers
    ADD CONSTRAINT customers_store_id_fkey FOREIGN KEY (store_id) REFERENCES backshop.stores(id);

ALTER TABLE ONLY projects.product_catalog
    ADD CONSTRAINT product_catalog_store_id_fkey FOREIGN KEY (store_id) REFERENCES backshop.stores(id);

ALTER TABLE ONLY projects.project_rooms
    ADD CONSTRAINT project_rooms_store_id_project_id_fkey FOREIGN KEY (store_id, project_id) REFERENCES projects.projects(store_id, project_id);

ALTER TABLE ONLY projects.projects
    ADD CONSTRAINT projects_store_id_customer_id_fkey FOREIGN KEY (store_id, customer_id) REFERENCES projects.customers(store_id, customer_id);

ALTER TABLE ONLY projects.quote_acceptances
    ADD CONSTRAINT quote_acceptances_store_id_project_id_fkey FOREIGN KEY (store_id, project_id) REFERENCES projects.projects(store_id, project_id);

ALTER TABLE ONLY projects.quote_counters
    ADD CONSTRAINT quote_counters_store_id_fkey FOREIGN KEY (store_id) REFERENCES backshop.stores(id);

ALTER TABLE ONLY projects.quote_mails
    ADD CONSTRAINT quote_mails_store_id_fkey FOREIGN KEY (store_id) REFERENCES backshop.stores(id);

ALTER TABLE ONLY projects.quote_numbers
    ADD CONSTRAINT quote_numbers_store_id_fkey FOREIGN KEY (store_id) REFERENCES backshop.stores(id);

ALTER TABLE projects.quotes
    ADD CONSTRAINT quotes_store_id_project_id_fkey FOREIGN KEY (store_id, project_id) REFERENCES projects.projects(store_id, project_id);

ALTER TABLE ONLY projects.selected_products
    ADD CONSTRAINT selected_products_store_id_surface_id_fkey FOREIGN KEY (store_id, surface_id) REFERENCES projects.surfaces(store_id, surface_id);

ALTER TABLE ONLY projects.surfaces
    ADD CONSTRAINT surfaces_store_id_room_id_fkey FOREIGN KEY (store_id, room_id) REFERENCES projects.project_rooms(store_id, room_id);

ALTER TABLE ONLY shade.conversions
    ADD CONSTRAINT conversions_store_id_customer_id_fkey FOREIGN KEY (store_id, customer_id) REFERENCES shade.customers(store_id, id);

ALTER TABLE ONLY shade.conversions
    ADD CONSTRAINT conversions_store_id_discount_id_fkey FOREIGN KEY (store_id, discount_id) REFERENCES shade.discounts(store_id, id);

ALTER TABLE ONLY shade.conversions
    ADD CONSTRAINT conversions_store_id_fkey FOREIGN KEY (store_id) REFERENCES backshop.stores(id);

ALTER TABLE ONLY shade.conversions
    ADD CONSTRAINT conversions_store_id_order_id_fkey FOREIGN KEY (store_id, order_id) REFERENCES shade.orders(store_id, id);

ALTER TABLE ONLY shade.conversions
    ADD CONSTRAINT conversions_store_id_recommendation_id_fkey FOREIGN KEY (store_id, recommendation_id) REFERENCES shade.recommendations(store_id, id);

ALTER TABLE ONLY shade.conversions
    ADD CONSTRAINT conversions_store_id_survey_id_fkey FOREIGN KEY (store_id, survey_id) REFERENCES shade.surveys(store_id, id);

ALTER TABLE ONLY shade.customers
    ADD CONSTRAINT customers_store_id_fkey FOREIGN KEY (store_id) REFERENCES backshop.stores(id);

ALTER TABLE ONLY shade.discounts
    ADD CONSTRAINT discounts_store_id_applied_to_order_id_fkey FOREIGN KEY (store_id, applied_to_order_id) REFERENCES shade.orders(store_id, id);

ALTER TABLE ONLY shade.discounts
    ADD CONSTRAINT discounts_store_id_customer_id_fkey FOREIGN KEY (store_id, customer_id) REFERENCES shade.customers(store_id, id);

ALTER TABLE ONLY shade.discounts
    ADD CONSTRAINT discounts_store_id_fkey FOREIGN KEY (store_id) REFERENCES backshop.stores(id);

ALTER TABLE ONLY shade.model_training_data
    ADD CONSTRAINT model_training_data_store_id_fkey FOREIGN KEY (store_id) REFERENCES backshop.stores(id);

ALTER TABLE ONLY shade.model_training_data
    ADD CONSTRAINT model_training_data_store_id_survey_id_fkey FOREIGN KEY (store_id, survey_id) REFERENCES shade.surveys(store_id, id);

ALTER TABLE ONLY shade.orders
    ADD CONSTRAINT orders_store_id_customer_id_fkey FOREIGN KEY (store_id, customer_id) REFERENCES shade.customers(store_id, id);

ALTER TABLE ONLY shade.orders
    ADD CONSTRAINT orders_store_id_fkey FOREIGN KEY (store_id) REFERENCES backshop.stores(id);

ALTER TABLE ONLY shade.products
    ADD CONSTRAINT products_store_id_fkey FOREIGN KEY (store_id) REFERENCES backshop.stores(id);

ALTER TABLE ONLY shade.rating_requests
    ADD CONSTRAINT rating_requests_store_id_fkey FOREIGN KEY (store_id) REFERENCES backshop.stores(id);

ALTER TABLE ONLY shade.rating_requests
    ADD CONSTRAINT rating_requests_store_id_recommendation_id_fkey FOREIGN KEY (store_id, recommendation_id) REFERENCES shade.recommendations(store_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY shade.recommendations
    ADD CONSTRAINT recommendations_store_id_discount_id_fkey FOREIGN KEY (store_id, discount_id) REFERENCES shade.discounts(store_id, id);

ALTER TABLE ONLY shade.recommendations
    ADD CONSTRAINT recommendations_store_id_fkey FOREIGN KEY (store_id) REFERENCES backshop.stores(id);

ALTER TABLE ONLY shade.recommendations
    ADD CONSTRAINT recommendations_store_id_survey_id_fkey FOREIGN KEY (store_id, survey_id) REFERENCES shade.surveys(store_id, id);

ALTER TABLE ONLY shade.shades
    ADD CONSTRAINT shades_store_id_fkey FOREIGN KEY (store_id) REFERENCES backshop.stores(id);

ALTER TABLE ONLY shade.survey_invites
    ADD CONSTRAINT survey_invites_store_id_fkey FOREIGN KEY (store_id) REFERENCES backshop.stores(id);

ALTER TABLE ONLY shade.survey_invites
    ADD CONSTRAINT survey_invites_store_id_order_id_fkey FOREIGN KEY (store_id, order_id) REFERENCES shade.orders(store_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY shade.surveys
    ADD CONSTRAINT surveys_store_id_customer_id_fkey FOREIGN KEY (store_id, customer_id) REFERENCES shade.customers(store_id, id);

ALTER TABLE ONLY shade.surveys
    ADD CONSTRAINT surveys_store_id_fkey FOREIGN KEY (store_id) REFERENCES backshop.stores(id);

ALTER TABLE ONLY shade.surveys
    ADD CONSTRAINT surveys_store_id_order_id_fkey FOREIGN KEY (store_id, order_id) REFERENCES shade.orders(store_id, id);

ALTER TABLE ONLY shade.variants
    ADD CONSTRAINT variants_store_id_fkey FOREIGN KEY (store_id) REFERENCES backshop.stores(id);

ALTER TABLE backshop.api_keys ENABLE ROW LEVEL SECURITY;

ALTER TABLE backshop.capability_keys ENABLE ROW LEVEL SECURITY;

ALTER TABLE backshop.desk_sessions ENABLE ROW LEVEL SECURITY;

ALTER TABLE backshop.erasures ENABLE ROW LEVEL SECURITY;

ALTER TABLE backshop.exports ENABLE ROW LEVEL SECURITY;

ALTER TABLE backshop.idempotency_keys ENABLE ROW LEVEL SECURITY;

ALTER TABLE backshop.locks ENABLE ROW LEVEL SECURITY;

ALTER TABLE backshop.outbox ENABLE ROW LEVEL SECURITY;

CREATE POLICY owner_all ON backshop.api_keys TO backshop_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON backshop.capability_keys TO backshop_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON backshop.desk_sessions TO backshop_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON backshop.erasures TO backshop_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON backshop.exports TO backshop_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON backshop.idempotency_keys TO backshop_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON backshop.locks TO backshop_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON backshop.outbox TO backshop_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON backshop.received_webhooks TO backshop_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON backshop.record_versions TO backshop_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON backshop.schema_migrations TO backshop_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON backshop.slow_shops TO backshop_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON backshop.stores TO backshop_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON backshop.sync_cursors TO backshop_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON backshop.sync_jobs TO backshop_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON backshop.webhook_inbox TO backshop_owner USING (true) WITH CHECK (true);

ALTER TABLE backshop.received_webhooks ENABLE ROW LEVEL SECURITY;

ALTER TABLE backshop.record_versions ENABLE ROW LEVEL SECURITY;

ALTER TABLE backshop.schema_migrations ENABLE ROW LEVEL SECURITY;

CREATE POLICY service_all ON backshop.desk_sessions TO backshop_service, backshop_staff USING (( SELECT backshop.sees_all_stores() AS sees_all_stores)) WITH CHECK (( SELECT backshop.sees_all_stores() AS sees_all_stores));

CREATE POLICY service_stores ON backshop.api_keys TO backshop_service, backshop_staff USING (((store_id = ANY (( SELECT backshop.visible_store_ids() AS visible_store_ids)::uuid[])) OR ((store_id IS NULL) AND ( SELECT backshop.sees_all_stores() AS sees_all_stores))));

CREATE POLICY service_stores ON backshop.erasures TO backshop_receive, backshop_service, backshop_staff, backshop_storefront, backshop_try_on USING ((store_id = ANY (( SELECT backshop.visible_store_ids() AS visible_store_ids)::uuid[])));

CREATE POLICY service_stores ON backshop.exports TO backshop_receive, backshop_service, backshop_staff, backshop_storefront, backshop_try_on USING ((store_id = ANY (( SELECT backshop.visible_store_ids() AS visible_store_ids)::uuid[])));

CREATE POLICY service_stores ON backshop.idempotency_keys TO backshop_receive, backshop_service, backshop_staff, backshop_storefront, backshop_try_on USING ((store_id = ANY (( SELECT backshop.visible_store_ids() AS visible_store_ids)::uuid[])));

CREATE POLICY service_stores ON backshop.locks TO backshop_receive, backshop_service, backshop_staff, backshop_storefront, backshop_try_on USING ((store_id = ANY (( SELECT backshop.visible_store_ids() AS visible_store_ids)::uuid[])));

CREATE POLICY service_stores ON backshop.outbox TO backshop_receive, backshop_service, backshop_staff, backshop_storefront, backshop_try_on USING ((store_id = ANY (( SELECT backshop.visible_store_ids() AS visible_store_ids)::uuid[])));

CREATE POLICY service_stores ON backshop.received_webhooks TO backshop_receive, backshop_service, backshop_staff, backshop_storefront, backshop_try_on USING ((store_id = ANY (( SELECT backshop.visible_store_ids() AS visible_store_ids)::uuid[])));

CREATE POLICY service_stores ON backshop.record_versions TO backshop_receive, backshop_service, backshop_staff, backshop_storefront, backshop_try_on USING ((store_id = ANY (( SELECT backshop.visible_store_ids() AS visible_store_ids)::uuid[])));

CREATE POLICY service_stores ON backshop.slow_shops TO backshop_receive, backshop_service, backshop_staff, backshop_storefront, backshop_try_on USING ((store_id = ANY (( SELECT backshop.visible_store_ids() AS visible_store_ids)::uuid[])));

CREATE POLICY service_stores ON backshop.stores TO backshop_receive, backshop_service, backshop_staff, backshop_storefront, backshop_try_on USING (((id = ( SELECT backshop.current_store_id() AS current_store_id)) OR ( SELECT backshop.sees_all_stores() AS sees_all_stores)));

CREATE POLICY service_stores ON backshop.sync_cursors TO backshop_receive, backshop_service, backshop_staff, backshop_storefront, backshop_try_on USING ((store_id = ANY (( SELECT backshop.visible_store_ids() AS visible_store_ids)::uuid[])));

CREATE POLICY service_stores ON backshop.sync_jobs TO backshop_receive, backshop_service, backshop_staff, backshop_storefront, backshop_try_on USING ((store_id = ANY (( SELECT backshop.visible_store_ids() AS visible_store_ids)::uuid[])));

CREATE POLICY service_stores ON backshop.webhook_inbox TO backshop_receive, backshop_service, backshop_staff, backshop_storefront, backshop_try_on USING ((store_id = ANY (( SELECT backshop.visible_store_ids() AS visible_store_ids)::uuid[])));

ALTER TABLE backshop.slow_shops ENABLE ROW LEVEL SECURITY;

ALTER TABLE backshop.stores ENABLE ROW LEVEL SECURITY;

ALTER TABLE backshop.sync_cursors ENABLE ROW LEVEL SECURITY;

ALTER TABLE backshop.sync_jobs ENABLE ROW LEVEL SECURITY;

ALTER TABLE backshop.webhook_inbox ENABLE ROW LEVEL SECURITY;

ALTER TABLE connect.address_update_request ENABLE ROW LEVEL SECURITY;

ALTER TABLE connect.connector_config ENABLE ROW LEVEL SECURITY;

ALTER TABLE connect.order_item ENABLE ROW LEVEL SECURITY;

CREATE POLICY owner_all ON connect.address_update_request TO backshop_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON connect.connector_config TO backshop_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON connect.order_item TO backshop_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON connect.platform_customer TO backshop_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON connect.platform_order TO backshop_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON connect.platform_product TO backshop_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON connect.recommendation_item TO backshop_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON connect.recommendation_log TO backshop_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON connect.recommendation_model TO backshop_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON connect.recommendation_popular TO backshop_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON connect.refund_request TO backshop_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON connect.try_on_limits TO backshop_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON connect.try_on_overlay TO backshop_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON connect.try_on_session TO backshop_owner USING (true) WITH CHECK (true);

ALTER TABLE connect.platform_customer ENABLE ROW LEVEL SECURITY;

ALTER TABLE connect.platform_order ENABLE ROW LEVEL SECURITY;

ALTER TABLE connect.platform_product ENABLE ROW LEVEL SECURITY;

ALTER TABLE connect.recommendation_item ENABLE ROW LEVEL SECURITY;

ALTER TABLE connect.recommendation_log ENABLE ROW LEVEL SECURITY;

ALTER TABLE connect.recommendation_model ENABLE ROW LEVEL SECURITY;

ALTER TABLE connect.recommendation_popular ENABLE ROW LEVEL SECURITY;

ALTER TABLE connect.refund_request ENABLE ROW LEVEL SECURITY;

CREATE POLICY service_stores ON connect.address_update_request TO backshop_receive, backshop_service, backshop_staff, backshop_storefront, backshop_try_on USING ((store_id = ANY (( SELECT backshop.visible_store_ids() AS visible_store_ids)::uuid[])));

CREATE POLICY service_stores ON connect.connector_config TO backshop_receive, backshop_service, backshop_staff, backshop_storefront, backshop_try_on USING ((store_id = ANY (( SELECT backshop.visible_store_ids() AS visible_store_ids)::uuid[])));

CREATE POLICY service_stores ON connect.order_item TO backshop_receive, backshop_service, backshop_staff, backshop_storefront, backshop_try_on USING ((store_id = ANY (( SELECT backshop.visible_store_ids() AS visible_store_ids)::uuid[])));

CREATE POLICY service_stores ON connect.platform_customer TO backshop_receive, backshop_service, backshop_staff, backshop_storefront, backshop_try_on USING ((store_id = ANY (( SELECT backshop.visible_store_ids() AS visible_store_ids)::uuid[])));

CREATE POLICY service_stores ON connect.platform_order TO backshop_receive, backshop_service, backshop_staff, backshop_storefront, backshop_try_on USING ((store_id = ANY (( SELECT backshop.visible_store_ids() AS visible_store_ids)::uuid[])));

CREATE POLICY service_stores ON connect.platform_product TO backshop_receive, backshop_service, backshop_staff, backshop_storefront, backshop_try_on USING ((store_id = ANY (( SELECT backshop.visible_store_ids() AS visible_store_ids)::uuid[])));

CREATE POLICY service_stores ON connect.recommendation_item TO backshop_receive, backshop_service, backshop_staff, backshop_storefront, backshop_try_on USING ((store_id = ANY (( SELECT backshop.visible_store_ids() AS visible_store_ids)::uuid[])));

CREATE POLICY service_stores ON connect.recommendation_log TO backshop_receive, backshop_service, backshop_staff, backshop_storefront, backshop_try_on USING ((store_id = ANY (( SELECT backshop.visible_store_ids() AS visible_store_ids)::uuid[])));

CREATE POLICY service_stores ON connect.recommendation_model TO backshop_receive, backshop_service, backshop_staff, backshop_storefront, backshop_try_on USING ((store_id = ANY (( SELECT backshop.visible_store_ids() AS visible_store_ids)::uuid[])));

CREATE POLICY service_stores ON connect.recommendation_popular TO backshop_receive, backshop_service, backshop_staff, backshop_storefront, backshop_try_on USING ((store_id = ANY (( SELECT backshop.visible_store_ids() AS visible_store_ids)::uuid[])));

CREATE POLICY service_stores ON connect.refund_request TO backshop_receive, backshop_service, backshop_staff, backshop_storefront, backshop_try_on USING ((store_id = ANY (( SELECT backshop.visible_store_ids() AS visible_store_ids)::uuid[])));

CREATE POLICY service_stores ON connect.try_on_limits TO backshop_receive, backshop_service, backshop_staff, backshop_storefront, backshop_try_on USING ((store_id = ANY (( SELECT backshop.visible_store_ids() AS visible_store_ids)::uuid[])));

CREATE POLICY service_stores ON connect.try_on_overlay TO backshop_receive, backshop_service, backshop_staff, backshop_storefront, backshop_try_on USING ((store_id = ANY (( SELECT backshop.visible_store_ids() AS visible_store_ids)::uuid[])));

CREATE POLICY service_stores ON connect.try_on_session TO backshop_receive, backshop_service, backshop_staff, backshop_storefront, backshop_try_on USING ((store_id = ANY (( SELECT backshop.visible_store_ids() AS visible_store_ids)::uuid[])));

ALTER TABLE connect.try_on_limits ENABLE ROW LEVEL SECURITY;

ALTER TABLE connect.try_on_overlay ENABLE ROW LEVEL SECURITY;

ALTER TABLE connect.try_on_session ENABLE ROW LEVEL SECURITY;

CREATE POLICY analyst_store ON insights.categories FOR SELECT TO backshop_analyst USING ((store_id = ( SELECT backshop.analyst_store_id() AS analyst_store_id)));

CREATE POLICY analyst_store ON insights.coupons FOR SELECT TO backshop_analyst USING ((store_id = ( SELECT backshop.analyst_store_id() AS analyst_store_id)));

CREATE POLICY analyst_store ON insights.customers FOR SELECT TO backshop_analyst USING ((store_id = ( SELECT backshop.analyst_store_id() AS analyst_store_id)));

CREATE POLICY analyst_store ON insights.order_coupons FOR SELECT TO backshop_analyst USING ((store_id = ( SELECT backshop.analyst_store_id() AS analyst_store_id)));

CREATE POLICY analyst_store ON insights.order_items FOR SELECT TO backshop_analyst USING ((store_id = ( SELECT backshop.analyst_store_id() AS analyst_store_id)));

CREATE POLICY analyst_store ON insights.orders FOR SELECT TO backshop_analyst USING ((store_id = ( SELECT backshop.analyst_store_id() AS analyst_store_id)));

CREATE POLICY analyst_store ON insights.product_variants FOR SELECT TO backshop_analyst USING ((store_id = ( SELECT backshop.analyst_store_id() AS analyst_store_id)));

CREATE POLICY analyst_store ON insights.products FOR SELECT TO backshop_analyst USING ((store_id = ( SELECT backshop.analyst_store_id() AS analyst_store_id)));

CREATE POLICY analyst_store ON insights.refund_items FOR SELECT TO backshop_analyst USING ((store_id = ( SELECT backshop.analyst_store_id() AS analyst_store_id)));

CREATE POLICY analyst_store ON insights.refunds FOR SELECT TO backshop_analyst USING ((store_id = ( SELECT backshop.analyst_store_id() AS analyst_store_id)));

CREATE POLICY analyst_store ON insights.stores FOR SELECT TO backshop_analyst USING ((store_id = ( SELECT backshop.analyst_store_id() AS analyst_store_id)));

CREATE POLICY analyst_store ON insights.sync_logs FOR SELECT TO backshop_analyst USING ((store_id = ( SELECT backshop.analyst_store_id() AS analyst_store_id)));

ALTER TABLE insights.categories ENABLE ROW LEVEL SECURITY;

ALTER TABLE insights.conversations ENABLE ROW LEVEL SECURITY;

ALTER TABLE insights.coupons ENABLE ROW LEVEL SECURITY;

ALTER TABLE insights.customer_months ENABLE ROW LEVEL SECURITY;

ALTER TABLE insights.customers ENABLE ROW LEVEL SECURITY;

ALTER TABLE insights.daily_sales ENABLE ROW LEVEL SECURITY;

ALTER TABLE insights.monthly_customers ENABLE ROW LEVEL SECURITY;

ALTER TABLE insights.order_coupons ENABLE ROW LEVEL SECURITY;

ALTER TABLE insights.order_items ENABLE ROW LEVEL SECURITY;

ALTER TABLE insights.orders ENABLE ROW LEVEL SECURITY;

CREATE POLICY owner_all ON insights.categories TO backshop_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON insights.conversations TO backshop_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON insights.coupons TO backshop_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON insights.customer_months TO backshop_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON insights.customers TO backshop_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON insights.daily_sales TO backshop_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON insights.monthly_customers TO backshop_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON insights.order_coupons TO backshop_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON insights.order_items TO backshop_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON insights.orders TO backshop_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON insights.product_days TO backshop_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON insights.product_months TO backshop_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON insights.product_variants TO backshop_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON insights.products TO backshop_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON insights.refund_items TO backshop_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON insights.refunds TO backshop_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON insights.request_counts TO backshop_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON insights.rollup_state TO backshop_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON insights.saved_charts TO backshop_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON insights.stores TO backshop_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON insights.sync_logs TO backshop_owner USING (true) WITH CHECK (true);

ALTER TABLE insights.product_days ENABLE ROW LEVEL SECURITY;

ALTER TABLE insights.product_months ENABLE ROW LEVEL SECURITY;

ALTER TABLE insights.product_variants ENABLE ROW LEVEL SECURITY;

ALTER TABLE insights.products ENABLE ROW LEVEL SECURITY;

ALTER TABLE insights.refund_items ENABLE ROW LEVEL SECURITY;

ALTER TABLE insights.refunds ENABLE ROW LEVEL SECURITY;

ALTER TABLE insights.request_counts ENABLE ROW LEVEL SECURITY;

ALTER TABLE insights.rollup_state ENABLE ROW LEVEL SECURITY;

ALTER TABLE insights.saved_charts ENABLE ROW LEVEL SECURITY;

CREATE POLICY service_stores ON insights.categories TO backshop_receive, backshop_service, backshop_staff, backshop_storefront, backshop_try_on USING ((store_id = ANY (( SELECT backshop.visible_store_ids() AS visible_store_ids)::uuid[])));

CREATE POLICY service_stores ON insights.conversations TO backshop_receive, backshop_service, backshop_staff, backshop_storefront, backshop_try_on USING ((store_id = ANY (( SELECT backshop.visible_store_ids() AS visible_store_ids)::uuid[])));

CREATE POLICY service_stores ON insights.coupons TO backshop_receive, backshop_service, backshop_staff, backshop_storefront, backshop_try_on USING ((store_id = ANY (( SELECT backshop.visible_store_ids() AS visible_store_ids)::uuid[])));

CREATE POLICY service_stores ON insights.customer_months TO backshop_receive, backshop_service, backshop_staff, backshop_storefront, backshop_try_on USING ((store_id = ANY (( SELECT backshop.visible_store_ids() AS visible_store_ids)::uuid[])));

CREATE POLICY service_stores ON insights.customers TO backshop_receive, backshop_service, backshop_staff, backshop_storefront, backshop_try_on USING ((store_id = ANY (( SELECT backshop.visible_store_ids() AS visible_store_ids)::uuid[])));

CREATE POLICY service_stores ON insights.daily_sales TO backshop_receive, backshop_service, backshop_staff, backshop_storefront, backshop_try_on USING ((store_id = ANY (( SELECT backshop.visible_store_ids() AS visible_store_ids)::uuid[])));

CREATE POLICY service_stores ON insights.monthly_customers TO backshop_receive, backshop_service, backshop_staff, backshop_storefront, backshop_try_on USING ((store_id = ANY (( SELECT backshop.visible_store_ids() AS visible_store_ids)::uuid[])));

CREATE POLICY service_stores ON insights.order_coupons TO backshop_receive, backshop_service, backshop_staff, backshop_storefront, backshop_try_on USING ((store_id = ANY (( SELECT backshop.visible_store_ids() AS visible_store_ids)::uuid[])));

CREATE POLICY service_stores ON insights.order_items TO backshop_receive, backshop_service, backshop_staff, backshop_storefront, backshop_try_on USING ((store_id = ANY (( SELECT backshop.visible_store_ids() AS visible_store_ids)::uuid[])));

CREATE POLICY service_stores ON insights.orders TO backshop_receive, backshop_service, backshop_staff, backshop_storefront, backshop_try_on USING ((store_id = ANY (( SELECT backshop.visible_store_ids() AS visible_store_ids)::uuid[])));

CREATE POLICY service_stores ON insights.product_days TO backshop_receive, backshop_service, backshop_staff, backshop_storefront, backshop_try_on USING ((store_id = ANY (( SELECT backshop.visible_store_ids() AS visible_store_ids)::uuid[])));

CREATE POLICY service_stores ON insights.product_months TO backshop_receive, backshop_service, backshop_staff, backshop_storefront, backshop_try_on USING ((store_id = ANY (( SELECT backshop.visible_store_ids() AS visible_store_ids)::uuid[])));

CREATE POLICY service_stores ON insights.product_variants TO backshop_receive, backshop_service, backshop_staff, backshop_storefront, backshop_try_on USING ((store_id = ANY (( SELECT backshop.visible_store_ids() AS visible_store_ids)::uuid[])));

CREATE POLICY service_stores ON insights.products TO backshop_receive, backshop_service, backshop_staff, backshop_storefront, backshop_try_on USING ((store_id = ANY (( SELECT backshop.visible_store_ids() AS visible_store_ids)::uuid[])));

CREATE POLICY service_stores ON insights.refund_items TO backshop_receive, backshop_service, backshop_staff, backshop_storefront, backshop_try_on USING ((store_id = ANY (( SELECT backshop.visible_store_ids() AS visible_store_ids)::uuid[])));

CREATE POLICY service_stores ON insights.refunds TO backshop_receive, backshop_service, backshop_staff, backshop_storefront, backshop_try_on USING ((store_id = ANY (( SELECT backshop.visible_store_ids() AS visible_store_ids)::uuid[])));

CREATE POLICY service_stores ON insights.request_counts TO backshop_receive, backshop_service, backshop_staff, backshop_storefront, backshop_try_on USING ((store_id = ANY (( SELECT backshop.visible_store_ids() AS visible_store_ids)::uuid[])));

CREATE POLICY service_stores ON insights.rollup_state TO backshop_receive, backshop_service, backshop_staff, backshop_storefront, backshop_try_on USING ((store_id = ANY (( SELECT backshop.visible_store_ids() AS visible_store_ids)::uuid[])));

CREATE POLICY service_stores ON insights.saved_charts TO backshop_receive, backshop_service, backshop_staff, backshop_storefront, backshop_try_on USING ((store_id = ANY (( SELECT backshop.visible_store_ids() AS visible_store_ids)::uuid[])));

CREATE POLICY service_stores ON insights.stores TO backshop_receive, backshop_service, backshop_staff, backshop_storefront, backshop_try_on USING ((store_id = ANY (( SELECT backshop.visible_store_ids() AS visible_store_ids)::uuid[])));

CREATE POLICY service_stores ON insights.sync_logs TO backshop_receive, backshop_service, backshop_staff, backshop_storefront, backshop_try_on USING ((store_id = ANY (( SELECT backshop.visible_store_ids() AS visible_store_ids)::uuid[])));

ALTER TABLE insights.stores ENABLE ROW LEVEL SECURITY;

ALTER TABLE insights.sync_logs ENABLE ROW LEVEL SECURITY;

ALTER TABLE kits.batch_number_counters ENABLE ROW LEVEL SECURITY;

ALTER TABLE kits.customer_addresses ENABLE ROW LEVEL SECURITY;

ALTER TABLE kits.customer_order_items ENABLE ROW LEVEL SECURITY;

ALTER TABLE kits.customer_orders_summary ENABLE ROW LEVEL SECURITY;

ALTER TABLE kits.customers ENABLE ROW LEVEL SECURITY;

ALTER TABLE kits.import_batches ENABLE ROW LEVEL SECURITY;

ALTER TABLE kits.order_batch_assignments ENABLE ROW LEVEL SECURITY;

ALTER TABLE kits.order_delivery_status ENABLE ROW LEVEL SECURITY;

ALTER TABLE kits.order_delivery_status_events ENABLE ROW LEVEL SECURITY;

ALTER TABLE kits.order_places ENABLE ROW LEVEL SECURITY;

ALTER TABLE kits.order_tracking ENABLE ROW LEVEL SECURITY;

ALTER TABLE kits.otp_days ENABLE ROW LEVEL SECURITY;

ALTER TABLE kits.otp_limits ENABLE ROW LEVEL SECURITY;

ALTER TABLE kits.otp_phones ENABLE ROW LEVEL SECURITY;

ALTER TABLE kits.otp_sessions ENABLE ROW LEVEL SECURITY;

ALTER TABLE kits.otp_spending ENABLE ROW LEVEL SECURITY;

CREATE POLICY owner_all ON kits.batch_number_counters TO backshop_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON kits.customer_addresses TO backshop_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON kits.customer_order_items TO backshop_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON kits.customer_orders_summary TO backshop_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON kits.customers TO backshop_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON kits.import_batches TO backshop_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON kits.order_batch_assignments TO backshop_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON kits.order_delivery_status TO backshop_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON kits.order_delivery_status_events TO backshop_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON kits.order_places TO backshop_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON kits.order_tracking TO backshop_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON kits.otp_days TO backshop_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON kits.otp_limits TO backshop_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON kits.otp_phones TO backshop_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON kits.otp_sessions TO backshop_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON kits.otp_spending TO backshop_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON kits.shoppers TO backshop_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON kits.supplier_purchase_lists TO backshop_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON kits.usual_waits TO backshop_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON kits.verified_phones TO backshop_owner USING (true) WITH CHECK (true);

CREATE POLICY service_stores ON kits.batch_number_counters TO backshop_receive, backshop_service, backshop_staff, backshop_storefront, backshop_try_on USING ((store_id = ANY (( SELECT backshop.visible_store_ids() AS visible_store_ids)::uuid[])));

CREATE POLICY service_stores ON kits.customer_addresses TO backshop_receive, backshop_service, backshop_staff, backshop_storefront, backshop_try_on USING ((store_id = ANY (( SELECT backshop.visible_store_ids() AS visible_store_ids)::uuid[])));

CREATE POLICY service_stores ON kits.customer_order_items TO backshop_receive, backshop_service, backshop_staff, backshop_storefront, backshop_try_on USING ((store_id = ANY (( SELECT backshop.visible_store_ids() AS visible_store_ids)::uuid[])));

CREATE POLICY service_stores ON kits.customer_orders_summary TO backshop_receive, backshop_service, backshop_staff, backshop_storefront, backshop_try_on USING ((store_id = ANY (( SELECT backshop.visible_store_ids() AS visible_store_ids)::uuid[])));

CREATE POLICY service_stores ON kits.customers TO backshop_receive, backshop_service, backshop_staff, backshop_storefront, backshop_try_on USING ((store_id = ANY (( SELECT backshop.visible_store_ids() AS visible_store_ids)::uuid[])));

CREATE POLICY service_stores ON kits.import_batches TO backshop_receive, backshop_service, backshop_staff, backshop_storefront, backshop_try_on USING ((store_id = ANY (( SELECT backshop.visible_store_ids() AS visible_store_ids)::uuid[])));

CREATE POLICY service_stores ON kits.order_batch_assignments TO backshop_receive, backshop_service, backshop_staff, backshop_storefront, backshop_try_on USING ((store_id = ANY (( SELECT backshop.visible_store_ids() AS visible_store_ids)::uuid[])));

CREATE POLICY service_stores ON kits.order_delivery_status TO backshop_receive, backshop_service, backshop_staff, backshop_storefront, backshop_try_on USING ((store_id = ANY (( SELECT backshop.visible_store_ids() AS visible_store_ids)::uuid[])));

CREATE POLICY service_stores ON kits.order_delivery_status_events TO backshop_receive, backshop_service, backshop_staff, backshop_storefront, backshop_try_on USING ((store_id = ANY (( SELECT backshop.visible_store_ids() AS visible_store_ids)::uuid[])));

CREATE POLICY service_stores ON kits.order_places TO backshop_receive, backshop_service, backshop_staff, backshop_storefront, backshop_try_on USING ((store_id = ANY (( SELECT backshop.visible_store_ids() AS visible_store_ids)::uuid[])));

CREATE POLICY service_stores ON kits.order_tracking TO backshop_receive, backshop_service, backshop_staff, backshop_storefront, backshop_try_on USING ((store_id = ANY (( SELECT backshop.visible_store_ids() AS visible_store_ids)::uuid[])));

CREATE POLICY service_stores ON kits.otp_limits TO backshop_receive, backshop_service, backshop_staff, backshop_storefront, backshop_try_on USING ((store_id = ANY (( SELECT backshop.visible_store_ids() AS visible_store_ids)::uuid[])));

CREATE POLICY service_stores ON kits.otp_sessions TO backshop_receive, backshop_service, backshop_staff, backshop_storefront, backshop_try_on USING ((store_id = ANY (( SELECT backshop.visible_store_ids() AS visible_store_ids)::uuid[])));

CREATE POLICY service_stores ON kits.otp_spending TO backshop_receive, backshop_service, backshop_staff, backshop_storefront, backshop_try_on USING ((store_id = ANY (( SELECT backshop.visible_store_ids() AS visible_store_ids)::uuid[])));

CREATE POLICY service_stores ON kits.shoppers TO backshop_receive, backshop_service, backshop_staff, backshop_storefront, backshop_try_on USING ((store_id = ANY (( SELECT backshop.visible_store_ids() AS visible_store_ids)::uuid[])));

CREATE POLICY service_stores ON kits.supplier_purchase_lists TO backshop_receive, backshop_service, backshop_staff, backshop_storefront, backshop_try_on USING ((store_id = ANY (( SELECT backshop.visible_store_ids() AS visible_store_ids)::uuid[])));

CREATE POLICY service_stores ON kits.usual_waits TO backshop_receive, backshop_service, backshop_staff, backshop_storefront, backshop_try_on USING ((store_id = ANY (( SELECT backshop.visible_store_ids() AS visible_store_ids)::uuid[])));

CREATE POLICY service_stores ON kits.verified_phones TO backshop_receive, backshop_service, backshop_staff, backshop_storefront, backshop_try_on USING ((store_id = ANY (( SELECT backshop.visible_store_ids() AS visible_store_ids)::uuid[])));

CREATE POLICY shopper_orders ON kits.customer_order_items FOR SELECT TO backshop_shopper USING (((store_id = ( SELECT backshop.shopper_store_id() AS shopper_store_id)) AND (order_summary_id IN ( SELECT o.id
   FROM kits.customer_orders_summary o))));

CREATE POLICY shopper_orders ON kits.customer_orders_summary FOR SELECT TO backshop_shopper USING (((store_id = ( SELECT backshop.shopper_store_id() AS shopper_store_id)) AND ((phone_number)::text = ( SELECT backshop.shopper_phone() AS shopper_phone))));

CREATE POLICY shopper_orders ON kits.order_delivery_status FOR SELECT TO backshop_shopper USING (((store_id = ( SELECT backshop.shopper_store_id() AS shopper_store_id)) AND ((order_code)::text IN ( SELECT o.order_code
   FROM kits.customer_orders_summary o))));

CREATE POLICY shopper_orders ON kits.order_delivery_status_events FOR SELECT TO backshop_shopper USING (((store_id = ( SELECT backshop.shopper_store_id() AS shopper_store_id)) AND ((order_code)::text IN ( SELECT o.order_code
   FROM kits.customer_orders_summary o))));

CREATE POLICY shopper_orders ON kits.order_tracking FOR SELECT TO backshop_shopper USING (((store_id = ( SELECT backshop.shopper_store_id() AS shopper_store_id)) AND ((vendure_order_id)::text IN ( SELECT o.vendure_order_id
   FROM kits.customer_orders_summary o))));

ALTER TABLE kits.shoppers ENABLE ROW LEVEL SECURITY;

ALTER TABLE kits.supplier_purchase_lists ENABLE ROW LEVEL SECURITY;

ALTER TABLE kits.usual_waits ENABLE ROW LEVEL SECURITY;

ALTER TABLE kits.verified_phones ENABLE ROW LEVEL SECURITY;

ALTER TABLE projects.archived_projects ENABLE ROW LEVEL SECURITY;

ALTER TABLE projects.catalogue_imports ENABLE ROW LEVEL SECURITY;

ALTER TABLE projects.catalogue_versions ENABLE ROW LEVEL SECURITY;

ALTER TABLE projects.conversation_log ENABLE ROW LEVEL SECURITY;

ALTER TABLE projects.conversation_log_default ENABLE ROW LEVEL SECURITY;

ALTER TABLE projects.customers ENABLE ROW LEVEL SECURITY;

CREATE POLICY owner_all ON projects.archived_projects TO backshop_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON projects.catalogue_imports TO backshop_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON projects.catalogue_versions TO backshop_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON projects.conversation_log TO backshop_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON projects.conversation_log_default TO backshop_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON projects.customers TO backshop_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON projects.product_catalog TO backshop_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON projects.project_rooms TO backshop_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON projects.projects TO backshop_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON projects.quote_acceptances TO backshop_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON projects.quote_counters TO backshop_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON projects.quote_mails TO backshop_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON projects.quote_numbers TO backshop_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON projects.quotes TO backshop_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON projects.quotes_default TO backshop_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON projects.selected_products TO backshop_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON projects.surfaces TO backshop_owner USING (true) WITH CHECK (true);

ALTER TABLE projects.product_catalog ENABLE ROW LEVEL SECURITY;

ALTER TABLE projects.project_rooms ENABLE ROW LEVEL SECURITY;

ALTER TABLE projects.projects ENABLE ROW LEVEL SECURITY;

ALTER TABLE projects.quote_acceptances ENABLE ROW LEVEL SECURITY;

ALTER TABLE projects.quote_counters ENABLE ROW LEVEL SECURITY;

ALTER TABLE projects.quote_mails ENABLE ROW LEVEL SECURITY;

ALTER TABLE projects.quote_numbers ENABLE ROW LEVEL SECURITY;

ALTER TABLE projects.quotes ENABLE ROW LEVEL SECURITY;

ALTER TABLE projects.quotes_default ENABLE ROW LEVEL SECURITY;

ALTER TABLE projects.selected_products ENABLE ROW LEVEL SECURITY;

CREATE POLICY service_stores ON projects.archived_projects TO backshop_receive, backshop_service, backshop_staff, backshop_storefront, backshop_try_on USING ((store_id = ANY (( SELECT backshop.visible_store_ids() AS visible_store_ids)::uuid[])));

CREATE POLICY service_stores ON projects.catalogue_imports TO backshop_receive, backshop_service, backshop_staff, backshop_storefront, backshop_try_on USING ((store_id = ANY (( SELECT backshop.visible_store_ids() AS visible_store_ids)::uuid[])));

CREATE POLICY service_stores ON projects.catalogue_versions TO backshop_receive, backshop_service, backshop_staff, backshop_storefront, backshop_try_on USING ((store_id = ANY (( SELECT backshop.visible_store_ids() AS visible_store_ids)::uuid[])));

CREATE POLICY service_stores ON projects.conversation_log TO backshop_receive, backshop_service, backshop_staff, backshop_storefront, backshop_try_on USING ((store_id = ANY (( SELECT backshop.visible_store_ids() AS visible_store_ids)::uuid[])));

CREATE POLICY service_stores ON projects.customers TO backshop_receive, backshop_service, backshop_staff, backshop_storefront, backshop_try_on USING ((store_id = ANY (( SELECT backshop.visible_store_ids() AS visible_store_ids)::uuid[])));

CREATE POLICY service_stores ON projects.product_catalog TO backshop_receive, backshop_service, backshop_staff, backshop_storefront, backshop_try_on USING ((store_id = ANY (( SELECT backshop.visible_store_ids() AS visible_store_ids)::uuid[])));

CREATE POLICY service_stores ON projects.project_rooms TO backshop_receive, backshop_service, backshop_staff, backshop_storefront, backshop_try_on USING ((store_id = ANY (( SELECT backshop.visible_store_ids() AS visible_store_ids)::uuid[])));

CREATE POLICY service_stores ON projects.projects TO backshop_receive, backshop_service, backshop_staff, backshop_storefront, backshop_try_on USING ((store_id = ANY (( SELECT backshop.visible_store_ids() AS visible_store_ids)::uuid[])));

CREATE POLICY service_stores ON projects.quote_acceptances TO backshop_receive, backshop_service, backshop_staff, backshop_storefront, backshop_try_on USING ((store_id = ANY (( SELECT backshop.visible_store_ids() AS visible_store_ids)::uuid[])));

CREATE POLICY service_stores ON projects.quote_counters TO backshop_receive, backshop_service, backshop_staff, backshop_storefront, backshop_try_on USING ((store_id = ANY (( SELECT backshop.visible_store_ids() AS visible_store_ids)::uuid[])));

CREATE POLICY service_stores ON projects.quote_mails TO backshop_receive, backshop_service, backshop_staff, backshop_storefront, backshop_try_on USING ((store_id = ANY (( SELECT backshop.visible_store_ids() AS visible_store_ids)::uuid[])));

CREATE POLICY service_stores ON projects.quote_numbers TO backshop_receive, backshop_service, backshop_staff, backshop_storefront, backshop_try_on USING ((store_id = ANY (( SELECT backshop.visible_store_ids() AS visible_store_ids)::uuid[])));

CREATE POLICY service_stores ON projects.quotes TO backshop_receive, backshop_service, backshop_staff, backshop_storefront, backshop_try_on USING ((store_id = ANY (( SELECT backshop.visible_store_ids() AS visible_store_ids)::uuid[])));

CREATE POLICY service_stores ON projects.selected_products TO backshop_receive, backshop_service, backshop_staff, backshop_storefront, backshop_try_on USING ((store_id = ANY (( SELECT backshop.visible_store_ids() AS visible_store_ids)::uuid[])));

CREATE POLICY service_stores ON projects.surfaces TO backshop_receive, backshop_service, backshop_staff, backshop_storefront, backshop_try_on USING ((store_id = ANY (( SELECT backshop.visible_store_ids() AS visible_store_ids)::uuid[])));

ALTER TABLE projects.surfaces ENABLE ROW LEVEL SECURITY;

ALTER TABLE shade.conversions ENABLE ROW LEVEL SECURITY;

ALTER TABLE shade.customers ENABLE ROW LEVEL SECURITY;

ALTER TABLE shade.discounts ENABLE ROW LEVEL SECURITY;

ALTER TABLE shade.model_training_data ENABLE ROW LEVEL SECURITY;

ALTER TABLE shade.orders ENABLE ROW LEVEL SECURITY;

CREATE POLICY owner_all ON shade.conversions TO backshop_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON shade.customers TO backshop_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON shade.discounts TO backshop_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON shade.model_training_data TO backshop_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON shade.orders TO backshop_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON shade.products TO backshop_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON shade.rating_requests TO backshop_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON shade.recommendations TO backshop_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON shade.shades TO backshop_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON shade.survey_invites TO backshop_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON shade.surveys TO backshop_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_all ON shade.variants TO backshop_owner USING (true) WITH CHECK (true);

ALTER TABLE shade.products ENABLE ROW LEVEL SECURITY;

ALTER TABLE shade.rating_requests ENABLE ROW LEVEL SECURITY;

ALTER TABLE shade.recommendations ENABLE ROW LEVEL SECURITY;

CREATE POLICY service_stores ON shade.conversions TO backshop_receive, backshop_service, backshop_staff, backshop_storefront, backshop_try_on USING ((store_id = ANY (( SELECT backshop.visible_store_ids() AS visible_store_ids)::uuid[])));

CREATE POLICY service_stores ON shade.customers TO backshop_receive, backshop_service, backshop_staff, backshop_storefront, backshop_try_on USING ((store_id = ANY (( SELECT backshop.visible_store_ids() AS visible_store_ids)::uuid[])));

CREATE POLICY service_stores ON shade.discounts TO backshop_receive, backshop_service, backshop_staff, backshop_storefront, backshop_try_on USING ((store_id = ANY (( SELECT backshop.visible_store_ids() AS visible_store_ids)::uuid[])));

CREATE POLICY service_stores ON shade.model_training_data TO backshop_receive, backshop_service, backshop_staff, backshop_storefront, backshop_try_on USING ((store_id = ANY (( SELECT backshop.visible_store_ids() AS visible_store_ids)::uuid[])));

CREATE POLICY service_stores ON shade.orders TO backshop_receive, backshop_service, backshop_staff, backshop_storefront, backshop_try_on USING ((store_id = ANY (( SELECT backshop.visible_store_ids() AS visible_store_ids)::uuid[])));

CREATE POLICY service_stores ON shade.products TO backshop_receive, backshop_service, backshop_staff, backshop_storefront, backshop_try_on USING ((store_id = ANY (( SELECT backshop.visible_store_ids() AS visible_store_ids)::uuid[])));

CREATE POLICY service_stores ON shade.rating_requests TO backshop_receive, backshop_service, backshop_staff, backshop_storefront, backshop_try_on USING ((store_id = ANY (( SELECT backshop.visible_store_ids() AS visible_store_ids)::uuid[])));

CREATE POLICY service_stores ON shade.recommendations TO backshop_receive, backshop_service, backshop_staff, backshop_storefront, backshop_try_on USING ((store_id = ANY (( SELECT backshop.visible_store_ids() AS visible_store_ids)::uuid[])));

CREATE POLICY service_stores ON shade.shades TO backshop_receive, backshop_service, backshop_staff, backshop_storefront, backshop_try_on USING ((store_id = ANY (( SELECT backshop.visible_store_ids() AS visible_store_ids)::uuid[])));

CREATE POLICY service_stores ON shade.survey_invites TO backshop_receive, backshop_service, backshop_staff, backshop_storefront, backshop_try_on USING ((store_id = ANY (( SELECT backshop.visible_store_ids() AS visible_store_ids)::uuid[])));

CREATE POLICY service_stores ON shade.surveys TO backshop_receive, backshop_service, backshop_staff, backshop_storefront, backshop_try_on USING ((store_id = ANY (( SELECT backshop.visible_store_ids() AS visible_store_ids)::uuid[])));

CREATE POLICY service_stores ON shade.variants TO backshop_receive, backshop_service, backshop_staff, backshop_storefront, backshop_try_on USING ((store_id = ANY (( SELECT backshop.visible_store_ids() AS visible_store_ids)::uuid[])));

ALTER TABLE shade.shades ENABLE ROW LEVEL SECURITY;

ALTER TABLE shade.survey_invites ENABLE ROW LEVEL SECURITY;

ALTER TABLE shade.surveys ENABLE ROW LEVEL SECURITY;

ALTER TABLE shade.variants ENABLE ROW LEVEL SECURITY;

GRANT USAGE ON SCHEMA backshop TO backshop_service;
GRANT USAGE ON SCHEMA backshop TO backshop_staff;
GRANT USAGE ON SCHEMA backshop TO backshop_storefront;
GRANT USAGE ON SCHEMA backshop TO backshop_receive;
GRANT USAGE ON SCHEMA backshop TO backshop_try_on;

GRANT USAGE ON SCHEMA connect TO backshop_service;
GRANT USAGE ON SCHEMA connect TO backshop_staff;
GRANT USAGE ON SCHEMA connect TO backshop_storefront;
GRANT USAGE ON SCHEMA connect TO backshop_receive;
GRANT USAGE ON SCHEMA connect TO backshop_try_on;

GRANT USAGE ON SCHEMA insights TO backshop_service;
GRANT USAGE ON SCHEMA insights TO backshop_staff;
GRANT USAGE ON SCHEMA insights TO backshop_storefront;
GRANT USAGE ON SCHEMA insights TO backshop_analyst;

GRANT USAGE ON SCHEMA kits TO backshop_service;
GRANT USAGE ON SCHEMA kits TO backshop_staff;
GRANT USAGE ON SCHEMA kits TO backshop_storefront;
GRANT USAGE ON SCHEMA kits TO backshop_shopper;

GRANT USAGE ON SCHEMA projects TO backshop_service;
GRANT USAGE ON SCHEMA projects TO backshop_staff;
GRANT USAGE ON SCHEMA projects TO backshop_storefront;

REVOKE USAGE ON SCHEMA public FROM PUBLIC;

GRANT USAGE ON SCHEMA shade TO backshop_service;
GRANT USAGE ON SCHEMA shade TO backshop_staff;
GRANT USAGE ON SCHEMA shade TO backshop_storefront;

REVOKE ALL ON TYPE projects.aos_phase FROM PUBLIC;
GRANT ALL ON TYPE projects.aos_phase TO backshop_service;
GRANT ALL ON TYPE projects.aos_phase TO backshop_staff;

REVOKE ALL ON TYPE projects.complexity_level FROM PUBLIC;
GRANT ALL ON TYPE projects.complexity_level TO backshop_service;
GRANT ALL ON TYPE projects.complexity_level TO backshop_staff;

REVOKE ALL ON TYPE projects.contact_method FROM PUBLIC;
GRANT ALL ON TYPE projects.contact_method TO backshop_service;
GRANT ALL ON TYPE projects.contact_method TO backshop_staff;

REVOKE ALL ON TYPE projects.conversation_outcome FROM PUBLIC;
GRANT ALL ON TYPE projects.conversation_outcome TO backshop_service;
GRANT ALL ON TYPE projects.conversation_outcome TO backshop_staff;

REVOKE ALL ON TYPE projects.customer_type FROM PUBLIC;
GRANT ALL ON TYPE projects.customer_type TO backshop_service;
GRANT ALL ON TYPE projects.customer_type TO backshop_staff;

REVOKE ALL ON TYPE projects.installation_method FROM PUBLIC;
GRANT ALL ON TYPE projects.installation_method TO backshop_service;
GRANT ALL ON TYPE projects.installation_method TO backshop_staff;

REVOKE ALL ON TYPE projects.interaction_type FROM PUBLIC;
GRANT ALL ON TYPE projects.interaction_type TO backshop_service;
GRANT ALL ON TYPE projects.interaction_type TO backshop_staff;

REVOKE ALL ON TYPE projects.pattern_type FROM PUBLIC;
GRANT ALL ON TYPE projects.pattern_type TO backshop_service;
GRANT ALL ON TYPE projects.pattern_type TO backshop_staff;

REVOKE ALL ON TYPE projects.product_type FROM PUBLIC;
GRANT ALL ON TYPE projects.product_type TO backshop_service;
GRANT ALL ON TYPE projects.product_type TO backshop_staff;

REVOKE ALL ON TYPE projects.project_status FROM PUBLIC;
GRANT ALL ON TYPE projects.project_status TO backshop_service;
GRANT ALL ON TYPE projects.project_status TO backshop_staff;

REVOKE ALL ON TYPE projects.quote_status FROM PUBLIC;
GRANT ALL ON TYPE projects.quote_status TO backshop_service;
GRANT ALL ON TYPE projects.quote_status TO backshop_staff;

REVOKE ALL ON TYPE projects.room_type FROM PUBLIC;
GRANT ALL ON TYPE projects.room_type TO backshop_service;
GRANT ALL ON TYPE projects.room_type TO backshop_staff;

REVOKE ALL ON TYPE projects.selection_status FROM PUBLIC;
GRANT ALL ON TYPE projects.selection_status TO backshop_service;
GRANT ALL ON TYPE projects.selection_status TO backshop_staff;

REVOKE ALL ON TYPE projects.surface_type FROM PUBLIC;
GRANT ALL ON TYPE projects.surface_type TO backshop_service;
GRANT ALL ON TYPE projects.surface_type TO backshop_staff;

REVOKE ALL ON TYPE projects.unit_of_measure FROM PUBLIC;
GRANT ALL ON TYPE projects.unit_of_measure TO backshop_service;
GRANT ALL ON TYPE projects.unit_of_measure TO backshop_staff;

REVOKE ALL ON TYPE projects.urgency_level FROM PUBLIC;
GRANT ALL ON TYPE projects.urgency_level TO backshop_service;
GRANT ALL ON TYPE projects.urgency_level TO backshop_staff;

REVOKE ALL ON FUNCTION backshop.capability(kind text) FROM PUBLIC;

REVOKE ALL ON FUNCTION backshop.analyst_store_id() FROM PUBLIC;
GRANT ALL ON FUNCTION backshop.analyst_store_id() TO backshop_analyst;

REVOKE ALL ON FUNCTION backshop.check_as_sets(child regclass) FROM PUBLIC;

REVOKE ALL ON FUNCTION backshop.check_by_keys(child regclass) FROM PUBLIC;

REVOKE ALL ON FUNCTION backshop.current_store_id() FROM PUBLIC;
GRANT ALL ON FUNCTION backshop.current_store_id() TO backshop_service;
GRANT ALL ON FUNCTION backshop.current_store_id() TO backshop_receive;
GRANT ALL ON FUNCTION backshop.current_store_id() TO backshop_staff;
GRANT ALL ON FUNCTION backshop.current_store_id() TO backshop_storefront;
GRANT ALL ON FUNCTION backshop.current_store_id() TO backshop_try_on;

REVOKE ALL ON FUNCTION backshop.erase_store() FROM PUBLIC;
GRANT ALL ON FUNCTION backshop.erase_store() TO backshop_service;

REVOKE ALL ON FUNCTION backshop.lock(lock_name text, wait boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION backshop.lock(lock_name text, wait boolean) TO backshop_service;

REVOKE ALL ON FUNCTION backshop.masked_key(key bytea, mask integer) FROM PUBLIC;

REVOKE ALL ON FUNCTION backshop.orphans() FROM PUBLIC;
GRANT ALL ON FUNCTION backshop.orphans() TO backshop_service;

REVOKE ALL ON FUNCTION backshop.protect(target regclass) FROM PUBLIC;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE backshop.record_versions TO backshop_service;

REVOKE ALL ON FUNCTION backshop.read_anew() FROM PUBLIC;
GRANT ALL ON FUNCTION backshop.read_anew() TO backshop_service;

REVOKE ALL ON FUNCTION backshop.references_as_sets() FROM PUBLIC;
GRANT ALL ON FUNCTION backshop.references_as_sets() TO backshop_service;

REVOKE ALL ON FUNCTION backshop.sees_all_stores() FROM PUBLIC;
GRANT ALL ON FUNCTION backshop.sees_all_stores() TO backshop_service;
GRANT ALL ON FUNCTION backshop.sees_all_stores() TO backshop_receive;
GRANT ALL ON FUNCTION backshop.sees_all_stores() TO backshop_staff;
GRANT ALL ON FUNCTION backshop.sees_all_stores() TO backshop_storefront;
GRANT ALL ON FUNCTION backshop.sees_all_stores() TO backshop_try_on;

REVOKE ALL ON FUNCTION backshop.set_capability_key(key bytea) FROM PUBLIC;

REVOKE ALL ON FUNCTION backshop.shopper_phone() FROM PUBLIC;
GRANT ALL ON FUNCTION backshop.shopper_phone() TO backshop_shopper;

REVOKE ALL ON FUNCTION backshop.shopper_store_id() FROM PUBLIC;
GRANT ALL ON FUNCTION backshop.shopper_store_id() TO backshop_shopper;

REVOKE ALL ON FUNCTION backshop.touch_updated_at() FROM PUBLIC;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE backshop.stores TO backshop_service;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE backshop.stores TO backshop_staff;
GRANT SELECT ON TABLE backshop.stores TO backshop_storefront;

GRANT SELECT(id) ON TABLE backshop.stores TO backshop_receive;
GRANT SELECT(id) ON TABLE backshop.stores TO backshop_try_on;

GRANT SELECT(store_id) ON TABLE backshop.stores TO backshop_receive;
GRANT SELECT(store_id) ON TABLE backshop.stores TO backshop_try_on;

GRANT SELECT(platform) ON TABLE backshop.stores TO backshop_try_on;

GRANT SELECT(settings) ON TABLE backshop.stores TO backshop_try_on;

REVOKE ALL ON FUNCTION backshop.visible_store_ids() FROM PUBLIC;
GRANT ALL ON FUNCTION backshop.visible_store_ids() TO backshop_service;
GRANT ALL ON FUNCTION backshop.visible_store_ids() TO backshop_receive;
GRANT ALL ON FUNCTION backshop.visible_store_ids() TO backshop_staff;
GRANT ALL ON FUNCTION backshop.visible_store_ids() TO backshop_storefront;
GRANT ALL ON FUNCTION backshop.visible_store_ids() TO backshop_try_on;

REVOKE ALL ON FUNCTION connect.keep_try_on() FROM PUBLIC;

REVOKE ALL ON FUNCTION connect.order_item_check_references() FROM PUBLIC;

REVOKE ALL ON FUNCTION connect.order_item_store_id_order_id_platform_fkey_gone() FROM PUBLIC;

REVOKE ALL ON FUNCTION connect.order_item_store_id_order_id_platform_fkey_kept() FROM PUBLIC;

REVOKE ALL ON FUNCTION connect.orphan_try_on_session() FROM PUBLIC;

REVOKE ALL ON FUNCTION connect.platform_customer_check_references() FROM PUBLIC;

REVOKE ALL ON FUNCTION connect.platform_customer_store_id_fkey_gone() FROM PUBLIC;

REVOKE ALL ON FUNCTION connect.platform_customer_store_id_fkey_kept() FROM PUBLIC;

REVOKE ALL ON FUNCTION connect.platform_order_check_references() FROM PUBLIC;

REVOKE ALL ON FUNCTION connect.platform_order_store_id_customer_id_platform_fkey_gone() FROM PUBLIC;

REVOKE ALL ON FUNCTION connect.platform_order_store_id_customer_id_platform_fkey_kept() FROM PUBLIC;

REVOKE ALL ON FUNCTION connect.platform_order_store_id_fkey_gone() FROM PUBLIC;

REVOKE ALL ON FUNCTION connect.platform_order_store_id_fkey_kept() FROM PUBLIC;

REVOKE ALL ON FUNCTION connect.platform_product_check_references() FROM PUBLIC;

REVOKE ALL ON FUNCTION connect.platform_product_store_id_fkey_gone() FROM PUBLIC;

REVOKE ALL ON FUNCTION connect.platform_product_store_id_fkey_kept() FROM PUBLIC;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE connect.connector_config TO backshop_service;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE connect.connector_config TO backshop_staff;

GRANT SELECT(id) ON TABLE connect.connector_config TO backshop_receive;

GRANT SELECT(store_id) ON TABLE connect.connector_config TO backshop_receive;

GRANT SELECT(platform) ON TABLE connect.connector_config TO backshop_receive;

GRANT SELECT(webhook_secret) ON TABLE connect.connector_config TO backshop_receive;

GRANT SELECT(webhook_secret_previous) ON TABLE connect.connector_config TO backshop_receive;

GRANT SELECT(webhook_secret_previous_until) ON TABLE connect.connector_config TO backshop_receive;

GRANT SELECT(shop_domain) ON TABLE connect.connector_config TO backshop_receive;

REVOKE ALL ON FUNCTION connect.stores_of_shop(domain text) FROM PUBLIC;
GRANT ALL ON FUNCTION connect.stores_of_shop(domain text) TO backshop_service;
GRANT ALL ON FUNCTION connect.stores_of_shop(domain text) TO backshop_receive;

REVOKE ALL ON FUNCTION connect.take_shop_domain() FROM PUBLIC;

REVOKE ALL ON FUNCTION connect.with_consents(held jsonb, told jsonb, seen_at timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION connect.with_consents(held jsonb, told jsonb, seen_at timestamp with time zone) TO backshop_service;
GRANT ALL ON FUNCTION connect.with_consents(held jsonb, told jsonb, seen_at timestamp with time zone) TO backshop_staff;

REVOKE ALL ON FUNCTION insights.append_item(items anyarray, item anynonarray) FROM PUBLIC;

REVOKE ALL ON FUNCTION insights.append_text(joined text, item text, delimiter text) FROM PUBLIC;

REVOKE ALL ON FUNCTION insights.categories_check_references() FROM PUBLIC;

REVOKE ALL ON FUNCTION insights.categories_store_id_fkey_gone() FROM PUBLIC;

REVOKE ALL ON FUNCTION insights.categories_store_id_fkey_kept() FROM PUBLIC;

REVOKE ALL ON FUNCTION insights.categories_store_id_parent_id_fkey_gone() FROM PUBLIC;

REVOKE ALL ON FUNCTION insights.categories_store_id_parent_id_fkey_kept() FROM PUBLIC;

REVOKE ALL ON FUNCTION insights.coupons_check_references() FROM PUBLIC;

REVOKE ALL ON FUNCTION insights.coupons_store_id_fkey_gone() FROM PUBLIC;

REVOKE ALL ON FUNCTION insights.coupons_store_id_fkey_kept() FROM PUBLIC;

REVOKE ALL ON FUNCTION insights.customer_months_check_references() FROM PUBLIC;

REVOKE ALL ON FUNCTION insights.customer_months_store_id_fkey_gone() FROM PUBLIC;

REVOKE ALL ON FUNCTION insights.customer_months_store_id_fkey_kept() FROM PUBLIC;

REVOKE ALL ON FUNCTION insights.customers_check_references() FROM PUBLIC;

REVOKE ALL ON FUNCTION insights.customers_store_id_fkey_gone() FROM PUBLIC;

REVOKE ALL ON FUNCTION insights.customers_store_id_fkey_kept() FROM PUBLIC;

REVOKE ALL ON FUNCTION insights.daily_sales_check_references() FROM PUBLIC;

REVOKE ALL ON FUNCTION insights.daily_sales_store_id_fkey_gone() FROM PUBLIC;

REVOKE ALL ON FUNCTION insights.daily_sales_store_id_fkey_kept() FROM PUBLIC;

REVOKE ALL ON FUNCTION insights.monthly_customers_check_references() FROM PUBLIC;

REVOKE ALL ON FUNCTION insights.monthly_customers_store_id_fkey_gone() FROM PUBLIC;

REVOKE ALL ON FUNCTION insights.monthly_customers_store_id_fkey_kept() FROM PUBLIC;

REVOKE ALL ON FUNCTION insights.order_coupons_check_references() FROM PUBLIC;

REVOKE ALL ON FUNCTION insights.order_coupons_store_id_order_id_fkey_gone() FROM PUBLIC;

REVOKE ALL ON FUNCTION insights.order_coupons_store_id_order_id_fkey_kept() FROM PUBLIC;

REVOKE ALL ON FUNCTION insights.order_items_check_references() FROM PUBLIC;

REVOKE ALL ON FUNCTION insights.order_items_store_id_fkey_gone() FROM PUBLIC;

REVOKE ALL ON FUNCTION insights.order_items_store_id_fkey_kept() FROM PUBLIC;

REVOKE ALL ON FUNCTION insights.order_items_store_id_order_id_fkey_gone() FROM PUBLIC;

REVOKE ALL ON FUNCTION insights.order_items_store_id_order_id_fkey_kept() FROM PUBLIC;

REVOKE ALL ON FUNCTION insights.order_items_store_id_product_id_fkey_gone() FROM PUBLIC;

REVOKE ALL ON FUNCTION insights.order_items_store_id_product_id_fkey_kept() FROM PUBLIC;

REVOKE ALL ON FUNCTION insights.orders_check_references() FROM PUBLIC;

REVOKE ALL ON FUNCTION insights.orders_store_id_customer_id_fkey_gone() FROM PUBLIC;

REVOKE ALL ON FUNCTION insights.orders_store_id_customer_id_fkey_kept() FROM PUBLIC;

REVOKE ALL ON FUNCTION insights.orders_store_id_fkey_gone() FROM PUBLIC;

REVOKE ALL ON FUNCTION insights.orders_store_id_fkey_kept() FROM PUBLIC;

REVOKE ALL ON FUNCTION insights.product_days_check_references() FROM PUBLIC;

REVOKE ALL ON FUNCTION insights.product_days_store_id_fkey_gone() FROM PUBLIC;

REVOKE ALL ON FUNCTION insights.product_days_store_id_fkey_kept() FROM PUBLIC;

REVOKE ALL ON FUNCTION insights.product_months_check_references() FROM PUBLIC;

REVOKE ALL ON FUNCTION insights.product_months_store_id_fkey_gone() FROM PUBLIC;

REVOKE ALL ON FUNCTION insights.product_months_store_id_fkey_kept() FROM PUBLIC;

REVOKE ALL ON FUNCTION insights.product_variants_check_references() FROM PUBLIC;

REVOKE ALL ON FUNCTION insights.product_variants_store_id_product_id_fkey_gone() FROM PUBLIC;

REVOKE ALL ON FUNCTION insights.product_variants_store_id_product_id_fkey_kept() FROM PUBLIC;

REVOKE ALL ON FUNCTION insights.products_check_references() FROM PUBLIC;

REVOKE ALL ON FUNCTION insights.products_store_id_category_id_fkey_gone() FROM PUBLIC;

REVOKE ALL ON FUNCTION insights.products_store_id_category_id_fkey_kept() FROM PUBLIC;

REVOKE ALL ON FUNCTION insights.products_store_id_fkey_gone() FROM PUBLIC;

REVOKE ALL ON FUNCTION insights.products_store_id_fkey_kept() FROM PUBLIC;

REVOKE ALL ON FUNCTION insights.refund_items_check_references() FROM PUBLIC;

REVOKE ALL ON FUNCTION insights.refund_items_store_id_refund_id_fkey_gone() FROM PUBLIC;

REVOKE ALL ON FUNCTION insights.refund_items_store_id_refund_id_fkey_kept() FROM PUBLIC;

REVOKE ALL ON FUNCTION insights.refunds_check_references() FROM PUBLIC;

REVOKE ALL ON FUNCTION insights.refunds_store_id_fkey_gone() FROM PUBLIC;

REVOKE ALL ON FUNCTION insights.refunds_store_id_fkey_kept() FROM PUBLIC;

REVOKE ALL ON FUNCTION insights.refunds_store_id_order_id_fkey_gone() FROM PUBLIC;

REVOKE ALL ON FUNCTION insights.refunds_store_id_order_id_fkey_kept() FROM PUBLIC;

REVOKE ALL ON FUNCTION kits.assign_orders(batch_uuid uuid, order_ids text[], assigned_by text) FROM PUBLIC;
GRANT ALL ON FUNCTION kits.assign_orders(batch_uuid uuid, order_ids text[], assigned_by text) TO backshop_service;
GRANT ALL ON FUNCTION kits.assign_orders(batch_uuid uuid, order_ids text[], assigned_by text) TO backshop_staff;

REVOKE ALL ON FUNCTION kits.assign_orders_to_open_batch(order_ids text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION kits.assign_orders_to_open_batch(order_ids text[]) TO backshop_service;
GRANT ALL ON FUNCTION kits.assign_orders_to_open_batch(order_ids text[]) TO backshop_staff;

REVOKE ALL ON FUNCTION kits.cleanup_expired_otps() FROM PUBLIC;
GRANT ALL ON FUNCTION kits.cleanup_expired_otps() TO backshop_service;

REVOKE ALL ON FUNCTION kits.drop_cancelled_orders() FROM PUBLIC;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE kits.supplier_purchase_lists TO backshop_service;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE kits.supplier_purchase_lists TO backshop_staff;

REVOKE ALL ON FUNCTION kits.export_supplier_purchase_list(batch_uuid uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION kits.export_supplier_purchase_list(batch_uuid uuid) TO backshop_service;
GRANT ALL ON FUNCTION kits.export_supplier_purchase_list(batch_uuid uuid) TO backshop_staff;

REVOKE ALL ON FUNCTION kits.forget_otp_counts() FROM PUBLIC;
GRANT ALL ON FUNCTION kits.forget_otp_counts() TO backshop_service;

REVOKE ALL ON FUNCTION kits.generate_batch_number() FROM PUBLIC;
GRANT ALL ON FUNCTION kits.generate_batch_number() TO backshop_service;
GRANT ALL ON FUNCTION kits.generate_batch_number() TO backshop_staff;

REVOKE ALL ON FUNCTION kits.get_batch_statistics(batch_uuid uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION kits.get_batch_statistics(batch_uuid uuid) TO backshop_service;
GRANT ALL ON FUNCTION kits.get_batch_statistics(batch_uuid uuid) TO backshop_staff;

REVOKE ALL ON FUNCTION kits.keep_places(order_ids text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION kits.keep_places(order_ids text[]) TO backshop_service;
GRANT ALL ON FUNCTION kits.keep_places(order_ids text[]) TO backshop_staff;

REVOKE ALL ON FUNCTION kits.lock_phones() FROM PUBLIC;
GRANT ALL ON FUNCTION kits.lock_phones() TO backshop_service;
GRANT ALL ON FUNCTION kits.lock_phones() TO backshop_storefront;

REVOKE ALL ON FUNCTION kits.otp_day(the_day date) FROM PUBLIC;
GRANT ALL ON FUNCTION kits.otp_day(the_day date) TO backshop_service;
GRANT ALL ON FUNCTION kits.otp_day(the_day date) TO backshop_storefront;

REVOKE ALL ON FUNCTION kits.require_store() FROM PUBLIC;
GRANT ALL ON FUNCTION kits.require_store() TO backshop_service;
GRANT ALL ON FUNCTION kits.require_store() TO backshop_staff;
GRANT ALL ON FUNCTION kits.require_store() TO backshop_storefront;

REVOKE ALL ON FUNCTION kits.return_to_batches(order_ids text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION kits.return_to_batches(order_ids text[]) TO backshop_service;
GRANT ALL ON FUNCTION kits.return_to_batches(order_ids text[]) TO backshop_staff;

REVOKE ALL ON FUNCTION kits.return_uncancelled_order() FROM PUBLIC;

REVOKE ALL ON FUNCTION kits.sends_to_phone(phone text, since timestamp with time zone, at timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION kits.sends_to_phone(phone text, since timestamp with time zone, at timestamp with time zone) TO backshop_service;
GRANT ALL ON FUNCTION kits.sends_to_phone(phone text, since timestamp with time zone, at timestamp with time zone) TO backshop_storefront;

REVOKE ALL ON FUNCTION kits.take_otp_day(the_day date, most integer) FROM PUBLIC;
GRANT ALL ON FUNCTION kits.take_otp_day(the_day date, most integer) TO backshop_service;
GRANT ALL ON FUNCTION kits.take_otp_day(the_day date, most integer) TO backshop_storefront;

REVOKE ALL ON FUNCTION kits.unassign_orders(order_ids text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION kits.unassign_orders(order_ids text[]) TO backshop_service;
GRANT ALL ON FUNCTION kits.unassign_orders(order_ids text[]) TO backshop_staff;

REVOKE ALL ON FUNCTION kits.update_customer_statistics(customer_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION kits.update_customer_statistics(customer_id uuid) TO backshop_service;
GRANT ALL ON FUNCTION kits.update_customer_statistics(customer_id uuid) TO backshop_staff;

REVOKE ALL ON FUNCTION kits.update_customers_statistics(customer_ids uuid[]) FROM PUBLIC;
GRANT ALL ON FUNCTION kits.update_customers_statistics(customer_ids uuid[]) TO backshop_service;
GRANT ALL ON FUNCTION kits.update_customers_statistics(customer_ids uuid[]) TO backshop_staff;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE kits.order_delivery_status TO backshop_service;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE kits.order_delivery_status TO backshop_staff;
GRANT SELECT ON TABLE kits.order_delivery_status TO backshop_storefront;

GRANT SELECT(store_id) ON TABLE kits.order_delivery_status TO backshop_shopper;

GRANT SELECT(order_code) ON TABLE kits.order_delivery_status TO backshop_shopper;

GRANT SELECT(stage) ON TABLE kits.order_delivery_status TO backshop_shopper;

GRANT SELECT(tracking_number) ON TABLE kits.order_delivery_status TO backshop_shopper;

GRANT SELECT(updated_at) ON TABLE kits.order_delivery_status TO backshop_shopper;

REVOKE ALL ON FUNCTION kits.update_order_delivery_status(order_code text, stage text, tracking_number text, note text, updated_by text) FROM PUBLIC;
GRANT ALL ON FUNCTION kits.update_order_delivery_status(order_code text, stage text, tracking_number text, note text, updated_by text) TO backshop_service;
GRANT ALL ON FUNCTION kits.update_order_delivery_status(order_code text, stage text, tracking_number text, note text, updated_by text) TO backshop_staff;

REVOKE ALL ON FUNCTION kits.update_order_delivery_statuses(order_codes text[], stages text[], tracking_numbers text[], notes text[], updated_by text, from_platform boolean, to_send boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION kits.update_order_delivery_statuses(order_codes text[], stages text[], tracking_numbers text[], notes text[], updated_by text, from_platform boolean, to_send boolean) TO backshop_service;
GRANT ALL ON FUNCTION kits.update_order_delivery_statuses(order_codes text[], stages text[], tracking_numbers text[], notes text[], updated_by text, from_platform boolean, to_send boolean) TO backshop_staff;

REVOKE ALL ON FUNCTION projects.count_catalogue_version() FROM PUBLIC;

REVOKE ALL ON FUNCTION projects.count_version() FROM PUBLIC;

REVOKE ALL ON FUNCTION projects.digit_terms_of(digits text) FROM PUBLIC;
GRANT ALL ON FUNCTION projects.digit_terms_of(digits text) TO backshop_service;
GRANT ALL ON FUNCTION projects.digit_terms_of(digits text) TO backshop_staff;

REVOKE ALL ON FUNCTION projects.ensure_partition(parent text, key text, day date) FROM PUBLIC;

REVOKE ALL ON FUNCTION projects.ensure_partitions(months integer) FROM PUBLIC;

REVOKE ALL ON FUNCTION projects.keep_quote_number() FROM PUBLIC;

REVOKE ALL ON FUNCTION projects.keep_search() FROM PUBLIC;

REVOKE ALL ON FUNCTION projects.keep_sent_quote() FROM PUBLIC;

REVOKE ALL ON FUNCTION projects.refresh_summaries() FROM PUBLIC;

REVOKE ALL ON FUNCTION projects.search_customers(said text, most integer) FROM PUBLIC;
GRANT ALL ON FUNCTION projects.search_customers(said text, most integer) TO backshop_service;
GRANT ALL ON FUNCTION projects.search_customers(said text, most integer) TO backshop_staff;

REVOKE ALL ON FUNCTION projects.skeleton_of(word text) FROM PUBLIC;
GRANT ALL ON FUNCTION projects.skeleton_of(word text) TO backshop_service;
GRANT ALL ON FUNCTION projects.skeleton_of(word text) TO backshop_staff;

REVOKE ALL ON FUNCTION projects.trigrams_of(word text) FROM PUBLIC;
GRANT ALL ON FUNCTION projects.trigrams_of(word text) TO backshop_service;
GRANT ALL ON FUNCTION projects.trigrams_of(word text) TO backshop_staff;

REVOKE ALL ON FUNCTION projects.words_of(said text) FROM PUBLIC;
GRANT ALL ON FUNCTION projects.words_of(said text) TO backshop_service;
GRANT ALL ON FUNCTION projects.words_of(said text) TO backshop_staff;

REVOKE ALL ON FUNCTION projects.search_terms(store_id uuid, said text, phones text) FROM PUBLIC;
GRANT ALL ON FUNCTION projects.search_terms(store_id uuid, said text, phones text) TO backshop_service;
GRANT ALL ON FUNCTION projects.search_terms(store_id uuid, said text, phones text) TO backshop_staff;

REVOKE ALL ON FUNCTION insights.array_agg(anynonarray) FROM PUBLIC;
GRANT ALL ON FUNCTION insights.array_agg(anynonarray) TO backshop_analyst;

REVOKE ALL ON FUNCTION insights.string_agg(text, text) FROM PUBLIC;
GRANT ALL ON FUNCTION insights.string_agg(text, text) TO backshop_analyst;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE backshop.api_keys TO backshop_service;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE backshop.api_keys TO backshop_staff;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE backshop.desk_sessions TO backshop_service;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE backshop.desk_sessions TO backshop_staff;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE backshop.erasures TO backshop_service;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE backshop.erasures TO backshop_staff;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE backshop.exports TO backshop_service;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE backshop.exports TO backshop_staff;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE backshop.idempotency_keys TO backshop_service;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE backshop.idempotency_keys TO backshop_staff;
GRANT SELECT,INSERT,UPDATE ON TABLE backshop.idempotency_keys TO backshop_storefront;
GRANT SELECT,INSERT,UPDATE ON TABLE backshop.idempotency_keys TO backshop_try_on;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE backshop.locks TO backshop_service;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE backshop.outbox TO backshop_service;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE backshop.outbox TO backshop_staff;
GRANT SELECT,INSERT ON TABLE backshop.outbox TO backshop_storefront;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE backshop.received_webhooks TO backshop_service;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE backshop.received_webhooks TO backshop_staff;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE backshop.slow_shops TO backshop_service;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE backshop.sync_cursors TO backshop_service;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE backshop.sync_jobs TO backshop_service;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE backshop.sync_jobs TO backshop_staff;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE backshop.webhook_inbox TO backshop_service;

GRANT SELECT(store_id) ON TABLE backshop.webhook_inbox TO backshop_staff;

GRANT SELECT(received_at) ON TABLE backshop.webhook_inbox TO backshop_staff;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE connect.address_update_request TO backshop_service;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE connect.address_update_request TO backshop_staff;
GRANT SELECT,INSERT ON TABLE connect.address_update_request TO backshop_storefront;

GRANT UPDATE(outbox_id) ON TABLE connect.address_update_request TO backshop_storefront;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE connect.order_item TO backshop_service;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE connect.order_item TO backshop_staff;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE connect.platform_customer TO backshop_service;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE connect.platform_customer TO backshop_staff;

GRANT SELECT(store_id) ON TABLE connect.platform_customer TO backshop_try_on;

GRANT SELECT(customer_id) ON TABLE connect.platform_customer TO backshop_try_on;

GRANT SELECT(platform) ON TABLE connect.platform_customer TO backshop_try_on;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE connect.platform_order TO backshop_service;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE connect.platform_order TO backshop_staff;

GRANT SELECT(store_id) ON TABLE connect.platform_order TO backshop_storefront;

GRANT SELECT(order_id) ON TABLE connect.platform_order TO backshop_storefront;

GRANT SELECT(platform) ON TABLE connect.platform_order TO backshop_storefront;

GRANT SELECT(status) ON TABLE connect.platform_order TO backshop_storefront;

GRANT SELECT(total_amount) ON TABLE connect.platform_order TO backshop_storefront;

GRANT SELECT(currency) ON TABLE connect.platform_order TO backshop_storefront;

GRANT UPDATE(created_at) ON TABLE connect.platform_order TO backshop_storefront;

GRANT SELECT(is_cancelled) ON TABLE connect.platform_order TO backshop_storefront;

GRANT SELECT(fulfilment_status) ON TABLE connect.platform_order TO backshop_storefront;

GRANT SELECT(shipping_address) ON TABLE connect.platform_order TO backshop_storefront;

GRANT SELECT(refunded_amount) ON TABLE connect.platform_order TO backshop_storefront;

GRANT SELECT(payments) ON TABLE connect.platform_order TO backshop_storefront;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE connect.platform_product TO backshop_service;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE connect.platform_product TO backshop_staff;
GRANT SELECT ON TABLE connect.platform_product TO backshop_storefront;
GRANT SELECT ON TABLE connect.platform_product TO backshop_try_on;

GRANT UPDATE(metadata) ON TABLE connect.platform_product TO backshop_try_on;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE connect.recommendation_item TO backshop_service;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE connect.recommendation_item TO backshop_staff;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE connect.recommendation_log TO backshop_service;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE connect.recommendation_log TO backshop_staff;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE connect.recommendation_model TO backshop_service;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE connect.recommendation_model TO backshop_staff;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE connect.recommendation_popular TO backshop_service;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE connect.recommendation_popular TO backshop_staff;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE connect.refund_request TO backshop_service;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE connect.refund_request TO backshop_staff;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE connect.try_on_limits TO backshop_service;
GRANT SELECT,INSERT,UPDATE ON TABLE connect.try_on_limits TO backshop_try_on;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE connect.try_on_overlay TO backshop_service;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE connect.try_on_overlay TO backshop_staff;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE connect.try_on_overlay TO backshop_try_on;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE connect.try_on_session TO backshop_service;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE connect.try_on_session TO backshop_staff;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE connect.try_on_session TO backshop_try_on;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE insights.categories TO backshop_service;
GRANT SELECT ON TABLE insights.categories TO backshop_analyst;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE insights.categories TO backshop_staff;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE insights.conversations TO backshop_service;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE insights.conversations TO backshop_staff;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE insights.coupons TO backshop_service;
GRANT SELECT ON TABLE insights.coupons TO backshop_analyst;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE insights.coupons TO backshop_staff;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE insights.customer_months TO backshop_service;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE insights.customer_months TO backshop_staff;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE insights.customers TO backshop_service;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE insights.customers TO backshop_staff;

GRANT SELECT(id) ON TABLE insights.customers TO backshop_analyst;

GRANT SELECT(store_id) ON TABLE insights.customers TO backshop_analyst;

GRANT SELECT(wc_customer_id) ON TABLE insights.customers TO backshop_analyst;

GRANT SELECT(display_name) ON TABLE insights.customers TO backshop_analyst;

GRANT SELECT(total_spent) ON TABLE insights.customers TO backshop_analyst;

GRANT SELECT(order_count) ON TABLE insights.customers TO backshop_analyst;

GRANT SELECT(first_order_date) ON TABLE insights.customers TO backshop_analyst;

GRANT SELECT(last_order_date) ON TABLE insights.customers TO backshop_analyst;

GRANT SELECT(created_at) ON TABLE insights.customers TO backshop_analyst;

GRANT SELECT(country) ON TABLE insights.customers TO backshop_analyst;

GRANT SELECT(currency) ON TABLE insights.customers TO backshop_analyst;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE insights.daily_sales TO backshop_service;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE insights.daily_sales TO backshop_staff;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE insights.monthly_customers TO backshop_service;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE insights.monthly_customers TO backshop_staff;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE insights.order_coupons TO backshop_service;
GRANT SELECT ON TABLE insights.order_coupons TO backshop_analyst;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE insights.order_coupons TO backshop_staff;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE insights.order_items TO backshop_service;
GRANT SELECT ON TABLE insights.order_items TO backshop_analyst;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE insights.order_items TO backshop_staff;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE insights.orders TO backshop_service;
GRANT SELECT ON TABLE insights.orders TO backshop_analyst;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE insights.orders TO backshop_staff;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE insights.product_days TO backshop_service;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE insights.product_days TO backshop_staff;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE insights.product_months TO backshop_service;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE insights.product_months TO backshop_staff;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE insights.product_variants TO backshop_service;
GRANT SELECT ON TABLE insights.product_variants TO backshop_analyst;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE insights.product_variants TO backshop_staff;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE insights.products TO backshop_service;
GRANT SELECT ON TABLE insights.products TO backshop_analyst;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE insights.products TO backshop_staff;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE insights.refund_items TO backshop_service;
GRANT SELECT ON TABLE insights.refund_items TO backshop_analyst;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE insights.refund_items TO backshop_staff;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE insights.refunds TO backshop_service;
GRANT SELECT ON TABLE insights.refunds TO backshop_analyst;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE insights.refunds TO backshop_staff;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE insights.request_counts TO backshop_service;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE insights.request_counts TO backshop_staff;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE insights.rollup_state TO backshop_service;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE insights.rollup_state TO backshop_staff;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE insights.saved_charts TO backshop_service;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE insights.saved_charts TO backshop_staff;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE insights.stores TO backshop_service;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE insights.stores TO backshop_staff;

GRANT SELECT(id) ON TABLE insights.stores TO backshop_analyst;

GRANT SELECT(store_id) ON TABLE insights.stores TO backshop_analyst;

GRANT SELECT(store_url) ON TABLE insights.stores TO backshop_analyst;

GRANT SELECT(wc_version) ON TABLE insights.stores TO backshop_analyst;

GRANT SELECT(plan) ON TABLE insights.stores TO backshop_analyst;

GRANT SELECT(connected_at) ON TABLE insights.stores TO backshop_analyst;

GRANT SELECT(last_sync_at) ON TABLE insights.stores TO backshop_analyst;

GRANT SELECT(is_active) ON TABLE insights.stores TO backshop_analyst;

GRANT SELECT(name) ON TABLE insights.stores TO backshop_analyst;

GRANT SELECT(currency) ON TABLE insights.stores TO backshop_analyst;

GRANT SELECT(time_zone) ON TABLE insights.stores TO backshop_analyst;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE insights.sync_logs TO backshop_service;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE insights.sync_logs TO backshop_staff;

GRANT SELECT(id) ON TABLE insights.sync_logs TO backshop_analyst;

GRANT SELECT(store_id) ON TABLE insights.sync_logs TO backshop_analyst;

GRANT SELECT(sync_type) ON TABLE insights.sync_logs TO backshop_analyst;

GRANT SELECT(records_synced) ON TABLE insights.sync_logs TO backshop_analyst;

GRANT SELECT(started_at) ON TABLE insights.sync_logs TO backshop_analyst;

GRANT SELECT(completed_at) ON TABLE insights.sync_logs TO backshop_analyst;

GRANT SELECT(status) ON TABLE insights.sync_logs TO backshop_analyst;

GRANT SELECT(resource) ON TABLE insights.sync_logs TO backshop_analyst;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE kits.batch_number_counters TO backshop_service;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE kits.batch_number_counters TO backshop_staff;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE kits.customer_addresses TO backshop_service;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE kits.customer_addresses TO backshop_staff;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE kits.customer_order_items TO backshop_service;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE kits.customer_order_items TO backshop_staff;

GRANT SELECT(id) ON TABLE kits.customer_order_items TO backshop_shopper;

GRANT SELECT(store_id) ON TABLE kits.customer_order_items TO backshop_shopper;

GRANT SELECT(order_summary_id) ON TABLE kits.customer_order_items TO backshop_shopper;

GRANT SELECT(vendure_line_id) ON TABLE kits.customer_order_items TO backshop_shopper;

GRANT SELECT(product_name) ON TABLE kits.customer_order_items TO backshop_shopper;

GRANT SELECT(variant_name) ON TABLE kits.customer_order_items TO backshop_shopper;

GRANT SELECT(quantity) ON TABLE kits.customer_order_items TO backshop_shopper;

GRANT SELECT(unit_price_with_tax) ON TABLE kits.customer_order_items TO backshop_shopper;

GRANT SELECT(currency) ON TABLE kits.customer_order_items TO backshop_shopper;

GRANT SELECT(patch_enabled) ON TABLE kits.customer_order_items TO backshop_shopper;

GRANT SELECT(patch_type) ON TABLE kits.customer_order_items TO backshop_shopper;

GRANT SELECT(print_name) ON TABLE kits.customer_order_items TO backshop_shopper;

GRANT SELECT(print_number) ON TABLE kits.customer_order_items TO backshop_shopper;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE kits.customer_orders_summary TO backshop_service;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE kits.customer_orders_summary TO backshop_staff;
GRANT SELECT ON TABLE kits.customer_orders_summary TO backshop_storefront;

GRANT SELECT(id) ON TABLE kits.customer_orders_summary TO backshop_shopper;

GRANT SELECT(store_id) ON TABLE kits.customer_orders_summary TO backshop_shopper;

GRANT SELECT(vendure_order_id) ON TABLE kits.customer_orders_summary TO backshop_shopper;

GRANT SELECT(order_code) ON TABLE kits.customer_orders_summary TO backshop_shopper;

GRANT SELECT(order_date) ON TABLE kits.customer_orders_summary TO backshop_shopper;

GRANT SELECT(delivery_stage) ON TABLE kits.customer_orders_summary TO backshop_shopper;

GRANT SELECT(payment_method) ON TABLE kits.customer_orders_summary TO backshop_shopper;

GRANT SELECT(total_with_tax) ON TABLE kits.customer_orders_summary TO backshop_shopper;

GRANT SELECT(currency) ON TABLE kits.customer_orders_summary TO backshop_shopper;

GRANT SELECT(refunded_amount) ON TABLE kits.customer_orders_summary TO backshop_shopper;

GRANT SELECT(tracking_number) ON TABLE kits.customer_orders_summary TO backshop_shopper;

GRANT SELECT(phone_number) ON TABLE kits.customer_orders_summary TO backshop_shopper;

GRANT SELECT(state) ON TABLE kits.customer_orders_summary TO backshop_shopper;

GRANT SELECT(is_cancelled) ON TABLE kits.customer_orders_summary TO backshop_shopper;

GRANT SELECT(sms_updates) ON TABLE kits.customer_orders_summary TO backshop_shopper;
GRANT UPDATE(sms_updates) ON TABLE kits.customer_orders_summary TO backshop_storefront;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE kits.customers TO backshop_service;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE kits.customers TO backshop_staff;
GRANT SELECT ON TABLE kits.customers TO backshop_storefront;

GRANT UPDATE(phone_verified) ON TABLE kits.customers TO backshop_storefront;

GRANT UPDATE(marketing_consent) ON TABLE kits.customers TO backshop_storefront;

GRANT UPDATE(consent_told) ON TABLE kits.customers TO backshop_storefront;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE kits.import_batches TO backshop_service;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE kits.import_batches TO backshop_staff;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE kits.order_delivery_status_events TO backshop_service;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE kits.order_delivery_status_events TO backshop_staff;
GRANT SELECT ON TABLE kits.order_delivery_status_events TO backshop_storefront;

GRANT SELECT(store_id) ON TABLE kits.order_delivery_status_events TO backshop_shopper;

GRANT SELECT(order_code) ON TABLE kits.order_delivery_status_events TO backshop_shopper;

GRANT SELECT(sequence) ON TABLE kits.order_delivery_status_events TO backshop_shopper;

GRANT SELECT(stage) ON TABLE kits.order_delivery_status_events TO backshop_shopper;

GRANT SELECT(tracking_number) ON TABLE kits.order_delivery_status_events TO backshop_shopper;

GRANT SELECT(updated_at) ON TABLE kits.order_delivery_status_events TO backshop_shopper;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE kits.usual_waits TO backshop_service;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE kits.usual_waits TO backshop_staff;

GRANT SELECT ON TABLE kits.late_orders TO backshop_service;
GRANT SELECT ON TABLE kits.late_orders TO backshop_staff;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE kits.order_batch_assignments TO backshop_service;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE kits.order_batch_assignments TO backshop_staff;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE kits.order_places TO backshop_service;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE kits.order_places TO backshop_staff;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE kits.order_tracking TO backshop_service;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE kits.order_tracking TO backshop_staff;

GRANT SELECT(store_id) ON TABLE kits.order_tracking TO backshop_shopper;

GRANT SELECT(vendure_order_id) ON TABLE kits.order_tracking TO backshop_shopper;

GRANT SELECT(tracking_number) ON TABLE kits.order_tracking TO backshop_shopper;

GRANT SELECT(carrier) ON TABLE kits.order_tracking TO backshop_shopper;

GRANT SELECT(status) ON TABLE kits.order_tracking TO backshop_shopper;

GRANT SELECT(updated_at) ON TABLE kits.order_tracking TO backshop_shopper;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE kits.otp_limits TO backshop_service;
GRANT SELECT,INSERT,UPDATE ON TABLE kits.otp_limits TO backshop_storefront;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE kits.otp_sessions TO backshop_service;
GRANT SELECT,INSERT,UPDATE ON TABLE kits.otp_sessions TO backshop_storefront;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE kits.otp_spending TO backshop_service;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE kits.otp_spending TO backshop_staff;
GRANT SELECT,INSERT,UPDATE ON TABLE kits.otp_spending TO backshop_storefront;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE kits.shoppers TO backshop_service;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE kits.shoppers TO backshop_staff;
GRANT SELECT,INSERT,UPDATE ON TABLE kits.shoppers TO backshop_storefront;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE kits.verified_phones TO backshop_service;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE kits.verified_phones TO backshop_staff;
GRANT SELECT,INSERT,UPDATE ON TABLE kits.verified_phones TO backshop_storefront;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE projects.archived_projects TO backshop_service;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE projects.archived_projects TO backshop_staff;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE projects.catalogue_imports TO backshop_service;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE projects.catalogue_imports TO backshop_staff;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE projects.catalogue_versions TO backshop_service;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE projects.catalogue_versions TO backshop_staff;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE projects.conversation_log TO backshop_service;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE projects.conversation_log TO backshop_staff;
GRANT SELECT,INSERT ON TABLE projects.conversation_log TO backshop_storefront;

GRANT SELECT ON TABLE projects.customer_project_summary TO backshop_service;
GRANT SELECT ON TABLE projects.customer_project_summary TO backshop_staff;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE projects.customers TO backshop_service;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE projects.customers TO backshop_staff;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE projects.product_catalog TO backshop_service;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE projects.product_catalog TO backshop_staff;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE projects.project_rooms TO backshop_service;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE projects.project_rooms TO backshop_staff;

GRANT SELECT ON TABLE projects.project_totals TO backshop_service;
GRANT SELECT ON TABLE projects.project_totals TO backshop_staff;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE projects.projects TO backshop_service;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE projects.projects TO backshop_staff;
GRANT SELECT ON TABLE projects.projects TO backshop_storefront;

GRANT UPDATE(project_status) ON TABLE projects.projects TO backshop_storefront;

GRANT UPDATE(updated_at) ON TABLE projects.projects TO backshop_storefront;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE projects.quote_acceptances TO backshop_service;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE projects.quote_acceptances TO backshop_staff;
GRANT SELECT,INSERT ON TABLE projects.quote_acceptances TO backshop_storefront;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE projects.quote_counters TO backshop_service;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE projects.quote_counters TO backshop_staff;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE projects.quote_mails TO backshop_service;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE projects.quote_mails TO backshop_staff;
GRANT SELECT,INSERT,UPDATE ON TABLE projects.quote_mails TO backshop_storefront;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE projects.quote_numbers TO backshop_service;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE projects.quote_numbers TO backshop_staff;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE projects.quotes TO backshop_service;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE projects.quotes TO backshop_staff;
GRANT SELECT,UPDATE ON TABLE projects.quotes TO backshop_storefront;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE projects.selected_products TO backshop_service;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE projects.selected_products TO backshop_staff;
GRANT SELECT,INSERT,UPDATE ON TABLE projects.selected_products TO backshop_storefront;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE projects.surfaces TO backshop_service;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE projects.surfaces TO backshop_staff;
GRANT SELECT ON TABLE projects.surfaces TO backshop_storefront;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE shade.conversions TO backshop_service;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE shade.conversions TO backshop_staff;
GRANT SELECT,INSERT,UPDATE ON TABLE shade.conversions TO backshop_storefront;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE shade.customers TO backshop_service;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE shade.customers TO backshop_staff;
GRANT SELECT,INSERT,UPDATE ON TABLE shade.customers TO backshop_storefront;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE shade.discounts TO backshop_service;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE shade.discounts TO backshop_staff;
GRANT SELECT,INSERT,UPDATE ON TABLE shade.discounts TO backshop_storefront;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE shade.model_training_data TO backshop_service;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE shade.model_training_data TO backshop_staff;
GRANT SELECT,INSERT,UPDATE ON TABLE shade.model_training_data TO backshop_storefront;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE shade.orders TO backshop_service;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE shade.orders TO backshop_staff;
GRANT SELECT ON TABLE shade.orders TO backshop_storefront;

GRANT UPDATE(created_at) ON TABLE shade.orders TO backshop_storefront;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE shade.products TO backshop_service;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE shade.products TO backshop_staff;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE shade.rating_requests TO backshop_service;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE shade.rating_requests TO backshop_staff;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE shade.recommendations TO backshop_service;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE shade.recommendations TO backshop_staff;
GRANT SELECT,INSERT ON TABLE shade.recommendations TO backshop_storefront;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE shade.shades TO backshop_service;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE shade.shades TO backshop_staff;
GRANT SELECT ON TABLE shade.shades TO backshop_storefront;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE shade.survey_invites TO backshop_service;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE shade.survey_invites TO backshop_staff;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE shade.surveys TO backshop_service;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE shade.surveys TO backshop_staff;
GRANT SELECT,INSERT ON TABLE shade.surveys TO backshop_storefront;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE shade.variants TO backshop_service;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE shade.variants TO backshop_staff;
GRANT SELECT ON TABLE shade.variants TO backshop_storefront;

ALTER DEFAULT PRIVILEGES FOR ROLE backshop_owner REVOKE ALL ON TYPES FROM PUBLIC;

ALTER DEFAULT PRIVILEGES FOR ROLE backshop_owner REVOKE ALL ON FUNCTIONS FROM PUBLIC;

