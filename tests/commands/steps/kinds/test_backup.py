"""`backup`: dumps a real PostgreSQL; a script in front of the real pg_dump makes it fail."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from bot.rehearsal.target.postgres import OWNER, SUPERUSER, Postgres
from bot.rehearsal.target.programs import postgres_programs
from commands.ports.preflight import FAIL, OK, WARN, PreflightContext, PreflightResult
from commands.steps.base import execute
from commands.steps.outcome import Outcome
from commands.systems.preflight.hosts import HostCheck
from tests.commands.steps.builders import box, context, plan
from tests.commands.steps.databases import create_databases, limit_transactions, run_sql
from tests.local_shell import LocalShell
from tests.production import READY, ended
from tests.world import World

BACKUP = 'host = "h"\ndatabase_url = "$DB"\nfolder = "$BACKUPS"\nname = "shop"\nat_least_lines = 1000'
SCHEMA = """
CREATE TABLE jobs (id serial PRIMARY KEY, subject text);
INSERT INTO jobs (subject) SELECT 'job ' || n FROM generate_series(1, 1500) n;
"""
PG_DUMP = postgres_programs() / "pg_dump"
FIND_ARCHIVE = 'for word; do [ "$last" = -f ] && archive=$word; last=$word; done\n'


class Host:
    """A host with a folder for backups. `pg_dump_calls` is a file with the arguments of every call of pg_dump."""

    def __init__(self, postgres: Postgres, folder: Path) -> None:
        self.backups, self.pg_dump_calls, self.programs = folder / "backups", folder / "calls", folder / "bin"
        self.url = postgres.url(OWNER, "shop")
        self.programs.mkdir()
        for program in postgres_programs().iterdir():
            (self.programs / program.name).symlink_to(program)
        self.replace("pg_dump", f'echo "$*" >> {self.pg_dump_calls}\nexec {PG_DUMP} "$@"')

    def replace(self, name: str, script: str) -> None:
        """Replace a program with a bash script."""
        (self.programs / name).unlink()
        (self.programs / name).write_text(f"#!/bin/bash\n{script}\n")
        (self.programs / name).chmod(0o755)

    def shell(self) -> LocalShell:
        return LocalShell({"DB": self.url, "BACKUPS": str(self.backups)}, self.programs)

    def back_up(self, more: str = "", attempt: int = 1) -> Outcome:
        return execute(box("backup", BACKUP + more), context(World(), shell=self.shell(), attempt=attempt))

    def examine(self) -> PreflightResult:
        """What the doctor says of the folder and the database."""
        checks = box("backup", BACKUP).preflight()
        (check,) = [one for one in checks if isinstance(one, HostCheck) and "LOCKS" in one.script]
        tools = replace(World().tools(), shell=self.shell())
        (result,) = check.run_preflight(PreflightContext(tools=tools, ref="main"))
        return result

    def files(self) -> list[str]:
        return sorted(path.name for path in self.backups.iterdir()) if self.backups.exists() else []


def test_the_session_that_counts_the_rows_holds_no_locks_on_what_it_has_counted(host: Host, tmp_path: Path) -> None:
    for number in range(20):
        run_sql(host.url, f"CREATE TABLE part_{number} (a int PRIMARY KEY, b int UNIQUE)")
    asks = f"\\\\o {tmp_path}/locks\nSELECT count(DISTINCT relation) FROM pg_locks WHERE pid = pg_backend_pid();"
    host.replace(
        "psql",
        f"""[[ "$*" == *snapshot=* ]] || exec {postgres_programs()}/psql "$@"
{{ cat; printf '{asks}\\n'; }} | {postgres_programs()}/psql "$@"
""",
    )
    outcome = host.back_up()
    assert outcome.state == "done", outcome.summary + outcome.output
    assert "1,500 rows in 21 tables" in outcome.summary
    assert int((tmp_path / "locks").read_text()) < 20, "pg_dump holds a lock on each table already"


@pytest.mark.fault("found too late, known before")
@pytest.mark.parametrize(("needed", "levels"), [(6400, [OK]), (6402, [OK, WARN])])
def test_the_doctor_warns_if_the_server_has_no_room_for_the_locks(needed: int, levels: list[str]) -> None:
    world = World()
    world.on_host("server_locks", ended(f"{READY}dump_locks={needed}\nserver_locks=6400\n"))
    checks = [check for check in box("backup", BACKUP).preflight() if isinstance(check, HostCheck)]
    results = [
        one for check in checks for one in check.run_preflight(PreflightContext(tools=world.tools(), ref="main"))
    ]
    assert [one.level for one in results] == levels
    assert needed == 6400 or "6,402 locks" in results[-1].summary


def judged_before(host: Host, least: int) -> list[str]:
    """The warnings of the backup's check before the start."""
    ctx = PreflightContext(tools=replace(World().tools(), shell=host.shell()), ref="main")
    results = box("backup", BACKUP.replace("1000", str(least))).preflight()[-1].run_preflight(ctx)
    assert results[0].level == OK, results
    return [one.summary for one in results if one.level == WARN]


