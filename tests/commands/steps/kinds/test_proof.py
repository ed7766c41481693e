"""`proof` on a real PostgreSQL: restores a real backup, and notices damage."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.rehearsal.target.postgres import OWNER, SUPERUSER, Postgres
from bot.rehearsal.target.programs import postgres_programs
from commands.ports.preflight import PreflightContext, PreflightResult
from commands.steps.base import execute
from commands.steps.outcome import Outcome
from tests.commands.steps.builders import box, context
from tests.commands.steps.databases import change_row, create_databases, data_file, run_sql, write_checksums
from tests.local_shell import LocalShell
from tests.world import World

SCHEMA = """
CREATE TABLE parents (id serial PRIMARY KEY, name text);
CREATE TABLE "Kinder ไทย" (id integer REFERENCES parents, words text);
CREATE MATERIALIZED VIEW names AS SELECT name FROM parents;
CREATE SCHEMA other; CREATE TABLE other.parents (id bigint GENERATED ALWAYS AS IDENTITY);
INSERT INTO parents (name) SELECT 'parent ' || n FROM generate_series(1, 3000) n;
INSERT INTO "Kinder ไทย"
  SELECT n, E'GRANT ALL ON x TO y;\nALTER TABLE z OWNER TO somebody;' FROM generate_series(1, 5) n;
