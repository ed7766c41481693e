-- How many sessions each limit allows, and how many there are without this one. A superuser is under the server's limit alone.
WITH asking AS (SELECT oid, rolsuper, rolconnlimit FROM pg_roles WHERE rolname = session_user),
  used AS (SELECT usesysid, datid FROM pg_stat_activity WHERE usesysid IS NOT NULL AND datid IS NOT NULL AND pid <> pg_backend_pid()),
  reserved AS (SELECT current_setting('superuser_reserved_connections')::int
    + coalesce(current_setting('reserved_connections', true)::int, 0) AS slots)
SELECT 'sessions_user=' || rolconnlimit || '/' || (SELECT count(*) FROM used WHERE usesysid = asking.oid)
  FROM asking WHERE rolconnlimit >= 0 AND NOT rolsuper
UNION ALL SELECT 'sessions_database=' || datconnlimit || '/' || (SELECT count(*) FROM used WHERE datid = pg_database.oid)
  FROM pg_database, asking WHERE datname = current_database() AND datconnlimit >= 0 AND NOT rolsuper
UNION ALL SELECT 'sessions_server=' || current_setting('max_connections')::int - CASE WHEN rolsuper THEN 0 ELSE slots END
  || '/' || (SELECT count(*) FROM used) FROM asking, reserved;
