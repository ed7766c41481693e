# Who writes to a log that was rotated: what nobody told to open its log anew goes on in the old file, also where that was
# packed or removed. Only the processes of this user can be looked into.
# writers GLOB: the descriptors with which they write to files of such names
writers() {
  local one
  find /proc/[0-9]*/fd -maxdepth 1 -lname "$1" 2> /dev/null | while IFS= read -r one; do
    case $(sed -n 's/^flags:.*\(.\)$/\1/p' "${one/\/fd\//\/fdinfo\/}" 2> /dev/null) in [12]) printf '%s\n' "$one" ;; esac
  done || true
}
names_from() { local stem end; split_name "$1"; sed 's/[][*?\\]/\\&/g' <<< "$stem"; }
# held_by FILE: under which name in /proc the file of the mark can be read, that has no other any more
held_by() {
  local one
  while IFS= read -r one; do
    if [ -r "$one" ] && same_inode "$one" 2> /dev/null; then printf '%s\n' "$one"; return 0; fi
  done < <(writers "$(names_from "$(readlink -f -- "$1")")* (deleted)")
}
# written_elsewhere FILE: the process, and the rotated file, into which it writes while none writes into FILE
written_elsewhere() {
  local file one name found=
  file=$(readlink -f -- "$1")
  while IFS= read -r one; do
    name=$(readlink -- "$one") || continue
    if [ "$name" = "$file" ]; then return 0; fi
    [ "${name% (deleted)}" = "$file" ] || is_rotated "${name% (deleted)}" "$file" || continue
    found="$(cut -d / -f 3 <<< "$one") $name"
  done < <(writers "$(names_from "$file")*")
  [ -z "$found" ] || printf '%s\n' "$found"
}
# whether a rotated file holds only what the one without a name holds as well
repeats() { whole "$1" 2> /dev/null | cmp -s -- - <(head -c "$(whole "$1" 2> /dev/null | wc -c)" "$2"); }
