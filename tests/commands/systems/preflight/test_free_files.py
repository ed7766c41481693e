"""A disk with gigabytes free that takes no more files is found before the start, on a real one."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.rehearsal.target.postgres import OWNER, Postgres
from bot.rehearsal.target.programs import postgres_programs
from commands.ports.preflight import PreflightCheck, PreflightContext
from commands.systems.preflight.free_files import too_few
from commands.systems.preflight.hosts import folder_check
from commands.systems.preflight.reachable import ReachableCheck
from tests.commands.steps.builders import box
from tests.commands.steps.databases import create_databases, run_sql
from tests.commands.steps.git_repository import Repository, git
from tests.local_shell import LocalShell
from tests.world import World

pytestmark = pytest.mark.fault("found too late, known before")
INODES = 1000


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A file system with much space and few inodes."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size=500m,nr_inodes={INODES}", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("only root can mount a small disk")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


def fill(disk: Path, *, left: int) -> None:
    """Use up its inodes but for so many."""
    used = INODES - int(subprocess.check_output(["df", "--output=iavail", disk]).split()[-1])
    for number in range(INODES - used - left):
        (disk / f"session-{number}").touch()


def found(*checks: PreflightCheck, **environ: str) -> list[str]:
    """What blocks a start, of these checks on this machine."""
    home = {"HOME": environ.pop("HOME")} if "HOME" in environ else None
    shell = LocalShell(environ, postgres_programs(), base=home) if home is None else LocalShell(environ, base=home)
    ctx = PreflightContext(tools=replace(World().tools(), shell=shell), ref="main")
    return [result.summary for check in checks for result in check.run_preflight(ctx) if result.level == "fail"]


def test_a_folder_that_takes_no_more_files_is_named(disk: Path) -> None:
    check = folder_check("h", "$STORE", "the store")
    assert found(check, STORE=str(disk)) == []
    fill(disk, left=7)
    assert found(check, STORE=str(disk)) == [
        "room for only 7 more files in the store ($STORE) (inodes), however much space is free; about 100 are needed"
    ]


def test_a_home_folder_that_takes_no_more_files_is_named(disk: Path) -> None:
    (disk / ".gonogo/jobs").mkdir(parents=True)
    check = ReachableCheck(place=("hosts", "h"))
    assert found(check, HOME=str(disk), PATH="/usr/bin:/bin") == []
    fill(disk, left=7)
    (said,) = found(check, HOME=str(disk), PATH="/usr/bin:/bin")
    assert said.startswith("room for only 7 more files in the home folder (inodes)")


def test_a_working_copy_that_takes_no_more_files_is_named(disk: Path, tmp_path: Path) -> None:
    repository = Repository(tmp_path)
    git(tmp_path, "clone", "-q", str(repository.origin), str(disk / "copy"))
    checks = box("checkout", 'host = "h"\nrepository = "$REPO"\ncommit = "1"').preflight()
    assert found(*checks, REPO=str(disk / "copy")) == []
    fill(disk, left=7)
    (said,) = found(*checks, REPO=str(disk / "copy"))
    assert said.startswith("room for only 7 more files in the working copy (inodes)")


def test_a_backup_needs_a_file_for_each_table(disk: Path, postgres: Postgres) -> None:
    create_databases(postgres, "shop")
    backup = 'host = "h"\ndatabase_url = "$DB"\nfolder = "$BACKUPS"\nname = "shop"\nat_least_lines = 1'
    environ = {"DB": postgres.url(OWNER, "shop"), "BACKUPS": str(disk / "backups")}
    checks = box("backup", backup).preflight()
    fill(disk, left=120)
    assert found(*checks, **environ) == []
    run_sql(environ["DB"], "".join(f"CREATE TABLE part_{number} (n int);" for number in range(100)))
    (said,) = found(*checks, **environ)
    assert said.startswith("room for only 120 more files in the backup folder (inodes)")


@pytest.mark.parametrize("free", ["", "-", "100"])
def test_a_file_system_without_a_limit_of_files_passes(free: str) -> None:
    assert too_few(free, "there") == []
