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
    total_with_tax, currency, refunded_amount, tracking_number, phone_number, state, is_cancelled
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
