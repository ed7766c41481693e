# Forward and back on a copy of the restored backup; says what each takes and locks, what the page's verify
# queries find, and what differs afterwards.
export LC_ALL=C.UTF-8
cd "$FOLDER"
sha256sum --quiet -c - <<< "$SHA256  $FILE" || exit 68
work=$(mktemp -d)
tidy() { drop_copy; rm -rf "$work" "$FILE.said"; }
trap tidy EXIT
fits
restore "gonogo_rehearsal_$(printf '%s' "$FILE" | sha256sum | cut -c 1-16)" "$FILE"
# as production's own user where the scratch server knows it: owners and default rights are then as they will be
role=$(scratch psql -XqAt -v ON_ERROR_STOP=1 -v "user=$PGUSER" <<< "SELECT quote_ident(rolname) FROM pg_roles WHERE rolname = :'user' AND pg_has_role(oid, 'MEMBER')")
compare=(--no-owner --no-privileges)
if [ -n "$role" ]; then
  compare=()
  scratch psql -Xqc "ALTER DATABASE \"$made\" OWNER TO $role"
fi
schema() { copy=$made scratch pg_dump --schema-only "${compare[@]}" | grep -v '^\\\(un\)\?restrict '; }
# apply NAME: one transaction, its time, and the tables that it locks against everybody at its end
apply() {
  local began=$EPOCHREALTIME
  { printf 'BEGIN; %s' "${role:+SET LOCAL ROLE $role; }"; cat "$work/$1.sql"; printf '\n%s\nCOMMIT;\n' "$LOCKS"; } > "$work/whole.sql"
  copy=$made scratch psql -XqAt -v ON_ERROR_STOP=1 -v "step=$1" -f "$work/whole.sql" > "$work/$1.out" 2>&1 ||
    { tail -n 4 "$work/$1.out" | sed 's/^psql:[^ ]*whole.sql:/line /'; printf 'failing=%s\n' "$1"; exit 77; }
  printf '%s_ms=%d\n' "$1" $(( (${EPOCHREALTIME/./} - ${began/./}) / 1000 ))
  grep '^lock: ' "$work/$1.out" || true
}
# verify STEP NAME EXPECTED QUERY: what the page will ask after that file; a query that fails here says nothing
verify() {
  local found
  found=$(copy=$made scratch psql -XqAt -v ON_ERROR_STOP=1 -c "$4" 2> /dev/null | head -n 1) || found='no answer'
  printf 'verify: %s|%s|%s|%s\n' "$1" "$3" "$found" "$2"
}
printf '%s\n' "$FORWARD" > "$work/forward.sql"
printf '%s\n' "$BACK" > "$work/rollback.sql"
content > "$work/0"; schema > "$work/0.schema"
apply forward
verify_forward
content > "$work/1"
apply rollback
verify_rollback
content > "$work/2"; schema > "$work/2.schema"
diff "$work/0.schema" "$work/2.schema" > "$work/diff" || { printf 'schema_differs=yes\n'; grep '^[<>] *[^ -]' "$work/diff" | head -n 8; }
# rows before, after forward, after rollback, and whether the content is as before
awk -F '|' "$ROWS"'
  END { for (name in names) {
    a = ARGV[1] SUBSEP name; b = ARGV[2] SUBSEP name; c = ARGV[3] SUBSEP name
    back = rows[a] == rows[c] && sum[a] == sum[c]
    if (!back || rows[a] != rows[b] || sum[a] != sum[b])
      print "table: " name "|" rows[a] "|" rows[b] "|" rows[c] "|" (back ? "same" : "other")
  } }' "$work/0" "$work/1" "$work/2" | sort
