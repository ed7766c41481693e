-- Whom sessions of the user :user act as from their beginning.
SELECT CASE WHEN :'user' = session_user THEN current_user::text ELSE coalesce((
  SELECT nullif(substr(setting, 6), 'none') FROM pg_db_role_setting CROSS JOIN LATERAL unnest(setconfig) AS setting
  WHERE setting LIKE 'role=%' AND setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
  AND setrole IN (0, (SELECT oid FROM pg_roles WHERE rolname = :'user'))
  ORDER BY setrole <> 0 DESC, setdatabase <> 0 DESC LIMIT 1), :'user') END;
