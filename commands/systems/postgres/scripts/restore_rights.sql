-- What the user lacks to put another database into this one's place, one a line.
SELECT 'may not create databases (CREATEDB)' FROM pg_roles WHERE rolname = current_user AND NOT (rolcreatedb OR rolsuper)
UNION ALL SELECT format('does not own the database %I (its owner is %I)', datname, pg_get_userbyid(datdba)) FROM pg_database
  WHERE datname = current_database() AND NOT pg_has_role(datdba, 'USAGE')
UNION ALL SELECT 'may not give roles their settings in this database (CREATEROLE)' WHERE EXISTS (SELECT FROM pg_db_role_setting
  WHERE setrole <> 0 AND setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database()))
  AND NOT (SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user)
UNION ALL SELECT 'may not create the extension ' || e.extname FROM pg_extension e
  -- a restore creates the version that the server's files have now, which may be newer than the database's
  LEFT JOIN pg_available_extensions a ON a.name = e.extname
  LEFT JOIN pg_available_extension_versions v ON v.name = a.name AND v.version = a.default_version
  WHERE e.extname <> 'plpgsql' AND coalesce(v.superuser, true) AND NOT coalesce((to_jsonb(v) ->> 'trusted')::boolean, false)
  AND NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)
UNION ALL SELECT 'may not act as the owner of what is in it: ' || string_agg(DISTINCT pg_get_userbyid(owner), ', ') FROM (
  SELECT 'pg_class'::regclass AS classid, oid, relowner AS owner FROM pg_class WHERE relkind IN ('r', 'p', 'S', 'v', 'm', 'f') AND relpersistence <> 't'
  UNION ALL SELECT 'pg_proc'::regclass, oid, proowner FROM pg_proc
  UNION ALL SELECT 'pg_type'::regclass, oid, typowner FROM pg_type WHERE typtype IN ('d', 'e', 'r')
  UNION ALL SELECT 'pg_namespace'::regclass, oid, nspowner FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'gonogo'
  UNION ALL SELECT 'pg_foreign_server'::regclass, oid, srvowner FROM pg_foreign_server
  UNION ALL SELECT 'pg_publication'::regclass, oid, pubowner FROM pg_publication
  UNION ALL SELECT 'pg_subscription'::regclass, oid, subowner FROM pg_subscription
    WHERE subdbid = (SELECT oid FROM pg_database WHERE datname = current_database())
  UNION ALL SELECT 'pg_statistic_ext'::regclass, oid, stxowner FROM pg_statistic_ext
  UNION ALL SELECT 'pg_largeobject_metadata'::regclass, oid, lomowner FROM pg_largeobject_metadata
  UNION ALL SELECT 'pg_default_acl'::regclass, oid, defaclrole FROM pg_default_acl
) AS owned (classid, oid, owner)
  WHERE (oid >= 16384 OR classid = 'pg_namespace'::regclass AND oid = to_regnamespace('public')) AND NOT pg_has_role(owner, 'USAGE')
  -- the new database has this one, too
  AND owner <> coalesce(to_regrole('pg_database_owner'), 0)
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = owned.classid AND d.objid = owned.oid AND d.deptype = 'e')
  AND NOT EXISTS (SELECT FROM pg_class c WHERE c.oid = owned.oid AND c.relnamespace::regnamespace::text ~ '^(pg_|gonogo$)')
  HAVING count(*) > 0
UNION ALL SELECT format('may not create the publication %I for all tables (only a superuser may)', pubname) FROM pg_publication
  WHERE puballtables AND NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)
  AND NOT EXISTS (SELECT FROM pg_roles WHERE rolname IN ('rds_superuser', 'cloudsqlsuperuser', 'azure_pg_admin', 'supabase_admin', 'neon_superuser'));
