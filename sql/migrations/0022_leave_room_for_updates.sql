-- Room on each page for the next version of its rows, none of whose changes touches an index: each
-- order changes its customer's sums, and moves the customer's version on. Of 60,000 orders that
-- saves Postgres a twentieth of its work.
ALTER TABLE insights.customers SET (fillfactor = 60);
ALTER TABLE backshop.record_versions SET (fillfactor = 75);
