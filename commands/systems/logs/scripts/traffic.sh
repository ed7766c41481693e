# Counts the requests at the end of a web server's log, as far back as the window reaches. Only numbers leave the host.
# The file that was rotated last is read as well if it was written to within the window.
[ -e "$FILE" ] || exit 65
[ -f "$FILE" ] && [ -r "$FILE" ] || exit 66
size() { stat -L -c %s -- "$1"; }
end_of() { if [ "$(size "$1")" -gt "$bytes" ]; then tail -c "$bytes" -- "$1" | tail -n +2; else tail -c "$bytes" -- "$1"; fi; }
lines() { if [ "$older" ] && [ "$whole" -le "$bytes" ]; then end_of "$older"; fi; end_of "$FILE"; }
now=$(date +%s); from=$((now - AGE)); export from
whole=$(size "$FILE"); all=$whole; older=; rotated=
last=$(ls -td -- "$FILE"[.-][0-9]* 2>/dev/null | sed -n 1p) || last=
if [ "$last" ] && [ "$(stat -L -c %Y -- "$last")" -gt "$from" ]; then
  rotated=packed
  if [ -r "$last" ] && [ -z "${last##*[0-9]}" ]; then rotated=read; older=$last; all=$((whole + $(size "$last"))); fi
fi
# the fields of a line in the order in which they are counted, between tabs; a line that does not match becomes a "?"
tab=$(printf '\t'); edge=$(printf '\001'); fields=
for n in $FIELDS; do [ "$n" = - ] || fields="$fields\\$n"; fields="$fields$tab"; done
for bytes in $SIZES; do
  counted=$(lines | LC_ALL=C nice sed -E -e "s$edge$LINE$edge$fields$edge" -e t -e 's/.*/?/' | LC_ALL=C nice awk -F '\t' "$COUNT")
  oldest=$(printf '%s\n' "$counted" | sed -n 's/^oldest=//p')
  if [ "$all" -le "$bytes" ] || { [ "$oldest" ] && [ "$oldest" -le "$from" ]; }; then cut=; break; fi
  cut=$bytes
done
printf 'read_at=%s\nrotated=%s\ncut=%s\n%s\n' "$now" "$rotated" "$cut" "$counted"
