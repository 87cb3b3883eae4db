-- From sample kit to survey, shade match, discount and conversion.

CREATE TABLE shade.customers (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    store_id uuid NOT NULL REFERENCES backshop.stores (id),
    email varchar(255),
    phone_number varchar(20),
    first_name varchar(100),
    last_name varchar(100),
    shopify_customer_id text,
    created_at timestamptz DEFAULT now(),
    accepts_marketing boolean,
    -- Since when they want no more mail of ours; what the shop says later changes nothing of it.
    unsubscribed_at timestamptz,
    PRIMARY KEY (store_id, id),
    UNIQUE (store_id, shopify_customer_id)
);
CREATE INDEX idx_shade_customers_email ON shade.customers (store_id, email);
-- A store without Shopify's customers knows them by address.
CREATE UNIQUE INDEX idx_shade_customers_by_email ON shade.customers (store_id, lower(email))
WHERE shopify_customer_id IS NULL AND email IS NOT NULL;
SELECT backshop.protect('shade.customers');

CREATE TABLE shade.orders (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    store_id uuid NOT NULL REFERENCES backshop.stores (id),
    shopify_order_id text,
    customer_id uuid,
    order_status varchar(50),
    order_date timestamptz,
    -- shade_kit, full_size_spf, or NULL for what is neither.
    product_type varchar(100),
    currency varchar(10),
    total_amount numeric(19, 4),
    created_at timestamptz DEFAULT now(),
    code varchar(100),
    refunded_amount numeric(19, 4) NOT NULL DEFAULT 0,
    is_cancelled boolean NOT NULL DEFAULT false,
    paid_at timestamptz,
    fulfilled_at timestamptz,
    delivered_at timestamptz,
    -- What orders are classified by, kept so that a change of the rules needs no new sync:
    -- [{line_id, product_id, variant_id, sku, name, quantity, total}].
    line_items jsonb NOT NULL DEFAULT '[]',
    product_ids bigint[] NOT NULL DEFAULT '{}',
    discount_codes text[] NOT NULL DEFAULT '{}',
    attributes jsonb NOT NULL DEFAULT '{}',
    modified_at timestamptz,
    -- Whom Shopify names, known here or not: completes customer_id when they come.
    shopify_customer_id text,
    -- Which of our discounts and recommendations an order carries, by its codes and attributes. No
    -- references: discounts refer to orders already.
    discount_id uuid,
    recommendation_id uuid,
    PRIMARY KEY (store_id, id),
    UNIQUE (store_id, shopify_order_id),
    FOREIGN KEY (store_id, customer_id) REFERENCES shade.customers (store_id, id)
);
CREATE INDEX idx_shade_orders_customer ON shade.orders (store_id, customer_id);
CREATE INDEX idx_shade_orders_unlinked ON shade.orders (store_id, shopify_customer_id)
WHERE customer_id IS NULL;
CREATE INDEX idx_shade_orders_type_date ON shade.orders (store_id, product_type, order_date);
CREATE INDEX idx_shade_orders_products ON shade.orders USING gin (product_ids);
-- Kits that wait for their invitation.
CREATE INDEX idx_shade_orders_kits ON shade.orders (store_id, fulfilled_at)
WHERE product_type = 'shade_kit' AND NOT is_cancelled AND fulfilled_at IS NOT NULL;
CREATE INDEX idx_shade_orders_discount ON shade.orders (store_id, discount_id);
CREATE INDEX idx_shade_orders_recommendation ON shade.orders (store_id, recommendation_id);
SELECT backshop.protect('shade.orders');

-- What an order does not tell of its products and they may be classified by.
CREATE TABLE shade.products (
    store_id uuid NOT NULL REFERENCES backshop.stores (id),
    product_id bigint NOT NULL,
    product_type varchar(255),
    tags text[] NOT NULL DEFAULT '{}',
    PRIMARY KEY (store_id, product_id)
);
SELECT backshop.protect('shade.products');

-- A shade as the merchant describes it; nothing of it is guessed from its swatch.
CREATE TABLE shade.shades (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    store_id uuid NOT NULL REFERENCES backshop.stores (id),
    name varchar(50) NOT NULL,
    -- 1 is the lightest.
    depth smallint NOT NULL CHECK (depth BETWEEN 1 AND 100),
    undertone text NOT NULL CHECK (undertone IN ('cool', 'neutral', 'warm')),
    finish varchar(50),
    -- #rrggbb
    swatch varchar(7),
    -- The full size at the shop, first choice first.
    variant_ids bigint[] NOT NULL DEFAULT '{}',
    -- What it does well for, and for whom it is not: skin types and concerns, as surveys name them.
    good_for text[] NOT NULL DEFAULT '{}',
    not_for text[] NOT NULL DEFAULT '{}',
    is_offered boolean NOT NULL DEFAULT true,
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (store_id, id)
);
-- "Shade 3" and "shade 3" are one.
CREATE UNIQUE INDEX idx_shades_name ON shade.shades (store_id, lower(name));
SELECT backshop.protect('shade.shades');

