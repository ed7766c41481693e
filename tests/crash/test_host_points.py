"""The bot is killed at the moments that matter on the host and in the database; each effect happens once, and nobody is asked."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.rehearsal.target.audit import FORWARD_COUNT
from commands.rollback.request import rollback
from state.facts import Actor, Door
from tests.crash.conftest import Play
from tests.crash.point import HEAD, SAY, Point, page, run_step

SETSID = "/usr/bin/setsid"
PARTS = {
    part.split('id = "', 1)[1].split('"', 1)[0]: f"\n### {part}"
    for part in (Path(__file__).with_name("page.md").read_text().removeprefix(HEAD)).split("\n### ")[1:]
    if 'id = "' in part
}


def part(name: str) -> str:
    """A step of the crash page by its id."""
    return PARTS[name].split("\n## ", 1)[0] + "\n"


def said(point: Point, name: str) -> int:
    """How often the audit has a command's line of this run."""
    lines = point.here.target.host.audit_log.read_text().splitlines()
    return sum(f'"name": "{name}", "run": "{point.run}"' in line for line in lines)


@pytest.mark.parametrize("dies", ["bot", "connection"])
def test_between_the_sql_commit_and_our_note(play: Play, dies: str) -> None:
    async def story(point: Point) -> None:
        wire, target = point.here.wires["database"], point.here.target
        before = await asyncio.to_thread(target.postgres.query, FORWARD_COUNT)
        sent: list[bytes] = []

        def file_goes(data: bytes) -> bool:
            sent.extend([data] if b"DROP TABLE" in data else [])
            return False

        wire.catch(forth=file_goes, back=lambda data: bool(sent) and b"COMMIT" in data)
        point.begin(page(part("migration"), part("database-back"), part("release")))
        await asyncio.wait_for(wire.caught.wait(), 60)
        assert (row := point.step("migration")) is not None
        assert row.state == "running", "the note was written before the commit was heard of"
        wire.cut()
        if dies == "bot":
            await point.restart()
        wire.let_go()
        row = await point.ends("migration")
        after = await asyncio.to_thread(target.postgres.query, FORWARD_COUNT)
        assert int(str(after[0][0])) == int(str(before[0][0])) + 1, "the file was applied more than once, or not at all"
        assert row.attempt == 1
        await turn_back(point)

    play(story)


async def turn_back(point: Point) -> None:
    """Somebody rolls back at the terminal; the run ends so."""
    rollback(point.store, point.store.run(point.run), Actor(person="nok", door=Door.TERMINAL), "", datetime.now(UTC))
    await point.over("rolled back")


def test_between_the_folder_and_the_command(play: Play) -> None:
    async def story(point: Point) -> None:
        pause = point.pause("setsid", point.here.folder / "pauses", SETSID)
        point.begin(page(run_step("once", SAY)))
        await point.until(lambda: pause.reached, "the host's setsid")
        await point.restart()
        await asyncio.sleep(1.5)
        assert said(point, "once") == 0
        pause.go()
        await point.ends("once")
        assert (said(point, "once"), pause.reached) == (1, 1)

    play(story)


def test_before_the_script_has_arrived(play: Play) -> None:
    async def story(point: Point) -> None:
        wire = point.here.wires["ssh"]
        script = page(run_step("once", SAY, f": {'x' * 40_000}"))
        pieces: list[int] = []

        def half(data: bytes) -> bool:
            pieces.append(len(data))
            return sum(pieces) > 20_000  # the log-in is 3 kB: half of the script is on its way

        wire.catch(forth=half)
        point.begin(script)
        await asyncio.wait_for(wire.caught.wait(), 60)
        wire.cut()
        wire.let_go()
        await point.restart()
        row = await point.ends("once")
        assert said(point, "once") == 1, f"a script that was cut off on its way counts as done: {row.summary}"

    play(story)


