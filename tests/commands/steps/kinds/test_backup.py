"""`backup` dumps a real PostgreSQL; a program in front of the real pg_dump makes it misbehave."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from bot.rehearsal.target.postgres import OWNER, Postgres
from bot.rehearsal.target.programs import postgres_programs
from commands.steps.base import execute
from commands.steps.outcome import Outcome
from tests.commands.steps.databases import do, fresh
from tests.commands.steps.making import box, context, plan
from tests.local_shell import LocalShell
from tests.world import World

BOX = 'host = "h"\ndatabase_url = "$DB"\nfolder = "$BACKUPS"\nname = "shop"\nat_least_lines = 1000'
SCHEMA = """
CREATE TABLE jobs (id serial PRIMARY KEY, subject text);
INSERT INTO jobs (subject) SELECT 'job ' || n FROM generate_series(1, 1500) n;
"""
REAL = postgres_programs() / "pg_dump"
ARCHIVE = 'for word; do [ "$last" = -f ] && archive=$word; last=$word; done\n'


class Host:
    """A host with a folder for backups, and a program of the tests' in front of its pg_dump."""

    def __init__(self, postgres: Postgres, folder: Path) -> None:
        self.backups, self.seen, self.programs = folder / "backups", folder / "seen", folder / "bin"
        self.url = postgres.url(OWNER, "shop")
        self.programs.mkdir()
        for program in postgres_programs().iterdir():
            (self.programs / program.name).symlink_to(program)
        self.replace("pg_dump", f'echo "$*" >> {self.seen}\nexec {REAL} "$@"')

    def replace(self, name: str, script: str) -> None:
        """Put a bash script in the place of a program."""
        (self.programs / name).unlink()
        (self.programs / name).write_text(f"#!/bin/bash\n{script}\n")
        (self.programs / name).chmod(0o755)

    def shell(self) -> LocalShell:
        return LocalShell({"DB": self.url, "BACKUPS": str(self.backups)}, self.programs)

    def back_up(self, more: str = "") -> Outcome:
        return execute(box("backup", BOX + more), context(World(), shell=self.shell()))

    def files(self) -> list[str]:
        return sorted(path.name for path in self.backups.iterdir()) if self.backups.exists() else []


@pytest.fixture
def host(postgres: Postgres, tmp_path: Path) -> Host:
    """A host whose database can be dumped."""
    fresh(postgres, "shop")
    made = Host(postgres, tmp_path)
    do(made.url, SCHEMA)
    return made


def test_the_plan_shows_the_words_that_run_and_no_address() -> None:
    text = plan(box("backup", BOX))
    assert 'on h: pg_dump --snapshot="$snapshot" -Fd --jobs="$JOBS" --compress="$packing" -f "$FILE.part"' in text
    assert "DATABASE_URL=$DB" in text


def test_a_whole_dump_is_kept_with_its_checksums(host: Host) -> None:
    found = host.back_up()
    assert found.state == "done", found.summary + found.output
    name = found.values["backup_file"]
    assert host.files() == [name, f"{name}.content", f"{name}.sha256"]
    assert (host.backups / f"{name}.content").read_text().startswith("public.jobs|1500|")
    assert "1,500 rows of 1 tables" in found.summary
    sums = (host.backups / f"{name}.sha256").read_bytes()
    assert hashlib.sha256(sums).hexdigest() == found.values["backup_sha256"]
    told = sums.decode().splitlines()
    archive = [
        f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}" for file in (host.backups / name).iterdir()
    ]
    assert sorted(told) == sorted(archive), "each file of the archive must have its checksum"
    assert 1500 < int(found.values["backup_lines"]) < 1700, "the lines of the dump as text"
    assert name.startswith("shop_run1_1_20261123T"), "the name must hold the run and the time"
    kept = [host.backups / name, *(host.backups / name).iterdir()]
    assert not any(path.stat().st_mode & 0o077 for path in kept), "others can read the password hashes"


def test_the_address_stays_off_the_command_line(host: Host) -> None:
    host.back_up()
    password = host.url.split(":")[2].split("@")[0]
    assert password not in host.seen.read_text()


