"""`checkout`: checks out a commit in a real working copy, and never overwrites somebody's work."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from commands.ports.preflight import OK, WARN, PreflightCheck, PreflightContext, PreflightResult
from commands.steps.base import execute
from commands.steps.outcome import Outcome
from tests.commands.steps.builders import box, context, plan
from tests.commands.steps.git_repository import Repository, git
from tests.local_shell import LocalShell
from tests.world import World

CHECKOUT = 'host = "h"\nrepository = "$REPO"\ncommit = "<commit>"\nmay_discard = ["package-lock.json"]'


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path)


def shell(repository: Repository) -> LocalShell:
    return LocalShell({"REPO": str(repository.path)})


def check_out(repository: Repository, commit: str = "") -> Outcome:
    ctx = context(World(), {"commit": commit or repository.new}, shell=shell(repository))
    return execute(box("checkout", CHECKOUT), ctx)


def test_the_plan_shows_the_exact_command() -> None:
    assert '| git checkout --quiet --force --detach "$COMMIT"' in plan(box("checkout", CHECKOUT))


def test_the_commit_is_fetched_and_checked_out(repository: Repository) -> None:
    outcome = check_out(repository)
    assert outcome.state == "done", outcome.lines
    assert outcome.summary == f"The working copy is at commit {repository.new[:10]}."
    assert git(repository.path, "rev-parse", "HEAD") == repository.new


def test_a_lock_file_that_npm_rewrote_is_discarded(repository: Repository) -> None:
    (repository.path / "package-lock.json").write_text("{rewritten}\n")
    outcome = check_out(repository)
    assert outcome.state == "done", outcome.lines
    assert git(repository.path, "status", "--porcelain") == ""


def test_a_file_that_differs_from_the_commit_is_listed_and_kept(repository: Repository) -> None:
    (repository.path / "app.js").write_text("a hotfix\n")
    outcome = check_out(repository)
    assert outcome.state == "failed"
    assert outcome.summary.startswith(
        "Nothing was checked out: tracked files in the working copy differ from its commit, and would be overwritten."
    )
    assert "edited" not in outcome.summary, "nobody has seen who changed it"
    assert any("app.js" in line for line in outcome.lines), outcome.lines
    assert (repository.path / "app.js").read_text() == "a hotfix\n"
    assert git(repository.path, "rev-parse", "HEAD") == repository.old


LINE_ENDS = {".gitattributes": "form.ldif text eol=lf\n", "form.ldif": b"a\r\nb\r\n"}
FILTERED = {".gitattributes": "form.ldif filter=upper\n", "form.ldif": b"lower\n"}


@pytest.fixture(params=[LINE_ENDS, FILTERED], ids=["line ends", "a filter"])
def phantom(repository: Repository, request: pytest.FixtureRequest) -> str:
    """A commit with a file that git calls modified right after each checkout: it does not follow .gitattributes."""
    git(repository.path, "config", "filter.upper.clean", "tr a-z A-Z")
    repository.commit({"form.ldif": request.param["form.ldif"]}, "Before there were attributes")
    (repository.origin / ".gitattributes").write_text(request.param[".gitattributes"])
    git(repository.origin, "add", ".gitattributes")
    git(repository.origin, "commit", "-q", "-m", "Attributes")
    return git(repository.origin, "rev-parse", "HEAD")


@pytest.mark.fault("the way back is first tried when it is needed")
def test_a_file_that_does_not_follow_gitattributes_blocks_neither_deploy_nor_rollback(
    repository: Repository, phantom: str
) -> None:
    for commit in (phantom, repository.old, phantom, phantom, repository.new):
        outcome = check_out(repository, commit)
        assert outcome.state == "done", (outcome.summary, outcome.lines)
        assert git(repository.path, "rev-parse", "HEAD") == commit
        if commit == phantom:
            (repository.path / "form.ldif").touch()
            assert git(repository.path, "status", "--porcelain") == "M form.ldif", "this test needs such a file"


def test_an_edit_of_a_file_that_does_not_follow_gitattributes_is_seen(repository: Repository, phantom: str) -> None:
    check_out(repository, phantom)
    file = repository.path / "form.ldif"
    as_written = file.read_bytes()
    file.write_bytes(as_written + b"by hand\n")
    assert check_out(repository, repository.old).lines == (" M form.ldif",)
    file.write_bytes(as_written)
    file.chmod(0o755)
    assert check_out(repository, repository.old).lines == (" M form.ldif",)
    file.chmod(0o644)
    git(repository.path, "add", "form.ldif")
    assert check_out(repository, repository.old).lines == ("M  form.ldif",)


def test_after_a_crash_such_a_file_is_no_difference(repository: Repository, phantom: str) -> None:
    check_out(repository, phantom)
    (repository.path / "form.ldif").touch()
    step, host = box("checkout", CHECKOUT), shell(repository)
    ctx = context(World(), {"commit": phantom}, shell=host)
    host.dead.add(ctx.key)
    assert step.recover(ctx).state == "done"


def test_a_repository_that_git_cannot_read_is_not_taken_for_unchanged(repository: Repository) -> None:
    (repository.path / ".git" / "index").write_bytes(b"not an index")
    (repository.path / "app.js").write_text("a hotfix\n")
    assert check_out(repository).state == "failed"
    assert (repository.path / "app.js").read_text() == "a hotfix\n"


def test_after_a_crash_the_commit_that_is_checked_out_decides(repository: Repository) -> None:
    step, host = box("checkout", CHECKOUT), shell(repository)
    ctx = context(World(), {"commit": repository.old}, shell=host)
    host.dead.add(ctx.key)
    assert step.recover(ctx).state == "done"
    assert step.recover(context(World(), {"commit": repository.new}, shell=host)).state == "failed"


def test_after_a_crash_between_commit_and_files_the_checkout_has_failed(repository: Repository) -> None:
    step, host = box("checkout", CHECKOUT), shell(repository)
    ctx = context(World(), {"commit": repository.old}, shell=host)
    host.dead.add(ctx.key)
    (repository.path / "app.js").write_text("half\n")
    assert step.recover(ctx).summary.startswith("The files of the working copy differ from commit")


@pytest.fixture
def env_file(repository: Repository) -> Path:
    """The host's own file, which git ignores, and a newest commit that tracks a file of that name."""
    (repository.path / ".git/info/exclude").write_text("*.env\n")
    (repository.path / "conf").mkdir()
    mine = repository.path / "conf" / "ของ prod.env"
    mine.write_text("KEY=production\n")
    (repository.origin / "conf").mkdir()
    repository.new = repository.commit({"conf/ของ prod.env": "KEY=dev\n", "conf/more": "1"}, "Tracks it")
    return mine


