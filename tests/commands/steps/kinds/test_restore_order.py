"""Backups that only one order restores: a check calls a function that reads another table."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.rehearsal.target.postgres import SUPERUSER, Postgres
from bot.rehearsal.target.programs import postgres_programs
from tests.commands.steps.databases import run_sql
from tests.commands.steps.kinds import test_migrate_restore, test_proof
from tests.local_shell import LocalShell

CHECKED = """
CREATE SCHEMA {kinds}; CREATE SCHEMA {goods};
CREATE TABLE {kinds}.kinds (kind text);
CREATE FUNCTION {kinds}.known(text) RETURNS boolean LANGUAGE sql {declared} AS
  'SELECT EXISTS (SELECT FROM {kinds}.kinds WHERE kind = $1)';
CREATE TABLE {goods}.goods (number int, kind text CONSTRAINT known CHECK ({kinds}.known(kind)));
INSERT INTO {kinds}.kinds SELECT 'kind ' || n FROM generate_series(1, {of_kinds}) n;
INSERT INTO {goods}.goods SELECT n, 'kind 1' FROM generate_series(1, {of_goods}) n;
CREATE TABLE more AS SELECT n AS number FROM generate_series(1, 20000) n;
ANALYZE;
"""
# one process restores in the order of the alphabet, two begin with the two largest tables
LUCKY = CHECKED.format(kinds="second", goods="first", of_kinds=3000, of_goods=1, declared="")
UNLUCKY, UNTRUE = (
    CHECKED.format(kinds="first", goods="second", of_kinds=1, of_goods=3000, declared=declared)
    for declared in ("", "IMMUTABLE")
)


@pytest.mark.fault("the way back is first tried when it is needed")
def test_a_backup_that_only_the_luck_of_several_processes_restores_is_not_proven(
    postgres: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(test_proof, "SCHEMA", LUCKY)
    outcome = test_proof.Shop(postgres, tmp_path).prove()
    assert (outcome.state, outcome.summary) == ("failed", "The proof failed: the backup cannot be restored.")
    assert any('violates check constraint "known"' in line for line in outcome.lines), outcome.lines


@pytest.mark.fault("the way back is first tried when it is needed")
@pytest.mark.parametrize("schema", [UNLUCKY, UNTRUE])
def test_a_backup_that_one_process_restores_is_proven(
    postgres: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, schema: str
) -> None:
    monkeypatch.setattr(test_proof, "SCHEMA", schema)
    outcome = test_proof.Shop(postgres, tmp_path).prove()
    assert outcome.state == "done", outcome.summary + outcome.output


@pytest.mark.fault("the way back is first tried when it is needed")
def test_a_backup_that_one_process_restores_comes_back_in_a_rollback(postgres: Postgres, tmp_path: Path) -> None:
    shop = test_migrate_restore.Shop(postgres, tmp_path)
    run_sql(shop.url, UNTRUE)
    shop.migrated()
    run_sql(shop.url, "DELETE FROM second.goods")
    back = shop.run("back")
    assert back.state == "done", back.summary + back.output
    assert run_sql(shop.url, "SELECT count(*) FROM second.goods") == [(3000,)]


def counting(folder: Path, *, error: str) -> Path:
    """Programs with a pg_restore that notes each of its starts with data, and then fails with this error."""
    (folder / "programs").mkdir()
    for program in postgres_programs().iterdir():
        (folder / "programs" / program.name).symlink_to(program)
    program = folder / "programs" / "pg_restore"
    program.unlink()
    program.write_text(
        f'#!/bin/sh\ncase "$*" in *--jobs=*) echo >> {folder}/starts ;; esac\n{postgres_programs()}/pg_restore "$@"\n'
        f"echo 'pg_restore: error: {error}' >&2\nexit 1\n"
    )
    program.chmod(0o755)
    return program.parent


@pytest.mark.fault("the way back is first tried when it is needed")
@pytest.mark.parametrize(
    ("error", "starts"),
    [
        ('could not execute query: ERROR:  role "sales" does not exist', 1),
        ('COPY failed for table "goods": ERROR:  could not extend file: No space left on device', 1),
        ('COPY failed for table "goods": ERROR:  violates check constraint "known"', 2),
    ],
)
def test_a_rollback_restores_once_more_only_where_another_order_may_help(
    postgres: Postgres, tmp_path: Path, error: str, starts: int
) -> None:
    shop = test_migrate_restore.Shop(postgres, tmp_path)
    run_sql(shop.url, LUCKY)
    shop.migrated()
    back = shop.run("back", shell=LocalShell(shop.environ, counting(tmp_path, error=error)))
    assert (back.state, error in "".join(back.lines)) == ("failed", True), back.summary + back.output
    assert len((tmp_path / "starts").read_text()) == starts


@pytest.mark.fault("the way back is first tried when it is needed")
@pytest.mark.parametrize(("language", "starts"), [("internal AS 'int4gt'", 1), ("sql AS 'SELECT $1 > $2'", 2)])
def test_a_check_in_c_reads_no_other_table_and_is_not_restored_once_more(
    postgres: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, language: str, starts: int
) -> None:
    monkeypatch.setattr(test_proof, "SCHEMA", "CREATE TABLE goods AS SELECT generate_series(10, 2000) AS number")
    shop = test_proof.Shop(postgres, tmp_path)
    shop.scratch = postgres.url(SUPERUSER, "scratch")
    over = f"CREATE FUNCTION more_than(int, int) RETURNS boolean LANGUAGE {language}"
    run_sql(postgres.url(SUPERUSER, "shop"), f"{over}; ALTER TABLE goods ADD CHECK (more_than(number, 3))")
    shop.back_up()
    shop.programs = counting(tmp_path, error='could not execute query: ERROR:  role "sales" does not exist')
    outcome = shop.prove()
    assert outcome.state == "done", outcome.summary + outcome.output
    assert len((tmp_path / "starts").read_text()) == starts
