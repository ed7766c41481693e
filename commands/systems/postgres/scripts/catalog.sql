-- What a database has beside its columns and rows. One line for each thing: its class, what it is, and its value. What is as
-- by default has no line. A value that may be a secret is only a checksum behind \x1e.
SET statement_timeout = 0; SET search_path = '';
WITH members AS MATERIALIZED (
  SELECT classid, objid FROM pg_depend WHERE deptype = 'e'
), owned AS MATERIALIZED (
  SELECT classid, objid, pg_get_userbyid(owner) AS owner, acl, acldefault(letter, owner) AS standard FROM (
    SELECT 'pg_class'::regclass::oid AS classid, oid AS objid, relowner AS owner, relacl AS acl,
      (CASE relkind WHEN 'S' THEN 's' ELSE 'r' END)::"char" AS letter
      FROM pg_class WHERE relkind IN ('r', 'p', 'v', 'm', 'S', 'f') AND relpersistence <> 't'
    -- without those that a range type has from PostgreSQL 14 on by itself
    UNION ALL SELECT 'pg_proc'::regclass, p.oid, proowner, proacl, 'f' FROM pg_proc p
      WHERE NOT EXISTS (SELECT FROM pg_depend d JOIN pg_type t ON t.oid = p.prorettype AND t.typtype = 'm'
        WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'i')
    UNION ALL SELECT 'pg_type'::regclass, t.oid, typowner, typacl, 'T' FROM pg_type t LEFT JOIN pg_class c ON c.oid = typrelid
      WHERE typtype IN ('b', 'd', 'e', 'r') AND typcategory <> 'A' OR c.relkind = 'c'
    UNION ALL SELECT 'pg_namespace'::regclass, oid, nspowner, nspacl, 'n' FROM pg_namespace WHERE nspname !~ '^pg_(toast_)?temp_'
    UNION ALL SELECT 'pg_language'::regclass, oid, lanowner, lanacl, 'l' FROM pg_language
    UNION ALL SELECT 'pg_foreign_data_wrapper'::regclass, oid, fdwowner, fdwacl, 'F' FROM pg_foreign_data_wrapper
    UNION ALL SELECT 'pg_foreign_server'::regclass, oid, srvowner, srvacl, 'S' FROM pg_foreign_server
    UNION ALL SELECT 'pg_event_trigger'::regclass, oid, evtowner, NULL, 'r' FROM pg_event_trigger
    UNION ALL SELECT 'pg_publication'::regclass, oid, pubowner, NULL, 'r' FROM pg_publication
    UNION ALL SELECT 'pg_statistic_ext'::regclass, oid, stxowner, NULL, 'r' FROM pg_statistic_ext
    UNION ALL SELECT 'pg_collation'::regclass, oid, collowner, NULL, 'r' FROM pg_collation
    UNION ALL SELECT 'pg_operator'::regclass, oid, oprowner, NULL, 'r' FROM pg_operator
    UNION ALL SELECT 'pg_ts_config'::regclass, oid, cfgowner, NULL, 'r' FROM pg_ts_config
    UNION ALL SELECT 'pg_ts_dict'::regclass, oid, dictowner, NULL, 'r' FROM pg_ts_dict
  ) AS every
  WHERE (objid >= 16384 OR classid = 'pg_namespace'::regclass AND objid = to_regnamespace('public'))
), standing (classid, objid, objsubid, class, what, value) AS (
  SELECT classid, objid, 0, 'owner', 'owner of ', owner::text FROM owned
  UNION ALL SELECT classid, objid, 0, 'rights', 'rights on ', coalesce(rights.listed, 'nobody') FROM owned,
    LATERAL (SELECT string_agg(DISTINCT regexp_replace(one::text, '/[^/]*$', ''), ', ') FROM unnest(acl) AS one) AS rights (listed),
    LATERAL (SELECT string_agg(DISTINCT regexp_replace(one::text, '/[^/]*$', ''), ', ') FROM unnest(standard) AS one) AS usual (listed)
    WHERE acl IS NOT NULL AND coalesce(rights.listed, '') <> coalesce(usual.listed, '')
  UNION ALL SELECT 'pg_class'::regclass, attrelid, attnum, 'rights', 'rights on ',
    (SELECT string_agg(DISTINCT regexp_replace(one::text, '/[^/]*$', ''), ', ') FROM unnest(attacl) AS one)
    FROM pg_attribute WHERE attacl IS NOT NULL AND attrelid >= 16384 AND NOT attisdropped
  UNION ALL SELECT classoid, objoid, objsubid, 'comment', 'comment on ', CASE WHEN length(description) <= 60 THEN description
    ELSE left(description, 50) || '… (' || left(md5(description), 8) || ')' END
    FROM pg_description WHERE objoid >= 16384 AND (classoid, objoid) IS DISTINCT FROM ('pg_namespace'::regclass, to_regnamespace('public'))
    OR classoid = 'pg_namespace'::regclass AND objoid = to_regnamespace('public') AND description <> 'standard public schema'
  UNION ALL SELECT 'pg_constraint'::regclass, oid, 0, 'validity', '', 'NOT VALID'
    FROM pg_constraint WHERE NOT convalidated AND oid >= 16384
  UNION ALL SELECT 'pg_class'::regclass, indexrelid, 0, 'validity', '', 'INVALID' FROM pg_index WHERE NOT indisvalid AND indexrelid >= 16384
  -- a foreign key is checked by triggers of its own, which ALTER TABLE … DISABLE TRIGGER ALL switches off; no dump has that
  UNION ALL SELECT 'pg_constraint'::regclass, tgconstraint, 0, 'enforcement', 'checks of ',
    CASE WHEN bool_or(tgenabled <> 'A') THEN 'off, its triggers are disabled' ELSE 'on in a replica too' END
    FROM pg_trigger WHERE tgisinternal AND tgconstraint <> 0 AND tgenabled <> 'O' GROUP BY tgconstraint
  UNION ALL SELECT 'pg_class'::regclass, attrelid, attnum, 'statistics', 'statistics target of ', nullif(attstattarget, -1)::text
    FROM pg_attribute WHERE attrelid >= 16384 AND attnum > 0 AND NOT attisdropped AND nullif(attstattarget, -1) IS NOT NULL
  UNION ALL SELECT 'pg_class'::regclass, attrelid, attnum, 'statistics', 'options of ', (SELECT array_agg(one ORDER BY one) FROM unnest(attoptions) AS one)::text
    FROM pg_attribute WHERE attrelid >= 16384 AND attnum > 0 AND NOT attisdropped AND attoptions IS NOT NULL
  UNION ALL SELECT 'pg_statistic_ext'::regclass, oid, 0, 'statistics', '', regexp_replace(pg_get_statisticsobjdef(oid), '^.* (ON .*) FROM (.*)$', '\1 of \2')
    || coalesce(', target ' || nullif(to_jsonb(s) ->> 'stxstattarget', '-1'), '') FROM pg_statistic_ext s
  UNION ALL SELECT 'pg_publication'::regclass, p.oid, 0, 'publication', '', concat_ws(', ', 'exists', CASE WHEN puballtables THEN 'all tables' END,
    CASE WHEN pubinsert THEN 'insert' END, CASE WHEN pubupdate THEN 'update' END, CASE WHEN pubdelete THEN 'delete' END,
    CASE WHEN pubtruncate THEN 'truncate' END, CASE WHEN pubviaroot THEN 'via root' END) FROM pg_publication p
  UNION ALL SELECT 'pg_publication'::regclass, p.oid, 0, 'publication', format('table %I.%I of ', t.schemaname, t.tablename),
    'published' || coalesce(' where ' || (to_jsonb(t) ->> 'rowfilter'), '')
    FROM pg_publication_tables t JOIN pg_publication p USING (pubname) WHERE NOT puballtables
  UNION ALL SELECT 'pg_extension'::regclass, oid, 0, 'extension', 'version of ', extversion FROM pg_extension
), named (class, what, value) AS (
  SELECT class, s.what || CASE i.type WHEN 'table column' THEN 'column' WHEN 'table constraint' THEN 'constraint'
    WHEN 'statistics object' THEN 'statistics' ELSE i.type END || ' ' || i.identity, value
  FROM standing s CROSS JOIN LATERAL pg_identify_object(classid, objid, objsubid) AS i
  WHERE i.identity IS NOT NULL AND i.schema IS DISTINCT FROM 'gonogo' AND NOT (i.type = 'schema' AND i.identity = 'gonogo')
  AND coalesce(i.schema, '') !~ '^pg_(toast|temp)'
  AND (class = 'extension' OR (s.classid, s.objid) NOT IN (SELECT classid, objid FROM members))
  -- by its name, because PostgreSQL before 14 shows a subscription's oid to superusers only
  UNION ALL SELECT 'subscription', 'subscription ' || quote_ident(subname),
    format('%s, %s', CASE WHEN subenabled THEN 'enabled' ELSE 'disabled' END, array_to_string(subpublications, ', '))
    FROM pg_subscription WHERE subdbid = (SELECT oid FROM pg_database WHERE datname = current_database())
  UNION ALL SELECT 'large objects', format('large objects of %s with the rights %s', pg_get_userbyid(lomowner),
    coalesce((SELECT string_agg(DISTINCT regexp_replace(one::text, '/[^/]*$', ''), ', ') FROM unnest(nullif(lomacl, acldefault('L', lomowner))) AS one),
    'by default')), count(*)::text
    FROM pg_largeobject_metadata GROUP BY 2
  UNION ALL SELECT 'default rights', format('default rights of %s%s on %s', pg_get_userbyid(defaclrole), ' in schema ' || n.nspname,
    CASE defaclobjtype WHEN 'r' THEN 'tables' WHEN 'S' THEN 'sequences' WHEN 'f' THEN 'functions' WHEN 'T' THEN 'types' WHEN 'n' THEN 'schemas'
    ELSE 'large objects' END), (SELECT string_agg(DISTINCT regexp_replace(one::text, '/[^/]*$', ''), ', ') FROM unnest(defaclacl) AS one)
    FROM pg_default_acl LEFT JOIN pg_namespace n ON n.oid = defaclnamespace
  UNION ALL SELECT CASE objtype WHEN 'role' THEN 'role' WHEN 'database' THEN 'database' WHEN 'tablespace' THEN 'server' ELSE 'label' END,
    format('security label (%s) of %s', provider, CASE objtype WHEN 'database' THEN 'this database' ELSE objtype || ' ' || objname END), label
    FROM pg_seclabels WHERE objtype <> 'database' OR objname = quote_ident(current_database())
  UNION ALL SELECT 'setting', format('setting %s of %s', split_part(one, '=', 1), CASE WHEN setdatabase = 0 THEN coalesce('role ' || r.rolname, 'all roles')
    ELSE coalesce('role ' || r.rolname || ' in this database', 'this database') END),
    -- of another than the server's own parameters nobody knows what it holds
    CASE WHEN split_part(one, '=', 1) ~ '\.' THEN E'set\x1e' || md5(one) ELSE substr(one, strpos(one, '=') + 1) END
    FROM pg_db_role_setting s LEFT JOIN pg_roles r ON r.oid = setrole CROSS JOIN LATERAL unnest(setconfig) AS one
    WHERE setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
  UNION ALL SELECT 'database', 'owner of this database', pg_get_userbyid(datdba)::text FROM pg_database WHERE datname = current_database()
  UNION ALL SELECT 'database', 'rights on this database',
    (SELECT string_agg(DISTINCT regexp_replace(one::text, '/[^/]*$', ''), ', ') FROM unnest(datacl) AS one)
    FROM pg_database WHERE datname = current_database()
  -- of what all databases of a server share
  UNION ALL SELECT class, what, CASE WHEN length(told) <= 60 THEN told ELSE left(told, 50) || '… (' || left(md5(told), 8) || ')' END FROM (
    SELECT 'database', 'comment on this database', shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = current_database()
    UNION ALL SELECT 'role', 'comment on role ' || rolname, shobj_description(oid, 'pg_authid') FROM pg_roles WHERE rolname !~ '^pg_'
    UNION ALL SELECT 'server', 'comment on tablespace ' || spcname, shobj_description(oid, 'pg_tablespace') FROM pg_tablespace
  ) AS one (class, what, told)
  UNION ALL SELECT 'server', 'owner of tablespace ' || spcname, pg_get_userbyid(spcowner) FROM pg_tablespace WHERE oid >= 16384
  UNION ALL SELECT 'server', 'rights on tablespace ' || spcname,
    (SELECT string_agg(DISTINCT regexp_replace(one::text, '/[^/]*$', ''), ', ') FROM unnest(spcacl) AS one) FROM pg_tablespace
  UNION ALL SELECT 'server', 'options of tablespace ' || spcname, (SELECT string_agg(one, ', ' ORDER BY one) FROM unnest(spcoptions) AS one) FROM pg_tablespace
  UNION ALL SELECT 'server', 'replication slot ' || slot_name, plugin FROM pg_replication_slots
    WHERE slot_type = 'logical' AND NOT temporary AND database = current_database()
  UNION ALL SELECT 'role', 'role ' || rolname, concat_ws(', ', 'exists', CASE WHEN rolsuper THEN 'superuser' END, CASE WHEN rolcanlogin THEN 'login' END,
    CASE WHEN rolcreaterole THEN 'createrole' END, CASE WHEN rolcreatedb THEN 'createdb' END, CASE WHEN rolreplication THEN 'replication' END,
    CASE WHEN rolbypassrls THEN 'bypassrls' END, CASE WHEN NOT rolinherit THEN 'noinherit' END,
    'connections ' || nullif(rolconnlimit, -1), 'until ' || rolvaliduntil) FROM pg_roles WHERE rolname !~ '^pg_'
  -- PostgreSQL before 16 has neither of the two options, and what follows from that is the default
  UNION ALL SELECT 'role', m.rolname || ' as a member of ' || r.rolname, concat_ws(', ', 'yes', CASE WHEN bool_or(a.admin_option) THEN 'admin' END,
    CASE WHEN NOT bool_or(coalesce((to_jsonb(a) ->> 'inherit_option')::bool, m.rolinherit)) AND m.rolinherit THEN 'without inherit'
      WHEN bool_or(coalesce((to_jsonb(a) ->> 'inherit_option')::bool, m.rolinherit)) AND NOT m.rolinherit THEN 'with inherit' END,
    CASE WHEN NOT bool_or(coalesce((to_jsonb(a) ->> 'set_option')::bool, true)) THEN 'without set' END)
    FROM pg_auth_members a JOIN pg_roles r ON r.oid = a.roleid JOIN pg_roles m ON m.oid = a.member WHERE m.rolname !~ '^pg_'
    GROUP BY m.rolname, r.rolname, m.rolinherit
)
SELECT class || E'\x1f' || replace(what, E'\n', '\n') || E'\x1f' || replace(value, E'\n', '\n') FROM named WHERE value IS NOT NULL
ORDER BY class, what;
-- who may set which of the server's parameters; PostgreSQL before 15 does not know such rights
SELECT $$SELECT E'server\x1frights on parameter ' || parname || E'\x1f' || string_agg(DISTINCT regexp_replace(one::text, '/[^/]*$', ''), ', ')
  FROM pg_catalog.pg_parameter_acl, unnest(paracl) AS one GROUP BY parname ORDER BY parname$$
WHERE to_regclass('pg_catalog.pg_parameter_acl') IS NOT NULL \gexec
