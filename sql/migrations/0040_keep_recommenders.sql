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
