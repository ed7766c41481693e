# Defines `left_release FOLDER [kept [PATH]]`: where a process works in a release folder and the link beside it, or beside the folder
# of all releases, leads to another one by now, prints that release, the link and where it leads, with tabs between. With "kept"
# also where the link still leads there, without the last of them. PATH is by which way it may have come there: a link in it
# counts whatever its name is, if where it leads is named like the folder (build-12 and build-13).
left_release() {
  local folder=$1 beside link to other way=${3:-} ways=()
  while [[ $way = /*/* ]]; do [ ! -L "$way" ] || ways+=("$way"); way=${way%/*}; done
  while [[ $folder = /*/* ]]; do
    beside=${folder%/*} other=
    # what all releases have together is none of them
    [ "${folder##*/}" != shared ] || { folder=$beside; continue; }
    for link in ${ways[@]+"${ways[@]}"} "$beside"/* "${beside%/*}"/*; do
      [ -L "$link" ] && { [ "${link##*/}" = current ] || [ "${beside##*/}" = releases ] || [[ " ${ways[*]-} " = *" $link "* ]]; } || continue
      to=$(readlink -e "$link") || continue
      if [ "$to" = "$folder" ]; then
        [ -z "${2:-}" ] || printf '%s\t%s\t\n' "$folder" "$link"
        return 0
      fi
      [ "${to%/*}" = "$beside" ] || continue
      [ "${link##*/}" = current ] || [ "${beside##*/}" = releases ] || [ "${to//[0-9a-f]/}" = "${folder//[0-9a-f]/}" ] || continue
      other=$link$'\t'$to
    done
    [ -z "$other" ] || { printf '%s\t%s\n' "$folder" "$other"; return; }
    folder=$beside
  done
}
