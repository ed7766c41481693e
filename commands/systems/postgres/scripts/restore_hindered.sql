-- What keeps a database from being put into this one's place, and what stays with the one that is replaced, one a line.
-- (Autovacuum, which is no role's, gives way by itself.)
SELECT 'in the way: ' || format('session %s of %I', coalesce(nullif(application_name, ''), backend_type, 'without a name'), rolname)
FROM pg_stat_activity a JOIN pg_roles r ON r.oid = a.usesysid
WHERE datname = current_database() AND a.pid <> pg_backend_pid() AND backend_type IS DISTINCT FROM 'parallel worker'
  AND NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)
  AND (r.rolsuper OR NOT (pg_has_role(r.oid, 'USAGE') OR pg_has_role('pg_signal_backend', 'USAGE')))
UNION SELECT 'in the way: ' || format('prepared transaction %s of %I', gid, owner) FROM pg_prepared_xacts WHERE database = current_database()
UNION SELECT 'stays: ' || format('logical replication slot %I', slot_name) FROM pg_replication_slots
  WHERE slot_type = 'logical' AND NOT temporary AND database = current_database()
UNION SELECT 'stays: ' || format('subscription %I', subname) FROM pg_subscription
  WHERE subdbid = (SELECT oid FROM pg_database WHERE datname = current_database())
ORDER BY 1;
