-- What schema.sql leaves out, in lines of the classes "storage", where and how tables, columns and sequences are stored, and
-- "detail": what is switched off, what a sequence belongs to, and objects that are rare; "order", that of columns. Of code, and of options, which may hold a
-- password, there is only a checksum behind \x1e. The first line says that the details were read at all, and in which form.
-- The order in which options were set, and the numbers that the server gives to roles and objects, mean nothing.
SET statement_timeout = 0; SET search_path = '';
SELECT E'detail\x1fformat\x1f2';
WITH member AS MATERIALIZED (SELECT classid, objid FROM pg_depend WHERE deptype = 'e'
), relation AS MATERIALIZED (
  SELECT c.*, format('%I.%I', n.nspname, c.relname) AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'i', 'I', 'S') AND c.relpersistence <> 't' AND c.oid >= 16384
  AND n.nspname NOT IN ('information_schema', 'gonogo') AND n.nspname !~ '^pg_'
  AND ('pg_class'::regclass, c.oid) NOT IN (SELECT classid, objid FROM member)
), object (classid, objid, value) AS (
  SELECT 'pg_aggregate'::regclass::oid, aggfnoid::oid, E'exists\x1e' || md5(concat_ws('|', aggkind, aggnumdirectargs, aggtransfn, aggfinalfn, aggcombinefn,
    aggserialfn, aggdeserialfn, aggmtransfn, aggminvtransfn, aggmfinalfn, aggfinalextra, aggmfinalextra, aggsortop::regoperator,
    aggtranstype::regtype, aggtransspace, aggmtranstype::regtype, agginitval, aggminitval)) FROM pg_aggregate
  UNION ALL SELECT 'pg_cast'::regclass, oid, concat_ws(', ', castfunc::regprocedure, CASE castcontext WHEN 'i' THEN 'implicit'
    WHEN 'a' THEN 'in assignments' ELSE 'explicit' END, CASE castmethod WHEN 'i' THEN 'by text' WHEN 'b' THEN 'as it is' END) FROM pg_cast
  UNION ALL SELECT 'pg_operator'::regclass, oid, concat_ws(', ', oprcode, 'commutator ' || nullif(oprcom, 0)::regoperator,
    'negator ' || nullif(oprnegate, 0)::regoperator, 'restrict ' || nullif(oprrest::oid, 0)::regproc, 'join ' || nullif(oprjoin::oid, 0)::regproc,
    CASE WHEN oprcanhash THEN 'hashes' END, CASE WHEN oprcanmerge THEN 'merges' END) FROM pg_operator WHERE oprcode::oid <> 0
  UNION ALL SELECT 'pg_opclass'::regclass, oid, concat_ws(', ', opcintype::regtype, CASE WHEN opcdefault THEN 'default' END,
    'stores ' || nullif(opckeytype, 0)::regtype, 'of ' || opcowner::regrole) FROM pg_opclass
  UNION ALL SELECT 'pg_opfamily'::regclass, f.oid, E'exists\x1e' || md5(concat_ws('|',
    (SELECT string_agg(concat_ws(' ', amopstrategy, amopopr::regoperator), ',' ORDER BY amopstrategy, amopopr::regoperator::text)
      FROM pg_amop WHERE amopfamily = f.oid), (SELECT string_agg(concat_ws(' ', amprocnum, amproc::oid::regprocedure), ','
      ORDER BY amprocnum, amproc::text) FROM pg_amproc WHERE amprocfamily = f.oid), opfowner::regrole)) FROM pg_opfamily f
  UNION ALL SELECT 'pg_conversion'::regclass, oid, concat_ws(', ', conproc, CASE WHEN condefault THEN 'default' END, conforencoding, contoencoding,
    'of ' || conowner::regrole) FROM pg_conversion
  UNION ALL SELECT 'pg_transform'::regclass, oid, concat_ws(', ', trffromsql, trftosql) FROM pg_transform
  UNION ALL SELECT 'pg_language'::regclass, oid, concat_ws(', ', lanplcallfoid::regproc, CASE WHEN lanpltrusted THEN 'trusted' END) FROM pg_language
  UNION ALL SELECT 'pg_ts_parser'::regclass, oid, 'exists' FROM pg_ts_parser
  UNION ALL SELECT 'pg_ts_template'::regclass, oid, 'exists' FROM pg_ts_template
  UNION ALL SELECT 'pg_ts_dict'::regclass, d.oid, E'exists\x1e' || md5(concat_ws('|', tmplname, dictinitoption)) FROM pg_ts_dict d
    JOIN pg_ts_template t ON t.oid = dicttemplate
  UNION ALL SELECT 'pg_ts_config'::regclass, c.oid, E'exists\x1e' || md5(concat_ws('|', (SELECT prsname FROM pg_ts_parser WHERE oid = c.cfgparser), (SELECT string_agg(concat_ws(' ', maptokentype,
    mapseqno, mapdict::regdictionary), ',' ORDER BY maptokentype, mapseqno) FROM pg_ts_config_map WHERE mapcfg = c.oid))) FROM pg_ts_config c
  UNION ALL SELECT 'pg_type'::regclass, rngtypid, concat_ws(', ', 'range of ' || format_type(rngsubtype, NULL), nullif(rngcollation, 0)::regcollation,
    nullif(rngcanonical::oid, 0)::regproc, nullif(rngsubdiff::oid, 0)::regproc) FROM pg_range
  UNION ALL SELECT 'pg_foreign_data_wrapper'::regclass, oid, E'exists\x1e' || md5(concat_ws('|', fdwhandler::regproc, fdwvalidator::regproc,
    (SELECT string_agg(one, ', ' ORDER BY one) FROM unnest(fdwoptions) AS one)))
    FROM pg_foreign_data_wrapper
  UNION ALL SELECT 'pg_foreign_server'::regclass, oid, E'exists\x1e' || md5(concat_ws('|', srvtype, srvversion,
    (SELECT string_agg(one, ', ' ORDER BY one) FROM unnest(srvoptions) AS one))) FROM pg_foreign_server
  UNION ALL SELECT 'pg_user_mapping'::regclass, umid, E'exists\x1e' || md5(coalesce((SELECT string_agg(one, ', ' ORDER BY one) FROM unnest(umoptions) AS one), '')) FROM pg_user_mappings
  UNION ALL SELECT 'pg_event_trigger'::regclass, oid, concat_ws(', ', evtevent, evtfoid::regproc, (SELECT string_agg(one, ', ' ORDER BY one) FROM unnest(evttags) AS one),
    CASE evtenabled WHEN 'D' THEN 'disabled' WHEN 'A' THEN 'always' WHEN 'R' THEN 'replica' END) FROM pg_event_trigger
  UNION ALL SELECT 'pg_extension'::regclass, oid, 'in schema ' || extnamespace::regnamespace FROM pg_extension
  -- that of the operating system's library may change by itself
  UNION ALL SELECT 'pg_collation'::regclass, oid, E'exists\x1e' || md5((to_jsonb(c) - '{oid,collname,collnamespace,collowner,collversion}'::text[])::text)
    FROM pg_collation c
  UNION ALL SELECT 'pg_statistic_ext'::regclass, oid, (SELECT string_agg(CASE one WHEN 'd' THEN 'ndistinct' WHEN 'f' THEN 'dependencies'
    WHEN 'm' THEN 'mcv' ELSE 'expressions' END, ', ' ORDER BY one) FROM unnest(stxkind) AS one) FROM pg_statistic_ext
  UNION ALL SELECT 'pg_publication'::regclass, oid, 'generated columns' FROM pg_publication p WHERE to_jsonb(p) ->> 'pubgencols' = 's'
  UNION ALL SELECT 'pg_type'::regclass, t.oid, E'exists\x1e' || md5((to_jsonb(t) - '{oid,typname,typnamespace,typowner,typacl,typarray,typelem}'::text[])::text)
    FROM pg_type t WHERE typtype = 'b' AND NOT EXISTS (SELECT FROM pg_type e WHERE e.typarray = t.oid)
), found (what, value) AS (
  SELECT i.type || ' ' || i.identity, value FROM object CROSS JOIN LATERAL
    pg_identify_object(CASE classid WHEN 'pg_aggregate'::regclass THEN 'pg_proc'::regclass ELSE classid END, objid, 0) AS i
    WHERE objid >= 16384 AND i.identity IS NOT NULL AND i.schema IS DISTINCT FROM 'gonogo'
    AND (CASE classid WHEN 'pg_aggregate'::regclass THEN 'pg_proc'::regclass ELSE classid END, objid) NOT IN (SELECT classid, objid FROM member)
  UNION ALL SELECT format('storage of column %s.%I', r.name, attname), CASE attstorage WHEN 'p' THEN 'plain' WHEN 'e' THEN 'external'
    WHEN 'm' THEN 'main' ELSE 'extended' END FROM relation r JOIN pg_attribute a ON attrelid = r.oid AND attnum > 0 AND NOT attisdropped
    JOIN pg_type t ON t.oid = atttypid WHERE r.relkind IN ('r', 'p', 'm', 'f') AND attstorage <> typstorage
  UNION ALL SELECT format('options of column %s.%I', r.name, attname), E'set\x1e' || md5((SELECT string_agg(one, ', ' ORDER BY one) FROM unnest(attfdwoptions) AS one))
    FROM relation r JOIN pg_attribute ON attrelid = r.oid AND NOT attisdropped WHERE attfdwoptions IS NOT NULL
  UNION ALL SELECT format('default of column %s.%I', r.name, attname), pg_get_expr(adbin, adrelid)
    FROM relation r JOIN pg_attrdef ON adrelid = r.oid JOIN pg_attribute ON attrelid = r.oid AND attnum = adnum WHERE r.relkind = 'v'
  UNION ALL SELECT 'purpose of index ' || r.name, concat_ws(', ', CASE WHEN indisclustered THEN 'CLUSTER' END, CASE WHEN indisreplident THEN 'replica identity' END)
    FROM relation r JOIN pg_index ON indexrelid = r.oid WHERE indisclustered OR indisreplident
  UNION ALL SELECT format('state of rule %I of %s', rulename, r.name), CASE ev_enabled WHEN 'D' THEN 'disabled' WHEN 'A' THEN 'always' ELSE 'replica' END
    FROM relation r JOIN pg_rewrite ON ev_class = r.oid WHERE ev_enabled <> 'O'
  UNION ALL SELECT 'state of materialized view ' || name, 'without data' FROM relation WHERE relkind = 'm' AND NOT relispopulated
  UNION ALL SELECT 'options of the TOAST table of ' || r.name, (SELECT string_agg(one, ', ' ORDER BY one) FROM unnest(t.reloptions) AS one)
    FROM relation r JOIN pg_class t ON t.oid = r.reltoastrelid WHERE t.reloptions IS NOT NULL
  UNION ALL SELECT 'tablespace of ' || name, spcname FROM relation JOIN pg_tablespace s ON s.oid = reltablespace
  UNION ALL SELECT 'access method of ' || name, amname FROM relation JOIN pg_am a ON a.oid = relam WHERE relkind IN ('r', 'p', 'm') AND amname <> 'heap'
  UNION ALL SELECT 'server of foreign table ' || r.name, srvname || E'\x1e' || md5(coalesce((SELECT string_agg(one, ', ' ORDER BY one) FROM unnest(ftoptions) AS one), ''))
    FROM relation r JOIN pg_foreign_table f ON ftrelid = r.oid JOIN pg_foreign_server s ON s.oid = ftserver
  UNION ALL SELECT 'collation of domain ' || format_type(t.oid, NULL), CASE collnamespace WHEN 'pg_catalog'::regnamespace THEN '' ELSE collnamespace::regnamespace || '.' END || collname
    FROM pg_type t JOIN pg_type b ON b.oid = t.typbasetype
    JOIN pg_collation c ON c.oid = t.typcollation WHERE t.typtype = 'd' AND t.oid >= 16384 AND t.typcollation <> b.typcollation
    AND ('pg_type'::regclass, t.oid) NOT IN (SELECT classid, objid FROM member)
  UNION ALL SELECT 'start of sequence ' || name, seqstart::text FROM relation r JOIN pg_sequence ON seqrelid = r.oid
    WHERE seqstart <> CASE WHEN seqincrement > 0 THEN seqmin ELSE seqmax END
  UNION ALL SELECT 'cache of sequence ' || name, seqcache::text FROM relation r JOIN pg_sequence ON seqrelid = r.oid WHERE seqcache <> 1
  UNION ALL SELECT 'column that owns sequence ' || r.name, format('%s.%I', refobjid::regclass, attname)
    FROM relation r JOIN pg_depend d ON classid = 'pg_class'::regclass AND objid = r.oid AND refclassid = 'pg_class'::regclass AND deptype = 'a'
    JOIN pg_attribute ON attrelid = refobjid AND attnum = refobjsubid WHERE relkind = 'S'
  UNION ALL SELECT format('collation of column %s.%I', r.name, attname), attcollation::regcollation::text
    FROM relation r JOIN pg_attribute ON attrelid = r.oid AND attnum > 0 AND NOT attisdropped JOIN pg_collation c ON c.oid = attcollation
    WHERE r.relkind IN ('r', 'p', 'f') AND collnamespace <> 'pg_catalog'::regnamespace
  UNION ALL SELECT format('collation of %s in type %s', quote_ident(attname), format_type(t.oid, NULL)), attcollation::regcollation::text
    FROM pg_type t JOIN pg_class c ON c.oid = t.typrelid AND c.relkind = 'c' JOIN pg_attribute a ON attrelid = c.oid AND attnum > 0 AND NOT attisdropped
    JOIN pg_type b ON b.oid = atttypid WHERE t.oid >= 16384 AND attcollation <> b.typcollation
    AND ('pg_type'::regclass, t.oid) NOT IN (SELECT classid, objid FROM member)
  UNION ALL SELECT format('generated column %s.%I', r.name, attname), 'virtual' FROM relation r JOIN pg_attribute ON attrelid = r.oid
    AND NOT attisdropped WHERE attgenerated = 'v'
  UNION ALL SELECT 'type of table ' || name, reloftype::regtype::text FROM relation WHERE reloftype <> 0
  UNION ALL SELECT 'logging of sequence ' || name, 'unlogged' FROM relation WHERE relkind = 'S' AND relpersistence = 'u'
  UNION ALL SELECT format('constraint %I of %s', conname, r.name), pg_get_constraintdef(k.oid)
    FROM relation r JOIN pg_constraint k ON conrelid = r.oid WHERE contype = 'n' AND connoinherit
  UNION ALL SELECT format('columns of table %s in publication %I', r.name, pubname), (SELECT string_agg(quote_ident(attname), ', ' ORDER BY attname)
    FROM jsonb_array_elements_text(nullif(to_jsonb(pr) -> 'prattrs', 'null')) AS n JOIN pg_attribute ON attrelid = r.oid AND attnum = n::int)
    FROM relation r JOIN pg_publication_rel pr ON prrelid = r.oid JOIN pg_publication p ON p.oid = prpubid
  UNION ALL SELECT 'this database as a template', 'yes' FROM pg_database WHERE datname = current_database() AND datistemplate
  UNION ALL SELECT 'connection limit of this database', nullif(datconnlimit, -1)::text FROM pg_database WHERE datname = current_database()
)
SELECT CASE WHEN what ~ '^(storage|start|cache|logging|tablespace|access method|options of the TOAST table) ' THEN 'storage' ELSE 'detail' END
  || E'\x1f' || replace(what, E'\n', '\n') || E'\x1f' || replace(value, E'\n', ' ') FROM found WHERE value IS NOT NULL ORDER BY what;