@pytest.mark.fault("found too late, known before")
def test_the_doctor_says_how_many_lines_the_dump_of_a_small_database_has(host: Host) -> None:
    assert judged_before(host, 1000) == []
    refused = execute(box("backup", BACKUP.replace("1000", "9000")), context(World(), shell=host.shell()))
    lines = re.findall(r"the dump has (\d+) lines", refused.summary)[0]
    assert judged_before(host, 9000) == [
        f"`at_least_lines = 9000`, a dump made now has {lines} lines: the backup would be removed, and its step fails"
    ]


@pytest.mark.parametrize(
    "prepare",
    [
        lambda host: host.replace("pg_dump", f'{PG_DUMP} "$@"; [[ "$*" == --version ]]'),
        lambda host: run_sql(
            host.url, "CREATE TABLE big AS SELECT repeat(n::text, 500) FROM generate_series(1, 20000) n"
        ),
    ],
    ids=["a dump that breaks off", "a large database"],
)
def test_of_what_was_not_dumped_whole_the_doctor_counts_no_lines(host: Host, prepare: Callable[[Host], object]) -> None:
    prepare(host)
    assert judged_before(host, 900_000) == []


@pytest.mark.parametrize("setting", ["idle_in_transaction_session_timeout", "transaction_timeout"])
def test_limits_of_the_applications_transactions_end_no_backup(host: Host, setting: str) -> None:
    limit_transactions(host.url, setting, "2s")
    host.replace("pg_dump", f'sleep 3\nexec {PG_DUMP} "$@"')
    outcome = host.back_up()
    assert outcome.state == "done", outcome.output


@pytest.mark.parametrize("name", ["", "../up", "prod/shop", "-rf", r"a\nb"])
def test_a_name_that_is_no_beginning_of_a_file_is_refused_with_the_page(name: str) -> None:
    with pytest.raises(ValueError, match="begins a file's name, so it is not empty, has no / or line break"):
        box("backup", BACKUP.replace('"shop"', f'"{name}"'))
    assert box("backup", BACKUP.replace('"shop"', '"our shop, ร้าน"'))


@pytest.fixture
def host(postgres: Postgres, tmp_path: Path) -> Host:
    """A host that can dump its database."""
    create_databases(postgres, "shop")
    host = Host(postgres, tmp_path)
    run_sql(host.url, SCHEMA)
    return host


def test_the_plan_shows_the_exact_command_and_no_address() -> None:
    text = plan(box("backup", BACKUP))
    assert '| pg_dump --snapshot="$snapshot" -Fd --jobs="$JOBS" --compress="$packing" -f "$FILE.part"' in text
    assert "DATABASE=$DB" in text


