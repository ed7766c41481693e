-- What the user lacks to put another database into this one's place, one a line. What managed servers' own superusers may is not known.
SELECT CASE WHEN current_setting('server_version_num')::int >= 150000 THEN 'has_parameter_privilege(p.name, ''SET'')' ELSE 'false' END AS may_set \gset
WITH self AS (
  SELECT NOT rolsuper AND NOT EXISTS (SELECT FROM pg_roles
    WHERE rolname IN ('rds_superuser', 'cloudsqlsuperuser', 'azure_pg_admin', 'supabase_admin', 'neon_superuser')) AS is_plain
  FROM pg_roles WHERE rolname = current_user
)
SELECT 'may not create databases (CREATEDB)' FROM pg_roles WHERE rolname = current_user AND NOT (rolcreatedb OR rolsuper)
UNION ALL SELECT format('does not own the database %I (its owner is %I)', datname, pg_get_userbyid(datdba)) FROM pg_database
  WHERE datname = current_database() AND NOT pg_has_role(datdba, 'USAGE')
UNION ALL SELECT 'may not give roles their settings in this database (CREATEROLE, and ADMIN on the role)' WHERE EXISTS (
  SELECT FROM pg_db_role_setting JOIN pg_roles own ON own.rolname = current_user
  WHERE setrole NOT IN (0, own.oid) AND setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND NOT (own.rolsuper OR own.rolcreaterole
    AND (current_setting('server_version_num')::int < 160000 OR pg_has_role(setrole, 'MEMBER WITH ADMIN OPTION'))))
UNION ALL SELECT 'may not create the extension ' || e.extname FROM pg_extension e
  -- a restore creates the version that the server's files have now, which may be newer than the database's
  LEFT JOIN pg_available_extensions a ON a.name = e.extname
  LEFT JOIN pg_available_extension_versions v ON v.name = a.name AND v.version = a.default_version
  WHERE e.extname <> 'plpgsql' AND coalesce(v.superuser, true) AND NOT coalesce((to_jsonb(v) ->> 'trusted')::boolean, false)
  AND NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)
UNION ALL SELECT 'may not act as the owner of what is in it: ' || string_agg(DISTINCT pg_get_userbyid(owner), ', ') FROM (
  SELECT 'pg_class'::regclass AS classid, oid, relowner AS owner FROM pg_class WHERE relkind IN ('r', 'p', 'S', 'v', 'm', 'f') AND relpersistence <> 't'
  UNION ALL SELECT 'pg_proc'::regclass, oid, proowner FROM pg_proc
  UNION ALL SELECT 'pg_type'::regclass, t.oid, typowner FROM pg_type t LEFT JOIN pg_class c ON c.oid = typrelid
    WHERE typtype IN ('d', 'e', 'r') OR c.relkind = 'c'
  UNION ALL SELECT 'pg_namespace'::regclass, oid, nspowner FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'gonogo'
  UNION ALL SELECT 'pg_foreign_server'::regclass, oid, srvowner FROM pg_foreign_server
  UNION ALL SELECT 'pg_publication'::regclass, oid, pubowner FROM pg_publication
  UNION ALL SELECT 'pg_statistic_ext'::regclass, oid, stxowner FROM pg_statistic_ext
  UNION ALL SELECT 'pg_ts_config'::regclass, oid, cfgowner FROM pg_ts_config
  UNION ALL SELECT 'pg_ts_dict'::regclass, oid, dictowner FROM pg_ts_dict
  UNION ALL SELECT 'pg_collation'::regclass, oid, collowner FROM pg_collation
  UNION ALL SELECT 'pg_operator'::regclass, oid, oprowner FROM pg_operator
  UNION ALL SELECT 'pg_largeobject_metadata'::regclass, oid, lomowner FROM pg_largeobject_metadata
  UNION ALL SELECT 'pg_default_acl'::regclass, oid, defaclrole FROM pg_default_acl
) AS owned (classid, oid, owner)
  WHERE (oid >= 16384 OR classid = 'pg_namespace'::regclass AND oid = to_regnamespace('public') AND current_setting('server_version_num')::int >= 150000) AND NOT pg_has_role(owner, 'USAGE')
  -- the new database has this one, too
  AND owner <> coalesce(to_regrole('pg_database_owner'), 0)
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = owned.classid AND d.objid = owned.oid AND d.deptype = 'e')
  AND NOT EXISTS (SELECT FROM pg_class c WHERE c.oid = owned.oid AND c.relnamespace::regnamespace::text ~ '^(pg_|gonogo$)')
  HAVING count(*) > 0
UNION ALL SELECT format('may not create the publication %I for all tables (only a superuser may)', pubname) FROM pg_publication, self
  WHERE puballtables AND is_plain
UNION ALL SELECT 'may not give rights on what is PostgreSQL''s own: ' || string_agg(name, ', ' ORDER BY name) FROM (
  SELECT 'pg_proc'::regclass::oid AS classid, oid, proacl AS acl, proname::text AS name FROM pg_proc WHERE oid < 16384
    AND pronamespace = 'pg_catalog'::regnamespace
  UNION ALL SELECT 'pg_class'::regclass, oid, relacl, relname::text FROM pg_class WHERE oid < 16384 AND relnamespace = 'pg_catalog'::regnamespace
) AS own (classid, oid, acl, name), self
  WHERE is_plain AND acl IS NOT NULL AND NOT EXISTS (SELECT FROM pg_init_privs i WHERE i.classoid = own.classid AND i.objoid = own.oid
    AND i.objsubid = 0 AND i.initprivs = acl) HAVING count(*) > 0
UNION ALL SELECT 'may not set for this database: ' || string_agg(p.name, ', ' ORDER BY p.name) FROM pg_db_role_setting s
  CROSS JOIN LATERAL unnest(s.setconfig) AS one JOIN pg_settings p ON p.name = split_part(one, '=', 1), self
  WHERE s.setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database()) AND p.context LIKE 'superuser%' AND is_plain
  AND NOT :may_set HAVING count(*) > 0;
