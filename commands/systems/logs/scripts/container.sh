# A container's lines since a time, and from which time on docker has any.
printf 'now=%s\n' "$(date +%s)"
if ! words=$(docker inspect --type container --format '{{.Created}}' -- "$CONTAINER" 2>&1); then
  echo state=container; printf '%s\n' "$words" | tail -n 3 | sed 's/^/said: /'; exit 0
fi
printf 'created=%s\n' "$(printf '%s\n' "$words" | tail -n 1)"
if ! words=$(docker logs --tail 0 -- "$CONTAINER" 2>&1); then
  echo state=unreadable; printf '%s\n' "$words" | tail -n 3 | sed 's/^/said: /'; exit 0
fi
oldest=$(docker logs --timestamps -- "$CONTAINER" 2>&1 | sed -n '1{s/ .*//p;q}') || true
printf 'oldest=%s\n' "$oldest"
source_lines() { docker logs --since "$SINCE" -- "$CONTAINER" 2>&1; }
error_lines
