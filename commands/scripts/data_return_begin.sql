-- Opens the one transaction, under the advisory lock of the run's step.
\set VERBOSITY terse
BEGIN;
SET LOCAL client_connection_check_interval = 1000;
SET LOCAL client_min_messages = warning;
SET LOCAL statement_timeout = :limit;
SELECT pg_advisory_xact_lock(:lock) \g /dev/null
SET LOCAL lock_timeout = :patience;
