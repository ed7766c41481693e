"""A backup made by the real step is proven on a real PostgreSQL, and one that is not what it should be is seen."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.rehearsal.target.postgres import OWNER, SUPERUSER, Postgres
from bot.rehearsal.target.programs import postgres_programs
from commands.steps.base import execute
from commands.steps.outcome import Outcome
from tests.commands.steps.databases import change, data_file, do, fresh, seal
from tests.commands.steps.making import box, context
from tests.local_shell import LocalShell
from tests.world import World

SCHEMA = """
CREATE TABLE parents (id serial PRIMARY KEY, name text);
CREATE TABLE "Kinder ไทย" (id integer REFERENCES parents, words text);
CREATE MATERIALIZED VIEW names AS SELECT name FROM parents;
CREATE SCHEMA other; CREATE TABLE other.parents (id bigint GENERATED ALWAYS AS IDENTITY);
INSERT INTO parents (name) SELECT 'parent ' || n FROM generate_series(1, 3000) n;
INSERT INTO "Kinder ไทย" SELECT n, E'GRANT ALL ON x TO y;\nALTER TABLE z OWNER TO somebody;' FROM generate_series(1, 5) n;
INSERT INTO other.parents DEFAULT VALUES;
REFRESH MATERIALIZED VIEW names;
GRANT SELECT ON parents TO dj_app;
"""
BACKUP = 'host = "h"\ndatabase_url = "$DB"\nfolder = "$FOLDER"\nname = "shop"\n'
PROOF = 'host = "h"\ndatabase_url = "$DB"\nscratch_url = "$SCRATCH"\nfolder = "$FOLDER"\n'


class Shop:
    """A database, its scratch database, and the newest backup."""

    def __init__(self, postgres: Postgres, folder: Path) -> None:
        self.folder, self.url, self.scratch = folder, postgres.url(OWNER, "shop"), postgres.url(OWNER, "scratch")
        fresh(postgres, "shop", "scratch")
        do(self.url, SCHEMA)
        self.attempt = 0
        self.programs = postgres_programs()
        self.back_up()

    def step(self, kind: str, toml: str, values: dict[str, str], scratch: str = "", rehearsed: bool = False) -> Outcome:
        """Run a step on this machine."""
        environ = {"DB": self.url, "SCRATCH": scratch or self.scratch, "FOLDER": str(self.folder)}
        shell = LocalShell(environ, self.programs)
        beside = {"rehearse": box("rehearse", PROOF + 'forward = "f.sql"\nrollback = "b.sql"')} if rehearsed else {}
        return execute(box(kind, toml), context(World(), values, shell=shell, beside=beside, attempt=self.attempt))

    def back_up(self, more: str = "") -> None:
        """Make a backup anew."""
        self.attempt += 1
        self.made = self.step("backup", BACKUP + more, {})

    def prove(self, scratch: str = "", *, rehearsed: bool = False) -> Outcome:
        """Prove the newest backup."""
        return self.step("proof", PROOF, dict(self.made.values), scratch, rehearsed)

    @property
    def archive(self) -> Path:
        """The newest backup."""
        return self.folder / self.made.values["backup_file"]

    def seal(self) -> None:
        """Write the checksums of a spoilt archive anew, as if it had been dumped so."""
        self.made.values["backup_sha256"] = seal(self.archive)  # type: ignore[index]

    def copies(self) -> list[tuple[object, ...]]:
        """The databases of ours on the server."""
        return do(self.url, "SELECT datname FROM pg_database WHERE datname LIKE 'gonogo%'")


@pytest.fixture
def shop(postgres: Postgres, tmp_path: Path) -> Shop:
    """The database and its backup."""
    return Shop(postgres, tmp_path)


def test_a_whole_backup_is_proven_with_equal_counts(shop: Shop) -> None:
    assert shop.made.state == "done", shop.made.summary + shop.made.output
    assert "3,006 rows of 3 tables" in shop.made.summary
    found = shop.prove()
    assert found.state == "done", found.summary + found.output
    assert "all 3 tables hold the 3,006 rows of the dump, unchanged" in found.summary
    assert shop.copies() == [], "the copy stays"


def test_rows_written_while_the_dump_runs_do_not_count_as_lost(shop: Shop) -> None:
    do(shop.url, "INSERT INTO parents (name) VALUES ('since')")
    assert shop.prove().state == "done", "the counts must be those of the dump's snapshot"


def test_a_proof_can_be_made_again(shop: Shop) -> None:
    assert shop.prove().state == "done"
    again = shop.prove()
    assert again.state == "done", again.output


def test_the_copy_stays_for_a_rehearsal_of_the_same_page_and_goes_at_the_next_proof(shop: Shop) -> None:
    assert shop.prove(rehearsed=True).state == "done"
    left = shop.copies()
    assert len(left) == 1, "the rehearsal would restore the backup once more"
    shop.back_up()
    assert shop.prove(rehearsed=True).state == "done"
    assert shop.copies() == left, "each production has one copy at the most, whatever was left of earlier runs"
    assert shop.prove().state == "done"
    assert shop.copies() == []


def test_a_copy_that_no_rehearsal_took_goes_when_the_run_is_over(shop: Shop) -> None:
    assert shop.prove(rehearsed=True).state == "done"
    environ = {"DB": shop.url, "SCRATCH": shop.scratch, "FOLDER": str(shop.folder)}
    over = context(World(), dict(shop.made.values), shell=LocalShell(environ, postgres_programs()))
    box("proof", PROOF).clean_up_after_run(over)
    assert shop.copies() == []


def test_a_copy_that_failed_its_proof_does_not_stay(shop: Shop) -> None:
    change(shop.archive, b"17\tparent 17\n", b"")
    shop.seal()
    assert shop.prove(rehearsed=True).state == "failed"
    assert shop.copies() == []


def test_a_dump_that_lost_rows_is_seen(shop: Shop) -> None:
    change(shop.archive, b"17\tparent 17\n", b"")
    shop.seal()
    found = shop.prove()
    assert "does not hold what the database held" in found.summary
    assert "public.parents: 3000 rows dumped, 2999 restored" in found.lines


def test_a_dump_with_as_many_rows_of_other_content_is_seen(shop: Shop) -> None:
    change(shop.archive, b"17\tparent 17\n", b"17\tparent 71\n")
    shop.seal()
    found = shop.prove()
    assert "does not hold what the database held" in found.summary
    assert "public.parents: 3000 rows, of which some hold something else than was dumped" in found.lines


def test_where_the_page_compares_rows_alone_their_number_counts_and_that_is_said(shop: Shop) -> None:
    shop.back_up('compare = "rows"\n')
    change(shop.archive, b"17\tparent 17\n", b"17\tparent 71\n")
    shop.seal()
    found = shop.prove()
    assert found.state == "done"
    assert "what is in them was not compared" in found.summary
    change(shop.archive, b"17\tparent 71\n", b"")
    shop.seal()
    assert shop.prove().state == "failed"


def test_one_flipped_bit_anywhere_in_the_archive_is_seen(shop: Shop) -> None:
    for file in (data_file(shop.archive, b"parent 17"), shop.archive / "toc.dat"):
        data = file.read_bytes()
        for at in (0, len(data) // 2, len(data) - 1):
            file.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
            assert "its checksum differs" in shop.prove().summary, f"byte {at} of {file.name}"
        file.write_bytes(data)
    assert shop.prove().state == "done", "the archive is as it was"


def test_a_dump_cut_in_the_middle_is_seen(shop: Shop) -> None:
    file = data_file(shop.archive, b"parent 17")
    file.write_bytes(file.read_bytes()[: file.stat().st_size * 6 // 10])
    shop.seal()
    found = shop.prove()
    assert found.state == "failed", "cut at 60 % it holds a part of the rows"
    assert "cannot be restored" in found.summary


def test_a_backup_whose_checksums_are_gone_is_not_believed(shop: Shop) -> None:
    shop.archive.with_name(f"{shop.archive.name}.sha256").unlink()
    assert "its checksum differs" in shop.prove().summary


def test_production_itself_is_never_the_scratch_database(shop: Shop) -> None:
    found = shop.prove(scratch=shop.url.replace("127.0.0.1", "localhost") + "?application_name=other")
    assert "is production itself" in found.summary
    assert do(shop.url, "SELECT count(*) FROM parents") == [(3000,)]


def test_a_scratch_database_that_holds_something_else_is_left_alone(shop: Shop) -> None:
    do(shop.scratch, "CREATE TABLE precious (id integer)")
    found = shop.prove()
    assert "is not empty" in found.summary
    assert do(shop.scratch, "SELECT count(*) FROM precious") == [(0,)]


def test_the_superuser_is_not_needed(shop: Shop) -> None:
    assert SUPERUSER not in shop.url + shop.scratch
    assert shop.prove().state == "done"


def test_enums_are_compared_by_what_they_say(shop: Shop) -> None:
    do(shop.url, "CREATE TYPE mood AS ENUM ('well', 'ill'); CREATE TABLE felt (id integer PRIMARY KEY, mood mood)")
    do(shop.url, "INSERT INTO felt SELECT n, 'ill' FROM generate_series(1, 5) n")
    shop.back_up()
    assert shop.prove().state == "done", "a restore gives enums other numbers"
    change(shop.archive, b"2\till", b"2\twell")
    shop.seal()
    assert "public.felt: 5 rows, of which some hold something else" in "\n".join(shop.prove().lines)


def test_a_scratch_user_who_is_not_the_tables_owner_proves_it_too(shop: Shop, postgres: Postgres) -> None:
    server = postgres.url(SUPERUSER)
    do(server, "DROP ROLE IF EXISTS tester")
    do(server, "CREATE ROLE tester LOGIN CREATEDB PASSWORD 'tester'; GRANT ALL ON DATABASE scratch TO tester")
    port = postgres.port
    assert shop.prove(scratch=f"postgresql://tester:tester@127.0.0.1:{port}/scratch").state == "done"


def test_what_the_scratch_user_may_not_do_is_not_blamed_on_the_backup(shop: Shop, postgres: Postgres) -> None:
    server = postgres.url(SUPERUSER, "shop")
    do(server, "CREATE FOREIGN DATA WRAPPER far")
    shop.url = server
    shop.back_up()
    found = shop.prove()
    assert found.summary.startswith("The user of the scratch database may not restore everything there"), found.summary
    assert any("permission denied to create foreign-data wrapper" in line for line in found.lines), found.lines


def test_what_pg_restore_asks_of_an_older_server_is_not_blamed_on_the_backup(shop: Shop, tmp_path: Path) -> None:
    summary = (
        'pg_restore: error: could not execute query: ERROR:  unrecognized configuration parameter "transaction_timeout"'
    )
    newer = tmp_path / "newer"
    newer.mkdir()
    (newer / "pg_restore").write_text(
        f"#!/bin/sh\n{postgres_programs()}/pg_restore \"$@\" || exit\nprintf '%s\\n' '{summary}' pg_restore: >&2\nexit 1\n"
    )
    (newer / "pg_restore").chmod(0o755)
    shop.programs = Path(f"{newer}:{postgres_programs()}")
    assert shop.prove().state == "done"
