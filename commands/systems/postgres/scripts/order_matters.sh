# order_matters: prints t where a check calls a function of somebody's that may read other tables, whatever is declared of it. Whether
# its rows can be restored depends then on what is restored before them, which is always the same with one process only.
order_matters() {
  psql -XqAt <<'END'
SELECT EXISTS (SELECT FROM pg_constraint c
  JOIN pg_depend d ON d.classid = 'pg_constraint'::regclass AND d.objid = c.oid AND d.refclassid = 'pg_proc'::regclass
  WHERE c.contype = 'c')
END
}
