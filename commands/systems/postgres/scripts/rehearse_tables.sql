-- The tables that exist before a rehearsed file: their numbers and names.
SELECT c.oid || '|' || replace(format('%I.%I', n.nspname, c.relname), E'\n', '\n')
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p') AND n.nspname !~ '^pg_';
