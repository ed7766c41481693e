# Writes down what production has beside its rows, right before the first change; a rollback is compared with it. If that is not
# possible, the deploy goes on without it.
note_before() (
  at_address "$DATABASE"
  export PGCONNECT_TIMEOUT=8
  is_as_seen
  { sequences && catalog && schema_lines; } > "$FILE.before.part" && mv "$FILE.before.part" "$FILE.before"
)
rm -f "$FILE.before"
note_before 2> /dev/null || rm -f "$FILE.before.part"
