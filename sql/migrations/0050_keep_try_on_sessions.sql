-- What a session needs besides its documented columns.
ALTER TABLE connect.try_on_session
    -- The foundation that the shopper confirmed as theirs, and what a shirt says.
    ADD COLUMN own_shade varchar(100),
    ADD COLUMN lettering jsonb NOT NULL DEFAULT '{}',
    -- What the selfie told: skin tone with its uncertainty, hints, and why it could not be used.
    ADD COLUMN reading jsonb,
    ADD COLUMN notes text[] NOT NULL DEFAULT '{}',
    ADD COLUMN reason text,
    -- Which invocation works on it and since when: a second delivery of the same upload stays out,
    -- a retry of the same invocation goes on.
    ADD COLUMN claimed_by varchar(100),
    ADD COLUMN claimed_at timestamptz,
    ADD COLUMN selfie_deleted_at timestamptz;

-- Housekeeping looks for what is due in all stores: sessions under way, and selfies still there.
CREATE INDEX idx_try_on_session_open ON connect.try_on_session (created_at)
WHERE status IN ('created', 'in_progress');
CREATE INDEX idx_try_on_session_selfie ON connect.try_on_session (created_at)
WHERE selfie_deleted_at IS NULL;

-- When each address began sessions with a publishable token; a row never holds more times than the
-- limit allows. Addresses are hashed, and forgotten after an hour.
CREATE TABLE connect.try_on_limits (
    store_id uuid NOT NULL REFERENCES backshop.stores (id),
    address_hash varchar(64) NOT NULL,
    taken timestamptz[] NOT NULL,
    last_taken timestamptz NOT NULL,
    PRIMARY KEY (store_id, address_hash)
);
CREATE INDEX idx_try_on_limits_last_taken ON connect.try_on_limits (last_taken);
SELECT backshop.protect('connect.try_on_limits');

-- How a product is tried on is said here, not in the shop: what a shop tells of a product later,
-- replacing its metadata, leaves that in place. A JSON null takes it away.
CREATE FUNCTION connect.keep_try_on() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    IF NOT coalesce(NEW.metadata, '{}') ? 'try_on' THEN
        NEW.metadata := coalesce(NEW.metadata, '{}')
            || jsonb_build_object('try_on', OLD.metadata -> 'try_on');
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER keep_try_on BEFORE UPDATE ON connect.platform_product
FOR EACH ROW WHEN (OLD.metadata ? 'try_on') EXECUTE FUNCTION connect.keep_try_on();
