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
UNION ALL SELECT 'may not act as the owner of some tables: ' || string_agg(DISTINCT pg_get_userbyid(relowner), ', ') FROM pg_class
  WHERE relkind IN ('r', 'p', 'S', 'v', 'm') AND relnamespace::regnamespace::text !~ '^(pg_|information_schema)'
  AND NOT pg_has_role(relowner, 'USAGE') HAVING count(*) > 0;
