# Looks whether a backup can be made: versions, sizes, locks, hidden rows, and in a small database how long the dump will be.
export PGCONNECT_TIMEOUT=8
is_direct # through a pooler pg_dump would leave its settings to the application
printf 'server=%s\n' "$(psql -XAtc 'SHOW server_version_num')"
printf 'database_bytes=%s\n' "$(psql -XAtc 'SELECT pg_database_size(current_database())')"
psql -XqAt <<< "$LOCKS"
psql -XqAt <<< "$SESSIONS"
printf 'jobs=%s\n' "$JOBS"
printf 'hidden=%s\n' "$(psql -XqAt <<< "$HIDDEN")"
printf 'free_bytes=%s\n' "$(($(df -Pk . | awk 'NR == 2 { print $4 }') * 1024))"
printf 'free_files=%s\n' "$(free_files .)"
printf 'dump=%s\n' "$(pg_dump --version)"
# a dump of some megabytes takes no time, and tells more than any estimate
small="SELECT coalesce(sum(pg_total_relation_size(oid)), 0) + pg_relation_size('pg_largeobject') < 16000000 AND count(*) < 300
  FROM pg_class WHERE relkind IN ('r', 'm') AND oid >= 16384"
if [ "$(psql -XAtc "$small")" = t ]; then
  lines=$(pg_dump --exclude-schema=gonogo --lock-wait-timeout=2000 2> /dev/null | wc -l) || lines=$AT_LEAST
  [ "$lines" -ge "$AT_LEAST" ] || printf 'dump_lines=%s\nat_least=%s\n' "$lines" "$AT_LEAST"
fi
