-- For each table that was loaded: its name, its rows, and whether the table has the same rows. Rows are compared as text,
-- because json, xml, point and others have no equality.
SELECT format('SELECT ''loaded: '' || %1$L || ''|'' || loaded.n || ''|'' || (loaded = present)
  FROM (SELECT count(*) AS n, coalesce(sum(hashtextextended(ROW(%2$s)::text, 0)), 0) FROM %3$I) loaded,
  (SELECT count(*), coalesce(sum(hashtextextended(ROW(%2$s)::text, 0)), 0) FROM ONLY %4$s) present', name, columns, copy, name)
FROM gonogo_copies ORDER BY name \gexec
ROLLBACK;
