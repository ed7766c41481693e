"""`release`, checked again: a real repository that was changed after the commit was pinned."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from commands.steps.base import execute
from commands.steps.outcome import Context
from commands.steps.plan_line import with_programs
from state.errors import Failed
from tests.commands.steps.builders import box, context
from tests.commands.steps.git_repository import Repository, git
from tests.local_shell import LocalShell
from tests.production import ended
from tests.world import World

UP = hashlib.sha256(b"SELECT 1;\n").hexdigest()


class Pinned:
    """A release that was pinned, and what it is checked with."""

    def __init__(self, folder: Path, ref: str = "main") -> None:
        self.repository = Repository(folder)
        self.box = box("release", 'host = "h"\nrepository = "$REPO"\nfiles = ["up.sql"]')
        self.files: dict[str, str] = {}
        git(self.repository.origin, "tag", "v2")
        outcome = execute(self.box, self.context({"ref": ref}))
        assert outcome.state == "done", outcome.summary
        self.values, self.evidence = {"ref": ref, **outcome.values}, outcome.evidence

    def context(self, values: dict[str, str]) -> Context:
        shell = LocalShell({"REPO": str(self.repository.path)})
        return context(World(), values, shell=shell, files=self.files)

    def recheck(self) -> str:
        found: str = self.box.recheck(self.context(self.values), self.evidence)
        return found


@pytest.fixture
def pinned(tmp_path: Path) -> Pinned:
    return Pinned(tmp_path)


def test_the_evidence_is_the_commit_the_one_before_and_the_hash_of_each_file(pinned: Pinned) -> None:
    assert pinned.evidence == {
        "commit": pinned.repository.new,
        "commit before": pinned.repository.old,
        "up.sql": UP,
    }
    assert pinned.recheck() == ""


def test_more_commits_on_the_branch_change_nothing(pinned: Pinned) -> None:
    pinned.repository.commit({"app.js": "const a = 3\n"}, "Third")
    assert pinned.recheck() == ""


def test_a_commit_that_was_taken_off_the_branch_is_named(pinned: Pinned) -> None:
    git(pinned.repository.origin, "reset", "-q", "--hard", "HEAD~1")
    assert pinned.recheck() == f"commit {pinned.repository.new[:8]} is no longer on main"


def test_a_branch_that_was_rewritten_with_another_file_is_named(pinned: Pinned) -> None:
    git(pinned.repository.origin, "reset", "-q", "--hard", "HEAD~1")
    pinned.repository.commit({"up.sql": "DROP TABLE jobs;\n"}, "Second, but worse")
    assert pinned.recheck() == f"commit {pinned.repository.new[:8]} is no longer on main"


def test_a_branch_that_was_deleted_is_named(pinned: Pinned) -> None:
    git(pinned.repository.origin, "checkout", "-q", "--detach")
    git(pinned.repository.origin, "branch", "-D", "main")
    assert pinned.recheck() == "origin has no main any more"


def test_a_working_copy_that_was_moved_is_named(pinned: Pinned) -> None:
    git(pinned.repository.path, "reset", "-q", "--hard", pinned.repository.new)
    old, new = pinned.repository.old[:8], pinned.repository.new[:8]
    assert pinned.recheck() == f"the working copy on the host is at {new} now, not at {old}"


def test_a_migration_file_that_was_put_on_the_host_with_other_words_is_named(pinned: Pinned) -> None:
    (pinned.repository.path / "up.sql").write_text("DROP TABLE jobs;\n")
    assert pinned.recheck() == "up.sql was edited in the working copy on the host"


def test_a_copy_of_the_same_migration_file_changes_nothing(pinned: Pinned) -> None:
    (pinned.repository.path / "up.sql").write_text("SELECT 1;\n")
    assert pinned.recheck() == ""


def test_a_replaced_object_behind_the_pinned_commit_is_named(pinned: Pinned) -> None:
    (pinned.repository.path / "other.sql").write_text("DROP TABLE jobs;\n")
    other = git(pinned.repository.path, "hash-object", "-w", "other.sql")
    blob = git(pinned.repository.path, "rev-parse", f"{pinned.repository.new}:up.sql")
    git(pinned.repository.path, "replace", blob, other)
    new = pinned.repository.new[:8]
    assert pinned.recheck() == f"up.sql of commit {new} is not the file that this run has stored"


def test_a_file_that_was_altered_in_the_state_file_is_named(pinned: Pinned) -> None:
    pinned.files["up.sql"] = "DROP TABLE jobs;\n"
    assert pinned.recheck() == "up.sql in the bot's record is not what was stored"


def test_an_attempt_of_an_earlier_version_is_compared_with_its_values(pinned: Pinned) -> None:
    pinned.evidence = {}
    assert pinned.recheck() == ""
    git(pinned.repository.origin, "reset", "-q", "--hard", "HEAD~1")
    assert "is no longer on main" in pinned.recheck()


@pytest.mark.parametrize("ref", ["v2", "commit"])
def test_a_tag_and_a_commit_are_checked_too(tmp_path: Path, ref: str) -> None:
    pinned = Pinned(tmp_path)
    pinned.values["ref"] = pinned.repository.new if ref == "commit" else ref
    assert pinned.recheck() == ""
    if ref == "v2":
        git(pinned.repository.origin, "tag", "-f", "v2", pinned.repository.old)
        assert pinned.recheck() == f"commit {pinned.repository.new[:8]} is no longer on v2"


@pytest.mark.parametrize("ref", ["refs/heads/main", "refs/tags/v2", "COMMIT"])
def test_a_ref_may_be_named_as_the_release_itself_may(tmp_path: Path, ref: str) -> None:
    pinned = Pinned(tmp_path)
    pinned.values["ref"] = pinned.repository.new.upper() if ref == "COMMIT" else ref
    assert pinned.recheck() == ""


def test_a_commit_that_no_branch_or_tag_of_origin_has_any_more_is_named(pinned: Pinned) -> None:
    new = pinned.values["ref"] = pinned.repository.new
    git(pinned.repository.origin, "reset", "-q", "--hard", "HEAD~1")
    git(pinned.repository.origin, "tag", "-d", "v2")
    assert pinned.recheck() == f"no branch or tag of origin contains {new}"


def test_a_tag_that_moved_on_to_a_later_commit_is_named(pinned: Pinned) -> None:
    pinned.values["ref"] = "v2"
    pinned.repository.commit({"app.js": "const a = 3\n"}, "Third")
    git(pinned.repository.origin, "tag", "-f", "v2")
    assert pinned.recheck() == f"commit {pinned.repository.new[:8]} is no longer on v2"


def test_a_tag_that_only_the_working_copy_remembers_is_gone(pinned: Pinned) -> None:
    pinned.values["ref"] = "v2"
    git(pinned.repository.path, "fetch", "-q", "--tags")
    git(pinned.repository.origin, "tag", "-d", "v2")
    assert pinned.recheck() == "origin has no v2 any more"


def test_the_check_leaves_the_tags_of_the_working_copy_as_they_are(pinned: Pinned) -> None:
    tags = git(pinned.repository.path, "tag", "-l")
    pinned.recheck()
    assert git(pinned.repository.path, "tag", "-l") == tags


def test_an_origin_that_cannot_be_reached_is_never_unchanged(pinned: Pinned) -> None:
    pinned.repository.origin.rename(pinned.repository.origin.with_name("moved"))
    with pytest.raises(Failed, match=r"^git failed with exit code \d+"):
        pinned.recheck()


def test_output_that_is_cut_off_is_never_unchanged(pinned: Pinned) -> None:
    world = World()
    world.files = pinned.files
    world.on_host("on_ref=%s", ended(f"on_ref=yes\nstill={pinned.repository.old}\n"))
    with pytest.raises(Failed, match="git failed"):
        pinned.box.recheck(context(world, pinned.values, files=pinned.files), pinned.evidence)


def test_the_plan_of_the_check_shows_its_commands(pinned: Pinned) -> None:
    plan = "\n".join(with_programs(pinned.box.recheck_plan()))
    assert "| # finds the commit that REF names on origin now" in plan
    assert '|   refs/heads/*) if git merge-base --is-ancestor "$COMMIT" "$commit"; then on_ref=yes; fi ;;' in plan