@pytest.mark.fault("it exists, so it is right")
@pytest.mark.parametrize("ignored", [True, False])
def test_an_untracked_file_where_the_release_has_one_is_listed_and_kept(
    repository: Repository, env_file: Path, ignored: bool
) -> None:
    if not ignored:
        (repository.path / ".git/info/exclude").unlink()
    outcome = check_out(repository)
    assert (outcome.state, outcome.lines) == ("failed", ("?? conf/ของ prod.env",)), outcome.summary
    assert outcome.summary.startswith("Nothing was checked out: untracked files stand where the commit has files")
    assert env_file.read_text() == "KEY=production\n"
    assert git(repository.path, "rev-parse", "HEAD") == repository.old
    assert check_out(repository, repository.old).state == "done"
    assert env_file.read_text() == "KEY=production\n"


@pytest.mark.parametrize("folder", [True, False])
def test_an_untracked_file_and_a_folder_of_the_release_in_one_place_are_seen(
    repository: Repository, folder: bool
) -> None:
    (repository.origin / "data").mkdir()
    commit = repository.commit({"data/x": "1"}, "A folder")
    if folder:
        git(repository.origin, "rm", "-q", "-r", "data")
        commit = repository.commit({"data": "a file\n"}, "A file")
        (repository.path / "data").mkdir()
        (repository.path / "data" / "mine").write_text("production\n")
    else:
        (repository.path / "data").write_text("production\n")
    outcome = check_out(repository, commit)
    assert (outcome.state, outcome.lines) == ("failed", (f"?? {'data/mine' if folder else 'data'}",)), outcome.summary


def test_the_check_before_a_start_names_untracked_files_that_the_release_would_overwrite(
    repository: Repository, env_file: Path
) -> None:
    host = shell(repository)
    (unseen,) = checked(host, 2)
    assert unseen.summary.endswith("so its folders were not compared")
    git(repository.path, "fetch", "-q")
    (found,) = checked(host, 2)
    summary = "1 untracked file of the working copy would be overwritten by the release: conf/ของ prod.env"
    assert (found.level, found.summary) == (WARN, summary)
    env_file.unlink()
    assert checked(host, 2)[0].level == OK


