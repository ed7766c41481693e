# Compares production after a rollback with what it was right before the first change, and its tables with the backup. What
# differs in a table is told apart row by row, by a load of the backup's rows into a temporary table. Changes nothing.
export LC_ALL=C.UTF-8
cd "$FOLDER"
is_direct
is_as_seen
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# a table that somebody has locked keeps nobody from knowing the rest
export PGOPTIONS="-c lock_timeout=10s ${PGOPTIONS-}"
if ! { sequences && catalog && schema_lines; } > "$work/after" 2> "$work/errors"; then
  printf 'state_unread=%s\n' "$(without_values < "$work/errors" | sed -E 's/^psql:[^ ]* //; s/^[^ ]+:  //' | grep -m 1 . || echo 'no reason given')"
elif [ -s "$FILE.before" ]; then
  # versions up to 0.6 wrote no details, and policies otherwise
  cp "$FILE.before" "$work/before"
  grep -q $'^detail\037format\0372' "$work/before" || sed -i -E $'/^(detail\037|storage\037|order\037|schema\037policy )/d' "$work/after" "$work/before"
  differences "$work/before" "$work/after" > "$work/differ"
  # a column that a rollback adds again comes last
  awk -F '\037' '$1 == "order" && $4 == "another value" && n++ < 20 { print "reordered: " $2 }' "$work/differ"
  # more large objects than before are those of users, and extensions write into their own tables
  awk -F '\037' '
    $1 == "order" { next }
    $1 ~ /^extension (rows|configuration)$/ && $4 == "another value" { next }
    $1 ~ /^(large objects|extension (rows|configuration))$/ && $4 + 0 >= $3 + 0 { next }
    { print }' "$work/differ" | told differs
  printf 'state_same=%s\n' "$(wc -l < "$FILE.before")"
fi
[ -s "$FILE.content" ] && [ -d "$FILE" ] || { echo backup_gone=yes; exit; }
# `timeout` runs programs only, and psql is a function where it runs in a container: there each table has the limit
limit=; [ -z "${THROUGH+x}" ] || limit="SET statement_timeout = '${SECONDS_FOR_ROWS}s'; "
in_time() { if [ -z "${THROUGH+x}" ]; then timeout "$SECONDS_FOR_ROWS" psql "$@"; else psql "$@"; fi; }
why_unread() {
  if [ "$1" = 124 ] || [[ -n "${THROUGH+x}" && $(< "$work/said") == *'statement timeout'* ]]; then echo time; return; fi
  sed -E 's/^psql:[^ ]* //; s/^[^ ]+:  //' "$work/said" | grep -m 1 . || printf 'exit code %s\n' "$1"
}
in_time -XqAt -v VERBOSITY=terse -v ON_ERROR_STOP=1 -v by="$BY" <<< "$UNLIMITED$limit$CONTENT" > "$work/rows" 2> "$work/errors" || {
  code=$?
  without_values < "$work/errors" > "$work/said"
  printf 'rows_unread=%s\n' "$(why_unread "$code")"
}
rows_gone
awk -F '|' 'FILENAME == ARGV[1] { known[$0]; next }'"$ROWS"'
  END { for (name in names) {
    a = ARGV[2] SUBSEP name; b = ARGV[3] SUBSEP name
    if (!(a in rows)) continue
    if (!(b in rows)) { print "unread: " name; continue }
    if (rows[a] == rows[b] && sum[a] == sum[b]) same += name != "large objects"
    else print "other: " name "|" rows[a] "|" rows[b] "|" (name in known ? "known" : "-")
  } print "rows_same=" same + 0 }' "$work/known" "$FILE.content" "$work/rows" | sort > "$work/found"
grep '^rows_same=' "$work/found"
grep -v '^rows_same=' "$work/found" > "$work/compared" || true
# as many as fit into what is kept of the output, and how many there are
head -n 200 "$work/compared"
awk -F : '{ n[$1]++ } END { printf "others=%d\nunread=%d\n", n["other"], n["unread"] }' "$work/compared"
apart() {
  local found only=()
  found=$(TABLES=$1 COLUMNS= find_tables | awk -F '\t' '$3 == "table"') || return
  WANTED=$(cut -f 1 <<< "$found")
  export WANTED
  while IFS= read -r name; do only+=(--table="$name"); done < <(cut -f 2 <<< "$found")
  {
    printf '%s\n' "$UNLIMITED" "$BEGIN" "$FIND" "$TEMPORARY"
    pg_restore --data-only "${only[@]}" -f - "$FILE" | LC_ALL=C awk "$COPIES" || exit
    printf '%s\n' "$APART"
  } | psql -XqAt -v VERBOSITY=terse -v ON_ERROR_STOP=1 -v tables="$1" -v columns= -v limit=20000 -v patience=2000 2> /dev/null | grep '^apart: '
}
small() { [ "$(psql -XqAt -v name="$1" <<< "SELECT pg_table_size(to_regclass(:'name')) < 200000000")" = t ]; }
until=$((SECONDS + SECONDS_FOR_ROWS))
while IFS='|' read -r name _; do
  name=${name#other: }
  if [ "$SECONDS" -ge "$until" ] || ! small "$name" || ! apart "$name"; then printf 'not apart: %s\n' "$name"; fi
done < <(grep '^other: ' "$work/compared" | grep -v '^other: large objects|' | head -n 30)
