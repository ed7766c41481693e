-- The settings of roles, their memberships and comments, which all databases of a server share, as one line for roles_restore.sql.
SELECT jsonb_build_object(
  'settings', (SELECT coalesce(jsonb_object_agg(coalesce(r.rolname, ''), s.setconfig), '{}') FROM pg_db_role_setting s
    LEFT JOIN pg_roles r ON r.oid = s.setrole WHERE s.setdatabase = 0),
  'comments', (SELECT coalesce(jsonb_object_agg(rolname, shobj_description(oid, 'pg_authid')), '{}') FROM pg_roles),
  'members', (SELECT coalesce(jsonb_agg(DISTINCT jsonb_build_array(r.rolname, m.rolname)), '[]') FROM pg_auth_members a
    JOIN pg_roles r ON r.oid = a.roleid JOIN pg_roles m ON m.oid = a.member));