def test_files_that_a_checkout_left_when_it_was_ended_in_its_middle_block_nothing(repository: Repository) -> None:
    (repository.path / "up.sql").write_text("SELECT 1;\n")
    assert check_out(repository).state == "done"


def test_an_untracked_file_that_may_be_thrown_away_is_overwritten(repository: Repository, env_file: Path) -> None:
    more = CHECKOUT.replace("[", '["conf/*.env", ')
    ctx = context(World(), {"commit": repository.new}, shell=shell(repository))
    assert execute(box("checkout", more), ctx).state == "done"
    assert env_file.read_text() == "KEY=dev\n"


@pytest.mark.fault("compared with itself")
@pytest.mark.parametrize("mark", ["skip-worktree", "assume-unchanged"])
@pytest.mark.parametrize("of_release", [True, False])
def test_a_change_that_git_status_is_told_to_hide_is_listed_and_kept(
    repository: Repository, mark: str, of_release: bool
) -> None:
    file = repository.path / ("app.js" if of_release else "package-lock.json")
    file.write_text("a hotfix\n")
    git(repository.path, "update-index", f"--{mark}", file.name)
    assert git(repository.path, "status", "--porcelain") == "", "this test needs git to hide it"
    discards_nothing = CHECKOUT.replace('"package-lock.json"', "")
    ctx = context(World(), {"commit": repository.new}, shell=shell(repository))
    outcome = execute(box("checkout", discards_nothing), ctx)
    line = f" M {file.name} (git status hides it: git ls-files -v)"
    assert (outcome.state, outcome.lines) == ("failed", (line,)), outcome.summary
    assert file.read_text() == "a hotfix\n"
    if of_release:
        (found,) = checked(shell(repository))
        assert (found.level, "app.js (git status hides it" in found.summary) == (WARN, True), found
    assert git(repository.path, "ls-files", "-v", file.name)[0] in "Sh", "the mark stays"


@pytest.mark.parametrize("mark", ["skip-worktree", "assume-unchanged"])
def test_a_hidden_change_that_may_be_thrown_away_is_thrown_away(repository: Repository, mark: str) -> None:
    (repository.path / "package-lock.json").write_text("{rewritten}\n")
    git(repository.path, "update-index", f"--{mark}", "package-lock.json")
    outcome = check_out(repository, repository.commit({"package-lock.json": "{new}\n"}, "New lock"))
    assert outcome.state == "done", (outcome.summary, outcome.lines)
    assert (repository.path / "package-lock.json").read_text() == "{new}\n"


@pytest.mark.parametrize("mark", ["skip-worktree", "assume-unchanged"])
def test_a_hidden_file_without_a_change_blocks_neither_deploy_nor_rollback(repository: Repository, mark: str) -> None:
    git(repository.path, "update-index", f"--{mark}", "app.js")
    for commit, text in ((repository.new, "const a = 2\n"), (repository.old, "const a = 1\n")):
        assert check_out(repository, commit).state == "done"
        assert (repository.path / "app.js").read_text() == text


def test_what_a_sparse_checkout_leaves_out_is_no_difference(repository: Repository) -> None:
    git(repository.path, "sparse-checkout", "set", "--no-cone", "/app.js")
    assert not (repository.path / "package-lock.json").exists(), "this test needs a file that is left out"
    left_out = "of the commit {} not there: git is told to leave {} out (sparse checkout): package-lock.json"
    for commit, count, are, them in (
        (repository.new, "2 files", "are", "them"),
        (repository.old, "1 file", "is", "it"),
    ):
        outcome = check_out(repository, commit)
        assert outcome.state == "done", (outcome.summary, outcome.lines)
        assert f". {count} {left_out.format(are, them)}" in outcome.summary, outcome.summary


