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
# `migrate` goes back from what depends on the target alone. A branch beside it, which the release merged, was not applied
# before either; it goes back too where it is certain what was: as many as there were, and all of them below the target
# the states go in as a text of its own: in a container the program has another environment
before=$(printf %s "$STATE_BEFORE" | base64 | tr -d '\n')
$PROGRAM shell -c '
import base64
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

executor = MigrationExecutor(connection)
graph, applied, others = executor.loader.graph, executor.loader.applied_migrations, set()
for state in base64.b64decode("'"$before"'").decode().split():
    app, _, newest = state.partition("=")
    name, _, count = newest.rstrip(")").rpartition("(")
    if (app, name) in graph.nodes:
        below = set(graph.forwards_plan((app, name)))
        kept, more = ([key for key in applied if key[0] == app and (key in below) is it] for it in (True, False))
        others.update(more if len(kept) == int(count) else ())
order = [key for leaf in graph.leaf_nodes() for key in graph.forwards_plan(leaf)]
back = [key for key in reversed(dict.fromkeys(order)) if key in others]
if back and len(back) == len(others):
    executor.migrate([], [(graph.nodes[key], True) for key in back])
'
