-- What of a database takes statements otherwise than its definition lets people expect: a kind, a name, its schema, and its oid,
-- which it keeps under another name. The kind "secured" is no defect: a schema in which row security is on for nearly all tables,
-- and "open" are its tables where it is off. "hidden" are tables of which this user sees only the rows that policies show. Nor is
-- "stored" one: an index or a column whose values a function has computed, with a checksum of that in place of the schema, and with
-- the number of its file beside the oid, which is another one as soon as it is built anew.
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
), used AS MATERIALIZED (
  -- PostgreSQL sees that such a column is gone only when the trigger runs, for a row; what stands in comments and strings is no code,
  -- and a function that asks for which table it runs, or what columns that has, or awaits the error, may never come to the column
  SELECT DISTINCT p.oid AS function, match[1] AS used, match[2] AS field
  FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_language l ON l.oid = p.prolang AND l.lanname = 'plpgsql'
  CROSS JOIN LATERAL regexp_replace(p.prosrc, '/\*.*?\*/', ' ', 'g') AS uncommented
  CROSS JOIN LATERAL regexp_replace(regexp_replace(uncommented, '--[^\n]*', '', 'g'), $$'[^']*'$$, ' ', 'g') AS code
  CROSS JOIN LATERAL regexp_matches(code, '\m((?:new|old)\.((?:[^[:space:][:punct:]]|[_$])+|"[^"]+"))', 'gi') AS match
  WHERE p.oid IN (SELECT tgfoid FROM pg_catalog.pg_trigger)
    AND code !~* '\m(tg_(table|rel|arg|nargs|name)|undefined_column|others|pg_attribute|information_schema)|\?'
), found (kind, name, schema, oid) AS (
  SELECT 'identity', name, nspname, oid::text FROM tables WHERE relkind = 'r'
    AND (oid IN (TABLE published) OR relispartition AND EXISTS (SELECT FROM pg_catalog.pg_partition_ancestors(oid) AS a WHERE a.relid::oid IN (TABLE published)))
    AND NOT CASE relreplident WHEN 'f' THEN true
      WHEN 'd' THEN EXISTS (SELECT FROM pg_catalog.pg_index i WHERE i.indrelid = oid AND i.indisprimary)
      WHEN 'i' THEN EXISTS (SELECT FROM pg_catalog.pg_index i WHERE i.indrelid = oid AND i.indisreplident) ELSE false END
  UNION ALL SELECT 'secured', '', nspname, '0' FROM secured
  UNION ALL SELECT 'open', name, nspname, oid::text FROM tables t WHERE NOT relrowsecurity AND NOT relispartition
    AND EXISTS (SELECT FROM tables o WHERE o.nspname = t.nspname AND o.relrowsecurity)
  UNION ALL SELECT 'hidden', name, nspname, oid::text FROM tables WHERE relrowsecurity AND row_security_active(oid)
  UNION ALL SELECT 'trigger', format('%I of %s', tgname, t.name), nspname, pg_trigger.oid::text FROM pg_catalog.pg_trigger JOIN tables t ON t.oid = tgrelid
    WHERE tgenabled = 'D' AND NOT tgisinternal
  UNION ALL SELECT DISTINCT 'key', format('%I of %s', k.conname, t.name), nspname, k.oid::text FROM pg_catalog.pg_trigger JOIN pg_catalog.pg_constraint k ON k.oid = tgconstraint
    JOIN tables t ON t.oid = k.conrelid WHERE tgenabled = 'D' AND tgisinternal
  UNION ALL SELECT 'column', format('%I of %s (%s)', g.tgname, t.name, u.used), nspname, g.oid || '.' || u.field
    FROM pg_catalog.pg_trigger g JOIN tables t ON t.oid = g.tgrelid AND NOT t.relispartition JOIN used u ON u.function = g.tgfoid
    WHERE NOT g.tgisinternal AND g.tgenabled <> 'D' AND g.tgtype & 1 = 1 AND NOT EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid = t.oid AND NOT a.attisdropped
      AND a.attname = CASE WHEN u.field LIKE '"%' THEN btrim(u.field, '"') ELSE lower(u.field) END)
  UNION ALL SELECT 'stored', what, md5(string_agg(concat(p.prosrc, to_jsonb(p) ->> 'prosqlbody'), '|' ORDER BY p.oid)), s.oid
    FROM (SELECT format('index %I of %s', c.relname, t.name), 'pg_class'::regclass, c.oid, c.oid || '.' || pg_relation_filenode(c.oid)
        FROM pg_catalog.pg_index i JOIN tables t ON t.oid = i.indrelid JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid AND c.relkind = 'i'
      UNION ALL SELECT format('column %I of %s', a.attname, t.name), 'pg_attrdef'::regclass, f.oid, f.oid || '.' || pg_relation_filenode(t.oid)
        FROM pg_catalog.pg_attrdef f JOIN tables t ON t.oid = f.adrelid AND t.relkind = 'r'
        JOIN pg_catalog.pg_attribute a ON a.attrelid = t.oid AND a.attnum = f.adnum AND a.attgenerated = 's') AS s (what, classid, objid, oid)
    JOIN pg_catalog.pg_depend d ON d.classid = s.classid AND d.objid = s.objid AND d.refclassid = 'pg_proc'::regclass
    JOIN pg_catalog.pg_proc p ON p.oid = d.refobjid
    WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_depend e WHERE e.classid = 'pg_proc'::regclass AND e.objid = p.oid AND e.deptype = 'e')
    GROUP BY what, s.oid
)
SELECT kind, name, schema, oid FROM found ORDER BY 1, 3, 2
