# put_back BEFORE: after a git that stopped in the middle of the files, those of the commit BEFORE again. It goes on with
# git's own exit code.
put_back() {
  local code=$?
  [ "$(files_of)" != mixed ] || git checkout --quiet --force --detach "$1" > /dev/null 2>&1 || true
  [ "$(files_of)" != head ] || { remove_left; end_checkout; }
  return "$code"
}
