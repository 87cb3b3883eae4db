-- Catalogue, customers and orders of every platform, and what staff and shop do about them.

CREATE TABLE connect.connector_config (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid() REFERENCES backshop.stores (id),
    store_id uuid NOT NULL CHECK (store_id = id),
    platform varchar(50) NOT NULL CHECK (platform IN ('shopify', 'woocommerce', 'vendure')),
    -- Ciphertext: tied to this row by its encryption context, and longer than what it hides.
    api_key text NOT NULL,
    secret text NOT NULL,
    store_url varchar(255) NOT NULL,
    sync_interval integer NOT NULL DEFAULT 300 CHECK (sync_interval > 0),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    webhook_secret text,
    -- Accepted beside the new one while a rotation lasts.
    webhook_secret_previous text,
    webhook_secret_previous_until timestamptz,
    status varchar(20) NOT NULL DEFAULT 'active'
        CHECK (status IN ('active', 'uninstalled', 'erased')),
    -- When the present credentials were given: an uninstall that is older is not about them.
    connected_at timestamptz NOT NULL DEFAULT now(),
    -- The shop's name at its platform, which its deliveries are held to: Shopify's shops of one app
    -- share the secret that signs them. NULL where the platform has no such name, or told none yet.
    shop_domain varchar(255),
    -- The platform asked to erase the shop while it was connected here, which staff have to look at.
    erasure_asked_at timestamptz,
    -- Staff paused the shop then: nothing is read there or written to it until they resume it. What it
    -- sends is taken as ever.
    paused_at timestamptz
);
-- Shopify's API answers at the shop's name, so that an address tells it before the shop is asked; an
-- address that does not is another shop's, or a stand-in's on a laptop, which tells it when asked.
CREATE FUNCTION connect.take_shop_domain() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    IF NEW.platform = 'shopify' THEN
        NEW.shop_domain := coalesce(
            substring(lower(NEW.store_url) FROM '^https://([a-z0-9][a-z0-9-]*[.]myshopify[.]com)/?$'),
            NEW.shop_domain
        );
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER take_shop_domain BEFORE INSERT OR UPDATE OF store_url ON connect.connector_config
FOR EACH ROW EXECUTE FUNCTION connect.take_shop_domain();
CREATE INDEX idx_connector_config_domain ON connect.connector_config (shop_domain);
SELECT backshop.protect('connect.connector_config');

-- The stores of a shop, whichever there are: who takes a delivery knows only the shop's name, and
-- sees nothing of a store before one of its secrets has verified the signature.
CREATE FUNCTION connect.stores_of_shop(domain text) RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT c.id FROM connect.connector_config AS c WHERE c.shop_domain = lower(domain) ORDER BY c.id;
END;
GRANT EXECUTE ON FUNCTION connect.stores_of_shop(text) TO backshop_service;
CREATE TRIGGER touch_updated_at BEFORE UPDATE ON connect.connector_config
FOR EACH ROW EXECUTE FUNCTION backshop.touch_updated_at();

CREATE TABLE connect.platform_product (
    store_id uuid NOT NULL REFERENCES backshop.stores (id) NOT ENFORCED,
    -- One row a variant; one without a SKU is called <platform>:<variant id>.
    sku varchar(100) NOT NULL,
    platform varchar(50) NOT NULL CHECK (platform IN ('shopify', 'woocommerce', 'vendure')),
    title varchar(255) NOT NULL,
    description text,
    metadata jsonb,
    price numeric(19, 4) NOT NULL,
    available boolean NOT NULL DEFAULT true,
    synced_at timestamptz,
    currency varchar(10),
    product_id varchar(100),
    variant_id varchar(100),
    variant_title varchar(255),
    product_type varchar(255),
    tags text[] NOT NULL DEFAULT '{}',
    status varchar(50),
    stock_quantity integer,
    modified_at timestamptz,
    -- The shop's own SKU. Where several variants share one, the first of them is filed under it
    -- and the others under <platform>:<variant id>.
    given_sku varchar(100),
    PRIMARY KEY (store_id, sku, platform)
);
CREATE INDEX idx_platform_product_available ON connect.platform_product (store_id, available);
CREATE INDEX idx_platform_product_given_sku
ON connect.platform_product (store_id, platform, given_sku);
CREATE UNIQUE INDEX idx_platform_product_product
ON connect.platform_product (store_id, platform, product_id, variant_id);
SELECT backshop.protect('connect.platform_product');
SELECT backshop.check_as_sets('connect.platform_product');

