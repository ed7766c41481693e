-- What the roles of an application may need rights on, each with a key that no other object of the database has: not what needs
-- no right of its own (partitions, sequences of identity columns, trigger functions), and nothing of extensions, migration tools
-- or gonogo. `noted` is what of it is remembered: its key, a hash of its kind and name, its owner, and who has which rights on it.
WITH object AS (
  SELECT 'r' || c.oid AS key, c.oid, n.oid AS schema, format('%I.%I', n.nspname, c.relname) AS name,
    CASE WHEN c.relkind = 'S' THEN 'sequence' WHEN c.relkind IN ('v', 'm') THEN 'view' ELSE 'table' END AS kind,
    coalesce(c.relacl, acldefault(CASE c.relkind WHEN 'S' THEN 's'::"char" ELSE 'r' END, c.relowner)) AS acl,
    (SELECT d.refobjid FROM pg_catalog.pg_depend d WHERE c.relkind = 'S' AND d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'a'
      AND d.refclassid = 'pg_class'::regclass LIMIT 1) AS of_table, c.relowner AS owner
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm', 'S') AND NOT c.relispartition AND n.nspname !~ '^(pg_|information_schema$|gonogo$)'
    AND lower(c.relname) !~ '^(alembic_version|ar_internal_metadata|_?_?(django|schema|knex|prisma|sqlx|diesel_schema|drizzle|efmigrations?|typeorm|gorp|sequelize)_?(migrations?(_lock)?|history)|migrations|pgmigrations|migration_versions|doctrine_migration_versions|phinxlog|sequelizemeta|goose_db_version|databasechangelog(lock)?|flyway_schema_history|schema_version|atlas_schema_revisions)$'
    AND NOT EXISTS (SELECT FROM pg_catalog.pg_inherits i WHERE i.inhrelid = c.oid)
    AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid
      AND (d.deptype = 'e' OR c.relkind = 'S' AND d.deptype = 'i'))
  UNION ALL
  SELECT 'f' || p.oid, p.oid, n.oid, format('%I.%I(%s)', n.nspname, p.proname, pg_catalog.pg_get_function_identity_arguments(p.oid)), 'function',
    coalesce(p.proacl, acldefault('f', p.proowner)), NULL, p.proowner
  FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
  WHERE p.prokind <> 'a' AND p.prorettype NOT IN ('trigger'::regtype, 'event_trigger'::regtype) AND n.nspname !~ '^(pg_|information_schema$|gonogo$)'
    AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
  UNION ALL
  SELECT 'n' || n.oid, n.oid, n.oid, format('%I', n.nspname), 'schema', coalesce(n.nspacl, acldefault('n', n.nspowner)), NULL, n.nspowner
  FROM pg_catalog.pg_namespace n WHERE n.nspname !~ '^(pg_|information_schema$|gonogo$)'
    AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_namespace'::regclass AND d.objid = n.oid AND d.deptype = 'e')
), hashed AS (SELECT key, left(encode(sha256(convert_to(kind || ' ' || name, 'UTF8')), 'hex'), 12) AS hash FROM object
), letter (right_, letter, n) AS (VALUES ('SELECT', 'r', 1), ('INSERT', 'a', 2), ('UPDATE', 'w', 3), ('DELETE', 'd', 4), ('TRUNCATE', 'D', 5),
  ('REFERENCES', 'x', 6), ('TRIGGER', 't', 7), ('USAGE', 'U', 1), ('CREATE', 'C', 2), ('EXECUTE', 'X', 1)
), noted AS (
  SELECT key || ':' || hash || ':' || owner || ':' || coalesce((SELECT string_agg(grantee || letters, '/' ORDER BY grantee) FROM (
    SELECT one.grantee, string_agg(DISTINCT letter, '') AS letters FROM aclexplode(acl) AS one JOIN letter ON right_ = one.privilege_type
    GROUP BY one.grantee) AS each), '') AS noted FROM object JOIN hashed USING (key)
)
