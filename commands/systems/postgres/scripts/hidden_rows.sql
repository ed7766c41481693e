-- The tables of which this user sees only the rows that policies of row-level security show; null if there are none. pg_dump
-- refuses them, and a count is of a part.
SELECT string_agg(c.oid::regclass::text, ', ' ORDER BY c.oid::regclass::text) FROM pg_class c
WHERE c.relrowsecurity AND row_security_active(c.oid)
