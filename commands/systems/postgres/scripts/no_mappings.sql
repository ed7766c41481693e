-- A copy reaches no other server: without its user mappings, a foreign table's rows there are out of its reach.
SELECT format('DROP USER MAPPING FOR %s SERVER %I', CASE umuser WHEN 0 THEN 'PUBLIC' ELSE quote_ident(usename) END, srvname)
FROM pg_user_mappings \gexec
