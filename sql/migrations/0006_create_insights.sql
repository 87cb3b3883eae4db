-- Per-store analytics. Money is in the order's currency; times are UTC.
--
-- Beside the documented columns stands what the metrics need: refunds by their own date and line,
-- coupons by order, country, channel, and the stock and price of each variant. References between
-- records that may arrive in any order keep the platform's number beside the reference, so that
-- whichever comes second completes the other.

CREATE TABLE insights.stores (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid() REFERENCES backshop.stores (id),
    store_id uuid NOT NULL CHECK (store_id = id),
    store_url varchar(500) NOT NULL,
    api_key_hash varchar(255) NOT NULL,
    wc_version varchar(20),
    plan varchar(20) DEFAULT 'free' CHECK (plan IN ('free', 'starter', 'pro', 'agency')),
    connected_at timestamptz DEFAULT now(),
    last_sync_at timestamptz,
    settings jsonb DEFAULT '{}',
    is_active boolean DEFAULT true,
    -- What questions may know of the settings.
    name text GENERATED ALWAYS AS (settings ->> 'name') STORED,
    currency text GENERATED ALWAYS AS (settings ->> 'currency') STORED,
    time_zone text GENERATED ALWAYS AS (settings ->> 'time_zone') STORED,
    -- Not for questions: a Vendure server's shops have one URL, and each a channel of its own.
    channel text NOT NULL GENERATED ALWAYS AS (coalesce(settings ->> 'channel', '')) STORED,
    UNIQUE (store_url, channel)
);
SELECT backshop.protect('insights.stores');

CREATE TABLE insights.customers (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    store_id uuid NOT NULL REFERENCES insights.stores (id) NOT ENFORCED,
    -- Negative for a guest, of whom there is one per e-mail hash.
    wc_customer_id bigint NOT NULL,
    email_hash varchar(64),
    display_name varchar(255),
    -- What was paid and not given back, in `currency`, that of the latest order: amounts in other
    -- currencies are not added to it.
    total_spent numeric(19, 4) DEFAULT 0,
    order_count integer DEFAULT 0,
    first_order_date timestamptz,
    last_order_date timestamptz,
    created_at timestamptz,
    -- The platform's own id where it is no number.
    external_id varchar(100),
    country varchar(2),
    -- Of total_spent.
    currency varchar(3),
    PRIMARY KEY (store_id, id),
    CONSTRAINT idx_customers_store UNIQUE (store_id, wc_customer_id)
);
CREATE INDEX idx_customers_email_hash ON insights.customers (store_id, email_hash);
SELECT backshop.protect('insights.customers');
SELECT backshop.check_as_sets('insights.customers');

CREATE TABLE insights.categories (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    store_id uuid NOT NULL REFERENCES insights.stores (id) NOT ENFORCED,
    wc_category_id bigint NOT NULL,
    name varchar(255) NOT NULL,
    parent_id uuid,
    product_count integer DEFAULT 0,
    wc_parent_id bigint,
    external_id varchar(100),
    PRIMARY KEY (store_id, id),
    UNIQUE (store_id, wc_category_id),
    FOREIGN KEY (store_id, parent_id) REFERENCES insights.categories (store_id, id) NOT ENFORCED
);
CREATE INDEX idx_categories_parent ON insights.categories (store_id, parent_id);
CREATE INDEX idx_categories_wc_parent ON insights.categories (store_id, wc_parent_id);
SELECT backshop.protect('insights.categories');
SELECT backshop.check_as_sets('insights.categories');

CREATE TABLE insights.products (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    store_id uuid NOT NULL REFERENCES insights.stores (id) NOT ENFORCED,
    wc_product_id bigint NOT NULL,
    name varchar(500) NOT NULL,
    sku varchar(100),
    price numeric(19, 4),
    regular_price numeric(19, 4),
    sale_price numeric(19, 4),
    category_id uuid,
    category_name varchar(255),
    stock_quantity integer,
    stock_status varchar(50),
    status varchar(50) DEFAULT 'publish',
    type varchar(50) DEFAULT 'simple',
    created_at timestamptz,
    updated_at timestamptz,
    wc_category_id bigint,
    external_id varchar(100),
    currency varchar(3),
    PRIMARY KEY (store_id, id),
    CONSTRAINT idx_products_store UNIQUE (store_id, wc_product_id),
    FOREIGN KEY (store_id, category_id) REFERENCES insights.categories (store_id, id) NOT ENFORCED
);
CREATE INDEX idx_products_category ON insights.products (store_id, category_id);
CREATE INDEX idx_products_wc_category ON insights.products (store_id, wc_category_id);
CREATE INDEX idx_products_stock ON insights.products (store_id, stock_quantity)
WHERE stock_quantity IS NOT NULL;
SELECT backshop.protect('insights.products');
SELECT backshop.check_as_sets('insights.products');

