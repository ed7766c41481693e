"""`checkout` where git stops in the middle of the files: they are put back."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from commands.steps.base import execute
from commands.steps.outcome import Outcome
from tests.commands.steps.builders import box, context
from tests.commands.steps.git_repository import Repository, git
from tests.local_shell import LocalShell
from tests.world import World

CHECKOUT = box("checkout", 'host = "h"\nrepository = "$REPO"\ncommit = "<commit>"')


class Copy:
    """A working copy at `old`; `new` adds b.js and y.js and changes the others, of which git cannot write m.js."""

    def __init__(self, folder: Path, attributes: str = "") -> None:
        self.repository = Repository(folder)
        self.path = self.repository.path
        files = {"a.js": "1\n", "m.js": "1\n", "z.js": "1\n", **({".gitattributes": attributes} if attributes else {})}
        self.old = self.repository.commit(files, "Old")
        self.new = self.repository.commit(
            {"a.js": "2\n", "b.js": "2\n", "m.js": "NEW\n", "y.js": "2\n", "z.js": "2\n"}, "New"
        )
        git(self.path, "pull", "-q")
        git(self.path, "checkout", "-q", "--detach", self.old)

    def check_out(self, commit: str, attempt: int = 1) -> Outcome:
        ctx = context(World(), {"commit": commit}, shell=LocalShell({"REPO": str(self.path)}), attempt=attempt)
        return execute(CHECKOUT, ctx)

    def files(self) -> dict[str, str]:
        return {file.name: file.read_text() for file in self.path.glob("?.js")}


def without_an_object(folder: Path) -> Copy:
    """As a clone of a mirror that has not all objects."""
    copy = Copy(folder)
    blob = git(copy.path, "rev-parse", f"{copy.new}:m.js")
    git(copy.path, "repack", "-q", "-a", "-d")
    for pack in (copy.path / ".git/objects/pack").glob("*.pack"):
        moved = shutil.move(pack, folder)
        with Path(moved).open("rb") as packed:
            subprocess.run(["git", "unpack-objects", "-q"], cwd=copy.path, stdin=packed, check=True)
    (copy.path / ".git/objects" / blob[:2] / blob[2:]).unlink()
    return copy


def with_a_filter_that_fails(folder: Path) -> Copy:
    """As Git LFS does where its server has no file for it."""
    copy = Copy(folder, "m.js filter=far\n")
    git(copy.path, "config", "filter.far.smudge", "grep -v NEW")
    git(copy.path, "config", "filter.far.clean", "cat")
    git(copy.path, "config", "filter.far.required", "true")
    return copy


@pytest.mark.fault("the way back is first tried when it is needed")
@pytest.mark.parametrize("stops", [without_an_object, with_a_filter_that_fails])
@pytest.mark.parametrize("hook", [False, True])
def test_files_are_put_back_where_git_stops_in_their_middle(tmp_path: Path, stops: object, hook: bool) -> None:
    copy: Copy = stops(tmp_path)  # type: ignore[operator]
    if hook:
        (copy.path / ".git/hooks/post-checkout").write_text("#!/bin/sh\n")
        (copy.path / ".git/hooks/post-checkout").chmod(0o755)
    outcome = copy.check_out(copy.new)
    assert outcome.state == "failed", outcome.summary
    assert outcome.summary.endswith(f" HEAD and the files are still at commit {copy.old[:10]}."), outcome.summary
    assert ("the clone lacks objects" in outcome.summary) == (stops is without_an_object)
    assert copy.files() == {"a.js": "1\n", "m.js": "1\n", "z.js": "1\n"}
    back = copy.check_out(copy.old, attempt=2)
    assert back.state == "done", (back.summary, back.lines)


def test_files_that_cannot_be_put_back_either_are_told(tmp_path: Path) -> None:
    copy = with_a_filter_that_fails(tmp_path)
    git(copy.path, "config", "filter.far.smudge", "false")
    outcome = copy.check_out(copy.new)
    assert outcome.state == "failed"
    assert outcome.summary.endswith("only part of it was done, and could not be undone."), outcome.summary


KILLER = """#!/bin/sh
text=$(cat)
case $text in NEW) kill -9 $PPID ;; *) printf '%s\\n' "$text" ;; esac
"""


def stop_in_the_middle(copy: Copy, folder: Path, commit: str = "") -> None:
    """Have git killed in the middle of the files, after which somebody removes its lock."""
    (folder / "killer").write_text(KILLER)
    (folder / "killer").chmod(0o755)
    git(copy.path, "config", "filter.far.smudge", str(folder / "killer"))
    assert copy.check_out(commit or copy.new).state == "failed"
    (copy.path / ".git/index.lock").unlink()


@pytest.fixture
def killed(tmp_path: Path) -> Copy:
    """A working copy in which git was killed in the middle of the files."""
    copy = Copy(tmp_path, "m.js filter=far\n")
    stop_in_the_middle(copy, tmp_path)
    assert copy.files() != {"a.js": "1\n", "m.js": "1\n", "z.js": "1\n"}, "git was killed before it changed a file"
    return copy


@pytest.mark.fault("the way back is first tried when it is needed")
def test_files_that_a_killed_git_left_keep_no_checkout_away(killed: Copy) -> None:
    (killed.path / "z.js").write_text("")  # it was killed before it had written the file
    back = killed.check_out(killed.old, attempt=2)
    assert back.state == "done", (back.summary, back.lines)
    assert killed.files() == {"a.js": "1\n", "m.js": "1\n", "z.js": "1\n"}


def test_a_way_back_that_is_killed_as_well_can_be_gone_again(killed: Copy, tmp_path: Path) -> None:
    git(killed.path, "config", "filter.far.smudge", "kill -9 $PPID")
    assert killed.check_out(killed.old, attempt=2).state == "failed"
    (killed.path / ".git/index.lock").unlink()
    git(killed.path, "config", "filter.far.smudge", str(tmp_path / "killer"))
    back = killed.check_out(killed.old, attempt=3)
    assert back.state == "done", (back.summary, back.lines)


def test_a_file_of_ones_own_is_not_removed_with_those_of_a_checkout_that_was_stopped(killed: Copy) -> None:
    (killed.path / "b.js").write_text("2\nmine\n")
    assert killed.check_out(killed.old, attempt=2).state == "done"
    assert killed.files()["b.js"] == "2\nmine\n"


def test_a_checkout_that_ended_well_leaves_no_note_and_removes_nothing_later(tmp_path: Path) -> None:
    copy = Copy(tmp_path)
    assert copy.check_out(copy.new).state == "done"
    git(copy.path, "checkout", "-q", "--detach", copy.old)
    (copy.path / "b.js").write_text("2\n")  # the same bytes as in the release, but somebody's own
    assert copy.check_out(copy.old, attempt=2).state == "done"
    assert (copy.path / "b.js").exists()


def test_a_change_by_hand_beside_such_files_is_listed_and_kept(killed: Copy) -> None:
    (killed.path / "z.js").write_text("2\nmine\n")
    back = killed.check_out(killed.old, attempt=2)
    assert (back.state, back.lines) == ("failed", (" M z.js",)), back.summary
    assert killed.files()["z.js"] == "2\nmine\n"


def test_a_file_that_somebody_emptied_is_a_change_where_no_checkout_was_to_change_it(tmp_path: Path) -> None:
    copy = Copy(tmp_path)
    assert copy.check_out(copy.new).state == "done"
    (copy.path / "a.js").write_text("")
    back = copy.check_out(copy.old, attempt=2)
    assert (back.state, back.lines) == ("failed", (" M a.js",)), back.summary


@pytest.mark.fault("the way back is first tried when it is needed")
def test_a_way_back_that_died_is_not_taken_for_done_because_the_head_never_moved(killed: Copy) -> None:
    ctx = context(World(), {"commit": killed.old}, shell=LocalShell({"REPO": str(killed.path)}), attempt=2)
    ctx.tools.shell.dead.add(ctx.key)  # type: ignore[attr-defined]
    outcome = CHECKOUT.recover(ctx)
    assert outcome and outcome.state == "failed", outcome
    assert " M a.js" in outcome.lines


def test_a_way_back_that_fails_too_is_not_taken_for_a_hook_that_failed(killed: Copy) -> None:
    (killed.path / ".git/hooks/post-checkout").write_text("#!/bin/sh\n")
    (killed.path / ".git/hooks/post-checkout").chmod(0o755)
    git(killed.path, "config", "filter.far.smudge", "false")
    git(killed.path, "config", "filter.far.required", "true")
    back = killed.check_out(killed.old, attempt=2)
    assert back.state == "failed", (back.summary, killed.files())


@pytest.mark.fault("the first of several for all")
def test_a_file_beside_those_of_a_stopped_checkout_that_somebody_cut_short_is_a_change(tmp_path: Path) -> None:
    copy = Copy(tmp_path, "m.js filter=far\n")
    (copy.repository.origin / "d").mkdir()
    old = copy.repository.commit({"m.js": "1\n", "d/f.js": "1\n", "d/own.js": "1\n2\n"}, "A folder")
    new = copy.repository.commit({"m.js": "NEW\n", "d/f.js": "2\n"}, "Another")
    git(copy.path, "fetch", "-q")
    git(copy.path, "checkout", "-q", "--detach", old)
    stop_in_the_middle(copy, tmp_path, new)
    (copy.path / "d/own.js").write_text("1\n")
    back = copy.check_out(old, attempt=2)
    assert (back.state, back.lines) == ("failed", (" M d/own.js",)), back.summary
    assert (copy.path / "d/own.js").read_text() == "1\n"


def test_a_note_of_a_commit_that_is_gone_excuses_nothing(tmp_path: Path) -> None:
    copy = Copy(tmp_path)
    note = copy.path / ".git/refs/worktree/gonogo/checkout"
    note.parent.mkdir(parents=True)
    note.write_text("d" * 40 + "\n")
    (copy.path / "a.js").unlink()
    outcome = copy.check_out(copy.new)
    assert (outcome.state, outcome.lines) == ("failed", (" D a.js",)), outcome.summary


def test_a_file_that_stood_there_before_the_checkout_is_not_removed_with_those_of_it(tmp_path: Path) -> None:
    copy = Copy(tmp_path, "m.js filter=far\n")
    (copy.path / "y.js").write_text("2\n")  # the release has the same
    stop_in_the_middle(copy, tmp_path)
    assert copy.check_out(copy.old, attempt=2).state == "done"
    assert copy.files() == {"a.js": "1\n", "m.js": "1\n", "z.js": "1\n", "y.js": "2\n"}


def test_nothing_is_removed_beyond_a_link_that_the_release_replaces_by_a_folder(tmp_path: Path) -> None:
    copy = Copy(tmp_path, "m.js filter=far\n")
    far = tmp_path / "far"
    far.mkdir()
    (copy.repository.origin / "shared").symlink_to(far)
    old = copy.repository.commit({"m.js": "1\n"}, "A link")
    (copy.repository.origin / "shared").unlink()
    (copy.repository.origin / "shared").mkdir()
    new = copy.repository.commit({"m.js": "NEW\n", "shared/app.conf": "on\n"}, "A folder")
    git(copy.path, "fetch", "-q")
    git(copy.path, "checkout", "-q", "--detach", old)
    stop_in_the_middle(copy, tmp_path, new)
    (far / "app.conf").write_text("on\n")
    assert copy.check_out(old, attempt=2).state == "done"
    assert (far / "app.conf").exists()


def test_a_link_that_a_killed_git_has_changed_or_made_keeps_no_checkout_away(tmp_path: Path) -> None:
    copy = Copy(tmp_path, "m.js filter=far\n")
    current = copy.repository.origin / "current"
    current.symlink_to("v1")
    (copy.repository.origin / "a.js").unlink()
    old = copy.repository.commit({"a.js": "1\n", "m.js": "1\n"}, "A link")
    current.unlink()
    current.symlink_to("v2")
    (copy.repository.origin / "a.js").unlink()
    (copy.repository.origin / "a.js").symlink_to("z.js")
    (copy.repository.origin / "added").symlink_to("z.js")
    new = copy.repository.commit({"m.js": "NEW\n"}, "Another")
    git(copy.path, "fetch", "-q")
    git(copy.path, "checkout", "-q", "--detach", old)
    stop_in_the_middle(copy, tmp_path, new)
    assert ((copy.path / "current").readlink(), (copy.path / "added").readlink()) == (Path("v2"), Path("z.js"))
    git(copy.path, "config", "--unset", "filter.far.smudge")
    assert copy.check_out(old, attempt=2).state == "done"
    assert (copy.path / "current").readlink() == Path("v1")
    outcome = copy.check_out(new, attempt=3)
    assert outcome.state == "done", (outcome.summary, outcome.lines)


def test_another_release_removes_the_new_files_of_one_that_was_stopped(killed: Copy) -> None:
    (killed.repository.origin / "b.js").unlink()
    other = killed.repository.commit({"a.js": "3\n", "m.js": "3\n"}, "Without b.js")
    outcome = killed.check_out(other, attempt=2)
    assert outcome.state == "done", (outcome.summary, outcome.lines)
    assert "b.js" not in killed.files()


def test_a_new_file_that_a_killed_git_has_half_written_keeps_the_same_release_not_away(killed: Copy) -> None:
    (killed.path / "b.js").write_text("")
    git(killed.path, "config", "--unset", "filter.far.smudge")
    again = killed.check_out(killed.new, attempt=2)
    assert again.state == "done", (again.summary, again.lines)
    assert killed.files()["b.js"] == "2\n"


def test_a_checkout_that_was_stopped_says_nothing_of_another_working_copy_of_the_repository(killed: Copy) -> None:
    other = killed.path.parent / "other"
    git(killed.path, "worktree", "add", "-q", "--detach", str(other), killed.old)
    (other / "z.js").write_text("")
    ctx = context(World(), {"commit": killed.old}, shell=LocalShell({"REPO": str(other)}), attempt=2)
    outcome = execute(CHECKOUT, ctx)
    assert (outcome.state, outcome.lines) == ("failed", (" M z.js",)), outcome.summary
    git(other, "checkout", "-q", "z.js")
    (other / "b.js").write_text("2\n")
    assert execute(CHECKOUT, replace(ctx, key="run-1/step/3")).state == "done"
    assert (other / "b.js").exists()
    assert killed.check_out(killed.old, attempt=4).state == "done"


def test_a_link_that_somebody_put_in_place_of_a_folder_afterwards_is_a_change(tmp_path: Path) -> None:
    copy = Copy(tmp_path, "m.js filter=far\n")
    (copy.repository.origin / "d").mkdir()
    old = copy.repository.commit({"m.js": "1\n", "d/f.js": "1\n"}, "A folder")
    new = copy.repository.commit({"m.js": "NEW\n", "d/f.js": "2\n"}, "Another")
    git(copy.path, "fetch", "-q")
    git(copy.path, "checkout", "-q", "--detach", old)
    stop_in_the_middle(copy, tmp_path, new)
    shutil.rmtree(copy.path / "d")
    (copy.path / "d").symlink_to(tmp_path)
    back = copy.check_out(old, attempt=2)
    assert (back.state, back.lines) == ("failed", (" D d/f.js",)), back.summary
    assert (copy.path / "d").is_symlink()


def test_a_checkout_that_fails_where_it_only_adds_files_leaves_none_of_them(tmp_path: Path) -> None:
    copy = Copy(tmp_path, "n.js filter=far\n")
    new = copy.repository.commit({"c.js": "1\n", "n.js": "NEW\n"}, "Two more")
    git(copy.path, "fetch", "-q")
    git(copy.path, "checkout", "-q", "--detach", f"{new}~1")
    git(copy.path, "config", "filter.far.smudge", "false")
    git(copy.path, "config", "filter.far.required", "true")
    before = copy.files()
    assert copy.check_out(new).state == "failed"
    assert copy.files() == before
