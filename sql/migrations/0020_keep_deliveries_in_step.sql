-- What keeps deliveries here and at the platform in step, and shoppers told.

ALTER TABLE kits.order_delivery_status
-- The sequence of the event that made it so.
ADD COLUMN version integer NOT NULL DEFAULT 1,
-- What the platform was last known to hold: ours differs while a change is under way to it.
ADD COLUMN platform_stage varchar(20),
ADD COLUMN platform_tracking_number varchar(100),
-- The platform lost our change; outbox_sweep sends it again.
ADD COLUMN to_repair boolean NOT NULL DEFAULT false,
-- The shopper agreed to be told and has not been told of this version; outbox_sweep tells them.
ADD COLUMN to_tell boolean NOT NULL DEFAULT false,
-- The version that an SMS was last handed over for.
ADD COLUMN told_version integer NOT NULL DEFAULT 0;

UPDATE kits.order_delivery_status AS s
SET version = e.last
FROM (
    SELECT store_id, order_code, max(sequence) AS last FROM kits.order_delivery_status_events
    GROUP BY store_id, order_code
) AS e
WHERE s.store_id = e.store_id AND s.order_code = e.order_code AND s.version <> e.last;

CREATE INDEX idx_delivery_status_follow_up ON kits.order_delivery_status (store_id, order_code)
WHERE to_repair OR to_tell;

-- Whether the shopper agreed to an SMS at each stage of this order.
ALTER TABLE kits.customer_orders_summary ADD COLUMN sms_updates boolean NOT NULL DEFAULT false;

-- Sets stage and tracking number of many orders exactly as given, adds their events, and lets
-- customer_orders_summary and order_tracking follow: one statement for any number of orders, each
-- named once. Which stage may follow which is decided by the caller, who has locked the orders.
CREATE FUNCTION kits.update_order_delivery_statuses(
    order_codes text[],
    stages text[],
    tracking_numbers text[],
    notes text[],
    updated_by text,
    from_platform boolean DEFAULT false
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
            to_tell = c.to_tell, to_repair = false,
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
            store_id, order_code, stage, tracking_number, note, updated_by, updated_at,
            platform_stage, platform_tracking_number
        )
        SELECT (SELECT kits.require_store()), c.order_code, c.stage, c.tracking_number, c.note, $5,
            clock_timestamp(),
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
            updated_at = greatest(excluded.updated_at, s.updated_at), version = s.version + 1
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
        INSERT INTO kits.order_tracking (store_id, vendure_order_id, tracking_number, status)
        SELECT (SELECT kits.require_store()), c.vendure_order_id, c.tracking_number, c.status
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
CREATE OR REPLACE FUNCTION kits.update_order_delivery_status(
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

GRANT EXECUTE ON FUNCTION
    kits.update_order_delivery_statuses(text[], text[], text[], text[], text, boolean)
TO backshop_service;
