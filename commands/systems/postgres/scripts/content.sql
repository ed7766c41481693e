-- One line for each table: its name, its number of rows, and a checksum of them that does not depend on their order. It
-- runs unchanged on production and on the copy. `by` is what the checksum covers:
-- "records": the values as the database compares them, which is the fastest. Tables with a type whose equal values may be
--   written differently are compared as text, and so are those with enums, whose hash depends on numbers that a restore
--   assigns anew.
-- "text": every row as it is written.
-- "rows": nothing, only the number of rows counts.
-- `only`, if it is set, are the names of the tables, one on each line; the large objects are left out then.
-- With `snapshot` everything is read in that exported snapshot, each table in a transaction of its own: locks on all tables
-- and their indexes at once may be more than the server has room for.
-- Columns are ordered by name, whatever their order in the table.
-- Large objects, if there are any, are one more line: their number, and a checksum of them in pieces of 1 MB, because one of
-- them may be larger than a value can be.
\if :{?only}
\else
\set only ''
\endif
SET row_security = off; SET search_path = '';
SET datestyle = 'ISO, YMD'; SET intervalstyle = 'postgres'; SET timezone = 'UTC'; SET extra_float_digits = 1; SET bytea_output = 'hex';
\if :{?snapshot}
BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY; SET TRANSACTION SNAPSHOT :'snapshot';
\else
\set snapshot ''
\endif
SELECT CASE WHEN :'snapshot' <> '' THEN 'COMMIT' END,
  CASE WHEN :'snapshot' <> '' THEN 'BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY' END,
  CASE WHEN :'snapshot' <> '' THEN format('SET TRANSACTION SNAPSHOT %L', :'snapshot') END,
  format('SELECT %L, count(*), %s FROM ONLY %I.%I AS gonogo_row', replace(format('%I.%I', n.nspname, c.relname), E'\n', '\n'),
  CASE WHEN :'by' = 'rows' THEN '0'
    WHEN :'by' = 'records' AND NOT EXISTS (
      SELECT FROM pg_attribute a LEFT JOIN pg_collation l ON l.oid = a.attcollation
      WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND (NOT coalesce(l.collisdeterministic, true)
        OR a.atttypid <> ALL ('{bool,int2,int4,int8,oid,"\"char\"",text,varchar,name,date,time,timestamp,timestamptz,uuid,bytea,inet,cidr,macaddr,jsonb,numeric}'::regtype[])))
    THEN format('coalesce(sum(hash_record_extended(ROW(%s), 0)), 0)', named.columns)
    ELSE format('coalesce(sum(hashtextextended(ROW(%s)::text, 0)), 0)', named.columns) END,
  n.nspname, c.relname)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
CROSS JOIN LATERAL (SELECT coalesce(string_agg(format('gonogo_row.%I', attname), ', ' ORDER BY attname COLLATE "C"), '') AS columns
  FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped) AS named
WHERE c.relkind = 'r' AND c.relpersistence <> 't' AND n.nspname NOT IN ('information_schema', 'gonogo') AND n.nspname NOT LIKE 'pg\_%'
AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
AND (:'only' = '' OR format('%I.%I', n.nspname, c.relname) = ANY (string_to_array(:'only', E'\n')))
ORDER BY format('%I.%I', n.nspname, c.relname) COLLATE "C" \gexec
SELECT format('WITH RECURSIVE piece AS (
    SELECT o.oid, 0::bigint AS n, read.size, read.sum FROM pg_catalog.pg_largeobject_metadata o, LATERAL %1$s read
    UNION ALL SELECT o.oid, o.n + 1, read.size, read.sum FROM piece o, LATERAL %2$s read WHERE o.size = 1048576)
  SELECT ''large objects'', count(DISTINCT oid), sum(hashtextextended(oid || '':'' || n || '':'' || sum, 0)) FROM piece',
  format(piece, '0'), format(piece, '(o.n + 1) * 1048576'))
FROM (VALUES (CASE WHEN :'by' = 'rows' THEN '(SELECT 0 AS size, ''%s'' AS sum)'
  ELSE '(SELECT octet_length(data) AS size, md5(data) AS sum FROM (SELECT lo_get(o.oid, %s, 1048576) AS data OFFSET 0) AS got)' END)) AS pieces (piece)
WHERE :'only' = '' AND EXISTS (SELECT FROM pg_catalog.pg_largeobject_metadata) \gexec
