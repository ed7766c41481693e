# Brings rows back from an archive: one transaction for psql, with the rows of the wanted tables in its middle. What
# cannot be read leaves it without its end, so that nothing of it counts.
bring_back() {
  local found only=() name
  found=$(psql -XqAt -F $'\t' -v ON_ERROR_STOP=1 -v tables="$TABLES" -v columns="$COLUMNS" \
    <<< "$FIND SELECT name, relname FROM gonogo_tables WHERE leaf UNION SELECT name, relname FROM gonogo_sequences;") || return
  WANTED=$(cut -f 1 <<< "$found")
  export WANTED
  while IFS= read -r name; do only+=(--table="$name"); done < <(cut -f 2 <<< "$found")
  {
    printf '%s\n' "$BEFORE"
    pg_restore --data-only "${only[@]}" -f - "$FILE" | LC_ALL=C awk "$COPIES" || exit
    printf '%s\n' "$AFTER"
  } | psql -XqAt -v ON_ERROR_STOP=1 -v tables="$TABLES" -v columns="$COLUMNS" -v key="$KEY" -v file="$FILE" -v sum="$SHA256" \
    -v lock="$LOCK" -v patience="$PATIENCE" -v limit="$LIMIT"
}
