-- Whose rows the shopper and the analyst see.
--
-- They may run statements that others wrote, and SQL can change any plain setting; so their store
-- and phone come as a capability that only a holder of the key can make. The setting
-- backshop.capability is
--     v1.<kind>.<store id>.<subject, base64url without padding>.<expires, epoch seconds>.<signature>
-- the signature being the HMAC-SHA256 of all before the last dot, in hex.

-- The two halves of an HMAC key, padded and masked once (RFC 2104), because SQL has no XOR of bytes.
CREATE TABLE backshop.capability_keys (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    inner_key bytea NOT NULL CHECK (octet_length(inner_key) = 64),
    outer_key bytea NOT NULL CHECK (octet_length(outer_key) = 64),
    created_at timestamptz NOT NULL DEFAULT now(),
    -- NULL for the current key; an earlier one is honoured until then.
    valid_until timestamptz,
    UNIQUE (inner_key)
);
ALTER TABLE backshop.capability_keys ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY owner_all ON backshop.capability_keys TO backshop_owner USING (true) WITH CHECK (true);

CREATE FUNCTION backshop.masked_key(key bytea, mask integer) RETURNS bytea
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
AS $$
DECLARE
    masked bytea := CASE WHEN octet_length(key) > 64 THEN sha256(key) ELSE key END;
BEGIN
    masked := masked || decode(repeat('00', 64 - octet_length(masked)), 'hex');
    FOR place IN 0..63 LOOP
        masked := set_byte(masked, place, get_byte(masked, place) # mask);
    END LOOP;
    RETURN masked;
END
$$;

-- Makes `key` the current one; the earlier ones stay good for an hour, longer than any capability.
CREATE FUNCTION backshop.set_capability_key(key bytea) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    kept integer;
BEGIN
    INSERT INTO backshop.capability_keys (inner_key, outer_key)
    VALUES (backshop.masked_key(key, 54), backshop.masked_key(key, 92))
    ON CONFLICT (inner_key) DO UPDATE SET valid_until = NULL
    RETURNING id INTO kept;
    UPDATE backshop.capability_keys SET valid_until = now() + interval '1 hour'
    WHERE id <> kept AND valid_until IS NULL;
    DELETE FROM backshop.capability_keys WHERE valid_until < now();
END
$$;

-- The payload of the transaction's capability, when it is of this kind, in time and rightly signed:
-- {store id, subject in base64url}; else NULL. Both sides of the comparison are hashed once more,
-- so that its time tells nothing of the signature.
CREATE FUNCTION backshop.capability(kind text) RETURNS text[]
LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    held text := current_setting('backshop.capability', true);
    parts text[];
    signed bytea;
BEGIN
    IF held IS NULL OR held !~ ('^v1\.(shopper|analyst)\.[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}'
        '\.[A-Za-z0-9_-]{0,200}\.[0-9]{1,12}\.[0-9a-f]{64}$') THEN
        RETURN NULL;
    END IF;
    parts := string_to_array(held, '.');
    signed := convert_to(array_to_string(parts[1:5], '.'), 'UTF8');
    IF parts[2] <> kind
        OR parts[5]::bigint <= extract(epoch FROM clock_timestamp())
        OR NOT EXISTS (
            SELECT FROM backshop.capability_keys AS keys
            WHERE (keys.valid_until IS NULL OR keys.valid_until > clock_timestamp())
                AND sha256(sha256(keys.outer_key || sha256(keys.inner_key || signed)))
                    = sha256(decode(parts[6], 'hex'))
        ) THEN
        RETURN NULL;
    END IF;
    RETURN parts[3:4];
END
$$;

CREATE FUNCTION backshop.analyst_store_id() RETURNS uuid
LANGUAGE sql STABLE SECURITY DEFINER PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
RETURN (backshop.capability('analyst'))[1]::uuid;

CREATE FUNCTION backshop.shopper_store_id() RETURNS uuid
LANGUAGE sql STABLE SECURITY DEFINER PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
RETURN (backshop.capability('shopper'))[1]::uuid;

CREATE FUNCTION backshop.shopper_phone() RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    subject text := translate((backshop.capability('shopper'))[2], '-_', '+/');
BEGIN
    RETURN nullif(convert_from(
        decode(rpad(subject, (length(subject) + 3) / 4 * 4, '='), 'base64'), 'UTF8'), '');
END
$$;

GRANT EXECUTE ON FUNCTION backshop.analyst_store_id() TO backshop_analyst;
GRANT EXECUTE ON FUNCTION backshop.shopper_store_id(), backshop.shopper_phone() TO backshop_shopper;