-- a checksum of the names of a table's columns, and one of their order
SELECT format(E'order\x1f%I.%I\x1f', n.nspname, c.relname) || md5(string_agg(attname, ',' ORDER BY attname)) || E'\x1e' || md5(string_agg(attname, ',' ORDER BY attnum))
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute ON attrelid = c.oid AND attnum > 0 AND NOT attisdropped
  WHERE c.relkind IN ('r', 'p', 'f') AND c.relpersistence <> 't' AND n.nspname NOT IN ('information_schema', 'gonogo') AND n.nspname !~ '^pg_'
  GROUP BY n.nspname, c.relname ORDER BY 1;
-- PostgreSQL before 14 does not know it
SELECT $$SELECT E'storage\x1f' || format('compression of column %I.%I.%I', nspname, relname, attname) || E'\x1f' ||
  CASE attcompression WHEN 'p' THEN 'pglz' ELSE 'lz4' END FROM pg_catalog.pg_attribute JOIN pg_catalog.pg_class c ON c.oid = attrelid
  JOIN pg_catalog.pg_namespace n ON n.oid = relnamespace WHERE attcompression <> '' AND NOT attisdropped AND nspname <> 'gonogo' ORDER BY 1$$
WHERE EXISTS (SELECT FROM pg_attribute WHERE attrelid = 'pg_attribute'::regclass AND attname = 'attcompression') \gexec
-- PostgreSQL before 15 publishes no schemas
SELECT $$SELECT E'detail\x1f' || format('schema %I in publication %I', nspname, pubname) || E'\x1fpublished'
  FROM pg_catalog.pg_publication_namespace JOIN pg_catalog.pg_namespace n ON n.oid = pnnspid JOIN pg_catalog.pg_publication p ON p.oid = pnpubid ORDER BY 1$$
