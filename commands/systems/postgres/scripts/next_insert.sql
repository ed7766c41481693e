-- Checks that each table whose rows were returned accepts the next row: its key comes from a sequence, which must be past
-- every row. Everything is rolled back. A row that another constraint of the table refuses says nothing about the sequence.
BEGIN;
SELECT set_config('gonogo.tables', :'tables', true) \g /dev/null
DO $try$ DECLARE one record; broken text; BEGIN
  FOR one IN
    SELECT c.oid, format('%I.%I', n.nspname, c.relname) AS name, string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum)
      FILTER (WHERE NOT made.by_sequence AND a.attgenerated = '') AS copied,
      array_agg(a.attnum) FILTER (WHERE made.by_sequence) AS keys
    FROM regexp_split_to_table(nullif(current_setting('gonogo.tables'), ''), E'\n') AS given (name)
    CROSS JOIN LATERAL (SELECT relid FROM pg_partition_tree(given.name::regclass) WHERE isleaf UNION
      SELECT given.name::regclass WHERE NOT EXISTS (SELECT FROM pg_partition_tree(given.name::regclass))) AS part (oid)
    JOIN pg_class c ON c.oid = part.oid JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    LEFT JOIN pg_attrdef f ON f.adrelid = c.oid AND f.adnum = a.attnum
    CROSS JOIN LATERAL (SELECT a.attidentity <> '' OR coalesce(pg_get_expr(f.adbin, f.adrelid) LIKE 'nextval(%', false)) AS made (by_sequence)
    GROUP BY 1, 2
  LOOP
    CONTINUE WHEN one.keys IS NULL;
    BEGIN
      IF one.copied IS NULL THEN EXECUTE format('INSERT INTO %s DEFAULT VALUES', one.name);
      ELSE EXECUTE format('INSERT INTO %1$s (%2$s) SELECT %2$s FROM %1$s LIMIT 1', one.name, one.copied); END IF;
    EXCEPTION
      WHEN unique_violation THEN
        GET STACKED DIAGNOSTICS broken = CONSTRAINT_NAME;
        IF EXISTS (SELECT FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid
            WHERE i.indrelid = one.oid AND x.relname = broken AND i.indkey::int2[] && one.keys) THEN
          RAISE EXCEPTION 'the next row of % collides with one that came back: its sequence has not moved', one.name;
        END IF;
      WHEN OTHERS THEN NULL;
    END;
  END LOOP;
END $try$;
ROLLBACK;
