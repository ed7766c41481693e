-- The settings of the user :user and this database as options for PGOPTIONS, stronger ones later, so that names resolve and values are
-- read on the copy as in production; of the server's own, those by which times are read. Only these settings are copied, because
-- another server may refuse others.
SELECT '-c ' || regexp_replace(setting, '([\\\s])', '\\\1', 'g')
FROM (SELECT unnest(setconfig) AS setting, setrole, setdatabase, 1 AS strength FROM pg_db_role_setting
    WHERE setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
    AND setrole IN (0, (SELECT oid FROM pg_roles WHERE rolname = :'user'))
  UNION ALL SELECT name || '=' || reset_val, 0, 0, 0 FROM pg_settings
    WHERE name IN ('TimeZone', 'DateStyle', 'IntervalStyle') AND source IN ('default', 'environment variable', 'configuration file', 'command line')) AS said
WHERE lower(split_part(setting, '=', 1)) IN ('search_path', 'timezone', 'datestyle', 'intervalstyle',
  'standard_conforming_strings', 'check_function_bodies', 'array_nulls', 'transform_null_equals', 'backslash_quote', 'xmloption')
ORDER BY strength, setrole <> 0, setdatabase <> 0;
