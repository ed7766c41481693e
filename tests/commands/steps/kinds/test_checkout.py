"""`checkout`: checks out a commit in a real working copy, and never overwrites somebody's work."""

from __future__ import annotations

from pathlib import Path

import pytest

from commands.steps.base import execute
from commands.steps.outcome import Outcome
from tests.commands.steps.builders import box, context, plan
from tests.commands.steps.git_repository import Repository, git
from tests.local_shell import LocalShell
from tests.world import World

CHECKOUT = 'host = "h"\nrepository = "$REPO"\ncommit = "<commit>"\nmay_discard = ["package-lock.json"]'


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path)


def shell(repository: Repository) -> LocalShell:
    return LocalShell({"REPO": str(repository.path)})


def check_out(repository: Repository, commit: str = "") -> Outcome:
    ctx = context(World(), {"commit": commit or repository.new}, shell=shell(repository))
    return execute(box("checkout", CHECKOUT), ctx)


def test_the_plan_shows_the_exact_command() -> None:
    assert 'on h: git checkout --quiet --force --detach "$COMMIT"' in plan(box("checkout", CHECKOUT))


def test_the_commit_is_fetched_and_checked_out(repository: Repository) -> None:
    outcome = check_out(repository)
    assert outcome.state == "done", outcome.lines
    assert outcome.summary == f"The working copy is at commit {repository.new[:10]}."
    assert git(repository.path, "rev-parse", "HEAD") == repository.new


def test_a_lock_file_that_npm_rewrote_is_discarded(repository: Repository) -> None:
    (repository.path / "package-lock.json").write_text("{rewritten}\n")
    outcome = check_out(repository)
    assert outcome.state == "done", outcome.lines
    assert git(repository.path, "status", "--porcelain") == ""


def test_a_file_that_was_edited_on_the_host_is_listed_and_kept(repository: Repository) -> None:
    (repository.path / "app.js").write_text("a hotfix\n")
    outcome = check_out(repository)
    assert outcome.state == "failed"
    assert outcome.summary.startswith("Tracked files in the working copy were edited on the host.")
    assert any("app.js" in line for line in outcome.lines), outcome.lines
    assert (repository.path / "app.js").read_text() == "a hotfix\n"
    assert git(repository.path, "rev-parse", "HEAD") == repository.old


def test_after_a_crash_the_commit_that_is_checked_out_decides(repository: Repository) -> None:
    step, host = box("checkout", CHECKOUT), shell(repository)
    ctx = context(World(), {"commit": repository.old}, shell=host)
    host.dead.add(ctx.key)
    assert step.recover(ctx).state == "done"
    assert step.recover(context(World(), {"commit": repository.new}, shell=host)).state == "failed"


def test_a_branch_is_not_accepted_as_a_commit(repository: Repository) -> None:
    """A branch may have moved to another commit, so only a full hash is checked out."""
    for commit in ("origin/main", repository.new[:12], "--orphan", "-"):
        outcome = check_out(repository, commit)
        assert outcome.state == "failed", commit
        assert outcome.summary.startswith("`commit` is not a whole commit id, so nothing was checked out"), commit
    assert git(repository.path, "rev-parse", "HEAD") == repository.old


def test_a_single_branch_clone_gets_the_commit_and_its_tags_stay(repository: Repository) -> None:
    git(repository.origin, "checkout", "-q", "-b", "release/2")
    commit = repository.commit({"app.js": "const a = 2.1\n"}, "Only there")
    git(repository.origin, "tag", "mine")
    git(repository.origin, "checkout", "-q", "main")
    git(repository.path, "config", "remote.origin.fetch", "+refs/heads/main:refs/remotes/origin/main")
    git(repository.path, "tag", "mine")
    assert check_out(repository, commit).state == "done"
    assert git(repository.path, "rev-parse", "mine") == repository.old
