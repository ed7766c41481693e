-- Opens a transaction that is never committed.
BEGIN ISOLATION LEVEL REPEATABLE READ;
SET LOCAL client_min_messages = warning;
SET LOCAL statement_timeout = :limit;
SET LOCAL lock_timeout = :patience;
SET LOCAL row_security = off;
