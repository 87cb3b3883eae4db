-- Monthly partitions of conversation_log and quotes, and the summaries that are refreshed.

-- Rows outside the months that exist.
CREATE TABLE projects.conversation_log_default PARTITION OF projects.conversation_log DEFAULT;
CREATE TABLE projects.quotes_default PARTITION OF projects.quotes DEFAULT;
SELECT backshop.protect('projects.conversation_log_default');
SELECT backshop.protect('projects.quotes_default');

-- Makes the partition of the month that holds `day`; rows that waited for it in the default
-- partition move in. False when it is there already.
CREATE FUNCTION projects.ensure_partition(parent text, key text, day date) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET timezone = 'UTC'
AS $$
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
$$;

-- This month's partitions and those of the next `months`; returns how many were made. One at a
-- time, because two would make the same table.
CREATE FUNCTION projects.ensure_partitions(months integer DEFAULT 3) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET timezone = 'UTC'
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

SELECT projects.ensure_partitions(3);

-- What a materialized view holds is beyond any policy: it is granted to nobody, and the view over
-- it shows a transaction its own stores.

CREATE MATERIALIZED VIEW projects.customer_project_summary_data AS
SELECT
    c.store_id,
    c.customer_id,
    c.first_name,
    c.last_name,
    c.email,
    p.project_id,
    p.project_name,
    p.project_status,
    -- A room with two surfaces is two rows of the join and still one room.
    count(DISTINCT pr.room_id) AS room_count,
    sum(s.surface_area_sf) AS total_sf,
    p.tile_budget,
    p.currency
FROM projects.customers AS c
INNER JOIN projects.projects AS p ON c.store_id = p.store_id AND c.customer_id = p.customer_id
LEFT JOIN projects.project_rooms AS pr
    ON p.store_id = pr.store_id AND p.project_id = pr.project_id
LEFT JOIN projects.surfaces AS s ON pr.store_id = s.store_id AND pr.room_id = s.room_id
GROUP BY c.store_id, c.customer_id, p.store_id, p.project_id;
CREATE UNIQUE INDEX idx_customer_project_summary
ON projects.customer_project_summary_data (store_id, project_id);
CREATE INDEX idx_customer_project_summary_customer
ON projects.customer_project_summary_data (store_id, customer_id);

CREATE MATERIALIZED VIEW projects.project_totals_data AS
SELECT
    p.store_id,
    p.project_id,
    sum(sp.total_price) AS project_total,
    count(DISTINCT s.surface_id) AS surface_count,
    p.currency
FROM projects.projects AS p
INNER JOIN projects.project_rooms AS pr
    ON p.store_id = pr.store_id AND p.project_id = pr.project_id
INNER JOIN projects.surfaces AS s ON pr.store_id = s.store_id AND pr.room_id = s.room_id
INNER JOIN projects.selected_products AS sp
    ON s.store_id = sp.store_id AND s.surface_id = sp.surface_id
WHERE sp.selection_status = 'selected'
GROUP BY p.store_id, p.project_id;
CREATE UNIQUE INDEX idx_project_totals ON projects.project_totals_data (store_id, project_id);

CREATE VIEW projects.customer_project_summary WITH (security_barrier) AS
SELECT * FROM projects.customer_project_summary_data
WHERE store_id = ANY ((SELECT backshop.visible_store_ids())::uuid[]);

CREATE VIEW projects.project_totals WITH (security_barrier) AS
SELECT * FROM projects.project_totals_data
WHERE store_id = ANY ((SELECT backshop.visible_store_ids())::uuid[]);

GRANT SELECT ON projects.customer_project_summary, projects.project_totals TO backshop_service;

-- Readers go on meanwhile. Only the owner of a materialized view may refresh it.
CREATE FUNCTION projects.refresh_summaries() RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    REFRESH MATERIALIZED VIEW CONCURRENTLY projects.customer_project_summary_data;
    REFRESH MATERIALIZED VIEW CONCURRENTLY projects.project_totals_data;
END
$$;
