"""`checkout`: a failing hook is named, and the files say whether the commit is there."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.commands.steps.git_repository import Repository, git
from tests.commands.steps.kinds.test_checkout import check_out

pytestmark = pytest.mark.fault("a cause that nobody has seen")
FAILS = "echo git-lfs was not found on your path >&2\nexit 2"


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path)


def hook(repository: Repository, text: str, folder: str = ".git/hooks") -> str:
    """Let git run this after each checkout. Returns the hook's name."""
    file = repository.path / folder / "post-checkout"
    file.parent.mkdir(exist_ok=True)
    file.write_text(f"#!/bin/sh\n{text}\n")
    file.chmod(0o755)
    return f"{folder}/post-checkout"


@pytest.mark.parametrize("folder", [".git/hooks", ".husky"])
def test_a_hook_that_fails_keeps_neither_the_commit_nor_the_way_back_away(repository: Repository, folder: str) -> None:
    name = hook(repository, FAILS, folder)
    git(repository.path, "config", "core.hooksPath", folder)
    for commit in (repository.new, repository.old):
        outcome = check_out(repository, commit)
        assert outcome.state == "done", outcome.summary
        assert outcome.summary == (
            f"The working copy is at commit {commit[:10]}. But git ended with exit code 1, and the hook {name} runs "
            "after the checkout; what it does there may be missing: “git-lfs was not found on your path”."
        )
        assert git(repository.path, "rev-parse", "HEAD") == commit
        assert not any(line.startswith("hook") for line in outcome.lines), outcome.lines


def test_a_hook_that_says_nothing_is_named_alone(repository: Repository) -> None:
    hook(repository, "exit 1")
    assert check_out(repository).summary.endswith("; what it does there may be missing.")


def test_a_hook_that_fails_and_changes_a_file_has_not_checked_it_out(repository: Repository) -> None:
    hook(repository, f"echo changed > app.js\n{FAILS}")
    outcome = check_out(repository)
    assert outcome.state == "failed"
    assert outcome.summary.startswith("git failed with exit code 1 (git-lfs was not found on your path)")
    assert outcome.summary.endswith("only part of it was done, and could not be undone."), outcome.summary


def test_a_checkout_that_fails_before_its_hook_runs_is_none(repository: Repository) -> None:
    hook(repository, "exit 0")
    before = repository.path / ".git" / "hooks" / "reference-transaction"
    before.write_text("#!/bin/sh\nexit 1\n")
    before.chmod(0o755)
    outcome = check_out(repository)
    assert outcome.state == "failed"
    assert "hook .git/hooks/post-checkout" not in outcome.summary
    assert git(repository.path, "rev-parse", "HEAD") == repository.old
