# Takes back, the newest first, what was not applied in $STATE_BEFORE.
applied=$(migration_state)
for one in $applied; do
  [[ " $STATE_BEFORE " == *" $one "* ]] || SCHEMA=/dev/null VERSION=$one $PROGRAM db:migrate:down
done
