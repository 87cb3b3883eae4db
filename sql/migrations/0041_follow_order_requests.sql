-- What requests about orders need to be carried out, listed and tried again.

ALTER TABLE connect.refund_request
    -- The row of backshop.outbox that does it.
    ADD COLUMN outbox_id bigint,
    -- Written down at the platform only; somebody pays it out (WooCommerce).
    ADD COLUMN manual boolean NOT NULL DEFAULT false;

ALTER TABLE connect.address_update_request
    ADD COLUMN outbox_id bigint,
    -- Where the order is taken back to after its change (Vendure's round trip through Modifying).
    ADD COLUMN state_before varchar(50);

-- Lists are newest first, a page at a time.
CREATE INDEX idx_refund_request_requested
ON connect.refund_request (store_id, requested_at DESC, id DESC);
CREATE INDEX idx_address_update_request_requested
ON connect.address_update_request (store_id, requested_at DESC, id DESC);
-- A pending one blocks its order's money, and an address waits for those before it.
CREATE INDEX idx_address_update_request_order
ON connect.address_update_request (store_id, order_id, platform, requested_at);
