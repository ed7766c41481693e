"""`checkout` where files of another user, a dead git's lock or half a checkout are in the copy."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from commands.ports.preflight import FAIL, OK, PreflightCheck, PreflightContext, PreflightResult
from commands.steps.base import execute
from commands.steps.outcome import Context, Outcome
from tests.commands.steps.builders import box, context
from tests.commands.steps.git_repository import Repository, git
from tests.local_shell import LocalShell
from tests.other_user import NOBODY
from tests.world import World

CHECKOUT = box("checkout", 'host = "h"\nrepository = "$REPO"\ncommit = "<commit>"')


class WorkingCopy:
    """A working copy of a user that is not root; `old` is checked out, and `new` changes lib/x.js and app.js."""

    def __init__(self, folder: Path) -> None:
        self.repository = repository = Repository(folder)
        (repository.origin / "lib").mkdir()
        self.old = repository.commit({"lib/x.js": "1\n"}, "With a folder")
        self.new = repository.commit({"lib/x.js": "2\n", "app.js": "2\n"}, "New")
        git(repository.path, "fetch", "-q")
        git(repository.path, "checkout", "-q", self.old)
        self.give("nobody:nogroup", ".")
        (folder / ".gitconfig").write_text("[safe]\n\tdirectory = *\n")  # origin is root's
        self.host = LocalShell({"REPO": str(repository.path)}, within=NOBODY, base={"HOME": str(folder)})

    def give(self, owner: str, path: str) -> None:
        """Give a file or a folder to somebody."""
        subprocess.run(["chown", "-R", owner, self.repository.path / path], check=True)

    def check_out(self, commit: str, attempt: int = 1) -> Outcome:
        return execute(CHECKOUT, context(World(), {"commit": commit}, shell=self.host, attempt=attempt))

    def context(self, ref: str) -> Context:
        """What a step of a run with this ref gets."""
        return context(World(), {"ref": ref}, shell=self.host, files={})

    def half_checked_out(self, commit: str) -> None:
        """Replace the files, and end before HEAD is moved, as git does where HEAD is locked."""
        lock = self.repository.path / ".git" / "HEAD.lock"
        lock.touch()
        ended = self.host.ask("h", f'cd "{self.repository.path}" && git checkout --quiet --force --detach {commit}')
        assert "HEAD.lock" in ended.tail, ended.tail
        lock.unlink()

    def looked_at(self, number: int) -> PreflightResult:
        """What a check before the start finds; number 2 looks at what the release changes."""
        tools = replace(World().tools(), shell=self.host)
        check: PreflightCheck = CHECKOUT.preflight()[number]
        (found,) = check.run_preflight(PreflightContext(tools=tools, ref="main"))
        return found

    def head(self) -> str:
        return git(self.repository.path, "-c", "safe.directory=*", "rev-parse", "HEAD")


@pytest.fixture
def copy() -> Iterator[WorkingCopy]:
    if os.geteuid():
        pytest.skip("only root gives files to another user")
    with TemporaryDirectory(prefix="gt-", dir="/tmp") as name:
        Path(name).chmod(0o755)
        yield WorkingCopy(Path(name))


@pytest.mark.fault("found too late, known before")
@pytest.mark.parametrize(("owned", "named"), [("lib", "lib"), (".", ".")])
def test_folders_that_the_release_changes_and_the_user_may_not_are_found_before_anything_is_checked_out(
    copy: WorkingCopy, owned: str, named: str
) -> None:
    assert copy.looked_at(2).level == OK
    copy.give("root:root", owned)
    copy.give("nobody:nogroup", ".git")
    found = copy.looked_at(2) if owned == "lib" else copy.looked_at(1)
    assert (found.level, found.todo.startswith("make the deploying user")) == (FAIL, True)
    outcome = copy.check_out(copy.new)
    assert outcome.summary.startswith("Nothing was checked out: this user may not write to folders"), outcome.summary
    assert named in outcome.lines
    assert copy.head() == copy.old


def test_a_folder_of_another_that_the_release_leaves_alone_blocks_nothing(copy: WorkingCopy) -> None:
    copy.repository.commit({"app.js": "3\n"}, "Only app.js")
    assert copy.check_out(copy.new).state == "done"
    copy.give("root:root", "lib")
    git(copy.repository.path, "-c", "safe.directory=*", "fetch", "-q")
    newest = git(copy.repository.origin, "rev-parse", "HEAD")
    copy.give("nobody:nogroup", ".git")
    outcome = copy.check_out(newest, attempt=2)
    assert outcome.state == "done", outcome.summary


@pytest.mark.fault("the way back is first tried when it is needed")
def test_half_a_checkout_does_not_block_the_way_back(copy: WorkingCopy) -> None:
    assert copy.check_out(copy.new).state == "done"
    (copy.repository.path / "lib" / "x.js").write_text("1\n")  # as git leaves it that could not replace it
    outcome = copy.check_out(copy.old, attempt=2)
    assert outcome.state == "done", (outcome.summary, outcome.lines)


def test_a_mark_that_somebody_set_on_a_file_as_in_the_commit_is_still_a_change(copy: WorkingCopy) -> None:
    assert copy.check_out(copy.new).state == "done"
    (copy.repository.path / "lib" / "x.js").write_text("1\n")
    (copy.repository.path / "lib" / "x.js").chmod(0o755)
    outcome = copy.check_out(copy.old, attempt=2)
    assert (outcome.state, outcome.lines) == ("failed", (" M lib/x.js",))


@pytest.mark.fault("found too late, known before")
@pytest.mark.parametrize("lock", ["index.lock", "HEAD.lock"])
def test_a_lock_that_a_dead_git_left_is_found_before_the_start(copy: WorkingCopy, lock: str) -> None:
    (copy.repository.path / ".git" / lock).touch()
    found = copy.looked_at(1)
    assert (found.level, f"(.git/{lock})" in found.summary) == (FAIL, True), found.summary
    outcome = copy.check_out(copy.new)
    assert (outcome.state, outcome.lines) == ("failed", (f".git/{lock}",)), outcome.summary
    assert (copy.repository.path / "app.js").read_text() != "2\n", "git has replaced the files"


@pytest.mark.fault("the way back is first tried when it is needed")
def test_a_checkout_that_ended_before_head_was_moved_does_not_block_the_way_back(copy: WorkingCopy) -> None:
    found = execute(box("release", 'host = "h"\nrepository = "$REPO"'), copy.context("main"))
    assert found.values["commit"] == copy.new
    copy.half_checked_out(copy.new)
    assert copy.head() == copy.old
    assert copy.looked_at(1).level == OK
    assert copy.check_out(copy.old).state == "done"
    copy.half_checked_out(copy.new)
    (copy.repository.path / "app.js").write_text("a hotfix\n")
    outcome = copy.check_out(copy.old, attempt=2)
    assert (outcome.state, outcome.lines) == ("failed", ("MM app.js",))


@pytest.mark.fault("the way back is first tried when it is needed")
@pytest.mark.parametrize("owned", ["lib", ".git/logs/HEAD"], ids=["a build by root", "a git of root"])
def test_what_a_command_of_root_leaves_in_the_way_of_the_rollback_is_named_at_once(
    copy: WorkingCopy, owned: str
) -> None:
    assert copy.check_out(copy.new).state == "done"
    back = box("checkout", 'host = "h"\nrepository = "$REPO"\ncommit = "<commit_before>"\nundoes = "code"\n')
    known = {"commit": copy.new, "commit_before": copy.old}

    def run(attempt: int) -> Outcome:
        ctx = context(World(), known, shell=copy.host, attempt=attempt, boxes={"code": CHECKOUT, "old-code": back})
        return execute(box("run", 'host = "h"\ncommands = ["true"]\n'), ctx)

    assert run(2).summary == "1 command succeeded."
    copy.give("root:root", owned)
    assert run(3).summary == (
        f"1 command succeeded. But the deploying user may not write to {owned} now, where git must write, so "
        "`old-code` of the rollback would refuse: make that user the owner (chown -R)."
    )
    refused = copy.check_out(copy.old, attempt=4)
    assert (refused.state, refused.lines) == ("failed", (owned,)), refused.summary
    copy.give("nobody:nogroup", owned)
    assert run(5).summary == "1 command succeeded."


@pytest.mark.fault("found too late, known before")
def test_a_log_of_git_that_belongs_to_root_is_found_before_the_start(copy: WorkingCopy) -> None:
    copy.give("root:root", ".git/logs/HEAD")
    found = copy.looked_at(2)
    assert (found.level, ".git/logs/HEAD" in found.summary) == (FAIL, True)


@pytest.mark.fault("the way back is first tried when it is needed")
@pytest.mark.parametrize("of", ["old", "new"])
@pytest.mark.parametrize("content", [b"", b"x" * 40, None], ids=["empty", "other bytes", "gone"])
def test_a_damaged_file_of_either_version_is_found_before_the_start(
    copy: WorkingCopy, of: str, content: bytes | None
) -> None:
    path = copy.repository.path
    blob = git(path, "-c", "safe.directory=*", "rev-parse", f"{getattr(copy, of)}:lib/x.js")
    file = path / ".git/objects" / blob[:2] / blob[2:]
    file.unlink()
    if content is not None:
        file.write_bytes(content)
    found = copy.looked_at(2)
    assert (found.level, blob[2:] in found.summary or blob in found.summary) == (FAIL, True), found.summary


def test_a_release_that_is_not_fetched_yet_is_said_not_to_be_compared(copy: WorkingCopy) -> None:
    copy.repository.commit({"lib/x.js": "3\n"}, "Not fetched")
    assert copy.looked_at(2).summary.endswith("so its folders were not compared")


@pytest.mark.fault("a cause that nobody has seen")
@pytest.mark.parametrize("kind", ["checkout", "release"])
def test_objects_that_belong_to_root_are_named_with_their_owner_and_the_command(copy: WorkingCopy, kind: str) -> None:
    newest = copy.repository.commit({"app.js": "3\n"}, "Not fetched")
    copy.give("root:root", ".git/objects")
    outcome = (
        copy.check_out(newest)
        if kind == "checkout"
        else execute(box("release", 'host = "h"\nrepository = "$REPO"'), copy.context("main"))
    )
    assert "insufficient permission for adding an object" in outcome.summary
    assert "files in .git belong to root, as a git with sudo leaves them: run `chown -R USER .git` there as root" in (
        outcome.summary
    )
    assert (copy.head(), "by hand" in outcome.summary) == (copy.old, False)
    assert not [line for line in outcome.lines if line.startswith("owned_by=")]
    if kind == "checkout":
        assert outcome.summary.endswith(f". HEAD and the files are still at commit {copy.old[:10]}.")


@pytest.mark.fault("not looked at, and said to be fine")
def test_a_checkout_that_fails_after_the_files_were_replaced_says_where_both_stand(copy: WorkingCopy) -> None:
    assert execute(box("release", 'host = "h"\nrepository = "$REPO"'), copy.context("main")).state == "done"
    hook = copy.repository.path / ".git" / "hooks" / "reference-transaction"
    hook.write_text('#!/bin/sh\ncat > /dev/null\n[ "$1" != prepared ]\n')
    hook.chmod(0o755)
    outcome = copy.check_out(copy.new, attempt=2)
    hook.unlink()
    assert (outcome.state, copy.head()) == ("failed", copy.old), outcome.summary
    assert outcome.summary.endswith(
        f"The files are those of commit {copy.new[:10]} already, but HEAD is still at {copy.old[:10]}."
    ), outcome.summary
    assert copy.check_out(copy.old, attempt=3).state == "done", "the rollback goes on from there"
