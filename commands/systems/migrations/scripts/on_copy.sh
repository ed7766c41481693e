# Runs a migration tool's own scripts on the copy: each in a shell of its own, whose environment has the copy's address where the
# page hands over production's. $TOOL_NAMES are the page's variables, each in $TOOL_<name>; $COPY_PARTS has lines like DB_HOST=host.
# what a URL's query says, without what belongs to production's server and to the way there
query_of() {
  local one kept=
  [[ $1 == *\?* ]] || return 0
  while IFS= read -r -d '&' one || [ -n "$one" ]; do
    case $one in
      ssl* | host=* | hostaddr=* | port=* | user=* | password=* | dbname=* | channel_binding=* | gssencmode=*) ;;
      krbsrvname=* | requirepeer=* | target_session_attrs=* | loadBalanceHosts=* | targetServerType=*) ;;
      *) kept+="&$one" ;;
    esac
  done < <(printf %s "${1#*\?}")
  printf %s "$kept"
}
# url_of_copy URL: the same kind of URL for the server of the PG* variables
url_of_copy() {
  local rest user password name
  [[ $1 =~ $POSTGRES_URL ]]
  user=$(percent "$PGUSER") password=$(percent "${PGPASSWORD-}") name=$(percent "$PGDATABASE") rest=$(query_of "$1")
  [ -z "${PGSSLMODE-}" ] || rest+="&sslmode=$PGSSLMODE"
  if [[ $1 == jdbc:* ]]; then
    rest="&user=$user&password=$password$rest"
    printf '%s%s:%s/%s?%s' "${BASH_REMATCH[0]}" "$PGHOST" "$PGPORT" "$name" "${rest#&}"
  else
    [ -z "$rest" ] || rest="?${rest#&}"
    printf '%s%s:%s@%s:%s/%s%s' "${BASH_REMATCH[0]}" "$user" "$password" "$(percent "$PGHOST")" "$PGPORT" "$name" "$rest"
  fi
}
# who the tool is in production: the first of its own words for that, or the user of the backup
tool_user() { own_user || printf %s "$PGUSER"; }
own_user() {
  local name value
  for name in $TOOL_NAMES; do
    value=TOOL_$name value=${!value}
    [ "$name" != PGUSER ] && [ "$(part_of "$name")" != user ] || { printf %s "$value"; return; }
    if is_url "$value" && [[ $value =~ ://([^:/@?]+)(:[^/@?]*)?@ ]]; then
      printf '%b' "${BASH_REMATCH[1]//%/\\x}"
      return
    fi
  done
  return 1
}
part_of() { sed -n "s/^$1=//p" <<< "$COPY_PARTS" | sed -n 1p; }
# for a shell of its own, which then knows no address but the copy's
tool_on_copy() {
  local name value part
  for name in $TOOL_NAMES; do
    value=TOOL_$name value=${!value} part=$(part_of "$name")
    case $part in
      host) value=$PGHOST ;;
      port) value=$PGPORT ;;
      user) value=$PGUSER ;;
      password) value=${PGPASSWORD-} ;;
      name) value=$PGDATABASE ;;
      '')
        [[ $name != PG* ]] || continue
        if is_url "$value"; then
          value=$(url_of_copy "$value")
        elif [ "$value" = "$HOST_OF_PRODUCTION" ] || [[ -n $PASSWORD_OF_PRODUCTION && $value == *"$PASSWORD_OF_PRODUCTION"* ]]; then
          printf 'variable=%s\n' "$name"
          exit 86
        fi ;;
    esac
    export "$name=$value"
  done
  unset ${!TOOL_@} DATABASE SCRATCH SEEN PASSWORD_OF_PRODUCTION HOST_OF_PRODUCTION
  exec bash -euo pipefail -c "$1" < /dev/null
}
# tool DATABASE SCRIPT [OPTIONS]: run one of its scripts in a database of the copy's server
tool() { options="${settings//$'\n'/ } ${3-} ${role-}" copy=$1 scratch tool_on_copy "$2"; }
in_production() (
  local name value
  unset ${!PG@}
  for name in $TOOL_NAMES; do
    value=TOOL_$name
    export "$name=${!value}"
  done
  unset ${!TOOL_@} DATABASE SCRATCH SEEN
  exec bash -euo pipefail -c "$1" < /dev/null
)
# state HOW...: what the tool says is applied; its last lines if it does not say it
state() {
  local where=$1
  shift
  "$@" "$TOOL_ASK" > "$work/out" 2>&1 && grep -q '^gonogo-migration-state=' "$work/out" || failed_there "state command $where"
  sed -n 's/^gonogo-migration-state=//p' "$work/out" | sed -n '$p' | sed 's/ *$//'
}
failed_there() {
  [ ! -s "$work/out" ] || ! grep -q '^variable=' "$work/out" || { grep '^variable=' "$work/out" >&2; exit 86; }
  { grep -v 'DETAIL:' "$work/out" | tail -n 8 | without_values; printf 'failing=%s\n' "$1"; } >&2
  exit 77
}
# A database to which nobody may connect. A tool that uses the address it is given must fail there, and its server says so; one that
# has another address is found out, and as far as it connects through libpq it could only read.
closed=
close_one() {
  scratch psql -Xqc 'SET client_min_messages = warning' -c "DROP DATABASE IF EXISTS ${name}_closed WITH (FORCE)" || exit 81
  scratch psql -Xqc "CREATE DATABASE ${name}_closed TEMPLATE template0 ALLOW_CONNECTIONS false" || exit 81
  closed=${name}_closed
}
drop_closed() { [ -z "$closed" ] || scratch psql -Xqc "DROP DATABASE IF EXISTS $closed" || true; }
# obeys COMMAND SCRIPT: whether a script goes where it is told
obeys() {
  local code=0
  tool "$closed" "$2" '-c default_transaction_read_only=on' > "$work/out" 2>&1 || code=$?
  [ "$code" != 86 ] || failed_there "$1 command"
  [ "$code" = 0 ] || ! grep -qF "$closed" "$work/out" || return 0
  tail -n 8 "$work/out" | without_values
  printf 'failing=%s\ncode=%s\n' "$1" "$code"
  exit 87
}
# by_tool WAY SCRIPT: run it on the copy; report its time, and which tables it blocks for how long
by_tool() {
  local began=$EPOCHREALTIME code=0
  on_copy psql -XqAt -v ON_ERROR_STOP=1 <<< "$TABLES_BEFORE" > "$work/$1.tables"
  watch_locks > "$work/$1.locks" 2> /dev/null &
  tool "$made" "$2" > "$work/out" 2>&1 || code=$?
  printf '%s_ms=%d\n' "$1" $(((${EPOCHREALTIME/./} - ${began/./}) / 1000))
  on_made psql -XqAtc "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'gonogo locks'" > /dev/null
  wait $! || true
  cp "$work/out" "$work/said"
  only_the_copy
  cp "$work/said" "$work/out"
  [ "$code" = 0 ] || failed_there "$1 command"
  awk -v "way=$1" '
    FILENAME == ARGV[1] { cut = index($0, "|"); name[substr($0, 1, cut - 1)] = substr($0, cut + 1); next }
    /^gonogo at: / { before = at; at = $3; next }
    /^gonogo lock: / { split($3, one, "|"); if (one[2] in name && before) held[one[1] "|" name[one[2]]] += at - before }
    END { for (lock in held) print "lock: " way "|" held[lock] "|" lock }' "$work/$1.tables" "$work/$1.locks" | sort
}
watch_locks() { printf '%s \\watch 0.02\n' "$LOCKS_OF_OTHERS" | copy=$made scratch by_name_of_locks psql -XqAt; }
by_name_of_locks() { PGAPPNAME='gonogo locks' "$@"; }
# The steps of a rehearsal with a tool.
starts_as_production() {
  HOST_OF_PRODUCTION=$PGHOST PASSWORD_OF_PRODUCTION=${PGPASSWORD-}
  close_one
  obeys state "$TOOL_ASK"
  obeys forward "$TOOL_FORWARD"
  production=$(state 'in the database itself' in_production)
  first=$(state 'on the copy' tool "$made")
  [ "$first" = "$production" ] || { printf 'state_of_copy=%s\nstate_of_production=%s\n' "$first" "$production"; exit 88; }
  export STATE_BEFORE=$first
  [ -z "$TOOL_BACK" ] || obeys back "$TOOL_BACK"
}
by_tool_forward() {
  owned > "$work/owned.0"
  by_tool forward "$TOOL_FORWARD"
  owned > "$work/owned.1"
  may_change
  second=$(state 'on the copy' tool "$made")
  [ "$second" != "$first" ] || [ -n "$MAY_BE_EMPTY" ] || { printf 'state_of_copy=%s\n' "$first"; exit 89; }
  printf 'migrated=%s\037%s\n' "$first" "$second"
}
by_tool_back() {
  local began=$EPOCHREALTIME third
  if [ -z "$TOOL_BACK" ]; then
    drop_copy
    restore
    own_copy
    printf 'rollback_ms=%d\n' $(((${EPOCHREALTIME/./} - ${began/./}) / 1000))
    return
  fi
  by_tool rollback "$TOOL_BACK"
  third=$(state 'on the copy' tool "$made")
  [ "$third" = "$first" ] || { printf 'state_of_copy=%s\nstate_of_production=%s\n' "$third" "$first"; exit 91; }
}
# production's own rows of the tool are as they were
only_the_copy() {
  local now
  now=$(state 'in the database itself' in_production)
  [ "$now" = "$production" ] || { printf 'state_of_production=%s\nstate_now=%s\n' "$production" "$now"; exit 90; }
}
