-- What somebody must own to change it: number, kind, name, schema, and a checksum of what it is. Asked of the copy before and after
-- the tool went forward.
SET search_path = '';
SELECT 'pg_class'::regclass || '/' || c.oid, 'relation', c.oid::regclass::text, n.nspname, md5(concat_ws('|', c.relname, c.relkind,
  c.reloptions, c.relrowsecurity, c.relforcerowsecurity, c.relpersistence,
  (SELECT string_agg(concat_ws(',', attnum, attname, atttypid::regtype, atttypmod, attnotnull, attidentity, attstorage, pg_get_expr(adbin, adrelid)), ';' ORDER BY attnum)
    FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped),
  (SELECT string_agg(conname || pg_get_constraintdef(oid), ';' ORDER BY oid) FROM pg_constraint WHERE conrelid = c.oid),
  (SELECT string_agg(pg_get_indexdef(indexrelid), ';' ORDER BY indexrelid) FROM pg_index WHERE indrelid = c.oid),
  (SELECT string_agg(pg_get_ruledef(oid), ';' ORDER BY oid) FROM pg_rewrite WHERE ev_class = c.oid),
  (SELECT string_agg(polname || coalesce(pg_get_expr(polqual, polrelid), ''), ';' ORDER BY oid) FROM pg_policy WHERE polrelid = c.oid)))
FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
WHERE relkind IN ('r', 'p', 'v', 'm', 'S', 'f') AND nspname !~ '^(pg_|information_schema$|gonogo$)'
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype IN ('e', 'i', 'a') AND (d.deptype = 'e' OR relkind = 'S'))
UNION ALL
SELECT 'pg_proc'::regclass || '/' || p.oid, 'routine', p.oid::regprocedure::text, n.nspname, md5(concat_ws('|', proname, prosrc, proargtypes, prorettype, provolatile, prosecdef, proconfig))
FROM pg_proc p JOIN pg_namespace n ON n.oid = pronamespace WHERE nspname !~ '^(pg_|information_schema$|gonogo$)'
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
UNION ALL
SELECT 'pg_type'::regclass || '/' || t.oid, 'type', t.oid::regtype::text, n.nspname, md5(concat_ws('|', typname, typnotnull, typdefault,
  (SELECT string_agg(enumlabel, ';' ORDER BY enumsortorder) FROM pg_enum WHERE enumtypid = t.oid)))
FROM pg_type t JOIN pg_namespace n ON n.oid = typnamespace WHERE typtype IN ('e', 'd', 'r') AND nspname !~ '^(pg_|information_schema$|gonogo$)'
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_type'::regclass AND d.objid = t.oid AND d.deptype = 'e')