def test_a_complete_dump_is_kept_with_its_checksums(host: Host) -> None:
    outcome = host.back_up()
    assert outcome.state == "done", outcome.summary + outcome.output
    name = outcome.values["backup_file"]
    assert host.files() == [name, *(f"{name}.{kind}" for kind in ("content", "sha256", "state"))]
    assert (host.backups / f"{name}.content").read_text().startswith("public.jobs|1500|")
    checksums = (host.backups / f"{name}.sha256").read_bytes()
    assert hashlib.sha256(checksums).hexdigest() == outcome.values["backup_sha256"]
    archive = [
        f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}" for file in (host.backups / name).iterdir()
    ]
    assert sorted(checksums.decode().splitlines()) == sorted(archive), "each file of the archive must have its checksum"
    assert 1500 < int(outcome.values["backup_lines"]) < 1700, "the lines of the dump as text"
    assert name.startswith("shop_run1_1_20261123T"), "the name must have the run and the time"
    paths = [host.backups / name, *(host.backups / name).iterdir()]
    assert not any(path.stat().st_mode & 0o077 for path in paths), "others can read the password hashes"


def test_the_summary_has_the_rows_the_tables_and_the_size(host: Host) -> None:
    summary = host.back_up().summary
    assert summary.startswith("Backup complete in ")
    assert ": 1,500 rows in 1 table, " in summary
    assert " kB compressed, read to its end, sha256 " in summary


def test_the_password_is_not_on_the_command_line(host: Host) -> None:
    host.back_up()
    password = host.url.split(":")[2].split("@")[0]
    assert password not in host.pg_dump_calls.read_text()


@pytest.mark.parametrize(
    ("dump", "summary"),
    [
        (f'{PG_DUMP} "$@"; exit 1', "The backup failed with exit code 1; nothing was kept."),
        (f'{FIND_ARCHIVE}{PG_DUMP} "$@"; truncate -s 2000 $archive/*.dat*', "cannot be read to its end"),
        (f'{FIND_ARCHIVE}{PG_DUMP} "$@"; truncate -s 500 $archive/toc.dat', "cannot be read to its end"),
        (f'{FIND_ARCHIVE}{PG_DUMP} "$@"; rm $archive/*.dat*', "cannot be read to its end"),
        (f'{PG_DUMP} --exclude-table-data=jobs "$@"', "`at_least_lines = 1000`, the dump has "),
        ('echo "pg_dump: error: aborting because of server version mismatch"; exit 1', "pg_dump on the host is older"),
    ],
)
def test_an_incomplete_dump_fails_and_is_removed(host: Host, dump: str, summary: str) -> None:
    # only the dump itself fails, not the call that finds out what pg_dump can do
    host.replace("pg_dump", f'[[ "$*" == *--snapshot* ]] || exec {PG_DUMP} "$@"\n{dump}')
    outcome = host.back_up()
    assert outcome.state == "failed", outcome.summary
    assert summary in outcome.summary, outcome.output
    assert host.files() == []


def test_the_bots_own_receipts_are_left_out_so_that_their_owner_need_not_dump(host: Host, postgres: Postgres) -> None:
    with psycopg.connect(postgres.url(SUPERUSER, "shop"), autocommit=True) as server:
        server.execute("CREATE SCHEMA gonogo")
        server.execute("CREATE TABLE gonogo.receipts (key text)")
    outcome = host.back_up()
    assert outcome.state == "done", outcome.output
    assert "1,500 rows in 1 table" in outcome.summary


@pytest.mark.fault("found too late, known before")
def test_a_server_that_shows_no_number_of_a_subscription_is_backed_up(host: Host, postgres: Postgres) -> None:
    run_sql(postgres.url(SUPERUSER, "shop"), "REVOKE SELECT (oid) ON pg_subscription FROM PUBLIC")  # as before 14
    outcome = host.back_up()
    assert outcome.state == "done", outcome.output


def test_a_pg_dump_without_zstd_compresses_with_gzip(host: Host) -> None:
    assert host.back_up().state == "done"
    assert "--compress=1 -f" in host.pg_dump_calls.read_text(), "the wheel's pg_dump does not support zstd"


def test_a_pg_dump_with_zstd_compresses_with_it(host: Host) -> None:
    without_zstd = f'exec {PG_DUMP} "${{@/zstd:1/1}}"'
    host.replace("pg_dump", f'echo "$*" >> {host.pg_dump_calls}\n[[ "$*" == *--snapshot* ]] && {without_zstd}\nexit 1')
    assert host.back_up().state == "done"
    assert "--compress=zstd:1 -f" in host.pg_dump_calls.read_text()


