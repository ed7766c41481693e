-- The tables that exist before a rehearsed file, on one line.
CREATE TEMP TABLE gonogo_tables AS SELECT c.oid, format('%I.%I', n.nspname, c.relname) AS name
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p') AND n.nspname !~ '^pg_';
