"""After a rollback, details of the schema are compared: what is off, storage, rare objects."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.rehearsal.target.postgres import Postgres
from commands.steps.outcome import Outcome
from tests.commands.steps.databases import run_sql
from tests.commands.steps.shared.test_after_rollback import AS_BEFORE, Shop

PASSWORD = "Tr0ub4dor3x"
SCHEMA = f"""
CREATE SCHEMA one; CREATE COLLATION one.own (locale = 'C'); CREATE COLLATION own (locale = 'POSIX');
CREATE TABLE parent (id int PRIMARY KEY, code text NOT NULL UNIQUE);
CREATE TABLE child (id serial PRIMARY KEY, p int REFERENCES parent, big text) WITH (toast.autovacuum_enabled = false);
ALTER TABLE child ALTER big SET STORAGE EXTERNAL; CREATE INDEX child_p ON child (p); CLUSTER child USING child_p;
ALTER TABLE parent REPLICA IDENTITY USING INDEX parent_pkey;
CREATE MATERIALIZED VIEW lately AS SELECT * FROM orders;
CREATE VIEW shown AS SELECT * FROM parent; ALTER VIEW shown ALTER id SET DEFAULT 7;
CREATE RULE told AS ON UPDATE TO parent DO ALSO SELECT 1;
CREATE AGGREGATE together (int) (sfunc = int4pl, stype = int, initcond = '0');
CREATE TYPE pair AS (a int); CREATE FUNCTION to_pair(int) RETURNS pair LANGUAGE sql AS 'SELECT ROW($1)::pair';
CREATE CAST (int AS pair) WITH FUNCTION to_pair(int);
CREATE TEXT SEARCH CONFIGURATION words (COPY = simple);
CREATE DOMAIN plain AS text COLLATE "C";
CREATE SEQUENCE own START 100 CACHE 20 OWNED BY parent.id;
CREATE FUNCTION told() RETURNS event_trigger LANGUAGE plpgsql AS $$BEGIN END$$;
CREATE EVENT TRIGGER noted ON ddl_command_end EXECUTE FUNCTION told();
CREATE FOREIGN DATA WRAPPER elsewhere;
CREATE SERVER other FOREIGN DATA WRAPPER elsewhere OPTIONS (password '{PASSWORD}');
CREATE USER MAPPING FOR dj_owner SERVER other;
CREATE FOREIGN TABLE far (a int) SERVER other OPTIONS (name 'one');
CREATE TABLE wide (a int, b int, c text COLLATE one.own, g int GENERATED ALWAYS AS (a + 1) STORED);
CREATE STATISTICS along (ndistinct) ON a, b FROM wide;
CREATE PUBLICATION few FOR TABLE wide (a); CREATE PUBLICATION all_of_one FOR TABLES IN SCHEMA one;
CREATE COLLATION words_first (provider = builtin, locale = 'C');
CREATE TYPE named AS (a text COLLATE "C"); CREATE TYPE shape AS (x int); CREATE TABLE shaped (x int);
CREATE OPERATOR CLASS own_order FOR TYPE int USING btree AS OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=,
  OPERATOR 5 >, FUNCTION 1 btint4cmp(int, int);
CREATE SUBSCRIPTION taken CONNECTION 'dbname=x password={PASSWORD}' PUBLICATION q
  WITH (connect = false, slot_name = 'one');
