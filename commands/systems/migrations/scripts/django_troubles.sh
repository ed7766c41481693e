# What `migrate` refuses before it applies anything: two last migrations of one app, one that is applied before what it depends on,
# and one that depends on nothing that is there.
$PROGRAM shell -c '
from django.db import connection
from django.db.migrations.exceptions import InconsistentMigrationHistory, NodeNotFoundError
from django.db.migrations.loader import MigrationLoader

def trouble(text):
    print("\ngonogo-migration-trouble=" + " ".join(str(text).split()))

try:
    loader = MigrationLoader(connection)
    loader.check_consistent_history(connection)
    for app, names in sorted(loader.detect_conflicts().items()):
        leaves = ", ".join(sorted(names))
        trouble("Conflicting migrations detected; multiple leaf nodes in the migration graph: (" + leaves + " in " + app + ")")
except (InconsistentMigrationHistory, NodeNotFoundError) as error:
    trouble(error)
'
