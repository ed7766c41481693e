"""`checkout` whose `repository` is a folder within the working copy: git replaces all files."""

from __future__ import annotations

from pathlib import Path

import pytest

from commands.steps.base import execute
from commands.steps.outcome import Outcome
from tests.commands.steps.builders import box, context
from tests.commands.steps.git_repository import Repository, git
from tests.local_shell import LocalShell
from tests.world import World

BOX = 'host = "h"\nrepository = "$REPO"\ncommit = "<commit>"\nmay_discard = ["package-lock.json"]'


class OneOfTwo:
    """A working copy with the folders api and web. The page names api; `new` changes both, and adds web/new.js."""

    def __init__(self, folder: Path) -> None:
        repository = Repository(folder)
        for name in ("api", "web"):
            (repository.origin / name).mkdir()
        names = ("api/a.js", "api/package-lock.json", "web/package-lock.json", "web/w.js")
        self.old = repository.commit(dict.fromkeys(names, "1\n"), "Two folders")
        self.new = repository.commit({**dict.fromkeys(names, "2\n"), "web/new.js": "2\n"}, "New")
        self.path, self.origin = repository.path, repository.origin
        git(self.path, "fetch", "-q")
        git(self.path, "checkout", "-q", "--detach", self.old)

    def check_out(self, commit: str, attempt: int = 1) -> Outcome:
        host = LocalShell({"REPO": str(self.path / "api")}, base={"GIT_ALLOW_PROTOCOL": "file"})
        return execute(box("checkout", BOX), context(World(), {"commit": commit}, shell=host, attempt=attempt))


@pytest.fixture
def copy(tmp_path: Path) -> OneOfTwo:
    return OneOfTwo(tmp_path)


def test_all_folders_are_checked_out(copy: OneOfTwo) -> None:
    (copy.path / "api/package-lock.json").write_text("rewritten\n")
    git(copy.path, "update-index", "--assume-unchanged", "api/package-lock.json")
    for commit, attempt in ((copy.new, 1), (copy.old, 2)):
        outcome = copy.check_out(commit, attempt)
        assert outcome.state == "done", (outcome.summary, outcome.lines)
        assert git(copy.path, "status", "--porcelain") == ""
        assert git(copy.path, "rev-parse", "HEAD") == commit


@pytest.mark.fault("the first of several for all")
@pytest.mark.parametrize(
    ("file", "listed"),
    [
        ("web/w.js", " M web/w.js"),
        ("web/package-lock.json", " M web/package-lock.json"),
        ("web/new.js", "?? web/new.js"),
    ],
)
def test_somebodys_work_in_another_folder_is_listed_and_kept(copy: OneOfTwo, file: str, listed: str) -> None:
    (copy.path / file).write_text("mine\n")
    outcome = copy.check_out(copy.new)
    assert (outcome.state, outcome.lines) == ("failed", (listed,)), outcome.summary
    assert (copy.path / file).read_text() == "mine\n"


@pytest.mark.fault("the first of several for all")
def test_a_submodule_in_another_folder_is_set_to_the_commit_of_the_release(copy: OneOfTwo) -> None:
    git(copy.origin, "-c", "protocol.file.allow=always", "submodule", "add", "-q", str(copy.origin), "web/lib")
    git(copy.origin / "web/lib", "checkout", "-q", copy.old)
    git(copy.origin, "commit", "-q", "-a", "-m", "With a submodule")
    outcome = copy.check_out(git(copy.origin, "rev-parse", "HEAD"))
    assert outcome.state == "done", (outcome.summary, outcome.lines)
    assert git(copy.path / "web/lib", "rev-parse", "HEAD") == copy.old
