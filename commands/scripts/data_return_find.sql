-- The tables named on the page, with the parts of those that are partitioned; `whole` ones get their rows back.
CREATE TEMP TABLE gonogo_tables AS
SELECT c.oid, format('%I.%I', n.nspname, c.relname) AS name, c.relname, c.relkind = 'r' AS leaf, bool_or(given.whole) AS whole
FROM (SELECT name, true FROM regexp_split_to_table(nullif(:'tables', ''), E'\n') AS t (name)
  UNION ALL SELECT split_part(line, E'\t', 1), false FROM regexp_split_to_table(nullif(:'columns', ''), E'\n') AS t (line)
) AS given (name, whole)
CROSS JOIN LATERAL (SELECT relid FROM pg_partition_tree(given.name::regclass) UNION SELECT given.name::regclass) AS part (oid)
JOIN pg_class c ON c.oid = part.oid JOIN pg_namespace n ON n.oid = c.relnamespace GROUP BY 1, 2, 3, 4;
