-- The rows of the tables that extensions own, in the lines of catalog.sql: their number, and their checksum behind \x1e.
-- pg_dump leaves them out ("extension rows"), but for those that the extension names itself ("extension configuration").
SET datestyle = 'ISO, YMD'; SET intervalstyle = 'postgres'; SET timezone = 'UTC'; SET extra_float_digits = 1; SET bytea_output = 'hex';
SELECT CASE WHEN has_table_privilege(c.oid, 'SELECT') AND pg_table_size(c.oid) < 200000000
  THEN format('SELECT %L || count(*) || E''\x1e'' || sum(hashtextextended(t::text, 0)) FROM ONLY %I.%I t HAVING count(*) > 0', found.line, n.nspname, c.relname)
  ELSE format('SELECT %L', found.line || 'not counted') END
FROM pg_depend d JOIN pg_extension e ON d.refclassid = 'pg_extension'::regclass AND e.oid = d.refobjid
JOIN pg_class c ON d.classid = 'pg_class'::regclass AND c.oid = d.objid JOIN pg_namespace n ON n.oid = c.relnamespace
CROSS JOIN LATERAL (SELECT CASE WHEN c.oid = ANY (e.extconfig) THEN 'extension configuration' ELSE 'extension rows' END || E'\x1f'
  || replace(format('rows of table %I.%I', n.nspname, c.relname), E'\n', '\n') || E'\x1f') AS found (line)
WHERE d.deptype = 'e' AND c.relkind = 'r' AND c.relpersistence <> 't' ORDER BY found.line \gexec
