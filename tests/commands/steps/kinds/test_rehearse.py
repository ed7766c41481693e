"""`rehearse` on a real PostgreSQL: a copy is migrated and rolled back."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.rehearsal.target.postgres import OWNER, Postgres
from tests.commands.steps.builders import box, plan
from tests.commands.steps.kinds.rehearsed_shop import (
    DATA_RETURN,
    FORWARD,
    REHEARSE,
    ROLLBACK,
    VERIFY_EXTRA,
    RehearsedShop,
)


@pytest.fixture
def shop(postgres: Postgres, tmp_path: Path) -> Iterator[RehearsedShop]:
    """Production before the deploy. After every test, it is untouched and no copy is left."""
    shop = RehearsedShop(postgres, tmp_path)
    yield shop
    shop.assert_untouched()


def test_lost_rows_fail_the_step_and_are_counted(shop: RehearsedShop) -> None:
    outcome = shop.rehearse(returns=())
    assert outcome.state == "failed", outcome.summary
    assert 'does not restore the rows of public."Alt ของ"' in outcome.summary, outcome.output
    assert '"Alt ของ": 7 → gone → 0 ❗ not as before' in outcome.lines


def test_rows_that_data_return_brings_back_are_not_lost(shop: RehearsedShop) -> None:
    outcome = shop.rehearse()
    assert outcome.state == "done", outcome.summary + outcome.output
    assert "7 rows brought back from the backup in" in outcome.summary
    assert "; the schema, every row and every sequence are as before" in outcome.summary
    assert '"Alt ของ": 7 → gone → 0 → 7 ✓' in outcome.lines


def test_a_data_return_that_fails_on_the_copy_is_reported_with_the_reason(shop: RehearsedShop) -> None:
    outcome = shop.rehearse(rollback=ROLLBACK.replace("(id integer)", "(word integer)"))
    assert outcome.state == "failed"
    assert "the data-return failed" in outcome.summary
    assert any('column "id" does not exist' in line for line in outcome.lines), outcome.output


def test_a_data_return_that_forgets_a_table_fails_the_step(shop: RehearsedShop) -> None:
    shop.change_production("CREATE TABLE forgotten (id integer); INSERT INTO forgotten VALUES (1)")
    outcome = shop.rehearse(FORWARD + "DROP TABLE forgotten;", ROLLBACK + "CREATE TABLE forgotten (id integer);")
    assert outcome.state == "failed"
    assert "does not restore the rows of public.forgotten." in outcome.summary


def test_a_sequence_that_would_collide_with_a_restored_row_fails_the_step(shop: RehearsedShop) -> None:
    shop.change_production(
        "CREATE TABLE numbered (id integer PRIMARY KEY, word text); INSERT INTO numbered VALUES (1, 'one'), (2, 'two')"
    )
    # data-return does not know a sequence that belongs to no column
    rollback = (
        "CREATE SEQUENCE apart; CREATE TABLE numbered (id integer PRIMARY KEY DEFAULT nextval('apart'), word text);"
    )
    returns = DATA_RETURN.replace('tables = ["', 'tables = ["numbered", "')
    outcome = shop.rehearse(FORWARD + "DROP TABLE numbered;", ROLLBACK + rollback, returns=(returns,))
    assert outcome.state == "failed"
    assert outcome.summary.startswith("On the copy, the"), outcome.summary


def test_the_time_that_each_table_is_locked_is_measured_and_reported(shop: RehearsedShop) -> None:
    slow = "SELECT pg_sleep(0.3);"
    outcome = shop.rehearse(f"ALTER TABLE kept ADD COLUMN extra integer; {slow}\n{FORWARD.splitlines()[1]}\n")
    assert outcome.state == "done", outcome.summary + outcome.output
    locks = next(line for line in outcome.lines if line.startswith("forward blocks readers and writers: "))
    held = {name: int(ms) for name, ms in re.findall(r'(\w+|"[^"]+") (\d+) ms', locks)}
    assert 300 <= held["kept"] < 60_000, locks
    assert held['"Alt ของ"'] < held["kept"] - 250, f"it was dropped after the sleep: {locks}"
    assert any(line.startswith("rollback blocks readers and writers: kept ") for line in outcome.lines), outcome.lines


def test_the_copy_that_the_proof_kept_is_used_and_dropped(shop: RehearsedShop) -> None:
    mark = "CREATE TABLE mark (id integer);"
    change_copy = f"{mark} ALTER TABLE mark OWNER TO {OWNER}"
    outcome = shop.rehearse(FORWARD + "DROP TABLE mark;", ROLLBACK + mark, change_copy=change_copy)
    assert outcome.state == "done", f"the backup was restored again: {outcome.summary} {outcome.output}"


def test_a_copy_of_another_backup_is_not_used(shop: RehearsedShop) -> None:
    assert shop.rehearse(change_copy="COMMENT ON DATABASE {copy} IS 'another'").state == "done"


def test_the_verify_queries_of_the_page_run_on_the_copy(shop: RehearsedShop) -> None:
    passed = shop.rehearse()
    assert passed.state == "done", passed.summary + passed.output
    assert "; 1 verify query passed." in passed.summary
    wrong = shop.rehearse(verify=VERIFY_EXTRA.format(4))
    assert wrong.state == "failed"
    assert wrong.summary == (
        "On the copy, after forward, “it's extra” is 1 instead of 4. In the deploy, the run would stop there."
    )


def test_a_verify_query_for_a_role_that_the_scratch_server_lacks_is_only_reported(shop: RehearsedShop) -> None:
    sql = "SELECT has_table_privilege('nobody_here', 'kept', 'INSERT')::int"
    outcome = shop.rehearse(verify=f'[[verify]]\nsays = "rights"\nexpect = 1\nsql = "{sql}"\n')
    assert outcome.state == "done", outcome.summary
    assert "after forward, “rights” could not be checked on the copy, because its server lacks a role" in outcome.lines


def test_changed_content_with_the_same_number_of_rows_fails_the_step(shop: RehearsedShop) -> None:
    outcome = shop.rehearse(rollback=ROLLBACK + "UPDATE kept SET word = 'three' WHERE id = 2;")
    assert outcome.state == "failed"
    assert "rows of public.kept" in outcome.summary


def test_a_schema_that_differs_is_shown(shop: RehearsedShop) -> None:
    outcome = shop.rehearse(rollback='CREATE TABLE "Alt ของ" (id bigint);')
    assert outcome.state == "failed"
    assert "does not restore the schema" in outcome.summary
    assert any("extra integer" in line for line in outcome.lines), outcome.lines


@pytest.mark.parametrize(
    ("forward", "rollback", "name"), [("SELEC 1;", ROLLBACK, "forward"), (FORWARD, "\nDROP TABLE none;", "rollback")]
)
def test_a_file_that_fails_is_named_with_its_line(shop: RehearsedShop, forward: str, rollback: str, name: str) -> None:
    outcome = shop.rehearse(forward, rollback)
    assert outcome.state == "failed"
    assert f"the {name} file failed" in outcome.summary, outcome.output
    assert f"line {1 + rollback.startswith(chr(10))}: ERROR" in "\n".join(outcome.lines)


def test_a_changed_backup_is_not_used(shop: RehearsedShop) -> None:
    shop.checksum = hashlib.sha256(b"").hexdigest()
    assert "its checksum differs" in shop.rehearse().summary


def test_the_plan_names_the_files_and_what_follows_each() -> None:
    text = plan(box("rehearse", REHEARSE))
    assert text.startswith("on a copy of <backup_file>: f.sql, then b.sql\nafter each file, the page's verify queries")
    assert "DATABASE=$DB" in text
