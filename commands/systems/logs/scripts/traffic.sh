# Counts the requests at the end of a web server's log, as far back as the window reaches. Only numbers leave the host.
# The files that were rotated are read as well if they were written to within the window, also those packed by gzip.
[ -e "$FILE" ] || exit 65
[ -f "$FILE" ] && [ -r "$FILE" ] || exit 66
size() { case $1 in *.gz) gzip -l -- "$1" | awk 'END { print $2 }' ;; *) stat -L -c %s -- "$1" ;; esac; }
last_of() { case $2 in *.gz) nice gzip -dc -- "$2" | tail -c "$1" ;; *) tail -c "$1" -- "$2" ;; esac; }
end_of() { if [ "$(size "$2")" -gt "$1" ]; then last_of "$1" "$2" | tail -n +2; else last_of "$1" "$2"; fi; }
# the last $bytes of all, the oldest first
lines() {
  local one left=$bytes parts=()
  for one in "$FILE" ${older[@]+"${older[@]}"}; do
    [ "$left" -gt 0 ] || break
    parts=("$left" "$one" ${parts[@]+"${parts[@]}"}) left=$((left - $(size "$one")))
  done
  while [ "${#parts[@]}" -gt 0 ]; do end_of "${parts[@]:0:2}"; parts=("${parts[@]:2}"); done
}
now=$(date +%s); from=$((now - AGE)); export from
all=$(size "$FILE"); older=() unread=
while IFS= read -r one; do
  [ "$(stat -L -c %Y -- "$one")" -gt "$from" ] || break
  if has_text "$one" "$FILE"; then
    older+=("$one") all=$((all + $(size "$one")))
  else unread=${unread:-$one}; fi
done < <(rotated_of "$FILE")
rotated=
[ "${#older[@]}" = 0 ] || rotated=${#older[@]}
[ -z "$unread" ] || rotated=unread
# the fields of a line in the order in which they are counted, between tabs; a line that does not match becomes a "?".
# What stands before a match, which the mark ends, belongs to no field
tab=$(printf '\t'); edge=$(printf '\001'); mark=$(printf '\002'); fields=$mark
for n in $FIELDS; do [ "$n" = - ] || fields="$fields\\$n"; fields="$fields$tab"; done
for bytes in $SIZES; do
  counted=$(lines | LC_ALL=C tr -d '\0\002' | LC_ALL=C nice sed -E -e "s$edge$LINE$edge$fields$edge" -e "s/^[^$mark]*$mark//" -e t -e 's/.*/?/' | LC_ALL=C nice awk -F '\t' "$COUNT")
  oldest=$(printf '%s\n' "$counted" | sed -n 's/^oldest=//p')
  if [ "$all" -le "$bytes" ] || { [ "$oldest" ] && [ "$oldest" -le "$from" ]; }; then cut=; break; fi
  cut=$bytes
done
# emptied while a process writes on at its old offset: the hole before its lines reads as zero bytes
hole=$(head -c 1 -- "$FILE" | LC_ALL=C tr -dc '\0' | wc -c)
if [ -z "$rotated" ] && [ "$hole" -gt 0 ] && [ "${oldest:-$now}" -gt "$from" ]; then rotated=emptied; fi
# made within the window with no line from before it, and nothing beside it: the log of before is elsewhere, or gone
born=$(stat -L -c %W -- "$FILE")
if [ -z "$rotated" ] && [[ $born =~ ^[1-9] ]] && [ "$born" -gt "$from" ] && [ "${oldest:-$born}" -ge "$born" ]; then rotated=anew; fi
[ -z "$unread" ] || printf 'unread_file=%s\n' "$unread"
case $(written_elsewhere "$FILE") in *' (deleted)') rotated=held ;; esac
printf 'read_at=%s\nrotated=%s\ncut=%s\n%s\n' "$now" "$rotated" "$cut" "$counted"
