-- What the user lacks to put another database into this one's place, one a line. What managed servers' own superusers may is not known.
SELECT CASE WHEN current_setting('server_version_num')::int >= 150000 THEN 'has_parameter_privilege(name, ''SET'')' ELSE 'false' END AS may_set,
  -- what PostgreSQL asks for to give something to a role; the rights on it are inherited
  CASE WHEN current_setting('server_version_num')::int < 160000 THEN 'MEMBER' ELSE 'SET' END AS give \gset
WITH self AS (
  SELECT NOT rolsuper AND NOT EXISTS (SELECT FROM pg_roles
    WHERE rolname IN ('rds_superuser', 'cloudsqlsuperuser', 'azure_pg_admin', 'supabase_admin', 'neon_superuser')) AS is_plain
  FROM pg_roles WHERE rolname = current_user
)
SELECT 'may not create databases (CREATEDB)' FROM pg_roles WHERE rolname = current_user AND NOT (rolcreatedb OR rolsuper)
UNION ALL SELECT format('does not own the database %I (its owner is %I)', datname, pg_get_userbyid(datdba)) FROM pg_database
  WHERE datname = current_database() AND NOT pg_has_role(datdba, 'USAGE')
UNION ALL SELECT format('may not give a database to %I, its owner (GRANT %1$I … WITH SET TRUE)', pg_get_userbyid(datdba)) FROM pg_database
  WHERE datname = current_database() AND pg_has_role(datdba, 'USAGE') AND NOT pg_has_role(datdba, :'give')
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
  UNION ALL SELECT 'pg_namespace'::regclass, oid, nspowner FROM pg_namespace WHERE nspname !~ '^(pg_|information_schema$|gonogo$)'
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
  WHERE (oid >= 16384 OR classid = 'pg_namespace'::regclass AND oid = to_regnamespace('public') AND current_setting('server_version_num')::int >= 150000)
  AND NOT (pg_has_role(owner, 'USAGE') AND (pg_has_role(owner, :'give') OR classid = 'pg_default_acl'::regclass))
  -- the new database has this one, too
  AND owner <> coalesce(to_regrole('pg_database_owner'), 0)
  -- an extension brings its own, and a range type its functions, which are the first superuser's
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = owned.classid AND d.objid = owned.oid
    AND (d.deptype = 'e' OR d.deptype = 'i' AND d.classid = 'pg_proc'::regclass))
  -- no archive holds these
  AND coalesce((pg_identify_object(classid, oid, 0)).schema, '') !~ '^(pg_|information_schema$|gonogo$)'
  HAVING count(*) > 0
UNION ALL SELECT format('may not create the publication %I for all tables (only a superuser may)', pubname) FROM pg_publication, self
  WHERE puballtables AND is_plain
-- one without any right there gets an error, and others a warning
UNION ALL SELECT 'may not give rights on what is PostgreSQL''s own: ' || string_agg(name, ', ' ORDER BY name) FROM (
  SELECT 'pg_proc'::regclass::oid AS classid, oid, proowner AS owner, proacl AS acl, acldefault('f', proowner) AS by_default, proname::text AS name
    FROM pg_proc WHERE oid < 16384 AND pronamespace = 'pg_catalog'::regnamespace
  UNION ALL SELECT 'pg_class'::regclass, oid, relowner, relacl, acldefault('r', relowner), relname::text
    FROM pg_class WHERE oid < 16384 AND relnamespace = 'pg_catalog'::regnamespace
) AS own (classid, oid, owner, acl, by_default, name) LEFT JOIN pg_init_privs i ON i.classoid = classid AND i.objoid = own.oid AND i.objsubid = 0
  CROSS JOIN self
  WHERE is_plain AND acl IS NOT NULL AND acl <> coalesce(initprivs, by_default)
  AND NOT EXISTS (SELECT FROM aclexplode(coalesce(initprivs, by_default)) AS one WHERE grantee = 0 OR pg_has_role(grantee, 'USAGE'))
  HAVING count(*) > 0
-- the value of one that the server does not know, such as one of the application's own, only a superuser gives to a database
UNION ALL SELECT 'may not set for this database: ' || string_agg(DISTINCT name, ', ' ORDER BY name) FROM pg_db_role_setting s
  CROSS JOIN LATERAL unnest(s.setconfig) AS one CROSS JOIN LATERAL split_part(one, '=', 1) AS name
  LEFT JOIN pg_settings p USING (name) CROSS JOIN self
  WHERE s.setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND (p.context LIKE 'superuser%' OR p.name IS NULL AND name LIKE '%.%') AND is_plain
  AND NOT :may_set HAVING count(*) > 0;