-- What is in stock at which price: a product without variants has one row, with its own number.
CREATE TABLE insights.product_variants (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    store_id uuid NOT NULL,
    product_id uuid NOT NULL,
    wc_variation_id bigint NOT NULL,
    name varchar(500),
    sku varchar(100),
    price numeric(19, 4),
    regular_price numeric(19, 4),
    sale_price numeric(19, 4),
    stock_quantity integer,
    stock_status varchar(50),
    external_id varchar(100),
    PRIMARY KEY (store_id, id),
    UNIQUE (store_id, product_id, wc_variation_id),
    FOREIGN KEY (store_id, product_id)
        REFERENCES insights.products (store_id, id) ON DELETE CASCADE NOT ENFORCED
);
SELECT backshop.protect('insights.product_variants');
SELECT backshop.check_as_sets('insights.product_variants');

CREATE TABLE insights.orders (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    store_id uuid NOT NULL REFERENCES insights.stores (id) NOT ENFORCED,
    wc_order_id bigint NOT NULL,
    date_created timestamptz NOT NULL,
    date_modified timestamptz,
    status varchar(50) NOT NULL,
    -- What the shopper was asked to pay; refunds do not change it.
    total numeric(19, 4) NOT NULL,
    -- The lines before discounts, without tax.
    subtotal numeric(19, 4),
    -- All tax, that on shipping included.
    tax_total numeric(19, 4),
    -- Without tax.
    shipping_total numeric(19, 4),
    discount_total numeric(19, 4),
    currency varchar(3) DEFAULT 'USD',
    customer_id uuid,
    payment_method varchar(100),
    -- The first coupon; insights.order_coupons has them all.
    coupon_used varchar(100),
    external_id varchar(100),
    code varchar(100),
    country varchar(2),
    channel varchar(100),
    shipping_tax numeric(19, 4) NOT NULL DEFAULT 0,
    refunded_total numeric(19, 4) NOT NULL DEFAULT 0,
    date_paid timestamptz,
    is_guest boolean NOT NULL DEFAULT false,
    is_counted boolean NOT NULL DEFAULT true,
    is_cancelled boolean NOT NULL DEFAULT false,
    is_test boolean NOT NULL DEFAULT false,
    wc_customer_id bigint,
    -- As of when the order told all its refunds, where the platform lets refunds be deleted.
    refunds_listed_at timestamptz,
    PRIMARY KEY (store_id, id),
    UNIQUE (store_id, wc_order_id),
    FOREIGN KEY (store_id, customer_id) REFERENCES insights.customers (store_id, id) NOT ENFORCED
);
CREATE INDEX idx_orders_store_date ON insights.orders (store_id, date_created);
CREATE INDEX idx_orders_store_status ON insights.orders (store_id, status);
CREATE INDEX idx_orders_customer ON insights.orders (store_id, customer_id);
CREATE INDEX idx_orders_unlinked ON insights.orders (store_id, wc_customer_id)
WHERE customer_id IS NULL;
SELECT backshop.protect('insights.orders');
SELECT backshop.check_as_sets('insights.orders');

