# The newest migration that is applied and how many are, as name(2): those of this folder that are not called unapplied, and those
# that only the database knows. `migrate status` also ends with 1 where one is not applied yet. It names no failed one beside one that
# is not applied, or the other way round, and calls applied what was rolled back (`migrate resolve --rolled-back`); so the rows are asked.
prisma_told
if ! grep -qE '^(Database schema is up to date|The current database is not managed|Following migrations? have|The migrations? (have not|from the database))' <<< "$told" ||
  grep -qE '^Error' <<< "$told"; then
  printf '%s\n' "$told" >&2
  exit 1
fi
is_managed() { ! grep -q '^The current database is not managed' <<< "$told"; }
rows=$(! is_managed || prisma_says "IF to_regclass('_prisma_migrations') IS NOT NULL THEN EXECUTE
  'SELECT string_agg(DISTINCT CASE WHEN open THEN ''failed='' ELSE ''back='' END || migration_name, '' '') FROM (SELECT migration_name,
    bool_or(finished_at IS NULL AND rolled_back_at IS NULL) AS open, bool_or(rolled_back_at IS NULL) AS counts
    FROM _prisma_migrations GROUP BY 1) AS one WHERE open OR NOT counts' INTO said; END IF")
of_rows() { tr ' ' '\n' <<< "$rows" | sed -n "s/^$1=//p"; }
failed=$({ prisma_lists 'have failed:'; of_rows failed; } | LC_ALL=C sort -u)
if [ -n "$failed" ]; then
  printf '%s(failed)\n' $failed
else
  folder=$(sed -nE 's/^([0-9]+|No) migrations? found in (.*)$/\2/p' <<< "$told" | sed -n 1p)
  {
    is_managed || exit 0
    unapplied=$(prisma_lists 'not (yet )?been applied:'; of_rows back)
    for one in "${folder:-prisma/migrations}"/*/; do
      one=${one%/}
      ! [ -d "$one" ] || grep -qxF -- "${one##*/}" <<< "$unapplied" || printf '%s\n' "${one##*/}"
    done
    prisma_lists 'not found locally'
  } | LC_ALL=C sort | awk 'NF { name = $0; n++ } END { if (n) print name "(" n ")" }'
fi
