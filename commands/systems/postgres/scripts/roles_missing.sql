-- Those of the given roles that this server does not have.
SELECT string_agg(name, ', ' ORDER BY name) FROM regexp_split_to_table(:'names', E'\n') AS name
WHERE name <> '' AND name NOT IN (SELECT rolname FROM pg_roles);
