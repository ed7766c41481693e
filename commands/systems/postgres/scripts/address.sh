# at_address LINES: connect as the lines NAME=value say; no setting of this host's own counts. The password is on no command
# line, where `ps` would show it to every user.
at_address() {
  local line name
  unset ${!PG@}
  while IFS= read -r line; do export "$line"; done <<< "$1"
  # a file that is missing would be ignored by most modes, and the connection would be less safe than the address says
  for name in PGSSLROOTCERT PGSSLCERT PGSSLKEY PGSSLCRL; do
    [ -z "${!name-}" ] || [ "${!name}" = system ] || can_read "${!name}" || { printf 'no_file=%s\n' "${!name}"; exit 62; }
  done
}
# where the programs are
can_read() { if [ -z "${THROUGH-}" ]; then [ -r "$1" ]; else there test -r "$1" < /dev/null; fi; }
# Waits for a server that starts, or has no connection free for a moment; the next program says what is wrong otherwise.
NOT_READY='starting up|shutting down|not yet accepting|recovery mode|too many (clients|connections)|connection slots|Connection refused'
ready() {
  local said until=$((SECONDS + 10))
  while ! said=$(LC_ALL=C psql -XqAtc 'SELECT 1' 2>&1) && [ "$SECONDS" -lt "$until" ]; do
    [[ $said =~ $NOT_READY ]] || return 0
    sleep 1
  done
}
identity() { psql -XqAt -v ON_ERROR_STOP=1 <<< "$IDENTITY"; }
# Refuses a standby, which may be behind; and a pooler that gives one session's settings to another: its server process
# changes, or serves two sessions, or gives a session what an earlier one has set.
is_direct() {
  local processes
  ready
  processes=$(psql -XqAt -v ON_ERROR_STOP=1 <<'END'
SELECT pg_backend_pid() AS a \gset
SELECT pg_backend_pid() AS b \gset
\set other `psql -XqAt -c "SET gonogo.used = 'yes'" -c 'SELECT pg_backend_pid()'`
\set left `psql -XqAtc "SELECT coalesce(nullif(current_setting('gonogo.used', true), ''), 'nothing')"`
SELECT pg_backend_pid() AS c, pg_is_in_recovery() AS standby \gset
\echo :a :b :c :other :standby :left
END
  ) || exit 60
  set -- $processes
  [ $# = 6 ] || exit 60
  [ "$1 $1" = "$2 $3" ] && [ "$1" != "$4" ] && [ "$6" = nothing ] || exit 63
  [ "$5" = f ] || exit 59
}
# Refuses another database than the bot sees: $SEEN has the identity of each that it may be, one a line; empty if none is known.
is_as_seen() {
  local found
  [ -n "${SEEN-}" ] || return 0
  found=$(identity) || exit 60
  grep -qxF -- "$found" <<< "$SEEN" || exit 61
}
# SQL: no limit that the database or the role sets for the application's own transactions ends this session. PostgreSQL before
# 17 does not know transaction_timeout.
UNLIMITED="SELECT set_config(name, '0', false) FROM pg_settings WHERE name IN
  ('statement_timeout', 'idle_in_transaction_session_timeout', 'transaction_timeout') \\g /dev/null
"
