"""Each flaw is in the new release's code, and the old release never has one."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.rehearsal.target.box import Box
from bot.rehearsal.target.repository import FLAWS, Repository
from bot.rehearsal.target.tools import SOURCES


def created(folder: Path, flaws: set[str]) -> Repository:
    box = Box(folder, folder)
    for inside in (box.home, box.srv):
        inside.mkdir()
    repository = Repository(box)
    repository.create(frozenset(flaws))
    return repository


@pytest.mark.parametrize("flaw", sorted(FLAWS))
def test_a_flaw_changes_its_file_in_the_new_release_only(tmp_path: Path, flaw: str) -> None:
    repository = created(tmp_path, {flaw})
    path = FLAWS[flaw][0]
    whole = next(SOURCES / release / path for release in ("new", "old") if (SOURCES / release / path).exists())
    assert repository.git("show", f"origin/main:{path}") != whole.read_text().strip()
    assert repository.git("diff", "--name-only", "v1", "HEAD") == ""


def test_the_working_copy_is_behind_origin(tmp_path: Path) -> None:
    repository = created(tmp_path, set())
    assert repository.git("status", "--short", "--branch") == "## main...origin/main [behind 1]"
    assert repository.git("rev-parse", "HEAD", "origin/main").split() == [repository.old, repository.new]


def test_a_changed_lock_file_stops_the_pull(tmp_path: Path) -> None:
    repository = created(tmp_path, {"dirty-lock"})
    assert repository.git("status", "--short") == "M backend/api-server/package-lock.json"


def test_where_the_working_copy_goes_is_written_down(tmp_path: Path) -> None:
    repository = created(tmp_path, set())
    repository.git("checkout", "-q", "origin/main")
    assert repository.new in repository.box.audit_log.read_text()
