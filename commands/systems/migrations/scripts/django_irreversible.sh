# What Django would apply now and could not take back: operations without a way back, one a line
$PROGRAM shell -c '
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

def parts(operations):
    for one in operations:
        yield one
        yield from parts(getattr(one, "database_operations", []))

executor = MigrationExecutor(connection)
for migration, _ in executor.migration_plan(executor.loader.graph.leaf_nodes()):
    kinds = dict.fromkeys(type(one).__name__ for one in parts(migration.operations) if not one.reversible)
    if kinds:
        print("\ngonogo-irreversible " + migration.app_label + "." + migration.name + " (" + ", ".join(kinds) + ")")
' | sed -n 's/^gonogo-irreversible //p'
