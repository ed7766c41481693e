"""One moment at a time: small pages on the stage, the record beside it, and pauses on the host that a test ends."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from bot.rehearsal.people import CHANNEL, HOLDERS, STARTER
from commands.runbook import read_page
from commands.start.request import StartRequest
from commands.start.starter import start
from state.facts import Actor, Door
from state.records import Attempt
from state.sqlite.store import Store
from tests.crash.stage import FAST, PAGE, Stage

PATIENCE = 60.0  # seconds; most of it is for a machine that is busy with other things
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
    """A page with these steps, on the places and roles of the crash page."""
    return f"{HEAD}\n## Before\n{before}\n## Deploy\n{deploy}{END.format(rollback=rollback)}"


def run_step(name: str, *commands: str, more: str = "") -> str:
    """A `run` step whose commands may use $audit, $name and $run."""
    env = f'audit = "$PROD_AUDIT", repository = "$PROD_REPOSITORY", name = "{name}", run = "<run>"'
    lines = ", ".join(f"'''{command}'''" for command in commands)
    fields = f'id = "{name}"\nhost = "production"\nenv = {{ {env} }}\ncommands = [{lines}]\n{more}'
    return f"\n### {name.capitalize()}\n\n```toml run\n{fields}```\n"


# a command that leaves one line in the target's audit
SAY = """echo '{"what": "act", "name": "'"$name"'", "run": "'"$run"'"}' >> "$audit" """


class Point:
    """A stage with one run on it at a time."""

    def __init__(self, here: Stage, folder: Path) -> None:
        self.here = here
        self.folder = folder
        self.store = Store(here.state)
        self.run = 0

    def begin(self, text: str) -> None:
        """Start a run of a page as the terminal does, and the bot if it does not run."""
        made = read_page(text, "point.md")
        people = {role: frozenset({HOLDERS[role].id}) for role in made.roles}
        request = StartRequest(channel=CHANNEL, speed=FAST)
        who = Actor(person=STARTER.id, door=Door.TERMINAL)
        self.run = start(self.store, made, request, who, people, datetime.now(UTC)).id
        if self.here.bot.process is None or self.here.bot.process.poll() is not None:
            self.here.bot.start()

    async def restart(self) -> None:
        """Kill the bot and start it again."""
        await self.here.bot.kill()
        self.here.bot.start()

    async def until(self, true: Callable[[], object], what: str, patience: float = PATIENCE) -> None:
        """Wait until something holds. Raises AssertionError naming what did not come."""
        until = time.monotonic() + patience
        while not true():
            assert time.monotonic() < until, f"{what} did not come; the bot's last words:\n{self.words()}"
            await asyncio.sleep(0.02)

    def words(self) -> str:
        """The end of the bot's log and the run's steps."""
        steps = [(s.step, s.attempt, s.state, s.summary) for s in self.store.record(self.run).attempts]
        return f"{self.here.bot.log.read_text()[-2000:]}\n{steps}"

    def step(self, name: str) -> Attempt | None:
        """The newest attempt at a step."""
        return self.store.record(self.run).last(name)

    async def ends(self, name: str, state: str = "done", patience: float = PATIENCE) -> Attempt:
        """The step's newest attempt when it has ended. Raises AssertionError when it ended in another state."""
        await self.until(lambda: (row := self.step(name)) and row.state != "running", f"the end of {name}", patience)
        row = self.step(name)
        assert row is not None
        assert row.state == state, f"{name} is {row.state}, not {state}: {row.summary}\n{self.words()}"
        return row

    async def over(self, state: str, patience: float = PATIENCE) -> None:
        """Wait for the run's end."""
        await self.until(lambda: self.store.run(self.run).state == state, f"the run's end, {state},", patience)

    def give_up(self) -> None:
        """End the run in the record, whatever it is doing."""
        with self.store._write() as db:
            db.execute("UPDATE runs SET state = 'aborted', ended_at = began_at WHERE ended_at IS NULL")
        self.store.close()

    def pause(self, name: str, folder: Path, real: str, words: str = "") -> Pause:
        """A pause in front of a program of the host, when it is called with these words."""
        return Pause(self.folder / f"pause-{next(_numbers)}", folder / name, real, words)


class Pause:
    """A program of the host that waits before it does its work, until `go`; it takes the program's place in its folder."""

    def __init__(self, flags: Path, place: Path, real: str, words: str) -> None:
        flags.mkdir()
        self._here, self._held, self._place = flags / "here", flags / "held", place
        self._before = place.read_bytes() if place.exists() else None
        self._held.touch()
        place.parent.mkdir(exist_ok=True)
        kept = flags / "real"
        if self._before is not None:
            place.rename(kept)
            real = str(kept)
        wait = f"echo >> '{self._here}'\nwhile [ -e '{self._held}' ]; do sleep 0.02; done"
        place.write_text(f'#!/bin/sh\ncase "$*" in *{words}*)\n{wait} ;;\nesac\nexec \'{real}\' "$@"\n')
        place.chmod(0o755)

    @property
    def reached(self) -> int:
        """How often somebody came here."""
        return len(self._here.read_text().splitlines()) if self._here.exists() else 0

    def go(self) -> None:
        """Let everybody go on, now and later."""
        self._held.unlink(missing_ok=True)
