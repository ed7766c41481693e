-- For each table that was loaded: how many rows of the backup are missing in the table, how many differ, and how many are new.
-- Rows are compared as text, because json, xml, point and others have no equality. Without a primary key no row is another
-- version of one, and equal rows count one by one. All is counted in one snapshot, because users go on writing.
SELECT format('SELECT ''apart: '' || %1$L || ''|'' || greatest(missing, backup - now + new) || ''|'' || changed || ''|'' || new FROM (SELECT
  (SELECT count(*) FROM %2$I) AS backup, (SELECT count(*) FROM ONLY %1$s) AS now,
  (SELECT count(*) FROM %2$I b WHERE NOT EXISTS (SELECT FROM ONLY %1$s t WHERE %3$s)) AS missing,
  (SELECT count(*) FROM %2$I b JOIN ONLY %1$s t ON %3$s WHERE ROW(%4$s)::text <> ROW(%5$s)::text) AS changed,
  (SELECT count(*) FROM ONLY %1$s t WHERE NOT EXISTS (SELECT FROM %2$I b WHERE %3$s)) AS new) AS counts',
  c.name, c.copy, coalesce(t.same, format('ROW(%s)::text = ROW(%s)::text', ours.columns, theirs.columns)), ours.columns, theirs.columns)
FROM gonogo_copies c JOIN gonogo_tables t USING (name)
CROSS JOIN LATERAL (SELECT string_agg(format('t.%I', attname), ', ' ORDER BY attnum) FROM pg_attribute
  WHERE attrelid = to_regclass('pg_temp.' || c.copy) AND attnum > 0) AS ours (columns)
CROSS JOIN LATERAL (SELECT string_agg(format('b.%I', attname), ', ' ORDER BY attnum) FROM pg_attribute
  WHERE attrelid = to_regclass('pg_temp.' || c.copy) AND attnum > 0) AS theirs (columns) \gexec
ROLLBACK;
