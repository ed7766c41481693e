"""`checkout` brings a real working copy to a commit, and refuses to lose somebody's work."""

from __future__ import annotations

from pathlib import Path

import pytest

from commands.steps.base import execute
from tests.commands.steps.making import Repository, box, context, git, plan
from tests.local_shell import LocalShell
from tests.world import World

BOX = 'host = "h"\nrepository = "$REPO"\ncommit = "<commit>"\nmay_discard = ["package-lock.json"]'


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path)


def shell(repository: Repository) -> LocalShell:
    return LocalShell({"REPO": str(repository.path)})


def test_the_plan_shows_the_words_that_run() -> None:
    assert 'on h: git checkout --quiet --force --detach "$COMMIT"' in plan(box("checkout", BOX))


def test_the_commit_is_fetched_and_checked_out(repository: Repository) -> None:
    found = execute(box("checkout", BOX), context(World(), {"commit": repository.new}, shell=shell(repository)))
    assert found.state == "done", found.lines
    assert git(repository.path, "rev-parse", "HEAD") == repository.new


def test_a_lock_file_that_npm_rewrote_does_not_stop_it(repository: Repository) -> None:
    (repository.path / "package-lock.json").write_text("{rewritten}\n")
    found = execute(box("checkout", BOX), context(World(), {"commit": repository.new}, shell=shell(repository)))
    assert found.state == "done", found.lines
    assert git(repository.path, "status", "--porcelain") == ""


def test_a_file_changed_by_hand_is_named_and_kept(repository: Repository) -> None:
    (repository.path / "app.js").write_text("a hotfix\n")
    found = execute(box("checkout", BOX), context(World(), {"commit": repository.new}, shell=shell(repository)))
    assert found.state == "failed"
    assert any("app.js" in line for line in found.lines), found.lines
    assert (repository.path / "app.js").read_text() == "a hotfix\n"
    assert git(repository.path, "rev-parse", "HEAD") == repository.old


def test_after_a_cut_the_head_tells(repository: Repository) -> None:
    step, host = box("checkout", BOX), shell(repository)
    ctx = context(World(), {"commit": repository.old}, shell=host)
    host.dead.add(ctx.key)
    assert step.recover(ctx).state == "done"
    assert step.recover(context(World(), {"commit": repository.new}, shell=host)).state == "failed"


def test_a_name_that_moves_is_not_a_commit(repository: Repository) -> None:
    """A branch may be somebody else's commit by now: what is checked out must be the commit itself."""
    found = execute(box("checkout", BOX), context(World(), {"commit": "origin/main"}, shell=shell(repository)))
    assert found.state == "failed", found.summary
