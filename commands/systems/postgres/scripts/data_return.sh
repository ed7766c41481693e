# Removes the value that an error quotes: it is from a row, and may have several lines. Nothing follows it. A new value of an
# enum is from the file. In another language than English (lc_messages) nobody knows which word is the value, so all are removed.
without_values() {
  awk 'over { next }
    /ERROR: / && !/unsafe use of new value/ && match($0, /(: |value )"/) { print substr($0, 1, RSTART + RLENGTH - 1) "…\""; over = 1; next }
    /^(psql:[^ ]*: )?[^ :a-z]+ ?:  / && !/^(psql:[^ ]*: )?(ERROR|FATAL|PANIC|WARNING|NOTICE|INFO|LOG|DEBUG|DETAIL|HINT|CONTEXT):  / &&
      match($0, /"|«|»|„|“|”|‹|「|『/) { print substr($0, 1, RSTART - 1) "…"; over = 1; next }
    { print }'
}
# The tables with their partitions, and all sequences whose position the user may read, because a trigger, a function or the
# application may use any of them: the full name, the name alone, and which of the two it is.
find_tables() {
  psql -XqAt -F $'\t' -v VERBOSITY=terse -v ON_ERROR_STOP=1 -v tables="$TABLES" -v columns="$COLUMNS" <<< "$FIND
    SELECT name, relname, 'table' FROM gonogo_tables WHERE leaf UNION SELECT name, relname, 'sequence' FROM gonogo_all_sequences;"
}
# Returns rows from an archive. A lock that it waited for in vain, and a deadlock, leave nothing behind, and are tried again.
bring_back() {
  local turn code said
  for turn in 1 2 3; do
    code=0
    said=$(bring_back_once) || code=$?
    [ "$code" != 0 ] && [ "$turn" != 3 ] && [[ $said =~ 'due to lock timeout'|'deadlock detected' ]] || break
    printf 'attempt %s of 3: %s; nothing was changed yet\n' "$turn" "${BASH_REMATCH[0]#due to }"
    sleep "$turn"
  done
  printf '%s\n' "$said"
  return "$code"
}
# In one transaction, with the rows of the wanted tables in its middle. If the archive cannot be read, the transaction has no end,
# so nothing of it is committed.
bring_back_once() {
  local found only=() name
  found=$(find_tables) || return
  WANTED=$(awk -F '\t' '$3 == "table" { print $1 }' <<< "$found")
  export WANTED
  # pg_restore takes sequences by this option, too; a list of entries would be a file, which a container cannot see
  while IFS= read -r name; do only+=(--table="$name"); done < <(cut -f 2 <<< "$found" | sort -u)
  {
    printf '%s\n' "$UNLIMITED" "$BEFORE"
    pg_restore --data-only "${only[@]}" -f - "$FILE" | LC_ALL=C awk "$COPIES" || exit
    printf '%s\n' "$AFTER"
  } | psql -XqAt -v VERBOSITY=terse -v ON_ERROR_STOP=1 -v tables="$TABLES" -v columns="$COLUMNS" -v key="$KEY" -v file="$FILE" -v sum="$SHA256" \
    -v lock="$LOCK" -v patience="$PATIENCE" -v limit="$LIMIT" 2>&1 | without_values
}
