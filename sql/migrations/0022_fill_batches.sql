-- How orders come into a batch by themselves, and how cancelled ones leave it.

ALTER TABLE kits.import_batches
-- Takes new orders by itself while it collects.
ADD COLUMN auto_assign boolean NOT NULL DEFAULT false;
CREATE UNIQUE INDEX idx_import_batches_auto ON kits.import_batches (store_id)
WHERE auto_assign AND status = 'collecting';

-- Staff took the order out of a batch: no batch takes it by itself again.
ALTER TABLE kits.customer_orders_summary ADD COLUMN keep_unbatched boolean NOT NULL DEFAULT false;

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

-- The same with the batch that takes orders by itself, for those placed since it was opened.
-- An order that is at the target count's edge goes in: the supplier sets no upper bound.
CREATE FUNCTION kits.assign_orders_to_open_batch(order_ids text[]) RETURNS SETOF text
LANGUAGE sql
AS $$
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
        PERFORM kits.unassign_orders(cancelled);
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER drop_cancelled_orders AFTER UPDATE ON kits.customer_orders_summary
REFERENCING NEW TABLE AS changed
FOR EACH STATEMENT EXECUTE FUNCTION kits.drop_cancelled_orders();

GRANT EXECUTE ON FUNCTION
    kits.assign_orders(uuid, text[], text),
    kits.assign_orders_to_open_batch(text[]),
    kits.unassign_orders(text[])
TO backshop_service;
