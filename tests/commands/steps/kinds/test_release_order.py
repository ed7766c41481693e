"""A release that lacks commits which run now says so; in a real repository."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from commands.ports.preflight import OK, WARN
from commands.steps.base import execute
from tests.commands.steps.builders import box, context
from tests.commands.steps.git_repository import Repository, git
from tests.commands.steps.release_case import PLAIN, preflight, release
from tests.local_shell import LocalShell
from tests.world import World

RUNNING = 'running = { on = "h", command = "git -C $R rev-parse HEAD", env = { R = "$REPO" } }\n'


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path)


@pytest.mark.fault("not looked at, and said to be fine")
def test_a_release_that_is_older_than_what_runs_is_called_so_with_the_commits_that_go(repository: Repository) -> None:
    git(repository.origin, "tag", "v1", repository.old)
    repository.commit({"c.js": "3"}, "Third")
    git(repository.path, "pull", "-q")
    outcome = release(repository, "v1")
    assert outcome.state == "done"
    assert outcome.summary.endswith(" It is older than the clone: 2 commits of the clone are not in it.")
    assert release(repository, repository.new).summary.endswith(": 1 commit of the clone is not in it.")
    _, warning = preflight(repository, "v1")
    assert warning.level == WARN
    assert warning.summary == (
        f"v1 is commit {repository.old[:10]}; it is older than the clone: 2 commits of the clone are not in it"
    )


@pytest.mark.fault("not looked at, and said to be fine")
def test_a_release_of_another_branch_that_lacks_what_runs_is_called_so(repository: Repository) -> None:
    git(repository.origin, "checkout", "-q", "-b", "other", repository.old)
    repository.commit({"d.js": "4"}, "Fourth")
    git(repository.path, "pull", "-q")
    assert " It does not follow the clone: 1 commit of the clone is not in it." in release(repository, "other").summary


def run_asking(repository: Repository, ref: str) -> str:
    """The summary of the step on a page that asks what runs."""
    step = box("release", PLAIN + RUNNING)
    shell = LocalShell({"REPO": str(repository.path)})
    return execute(step, context(World(), {"ref": ref}, shell=shell, files={})).summary


def test_where_the_page_asks_what_runs_the_sentence_is_about_that(repository: Repository) -> None:
    git(repository.path, "pull", "-q")
    outcome = run_asking(repository, repository.old)
    assert outcome.endswith(" It is older than what runs: 1 commit that runs now is not in it.")
    repository.commit({"c.js": "3"}, "Third")
    git(repository.path, "pull", "-q")
    outcome = run_asking(repository, repository.old)
    assert outcome.endswith(" It is older than what runs: 2 commits that run now are not in it.")


def test_a_release_that_has_all_that_runs_says_nothing_of_it(repository: Repository) -> None:
    assert release(repository, "main").summary.endswith(" 2 changed files.")
    git(repository.path, "pull", "-q")
    assert "not in it" not in release(repository, "main").summary
    assert [result.level for result in preflight(repository, "main")] == [OK]


@pytest.mark.fault("not looked at, and said to be fine")
def test_a_shallow_clone_that_cannot_show_it_says_that_it_was_not_compared(repository: Repository) -> None:
    shutil.rmtree(repository.path)
    git(repository.origin.parent, "clone", "-q", "--depth=1", f"file://{repository.origin}", str(repository.path))
    assert "compared" not in release(repository, "main").summary
    git(repository.origin, "tag", "v1", repository.old)
    not_known = (
        "t was not compared whether all commits of the clone are in it: git there does not know, as in a shallow clone"
    )
    assert release(repository, "v1").summary.endswith(f" I{not_known}.")
    (result,) = preflight(repository, "v1")
    assert result.summary.endswith(f". I{not_known}")
