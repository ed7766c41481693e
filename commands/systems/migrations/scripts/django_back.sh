# Back to the migrations in $STATE_BEFORE, app by app; an app that had none goes to zero.
# the states go in as a text of its own: in a container the program has another environment
states=$(printf %s "$STATE_BEFORE" | base64 | tr -d '\n')
# The newest one need not be the last of its app: Django records a squashed migration after those that follow it, and
# would take these back, with what they hold.
$PROGRAM shell -c '
import base64, sys
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

executor, before, now, gone = MigrationExecutor(connection), {}, {}, set()
for state in base64.b64decode("'"$states"'").decode().split():
    app, _, newest = state.partition("=")
    name, _, count = newest.rstrip(")").rpartition("(")
    before[app] = name, int(count)
recorder = executor.recorder
rows = list(recorder.migration_qs.order_by("id").values_list("app", "name")) if recorder.has_table() else []
for app, name in rows:
    now[app] = name, now.get(app, ("", 0))[1] + 1
for app in now:
    name = before.get(app, (None, 0))[0]
    if now[app] != before.get(app) and (app, name) in [*executor.loader.graph.nodes, (app, None)]:
        for one, back in executor.migration_plan([(app, name)]):
            gone.update([(one.app_label, one.name), *map(tuple, one.replaces)] if back else ())
for app, (name, count) in before.items():
    if sum(key[0] == app and key not in gone for key in rows) < count <= now.get(app, ("", 0))[1]:
        sys.exit(
            f"The migrations of {app} were not taken back, nor any other: going back to {app}.{name} would take back "
            "some that were applied before the deploy. Take back by hand what the release applied."
        )
'
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
$PROGRAM shell -c '
import base64
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

executor = MigrationExecutor(connection)
graph, applied, others = executor.loader.graph, executor.loader.applied_migrations, set()
for state in base64.b64decode("'"$states"'").decode().split():
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
