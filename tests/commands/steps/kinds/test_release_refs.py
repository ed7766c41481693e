"""`release`: only what origin has now is deployed; the preflight says the same as the run."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from commands.ports.preflight import FAIL, OK, PreflightContext
from commands.steps.base import execute
from commands.systems.git.refs import ref_error
from tests.commands.steps.builders import box, context
from tests.commands.steps.git_repository import Repository, git
from tests.commands.steps.release_case import PLAIN, preflight, release
from tests.local_shell import LocalShell
from tests.world import World


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path)


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


def test_a_branch_and_a_tag_of_one_name_are_told_apart_by_their_full_names(repository: Repository) -> None:
    git(repository.origin, "tag", "twin", repository.old)
    git(repository.origin, "branch", "twin", repository.new)
    assert release(repository, "twin").summary == (
        "Origin has both a branch and a tag twin: name the one you mean: refs/heads/twin or refs/tags/twin."
    )
    assert release(repository, "refs/heads/twin").values["commit"] == repository.new
    assert release(repository, "refs/tags/twin").values["commit"] == repository.old


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


def test_the_bare_mirror_of_a_release_tool_says_nothing_of_its_host_and_is_refused(repository: Repository) -> None:
    shutil.rmtree(repository.path)
    git(repository.origin.parent, "clone", "-q", "--mirror", str(repository.origin), str(repository.path))
    outcome = release(repository, "main")
    assert outcome.summary == (
        "The repository is bare, like a release tool's mirror, so it does not say which release its host has: "
        "name a clone with a working copy (git clone); nothing needs to be served from it."
    )
    shutil.rmtree(repository.path)
    repository.path.mkdir()
    assert "not a git repository" in " ".join(release(repository, "main").lines)


def test_an_origin_that_cannot_be_asked_is_no_yes(repository: Repository) -> None:
    shutil.rmtree(repository.origin)
    git(repository.path, "update-ref", "refs/remotes/origin/main", repository.old)
    outcome = release(repository, "main")
    assert outcome.summary.startswith("Origin does not say which refs it has (")
    assert "run git ls-remote origin in the working copy" in outcome.summary


@pytest.mark.fault("a cause that nobody has seen")
def test_an_origin_that_refuses_the_key_is_named_in_the_words_that_come_first(
    repository: Repository, tmp_path: Path
) -> None:
    ssh, says = tmp_path / "ssh", ("Warning: added h to the known hosts", "git@h: Permission denied.")
    ssh.write_text("#!/bin/sh\n" + "".join(f"echo '{line}' >&2\n" for line in says) + "exit 255\n")
    ssh.chmod(0o755)
    git(repository.path, "config", "core.sshCommand", str(ssh))
    git(repository.path, "remote", "set-url", "origin", "git@h:shop.git")
    assert "does not say which refs it has (git@h: Permission denied.)" in release(repository, "main").summary


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


@pytest.mark.fault("one bad old thing stops all")
@pytest.mark.parametrize("content", ["", "\0" * 41, "1" * 40 + "\n"], ids=["empty", "zeros", "dangling"])
def test_a_broken_ref_of_the_working_copy_is_named_with_how_to_remove_it(repository: Repository, content: str) -> None:
    file = repository.path / ".git/refs/heads/old-work"
    file.write_text(content)
    outcome = release(repository, "main")
    assert "bad object refs/heads/old-work" in outcome.summary
    assert "git fetches nothing until it is removed there: rm .git/refs/heads/old-work, or" in outcome.summary
    file.unlink()
    assert release(repository, "main").state == "done"


@pytest.mark.fault("a library reads the environment again")
@pytest.mark.parametrize("kind", ["release", "checkout"])
def test_a_git_that_speaks_another_language_is_asked_in_english(
    repository: Repository, tmp_path: Path, kind: str
) -> None:
    program = tmp_path / "bin" / "git"
    program.parent.mkdir()
    german = "Schwerwiegend: dubiose Besitzverh\u00e4ltnisse im Repository"
    program.write_text(f"""#!/bin/sh
