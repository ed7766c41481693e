"""After a rollback, rows that users deleted earlier are told from those that are gone since."""

from __future__ import annotations

import threading
from pathlib import Path

import psycopg
import pytest

from bot.rehearsal.target.postgres import Postgres
from tests.commands.steps.databases import run_sql
from tests.commands.steps.shared.test_after_rollback import AS_BEFORE, EVERY_ROW, Shop


@pytest.fixture
def shop(postgres: Postgres, tmp_path: Path) -> Shop:
    """Production right before the first change."""
    return Shop(postgres, tmp_path)


@pytest.mark.fault("old evidence")
def test_rows_that_users_deleted_before_the_first_change_are_not_missing_after_a_rollback(shop: Shop) -> None:
    run_sql(shop.url, "DELETE FROM orders WHERE id = 1; DELETE FROM keyless WHERE ctid = '(0,1)'")
    shop.note()
    outcome = shop.compare("INSERT INTO orders (word) VALUES ('new')")
    assert (outcome.state, outcome.missing) == ("done", ()), outcome.lines
    assert outcome.not_compared == (
        "keyless (1 row of the backup was gone before the first change)",
        "orders (1 row of the backup was gone before the first change; 1 row was added since the backup)",
    )
    assert outcome.compared == (AS_BEFORE, "1 table is as in the backup", f"3 {EVERY_ROW}")


@pytest.mark.fault("old evidence")
def test_a_row_written_after_the_backup_that_a_rollback_loses_is_missing_though_the_table_is_as_in_the_backup(
    shop: Shop,
) -> None:
    run_sql(shop.url, "INSERT INTO orders (word) VALUES ('since the backup')")
    shop.note()
    outcome = shop.compare("DELETE FROM orders WHERE id = 4")
    assert "3 tables are as in the backup" in outcome.compared
    assert outcome.missing == (
        "orders: 1 of 4 rows from right before the first change is missing (deleted since, or lost)",
    )


@pytest.mark.parametrize(
    ("how", "why"),
    [
        ("TRUNCATE quiet", "the table was emptied or rewritten since"),
        ("DROP TABLE quiet; CREATE TABLE quiet (id int PRIMARY KEY)", "the table was created anew since"),
    ],
)
def test_what_became_of_the_table_itself_stands_beside_its_missing_rows(shop: Shop, how: str, why: str) -> None:
    (line,) = [line for line in shop.compare(how).missing if line.startswith("quiet: ")]
    assert line == (f"quiet: 1 of 1 row from right before the first change is missing (deleted since, or lost; {why})")


@pytest.mark.fault("old evidence")
def test_users_who_write_all_the_time_make_no_row_missing_and_hide_none(shop: Shop) -> None:
    over, may_delete = threading.Event(), threading.Lock()
    run_sql(shop.url, "INSERT INTO orders (word) SELECT 'old' FROM generate_series(1, 2000)")
    shop.backup = shop.step.run(shop.context("backup of many"))

    def write(own: int) -> None:
        with psycopg.connect(shop.url, autocommit=True) as connection:
            while not over.is_set():
                connection.execute("INSERT INTO orders (word) VALUES ('busy')")
                connection.execute(f"UPDATE orders SET word = 'busy ' || random() WHERE id % 30 = {own}".encode())
                if may_delete.acquire(blocking=False):
                    connection.execute("DELETE FROM orders WHERE id = (SELECT min(id) FROM orders)")
                    may_delete.release()

    threads = [threading.Thread(target=write, args=[own]) for own in range(3)]
    for thread in threads:
        thread.start()
    try:
        while run_sql(shop.url, "SELECT count(*) FROM orders WHERE id <= 20") != [(0,)]:
            pass
        with may_delete:  # from right before the first change on nobody deletes
            shop.note()
            first = shop.compare()
            second = shop.compare("DELETE FROM orders WHERE id = 1500")
    finally:
        over.set()
        for thread in threads:
            thread.join()
    assert (first.state, first.missing) == ("done", ()), first.lines
    assert any("orders (" in line and "of the backup were gone before the first change" in line for line in first.lines)
    (lost,) = second.missing
    assert lost.startswith("orders: 1 of "), lost


def test_without_what_was_recorded_then_rows_of_the_backup_count_as_missing_and_that_is_said(shop: Shop) -> None:
    (shop.folder / f"{shop.backup.values['backup_file']}.keys").unlink()
    outcome = shop.compare("DELETE FROM orders WHERE id = 1")
    assert outcome.missing == ("orders: 1 of 3 rows is missing (deleted since, or lost)",)
    assert outcome.not_compared == (
        "which rows were there right before the first change (they were not recorded then)",
    )


