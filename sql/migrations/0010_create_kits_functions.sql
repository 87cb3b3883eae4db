-- The functions of the kits model. They act on the transaction's store and on nothing else.

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

-- Counts what was not cancelled, and the money that stayed after refunds. The row is locked before
-- the orders are read, so that of two who add an order the second counts both. The lock is the one
-- that agrees with references: whoever added an order already holds its customer's key.
CREATE FUNCTION kits.update_customer_statistics(customer_id uuid) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    store uuid := kits.require_store();
    customer uuid := customer_id;
BEGIN
    PERFORM FROM kits.customers AS c WHERE c.store_id = store AND c.id = customer FOR NO KEY UPDATE;
    UPDATE kits.customers AS c
    SET total_orders = o.number, total_spent = o.spent, last_order_date = o.latest,
        currency = o.currency
    FROM (
        SELECT count(*) AS number, coalesce(sum(s.total_with_tax - s.refunded_amount), 0) AS spent,
            max(s.order_date) AS latest,
            (array_agg(s.currency ORDER BY s.order_date DESC))[1] AS currency
        FROM kits.customer_orders_summary AS s
        WHERE s.store_id = store AND s.customer_id = customer AND NOT s.is_cancelled
    ) AS o
    WHERE c.store_id = store AND c.id = customer
        AND (c.total_orders, c.total_spent, c.last_order_date, c.currency) IS DISTINCT FROM
            (o.number, o.spent, o.latest, o.currency);
END
$$;

-- Sets the stage and adds an event; when stage, tracking number and note are what they were,
-- nothing changes. No tracking number keeps the one that is there. Which stage may follow which is
-- decided by the caller, in the same transaction.
CREATE FUNCTION kits.update_order_delivery_status(
    order_code text,
    stage text,
    tracking_number text DEFAULT NULL,
    note text DEFAULT NULL,
    updated_by text DEFAULT NULL
) RETURNS kits.order_delivery_status
LANGUAGE plpgsql
AS $$
#variable_conflict use_column
DECLARE
    store uuid := kits.require_store();
    held kits.order_delivery_status;
    last integer := 0;
BEGIN
    INSERT INTO kits.order_delivery_status AS s
        (store_id, order_code, stage, tracking_number, note, updated_by, updated_at)
    VALUES (store, $1, $2, $3, $4, $5, clock_timestamp())
    ON CONFLICT (store_id, order_code) DO NOTHING
    RETURNING s.* INTO held;
    IF NOT FOUND THEN
        SELECT s.* INTO STRICT held FROM kits.order_delivery_status AS s
        WHERE s.store_id = store AND s.order_code = $1 FOR NO KEY UPDATE;
        IF held.stage = $2
            AND coalesce($3, held.tracking_number) IS NOT DISTINCT FROM held.tracking_number
            AND coalesce($4, held.note) IS NOT DISTINCT FROM held.note THEN
            RETURN held;
        END IF;
        UPDATE kits.order_delivery_status AS s
        SET stage = $2, tracking_number = coalesce($3, s.tracking_number), note = $4,
            updated_by = $5, updated_at = clock_timestamp()
        WHERE s.store_id = store AND s.order_code = $1
        RETURNING s.* INTO held;
        SELECT coalesce(max(e.sequence), 0) INTO last FROM kits.order_delivery_status_events AS e
        WHERE e.store_id = store AND e.order_code = $1;
    END IF;
    INSERT INTO kits.order_delivery_status_events
        (store_id, order_code, sequence, stage, tracking_number, note, updated_by, updated_at)
    VALUES (store, $1, last + 1, held.stage, held.tracking_number, $4, $5, held.updated_at);
    UPDATE kits.customer_orders_summary AS o
    SET delivery_stage = held.stage, tracking_number = held.tracking_number
    WHERE o.store_id = store AND o.order_code = $1;
    RETURN held;
END
$$;

-- YYYYMMDD-####, counted by store and UTC day. The counter's row stays locked until the
-- transaction ends, so that a number is neither given twice nor lost by a rollback.
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

-- One row: what is in the batch and how far it is. completion_percentage is that of the target
-- count; delivered_percentage that of its orders that have arrived at the shopper. Cancelled
-- orders do not count.
CREATE FUNCTION kits.get_batch_statistics(batch_uuid uuid) RETURNS TABLE (
    batch_id uuid,
    batch_number text,
    status text,
    target_order_count integer,
    order_count bigint,
    cancelled_count bigint,
    item_count bigint,
    total_value jsonb,
    orders_by_stage jsonb,
    completion_percentage numeric,
    delivered_percentage numeric
)
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

-- Writes the batch's purchase list anew and returns it: the lines of its orders that are not
-- cancelled, added up by product, variant, patch and print. The batch is locked meanwhile.
CREATE FUNCTION kits.export_supplier_purchase_list(batch_uuid uuid)
RETURNS SETOF kits.supplier_purchase_lists
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

-- Returns how many were deleted. A scheduled run that sees all stores cleans them all.
CREATE FUNCTION kits.cleanup_expired_otps() RETURNS integer
LANGUAGE plpgsql
AS $$
DECLARE
    deleted integer;
BEGIN
    DELETE FROM kits.otp_sessions
    WHERE expires_at < now() AND store_id = ANY (backshop.visible_store_ids());
    GET DIAGNOSTICS deleted = ROW_COUNT;
    RETURN deleted;
END
$$;

GRANT EXECUTE ON FUNCTION
    kits.require_store(),
    kits.update_customer_statistics(uuid),
    kits.update_order_delivery_status(text, text, text, text, text),
    kits.generate_batch_number(),
    kits.get_batch_statistics(uuid),
    kits.export_supplier_purchase_list(uuid),
    kits.cleanup_expired_otps()
TO backshop_service;
