-- What a server needs for a copy of this database.
SELECT 'need=' || (jsonb_build_object(
  'size', pg_database_size(current_database()),
  'server', current_setting('server_version_num')::int / 10000,
  'encoding', current_setting('server_encoding'),
  'icu', EXISTS (SELECT FROM pg_collation c WHERE collprovider = 'i' AND (collnamespace <> 'pg_catalog'::regnamespace OR EXISTS (
    SELECT FROM pg_depend d WHERE d.refclassid = 'pg_collation'::regclass AND d.refobjid = c.oid))),
  'extensions', (SELECT coalesce(jsonb_agg(extname ORDER BY extname), '[]') FROM pg_extension),
  'roles', (SELECT jsonb_agg(jsonb_build_array(rolname, rolsuper) ORDER BY rolname) FROM pg_roles WHERE rolname NOT LIKE 'pg\_%'),
  -- of another than the server's own parameters nobody knows what it holds
  'settings', (SELECT coalesce(jsonb_agg(jsonb_build_array(rolname, split_part(one, '=', 1),
      CASE WHEN split_part(one, '=', 1) ~ '\.' THEN md5(one) ELSE substr(one, strpos(one, '=') + 1) END)), '[]')
    FROM pg_db_role_setting s JOIN pg_roles r ON r.oid = setrole CROSS JOIN LATERAL unnest(setconfig) AS one
    WHERE setdatabase = 0 AND rolname NOT LIKE 'pg\_%'),
  'members', (SELECT coalesce(jsonb_agg(DISTINCT jsonb_build_array(r.rolname, m.rolname)), '[]')
    FROM pg_auth_members a JOIN pg_roles r ON r.oid = a.roleid JOIN pg_roles m ON m.oid = a.member)))::text;
