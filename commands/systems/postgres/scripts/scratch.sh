# A database of our own beside $SCRATCH_URL: made, filled from an archive, and dropped. Never production's.
# in a shell of its own, so that production's address is back afterwards
scratch() { (unset PGSSLMODE; DATABASE_URL=$SCRATCH_URL; at_address; PGDATABASE=${copy:-$PGDATABASE} "$@"); }
who() { psql -XqAt -v ON_ERROR_STOP=1 <<< "$WHO"; }
# Refuses production itself, under whatever address, and a database with anything in it.
fits() {
  local here there
  here=$(who)
  there=$(scratch who) || exit 71
  here=${here%%$'\n'*}
  [ "$here" != "${there%%$'\n'*}" ] || exit 72
  [ "${there##*$'\n'}" = 0 ] || exit 73
  # what belongs to a whole server is no copy there
  [ "${here%%/*}" != "${there%%/*}" ] || shared=yes
  # one name for each production, so that what a killed attempt left is found by the next one
  name=gonogo_copy_$(sha256sum <<< "$here" | cut -c 1-16)
}
# restore; nothing may go wrong but what is not of the data: owners and rights of roles that are missing there or that the
# scratch user may not act as, and a setting that pg_restore 17 asks of older servers
HARMLESS='ERROR:  (role ".*" does not exist|must be able to SET ROLE ".*"|must be member of role ".*"'
HARMLESS+='|permission denied to change default privileges|unrecognized configuration parameter "transaction_timeout")$'
restore() {
  local code=0 wrong
  scratch psql -Xqc "DROP DATABASE IF EXISTS $name WITH (FORCE)" 2> /dev/null || exit 74
  scratch psql -Xqc "CREATE DATABASE $name TEMPLATE template0" || exit 74
  made=$name
  copy=$made scratch pg_restore --jobs="$JOBS" --dbname="$made" "$FILE" > "$FILE.said" 2>&1 || code=$?
  # several processes write there at once, so that a line may be but another's beginning
  wrong=$(grep -E '(error|ERROR|FATAL|PANIC):' "$FILE.said" | grep -vE "$HARMLESS|^(pg_restore:|error:|could not execute query:| )*$" || true)
  [ "$code" = 0 ] || [ -n "$wrong" ] || grep -qE "$HARMLESS" "$FILE.said" || wrong=$(tail -n 5 "$FILE.said")
  if [ -n "$wrong" ]; then
    printf '%s\n' "${wrong:0:800}"
    case $wrong in *'No space left on device'*) exit 80 ;; *'ERROR:  permission denied'* | *'ERROR:  must be '*) exit 79 ;; esac
    exit 75
  fi
  copy=$made scratch psql -Xq -v ON_ERROR_STOP=1 <<< "$NO_MAPPINGS" || exit 79
}
# The copy that a proof has left for the rehearsal carries the checksum of its archive.
mark_proven() { scratch psql -Xqc "COMMENT ON DATABASE $made IS '$SHA256'"; }
take_proven() {
  local mark
  mark=$(scratch psql -XqAtc "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = '$name'")
  [ "$mark" = "$SHA256" ] || return 1
  made=$name
}
# reads what `content` says into rows[], sum[] and names[]; a name may hold bars itself
ROWS='{ name = $0; sub(/\|[^|]*\|[^|]*$/, "", name); at = FILENAME SUBSEP name; rows[at] = $(NF - 1); sum[at] = $NF; names[name] = 1 }'
content() { copy=$made scratch psql -XqAt -v ON_ERROR_STOP=1 -v by="$1" <<< "$CONTENT"; }
drop_copy() {
  [ -n "${made-}" ] || return 0
  scratch psql -Xqc "DROP DATABASE IF EXISTS $made WITH (FORCE)" || echo "The copy $made could not be dropped."
}
# Refuses a user of the scratch database who may make no copy beside it.
may_copy() {
  [ "$(scratch psql -XqAtc 'SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user')" = t ] || exit 74
}
