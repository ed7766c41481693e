"""After a rollback, production is compared with what it was, and with the backup."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.rehearsal.target.postgres import OWNER, SUPERUSER, Postgres
from bot.rehearsal.target.programs import postgres_programs
from commands.steps.outcome import Context, Outcome
from commands.steps.shared import rows_after_rollback
from state.errors import Unreachable
from tests.commands.steps.builders import box, context
from tests.commands.steps.databases import create_databases, extension, run_sql
from tests.local_shell import LocalShell
from tests.world import World

SCHEMA = """
CREATE TABLE orders (id serial PRIMARY KEY, word text); INSERT INTO orders (word) VALUES ('a'), ('b'), ('c');
CREATE TABLE keyless (word text); INSERT INTO keyless VALUES ('one'), ('one'), ('two');
CREATE TABLE quiet (id int PRIMARY KEY); INSERT INTO quiet VALUES (1);
CREATE SEQUENCE ticket; SELECT setval('ticket', 50); COMMENT ON TABLE quiet IS 'quiet';
SELECT lo_from_bytea(4711, 'one');
"""
BACKUP = 'host = "h"\ndatabase_url = "$DB"\nfolder = "$FOLDER"\nname = "shop"\nat_least_lines = 5\n'
EVERY_ROW = "tables have every row from right before the first change"
AS_BEFORE = "schema, sequences, rights, settings and comments are as right before the first change"


class Shop:
    """Production with its backup, right before the first change."""

    def __init__(self, postgres: Postgres, folder: Path) -> None:
        self.folder, self.url = folder, postgres.url(OWNER, "shop")
        self.superuser = postgres.url(SUPERUSER, "shop")
        self.programs = postgres_programs()
        create_databases(postgres, "shop")
        run_sql(self.url, SCHEMA)
        self.step = box("backup", BACKUP)
        self.backup = self.step.run(self.context("backup"))
        assert self.backup.state == "done", self.backup.summary + self.backup.output
        self.note()

    def context(self, key: str) -> Context:
        """A context, with the backup's values once it was made."""
        values = dict(self.backup.values) if hasattr(self, "backup") else {}
        shell = LocalShell({"DB": self.url, "FOLDER": str(self.folder)}, self.programs)
        return context(World(), values, shell=shell, attempt=hash(key) % 1000)

    def note(self) -> None:
        """The check right before the first change."""
        assert self.step.recheck(self.context("check"), {}) == ""

    def compare(self, *changes: str) -> Outcome:
        """What the deploy and its rollback left behind, compared."""
        for change in changes:
            run_sql(self.url, change)
        outcome: Outcome = self.step.compare_after_rollback(self.context("compare"))
        return outcome


@pytest.fixture
def shop(postgres: Postgres, tmp_path: Path) -> Shop:
    """Production right before the first change."""
    return Shop(postgres, tmp_path)


def test_rows_that_are_gone_from_a_table_of_an_extension_are_named(shop: Shop, postgres: Postgres) -> None:
    with extension(postgres, "CREATE TABLE hint (id int, text text); GRANT ALL ON hint TO dj_owner;"):
        run_sql(shop.url, "CREATE EXTENSION hints; INSERT INTO hint VALUES (1), (2)")
        shop.note()
        assert shop.compare("UPDATE hint SET text = 'by the extension itself'").missing == ()
        assert shop.compare("INSERT INTO hint VALUES (3)").missing == ()
        outcome = shop.compare("DELETE FROM hint WHERE id < 3")
        run_sql(shop.url, "DROP EXTENSION hints")
    assert outcome.missing == ("rows of table hint: 2 → 1",), outcome.lines


def test_what_is_as_before_is_said_and_nothing_is_missing(shop: Shop) -> None:
    outcome = shop.compare("SELECT nextval('ticket')")
    assert (outcome.state, outcome.missing, outcome.not_compared) == ("done", (), ()), outcome.lines
    assert outcome.compared == (AS_BEFORE, "3 tables are as in the backup", f"3 {EVERY_ROW}")


