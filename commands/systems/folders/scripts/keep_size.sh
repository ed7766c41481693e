# size_of FOLDER: the number of its files and their bytes; by these a copy of which files are gone is told from a whole one
size_of() { find "$1" ! -type d -printf '%s\n' | awk '{ n += $1 } END { printf "%d files %.0f bytes\n", NR, n }'; }
tell_files() { printf 'files=%s\n' "${1%% *}"; }
# remove and move_over, also where folders are read-only, such as those that Go keeps: their owner can open them
remove() {
  rm -rf -- "$@" 2> /dev/null || {
    find "$@" -type d ! -perm -u+rwx -exec chmod u+rwx {} \; 2> /dev/null || true
    rm -rf -- "$@"
  }
}
# a folder that gets another parent must be writable itself
move_over() {
  local mode
  if [ -w "$1" ] || [ -L "$1" ] || [ ! -d "$1" ]; then mv -T -- "$1" "$2"; return; fi
  mode=$(stat -c %a -- "$1")
  chmod u+w -- "$1" && mv -T -- "$1" "$2" && chmod "$mode" -- "$2"
}
COPIES="$STORE/of-$NAME"
