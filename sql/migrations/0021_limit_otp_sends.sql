-- What was taken of each limit on sending codes: by phone, by network address, by number prefix.
-- The times themselves are kept, newest last, so that a limit holds in every window, not only
-- between two full hours; a row never holds more of them than its limit allows.
CREATE TABLE kits.otp_limits (
    store_id uuid NOT NULL REFERENCES backshop.stores (id),
    scope varchar(20) NOT NULL CHECK (scope IN ('phone', 'address', 'prefix')),
    key varchar(50) NOT NULL,
    taken timestamptz[] NOT NULL,
    last_taken timestamptz NOT NULL,
    PRIMARY KEY (store_id, scope, key)
);
CREATE INDEX idx_otp_limits_last_taken ON kits.otp_limits (last_taken);
SELECT backshop.protect('kits.otp_limits');

-- Returns how many sessions were deleted. Also forgets limits that nobody took from for a day,
-- the longest window. A scheduled run that sees all stores cleans them all.
CREATE OR REPLACE FUNCTION kits.cleanup_expired_otps() RETURNS integer
LANGUAGE plpgsql
AS $$
DECLARE
    deleted integer;
BEGIN
    DELETE FROM kits.otp_limits
    WHERE last_taken < now() - interval '1 day' AND store_id = ANY (backshop.visible_store_ids());
    DELETE FROM kits.otp_sessions
    WHERE expires_at < now() AND store_id = ANY (backshop.visible_store_ids());
    GET DIAGNOSTICS deleted = ROW_COUNT;
    RETURN deleted;
END
$$;
