"""`release`: pins a commit of a real repository, and stores files of it with the run."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from commands.ports.preflight import FAIL, OK, PreflightContext
from commands.steps.base import execute
from tests.commands.steps.builders import box, context, plan
from tests.commands.steps.git_repository import Repository, git
from tests.local_shell import LocalShell
from tests.production import ended
from tests.world import World

RELEASE = 'host = "h"\nrepository = "$REPO"\nfiles = ["up.sql"]'


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path)


def shell(repository: Repository) -> LocalShell:
    return LocalShell({"REPO": str(repository.path)})


def test_the_plan_shows_the_exact_commands() -> None:
    text = plan(box("release", RELEASE))
    assert "| found=$(timeout 60 git ls-remote origin 9>&- | awk '" in text
    assert "with REPOSITORY=$REPO, REF=<ref>, BRANCHES=" in text
    assert "on h: git show <commit>:up.sql, stored with the run" in text


def test_a_branch_is_pinned_with_its_files_and_the_working_copy_is_unchanged(repository: Repository) -> None:
    files: dict[str, str] = {}
    outcome = execute(box("release", RELEASE), context(World(), shell=shell(repository), files=files))
    assert outcome.state == "done", outcome.summary
    assert outcome.values["commit"] == repository.new
    assert outcome.values["commit_before"] == repository.old
    assert outcome.summary == (
        f"main is commit {repository.new[:10]}. The clone on h is at {repository.old[:10]}; "
        "what answers was not asked. 2 changed files."
    )
    committed_at = git(repository.path, "show", "--no-patch", "--format=%cI", repository.new)
    assert outcome.values["committed_at"] == committed_at, "the lead time counts from the commit"
    assert files == {"up.sql": "SELECT 1;\n"}
    assert any("Second" in line for line in outcome.lines), outcome.lines
    assert git(repository.path, "rev-parse", "HEAD") == repository.old


def test_origins_branch_counts_and_not_the_local_one(repository: Repository) -> None:
    assert git(repository.path, "rev-parse", "main") == repository.old
    outcome = execute(box("release", RELEASE), context(World(), shell=shell(repository), files={}))
    assert outcome.values["commit"] == repository.new, "it pinned the local main instead of origin/main"


def test_a_tag_can_be_pinned(repository: Repository) -> None:
    git(repository.origin, "tag", "v2")
    outcome = execute(box("release", RELEASE), context(World(), {"ref": "v2"}, shell=shell(repository), files={}))
    assert outcome.values["commit"] == repository.new, outcome.summary


def test_a_missing_ref_is_named(repository: Repository) -> None:
    outcome = execute(box("release", RELEASE), context(World(), {"ref": "v9"}, shell=shell(repository), files={}))
    assert (outcome.state, outcome.summary) == (
        "failed",
        "The repository's origin has no branch, tag or commit v9: push it, or name another.",
    )


def test_a_missing_file_is_named(repository: Repository) -> None:
    outcome = execute(
        box("release", RELEASE.replace("up.sql", "down.sql")), context(World(), shell=shell(repository), files={})
    )
    assert outcome.state == "failed"
    assert "has no file down.sql: name the ref that this page was written for." in outcome.summary


def test_a_clone_at_the_release_says_nothing_of_what_production_runs(repository: Repository) -> None:
    git(repository.path, "pull", "-q")
    outcome = execute(box("release", RELEASE), context(World(), shell=shell(repository), files={}))
    assert outcome.state == "done"
    assert outcome.summary == (
        f"main is commit {repository.new[:10]}. The clone on h is at that commit already; what answers was not asked."
    )
    assert "running_before" not in outcome.values


def test_a_file_that_changed_since_the_first_attempt_is_refused(repository: Repository) -> None:
    outcome = execute(
        box("release", RELEASE), context(World(), shell=shell(repository), files={"up.sql": "SELECT 0;\n"})
    )
    assert outcome.state == "failed"
    assert outcome.summary == (
        "The file up.sql has changed since this run first read it: abort this run and start a new one."
    )


def test_after_a_crash_it_simply_runs_again() -> None:
    world = World()
    outcome = box("release", 'host = "h"\nrepository = "$REPO"').recover(context(world))
    assert outcome.state == "done", outcome.summary


def test_a_release_with_many_files_can_be_pinned(repository: Repository) -> None:
    many = {f"{'long-name-' * 8}{number}.js": "" for number in range(1200)}
    new = repository.commit(many, "Many")
    outcome = execute(box("release", RELEASE), context(World(), shell=shell(repository), files={}))
    assert (outcome.state, outcome.values["commit"]) == ("done", new), outcome.summary
    assert "1,202 changed files." in outcome.summary


def test_a_large_file_is_stored_completely_and_a_huge_one_is_refused_with_its_size(repository: Repository) -> None:
    files: dict[str, str] = {}
    large = "INSERT INTO things VALUES ('ไทย');\n" * 20_000
    repository.commit({"up.sql": large}, "Large")
    outcome = execute(box("release", RELEASE), context(World(), shell=shell(repository), files=files))
    assert (outcome.state, files["up.sql"] == large) == ("done", True), outcome.summary
    repository.commit({"up.sql": large * 3}, "Huge")
    outcome = execute(box("release", RELEASE), context(World(), shell=shell(repository), files={}))
    assert outcome.state == "failed"
    assert outcome.summary.startswith(
        "The file up.sql is 2.5 MB, but at most 2.0 MB can be stored with the run: bring large data in"
    )


def test_a_file_that_is_not_utf_8_is_refused(repository: Repository) -> None:
    (repository.origin / "up.sql").write_bytes("SELECT 'é';\n".encode("latin-1"))
    git(repository.origin, "commit", "-qam", "Old letters")
    outcome = execute(box("release", RELEASE), context(World(), shell=shell(repository), files={}))
    assert outcome.state == "failed"
    assert "is not UTF-8 text" in outcome.summary
    (_, check) = box("release", RELEASE).preflight()
    (result,) = check.run_preflight(PreflightContext(tools=context(World(), shell=shell(repository)).tools, ref="main"))
    assert (result.level, "is not UTF-8 text" in result.summary) == (FAIL, True), "the run must not be the first to say"


def test_the_preflight_reads_the_files_of_the_ref(repository: Repository) -> None:
    (_, check) = box("release", RELEASE).preflight()
    ctx = PreflightContext(tools=context(World(), shell=shell(repository)).tools, ref="main")
    (result,) = check.run_preflight(ctx)
    assert (result.level, ctx.files) == (OK, {"up.sql": "SELECT 1;\n"}), result
    assert result.summary == f"main is commit {repository.new[:10]}, with 1 file that the page names"
    (result,) = check.run_preflight(replace(ctx, ref="v9"))
    assert (result.level, result.summary) == (FAIL, "the repository's origin has no branch, tag or commit v9")


def test_the_preflight_believes_no_git_that_names_no_commit() -> None:
    world = World()
    world.on_host("git rev-parse", ended("changed=1\ncommit_before=x\ncommit=$SLACK_BOT_TOKEN\n"))
    (_, check) = box("release", RELEASE).preflight()
    (result,) = check.run_preflight(PreflightContext(tools=world.tools(), ref="main"))
    assert (result.level, result.todo) == (FAIL, "run git fetch there as the deploying user, without sudo")
    assert len(world.asked) == 1, "it went on with that commit"
