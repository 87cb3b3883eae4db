-- What all contexts share.

-- Staff keys have no store; a store's own key is hashed in insights.stores.
CREATE TABLE backshop.api_keys (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    store_id uuid REFERENCES backshop.stores (id),
    kind varchar(20) NOT NULL DEFAULT 'staff' CHECK (kind IN ('staff', 'store')),
    name varchar(255) NOT NULL,
    key_hash varchar(255) NOT NULL,
    scopes text[] NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz,
    revoked_at timestamptz,
    last_used_at timestamptz,
    CHECK (kind = 'staff' OR store_id IS NOT NULL)
);
CREATE INDEX idx_api_keys_store ON backshop.api_keys (store_id);
CREATE INDEX idx_api_keys_hash ON backshop.api_keys (key_hash);
SELECT backshop.protect('backshop.api_keys');
DROP POLICY service_stores ON backshop.api_keys;
CREATE POLICY service_stores ON backshop.api_keys TO backshop_service, backshop_staff USING (
    store_id = ANY ((SELECT backshop.visible_store_ids())::uuid[])
    OR (store_id IS NULL AND (SELECT backshop.sees_all_stores()))
);

-- Who is signed in at the desk, by the hash of what their browser holds. Looked up with its key on
-- every request, so that ending either holds at the next one. `draft` is a form that was sent after
-- a session had ended, to be shown again with what was typed; no secrets are kept in it.
CREATE TABLE backshop.desk_sessions (
    token_hash bytea PRIMARY KEY,
    -- Of backshop.api_keys, joined at every look; neither belongs to a store.
    key_id uuid NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    draft jsonb
);
CREATE INDEX idx_desk_sessions_key ON backshop.desk_sessions (key_id);
ALTER TABLE backshop.desk_sessions ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY owner_all ON backshop.desk_sessions TO backshop_owner USING (true) WITH CHECK (true);
CREATE POLICY service_all ON backshop.desk_sessions TO backshop_service, backshop_staff
USING ((SELECT backshop.sees_all_stores())) WITH CHECK ((SELECT backshop.sees_all_stores()));
GRANT SELECT, INSERT, UPDATE, DELETE ON backshop.desk_sessions TO backshop_service;

-- Which deliveries were handled: ids and hashes, no bodies, for 30 days.
CREATE TABLE backshop.webhook_inbox (
    store_id uuid NOT NULL REFERENCES backshop.stores (id),
    topic varchar(100) NOT NULL,
    -- The platform's id of the delivery where that is unique, else the hash of the body.
    delivery_key varchar(255) NOT NULL,
    body_sha256 varchar(64) NOT NULL,
    received_at timestamptz NOT NULL DEFAULT now(),
    claimed_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (store_id, topic, delivery_key)
);
CREATE INDEX idx_webhook_inbox_received ON backshop.webhook_inbox (store_id, received_at);
SELECT backshop.protect('backshop.webhook_inbox');

-- What arrived in the last 30 days and what became of it, for staff to search and to replay. The
-- bodies lie in S3 under these ids.
CREATE TABLE backshop.received_webhooks (
    store_id uuid NOT NULL REFERENCES backshop.stores (id),
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    topic varchar(100) NOT NULL,
    delivery_key varchar(255) NOT NULL,
    status varchar(20) NOT NULL DEFAULT 'received'
        CHECK (status IN ('received', 'saved', 'failed')),
    -- The kind of failure, no values.
    error text,
    -- The record that it is about, order:1001.
    about varchar(150),
    -- Hashes of the persons that it names, as in backshop.erasures: kind:hash. NULL where nobody
    -- can tell: the body is erased with any person of the store.
    subjects text[],
    body_sha256 varchar(64) NOT NULL,
    size integer NOT NULL,
    is_kept boolean NOT NULL DEFAULT false,
    attempts integer NOT NULL DEFAULT 1,
    received_at timestamptz NOT NULL,
    triggered_at timestamptz,
    settled_at timestamptz,
    replays integer NOT NULL DEFAULT 0,
    replayed_at timestamptz,
    replayed_by varchar(255),
    PRIMARY KEY (store_id, id),
    UNIQUE (store_id, topic, delivery_key)
);
CREATE INDEX idx_received_webhooks_received
ON backshop.received_webhooks (store_id, received_at DESC, id DESC);
CREATE INDEX idx_received_webhooks_about ON backshop.received_webhooks (store_id, about);
CREATE INDEX idx_received_webhooks_failed ON backshop.received_webhooks (store_id, received_at)
WHERE status = 'failed';
SELECT backshop.protect('backshop.received_webhooks');

-- The version of every record that was saved, so that the newest wins whatever the order of
-- arrival; a deletion stays as a tombstone. Rows come by the hundred thousand, hence no reference
-- to stores: the policy already allows only a store that the transaction names.
CREATE TABLE backshop.record_versions (
    store_id uuid NOT NULL,
    kind varchar(50) NOT NULL,
    external_id varchar(255) NOT NULL,
    rank smallint NOT NULL DEFAULT 0,
    changed_at timestamptz NOT NULL,
    observed_at timestamptz NOT NULL,
    deleted boolean NOT NULL DEFAULT false,
    digest bytea,
    PRIMARY KEY (store_id, kind, external_id)
);
-- Tombstones are few: whether a store has any is asked once a job.
CREATE INDEX idx_record_versions_deleted ON backshop.record_versions (store_id, kind)
WHERE deleted;
SELECT backshop.protect('backshop.record_versions');

