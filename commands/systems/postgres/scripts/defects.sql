-- What of a database takes statements otherwise than its definition lets people expect: a kind, a name, its schema, and its oid,
-- which it keeps under another name. The kind "secured" is no defect: a schema in which row security is on for nearly all tables,
-- and "open" are its tables where it is off. "hidden" are tables of which this user sees only the rows that policies show.
WITH tables AS (
  SELECT c.oid, n.nspname, format('%I.%I', n.nspname, c.relname) AS name, c.relkind, c.relrowsecurity, c.relreplident, c.relispartition
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p') AND c.relpersistence = 'p' AND n.nspname !~ '^(pg_|information_schema$|gonogo$)'
    AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
), published AS (
  SELECT to_regclass(format('%I.%I', t.schemaname, t.tablename))::oid AS oid FROM pg_catalog.pg_publication_tables t
  JOIN pg_catalog.pg_publication p USING (pubname) WHERE p.pubupdate OR p.pubdelete
), secured AS (
  SELECT nspname FROM tables WHERE NOT relispartition GROUP BY nspname
  HAVING count(*) FILTER (WHERE relrowsecurity) > 1 AND 10 * count(*) FILTER (WHERE relrowsecurity) >= 9 * count(*)
), found (kind, name, schema, oid) AS (
  SELECT 'identity', name, nspname, oid FROM tables WHERE relkind = 'r'
    AND (oid IN (TABLE published) OR relispartition AND EXISTS (SELECT FROM pg_catalog.pg_partition_ancestors(oid) AS a WHERE a.relid::oid IN (TABLE published)))
    AND NOT CASE relreplident WHEN 'f' THEN true
      WHEN 'd' THEN EXISTS (SELECT FROM pg_catalog.pg_index i WHERE i.indrelid = oid AND i.indisprimary)
      WHEN 'i' THEN EXISTS (SELECT FROM pg_catalog.pg_index i WHERE i.indrelid = oid AND i.indisreplident) ELSE false END
  UNION ALL SELECT 'secured', '', nspname, 0 FROM secured
  UNION ALL SELECT 'open', name, nspname, oid FROM tables t WHERE NOT relrowsecurity AND NOT relispartition
    AND EXISTS (SELECT FROM tables o WHERE o.nspname = t.nspname AND o.relrowsecurity)
  UNION ALL SELECT 'hidden', name, nspname, oid FROM tables WHERE relrowsecurity AND row_security_active(oid)
  UNION ALL SELECT 'trigger', format('%I of %s', tgname, t.name), nspname, pg_trigger.oid FROM pg_catalog.pg_trigger JOIN tables t ON t.oid = tgrelid
    WHERE tgenabled = 'D' AND NOT tgisinternal
  UNION ALL SELECT DISTINCT 'key', format('%I of %s', k.conname, t.name), nspname, k.oid FROM pg_catalog.pg_trigger JOIN pg_catalog.pg_constraint k ON k.oid = tgconstraint
    JOIN tables t ON t.oid = k.conrelid WHERE tgenabled = 'D' AND tgisinternal
)
SELECT kind, name, schema, oid FROM found ORDER BY 1, 3, 2
