# The numbers of the migrations that are up, the newest first; also of those that this folder does not have.
if ! told=$($PROGRAM db:migrate:status 2>&1); then
  grep -q 'migrations table does not exist yet' <<< "$told" || { printf '%s\n' "$told" >&2; exit 1; }
fi
awk '$1 == "up" && $2 ~ /^[0-9]+$/ { print $2 }' <<< "$told" | sort -rn