def test_with_compare_rows_only_the_rows_are_counted(host: Host) -> None:
    outcome = host.back_up('\ncompare = "rows"')
    assert outcome.values["backup_compared"] == "rows"
    assert (host.backups / f"{outcome.values['backup_file']}.content").read_text() == "public.jobs|1500|0\n"


def test_only_the_leftovers_of_killed_attempts_of_this_run_are_removed(host: Host) -> None:
    host.backups.mkdir()
    for name in (
        "shop_run1_1_20261123T000000Z.dump.part",
        "shop_run2_1_20261123T000000Z.dump.part",
        "shop_run0_1.dump",
    ):
        (host.backups / name).mkdir()
    outcome = host.back_up()
    file = outcome.values["backup_file"]
    assert set(host.files()) - {file, f"{file}.content", f"{file}.state", f"{file}.sha256"} == {
        "shop_run0_1.dump",
        "shop_run2_1_20261123T000000Z.dump.part",
    }


def test_an_address_of_another_form_is_refused_and_not_shown(host: Host) -> None:
    host.url = "mysql://owner:secret@db/shop"
    outcome = host.back_up()
    assert outcome.state == "failed"
    assert outcome.summary == (
        "The database's address ($DB) must be a postgresql:// URL. "
        "Another kind of database is reached by commands only (`run`), without a proven backup."
    )
    assert "secret" not in outcome.summary + outcome.output


def test_too_little_disk_space_is_noticed_before_the_dump(host: Host) -> None:
    psql = postgres_programs() / "psql"
    host.replace("psql", f'[[ "$*" != *pg_database_size* ]] || exec echo 9000000000000000000\nexec {psql} "$@"')
    summary = host.back_up().summary
    assert summary.startswith("Not enough disk space for the backup: ")
    assert "the database has 9000000000 GB; nothing was dumped" in summary
    assert not host.pg_dump_calls.exists()


@pytest.mark.parametrize("folder", ["/proc/self/backups", "/proc/self"])  # where root cannot write either
def test_a_folder_that_the_user_cannot_create_or_write_to_fails_the_backup_and_the_doctor(
    host: Host, folder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    host.backups = Path(folder)
    outcome = host.back_up()
    assert outcome.state == "failed"
    assert outcome.summary == (
        "The host's user cannot create the backup folder ($BACKUPS) or write to it; nothing was dumped. "
        "Create it, and make this user its owner."
    )
    assert not host.pg_dump_calls.exists(), "it was dumped elsewhere"
    result = host.examine()
    assert (result.level, result.summary) == (
        FAIL,
        "the backup folder, or where it would be created, is not writable for this user",
    )


def test_the_doctor_looks_at_a_folder_that_is_still_to_be_created_and_leaves_it_so(host: Host) -> None:
    host.backups /= "of/shop"
    assert host.examine().level == OK
    assert not host.backups.parent.parent.exists(), "looking has created it"
    host.backups.parent.parent.symlink_to("nowhere")
    assert host.examine().level == FAIL, "a link to nothing is no folder, and none can be created there"


def test_a_disk_that_fills_up_during_the_dump_keeps_only_the_earlier_backup(host: Host) -> None:
    before = host.back_up().values["backup_file"]
    # the shell's own limit for file sizes: the write fails in the middle, as on a full disk
    host.replace("pg_dump", f'ulimit -f 1; trap "" XFSZ; {PG_DUMP} "$@"')
    outcome = host.back_up(attempt=2)
    assert outcome.state == "failed"
    kept = [before, *(f"{before}.{kind}" for kind in ("content", "sha256", "state"))]
    assert host.files() == kept, "the good backup was touched"


def test_after_a_crash_the_finished_dump_is_found_and_not_made_again(host: Host) -> None:
    ctx = context(World(rate=1), shell=host.shell())
    step = box("backup", BACKUP)
    first = step.recover(ctx)
    assert first.state == "done", "the dump had not begun, so it begins now"
    host.pg_dump_calls.unlink()
    assert step.recover(ctx) == first
    assert not host.pg_dump_calls.exists(), "pg_dump ran again"