@pytest.mark.fault("not looked at, and said to be fine")
@pytest.mark.parametrize(
    ("change", "missing"),
    [
        ("SELECT setval('ticket', 1)", "position of sequence ticket: 50 → 1"),
        ("DROP SEQUENCE ticket; CREATE SEQUENCE ticket", "position of sequence ticket: 50 → 0"),
        ("ALTER TABLE orders DROP COLUMN word", "column orders.word: text → none"),
        ("COMMENT ON TABLE quiet IS NULL", "comment on table quiet: quiet → none"),
        ("GRANT SELECT ON quiet TO dj_app", "rights on table quiet: as by default → dj_app=r, dj_owner=arwdDxtm"),
        (
            "CREATE INDEX left_over ON quiet (id)",
            "index left_over of quiet: none → CREATE INDEX left_over ON public.quiet",
        ),
        ("SELECT lo_unlink(4711)", f"large objects of {OWNER} with the rights by default: 1 → none"),
        ("DROP TABLE quiet", "table quiet: exists → none"),
        (
            "DELETE FROM orders WHERE id > 1",
            "orders: 2 of 3 rows from right before the first change are missing (deleted since, or lost)",
        ),
        (
            "DELETE FROM keyless WHERE ctid = '(0,1)'",
            "keyless: 1 of 3 rows from right before the first change is missing or changed (deleted since, or lost)",
        ),
    ],
)
def test_what_a_rollback_did_not_bring_back_is_named(shop: Shop, change: str, missing: str) -> None:
    outcome = shop.compare(change)
    assert outcome.state == "failed", outcome.output
    assert any(line.startswith(missing) for line in outcome.missing), outcome.missing


def test_a_setting_of_a_role_that_the_rollback_forgets_is_named(shop: Shop) -> None:
    run_sql(shop.superuser, f"ALTER ROLE {OWNER} SET work_mem = '7MB'")
    try:
        assert shop.compare().missing == (f"setting work_mem of role {OWNER}: none → 7MB",)
    finally:
        run_sql(shop.superuser, f"ALTER ROLE {OWNER} RESET work_mem")


FUNCTION = "CREATE OR REPLACE FUNCTION one() RETURNS int LANGUAGE plpgsql AS"
MORE = f"""CREATE DOMAIN short AS text CHECK (length(VALUE) < 9); CREATE TYPE pair AS (a int, b int);
CREATE TABLE part (id int) PARTITION BY RANGE (id); CREATE TABLE part_1 PARTITION OF part FOR VALUES FROM (0) TO (9);
CREATE RULE silent AS ON DELETE TO quiet DO INSTEAD NOTHING; ALTER TABLE quiet SET (fillfactor = 70);
CREATE TABLE named (id int GENERATED ALWAYS AS IDENTITY, word text COLLATE "C");
{FUNCTION} $f$BEGIN\n  RETURN 1;\nEND$f$;"""


@pytest.mark.fault("not looked at, and said to be fine")
def test_every_part_of_the_schema_is_compared_and_the_layout_of_a_function_is_none(shop: Shop) -> None:
    run_sql(shop.url, MORE)
    shop.note()
    assert shop.compare(f"{FUNCTION} $f$\n\n\tBEGIN \nRETURN 1;\n  END\n$f$").missing == ()
    missing = shop.compare(
        "ALTER DOMAIN short DROP CONSTRAINT short_check; ALTER TYPE pair DROP ATTRIBUTE b",
        "ALTER TABLE part DETACH PARTITION part_1; DROP RULE silent ON quiet; ALTER TABLE quiet RESET (fillfactor)",
        "ALTER TABLE quiet REPLICA IDENTITY FULL; ALTER SEQUENCE ticket INCREMENT 5",
        'ALTER TABLE named ALTER id SET GENERATED BY DEFAULT, ALTER word TYPE text COLLATE "POSIX"',
        f"{FUNCTION} $f$BEGIN\n  RETURN 2;\nEND$f$",
    ).missing
    most = 9223372036854775807
    assert set(missing) == {
        "domain short: text CONSTRAINT short_check CHECK ((length(VALUE) < 9)) → text",
        "type pair: a integer, b integer → a integer",
        "table part_1 as a part of part: yes FOR VALUES FROM (0) TO (9) → none",
        "rule silent of quiet: exists → none",
        "options of quiet: fillfactor=70 → none",
        "table quiet: exists → exists, replica identity full",
        f"sequence ticket: bigint, by 1, 1 to {most} → bigint, by 5, 1 to {most}",
        "column named.id: integer NOT NULL IDENTITY → integer NOT NULL IDENTITY by default",
        "column named.word: text COLLATE C → text COLLATE POSIX",
        "function one(): exists → another value",
    }


def test_what_users_wrote_since_is_told_apart(shop: Shop) -> None:
    outcome = shop.compare(
        "INSERT INTO orders (word) VALUES ('d'); UPDATE orders SET word = 'x' WHERE id = 1; SELECT lo_creat(-1)"
    )
    assert outcome.missing == ()
    assert outcome.not_compared == (
        "large objects (1 in the backup, 2 now)",
        "orders (1 row changed and 1 was added since the backup)",
    )
    assert outcome.compared == (AS_BEFORE, "2 tables are as in the backup", f"3 {EVERY_ROW}")