GRANT ALL ON ALL TABLES IN SCHEMA public TO dj_owner; GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO dj_owner;
"""
CHANGES = {
    "ALTER TABLE child DISABLE TRIGGER ALL": (
        "checks of constraint child_p_fkey on child: on → off, its triggers are disabled"
    ),
    "ALTER TABLE child ALTER big SET STORAGE EXTENDED": "storage of column child.big: external → the default",
    "ALTER TABLE child SET WITHOUT CLUSTER": "purpose of index child_p: CLUSTER → none",
    "ALTER TABLE child RESET (toast.autovacuum_enabled)": (
        "options of the TOAST table of child: autovacuum_enabled=false → the default"
    ),
    "ALTER TABLE parent REPLICA IDENTITY USING INDEX parent_code_key": (
        "purpose of index parent_pkey: replica identity → none"
    ),
    "REFRESH MATERIALIZED VIEW lately WITH NO DATA": "state of materialized view lately: none → without data",
    "ALTER VIEW shown ALTER id DROP DEFAULT": "default of column shown.id: 7 → none",
    "ALTER TABLE parent DISABLE RULE told": "state of rule told of parent: none → disabled",
    "DROP AGGREGATE together(int); CREATE AGGREGATE together (int) (sfunc = int4mul, stype = int)": (
        "aggregate together(integer): exists → another value"
    ),
    "DROP CAST (int AS pair)": "cast (integer AS pair): public.to_pair(integer), explicit → none",
    "ALTER TEXT SEARCH CONFIGURATION words DROP MAPPING FOR word": (
        "text search configuration words: exists → another value"
    ),
    "DROP DOMAIN plain; CREATE DOMAIN plain AS text": "collation of domain plain: C → none",
    "ALTER SEQUENCE own OWNED BY NONE": "column that owns sequence own: public.parent.id → none",
    "ALTER SEQUENCE own START 1": "start of sequence own: 100 → the default",
    "ALTER SEQUENCE own CACHE 1": "cache of sequence own: 20 → the default",
    "ALTER EVENT TRIGGER noted DISABLE": (
        "event trigger noted: ddl_command_end, public.told → ddl_command_end, public.told, disabled"
    ),
    "ALTER SERVER other OPTIONS (SET password 'another')": "server other: exists → another value",
    "DROP USER MAPPING FOR dj_owner SERVER other": "user mapping dj_owner on server other: exists → none",
    "ALTER FOREIGN TABLE far OPTIONS (SET name 'two')": "server of foreign table far: other → another value",
    "ALTER TABLE wide ALTER c TYPE text COLLATE own": "collation of column wide.c: one.own → public.own",
    "ALTER TABLE wide DROP g; ALTER TABLE wide ADD g int GENERATED ALWAYS AS (a + 1) VIRTUAL": (
        "generated column wide.g: none → virtual"
    ),
    "DROP STATISTICS along; CREATE STATISTICS along (dependencies) ON a, b FROM wide": (
        "statistics object along: ndistinct → dependencies"
    ),
    "ALTER PUBLICATION few SET TABLE wide (a, b)": "columns of table wide in publication few: a → a, b",
    "ALTER PUBLICATION all_of_one DROP TABLES IN SCHEMA one": "schema one in publication all_of_one: published → none",
    "DROP COLLATION words_first; CREATE COLLATION words_first (provider = builtin, locale = 'C.UTF-8')": (
        "collation words_first: exists → another value"
    ),
    "DROP TYPE named; CREATE TYPE named AS (a text)": 'collation of a in type named: "C" → none',
    "ALTER TABLE shaped OF shape": "type of table shaped: none → public.shape",
    "ALTER OPERATOR CLASS own_order USING btree OWNER TO dj_owner": (
        "operator class own_order USING btree: integer, of dj_superuser → integer, of dj_owner"
    ),
    "ALTER SEQUENCE own SET UNLOGGED": "logging of sequence own: the default → unlogged",
    "ALTER SUBSCRIPTION taken SET (slot_name = 'two')": "subscription taken: exists → another value",
    "ALTER DATABASE shop CONNECTION LIMIT 50": "connection limit of this database: none → 50",
}


@pytest.fixture
def shop(postgres: Postgres, tmp_path: Path) -> Iterator[Shop]:
    """Production right before the first change."""
    shop = Shop(postgres, tmp_path)
    run_sql(shop.superuser, SCHEMA)
    shop.note()
    yield shop
    run_sql(shop.superuser, "ALTER SUBSCRIPTION taken SET (slot_name = NONE)")
    run_sql(shop.superuser, "DROP SUBSCRIPTION taken")  # a database with one cannot be removed


def changed(shop: Shop) -> Outcome:
    """What is found after all the changes."""
    for change in CHANGES:
        run_sql(shop.superuser, change)
    return shop.compare()


@pytest.mark.fault("not looked at, and said to be fine")
def test_each_detail_that_a_rollback_forgets_is_named(shop: Shop) -> None:
    assert AS_BEFORE in shop.compare().compared
    outcome = changed(shop)
    assert [line for line in CHANGES.values() if line not in outcome.missing] == [], outcome.missing
    assert PASSWORD not in repr(outcome)


READS = (
    "CREATE TEXT SEARCH PARSER reads (start = prsd_start, gettoken = prsd_nexttoken, end = prsd_end, "
    "lextypes = prsd_lextype); CREATE TEXT SEARCH CONFIGURATION words (PARSER = reads)"
)
POLICY = "CREATE POLICY seen ON optioned TO dj_app, seer USING (true)"
# what means the same in another order, or by another number of the server
SAME = (
    "ALTER TABLE optioned RESET (fillfactor); ALTER TABLE optioned SET (fillfactor = 70)",
    "ALTER TABLE optioned RESET (toast.vacuum_truncate); ALTER TABLE optioned SET (toast.vacuum_truncate = false)",
    "ALTER INDEX optioned_a RESET (fillfactor); ALTER INDEX optioned_a SET (fillfactor = 70)",
    "ALTER TABLE optioned ALTER a RESET (n_distinct); ALTER TABLE optioned ALTER a SET (n_distinct = 5)",
    "ALTER SERVER other OPTIONS (DROP host); ALTER SERVER other OPTIONS (ADD host 'a')",
    "DROP POLICY seen ON optioned; DROP ROLE seer; CREATE ROLE seer; " + POLICY,
    f"DROP TEXT SEARCH CONFIGURATION words; DROP TEXT SEARCH PARSER reads; {READS}",
    "GRANT SELECT ON LARGE OBJECT 78 TO dj_app; REVOKE SELECT ON LARGE OBJECT 78 FROM dj_app",
)


def test_what_was_only_set_in_another_order_or_made_anew_is_as_before(postgres: Postgres, tmp_path: Path) -> None:
    shop = Shop(postgres, tmp_path)
    run_sql(
        shop.superuser,
        f"""
        DROP ROLE IF EXISTS seer; CREATE ROLE seer; SELECT lo_create(78);
        CREATE TABLE optioned (a int, b text)
          WITH (fillfactor = 70, autovacuum_enabled = false, toast.vacuum_truncate = false,
          toast.log_autovacuum_min_duration = 7);
        CREATE INDEX optioned_a ON optioned (a) WITH (fillfactor = 70, deduplicate_items = off) WHERE b = 'x (y)';
        ALTER TABLE optioned ALTER a SET (n_distinct = 5, n_distinct_inherited = 6);
        CREATE POLICY seen ON optioned TO seer, dj_app USING (true); {READS};
        CREATE FOREIGN DATA WRAPPER elsewhere;
        CREATE SERVER other FOREIGN DATA WRAPPER elsewhere OPTIONS (host 'a', port '1');
        """,
    )
    shop.note()
    for change in SAME:
        run_sql(shop.superuser, change)
        assert AS_BEFORE in shop.compare().compared, change


def test_a_column_that_a_rollback_adds_again_comes_last_and_that_is_said(postgres: Postgres, tmp_path: Path) -> None:
    shop = Shop(postgres, tmp_path)
    run_sql(shop.url, "CREATE TABLE wide (a int, b int, c int)")
    shop.note()
    outcome = shop.compare("ALTER TABLE wide DROP b", "ALTER TABLE wide ADD b int")
    assert outcome.state == "done"
    assert {AS_BEFORE, "columns of wide stand in another order than before"} <= set(outcome.compared)
    assert shop.compare("ALTER TABLE wide DROP b").missing == ("column wide.b: integer → none",)


def test_a_run_whose_version_noted_no_details_is_not_said_to_lack_them(shop: Shop) -> None:
    (note,) = shop.folder.glob("*.before")
    lines = note.read_text().splitlines(keepends=True)
    older = [line for line in lines if not line.startswith(("detail\x1f", "storage\x1f", "order\x1f"))]
    assert len(older) < len(lines)
    note.write_text("".join(older))
    assert AS_BEFORE in shop.compare().compared
