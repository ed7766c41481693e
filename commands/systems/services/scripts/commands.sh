# Defines the function `state`, which prints what the page's commands say: `running` what runs, `ready` whether it is ready. One
# that waits for that by itself is asked again, so that the page's own time counts. No shell has them on its command line, because
# `pgrep -f` would find it by their own words, and `pkill -f` end it.
state() {
  local said code=0
  said=$(bash -euo pipefail -c 'eval "$RUNNING"' | head -n 200 | cut -c 1-200) || code=$?
  printf 'name=%s\ncode=%s\n' "$NAMES" "$code"
  printf '%s\n' "$said" | sed '/^[[:space:]]*$/d; s/^/running=/'
  code=0
  [ -z "$READY" ] || timeout 5 bash -euo pipefail -c 'eval "$READY"' > /dev/null 2>&1 || code=$?
  printf 'ready=%s\nmark=%s\n' "$code" "$(date -u +%Y-%m-%dT%H:%M:%S.%3NZ)"
}
