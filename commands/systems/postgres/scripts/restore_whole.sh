# Puts the backup's database into the place of production's: it is restored beside it under another name, and then both are renamed
# in one transaction, so that there is no moment with half of it. (pg_restore --clean would leave what the migration has created,
# and fails where that refers to an old table.) The replaced database is kept under another name. What a killed attempt has left is
# looked at first.
export LC_ALL=C.UTF-8
cd "$FOLDER"
export PGOPTIONS="-c statement_timeout=0 -c lock_timeout=0 ${PGOPTIONS-}"
old=$PGDATABASE
is_direct
is_as_seen
find_server
if exists "$KEEP_AS"; then
  exists "$old" || exit 92
  echo already=yes
  exit
fi
is_whole
trap 'drop_new; rm -f "$FILE.said" "$FILE.said.over"' EXIT
drop_new() { server -v new="$NEW" <<< 'SET client_min_messages = warning; DROP DATABASE IF EXISTS :"new" WITH (FORCE)' || true; }
restore_by() {
  local code=0
  drop_new
  server -v old="$old" -v new="$NEW" <<< "$CREATE" || exit 94
  PGDATABASE=$NEW pg_restore --jobs="$1" --dbname="$NEW" "$FILE" > "$FILE.said" 2>&1 || code=$?
  wrong=$(grep -E '(error|ERROR|FATAL|PANIC):' "$FILE.said" | grep -vE "$UNKNOWN_SETTING" | grep -vE '^(pg_restore:|error:|could not execute query:| )*$' || true)
  [ "$code" = 0 ] || [ -n "$wrong" ] || grep -qE "$UNKNOWN_SETTING" "$FILE.said" || wrong=$(tail -n 5 "$FILE.said")
}
# a setting that pg_restore 17 uses on older servers; the server may say that it does not know it in another language
UNKNOWN_SETTING='[^[:alnum:]_]transaction_timeout[^[:alnum:]_]'
restore_by "$JOBS"
# as the proof has restored it, where rows were refused; the rollback has no time for a second try that must fail as well
if [ "$JOBS" != 1 ] && grep -v 'No space left on device' <<< "$wrong" | grep -q 'COPY failed for table' && [ "$(PGDATABASE=$NEW order_matters 2> /dev/null || true)" = t ]; then restore_by 1; fi
[ -z "$wrong" ] || { head -n 4 <<< "${wrong:0:800}"; exit 75; }
server -v old="$old" -v new="$NEW" <<< "$PROPERTIES" || exit 94
PGDATABASE=$NEW psql -Xq -v ON_ERROR_STOP=1 <<< 'SET client_min_messages = error; ANALYZE'
sessions() {
  server -F '|' -v old="$old" <<< "SELECT coalesce(nullif(application_name, ''), usename, backend_type), count(*) FROM pg_stat_activity
    WHERE datname = :'old' GROUP BY 1 ORDER BY 2 DESC, 1"
}
# what only a person may commit or roll back
prepared() { server -F '|' -v old="$old" <<< "SELECT 'prepared transaction ' || gid, 1 FROM pg_prepared_xacts WHERE database = :'old'"; }
sessions | sed 's/^/session: /'
psql -XqAt -v ON_ERROR_STOP=1 <<< "$HINDERED" | grep '^stays: ' || true
# while the renaming waits for the last session it lets no new one in, so each is ended for good
end_sessions() {
  local turn
  for turn in 1 2 3 4 5 6 7 8; do
    sleep 0.3
    [ ! -e "$FILE.said.over" ] || return 0
    server <<< "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datid = $number" > /dev/null 2>&1 || true
  done
}
# after the renaming the name is another database's, whose sessions must stay
number=$(server -v old="$old" <<< "SELECT oid FROM pg_database WHERE datname = :'old'")
began=$EPOCHREALTIME
for turn in 1 2 3; do
  rm -f "$FILE.said.over"
  end_sessions &
  code=0
  server -v old="$old" -v new="$NEW" -v kept="$KEEP_AS" <<'END' || code=$?
BEGIN;
ALTER DATABASE :"old" RENAME TO :"kept";
ALTER DATABASE :"new" RENAME TO :"old";
COMMIT;
END
  over=$EPOCHREALTIME
  touch "$FILE.said.over"
  wait $! || true
  [ "$code" != 0 ] || break
done
[ "$code" = 0 ] || { { sessions; prepared; } | sed 's/^/left: /'; exit 93; }
printf 'swap_ms=%d\n' $(((${over/./} - ${began/./}) / 1000))
