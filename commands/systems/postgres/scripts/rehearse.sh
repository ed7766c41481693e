# Runs the forward file, the rollback file and the data return on a copy of the restored backup; or a migration tool, if $TOOL is
# set. Reports how long each takes and which tables it locks, the results of the page's verify queries, and what differs at the end.
export LC_ALL=C.UTF-8
cd "$FOLDER"
is_whole
work=$(mktemp -d)
trap 'drop_copy; [ -z "$TOOL" ] || drop_closed; take_away; rm -rf "$work" "$FILE.said"' EXIT
# What the files leave on the scratch server outside the copy is taken back: roles that they created, settings and memberships
# of roles that they name. The rest is said.
outside() { scratch catalog | grep -E $'^((role|server)\037|setting\037setting .* of (role .*|all roles)\037)' | grep -v $' in this database\037' || true; }
take_away() {
  local name statement
  [ -s "$work/outside" ] || return 0
  while IFS=$'\037' read -r name statement; do
    [[ $FORWARD$BACK == *"$name"* ]] && scratch psql -Xq -v ON_ERROR_STOP=1 <<< "$statement" || true
  done < <(scratch psql -XqAt -v before="$(cat "$work/roles")" <<< "$ROLES_RESTORE")
  while IFS=$'\037' read -r _ name statement; do
    name=${name#role }
    [[ -z ${statement%%$'\037'*} && $FORWARD$BACK == *"$name"* ]] && scratch psql -Xq -v ON_ERROR_STOP=1 -v name="$name" <<< 'DROP ROLE :"name"' || true
  done < <(outside | differences "$work/outside" - | grep $'^role\037role ')
  outside | differences "$work/outside" - | told left
}
fits
[ -z "${shared-}" ] || [ -z "$TOOL" ] || exit 85
[ -z "${shared-}" ] || [ -z "$SERVER_WIDE" ] || { printf '%s\n' "$SERVER_WIDE"; exit 78; }
if [ -n "$SERVER_WIDE" ]; then
  outside > "$work/outside"
  scratch psql -XqAt -v ON_ERROR_STOP=1 <<< "$ROLES_BEFORE" > "$work/roles"
fi
take_proven || restore
# Run as production's own user with its settings, if the scratch server has that user: then owners and default privileges
# are as they will be in production.
compare=(--no-owner --no-privileges)
# acts_as USER: whom its sessions in the database itself act as from their beginning (ALTER ROLE … SET role)
acts_as() { psql -XqAt -v ON_ERROR_STOP=1 -v user="$1" <<< "$ACTS_AS"; }
user=$PGUSER
[ -z "$TOOL" ] || user=$(tool_user)
settings=$(psql -XqAt -v ON_ERROR_STOP=1 -v user="$user" <<< "$SETTINGS")
# a zone that the copy's server does not know would keep every session out of it
if ! options="${settings//$'\n'/ }" scratch psql -Xqc 'SELECT' > "$work/out" 2>&1 && zone=$(grep -i '^-c TimeZone=' <<< "$settings"); then
  settings=$(grep -vi '^-c TimeZone=' <<< "$settings" || true)
  printf 'unknown_zone=%s\n' "${zone##*=}"
fi
user=$(acts_as "$user")
if [ -n "$(scratch psql -XqAt -v user="$user" <<< "SELECT 1 FROM pg_roles WHERE rolname = :'user' AND pg_has_role(oid, $MAY_ACT)")" ]; then
  compare=()
  role="-c role=${user//[ \\]/\\&}"
fi
# production's own owner of the database may create in its schema "public"
own_copy() {
  local owner
  [ ${#compare[@]} = 0 ] || return 0
  owner=$(psql -XqAtc 'SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database()')
  scratch psql -Xq -v ON_ERROR_STOP=1 -v user="$owner" <<< "ALTER DATABASE $made OWNER TO :\"user\"" 2> /dev/null ||
    scratch psql -Xq -v user="$user" <<< "ALTER DATABASE $made OWNER TO :\"user\""
}
own_copy
OWNERS=$user
rights=$(why_no_rights) || exit
[ -z "$rights" ] || printf 'rights_not_compared=%s\n' "$rights"
on_copy() { options="${settings//$'\n'/ } ${PGOPTIONS-} ${role-}" copy=$made scratch "$@"; }
schema() { copy=$made scratch pg_dump --schema-only --exclude-schema=gonogo "${compare[@]}" | grep -v '^\\\(un\)\?restrict '; }
# columns sorted by name, because nothing that names them depends on their order, and without the names that PostgreSQL 18 gives to
# NOT NULL, of domains too; and the code of functions without its indentation and blank lines, in languages where those mean nothing
by_name() {
  awk 'function unnamed() { sub(/ CONSTRAINT ("([^"]|"")*"|[^ "]+) NOT NULL/, " NOT NULL") }
    /^    LANGUAGE / { free = $2 == "plpgsql" || $2 == "sql" }
    !body && free && match($0, /^    AS [$][A-Za-z_0-9]*[$]/) {
      tag = substr($0, 8, RLENGTH - 7); body = 1; print "    AS"; $0 = substr($0, RLENGTH + 1)
    }
    body {
      at = length($0) - length(tag)
      if (at >= 0 && substr($0, at) == tag ";") { body = 0; $0 = substr($0, 1, at - 1) }
      gsub(/^[ \t]+|[ \t\r]+$/, "")
      if ($0 != "") print
      next
    }
    /^CREATE (FOREIGN |UNLOGGED )?TABLE .*\($/ { inside = 1; n = 0; print; next }
    inside && /^\)/ { for (i = 1; i <= n; i++) print line[i]; inside = 0 }
    inside { sub(/,$/, ""); unnamed(); for (i = n++; i && line[i] > $0; i--) line[i + 1] = line[i]; line[i + 1] = $0; next }
    /^CREATE DOMAIN / { unnamed() }
    { print }' "$1"
}
rows() { content "$by" | grep -v '^gonogo\.' || true; }
columns() { copy=$made scratch psql -XqAt -v ON_ERROR_STOP=1 <<< "$ALL_COLUMNS"; }
standing() { copy=$made scratch psql -XqAt -F $'\037' -v ON_ERROR_STOP=1 <<< "$STANDING"; }
# what may differ: without owners and rights where nobody here may act as production's owner, and on production's own server
# without what all its databases share
comparable() {
  { if [ ${#compare[@]} = 0 ]; then cat; else without_rights; fi; } |
    if [ -n "${shared-}" ]; then grep -vE $'^(role|server)\037|^setting\037setting .* of (all roles|role .*)\037' || true; else cat; fi
}
# print the error and which part failed, then end the rehearsal
fails() {
  grep -v '^gonogo ' "$work/out" | tail -n 4 | without_values | sed -E 's/^psql:([^ ]*whole.sql|<stdin>):/line /' || true
  printf 'failing=%s\n' "$1"
  exit 77
}
# apply NAME: run the file in one transaction; report its time, and which tables it blocks for how long
apply() {
  local began=$EPOCHREALTIME
  on_copy psql -XqAt -v ON_ERROR_STOP=1 <<< "$TABLES_BEFORE" > "$work/$1.tables"
  { printf 'BEGIN; SET LOCAL client_min_messages = notice; %s ' "$PROBE"; cat "$work/$1.sql"; printf 'COMMIT; %s\n' "$PROBE"; } > "$work/whole.sql"
  # terse, because an error's details show rows of production
  on_copy psql -XqAt -v ON_ERROR_STOP=1 -v VERBOSITY=terse -f "$work/whole.sql" > "$work/out" 2>&1 || fails "$1 file"
  printf '%s_ms=%d\n' "$1" $(( (${EPOCHREALTIME/./} - ${began/./}) / 1000 ))
  sed -nE "s/^.*NOTICE:  ((column|relation) .* already exists), skipping$/skipped: $1|\\1/p" "$work/out" | awk '!seen[$0]++ && NR <= 20'
  awk -v "way=$1" '
    FILENAME == ARGV[1] { cut = index($0, "|"); name[substr($0, 1, cut - 1)] = substr($0, cut + 1); next }
    /^gonogo at: / { before = at; at = $3 }
    /^gonogo lock: / { split($3, one, "|"); if (!(one[2] in name)) next; lock = one[1] "|" name[one[2]]; if (!(lock in since)) since[lock] = before }
    END { for (lock in since) print "lock: " way "|" at - since[lock] "|" lock }' "$work/$1.tables" "$work/out" | sort
}
# verify STEP NAME EXPECTED QUERY: the page's query after that file. A query that names a role which is missing here has no
# result. Of several rows without an order the first that is not as expected counts.
verify() {
  local found how=answer all=
  [[ ${4,,} =~ order[[:space:]]+by ]] || all=yes
  if ! found=$(on_copy psql -XqAt -F $'\037' -P null=None -v ON_ERROR_STOP=1 -v VERBOSITY=terse -R $'\036' -c "$4" 2> "$work/out" |
    WANTED=$3 ALL=$all awk -F '\037' -v RS='\036' '
      { sub(/\n$/, "") }
      NR == 1 || (ENVIRON["ALL"] && !wrong && $1 "" != ENVIRON["WANTED"]) { one = $1; wrong = $1 "" != ENVIRON["WANTED"] }
      END { sub(/\n.*/, "", one); print NR ? one : "None" }'); then
    how=error found=$(sed -n 1p "$work/out" | without_values)
    ! grep -q 'role ".*" does not exist' "$work/out" || how=unasked
  fi
  printf 'verify: %s\037%s\037%s\037%s\037%s\n' "$1" "$how" "$2" "$3" "$found"
}
# roles without a right on what forward made; the list of what was there goes in by standard input, because it may be long
missing_rights() {
  [ -z "$rights" ] || return 0
  { printf "\\\\set older '%s'\n%s\n" "$(cat "$work/objects")" "$MISSING_SINCE;"; } |
    on_made psql -XqAt -F $'\037' -v ON_ERROR_STOP=1 > "$work/out" 2>&1 || fails 'comparison of rights'
  sed 's/^/no right: /' "$work/out"
}
# what works otherwise than it is defined, in lines of kind, name, schema and oid; the copy's user is not the one that queries ask as
defects() { on_made psql -XqAt -F $'\037' -v ON_ERROR_STOP=1 <<< "$DEFECTS;"; }
new_defects() {
  { grep -E '^(secured|stored)' "$work/0.defects" | sed 's/^/defect before: /'; } || true
  # one of the two may be empty
  defects | awk -F '\037' 'FILENAME == ARGV[1] { old[$1, $2, $3]; old[$1, $4]; next }
    $1 != "hidden" && !(($1, $2, $3) in old) && ($1 == "stored" || !(($1, $4) in old)) { print "defect: " $0 }' "$work/0.defects" -
}
# run a data-return of the page, and insert the next row into each of its tables; report the total time until now
returned=0 return_us=0
return_rows() {
  local began=$EPOCHREALTIME
  KEY=rehearsal-$((++returned))
  on_copy bring_back > "$work/out" 2>&1 || fails data-return
  on_copy psql -XqAt -v ON_ERROR_STOP=1 -v VERBOSITY=terse -v tables="$TABLES" <<< "$NEXT_INSERT" > "$work/out" 2>&1 || fails data-return
  return_us=$((return_us + ${EPOCHREALTIME/./} - ${began/./}))
  printf 'return_ms=%d\n' $((return_us / 1000))
}
printf '%s\n' "$FORWARD" > "$work/forward.sql"
printf '%s\n' "$BACK" > "$work/rollback.sql"
by=$(scratch strongest)
rows > "$work/0"; schema > "$work/0.schema"; standing > "$work/0.standing"; columns > "$work/0.columns"; on_made catalog > "$work/0.catalog"
# what production has and the copy has not, so that its loss would not show
catalog > "$work/production"
across "$work/production" "$work/0.catalog" | { if [ -n "$rights" ]; then without_rights; else cat; fi; } |
  awk -F '\037' '$3 != ""' | told 'not held'
[ -z "$TOOL" ] || starts_as_production
on_made psql -XqAt -v ON_ERROR_STOP=1 <<< "$OBJECTS_NOW" > "$work/objects"
defects > "$work/0.defects"
if [ -n "$TOOL" ]; then by_tool_forward; else apply forward; fi
missing_rights
new_defects
verify_forward
rows > "$work/1"; columns > "$work/1.columns"
# columns that forward adds or drops, in tables that stay
awk -F '\037' '
  { after = FILENAME == ARGV[2]; table[after, $1] = has[after, $0] = 1; if (!seen[$0]++) line[++n] = $0; name[$0] = $1 }
  END { for (i = 1; i <= n; i++) if (table[0, name[line[i]]] && table[1, name[line[i]]] && !(has[0, line[i]] && has[1, line[i]]))
    print "column: " (has[1, line[i]] ? "adds" : "drops") FS line[i] }' "$work/0.columns" "$work/1.columns"
if [ -n "$TOOL" ]; then by_tool_back; else apply rollback; fi
verify_rollback
rows > "$work/2"
bring_all_back
rows > "$work/3"; schema > "$work/3.schema"; standing > "$work/3.standing"; on_made catalog > "$work/3.catalog"
for n in 0 3; do by_name "$work/$n.schema" > "$work/$n.named"; done
if ! diff "$work/0.named" "$work/3.named" > "$work/diff"; then
  printf 'schema_differs=yes\n'
  # lines that are comments only if nothing else differs
  { grep '^[<>] *[^ -]' "$work/diff" || grep '^[<>]' "$work/diff" || true; } | sed -n 1,8p
elif ! cmp -s "$work/0.schema" "$work/3.schema"; then
  printf 'order_differs=yes\n'
fi
differences "$work/0.catalog" "$work/3.catalog" | comparable | told differs
# sequences that are behind their rows now and were not before, those that went back, and views that have fewer or other rows now
awk -F '\037' '
  FILENAME == ARGV[1] { seen[$0] = 1; rows[$1] = $2; next }
  /^view: / {
    if ($1 in rows && !($0 in seen)) print ($2 + 0 < rows[$1] + 0 ? "fewer: " : "other view: ") substr($1, 7) FS rows[$1] FS $2
    next
  }
  /^sequence: / { if ($1 in rows && $2 + 0 < rows[$1] + 0) print "went back: " substr($1, 11) FS rows[$1] FS $2 FS $3; next }
  !($0 in seen)' "$work/0.standing" "$work/3.standing"
# rows before, after forward, after rollback and after the data return, and whether the content is as before
awk -F '|' "$ROWS"'
  END { for (name in names) {
    for (n = 0; n < 4; n++) key[n] = ARGV[n + 1] SUBSEP name
    for (n = 1; n < 4; n++) same[n] = rows[key[n]] == rows[key[0]] && sum[key[n]] == sum[key[0]]
    if (!(same[1] && same[2] && same[3]))
      print "table: " name "|" rows[key[0]] "|" rows[key[1]] "|" rows[key[2]] "|" rows[key[3]] "|" (!same[3] ? "other" : same[2] ? "same" : "returned")
  } }' "$work/0" "$work/1" "$work/2" "$work/3" | sort
