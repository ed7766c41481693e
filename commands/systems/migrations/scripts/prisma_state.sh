# The newest migration that is applied and how many are, as name(2): those of this folder that are not called unapplied, and those
# that only the database knows. `migrate status` also ends with 1 where one is not applied yet. Beside a migration that has failed
# it names no other.
told=$($PROGRAM migrate status 2>&1) || true
if ! grep -qE '^(Database schema is up to date|The current database is not managed|Following migrations? have|The migrations? (have not|from the database))' <<< "$told" ||
  grep -qE '^Error' <<< "$told"; then
  printf '%s\n' "$told" >&2
  exit 1
fi
list() { awk -v "head=$1" '$0 ~ head { on = 1; next } on && !NF { exit } on { print $1 }' <<< "$told"; }
failed=$(list 'have failed:')
if [ -n "$failed" ]; then
  printf '%s(failed)\n' $failed
else
  folder=$(sed -nE 's/^([0-9]+|No) migrations? found in (.*)$/\2/p' <<< "$told" | sed -n 1p)
  {
    ! grep -q '^The current database is not managed' <<< "$told" || exit 0
    for one in "${folder:-prisma/migrations}"/*/; do
      one=${one%/}
      ! [ -d "$one" ] || list 'not (yet )?been applied:' | grep -qxF -- "${one##*/}" || printf '%s\n' "${one##*/}"
    done
    list 'not found locally'
  } | LC_ALL=C sort | awk 'NF { name = $0; n++ } END { if (n) print name "(" n ")" }'
fi
