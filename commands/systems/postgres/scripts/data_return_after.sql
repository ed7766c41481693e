-- Inserts the missing rows, moves the sequences, checks the foreign keys, and restores constraints, triggers and rules.
DO $check$ DECLARE bad text; BEGIN
  SELECT name INTO bad FROM gonogo_tables WHERE leaf AND name NOT IN (SELECT name FROM gonogo_copies);
  IF FOUND THEN RAISE EXCEPTION 'the backup has no table %', bad; END IF;
  FOR bad IN SELECT name FROM gonogo_tables WHERE leaf AND same IS NULL LOOP
    EXECUTE format('SELECT %L FROM %s LIMIT 1', bad, bad) INTO bad;
    IF bad IS NOT NULL THEN
      RAISE EXCEPTION 'the table % has no primary key and holds rows already, so the missing ones cannot be identified', bad;
    END IF;
  END LOOP;
END $check$;
SELECT format('WITH back AS (INSERT INTO %1$s (%2$s) OVERRIDING SYSTEM VALUE SELECT %2$s FROM %3$I WHERE %4$L ON CONFLICT DO NOTHING
  RETURNING 1) UPDATE gonogo_copies SET archived = (SELECT count(*) FROM %3$I), there = (SELECT count(*) FROM %1$s),
  back = (SELECT count(*) FROM back) WHERE copy = %3$L', c.name, c.columns, c.copy, t.whole)
FROM gonogo_copies c JOIN gonogo_tables t USING (name) ORDER BY c.copy \gexec
-- Values are compared as text, because json, xml, point and others have no equality.
SELECT format('WITH filled AS (UPDATE %1$s AS t SET %2$I = b.%2$I FROM %3$I b WHERE %4$s AND t.%2$I::text IS DISTINCT FROM b.%2$I::text
  RETURNING 1) UPDATE gonogo_copies SET filled = filled + (SELECT count(*) FROM filled) WHERE copy = %3$L',
  t.name, a.attname, c.copy, coalesce(t.same, 'false'))
FROM regexp_split_to_table(nullif(:'columns', ''), E'\n') AS given (line)
CROSS JOIN LATERAL (SELECT relid FROM pg_partition_tree(split_part(given.line, E'\t', 1)::regclass)
  UNION SELECT split_part(given.line, E'\t', 1)::regclass) AS part (oid)
JOIN gonogo_tables t ON t.oid = part.oid JOIN gonogo_copies c ON c.name = t.name
JOIN pg_attribute a ON a.attrelid = t.oid AND a.attname = split_part(given.line, E'\t', 2) \gexec
-- Rows that did not return, because another row has their key now. Rows that are unchanged do not count; they are compared
-- as text.
UPDATE gonogo_copies c SET lost = archived - back FROM gonogo_tables t WHERE t.name = c.name AND t.whole;
SELECT format('UPDATE gonogo_copies SET lost = (SELECT count(*) FROM %1$I b WHERE NOT EXISTS (SELECT FROM %2$s t WHERE %3$s
  AND ROW(%4$s)::text = ROW(%5$s)::text)) WHERE copy = %1$L', c.copy, c.name, t.same,
  string_agg(format('t.%I', a.attname), ', ' ORDER BY a.attnum), string_agg(format('b.%I', a.attname), ', ' ORDER BY a.attnum))
FROM gonogo_copies c JOIN gonogo_tables t USING (name) JOIN pg_attribute a ON a.attrelid = to_regclass('pg_temp.' || c.copy) AND a.attnum > 0
WHERE c.lost > 0 AND t.same IS NOT NULL GROUP BY c.copy, c.name, t.same \gexec
-- Move each sequence to its position in the backup or to its column's last number, and never backwards. One that belongs to none
-- of the tables may number rows by a trigger, a function or the application; the user may lack the right to move it.
SELECT format('WITH now AS (SELECT CASE WHEN is_called THEN last_value ELSE last_value - %2$s END AS position FROM %1$s),
  there AS (SELECT %3$s(position) AS position FROM (VALUES (%4$L::bigint), (%5$s)) AS one (position))
  SELECT CASE WHEN %6$s THEN %9$L ELSE ''not moved: '' END || %1$L || ''|'' || now.position || ''|'' ||
    CASE WHEN %6$s THEN setval(%1$L, there.position) ELSE there.position END
  FROM now, there WHERE sign(%2$s) * there.position > sign(%2$s) * now.position AND there.position BETWEEN %7$s AND %8$s',
  s.name, s.seqincrement, CASE WHEN s.seqincrement > 0 THEN 'max' ELSE 'min' END,
  CASE WHEN a.called THEN a.value ELSE a.value - s.seqincrement END,
  CASE WHEN u.numeric THEN format('(SELECT %1$s(%2$I)::bigint FROM %3$s WHERE %2$I BETWEEN %4$s AND %5$s)',
    CASE WHEN s.seqincrement > 0 THEN 'max' ELSE 'min' END, u.attname, u.of, s.seqmin, s.seqmax) ELSE 'NULL' END,
  CASE WHEN u.seq IS NULL THEN format('has_sequence_privilege(%L, %L)', s.name, 'UPDATE') ELSE 'true' END, s.seqmin, s.seqmax,
  CASE WHEN u.seq IS NULL THEN 'moved: ' ELSE 'own: ' END)
FROM gonogo_all_sequences s LEFT JOIN gonogo_sequences u USING (seq)
LEFT JOIN gonogo_at a ON to_regclass(a.name) = s.seq WHERE u.seq IS NOT NULL OR NOT s.seqcycle ORDER BY s.name \gexec
SET CONSTRAINTS ALL IMMEDIATE;
SELECT format('ALTER TABLE %s ALTER CONSTRAINT %I %s', name, conname,
  CASE WHEN condeferrable THEN 'DEFERRABLE INITIALLY IMMEDIATE' ELSE 'NOT DEFERRABLE' END) FROM gonogo_keys \gexec
SELECT format('ALTER TABLE %s ENABLE %s TRIGGER %I', name,
  CASE tgenabled WHEN 'A' THEN 'ALWAYS' WHEN 'R' THEN 'REPLICA' ELSE '' END, tgname) FROM gonogo_triggers \gexec
SELECT format('ALTER TABLE %s ENABLE %s RULE %I', name,
  CASE ev_enabled WHEN 'A' THEN 'ALWAYS' WHEN 'R' THEN 'REPLICA' ELSE '' END, rulename) FROM gonogo_rules \gexec
-- Stored next to the receipt, for another attempt of this run.
INSERT INTO gonogo.receipts (key, name, sha256)
SELECT :'key' || '/not back', format('%s rows of the backup are not back (%s)', sum(lost), string_agg(name || ': ' || lost, ', ' ORDER BY name)), :'sum'
FROM gonogo_copies WHERE lost > 0 HAVING count(*) > 0 RETURNING 'not back: ' || name;
SELECT format('back: %s|%s|%s|%s|%s|%s', name, archived, there, back, filled, lost) FROM gonogo_copies ORDER BY copy;
COMMIT;
