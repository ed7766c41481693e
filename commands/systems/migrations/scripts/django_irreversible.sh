# What Django would apply now and could not take back, one a line: operations without a way back. After "leaves" those whose way
# back is there and does nothing (noop)
$PROGRAM shell -c '
from django.db import connection, migrations
from django.db.migrations.executor import MigrationExecutor

def parts(operations):
    for one in operations:
        yield one
        yield from parts(getattr(one, "database_operations", []))

def leaves(one):
    if isinstance(one, migrations.RunPython):
        return one.reverse_code == migrations.RunPython.noop != one.code
    return isinstance(one, migrations.RunSQL) and one.reverse_sql == migrations.RunSQL.noop != one.sql

executor = MigrationExecutor(connection)
for migration, _ in executor.migration_plan(executor.loader.graph.leaf_nodes()):
    kinds = dict.fromkeys(type(one).__name__ for one in parts(migration.operations) if not one.reversible)
    if kinds:
        print("\ngonogo-irreversible " + migration.app_label + "." + migration.name + " (" + ", ".join(kinds) + ")")
    noop = dict.fromkeys(type(one).__name__ for one in parts(migration.operations) if one.reversible and leaves(one))
    if noop:
        print("\ngonogo-irreversible leaves " + migration.app_label + "." + migration.name + " (" + ", ".join(noop) + ")")
' | sed -n 's/^gonogo-irreversible //p'
