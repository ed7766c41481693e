-- Creates an empty database like another: owner, encoding, locale and tablespace. What only newer servers know is read as JSON.
SELECT format('CREATE DATABASE %I TEMPLATE template0 OWNER %I ENCODING %L LC_COLLATE %L LC_CTYPE %L', :'new',
  pg_get_userbyid(d.datdba), pg_encoding_to_char(d.encoding), d.datcollate, d.datctype)
  || CASE t.spcname WHEN 'pg_default' THEN '' ELSE format(' TABLESPACE %I', t.spcname) END
  || CASE j ->> 'datlocprovider'
    WHEN 'i' THEN format(' LOCALE_PROVIDER icu ICU_LOCALE %L', coalesce(j ->> 'datlocale', j ->> 'daticulocale'))
    WHEN 'b' THEN format(' LOCALE_PROVIDER builtin BUILTIN_LOCALE %L', j ->> 'datlocale') ELSE '' END
  || CASE WHEN j ->> 'daticurules' IS NULL THEN '' ELSE format(' ICU_RULES %L', j ->> 'daticurules') END
FROM pg_database d JOIN pg_tablespace t ON t.oid = d.dattablespace CROSS JOIN LATERAL (SELECT to_jsonb(d) AS j) AS json
WHERE d.datname = :'old' \gexec