@pytest.mark.fault("compared with itself")
@pytest.mark.parametrize(("setting", "value"), [("core.autocrlf", "true"), ("core.eol", "crlf")])
def test_files_that_get_other_line_ends_on_the_host_are_named(repository: Repository, setting: str, value: str) -> None:
    files = {".gitattributes": "* text=auto\n*.bat eol=crlf\n", "run.sh": "#!/bin/sh\n", "run.bat": "cd\n", "a b": "\n"}
    git(repository.path, "config", setting, value)
    outcome = check_out(repository, repository.commit(files, "Line ends"))
    assert (repository.path / "run.sh").read_bytes() == b"#!/bin/sh\r\n", "this test needs git to change them"
    assert outcome.state == "done", (outcome.summary, outcome.lines)
    assert "files have the line ends of Windows there, by core.autocrlf or core.eol of that host: " in outcome.summary
    assert ". 5 files have" in outcome.summary
    assert outcome.summary.endswith(": .gitattributes, a b, app.js and 2 others."), (
        "run.bat is as .gitattributes has it"
    )
    git(repository.path, "config", "--unset", setting)
    git(repository.path, "rm", "-rq", "--cached", ".")
    git(repository.path, "reset", "-q", "--hard")
    outcome = check_out(repository, repository.commit({"run.sh": "#!/bin/sh\necho\n"}, "More"))
    assert outcome.summary.endswith("."), outcome.summary
    assert "Windows" not in outcome.summary


@pytest.mark.fault("compared with itself")
def test_a_ref_that_puts_another_commit_in_the_place_of_one_changes_no_file(repository: Repository) -> None:
    git(repository.path, "fetch", "--quiet", "origin")
    git(repository.path, "replace", repository.new, repository.old)
    assert git(repository.path, "show", f"{repository.new}:app.js") == "const a = 1", "this test needs git to follow it"
    assert check_out(repository, repository.new).state == "done"
    assert (repository.path / "app.js").read_text() == "const a = 2\n"


@pytest.mark.fault("a cause that nobody has seen")
def test_a_working_copy_of_another_owner_is_named_as_that_with_what_to_do(
    repository: Repository, tmp_path: Path
) -> None:
    (tmp_path / "bin").mkdir()
    other_owner = f"GIT_TEST_ASSUME_DIFFERENT_OWNER=1 exec {shutil.which('git')}"
    (tmp_path / "bin" / "git").write_text(f'#!/bin/sh\n{other_owner} "$@"\n')
    (tmp_path / "bin" / "git").chmod(0o755)
    host = LocalShell({"REPO": str(repository.path)}, tmp_path / "bin")
    words = f"fatal: detected dubious ownership in repository at '{repository.path}'"
    command = f"git config --global --add safe.directory {repository.path}"
    (found,) = checked(host)
    assert found.summary == f"git cannot use the working copy ({words})"
    assert found.todo == f"make the deploying user its owner, or run as that user: {command}"
    outcome = execute(box("checkout", CHECKOUT), context(World(), {"commit": repository.new}, shell=host))
    assert words in outcome.summary
    assert command in outcome.summary


def test_a_folder_that_is_no_working_copy_is_still_named_as_that(repository: Repository) -> None:
    (repository.path / ".git").rename(repository.path / "git")
    host = shell(repository)
    assert checked(host)[0].todo == "clone it there, or correct the path in the variable that `repository` names"
    shutil.rmtree(repository.path)
    (found,) = checked(host)
    assert found.summary == "git cannot use the working copy (the folder cannot be entered: No such file or directory)"
    assert found.todo.endswith("`repository` names (one without / at its start counts from the user's home)")


def checked(host: LocalShell, number: int = 1) -> list[PreflightResult]:
    """What the check before a start says about the working copy; number 2 about untracked files."""
    tools = replace(World().tools(), shell=host)
    check: PreflightCheck = box("checkout", CHECKOUT).preflight()[number]
    return check.run_preflight(PreflightContext(tools=tools, ref="main"))


def test_a_look_at_the_objects_that_is_killed_says_nothing_of_them(repository: Repository, tmp_path: Path) -> None:
    git(repository.path, "fetch", "-q")
    (tmp_path / "killed").mkdir()
    killed = tmp_path / "killed" / "git"
    own = '#!/bin/bash\nfor word; do [ "$word" != pack-objects ] || kill -9 $$; done\n'
    killed.write_text(f'{own}exec {shutil.which("git")} "$@"\n')
    killed.chmod(0o755)
    (found,) = checked(LocalShell({"REPO": str(repository.path)}, killed.parent), 2)
    assert found.level == OK, found


