"""`run` carries commands out in order, in real bash, and stops at the first that fails."""

from __future__ import annotations

from pathlib import Path

from commands.steps.base import execute
from tests.commands.steps.making import box, context, plan
from tests.local_shell import LocalShell
from tests.world import World

BOX = 'host = "h"\ncd = "$place"\nenv = { place = "$PLACE" }\n'


def test_the_plan_is_the_commands() -> None:
    text = plan(box("run", BOX + 'commands = ["npm ci", "deploy <commit>"]'))
    assert text == 'on h: cd "$place"\non h: npm ci\non h: deploy <commit>\nwith place=$PLACE'


def test_the_commands_after_a_failed_one_are_not_run(tmp_path: Path) -> None:
    shell = LocalShell({"PLACE": str(tmp_path)})
    found = execute(box("run", BOX + 'commands = ["touch a", "false", "touch b"]'), context(World(), shell=shell))
    assert found.state == "failed"
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
    assert "$ false" in found.output


def test_a_value_is_quoted_for_the_shell(tmp_path: Path) -> None:
    shell = LocalShell({"PLACE": str(tmp_path)})
    values = {"ref": "x; touch hacked 'y'"}
    found = execute(
        box("run", BOX + "commands = [\"printf '%s' <ref> > said\"]"), context(World(), values, shell=shell)
    )
    assert found.state == "done", found.output
    assert (tmp_path / "said").read_text() == values["ref"]
    assert not (tmp_path / "hacked").exists()


def test_after_a_cut_a_job_is_attached_to_and_never_started_twice() -> None:
    world = World()
    ctx, step = context(world), box("run", 'host = "h"\ncommands = ["deploy"]')
    world.lose("deploy")
    assert execute(step, ctx).state == "unknown"
    assert step.recover(ctx).state == "done"
    assert world.begun == {ctx.key: 1}


def test_after_a_cut_a_job_that_never_began_begins() -> None:
    world = World()
    ctx, step = context(world), box("run", 'host = "h"\ncommands = ["deploy"]')
    assert (step.recover(ctx).state, step.recover(ctx).state) == ("done", "done")
    assert world.begun == {ctx.key: 1}


def test_a_stop_ends_it() -> None:
    world = World()
    world.hang("deploy")
    ctx = context(world)
    ctx.stop.set()
    assert execute(box("run", 'host = "h"\ncommands = ["deploy"]'), ctx).state == "stopped"


def test_a_job_that_is_gone_is_judged_by_the_pages_own_probe(tmp_path: Path) -> None:
    shell = LocalShell({"PLACE": str(tmp_path)})
    step = box("run", BOX + 'commands = ["touch a"]\nprobe = "test -e a"')
    ctx = context(World(), shell=shell)
    shell.dead.add(ctx.key)
    found = step.recover(ctx)
    assert found.state == "unknown", "its effect is not there, and nobody knows why: people must look"
    assert "probe says that it is not done" in found.summary
    (tmp_path / "a").touch()
    assert step.recover(ctx).state == "done"
    assert "after a crash: test -e a (0 means done)" in plan(step)
