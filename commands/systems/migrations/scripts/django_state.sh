# What the database has recorded, app by app: the newest migration and how many there are, as app=migration(2). The
# table itself is asked: `showmigrations` hides what the code in this folder does not have, and what is squashed.
$PROGRAM shell -c '
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

recorder, applied = MigrationRecorder(connection), {}
if recorder.has_table():
    for app, name in recorder.migration_qs.order_by("id").values_list("app", "name"):
        applied.setdefault(app, []).append(name)
for app in sorted(applied):
    print("\ngonogo-applied " + app + "=" + applied[app][-1] + "(" + str(len(applied[app])) + ")")
' | sed -n 's/^gonogo-applied //p'
