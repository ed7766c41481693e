# The lines with errors of the containers of $NAMES since a time. What docker itself says is no line of theirs.
all=$(found | awk -F '\t' '$1 == "container" { print $3, $2 }')
ids=()
while read -r id name; do
  [ -n "$id" ] || continue
  if said=$($SUDO docker logs --tail 0 -- "$id" 2>&1 > /dev/null); then ids+=("$id")
  else printf 'unread=%s: %s\n' "$name" "$(tail -n 1 <<< "$said")"; fi
done <<< "$all"
source_lines() {
  for id in "${ids[@]}"; do logs_of --since "$SINCE" -- "$id"; done
}
error_lines
