-- Syncs: a run is a row of insights.sync_logs, its resources are jobs. The cursor of a resource
-- (backshop.sync_cursors) outlives the runs.

ALTER TABLE insights.sync_logs DROP CONSTRAINT sync_logs_sync_type_check;
ALTER TABLE insights.sync_logs ADD CONSTRAINT sync_logs_sync_type_check
CHECK (sync_type IN ('full', 'incremental', 'reconcile', 'orders', 'products', 'customers'));

-- A store has one open run at most: one that works, or one that waits to be tried again.
CREATE UNIQUE INDEX idx_sync_logs_open ON insights.sync_logs (store_id)
WHERE status = 'running' OR next_retry_at IS NOT NULL;

CREATE TABLE backshop.sync_jobs (
    store_id uuid NOT NULL,
    run_id uuid NOT NULL,
    resource varchar(50) NOT NULL,
    status varchar(20) NOT NULL DEFAULT 'queued'
        CHECK (status IN ('queued', 'running', 'completed', 'failed')),
    -- Where the next invocation takes the reading up.
    position jsonb NOT NULL DEFAULT '{}',
    -- Counts the invocations that took the job: what an earlier one still writes is refused.
    turn integer NOT NULL DEFAULT 0,
    -- Records read, those of them that changed what is saved, and those set aside.
    records integer NOT NULL DEFAULT 0,
    changed integer NOT NULL DEFAULT 0,
    deleted integer NOT NULL DEFAULT 0,
    rejected integer NOT NULL DEFAULT 0,
    -- The first of those set aside: [{"id", "problem"}], no values of theirs.
    rejects jsonb NOT NULL DEFAULT '[]',
    notes jsonb NOT NULL DEFAULT '[]',
    error text,
    retry_count integer NOT NULL DEFAULT 0,
    next_retry_at timestamptz,
    started_at timestamptz,
    touched_at timestamptz NOT NULL DEFAULT now(),
    finished_at timestamptz,
    PRIMARY KEY (store_id, run_id, resource),
    FOREIGN KEY (store_id, run_id) REFERENCES insights.sync_logs (store_id, id) ON DELETE CASCADE
);
CREATE INDEX idx_sync_jobs_open ON backshop.sync_jobs (touched_at)
WHERE status IN ('queued', 'running');
SELECT backshop.protect('backshop.sync_jobs');

-- Tombstones are few: whether a store has any is asked once a job.
CREATE INDEX idx_record_versions_deleted ON backshop.record_versions (store_id, kind)
WHERE deleted;
