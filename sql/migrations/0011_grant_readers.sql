-- What the shopper and the analyst may read, and of whom. Nothing else is granted to them.

GRANT USAGE ON SCHEMA kits TO backshop_shopper;
GRANT USAGE ON SCHEMA insights TO backshop_analyst;

-- The shopper: the orders that were given with their phone.

CREATE POLICY shopper_orders ON kits.customer_orders_summary FOR SELECT TO backshop_shopper USING (
    store_id = (SELECT backshop.shopper_store_id())
    AND phone_number = (SELECT backshop.shopper_phone())
);
CREATE POLICY shopper_orders ON kits.customer_order_items FOR SELECT TO backshop_shopper USING (
    store_id = (SELECT backshop.shopper_store_id())
    AND order_summary_id IN (SELECT o.id FROM kits.customer_orders_summary AS o)
);
CREATE POLICY shopper_orders ON kits.order_delivery_status FOR SELECT TO backshop_shopper USING (
    store_id = (SELECT backshop.shopper_store_id())
    AND order_code IN (SELECT o.order_code FROM kits.customer_orders_summary AS o)
);
CREATE POLICY shopper_orders ON kits.order_delivery_status_events
FOR SELECT TO backshop_shopper USING (
    store_id = (SELECT backshop.shopper_store_id())
    AND order_code IN (SELECT o.order_code FROM kits.customer_orders_summary AS o)
);
CREATE POLICY shopper_orders ON kits.order_tracking FOR SELECT TO backshop_shopper USING (
    store_id = (SELECT backshop.shopper_store_id())
    AND vendure_order_id IN (SELECT o.vendure_order_id FROM kits.customer_orders_summary AS o)
);

GRANT SELECT (
    store_id, id, vendure_order_id, order_code, order_date, delivery_stage, payment_method,
    total_with_tax, currency, refunded_amount, tracking_number, phone_number, state, is_cancelled,
    sms_updates
) ON kits.customer_orders_summary TO backshop_shopper;
GRANT SELECT (
    store_id, id, order_summary_id, vendure_line_id, product_name, variant_name, quantity,
    unit_price_with_tax, currency, patch_enabled, patch_type, print_name, print_number
) ON kits.customer_order_items TO backshop_shopper;
-- Notes, and who wrote them, are staff's.
GRANT SELECT (store_id, order_code, stage, tracking_number, updated_at)
ON kits.order_delivery_status TO backshop_shopper;
GRANT SELECT (store_id, order_code, sequence, stage, tracking_number, updated_at)
ON kits.order_delivery_status_events TO backshop_shopper;
GRANT SELECT (store_id, vendure_order_id, tracking_number, carrier, status, updated_at)
ON kits.order_tracking TO backshop_shopper;

-- The analyst: one store's numbers. Never the hash of an e-mail address or of a key, nor
-- conversations, settings and error texts.

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY[
        'stores', 'customers', 'categories', 'products', 'product_variants', 'orders',
        'order_items', 'coupons', 'order_coupons', 'refunds', 'refund_items', 'sync_logs'
    ] LOOP
        EXECUTE format('CREATE POLICY analyst_store ON insights.%I FOR SELECT TO backshop_analyst'
            ' USING (store_id = (SELECT backshop.analyst_store_id()))', name);
    END LOOP;
END
$$;

GRANT SELECT ON
    insights.categories, insights.products, insights.product_variants, insights.orders,
    insights.order_items, insights.coupons, insights.order_coupons, insights.refunds,
    insights.refund_items
TO backshop_analyst;
GRANT SELECT (
    id, store_id, name, currency, time_zone, store_url, wc_version, plan, connected_at,
    last_sync_at, is_active
) ON insights.stores TO backshop_analyst;
GRANT SELECT (
    id, store_id, wc_customer_id, display_name, total_spent, order_count, first_order_date,
    last_order_date, created_at, country, currency
) ON insights.customers TO backshop_analyst;
GRANT SELECT (
    id, store_id, sync_type, resource, records_synced, started_at, completed_at, status
) ON insights.sync_logs TO backshop_analyst;

