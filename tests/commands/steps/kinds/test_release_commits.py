"""`release`: which commits count as origin's, and which the page allows."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from commands.steps.base import execute
from tests.commands.steps.builders import box, context
from tests.commands.steps.git_repository import Repository, git
from tests.commands.steps.release_case import PLAIN, preflight, release
from tests.local_shell import LocalShell
from tests.world import World


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path)


def test_the_branches_and_tags_of_the_working_copy_stay_as_they_are(repository: Repository) -> None:
    git(repository.path, "tag", "mine")
    git(repository.origin, "tag", "mine")
    git(repository.origin, "tag", "v2")
    before = git(repository.path, "for-each-ref", "refs/heads", "refs/tags")
    assert release(repository, repository.new).state == "done"
    assert release(repository, "v2", 'branches = ["main"]').state == "done"
    assert git(repository.path, "for-each-ref", "refs/heads", "refs/tags") == before


def test_a_commit_must_be_in_a_branch_or_tag_that_origin_has_now(repository: Repository) -> None:
    outcome = release(repository, repository.new)
    assert outcome.values["commit"] == repository.new
    assert "The commit is in heads/main of origin." in outcome.lines
    git(repository.path, "commit", "-q", "--allow-empty", "-m", "never pushed")
    unpushed = git(repository.path, "rev-parse", "HEAD")
    assert release(repository, unpushed).summary == (
        f"No branch or tag of origin contains {unpushed}: push a branch that has it, or name another."
    )
    unknown = "ab" * 20
    assert release(repository, unknown).summary.startswith(
        f"The repository's origin has no branch, tag or commit {unknown}:"
    )


def test_a_commit_of_a_branch_that_was_force_pushed_away_is_not_deployed(repository: Repository) -> None:
    git(repository.path, "fetch", "-q")
    git(repository.origin, "reset", "-q", "--hard", repository.old)
    repository.commit({"app.js": "const a = 3\n"}, "Instead")
    assert "No branch or tag of origin contains" in release(repository, repository.new).summary


def test_a_commit_of_a_pull_request_is_in_no_branch_and_not_deployed(repository: Repository) -> None:
    """Anybody can open a pull request, and its commits can be fetched from origin by their ids."""
    git(repository.origin, "checkout", "-q", "--detach")
    git(repository.origin, "commit", "-q", "--allow-empty", "-m", "from a fork")
    fork = git(repository.origin, "rev-parse", "HEAD")
    git(repository.origin, "update-ref", "refs/pull/7/head", fork)
    git(repository.origin, "checkout", "-q", "main")
    git(repository.path, "fetch", "-q", "origin", "refs/pull/7/head")
    assert "No branch or tag of origin contains" in release(repository, fork).summary


def test_an_abbreviated_commit_is_refused_with_what_to_do(repository: Repository) -> None:
    said = release(repository, repository.new[:10]).summary
    assert "a commit is found by its whole id only: give that (git rev-parse" in said


def test_a_commit_may_be_written_in_capitals(repository: Repository) -> None:
    assert release(repository, repository.new.upper()).values["commit"] == repository.new


def test_the_id_of_a_tag_object_or_a_file_is_no_commit(repository: Repository) -> None:
    git(repository.origin, "tag", "-a", "-m", "two", "v2")
    for name in ("refs/tags/v2", "main:app.js"):
        number = git(repository.origin, "rev-parse", name)
        assert f"has no branch, tag or commit {number}" in release(repository, number).summary, name


def test_a_branch_that_is_named_like_a_commit_is_refused(repository: Repository) -> None:
    git(repository.origin, "update-ref", f"refs/heads/{repository.old}", repository.new)
    assert "looks like a commit id, but origin has a branch or tag of that name" in (
        release(repository, repository.old).summary
    )


def test_an_annotated_tag_is_peeled_to_its_commit(repository: Repository) -> None:
    git(repository.origin, "tag", "-a", "-m", "two", "v2")
    git(repository.origin, "tag", "-a", "-m", "again", "v2-again", "v2")
    assert release(repository, "v2").values["commit"] == repository.new
    assert release(repository, "v2-again").values["commit"] == repository.new


def test_a_working_copy_without_a_commit_is_named(repository: Repository) -> None:
    shutil.rmtree(repository.path)
    git(repository.origin.parent, "init", "-q", str(repository.path))
    assert "The working copy has no commit checked out" in release(repository, "main").summary


def test_a_sha_256_repository_is_deployed_too(tmp_path: Path) -> None:
    repository = Repository(tmp_path, "sha256")
    outcome = release(repository, "main", 'files = ["up.sql"]')
    assert outcome.values["commit"] == repository.new, outcome.summary
    assert release(repository, repository.new).state == "done"
    assert "whole id" in release(repository, repository.new[:40]).summary, "40 digits are not all of them here"


def test_a_replaced_commit_in_the_working_copy_fools_nobody(repository: Repository) -> None:
    git(repository.path, "fetch", "-q")
    (repository.path / "up.sql").write_text("DROP TABLE users;\n")
    git(repository.path, "add", ".")
    git(repository.path, "commit", "-q", "-m", "Evil")
    git(repository.path, "replace", repository.new, "HEAD")
    step = box("release", PLAIN + 'files = ["up.sql"]')
    files: dict[str, str] = {}
    shell = LocalShell({"REPO": str(repository.path)})
    execute(step, context(World(), {"ref": "main"}, shell=shell, files=files))
    assert files == {"up.sql": "SELECT 1;\n"}


def test_a_grafted_history_in_the_working_copy_makes_no_commit_origins(repository: Repository) -> None:
    git(repository.path, "fetch", "-q")
    git(repository.path, "commit", "-q", "--allow-empty", "-m", "never pushed")
    unpushed = git(repository.path, "rev-parse", "HEAD")
    git(repository.path, "replace", "--graft", repository.new, unpushed)
    assert "No branch or tag of origin contains" in release(repository, unpushed).summary


def test_a_commit_whose_branch_was_deleted_since_the_last_release_is_refused(repository: Repository) -> None:
    git(repository.origin, "checkout", "-q", "-b", "feature")
    commit = repository.commit({"app.js": "const a = 9\n"}, "Not merged")
    git(repository.origin, "checkout", "-q", "main")
    assert release(repository, commit).values["commit"] == commit
    git(repository.origin, "branch", "-D", "feature")
    assert "No branch or tag of origin contains" in release(repository, commit).summary


def test_a_tag_that_moved_since_the_start_is_refused_with_both_commits(repository: Repository) -> None:
    git(repository.origin, "tag", "v2", repository.old)
    (result,) = preflight(repository, "v2")
    assert result.kept == (("h $REPO v2", repository.old),)
    git(repository.origin, "tag", "-f", "v2", repository.new)
    outcome = release(repository, "v2", seen=dict(result.kept))
    assert outcome.state == "failed"
    assert outcome.summary == (
        f"The tag v2 was moved on origin: it was commit {repository.old[:10]} at the start, now it is "
        f"{repository.new[:10]}: find out who moved it and why, then abort this run and start a new one."
    )


def test_a_branch_that_moved_since_the_start_is_deployed_and_said(repository: Repository) -> None:
    outcome = release(repository, "main", seen={"h $REPO main": repository.old})
    assert outcome.values["commit"] == repository.new
    assert outcome.summary.endswith(f"At the start, main was commit {repository.old[:10]}.")


def test_a_page_names_the_branches_that_may_be_deployed(repository: Repository) -> None:
    allowed = 'branches = ["main", "release/*"]'
    for name in ("release/2", "release/3/x", "xmain", "main.old"):
        git(repository.origin, "branch", name, repository.new)
    assert release(repository, "main", allowed).state == "done"
    assert release(repository, "release/2", allowed).state == "done"
    for name in ("release/3/x", "xmain", "main.old"):
        assert release(repository, name, allowed).summary == (
            f"The page does not allow the branch {name}, only main, release/*: name one of these."
        )
    assert release(repository, "release/3/x", 'branches = ["release/**"]').state == "done"


def test_a_dot_in_a_pattern_is_a_dot(repository: Repository) -> None:
    git(repository.origin, "branch", "v1x2", repository.new)
    assert "does not allow" in release(repository, "v1x2", 'branches = ["v1.2"]').summary


def test_a_tag_or_commit_must_be_in_an_allowed_branch(repository: Repository) -> None:
    allowed = 'branches = ["main"]'
    git(repository.origin, "tag", "good")
    git(repository.origin, "checkout", "-q", "-b", "feature")
    feature = repository.commit({"app.js": "const a = 9\n"}, "Not merged")
    git(repository.origin, "tag", "bad")
    git(repository.origin, "tag", "heads/main", feature)
    git(repository.origin, "checkout", "-q", "main")
    assert release(repository, "good", allowed).values["commit"] == repository.new
    assert release(repository, repository.old, allowed).values["commit"] == repository.old
    for ref in ("bad", feature, "heads/main"):
        assert release(repository, ref, allowed).summary == (
            f"No branch that the page allows (main) contains {ref}: merge it into one of these, or name another."
        )


def test_a_shallow_clone_does_not_know_and_says_what_to_do(repository: Repository) -> None:
    shutil.rmtree(repository.path)
    url = f"file://{repository.origin}"
    git(repository.origin.parent, "clone", "-q", "--depth=1", url, str(repository.path))
    git(repository.origin, "tag", "first", repository.old)
    assert release(repository, "first", 'branches = ["main"]').summary == (
        "No branch that the page allows (main) contains first, as far as the working copy knows, which is a shallow "
        "clone: run git fetch --unshallow there."
    )


@pytest.mark.fault("a cause that nobody has seen")
def test_a_commit_from_before_the_beginning_of_a_shallow_clone_is_not_said_to_be_missing_on_origin(
    repository: Repository,
) -> None:
    shutil.rmtree(repository.path)
    url = f"file://{repository.origin}"
    git(repository.origin.parent, "clone", "-q", "--depth=1", url, str(repository.path))
    assert release(repository, repository.old).summary == (
        f"The working copy is a shallow clone and has no commit {repository.old}; whether origin has it is not known: "
        "run git fetch --unshallow there."
    )


@pytest.mark.fault("a cause that nobody has seen")
def test_nobody_who_gave_a_whole_id_is_told_to_give_a_whole_id(repository: Repository) -> None:
    for ref in ("c" * 40, "C" * 40):
        assert release(repository, ref).summary == (
            f"The repository's origin has no branch, tag or commit {ref}: push it, or name another."
        )
    assert "whole id" in release(repository, "c" * 39).summary


@pytest.mark.parametrize("pattern", ["ma?n", "[a-z]*", "main|.*", "refs/heads/main", "", "a b", "***", "-x", "$X"])
def test_a_pattern_that_could_surprise_is_refused_on_the_page(pattern: str) -> None:
    with pytest.raises(ValueError, match="is no pattern for branches"):
        box("release", PLAIN + f'branches = ["{pattern}"]')