-- Consents with those that were told now: a channel that is not told of keeps what it has, and
-- where the shop does not say since when, it is since the change was first seen.
CREATE FUNCTION connect.with_consents(held jsonb, told jsonb, seen_at timestamptz) RETURNS jsonb
LANGUAGE sql STABLE PARALLEL SAFE
RETURN held || coalesce((
    SELECT jsonb_object_agg(t.channel, CASE
        WHEN (held -> t.channel ->> 'at')::timestamptz > (t.said ->> 'at')::timestamptz
            THEN held -> t.channel
        WHEN t.said ->> 'at' IS NOT NULL THEN t.said
        WHEN held -> t.channel -> 'given' = t.said -> 'given' THEN held -> t.channel
        ELSE t.said || jsonb_build_object('at', seen_at)
    END)
    FROM jsonb_each(told) AS t (channel, said)
), '{}');
GRANT EXECUTE ON FUNCTION connect.with_consents(jsonb, jsonb, timestamptz) TO backshop_service;

CREATE TABLE connect.platform_customer (
    store_id uuid NOT NULL REFERENCES backshop.stores (id) NOT ENFORCED,
    customer_id varchar(100) NOT NULL,
    platform varchar(50) NOT NULL CHECK (platform IN ('shopify', 'woocommerce', 'vendure')),
    -- '' where the platform knows only a phone.
    email varchar(255) NOT NULL,
    name varchar(255),
    metadata jsonb,
    synced_at timestamptz,
    phone varchar(50),
    modified_at timestamptz,
    -- Whether they agreed to marketing, by channel: {"email": {"given", "source", "at"}, "sms": …}.
    -- A channel that is missing was never told of.
    consents jsonb NOT NULL DEFAULT '{}',
    PRIMARY KEY (store_id, customer_id, platform)
);
CREATE INDEX idx_platform_customer_email ON connect.platform_customer (store_id, email);
SELECT backshop.protect('connect.platform_customer');
SELECT backshop.check_as_sets('connect.platform_customer');

CREATE TABLE connect.platform_order (
    store_id uuid NOT NULL REFERENCES backshop.stores (id) NOT ENFORCED,
    order_id varchar(100) NOT NULL,
    platform varchar(50) NOT NULL CHECK (platform IN ('shopify', 'woocommerce', 'vendure')),
    -- NULL for a guest.
    customer_id varchar(100),
    status varchar(50) NOT NULL,
    total_amount numeric(19, 4) NOT NULL,
    currency varchar(10) NOT NULL,
    line_items jsonb NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    synced_at timestamptz,
    -- The number or code that shopper and staff call it by.
    code varchar(100),
    -- How a guest is found again for erasure: SHA-256 of the lower-cased address, in hex.
    email_hash varchar(64),
    phone varchar(50),
    is_cancelled boolean NOT NULL DEFAULT false,
    -- Until it leaves 'none', the address may be corrected.
    fulfilment_status varchar(20) NOT NULL DEFAULT 'none'
        CHECK (fulfilment_status IN ('none', 'partial', 'fulfilled', 'delivered')),
    shipping_address jsonb,
    shipping_amount numeric(19, 4) NOT NULL DEFAULT 0,
    tax_amount numeric(19, 4) NOT NULL DEFAULT 0,
    refunded_amount numeric(19, 4) NOT NULL DEFAULT 0,
    refunded_shipping_amount numeric(19, 4) NOT NULL DEFAULT 0,
    -- [{id, amount, state}]: what a refund is paid back through.
    payments jsonb NOT NULL DEFAULT '[]',
    modified_at timestamptz,
    -- Whom the platform names, known here or not: completes customer_id when they come.
    external_customer_id varchar(100),
    PRIMARY KEY (store_id, order_id, platform),
    FOREIGN KEY (store_id, customer_id, platform)
        REFERENCES connect.platform_customer (store_id, customer_id, platform) NOT ENFORCED
);
CREATE INDEX idx_platform_order_customer
ON connect.platform_order (store_id, customer_id, platform);
CREATE INDEX idx_platform_order_unlinked
ON connect.platform_order (store_id, external_customer_id, platform) WHERE customer_id IS NULL;
-- Lists are newest first; staff look an order up by its code, and a guest by their address.
CREATE INDEX idx_platform_order_created
ON connect.platform_order (store_id, created_at DESC, order_id DESC);
CREATE INDEX idx_platform_order_code ON connect.platform_order (store_id, code);
CREATE INDEX idx_platform_order_email ON connect.platform_order (store_id, email_hash);
SELECT backshop.protect('connect.platform_order');
SELECT backshop.check_as_sets('connect.platform_order');

