-- What the roles of an application may need rights on, each with a key that no other object of the database has: not what needs
-- no right of its own (partitions, sequences of identity columns, trigger functions), and nothing of extensions, migration tools
-- or gonogo.
WITH object AS (
  SELECT 'r' || c.oid AS key, c.oid, n.oid AS schema, format('%I.%I', n.nspname, c.relname) AS name,
    CASE WHEN c.relkind = 'S' THEN 'sequence' WHEN c.relkind IN ('v', 'm') THEN 'view' ELSE 'table' END AS kind,
    coalesce(c.relacl, acldefault(CASE c.relkind WHEN 'S' THEN 's'::"char" ELSE 'r' END, c.relowner)) AS acl,
    (SELECT d.refobjid FROM pg_catalog.pg_depend d WHERE c.relkind = 'S' AND d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'a'
      AND d.refclassid = 'pg_class'::regclass LIMIT 1) AS of_table
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm', 'S') AND NOT c.relispartition AND n.nspname !~ '^(pg_|information_schema$|gonogo$)'
    AND c.relname NOT IN ('alembic_version', 'django_migrations', 'schema_migrations', 'ar_internal_metadata', 'flyway_schema_history', '_prisma_migrations')
    AND NOT EXISTS (SELECT FROM pg_catalog.pg_inherits i WHERE i.inhrelid = c.oid)
    AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid
      AND (d.deptype = 'e' OR c.relkind = 'S' AND d.deptype = 'i'))
  UNION ALL
  SELECT 'f' || p.oid, p.oid, n.oid, format('%I.%I(%s)', n.nspname, p.proname, pg_catalog.pg_get_function_identity_arguments(p.oid)), 'function',
    coalesce(p.proacl, acldefault('f', p.proowner)), NULL
  FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
  WHERE p.prokind <> 'a' AND p.prorettype NOT IN ('trigger'::regtype, 'event_trigger'::regtype) AND n.nspname !~ '^(pg_|information_schema$|gonogo$)'
    AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
  UNION ALL
  SELECT 'n' || n.oid, n.oid, n.oid, format('%I', n.nspname), 'schema', coalesce(n.nspacl, acldefault('n', n.nspowner)), NULL
  FROM pg_catalog.pg_namespace n WHERE n.nspname !~ '^(pg_|information_schema$|gonogo$)'
    AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_namespace'::regclass AND d.objid = n.oid AND d.deptype = 'e')
)
