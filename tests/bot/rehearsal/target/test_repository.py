"""The target's git: each flaw is in the new release only, and each checkout is recorded."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.rehearsal.target.audit import read_audit_log
from bot.rehearsal.target.host import Host, TargetError
from bot.rehearsal.target.programs import SOURCES
from bot.rehearsal.target.repository import FRONTEND, RELEASE_FLAWS, Repository


def created(host: Host, *flaws: str, frontend: Path | None = None) -> Repository:
    repository = Repository(host)
    repository.create(frozenset(flaws), frontend)
    return repository


@pytest.mark.parametrize("flaw", sorted(RELEASE_FLAWS))
def test_a_flaw_changes_its_file_in_the_new_release_only(host: Host, flaw: str) -> None:
    repository = created(host, flaw)
    path = RELEASE_FLAWS[flaw][0]
    sound = next(SOURCES / release / path for release in ("new", "old") if (SOURCES / release / path).exists())
    assert repository.git("show", f"origin/main:{path}") != sound.read_text().strip()
    assert repository.git("diff", "--name-only", "v1", "HEAD") == "", "the old release has the flaw too"


def test_the_working_copy_is_one_commit_behind_origin(host: Host) -> None:
    repository = created(host)
    assert repository.git("status", "--short", "--branch") == "## main...origin/main [behind 1]"
    assert repository.git("rev-parse", "HEAD", "origin/main").split() == [repository.old, repository.new]


def test_two_targets_have_the_same_commits(host: Host, tmp_path: Path) -> None:
    other = Host(tmp_path / "other", tmp_path)
    for folder in (other.home, other.srv):
        folder.mkdir(parents=True)
    first, second = created(host), created(other)
    assert (first.old, first.new) == (second.old, second.new)


def test_a_dirty_lock_file_is_a_change_in_the_working_copy(host: Host) -> None:
    assert created(host, "dirty-lock").git("status", "--short") == "M backend/api-server/package-lock.json"


def test_files_of_another_frontend_replace_those_of_both_releases(host: Host, tmp_path: Path) -> None:
    page = tmp_path / "page"
    page.mkdir()
    (page / "index.html").write_text("another page")
    repository = created(host, frontend=page)
    for commit in ("v1", "origin/main"):
        assert repository.git("show", f"{commit}:{FRONTEND}/index.html") == "another page"


def test_each_checkout_is_recorded_with_its_commit(host: Host) -> None:
    repository = created(host)
    repository.git("checkout", "-q", "origin/main")
    repository.git("checkout", "-q", "v1")
    commits = [line["commit"] for line in read_audit_log(host.audit_log) if line["what"] == "checkout"]
    assert commits == [repository.new, repository.old]


def test_nothing_can_be_fetched_from_an_origin_that_is_removed(host: Host) -> None:
    repository = created(host)
    repository.git("fetch")
    repository.remove_origin()
    with pytest.raises(TargetError, match="does not appear to be a git repository"):
        repository.git("fetch")