-- What can be bought now.
CREATE TABLE shade.variants (
    store_id uuid NOT NULL REFERENCES backshop.stores (id),
    variant_id bigint NOT NULL,
    product_id bigint NOT NULL,
    is_available boolean NOT NULL,
    PRIMARY KEY (store_id, variant_id)
);
CREATE INDEX idx_shade_variants_product ON shade.variants (store_id, product_id);
SELECT backshop.protect('shade.variants');

CREATE TABLE shade.surveys (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    store_id uuid NOT NULL REFERENCES backshop.stores (id),
    customer_id uuid,
    order_id uuid,
    shade_selected varchar(50),
    shade_fit_rating integer CHECK (shade_fit_rating BETWEEN 1 AND 5),
    skin_type varchar(50),
    skin_concerns text[],
    finish_preference varchar(50),
    texture_feedback text,
    interested_in_addons text[],
    survey_completed_at timestamptz DEFAULT now(),
    PRIMARY KEY (store_id, id),
    FOREIGN KEY (store_id, customer_id) REFERENCES shade.customers (store_id, id),
    FOREIGN KEY (store_id, order_id) REFERENCES shade.orders (store_id, id),
    -- One survey a kit order.
    UNIQUE (store_id, order_id)
);
CREATE INDEX idx_surveys_customer ON shade.surveys (store_id, customer_id);
SELECT backshop.protect('shade.surveys');

CREATE TABLE shade.survey_invites (
    store_id uuid NOT NULL REFERENCES backshop.stores (id),
    -- One a kit order, for good.
    order_id uuid NOT NULL,
    channel text NOT NULL CHECK (channel IN ('email', 'sms')),
    -- sending: handed to the provider, whose word is awaited.
    status text NOT NULL DEFAULT 'pending'
    CHECK (status IN ('pending', 'sending', 'sent', 'failed')),
    created_at timestamptz NOT NULL DEFAULT now(),
    sent_at timestamptz,
    PRIMARY KEY (store_id, order_id),
    FOREIGN KEY (store_id, order_id) REFERENCES shade.orders (store_id, id) ON DELETE CASCADE
);
SELECT backshop.protect('shade.survey_invites');

CREATE TABLE shade.discounts (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    store_id uuid NOT NULL REFERENCES backshop.stores (id),
    customer_id uuid,
    discount_code varchar(100),
    amount numeric(19, 4),
    currency varchar(10),
    applied_to_order_id uuid,
    expires_at timestamptz,
    created_at timestamptz DEFAULT now(),
    used boolean DEFAULT false,
    -- pending: the shop is being told. active: the shop has it. failed: the shop refused it.
    -- revoking: the shop is being told to end it. A used one keeps its status and has `used`.
    status text NOT NULL DEFAULT 'pending'
    CHECK (status IN ('pending', 'active', 'failed', 'revoking', 'revoked', 'expired')),
    -- The platform's own id, from when the shop has it.
    external_id text,
    activated_at timestamptz,
    -- The message that brings the customer their code: as survey_invites.status.
    told text CHECK (told IN ('sending', 'sent', 'failed')),
    PRIMARY KEY (store_id, id),
    UNIQUE (store_id, discount_code),
    FOREIGN KEY (store_id, customer_id) REFERENCES shade.customers (store_id, id),
    FOREIGN KEY (store_id, applied_to_order_id) REFERENCES shade.orders (store_id, id)
);
CREATE INDEX idx_discounts_customer ON shade.discounts (store_id, customer_id);
CREATE INDEX idx_discounts_applied_to_order ON shade.discounts (store_id, applied_to_order_id);
-- A customer has one discount at a time.
CREATE UNIQUE INDEX idx_discounts_open ON shade.discounts (store_id, customer_id)
WHERE status IN ('pending', 'active') AND NOT used;
CREATE INDEX idx_discounts_expiry ON shade.discounts (expires_at)
WHERE status IN ('pending', 'active');
SELECT backshop.protect('shade.discounts');

