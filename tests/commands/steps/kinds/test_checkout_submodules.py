"""What would stop a checkout half way in a submodule is found before it changes anything."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from commands.ports.preflight import FAIL, OK, WARN
from commands.steps.base import execute
from tests.commands.steps.builders import box, context
from tests.commands.steps.git_repository import Repository, git
from tests.commands.steps.kinds.test_checkout import CHECKOUT, check_out, checked, shell
from tests.local_shell import LocalShell
from tests.world import World

LOCK = ".git/modules/outer/modules/inner/index.lock"


class Nested:
    """A repository with a submodule in a submodule; the release moves both of them and adds a file to each."""

    def __init__(self, folder: Path) -> None:
        for name in ("inner", "outer", "main"):
            (folder / name).mkdir()
        self.inner, self.outer, self.main = (Repository(folder / name) for name in ("inner", "outer", "main"))
        git(self.outer.origin, "submodule", "--quiet", "add", str(self.inner.origin), "inner")
        git(self.main.origin, "submodule", "--quiet", "add", str(self.outer.origin), "outer")
        git(self.main.origin, "submodule", "--quiet", "update", "--init", "--recursive")
        git(self.outer.origin / "inner", "checkout", "-q", self.inner.old)
        self.old = self.release({}, "Before")
        (self.inner.origin / "conf").mkdir()
        self.inner.commit({"conf/ของ.env": "from the repository\n"}, "A file")
        git(self.outer.origin / "inner", "pull", "-q", "origin", "main")
        self.new = self.release({"local.cfg": "from the repository\n"}, "The release")
        assert check_out(self.main, self.old).state == "done"
        git(self.main.path, "fetch", "-q")
        self.library = self.main.path / "outer"

    def release(self, files: dict[str, str], message: str) -> str:
        """Commit the submodules as they are in origin now."""
        commit = self.outer.commit(files, message)
        git(self.main.origin / "outer", "fetch", "-q")
        git(self.main.origin / "outer", "checkout", "-q", commit)
        return self.main.commit({}, message)

    def head(self) -> str:
        """What is checked out."""
        return git(self.main.path, "rev-parse", "HEAD")


@pytest.fixture
def nested(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Nested:
    """Such a repository, at the commit before the release."""
    (tmp_path / ".gitconfig").write_text('[protocol "file"]\n\tallow = always\n')
    monkeypatch.setenv("HOME", str(tmp_path))
    return Nested(tmp_path)


@pytest.mark.fault("found too late, known before")
def test_untracked_files_of_submodules_that_the_release_would_overwrite_are_listed_and_kept(nested: Nested) -> None:
    assert checked(shell(nested.main), 2)[0].level == OK
    files = [nested.library / "local.cfg", nested.library / "inner/conf/ของ.env"]
    for file in files:
        file.parent.mkdir(exist_ok=True)
        file.write_text("production's own\n")
    (found,) = checked(shell(nested.main), 2)
    names = "outer: local.cfg, outer/inner: conf/ของ.env"
    assert (found.level, found.summary) == (
        WARN,
        f"2 untracked files of the working copy would be overwritten by the release: {names}",
    )
    outcome = check_out(nested.main, nested.new)
    assert (outcome.state, outcome.lines) == ("failed", ("outer: ?? local.cfg", "outer/inner: ?? conf/ของ.env"))
    assert {file.read_text() for file in files} == {"production's own\n"}
    assert nested.head() == nested.old
    for file in files:
        file.unlink()
    assert check_out(nested.main, nested.new).state == "done"
    assert check_out(nested.main, nested.old).state == "done"


@pytest.mark.fault("found too late, known before")
def test_a_lock_in_a_submodule_is_found_before_anything_is_checked_out(nested: Nested) -> None:
    (nested.main.path / LOCK).touch()
    (found,) = checked(shell(nested.main))
    assert (found.level, found.summary) == (
        FAIL,
        f"the working copy is locked, so that nothing can be checked out ({LOCK})",
    )
    outcome = check_out(nested.main, nested.new)
    assert (outcome.state, outcome.lines, nested.head()) == ("failed", (LOCK,), nested.old)
    (nested.main.path / LOCK).unlink()
    assert check_out(nested.main, nested.new).state == "done"


@pytest.mark.fault("found too late, known before")
def test_a_commit_of_a_submodule_that_nobody_pushed_is_found_before_anything_is_checked_out(nested: Nested) -> None:
    work = nested.main.origin / "outer"
    (work / "mine").write_text("not pushed\n")
    git(work, "add", "mine")
    git(work, "commit", "-q", "-m", "Not pushed")
    commit, missing = nested.main.commit({}, "Names it"), git(work, "rev-parse", "HEAD")[:10]
    git(nested.main.path, "fetch", "-q", "--no-recurse-submodules")
    (found,) = checked(shell(nested.main), 2)
    assert (found.level, found.summary) == (
        FAIL,
        f"the release needs commits of submodules that cannot be fetched here: outer: {missing}",
    )
    outcome = check_out(nested.main, commit)
    assert (outcome.state, outcome.lines, nested.head()) == ("failed", (f"outer: {missing}",), nested.old)


@pytest.mark.fault("the way back is first tried when it is needed")
def test_a_release_that_brings_a_submodule_can_be_taken_back_and_deployed_again(nested: Nested) -> None:
    assert check_out(nested.main, nested.main.old).state == "done"
    assert nested.library.exists(), "git leaves a submodule that the commit has not"
    assert checked(shell(nested.main), 2)[0].level == OK
    again = check_out(nested.main, nested.new)
    assert again.state == "done", (again.summary, again.lines)
    assert (nested.library / "local.cfg").exists()


@pytest.mark.parametrize("within", ["", "inner/"])
def test_work_in_a_submodule_that_was_taken_back_with_its_release_is_listed_and_kept(
    nested: Nested, within: str
) -> None:
    assert check_out(nested.main, nested.main.old).state == "done"
    (nested.library / within / "app.js").write_text("mine\n")
    again = check_out(nested.main, nested.new)
    named = f"outer/{within}".rstrip("/")
    assert again.state == "failed", again.summary
    assert [line.replace(": ", "/", line.count(":") - 1) for line in again.lines] == [f"{named}:  M app.js"]
    assert (nested.library / within / "app.js").read_text() == "mine\n"


@pytest.mark.fault("the way back is first tried when it is needed")
def test_a_release_with_files_of_its_own_in_the_place_of_a_submodule_can_be_taken_back(nested: Nested) -> None:
    git(nested.main.origin, "rm", "-q", "-f", "outer")
    (nested.main.origin / "outer").mkdir()
    own = nested.main.commit({"outer/app.js": "in its place\n"}, "No submodule")
    git(nested.main.origin, "rm", "-q", "-r", "outer")
    none = nested.main.commit({}, "Nothing in its place")
    for commit in (nested.new, own, nested.new, own, none, nested.new):
        outcome = check_out(nested.main, commit)
        assert outcome.state == "done", (outcome.summary, outcome.lines)
    assert git(nested.library, "status", "--porcelain") == ""


@pytest.mark.fault("the way back is first tried when it is needed")
def test_the_first_clone_of_a_submodule_that_was_killed_is_made_anew(nested: Nested) -> None:
    assert check_out(nested.main, nested.main.old).state == "done"
    shutil.rmtree(nested.library)
    shutil.rmtree(nested.main.path / ".git/modules")
    far = f"url.ssh://far{nested.outer.origin}.insteadOf"
    git(nested.main.path, "config", "--global", far, str(nested.outer.origin))
    killed = LocalShell(
        {"REPO": str(nested.main.path)}, within=["setsid", "--wait"], base={"GIT_SSH_COMMAND": "kill -9 0 #"}
    )
    assert execute(box("checkout", CHECKOUT), context(World(), {"commit": nested.new}, shell=killed)).state == "failed"
    assert [file.name for file in nested.library.iterdir()] == [".git"]
    git(nested.main.path, "config", "--global", "--unset", far)
    again = check_out(nested.main, nested.new)
    assert again.state == "done", (again.summary, again.lines)
    assert (nested.library / "local.cfg").exists()


@pytest.mark.fault("found too late, known before")
def test_files_where_a_new_submodule_would_be_cloned_are_found_before_anything_is_checked_out(nested: Nested) -> None:
    git(nested.main.path, "submodule", "--quiet", "deinit", "--force", "outer")
    (nested.library / "notes").mkdir(parents=True)
    (nested.library / "notes" / "mine").write_text("production's own\n")
    outcome = check_out(nested.main, nested.new)
    assert (outcome.state, outcome.lines) == ("failed", ("outer: ?? notes/mine",)), outcome.summary
    assert nested.head() == nested.old
    (nested.library / "notes" / "mine").unlink()
    assert check_out(nested.main, nested.new).state == "done"


def test_a_submodule_whose_address_the_release_moves_is_fetched_from_there(nested: Nested, tmp_path: Path) -> None:
    nested.outer.origin.rename(tmp_path / "moved")
    git(nested.main.origin, "submodule", "set-url", "outer", str(tmp_path / "moved"))
    git(tmp_path / "moved", "checkout", "-q", "main")
    (tmp_path / "moved" / "later").write_text("1\n")
    git(tmp_path / "moved", "add", "later")
    git(tmp_path / "moved", "commit", "-q", "-m", "Later")
    git(nested.main.origin / "outer", "pull", "-q", "origin", "main")
    commit = nested.main.commit({}, "It is elsewhere now")
    outcome = check_out(nested.main, commit)
    assert (outcome.state, (nested.library / "later").exists()) == ("done", True), (outcome.summary, outcome.lines)


@pytest.mark.fault("the first of several for all")
def test_files_of_git_lfs_in_a_submodule_that_are_only_pointers_are_named(nested: Nested) -> None:
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'a' * 64}\nsize 12345\n"
    commit = nested.release({".gitattributes": "*.bin filter=lfs -text\n", "model.bin": pointer}, "With Git LFS")
    outcome = check_out(nested.main, commit)
    assert outcome.state == "done", outcome.output
    assert "1 file of Git LFS not fetched, so only pointers are there: outer: model.bin" in outcome.summary


@pytest.mark.fault("the way back is first tried when it is needed")
def test_a_lock_of_the_settings_is_found_before_anything_moves(nested: Nested) -> None:
    lock = nested.main.path / ".git/config.lock"
    lock.touch()
    outcome = check_out(nested.main, nested.new)
    assert (outcome.state, "another git works" in outcome.summary) == ("failed", True), outcome.summary
    assert (nested.head(), outcome.lines) == (nested.old, (".git/config.lock",))
    lock.unlink()
    assert check_out(nested.main, nested.new).state == "done"


@pytest.mark.fault("found too late, known before")
def test_a_submodule_within_a_submodule_may_get_another_address_in_the_release_and_its_old_one_back(
    nested: Nested, tmp_path: Path
) -> None:
    (tmp_path / "moved").mkdir()
    moved = Repository(tmp_path / "moved")
    moved.commit({"new.txt": "new\n"}, "Only at the new address")
    git(nested.outer.origin, "config", "-f", ".gitmodules", "submodule.inner.url", str(moved.origin))
    git(nested.outer.origin, "submodule", "--quiet", "sync")
    git(nested.outer.origin / "inner", "fetch", "-q", "origin", "main")
    git(nested.outer.origin / "inner", "checkout", "-q", "FETCH_HEAD")
    release = nested.release({}, "It moves")
    assert check_out(nested.main, release).state == "done"
    assert (nested.library / "inner/new.txt").read_text() == "new\n"
    assert check_out(nested.main, nested.old).state == "done"
    assert not (nested.library / "inner/new.txt").exists()
