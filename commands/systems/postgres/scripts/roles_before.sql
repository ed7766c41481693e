-- The settings of roles and their memberships, which all databases of a server share, as one line for roles_restore.sql.
SELECT jsonb_build_object(
  'settings', (SELECT coalesce(jsonb_object_agg(coalesce(r.rolname, ''), s.setconfig), '{}') FROM pg_db_role_setting s
    LEFT JOIN pg_roles r ON r.oid = s.setrole WHERE s.setdatabase = 0),
  'members', (SELECT coalesce(jsonb_agg(DISTINCT jsonb_build_array(r.rolname, m.rolname)), '[]') FROM pg_auth_members a
    JOIN pg_roles r ON r.oid = a.roleid JOIN pg_roles m ON m.oid = a.member));
