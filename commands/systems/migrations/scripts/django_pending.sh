# What `migrate` has not applied, one a line.
$PROGRAM shell -c '
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

executor = MigrationExecutor(connection)
for migration, _ in executor.migration_plan(executor.loader.graph.leaf_nodes()):
    print("\ngonogo-pending " + migration.app_label + "." + migration.name)
' | sed -n 's/^gonogo-pending //p'
