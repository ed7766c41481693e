"""`run`: runs commands in order in real bash, and stops at the first that fails."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from commands.steps.base import execute
from commands.steps.outcome import Outcome
from tests.commands.steps.builders import box, context, plan
from tests.local_shell import LocalShell
from tests.world import World

RUN = 'host = "h"\ncd = "$place"\nenv = { place = "$PLACE" }\n'


def test_the_plan_shows_the_commands() -> None:
    text = plan(box("run", RUN + 'commands = ["npm ci", "deploy <commit>"]'))
    assert text == 'on h: cd "$place"\non h: npm ci\non h: deploy <commit>\nwith place=$PLACE'


def run_commands(folder: Path, commands: list[str], values: dict[str, str] | None = None) -> Outcome:
    """Run the commands in a folder of this machine."""
    shell = LocalShell({"PLACE": str(folder)})
    return execute(box("run", f"{RUN}commands = {json.dumps(commands)}"), context(World(), values, shell=shell))


def test_the_commands_after_a_failed_one_do_not_run(tmp_path: Path) -> None:
    outcome = run_commands(tmp_path, ["touch a", "false", "touch b"])
    assert outcome.state == "failed"
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
    assert "$ false" in outcome.output


@pytest.mark.fault("foreign words taken for the program's own")
def test_what_the_failed_command_said_first_is_shown_though_it_prints_its_usage_behind_it(tmp_path: Path) -> None:
    usage = "; ".join(f"echo --option-{number}" for number in range(20))
    said = "echo npm error code EUSAGE; echo npm error Missing: left-pad from lock file"
    lines = run_commands(tmp_path, ["echo Error: of a command that went well", f"{said}; {usage}; exit 1"]).lines
    assert lines[:2] == ("npm error code EUSAGE", "npm error Missing: left-pad from lock file")
    assert lines[2:] == ("--option-0", "--option-1", *(f"--option-{number}" for number in range(12, 20)))
    both = f"echo Error: no cache, building anew; {usage}; echo Error: disk full; echo a; echo b; echo c; exit 1"
    assert run_commands(tmp_path, [both]).lines[-4:] == ("Error: disk full", "a", "b", "c"), "the last reason counts"
    plain = run_commands(tmp_path, ["echo Error: of a command that went well", f"{usage}; exit 1"]).lines
    assert plain == tuple(f"--option-{number}" for number in range(12, 20))


@pytest.mark.parametrize(
    ("commands", "summary"),
    [
        (["true"], "1 command succeeded."),
        (["true", "true"], "2 commands succeeded."),
        (["exit 3"], "`exit 3` failed with exit code 3."),
        (["true", "exit 3"], "1 of 2 commands succeeded; `exit 3` failed with exit code 3."),
        (
            ["exit 3", "true"],
            "0 of 2 commands succeeded; `exit 3` failed with exit code 3; the command after it did not run.",
        ),
        (
            ["true", "printf x", "exit 3", "true", "true"],
            "2 of 5 commands succeeded; `exit 3` failed with exit code 3; the commands after it did not run.",
        ),
        (["true", "# 2. Build\n\nexit 3"], "1 of 2 commands succeeded; `exit 3` failed with exit code 3."),
        (["# all\nexit 3\ntrue"], "`exit 3…` failed with exit code 3."),
        (["true", "true", "[ -e a ]\ntrue", "true"], "2 of 4 commands succeeded; `[ -e a ]…` failed with exit code 1"),
    ],
)
def test_the_summary_counts_the_commands_and_names_the_failed_one(
    tmp_path: Path, commands: list[str], summary: str
) -> None:
    assert run_commands(tmp_path, commands).summary.startswith(summary)


@pytest.mark.parametrize(
    "output",
    ["$ npm ci\nwarning: old\n" * 5000, "$ npm ci\n$ deploy --token=•••\nfailed\n"],
    ids=["the beginning is lost", "a printed command is masked"],
)
def test_if_the_output_does_not_show_which_command_failed_none_is_named(output: str) -> None:
    world = World()
    world.fail("npm ci", 3, output)
    outcome = execute(box("run", 'host = "h"\ncommands = ["npm ci", "deploy", "notify"]'), context(world))
    assert outcome.summary == "A command failed with exit code 3; the commands after it did not run."


def test_a_folder_that_cannot_be_entered_is_named(tmp_path: Path) -> None:
    outcome = run_commands(tmp_path / "missing", ["true"])
    assert outcome.summary == "The folder $place could not be entered (exit code 1); no command ran."


def test_a_value_is_quoted_for_the_shell(tmp_path: Path) -> None:
    values = {"ref": "x; touch hacked 'y'"}
    outcome = run_commands(tmp_path, ["printf '%s' <ref> > printed"], values)
    assert outcome.state == "done", outcome.output
    assert (tmp_path / "printed").read_text() == values["ref"]
    assert not (tmp_path / "hacked").exists()


def test_after_a_crash_a_job_is_attached_to_and_not_started_again() -> None:
    world = World()
    ctx, step = context(world), box("run", 'host = "h"\ncommands = ["deploy"]')
    world.lose("deploy")
    assert execute(step, ctx).state == "unknown"
    assert step.recover(ctx).state == "done"
    assert world.begun == {ctx.key: 1}


def test_after_a_crash_a_job_that_never_began_is_started_once() -> None:
    world = World()
    ctx, step = context(world), box("run", 'host = "h"\ncommands = ["deploy"]')
    assert (step.recover(ctx).state, step.recover(ctx).state) == ("done", "done")
    assert world.begun == {ctx.key: 1}


def test_a_person_can_stop_it() -> None:
    world = World()
    world.hang("deploy")
    ctx = context(world)
    ctx.stop.set()
    assert execute(box("run", 'host = "h"\ncommands = ["deploy"]'), ctx).state == "stopped"


def test_a_job_without_an_exit_code_is_judged_by_the_probe(tmp_path: Path) -> None:
    shell = LocalShell({"PLACE": str(tmp_path)})
    step = box("run", RUN + 'commands = ["touch a"]\nprobe = "test -e a"')
    ctx = context(World(), shell=shell)
    shell.dead.add(ctx.key)
    outcome = step.recover(ctx)
    assert outcome.state == "unknown", "the effect is missing and nobody knows why, so people must check"
    assert outcome.summary.endswith("The `probe` of the step does not show that its commands are done.")
    (tmp_path / "a").touch()
    outcome = step.recover(ctx)
    assert outcome.state == "done"
    assert outcome.summary == "The bot was interrupted here. The `probe` of the step shows that its commands are done."
    assert "after a crash: test -e a (exit code 0 means done)" in plan(step)
