-- Identifies the server and database behind an address: also a standby or a clone has another start time.
SELECT (SELECT system_identifier FROM pg_control_system()) || '/' || oid || '/' || extract(epoch FROM pg_postmaster_start_time())
FROM pg_database WHERE datname = current_database();