@pytest.mark.parametrize("name", ["remote.mirror.promisor", "extensions.partialClone"])
def test_of_a_clone_that_fetches_what_it_lacks_no_object_is_asked_for(repository: Repository, name: str) -> None:
    git(repository.path, "fetch", "-q")
    git(repository.path, "config", "core.repositoryFormatVersion", "1")
    git(repository.path, "config", name, "true" if name.startswith("remote") else "origin")
    blob = git(repository.path, "rev-parse", f"{repository.new}:app.js")
    (repository.path / ".git/objects" / blob[:2] / blob[2:]).unlink()
    (found,) = checked(shell(repository), 2)
    assert found.level == OK, found


def test_a_branch_is_not_accepted_as_a_commit(repository: Repository) -> None:
    """A branch may have moved to another commit, so only a full hash is checked out."""
    for commit in ("origin/main", repository.new[:12], "--orphan", "-"):
        outcome = check_out(repository, commit)
        assert outcome.state == "failed", commit
        assert outcome.summary.startswith("`commit` is not a whole commit id, so nothing was checked out"), commit
    assert git(repository.path, "rev-parse", "HEAD") == repository.old


def test_a_single_branch_clone_gets_the_commit_and_its_tags_stay(repository: Repository) -> None:
    git(repository.origin, "checkout", "-q", "-b", "release/2")
    commit = repository.commit({"app.js": "const a = 2.1\n"}, "Only there")
    git(repository.origin, "tag", "mine")
    git(repository.origin, "checkout", "-q", "main")
    git(repository.path, "config", "remote.origin.fetch", "+refs/heads/main:refs/remotes/origin/main")
    git(repository.path, "tag", "mine")
    assert check_out(repository, commit).state == "done"
    assert git(repository.path, "rev-parse", "mine") == repository.old


@pytest.fixture
def with_submodule(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Repository, list[str]]:
    """A repository with a submodule whose commit the release moves, and the release's two commits."""
    (tmp_path / ".gitconfig").write_text('[protocol "file"]\n\tallow = always\n')
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "library").mkdir()
    (tmp_path / "main").mkdir()
    library, repository = Repository(tmp_path / "library"), Repository(tmp_path / "main")
    git(repository.origin, "submodule", "--quiet", "add", str(library.origin), "lib")
    commits = []
    for commit in (library.old, library.new):
        git(repository.origin / "lib", "checkout", "-q", commit)
        commits.append(repository.commit({}, "Library"))
    return repository, commits


def test_submodules_are_set_to_the_commits_of_the_release_and_back(
    with_submodule: tuple[Repository, list[str]],
) -> None:
    repository, (old, new) = with_submodule
    library = repository.path / "lib" / "app.js"
    for commit, text in ((old, "const a = 1\n"), (new, "const a = 2\n"), (old, "const a = 1\n")):
        outcome = check_out(repository, commit)
        assert (outcome.state, library.read_text()) == ("done", text), outcome.lines


@pytest.mark.fault("the way back is first tried when it is needed")
def test_a_submodule_at_another_commit_blocks_no_rollback(with_submodule: tuple[Repository, list[str]]) -> None:
    repository, (old, new) = with_submodule
    check_out(repository, old)
    git(repository.path, "checkout", "-q", new)  # leaves the submodule behind
    assert check_out(repository, old).state == "done"


@pytest.mark.parametrize("written", ["const a = 2\n", "const", ""])
def test_a_file_of_a_submodule_that_a_killed_git_left_blocks_no_rollback(
    with_submodule: tuple[Repository, list[str]], written: str
) -> None:
    repository, (old, new) = with_submodule
    check_out(repository, old)
    library = repository.path / "lib"
    before = git(library, "rev-parse", "HEAD")
    git(repository.path, "checkout", "-q", new)
    git(repository.path, "update-ref", "refs/worktree/gonogo/checkout", new)  # as a killed one
    git(library, "fetch", "-q")
    git(library, "checkout", "-q", before)
    (library / "app.js").write_text(written)
    outcome = check_out(repository, old)
    assert outcome.state == "done", (outcome.summary, outcome.lines)
    assert (library / "app.js").read_text() == "const a = 1\n"


def test_a_file_of_a_submodule_that_was_edited_is_listed_and_kept(
    with_submodule: tuple[Repository, list[str]],
) -> None:
    repository, (old, new) = with_submodule
    check_out(repository, old)
    (repository.path / "lib" / "app.js").write_text("a hotfix\n")
    outcome = check_out(repository, new)
    assert (outcome.state, outcome.lines) == ("failed", ("lib:  M app.js",))
    assert (repository.path / "lib" / "app.js").read_text() == "a hotfix\n"


