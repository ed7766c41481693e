# stopped CODE: after a git that failed, prints who else owns what git must write here, and exits with the code.
stopped() {
  local own
  if own=$(git rev-parse --git-dir 2> /dev/null); then
    { find "$own" ! -user "$(id -u)" ! -writable \( -type d -o ! -path '*/objects/*' \) -printf 'owned_by=%u\n' 2> /dev/null || true; } |
      sort -u | head -n 3
  fi
  exit "$1"
}
