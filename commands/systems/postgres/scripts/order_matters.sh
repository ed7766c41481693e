# order_matters: prints t where a check calls a function of somebody's that may read other tables, whatever is declared of it; those of
# extensions and in C do not. Whether its rows can be restored depends then on what is restored before them, which is always the same
# with one process only.
order_matters() {
  psql -XqAt <<'END'
SELECT EXISTS (SELECT FROM pg_constraint c
  JOIN pg_depend d ON d.classid = 'pg_constraint'::regclass AND d.objid = c.oid AND d.refclassid = 'pg_proc'::regclass
  JOIN pg_proc p ON p.oid = d.refobjid JOIN pg_language l ON l.oid = p.prolang AND l.lanname NOT IN ('c', 'internal')
  WHERE c.contype = 'c' AND NOT EXISTS (SELECT FROM pg_depend e
    WHERE e.classid = 'pg_proc'::regclass AND e.objid = p.oid AND e.deptype = 'e'))
END
}
