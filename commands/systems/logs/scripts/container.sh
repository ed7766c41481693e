# The lines of a container, or of each one of a service of compose, since a time, and from which time on docker has any.
no_log() { printf 'state=%s\n' "$1"; printf '%s\n' "$2" | tail -n 3 | sed 's/^/said: /'; exit 0; }
printf 'now=%s\n' "$(date +%s)"
export NAMES=$CONTAINER SUDO=
listed=$(found 2>&1) || no_log container "$listed"
projects=$(awk -F '\t' '$1 == "several" { print $3 }' <<< "$listed")
[ -z "$projects" ] || no_log several "$projects"
mapfile -t ids < <(awk -F '\t' '$1 == "container" { print $3 }' <<< "$listed")
[ ${#ids[@]} -gt 0 ] || ids=("$CONTAINER") # docker may know it by its id
for id in "${ids[@]}"; do
  words=$(docker inspect --type container --format '{{.Created}}' -- "$id" 2>&1) || no_log container "$words"
  printf 'created=%s\n' "$(printf '%s\n' "$words" | tail -n 1)"
  words=$(docker logs --tail 0 -- "$id" 2>&1) || no_log unreadable "$words"
  oldest=$(docker logs --timestamps -- "$id" 2>&1 | sed -n '1{s/ .*//p;q}') || true
  printf 'oldest=%s\n' "$oldest"
done
source_lines() { for id in "${ids[@]}"; do docker logs --since "$SINCE" -- "$id" 2>&1 || return; done; }
error_lines
