-- New objects (whose keys are not in :'older') on which a role has no right, though it has one on nearly all older objects of
-- that kind in the schema (in a new schema: of the database): kind, name, roles, the rights that it has on the older ones, and "new".
-- Rights of groups, of PUBLIC and of predefined roles count, as they do for the server. The same of an object that was made anew
-- under its name ("again"), or given to another owner ("owner"), with the rights that a role had on it before and has not now.
, known AS (
  SELECT split_part(one, ':', 1) AS key, split_part(one, ':', 2) AS hash, split_part(one, ':', 3) AS owner, split_part(one, ':', 4) AS held
  FROM unnest(string_to_array(:'older', ',')) AS one
), older AS (SELECT o.* FROM object o JOIN known USING (key)
), lost AS (
  SELECT o.kind, o.name, CASE WHEN r.oid IS NULL THEN 'public' ELSE r.rolname END AS role, string_agg(l.right_, ', ' ORDER BY l.n) AS rights,
    CASE WHEN o.key = k.key THEN 'owner' ELSE 'again' END AS how
  FROM known k JOIN hashed h USING (hash) JOIN object o ON o.key = h.key CROSS JOIN LATERAL unnest(string_to_array(k.held, '/')) AS part
    LEFT JOIN pg_catalog.pg_roles r ON r.oid = substring(part FROM '^[0-9]+')::oid
    JOIN letter l ON strpos(substring(part FROM '[A-Za-z]+'), l.letter) > 0
  WHERE CASE WHEN r.oid IS NULL THEN part LIKE '0%' ELSE NOT r.rolsuper AND r.rolname !~ '^pg_' END
    AND (o.key <> k.key OR o.owner::text <> k.owner AND r.oid::text = k.owner)
    AND NOT CASE o.kind WHEN 'sequence' THEN has_sequence_privilege(coalesce(r.rolname, 'public'), o.oid, l.right_)
      WHEN 'function' THEN has_function_privilege(coalesce(r.rolname, 'public'), o.oid, l.right_)
      WHEN 'schema' THEN has_schema_privilege(coalesce(r.rolname, 'public'), o.oid, l.right_)
      ELSE has_table_privilege(coalesce(r.rolname, 'public'), o.oid, l.right_) END
  GROUP BY o.kind, o.name, r.oid, r.rolname, o.key, k.key
), fresh AS (
  SELECT o.*, CASE WHEN o.kind <> 'schema' AND EXISTS (SELECT FROM older e WHERE e.schema = o.schema AND e.kind <> 'schema') THEN o.schema ELSE 0 END AS scope
  FROM object o WHERE NOT EXISTS (SELECT FROM older e WHERE e.key = o.key)
), wanted AS (
  -- views and sequences of a schema that has none are compared with its tables
  SELECT kind, scope, CASE WHEN kind IN ('view', 'sequence')
    AND NOT EXISTS (SELECT FROM older e WHERE e.kind = one.kind AND one.scope IN (0, e.schema)) THEN 'table' ELSE kind END AS peers
  FROM (SELECT kind, scope FROM fresh UNION SELECT 'table', 0 FROM fresh WHERE kind = 'schema') AS one
), role AS (
  SELECT DISTINCT CASE WHEN one.grantee = 0 THEN 'public' ELSE r.rolname END AS role
  FROM (SELECT DISTINCT acl FROM older WHERE EXISTS (SELECT FROM fresh)) AS each CROSS JOIN LATERAL aclexplode(each.acl) AS one
    LEFT JOIN pg_catalog.pg_roles r ON r.oid = one.grantee
  WHERE one.grantee = 0 OR NOT r.rolsuper AND r.rolname !~ '^pg_'
), asked (kind, peers, asked, granted, n) AS (VALUES
  ('table', 'table', 'SELECT', 'SELECT', 1), ('table', 'table', 'INSERT', 'INSERT', 2), ('table', 'table', 'UPDATE', 'UPDATE', 3),
  ('table', 'table', 'DELETE', 'DELETE', 4), ('table', 'table', 'TRUNCATE', 'TRUNCATE', 5), ('table', 'table', 'REFERENCES', 'REFERENCES', 6),
  ('table', 'table', 'TRIGGER', 'TRIGGER', 7),
  ('view', 'view', 'SELECT', 'SELECT', 1), ('view', 'view', 'INSERT', 'INSERT', 2), ('view', 'view', 'UPDATE', 'UPDATE', 3),
  ('view', 'view', 'DELETE', 'DELETE', 4), ('view', 'table', 'SELECT', 'SELECT', 1),
  ('sequence', 'sequence', 'USAGE', 'USAGE', 1), ('sequence', 'sequence', 'SELECT', 'SELECT', 2), ('sequence', 'sequence', 'UPDATE', 'UPDATE', 3),
  ('sequence', 'table', 'INSERT', 'USAGE', 1), ('function', 'function', 'EXECUTE', 'EXECUTE', 1), ('schema', 'schema', 'USAGE', 'USAGE', 1)
), usual AS (
  SELECT kind, scope, role, string_agg(granted, ', ' ORDER BY n) AS rights FROM (
    SELECT w.kind, w.scope, role.role, a.granted, a.n
    FROM wanted w JOIN asked a USING (kind, peers) JOIN older e ON e.kind = w.peers AND w.scope IN (0, e.schema) CROSS JOIN role
    WHERE CASE e.kind WHEN 'function' THEN NOT has_function_privilege('public', e.oid, 'EXECUTE')
      WHEN 'schema' THEN EXISTS (SELECT FROM older t WHERE t.schema = e.schema AND t.kind <> 'schema') ELSE true END
    GROUP BY w.kind, w.scope, role.role, a.granted, a.n
    HAVING 10 * count(*) FILTER (WHERE CASE e.kind WHEN 'sequence' THEN has_sequence_privilege(role.role, e.oid, a.asked)
      WHEN 'function' THEN has_function_privilege(role.role, e.oid, a.asked) WHEN 'schema' THEN has_schema_privilege(role.role, e.oid, a.asked)
      ELSE has_table_privilege(role.role, e.oid, a.asked) END) >= 9 * count(*)) AS one
  GROUP BY kind, scope, role
), lacking AS (
  SELECT f.kind, f.name, u.role, u.rights FROM fresh f JOIN usual u USING (kind, scope)
  WHERE CASE f.kind WHEN 'sequence' THEN NOT has_sequence_privilege(u.role, f.oid, 'USAGE, SELECT, UPDATE')
      -- who may only read a table needs nothing of its sequence
      AND NOT (f.of_table IS NOT NULL AND has_any_column_privilege(u.role, f.of_table, 'SELECT') AND NOT has_any_column_privilege(u.role, f.of_table, 'INSERT'))
    WHEN 'function' THEN NOT has_function_privilege(u.role, f.oid, 'EXECUTE')
    WHEN 'schema' THEN NOT has_schema_privilege(u.role, f.oid, 'USAGE, CREATE') AND EXISTS (SELECT FROM usual t WHERE t.kind = 'table' AND t.scope = 0 AND t.role = u.role)
    ELSE NOT has_table_privilege(u.role, f.oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER')
      AND NOT has_any_column_privilege(u.role, f.oid, 'SELECT, INSERT, UPDATE, REFERENCES') END
)
, found AS (
  TABLE lost UNION ALL SELECT *, 'new' FROM lacking l WHERE NOT EXISTS (SELECT FROM lost WHERE lost.kind = l.kind AND lost.name = l.name AND lost.role = l.role)
)
-- a grant to the group, or to everybody, is enough for its members
SELECT kind, name, string_agg(CASE role WHEN 'public' THEN 'PUBLIC' ELSE quote_ident(role) END, ', ' ORDER BY role) AS roles, rights, how
FROM found l WHERE NOT EXISTS (SELECT FROM found g WHERE g.kind = l.kind AND g.name = l.name AND g.role <> l.role
  AND CASE g.role WHEN 'public' THEN true ELSE l.role <> 'public' AND pg_has_role(l.role, g.role, 'USAGE') END)
GROUP BY kind, name, rights, how ORDER BY array_position(ARRAY['schema', 'table', 'view', 'sequence', 'function'], kind), name, length(rights) DESC
