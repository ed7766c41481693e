# hook_failed: after a checkout that failed, whether HEAD and the files are those of COMMIT and a hook ran after that, whose
# exit code git's may be. Prints the hook, and how git ended; without one it has that exit code itself.
hook_failed() {
  local code=$? hook
  hook=$(git rev-parse --git-path hooks/post-checkout)
  [ "$(git rev-parse HEAD)" = "$COMMIT" ] && [ -x "$hook" ] || return "$code"
  [ -z "$(changed . --ignore-submodules=all)" ] || return "$code"
  printf '\nhook=%s\nhook_code=%s\n' "$hook" "$code"
}
