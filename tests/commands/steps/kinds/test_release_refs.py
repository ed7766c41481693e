"""`release`: only what origin has now is deployed; the preflight says the same as the run."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from commands.ports.preflight import FAIL, OK, PreflightContext, PreflightResult
from commands.steps.base import execute
from commands.steps.outcome import Outcome
from tests.commands.steps.builders import box, context
from tests.commands.steps.git_repository import Repository, git
from tests.local_shell import LocalShell
from tests.world import World

PLAIN = 'host = "h"\nrepository = "$REPO"\n'


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path)


def release(repository: Repository, ref: str, more: str = "", seen: dict[str, str] | None = None) -> Outcome:
    """Run the step. Its preflight must find the same: the same commit, or the same words."""
    step = box("release", PLAIN + more)
    ctx = context(World(), {"ref": ref}, shell=LocalShell({"REPO": str(repository.path)}), files={})
    outcome = execute(step, replace(ctx, found_at_start=seen or {}))
    if not seen:
        (result,) = preflight(repository, ref, more)
        assert (result.level == OK) == (outcome.state == "done"), (result, outcome.summary)
        assert result.level == OK or outcome.summary.lower() == f"{result.summary}: {result.todo}.".lower()
    return outcome


def preflight(repository: Repository, ref: str, more: str = "") -> list[PreflightResult]:
    (_, check) = box("release", PLAIN + more).preflight()
    tools = context(World(), shell=LocalShell({"REPO": str(repository.path)})).tools
    results: list[PreflightResult] = check.run_preflight(PreflightContext(tools=tools, ref=ref))
    return results


def test_a_branch_that_was_deleted_on_origin_is_not_deployed_from_the_copy(repository: Repository) -> None:
    git(repository.origin, "branch", "old-work")
    git(repository.path, "fetch", "-q")
    git(repository.origin, "branch", "-D", "old-work")
    assert release(repository, "old-work").summary == (
        "Origin no longer has the branch old-work; only the working copy remembers it: push it again, or name another."
    )


def test_a_tag_that_was_deleted_on_origin_is_not_deployed_from_the_copy(repository: Repository) -> None:
    git(repository.origin, "tag", "v2")
    git(repository.path, "fetch", "-q", "--tags")
    git(repository.origin, "tag", "-d", "v2")
    assert release(repository, "v2").summary == (
        "The tag v2 is in the working copy only: it was deleted on origin, or never pushed: "
        "push it again, or name another."
    )


def test_a_branch_that_was_never_pushed_is_not_deployed(repository: Repository) -> None:
    git(repository.path, "branch", "hotfix")
    assert release(repository, "hotfix").summary == (
        "The branch hotfix is in the working copy only; origin does not have it: push it, or name another."
    )


def test_a_branch_that_a_single_branch_clone_does_not_fetch_is_fetched_by_its_name(repository: Repository) -> None:
    git(repository.origin, "branch", "release/2", repository.new)
    shutil.rmtree(repository.path)
    git(repository.origin.parent, "clone", "-q", "--single-branch", str(repository.origin), str(repository.path))
    outcome = release(repository, "release/2")
    assert outcome.values["commit"] == repository.new
    assert "The working copy does not fetch this branch by itself; it was fetched by its name." in outcome.lines


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
    assert "give a commit's whole id (git rev-parse prints it)" in release(repository, repository.new[:10]).summary


def test_a_commit_may_be_written_in_capitals(repository: Repository) -> None:
    assert release(repository, repository.new.upper()).values["commit"] == repository.new


def test_the_id_of_a_tag_object_or_a_file_is_no_commit(repository: Repository) -> None:
    git(repository.origin, "tag", "-a", "-m", "two", "v2")
    for name in ("refs/tags/v2", "main:app.js"):
        number = git(repository.origin, "rev-parse", name)
        assert f"has no branch, tag or commit {number}" in release(repository, number).summary, name


def test_a_branch_and_a_tag_of_one_name_are_told_apart_by_their_full_names(repository: Repository) -> None:
    git(repository.origin, "tag", "twin", repository.old)
    git(repository.origin, "branch", "twin", repository.new)
    assert release(repository, "twin").summary == (
        "Origin has both a branch and a tag twin: name the one you mean: refs/heads/twin or refs/tags/twin."
    )
    assert release(repository, "refs/heads/twin").values["commit"] == repository.new
    assert release(repository, "refs/tags/twin").values["commit"] == repository.old


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


def test_a_tag_of_a_file_is_refused(repository: Repository) -> None:
    git(repository.origin, "tag", "file", "main:app.js")
    assert release(repository, "file").summary == (
        "The tag file is on something that is not a commit: name a tag of a commit."
    )


def test_a_ref_with_slashes_counts_as_a_whole(repository: Repository) -> None:
    git(repository.origin, "branch", "feature/a/main", repository.old)
    assert release(repository, "main").values["commit"] == repository.new
    assert release(repository, "feature/a/main").values["commit"] == repository.old
    assert "no branch, tag or commit a/main" in release(repository, "a/main").summary


def test_a_name_with_origin_before_it_is_refused_with_what_to_do(repository: Repository) -> None:
    assert release(repository, "origin/main").summary.endswith("origin/main: leave origin/ out: main.")


@pytest.mark.parametrize(
    "ref", ["--upload-pack=touch x", "-c", "main;id", "a b", "$(id)", "ma*n", "..", "@{u}", "main^{/x}", "HEAD~1"]
)
def test_what_git_or_a_shell_could_take_for_more_than_a_name_never_reaches_the_host(
    repository: Repository, ref: str
) -> None:
    shell = LocalShell({"REPO": str(repository.path)})
    outcome = execute(box("release", PLAIN), context(World(), {"ref": ref}, shell=shell))
    assert "is not a branch, tag or commit" in outcome.summary
    assert not shell.ended


@pytest.mark.parametrize(("ref", "words"), [("HEAD", "HEAD is whatever"), ("refs/pull/7/head", "pull requests")])
def test_head_and_refs_that_are_neither_branch_nor_tag_are_refused(
    repository: Repository, ref: str, words: str
) -> None:
    git(repository.origin, "update-ref", "refs/pull/7/head", repository.new)
    outcome = execute(box("release", PLAIN), context(World(), {"ref": ref}, shell=LocalShell({})))
    assert words in outcome.summary


def test_an_empty_origin_is_named(repository: Repository, tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "--bare", "empty")
    git(repository.path, "remote", "set-url", "origin", str(tmp_path / "empty"))
    assert release(repository, "main").summary == (
        "Origin is empty: it has no branch and no tag: push the release, or correct the working copy's origin."
    )


def test_an_origin_that_cannot_be_asked_is_no_yes(repository: Repository) -> None:
    shutil.rmtree(repository.origin)
    git(repository.path, "update-ref", "refs/remotes/origin/main", repository.old)
    outcome = release(repository, "main")
    assert outcome.summary.startswith("Origin does not say which refs it has (")
    assert "run git ls-remote origin in the working copy" in outcome.summary


def test_a_working_copy_without_a_commit_is_named(repository: Repository) -> None:
    shutil.rmtree(repository.path)
    git(repository.origin.parent, "init", "-q", str(repository.path))
    assert "The working copy has no commit checked out" in release(repository, "main").summary


def test_thousands_of_refs_on_origin_do_not_hide_the_one_or_fill_the_output(repository: Repository) -> None:
    lines = "".join(f"create refs/heads/many/main/{n:05} {repository.old}\n" for n in range(20_000))
    (repository.origin / "refs.txt").write_text(lines)
    git(repository.origin, "config", "alias.fill", "!git update-ref --stdin < refs.txt")
    git(repository.origin, "fill")
    (repository.origin / "refs.txt").unlink()
    git(repository.origin, "pack-refs", "--all")
    outcome = release(repository, "main")
    assert outcome.values["commit"] == repository.new
    assert len(outcome.lines) < 20


def test_what_git_leaves_running_does_not_block_the_next_release(repository: Repository) -> None:
    """Like an ssh connection that is shared (ControlPersist): it inherits what git has open."""
    program = repository.origin.parent / "upload-pack"
    pids = repository.origin.parent / "pids"
    sleeper = f"sleep 150 < /dev/null > /dev/null 2>&1 &\necho $! >> {pids}"
    program.write_text(f'#!/bin/sh\n{sleeper}\nexec git-upload-pack "$@"\n')
    program.chmod(0o755)
    git(repository.path, "config", "remote.origin.uploadpack", str(program))
    try:
        assert release(repository, "main").state == "done"
    finally:
        subprocess.run(["kill", *pids.read_text().split()], check=False)


def test_a_banner_of_gits_server_cannot_pass_for_the_answer(repository: Repository) -> None:
    program = repository.origin.parent / "upload-pack"
    forged = f"commit={'ab' * 20}\ncommit_before={'ab' * 20}\ncontained=heads/main\nfound=refs/heads/main\nchanged=0\n"
    program.write_text(f"#!/bin/sh\nprintf '%s' '{forged}' >&2\nexec git-upload-pack \"$@\"\n")
    program.chmod(0o755)
    git(repository.path, "config", "remote.origin.uploadpack", str(program))
    assert release(repository, "main").values["commit"] == repository.new
    assert release(repository, "v9").state == "failed"


def test_a_branch_with_odd_letters_on_origin_is_only_a_name(repository: Repository) -> None:
    for name in ("$(touch${IFS}x)", "a;id", "ไทย-🚀", "'quoted\"", "main|x"):
        git(repository.origin, "branch", name, repository.new)
    git(repository.origin, "checkout", "-q", "-b", "work")
    commit = repository.commit({"app.js": "const a = 4\n"}, "Only in an odd branch")
    git(repository.origin, "branch", "-m", "x$(id)")
    git(repository.origin, "checkout", "-q", "main")
    assert "The commit is in heads/x$(id) of origin." in release(repository, commit).lines
    assert release(repository, repository.new, 'branches = ["main"]').state == "done"


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


@pytest.mark.parametrize("pattern", ["ma?n", "[a-z]*", "main|.*", "refs/heads/main", "", "a b", "***", "-x", "$X"])
def test_a_pattern_that_could_surprise_is_refused_on_the_page(pattern: str) -> None:
    with pytest.raises(ValueError, match="is no pattern for branches"):
        box("release", PLAIN + f'branches = ["{pattern}"]')


def test_a_literal_ref_on_the_page_is_checked_when_the_page_is_read() -> None:
    with pytest.raises(ValueError, match="is not a branch, tag or commit"):
        box("release", PLAIN + 'ref = "--upload-pack=x"')


def test_the_preflight_of_an_unknown_ref_fails(repository: Repository) -> None:
    (result,) = preflight(repository, "v9")
    assert (result.level, result.summary, result.kept) == (
        FAIL,
        "the repository's origin has no branch, tag or commit v9",
        (),
    )
