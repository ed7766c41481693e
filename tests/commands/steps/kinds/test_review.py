"""`review`: findings with file and line, and never a secret itself."""

from __future__ import annotations

import hashlib
from itertools import pairwise
from pathlib import Path

import pytest

from commands.ports.analysis import Finding
from commands.steps.base import execute
from commands.steps.outcome import Outcome
from commands.systems import code_review
from tests.commands.steps.builders import box, context, plan
from tests.commands.steps.git_repository import Repository, git
from tests.local_shell import LocalShell
from tests.pages import run
from tests.world import World

REVIEW = 'host = "h"\nrepository = "$REPO"\nmigrations = ["up.sql"]'


def test_the_plan_names_the_migrations() -> None:
    assert "parses and lints up.sql" in plan(box("review", REVIEW))


def test_findings_are_listed_and_do_not_fail_the_step(tmp_path: Path) -> None:
    repository = Repository(tmp_path)
    secret = "hunter2" * 2
    new = repository.commit({"app.js": f'const a = 2\nconsole.log(a)\nconst password = "{secret}"\n'}, "Third")
    shell = LocalShell({"REPO": str(repository.path)})
    shell.ask("h", f"cd {repository.path}; git fetch -q")
    values = {"commit": new, "commit_before": repository.old}
    files = {"up.sql": "SELECT 1;\nSELCT 2;\n"}
    outcome = execute(box("review", REVIEW), context(World(), values, shell=shell, files=files))
    assert outcome.state == "done", outcome.summary
    text = "\n".join(outcome.lines)
    assert "app.js:2 debug code: console.log" in text
    assert "app.js:3 looks like a secret" in text
    assert 'up.sql:2 syntax error at or near "SELCT"' in text
    assert secret not in text + outcome.output
    assert outcome.summary == "3 findings to review before you sign."
    up = hashlib.sha256(files["up.sql"].encode()).hexdigest()[:12]
    page = hashlib.sha256(run().text.encode()).hexdigest()[:12]
    assert outcome.lines[-1] == f"pinned: commit {new[:12]}, by SHA-256 {run().page} {page}, up.sql {up}"


def test_only_added_lines_count() -> None:
    diff = "@@ -3,2 +3 @@\n-console.log(1)\n-debugger\n+const fine = 1\n"
    assert code_review.review_added_lines("a.js", list(code_review.added_lines(diff)), []) == []


def test_equal_remarks_of_the_linter_share_one_line_with_all_line_numbers(tmp_path: Path) -> None:
    repository = Repository(tmp_path)
    world = World()
    why = "Dropping a table may break existing clients."
    world.remarks = [Finding(line=line, why=why) for line in (3, 7)]
    values = {"commit": repository.old, "commit_before": repository.old}
    shell = LocalShell({"REPO": str(repository.path)})
    outcome = execute(box("review", REVIEW), context(world, values, shell=shell, files={"up.sql": "SELECT 1;"}))
    assert f"up.sql:3,7 {why}" in outcome.lines
    assert outcome.summary == "1 finding to review before you sign."


def test_a_clean_change_has_no_findings() -> None:
    outcome = execute(box("review", 'host = "h"\nrepository = "$REPO"'), context(World()))
    assert outcome.summary == "No findings in the changes."


def test_a_large_change_is_searched_completely_and_secrets_come_first(tmp_path: Path) -> None:
    repository = Repository(tmp_path)
    many = {f"{'long-name-' * 8}{number:04}.js": f"const a = {number}\n" for number in range(900)}
    noisy = {"a.js": "console.log(1)\n" * 30, "b.sql": "-- words\n" * 20_000}
    new = repository.commit({**many, **noisy, "long-name-0.js": f'const password = "{"hunter2" * 2}"\n'}, "All at once")
    shell = LocalShell({"REPO": str(repository.path)})
    shell.ask("h", f"cd {repository.path}; git fetch -q")
    values = {"commit": new, "commit_before": repository.old}
    outcome = execute(box("review", REVIEW), context(World(), values, shell=shell, files={"up.sql": "SELECT 1;\n"}))
    assert outcome.summary == "31 findings to review before you sign."
    first = next(line for line in outcome.lines if ".js:" in line)
    assert first.startswith("long-name-0.js:1 looks like a secret"), outcome.lines
    assert outcome.lines[-2] == "… and 11 more, in the full output"


def reviewed(tmp_path: Path, files: dict[str, str | bytes], setup: str = "true") -> Outcome:
    """The review of a release that adds these files to the repository."""
    repository = Repository(tmp_path)
    return review_of(repository, repository.new, repository.commit(files, "Third"), setup)


def review_of(repository: Repository, before: str, commit: str, setup: str = "true") -> Outcome:
    """The review of what a release changes."""
    shell = LocalShell({"REPO": str(repository.path)})
    shell.ask("h", f"cd {repository.path}; git fetch -q; {setup}")
    values = {"commit": commit, "commit_before": before}
    return execute(box("review", 'host = "h"\nrepository = "$REPO"'), context(World(), values, shell=shell, files={}))


