-- When a customer is deleted or erased, their sessions lose them (projection.py); a selfie is still
-- theirs. Such sessions are marked, and housekeeping erases them within minutes.
ALTER TABLE connect.try_on_session ADD COLUMN is_orphaned boolean NOT NULL DEFAULT false;
CREATE INDEX idx_try_on_session_orphaned ON connect.try_on_session (created_at) WHERE is_orphaned;

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
