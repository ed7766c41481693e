-- The tables named on the page, with the partitions of partitioned ones. Tables with `whole` get their rows back. `same` is
-- the condition that the table's row `t` is the backup's row `b`: equal primary keys.
CREATE TEMP TABLE gonogo_tables AS
SELECT c.oid, format('%I.%I', n.nspname, c.relname) AS name, c.relname, c.relkind = 'r' AS leaf, bool_or(given.whole) AS whole,
  (SELECT string_agg(format('t.%1$I = b.%1$I', k.attname), ' AND ') FROM pg_index i JOIN pg_attribute k ON k.attrelid = i.indrelid
   AND k.attnum = ANY (i.indkey) WHERE i.indrelid = c.oid AND i.indisprimary) AS same
FROM (SELECT name, true FROM regexp_split_to_table(nullif(:'tables', ''), E'\n') AS t (name)
  UNION ALL SELECT split_part(line, E'\t', 1), false FROM regexp_split_to_table(nullif(:'columns', ''), E'\n') AS t (line)
) AS given (name, whole)
CROSS JOIN LATERAL (SELECT relid FROM pg_partition_tree(given.name::regclass) UNION SELECT given.name::regclass) AS part (oid)
JOIN pg_class c ON c.oid = part.oid JOIN pg_namespace n ON n.oid = c.relnamespace GROUP BY 1, 2, 3, 4;
-- All sequences whose position the user may read.
CREATE TEMP VIEW gonogo_all_sequences AS
SELECT s.seqrelid AS seq, c.relname, format('%I.%I', n.nspname, c.relname) AS name, s.seqincrement, s.seqmin, s.seqmax, s.seqcycle
FROM pg_sequence s JOIN pg_class c ON c.oid = s.seqrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relpersistence <> 't' AND n.nspname <> 'gonogo' AND CASE c.relkind WHEN 'S' THEN has_sequence_privilege(c.oid, 'SELECT') END
AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e');
-- Their sequences, each with the column that it numbers.
CREATE TEMP VIEW gonogo_sequences AS
SELECT s.seq, q.relname, format('%I.%I', n.nspname, q.relname) AS name, t.name AS of, a.attname,
  coalesce(nullif(y.typbasetype, 0), y.oid) = ANY ('{int2,int4,int8,numeric}'::regtype[]) AS numeric
FROM gonogo_tables t JOIN LATERAL (
  SELECT d.objid AS seq, d.refobjsubid AS number FROM pg_depend d
  WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass AND d.refobjid = t.oid AND d.refobjsubid > 0
  UNION SELECT d.refobjid, f.adnum FROM pg_attrdef f JOIN pg_depend d ON d.classid = 'pg_attrdef'::regclass AND d.objid = f.oid
  WHERE f.adrelid = t.oid
) AS s ON true JOIN pg_sequence p ON p.seqrelid = s.seq JOIN pg_class q ON q.oid = s.seq JOIN pg_namespace n ON n.oid = q.relnamespace
JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = s.number JOIN pg_type y ON y.oid = a.atttypid;
