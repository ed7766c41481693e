-- For each table of :list one line for each row, with the table's number and a checksum of the row's key, and then a line that
-- only a table has which was read to its end: its number, its id, and the id of its storage. All of it takes :seconds at most.
-- A table that cannot be read stops no other.
SET row_security = off; SET search_path = ''; SET lock_timeout = '2s';
SET datestyle = 'ISO, YMD'; SET intervalstyle = 'postgres'; SET timezone = 'UTC'; SET extra_float_digits = 1; SET bytea_output = 'hex';
SELECT clock_timestamp() + :'seconds'::float8 * interval '1 second' AS gonogo_until \gset
SELECT format('DO %L', format('BEGIN PERFORM set_config(''statement_timeout'',
    greatest(1, ceil(1000 * extract(epoch FROM %L - clock_timestamp())))::int::text, false); END', :'gonogo_until'::timestamptz)),
  format('COPY (SELECT %1$L || hashtextextended(ROW(%2$s)::text, 0) FROM ONLY %3$s AS gonogo_row
    UNION ALL SELECT %4$L || c.oid || '' '' || pg_catalog.pg_relation_filenode(c.oid) FROM pg_catalog.pg_class c WHERE c.oid = %3$L::regclass) TO STDOUT',
    number || ' ', columns, name, 'read ' || number || ' ')
FROM (SELECT split_part(line, E'\x1f', 2) AS number, split_part(line, E'\x1f', 3) AS name, split_part(line, E'\x1f', 4) AS columns
  FROM unnest(string_to_array(:'list', E'\n')) AS line) AS listed
WHERE to_regclass(name) IS NOT NULL ORDER BY number::int \gexec
