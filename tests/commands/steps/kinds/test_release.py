"""`release` pins a commit of a real repository and keeps its files."""

from __future__ import annotations

from pathlib import Path

import pytest

from commands.steps.base import execute
from tests.commands.steps.making import Repository, box, context, git, plan
from tests.local_shell import LocalShell
from tests.world import World

BOX = 'host = "h"\nrepository = "$REPO"\nfiles = ["up.sql"]'


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path)


def shell(repository: Repository) -> LocalShell:
    return LocalShell({"REPO": str(repository.path)})


def test_the_plan_shows_the_words_that_run() -> None:
    text = plan(box("release", BOX))
    assert "on h: git fetch --quiet --tags --force origin" in text
    assert "with REPOSITORY=$REPO, REF=<ref>" in text
    assert "git show <commit>:up.sql" in text


def test_a_branch_is_pinned_with_its_files_while_production_stays(repository: Repository) -> None:
    files: dict[str, str] = {}
    found = execute(box("release", BOX), context(World(), shell=shell(repository), files=files))
    assert found.state == "done", found.summary
    assert found.values["commit"] == repository.new
    assert found.values["commit_before"] == repository.old
    assert "2 files change" in found.summary
    made = git(repository.path, "show", "--no-patch", "--format=%cI", repository.new)
    assert found.values["committed_at"] == made, "the lead time is counted from the commit"
    assert files == {"up.sql": "SELECT 1;\n"}
    assert any("Second" in line for line in found.lines), found.lines
    assert git(repository.path, "rev-parse", "HEAD") == repository.old


def test_a_local_branch_that_is_behind_does_not_hide_origins(repository: Repository) -> None:
    assert git(repository.path, "rev-parse", "main") == repository.old
    found = execute(box("release", BOX), context(World(), shell=shell(repository), files={}))
    assert found.values["commit"] == repository.new, "the local main was taken instead of origin/main"


def test_a_tag_is_found(repository: Repository) -> None:
    git(repository.origin, "tag", "v2")
    found = execute(box("release", BOX), context(World(), {"ref": "v2"}, shell=shell(repository), files={}))
    assert found.values["commit"] == repository.new, found.summary


def test_a_ref_that_is_not_there_is_named(repository: Repository) -> None:
    found = execute(box("release", BOX), context(World(), {"ref": "v9"}, shell=shell(repository), files={}))
    assert (found.state, found.summary) == (
        "failed",
        "There is no branch, tag or commit v9 in the repository's origin.",
    )


def test_a_file_that_the_release_lacks_is_named(repository: Repository) -> None:
    found = execute(
        box("release", BOX.replace("up.sql", "down.sql")), context(World(), shell=shell(repository), files={})
    )
    assert found.state == "failed"
    assert "has no file down.sql" in found.summary


def test_nothing_new_is_said(repository: Repository) -> None:
    git(repository.path, "pull", "-q")
    found = execute(box("release", BOX), context(World(), shell=shell(repository), files={}))
    assert found.state == "done"
    assert "nothing new" in found.summary


def test_a_file_that_changed_since_the_first_attempt_is_refused(repository: Repository) -> None:
    found = execute(box("release", BOX), context(World(), shell=shell(repository), files={"up.sql": "SELECT 0;\n"}))
    assert found.state == "failed"
    assert "changed since this run first read it" in found.summary


def test_after_a_cut_it_is_simply_made_again() -> None:
    world = World()
    found = box("release", 'host = "h"\nrepository = "$REPO"').recover(context(world))
    assert found.state == "done", found.summary


def test_a_release_of_many_files_is_pinned_as_one_of_few(repository: Repository) -> None:
    many = {f"{'long-name-' * 8}{number}.js": "" for number in range(1200)}
    new = repository.commit(many, "Many")
    found = execute(box("release", BOX), context(World(), shell=shell(repository), files={}))
    assert (found.state, found.values["commit"]) == ("done", new), found.summary
    assert "1202 files change" in found.summary


def test_a_large_migration_is_kept_whole_and_a_huge_one_is_refused_with_its_size(repository: Repository) -> None:
    files: dict[str, str] = {}
    large = "INSERT INTO things VALUES ('ไทย');\n" * 20_000
    repository.commit({"up.sql": large}, "Large")
    found = execute(box("release", BOX), context(World(), shell=shell(repository), files=files))
    assert (found.state, files["up.sql"] == large) == ("done", True), found.summary
    repository.commit({"up.sql": large * 3}, "Huge")
    found = execute(box("release", BOX), context(World(), shell=shell(repository), files={}))
    assert found.state == "failed"
    assert found.summary.startswith("up.sql has 2.5 MB, and at most 2 MB can be kept with the run; bring large data in")


def test_a_file_that_is_no_text_is_not_kept(repository: Repository) -> None:
    (repository.origin / "up.sql").write_bytes("SELECT 'é';\n".encode("latin-1"))
    git(repository.origin, "commit", "-qam", "Old letters")
    found = execute(box("release", BOX), context(World(), shell=shell(repository), files={}))
    assert found.state == "failed"
    assert "is not UTF-8 text" in found.summary
