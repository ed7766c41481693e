"""Backups that only one order restores: a check calls a function that reads another table."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.rehearsal.target.postgres import Postgres
from tests.commands.steps.databases import run_sql
from tests.commands.steps.kinds import test_migrate_restore, test_proof

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