-- Theirs is to read, whatever a statement says.
ALTER ROLE backshop_shopper SET default_transaction_read_only = on;
ALTER ROLE backshop_analyst SET default_transaction_read_only = on;

-- A question has this long. A statement ends soon after its client has gone, and compiling one costs
-- more than it saves.
ALTER ROLE backshop_analyst SET statement_timeout = '5s';
ALTER ROLE backshop_analyst SET lock_timeout = '1s';
ALTER ROLE backshop_analyst SET transaction_timeout = '15s';
ALTER ROLE backshop_analyst SET idle_in_transaction_session_timeout = '5s';
ALTER ROLE backshop_analyst SET client_connection_check_interval = '1s';
ALTER ROLE backshop_analyst SET jit = off;
DO $$
BEGIN
    -- A superuser's to give; where the owner has it not, docs/guarded-sql.md has the statement.
    IF has_parameter_privilege('temp_file_limit', 'SET') THEN
        ALTER ROLE backshop_analyst SET temp_file_limit = '256MB';
    END IF;
END
$$;

-- Postgres' own string_agg and array_agg grow to a gigabyte before they give up. Questions call
-- these, which give up where no merchant would read on.

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

CREATE AGGREGATE insights.string_agg(text, text) (
    SFUNC = insights.append_text, STYPE = text, PARALLEL = SAFE
);

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

CREATE AGGREGATE insights.array_agg(anynonarray) (
    SFUNC = insights.append_item, STYPE = anyarray, PARALLEL = SAFE
);

GRANT EXECUTE ON FUNCTION insights.string_agg(text, text), insights.array_agg(anynonarray)
TO backshop_analyst;

-- The logins of functions. backshop_service works deliveries, syncs, writes and schedules off, and
-- has every table of a store. The others have what those do who call their functions.

-- Staff and stores' programs: all but the ledger, what deliveries and syncs leave for themselves,
-- and shoppers' codes.
DO $$
DECLARE
    target regclass;
    kept_from_staff regclass[] := ARRAY[
        'backshop.record_versions', 'backshop.webhook_inbox', 'backshop.locks',
        'backshop.sync_cursors', 'backshop.slow_shops', 'kits.otp_sessions', 'kits.otp_limits',
        'connect.try_on_limits'
    ];
    routine regprocedure;
    named regtype;
BEGIN
    FOR target IN
        SELECT c.oid FROM pg_catalog.pg_class AS c, aclexplode(c.relacl) AS a
        WHERE a.grantee = 'backshop_service'::regrole AND a.privilege_type = 'SELECT'
    LOOP
        CONTINUE WHEN target = ANY (kept_from_staff);
        EXECUTE format('GRANT %s ON %s TO backshop_staff',
            (SELECT string_agg(a.privilege_type, ', ') FROM pg_catalog.pg_class AS c, aclexplode(c.relacl) AS a
             WHERE c.oid = target AND a.grantee = 'backshop_service'::regrole), target);
    END LOOP;
    FOR routine IN
        SELECT p.oid FROM pg_catalog.pg_proc AS p, aclexplode(p.proacl) AS a
        WHERE a.grantee = 'backshop_service'::regrole
            AND p.oid <> ALL (ARRAY[
                -- What runs as the owner, and what only schedules and saving call.
                'backshop.lock(text, boolean)', 'backshop.read_anew()', 'backshop.orphans()',
                'backshop.references_as_sets()', 'connect.stores_of_shop(text)',
                'kits.sends_to_phone(text, timestamptz, timestamptz)', 'kits.otp_day(date)',
                'kits.take_otp_day(date, integer)', 'kits.forget_otp_counts()',
                'kits.cleanup_expired_otps()'
            ]::regprocedure[])
    LOOP
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO backshop_staff', routine);
    END LOOP;
    FOR named IN
        SELECT t.oid FROM pg_catalog.pg_type AS t, aclexplode(t.typacl) AS a
        WHERE a.grantee = 'backshop_service'::regrole
    LOOP
        EXECUTE format('GRANT USAGE ON TYPE %s TO backshop_staff', named);
    END LOOP;
