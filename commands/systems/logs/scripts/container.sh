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
  words=$(docker inspect --type container --format '{{json .Created}}' -- "$id" 2>&1) || no_log container "$words"
  printf 'created=%s\n' "$(printf '%s\n' "$words" | tail -n 1 | tr -d '"')"
  words=$(logs_of --tail 0 -- "$id") || no_log unreadable "$words"
  printf 'oldest=%s\n' "$(oldest_of "$id")"
done
source_lines() { for id in "${ids[@]}"; do logs_of --since "$SINCE" -- "$id" || return; done; }
error_lines
