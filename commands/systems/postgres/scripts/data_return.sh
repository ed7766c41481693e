# The value that an error quotes is a row's, and may go over several lines; nothing follows it.
without_values() {
  awk 'over { next } /ERROR: / && match($0, /(: |value )"/) { print substr($0, 1, RSTART + RLENGTH - 1) "…\""; over = 1; next } { print }'
}
# Brings rows back from an archive: one transaction for psql, with the rows of the wanted tables in its middle. What
# cannot be read leaves it without its end, so that nothing of it counts.
bring_back() {
  local found only=() name
  found=$(psql -XqAt -F $'\t' -v VERBOSITY=terse -v ON_ERROR_STOP=1 -v tables="$TABLES" -v columns="$COLUMNS" \
    <<< "$FIND SELECT name, relname FROM gonogo_tables WHERE leaf UNION SELECT name, relname FROM gonogo_sequences;") || return
  WANTED=$(cut -f 1 <<< "$found")
  export WANTED
  while IFS= read -r name; do only+=(--table="$name"); done < <(cut -f 2 <<< "$found")
  {
    printf '%s\n' "$BEFORE"
    pg_restore --data-only "${only[@]}" -f - "$FILE" | LC_ALL=C awk "$COPIES" || exit
    printf '%s\n' "$AFTER"
  } | psql -XqAt -v VERBOSITY=terse -v ON_ERROR_STOP=1 -v tables="$TABLES" -v columns="$COLUMNS" -v key="$KEY" -v file="$FILE" -v sum="$SHA256" \
    -v lock="$LOCK" -v patience="$PATIENCE" -v limit="$LIMIT" 2>&1 | without_values
}