TOKEN = "ghp_" + "a1B2" * 9


@pytest.mark.fault("not looked at, and said to be fine")
def test_no_attribute_and_no_setting_of_git_hides_a_line(tmp_path: Path) -> None:
    attributes = "*.min.js -diff\\n*.sql binary\\n*.txt diff=words\\n"
    setup = (
        f"printf '{attributes}' > .gitattributes; git config diff.words.textconv true; git config diff.external true"
    )
    names = ("a.min.js", "b.sql", "c.txt")
    outcome = reviewed(tmp_path, dict.fromkeys(names, f"// one\nkey = '{TOKEN}'\n"), setup)
    found = [line for line in outcome.lines if code_review.LEAK in line]
    assert found == [f"{name}:2 looks like a secret: GitHub Token" for name in names]


@pytest.mark.fault("not looked at, and said to be fine")
def test_a_secret_in_utf_16_is_found_and_a_binary_file_is_named_as_not_searched(tmp_path: Path) -> None:
    picture = bytes(range(256)) * 40
    outcome = reviewed(tmp_path, {"a.ps1": f"# one\n$key = '{TOKEN}'\n".encode("utf-16"), "logo.png": picture})
    text = "\n".join(outcome.lines)
    assert "a.ps1:2 looks like a secret: GitHub Token" in text
    assert "1 binary file was not searched: logo.png" in text
    assert outcome.summary == "2 findings to review before you sign."


def test_what_stands_elsewhere_is_named_as_not_searched(tmp_path: Path) -> None:
    repository = Repository(tmp_path)
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:" + "ab" * 32 + "\nsize 12\n"
    repository.commit({"data.env": pointer}, "Third")
    commits = [repository.new]
    for module in (repository.old, repository.new):
        git(repository.origin, "update-index", "--add", "--cacheinfo", f"160000,{module},vendor")
        git(repository.origin, "commit", "-q", "-m", "The submodule moves")
        commits.append(git(repository.origin, "rev-parse", "HEAD"))
    named = "vendor:1 is a submodule, whose own changes were not searched; review them by hand"
    first, second = (review_of(repository, *pair).lines for pair in pairwise(commits))
    assert "data.env:1 is stored in Git LFS, so its content was not searched; review it by hand" in first
    assert named in first
    assert named in second


def test_secrets_come_first_and_made_up_ones_last_with_their_files(tmp_path: Path) -> None:
    made_up = "".join(f'user{number}: {{ password: "hunter2hunter{number}" }}\n' for number in range(3))
    files: dict[str, str | bytes] = {"a.test.js": f"console.log(1)\n{made_up}", "z.env": "DB_PASSWORD=Tr0ub4dor3x\n"}
    outcome = reviewed(tmp_path, files)
    assert outcome.summary == "3 findings to review before you sign."
    first, second, third = (line for line in outcome.lines if line.startswith(("a.test.js:", "z.env:")))
    assert first == "z.env:1 looks like a secret: a password or key in plain text"
    assert second == "a.test.js:1 debug code: console.log"
    assert third.startswith("a.test.js:2,3,4 in a test, an example, a template or a translation")


def test_files_with_unusual_names_are_searched(tmp_path: Path) -> None:
    repository = Repository(tmp_path)
    names = ['say "x".js', ":(top)b.js", "ไทย *.js", "back\\slash.js"]
    new = repository.commit(dict.fromkeys(names, "debugger\n"), "Names")
    shell = LocalShell({"REPO": str(repository.path)})
    shell.ask("h", f"cd {repository.path}; git fetch -q")
    values = {"commit": new, "commit_before": repository.old}
    outcome = execute(box("review", REVIEW), context(World(), values, shell=shell, files={"up.sql": "SELECT 1;\n"}))
    assert sorted(line for line in outcome.lines if ":1 " in line) == sorted(
        f"{name}:1 debug code: debugger" for name in names
    )


def test_a_file_with_the_name_of_a_variable_is_only_a_file(tmp_path: Path) -> None:
    repository = Repository(tmp_path)
    new = repository.commit({"$TOKEN.js": "console.log(1)\n", "<commit>.js": "console.log(2)\n"}, "Third")
    shell = LocalShell({"REPO": str(repository.path), "TOKEN": "app"})
    shell.ask("h", f"cd {repository.path}; git fetch -q")
    values = {"commit": new, "commit_before": repository.new}
    outcome = execute(
        box("review", 'host = "h"\nrepository = "$REPO"'), context(World(), values, shell=shell, files={})
    )
    assert outcome.summary == "2 findings to review before you sign.", outcome.output
    assert {line.split(":")[0] for line in outcome.lines if "console" in line} == {"$TOKEN.js", "<commit>.js"}
