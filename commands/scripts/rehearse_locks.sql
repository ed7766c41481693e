SELECT format('lock: %s|%s|%s', :'step', mode, format('%I.%I', n.nspname, c.relname)) FROM pg_locks l JOIN pg_class c ON c.oid = l.relation
JOIN pg_namespace n ON n.oid = c.relnamespace WHERE l.pid = pg_backend_pid() AND l.locktype = 'relation' AND c.relkind IN ('r', 'p')
AND mode IN ('AccessExclusiveLock', 'ExclusiveLock', 'ShareRowExclusiveLock', 'ShareLock') AND n.nspname NOT LIKE 'pg\_%' ORDER BY 1;
