"""Scripts that commands run by their path are looked for before the start, also in a rollback."""

from __future__ import annotations

from pathlib import Path

import pytest

from commands.ports.preflight import PreflightContext, PreflightResult
from commands.systems.preflight.script_files import scripts_check
from tests.commands.steps.builders import box, context
from tests.local_shell import LocalShell
from tests.world import World


def found(folder: Path, *commands: str) -> list[PreflightResult]:
    """What the preflight of a `run` step says of these scripts."""
    where = 'cd = "$repo"\nenv = { repo = "$REPO" }'
    step = box("run", f'host = "h"\n{where}\ncommands = {list(commands)!r}')
    tools = context(World(), shell=LocalShell({"REPO": str(folder)})).tools
    checks = [check for check in step.preflight() if "one#" in getattr(check, "script", "")]
    return [result for check in checks for result in check.run_preflight(PreflightContext(tools=tools, ref="main"))]


@pytest.mark.fault("the way back is first tried when it is needed")
def test_a_script_that_is_not_there_or_may_not_be_run_is_named(tmp_path: Path) -> None:
    for name in ("there.sh", "closed.sh", "read.py"):
        (tmp_path / name).write_text("exit 0\n")
    (tmp_path / "there.sh").chmod(0o755)
    commands = ("./there.sh --all", "./closed.sh", "./gone.sh", "python3 ./read.py", "bash /nowhere/x.sh")
    missing, closed = found(tmp_path, *commands)
    assert (missing.summary, missing.level) == ("./gone.sh and /nowhere/x.sh do not exist yet", closed.level)
    assert closed.summary == "./closed.sh may not be run by this user"
    (fine,) = found(tmp_path, "./there.sh", "python3 ./read.py")
    assert fine.summary == "the scripts of its commands are there"


@pytest.mark.parametrize(
    "command",
    [
        "npm run rollback",
        "./$NAME.sh",
        "./<ref>.sh",
        "cd api\n./gone.sh",
        "echo a/b",
        "bash -c 'x/y'",
        "./*.sh",
        "a/b=c x",
    ],
)
def test_what_is_no_file_for_sure_is_not_looked_for(tmp_path: Path, command: str) -> None:
    assert not scripts_check("h", str(tmp_path), command.split("\n"), {})


def test_a_folder_that_an_earlier_step_makes_says_nothing_of_its_scripts(tmp_path: Path) -> None:
    assert found(tmp_path / "later", "./gone.sh") == []


def test_the_script_that_lets_requests_in_again_is_looked_for_too(tmp_path: Path) -> None:
    step = box("maintenance", f'host = "h"\ncommand = "{tmp_path}/requests.sh on"\nstate = "off"\nweb = "api"')
    tools = context(World(), shell=LocalShell({})).tools
    (check,) = [one for one in step.preflight() if "one#" in getattr(one, "script", "")]
    (result,) = check.run_preflight(PreflightContext(tools=tools, ref="main"))
    assert result.summary == f"{tmp_path}/requests.sh does not exist yet"