CREATE TABLE shade.recommendations (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    store_id uuid NOT NULL REFERENCES backshop.stores (id),
    survey_id uuid,
    recommended_shade varchar(50),
    recommended_bundle text[],
    cart_url text,
    created_at timestamptz DEFAULT now(),
    discount_id uuid,
    -- The whole match, as it was answered: shades, points, reasons.
    match jsonb NOT NULL DEFAULT '{}',
    -- Where the customer's link leads first.
    click_url text,
    PRIMARY KEY (store_id, id),
    FOREIGN KEY (store_id, survey_id) REFERENCES shade.surveys (store_id, id),
    FOREIGN KEY (store_id, discount_id) REFERENCES shade.discounts (store_id, id),
    -- One a survey.
    UNIQUE (store_id, survey_id)
);
CREATE INDEX idx_recommendations_survey ON shade.recommendations (store_id, survey_id);
CREATE INDEX idx_recommendations_discount ON shade.recommendations (store_id, discount_id);
SELECT backshop.protect('shade.recommendations');

CREATE TABLE shade.conversions (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    store_id uuid NOT NULL REFERENCES backshop.stores (id),
    customer_id uuid,
    survey_id uuid,
    discount_id uuid,
    cart_url text,
    converted boolean DEFAULT false,
    converted_at timestamptz,
    created_at timestamptz DEFAULT now(),
    recommendation_id uuid,
    clicked_at timestamptz,
    clicks integer NOT NULL DEFAULT 0,
    order_id uuid,
    PRIMARY KEY (store_id, id),
    FOREIGN KEY (store_id, customer_id) REFERENCES shade.customers (store_id, id),
    FOREIGN KEY (store_id, survey_id) REFERENCES shade.surveys (store_id, id),
    FOREIGN KEY (store_id, discount_id) REFERENCES shade.discounts (store_id, id),
    FOREIGN KEY (store_id, recommendation_id) REFERENCES shade.recommendations (store_id, id),
    FOREIGN KEY (store_id, order_id) REFERENCES shade.orders (store_id, id),
    -- One attempt a recommendation.
    UNIQUE (store_id, recommendation_id)
);
CREATE INDEX idx_conversions_customer ON shade.conversions (store_id, customer_id);
CREATE INDEX idx_conversions_survey ON shade.conversions (store_id, survey_id);
CREATE INDEX idx_conversions_discount ON shade.conversions (store_id, discount_id);
-- An order converts one survey.
CREATE UNIQUE INDEX idx_conversions_order ON shade.conversions (store_id, order_id);
SELECT backshop.protect('shade.conversions');

-- Who was asked how well a recommended shade does, some weeks after it arrived: once, for good.
CREATE TABLE shade.rating_requests (
    store_id uuid NOT NULL REFERENCES backshop.stores (id),
    recommendation_id uuid NOT NULL,
    channel text NOT NULL CHECK (channel IN ('email', 'sms')),
    status text NOT NULL DEFAULT 'pending'
    CHECK (status IN ('pending', 'sending', 'sent', 'failed')),
    created_at timestamptz NOT NULL DEFAULT now(),
    sent_at timestamptz,
    PRIMARY KEY (store_id, recommendation_id),
    FOREIGN KEY (store_id, recommendation_id) REFERENCES shade.recommendations (store_id, id)
    ON DELETE CASCADE
);
SELECT backshop.protect('shade.rating_requests');

CREATE TABLE shade.model_training_data (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    store_id uuid NOT NULL REFERENCES backshop.stores (id),
    survey_id uuid,
    -- Of a photo that came with the rating: when, and which text its sender agreed to.
    image_url text,
    image_at timestamptz,
    image_consent varchar(50),
    match_accuracy_rating integer CHECK (match_accuracy_rating BETWEEN 1 AND 5),
    feedback_notes text,
    used_for_training boolean DEFAULT false,
    rated_at timestamptz,
    -- What staff found when they looked at it; the shopper's later word leaves it.
    qa_note text,
    qa_by varchar(255),
    qa_at timestamptz,
    PRIMARY KEY (store_id, id),
    FOREIGN KEY (store_id, survey_id) REFERENCES shade.surveys (store_id, id),
    -- One rating a survey; the last one counts.
    UNIQUE (store_id, survey_id)
);
CREATE INDEX idx_model_training_data_survey ON shade.model_training_data (store_id, survey_id);
CREATE INDEX idx_model_training_data_rated
ON shade.model_training_data (store_id, rated_at DESC, id DESC);
-- Photos whose time is over.
CREATE INDEX idx_model_training_data_image ON shade.model_training_data (image_at)
WHERE image_url IS NOT NULL;
SELECT backshop.protect('shade.model_training_data');