@pytest.mark.parametrize(
    ("dump", "summary"),
    [
        (f'{REAL} "$@"; exit 1', "failed"),
        (f'{ARCHIVE}{REAL} "$@"; truncate -s 2000 $archive/*.dat*', "cannot be read to its end"),
        (f'{ARCHIVE}{REAL} "$@"; truncate -s 500 $archive/toc.dat', "cannot be read to its end"),
        (f'{ARCHIVE}{REAL} "$@"; rm $archive/*.dat*', "cannot be read to its end"),
        (f'{REAL} --exclude-table-data=jobs "$@"', "fewer than 1000"),
    ],
)
def test_a_dump_that_is_not_whole_fails_and_is_removed(host: Host, dump: str, summary: str) -> None:
    # only the dump itself misbehaves, not the look at what pg_dump can do
    host.replace("pg_dump", f'[[ "$*" == *--snapshot* ]] || exec {REAL} "$@"\n{dump}')
    found = host.back_up()
    assert found.state == "failed", found.summary
    assert summary in found.summary, found.output
    assert host.files() == []


def test_a_pg_dump_without_zstd_packs_with_gzip(host: Host) -> None:
    assert host.back_up().state == "done"
    assert "--compress=1 -f" in host.seen.read_text(), "the wheel's pg_dump knows no zstd"


def test_a_pg_dump_with_zstd_packs_with_it(host: Host) -> None:
    host.replace(
        "pg_dump", f'echo "$*" >> {host.seen}\n[[ "$*" == *--snapshot* ]] && exec {REAL} "${{@/zstd:1/1}}"\nexit 1'
    )
    assert host.back_up().state == "done"
    assert "--compress=zstd:1 -f" in host.seen.read_text()


def test_rows_alone_are_counted_where_the_page_says_so(host: Host) -> None:
    found = host.back_up('\ncompare = "rows"')
    assert found.values["backup_compared"] == "rows"
    assert (host.backups / f"{found.values['backup_file']}.content").read_text() == "public.jobs|1500|0\n"


def test_what_a_killed_attempt_of_this_run_left_is_removed_and_nothing_else(host: Host) -> None:
    host.backups.mkdir()
    for name in (
        "shop_run1_1_20261123T000000Z.dump.part",
        "shop_run2_1_20261123T000000Z.dump.part",
        "shop_run0_1.dump",
    ):
        (host.backups / name).mkdir()
    found = host.back_up()
    file = found.values["backup_file"]
    assert set(host.files()) - {file, f"{file}.content", f"{file}.sha256"} == {
        "shop_run0_1.dump",
        "shop_run2_1_20261123T000000Z.dump.part",
    }


def test_an_address_of_another_form_is_refused_without_showing_it(host: Host) -> None:
    host.url = "mysql://owner:secret@db/shop"
    found = host.back_up()
    assert found.state == "failed"
    assert "postgresql://user:password@host:port/name" in found.summary
    assert "secret" not in found.summary + found.output


def test_a_disk_with_too_little_room_is_seen_before_the_dump(host: Host) -> None:
    host.replace("psql", "echo 9000000000000000000")
    assert "less room" in host.back_up().summary
    assert not host.seen.exists()


def test_a_disk_that_fills_up_during_the_dump_keeps_nothing_of_it(host: Host) -> None:
    before = host.back_up().values["backup_file"]
    # as the shell's own limit of a file's size: the write fails in the middle, as on a full disk
    host.replace("pg_dump", f'ulimit -f 1; trap "" XFSZ; {REAL} "$@"')
    found = execute(box("backup", BOX), context(World(), shell=host.shell(), attempt=2))
    assert found.state == "failed"
    assert host.files() == [before, f"{before}.content", f"{before}.sha256"], "the good backup of before is touched"


def test_after_a_cut_the_finished_dump_is_found_and_not_made_again(host: Host) -> None:
    ctx = context(World(rate=1), shell=host.shell())
    step = box("backup", BOX)
    first = step.recover(ctx)
    assert first.state == "done", "nothing had begun, so it begins now"
    host.seen.unlink()
    assert step.recover(ctx) == first
    assert not host.seen.exists(), "pg_dump ran again"