CREATE TABLE insights.order_items (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    order_id uuid NOT NULL,
    -- Not checked line by line: each refers to its order by (store_id, order_id), and the order
    -- refers to the store. Checking it as well cost a tenth of the saving of an order.
    store_id uuid NOT NULL REFERENCES insights.stores (id) NOT ENFORCED,
    product_id uuid,
    product_name varchar(500),
    sku varchar(100),
    quantity integer NOT NULL DEFAULT 1,
    -- Before discounts, without tax.
    subtotal numeric(19, 4),
    -- After discounts, without tax.
    total numeric(19, 4),
    line_id varchar(100) NOT NULL,
    wc_product_id bigint,
    wc_variation_id bigint,
    unit_price numeric(19, 4),
    discount numeric(19, 4) NOT NULL DEFAULT 0,
    tax numeric(19, 4) NOT NULL DEFAULT 0,
    refunded_quantity integer NOT NULL DEFAULT 0,
    refunded_total numeric(19, 4) NOT NULL DEFAULT 0,
    -- Where the quantity is a fraction, which the whole number above is rounded from.
    exact_quantity numeric(14, 4),
    PRIMARY KEY (store_id, id),
    CONSTRAINT idx_order_items_store UNIQUE (store_id, order_id, line_id),
    FOREIGN KEY (store_id, order_id)
        REFERENCES insights.orders (store_id, id) ON DELETE CASCADE NOT ENFORCED,
    FOREIGN KEY (store_id, product_id) REFERENCES insights.products (store_id, id) NOT ENFORCED
);
CREATE INDEX idx_order_items_product ON insights.order_items (store_id, product_id);
CREATE INDEX idx_order_items_wc_product ON insights.order_items (store_id, wc_product_id)
WHERE product_id IS NULL;
CREATE INDEX idx_order_items_sku ON insights.order_items (store_id, sku);
SELECT backshop.protect('insights.order_items');
SELECT backshop.check_as_sets('insights.order_items');

CREATE TABLE insights.coupons (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    store_id uuid NOT NULL REFERENCES insights.stores (id) NOT ENFORCED,
    wc_coupon_id bigint NOT NULL,
    code varchar(100) NOT NULL,
    discount_type varchar(50),
    amount numeric(19, 4),
    usage_count integer DEFAULT 0,
    external_id varchar(100),
    status varchar(50),
    expires_at timestamptz,
    PRIMARY KEY (store_id, id),
    UNIQUE (store_id, wc_coupon_id)
);
SELECT backshop.protect('insights.coupons');
SELECT backshop.check_as_sets('insights.coupons');

CREATE TABLE insights.order_coupons (
    store_id uuid NOT NULL,
    order_id uuid NOT NULL,
    code varchar(100) NOT NULL,
    discount numeric(19, 4),
    PRIMARY KEY (store_id, order_id, code),
    FOREIGN KEY (store_id, order_id)
        REFERENCES insights.orders (store_id, id) ON DELETE CASCADE NOT ENFORCED
);
SELECT backshop.protect('insights.order_coupons');
SELECT backshop.check_as_sets('insights.order_coupons');

-- Money given back, positive, on the day it was given back.
CREATE TABLE insights.refunds (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    store_id uuid NOT NULL REFERENCES insights.stores (id) NOT ENFORCED,
    wc_refund_id bigint NOT NULL,
    wc_order_id bigint NOT NULL,
    -- NULL until the order is known.
    order_id uuid,
    date_created timestamptz NOT NULL,
    amount numeric(19, 4) NOT NULL,
    -- Parts of the amount.
    shipping numeric(19, 4) NOT NULL DEFAULT 0,
    tax numeric(19, 4) NOT NULL DEFAULT 0,
    currency varchar(3) NOT NULL,
    status varchar(20) NOT NULL DEFAULT 'settled'
        CHECK (status IN ('pending', 'settled', 'failed')),
    external_id varchar(100),
    external_order_id varchar(100),
    -- False while the date is only that of the earliest known change of the order that had it.
    is_dated boolean NOT NULL DEFAULT true,
    -- What of a settled refund was for goods, for tax and for shipping; NULL until the order is
    -- known. The refunds of an order that was refunded in full add up to what it cost.
    goods numeric(19, 4),
    goods_tax numeric(19, 4),
    shipping_back numeric(19, 4),
    PRIMARY KEY (store_id, id),
    UNIQUE (store_id, wc_refund_id),
    FOREIGN KEY (store_id, order_id)
        REFERENCES insights.orders (store_id, id) ON DELETE CASCADE NOT ENFORCED
);
CREATE INDEX idx_refunds_store_date ON insights.refunds (store_id, date_created);
CREATE INDEX idx_refunds_order ON insights.refunds (store_id, order_id);
CREATE INDEX idx_refunds_wc_order ON insights.refunds (store_id, wc_order_id);
SELECT backshop.protect('insights.refunds');
SELECT backshop.check_as_sets('insights.refunds');

