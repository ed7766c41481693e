# whether this user may write to a folder; in a file system that nobody may write to, it says so. Setting a folder's times to what
# they are changes nothing.
may_write() {
  local said
  [ ! -w "$1" ] || return 0
  said=$(LC_ALL=C touch -c -r "$1" -- "$1" 2>&1) || true
  case $said in *'Read-only file system'*) echo gonogo-read-only ;; esac
  return 1
}
