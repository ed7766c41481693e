-- In the database itself, where nothing is changed: what of the lines in :changed ("changed" or "dropped", kind, name, schema) and
-- of the schemas in :schemas the user may not change or create in. What the database does not have is left out.
SET search_path = '';
-- since PostgreSQL 16 a member may lack SET ROLE, the inherited rights, or both
SELECT CASE WHEN current_setting('server_version_num')::int < 160000 THEN 'MEMBER' ELSE 'SET' END AS act \gset
-- (PostgreSQL before 16 takes what is no name of a kind for a mistake, so each name is only looked up as its own kind.)
WITH changed AS (
  SELECT part[1] = 'dropped' AS dropped, part[2] AS kind, part[3] AS name, part[4] AS schema,
    CASE part[2] WHEN 'relation' THEN to_regclass(part[3])::oid WHEN 'routine' THEN to_regprocedure(part[3])::oid ELSE to_regtype(part[3])::oid END AS oid
  FROM (SELECT string_to_array(line, E'\x1f') FROM unnest(string_to_array(:'changed', E'\n')) AS line WHERE line <> '') AS lines (part)
), owned AS (
  SELECT DISTINCT name, coalesce(relowner, proowner, typowner) AS owner, dropped AND (pg_has_role(:'user', nspowner, 'USAGE') OR pg_has_role(:'user', nspowner, :'act')) AS by_schema,
    pg_has_role(:'user', coalesce(relowner, proowner, typowner), 'USAGE') AS inherits, pg_has_role(:'user', coalesce(relowner, proowner, typowner), :'act') AS acts
  FROM changed LEFT JOIN pg_class c ON c.oid = changed.oid AND kind = 'relation' LEFT JOIN pg_proc p ON p.oid = changed.oid AND kind = 'routine'
    LEFT JOIN pg_type t ON t.oid = changed.oid AND kind = 'type' LEFT JOIN pg_namespace n ON nspname = schema
  WHERE changed.oid IS NOT NULL
)
SELECT format('may not: change %s, which belongs to %s', name, pg_get_userbyid(owner)) FROM owned WHERE NOT (by_schema OR inherits OR acts)
UNION ALL
-- a member that does not inherit the rights
SELECT format('after set role: %s, which belongs to %s', name, pg_get_userbyid(owner)) FROM owned
WHERE acts AND NOT (by_schema OR inherits)
UNION ALL
SELECT format('may not: create anything in the schema %s', nspname) FROM pg_namespace WHERE nspname = ANY (string_to_array(:'schemas', E'\n'))
  AND NOT has_schema_privilege(:'user', oid, 'CREATE') AND NOT (pg_has_role(:'user', nspowner, 'USAGE') OR pg_has_role(:'user', nspowner, :'act'))
UNION ALL
SELECT 'may change: ' || count(*) FROM owned