def test_more_rows_than_the_deploy_waits_for_are_not_recorded_and_their_table_is_named(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("commands.steps.kinds.backup._ROWS_FOR_KEYS", 3)
    shop.note()
    outcome = shop.compare("DELETE FROM orders WHERE id = 1; TRUNCATE quiet")
    assert f"1 {EVERY_ROW}" not in outcome.compared
    assert [line.split(" is missing")[0] for line in outcome.missing] == [
        "orders: 1 of 3 rows",
        "quiet: 1 of 1 row from right before the first change",
    ]
    unknown = "not recorded then, or not readable now"
    assert outcome.not_compared == (
        f"which rows of keyless, orders were there right before the first change ({unknown})",
    )


@pytest.mark.fault("one text, two readers")
def test_names_and_keys_with_letters_that_mean_something_to_a_shell_or_to_sql_are_compared_too(shop: Shop) -> None:
    run_sql(
        shop.url,
        """CREATE TABLE "it's a \\ |""t" ("k'1" text, "$(x)" timestamptz, v int, PRIMARY KEY ("k'1", "$(x)"));
        INSERT INTO "it's a \\ |""t" VALUES ('a,b', '2026-01-01 00:00+07', 1), (E'\\n', 'infinity', 2),
        ('ไทย', now(), 3)""",
    )
    shop.backup = shop.step.run(shop.context("odd"))
    shop.note()
    run_sql(shop.url, "ALTER DATABASE shop SET timezone = 'Asia/Bangkok'; ALTER DATABASE shop SET datestyle = 'German'")
    outcome = shop.compare("""DELETE FROM "it's a \\ |""t" WHERE v = 2""")
    gone = [line for line in outcome.missing if "from right before the first change" in line]
    assert [line.split(" is missing")[0] for line in gone] == [
        """"it's a \\ |""t": 1 of 3 rows from right before the first change"""
    ], outcome.lines
    assert f"4 {EVERY_ROW}" not in outcome.compared and f"3 {EVERY_ROW}" in outcome.compared


def test_a_table_that_takes_too_long_delays_no_deploy_and_is_named(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    run_sql(shop.url, "INSERT INTO quiet SELECT generate_series(2, 300000)")
    shop.backup = shop.step.run(shop.context("backup of many"))
    monkeypatch.setattr("commands.steps.kinds.backup._SECONDS_FOR_KEYS", 0)
    shop.note()
    (unknown,) = [line for line in shop.compare().not_compared if line.startswith("which rows")]
    assert "quiet" in unknown or unknown.endswith("(they were not recorded then)")


@pytest.mark.fault("slow, taken for broken")
def test_a_table_that_is_locked_delays_no_deploy_and_keeps_no_other_from_being_recorded(shop: Shop) -> None:
    with psycopg.connect(shop.url) as holder:
        holder.execute("LOCK quiet")
        shop.note()
    outcome = shop.compare()
    assert f"2 {EVERY_ROW}" in outcome.compared
    assert outcome.not_compared[-1] == (
        "which rows of quiet were there right before the first change (not recorded then, or not readable now)"
    )
    assert not list(shop.folder.glob("*.part"))


@pytest.mark.fault("slow, taken for broken")
def test_a_table_that_is_locked_after_the_rollback_keeps_nobody_from_knowing_the_rest(shop: Shop) -> None:
    with psycopg.connect(shop.url) as holder:
        holder.execute("LOCK quiet")
        outcome = shop.compare()
    assert outcome.missing == ()
    why = "reading stopped: canceling statement due to lock timeout"
    assert f"schema, sequences, rights and settings ({why})" in outcome.not_compared
    assert f"2 {EVERY_ROW}" in outcome.compared


def test_rows_that_are_missing_are_named_first_without_counts_of_nothing(shop: Shop) -> None:
    outcome = shop.compare("DELETE FROM orders; SELECT setval('ticket', 1)")
    assert outcome.missing == (
        "orders: all 3 rows from right before the first change are missing (deleted since, or lost)",
        "position of sequence ticket: 50 → 1",
    )


def test_other_rows_that_changed_stand_beside_the_missing_ones(shop: Shop) -> None:
    outcome = shop.compare("DELETE FROM orders WHERE id = 1; UPDATE orders SET word = 'x' WHERE id = 2")
    (orders,) = outcome.missing
    assert orders == (
        "orders: 1 of 3 rows from right before the first change is missing (deleted since, or lost); "
        "1 row changed since the backup"
    )