CREATE TABLE insights.refund_items (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    store_id uuid NOT NULL,
    refund_id uuid NOT NULL,
    -- The line of the order that it gives back.
    line_id varchar(100) NOT NULL,
    quantity integer NOT NULL DEFAULT 0,
    exact_quantity numeric(14, 4),
    -- Without tax.
    total numeric(19, 4) NOT NULL DEFAULT 0,
    tax numeric(19, 4) NOT NULL DEFAULT 0,
    PRIMARY KEY (store_id, id),
    UNIQUE (store_id, refund_id, line_id),
    FOREIGN KEY (store_id, refund_id)
        REFERENCES insights.refunds (store_id, id) ON DELETE CASCADE NOT ENFORCED
);
SELECT backshop.protect('insights.refund_items');
SELECT backshop.check_as_sets('insights.refund_items');

-- Sums of what counts, kept with the rows that they are sums of: `saving` changes both in one
-- transaction. They mean what `reckoning` says (time zone, statuses, whether orders are dated when
-- placed or paid); while that is not the store's, or they are not whole, answers come from the rows.
CREATE TABLE insights.rollup_state (
    store_id uuid PRIMARY KEY REFERENCES insights.stores (id),
    reckoning jsonb NOT NULL,
    is_whole boolean NOT NULL,
    rebuilt_at timestamptz NOT NULL DEFAULT now()
);
SELECT backshop.protect('insights.rollup_state');

-- By local day: orders on the day they are dated, refunds on theirs.
CREATE TABLE insights.daily_sales (
    store_id uuid NOT NULL REFERENCES insights.stores (id) NOT ENFORCED,
    day date NOT NULL,
    currency varchar(3) NOT NULL,
    -- How many sales and refunds it is the sum of.
    events integer NOT NULL DEFAULT 0,
    orders integer NOT NULL DEFAULT 0,
    gross numeric(20, 4) NOT NULL DEFAULT 0,
    discounts numeric(20, 4) NOT NULL DEFAULT 0,
    tax numeric(20, 4) NOT NULL DEFAULT 0,
    shipping numeric(20, 4) NOT NULL DEFAULT 0,
    coupon_orders integer NOT NULL DEFAULT 0,
    refunded_orders integer NOT NULL DEFAULT 0,
    line_gross numeric(20, 4) NOT NULL DEFAULT 0,
    line_net numeric(20, 4) NOT NULL DEFAULT 0,
    units numeric(20, 4) NOT NULL DEFAULT 0,
    goods_back numeric(20, 4) NOT NULL DEFAULT 0,
    tax_back numeric(20, 4) NOT NULL DEFAULT 0,
    shipping_back numeric(20, 4) NOT NULL DEFAULT 0,
    line_back numeric(20, 4) NOT NULL DEFAULT 0,
    units_back numeric(20, 4) NOT NULL DEFAULT 0,
    PRIMARY KEY (store_id, day, currency)
);
SELECT backshop.protect('insights.daily_sales');
SELECT backshop.check_as_sets('insights.daily_sales');

-- By product: whole months for good, days for the last ninety. `product` is its number, or
-- `name:` and the name of a line without one. No row is left of what nothing is the sum of.
CREATE TABLE insights.product_months (
    store_id uuid NOT NULL REFERENCES insights.stores (id) NOT ENFORCED,
    month date NOT NULL,
    currency varchar(3) NOT NULL,
    product varchar(600) NOT NULL,
    events integer NOT NULL DEFAULT 0,
    line_gross numeric(20, 4) NOT NULL DEFAULT 0,
    line_net numeric(20, 4) NOT NULL DEFAULT 0,
    units numeric(20, 4) NOT NULL DEFAULT 0,
    line_back numeric(20, 4) NOT NULL DEFAULT 0,
    units_back numeric(20, 4) NOT NULL DEFAULT 0,
    PRIMARY KEY (store_id, month, currency, product)
);
SELECT backshop.protect('insights.product_months');
SELECT backshop.check_as_sets('insights.product_months');

CREATE TABLE insights.product_days (
    store_id uuid NOT NULL REFERENCES insights.stores (id) NOT ENFORCED,
    day date NOT NULL,
    currency varchar(3) NOT NULL,
    product varchar(600) NOT NULL,
    events integer NOT NULL DEFAULT 0,
    line_gross numeric(20, 4) NOT NULL DEFAULT 0,
    line_net numeric(20, 4) NOT NULL DEFAULT 0,
    units numeric(20, 4) NOT NULL DEFAULT 0,
    line_back numeric(20, 4) NOT NULL DEFAULT 0,
    units_back numeric(20, 4) NOT NULL DEFAULT 0,
    PRIMARY KEY (store_id, day, currency, product)
);
SELECT backshop.protect('insights.product_days');
SELECT backshop.check_as_sets('insights.product_days');

