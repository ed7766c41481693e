"""One run of a small page: kill the bot at an exact moment, pause programs, wait."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.rehearsal.role_holders import CHANNEL, ROLE_HOLDERS, STARTER
from commands.runbook import read_page
from commands.start.objections import Objection, facts_of
from commands.start.preflight import PreflightReport
from commands.start.request import StartRequest
from commands.start.starter import start
from state.facts import Actor, Door
from state.records import Attempt
from state.sqlite.store import Store
from tests.crash.sandbox import PAGE, WATCH_SPEED, Sandbox

TIMEOUT = 60.0  # seconds; most of it is for a busy machine
HEAD = PAGE.read_text().split("\n## Before\n", maxsplit=1)[0]
END = """
## Rollback

```toml rollback
within = "15 min"
```
{rollback}
## Decision

```toml decision
role = "tech_lead"
items = ["KEEP or ROLLBACK"]
```
"""
_numbers = itertools.count(1)


def page(deploy: str, rollback: str = "", before: str = "") -> str:
    """A page with these steps, and with the places and roles of the crash page."""
    return f"{HEAD}\n## Before\n{before}\n## Deploy\n{deploy}{END.format(rollback=rollback)}"


def run_step(name: str, *commands: str, more: str = "") -> str:
    """A `run` step; its commands can use $audit, $name and $run."""
    env = f'audit = "$PROD_AUDIT", repository = "$PROD_REPOSITORY", name = "{name}", run = "<run>"'
    lines = ",\n".join(f"'''{command}'''" for command in commands)
    fields = f'id = "{name}"\nhost = "production"\nenv = {{ {env} }}\ncommands = [{lines}]\n{more}'
    return f"\n### {name.capitalize()}\n\n```toml run\n{fields}```\n"


# the command that writes a line of this step into the target's audit log
RECORD = """echo '{"what": "act", "name": "'"$name"'", "run": "'"$run"'"}' >> "$audit" """


class SingleRun:
    """A sandbox with one run in it."""

    def __init__(self, sandbox: Sandbox, folder: Path) -> None:
        self.sandbox = sandbox
        self.folder = folder
        self.store = Store(sandbox.state)
        self.run = 0

    def begin(self, text: str, *against: Objection) -> None:
        """Start a run of a page, although this speaks against it, as the terminal does; and the bot if it is dead."""
        runbook = read_page(text, "single.md")
        people = {role: frozenset({ROLE_HOLDERS[role].id}) for role in runbook.roles}
        request = StartRequest(channel=CHANNEL, speed=WATCH_SPEED)
        starter = Actor(person=STARTER.id, door=Door.TERMINAL)
        now = datetime.now(UTC)
        report = PreflightReport(against=facts_of(against, starter, now, "the fix cannot wait"))
        self.run = start(self.store, runbook, request, starter, people, now, report).id
        if not self.sandbox.bot.is_running:
            self.sandbox.bot.start()

    async def restart_bot(self) -> None:
        """Kill the bot and start it again."""
        self.sandbox.bot.kill()
        self.sandbox.bot.start()

    async def wait_until(self, condition: Callable[[], object], what: str, timeout: float = TIMEOUT) -> None:
        """Wait until a condition holds. Raises AssertionError that names what did not come."""
        until = time.monotonic() + timeout
        while not condition():
            assert time.monotonic() < until, f"{what} did not come; the end of the bot's log:\n{self.details()}"
            await asyncio.sleep(0.02)

    def details(self) -> str:
        """The end of the bot's log, and the run's attempts."""
        attempts = [(one.step, one.attempt, one.state, one.summary) for one in self.store.record(self.run).attempts]
        return f"{self.sandbox.bot.log_end()}\n{attempts}"

    def last_attempt(self, step: str) -> Attempt | None:
        """The newest attempt of a step."""
        return self.store.record(self.run).last(step)

    async def wait_for_step(self, step: str, state: str = "done", timeout: float = TIMEOUT) -> Attempt:
        """Wait until a step's newest attempt ended, and return it. Raises AssertionError for another end state."""
        await self.wait_until(
            lambda: (attempt := self.last_attempt(step)) and attempt.state != "running", f"the end of {step}", timeout
        )
        attempt = self.last_attempt(step)
        assert attempt is not None
        assert attempt.state == state, f"{step} is {attempt.state}, not {state}: {attempt.summary}\n{self.details()}"
        return attempt

    async def wait_for_end(self, state: str, timeout: float = TIMEOUT) -> None:
        """Wait until the run ended in this state."""
        await self.wait_until(lambda: self.store.run(self.run).state == state, f"the run's end, {state},", timeout)
        assert self.store.changes(self.run) == [], "what was killed left a journal that does not fit"

    def abandon(self) -> None:
        """End the run in the state file, whatever it does, so long ago that the next bot posts nothing of it."""
        ended = (datetime.now(UTC) - timedelta(days=30)).isoformat()
        with self.store.opened.write():
            sql = "UPDATE runs SET state = 'aborted', ended_at = ? WHERE ended_at IS NULL"
            self.store.opened.execute(sql, ended)
        self.store.close()

    def pause_program(self, name: str, folder: Path, program: str, words: str = "") -> PausedProgram:
        """Put a paused program into a folder of the host, in front of the real one."""
        return PausedProgram(self.folder / f"paused-{next(_numbers)}", folder / name, program, words)


class PausedProgram:
    """A program on the host that waits before it works, until `release`, when its arguments contain `words`.

    It takes the place of a program of the same name in its folder; `program` is the real one when there is none.
    """

    def __init__(self, folder: Path, path: Path, program: str, words: str) -> None:
        folder.mkdir()
        self._calls, self._paused = folder / "calls", folder / "paused"
        self._paused.touch()
        path.parent.mkdir(exist_ok=True)
        if path.exists():
            program = str(path.rename(folder / "real"))
        wait = f"echo >> '{self._calls}'\nwhile [ -e '{self._paused}' ]; do sleep 0.02; done"
        path.write_text(f'#!/bin/sh\ncase "$*" in *{words}*)\n{wait} ;;\nesac\nexec \'{program}\' "$@"\n')
        path.chmod(0o755)

    @property
    def calls(self) -> int:
        """How often it was called with the words."""
        return len(self._calls.read_text().splitlines()) if self._calls.exists() else 0

    def release(self) -> None:
        """Let every call go on, now and later."""
        self._paused.unlink(missing_ok=True)