-- What all records of the transaction's store say counts as unknown: the next reading of its shop
-- reaches the contexts that it uses by now. Staff, who may say what it uses, see nothing of it.
CREATE FUNCTION backshop.read_anew() RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    UPDATE backshop.record_versions AS r SET digest = ''
    WHERE r.store_id = backshop.current_store_id() AND NOT r.deleted;
END;
GRANT EXECUTE ON FUNCTION backshop.read_anew() TO backshop_service;

-- Whoever saves for a store, or works one of its jobs, has a row here locked until the transaction
-- ends. An advisory key would be anybody's: a session of any other login could take it and keep it.
-- No reference to stores: the job of a store that is gone meanwhile finds that out by itself.
CREATE TABLE backshop.locks (
    store_id uuid NOT NULL,
    name varchar(100) NOT NULL,
    PRIMARY KEY (store_id, name)
);
SELECT backshop.protect('backshop.locks');

-- Locks the row of this name of the transaction's store, which is made where it is missing. Raises
-- lock_not_available where somebody else has it and nobody is to wait.
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
GRANT EXECUTE ON FUNCTION backshop.lock(text, boolean) TO backshop_service;

-- Shops that let calls time out: how often since they last answered, and until when they are left
-- alone.
CREATE TABLE backshop.slow_shops (
    store_id uuid PRIMARY KEY REFERENCES backshop.stores (id),
    slow integer NOT NULL,
    until timestamptz NOT NULL DEFAULT now()
);
SELECT backshop.protect('backshop.slow_shops');

-- Erased persons, as hashes of what they were known by, so that a late delivery does not bring
-- them back.
CREATE TABLE backshop.erasures (
    store_id uuid NOT NULL REFERENCES backshop.stores (id),
    kind varchar(50) NOT NULL,
    hash varchar(64) NOT NULL,
    erased_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (store_id, kind, hash)
);
SELECT backshop.protect('backshop.erasures');

-- What is to be sent to a platform, written in the transaction of its cause. `key` is the shop
-- order or the discount; the rows of a key go out one after the other, by id.
CREATE TABLE backshop.outbox (
    id bigint GENERATED ALWAYS AS IDENTITY,
    store_id uuid NOT NULL REFERENCES backshop.stores (id),
    key varchar(255) NOT NULL,
    kind varchar(50) NOT NULL,
    payload jsonb NOT NULL,
    status varchar(20) NOT NULL DEFAULT 'pending'
        CHECK (status IN ('pending', 'sending', 'done', 'failed')),
    attempts integer NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    next_attempt_at timestamptz NOT NULL DEFAULT now(),
    response jsonb,
    last_error text,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (store_id, id)
);
-- The oldest open row of a key, and what is due.
CREATE INDEX idx_outbox_open ON backshop.outbox (store_id, key, id)
WHERE status IN ('pending', 'sending');
CREATE INDEX idx_outbox_due ON backshop.outbox (next_attempt_at)
WHERE status IN ('pending', 'sending');
CREATE INDEX idx_outbox_status ON backshop.outbox (store_id, status, id);
CREATE INDEX idx_outbox_key ON backshop.outbox (store_id, key, id);
SELECT backshop.protect('backshop.outbox');
CREATE TRIGGER touch_updated_at BEFORE UPDATE ON backshop.outbox
FOR EACH ROW EXECUTE FUNCTION backshop.touch_updated_at();

-- How far the sync of a resource has come. A connector and its store share their id.
CREATE TABLE backshop.sync_cursors (
    store_id uuid NOT NULL REFERENCES backshop.stores (id),
    resource varchar(50) NOT NULL,
    cursor jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (store_id, resource)
);
SELECT backshop.protect('backshop.sync_cursors');
CREATE TRIGGER touch_updated_at BEFORE UPDATE ON backshop.sync_cursors
FOR EACH ROW EXECUTE FUNCTION backshop.touch_updated_at();

-- Where the answer to a person's data request lies in the bucket, for seven days.
CREATE TABLE backshop.exports (
    store_id uuid NOT NULL REFERENCES backshop.stores (id),
    request_id varchar(100) NOT NULL,
    object_key text NOT NULL,
    requested_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (store_id, request_id)
);
SELECT backshop.protect('backshop.exports');

-- Requests that were answered, so that the same one again is answered the same for a day. The
-- caller and their key are one hash; what of an answer is secret is sealed, by parts. A row without
-- an answer exists only inside the transaction that does the work, or is a form of a page that is
-- being done. The reference is checked at its end, because the request may be what makes the store.
CREATE TABLE backshop.idempotency_keys (
    store_id uuid NOT NULL REFERENCES backshop.stores (id) DEFERRABLE INITIALLY DEFERRED,
    route varchar(255) NOT NULL,
    key_hash bytea NOT NULL,
    body_hash bytea NOT NULL,
    status smallint CHECK (status BETWEEN 200 AND 399),
    answer jsonb,
    sealed text[] NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (store_id, route, key_hash)
);
SELECT backshop.protect('backshop.idempotency_keys');
