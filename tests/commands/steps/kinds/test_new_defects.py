"""What a migration leaves that does not work as it is defined is named in the result."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from bot.rehearsal.target.postgres import APP, OWNER, SUPERUSER, Postgres
from commands.steps.base import execute
from commands.systems.postgres.missing_rights import objects_now
from commands.systems.postgres.new_defects import defects_now, defects_since
from tests.bot.tools.postgres.test_database import database_at
from tests.commands.steps.builders import box
from tests.commands.steps.databases import create_databases, run_sql
from tests.commands.steps.kinds.rehearsed_shop import RehearsedShop
from tests.commands.steps.kinds.test_migrate import ALEMBIC, Project
from tests.commands.steps.migration_projects import alembic_project, alembic_revision

pytestmark = pytest.mark.fault("it exists, so it is right")
OLDER = """
CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (id int PRIMARY KEY REFERENCES a); CREATE TABLE plain (id int);
CREATE TABLE parts (id int, PRIMARY KEY (id)) PARTITION BY RANGE (id);
CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER t BEFORE INSERT ON a FOR EACH ROW EXECUTE FUNCTION f();
"""
SECURE = "ALTER TABLE a ENABLE ROW LEVEL SECURITY; ALTER TABLE b ENABLE ROW LEVEL SECURITY; DROP TABLE plain, parts;"
SUMS = """
CREATE FUNCTION tax(int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS 'BEGIN RETURN $1 * 2; END';
CREATE FUNCTION plus(int) RETURNS int IMMUTABLE LANGUAGE sql RETURN $1 + 2;
CREATE INDEX "by tax" ON a (tax(id)); CREATE INDEX by_id ON a ((id + 1));
ALTER TABLE b ADD COLUMN more int GENERATED ALWAYS AS (plus(id)) STORED;
"""
TAX = "CREATE OR REPLACE FUNCTION tax(int) RETURNS int IMMUTABLE {} LANGUAGE plpgsql AS 'BEGIN RETURN $1 * {}; END'; "
PLUS = "CREATE OR REPLACE FUNCTION plus(int) RETURNS int IMMUTABLE LANGUAGE sql RETURN $1 + 3"
MAY = "may still have values of a function that was replaced: REINDEX the index, or update the column"
STAMPS = """
ALTER TABLE a ADD COLUMN "At" int, ADD COLUMN note text;
CREATE OR REPLACE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN
  /* new.gone */ -- NEW.gone, and it's so
  IF new.id IS NULL THEN RAISE 'No new.gone'; END IF;
  NEW."At" = 1; new.Note = 'one'; RETURN NEW;
END$$;
"""
SIZES = """
CREATE FUNCTION sizes() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW."größe$1" = NEW.größe$2; RETURN NEW; END';
CREATE TRIGGER sized BEFORE INSERT ON a FOR EACH ROW EXECUTE FUNCTION sizes();
"""
COUNTS = """
CREATE FUNCTION counts() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN
  PERFORM new.several FROM (SELECT count(*) AS several FROM inserted) AS new; RETURN NULL;
END$$;
CREATE TRIGGER counted AFTER INSERT ON a REFERENCING NEW TABLE AS inserted EXECUTE FUNCTION counts();
"""
WILL = "will fail, because its function uses a column that the table does not have"
FAIL = "published for logical replication, and without a primary key or REPLICA IDENTITY"


@pytest.fixture
def url(postgres: Postgres) -> Iterator[str]:
    create_databases(postgres, "shop")
    url = postgres.url(SUPERUSER, "shop")
    run_sql(url, OLDER)
    yield url
    run_sql(url, "DROP PUBLICATION IF EXISTS cdc")


def since(url: str, before: str, migration: str) -> str:
    """What is said of a migration of a database that was changed like this before it."""
    database = database_at(url)
    run_sql(url, before or "SELECT 1")
    older = defects_now(database, "db")
    run_sql(url, migration)
    return defects_since(database, "db", older)


@pytest.mark.parametrize(
    ("before", "migration", "said"),
    [
        ("CREATE PUBLICATION cdc FOR ALL TABLES", "CREATE TABLE c (id int)", f"fail on public.c: {FAIL}"),
        ("CREATE PUBLICATION cdc FOR TABLE a", "ALTER TABLE a DROP CONSTRAINT a_pkey CASCADE", f"public.a: {FAIL}"),
        (
            "CREATE PUBLICATION cdc FOR TABLE parts WITH (publish_via_partition_root)",
            "CREATE TABLE p1 PARTITION OF parts FOR VALUES FROM (0) TO (9); ALTER TABLE p1 REPLICA IDENTITY NOTHING",
            f"public.p1: {FAIL}",
        ),
        ("CREATE PUBLICATION cdc FOR ALL TABLES", "CREATE TABLE c (id int PRIMARY KEY)", ""),
        ("CREATE PUBLICATION cdc FOR ALL TABLES", "CREATE TABLE c (id int); ALTER TABLE c REPLICA IDENTITY FULL", ""),
        ("CREATE PUBLICATION cdc FOR ALL TABLES WITH (publish = 'insert')", "CREATE TABLE c (id int)", ""),
        (
            SECURE,
            'CREATE TABLE c (id int); CREATE TABLE "D" (id int)',
            'security is off for public."D" and public.c, though it is on for nearly all older tables of the schema',
        ),
        (SECURE, "ALTER TABLE a DISABLE ROW LEVEL SECURITY", "row security is off for public.a, though"),
        (SECURE, "CREATE TABLE c (id int); ALTER TABLE c ENABLE ROW LEVEL SECURITY", ""),
        ("", "CREATE TABLE c (id int)", ""),
        ("", "ALTER TABLE a DISABLE TRIGGER USER", "the trigger t of public.a is disabled"),
        (
            "",
            "ALTER TABLE b DISABLE TRIGGER ALL",
            "the foreign key b_id_fkey of public.b is not checked, because its triggers are disabled",
        ),
        ("ALTER TABLE b DISABLE TRIGGER ALL", "SELECT 1", ""),
        (
            "CREATE PUBLICATION cdc FOR ALL TABLES; ALTER TABLE a DISABLE TRIGGER t; ALTER TABLE b DISABLE TRIGGER ALL",
            "ALTER TABLE plain RENAME TO simple; ALTER TABLE a RENAME TO c; ALTER TABLE b RENAME TO d",
            "",
        ),
        (
            "CREATE PUBLICATION cdc FOR ALL TABLES",
            "ALTER TABLE plain RENAME TO simple; CREATE TABLE e (id int); DROP TABLE b",
            f"fail on public.e: {FAIL}",
        ),
        ("CREATE PUBLICATION cdc FOR ALL TABLES", "DROP TABLE plain; CREATE TABLE plain (id int)", ""),
        (SUMS, TAX.format("", 3) + PLUS, f'column more of public.b and index "by tax" of public.a {MAY}'),
        (SUMS, TAX.format("COST 7 SET search_path = public", 2), ""),
        (SUMS, TAX.format("", 3) + 'REINDEX INDEX "by tax"', ""),
        (SUMS, f'ALTER INDEX "by tax" RENAME TO t; CREATE INDEX u ON b (tax(id)); {TAX.format("", 2)}', ""),
        (STAMPS, 'ALTER TABLE a DROP COLUMN "At"', f'the trigger t of public.a (NEW."At") {WILL}'),
        (STAMPS, "ALTER TABLE a RENAME note TO remark", f"the trigger t of public.a (new.Note) {WILL}"),
        (STAMPS, f"ALTER TABLE a DROP COLUMN note; {OLDER.splitlines()[3].replace('CREATE', 'CREATE OR REPLACE')}", ""),
        (STAMPS.replace("new.Note", "IF TG_TABLE_NAME = 'x' THEN END IF; new.note"), "ALTER TABLE a DROP note", ""),
        (STAMPS + "ALTER TABLE a DROP COLUMN note", "ALTER TABLE a RENAME TO c; ALTER TABLE c ADD COLUMN x int", ""),
        ('ALTER TABLE a ADD COLUMN "größe$1" int, ADD COLUMN größe$2 int;', SIZES, ""),
        (STAMPS + "ALTER TABLE a DISABLE TRIGGER t", "ALTER TABLE a DROP COLUMN note", ""),
        (STAMPS.replace("new.Note", "IF TG_NAME = 'x' THEN END IF; new.note"), "ALTER TABLE a DROP note", ""),
        (STAMPS.replace("RETURN NEW;", "RETURN NEW; EXCEPTION WHEN others THEN"), "ALTER TABLE a DROP note", ""),
        (STAMPS.replace("new.Note", "IF to_jsonb(new) ? 'note' THEN END IF; new.note"), "ALTER TABLE a DROP note", ""),
        ("", COUNTS, ""),
    ],
    ids=["for all", "key lost", "a partition", "key", "full", "inserts", "open", "opened", "secured", "no security",
         "trigger", "foreign key", "as before", "renamed", "renamed and new", "made anew",
         "replaced function", "same function", "indexed anew", "function as before",
         "column gone", "column renamed", "column no longer used", "a branch", "column gone before",
         "letters", "disabled", "by its name", "awaited", "asked for", "a whole statement's"],
)  # fmt: skip
def test_what_is_new_is_named(url: str, before: str, migration: str, said: str) -> None:
    found = since(url, before, migration)
    assert said in found if said else found == ""


def test_the_words_are_true(url: str) -> None:
    assert "fail on public.c" in since(url, "CREATE PUBLICATION cdc FOR ALL TABLES", "CREATE TABLE c (id int)")
    with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState):
        run_sql(url, "DELETE FROM c")


def test_an_index_does_not_find_what_a_replaced_function_gives(url: str) -> None:
    said = since(url, SUMS + "INSERT INTO a SELECT generate_series(1, 9)", TAX.format("", 3))
    assert said == f'index "by tax" of public.a {MAY}'
    with psycopg.connect(url, options="-c enable_seqscan=off -c enable_bitmapscan=off", autocommit=True) as session:
        found = "SELECT count(*) FROM a WHERE tax(id) = 3"
        assert session.execute(found).fetchone() == (0,)
        session.execute('REINDEX INDEX CONCURRENTLY "by tax"')
        assert session.execute(found).fetchone() == (1,)


def test_a_trigger_fails_without_a_column_of_its_function(url: str) -> None:
    assert "trigger t" in since(url, STAMPS, "ALTER TABLE a DROP COLUMN note")
    with pytest.raises(psycopg.errors.UndefinedColumn):
        run_sql(url, "INSERT INTO a VALUES (1)")


def test_what_an_earlier_version_noted_without_oids_still_counts(url: str) -> None:
    run_sql(url, "CREATE PUBLICATION cdc FOR ALL TABLES")
    older = "\n".join(line.rpartition("\x1f")[0] for line in defects_now(database_at(url), "db").split("\n"))
    assert older.count("public.plain") == 1
    assert defects_since(database_at(url), "db", older) == ""


def test_a_new_table_of_whose_rows_the_bots_own_user_sees_only_a_part_is_named(postgres: Postgres, url: str) -> None:
    run_sql(url, f"GRANT USAGE ON SCHEMA public TO {APP}")
    database = database_at(postgres.url(APP, "shop"))
    older = defects_now(database, "db")
    run_sql(url, f"CREATE TABLE c (id int); INSERT INTO c VALUES (1); GRANT SELECT ON c TO {APP}")
    assert defects_since(database, "db", older) == ""
    run_sql(url, "ALTER TABLE c ENABLE ROW LEVEL SECURITY")
    assert database.query("db", "SELECT count(*) FROM c").rows == ((0,),)
    assert defects_since(database, "db", older) == (
        "policies of row security decide which rows of public.c the user of this database's address on the page sees, "
        "so a query may count too few there"
    )
    run_sql(url, "CREATE POLICY all_rows ON c USING (true)")
    assert defects_since(database_at(url), "db", older) == "", "a superuser sees all rows"


def test_a_rehearsal_asks_about_it_before_anything_is_applied(postgres: Postgres, tmp_path: Path) -> None:
    shop = RehearsedShop(postgres, tmp_path)
    shop.change_production(OLDER + SECURE + "CREATE PUBLICATION cdc FOR TABLE a, b;")
    found = shop.rehearse_alone("CREATE TABLE invoices (id integer PRIMARY KEY);", "DROP TABLE invoices;")
    assert found.state == "done", "row security is on for few tables of that schema: " + found.summary
    shop.change_production("CREATE TABLE notes (id integer); ALTER PUBLICATION cdc ADD TABLE notes;")
    renames = shop.rehearse_alone("ALTER TABLE notes RENAME TO remarks;", "ALTER TABLE remarks RENAME TO notes;")
    assert renames.state == "done", "it was so before, under another name: " + renames.summary
    bad = "ALTER TABLE b REPLICA IDENTITY NOTHING;"
    asked = shop.rehearse_alone(bad, "ALTER TABLE b REPLICA IDENTITY DEFAULT;")
    assert asked.state == "failed"
    assert asked.summary == (
        f"On the copy, UPDATE and DELETE fail on public.b: {FAIL}. Change the migration, or if that is meant, run the "
        "step again to go on."
    )


def test_rows_that_only_the_user_of_the_copy_does_not_see_are_no_defect(postgres: Postgres, tmp_path: Path) -> None:
    shop = RehearsedShop(postgres, tmp_path)
    shop.change_production(OLDER)
    grant = "CREATE ROLE tester LOGIN CREATEDB PASSWORD 'tester'; GRANT ALL ON DATABASE scratch TO tester"
    run_sql(postgres.url(SUPERUSER), grant)
    shop.scratch = f"postgresql://tester:tester@127.0.0.1:{postgres.port}/scratch"
    secure = "ALTER TABLE a ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;"
    found = shop.rehearse_alone(secure, "ALTER TABLE a NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY;")
    assert found.state == "done", found.summary


def test_a_rehearsal_of_a_database_without_any_defect_names_the_first(postgres: Postgres, tmp_path: Path) -> None:
    shop = RehearsedShop(postgres, tmp_path)
    shop.change_production(OLDER)
    asked = shop.rehearse_alone("ALTER TABLE a DISABLE TRIGGER t;", "ALTER TABLE a ENABLE TRIGGER t;")
    assert asked.state == "failed", asked.summary
    assert "trigger" in asked.summary


def test_a_rehearsal_asks_about_indexes_of_replaced_functions_and_triggers_without_their_columns(
    postgres: Postgres, tmp_path: Path
) -> None:
    shop = RehearsedShop(postgres, tmp_path)
    shop.change_production(OLDER + SUMS + STAMPS)
    stale = shop.rehearse_alone(TAX.format("", 3), TAX.format("", 2))
    assert (stale.state, f'On the copy, index "by tax" of public.a {MAY}.' in stale.summary) == ("failed", True)
    gone = shop.rehearse_alone("ALTER TABLE a RENAME note TO remark;", "ALTER TABLE a RENAME remark TO note;")
    assert (gone.state, f"the trigger t of public.a (new.Note) {WILL}" in gone.summary) == ("failed", True)
    again = f'{TAX.format("", 3)} REINDEX INDEX "by tax";'
    assert shop.rehearse_alone(again, again.replace("* 3", "* 2")).state == "done"


def test_where_nothing_is_known_of_before_that_is_said(postgres: Postgres, tmp_path: Path) -> None:
    create_databases(postgres, "migrated")
    url = postgres.url(OWNER, "migrated")
    project = Project(tmp_path, alembic_project(tmp_path, url))
    ctx = project.context()
    ctx = replace(ctx, tools=replace(ctx.tools, database=database_at(url)))
    # as an earlier version left it, whose attempt ended in its middle
    note = f"objects before {ctx.step_key.rsplit('/', 1)[-1]} in db"
    ctx.save_file(note, objects_now(ctx.tools.database, "db"))
    outcome = execute(box("migrate", ALEMBIC + 'database = "db"\n'), ctx)
    what = "whether what is new in database db works as it is defined: what it had before is not known"
    assert (outcome.state, what in outcome.not_compared) == ("done", True), outcome


@pytest.mark.parametrize("verify", [True, False])
def test_an_invalid_index_is_named_with_and_without_verify_queries(
    postgres: Postgres, tmp_path: Path, verify: bool
) -> None:
    create_databases(postgres, "migrated")
    url = postgres.url(OWNER, "migrated")
    project = Project(tmp_path, alembic_project(tmp_path, url))
    alembic_revision(tmp_path, "ccc3", "bbb2", "CREATE UNIQUE INDEX IF NOT EXISTS once ON orders (id)", "SELECT 1")
    run_sql(url, "INSERT INTO orders VALUES (1), (1)")
    with suppress(psycopg.errors.UniqueViolation):
        run_sql(url, "CREATE UNIQUE INDEX CONCURRENTLY once ON orders (id)")
    ctx = project.context()
    ctx = replace(ctx, tools=replace(ctx.tools, database=database_at(url)))
    query = 'database = "db"\nverify = [{ says = "x", expect = 0, sql = "SELECT count(*) - 2 FROM orders" }]\n'
    outcome = execute(box("migrate", ALEMBIC + (query if verify else "")), ctx)
    named = "But there are invalid indexes, which no query uses (or which are still being built): once."
    assert (outcome.state, named in outcome.summary) == ("done", True), outcome.summary