case "$LC_ALL" in C*) ;; *) echo "{german}" >&2; exit 128 ;; esac
GIT_TEST_ASSUME_DIFFERENT_OWNER=1 exec {shutil.which("git")} "$@"
""")
    program.chmod(0o755)
    shell = LocalShell({"REPO": str(repository.path)}, program.parent, base={"LC_ALL": "de_DE.UTF-8"})
    more = "" if kind == "release" else 'commit = "<commit>"\n'
    outcome = execute(box(kind, PLAIN + more), context(World(), {"ref": "main"}, shell=shell, files={}))
    assert "git config --global --add safe.directory" in outcome.summary, outcome.summary


@pytest.mark.fault("foreign words taken for the program's own")
@pytest.mark.parametrize(
    "base",
    [
        {"GIT_TRACE": "1", "GIT_TRACE_SETUP": "1"},
        {"GIT_GLOB_PATHSPECS": "1"},
        {"GIT_LITERAL_PATHSPECS": "1"},
        {"GIT_NAMESPACE": "other"},
    ],
    ids=str,
)
def test_what_the_host_lets_git_say_or_read_otherwise_changes_no_answer(
    repository: Repository, base: dict[str, str]
) -> None:
    shell = LocalShell({"REPO": str(repository.path)}, base=base)
    ctx = context(World(), {"ref": "main"}, shell=shell, files={})
    found = execute(box("release", PLAIN + 'files = ["up.sql"]'), ctx)
    assert (found.state, found.values.get("commit")) == ("done", repository.new), found.summary
    reviewed = execute(box("review", PLAIN), replace(ctx, values={**ctx.values, **found.values}))
    assert reviewed.summary == "No findings in the changes.", reviewed.lines
    (repository.path / "package-lock.json").write_text("{rewritten}\n")
    step = box("checkout", PLAIN + 'commit = "<commit>"\nmay_discard = ["package-lock.json"]')
    tools = replace(World().tools(), shell=shell)
    looked = [
        result
        for check in step.preflight()[1:3]
        for result in check.run_preflight(PreflightContext(tools=tools, ref="main"))
    ]
    assert [result.level for result in looked] == [OK, OK], looked
    moved = execute(step, replace(ctx, key="run-1/checkout/1", values={**ctx.values, **found.values}))
    assert moved.state == "done", (moved.summary, moved.lines)


@pytest.mark.fault("foreign words taken for the program's own")
def test_the_greeting_of_a_git_server_is_no_file_of_the_working_copy(repository: Repository, tmp_path: Path) -> None:
    ssh = tmp_path / "ssh"
    ssh.write_text(
        '#!/bin/sh\necho "** WARNING: connection is not using a post-quantum key exchange" >&2\n'
        'for word; do :; done; exec sh -c "$word"\n'
    )
    ssh.chmod(0o755)
    git(repository.path, "config", "remote.origin.url", f"git@box:{repository.origin}")
    git(repository.path, "config", "core.sshCommand", str(ssh))
    git(repository.path, "fetch", "-q")
    step = box("checkout", PLAIN + 'commit = "<commit>"')
    tools = replace(World().tools(), shell=LocalShell({"REPO": str(repository.path)}))
    (found,) = step.preflight()[2].run_preflight(PreflightContext(tools=tools, ref="main"))
    assert found.level == OK, found.summary
    assert release(repository, "main").values["commit"] == repository.new


@pytest.mark.fault("a library reads the environment again")
def test_a_git_dir_of_the_hosts_environment_leads_to_no_other_repository(
    repository: Repository, tmp_path: Path
) -> None:
    (tmp_path / "other").mkdir()
    other = Repository(tmp_path / "other")
    base = {"GIT_DIR": str(other.path / ".git"), "GIT_WORK_TREE": str(other.path)}
    shell = LocalShell({"REPO": str(repository.path)}, base=base)
    ctx = context(World(), {"ref": "main"}, shell=shell, files={})
    found = execute(box("release", PLAIN), ctx)
    assert (found.values["commit"], found.values["commit_before"]) == (repository.new, repository.old)
    moved = execute(
        box("checkout", PLAIN + 'commit = "<commit>"\n'),
        replace(ctx, key="run-1/checkout/1", values={**ctx.values, **found.values}),
    )
    assert moved.state == "done", moved.summary
    assert git(repository.path, "rev-parse", "HEAD") == repository.new
    assert git(other.path, "rev-parse", "HEAD") == other.old


@pytest.mark.fault("one text, two readers")
@pytest.mark.parametrize(
    ("ref", "has"),
    [
        ("release–2", "“–” (en dash)"),
        ("v2。", "“。” (ideographic full stop)"),
        ("v2\u202e", "an unseen character (right-to-left override)"),
        ("hotfix/#12", "“#” (number sign)"),
    ],
)
def test_the_character_that_a_ref_cannot_have_is_named(ref: str, has: str) -> None:
    said = ref_error(ref)
    assert said == (
        f"{ref!r} is not a branch, tag or commit: it has {has}; use letters, digits, dots, dashes and slashes."
    )
    assert len(said) <= 150  # a form shows no more beside its field


@pytest.mark.fault("one bad old thing stops all")
@pytest.mark.parametrize("name", ["release", "heads/main"])
def test_a_lock_of_a_killed_git_on_the_bots_own_refs_is_removed_once_it_is_old(
    repository: Repository, name: str
) -> None:
    lock = repository.path / ".git" / "refs" / "gonogo" / f"{name}.lock"
    lock.parent.mkdir(parents=True)
    lock.touch()
    outcome = release(repository, repository.new)
    assert outcome.summary.endswith(
        ": wait for the git that works there; if none does, one has died in it: remove that lock."
    )
    assert lock.exists(), "a git may still work there"
    os.utime(lock, (0, 0))
    assert release(repository, repository.new).state == "done"
