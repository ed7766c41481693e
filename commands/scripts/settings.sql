-- What the server is told for this user and database, as words for PGOPTIONS, what counts more behind: a session on the copy
-- must find the names that production's would. How long things may take is the step's own affair.
SELECT '-c ' || regexp_replace(said.setting, '([\\\s])', '\\\1', 'g')
FROM (SELECT unnest(setconfig) AS setting, setrole, setdatabase FROM pg_db_role_setting
  WHERE setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
  AND setrole IN (0, (SELECT oid FROM pg_roles WHERE rolname = session_user))) AS said
JOIN pg_settings g ON g.name = split_part(said.setting, '=', 1)
WHERE g.context = 'user' AND g.name NOT LIKE '%\_timeout' AND g.name <> 'role'
ORDER BY said.setrole <> 0, said.setdatabase <> 0;
