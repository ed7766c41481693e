-- Gives a database what another has and no archive holds: rights, settings, comment and limit of connections. A value is set as the
-- server stores it, because some are lists.
SELECT format('REVOKE ALL ON DATABASE %I FROM PUBLIC', :'new') FROM pg_database WHERE datname = :'old' AND datacl IS NOT NULL \gexec
SELECT format('GRANT %s ON DATABASE %I TO %s%s', a.privilege_type, :'new',
  CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END,
  CASE WHEN a.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END)
FROM pg_database d CROSS JOIN LATERAL aclexplode(d.datacl) AS a WHERE d.datname = :'old' AND a.grantee <> d.datdba \gexec
SELECT format('DO $do$ BEGIN PERFORM set_config(%L, %L, true); EXECUTE %L; END $do$', split_part(one, '=', 1),
  substr(one, strpos(one, '=') + 1), format('ALTER %s SET %s FROM CURRENT',
  CASE s.setrole WHEN 0 THEN format('DATABASE %I', :'new') ELSE format('ROLE %I IN DATABASE %I', pg_get_userbyid(s.setrole), :'new') END,
  (SELECT string_agg(quote_ident(part), '.') FROM unnest(string_to_array(split_part(one, '=', 1), '.')) AS part)))
FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase CROSS JOIN LATERAL unnest(s.setconfig) AS one
WHERE d.datname = :'old' \gexec
SELECT format('COMMENT ON DATABASE %I IS %L', :'new', shobj_description(oid, 'pg_database')) FROM pg_database
WHERE datname = :'old' AND shobj_description(oid, 'pg_database') IS NOT NULL \gexec
SELECT format('ALTER DATABASE %I CONNECTION LIMIT %s', :'new', datconnlimit) FROM pg_database
WHERE datname = :'old' AND datconnlimit <> -1 \gexec
