-- The position of each sequence: the last number that was taken. Another such list is behind if its number after \x1e is less.
-- Those that begin again by themselves are left out.
SET statement_timeout = 0; SET search_path = '';
SELECT format('SELECT %L || position || E''\x1e'' || position * %s
  FROM (SELECT CASE WHEN is_called THEN last_value ELSE last_value - %s END AS position FROM %I.%I) AS one',
  'sequence' || E'\x1f' || replace(format('position of sequence %I.%I', n.nspname, c.relname), E'\n', '\n') || E'\x1f',
  sign(s.seqincrement), s.seqincrement, n.nspname, c.relname)
FROM pg_sequence s JOIN pg_class c ON c.oid = s.seqrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relpersistence <> 't' AND n.nspname <> 'gonogo' AND NOT s.seqcycle
AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e') ORDER BY 1 \gexec
