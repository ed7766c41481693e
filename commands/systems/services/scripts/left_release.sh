# Defines `left_release FOLDER [kept]`: where a process works in a release folder and the link beside it, or beside the folder of
# all releases, leads to another one by now, prints that release, the link and where it leads, with tabs between. With "kept"
# also where the link still leads there, without the last of them.
left_release() {
  local folder=$1 beside link to other
  while [[ $folder = /*/* ]]; do
    beside=${folder%/*} other=
    for link in "$beside"/* "${beside%/*}"/*; do
      [ -L "$link" ] && { [ "${link##*/}" = current ] || [ "${beside##*/}" = releases ]; } || continue
      to=$(readlink -e "$link") || continue
      if [ "$to" = "$folder" ]; then
        [ -z "${2:-}" ] || printf '%s\t%s\t\n' "$folder" "$link"
        return 0
      fi
      [ "${to%/*}" != "$beside" ] || other=$link$'\t'$to
    done
    [ -z "$other" ] || { printf '%s\t%s\n' "$folder" "$other"; return; }
    folder=$beside
  done
}
