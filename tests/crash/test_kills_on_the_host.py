"""Kills at critical moments on the host and in the database: each effect is there once."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest

from bot.rehearsal.target.audit import FORWARD_COUNT, read_audit_log
from commands.rollback.request import rollback
from state.facts import Actor, Door
from tests.crash.conftest import Play
from tests.crash.single_run import HEAD, RECORD, SingleRun, page, run_step
from tests.crash.tcp_proxy import TcpProxy

SETSID, MV = "/usr/bin/setsid", "/bin/mv"
STEPS = {
    step.split('id = "', 1)[1].split('"', 1)[0]: f"\n### {step}"
    for step in (Path(__file__).with_name("page.md").read_text().removeprefix(HEAD)).split("\n### ")[1:]
    if 'id = "' in step
}


def has_connected(proxy: TcpProxy, before: int) -> bool:
    """Whether the proxy saw more connections than `before`."""
    return len(proxy.connected_at) > before


def step_text(name: str) -> str:
    """A step of the crash page, by its id."""
    return STEPS[name].split("\n## ", 1)[0] + "\n"


def times_recorded(single: SingleRun, name: str) -> int:
    """How often the audit log has a line that this step of this run wrote."""
    lines = read_audit_log(single.sandbox.target.host.audit_log)
    return sum((line["what"], line.get("name"), line.get("run")) == ("act", name, str(single.run)) for line in lines)


@pytest.mark.parametrize("dies", ["bot", "connection"])
def test_between_the_sql_commit_and_our_note(play: Play, dies: str) -> None:
    async def test(single: SingleRun) -> None:
        proxy, target = single.sandbox.proxies["database"], single.sandbox.target
        before = await asyncio.to_thread(target.postgres.query, FORWARD_COUNT)
        file: list[bytes] = []

        def send_file(data: bytes) -> bool:
            file.extend([data] if b"DROP TABLE" in data else [])
            return False

        proxy.hold(to_server=send_file, from_server=lambda data: bool(file) and b"COMMIT" in data)
        single.begin(page(step_text("migration"), step_text("database-back"), step_text("release")))
        await asyncio.wait_for(proxy.held.wait(), 60)
        assert (attempt := single.last_attempt("migration")) is not None
        assert attempt.state == "running", "the note was written before the commit was confirmed"
        proxy.cut()
        if dies == "bot":
            await single.restart_bot()
        proxy.release()
        attempt = await single.wait_for_step("migration")
        after = await asyncio.to_thread(target.postgres.query, FORWARD_COUNT)
        assert int(str(after[0][0])) == int(str(before[0][0])) + 1, "the file was applied more than once, or not at all"
        assert attempt.attempt == 1
        await roll_back(single)

    play(test)


async def roll_back(single: SingleRun) -> None:
    """Request a rollback at the terminal, and wait until the run is rolled back."""
    run, actor = single.store.run(single.run), Actor(person="nok", door=Door.TERMINAL)
    rollback(single.store, run, actor, "", datetime.now(UTC))
    await single.wait_for_end("rolled back")


def test_between_the_jobs_folder_and_its_command(play: Play) -> None:
    async def test(single: SingleRun) -> None:
        setsid = single.pause_program("setsid", single.sandbox.folder / "paused", SETSID)
        single.begin(page(run_step("once", RECORD)))
        await single.wait_until(lambda: setsid.calls, "the host's setsid")
        await single.restart_bot()
        await asyncio.sleep(1.5)
        assert times_recorded(single, "once") == 0
        setsid.release()
        await single.wait_for_step("once")
        assert (times_recorded(single, "once"), setsid.calls) == (1, 1)

    play(test)


def test_before_the_script_has_arrived(play: Play) -> None:
    async def test(single: SingleRun) -> None:
        proxy = single.sandbox.proxies["ssh"]
        sizes: list[int] = []

        def is_half(data: bytes) -> bool:
            sizes.append(len(data))
            return sum(sizes) > 20_000  # the login is 3 kB, so half of the script is on its way

        proxy.hold(to_server=is_half)
        single.begin(page(run_step("once", RECORD, *[f": {'x' * 3_500}"] * 12)))
        await asyncio.wait_for(proxy.held.wait(), 60)
        proxy.cut()
        proxy.release()
        await single.restart_bot()
        attempt = await single.wait_for_step("once")
        assert times_recorded(single, "once") == 1, f"half of a script counts as done: {attempt.summary}"

    play(test)


def test_between_the_commands_end_and_its_exit_code(play: Play) -> None:
    async def test(single: SingleRun) -> None:
        # the exit code is known once the host's shell has given its file the name
        move = single.pause_program("mv", single.sandbox.folder / "paused", MV, words="/exit")
        single.begin(page(run_step("once", RECORD)))
        await single.wait_until(lambda: move.calls, "the command's end")
        await single.restart_bot()
        await asyncio.sleep(1.5)
        assert (attempt := single.last_attempt("once")) is not None
        assert attempt.state == "running", attempt.summary
        move.release()
        await single.wait_for_step("once")
        assert times_recorded(single, "once") == 1

    play(test)


def test_during_the_backup(play: Play) -> None:
    async def test(single: SingleRun) -> None:
        host = single.sandbox.target.host
        pg_dump = single.pause_program("pg_dump", host.bin, "", "--snapshot=")
        before = set((host.srv / "backups").iterdir())
        single.begin(page(run_step("after", RECORD), before=step_text("backup")))
        await single.wait_until(lambda: pg_dump.calls, "pg_dump")
        await single.restart_bot()
        await single.restart_bot()
        pg_dump.release()
        await single.wait_for_step("after")
        new = set((host.srv / "backups").iterdir()) - before
        assert pg_dump.calls == 1, "a second dump was begun"
        dumps = [file.name for file in new if file.name.endswith((".dump", ".part"))]
        assert len(dumps) == 1, f"not one complete backup: {dumps}"
        assert dumps[0].endswith(".dump")

    play(test)


def test_in_the_middle_of_a_rollback(play: Play) -> None:
    async def test(single: SingleRun) -> None:
        wait = 'while [ -e "$audit.hold" ]; do sleep 0.02; done'
        hold = Path(f"{single.sandbox.target.host.audit_log}.hold")
        hold.touch()
        back = run_step("first-back", RECORD, wait) + run_step("second-back", RECORD)
        single.begin(page(run_step("forward", RECORD), back))
        await single.wait_for_step("forward")
        rolling_back = asyncio.create_task(roll_back(single))
        await single.wait_until(lambda: times_recorded(single, "first-back"), "the rollback's first step")
        await single.restart_bot()
        await single.restart_bot()
        hold.unlink()
        await rolling_back
        assert [times_recorded(single, name) for name in ("forward", "first-back", "second-back")] == [1, 1, 1]

    play(test)


def test_a_rollback_requested_while_the_bot_is_dead_starts_nothing_forward(play: Play) -> None:
    async def test(single: SingleRun) -> None:
        proxy = single.sandbox.proxies["ssh"]
        proxy.hold(to_server=lambda _: True)  # nothing of the step reaches the host
        single.begin(page(run_step("forward", RECORD), run_step("back", RECORD)))
        await asyncio.wait_for(proxy.held.wait(), 60)
        single.sandbox.bot.kill()
        proxy.release()
        rolling_back = asyncio.create_task(roll_back(single))
        await asyncio.sleep(0.1)
        single.sandbox.bot.start()
        await rolling_back
        assert (times_recorded(single, "forward"), times_recorded(single, "back")) == (0, 1)

    play(test)


def test_a_cut_connection_neither_loses_nor_doubles_output(play: Play) -> None:
    async def test(single: SingleRun) -> None:
        proxy = single.sandbox.proxies["ssh"]
        single.begin(page(run_step("counts", RECORD, "for i in $(seq 900); do echo line $i; sleep 0.005; done")))
        await single.wait_until(lambda: times_recorded(single, "counts"), "the command")
        cuts = 0
        for _ in range(3):
            await asyncio.sleep(0.8)
            before = len(proxy.connected_at)
            proxy.cut()
            await single.wait_until(partial(has_connected, proxy, before), "a new connection")
            cuts += 1
        attempt = await single.wait_for_step("counts")
        lines = [line for line in str(attempt.outcome["output"]).splitlines() if line.startswith("line ")]
        assert lines == [f"line {number}" for number in range(1, 901)]
        assert cuts == 3

    play(test)
