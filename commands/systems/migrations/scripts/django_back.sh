# Back to the migrations in $STATE_BEFORE, app by app; an app that had none goes to zero.
applied=$(migration_state)
for now in $applied; do
  app=${now%%=*}
  before=
  for one in $STATE_BEFORE; do
    [ "${one%%=*}" != "$app" ] || before=${one#*=}
  done
  target=${before%(*}
  [ "$now" = "$app=$before" ] || $PROGRAM migrate --noinput "$app" "${target:-zero}"
done
