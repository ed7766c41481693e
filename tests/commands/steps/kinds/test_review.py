"""`review` shows what a reviewer must see, with file and line, and never a secret itself."""

from __future__ import annotations

import hashlib
from pathlib import Path

from commands.ports.analysis import Finding
from commands.steps.base import execute
from tests.commands.steps.making import Repository, box, context, plan
from tests.local_shell import LocalShell
from tests.pages import run
from tests.world import World

BOX = 'host = "h"\nrepository = "$REPO"\nmigrations = ["up.sql"]'


def test_the_plan_names_the_migrations() -> None:
    assert "parses up.sql" in plan(box("review", BOX))


def test_findings_are_shown_and_do_not_fail_the_step(tmp_path: Path) -> None:
    repository = Repository(tmp_path)
    secret = "hunter2" * 2
    new = repository.commit({"app.js": f'const a = 2\nconsole.log(a)\nconst password = "{secret}"\n'}, "Third")
    shell = LocalShell({"REPO": str(repository.path)})
    shell.ask("h", f"cd {repository.path}; git fetch -q")
    values = {"commit": new, "commit_before": repository.old}
    files = {"up.sql": "SELECT 1;\nSELCT 2;\n"}
    found = execute(box("review", BOX), context(World(), values, shell=shell, files=files))
    assert found.state == "done", found.summary
    text = "\n".join(found.lines)
    assert "app.js:2 debug code: console.log" in text
    assert "app.js:3 looks like a secret" in text
    assert 'up.sql:2 syntax error at or near "SELCT"' in text
    assert secret not in text + found.output
    assert found.summary == "3 findings to look at before you sign."
    up = hashlib.sha256(files["up.sql"].encode()).hexdigest()[:12]
    page = hashlib.sha256(run().text.encode()).hexdigest()[:12]
    assert found.lines[-1] == f"pinned: commit {new[:12]}, by SHA-256 {run().page} {page}, up.sql {up}"


def test_equal_remarks_of_the_linter_stand_in_one_line_with_all_their_places(tmp_path: Path) -> None:
    repository = Repository(tmp_path)
    world = World()
    why = "Dropping a table may break existing clients."
    world.remarks = [Finding(line=line, why=why) for line in (3, 7)]
    values = {"commit": repository.old, "commit_before": repository.old}
    shell = LocalShell({"REPO": str(repository.path)})
    found = execute(box("review", BOX), context(world, values, shell=shell, files={"up.sql": "SELECT 1;"}))
    assert f"up.sql:3,7 {why}" in found.lines
    assert found.summary == "1 finding to look at before you sign."


def test_a_clean_change_is_said_to_be_clean() -> None:
    found = execute(box("review", 'host = "h"\nrepository = "$REPO"'), context(World()))
    assert found.summary == "Nothing suspicious was found in what changed."


def test_nothing_of_a_large_change_is_left_out_and_a_secret_stands_first(tmp_path: Path) -> None:
    repository = Repository(tmp_path)
    many = {f"{'long-name-' * 8}{number:04}.js": f"const a = {number}\n" for number in range(900)}
    noisy = {"a.js": "console.log(1)\n" * 30, "b.sql": "-- words\n" * 20_000}
    new = repository.commit({**many, **noisy, "long-name-0.js": f'const password = "{"hunter2" * 2}"\n'}, "All at once")
    shell = LocalShell({"REPO": str(repository.path)})
    shell.ask("h", f"cd {repository.path}; git fetch -q")
    values = {"commit": new, "commit_before": repository.old}
    found = execute(box("review", BOX), context(World(), values, shell=shell, files={"up.sql": "SELECT 1;\n"}))
    assert found.summary == "31 findings to look at before you sign."
    first = next(line for line in found.lines if ".js:" in line)
    assert first.startswith("long-name-0.js:1 looks like a secret"), found.lines
    assert found.lines[-2] == "… and 11 more, in the whole output"


def test_a_file_is_searched_whatever_its_name(tmp_path: Path) -> None:
    repository = Repository(tmp_path)
    names = ['say "x".js', ":(top)b.js", "ไทย *.js", "back\\slash.js"]
    new = repository.commit(dict.fromkeys(names, "debugger\n"), "Names")
    shell = LocalShell({"REPO": str(repository.path)})
    shell.ask("h", f"cd {repository.path}; git fetch -q")
    values = {"commit": new, "commit_before": repository.old}
    found = execute(box("review", BOX), context(World(), values, shell=shell, files={"up.sql": "SELECT 1;\n"}))
    assert sorted(line for line in found.lines if ":1 " in line) == sorted(
        f"{name}:1 debug code: debugger" for name in names
    )
