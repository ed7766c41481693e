# Back to the migrations in $STATE_BEFORE, app by app; an app that had none goes to zero.
for now in $(migration_state); do
  app=${now%%=*}
  target=zero
  for before in $STATE_BEFORE; do
    [ "${before%%=*}" != "$app" ] || target=${before#*=}
  done
  [ "$now" = "$app=$target" ] || $PROGRAM migrate --noinput "$app" "$target"
done
