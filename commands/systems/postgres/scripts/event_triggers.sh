# denied_event_triggers COMMAND…: this database's event triggers, if the user as whom COMMAND runs psql may not create them; those of
# extensions come with these. On managed servers their own superusers may, in ways of their own.
denied_event_triggers() {
  local names
  names=$(psql -XqAt -v ON_ERROR_STOP=1 << 'END'
SELECT string_agg(evtname, ', ' ORDER BY evtname) FROM pg_event_trigger e WHERE NOT EXISTS (SELECT FROM pg_depend d
  WHERE d.classid = 'pg_event_trigger'::regclass AND d.objid = e.oid AND d.deptype = 'e')
END
  ) || return
  [ -n "$names" ] || return 0
  [ "$("$@" psql -XqAtc "SELECT rolsuper OR EXISTS (SELECT FROM pg_roles WHERE rolname IN ('rds_superuser', 'cloudsqlsuperuser',
    'azure_pg_admin', 'supabase_admin', 'neon_superuser')) FROM pg_roles WHERE rolname = current_user")" = t ] || printf '%s\n' "$names"
}
