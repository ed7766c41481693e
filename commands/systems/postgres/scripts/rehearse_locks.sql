-- Runs after each statement of a rehearsed file, on one line: prints the time in ms, and the tables that the transaction has
-- locked; by their number, because a dropped table has no name any more. It needs no right and leaves nothing in the session,
-- because the file may change its role and discard what is temporary.
SELECT line FROM (SELECT 'gonogo at: ' || (extract(epoch FROM pg_catalog.clock_timestamp()) * 1000)::bigint AS line UNION ALL
SELECT pg_catalog.format('gonogo lock: %s|%s', l.mode, l.relation) FROM pg_catalog.pg_locks l
WHERE l.pid = pg_catalog.pg_backend_pid() AND l.locktype = 'relation'
AND l.mode IN ('AccessExclusiveLock', 'ExclusiveLock', 'ShareRowExclusiveLock', 'ShareLock')) AS found ORDER BY line;
