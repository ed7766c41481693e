-- What a database is made of, in the lines of catalog.sql: tables and their parts, views, sequences, functions, types and what
-- belongs to them. Of code there is only a checksum, behind \x1e; of functions whose layout means nothing, without it.
SET statement_timeout = 0; SET search_path = '';
WITH relation AS MATERIALIZED (
  SELECT c.*, format('%I.%I', n.nspname, c.relname) AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND c.relpersistence <> 't' AND n.nspname NOT IN ('information_schema', 'gonogo') AND n.nspname !~ '^pg_'
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
), type AS MATERIALIZED (
  SELECT t.*, format_type(t.oid, NULL) AS name FROM pg_type t
  WHERE t.oid >= 16384 AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_type'::regclass AND d.objid = t.oid AND d.deptype = 'e')
), found (what, value) AS (
  SELECT 'table ' || name, concat_ws(', ', 'exists', CASE relpersistence WHEN 'u' THEN 'unlogged' END, CASE WHEN relrowsecurity THEN 'row security' END,
    CASE WHEN relforcerowsecurity THEN 'forced' END, CASE relreplident WHEN 'n' THEN 'no replica identity' WHEN 'f' THEN 'replica identity full'
    WHEN 'i' THEN 'replica identity by index' END, 'partitioned by ' || pg_get_partkeydef(oid))
    FROM relation WHERE relkind IN ('r', 'p', 'f')
  UNION ALL SELECT format('table %s as a part of %s', name, inhparent::regclass), 'yes ' || coalesce(pg_get_expr(relpartbound, relation.oid), '')
    FROM relation JOIN pg_inherits ON inhrelid = relation.oid
  UNION ALL SELECT 'options of ' || name, (SELECT string_agg(one, ', ' ORDER BY one) FROM unnest(reloptions) AS one) FROM relation WHERE reloptions IS NOT NULL
  UNION ALL SELECT format('rule %I of %s', w.rulename, r.name), E'exists\x1e' || md5(pg_get_ruledef(w.oid))
    FROM relation r JOIN pg_rewrite w ON w.ev_class = r.oid WHERE w.rulename <> '_RETURN'
  UNION ALL SELECT format('sequence %I.%I', n.nspname, c.relname), concat_ws(', ', format_type(s.seqtypid, NULL), 'by ' || s.seqincrement,
    format('%s to %s', s.seqmin, s.seqmax), CASE WHEN s.seqcycle THEN 'cycle' END)
    FROM pg_sequence s JOIN pg_class c ON c.oid = s.seqrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relpersistence <> 't' AND n.nspname <> 'gonogo'
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
  UNION ALL SELECT 'domain ' || t.name, concat_ws(' ', format_type(t.typbasetype, t.typtypmod), CASE WHEN t.typnotnull THEN 'NOT NULL' END,
    'DEFAULT ' || t.typdefault, (SELECT string_agg(format('CONSTRAINT %I %s', k.conname, pg_get_constraintdef(k.oid)), ' ' ORDER BY k.conname)
      FROM pg_constraint k WHERE k.contypid = t.oid AND k.contype <> 'n')) FROM type t WHERE t.typtype = 'd'
  UNION ALL SELECT 'type ' || t.name, string_agg(format('%I %s', a.attname, format_type(a.atttypid, a.atttypmod)), ', ' ORDER BY a.attnum)
    FROM type t JOIN pg_class c ON c.oid = t.typrelid AND c.relkind = 'c' JOIN pg_attribute a ON a.attrelid = c.oid AND NOT a.attisdropped
    GROUP BY t.name
  UNION ALL SELECT 'view ' || name, E'exists\x1e' || md5(pg_get_viewdef(oid)) FROM relation WHERE relkind IN ('v', 'm')
  UNION ALL SELECT format('column %s.%I', r.name, a.attname), concat_ws(' ', format_type(a.atttypid, a.atttypmod),
    CASE WHEN a.attnotnull THEN 'NOT NULL' END, CASE WHEN a.attgenerated = '' THEN 'DEFAULT ' ELSE 'GENERATED ' END || pg_get_expr(f.adbin, f.adrelid),
    CASE a.attidentity WHEN 'a' THEN 'IDENTITY' WHEN 'd' THEN 'IDENTITY by default' END, 'COLLATE ' || (SELECT collname FROM pg_collation c
      JOIN pg_type t ON t.oid = a.atttypid WHERE c.oid = a.attcollation AND c.oid <> t.typcollation))
    FROM relation r JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
    LEFT JOIN pg_attrdef f ON f.adrelid = a.attrelid AND f.adnum = a.attnum WHERE r.relkind IN ('r', 'p', 'f')
  UNION ALL SELECT format('constraint %I of %s', k.conname, r.name), pg_get_constraintdef(k.oid)
    FROM relation r JOIN pg_constraint k ON k.conrelid = r.oid WHERE k.contype <> 'n'
  -- options stand in the order in which they were set, which means nothing
  UNION ALL SELECT format('index %I of %s', c.relname, r.name), CASE WHEN c.reloptions IS NULL THEN pg_get_indexdef(i.indexrelid)
    ELSE regexp_replace(pg_get_indexdef(i.indexrelid), ' WITH \([a-z_]+=[^()]*\)', '') || ' WITH ' || (SELECT string_agg(one, ', ' ORDER BY one) FROM unnest(c.reloptions) AS one) END
    FROM relation r JOIN pg_index i ON i.indrelid = r.oid JOIN pg_class c ON c.oid = i.indexrelid
  UNION ALL SELECT format('trigger %I of %s', t.tgname, r.name), pg_get_triggerdef(t.oid) || CASE t.tgenabled WHEN 'D' THEN ' (disabled)' WHEN 'A' THEN ' (always)' WHEN 'R' THEN ' (replica)' ELSE '' END
    FROM relation r JOIN pg_trigger t ON t.tgrelid = r.oid AND NOT t.tgisinternal
  UNION ALL SELECT format('policy %I of %s', p.polname, r.name), E'exists\x1e' || md5(concat_ws(' ', p.polcmd, p.polpermissive,
    (SELECT string_agg(CASE one WHEN 0 THEN 'PUBLIC' ELSE one::regrole::text END, ',' ORDER BY one::regrole::text) FROM unnest(p.polroles) AS one),
    pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid))) FROM relation r JOIN pg_policy p ON p.polrelid = r.oid
  UNION ALL SELECT 'function ' || i.identity, E'exists\x1e' || md5(CASE WHEN l.lanname IN ('sql', 'plpgsql')
    THEN replace(pg_get_functiondef(p.oid), p.prosrc, regexp_replace(btrim(p.prosrc, E' \t\r\n'), '[ \t\r]*\n\s*', E'\n', 'g'))
    ELSE pg_get_functiondef(p.oid) END)
    FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang CROSS JOIN LATERAL pg_identify_object('pg_proc'::regclass, p.oid, 0) AS i
    WHERE p.oid >= 16384 AND p.prokind <> 'a' AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
  UNION ALL SELECT 'enum ' || format_type(enumtypid, NULL), string_agg(enumlabel, ', ' ORDER BY enumsortorder) FROM pg_enum GROUP BY enumtypid
)
SELECT E'schema\x1f' || replace(what, E'\n', '\n') || E'\x1f' || replace(value, E'\n', ' ') FROM found WHERE value IS NOT NULL ORDER BY what;
