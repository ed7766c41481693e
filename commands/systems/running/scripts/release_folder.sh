# the commit that a release folder names: a file REVISION in it or above it, or a folder of its path with a commit's name
named_commit() {
  local folder=$1
  while [ "${folder%/*}" != "$folder" ]; do
    if [ -f "$folder/REVISION" ]; then head -c 200 "$folder/REVISION" | head -n 1; return; fi
    folder=${folder%/*}
  done
  tr / '\n' <<< "$1" | sed -nE 's/^([0-9a-f]{40}|[0-9a-f]{64})(-[0-9]+)?$/\1/p' | tail -n 1
}
# at which commit the clone in a folder was at a time
head_at() {
  git -C "$1" reflog show --date=unix --format='%gd %H' HEAD 2> /dev/null |
    sed -nE 's/^HEAD@\{([0-9]+)\} ([0-9a-f]+)$/\1 \2/p' | awk -v at="$2" '$1 <= at && !found { print $2; found = 1 }'
}
