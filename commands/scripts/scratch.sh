# A database of our own beside $SCRATCH_URL: made, filled from a packed dump, and dropped. Never production's.
# in a shell of its own, so that production's address is back afterwards
scratch() { (unset PGSSLMODE; DATABASE_URL=$SCRATCH_URL; at_address; PGDATABASE=${copy:-$PGDATABASE} "$@"); }
who() { psql -XqAt -v ON_ERROR_STOP=1 <<< "$WHO"; }
# Refuses production itself, under whatever address, and a database with anything in it.
fits() {
  local here there
  here=$(who)
  there=$(scratch who) || exit 71
  [ "${here%%$'\n'*}" != "${there%%$'\n'*}" ] || exit 72
  [ "${there##*$'\n'}" = 0 ] || exit 73
}
# restore NAME FILE; roles may be missing there, and nothing else may go wrong
restore() {
  local wrong
  # what a killed attempt with the same backup left there; the name is made of that backup's own
  scratch psql -Xqc "DROP DATABASE IF EXISTS \"$1\" WITH (FORCE)" 2> /dev/null || exit 74
  scratch psql -Xqc "CREATE DATABASE \"$1\" TEMPLATE template0" || exit 74
  made=$1
  gzip -dc "$2" | copy=$made scratch psql -Xqo /dev/null 2> "$FILE.said" || { tail -n 5 "$FILE.said"; exit 75; }
  wrong=$(grep -E '(ERROR|FATAL|PANIC):' "$FILE.said" | grep -vE 'ERROR:  role ".*" does not exist$' || true)
  [ -z "$wrong" ] || { printf '%s\n' "${wrong:0:800}"; exit 75; }
}
# reads what `content` says into rows[], sum[] and names[]; a name may hold bars itself
ROWS='{ name = $0; sub(/\|[^|]*\|[^|]*$/, "", name); at = FILENAME SUBSEP name; rows[at] = $(NF - 1); sum[at] = $NF; names[name] = 1 }'
content() { copy=$made scratch psql -XqAt -v ON_ERROR_STOP=1 <<< "$CONTENT"; }
drop_copy() {
  [ -n "${made-}" ] || return 0
  scratch psql -Xqc "DROP DATABASE IF EXISTS \"$made\" WITH (FORCE)" || echo "The copy $made could not be dropped."
}
# Refuses a user of the scratch database who may make no copy beside it.
may_copy() {
  [ "$(scratch psql -XqAtc 'SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user')" = t ] || exit 74
}
