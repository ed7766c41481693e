-- What a server has outside its databases and a transaction can change: roles, their memberships and settings. One line each.
SELECT 'role ' || rolname FROM pg_roles
UNION ALL SELECT m.rolname || ' is a member of ' || r.rolname
FROM pg_auth_members a JOIN pg_roles r ON r.oid = a.roleid JOIN pg_roles m ON m.oid = a.member
UNION ALL SELECT 'setting of ' || coalesce(r.rolname, 'all roles') || ': ' || split_part(one, '=', 1) || ' ' || left(md5(one), 8)
FROM pg_db_role_setting s LEFT JOIN pg_roles r ON r.oid = s.setrole CROSS JOIN LATERAL unnest(s.setconfig) AS one WHERE s.setdatabase = 0;
