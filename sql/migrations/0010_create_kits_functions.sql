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

-- Counts what was not cancelled, and the money that stayed after refunds: by currency, and in
-- total_spent that of the latest order's currency alone, for nothing adds up currencies. The rows are
-- locked before the orders are read, so that of two who add an order the second counts both. The lock
-- is the one that agrees with references: whoever added an order already holds its customer's key.
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

-- The same for one, as the model names it.
CREATE FUNCTION kits.update_customer_statistics(customer_id uuid) RETURNS void
LANGUAGE sql
AS $$
    SELECT kits.update_customers_statistics(ARRAY[customer_id])
$$;

-- Sets stage and tracking number of many orders exactly as given, adds their events, and lets
-- customer_orders_summary and order_tracking follow: one statement for any number of orders, each
-- named once. Which stage may follow which is decided by the caller, who has locked the orders.
-- Whoever calls it, the platform is told: the orders are marked, and outbox_sweep sends them, unless
-- the platform holds it so already, or the caller sends them himself (to_send).
CREATE FUNCTION kits.update_order_delivery_statuses(
    order_codes text[],
    stages text[],
    tracking_numbers text[],
    notes text[],
    updated_by text,
    from_platform boolean DEFAULT false,
    to_send boolean DEFAULT true
) RETURNS SETOF kits.order_delivery_status
LANGUAGE sql
AS $$
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
            to_repair = to_send AND NOT from_platform AND c.vendure_order_id IS NOT NULL,
            platform_stage = CASE WHEN from_platform THEN c.stage ELSE s.platform_stage END,
            platform_tracking_number = CASE
                WHEN from_platform THEN c.tracking_number ELSE s.platform_tracking_number
            END
        FROM changes AS c
        WHERE s.store_id = (SELECT kits.require_store()) AND s.order_code = c.order_code
        RETURNING s.*
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
        SET stage = excluded.stage, tracking_number = excluded.tracking_number,
            note = excluded.note, updated_by = excluded.updated_by,
            updated_at = greatest(excluded.updated_at, s.updated_at), version = s.version + 1,
            to_repair = excluded.to_repair
        RETURNING s.*
    ),
    saved AS (
        SELECT * FROM updated UNION ALL SELECT * FROM inserted
    ),
    events AS (
        INSERT INTO kits.order_delivery_status_events (
            store_id, order_code, sequence, stage, tracking_number, note, updated_by, updated_at
        )
        SELECT s.store_id, s.order_code, s.version, s.stage, s.tracking_number, s.note,
            s.updated_by, s.updated_at
        FROM saved AS s
    ),
    summaries AS (
        UPDATE kits.customer_orders_summary AS o
        SET delivery_stage = c.stage, tracking_number = c.tracking_number
        FROM changes AS c
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
        FROM changes AS c WHERE c.vendure_order_id IS NOT NULL
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
    SELECT * FROM saved
$$;

-- The same for one order, as the model names it: no tracking number keeps the one that is there,
-- an empty one takes it away; when stage, tracking number and note are what they were, nothing
-- changes.
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

-- Returns how many sessions were deleted. Also forgets limits that nobody took from for a day,
-- the longest window. A scheduled run that sees all stores cleans them all.
-- When codes were sent to a phone, by any store, since `since`. Whoever asks keeps others from
-- asking about the same phone until the transaction ends, so that of two stores at once the second
-- sees what the first took.
CREATE FUNCTION kits.sends_to_phone(phone text, since timestamptz, at timestamptz)
RETURNS timestamptz[]
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
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

-- Takes one send of what the whole deployment may send on a day; false where that is used up.
CREATE FUNCTION kits.take_otp_day(the_day date, most integer) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    INSERT INTO kits.otp_days AS d (day, sends) SELECT the_day, 1 WHERE most > 0
    ON CONFLICT (day) DO UPDATE SET sends = d.sends + 1 WHERE d.sends < most;
    RETURN FOUND;
END
$$;

-- How many codes all stores together had sent on a day.
CREATE FUNCTION kits.otp_day(the_day date) RETURNS integer
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
RETURN coalesce((SELECT d.sends FROM kits.otp_days AS d WHERE d.day = the_day), 0);

-- Drops what no limit counts any more.
CREATE FUNCTION kits.forget_otp_counts() RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    DELETE FROM kits.otp_phones AS p WHERE p.last_taken < now() - interval '1 day';
    DELETE FROM kits.otp_days AS d WHERE d.day < current_date - 60;
END;

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

-- Puts orders into a batch that collects and returns those that were put there. Left out: orders
-- that are unknown, cancelled, past ORDER_CONFIRMED or in a batch already. The orders are locked
-- before the batch, as everybody locks them. At the target count the purchase list is written.
CREATE FUNCTION kits.assign_orders(batch_uuid uuid, order_ids text[], assigned_by text)
RETURNS SETOF text
LANGUAGE plpgsql
AS $$
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
$$;

-- Remembers what orders that are cancelled or deleted come back to.
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

-- Puts orders that are back, and not cancelled, where they were. Not into a batch that was ordered
-- from the supplier without them, or completed since.
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

-- Puts orders into the batch that takes them by itself, those that were placed since it was opened,
-- after those that come back to a batch. One that is cancelled when it is first heard of gets its
-- place there, as it would have had it from its placing on.
-- An order that is at the target count's edge goes in: the supplier sets no upper bound.
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

-- Takes orders out of their batches; how many were in one that is not completed.
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
CREATE TRIGGER drop_cancelled_orders AFTER UPDATE ON kits.customer_orders_summary
REFERENCING NEW TABLE AS changed
FOR EACH STATEMENT EXECUTE FUNCTION kits.drop_cancelled_orders();

CREATE FUNCTION kits.return_uncancelled_order() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM kits.return_to_batches(ARRAY[NEW.vendure_order_id::text]);
    RETURN NULL;
END
$$;
CREATE TRIGGER return_uncancelled_order AFTER UPDATE ON kits.customer_orders_summary
FOR EACH ROW WHEN (OLD.is_cancelled AND NOT NEW.is_cancelled)
EXECUTE FUNCTION kits.return_uncancelled_order();

GRANT EXECUTE ON FUNCTION
    kits.require_store(),
    kits.update_customer_statistics(uuid),
    kits.update_customers_statistics(uuid[]),
    kits.update_order_delivery_statuses(text[], text[], text[], text[], text, boolean, boolean),
    kits.update_order_delivery_status(text, text, text, text, text),
    kits.generate_batch_number(),
    kits.get_batch_statistics(uuid),
    kits.export_supplier_purchase_list(uuid),
    kits.cleanup_expired_otps(),
    kits.sends_to_phone(text, timestamptz, timestamptz),
    kits.take_otp_day(date, integer),
    kits.otp_day(date),
    kits.forget_otp_counts(),
    kits.assign_orders(uuid, text[], text),
    kits.assign_orders_to_open_batch(text[]),
    kits.unassign_orders(text[]),
    kits.keep_places(text[]),
    kits.return_to_batches(text[])
TO backshop_service;