def test_between_the_commands_end_and_its_exit_code(play: Play) -> None:
    async def story(point: Point) -> None:
        jobs = point.here.target.host.home / ".gonogo" / "jobs"
        # writing into a pipe that nobody reads keeps the host's shell from writing the exit code
        point.begin(page(run_step("once", SAY, f'(cd "{jobs}"/run-${{run}}-*_once_1; mkfifo exit)')))
        await point.until(lambda: said(point, "once"), "the command's end")
        folder = next(jobs.glob(f"run-{point.run}-*_once_1"))
        await point.restart()
        await asyncio.sleep(1.5)
        assert (row := point.step("once")) is not None
        assert row.state == "running", row.summary
        code = await asyncio.to_thread((folder / "exit").read_text)
        (folder / "exit").unlink()
        (folder / "exit").write_text(code)
        await point.ends("once")
        assert said(point, "once") == 1

    play(story)


def test_during_the_backup(play: Play) -> None:
    async def story(point: Point) -> None:
        target = point.here.target
        pause = point.pause("pg_dump", target.host.bin, "", "--snapshot=")
        kept = set((target.host.srv / "backups").iterdir())
        point.begin(page(run_step("after", SAY), before=part("backup")))
        await point.until(lambda: pause.reached, "pg_dump")
        await point.restart()
        await point.restart()
        pause.go()
        await point.ends("after")
        new = set((target.host.srv / "backups").iterdir()) - kept
        assert pause.reached == 1, "a second dump was begun"
        dumps = [file.name for file in new if file.name.endswith((".dump", ".part"))]
        assert len(dumps) == 1, f"not one whole backup: {dumps}"
        assert dumps[0].endswith(".dump")

    play(story)


def test_in_the_middle_of_a_rollback(play: Play) -> None:
    async def story(point: Point) -> None:
        wait = 'while [ -e "$audit.hold" ]; do sleep 0.02; done'
        hold = Path(f"{point.here.target.host.audit_log}.hold")
        hold.touch()
        back = run_step("first-back", SAY, wait) + run_step("second-back", SAY)
        point.begin(page(run_step("forth", SAY), back))
        await point.ends("forth")
        turning = asyncio.create_task(turn_back(point))
        await point.until(lambda: said(point, "first-back"), "the rollback's first step")
        await point.restart()
        await point.restart()
        hold.unlink()
        await turning
        assert [said(point, name) for name in ("forth", "first-back", "second-back")] == [1, 1, 1]

    play(story)


def test_a_rollback_asked_for_while_the_bot_is_dead_begins_nothing_forward(play: Play) -> None:
    async def story(point: Point) -> None:
        wire = point.here.wires["ssh"]
        wire.catch(forth=lambda _: True)  # nothing of the step reaches the host
        point.begin(page(run_step("forth", SAY), run_step("back", SAY)))
        await asyncio.wait_for(wire.caught.wait(), 60)
        await point.here.bot.kill()
        wire.let_go()
        turning = asyncio.create_task(turn_back(point))
        await asyncio.sleep(0.1)
        point.here.bot.start()
        await turning
        assert (said(point, "forth"), said(point, "back")) == (0, 1)

    play(story)


def test_the_connection_is_killed_and_the_output_is_neither_lost_nor_doubled(play: Play) -> None:
    async def story(point: Point) -> None:
        wire = point.here.wires["ssh"]
        point.begin(page(run_step("counts", "for i in $(seq 900); do echo line $i; sleep 0.005; done")))
        await point.until(lambda: (row := point.step("counts")) and row.state == "running", "the command")
        cuts = 0
        for _ in range(3):
            await asyncio.sleep(0.8)
            before = len(wire.used)
            wire.cut()
            await point.until(lambda before=before: len(wire.used) > before, "a new connection")  # type: ignore[misc]
            cuts += 1
        row = await point.ends("counts")
        lines = [line for line in str(row.outcome["output"]).splitlines() if line.startswith("line ")]
        assert lines == [f"line {number}" for number in range(1, 901)]
        assert cuts == 3

    play(story)