@pytest.mark.parametrize("table", ["orders", "keyless"])
def test_a_row_that_users_write_during_the_comparison_makes_no_other_row_missing(
    shop: Shop, table: str, tmp_path: Path
) -> None:
    shop.programs = tmp_path / "bin"
    shop.programs.mkdir()
    for program in postgres_programs().iterdir():
        (shop.programs / program.name).symlink_to(program)
    psql, write = postgres_programs() / "psql", f"INSERT INTO {table} (word) VALUES ('during')"
    (shop.programs / "psql").unlink()
    (shop.programs / "psql").write_text(
        f"""#!/bin/bash
{psql} "$@" || exit
[[ "$*" != *by=* ]] || {psql} -XqAt -c "{write}"  # the rows were counted
"""
    )
    (shop.programs / "psql").chmod(0o755)
    outcome = shop.compare(f"INSERT INTO {table} (word) VALUES ('before')")
    assert (outcome.state, outcome.missing) == ("done", ()), outcome.lines
    assert f"{table} (2 rows were added since the backup)" in outcome.not_compared


def test_rows_that_cannot_be_read_in_time_are_named(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows_after_rollback, "SECONDS_FOR_ROWS", 0.001)
    outcome = shop.compare()
    assert outcome.missing == ()
    assert [line for line in outcome.not_compared if line.startswith("rows of ") and "could not be read in" in line]


def test_the_time_for_reading_rows_counts_for_programs_in_a_container_as_well(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.step.take_client_programs({"$DB": ("env",)})
    assert not shop.compare("INSERT INTO quiet SELECT generate_series(2, 300000)").inconclusive
    monkeypatch.setattr(rows_after_rollback, "SECONDS_FOR_ROWS", 0.01)
    unread = [line for line in shop.compare().not_compared if line.startswith("rows of ")]
    assert [line for line in unread if "could not be read in" in line], unread


@pytest.mark.fault("a cause that nobody has seen")
def test_rows_that_may_not_be_read_any_more_are_named_with_the_servers_own_reason(shop: Shop) -> None:
    run_sql(
        shop.superuser, "ALTER TABLE keyless ENABLE ROW LEVEL SECURITY; ALTER TABLE keyless FORCE ROW LEVEL SECURITY"
    )
    outcome = shop.compare()
    assert not outcome.summary.startswith("The database was not compared"), outcome.summary
    (unread,) = [line for line in outcome.not_compared if line.startswith("rows of ")]
    assert unread == (
        "rows of large objects, keyless, orders and 1 more "
        '(reading stopped: query would be affected by row-level security policy for table "keyless")'
    )


def test_no_table_that_differs_is_left_out_because_there_are_many(shop: Shop) -> None:
    run_sql(shop.url, "".join(f"CREATE TABLE t_{n:03} (id int PRIMARY KEY);" for n in range(210)))
    shop.backup = shop.step.run(shop.context("backup of many"))
    shop.note()
    every = "".join(f"INSERT INTO t_{n:03} VALUES (1);" for n in range(210))
    outcome = shop.compare(every)
    assert outcome.missing == ("10 more tables have other rows than the backup",), outcome.missing
    assert outcome.compared == (AS_BEFORE, "3 tables are as in the backup", f"213 {EVERY_ROW}")
    outcome = shop.compare("".join(f"DROP TABLE t_{n:03};" for n in range(205)))
    (gone,) = [line for line in outcome.not_compared if line.startswith("rows of ")]
    assert gone == "rows of t_000, t_001, t_002 and 202 more (the tables are gone)"


def test_without_what_was_written_down_before_the_first_change_that_is_said(shop: Shop) -> None:
    (shop.folder / f"{shop.backup.values['backup_file']}.before").unlink()
    outcome = shop.compare("SELECT setval('ticket', 1)")
    assert outcome.missing == ()
    assert outcome.not_compared == (
        "schema, sequences, rights and settings (they were not recorded right before the first change)",
    )


def test_a_database_that_the_bot_cannot_see_right_before_the_first_change_stops_no_deploy(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreachable(*_: object) -> str:
        raise Unreachable("The database cannot be reached.")

    monkeypatch.setattr("commands.steps.kinds.backup.identities", unreachable)
    shop.note()
    assert any("not recorded" in line for line in shop.compare().not_compared)


def test_a_database_that_cannot_be_read_right_before_the_first_change_stops_no_deploy(shop: Shop) -> None:
    url, shop.url = shop.url, shop.url.replace("/shop", "/gone")
    shop.note()
    shop.url = url
    assert any("not recorded" in line for line in shop.compare().not_compared)