CREATE TABLE connect.order_item (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    store_id uuid NOT NULL,
    order_id varchar(100) NOT NULL,
    platform varchar(50) NOT NULL CHECK (platform IN ('shopify', 'woocommerce', 'vendure')),
    sku varchar(100),
    quantity integer NOT NULL DEFAULT 1,
    price numeric(19, 4) NOT NULL,
    -- The platform's id of the line, which refunds name.
    line_id varchar(100) NOT NULL,
    product_id varchar(100),
    variant_id varchar(100),
    name varchar(500),
    -- After discounts, without tax.
    total numeric(19, 4),
    tax numeric(19, 4),
    refunded_quantity integer NOT NULL DEFAULT 0,
    PRIMARY KEY (store_id, id),
    FOREIGN KEY (store_id, order_id, platform)
        REFERENCES connect.platform_order (store_id, order_id, platform) NOT ENFORCED,
    UNIQUE (store_id, order_id, platform, line_id)
);
SELECT backshop.protect('connect.order_item');
SELECT backshop.check_as_sets('connect.order_item');

CREATE TABLE connect.refund_request (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    store_id uuid NOT NULL,
    order_id varchar(100) NOT NULL,
    platform varchar(50) NOT NULL CHECK (platform IN ('shopify', 'woocommerce', 'vendure')),
    status varchar(50) NOT NULL CHECK (status IN ('pending', 'processed', 'failed')),
    response jsonb,
    requested_at timestamptz NOT NULL DEFAULT now(),
    amount numeric(19, 4) CHECK (amount > 0),
    currency varchar(10),
    -- [{line_id, quantity}]; empty for a refund by amount.
    lines jsonb NOT NULL DEFAULT '[]',
    reason text,
    restock boolean NOT NULL DEFAULT false,
    idempotency_key varchar(255),
    requested_by varchar(255),
    platform_refund_id varchar(100),
    finished_at timestamptz,
    -- The row of backshop.outbox that does it.
    outbox_id bigint,
    -- Written down at the platform only; somebody pays it out (WooCommerce).
    manual boolean NOT NULL DEFAULT false,
    PRIMARY KEY (store_id, id),
    FOREIGN KEY (store_id, order_id, platform)
        REFERENCES connect.platform_order (store_id, order_id, platform),
    UNIQUE (store_id, order_id, platform, idempotency_key)
);
CREATE INDEX idx_refund_request_status ON connect.refund_request (store_id, status);
-- Lists are newest first, a page at a time.
CREATE INDEX idx_refund_request_requested
ON connect.refund_request (store_id, requested_at DESC, id DESC);
SELECT backshop.protect('connect.refund_request');

