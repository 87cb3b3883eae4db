-- Phone check, delivery tracking and supplier batches.

CREATE TABLE kits.customers (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    store_id uuid NOT NULL REFERENCES backshop.stores (id),
    vendure_customer_id varchar(100),
    email varchar(255),
    -- 947xxxxxxxx: the customer's current phone. An order belongs to the phone given with it.
    phone_number varchar(20),
    phone_verified boolean NOT NULL DEFAULT false,
    total_orders integer NOT NULL DEFAULT 0,
    total_spent numeric(19, 4) NOT NULL DEFAULT 0,
    last_order_date timestamptz,
    marketing_consent boolean NOT NULL DEFAULT false,
    -- Whether the shop ever told it: where it did not, false is no refusal.
    consent_told boolean NOT NULL DEFAULT false,
    custom_fields jsonb NOT NULL DEFAULT '{}',
    first_name varchar(100),
    last_name varchar(100),
    -- Of total_spent: that of the latest order, whose orders alone it adds up.
    currency varchar(3),
    -- What was spent in each currency, {"LKR": 12000.00, "USD": 40.00}.
    spent_by_currency jsonb NOT NULL DEFAULT '{}',
    is_active boolean NOT NULL DEFAULT true,
    -- The address as Vendure has it. Where several customers share one (an account that was
    -- deleted and made anew), `email` is with the last of them alone.
    given_email varchar(255),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (store_id, id),
    UNIQUE (store_id, vendure_customer_id),
    UNIQUE (store_id, email)
);
CREATE INDEX idx_kits_customers_phone ON kits.customers (store_id, phone_number);
CREATE INDEX idx_kits_customers_given_email ON kits.customers (store_id, given_email);
CREATE INDEX idx_kits_customers_active ON kits.customers (store_id, is_active);
SELECT backshop.protect('kits.customers');

CREATE TABLE kits.customer_addresses (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    store_id uuid NOT NULL,
    customer_id uuid NOT NULL,
    vendure_address_id varchar(100),
    address_type varchar(20) NOT NULL DEFAULT 'both'
        CHECK (address_type IN ('shipping', 'billing', 'both')),
    is_default boolean NOT NULL DEFAULT false,
    full_name varchar(255),
    company varchar(255),
    street_line1 varchar(255),
    street_line2 varchar(255),
    city varchar(100),
    province varchar(100),
    postal_code varchar(20),
    country_code varchar(2),
    phone_number varchar(50),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (store_id, id),
    UNIQUE (store_id, vendure_address_id),
    FOREIGN KEY (store_id, customer_id) REFERENCES kits.customers (store_id, id)
);
CREATE INDEX idx_customer_addresses_customer ON kits.customer_addresses (store_id, customer_id);
SELECT backshop.protect('kits.customer_addresses');

CREATE TABLE kits.import_batches (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    store_id uuid NOT NULL REFERENCES backshop.stores (id),
    batch_number varchar(20) NOT NULL,
    status varchar(50) NOT NULL DEFAULT 'collecting' CHECK (status IN (
        'collecting', 'orderedFromSupplier', 'inTransit', 'arrived', 'dispatched', 'completed'
    )),
    target_order_count integer NOT NULL DEFAULT 20 CHECK (target_order_count > 0),
    order_count integer NOT NULL DEFAULT 0 CHECK (order_count >= 0),
    notes text,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    -- Takes new orders by itself while it collects.
    auto_assign boolean NOT NULL DEFAULT false,
    PRIMARY KEY (store_id, id),
    UNIQUE (store_id, batch_number)
);
CREATE INDEX idx_import_batches_status ON kits.import_batches (store_id, status);
CREATE UNIQUE INDEX idx_import_batches_auto ON kits.import_batches (store_id)
WHERE auto_assign AND status = 'collecting';
SELECT backshop.protect('kits.import_batches');

-- The last batch number of each day; see generate_batch_number().
CREATE TABLE kits.batch_number_counters (
    store_id uuid NOT NULL REFERENCES backshop.stores (id),
    day date NOT NULL,
    last_number integer NOT NULL,
    PRIMARY KEY (store_id, day)
);
SELECT backshop.protect('kits.batch_number_counters');

