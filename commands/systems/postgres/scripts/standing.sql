-- What neither the schema nor the rows show: sequences that are behind the rows they number, so that the next row collides;
-- the position of each sequence, and whether it numbers an integer column; and the number and a checksum of the
-- rows of each materialized view. One line for each.
SET statement_timeout = 0; SET search_path = '';
CREATE TEMP TABLE gonogo_used AS
  SELECT d.refobjid AS sequence, f.adrelid AS relation, f.adnum AS number FROM pg_depend d JOIN pg_attrdef f ON f.oid = d.objid
  WHERE d.classid = 'pg_attrdef'::regclass AND d.refclassid = 'pg_class'::regclass
  UNION SELECT objid, refobjid, refobjsubid FROM pg_depend
  WHERE classid = 'pg_class'::regclass AND refclassid = 'pg_class'::regclass AND deptype = 'i';
SELECT format('SELECT %L WHERE (SELECT %s(%I) FROM %I.%I) %s (SELECT CASE WHEN is_called THEN last_value ELSE last_value - %s END FROM %I.%I)',
  'behind: ' || format('%I.%I', sn.nspname, sc.relname) || E'\x1f' || format('%I.%I', n.nspname, c.relname),
  CASE WHEN s.seqincrement > 0 THEN 'max' ELSE 'min' END, a.attname, n.nspname, c.relname,
  CASE WHEN s.seqincrement > 0 THEN '>' ELSE '<' END, s.seqincrement, sn.nspname, sc.relname)
FROM pg_temp.gonogo_used AS used
JOIN pg_sequence s ON s.seqrelid = used.sequence
JOIN pg_class sc ON sc.oid = s.seqrelid JOIN pg_namespace sn ON sn.oid = sc.relnamespace
JOIN pg_class c ON c.oid = used.relation AND c.relkind IN ('r', 'p') JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = used.number AND a.atttypid = ANY ('{int2,int4,int8}'::regtype[])
ORDER BY 1 \gexec
SELECT format('SELECT %L, %s * CASE WHEN is_called THEN last_value ELSE last_value - %s END, %L FROM %I.%I',
  'sequence: ' || format('%I.%I', n.nspname, c.relname), sign(s.seqincrement), s.seqincrement, EXISTS (
    SELECT FROM pg_temp.gonogo_used u JOIN pg_attribute a ON a.attrelid = u.relation AND a.attnum = u.number
    WHERE u.sequence = s.seqrelid AND a.atttypid = ANY ('{int2,int4,int8}'::regtype[])), n.nspname, c.relname)
FROM pg_sequence s JOIN pg_class c ON c.oid = s.seqrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relpersistence <> 't' AND n.nspname <> 'gonogo' ORDER BY 1 \gexec
SELECT CASE WHEN ispopulated THEN format('SELECT %L || count(*), coalesce(sum(hashtextextended(gonogo_row::text, 0)), 0) FROM %I.%I AS gonogo_row',
    'view: ' || name || E'\x1f', schemaname, matviewname)
  ELSE format('SELECT %L', 'view: ' || name || E'\x1f0\x1f0') END
FROM pg_matviews CROSS JOIN LATERAL format('%I.%I', schemaname, matviewname) AS name ORDER BY name \gexec
