-- The event triggers of this database that no extension brings along.
SELECT string_agg(evtname, ', ' ORDER BY evtname) FROM pg_event_trigger e WHERE NOT EXISTS (SELECT FROM pg_depend d
  WHERE d.classid = 'pg_event_trigger'::regclass AND d.objid = e.oid AND d.deptype = 'e');
