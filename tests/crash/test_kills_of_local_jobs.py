"""Kills of the bot in the middle of a job on its own machine: the job goes on, and runs once."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest

from commands.rollback.request import rollback
from state.facts import Actor, Door
from tests.crash.conftest import Play
from tests.crash.single_run import SingleRun, page, run_step

ENVIRON = "tr '\\0' '\\n' < /proc/$$/environ | cut -d = -f 1 | sort | tr '\\n' ' '"


def local(text: str) -> str:
    """A page with one more host, the bot's own machine, on which its steps run."""
    host = '[hosts.tools]\naddress = "local"\n\n[databases.production]'
    assert "[databases.production]" in text
    return text.replace("[databases.production]", host).replace('host = "production"', 'host = "tools"')


def lines_of(file: Path) -> list[str]:
    return file.read_text().splitlines() if file.exists() else []


def jobs(single: SingleRun) -> list[Path]:
    """The folders of the run's jobs on the bot's machine."""
    home = Path(single.sandbox.bot.env["HOME"])
    return [*(home / ".gonogo" / "jobs").glob(f"run-{single.run}-*")]


async def roll_back(single: SingleRun) -> None:
    """Request a rollback at the terminal, and wait until the run is rolled back."""
    actor = Actor(person="nok", door=Door.TERMINAL)
    rollback(single.store, single.store.run(single.run), actor, "", datetime.now(UTC))
    await single.wait_for_end("rolled back")


def test_a_local_job_goes_on_without_the_bot_and_is_not_started_twice(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def test(single: SingleRun) -> None:
        monkeypatch.setitem(single.sandbox.bot.env, "HOME", str(single.folder))
        effects, go = single.folder / "effects", single.folder / "go"
        wait = f'echo began >> "{effects}"; while [ ! -e "{go}" ]; do sleep 0.02; done; echo ended >> "{effects}"'
        single.begin(local(page(run_step("once", ENVIRON, wait))))
        await single.wait_until(lambda: lines_of(effects), "the job's begin")
        single.sandbox.bot.kill()
        await asyncio.sleep(2.5)  # what the bot leaves behind notices that nobody listens
        assert lines_of(effects) == ["began"]
        single.sandbox.bot.start()
        await asyncio.sleep(1.5)
        await single.restart_bot()
        go.touch()
        attempt = await single.wait_for_step("once")
        assert lines_of(effects) == ["began", "ended"], "the job was started twice, or ended with the bot"
        assert attempt.attempt == 1
        assert len(jobs(single)) == 1
        names = next(line for line in str(attempt.outcome["output"]).splitlines() if "HOME" in line.split())
        assert not [name for name in names.split() if name.startswith(("SLACK_", "GONOGO_", "PROD_"))], names

    play(test)


def test_a_job_that_ended_while_the_bot_was_dead_counts_and_a_rollback_follows(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def test(single: SingleRun) -> None:
        monkeypatch.setitem(single.sandbox.bot.env, "HOME", str(single.folder))
        effects, go = single.folder / "effects", single.folder / "go"
        wait = f'echo forward >> "{effects}"; while [ ! -e "{go}" ]; do sleep 0.02; done; echo done > "{go}"'
        back = f'echo back >> "{effects}"'
        single.begin(local(page(run_step("forward", wait), run_step("back", back))))
        await single.wait_until(lambda: lines_of(effects), "the job's begin")
        single.sandbox.bot.kill()
        go.touch()
        await single.wait_until(lambda: lines_of(go), "the job's end")
        single.sandbox.bot.start()
        await single.wait_for_step("forward")
        await roll_back(single)
        assert lines_of(effects) == ["forward", "back"]

    play(test)


def test_a_rollback_stops_a_local_job_with_everything_it_has_started(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def test(single: SingleRun) -> None:
        monkeypatch.setitem(single.sandbox.bot.env, "HOME", str(single.folder))
        effects = single.folder / "effects"
        tick = f'(while :; do echo tick >> "{effects}"; sleep 0.05; done) & wait'
        single.begin(local(page(run_step("forward", tick), run_step("back", f'echo back >> "{effects}"'))))
        await single.wait_until(lambda: lines_of(effects), "the job's begin")
        await single.restart_bot()
        await roll_back(single)
        assert lines_of(effects)[-1] == "back", "what the job had started went on after the rollback"

    play(test)
