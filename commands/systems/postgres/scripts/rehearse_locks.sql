-- Runs after each statement of a rehearsed file, on one line: prints the time in ms, and the earlier tables that the
-- transaction has locked; by their number, because a dropped table has no name any more.
SELECT line FROM (SELECT 'gonogo at: ' || (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS line UNION ALL
SELECT format('gonogo lock: %s|%s', l.mode, t.name) FROM pg_locks l JOIN pg_temp.gonogo_tables t ON t.oid = l.relation
WHERE l.pid = pg_backend_pid() AND l.locktype = 'relation'
AND l.mode IN ('AccessExclusiveLock', 'ExclusiveLock', 'ShareRowExclusiveLock', 'ShareLock')) AS found ORDER BY line;
