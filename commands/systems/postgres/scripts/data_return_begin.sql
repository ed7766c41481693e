-- Opens the transaction and takes the advisory lock of the run's step.
BEGIN;
-- PostgreSQL 13 does not know this setting
SELECT set_config(name, '1000', true) FROM pg_settings WHERE name = 'client_connection_check_interval' \g /dev/null
SET LOCAL client_min_messages = warning;
SET LOCAL statement_timeout = :limit;
SELECT pg_advisory_xact_lock(:lock) \g /dev/null
SET LOCAL lock_timeout = :patience;
