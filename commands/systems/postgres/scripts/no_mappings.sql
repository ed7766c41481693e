-- Drops the copy's user mappings, so that its foreign tables cannot reach other servers.
SELECT format('DROP USER MAPPING FOR %s SERVER %I', CASE umuser WHEN 0 THEN 'PUBLIC' ELSE quote_ident(usename) END, srvname)
FROM pg_user_mappings \gexec
