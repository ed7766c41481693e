"""`data-keep` on a real PostgreSQL: what was written since the backup survives a rollback."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.rehearsal.target.postgres import Postgres
from bot.rehearsal.target.programs import postgres_programs
from tests.commands.steps.builders import box, plan
from tests.commands.steps.databases import DUMP, limit_transactions, slow_programs
from tests.commands.steps.kinds.migrated_shop import NOT_COMPARED, ODD, TABLES, MigratedShop

DATA_KEEP = 'host = "h"\ndatabase_url = "$DB"\nfolder = "$F"\n'


@pytest.fixture
def shop(postgres: Postgres, tmp_path: Path) -> MigratedShop:
    """The database before the deploy, with its backup."""
    return MigratedShop(postgres, tmp_path)


@pytest.mark.fault("old evidence")
def test_rows_written_and_changed_since_the_backup_come_back_after_a_rollback(shop: MigratedShop) -> None:
    shop.run_sql(
        "INSERT INTO parents (name) VALUES ('written since'); INSERT INTO children (parent, size) VALUES (6, 60);"
        f'UPDATE {ODD} SET doc = \'{{"edited": "since"}}\' WHERE "Id ไทย" = 1; DELETE FROM parted WHERE id = 2;'
        "TRUNCATE fired"
    )
    before = shop.content()
    kept = shop.keep_rows(*TABLES)
    assert kept.state == "done", kept.output
    assert kept.summary == (
        "4 tables changed since the backup, so the rows were kept again: 17 rows in 7 tables, loaded back and "
        "compared. A rollback brings them back."
    )
    assert kept.lines == (
        f"public.{ODD}: 2 rows, not all as in the backup",
        "public.children: 5 in the backup, 6 now",
        "public.parents: 5 in the backup, 6 now",
        "public.parted_2: 1 in the backup, 0 now",
    )
    shop.migrate_and_roll_back()
    back = shop.bring_back(*TABLES)
    assert back.state == "done", back.output
    assert shop.content() == before
    assert shop.run_sql("INSERT INTO parents (name) VALUES ('next') RETURNING id") == [(7,)]


@pytest.mark.fault("old evidence")
def test_if_nothing_changed_since_the_backup_it_is_used_and_nothing_is_dumped(shop: MigratedShop) -> None:
    files = sorted(file.name for file in shop.folder.iterdir())
    kept = shop.keep_rows(*TABLES)
    assert kept.state == "done", kept.output
    assert kept.summary == "Nothing has changed since the backup: 16 rows in 7 tables. A rollback brings them back."
    assert kept.values == {"rows_file": DUMP, "rows_sha256": shop.checksum}
    assert sorted(file.name for file in shop.folder.iterdir()) == files


def test_a_change_in_another_table_is_of_no_interest(shop: MigratedShop) -> None:
    shop.run_sql("INSERT INTO keyless VALUES ('since')")
    assert shop.keep_rows("parents", "children").summary.startswith("Nothing has changed since the backup: 10 rows")


def test_rows_that_the_backup_only_counted_are_always_kept_again(shop: MigratedShop) -> None:
    shop.compared = "rows"
    shop.back_up()
    shop.run_sql("UPDATE parents SET name = 'edited' WHERE id = 1")
    kept = shop.keep_rows("parents")
    assert kept.summary.startswith("The backup counted the rows only, so the rows were kept again: 5 rows in 1 table")
    shop.run_sql("UPDATE parents SET name = 'lost' WHERE id = 1")
    shop.run_sql("ALTER TABLE parents DROP COLUMN name; ALTER TABLE parents ADD COLUMN name text")
    shop.bring_back(columns=("parents.name",))
    assert shop.run_sql("SELECT name FROM parents WHERE id = 1") == [("edited",)]


def test_values_of_a_column_that_changed_since_the_backup_come_back(shop: MigratedShop) -> None:
    shop.run_sql("UPDATE children SET size = 99 WHERE id = 1; INSERT INTO children (parent, size) VALUES (1, 7)")
    assert shop.keep_rows(columns=("children.size",)).state == "done"
    shop.run_sql(
        "ALTER TABLE children DROP COLUMN double, DROP COLUMN size; ALTER TABLE children ADD COLUMN size integer"
    )
    assert shop.bring_back(columns=("children.size",)).state == "done"
    assert shop.run_sql("SELECT id, size FROM children WHERE id IN (1, 6) ORDER BY id") == [(1, 99), (6, 7)]


def test_a_table_that_is_younger_than_the_backup_is_kept_too(shop: MigratedShop) -> None:
    shop.run_sql("CREATE TABLE younger (id integer PRIMARY KEY); INSERT INTO younger VALUES (1), (2)")
    kept = shop.keep_rows("younger")
    assert (kept.state, kept.lines) == ("done", ("public.younger: not in the backup, 2 now",))
    shop.run_sql("TRUNCATE younger")
    assert shop.bring_back("younger").state == "done"
    assert shop.run_sql("SELECT count(*) FROM younger") == [(2,)]


@pytest.mark.fault("old evidence")
def test_who_still_writes_while_the_rows_are_kept_is_noticed(shop: MigratedShop) -> None:
    shop.run_sql("INSERT INTO keyless VALUES ('since')")
    programs = shop.folder / "programs"
    programs.mkdir()
    for program in postgres_programs().iterdir():
        (programs / program.name).symlink_to(program)
    (programs / "pg_dump").unlink()
    insert = f"{postgres_programs() / 'psql'} -Xqc \"INSERT INTO keyless VALUES ('meanwhile')\""
    (programs / "pg_dump").write_text(f'#!/bin/sh\n{postgres_programs() / "pg_dump"} "$@" && {insert}\n')
    (programs / "pg_dump").chmod(0o755)
    kept = shop.keep_rows("keyless", programs=programs)
    assert kept.state == "failed"
    assert kept.summary == (
        "The rows changed while they were kept: somebody still writes to these tables. Stop the requests first."
    )
    assert not [file for file in shop.folder.iterdir() if "_rows_" in file.name], "half of an archive was left behind"


@pytest.mark.parametrize("setting", ["idle_in_transaction_session_timeout", "transaction_timeout"])
def test_limits_of_the_applications_transactions_end_neither_the_keeping_nor_the_return(
    shop: MigratedShop, tmp_path: Path, setting: str
) -> None:
    shop.run_sql("INSERT INTO keyless VALUES ('new')")
    limit_transactions(shop.url, setting, "1s")
    programs = slow_programs(tmp_path / "slow", 2)
    outcome = shop.keep_rows(*TABLES, programs=programs)
    assert outcome.state == "done", outcome.output
    shop.migrate_and_roll_back()
    outcome = shop.bring_back(*TABLES, programs=programs)
    assert outcome.state == "done", outcome.output
    assert shop.counts()["keyless"] == 3


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ("DROP TABLE keyless", 'The rows were not kept (exit code 3): relation "keyless" does not exist.'),
        ("", "The backup is missing or was changed (its checksum differs); nothing was compared."),
    ],
)
def test_if_the_rows_cannot_be_kept_the_error_says_why(shop: MigratedShop, change: str, error: str) -> None:
    if change:
        shop.run_sql(change)
    else:
        (shop.folder / f"{DUMP}.sha256").write_text("")
    outcome = shop.keep_rows("keyless")
    assert (outcome.state, outcome.summary) == ("failed", error)
    assert not outcome.values


def test_it_keeps_what_a_data_return_of_the_page_brings_back() -> None:
    boxes = {
        "keep": box("data-keep", f'{DATA_KEEP}tables = ["b", "a"]\ncolumns = ["c.d"]'),
        "back": box("data-return", f'{DATA_KEEP}database = "db"\nundoes = "m"\ntables = ["a", "b"]\ncolumns = ["c.d"]'),
        "other": box("data-return", f'{DATA_KEEP}database = "db"\nundoes = "m"\ntables = ["a"]'),
    }
    assert boxes["keep"].page_error(boxes) == ""
    assert boxes["back"].page_warning(boxes) == ""
    assert boxes["other"].page_warning(boxes).startswith("rows written between the backup and the migration would be")
    alone = {"keep": boxes["keep"], "other": boxes["other"]}
    assert boxes["keep"].page_error(alone) == (
        "tables, columns: must be those of a data-return step, which brings these rows back"
    )
    assert "compares b, a, c.d with <backup_file>" in plan(boxes["keep"])


def test_without_it_the_return_says_what_was_not_compared(shop: MigratedShop) -> None:
    shop.migrate_and_roll_back()
    assert shop.bring_back("parents", "children").lines[-1] == NOT_COMPARED
