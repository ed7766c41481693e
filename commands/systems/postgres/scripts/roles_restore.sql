-- The statements that take back what has changed since roles_before.sql, each after the role that it is about: `before` is the
-- line of that script. A value is set as the server stores it, because some are lists.
WITH old AS (
  SELECT key AS role, value AS config FROM jsonb_each(:'before'::jsonb -> 'settings')
), now AS (
  SELECT coalesce(r.rolname, '') AS role, to_jsonb(s.setconfig) AS config FROM pg_db_role_setting s
  LEFT JOIN pg_roles r ON r.oid = s.setrole WHERE s.setdatabase = 0
), changed AS (
  SELECT role, CASE role WHEN '' THEN 'ALL' ELSE quote_ident(role) END AS name, old.config FROM old FULL JOIN now USING (role)
  WHERE old.config IS DISTINCT FROM now.config
), members AS (
  SELECT r.rolname AS role, m.rolname AS member, CASE WHEN current_setting('server_version_num')::int >= 160000
    THEN format(' GRANTED BY %I', pg_get_userbyid(a.grantor)) END AS granted_by
  FROM pg_auth_members a JOIN pg_roles r ON r.oid = a.roleid JOIN pg_roles m ON m.oid = a.member
), members_before AS (
  SELECT one ->> 0 AS role, one ->> 1 AS member FROM jsonb_array_elements(:'before'::jsonb -> 'members') AS one
)
SELECT role || E'\x1f' || format('ALTER ROLE %s RESET ALL', name) FROM changed
UNION ALL SELECT role || E'\x1f' || format('DO $do$ BEGIN PERFORM set_config(%L, %L, true); EXECUTE %L; END $do$', split_part(one, '=', 1),
  substr(one, strpos(one, '=') + 1), format('ALTER ROLE %s SET %s FROM CURRENT', name,
  (SELECT string_agg(quote_ident(part), '.') FROM unnest(string_to_array(split_part(one, '=', 1), '.')) AS part)))
  FROM changed CROSS JOIN LATERAL jsonb_array_elements_text(config) AS one WHERE jsonb_typeof(config) = 'array'
UNION ALL SELECT rolname || E'\x1f' || format('COMMENT ON ROLE %I IS %L', rolname, value)
  FROM pg_roles JOIN jsonb_each_text(:'before'::jsonb -> 'comments') ON key = rolname
  WHERE shobj_description(oid, 'pg_authid') IS DISTINCT FROM value
UNION ALL SELECT role || E'\x1f' || format('REVOKE %I FROM %I%s', role, member, granted_by) FROM members
  WHERE (role, member) NOT IN (TABLE members_before)
UNION ALL SELECT role || E'\x1f' || format('GRANT %I TO %I', role, member) FROM members_before
  WHERE (role, member) NOT IN (SELECT role, member FROM members);