-- Who bought in which month, and whether it was the first one in which they did.
CREATE TABLE insights.customer_months (
    store_id uuid NOT NULL REFERENCES insights.stores (id) NOT ENFORCED,
    wc_customer_id bigint NOT NULL,
    month date NOT NULL,
    orders integer NOT NULL,
    is_first boolean NOT NULL DEFAULT false,
    PRIMARY KEY (store_id, wc_customer_id, month)
);
SELECT backshop.protect('insights.customer_months');
SELECT backshop.check_as_sets('insights.customer_months');

-- Different customers of each whole month, counted and not added up.
CREATE TABLE insights.monthly_customers (
    store_id uuid NOT NULL REFERENCES insights.stores (id) NOT ENFORCED,
    month date NOT NULL,
    buyers integer NOT NULL DEFAULT 0,
    new_buyers integer NOT NULL DEFAULT 0,
    PRIMARY KEY (store_id, month)
);
SELECT backshop.protect('insights.monthly_customers');
SELECT backshop.check_as_sets('insights.monthly_customers');

CREATE TABLE insights.saved_charts (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    store_id uuid NOT NULL REFERENCES insights.stores (id),
    title varchar(255) NOT NULL,
    query_text text,
    chart_config jsonb NOT NULL,
    position_index integer DEFAULT 0,
    created_at timestamptz DEFAULT now(),
    updated_at timestamptz DEFAULT now(),
    PRIMARY KEY (store_id, id)
);
CREATE INDEX idx_saved_charts_position ON insights.saved_charts (store_id, position_index, id);
SELECT backshop.protect('insights.saved_charts');
CREATE TRIGGER touch_updated_at BEFORE UPDATE ON insights.saved_charts
FOR EACH ROW EXECUTE FUNCTION backshop.touch_updated_at();

-- How many questions a store has asked on its last day and in its last minute with one, in UTC.
CREATE TABLE insights.request_counts (
    store_id uuid PRIMARY KEY REFERENCES insights.stores (id),
    day date NOT NULL,
    in_day integer NOT NULL,
    minute timestamptz NOT NULL,
    in_minute integer NOT NULL
);
SELECT backshop.protect('insights.request_counts');

CREATE TABLE insights.conversations (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    store_id uuid NOT NULL REFERENCES insights.stores (id),
    messages jsonb NOT NULL DEFAULT '[]',
    created_at timestamptz DEFAULT now(),
    updated_at timestamptz DEFAULT now(),
    PRIMARY KEY (store_id, id)
);
SELECT backshop.protect('insights.conversations');
CREATE TRIGGER touch_updated_at BEFORE UPDATE ON insights.conversations
FOR EACH ROW EXECUTE FUNCTION backshop.touch_updated_at();

CREATE TABLE insights.sync_logs (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    store_id uuid NOT NULL REFERENCES insights.stores (id),
    sync_type varchar(50) NOT NULL CHECK (sync_type IN (
        'full', 'incremental', 'orders', 'products', 'customers', 'reconcile'
    )),
    records_synced integer DEFAULT 0,
    started_at timestamptz DEFAULT now(),
    completed_at timestamptz,
    status varchar(20) DEFAULT 'running' CHECK (status IN ('running', 'completed', 'failed')),
    error_message text,
    retry_count integer DEFAULT 0,
    next_retry_at timestamptz,
    resource varchar(50),
    PRIMARY KEY (store_id, id)
);
CREATE INDEX idx_sync_logs_started ON insights.sync_logs (store_id, started_at);
-- A store has one open run at most: one that works, or one that waits to be tried again.
CREATE UNIQUE INDEX idx_sync_logs_open ON insights.sync_logs (store_id)
WHERE status = 'running' OR next_retry_at IS NOT NULL;
SELECT backshop.protect('insights.sync_logs');

-- Syncs: a run is a row of insights.sync_logs, its resources are jobs. The cursor of a resource
-- (backshop.sync_cursors) outlives the runs.
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