INSERT INTO other.parents DEFAULT VALUES;
REFRESH MATERIALIZED VIEW names;
GRANT SELECT ON parents TO dj_app;
"""
BACKUP = 'host = "h"\ndatabase_url = "$DB"\nfolder = "$FOLDER"\nname = "shop"\n'
PROOF = 'host = "h"\ndatabase_url = "$DB"\nscratch_url = "$SCRATCH"\nfolder = "$FOLDER"\n'


class Shop:
    """A database, its scratch database, and its newest backup."""

    def __init__(self, postgres: Postgres, folder: Path) -> None:
        self.folder, self.url, self.scratch = folder, postgres.url(OWNER, "shop"), postgres.url(OWNER, "scratch")
        create_databases(postgres, "shop", "scratch")
        run_sql(self.url, SCHEMA)
        self.attempt = 0
        self.programs = postgres_programs()
        self.back_up()

    def run_step(
        self, kind: str, toml: str, values: dict[str, str], scratch: str = "", rehearse: bool = False
    ) -> Outcome:
        """Run a step on this machine. With `rehearse`, the page also has a rehearsal."""
        environ = {"DB": self.url, "SCRATCH": scratch or self.scratch, "FOLDER": str(self.folder)}
        shell = LocalShell(environ, self.programs)
        rehearsal = box("rehearse", PROOF + 'forward = "f.sql"\nrollback = "b.sql"')
        boxes = {"rehearse": rehearsal} if rehearse else {}
        return execute(box(kind, toml), context(World(), values, shell=shell, boxes=boxes, attempt=self.attempt))

    def back_up(self, more: str = "") -> None:
        """Make a new backup."""
        self.attempt += 1
        self.backup = self.run_step("backup", BACKUP + more, {})

    def back_up_with(self, option: str, folder: Path) -> None:
        """Make a new backup by a pg_dump that always has this option, which leaves something out."""
        programs, self.programs = self.programs, folder / "programs"
        self.programs.mkdir()
        for program in programs.iterdir():
            (self.programs / program.name).symlink_to(program)
        (self.programs / "pg_dump").unlink()
        (self.programs / "pg_dump").write_text(f'#!/bin/sh\nexec "{programs}/pg_dump" {option} "$@"\n')
        (self.programs / "pg_dump").chmod(0o755)
        self.back_up()

    def prove(self, scratch: str = "", *, rehearse: bool = False) -> Outcome:
        """Prove the newest backup."""
        return self.run_step("proof", PROOF, dict(self.backup.values), scratch, rehearse)

    @property
    def archive(self) -> Path:
        """The newest backup."""
        return self.folder / self.backup.values["backup_file"]

    def write_checksums(self) -> None:
        """Write new checksums for a changed archive, as if it had been dumped like this."""
        self.backup.values["backup_sha256"] = write_checksums(self.archive)  # type: ignore[index]

    def copies(self) -> list[tuple[object, ...]]:
        """The names of the copies that exist on the server."""
        return run_sql(self.url, "SELECT datname FROM pg_database WHERE datname LIKE 'gonogo%'")


@pytest.fixture
def shop(postgres: Postgres, tmp_path: Path) -> Shop:
    """The database and its backup."""
    return Shop(postgres, tmp_path)


def test_a_complete_backup_is_proven(shop: Shop) -> None:
    assert shop.backup.state == "done", shop.backup.summary + shop.backup.output
    assert "3,006 rows in 3 tables" in shop.backup.summary
    outcome = shop.prove()
    assert outcome.state == "done", outcome.summary + outcome.output
    assert outcome.summary.startswith("The backup was restored in ")
    assert outcome.summary.endswith(": 3,006 rows in 3 tables, every row as it was dumped.")
    assert shop.copies() == [], "the copy was left behind"


def test_a_table_with_a_line_end_in_its_name_is_one_table(shop: Shop) -> None:
    run_sql(shop.url, 'CREATE TABLE "two\nlines | 7" (a int); INSERT INTO "two\nlines | 7" VALUES (1), (2)')
    shop.back_up()
    assert "3,008 rows in 4 tables" in shop.backup.summary, shop.backup.summary + shop.backup.output
    assert "3,008 rows in 4 tables" in shop.prove().summary
    change_row(shop.archive, b"2\n", b"3\n")
    shop.write_checksums()
    assert any(line.startswith('public."two\\nlines | 7": 2 rows, some of which') for line in shop.prove().lines)


def test_rows_written_after_the_dump_began_do_not_count_as_lost(shop: Shop) -> None:
    run_sql(shop.url, "INSERT INTO parents (name) VALUES ('since')")
    assert shop.prove().state == "done", "the rows must be those of the dump's snapshot"


def test_a_backup_can_be_proven_again(shop: Shop) -> None:
    assert shop.prove().state == "done"
    again = shop.prove()
    assert again.state == "done", again.output


def test_the_copy_is_kept_for_a_rehearsal_and_replaced_by_the_next_proof(shop: Shop) -> None:
    assert shop.prove(rehearse=True).state == "done"
    copies = shop.copies()
    assert len(copies) == 1, "the rehearsal would have to restore the backup again"
    shop.back_up()
    assert shop.prove(rehearse=True).state == "done"
    assert shop.copies() == copies, "each production must have at most one copy, even after several runs"
    assert shop.prove().state == "done"
    assert shop.copies() == []


def test_a_copy_that_no_rehearsal_used_is_dropped_when_the_run_is_over(shop: Shop) -> None:
    assert shop.prove(rehearse=True).state == "done"
    environ = {"DB": shop.url, "SCRATCH": shop.scratch, "FOLDER": str(shop.folder)}
    ctx = context(World(), dict(shop.backup.values), shell=LocalShell(environ, postgres_programs()))
    box("proof", PROOF).clean_up_after_run(ctx)
    assert shop.copies() == []


def test_a_copy_that_failed_the_proof_is_dropped(shop: Shop) -> None:
    change_row(shop.archive, b"17\tparent 17\n", b"")
    shop.write_checksums()
    assert shop.prove(rehearse=True).state == "failed"
    assert shop.copies() == []


def test_a_dump_that_lost_rows_fails_the_proof(shop: Shop) -> None:
    change_row(shop.archive, b"17\tparent 17\n", b"")
    shop.write_checksums()
    outcome = shop.prove()
    assert outcome.summary == "The proof failed: the restored rows differ from the rows that were dumped."
    assert "public.parents: 3000 rows dumped, 2999 restored" in outcome.lines


@pytest.mark.fault("not looked at, and said to be fine")
@pytest.mark.parametrize(
    ("option", "line"),
    [
        ("", ""),
        ("--no-large-objects", "large objects: 2 rows dumped, but the table was not restored"),
    ],
)
def test_a_dump_without_its_large_objects_fails_the_proof(shop: Shop, tmp_path: Path, option: str, line: str) -> None:
    run_sql(shop.url, "SELECT lo_from_bytea(0, 'one'), lo_from_bytea(0, 'two')")
    shop.back_up_with(option, tmp_path)
    assert "3,006 rows in 3 tables" in shop.backup.summary, "a large object is no row of a table"
    outcome = shop.prove()
    assert (outcome.state, line in outcome.lines) == (("failed", True) if option else ("done", False)), outcome.output


def test_a_dump_with_changed_content_fails_the_proof(shop: Shop) -> None:
    change_row(shop.archive, b"17\tparent 17\n", b"17\tparent 71\n")
    shop.write_checksums()
    outcome = shop.prove()
    assert outcome.summary == "The proof failed: the restored rows differ from the rows that were dumped."
    assert "public.parents: 3000 rows, some of which differ from the dump" in outcome.lines


def test_with_compare_rows_only_the_number_of_rows_counts_and_the_result_says_so(shop: Shop) -> None:
    shop.back_up('compare = "rows"\n')
    change_row(shop.archive, b"17\tparent 17\n", b"17\tparent 71\n")
    shop.write_checksums()
    outcome = shop.prove()
    assert outcome.state == "done"
    assert outcome.summary.endswith("as many in each table as dumped; their content was not compared.")
    change_row(shop.archive, b"17\tparent 71\n", b"")
    shop.write_checksums()
    assert shop.prove().state == "failed"


def test_one_flipped_bit_anywhere_in_the_archive_fails_the_proof(shop: Shop) -> None:
    for file in (data_file(shop.archive, b"parent 17"), shop.archive / "toc.dat"):
        data = file.read_bytes()
        for at in (0, len(data) // 2, len(data) - 1):
            file.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
            assert "its checksum differs" in shop.prove().summary, f"byte {at} of {file.name}"
        file.write_bytes(data)
    assert shop.prove().state == "done", "the archive is unchanged again"


def test_a_truncated_dump_fails_the_proof(shop: Shop) -> None:
    file = data_file(shop.archive, b"parent 17")
    file.write_bytes(file.read_bytes()[: file.stat().st_size * 6 // 10])
    shop.write_checksums()
    outcome = shop.prove()
    assert outcome.state == "failed", "at 60 % of its size it still has some of the rows"
    assert outcome.summary == "The proof failed: the backup cannot be restored."


def test_a_backup_without_checksums_fails_the_proof(shop: Shop) -> None:
    shop.archive.with_name(f"{shop.archive.name}.sha256").unlink()
    assert "its checksum differs" in shop.prove().summary


def test_production_itself_is_never_the_scratch_database(shop: Shop) -> None:
    outcome = shop.prove(scratch=shop.url.replace("127.0.0.1", "localhost") + "?application_name=other")
    assert "is the one that was backed up" in outcome.summary
    assert run_sql(shop.url, "SELECT count(*) FROM parents") == [(3000,)]


def test_a_scratch_database_that_is_not_empty_is_refused(shop: Shop) -> None:
    run_sql(shop.scratch, "CREATE TABLE precious (id integer)")
    outcome = shop.prove()
    assert "is not empty" in outcome.summary
    assert run_sql(shop.scratch, "SELECT count(*) FROM precious") == [(0,)]


def test_no_superuser_is_needed(shop: Shop) -> None:
    assert SUPERUSER not in shop.url + shop.scratch
    assert shop.prove().state == "done"


def test_enums_are_compared_by_their_labels(shop: Shop) -> None:
    run_sql(shop.url, "CREATE TYPE mood AS ENUM ('well', 'ill'); CREATE TABLE felt (id integer PRIMARY KEY, mood mood)")
    run_sql(shop.url, "INSERT INTO felt SELECT n, 'ill' FROM generate_series(1, 5) n")
    shop.back_up()
    assert shop.prove().state == "done", "after a restore, enums have other numbers"
    change_row(shop.archive, b"2\till", b"2\twell")
    shop.write_checksums()
    assert "public.felt: 5 rows, some of which differ from the dump" in "\n".join(shop.prove().lines)


def test_the_scratch_user_need_not_own_the_tables(shop: Shop, postgres: Postgres) -> None:
    server = postgres.url(SUPERUSER)
    run_sql(server, "DROP ROLE IF EXISTS tester")
    run_sql(server, "CREATE ROLE tester LOGIN CREATEDB PASSWORD 'tester'; GRANT ALL ON DATABASE scratch TO tester")
    port = postgres.port
    assert shop.prove(scratch=f"postgresql://tester:tester@127.0.0.1:{port}/scratch").state == "done"


def test_missing_rights_of_the_scratch_user_are_not_blamed_on_the_backup(shop: Shop, postgres: Postgres) -> None:
    server = postgres.url(SUPERUSER, "shop")
    run_sql(server, "CREATE FOREIGN DATA WRAPPER far")
    shop.url = server
    shop.back_up()
    outcome = shop.prove()
    assert outcome.summary.startswith("The user of the scratch database may not restore everything there"), (
        outcome.summary
    )
    assert any("permission denied to create foreign-data wrapper" in line for line in outcome.lines), outcome.lines


WATCHED = """
CREATE FUNCTION watch() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN RETURN; END';
CREATE EVENT TRIGGER watch ON ddl_command_end EXECUTE FUNCTION watch()"""


@pytest.mark.fault("found too late, known before")
def test_an_event_trigger_that_the_scratch_user_may_not_create_is_named_before_and_not_blamed_on_the_backup(
    shop: Shop, postgres: Postgres
) -> None:
    def preflight(scratch: str) -> PreflightResult:
        *_, check = box("proof", PROOF).preflight()
        shell = LocalShell({"DB": shop.url, "SCRATCH": scratch, "FOLDER": str(shop.folder)}, shop.programs)
        found: list[PreflightResult] = check.run_preflight(
            PreflightContext(tools=context(World(), shell=shell).tools, ref="main")
        )
        return found[0]

    superuser = postgres.url(SUPERUSER, "scratch")
    assert preflight(shop.scratch).level == "ok"
    run_sql(postgres.url(SUPERUSER, "shop"), WATCHED)
    shop.back_up()
    found = preflight(shop.scratch)
    assert (found.level, "may not create the database's event triggers (watch)" in found.summary) == ("warn", True)
    assert preflight(superuser).level == "ok"
    outcome = shop.prove()
    assert outcome.summary.startswith("The user of the scratch database may not restore everything there. This says")
    assert 'permission denied to create event trigger "watch"' in outcome.lines[0]
    assert shop.prove(superuser).state == "done"


@pytest.mark.fault("a cause that nobody has seen")
def test_the_first_error_of_a_restore_is_shown_first(shop: Shop) -> None:
    run_sql(shop.url, "CREATE TYPE trio AS (a numeric)")
    run_sql(
        shop.url,
        "CREATE FUNCTION to_trio(text) RETURNS trio IMMUTABLE LANGUAGE sql AS $$ SELECT ROW($1::numeric)::trio $$",
    )
    run_sql(shop.url, "CREATE TABLE v (num text, trio trio GENERATED ALWAYS AS (to_trio(num)) STORED)")
    run_sql(shop.url, "INSERT INTO v VALUES ('1.2')")
    run_sql(shop.url, ";".join(f"CREATE INDEX ON v (num); CREATE VIEW w{n} AS SELECT num FROM v" for n in range(8)))
    shop.back_up()
    outcome = shop.prove()
    assert outcome.summary == "The proof failed: the backup cannot be restored."
    assert 'type "trio" does not exist' in outcome.lines[0], outcome.lines


@pytest.mark.fault("a cause that nobody has seen")
def test_why_the_copy_cannot_be_created_is_said_in_the_servers_words(shop: Shop, postgres: Postgres) -> None:
    server = postgres.url(SUPERUSER)
    run_sql(server, "DROP ROLE IF EXISTS tester")
    run_sql(server, "CREATE ROLE tester LOGIN SUPERUSER PASSWORD 'tester'")
    run_sql(server, "ALTER ROLE tester SET default_transaction_read_only = on")
    outcome = shop.prove(scratch=f"postgresql://tester:tester@127.0.0.1:{postgres.port}/scratch")
    run_sql(server, "DROP ROLE tester")
    assert outcome.summary.startswith("The database for the copy could not be created on the scratch server")
    assert outcome.lines == ("ERROR:  cannot execute DROP DATABASE in a read-only transaction",)


@pytest.mark.fault("a cause that nobody has seen")
def test_a_view_whose_owner_lost_a_right_is_not_blamed_on_a_superuser(shop: Shop, postgres: Postgres) -> None:
    superuser = postgres.url(SUPERUSER, "shop")
    run_sql(superuser, "CREATE TABLE hidden (a int); CREATE MATERIALIZED VIEW seen AS SELECT a FROM hidden")
    run_sql(superuser, f"ALTER MATERIALIZED VIEW seen OWNER TO {OWNER}; REVOKE ALL ON hidden FROM {OWNER}")
    shop.url = superuser
    shop.back_up()
    outcome = shop.prove(scratch=postgres.url(SUPERUSER, "scratch"))
    assert outcome.summary == "The proof failed: the backup cannot be restored."
    assert "permission denied for table hidden" in outcome.lines[0]


def test_a_setting_that_an_older_server_does_not_have_is_not_blamed_on_the_backup(shop: Shop, tmp_path: Path) -> None:
    setting = 'ERROR:  unrecognized configuration parameter "transaction_timeout"'
    says(shop, tmp_path, f"pg_restore: error: could not execute query: {setting}")
    assert shop.prove().state == "done"


def says(shop: Shop, folder: Path, error: str) -> None:
    """Restore with a pg_restore that does its work, and fails with this error at its end."""
    (folder / "programs").mkdir()
    (folder / "error").write_text(f"{error}\npg_restore:\n")
    program = folder / "programs" / "pg_restore"
    program.write_text(f'#!/bin/sh\n{postgres_programs()}/pg_restore "$@" || exit\ncat {folder}/error >&2\nexit 1\n')
    program.chmod(0o755)
    shop.programs = Path(f"{program.parent}:{postgres_programs()}")


@pytest.mark.parametrize(
    ("error", "summary"),
    [
        ("ERROR:  canceling statement due to statement timeout", "broke the restore off"),
        ("FATAL:  terminating connection due to administrator command", "broke the restore off"),
        ("error: server closed the connection unexpectedly", "broke the restore off"),
        ("FATAL:  sorry, too many clients already", "broke the restore off"),
        ("error: unsupported version (1.99) in file header", "broke the restore off"),
        ("ERROR:  out of shared memory", "broke the restore off"),
        ('ERROR:  could not open extension control file "/usr/share/pg/hstore.control"', "lacks something that"),
        ('ERROR:  could not access file "$libdir/postgis-3": No such file or directory', "lacks something that"),
        ('ERROR:  tablespace "fast" does not exist', "lacks something that"),
        ('ERROR:  invalid locale name: "th_TH.utf8"', "lacks something that"),
    ],
)
def test_what_the_scratch_server_lacks_or_breaks_off_is_not_blamed_on_the_backup(
    shop: Shop, tmp_path: Path, error: str, summary: str
) -> None:
    says(shop, tmp_path, f"pg_restore: error: could not execute query: {error}")
    outcome = shop.prove()
    assert summary in outcome.summary
    assert "This says nothing about the backup." in outcome.summary
    assert error in outcome.lines[0]


def test_limits_that_the_scratch_server_sets_for_its_user_are_too_short_for_a_copy_and_do_not_count(
    shop: Shop, postgres: Postgres
) -> None:
    server = postgres.url(SUPERUSER)
    run_sql(server, "DROP ROLE IF EXISTS tester")
    run_sql(server, "CREATE ROLE tester LOGIN CREATEDB PASSWORD 'tester'; GRANT ALL ON DATABASE scratch TO tester")
    run_sql(server, "ALTER ROLE tester SET statement_timeout = 2; ALTER ROLE tester SET lock_timeout = 1")
    assert shop.prove(scratch=f"postgresql://tester:tester@127.0.0.1:{postgres.port}/scratch").state == "done"
