# the commit that a release folder names: a file REVISION in it or above it, or a folder of its path with a commit's name
named_commit() {
  local folder=$1
  while [ "${folder%/*}" != "$folder" ]; do
    if [ -f "$folder/REVISION" ]; then head -c 200 "$folder/REVISION" | head -n 1; return; fi
    folder=${folder%/*}
  done
  tr / '\n' <<< "$1" | sed -nE 's/^([0-9a-f]{40}|[0-9a-f]{64})(-[0-9]+)?$/\1/p' | tail -n 1
}
