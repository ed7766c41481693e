# the commit that a release folder names: a file REVISION in it or above it, or a folder of its path with a commit's name. A
# REVISION from more than a minute after the start of the process, if that is given, was copied over what runs.
named_commit() {
  local folder=$1 started=${2:-0}
  while [ "${folder%/*}" != "$folder" ]; do
    if [ -f "$folder/REVISION" ]; then
      if [ "$started" -gt 0 ] && [ "$(stat -L -c %Z -- "$folder/REVISION")" -gt $((started + 60)) ]; then return; fi
      head -c 200 "$folder/REVISION" | head -n 1
      return
    fi
    folder=${folder%/*}
  done
  tr / '\n' <<< "$1" | sed -nE 's/^([0-9a-f]{40}|[0-9a-f]{64})(-[0-9]+)?$/\1/p' | tail -n 1
}
# at which commit the clone in a folder was at a time
head_at() {
  git -C "$1" reflog show --date=unix --format='%gd %H' HEAD 2> /dev/null |
    sed -nE 's/^HEAD@\{([0-9]+)\} ([0-9a-f]+)$/\1 \2/p' | awk -v at="$2" '$1 <= at && !found { print $2; found = 1 }'
}
