-- Whom the answer to a data request is about, hashed as bodies of webhooks are: an erasure takes it
-- along, which would otherwise lie there for the rest of its seven days.
ALTER TABLE backshop.exports ADD COLUMN subjects text [] NOT NULL DEFAULT '{}';
