# The lines with errors of the containers of $NAMES since a time. What docker itself says is no line of theirs.
all=$(found | awk -F '\t' '$1 == "container" { print $3, $2 }')
ids=()
# kept NAME ID: "created" and "oldest" of a container whose log docker rotates, or podman empties, at a size: since when it and its
# oldest line are there; of one that has printed little it has all
kept() {
  local words
  words=$($SUDO docker inspect --type container --format '{{json .HostConfig.LogConfig}} {{json .Created}}' -- "$2" 2> /dev/null | tail -n 1) || return 0
  case $words in *'"max-size":"'[1-9]* | *'"Size":"'[1-9]* | *'"Type":"local"'*) # podman's, and one that always has a size
    [ "$(logs_of -- "$2" | head -c 4096 | wc -c)" -lt 4096 ] ||
      printf 'rotates=%s\ncreated=%s\noldest=%s\n' "$1" "$(tr -d '"' <<< "${words##* }")" "$(oldest_of "$2")" ;; esac
}
while read -r id name; do
  [ -n "$id" ] || continue
  if said=$($SUDO docker logs --tail 0 -- "$id" 2>&1 > /dev/null); then ids+=("$id"); kept "$name" "$id"
  else printf 'unread=%s: %s\n' "$name" "$(tail -n 1 <<< "$said")"; fi
done <<< "$all"
source_lines() {
  for id in "${ids[@]}"; do logs_of --since "$SINCE" -- "$id"; done
}
error_lines
