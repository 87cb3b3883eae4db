-- What the funnel from kit to conversion needs beside its data model: the shades to choose from,
-- what is in stock, who was invited, and how far a discount is.

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
-- Kits that wait for their invitation.
CREATE INDEX idx_shade_orders_kits ON shade.orders (store_id, fulfilled_at)
WHERE product_type = 'shade_kit' AND NOT is_cancelled AND fulfilled_at IS NOT NULL;

ALTER TABLE shade.discounts
    -- pending: the shop is being told. active: the shop has it. failed: the shop refused it.
    -- revoking: the shop is being told to end it. A used one keeps its status and has `used`.
    ADD COLUMN status text NOT NULL DEFAULT 'pending'
    CHECK (status IN ('pending', 'active', 'failed', 'revoking', 'revoked', 'expired')),
    -- The platform's own id, from when the shop has it.
    ADD COLUMN external_id text,
    ADD COLUMN activated_at timestamptz,
    -- The message that brings the customer their code: as survey_invites.status.
    ADD COLUMN told text CHECK (told IN ('sending', 'sent', 'failed'));
-- A customer has one discount at a time.
CREATE UNIQUE INDEX idx_discounts_open ON shade.discounts (store_id, customer_id)
WHERE status IN ('pending', 'active') AND NOT used;
CREATE INDEX idx_discounts_expiry ON shade.discounts (expires_at)
WHERE status IN ('pending', 'active');

-- A store without Shopify's customers knows them by address.
CREATE UNIQUE INDEX idx_shade_customers_by_email ON shade.customers (store_id, lower(email))
WHERE shopify_customer_id IS NULL AND email IS NOT NULL;

ALTER TABLE shade.recommendations
    ADD COLUMN discount_id uuid,
    -- The whole match, as it was answered: shades, points, reasons.
    ADD COLUMN match jsonb NOT NULL DEFAULT '{}',
    -- Where the customer's link leads first.
    ADD COLUMN click_url text,
    ADD FOREIGN KEY (store_id, discount_id) REFERENCES shade.discounts (store_id, id),
    -- One a survey.
    ADD UNIQUE (store_id, survey_id);
CREATE INDEX idx_recommendations_discount ON shade.recommendations (store_id, discount_id);

ALTER TABLE shade.conversions
    ADD COLUMN recommendation_id uuid,
    ADD COLUMN clicked_at timestamptz,
    ADD COLUMN clicks integer NOT NULL DEFAULT 0,
    ADD COLUMN order_id uuid,
    ADD FOREIGN KEY (store_id, recommendation_id) REFERENCES shade.recommendations (store_id, id),
    ADD FOREIGN KEY (store_id, order_id) REFERENCES shade.orders (store_id, id),
    -- One attempt a recommendation.
    ADD UNIQUE (store_id, recommendation_id);
-- An order converts one survey.
CREATE UNIQUE INDEX idx_conversions_order ON shade.conversions (store_id, order_id);

-- Which of our discounts and recommendations an order carries, by its codes and attributes. No
-- references: discounts refer to orders already.
ALTER TABLE shade.orders
    ADD COLUMN discount_id uuid,
    ADD COLUMN recommendation_id uuid;
CREATE INDEX idx_shade_orders_discount ON shade.orders (store_id, discount_id);
CREATE INDEX idx_shade_orders_recommendation ON shade.orders (store_id, recommendation_id);

ALTER TABLE shade.model_training_data
    ADD COLUMN rated_at timestamptz,
    -- One rating a survey; the last one counts.
    ADD UNIQUE (store_id, survey_id);
