-- What two programs do to one order, or one phone, in the same moment: neither word is lost.

-- What outbox_worker is about to write, until it knows what became of it: the platform may hold it
-- from now on, and its echo may be heard before the write is over.
ALTER TABLE kits.order_delivery_status
ADD COLUMN sent_stage varchar(20),
ADD COLUMN sent_tracking_number varchar(100);

-- As before, and besides:
-- An order that somebody moved before the platform told of it keeps its stage, and is marked.
-- What is marked for sending stays so until it was sent, or the platform moved the order itself.
CREATE OR REPLACE FUNCTION kits.update_order_delivery_statuses(
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
$$;

-- Whoever proves a phone, and whoever saves customers by their phones, comes one after the other:
-- each would else look for what the other has not committed yet. It is backshop.locks' row of this
-- one name, which shoppers' login reaches no other way.
CREATE FUNCTION kits.lock_phones() RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT backshop.lock('phones', true)
$$;
GRANT EXECUTE ON FUNCTION kits.lock_phones() TO backshop_service, backshop_storefront;
