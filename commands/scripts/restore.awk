# Of the dump, all but owners and rights, whose roles another server need not know. Rows are passed on as they are.
copying { print; if ($0 == "\\.") copying = 0; next }
/^COPY .* FROM stdin;$/ { copying = 1 }
/^ALTER .* OWNER TO .*;$/ || /^GRANT .*;$/ || /^REVOKE .*;$/ || /^ALTER DEFAULT PRIVILEGES / { next }
/^CREATE SCHEMA public;$/ { print "CREATE SCHEMA IF NOT EXISTS public;"; next }
{ print }