CREATE TABLE kits.customer_orders_summary (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    store_id uuid NOT NULL REFERENCES backshop.stores (id),
    customer_id uuid,
    vendure_order_id varchar(100) NOT NULL,
    order_code varchar(100) NOT NULL,
    order_date timestamptz NOT NULL,
    delivery_stage varchar(20) NOT NULL DEFAULT 'ORDER_CONFIRMED' CHECK (delivery_stage IN (
        'ORDER_CONFIRMED', 'SOURCING', 'ARRIVED', 'DISPATCHED', 'DELIVERED'
    )),
    payment_method varchar(100),
    total_with_tax numeric(19, 4) NOT NULL,
    currency varchar(3) NOT NULL,
    refunded_amount numeric(19, 4) NOT NULL DEFAULT 0,
    batch_id uuid,
    tracking_number varchar(100),
    -- 947xxxxxxxx: the phone given WITH the order, which may follow it. A guest checkout
    -- overwrites the customer's phone, never this one.
    phone_number varchar(20),
    -- Whose word that is: 'order', what was given with it; 'customer', the customer's phone, where
    -- nobody can have changed it since. The order's own word takes its place when it is known.
    phone_source varchar(10) CHECK (phone_source IN ('order', 'customer')),
    -- Vendure's word for where the order stands.
    state varchar(50),
    is_cancelled boolean NOT NULL DEFAULT false,
    -- Whom Vendure names, known here or not: completes customer_id when they come.
    vendure_customer_id varchar(100),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    -- Whether the shopper agreed to an SMS at each stage of this order.
    sms_updates boolean NOT NULL DEFAULT false,
    -- Staff took the order out of a batch: no batch takes it by itself again.
    keep_unbatched boolean NOT NULL DEFAULT false,
    PRIMARY KEY (store_id, id),
    UNIQUE (store_id, vendure_order_id),
    UNIQUE (store_id, order_code),
    FOREIGN KEY (store_id, customer_id) REFERENCES kits.customers (store_id, id),
    FOREIGN KEY (store_id, batch_id) REFERENCES kits.import_batches (store_id, id)
);
CREATE INDEX idx_orders_summary_customer ON kits.customer_orders_summary (store_id, customer_id);
CREATE INDEX idx_orders_summary_unlinked
ON kits.customer_orders_summary (store_id, vendure_customer_id) WHERE customer_id IS NULL;
CREATE INDEX idx_orders_summary_date ON kits.customer_orders_summary (store_id, order_date);
CREATE INDEX idx_orders_summary_stage ON kits.customer_orders_summary (store_id, delivery_stage);
CREATE INDEX idx_orders_summary_batch ON kits.customer_orders_summary (store_id, batch_id);
CREATE INDEX idx_orders_summary_phone ON kits.customer_orders_summary (store_id, phone_number);
SELECT backshop.protect('kits.customer_orders_summary');

CREATE TABLE kits.customer_order_items (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    store_id uuid NOT NULL,
    order_summary_id uuid NOT NULL,
    vendure_line_id varchar(100) NOT NULL,
    product_sku varchar(100),
    variant_sku varchar(100),
    product_name varchar(500),
    variant_name varchar(500),
    quantity integer NOT NULL DEFAULT 1,
    unit_price_with_tax numeric(19, 4) NOT NULL,
    currency varchar(3) NOT NULL,
    patch_enabled boolean NOT NULL DEFAULT false,
    patch_type varchar(100),
    print_name varchar(100),
    print_number varchar(20),
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (store_id, id),
    UNIQUE (store_id, order_summary_id, vendure_line_id),
    FOREIGN KEY (store_id, order_summary_id)
        REFERENCES kits.customer_orders_summary (store_id, id)
);
SELECT backshop.protect('kits.customer_order_items');

CREATE TABLE kits.order_batch_assignments (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    store_id uuid NOT NULL,
    vendure_order_id varchar(100) NOT NULL,
    batch_id uuid NOT NULL,
    assigned_at timestamptz NOT NULL DEFAULT now(),
    assigned_by varchar(255),
    PRIMARY KEY (store_id, id),
    -- An order is in one batch only.
    UNIQUE (store_id, vendure_order_id),
    FOREIGN KEY (store_id, batch_id) REFERENCES kits.import_batches (store_id, id)
);
CREATE INDEX idx_batch_assignments_batch ON kits.order_batch_assignments (store_id, batch_id);
SELECT backshop.protect('kits.order_batch_assignments');

-- What an order that was cancelled or deleted comes back to: the batch that it was in and how far
-- that was then. Of one that was deleted also what staff and shopper chose, which its row has else.
CREATE TABLE kits.order_places (
    store_id uuid NOT NULL REFERENCES backshop.stores (id),
    vendure_order_id varchar(100) NOT NULL,
    batch_id uuid,
    batch_status varchar(30),
    assigned_at timestamptz,
    assigned_by varchar(255),
    keep_unbatched boolean NOT NULL DEFAULT false,
    sms_updates boolean NOT NULL DEFAULT false,
    PRIMARY KEY (store_id, vendure_order_id),
    FOREIGN KEY (store_id, batch_id) REFERENCES kits.import_batches (store_id, id)
);
CREATE INDEX idx_order_places_batch ON kits.order_places (store_id, batch_id);
SELECT backshop.protect('kits.order_places');