END
$$;

-- Every login asks whose rows it sees.
GRANT SELECT (id, store_id) ON backshop.stores TO backshop_receive, backshop_try_on;
-- A staff key that names no store means the only one there is.
GRANT SELECT (platform, settings) ON backshop.stores TO backshop_try_on;
-- When the last delivery came, which staff are told; not what was in it.
GRANT SELECT (store_id, received_at) ON backshop.webhook_inbox TO backshop_staff;

-- Who takes deliveries: what their signatures are checked with, and nothing that opens a shop.
GRANT SELECT (
    id, store_id, platform, shop_domain, webhook_secret, webhook_secret_previous,
    webhook_secret_previous_until
) ON connect.connector_config TO backshop_receive;
GRANT EXECUTE ON FUNCTION connect.stores_of_shop(text) TO backshop_receive;

-- What shoppers call: their orders' way, phone checks, surveys and the carts that come of them.
GRANT SELECT ON
    backshop.stores, connect.platform_product, kits.customers, kits.customer_orders_summary,
    kits.order_delivery_status, kits.order_delivery_status_events, shade.orders, shade.shades,
    shade.variants
TO backshop_storefront;
GRANT UPDATE (sms_updates) ON kits.customer_orders_summary TO backshop_storefront;
GRANT UPDATE (phone_verified, marketing_consent, consent_told) ON kits.customers
TO backshop_storefront;
-- Where a shopper's orders go, and another address that they ask for; the order is locked meanwhile.
GRANT SELECT (
    store_id, order_id, platform, currency, total_amount, payments, refunded_amount,
    fulfilment_status, is_cancelled, status, shipping_address
), UPDATE (created_at) ON connect.platform_order TO backshop_storefront;
GRANT SELECT, INSERT, UPDATE (outbox_id) ON connect.address_update_request TO backshop_storefront;
-- A kit is locked while its survey is answered.
GRANT UPDATE (created_at) ON shade.orders TO backshop_storefront;
GRANT SELECT, INSERT ON
    backshop.outbox, shade.surveys, shade.recommendations
TO backshop_storefront;
GRANT SELECT, INSERT, UPDATE ON
    kits.otp_sessions, kits.otp_limits, kits.otp_spending, kits.verified_phones, kits.shoppers,
    shade.customers, shade.conversions, shade.discounts, shade.model_training_data
TO backshop_storefront;
GRANT EXECUTE ON FUNCTION
    kits.require_store(), kits.sends_to_phone(text, timestamptz, timestamptz),
    kits.take_otp_day(date, integer), kits.otp_day(date)
TO backshop_storefront;

-- The page behind a quote's link: what was sent is read, and accepting it orders it.
GRANT SELECT ON projects.projects, projects.surfaces TO backshop_storefront;
GRANT UPDATE (project_status, updated_at) ON projects.projects TO backshop_storefront;
GRANT SELECT, INSERT ON projects.quote_acceptances, projects.conversation_log
TO backshop_storefront;
GRANT SELECT, UPDATE ON projects.quotes TO backshop_storefront;
GRANT SELECT, INSERT, UPDATE ON
    projects.quote_mails, projects.selected_products, backshop.idempotency_keys
TO backshop_storefront;

-- The try-on: its own tables, and of products how they look.
GRANT SELECT, INSERT, UPDATE, DELETE ON connect.try_on_session, connect.try_on_overlay
TO backshop_try_on;
GRANT SELECT, INSERT, UPDATE ON connect.try_on_limits, backshop.idempotency_keys TO backshop_try_on;
GRANT SELECT ON connect.platform_product TO backshop_try_on;
GRANT UPDATE (metadata) ON connect.platform_product TO backshop_try_on;
GRANT SELECT (store_id, platform, customer_id) ON connect.platform_customer TO backshop_try_on;
