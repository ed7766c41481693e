-- The tables of :only whose keys are recorded: their number, name, the columns that tell their rows apart, and whether those
-- are a primary key. Without one it takes the whole row. A name with a line break is left out.
SELECT concat_ws(E'\x1f', '=', row_number() OVER (ORDER BY name), name, columns, CASE WHEN keyed THEN 'key' ELSE 'row' END) FROM (
  SELECT format('%I.%I', n.nspname, c.relname) AS name, i.indrelid IS NOT NULL AS keyed,
    (SELECT string_agg(format('gonogo_row.%I', attname), ', ' ORDER BY attname COLLATE "C") FROM pg_attribute a
     WHERE a.attrelid = c.oid AND attnum > 0 AND NOT attisdropped AND (i.indkey IS NULL OR attnum = ANY (i.indkey))) AS columns
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace LEFT JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary
  WHERE c.relkind = 'r'
) AS one WHERE name = ANY (string_to_array(:'only', E'\n')) AND columns !~ E'[\n\x1f]';