CREATE TABLE kits.supplier_purchase_lists (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    store_id uuid NOT NULL,
    batch_id uuid NOT NULL,
    product_sku varchar(100),
    variant_sku varchar(100),
    product_name varchar(500),
    variant_name varchar(500),
    quantity integer NOT NULL CHECK (quantity > 0),
    patch_enabled boolean NOT NULL DEFAULT false,
    patch_type varchar(100),
    print_name varchar(100),
    print_number varchar(20),
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (store_id, id),
    UNIQUE NULLS NOT DISTINCT (
        store_id, batch_id, product_sku, variant_sku, patch_enabled, patch_type, print_name,
        print_number
    ),
    FOREIGN KEY (store_id, batch_id) REFERENCES kits.import_batches (store_id, id)
);
SELECT backshop.protect('kits.supplier_purchase_lists');

CREATE TABLE kits.order_delivery_status (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    store_id uuid NOT NULL REFERENCES backshop.stores (id),
    order_code varchar(100) NOT NULL,
    stage varchar(20) NOT NULL DEFAULT 'ORDER_CONFIRMED' CHECK (stage IN (
        'ORDER_CONFIRMED', 'SOURCING', 'ARRIVED', 'DISPATCHED', 'DELIVERED'
    )),
    tracking_number varchar(100),
    note text,
    updated_by varchar(255),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    -- The sequence of the event that made it so.
    version integer NOT NULL DEFAULT 1,
    -- What the platform was last known to hold: ours differs while a change is under way to it.
    platform_stage varchar(20),
    platform_tracking_number varchar(100),
    -- The platform lost our change, or does not know it yet; outbox_sweep sends it.
    to_repair boolean NOT NULL DEFAULT false,
    -- The shopper agreed to be told and has not been told of this version; outbox_sweep tells them.
    to_tell boolean NOT NULL DEFAULT false,
    -- The version that an SMS was last handed over for.
    told_version integer NOT NULL DEFAULT 0,
    PRIMARY KEY (store_id, id),
    UNIQUE (store_id, order_code)
);
CREATE INDEX idx_delivery_status_stage ON kits.order_delivery_status (store_id, stage);
-- The orders that moved last, from which is learnt when one will come.
CREATE INDEX idx_delivery_status_moved ON kits.order_delivery_status (store_id, updated_at);
CREATE INDEX idx_delivery_status_follow_up ON kits.order_delivery_status (store_id, order_code)
WHERE to_repair OR to_tell;
SELECT backshop.protect('kits.order_delivery_status');

CREATE TABLE kits.order_delivery_status_events (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    store_id uuid NOT NULL,
    order_code varchar(100) NOT NULL,
    -- 1, 2, 3, … within its order, without gaps.
    sequence integer NOT NULL CHECK (sequence > 0),
    stage varchar(20) NOT NULL CHECK (stage IN (
        'ORDER_CONFIRMED', 'SOURCING', 'ARRIVED', 'DISPATCHED', 'DELIVERED'
    )),
    tracking_number varchar(100),
    note text,
    updated_by varchar(255),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (store_id, id),
    UNIQUE (store_id, order_code, sequence),
    FOREIGN KEY (store_id, order_code)
        REFERENCES kits.order_delivery_status (store_id, order_code)
);
SELECT backshop.protect('kits.order_delivery_status_events');

-- How long nine of ten of a store's orders are at a stage, as learnt every hour from those that moved
-- last; none where there is too little to learn from.
CREATE TABLE kits.usual_waits (
    store_id uuid NOT NULL REFERENCES backshop.stores (id),
    stage varchar(20) NOT NULL CHECK (stage IN (
        'ORDER_CONFIRMED', 'SOURCING', 'ARRIVED', 'DISPATCHED'
    )),
    seconds bigint NOT NULL CHECK (seconds >= 0),
    PRIMARY KEY (store_id, stage)
);
SELECT backshop.protect('kits.usual_waits');

-- Orders of the last half year that have been at their stage for longer than that. What came with a
-- first sync, and nobody ever moves again, does not stay in it for good.
CREATE VIEW kits.late_orders WITH (security_invoker = true) AS
SELECT o.store_id, o.vendure_order_id, w.stage, at.since,
    at.since + make_interval(secs => w.seconds) AS usual_by
FROM kits.usual_waits AS w
INNER JOIN kits.order_delivery_status AS s ON w.store_id = s.store_id AND w.stage = s.stage
INNER JOIN kits.customer_orders_summary AS o
    ON s.store_id = o.store_id AND s.order_code = o.order_code
