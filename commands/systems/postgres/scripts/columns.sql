-- Every column of every table: the table, the column and its type.
SET statement_timeout = 0;
SELECT format('%I.%I', n.nspname, c.relname) || E'\x1f' || format('%I', a.attname) || E'\x1f' || format_type(a.atttypid, a.atttypmod)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND n.nspname NOT IN ('information_schema', 'gonogo') AND n.nspname !~ '^pg_'
ORDER BY c.oid, a.attnum;
