"""`data-return` on a real PostgreSQL: what a migration dropped comes back from the dump, once."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from bot.rehearsal.target.postgres import Postgres
from bot.rehearsal.target.programs import postgres_programs
from commands.ports.page_text import PageText
from commands.systems.scripts import script
from tests.commands.steps.builders import box, plan
from tests.commands.steps.databases import DUMP, data_file, write_checksums
from tests.commands.steps.kinds.migrated_shop import ODD, TABLES, MigratedShop
from tests.local_shell import LocalShell

DATA_RETURN = 'host = "h"\ndatabase = "db"\ndatabase_url = "$DB"\nfolder = "$F"\nundoes = "m"\n'


@pytest.fixture
def shop(postgres: Postgres, tmp_path: Path) -> MigratedShop:
    """The database before the deploy."""
    return MigratedShop(postgres, tmp_path)


def test_every_row_of_every_type_comes_back_and_the_next_insert_works(shop: MigratedShop) -> None:
    before = shop.content()
    shop.migrate_and_roll_back()
    assert set(shop.counts().values()) == {0}, "the tables must exist and be empty"
    outcome = shop.bring_back(*TABLES)
    assert outcome.state == "done", outcome.output
    assert shop.content() == before
    assert shop.run_sql("INSERT INTO parents (name) VALUES ('next') RETURNING id") == [(6,)]
    assert shop.run_sql("INSERT INTO children (parent, size) VALUES (6, 1) RETURNING id, double") == [(6, 2)]
    assert "public.parents: 5 in the backup, 0 in the table, 5 brought back" in outcome.lines
    assert outcome.summary.startswith("Brought back from the backup in "), outcome.summary
    assert outcome.summary.endswith(": 16 rows in 7 tables."), outcome.summary


def test_triggers_do_not_fire_for_rows_that_come_back_but_fire_afterwards(shop: MigratedShop) -> None:
    shop.migrate_and_roll_back()
    assert shop.bring_back(*TABLES).state == "done"
    assert shop.counts()["fired"] == 0, "a trigger fired for a row that was brought back"
    shop.run_sql("INSERT INTO parents (name) VALUES ('next')")
    assert shop.counts()["fired"] == 1, "the trigger was left disabled"


def test_foreign_keys_are_enforced_as_before(shop: MigratedShop) -> None:
    keys = "SELECT conname, condeferrable, condeferred, convalidated FROM pg_constraint WHERE contype = 'f' ORDER BY 1"
    before = shop.run_sql(keys)
    shop.migrate_and_roll_back()
    assert shop.bring_back(*TABLES).state == "done"
    assert shop.run_sql(keys) == before
    with pytest.raises(psycopg.errors.ForeignKeyViolation):
        shop.run_sql("INSERT INTO children (parent, size) VALUES (999, 1)")


def test_a_second_attempt_of_the_same_run_does_nothing(shop: MigratedShop) -> None:
    shop.migrate_and_roll_back()
    assert shop.bring_back(*TABLES).state == "done"
    shop.run_sql("DELETE FROM keyless")
    again = shop.bring_back(*TABLES, attempt=2)
    assert again.summary == "This run has already brought the rows back."
    assert shop.counts()["keyless"] == 0


def test_the_values_of_a_dropped_column_come_back_but_deleted_rows_do_not(shop: MigratedShop) -> None:
    shop.run_sql("UPDATE parents SET child = NULL WHERE child = 5")
    shop.run_sql("ALTER TABLE children DROP COLUMN double, DROP COLUMN size; DELETE FROM children WHERE id = 5")
    shop.run_sql("ALTER TABLE children ADD COLUMN size integer")
    outcome = shop.bring_back(columns=("children.size",))
    assert outcome.state == "done", outcome.output
    assert outcome.summary.endswith(": 4 column values."), outcome.summary
    assert shop.run_sql("SELECT id, size FROM children ORDER BY id") == [(1, 10), (2, 20), (3, 30), (4, 40)]


def test_with_columns_only_the_rehearsal_tries_no_next_row(shop: MigratedShop) -> None:
    result = LocalShell({"DB": shop.url}, postgres_programs()).ask(
        "h",
        f"psql -XqAt -v ON_ERROR_STOP=1 -v tables= $DB <<'END'\n{script('postgres/next_insert.sql')}END\n",
        env={"DB": PageText("$DB")},
    )
    assert result.code == 0, result.tail


def test_a_page_must_name_a_table_or_a_column() -> None:
    with pytest.raises(ValueError, match="must name at least one of tables or columns"):
        box("data-return", DATA_RETURN)
    text = plan(box("data-return", DATA_RETURN + 'columns = ["a.b"]'))
    assert "on db: brings the values of a.b back from <backup_file>" in text
    assert "brings missing rows" not in text


@pytest.mark.parametrize(
    ("change", "tables", "error"),
    [
        ("INSERT INTO keyless VALUES ('since')", ("keyless",), "keyless has no primary key and holds rows already"),
        ("CREATE TABLE newer (id integer PRIMARY KEY)", ("newer",), "the backup has no table public.newer"),
        ("SELECT 1", ("nowhere",), 'relation "nowhere" does not exist'),
        ("ALTER TABLE parents DROP COLUMN name", ("parents",), 'column "name" does not exist'),
        ("ALTER TABLE children ADD CHECK (size < 20)", ("parents", "children"), "violates check constraint"),
    ],
)
def test_if_the_rows_cannot_come_back_the_error_says_why_and_nothing_is_changed(
    shop: MigratedShop, change: str, tables: tuple[str, ...], error: str
) -> None:
    shop.migrate_and_roll_back()
    shop.run_sql(change)
    before = shop.counts()
    outcome = shop.bring_back(*tables)
    assert outcome.state == "failed"
    assert outcome.summary.startswith("Nothing was brought back (exit code 3): ")
    assert error in outcome.summary
    assert shop.counts() == before
    assert shop.run_sql("SELECT count(*) FROM pg_constraint WHERE contype = 'f' AND condeferrable") == [(0,)]


def test_without_the_receipt_of_the_migration_nothing_is_brought_back(shop: MigratedShop) -> None:
    shop.run_sql("DELETE FROM keyless")
    outcome = shop.bring_back("keyless", migrated=False)
    assert outcome.state == "done"
    assert outcome.summary == "This run never applied the migration, so no rows were lost. Nothing was done."
    assert shop.counts()["keyless"] == 0, "rows that people deleted since the backup must stay deleted"


@pytest.mark.fault("not looked at, and said to be fine")
def test_what_a_migration_dropped_that_failed_outside_of_a_transaction_is_named_and_comes_back(
    shop: MigratedShop,
) -> None:
    began, columns = {"migrations before migration": "0001"}, ("parents.name",)
    unharmed = shop.bring_back(ODD, migrated=False, files=began, columns=columns)
    assert unharmed.summary == (
        "The tool recorded no migration, and the tables and columns are all there. Nothing was done."
    )
    before = shop.content()
    shop.run_sql(f"DROP TABLE {ODD}; ALTER TABLE parents DROP COLUMN name")
    gone = shop.bring_back(ODD, migrated=False, files=began, attempt=2, columns=columns)
    assert gone.state == "failed"
    assert gone.summary.startswith(f"{ODD}, parents.name: gone, but the tool recorded no migration"), gone.summary
    shop.run_sql(f'CREATE TABLE {ODD} ("Id ไทย" integer PRIMARY KEY, "select" mood, doc json, "a ""quoted"" one" text)')
    shop.run_sql("ALTER TABLE parents ADD COLUMN name text UNIQUE")
    back = shop.bring_back(ODD, migrated=False, files=began, attempt=3, columns=columns)
    assert back.state == "done", back.summary + back.output
    assert shop.content()[TABLES.index(ODD)] == before[TABLES.index(ODD)]
    assert shop.run_sql("SELECT count(name) FROM parents") == [(5,)]


def test_a_changed_backup_is_not_used(shop: MigratedShop) -> None:
    shop.migrate_and_roll_back()
    file = data_file(shop.folder / DUMP, b"parent 3")
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)
    outcome = shop.bring_back(*TABLES)
    assert "its checksum differs" in outcome.summary
    assert set(shop.counts().values()) == {0}


def test_a_truncated_backup_brings_nothing_back(shop: MigratedShop) -> None:
    shop.migrate_and_roll_back()
    file = data_file(shop.folder / DUMP, b"COPY public.parents")
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    shop.checksum = write_checksums(shop.folder / DUMP)
    assert shop.bring_back(*TABLES).state == "failed"
    assert set(shop.counts().values()) == {0}


def test_the_plan_names_the_tables_and_no_address() -> None:
    text = plan(box("data-return", DATA_RETURN + 'tables = ["a", "b"]'))
    assert "on db: brings missing rows of a, b back from <backup_file>" in text
    assert "in one transaction with its receipt, waiting at most 5 s for locks" in text
    assert "DATABASE=$DB" in text


def test_the_step_that_is_undone_must_keep_a_receipt() -> None:
    step = box("data-return", DATA_RETURN + 'tables = ["a"]')
    sql = 'database = "db"\nfile = "f.sql"\nverify = [{ says = "one", sql = "SELECT 1", expect = 1 }]\n'
    assert step.page_error({"m": box("sql", sql)}) == ""
    for other in (box("sql", sql + "receipt = false"), box("wait", 'lasts = "1 s"\nwhy = "soak"')):
        assert step.page_error({"m": other}).startswith("undoes: must name the sql or migrate step that drops the rows")