CROSS JOIN LATERAL (
    SELECT CASE WHEN s.stage = 'ORDER_CONFIRMED' THEN o.order_date ELSE (
        SELECT min(e.updated_at) FROM kits.order_delivery_status_events AS e
        WHERE e.store_id = s.store_id AND e.order_code = s.order_code AND e.sequence > coalesce((
            SELECT max(b.sequence) FROM kits.order_delivery_status_events AS b
            WHERE b.store_id = s.store_id AND b.order_code = s.order_code AND b.stage <> s.stage
        ), 0)
    ) END AS since
) AS at
WHERE NOT o.is_cancelled AND o.order_date > now() - interval '180 days'
    AND at.since < now() - make_interval(secs => w.seconds);
GRANT SELECT ON kits.late_orders TO backshop_service;

CREATE TABLE kits.otp_sessions (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    store_id uuid NOT NULL REFERENCES backshop.stores (id),
    phone varchar(20) NOT NULL,
    otp_hash varchar(255) NOT NULL,
    session_id varchar(100) NOT NULL,
    verified boolean NOT NULL DEFAULT false,
    attempts integer NOT NULL DEFAULT 0,
    expires_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (store_id, id),
    UNIQUE (store_id, session_id)
);
CREATE INDEX idx_otp_sessions_phone ON kits.otp_sessions (store_id, phone);
CREATE INDEX idx_otp_sessions_expires ON kits.otp_sessions (store_id, expires_at);
SELECT backshop.protect('kits.otp_sessions');

-- Phones that were verified, for the customers who arrive with them, or change to them, later.
CREATE TABLE kits.verified_phones (
    store_id uuid NOT NULL REFERENCES backshop.stores (id),
    phone varchar(20) NOT NULL,
    verified_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (store_id, phone)
);
SELECT backshop.protect('kits.verified_phones');

-- What shoppers who proved a phone say of themselves. Their word on news outweighs the shop's.
CREATE TABLE kits.shoppers (
    store_id uuid NOT NULL REFERENCES backshop.stores (id),
    phone varchar(20) NOT NULL,
    name varchar(200),
    news boolean,
    news_told_at timestamptz,
    PRIMARY KEY (store_id, phone)
);
SELECT backshop.protect('kits.shoppers');

-- What was taken of each limit on sending codes: by phone, by network address, by number prefix
-- (whose row is only locked: what counts there are the phones of other rows).
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
CREATE INDEX idx_otp_limits_phone ON kits.otp_limits (key) WHERE scope = 'phone';
SELECT backshop.protect('kits.otp_limits');

-- How many codes a store had sent on a day (UTC), for its budget and for staff to see.
CREATE TABLE kits.otp_spending (
    store_id uuid NOT NULL REFERENCES backshop.stores (id),
    day date NOT NULL,
    sends integer NOT NULL CHECK (sends >= 0),
    PRIMARY KEY (store_id, day)
);
SELECT backshop.protect('kits.otp_spending');

-- What all stores share: a phone that several stores send to, as the hash of its number, and how
-- many codes went out on a day. Reached by the functions of kits alone.
CREATE TABLE kits.otp_phones (
    phone_hash bytea PRIMARY KEY,
    last_taken timestamptz NOT NULL
);
CREATE TABLE kits.otp_days (
    day date PRIMARY KEY,
    sends integer NOT NULL CHECK (sends >= 0)
);
ALTER TABLE kits.otp_phones ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY owner_all ON kits.otp_phones TO backshop_owner USING (true) WITH CHECK (true);
ALTER TABLE kits.otp_days ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY owner_all ON kits.otp_days TO backshop_owner USING (true) WITH CHECK (true);

CREATE TABLE kits.order_tracking (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    store_id uuid NOT NULL REFERENCES backshop.stores (id),
    vendure_order_id varchar(100) NOT NULL,
    tracking_number varchar(100),
    -- The store's courier at the time, where it names one.
    carrier varchar(100),
    status varchar(20) NOT NULL DEFAULT 'pending' CHECK (status IN (
        'pending', 'confirmed', 'processing', 'shipped', 'delivered'
    )),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (store_id, id),
    UNIQUE (store_id, vendure_order_id)
);
SELECT backshop.protect('kits.order_tracking');

CREATE TRIGGER touch_updated_at BEFORE UPDATE ON kits.customers
FOR EACH ROW EXECUTE FUNCTION backshop.touch_updated_at();
CREATE TRIGGER touch_updated_at BEFORE UPDATE ON kits.customer_addresses
FOR EACH ROW EXECUTE FUNCTION backshop.touch_updated_at();
CREATE TRIGGER touch_updated_at BEFORE UPDATE ON kits.import_batches
FOR EACH ROW EXECUTE FUNCTION backshop.touch_updated_at();
CREATE TRIGGER touch_updated_at BEFORE UPDATE ON kits.customer_orders_summary
FOR EACH ROW EXECUTE FUNCTION backshop.touch_updated_at();
CREATE TRIGGER touch_updated_at BEFORE UPDATE ON kits.order_tracking
FOR EACH ROW EXECUTE FUNCTION backshop.touch_updated_at();