CREATE TABLE connect.address_update_request (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    store_id uuid NOT NULL,
    order_id varchar(100) NOT NULL,
    platform varchar(50) NOT NULL CHECK (platform IN ('shopify', 'woocommerce', 'vendure')),
    new_address jsonb NOT NULL,
    status varchar(50) NOT NULL CHECK (status IN ('pending', 'updated', 'failed')),
    response jsonb,
    requested_at timestamptz NOT NULL DEFAULT now(),
    idempotency_key varchar(255),
    requested_by varchar(255),
    finished_at timestamptz,
    outbox_id bigint,
    -- Where the order is taken back to after its change (Vendure's round trip through Modifying).
    state_before varchar(50),
    PRIMARY KEY (store_id, id),
    FOREIGN KEY (store_id, order_id, platform)
        REFERENCES connect.platform_order (store_id, order_id, platform),
    UNIQUE (store_id, order_id, platform, idempotency_key)
);
CREATE INDEX idx_address_update_request_status
ON connect.address_update_request (store_id, status);
CREATE INDEX idx_address_update_request_requested
ON connect.address_update_request (store_id, requested_at DESC, id DESC);
-- A pending one blocks its order's money, and an address waits for those before it.
CREATE INDEX idx_address_update_request_order
ON connect.address_update_request (store_id, order_id, platform, requested_at);
SELECT backshop.protect('connect.address_update_request');

CREATE TABLE connect.recommendation_log (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    store_id uuid NOT NULL REFERENCES backshop.stores (id),
    customer_id varchar(100),
    platform varchar(50) CHECK (platform IN ('shopify', 'woocommerce', 'vendure')),
    recommendations text[] NOT NULL,
    confidence numeric(5, 2),
    requested_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (store_id, id),
    FOREIGN KEY (store_id, customer_id, platform)
        REFERENCES connect.platform_customer (store_id, customer_id, platform)
);
CREATE INDEX idx_recommendation_log_customer
ON connect.recommendation_log (store_id, customer_id, platform);
CREATE INDEX idx_recommendation_log_requested
ON connect.recommendation_log (store_id, requested_at);
SELECT backshop.protect('connect.recommendation_log');

-- What recommendations are served from: one active model a store, and what sells at present for
-- customers of whom nothing is known.

CREATE TABLE connect.recommendation_model (
    store_id uuid NOT NULL REFERENCES backshop.stores (id),
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    -- A rejected one did not beat popularity on held-out orders; a replaced one was active before.
    status varchar(20) NOT NULL CHECK (status IN ('active', 'replaced', 'rejected')),
    scores jsonb NOT NULL,
    -- Weights and calibration of the two lists.
    blends jsonb NOT NULL,
    items integer NOT NULL,
    -- As of this day (UTC) sales count in the trends, three rows of float32 a model: one an item.
    day date NOT NULL,
    trend bytea NOT NULL,
    trained_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (store_id, id)
);
CREATE UNIQUE INDEX idx_recommendation_model_active
ON connect.recommendation_model (store_id) WHERE status = 'active';
CREATE INDEX idx_recommendation_model_trained
ON connect.recommendation_model (store_id, trained_at);
SELECT backshop.protect('connect.recommendation_model');

-- The items of the active model by their number, each with its neighbours' numbers (int32) and
-- weights (float32), little-endian.
CREATE TABLE connect.recommendation_item (
    store_id uuid NOT NULL,
    model_id uuid NOT NULL,
    item integer NOT NULL,
    sku varchar(100) NOT NULL,
    neighbours bytea NOT NULL,
    weights bytea NOT NULL,
    PRIMARY KEY (store_id, model_id, item),
    FOREIGN KEY (store_id, model_id)
        REFERENCES connect.recommendation_model (store_id, id) ON DELETE CASCADE,
    UNIQUE (store_id, model_id, sku)
);
-- Numbers do not compress; plain storage is read faster.
ALTER TABLE connect.recommendation_item ALTER COLUMN neighbours SET STORAGE EXTERNAL;
ALTER TABLE connect.recommendation_item ALTER COLUMN weights SET STORAGE EXTERNAL;
SELECT backshop.protect('connect.recommendation_item');

-- The share of recent orders with each of the best sellers.
CREATE TABLE connect.recommendation_popular (
    store_id uuid NOT NULL REFERENCES backshop.stores (id),
    sku varchar(100) NOT NULL,
    probability real NOT NULL,
    counted_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (store_id, sku)
);
SELECT backshop.protect('connect.recommendation_popular');

CREATE TABLE connect.try_on_session (
    session_id uuid NOT NULL DEFAULT gen_random_uuid(),
    store_id uuid NOT NULL REFERENCES backshop.stores (id),
    customer_id varchar(100),
    platform varchar(50) CHECK (platform IN ('shopify', 'woocommerce', 'vendure')),
    selfie_url text NOT NULL,
    status varchar(50) NOT NULL DEFAULT 'created'
        CHECK (status IN ('created', 'in_progress', 'complete', 'failed')),
    created_at timestamptz NOT NULL DEFAULT now(),
    skus text[] NOT NULL DEFAULT '{}',
    consented_at timestamptz,
    -- Which text they agreed to.
    consent_version varchar(40),
    -- By SKU, failures included.
    results jsonb NOT NULL DEFAULT '{}',
    updated_at timestamptz NOT NULL DEFAULT now(),
    -- The foundation that the shopper confirmed as theirs, and what a shirt says.
    own_shade varchar(100),
    lettering jsonb NOT NULL DEFAULT '{}',
    -- What the selfie told: skin tone with its uncertainty, hints, and why it could not be used.
    reading jsonb,
    notes text[] NOT NULL DEFAULT '{}',
    reason text,
    -- Which invocation works on it and since when: a second delivery of the same upload stays out,
    -- a retry of the same invocation goes on.
    claimed_by varchar(100),
    claimed_at timestamptz,
    selfie_deleted_at timestamptz,
    -- Its customer was deleted or erased; a selfie is still theirs, and housekeeping erases it.
    is_orphaned boolean NOT NULL DEFAULT false,
    PRIMARY KEY (store_id, session_id),
    FOREIGN KEY (store_id, customer_id, platform)
        REFERENCES connect.platform_customer (store_id, customer_id, platform)
);
CREATE INDEX idx_try_on_session_customer
ON connect.try_on_session (store_id, customer_id, platform);
CREATE INDEX idx_try_on_session_created ON connect.try_on_session (store_id, created_at);
-- Housekeeping looks for what is due in all stores: sessions under way, selfies still there, and
-- sessions that lost their customer.
CREATE INDEX idx_try_on_session_open ON connect.try_on_session (created_at)
WHERE status IN ('created', 'in_progress');
CREATE INDEX idx_try_on_session_selfie ON connect.try_on_session (created_at)
WHERE selfie_deleted_at IS NULL;
CREATE INDEX idx_try_on_session_orphaned ON connect.try_on_session (created_at) WHERE is_orphaned;
SELECT backshop.protect('connect.try_on_session');
CREATE TRIGGER touch_updated_at BEFORE UPDATE ON connect.try_on_session
FOR EACH ROW EXECUTE FUNCTION backshop.touch_updated_at();

CREATE TABLE connect.try_on_overlay (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    store_id uuid NOT NULL,
    session_id uuid NOT NULL,
    sku varchar(100) NOT NULL,
    overlay_url text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (store_id, id),
    FOREIGN KEY (store_id, session_id) REFERENCES connect.try_on_session (store_id, session_id),
    UNIQUE (store_id, session_id, sku)
);
SELECT backshop.protect('connect.try_on_overlay');

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

-- When a customer is deleted or erased, their sessions lose them (projection.py) and are marked.
CREATE FUNCTION connect.orphan_try_on_session() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    NEW.is_orphaned := true;
    RETURN NEW;
END
$$;
CREATE TRIGGER orphan_try_on_session BEFORE UPDATE OF customer_id ON connect.try_on_session
FOR EACH ROW WHEN (OLD.customer_id IS NOT NULL AND NEW.customer_id IS NULL)
EXECUTE FUNCTION connect.orphan_try_on_session();
