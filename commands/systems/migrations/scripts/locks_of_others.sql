-- Asked again and again while a tool works on the copy, on one line: the time in ms, and the tables that other sessions have
-- locked; by their number, because a dropped table has no name any more.
SELECT line FROM (SELECT 'gonogo at: ' || (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS line UNION ALL
SELECT DISTINCT format('gonogo lock: %s|%s', l.mode, l.relation) FROM pg_locks l
WHERE l.pid <> pg_backend_pid() AND l.locktype = 'relation' AND l.granted
AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
AND l.mode IN ('AccessExclusiveLock', 'ExclusiveLock', 'ShareRowExclusiveLock', 'ShareLock')) AS found ORDER BY line
