# Writes down what production has beside its rows, and which rows it has, right before the first change; a rollback is compared
# with that. If it is not possible, the deploy goes on without it.
note_before() (
  umask 077
  at_address "$DATABASE"
  # the deploy waits: a table that somebody has locked keeps it for a moment only
  export PGCONNECT_TIMEOUT=8 PGOPTIONS="-c lock_timeout=2s ${PGOPTIONS-}"
  is_direct
  is_as_seen
  { sequences && catalog && schema_lines; } > "$FILE.before.part" && mv "$FILE.before.part" "$FILE.before"
  list=$(with_list only "$(tables_up_to "$ROWS_FOR_KEYS")" "$ROW_KEYS_LIST")
  { printf '%s\n' "$list"; row_keys "$list" "$SECONDS_FOR_KEYS"; } > "$FILE.keys.part" && mv "$FILE.keys.part" "$FILE.keys"
)
rm -f "$FILE.before" "$FILE.keys"
note_before 2> /dev/null || true
rm -f "$FILE.before.part" "$FILE.keys.part"
