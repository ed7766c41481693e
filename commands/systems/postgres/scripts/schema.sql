-- What a database is made of, in the lines of catalog.sql: tables, columns, constraints, indexes, views, functions, triggers,
-- policies and enums. Of code there is only a checksum, behind \x1e.
SET statement_timeout = 0; SET search_path = '';
WITH relation AS MATERIALIZED (
  SELECT c.*, format('%I.%I', n.nspname, c.relname) AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND c.relpersistence <> 't' AND n.nspname NOT IN ('information_schema', 'gonogo') AND n.nspname !~ '^pg_'
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
), found (what, value) AS (
  SELECT 'table ' || name, concat_ws(', ', 'exists', CASE relpersistence WHEN 'u' THEN 'unlogged' END, CASE WHEN relrowsecurity THEN 'row security' END)
    FROM relation WHERE relkind IN ('r', 'p', 'f')
  UNION ALL SELECT 'view ' || name, E'exists\x1e' || md5(pg_get_viewdef(oid)) FROM relation WHERE relkind IN ('v', 'm')
  UNION ALL SELECT format('column %s.%I', r.name, a.attname), concat_ws(' ', format_type(a.atttypid, a.atttypmod),
    CASE WHEN a.attnotnull THEN 'NOT NULL' END, CASE WHEN a.attgenerated = '' THEN 'DEFAULT ' ELSE 'GENERATED ' END || pg_get_expr(f.adbin, f.adrelid),
    CASE WHEN a.attidentity <> '' THEN 'IDENTITY' END)
    FROM relation r JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
    LEFT JOIN pg_attrdef f ON f.adrelid = a.attrelid AND f.adnum = a.attnum WHERE r.relkind IN ('r', 'p', 'f')
  UNION ALL SELECT format('constraint %I of %s', k.conname, r.name), pg_get_constraintdef(k.oid)
    FROM relation r JOIN pg_constraint k ON k.conrelid = r.oid WHERE k.contype <> 'n'
  UNION ALL SELECT format('index %I of %s', c.relname, r.name), pg_get_indexdef(i.indexrelid)
    FROM relation r JOIN pg_index i ON i.indrelid = r.oid JOIN pg_class c ON c.oid = i.indexrelid
  UNION ALL SELECT format('trigger %I of %s', t.tgname, r.name), pg_get_triggerdef(t.oid) || CASE t.tgenabled WHEN 'D' THEN ' (disabled)' ELSE '' END
    FROM relation r JOIN pg_trigger t ON t.tgrelid = r.oid AND NOT t.tgisinternal
  UNION ALL SELECT format('policy %I of %s', p.polname, r.name), E'exists\x1e' || md5(concat_ws(' ', p.polcmd, p.polpermissive, p.polroles,
    pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid))) FROM relation r JOIN pg_policy p ON p.polrelid = r.oid
  UNION ALL SELECT 'function ' || i.identity, E'exists\x1e' || md5(pg_get_functiondef(p.oid))
    FROM pg_proc p CROSS JOIN LATERAL pg_identify_object('pg_proc'::regclass, p.oid, 0) AS i
    WHERE p.oid >= 16384 AND p.prokind <> 'a' AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
  UNION ALL SELECT 'enum ' || format_type(enumtypid, NULL), string_agg(enumlabel, ', ' ORDER BY enumsortorder) FROM pg_enum GROUP BY enumtypid
)
SELECT E'schema\x1f' || replace(what, E'\n', '\n') || E'\x1f' || replace(value, E'\n', ' ') FROM found WHERE value IS NOT NULL ORDER BY what;