WHERE to_regclass('pg_catalog.pg_publication_namespace') IS NOT NULL \gexec
-- whence it comes, which may hold a password, only a superuser sees of a subscription
SELECT format($$SELECT E'detail\x1f' || format('subscription %%I', subname) || E'\x1fexists\x1e' || md5(ROW(%s)::text)
  FROM pg_catalog.pg_subscription WHERE subdbid = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database()) ORDER BY 1$$,
  string_agg(quote_ident(attname), ', ' ORDER BY attname)) FROM pg_attribute WHERE attrelid = 'pg_catalog.pg_subscription'::regclass AND attnum > 0
  AND attname NOT IN ('subname', 'subdbid', 'subskiplsn', 'subenabled') AND has_column_privilege(attrelid, attnum, 'SELECT') \gexec
-- what ALTER SYSTEM has set, which only a superuser sees
SELECT $$SELECT E'detail\x1f' || format('setting %s of the whole server', name) || E'\x1fset\x1e' || md5(string_agg(coalesce(setting, ''), ',' ORDER BY seqno))
  FROM pg_catalog.pg_file_settings WHERE sourcefile ~ 'postgresql[.]auto[.]conf$' GROUP BY name ORDER BY 1$$
WHERE has_function_privilege('pg_catalog.pg_show_all_file_settings()', 'EXECUTE') AND has_table_privilege('pg_catalog.pg_file_settings', 'SELECT') \gexec