def test_a_file_of_a_submodule_that_does_not_follow_gitattributes_blocks_nothing(
    with_submodule: tuple[Repository, list[str]],
) -> None:
    repository, (old, new) = with_submodule
    check_out(repository, old)
    library = repository.path / "lib"
    git(library, "config", "filter.upper.clean", "tr a-z A-Z")
    (repository.path / ".git/modules/lib/info").mkdir(exist_ok=True)
    (repository.path / ".git/modules/lib/info/attributes").write_text("app.js filter=upper\n")
    for commit in (new, old):
        (library / "app.js").touch()
        assert git(library, "status", "--porcelain") == "M app.js", "this test needs such a file"
        outcome = check_out(repository, commit)
        assert outcome.state == "done", (outcome.summary, outcome.lines)


def test_files_that_differ_after_the_checkout_fail_the_step(repository: Repository) -> None:
    hook = repository.path / ".git" / "hooks" / "post-checkout"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho changed > app.js\n")
    hook.chmod(0o755)
    outcome = check_out(repository)
    assert outcome.summary == f"After the checkout, the files differ from commit {repository.new[:10]}."


def after_a_crash(repository: Repository, commit: str) -> Outcome:
    """What is seen of a checkout whose job is dead."""
    host = shell(repository)
    ctx = context(World(), {"commit": commit}, shell=host)
    host.dead.add(ctx.key)
    outcome: Outcome = box("checkout", CHECKOUT).recover(ctx)
    return outcome


def test_files_of_git_lfs_that_are_only_pointers_are_named(repository: Repository) -> None:
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'a' * 64}\nsize 12345\n"
    files = {".gitattributes": "*.bin filter=lfs -text\n", "model.bin": pointer, "whole.bin": "data", "notes": pointer}
    commit = repository.commit(files, "With Git LFS")
    outcome = check_out(repository, commit)
    pointers = "1 file of Git LFS not fetched, so only pointers are there: model.bin; git lfs pull fetches them."
    assert (outcome.state, outcome.summary) == ("done", f"The working copy is at commit {commit[:10]}. {pointers}")
    assert after_a_crash(repository, commit).summary == outcome.summary, "after a crash too"
    assert check_out(repository, repository.old).summary == f"The working copy is at commit {repository.old[:10]}."


@pytest.mark.fault("not looked at, and said to be fine")
def test_files_of_git_crypt_that_are_still_encrypted_are_named(repository: Repository) -> None:
    attributes = {".gitattributes": "*.key filter=git-crypt diff=git-crypt\n", "about.txt": "we use GITCRYPT\n"}
    repository.commit(attributes, "With git-crypt")
    (repository.origin / "conf").mkdir()
    for name in ("a.key", "conf/ของ b.key"):
        (repository.origin / name).write_bytes(b"\0GITCRYPT\0" + bytes(range(40)))
    commit = repository.commit({}, "Its files")
    outcome = check_out(repository, commit)
    note = "2 files of git-crypt are still encrypted there: a.key and conf/ของ b.key; git-crypt unlock opens them."
    assert (outcome.state, outcome.summary) == ("done", f"The working copy is at commit {commit[:10]}. {note}")
    assert after_a_crash(repository, commit).summary == outcome.summary, "after a crash too"


@pytest.mark.fault("the way back is first tried when it is needed")
def test_a_commit_that_a_shallow_clone_does_not_have_is_fetched_from_the_origin(repository: Repository) -> None:
    (folder := repository.path.parent / "shallow").mkdir()
    for number in range(3):
        repository.commit({"app.js": f"const a = {number + 3}\n"}, "More")
    git(folder, "clone", "-q", "--depth=1", f"file://{repository.origin}", ".")
    host = LocalShell({"REPO": str(folder)})
    outcome = execute(box("checkout", CHECKOUT), context(World(), {"commit": repository.old}, shell=host))
    assert outcome.state == "done", (outcome.summary, outcome.lines)
    absent = execute(box("checkout", CHECKOUT), context(World(), {"commit": "a" * 40}, shell=host, attempt=2))
    assert (absent.state, "the origin no longer has that commit" in absent.summary) == ("failed", True), absent.summary
